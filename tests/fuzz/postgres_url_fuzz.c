// SPDX-License-Identifier: MIT
// Claim: no text makes the parser crash or read behind its end; what it accepts is complete; what
// it refuses has a reason that does not repeat the text behind the first colon of the user part.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/setup/postgres_url.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (memchr(data, 0, size))
        return 0; // a secret with a zero byte is refused before it comes here
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    struct postgres_url url = {0};
    ERR_AUTO err = {0};
    if (postgres_url_parse(text, &url, &err)) {
        must(url.host && *url.host && url.user && *url.user && url.database && *url.database);
        must(url.port >= 1 && url.port <= 65535);
        AUTO_FREE char *described = postgres_url_describe(&url);
        must(described != NULL);
    } else {
        must(err.kind == ERR_INPUT && err.message && err.remedy);
        must(!url.host && !url.user);
    }
    postgres_url_clear(&url);
    return 0;
}

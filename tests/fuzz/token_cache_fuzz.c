// SPDX-License-Identifier: MIT
// Claim: no file in the AWS CLI's caches of tokens and roles makes their readers crash or read
// behind its end; keys that are taken from one are whole and last longer than a quarter of an hour.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/credentials/role_cache.h"
#include "backend/credentials/sso_private.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void role(const char *path)
{
    struct credentials c = {0};
    if (role_cache_read(path, clock_wall_ms(), &c)) {
        must(c.access_key_id && !strpbrk(c.access_key_id, " \t\r\n,/="));
        must(!strpbrk(secret_reveal(&c.session_token), "\r\n"));
        must(c.expires_wall_ms >= clock_wall_ms() + 14 * 60 * 1000);
    }
    credentials_clear(&c);
}

static void token(const char *path)
{
    JSON_AUTO *token = sso_token_read(path);
    if (token)
        must(!str_empty(json_str(token, "accessToken")) &&
             credentials_time(json_str(token, "expiresAt")) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    (void)credentials_time(text);
    char path[] = "/tmp/forest-fuzz-XXXXXX";
    int fd = mkstemp(path);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
    role(path);
    token(path);
    unlink(path);
    return 0;
}

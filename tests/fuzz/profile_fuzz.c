// SPDX-License-Identifier: MIT
// Claim: no config or credentials file makes the reader crash or read behind its end; each profile
// it lists can be found by its name; what it refuses has a reason with the line.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/credentials/profile.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

// Up to a line of four dashes it is the config file, the rest is the credentials file.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    char *cut = strstr(text, "\n----\n");
    if (cut)
        *cut = '\0';
    ERR_AUTO err = {0};
    struct aws_config *config = aws_config_parse(text, cut ? cut + 6 : "", &err);
    must((config != NULL) == (err.kind == ERR_NONE));
    must(config || (err.kind == ERR_INPUT && strchr(err.message, ':')));
    for (size_t i = 0; config && i < profile_count(config); i++) {
        const struct profile *p = profile_at(config, i);
        must(profile_find(config, profile_name(p)) != NULL);
        must(!str_empty(profile_kind(p)));
        (void)profile_get(p, "region");
        (void)profile_get_nested(p, "s3", "max_concurrent_requests");
        (void)profile_get_in(p, "aws_access_key_id", false);
        (void)aws_config_section_get(config, "services", profile_get(p, "services"), "ecs",
                                     "endpoint_url");
    }
    aws_config_free(config);
    return 0;
}

// SPDX-License-Identifier: MIT
#include "backend/credentials/role_cache.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/hash.h"
#include "backend/codec/json.h"

enum { LASTS_MS = 15 * 60 * 1000, FILE_MAX = 65536 };

// Python's ensure_ascii: every character beyond ASCII as \uXXXX. Arguments of AssumeRole are ASCII
// by IAM's own patterns; others cannot be assumed anyway.
static void add(struct str *out, const char *name, const char *value)
{
    if (!value)
        return;
    AUTO_FREE char *quoted = encode_json(value);
    str_addf(out, "%s\"%s\": \"%s\"", out->len > 1 ? ", " : "", name, quoted);
}

char *role_cache_text(const struct role *role)
{
    struct str out;
    str_init(&out, STR_LINE);
    str_addc(&out, '{');
    if (role->duration_s)
        str_addf(&out, "\"DurationSeconds\": %ld", role->duration_s);
    add(&out, "ExternalId", role->external_id);
    add(&out, "RoleArn", role->arn);
    add(&out, "RoleSessionName", role->session_name);
    add(&out, "SerialNumber", role->mfa_serial);
    str_addc(&out, '}');
    return str_take(&out);
}

char *role_cache_path(const struct role *role)
{
    const char *home = getenv("HOME");
    if (str_empty(home))
        return NULL;
    AUTO_FREE char *text = role_cache_text(role);
    AUTO_FREE char *hash = sha1_hex(text, strlen(text));
    return mem_printf("%s/.aws/cli/cache/%s.json", home, hash);
}

bool role_cache_read(const char *path, int64_t now_wall_ms, struct credentials *out)
{
    struct str text;
    str_init(&text, FILE_MAX);
    ERR_AUTO e = {0};
    JSON_AUTO *file = fs_read(path, &text, &e) ? json_parse(text.data, text.len, NULL, NULL) : NULL;
    secret_wipe(text.data, text.len);
    str_clear(&text);
    const struct json *c = json_get(file, "Credentials");
    const char *id = json_str(c, "AccessKeyId");
    const char *secret = json_str(c, "SecretAccessKey");
    int64_t until = credentials_time(json_str(c, "Expiration"));
    if (!id || !secret || until < now_wall_ms + LASTS_MS ||
        !credentials_fill(out, "assume-role", id, secret, json_str(c, "SessionToken"), &e))
        return false;
    out->expires_wall_ms = until;
    return true;
}

bool role_cache_write(const char *path, const struct credentials *c, struct err *err)
{
    AUTO_FREE char *until = clock_format(c->expires_wall_ms);
    AUTO_FREE char *seconds = mem_printf("%.19sZ", until);
    JSON_AUTO *file = json_object();
    json_put(file, "Credentials",
             json_strings("AccessKeyId", c->access_key_id, "SecretAccessKey",
                          secret_reveal(&c->secret_access_key), "SessionToken",
                          secret_reveal(&c->session_token), "Expiration", seconds, NULL));
    AUTO_FREE char *folder = fs_dirname(path);
    char *text = json_print(file);
    bool ok = fs_mkdirs(folder, err) && fs_write(path, text, strlen(text), 0600, err);
    secret_free(text);
    return ok;
}

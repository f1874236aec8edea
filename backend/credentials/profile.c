// SPDX-License-Identifier: MIT
// The questions that can be asked of the parsed files; ini.c reads them.
#include "backend/credentials/profile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/credentials/ini.h"

void aws_config_free(struct aws_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->count; i++) {
        ini_section_clear(config->items[i]);
        mem_free(config->items[i]);
    }
    mem_free(config->items);
    mem_free(config->profiles);
    mem_free(config);
}

struct aws_config *aws_config_parse(const char *config, const char *credentials, struct err *err)
{
    struct aws_config *out = mem_calloc(1, sizeof *out);
    if ((!config || ini_parse(out, config, strlen(config), "config", false, err)) &&
        (!credentials ||
         ini_parse(out, credentials, strlen(credentials), "credentials", true, err))) {
        ini_finish(out);
        return out;
    }
    aws_config_free(out);
    return NULL;
}

// How people say "no such file" in a variable. Other devices are refused: they may never end.
static bool is_dev_null(const char *path)
{
    struct stat given, null;
    return stat(path, &given) == 0 && stat("/dev/null", &null) == 0 && S_ISCHR(given.st_mode) &&
           given.st_rdev == null.st_rdev;
}

// One file into `out`; a missing one is empty.
static bool load_one(struct aws_config *out, const char *variable, const char *usual,
                     bool credentials, struct err *err)
{
    const char *given = getenv(variable);
    AUTO_FREE char *path = fs_expand(str_empty(given) ? usual : given);
    if (is_dev_null(path))
        return true;
    ERR_AUTO failure = {0};
    STR_AUTO text;
    str_init(&text, STR_FILE);
    bool ok = fs_read(path, &text, &failure);
    if (ok)
        ok = ini_parse(out, text.data, text.len, path, credentials, err);
    else if (failure.kind == ERR_NOT_FOUND)
        ok = true;
    else if (err)
        err_move(err, &failure);
    secret_wipe(text.data, text.len);
    return ok;
}

struct aws_config *aws_config_load(struct err *err)
{
    struct aws_config *out = mem_calloc(1, sizeof *out);
    if (load_one(out, "AWS_CONFIG_FILE", "~/.aws/config", false, err) &&
        load_one(out, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", true, err)) {
        ini_finish(out);
        return out;
    }
    aws_config_free(out);
    return NULL;
}

size_t profile_count(const struct aws_config *config)
{
    return config->profile_count;
}

const struct profile *profile_at(const struct aws_config *config, size_t index)
{
    return index < config->profile_count ? config->profiles[index] : NULL;
}

const struct profile *profile_find(const struct aws_config *config, const char *name)
{
    return ini_section_find(config, INI_PROFILE, name);
}

const char *profile_name(const struct profile *profile)
{
    return profile->name;
}

const struct aws_config *profile_config(const struct profile *profile)
{
    return profile->config;
}

static const struct ini_value *value_of(const struct profile *section, const char *key,
                                        const char *sub)
{
    for (size_t i = 0; section && i < section->count; i++) {
        const struct ini_value *v = &section->values[i];
        if (str_eq(v->key, key) && str_eq(v->sub, sub))
            return v;
    }
    return NULL;
}

const char *profile_get(const struct profile *profile, const char *key)
{
    const struct ini_value *v = value_of(profile, key, NULL);
    return v ? v->text : NULL;
}

const char *profile_get_nested(const struct profile *profile, const char *key, const char *sub)
{
    const struct ini_value *v = value_of(profile, key, sub);
    return v ? v->text : NULL;
}

const char *profile_get_in(const struct profile *profile, const char *key, bool credentials_file)
{
    const struct ini_value *v = value_of(profile, key, NULL);
    if (!v)
        return NULL;
    if (v->from_credentials == credentials_file)
        return v->text;
    return credentials_file ? NULL : v->hidden;
}

static bool kind_of(const char *word, enum ini_kind *out)
{
    if (str_eq(word, "services"))
        *out = INI_SERVICES;
    else if (str_eq(word, "sso-session"))
        *out = INI_SSO_SESSION;
    else
        return false;
    return true;
}

const char *aws_config_section_get(const struct aws_config *config, const char *kind,
                                   const char *name, const char *key, const char *sub)
{
    enum ini_kind k;
    if (!kind_of(kind, &k))
        return NULL;
    const struct ini_value *v = value_of(ini_section_find(config, k, name), key, sub);
    return v ? v->text : NULL;
}

bool aws_config_section_exists(const struct aws_config *config, const char *kind, const char *name)
{
    enum ini_kind k;
    return kind_of(kind, &k) && ini_section_find(config, k, name) != NULL;
}

const char *profile_default_name(void)
{
    const char *name = getenv("AWS_PROFILE");
    if (str_empty(name))
        name = getenv("AWS_DEFAULT_PROFILE");
    return str_empty(name) ? "default" : name;
}

const char *profile_region(const struct profile *profile, const char *explicit_region)
{
    const char *region = explicit_region;
    if (str_empty(region))
        region = getenv("AWS_REGION");
    if (str_empty(region))
        region = getenv("AWS_DEFAULT_REGION");
    if (str_empty(region) && profile)
        region = profile_get(profile, "region");
    return str_empty(region) ? NULL : region;
}

static bool has(const struct profile *profile, const char *key)
{
    return !str_empty(profile_get(profile, key));
}

static bool has_key_in(const struct profile *profile, bool credentials_file)
{
    return !str_empty(profile_get_in(profile, "aws_access_key_id", credentials_file));
}

const char *profile_kind(const struct profile *profile)
{
    if (has(profile, "web_identity_token_file"))
        return "web-identity";
    if (has(profile, "role_arn"))
        return "assume-role";
    // A session alone gives tokens, not keys.
    if (has(profile, "sso_account_id") || has(profile, "sso_role_name"))
        return "sso";
    if (has_key_in(profile, true))
        return "static";
    if (has(profile, "login_session"))
        return "login";
    if (has(profile, "credential_process"))
        return "process";
    return has_key_in(profile, false) ? "static" : "empty";
}

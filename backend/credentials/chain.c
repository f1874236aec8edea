// SPDX-License-Identifier: MIT
#include "backend/credentials/chain.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

static const char *key_of(const struct chain *chain, const char *key)
{
    const char *value = chain->profile ? profile_get(chain->profile, key) : NULL;
    return str_empty(value) ? NULL : value;
}

static bool kind_is(const struct chain *chain, const char *kind)
{
    return chain->profile && str_eq(profile_kind(chain->profile), kind);
}

static bool env_set(const char *variable)
{
    return !str_empty(getenv(variable));
}

static bool env_applies(const struct chain *chain)
{
    // A profile that was asked for by name wins over keys that lie around in the environment.
    return !chain->options->profile_explicit &&
           (env_set("AWS_ACCESS_KEY_ID") || env_set("AWS_SECRET_ACCESS_KEY"));
}

static bool role_applies(const struct chain *chain)
{
    return kind_is(chain, "assume-role");
}

static bool web_identity_applies(const struct chain *chain)
{
    bool by_env = !chain->options->profile_explicit && env_set("AWS_WEB_IDENTITY_TOKEN_FILE") &&
                  env_set("AWS_ROLE_ARN");
    return by_env || kind_is(chain, "web-identity");
}

static bool sso_applies(const struct chain *chain)
{
    return kind_is(chain, "sso");
}

static bool has_keys(const struct chain *chain, bool credentials_file)
{
    static const char *const keys[] = {"aws_access_key_id", "aws_secret_access_key"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (key_of(chain, keys[i]) &&
            profile_key_from_credentials(chain->profile, keys[i]) == credentials_file)
            return true;
    return false;
}

static bool credentials_file_applies(const struct chain *chain)
{
    return has_keys(chain, true);
}

static bool config_file_applies(const struct chain *chain)
{
    return has_keys(chain, false);
}

static bool login_applies(const struct chain *chain)
{
    return key_of(chain, "login_session") != NULL;
}

static bool process_applies(const struct chain *chain)
{
    return key_of(chain, "credential_process") != NULL;
}

static bool container_applies(const struct chain *chain)
{
    (void)chain;
    return env_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
           env_set("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

static bool never_by_itself(const struct chain *chain)
{
    // Probing the metadata service costs a second on every laptop; only credential_source asks for
    // it by name.
    (void)chain;
    return false;
}

// The AWS CLI's order (facts 9.2). Profiles of kind role, web identity and sso are told apart by
// profile_kind().
static const struct provider providers[] = {
    {"env", env_applies, env_fetch},
    {"assume-role", role_applies, role_fetch},
    {"web-identity", web_identity_applies, web_identity_fetch},
    {"sso", sso_applies, sso_fetch},
    {"static", credentials_file_applies, static_fetch},
    {"login", login_applies, login_fetch},
    {"process", process_applies, process_fetch},
    {"static", config_file_applies, static_fetch},
    {"container", container_applies, container_fetch},
    {"imds", never_by_itself, imds_fetch},
};

bool chain_fetch_by(struct chain *chain, const char *provider, struct credentials *out,
                    struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (str_eq(providers[i].name, provider))
            return providers[i].fetch(chain, out, err);
    return err_set(err, ERR_INTERNAL, "there is no credential provider %s", provider);
}

static bool missing_profile(const struct chain *chain, struct err *err)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    err_set(err, ERR_AUTH, "there is no AWS profile named %s", name);
    return err_remedy(err, "see which ones there are with: forest-setup profiles");
}

bool chain_fetch_source(struct chain *chain, const char *name, struct credentials *out,
                        struct err *err)
{
    chain->name = name;
    chain->profile = profile_find(chain->options->config, name);
    if (!chain->profile)
        return missing_profile(chain, err);
    // A source with keys of its own gives these, even when it also names a role.
    if (has_keys(chain, true) || has_keys(chain, false))
        return static_fetch(chain, out, err);
    const char *kind = profile_kind(chain->profile);
    if (!str_eq(kind, "empty"))
        return chain_fetch_by(chain, kind, out, err);
    AUTO_FREE char *safe = text_safe(name, 100);
    err_set(err, ERR_AUTH, "the profile %s is named as source_profile and has no credentials",
            safe);
    return err_remedy(err, "give it keys with: aws configure --profile '%s'", safe);
}

static bool nothing_found(const struct chain *chain, struct err *err)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    err_set(err, ERR_AUTH, "no AWS credentials: none in the environment, none in the profile %s",
            name);
    return err_remedy(err,
                      "run \"aws configure\" or \"aws sso login\", or set AWS_ACCESS_KEY_ID and "
                      "AWS_SECRET_ACCESS_KEY, or choose another profile");
}

bool chain_fetch(const struct credentials_options *options, struct credentials *out,
                 struct err *err)
{
    struct chain chain = {.options = options};
    chain.name = str_empty(options->profile) ? profile_default_name() : options->profile;
    chain.profile = options->config ? profile_find(options->config, chain.name) : NULL;
    if (!chain.profile && !str_eq(chain.name, "default"))
        return missing_profile(&chain, err);
    for (size_t i = 0; i < ARRAY_LEN(providers); i++)
        if (providers[i].applies(&chain))
            return providers[i].fetch(&chain, out, err);
    return nothing_found(&chain, err);
}

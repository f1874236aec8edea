// SPDX-License-Identifier: MIT
#include "backend/credentials/chain.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

// The AWS CLI's order (facts 9.2).
static const struct provider *const providers[] = {
    &env_provider,
    &role_provider,
    &web_identity_provider,
    &sso_provider,
    &credentials_file_provider,
    &login_provider,
    &process_provider,
    &config_file_provider,
    &container_provider,
    &imds_provider,
};

const char *chain_get(const struct chain *chain, const char *key)
{
    const char *value = chain->profile ? profile_get(chain->profile, key) : NULL;
    return str_empty(value) ? NULL : value;
}

const char *chain_env(const char *name)
{
    const char *value = getenv(name);
    return str_empty(value) ? NULL : value;
}

int64_t chain_now(const struct chain *chain)
{
    return chain->options->now ? chain->options->now() : clock_wall_ms();
}

const char *chain_region(const struct chain *chain)
{
    const char *region = profile_region(chain->top, chain->options->region);
    return region ? region : "us-east-1";
}

static bool missing_profile(const struct chain *chain, struct err *err)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    err_set(err, ERR_AUTH, "there is no AWS profile named %s", name);
    return err_remedy(err, "see which ones there are with: forest-setup profiles");
}

static bool has_any_key(const struct chain *chain)
{
    // Present is enough, even when empty: as the CLI.
    return profile_get(chain->profile, "aws_access_key_id") ||
           profile_get(chain->profile, "aws_secret_access_key");
}

bool chain_fetch_source(struct chain *chain, const char *name, struct credentials *out,
                        struct err *err)
{
    chain->name = name;
    chain->profile = profile_find(chain->options->config, name);
    chain->env_off = true; // a profile was asked for by name
    if (!chain->profile)
        return missing_profile(chain, err);
    // A source with keys of its own gives these, even when it also names a role.
    if (!has_any_key(chain) && role_provider.applies(chain))
        return role_provider.fetch(chain, out, err);
    static const struct provider *const of_profile[] = {
        &web_identity_provider, &sso_provider,     &credentials_file_provider,
        &login_provider,        &process_provider, &config_file_provider};
    for (size_t i = 0; i < ARRAY_LEN(of_profile); i++)
        if (of_profile[i]->applies(chain))
            return of_profile[i]->fetch(chain, out, err);
    AUTO_FREE char *safe = text_safe(name, 100);
    err_set(err, ERR_AUTH, "the profile %s is named as source_profile and has no credentials",
            safe);
    return err_remedy(err, "give it keys with: aws configure --profile '%s'", safe);
}

// Keys that alone mean nothing: the one that is missing is named.
static const char *missing_key(const struct chain *chain)
{
    if (chain_get(chain, "aws_secret_access_key"))
        return "aws_access_key_id is not set, but aws_secret_access_key is";
    if (chain_get(chain, "sso_session") || chain_get(chain, "sso_start_url"))
        return "sso_account_id and sso_role_name are missing";
    return NULL;
}

static bool nothing_found(const struct chain *chain, struct err *err)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    const char *missing = missing_key(chain);
    err_set(err, ERR_AUTH,
            "no AWS credentials: none in the environment, none in the profile %s%s%s", name,
            missing ? ": " : "", missing ? missing : "");
    return err_remedy(err,
                      "run \"aws configure\" or \"aws sso login\", or set AWS_ACCESS_KEY_ID and "
                      "AWS_SECRET_ACCESS_KEY, or choose another profile");
}

bool chain_begin(struct chain *chain, const struct credentials_options *options, struct err *err)
{
    *chain = (struct chain){.options = options, .env_off = options->profile_explicit};
    bool by_name =
        options->profile_explicit || chain_env("AWS_PROFILE") || chain_env("AWS_DEFAULT_PROFILE");
    chain->name = str_empty(options->profile) ? profile_default_name() : options->profile;
    chain->profile = options->config ? profile_find(options->config, chain->name) : NULL;
    chain->top = chain->profile;
    return chain->profile || (!by_name && str_eq(chain->name, "default")) ||
           missing_profile(chain, err);
}

bool chain_fetch_on(struct chain *chain, struct credentials *out, struct err *err)
{
    const struct provider *found = NULL;
    for (size_t i = 0; i < ARRAY_LEN(providers) && !found; i++)
        if (providers[i]->applies(chain))
            found = providers[i];
    if (found != &imds_provider)
        return found ? found->fetch(chain, out, err) : nothing_found(chain, err);
    // Nobody asked for the instance's keys: that there are none is no news.
    ERR_AUTO e = {0};
    if (found->fetch(chain, out, &e))
        return true;
    return e.kind == ERR_CANCELLED ? (err_move(err, &e), false) : nothing_found(chain, err);
}

bool chain_fetch(const struct credentials_options *options, struct credentials *out,
                 struct err *err)
{
    struct chain chain;
    return chain_begin(&chain, options, err) && chain_fetch_on(&chain, out, err);
}

void credentials_tell(const struct credentials_options *options, struct credentials_facts *out)
{
    *out = (struct credentials_facts){.kind = "empty"};
    struct chain chain;
    ERR_AUTO e = {0};
    if (!chain_begin(&chain, options, &e))
        return;
    for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
        // What the machine offers to everybody says nothing of a profile.
        bool machine = providers[i] == &container_provider || providers[i] == &imds_provider;
        if ((machine && options->profile_explicit) || providers[i] == &imds_provider ||
            !providers[i]->applies(&chain))
            continue;
        out->kind = providers[i]->name;
        if (providers[i]->tell)
            providers[i]->tell(&chain, out);
        break;
    }
    if (!out->account && chain_get(&chain, "aws_account_id"))
        out->account = text_safe(chain_get(&chain, "aws_account_id"), 20);
}

void credentials_facts_clear(struct credentials_facts *facts)
{
    mem_free(facts->account);
    mem_free(facts->role);
    mem_free(facts->source);
    *facts = (struct credentials_facts){0};
}

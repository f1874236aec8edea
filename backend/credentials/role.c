// SPDX-License-Identifier: MIT
// STS AssumeRole with the credentials of a source profile (facts 9.3).
#include <stdlib.h>
#include <string.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/chain.h"
#include "backend/credentials/role_cache.h"

enum {
    DURATION_MIN_S = 900,
    DURATION_MAX_S = 43200,
    DURATION_USUAL_S = 3600,
    EXPIRY_SANE_MIN_MS = 60 * 1000,
    CODE_DIGITS = 6,
    ACCOUNT_DIGITS = 12,
};

static bool complain(const struct chain *chain, struct err *err, const char *why)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    return err_set(err, ERR_AUTH, "the profile %s %s", name, why);
}

static bool read_role(const struct chain *chain, struct role *out, struct err *err)
{
    *out = (struct role){
        .arn = chain_get(chain, "role_arn"),
        .external_id = chain_get(chain, "external_id"),
        .session_name = chain_get(chain, "role_session_name"),
        .mfa_serial = chain_get(chain, "mfa_serial"),
    };
    const char *duration = chain_get(chain, "duration_seconds");
    if (duration) {
        char *end = NULL;
        out->duration_s = strtol(duration, &end, 10);
        if (*end)
            out->duration_s = 0; // not a number counts as not given, as for the CLI
        else if (out->duration_s < DURATION_MIN_S || out->duration_s > DURATION_MAX_S)
            return complain(chain, err, "has a duration_seconds that is not from 900 to 43200");
    }
    return true;
}

static bool needs_code(const struct chain *chain, struct err *err)
{
    complain(chain, err, "asks for a one-time code (mfa_serial)");
    err_code(err, MFA_CODE_NEEDED);
    AUTO_FREE char *name = text_safe(chain->name, 100);
    return err_remedy(err,
                      "start forest-setup in a terminal, which asks for it, or let the AWS CLI do "
                      "it: aws sts get-caller-identity --profile '%s'",
                      name);
}

// "a -> b -> a"
static bool loop_error(const struct chain *chain, const char *next, struct err *err)
{
    STR_AUTO path;
    str_init(&path, STR_LINE);
    for (size_t i = 0; i < chain->depth; i++) {
        AUTO_FREE char *name = text_safe(chain->visited[i], 100);
        str_addf(&path, "%s -> ", name);
    }
    AUTO_FREE char *last = text_safe(next, 100);
    str_add(&path, last);
    err_set(err, ERR_AUTH, "source_profile goes round in a circle: %s", path.data);
    return err_remedy(err, "end the chain with a profile that has keys of its own");
}

static bool visited(const struct chain *chain, const char *name)
{
    for (size_t i = 0; i < chain->depth; i++)
        if (str_eq(chain->visited[i], name))
            return true;
    return false;
}

static bool from_profile(struct chain *chain, const char *source, struct credentials *out,
                         struct err *err)
{
    // A profile may name itself when it has keys; meeting an earlier one again never ends.
    bool self = str_eq(source, chain->name);
    bool keys = profile_get(chain->profile, "aws_access_key_id") ||
                profile_get(chain->profile, "aws_secret_access_key");
    if (visited(chain, source) && !(self && keys))
        return loop_error(chain, source, err);
    return chain_fetch_source(chain, source, out, err);
}

static bool from_named_source(struct chain *chain, const char *source, struct credentials *out,
                              struct err *err)
{
    static const struct {
        const char *word;
        const struct provider *provider;
    } names[] = {{"Environment", &env_provider},
                 {"Ec2InstanceMetadata", &imds_provider},
                 {"EcsContainer", &container_provider}};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(source, names[i].word))
            return names[i].provider->fetch(chain, out, err);
    return complain(
        chain, err,
        "has a credential_source that is not Environment, Ec2InstanceMetadata or EcsContainer");
}

static bool fetch_source(struct chain *chain, struct credentials *out, struct err *err)
{
    const char *profile = chain_get(chain, "source_profile");
    const char *named = chain_get(chain, "credential_source");
    if (profile && named)
        return complain(chain, err,
                        "has both source_profile and credential_source: only one can be used");
    if (!profile && !named)
        return complain(chain, err,
                        "has a role_arn and neither source_profile nor credential_source");
    if (chain->depth == CHAIN_MAX_DEPTH)
        return complain(chain, err, "is at the end of a chain of too many source profiles");
    chain->visited[chain->depth++] = chain->name;
    return profile ? from_profile(chain, profile, out, err)
                   : from_named_source(chain, named, out, err);
}

static int64_t expiry(const char *text, long duration_s, int64_t now)
{
    // A wrong clock here would make fresh credentials look expired for ever; then the duration we
    // asked for is better.
    int64_t until = credentials_time(text);
    bool sane =
        until > now + EXPIRY_SANE_MIN_MS && until < now + (DURATION_MAX_S + 3600) * (int64_t)1000;
    return sane ? until : now + (duration_s ? duration_s : DURATION_USUAL_S) * (int64_t)1000;
}

static bool read_answer(const struct chain *chain, const struct xml *doc, const struct role *role,
                        struct credentials *out, struct err *err)
{
    const struct xml_node *node = xml_find(xml_root(doc), "AssumeRoleResult/Credentials");
    const char *id = xml_str_or(node, "AccessKeyId", NULL);
    const char *secret = xml_str_or(node, "SecretAccessKey", NULL);
    const char *token = xml_str_or(node, "SessionToken", NULL);
    if (!id || !secret || !token)
        return err_set(err, ERR_REMOTE, "the answer of AssumeRole has no credentials");
    if (!credentials_fill(out, "assume-role", id, secret, token, err))
        return false;
    out->expires_wall_ms =
        expiry(xml_str_or(node, "Expiration", ""), role->duration_s, chain_now(chain));
    return true;
}

static void add_params(struct aws_params *params, const struct role *role, const char *code)
{
    AUTO_FREE char *usual =
        mem_printf("forestadmin-wizard-%lld", (long long)(clock_wall_ms() / 1000));
    aws_param(params, role->arn, "RoleArn");
    aws_param(params, role->session_name ? role->session_name : usual, "RoleSessionName");
    aws_param(params, role->external_id, "ExternalId");
    aws_param(params, role->mfa_serial, "SerialNumber");
    aws_param(params, code, "TokenCode");
    if (role->duration_s)
        aws_param_int(params, role->duration_s, "DurationSeconds");
}

// With the keys of `source`, at the endpoint and in the region of the profile it began with.
static bool assume(const struct chain *chain, const struct role *role, const char *code,
                   const struct credentials *source, struct credentials *out, struct err *err)
{
    struct aws_endpoints endpoints = {0};
    if (!aws_endpoints_load(&endpoints, chain->top, err))
        return false;
    struct credentials_source *fixed = credentials_source_fixed(source);
    struct aws_client *client = aws_client_new(&(struct aws_client_options){
        .http = chain->options->http,
        .credentials = fixed,
        .endpoints = &endpoints,
        .region = chain_region(chain),
        .cancel = chain->options->cancel,
    });
    AWS_PARAMS_AUTO params = {0};
    XML_AUTO *doc = NULL;
    add_params(&params, role, code);
    // Another session of the same role changes nothing.
    bool ok = aws_query(client, AWS_STS, "AssumeRole", &params, AWS_SAFE, &doc, err) &&
              read_answer(chain, doc, role, out, err);
    aws_client_free(client);
    credentials_source_free(fixed);
    aws_endpoints_clear(&endpoints);
    return ok;
}

// What STS says of a code or its device, as the person who typed the code needs it. Always false.
static bool explain_code(const struct chain *chain, const struct role *role, struct err *err)
{
    if (!err_is(err, "AccessDenied") || !err_says(err, "MultiFactorAuthentication failed"))
        return false;
    bool device = err_says(err, "unable to validate");
    AUTO_FREE char *name = text_safe(chain->name, 100);
    AUTO_FREE char *serial = text_safe(role->mfa_serial, 200);
    if (device) {
        err_set(err, ERR_AUTH, "%s, the mfa_serial of the profile %s, is no device of its source",
                serial, name);
        err_code(err, MFA_CODE_NEEDED);
        return err_remedy(err, "correct mfa_serial in the profile");
    }
    err_set(err, ERR_AUTH, "AWS does not accept this code for the profile %s", name);
    err_code(err, MFA_CODE_NEEDED);
    return err_remedy(err, "type the code that the authenticator shows now; each is good for one "
                           "sign-in, so after one wait for the next");
}

// Assumes it with the code, when one is at hand and not used yet, and keeps the result where the
// CLI keeps it.
static bool assume_with_code(struct chain *chain, const struct role *role,
                             const struct credentials *source, struct credentials *out,
                             struct err *err)
{
    const struct secret *code = chain->code;
    AUTO_FREE char *cache = role_cache_path(role);
    if (!code)
        return needs_code(chain, err);
    if (!cache)
        return err_set(err, ERR_AUTH, "HOME is not set, so the sign-in cannot be kept");
    chain->code = NULL;
    if (!assume(chain, role, secret_reveal(code), source, out, err))
        return explain_code(chain, role, err);
    return role_cache_write(cache, out, err);
}

static bool cached(const struct chain *chain, const struct role *role, struct credentials *out)
{
    AUTO_FREE char *cache = role->mfa_serial ? role_cache_path(role) : NULL;
    return cache && role_cache_read(cache, chain_now(chain), out);
}

static bool role_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    struct role role;
    if (!read_role(chain, &role, err))
        return false;
    if (cached(chain, &role, out))
        return true;
    const struct profile *profile = chain->profile; // changes while sources are followed
    const char *name = chain->name;
    struct credentials source = {0};
    bool ok = fetch_source(chain, &source, err);
    chain->profile = profile;
    chain->name = name;
    ok = ok && (role.mfa_serial ? assume_with_code(chain, &role, &source, out, err)
                                : assume(chain, &role, NULL, &source, out, err));
    credentials_clear(&source);
    if (ok || err_is(err, MFA_CODE_NEEDED)) // that one is a question, and names the profile
        return ok;
    AUTO_FREE char *safe = text_safe(profile_name(profile), 100);
    return err_wrap(err, "assuming the role of the profile %s", safe);
}

static bool role_applies(const struct chain *chain)
{
    return chain_get(chain, "role_arn") && !chain_get(chain, "web_identity_token_file");
}

void credentials_tell_role(const char *arn, struct credentials_facts *out)
{
    // arn : partition : service : region : account : role/path/Name
    const char *at = arn;
    for (int i = 0; at && i < 4; i++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return;
    size_t digits = strspn(at, "0123456789");
    const char *slash = strrchr(at, '/');
    if (digits == ACCOUNT_DIGITS && at[digits] == ':')
        out->account = mem_strndup(at, digits);
    if (slash && slash[1])
        out->role = text_safe(slash + 1, 100);
}

static void role_tell(const struct chain *chain, struct credentials_facts *out)
{
    const char *source = chain_get(chain, "source_profile");
    if (!source)
        source = chain_get(chain, "credential_source");
    out->source = source ? text_safe(source, 100) : NULL;
    credentials_tell_role(chain_get(chain, "role_arn"), out);
}

const struct provider role_provider = {"assume-role", role_applies, role_tell, role_fetch};

bool credentials_mfa(const struct credentials_options *options, const struct secret *code,
                     struct err *err)
{
    struct chain chain;
    if (!chain_begin(&chain, options, err))
        return false;
    const char *digits = secret_reveal(code);
    if (strlen(digits) != CODE_DIGITS || strspn(digits, "0123456789") != CODE_DIGITS) {
        err_set(err, ERR_INPUT, "a one-time code has 6 digits");
        return err_remedy(err, "type the number that the authenticator shows now");
    }
    chain.code = code; // for the first role on the way that wants one
    struct credentials out = {0};
    bool ok = chain_fetch_on(&chain, &out, err);
    credentials_clear(&out);
    return ok;
}

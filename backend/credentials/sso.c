// SPDX-License-Identifier: MIT
// The provider: a token from the CLI's cache, refreshed when it is about to end, exchanged for the
// keys of a role.
#include "backend/credentials/sso.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/codec/hash.h"
#include "backend/credentials/sso_private.h"

enum { ASK_MS = 30000, REFRESH_BEFORE_MS = 15 * 60 * 1000, TOKEN_FILE_MAX = 65536 };

static const char *of_session(const struct chain *chain, const char *session, const char *key)
{
    const char *value =
        aws_config_section_get(profile_config(chain->profile), "sso-session", session, key, NULL);
    return str_empty(value) ? NULL : value;
}

// A key may stand in the profile and in its session, but then it must say the same.
static const char *either(const struct chain *chain, const char *session, const char *key,
                          struct err *err)
{
    const char *own = chain_get(chain, key);
    const char *shared = session ? of_session(chain, session, key) : NULL;
    if (own && shared && !str_eq(own, shared)) {
        err_set(err, ERR_AUTH, "the profile and its sso-session give different values for %s", key);
        return NULL;
    }
    if (!own && !shared)
        err_set(err, ERR_AUTH, "%s is missing", key);
    return shared ? shared : own;
}

static bool session_exists(const struct chain *chain, const char *session, struct err *err)
{
    if (!session ||
        aws_config_section_exists(profile_config(chain->profile), "sso-session", session))
        return true;
    AUTO_FREE char *safe = text_safe(session, 100);
    return err_set(err, ERR_AUTH, "there is no section [sso-session %s]", safe);
}

bool sso_profile_read(const struct chain *chain, struct sso_profile *out, struct err *err)
{
    const char *session = chain_get(chain, "sso_session");
    *out = (struct sso_profile){.session = session};
    AUTO_FREE char *name = text_safe(chain->name, 100);
    bool ok = session_exists(chain, session, err) &&
              (out->start_url = either(chain, session, "sso_start_url", err)) &&
              (out->region = either(chain, session, "sso_region", err)) &&
              (out->account = either(chain, NULL, "sso_account_id", err)) &&
              (out->role = either(chain, NULL, "sso_role_name", err));
    if (!ok) {
        err_wrap(err, "the profile %s", name);
        return err_remedy(err, "aws configure sso --profile '%s' writes all of it", name);
    }
    out->scopes = session ? of_session(chain, session, "sso_registration_scopes") : NULL;
    return true;
}

char *sso_token_path(const struct sso_profile *profile, struct err *err)
{
    const char *home = getenv("HOME");
    if (str_empty(home)) {
        err_set(err, ERR_AUTH, "HOME is not set, so the tokens of aws sso login cannot be found");
        return NULL;
    }
    const char *key = profile->session ? profile->session : profile->start_url;
    AUTO_FREE char *hash = sha1_hex(key, strlen(key));
    return mem_printf("%s/.aws/sso/cache/%s.json", home, hash);
}

bool sso_token_write(const char *path, const struct json *token, struct err *err)
{
    AUTO_FREE char *folder = fs_dirname(path);
    char *text = json_print(token);
    bool ok = fs_mkdirs(folder, err) && fs_write(path, text, strlen(text), 0600, err);
    secret_free(text);
    return ok;
}

char *sso_endpoint(const struct chain *chain, enum aws_service service, const char *region,
                   struct err *err)
{
    struct aws_endpoints endpoints = {0};
    if (!aws_endpoints_load(&endpoints, chain->top, err))
        return NULL;
    char *url = NULL;
    AUTO_FREE char *signs = NULL;
    aws_endpoint(&endpoints, service, region, &url, &signs);
    aws_endpoints_clear(&endpoints);
    return url;
}

char *sso_time(int64_t wall_ms)
{
    AUTO_FREE char *full = clock_format(wall_ms);
    return mem_printf("%.19sZ", full);
}

bool sso_needs_login(const struct chain *chain, struct err *err)
{
    AUTO_FREE char *name = text_safe(chain->name, 100);
    err_set(err, ERR_AUTH, "the sign-in of the profile %s has ended or was never made", name);
    err_code(err, SSO_LOGIN_NEEDED);
    return err_remedy(err, "aws sso login --profile '%s'", name);
}

struct json *sso_token_read(const char *path)
{
    struct str text;
    str_init(&text, TOKEN_FILE_MAX);
    ERR_AUTO e = {0};
    struct json *token =
        fs_read(path, &text, &e) ? json_parse(text.data, text.len, NULL, NULL) : NULL;
    secret_wipe(text.data, text.len);
    str_clear(&text);
    if (token && !str_empty(json_str(token, "accessToken")) &&
        credentials_time(json_str(token, "expiresAt")))
        return token;
    json_free(token);
    return NULL;
}

static int64_t left_ms(const struct chain *chain, const struct json *token, const char *key)
{
    return credentials_time(json_str(token, key)) - chain_now(chain);
}

// The same file with the new token; keys we do not know stay. A failure is no failure while the old
// one lasts.
static void refresh(const struct chain *chain, const struct sso_profile *p, const char *path,
                    struct json *token)
{
    if (!json_str(token, "refreshToken") || !json_str(token, "clientSecret") ||
        left_ms(chain, token, "registrationExpiresAt") <= 0)
        return;
    JSON_AUTO *body = json_strings("clientId", json_str(token, "clientId"), "clientSecret",
                                   json_str(token, "clientSecret"), "grantType", "refresh_token",
                                   "refreshToken", json_str(token, "refreshToken"), NULL);
    ERR_AUTO e = {0};
    AUTO_FREE char *base = sso_endpoint(chain, AWS_SSO_OIDC, p->region, &e);
    AUTO_FREE char *url = base ? mem_printf("%s/token", base) : NULL;
    TOLD_AUTO told = {0};
    bool ok =
        url && ask(chain->options,
                   &(struct ask){.method = "POST", .url = url, .body = body, .total_ms = ASK_MS},
                   &told, &e);
    if (!ok || told.status != 200 || !json_str(told.json, "accessToken")) {
        log_line("credentials", "the sign-in token could not be refreshed: %s",
                 ok ? json_str_or(told.json, "error", "refused") : e.message);
        return;
    }
    AUTO_FREE char *until = sso_time(chain_now(chain) + json_int(told.json, "expiresIn", 0) * 1000);
    json_put_str(token, "accessToken", json_str(told.json, "accessToken"));
    json_put_str(token, "expiresAt", until);
    if (json_str(told.json, "refreshToken"))
        json_put_str(token, "refreshToken", json_str(told.json, "refreshToken"));
    if (!sso_token_write(path, token, &e))
        log_line("credentials", "the refreshed token could not be kept: %s", e.message);
}

static bool refused(const struct chain *chain, const struct sso_profile *p, const struct told *told,
                    struct err *err)
{
    if (told->status == 401)
        return sso_needs_login(chain, err);
    AUTO_FREE char *account = text_safe(p->account, 40);
    AUTO_FREE char *role = text_safe(p->role, 80);
    if (told->status == 403 || told->status == 404) {
        err_set(err, ERR_AUTH, "this user is not assigned the role %s in account %s", role,
                account);
        return err_remedy(err, "ask who administers Identity Center for it, or choose another "
                               "profile");
    }
    return err_set(err, ERR_REMOTE, "Identity Center answers with status %d", told->status);
}

static bool role_keys(struct chain *chain, const struct sso_profile *p, const struct json *token,
                      struct credentials *out, struct err *err)
{
    AUTO_FREE char *base = sso_endpoint(chain, AWS_SSO, p->region, err);
    if (!base)
        return false;
    AUTO_FREE char *role = encode_uri(p->role, strlen(p->role), false);
    AUTO_FREE char *account = encode_uri(p->account, strlen(p->account), false);
    AUTO_FREE char *url =
        mem_printf("%s/federation/credentials?role_name=%s&account_id=%s", base, role, account);
    struct ask question = {.method = "GET", .url = url, .total_ms = ASK_MS};
    question.header[0][0] = "x-amz-sso_bearer_token";
    question.header[0][1] = json_str(token, "accessToken");
    TOLD_AUTO told = {0};
    if (!ask(chain->options, &question, &told, err))
        return false;
    const struct json *keys = json_get(told.json, "roleCredentials");
    if (told.status != 200)
        return refused(chain, p, &told, err);
    const char *id = json_str(keys, "accessKeyId");
    const char *secret = json_str(keys, "secretAccessKey");
    if (!id || !secret)
        return err_set(err, ERR_REMOTE, "Identity Center gave no keys");
    if (!credentials_fill(out, "sso", id, secret, json_str(keys, "sessionToken"), err))
        return false;
    out->expires_wall_ms = json_int(keys, "expiration", 0); // milliseconds already
    return true;
}

static bool sso_applies(const struct chain *chain)
{
    return chain_get(chain, "sso_account_id") || chain_get(chain, "sso_role_name");
}

static void sso_tell(const struct chain *chain, struct credentials_facts *out)
{
    const char *account = chain_get(chain, "sso_account_id");
    const char *role = chain_get(chain, "sso_role_name");
    const char *session = chain_get(chain, "sso_session");
    out->account = account ? text_safe(account, 20) : NULL;
    out->role = role ? text_safe(role, 100) : NULL;
    out->source = session ? text_safe(session, 100) : NULL;
}

static bool sso_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    struct sso_profile p;
    if (!sso_profile_read(chain, &p, err))
        return false;
    AUTO_FREE char *path = sso_token_path(&p, err);
    if (!path)
        return false;
    JSON_AUTO *token = sso_token_read(path);
    if (token && left_ms(chain, token, "expiresAt") < REFRESH_BEFORE_MS)
        refresh(chain, &p, path, token);
    if (!token || left_ms(chain, token, "expiresAt") <= 0)
        return sso_needs_login(chain, err);
    return role_keys(chain, &p, token, out, err);
}

const struct provider sso_provider = {"sso", sso_applies, sso_tell, sso_fetch};

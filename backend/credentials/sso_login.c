// SPDX-License-Identifier: MIT
// Signing in by the device flow (RFC 8628, as SSO-OIDC does it: RegisterClient,
// StartDeviceAuthorization, CreateToken).
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/sso_private.h"

#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define USUAL_SCOPE  "sso:account:access"

enum { ASK_MS = 30000, USUAL_PAUSE_S = 5, USUAL_LIFE_S = 600 };

static bool post(const struct sso_login *login, const char *path, const struct json *body,
                 struct told *out, struct err *err)
{
    AUTO_FREE char *url = mem_printf("%s%s", login->endpoint, path);
    return ask(&login->options,
               &(struct ask){.method = "POST", .url = url, .body = body, .total_ms = ASK_MS}, out,
               err);
}

static bool refused(const struct told *told, const char *what, struct err *err)
{
    AUTO_FREE char *text =
        text_safe(json_str_or(told->json, "error_description",
                              json_str_or(told->json, "error", "no reason given")),
                  200);
    return err_set(err, ERR_AUTH, "Identity Center refuses %s: %s", what, text);
}

// "sso:account:access, codewhisperer:completions"
static void add_scopes(struct json *scopes, const char *text)
{
    for (const char *p = text; *p;) {
        p += strspn(p, ", \t");
        size_t n = strcspn(p, ", \t");
        AUTO_FREE char *scope = mem_strndup(p, n);
        if (n)
            json_push_str(scopes, scope);
        p += n;
    }
}

static struct json *registration(const struct sso_login *login)
{
    struct json *o = json_strings("clientName", "forest-setup", "clientType", "public", NULL);
    if (login->session) { // the legacy form knows no scopes and no refresh
        struct json *scopes = json_put(o, "scopes", json_array());
        add_scopes(scopes, str_empty(login->scopes) ? USUAL_SCOPE : login->scopes);
        struct json *grants = json_put(o, "grantTypes", json_array());
        json_push_str(grants, DEVICE_GRANT);
        json_push_str(grants, "refresh_token");
    }
    return o;
}

static bool register_client(struct sso_login *login, struct err *err)
{
    JSON_AUTO *body = registration(login);
    TOLD_AUTO told = {0};
    if (!post(login, "/client/register", body, &told, err))
        return false;
    const char *id = json_str(told.json, "clientId");
    const char *secret = json_str(told.json, "clientSecret");
    if (told.status != 200 || !id || !secret)
        return refused(&told, "to register this program", err);
    login->client_id = mem_strdup(id);
    login->registered_until = sso_time(json_int(told.json, "clientSecretExpiresAt", 0) * 1000);
    return secret_set(&login->client_secret, secret, strlen(secret), err);
}

static bool start(struct sso_login *login, struct err *err)
{
    JSON_AUTO *body =
        json_strings("clientId", login->client_id, "clientSecret",
                     secret_reveal(&login->client_secret), "startUrl", login->start_url, NULL);
    TOLD_AUTO told = {0};
    if (!post(login, "/device_authorization", body, &told, err))
        return false;
    const char *device = json_str(told.json, "deviceCode");
    const char *code = json_str(told.json, "userCode");
    const char *page = json_str(told.json, "verificationUri");
    if (told.status != 200 || !device || !code || !page)
        return refused(&told, "to begin", err);
    login->code = text_safe(code, 40);
    login->page = text_safe(page, 300);
    login->url = text_safe(json_str_or(told.json, "verificationUriComplete", page), 400);
    login->pause_ms = json_int(told.json, "interval", USUAL_PAUSE_S) * 1000;
    login->until_ms = clock_ms() + json_int(told.json, "expiresIn", USUAL_LIFE_S) * 1000;
    return secret_set(&login->device_code, device, strlen(device), err);
}

// A role whose source signs in: it is the source that is signed in.
static void go_to_source(struct chain *chain)
{
    for (size_t i = 0; i < CHAIN_MAX_DEPTH && !sso_provider.applies(chain); i++) {
        const char *source = chain_get(chain, "source_profile");
        const struct profile *next = source ? profile_find(chain->options->config, source) : NULL;
        if (!next)
            return;
        chain->profile = next;
        chain->name = source;
    }
}

bool sso_login_begin(struct sso_login *login, const struct credentials_options *options,
                     struct err *err)
{
    *login = (struct sso_login){.options = *options};
    struct chain chain;
    struct sso_profile p;
    if (!chain_begin(&chain, options, err))
        return false;
    go_to_source(&chain);
    if (!sso_profile_read(&chain, &p, err))
        return false;
    login->profile = mem_strdup(options->profile);
    login->start_url = mem_strdup(p.start_url);
    login->session = p.session ? mem_strdup(p.session) : NULL;
    login->region = mem_strdup(p.region);
    login->scopes = p.scopes;
    login->endpoint = sso_endpoint(&chain, AWS_SSO_OIDC, p.region, err);
    return login->endpoint && register_client(login, err) && start(login, err);
}

// The file as the AWS CLI writes it.
static bool keep(const struct sso_login *login, const struct json *answer, struct err *err)
{
    AUTO_FREE char *until = sso_time(clock_wall_ms() + json_int(answer, "expiresIn", 0) * 1000);
    JSON_AUTO *token = json_strings(
        "startUrl", login->start_url, "region", login->region, "accessToken",
        json_str(answer, "accessToken"), "expiresAt", until, "clientId", login->client_id,
        "clientSecret", secret_reveal(&login->client_secret), "registrationExpiresAt",
        login->registered_until, "refreshToken", json_str(answer, "refreshToken"), NULL);
    struct sso_profile p = {.session = login->session, .start_url = login->start_url};
    AUTO_FREE char *path = sso_token_path(&p, err);
    return path && sso_token_write(path, token, err);
}

enum turn { TURN_AGAIN, TURN_DONE, TURN_FAILED };

static enum turn poll_once(struct sso_login *login, struct err *err)
{
    JSON_AUTO *body = json_strings("clientId", login->client_id, "clientSecret",
                                   secret_reveal(&login->client_secret), "grantType", DEVICE_GRANT,
                                   "deviceCode", secret_reveal(&login->device_code), NULL);
    TOLD_AUTO told = {0};
    ERR_AUTO e = {0};
    if (!post(login, "/token", body, &told, &e)) {
        if (e.kind == ERR_NET)
            return TURN_AGAIN; // the person is in a browser anyway
        err_move(err, &e);
        return TURN_FAILED;
    }
    const char *error = json_str_or(told.json, "error", "");
    if (told.status == 200 && json_str(told.json, "accessToken"))
        return keep(login, told.json, err) ? TURN_DONE : TURN_FAILED;
    if (str_eq(error, "authorization_pending"))
        return TURN_AGAIN;
    if (str_eq(error, "slow_down")) {
        login->pause_ms += USUAL_PAUSE_S * 1000;
        return TURN_AGAIN;
    }
    refused(&told, "the sign-in", err);
    if (str_eq(error, "expired_token"))
        err_set(err, ERR_AUTH, "the code ran out before it was confirmed");
    if (str_eq(error, "access_denied"))
        err_set(err, ERR_AUTH, "the sign-in was refused in the browser");
    err_remedy(err, "begin again");
    return TURN_FAILED;
}

bool sso_login_wait(struct sso_login *login, struct err *err)
{
    while (clock_ms() < login->until_ms) {
        if (!cancel_sleep(login->options.cancel, login->pause_ms))
            return err_set(err, ERR_CANCELLED, "cancelled");
        enum turn turn = poll_once(login, err);
        if (turn != TURN_AGAIN)
            return turn == TURN_DONE;
    }
    err_set(err, ERR_AUTH, "the code ran out before it was confirmed");
    return err_remedy(err, "begin again");
}

void sso_login_clear(struct sso_login *login)
{
    char *all[] = {login->code,     login->url,
                   login->page,     login->profile,
                   login->region,   login->start_url,
                   login->session,  login->client_id,
                   login->endpoint, login->registered_until};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    secret_clear(&login->client_secret);
    secret_clear(&login->device_code);
    *login = (struct sso_login){0};
}

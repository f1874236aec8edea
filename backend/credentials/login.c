// SPDX-License-Identifier: MIT
// `aws login` (facts 9.6): the keys it left, while they last; their refresh, which leaves the file
// as the AWS CLI would; else the AWS CLI itself, which may know what this program does not.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/endpoint.h"
#include "backend/base/fs.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/codec/dpop.h"
#include "backend/codec/hash.h"
#include "backend/credentials/ask.h"
#include "backend/credentials/sso_private.h"

enum { ASK_MS = 30000, FILE_MAX = 65536, REFRESH_BEFORE_MS = 5 * 60 * 1000 };

static char *login_path(const char *session)
{
    const char *folder = chain_env("AWS_LOGIN_CACHE_DIRECTORY");
    const char *home = chain_env("HOME");
    AUTO_FREE char *hash = sha256_hex(session, strlen(session));
    AUTO_FREE char *where =
        folder ? fs_expand(folder) : mem_printf("%s/.aws/login/cache", home ? home : "");
    return mem_printf("%s/%s.json", where, hash);
}

static struct json *file_read(const char *path)
{
    struct str text;
    str_init(&text, FILE_MAX);
    ERR_AUTO e = {0};
    struct json *file =
        fs_read(path, &text, &e) ? json_parse(text.data, text.len, NULL, NULL) : NULL;
    secret_wipe(text.data, text.len);
    str_clear(&text);
    return file;
}

static int64_t left_ms(const struct chain *chain, const struct json *file)
{
    return credentials_time(json_str(file, "accessToken.expiresAt")) - chain_now(chain);
}

static bool take(const struct json *file, struct credentials *out, struct err *err)
{
    const struct json *t = json_get(file, "accessToken");
    const char *id = json_str(t, "accessKeyId");
    const char *secret = json_str(t, "secretAccessKey");
    if (str_empty(id) || str_empty(secret))
        return err_set(err, ERR_AUTH, "the file of the sign-in has no keys");
    if (!credentials_fill(out, "login", id, secret, json_str(t, "sessionToken"), err))
        return false;
    out->expires_wall_ms = credentials_time(json_str(t, "expiresAt"));
    return true;
}

// What the service says of a refresh that it refuses.
static bool refused(const struct told *told, struct err *err)
{
    const char *word = json_str_or(told->json, "error", "");
    if (str_eq(word, "INSUFFICIENT_PERMISSIONS"))
        return err_set(err, ERR_AUTH,
                       "this user may not sign in programs (signin:CreateOAuth2Token)");
    if (str_eq(word, "USER_CREDENTIALS_CHANGED"))
        return err_set(err, ERR_AUTH, "the user's password has changed since the sign-in");
    if (str_eq(word, "TOKEN_EXPIRED"))
        return err_set(err, ERR_AUTH, "the sign-in has ended after its 12 hours");
    return err_set(err, ERR_AUTH, "the refresh was refused with status %d", told->status);
}

static bool ask_for_token(const struct chain *chain, const struct json *file, struct told *told,
                          struct err *err)
{
    const char *region = json_str_or(file, "signInRegion", chain_region(chain));
    AUTO_FREE char *base = sso_endpoint(chain, AWS_SIGNIN, region, err);
    AUTO_FREE char *url = base ? mem_printf("%s/v1/token", base) : NULL;
    AUTO_FREE char *id = random_hex(16);
    AUTO_FREE char *proof =
        url ? dpop_proof(json_str(file, "dpopKey"), url, id, chain_now(chain) / 1000, err) : NULL;
    if (!proof)
        return false;
    JSON_AUTO *body =
        json_strings("clientId", json_str(file, "clientId"), "refreshToken",
                     json_str(file, "refreshToken"), "grantType", "refresh_token", NULL);
    struct ask question = {.method = "POST", .url = url, .body = body, .total_ms = ASK_MS};
    question.header[0][0] = "DPoP";
    question.header[0][1] = proof;
    return ask(chain->options, &question, told, err) &&
           ((told->status == 200 && json_str(told->json, "accessToken.accessKeyId")) ||
            refused(told, err));
}

// The same file with the new keys; what else is in it stays.
static bool refresh(const struct chain *chain, const char *path, struct json *file, struct err *err)
{
    static const char *const needed[] = {"refreshToken", "clientId", "dpopKey"};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (str_empty(json_str(file, needed[i])))
            return err_set(err, ERR_AUTH, "the file of the sign-in has no %s", needed[i]);
    TOLD_AUTO told = {0};
    if (!ask_for_token(chain, file, &told, err))
        return false;
    AUTO_FREE char *until = sso_time(chain_now(chain) + json_int(told.json, "expiresIn", 0) * 1000);
    AUTO_FREE char *account = mem_strdup(json_str_or(file, "accessToken.accountId", ""));
    json_put(file, "accessToken",
             json_strings("accessKeyId", json_str(told.json, "accessToken.accessKeyId"),
                          "secretAccessKey", json_str(told.json, "accessToken.secretAccessKey"),
                          "sessionToken", json_str(told.json, "accessToken.sessionToken"),
                          "accountId", account, "expiresAt", until, NULL));
    if (json_str(told.json, "refreshToken"))
        json_put_str(file, "refreshToken", json_str(told.json, "refreshToken"));
    ERR_AUTO e = {0};
    if (!sso_token_write(path, file, &e))
        log_line("credentials", "the refreshed sign-in could not be kept: %s", e.message);
    return true;
}

static bool by_the_cli(struct chain *chain, struct credentials *out, struct err *err)
{
    AUTO_FREE char *name = mem_strdup(chain->name);
    char *words[] = {(char[]){"aws"},
                     (char[]){"configure"},
                     (char[]){"export-credentials"},
                     (char[]){"--profile"},
                     name,
                     (char[]){"--format"},
                     (char[]){"process"},
                     NULL};
    return credentials_run(chain, words, "aws configure export-credentials", "login", out, err);
}

static bool login_applies(const struct chain *chain)
{
    return chain_get(chain, "login_session") != NULL;
}

static void login_tell(const struct chain *chain, struct credentials_facts *out)
{
    credentials_tell_role(chain_get(chain, "login_session"), out);
}

static bool login_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    AUTO_FREE char *path = login_path(chain_get(chain, "login_session"));
    JSON_AUTO *file = file_read(path);
    ERR_AUTO why = {0};
    if (file && left_ms(chain, file) > REFRESH_BEFORE_MS && take(file, out, &why))
        return true;
    if (!file)
        err_set(&why, ERR_AUTH, "nobody has signed in with it on this machine");
    else if (refresh(chain, path, file, &why) || left_ms(chain, file) > 0)
        return take(file, out, err);
    ERR_AUTO by_cli = {0};
    if (why.kind != ERR_CANCELLED && by_the_cli(chain, out, &by_cli))
        return true;
    bool cancelled = why.kind == ERR_CANCELLED || by_cli.kind == ERR_CANCELLED;
    err_move(err, cancelled && by_cli.kind == ERR_CANCELLED ? &by_cli : &why);
    if (cancelled)
        return false;
    AUTO_FREE char *safe = text_safe(chain->name, 100);
    err_wrap(err, "the sign-in of the profile %s has ended", safe);
    err_code(err, "login-ended");
    return err_remedy(err, "aws login --profile '%s'", safe);
}

const struct provider login_provider = {"login", login_applies, login_tell, login_fetch};

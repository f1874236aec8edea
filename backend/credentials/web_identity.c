// SPDX-License-Identifier: MIT
// STS AssumeRoleWithWebIdentity (facts 9.4): a token in a file, read anew at each refresh.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/endpoint.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/codec/xml.h"
#include "backend/credentials/ask.h"

enum { ASK_MS = 30000, ATTEMPTS = 3, PAUSE_MS = 500 };

struct identity { // borrowed
    const char *token_file, *role, *session;
};

// The environment's value first, then the profile's, each for itself (as the CLI).
static const char *either(const struct chain *chain, const char *variable, const char *key)
{
    const char *value = chain->env_off ? NULL : chain_env(variable);
    return value ? value : chain_get(chain, key);
}

static void read_where(const struct chain *chain, struct identity *out)
{
    *out =
        (struct identity){either(chain, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
                          either(chain, "AWS_ROLE_ARN", "role_arn"),
                          either(chain, "AWS_ROLE_SESSION_NAME", "role_session_name")};
}

static bool web_identity_applies(const struct chain *chain)
{
    struct identity who;
    read_where(chain, &who);
    return who.token_file != NULL;
}

static void web_identity_tell(const struct chain *chain, struct credentials_facts *out)
{
    struct identity who;
    read_where(chain, &who);
    credentials_tell_role(who.role, out);
}

static bool complete(const struct chain *chain, const struct identity *who, struct err *err)
{
    if (who->role)
        return true;
    AUTO_FREE char *name = text_safe(chain->name, 100);
    err_set(err, ERR_AUTH, "the profile %s has a web_identity_token_file and no role_arn", name);
    return err_remedy(err, "add the role_arn, or set AWS_ROLE_ARN");
}

static void add(struct str *form, const char *name, const char *value)
{
    char *encoded = encode_uri(value, strlen(value), false);
    str_addf(form, "&%s=%s", name, encoded);
    secret_free(encoded);
}

static bool refused(const struct told *told, struct err *err)
{
    XML_AUTO *doc = xml_parse(told->text, strlen(told->text), NULL);
    const char *code = xml_str_or(xml_root(doc), "Error/Code", "no code");
    AUTO_FREE char *message = text_safe(xml_str_or(xml_root(doc), "Error/Message", ""), 300);
    bool passes = told->status >= 500 || str_eq(code, "IDPCommunicationError");
    err_set(err, passes ? ERR_REMOTE : ERR_AUTH, "STS refuses the web identity: %s %s", code,
            message);
    err_code(err, code);
    return err_remedy(err, "the token may have expired, or the role's trust policy names another "
                           "issuer, audience or subject");
}

static bool read_keys(const struct told *told, struct credentials *out, struct err *err)
{
    XML_AUTO *doc = xml_parse(told->text, strlen(told->text), err);
    if (!doc)
        return false;
    const struct xml_node *node =
        xml_find(xml_root(doc), "AssumeRoleWithWebIdentityResult/Credentials");
    const char *id = xml_str(node, "AccessKeyId");
    const char *secret = xml_str(node, "SecretAccessKey");
    if (!id || !secret)
        return err_set(err, ERR_REMOTE, "the answer of STS has no credentials");
    if (!credentials_fill(out, "web-identity", id, secret, xml_str(node, "SessionToken"), err))
        return false;
    out->expires_wall_ms = credentials_time(xml_str_or(node, "Expiration", ""));
    return true;
}

// What passes by itself (the identity provider did not answer STS, or STS is busy) is asked again.
static bool exchange(const struct credentials_options *options, const char *url, const char *form,
                     struct credentials *out, struct err *err)
{
    for (int attempt = 1;; attempt++) {
        TOLD_AUTO told = {0};
        ERR_AUTO e = {0};
        const struct ask question = {
            .method = "POST", .url = url, .form = form, .total_ms = ASK_MS};
        bool asked = ask(options, &question, &told, &e);
        if (asked && told.status == 200)
            return read_keys(&told, out, err);
        if (asked)
            refused(&told, &e);
        bool passes = e.kind == ERR_NET || e.kind == ERR_REMOTE;
        if (!passes || attempt == ATTEMPTS || !cancel_sleep(options->cancel, PAUSE_MS)) {
            err_move(err, &e);
            return false;
        }
    }
}

static bool web_identity_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    struct identity who;
    SECRET_AUTO token = {0};
    read_where(chain, &who);
    if (!complete(chain, &who, err) || !credentials_read_token(who.token_file, &token, err))
        return err_wrap(err, "web identity");
    struct aws_endpoints endpoints = {0};
    if (!aws_endpoints_load(&endpoints, chain->top, err))
        return false;
    AUTO_FREE char *url = NULL;
    AUTO_FREE char *signs = NULL;
    aws_endpoint(&endpoints, AWS_STS, chain_region(chain), &url, &signs);
    aws_endpoints_clear(&endpoints);
    AUTO_FREE char *usual =
        mem_printf("forestadmin-wizard-%lld", (long long)(clock_wall_ms() / 1000));
    struct str form;
    str_init(&form, STR_FILE);
    str_add(&form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15");
    add(&form, "RoleArn", who.role);
    add(&form, "RoleSessionName", str_empty(who.session) ? usual : who.session);
    add(&form, "WebIdentityToken", secret_reveal(&token));
    AUTO_FREE char *slash = mem_printf("%s/", url);
    bool ok = exchange(chain->options, slash, form.data, out, err);
    secret_wipe(form.data, form.len);
    str_clear(&form);
    return ok;
}

const struct provider web_identity_provider = {"web-identity", web_identity_applies,
                                               web_identity_tell, web_identity_fetch};

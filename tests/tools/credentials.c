// SPDX-License-Identifier: MIT
// Tells what this program makes of AWS config files: one JSON question a line on stdin, one JSON
// answer a line on stdout. For tests/aws/test_credentials_differential.py, which asks botocore the
// same. {"op":"profiles"|"resolve"|"endpoint"|"get", "env":{"NAME":"value"}, ...}; the environment
// is replaced for each question. "sso_login" signs "profile" in, as the wizard does: one line with
// the page, one when somebody has agreed there; "mfa" assumes its role with "code";
// "use" fetches keys, signs a call with them and forgets all of it, naming the provider only. "get"
// fetches "url" with a client of its own and the bundle "ca_bundle".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/iam.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/credentials/credentials.h"
#include "backend/credentials/ini.h"
#include "backend/credentials/sso.h"
#include "backend/net/http.h"

static struct http_client *http;

static void put_error(struct json *out, const struct err *err)
{
    struct json *e = json_put(out, "error", json_object());
    json_put_int(e, "kind", (int64_t)err->kind);
    json_put_str(e, "message", err->message);
    json_put_str(e, "remedy", err->remedy);
    json_put_str(e, "code", err->code);
}

static void put_values(struct json *out, const struct profile *section)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct ini_value *v = &section->values[i];
        if (!v->sub) {
            json_put_str(out, v->key, v->text);
            continue;
        }
        struct json *nested = (struct json *)(uintptr_t)json_get(out, v->key);
        if (json_type(nested) != JSON_OBJECT)
            nested = json_put(out, v->key, json_object());
        json_put_str(nested, v->sub, v->text);
    }
}

static void answer_profiles(const struct aws_config *config, struct json *out)
{
    static const char *const kinds[] = {[INI_PROFILE] = "profiles",
                                        [INI_SERVICES] = "services",
                                        [INI_SSO_SESSION] = "sso_sessions"};
    struct json *sections[ARRAY_LEN(kinds)];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        sections[i] = json_put(out, kinds[i], json_object());
    for (size_t i = 0; i < config->count; i++) {
        const struct profile *s = config->items[i];
        if (s->kind != INI_OTHER)
            put_values(json_put(sections[s->kind], s->name, json_object()), s);
    }
}

static void answer_resolve(const struct aws_config *config, const struct json *in, struct json *out)
{
    struct credentials_options options = {.config = config,
                                          .profile = json_str(in, "profile"),
                                          .profile_explicit = json_bool(in, "explicit", false),
                                          .http = http};
    struct credentials_facts facts = {0};
    credentials_tell(&options, &facts);
    json_put_str(out, "kind", facts.kind);
    json_put_str(out, "account", facts.account);
    credentials_facts_clear(&facts);
    struct credentials_source *source = credentials_source_new(&options);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    if (credentials_get(source, &c, &err)) {
        json_put_str(out, "provider", c.provider);
        json_put_str(out, "id", c.access_key_id);
        json_put_str(out, "secret", secret_reveal(&c.secret_access_key));
        json_put_str(out, "token",
                     secret_empty(&c.session_token) ? NULL : secret_reveal(&c.session_token));
        json_put_int(out, "expires", c.expires_wall_ms);
    } else {
        put_error(out, &err);
    }
    credentials_clear(&c);
    credentials_source_free(source);
}

static void answer_endpoint(const struct json *in, struct json *out)
{
    struct aws_endpoints e;
    ERR_AUTO err = {0};
    if (!aws_endpoints_load(&e, NULL, &err)) {
        put_error(out, &err);
        return;
    }
    for (int i = 0; i < AWS_SERVICE_COUNT; i++) {
        AUTO_FREE char *url = NULL;
        AUTO_FREE char *signs = NULL;
        aws_endpoint(&e, (enum aws_service)i, json_str(in, "region"), &url, &signs);
        json_put_str(out, aws_service_info((enum aws_service)i)->name, url);
    }
    aws_endpoints_clear(&e);
}

static void answer_get(const struct json *in, struct json *out)
{
    struct http_client *client = http_client_new(json_str(in, "ca_bundle"));
    struct http_request request = {.method = "GET", .url = json_str(in, "url"), .total_ms = 20000};
    struct http_answer got = {0};
    ERR_AUTO err = {0};
    if (http_send(client, &request, &got, &err))
        json_put_int(out, "status", got.status);
    else
        put_error(out, &err);
    http_answer_clear(&got);
    http_client_free(client);
}

// As a look of the wizard: a client of its own, keys for one call, nothing left.
static void answer_use(const struct aws_config *config, const struct json *in, struct json *out)
{
    struct http_client *own = http_client_new(NULL);
    struct credentials_options options = {.config = config,
                                          .profile = json_str(in, "profile"),
                                          .profile_explicit = json_bool(in, "explicit", false),
                                          .http = own};
    struct credentials_source *source = credentials_source_new(&options);
    struct credentials c = {0};
    ERR_AUTO err = {0};
    struct aws_endpoints endpoints = {0};
    const struct profile *profile = profile_find(config, json_str_or(in, "profile", "default"));
    if (credentials_get(source, &c, &err) && aws_endpoints_load(&endpoints, profile, &err)) {
        struct aws_client *client =
            aws_client_new(&(struct aws_client_options){.http = own,
                                                        .credentials = source,
                                                        .endpoints = &endpoints,
                                                        .region = "eu-west-3",
                                                        .max_attempts = 1});
        AUTO_FREE char *account = NULL;
        AUTO_FREE char *arn = NULL;
        if (sts_get_caller_identity(client, &account, &arn, &err))
            json_put_str(out, "account", account);
        json_put_str(out, "provider", c.provider);
        aws_client_free(client);
    }
    if (err.kind != ERR_NONE)
        put_error(out, &err);
    aws_endpoints_clear(&endpoints);
    credentials_clear(&c);
    credentials_source_free(source);
    http_client_free(own);
}

static bool say(const struct json *out)
{
    AUTO_FREE char *text = json_print(out);
    puts(text);
    return fflush(stdout) == 0;
}

static void answer_sign_in(const struct aws_config *config, const struct json *in, struct json *out)
{
    struct credentials_options options = {.config = config,
                                          .profile = json_str(in, "profile"),
                                          .profile_explicit = true,
                                          .http = http};
    struct sso_login login = {0};
    ERR_AUTO err = {0};
    if (strcmp(json_str_or(in, "op", ""), "mfa") == 0) {
        SECRET_AUTO code = {0};
        const char *text = json_str_or(in, "code", "");
        if (!secret_set(&code, text, strlen(text), &err) || !credentials_mfa(&options, &code, &err))
            put_error(out, &err);
        return;
    }
    bool ok = sso_login_begin(&login, &options, &err);
    JSON_AUTO *page = json_strings("url", login.url, "code", login.code, NULL);
    if (!ok || !say(page) || !sso_login_wait(&login, &err))
        put_error(out, &err);
    sso_login_clear(&login);
}

static void answer(const struct json *in, struct json *out)
{
    clearenv();
    const struct json *env = json_get(in, "env");
    for (const struct json *v = json_first(env); v; v = json_next(v))
        setenv(json_key(v), json_text(v), 1);
    const char *op = json_str_or(in, "op", "");
    if (strcmp(op, "endpoint") == 0) {
        answer_endpoint(in, out);
        return;
    }
    if (strcmp(op, "get") == 0) {
        answer_get(in, out);
        return;
    }
    ERR_AUTO err = {0};
    struct aws_config *config = aws_config_load(&err);
    if (!config)
        put_error(out, &err);
    else if (strcmp(op, "profiles") == 0)
        answer_profiles(config, out);
    else if (strcmp(op, "sso_login") == 0 || strcmp(op, "mfa") == 0)
        answer_sign_in(config, in, out);
    else if (strcmp(op, "use") == 0)
        answer_use(config, in, out);
    else
        answer_resolve(config, in, out);
    aws_config_free(config);
}

int main(void)
{
    ERR_AUTO err = {0};
    if (!http_global_init(&err))
        return 1;
    http = http_client_new(NULL);
    char *line = NULL;
    size_t size = 0;
    ssize_t n = 0;
    while ((n = getline(&line, &size, stdin)) > 0) {
        JSON_AUTO *in = json_parse(line, (size_t)n, NULL, NULL);
        JSON_AUTO *out = json_object();
        answer(in, out);
        say(out);
    }
    free(line);
    http_client_free(http);
    http_global_clear();
    return 0;
}

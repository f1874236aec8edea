// SPDX-License-Identifier: MIT
#include "backend/steps/profiles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/iam.h"
#include "backend/aws/retry.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/credentials.h"
#include "backend/credentials/imds.h"
#include "backend/credentials/profile.h"
#include "backend/net/http.h"

// Any region answers what is asked of an account; a profile need not name one.
#define ANY_REGION "us-east-1"

enum { ASKERS_MAX = 8 };

// ---- what the files and the machine say

static struct json *row(const char *name, const char *kind, const char *region,
                        const struct credentials_facts *facts)
{
    return json_strings("name", name, "kind", kind, "region", region, "account", facts->account,
                        "role", facts->role, "source", facts->source, NULL);
}

// What is used when no profile is named and the profiles give nothing: at most one row.
static void add_without_profile(const struct aws_config *config, struct json *list)
{
    static const char *const words[][2] = {
        {"env", "environment"}, {"web-identity", "web-identity"}, {"container", "container"}};
    struct credentials_facts facts;
    credentials_tell(&(struct credentials_options){.config = config}, &facts);
    const char *kind = NULL;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(facts.kind, words[i][0]))
            kind = words[i][1];
    const struct profile *usual = profile_find(config, profile_default_name());
    if (str_eq(kind, "web-identity") && usual && str_eq(profile_kind(usual), kind))
        kind = NULL; // the profile's own
    if (str_eq(facts.kind, "empty") && imds_is_here(usual))
        kind = "instance";
    if (kind)
        json_push(list, row("", kind, profile_region(NULL, NULL), &facts));
    credentials_facts_clear(&facts);
}

static void add_profile(const struct aws_config *config, const struct profile *p, struct json *list)
{
    AUTO_FREE char *name = text_safe(profile_name(p), 128);
    AUTO_FREE char *region =
        profile_get(p, "region") ? text_safe(profile_get(p, "region"), 40) : NULL;
    struct credentials_facts facts;
    credentials_tell(&(struct credentials_options){.config = config,
                                                   .profile = profile_name(p),
                                                   .profile_explicit = true},
                     &facts);
    json_push(list, row(name, facts.kind, region, &facts));
    credentials_facts_clear(&facts);
}

// ---- who it is

// One login and the client for its calls.
struct desk {
    struct aws_endpoints endpoints;
    struct credentials_source *source;
    struct aws_client *aws;
    char *region;
};

static void desk_close(struct desk *d)
{
    aws_client_free(d->aws);
    credentials_source_free(d->source);
    aws_endpoints_clear(&d->endpoints);
    mem_free(d->region);
}

static bool desk_open(struct desk *d, const struct credentials_options *login,
                      const struct profile *profile, struct err *err)
{
    const char *region = profile_region(profile, login->region);
    d->region = mem_strdup(region ? region : ANY_REGION);
    unsigned attempts = 0;
    if (!aws_endpoints_load(&d->endpoints, profile, err) ||
        !retry_settings(profile, &attempts, err))
        return false;
    struct credentials_options o = *login;
    o.region = d->region;
    d->source = credentials_source_new(&o);
    d->aws = aws_client_new(&(struct aws_client_options){.http = login->http,
                                                         .credentials = d->source,
                                                         .endpoints = &d->endpoints,
                                                         .region = d->region,
                                                         .max_attempts = attempts,
                                                         .cancel = login->cancel});
    return true;
}

static void put_alias(const struct desk *d, struct json *out)
{
    XML_AUTO *document = NULL;
    ERR_AUTO e = {0}; // an account need not have one, and few may ask for it: no answer is no alias
    if (aws_query(d->aws, AWS_IAM, "ListAccountAliases", NULL, AWS_READ, &document, &e))
        json_put_str(out, "alias",
                     xml_str(xml_root(document), "ListAccountAliasesResult/AccountAliases/member"));
}

static void put_expiry(const struct desk *d, struct json *out)
{
    struct credentials c = {0};
    ERR_AUTO e = {0}; // they were good a moment ago; without them there is no expiry to tell
    if (credentials_get(d->source, &c, &e)) {
        if (c.expires_wall_ms)
            json_put_int(out, "expires_ms", c.expires_wall_ms);
        json_put_str(out, "provider", c.provider);
    }
    credentials_clear(&c);
}

static bool who(const struct credentials_options *login, struct json **out, struct err *err)
{
    const char *name = str_empty(login->profile) ? profile_default_name() : login->profile;
    const struct profile *profile = profile_find(login->config, name);
    struct desk d = {0};
    AUTO_FREE char *account = NULL;
    AUTO_FREE char *caller = NULL;
    AUTO_FREE char *here = profile_region(profile, NULL) ? NULL : imds_region(login, profile);
    bool ok = desk_open(&d, login, profile, err) &&
              (sts_get_caller_identity(d.aws, &account, &caller, err) ||
               err_wrap(err, "signing in with profile \"%s\"", name));
    if (ok) {
        *out = json_strings("account", account, "principal", caller, "region",
                            here ? here : profile_region(profile, NULL), NULL);
        put_alias(&d, *out);
        put_expiry(&d, *out);
    } else if (d.source)
        credentials_expired(d.source); // whoever asks again wants others
    desk_close(&d);
    return ok;
}

bool profile_who(const char *name, const char *region, struct cancel *cancel, struct json **out,
                 struct err *err)
{
    struct aws_config *config = aws_config_load(err);
    if (!config)
        return false;
    const struct profile *own =
        profile_find(config, str_empty(name) ? profile_default_name() : name);
    struct http_client *http = http_client_new(own ? profile_get(own, "ca_bundle") : NULL);
    bool ok = who(&(struct credentials_options){.config = config,
                                                .profile = str_empty(name) ? NULL : name,
                                                .profile_explicit = !str_empty(name),
                                                .region = region,
                                                .http = http,
                                                .cancel = cancel},
                  out, err);
    http_client_free(http);
    aws_config_free(config);
    return ok;
}

// ---- all of them

struct asking {
    struct credentials_options login; // of nobody yet
    const struct json **rows;         // in the list's order
    struct json **answers;            // one for each: who it is, or {"error","remedy","code"}
    size_t count;
    atomic_size_t next;
    pthread_mutex_t programs; // programs may ask their user something: one after the other
};

static struct json *no_answer(const struct err *err)
{
    return json_strings("error", err->message, "remedy", err->remedy, "code", err->code, NULL);
}

static struct json *ask_one(struct asking *a, const struct json *r)
{
    const char *name = json_str_or(r, "name", "");
    bool program = str_eq(json_str(r, "kind"), "process");
    struct credentials_options login = a->login;
    const struct profile *own = profile_find(login.config, name);
    const char *bundle = own ? profile_get(own, "ca_bundle") : NULL;
    struct http_client *http = bundle ? http_client_new(bundle) : NULL; // of its own
    if (http)
        login.http = http;
    login.profile = *name ? name : NULL;
    login.profile_explicit = *name != '\0';
    struct json *answer = NULL;
    ERR_AUTO e = {0};
    if (program)
        pthread_mutex_lock(&a->programs);
    bool ok = who(&login, &answer, &e);
    if (program)
        pthread_mutex_unlock(&a->programs);
    http_client_free(http);
    return ok ? answer : no_answer(&e);
}

static void *asker(void *arg)
{
    struct asking *a = arg;
    for (size_t i = atomic_fetch_add(&a->next, 1); i < a->count; i = atomic_fetch_add(&a->next, 1))
        if (!cancel_requested(a->login.cancel))
            a->answers[i] = ask_one(a, a->rows[i]);
    return NULL;
}

static void take_answer(struct json *into, const struct json *answer)
{
    for (const struct json *v = json_first(answer); v; v = json_next(v)) {
        if (str_eq(json_key(v), "expires_ms")) {
            AUTO_FREE char *when = clock_format(json_int(answer, "expires_ms", 0));
            json_put_str(into, "expires", when);
        } else if (!str_eq(json_key(v), "region")) {
            json_put(into, json_key(v), json_copy(v));
        }
    }
}

static void ask_all(const struct aws_config *config, struct json *list, struct cancel *cancel)
{
    size_t count = json_count(list);
    struct http_client *http = http_client_new(NULL);
    struct asking a = {.login = {.config = config, .http = http, .cancel = cancel},
                       .rows = mem_calloc(count + 1, sizeof *a.rows),
                       .answers = mem_calloc(count + 1, sizeof *a.answers),
                       .count = count};
    pthread_mutex_init(&a.programs, NULL);
    for (const struct json *r = json_first(list); r; r = json_next(r))
        a.rows[a.next++] = r;
    a.next = 0;
    pthread_t threads[ASKERS_MAX];
    size_t started = 0;
    while (started < ASKERS_MAX && started < count &&
           pthread_create(&threads[started], NULL, asker, &a) == 0)
        started++;
    if (!started)
        asker(&a);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < count; i++) {
        take_answer((struct json *)(uintptr_t)a.rows[i], a.answers[i]);
        json_free(a.answers[i]);
    }
    pthread_mutex_destroy(&a.programs);
    mem_free(a.rows);
    mem_free(a.answers);
    http_client_free(http);
}

bool session_profiles(bool check, struct cancel *cancel, struct json **out, struct err *err)
{
    struct aws_config *config = aws_config_load(err);
    if (!config)
        return false;
    struct json *list = json_array();
    add_without_profile(config, list);
    size_t count = profile_count(config);
    for (size_t i = 0; i < count; i++)
        add_profile(config, profile_at(config, i), list);
    if (check)
        ask_all(config, list, cancel);
    aws_config_free(config);
    if (cancel_requested(cancel)) {
        json_free(list);
        return err_set(err, ERR_CANCELLED, "cancelled");
    }
    *out = list;
    return true;
}

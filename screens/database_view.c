// SPDX-License-Identifier: MIT
#include "screens/database.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/network.h"

enum { RDS_ROWS = 6 };

static const char help[] =
    "The URL names the database as PostgreSQL's own tools do: "
    "postgres://user:password@host:5432/database. Its parts are shown as they are understood, but "
    "never the password.\n\n"
    "In a password, these characters have to be escaped: @ as %40, : as %3A, / as %2F, ? as %3F, "
    "# as %23, % as %25 and a space as %20. With a database chosen from the list, the password is "
    "typed as it is and escaped for you.\n\n"
    "The host must be one that the backend can reach from its VPC: the endpoint of an RDS "
    "instance, "
    "a proxy such as JumpWire, or a name that your VPC knows. localhost is this machine and never "
    "works.\n\n"
    "The security group of your database has to let the backend in. With your consent one rule is "
    "added to it; destroy takes it away again. Nothing else of the database is touched.\n\n"
    "The URL is kept in AWS Secrets Manager alone. Use a user of its own with the rights you want "
    "Forest's users to have at most.";

// ---- what the URL says

// Nobody wants to be told of an error while typing "postgr".
static bool begun(const char *text)
{
    static const char scheme[] = "postgresql://";
    static const char short_scheme[] = "postgres://";
    size_t n = strlen(text);
    return strncmp(scheme, text, n) == 0 || strncmp(short_scheme, text, n) == 0;
}

static const char *vpc_name(const struct json *vpc)
{
    const char *name = json_str(vpc, "name");
    return str_empty(name) ? json_str_or(vpc, "id", "") : name;
}

static struct view_status of_place(struct wizard *w, struct tell *t, const struct postgres_url *url)
{
    struct database_known k = database_known(w, url);
    AUTO_FREE char *what = postgres_url_describe(url);
    const char *here = k.vpc ? vpc_name(k.vpc) : "the new VPC";
    if (k.elsewhere) {
        struct view_status s =
            tell(t, VIEW_WARN, "%s is in %s, the backend will be in %s.",
                 json_str_or(k.instance, "id", ""), json_str_or(k.instance, "vpc", ""), here);
        snprintf(t->remedy, sizeof t->remedy,
                 "Choose its VPC in Network, unless the two are peered.");
        s.remedy = t->remedy;
        return s;
    }
    if (k.outside)
        return tell(t, VIEW_WARN, "%s. %s has no address %s: something must connect the two.", what,
                    here, url->host);
    if (url->warning)
        return tell(t, VIEW_WARN, "%s. But %s.", what, url->warning);
    return tell(t, VIEW_GOOD, "%s, with a password of %zu characters%s", what, url->password_bytes,
                k.instance && k.vpc ? ", in the same VPC" : "");
}

static struct view_status url_status(struct wizard *w, struct tell *t)
{
    const struct secret_answer *a = &w->answers.database.url;
    if (wizard_unset(w, a, t->text, sizeof t->text))
        return (struct view_status){VIEW_WARN, t->text, "Paste it, or start again with it set."};
    if (secret_empty(&a->value) || begun(secret_reveal(&a->value)))
        return (struct view_status){0};
    struct postgres_url url = {0};
    ERR_AUTO e = {0};
    struct view_status status;
    if (!postgres_url_parse(secret_reveal(&a->value), &url, &e)) {
        status = tell_err(t, VIEW_BAD, &e);
    } else if (url.place == POSTGRES_THIS_MACHINE) {
        status = tell(t, VIEW_BAD, "%s is this machine: nothing on AWS can reach it.", url.host);
        snprintf(t->remedy, sizeof t->remedy, "Give the name under which your VPC knows it.");
        status.remedy = t->remedy;
    } else {
        status = of_place(w, t, &url);
    }
    postgres_url_clear(&url);
    return status;
}

static void build_url(struct wizard *w, struct database_screen *s, struct view *view)
{
    struct tell t;
    char facts[80] = "";
    size_t n = edit_chars(&s->url);
    if (n)
        snprintf(facts, sizeof facts, "%zu characters%s", n,
                 w->answers.database.url.from == SECRET_ENV ? ", from the environment" : "");
    view_field(view,
               &(struct view_field){.id = "url",
                                    .label = "Database URL",
                                    .edit = &s->url,
                                    .path = "database.url",
                                    .hint = "postgres://user:password@host:5432/database",
                                    .help = "Paste it; it is hidden and kept in Secrets Manager "
                                            "alone. The backend uses it as it is.",
                                    .status = url_status(w, &t),
                                    .facts = n ? facts : NULL});
}

// ---- an instance of RDS and its parts

static void rds_row(void *context, size_t index, struct view_list_row *out)
{
    struct database_screen *s = context;
    struct wizard *w = s->wizard;
    *out = (struct view_list_row){.sign = SIGNS};
    const struct json *d = json_at(lookup_peek(w, CORE_DATABASES, NULL).value, index);
    const char *status = json_str_or(d, "status", "");
    out->key = json_str_or(d, "id", "");
    out->columns[0] = out->key;
    out->columns[1] = json_str(d, "engine");
    bool here = database_is_here(w, d);
    bool up = str_eq(status, "available");
    if (!here) {
        snprintf(s->text, sizeof s->text, "in another VPC, %s", json_str_or(d, "vpc", ""));
        out->disabled = s->text;
        out->below_chosen = "Choose its VPC in Network. If the two are peered, paste its URL.";
    } else {
        snprintf(s->text, sizeof s->text, "%s", status);
        snprintf(s->below, sizeof s->below, "%s:%lld%s", json_str_or(d, "host", ""),
                 (long long)json_int(d, "port", 5432),
                 json_bool(d, "public", false) ? ", also reachable from the internet" : "");
        out->below_chosen = s->below;
    }
    out->status = (struct view_status){.state = !here ? VIEW_QUIET
                                                : up  ? VIEW_GOOD
                                                      : VIEW_WARN,
                                       .text = s->text};
}

static void build_parts(struct wizard *w, struct database_screen *s, struct view *view)
{
    struct tell t;
    size_t count = json_count(lookup_peek(w, CORE_DATABASES, NULL).value);
    view_gap(view);
    view_list(view, &(struct view_list){.id = "rds",
                                        .label = "PostgreSQL in this region",
                                        .count = count,
                                        .row = rds_row,
                                        .context = s,
                                        .chosen = s->rds,
                                        .path = "database.url",
                                        .empty = "RDS has no PostgreSQL here. Paste a URL.",
                                        .filter = count > RDS_ROWS,
                                        .rows = RDS_ROWS});
    if (!s->rds)
        return;
    view_field(view, &(struct view_field){.id = "user",
                                          .label = "User",
                                          .edit = &s->user,
                                          .help = "A user with the rights Forest's users may have "
                                                  "at most."});
    char facts[40] = "";
    snprintf(facts, sizeof facts, "%zu characters", edit_chars(&s->password));
    view_field(view, &(struct view_field){.id = "password",
                                          .label = "Password",
                                          .edit = &s->password,
                                          .help = "As it is; it is escaped for you.",
                                          .facts = edit_chars(&s->password) ? facts : NULL});
    view_field(view, &(struct view_field){.id = "name",
                                          .label = "Database name",
                                          .edit = &s->name,
                                          .help = "Its name in PostgreSQL.",
                                          .status = url_status(w, &t)});
}

static void build_way(struct wizard *w, struct database_screen *s, struct view *view)
{
    struct lookup found = lookup(w, CORE_DATABASES, NULL);
    // After a run, or when the wizard was opened here, they have to be asked for anew.
    if (!w->answers.network.new_vpc && !str_empty(w->answers.network.vpc))
        lookup(w, CORE_NETWORKS, NULL);
    bool placed = w->answers.network.new_vpc || database_vpc(w);
    size_t here = 0, all = json_count(found.value);
    for (const struct json *d = json_first(found.value); d; d = json_next(d))
        here += database_is_here(w, d);
    if (!all && !s->from_rds) {
        if (found.state == LOOKUP_ASKING)
            view_busy(view, "Looking for PostgreSQL in RDS", found.since_ms);
        return;
    }
    AUTO_FREE char *listed = here     ? mem_printf("choose from RDS: %zu in this VPC", here)
                             : placed ? mem_printf("choose from RDS: %zu, none in this VPC", all)
                                      : mem_printf("choose from RDS: %zu", all);
    const char *const options[] = {"paste its URL", listed};
    view_choice(view, &(struct view_choice){.id = "way",
                                            .label = "Database",
                                            .options = options,
                                            .count = ARRAY_LEN(options),
                                            .chosen = s->from_rds ? 1 : 0,
                                            .help = "Either way the password is asked here and "
                                                    "goes to Secrets Manager alone."});
}

// ---- the rule, TLS, the schema

static void build_one_group(struct view *view, const char *group, const char *database,
                            const char *answered)
{
    AUTO_FREE char *label = mem_printf("Let the backend in: one rule on %s", group);
    AUTO_FREE char *text = mem_printf("The security group of %s. Without the rule somebody has to "
                                      "add it before the backend can start.",
                                      database);
    view_switch(view, &(struct view_switch){.id = "open",
                                            .label = label,
                                            .on = answered != NULL,
                                            .path = "database.ingress_security_group",
                                            .help = text});
}

static void build_groups(struct view *view, const struct json *groups, const char *answered)
{
    const char *options[DATABASE_GROUPS + 1] = {"no, somebody else does"};
    size_t count = 1, chosen = 0;
    for (const struct json *g = json_first(groups); g && count <= DATABASE_GROUPS;
         g = json_next(g)) {
        if (str_eq(json_text(g), answered))
            chosen = count;
        options[count++] = json_text(g);
    }
    view_choice(view, &(struct view_choice){.id = "open_which",
                                            .label = "Let the backend in",
                                            .options = options,
                                            .count = count,
                                            .chosen = chosen,
                                            .path = "database.ingress_security_group",
                                            .help = "One rule is added to that security group of "
                                                    "the database; destroy takes it away."});
}

static void build_any_group(struct database_screen *s, struct view *view, const char *answered)
{
    struct tell t;
    ERR_AUTO e = {0};
    struct view_status status = {0};
    if (!str_empty(answered) && !validate_text("database.ingress_security_group", answered, &e))
        status = tell_err(&t, VIEW_BAD, &e);
    view_field(view, &(struct view_field){.id = "group",
                                          .label = "Let it in on",
                                          .edit = &s->group,
                                          .path = "database.ingress_security_group",
                                          .hint = "sg-0123456789abcdef0",
                                          .help = "A security group of the database that may get "
                                                  "one rule. Empty: nothing is added.",
                                          .status = status,
                                          .optional = true,
                                          .no_question_mark = true});
}

static void build_ingress(struct wizard *w, struct database_screen *s, struct view *view)
{
    const char *answered = w->answers.database.ingress_security_group;
    const struct secret *value = &w->answers.database.url.value;
    struct postgres_url url = {0};
    bool ok = !secret_empty(value) && postgres_url_parse(secret_reveal(value), &url, NULL);
    struct database_known k = {0};
    if (ok)
        k = database_known(w, &url);
    const struct json *groups = json_get(k.instance, "groups");
    size_t count = json_count(groups);
    bool listed = !answered;
    for (const struct json *g = json_first(groups); g; g = json_next(g))
        listed = listed || str_eq(json_text(g), answered);
    if (ok && count == 1 && listed)
        build_one_group(view, json_text(json_first(groups)), json_str_or(k.instance, "id", ""),
                        answered);
    else if (ok && count > 1 && listed)
        build_groups(view, groups, answered);
    else if (ok)
        build_any_group(s, view, answered);
    postgres_url_clear(&url);
}

static void build_tls(struct wizard *w, struct view *view)
{
    static const char *const words[] = {"preferred", "required", "verify", "disabled"};
    static const char *const means[] = {
        "The best the server offers: verified TLS, else TLS, else none.",
        "TLS or no connection; the server's certificate is not checked.",
        "TLS with a certificate that a public authority signed; RDS has its own, so use required.",
        "No TLS: the password and every row go unencrypted through the VPC.",
    };
    size_t chosen = 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(words[i], w->answers.database.ssl_mode))
            chosen = i;
    view_choice(view, &(struct view_choice){.id = "tls",
                                            .label = "TLS",
                                            .options = words,
                                            .count = ARRAY_LEN(words),
                                            .chosen = chosen,
                                            .path = "database.ssl_mode",
                                            .help = means[chosen]});
}

static void build_schema(struct wizard *w, struct database_screen *s, struct view *view)
{
    struct tell t;
    ERR_AUTO e = {0};
    struct view_status status = {0};
    const char *schema = w->answers.database.schema;
    if (!str_empty(schema) && !validate_text("database.schema", schema, &e))
        status = tell_err(&t, VIEW_BAD, &e);
    view_field(view, &(struct view_field){.id = "schema",
                                          .label = "Schema",
                                          .edit = &s->schema,
                                          .path = "database.schema",
                                          .hint = "public",
                                          .help = "Where the tables are, when not in public.",
                                          .status = status,
                                          .optional = true,
                                          .no_question_mark = true});
}

void database_build(struct wizard *w, struct view *view)
{
    struct database_screen *s = wizard_state(w, SCREEN_DATABASE);
    s->wizard = w;
    lookup(w, CORE_NETWORKS, NULL); // which VPC is meant, when the answers came from a file
    view_help(view, help);
    build_way(w, s, view);
    if (s->from_rds)
        build_parts(w, s, view);
    else
        build_url(w, s, view);
    view_gap(view);
    build_ingress(w, s, view);
    build_tls(w, view);
    build_schema(w, s, view);
}

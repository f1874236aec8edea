// SPDX-License-Identifier: MIT
#include "screens/review_rows.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/postgres_url.h"
#include "backend/setup/validate.h"

static const char from_you[] = "you";
static const char from_default[] = "default";

void review_rows_clear(struct review_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        mem_free(rows->items[i].text);
        mem_free(rows->items[i].from_own);
        mem_free(rows->items[i].problem);
    }
    *rows = (struct review_rows){0};
}

static struct review_row *add(struct review_rows *rows, const char *key, const char *label,
                              enum screen_id screen, const char *later)
{
    struct review_row *row = &rows->items[rows->count++];
    *row = (struct review_row){.key = key, .label = label, .screen = screen, .later = later};
    return row;
}

// ---- who and where

// "arn:aws:sts::123456789012:assumed-role/Engineer/me" -> "role/Engineer/me"; the caller's.
static char *principal_name(const char *principal)
{
    static const char assumed[] = "assumed-";
    const char *p = principal;
    for (int colons = 0; *p && colons < 5; p++)
        colons += *p == ':';
    if (str_starts(p, assumed))
        p += strlen(assumed);
    return mem_strdup(*p ? p : principal);
}

static void account_row(struct review_rows *rows, struct wizard *wizard)
{
    struct review_row *row = add(rows, "aws", "Account", SCREEN_AWS,
                                 "A setup stays in its account. Another account is another setup.");
    const char *profile = wizard->answers.aws.profile;
    struct lookup who = lookup(wizard, CORE_IDENTITY, profile ? profile : "");
    row->from_own = profile ? mem_printf("profile \"%s\"", profile) : mem_strdup("environment");
    if (who.state != LOOKUP_KNOWN) {
        row->text = mem_strdup(wizard->answers.aws.account ? wizard->answers.aws.account
                                                           : "as the profile says");
        return;
    }
    const char *alias = json_str_or(who.value, "alias", "");
    const char *principal = json_str(who.value, "principal");
    AUTO_FREE char *as = principal ? principal_name(principal) : NULL;
    row->text =
        mem_printf("%s%s%s%s%s", alias, *alias ? " " : "", json_str_or(who.value, "account", ""),
                   principal ? " as " : "", as ? as : "");
}

static void region_row(struct review_rows *rows, struct wizard *wizard)
{
    struct review_row *row = add(rows, "region", "Region", SCREEN_AWS,
                                 "A setup stays in its region. Another region is another setup.");
    const char *region = wizard->answers.aws.region;
    const char *profile = wizard->answers.aws.profile;
    struct lookup who = lookup_peek(wizard, CORE_IDENTITY, profile ? profile : "");
    const char *own = json_str(who.value, "region");
    bool same = region && own && str_eq(region, own);
    row->text = mem_strdup(region ? region : own ? own : "as the AWS CLI would choose");
    row->from = !same && region ? from_you : profile ? "from the profile" : "from the environment";
}

// ---- what

static char *secret_word(const struct secret_answer *s, bool stored)
{
    if (stored)
        return mem_strdup("as it is on AWS");
    switch (s->from) {
    case SECRET_ENV: return mem_printf("from $%s", s->where ? s->where : "");
    case SECRET_FILE: return mem_printf("from %s", s->where ? s->where : "a file");
    case SECRET_STDIN: return mem_strdup("from stdin");
    case SECRET_GENERATE: return mem_strdup("made for you");
    case SECRET_TYPED: return mem_strdup(secret_empty(&s->value) ? "to be typed again" : "given");
    case SECRET_STORED: return mem_strdup("as it is on AWS");
    case SECRET_NONE: break;
    }
    return mem_strdup("missing");
}

static void forest_row(struct review_rows *rows, struct wizard *wizard, bool stored)
{
    struct review_row *row = add(rows, "forest", "Forest", SCREEN_FOREST,
                                 "Both secrets can be changed later; the backend restarts then.");
    AUTO_FREE char *env = secret_word(&wizard->answers.forest.env_secret, stored);
    AUTO_FREE char *auth = secret_word(&wizard->answers.forest.auth_secret, stored);
    row->text = stored ? mem_strdup("both secrets as they are on AWS")
                       : mem_printf("secret %s, auth secret %s", env, auth);
    row->from = from_you;
}

// What people call it, when the networks are known; else the id.
static const char *vpc_name(struct wizard *wizard, const char *id)
{
    const struct json *vpcs = lookup_peek(wizard, CORE_NETWORKS, NULL).value;
    for (const struct json *v = json_first(vpcs); v; v = json_next(v))
        if (str_eq(json_str(v, "id"), id) && !str_empty(json_str(v, "name")))
            return json_str(v, "name");
    return id;
}

static void network_row(struct review_rows *rows, struct wizard *wizard)
{
    struct review_row *row =
        add(rows, "network", "Network", SCREEN_NETWORK,
            "Subnets can be changed later. Another VPC makes the private parts anew.");
    const struct answers *a = &wizard->answers;
    if (a->network.new_vpc) {
        row->text = mem_printf("a new VPC, %s, 2 zones, 1 NAT", a->network.cidr);
        row->from = from_you;
        return;
    }
    struct str s = {0};
    str_init(&s, STR_LINE);
    str_add(&s, a->network.vpc ? vpc_name(wizard, a->network.vpc) : "none");
    for (size_t i = 0; i < a->network.subnet_count; i++)
        str_addf(&s, "%s%s", i ? " " : ": ", a->network.subnets[i]);
    if (a->network.vpc && a->network.subnet_count == 0)
        str_add(&s, ": its private subnets with a way out");
    row->text = str_take(&s);
    row->from = a->network.subnet_count ? from_you : "subnets suggested";
}

static void database_row(struct review_rows *rows, struct wizard *wizard, bool stored)
{
    struct review_row *row = add(rows, "database", "Database", SCREEN_DATABASE,
                                 "Can be changed later; the backend restarts then.");
    const struct answers *a = &wizard->answers;
    struct postgres_url url = {0};
    ERR_AUTO err = {0};
    row->from = from_you;
    if (secret_empty(&a->database.url.value)) {
        row->text = secret_word(&a->database.url, stored);
        return;
    }
    if (postgres_url_parse(secret_reveal(&a->database.url.value), &url, &err)) {
        AUTO_FREE char *what = postgres_url_describe(&url);
        const char *tls = url.ssl_mode ? url.ssl_mode : a->database.ssl_mode;
        row->text = mem_printf(
            "%s, TLS %s%s%s", what, tls ? tls : "preferred",
            a->database.ingress_security_group ? ", a rule on " : "",
            a->database.ingress_security_group ? a->database.ingress_security_group : "");
    } else {
        row->text = mem_strdup("the URL cannot be read");
        row->problem = mem_strdup(err.message ? err.message : "wrong");
    }
    postgres_url_clear(&url);
}

static char *source_text(const struct answers *a)
{
    switch (a->backend.source) {
    case SOURCE_BUILTIN: break;
    case SOURCE_FOLDER: return mem_strdup(a->backend.folder ? a->backend.folder : "a folder");
    case SOURCE_GIT:
        return mem_printf("%s%s%s", a->backend.git_url ? a->backend.git_url : "git",
                          a->backend.git_ref ? " at " : "",
                          a->backend.git_ref ? a->backend.git_ref : "");
    }
    return mem_strdup("built-in");
}

static void backend_row(struct review_rows *rows, struct wizard *wizard)
{
    struct review_row *row =
        add(rows, "backend", "Backend", SCREEN_BACKEND,
            "Source, size and number can be changed later; the new one takes over when it is up.");
    const struct answers *a = &wizard->answers;
    AUTO_FREE char *source = source_text(a);
    AUTO_FREE char *times =
        a->backend.tasks == 1 ? mem_strdup("") : mem_printf("%u times ", a->backend.tasks);
    row->text =
        mem_printf("%s, %s%.4g vCPU, %u MB, %s", source, times, (double)a->backend.cpu_units / 1024,
                   a->backend.memory_mib, a->backend.arch == ARCH_ARM64 ? "ARM" : "x86");
    struct answers standard;
    answers_init(&standard);
    bool same = a->backend.source == standard.backend.source &&
                a->backend.cpu_units == standard.backend.cpu_units &&
                a->backend.memory_mib == standard.backend.memory_mib &&
                a->backend.arch == standard.backend.arch &&
                a->backend.tasks == standard.backend.tasks;
    row->from = same ? from_default : from_you;
    answers_clear(&standard);
}

// ---- what is missing

static struct review_row *row_of_path(struct review_rows *rows, const char *path)
{
    static const struct {
        const char *prefix, *key;
    } map[] = {
        {"aws.region", "region"}, {"aws", "aws"},           {"forest", "forest"},
        {"network", "network"},   {"database", "database"}, {"backend", "backend"},
        {"options", "backend"},   {"name", "forest"},
    };
    for (size_t m = 0; m < ARRAY_LEN(map); m++)
        for (size_t i = 0; str_starts(path, map[m].prefix) && i < rows->count; i++)
            if (str_eq(rows->items[i].key, map[m].key))
                return &rows->items[i];
    return &rows->items[0];
}

// validate.h speaks to who writes an answer file.
static char *problem_text(const struct problem *p)
{
    static const struct {
        const char *path, *text;
    } words[] = {
        {"forest.env_secret", "the environment secret is missing: Enter to give it"},
        {"database.url", "the database URL is missing: Enter to give it"},
        {"network", "no network is chosen: Enter to choose one"},
        {"name", "the setup has no name"},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(p->path, words[i].path))
            return mem_strdup(words[i].text);
    return mem_printf("%s %s", p->path, p->reason);
}

static void add_problems(struct review_rows *rows, const struct answers *answers, bool stored)
{
    struct problems problems = {0};
    validate_together(answers, &problems);
    validate_complete(answers, &problems);
    for (size_t i = 0; i < problems.count; i++) {
        const struct problem *p = &problems.items[i];
        struct review_row *row = row_of_path(rows, p->path);
        bool secret = str_eq(p->path, "forest.env_secret") || str_eq(p->path, "database.url");
        if (!row->problem && !(stored && secret))
            row->problem = problem_text(p);
    }
    problems_clear(&problems);
    for (size_t i = rows->count; i-- > 0;)
        if (rows->items[i].problem)
            rows->first_problem = rows->items[i].key;
}

void review_rows_build(struct review_rows *rows, struct wizard *wizard, bool stored)
{
    review_rows_clear(rows);
    account_row(rows, wizard);
    region_row(rows, wizard);
    forest_row(rows, wizard, stored);
    network_row(rows, wizard);
    database_row(rows, wizard, stored);
    backend_row(rows, wizard);
    add_problems(rows, &wizard->answers, stored);
}

void review_rows_get(void *context, size_t index, struct view_list_row *out)
{
    const struct review_rows *rows = context;
    const struct review_row *r = &rows->items[index];
    *out = (struct view_list_row){
        .key = r->key,
        .columns = {r->label, r->text},
        .sign = SIGNS,
        .right = r->from_own ? r->from_own : r->from,
        .below = r->problem,
        .below_chosen = r->problem ? NULL : r->later,
        .status = {.state = r->problem ? VIEW_BAD : VIEW_QUIET},
    };
}

const struct review_row *review_row_find(const struct review_rows *rows, const char *key)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_eq(rows->items[i].key, key))
            return &rows->items[i];
    return NULL;
}

// SPDX-License-Identifier: MIT
#include "screens/failure.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/postgres_url.h"
#include "screens/cli/exit_codes.h"
#include "screens/prices.h"
#include "screens/tell.h"

enum { DETAIL_LOG_LINES = 6 };

static const struct {
    const char *word; // as core->fix_of() says it
    enum screen_id screen;
    const char *label;
} fixes[] = {
    {"forest", SCREEN_FOREST, "change the secrets"},
    {"aws", SCREEN_AWS, "sign in again, or choose another profile or region"},
    {"network", SCREEN_NETWORK, "change the network"},
    {"database", SCREEN_DATABASE, "change the database"},
    {"backend", SCREEN_BACKEND, "change the backend"},
};

static const char *fix_word(const struct run *run)
{
    // Loaded long ago: the run went through it.
    const struct core *core = run->err.code ? core_get(NULL) : NULL;
    const char *word = core ? core->fix_of(run->err.code) : NULL;
    return word ? word : run->err.kind == ERR_AUTH ? "aws" : NULL;
}

static size_t fix_index(const struct run *run)
{
    const char *word = fix_word(run);
    size_t i = 0;
    while (i < ARRAY_LEN(fixes) && !str_eq(fixes[i].word, word))
        i++;
    return i;
}

enum screen_id failure_fix(struct wizard *wizard)
{
    size_t i = wizard->run ? fix_index(wizard->run) : ARRAY_LEN(fixes);
    return i < ARRAY_LEN(fixes) ? fixes[i].screen : SCREENS;
}

// ---- the database's own group lets nobody in: the rule can be added from here

static const char *group_of_host(const struct json *databases, const char *host)
{
    for (const struct json *d = json_first(databases); d; d = json_next(d))
        if (str_eq(json_str(d, "host"), host))
            return json_str(d, "groups.0");
    return NULL;
}

// The security group of the RDS instance in the URL, when a rule on it is what is missing; borrowed
// from the lookup.
static const char *missing_rule(struct wizard *wizard)
{
    const struct run *run = wizard->run;
    const struct answers *a = &wizard->answers;
    if (!str_eq(run->err.code, "database-unreachable") || a->database.ingress_security_group ||
        secret_empty(&a->database.url.value) || str_empty(a->network.vpc))
        return NULL;
    struct lookup found = lookup(wizard, CORE_DATABASES, a->network.vpc);
    if (found.state != LOOKUP_KNOWN)
        return NULL;
    struct postgres_url url = {0};
    ERR_AUTO err = {0};
    const char *group = NULL;
    if (postgres_url_parse(secret_reveal(&a->database.url.value), &url, &err))
        group = group_of_host(found.value, url.host);
    postgres_url_clear(&url);
    return group;
}

// ---- build

static void build_details(struct view *view, const struct run *run)
{
    const struct err *err = &run->err;
    view_head(view, "Details");
    if (run->failed < run->step_count)
        view_row(view, SIGNS, STYLE_TEXT, "step", run->steps[run->failed].id, NULL);
    view_row(view, SIGNS, STYLE_TEXT, "kind", err_kind_name(err->kind), NULL);
    if (err->code)
        view_row(view, SIGNS, STYLE_TEXT, "code", err->code, NULL);
    if (err->request_id)
        view_row(view, SIGNS, STYLE_TEXT, "request", err->request_id, NULL);
    if (err->http_status) {
        AUTO_FREE char *status = mem_printf("%d", err->http_status);
        view_row(view, SIGNS, STYLE_TEXT, "HTTP status", status, NULL);
    }
}

// After a destroy that stopped: what is still there, and what it costs a month.
static void build_left(const struct wizard *wizard, struct view *view)
{
    const struct json *left = json_get(wizard->run->result, "left");
    double sum = 0;
    for (const struct json *l = json_first(left); l; l = json_next(l)) {
        double month = 0;
        (void)prices_left(json_text(l), &wizard->answers, &month);
        AUTO_FREE char *price = month > 0 ? prices_text(month) : NULL;
        view_row(view, SIGN_WARN, STYLE_TEXT, "Left", json_text(l), price);
        sum += month;
    }
    if (!json_count(left))
        return;
    AUTO_FREE char *price = prices_text(sum);
    AUTO_FREE char *text = mem_printf("What is left costs %s a month.", price);
    view_row(view, SIGNS, STYLE_TEXT, "Cost", text, NULL);
}

static void build_actions(struct wizard *wizard, struct view *view, struct failure_state *state)
{
    const struct run *run = wizard->run;
    const char *group = missing_rule(wizard);
    if (group) {
        AUTO_FREE char *label = mem_printf("let the backend in: add a rule on %s and go on", group);
        view_action(view, &(struct view_action){.id = "fix-rule", .label = label, .first = true});
    }
    size_t fix = fix_index(run);
    if (fix < ARRAY_LEN(fixes))
        view_action(view,
                    &(struct view_action){.id = "fix", .label = fixes[fix].label, .first = !group});
    view_action(view, &(struct view_action){.id = "retry", .label = "try again"});
    view_action(view, &(struct view_action){.id = "details",
                                            .label = state->details ? "hide the details"
                                                                    : "show the details"});
    view_action(view, &(struct view_action){.id = "leave",
                                            .label = "leave; everything made so far is kept"});
    if (str_eq(run->err.code, "denied") || run->err.kind == ERR_DENIED)
        view_action(view, &(struct view_action){.id = "export",
                                                .label = "export the rights that are needed, for "
                                                         "an administrator"});
    else
        view_action(view, &(struct view_action){.id = "export",
                                                .label = "export for automation or Terraform"});
}

void failure_build(struct wizard *wizard, struct view *view, struct failure_state *state)
{
    struct run *run = wizard->run;
    const char *title = run->failed < run->step_count ? run->steps[run->failed].title : NULL;
    AUTO_FREE char *head = title ? mem_printf("Stopped at: %s", title) : mem_strdup("Not started");
    view_head(view, head);
    AUTO_FREE char *cause = mem_strdup(run->err.message ? run->err.message : "It failed.");
    tell_capital(cause);
    view_note(view, &(struct view_status){VIEW_BAD, cause, NULL});
    if (run->err.remedy) {
        // Remedies are written to stand behind a colon too.
        AUTO_FREE char *remedy = mem_strdup(run->err.remedy);
        tell_capital(remedy);
        view_row(view, SIGNS, STYLE_TEXT, "Remedy", remedy, NULL);
    }
    build_left(wizard, view);
    view_gap(view);
    build_actions(wizard, view, state);
    view_gap(view);
    if (state->details)
        build_details(view, run);
    view_keys(view, "copy-error", K_CHAR, 'c', "c", "copy the error");
}

// ---- act

static void copy_error(struct wizard *wizard)
{
    const struct err *err = &wizard->run->err;
    AUTO_FREE char *text = mem_printf("%s\n%s\n%s %s\n", err->message ? err->message : "",
                                      err->remedy ? err->remedy : "", err->code ? err->code : "",
                                      err->request_id ? err->request_id : "");
    if (!wizard->copy)
        return;
    wizard->copy(wizard->outside, wizard, text);
    wizard_note(wizard, VIEW_GOOD, "%s", wizard->copied ? wizard->copied : "copied");
}

static void add_rule(struct wizard *wizard)
{
    const char *group = missing_rule(wizard);
    if (!group)
        return;
    str_replace(&wizard->answers.database.ingress_security_group, group);
    AUTO_FREE char *name = mem_strdup(wizard->answers.name);
    run_start(wizard, CORE_APPLY, name);
}

// The answer on that screen that most likely has to change; NULL: where the user was last.
static const char *wrong_item(const struct wizard *wizard)
{
    static const struct {
        const char *code, *item;
    } spots[] = {
        {"out-of-memory", "size"},
        {"image-architecture", "arch"},
        {"wrong-architecture", "arch"},
        {"database-tls-required", "tls"},
        {"database-tls-refused", "tls"},
        {"database-tls", "tls"},
        {"database-ssl-mode-invalid", "tls"},
        {"database-empty", "schema"},
        {"env-secret-missing", "env_secret"},
        {"env-secret-invalid", "env_secret"},
        {"forest-secret-unknown", "env_secret"},
        {"auth-secret-missing", "auth_from"},
        {"database-url-missing", "url"},
        {"database-url-invalid", "url"},
        {"database-host-unknown", "url"},
        {"database-auth", "url"},
        {"database-missing", "url"},
    };
    for (size_t i = 0; i < ARRAY_LEN(spots); i++)
        if (str_eq(spots[i].code, wizard->run->err.code))
            return spots[i].item;
    return NULL;
}

static void fix(struct wizard *wizard)
{
    enum screen_id screen = failure_fix(wizard);
    if (screen == SCREENS)
        return;
    wizard->to_review = true; // what changed is seen there, and "Create" goes on
    wizard_go(wizard, screen);
    const char *item = wrong_item(wizard);
    if (item)
        view_focus(wizard->view, item);
}

bool failure_act(struct wizard *wizard, const struct view_act *act, struct failure_state *state)
{
    if (act->kind == ACT_KEY && str_eq(act->id, "copy-error"))
        return copy_error(wizard), true;
    if (act->kind != ACT_CHOSEN)
        return false;
    if (str_eq(act->id, "fix-rule"))
        add_rule(wizard);
    else if (str_eq(act->id, "fix"))
        fix(wizard);
    else if (str_eq(act->id, "retry"))
        run_again(wizard);
    else if (str_eq(act->id, "details"))
        state->details = !state->details;
    else if (str_eq(act->id, "export"))
        wizard_go(wizard, SCREEN_EXPORT);
    else if (str_eq(act->id, "leave"))
        wizard_leave(wizard, exit_for_run(&wizard->run->err));
    else
        return false;
    return true;
}

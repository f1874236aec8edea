// SPDX-License-Identifier: MIT
// Everything before it happens: the answers and where each came from, what will be made, reused and
// changed, what it costs, whether the rights suffice. Enter on a row goes to its screen and back.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/aws.h"
#include "screens/drafts.h"
#include "screens/plan_rows.h"
#include "screens/prices.h"
#include "screens/review_rows.h"
#include "screens/run.h"
#include "screens/screens.h"
#include "screens/wizard.h"

enum { MISSING_SHOWN = 3, SECONDS_A_MINUTE = 60, REUSE_NAMED = 6 };

struct review {
    struct review_rows rows;
    bool show_costs; // the table instead of the sum
    bool on_aws;     // the secrets of this setup lie there already
};

static struct review *state_of(struct wizard *wizard)
{
    return wizard_state(wizard, SCREEN_REVIEW);
}

// Nothing has to be typed again when no secret is changed.
static bool stored(const struct wizard *wizard, const struct review *s)
{
    const struct answers *a = &wizard->answers;
    return s->on_aws && secret_empty(&a->forest.env_secret.value) &&
           secret_empty(&a->database.url.value);
}

// ---- the plan

// What is in the way, each with its remedy: nothing can be made before it is gone.
static void build_blocked(struct view *view, const struct json *items)
{
    for (const struct json *i = json_first(items); i; i = json_next(i)) {
        if (!str_eq(json_str(i, "action"), "blocked"))
            continue;
        AUTO_FREE char *text = mem_printf("%s: %s", json_str_or(i, "title", ""),
                                          json_str_or(i, "error.message", "cannot be made"));
        view_note(view, &(struct view_status){VIEW_BAD, text, json_str(i, "error.remedy")});
    }
}

static void build_reused(struct view *view, const struct json *items)
{
    size_t n = 0;
    AUTO_FREE char *all = plan_titles(items, "reuse", NULL, &n);
    AUTO_FREE char *many = mem_printf("%zu things that are there and as wanted", n);
    if (n)
        view_row(view, SIGN_DOT, STYLE_TEXT, "Will reuse", n > REUSE_NAMED ? many : all, NULL);
}

static void build_plan(struct view *view, const struct json *plan)
{
    const struct json *items = json_get(plan, "items");
    int64_t create = json_int(plan, "create", 0);
    int64_t change = json_int(plan, "change", 0);
    build_blocked(view, items);
    if (create)
        view_head(view, "Will create");
    plan_group_rows(view, items, "create", SIGN_NEW, false);
    if (change)
        view_head(view, "Will change");
    plan_item_rows(view, items, "change", SIGN_WARN, STYLE_TEXT);
    const struct json *warnings = json_get(plan, "warnings");
    for (const struct json *w = json_first(warnings); w; w = json_next(w))
        view_note(view, &(struct view_status){VIEW_WARN, json_text(w), NULL});
    build_reused(view, items);
    if (!create && !change && !json_int(plan, "blocked", 0))
        view_note(view, &(struct view_status){
                            VIEW_GOOD, "Everything is as it should be: nothing to make.", NULL});
}

static void build_rights(struct wizard *wizard, struct view *view)
{
    struct lookup rights = lookup(wizard, CORE_RIGHTS, NULL);
    if (rights.state == LOOKUP_ASKING)
        view_busy(view, "asking AWS what you may do", rights.since_ms);
    if (rights.state == LOOKUP_FAILED || json_bool(rights.value, "unknown", false))
        view_row(view, SIGN_DOT, STYLE_TEXT, "Your rights",
                 "not known; one that is missing is named when needed", NULL);
    else if (rights.state == LOOKUP_KNOWN) {
        long long allowed = json_int(rights.value, "allowed", 0);
        long long of = json_int(rights.value, "of", 0);
        struct str text = {0};
        str_init(&text, STR_LINE);
        str_addf(&text, "%lld of %lld actions allowed", allowed, of);
        const struct json *missing = json_get(rights.value, "missing");
        size_t n = json_count(missing);
        for (size_t i = 0; i < n && i < MISSING_SHOWN; i++)
            str_addf(&text, "%s%s", i ? ", " : "; missing: ", json_text(json_at(missing, i)));
        if (n > MISSING_SHOWN)
            str_addf(&text, " and %zu more", n - MISSING_SHOWN);
        view_row(view, allowed < of ? SIGN_WARN : SIGN_GOOD, allowed < of ? STYLE_WARN : STYLE_TEXT,
                 "Your rights", text.data, NULL);
        str_clear(&text);
    }
}

static struct lookup build_what_happens(struct wizard *wizard, struct view *view,
                                        const struct review *s)
{
    struct lookup plan = {.state = LOOKUP_ASKING};
    if (s->rows.first_problem) {
        view_note(view, &(struct view_status){VIEW_WARN,
                                              "What will be made is shown when nothing is missing.",
                                              NULL});
        return plan;
    }
    plan = lookup(wizard, CORE_PLAN, NULL);
    if (plan.state == LOOKUP_ASKING)
        view_busy(view, "comparing with what is there already", plan.since_ms);
    else if (plan.state == LOOKUP_FAILED)
        view_note(view, &(struct view_status){VIEW_BAD, plan.err->message, plan.err->remedy});
    else
        build_plan(view, plan.value);
    if (plan.state == LOOKUP_KNOWN)
        build_rights(wizard, view);
    return plan;
}

// ---- cost

static void build_costs(struct wizard *wizard, struct view *view, const struct review *s)
{
    AUTO_FREE char *basis = prices_basis(wizard->answers.aws.region);
    // The sum stands in the title.
    if (s->show_costs) {
        struct price_item items[PRICES_MAX];
        size_t n = prices_of(&wizard->answers, items);
        view_head(view, "Cost a month");
        for (size_t i = 0; i < n; i++) {
            AUTO_FREE char *amount = prices_text(items[i].month);
            view_row(view, SIGNS, STYLE_TEXT, items[i].what, amount, NULL);
        }
        view_text(view, STYLE_DIM, "%s", basis);
    }
    view_keys(view, "costs", K_CHAR, '$', "$", s->show_costs ? "sum" : "costs");
}

// ---- build

static char *right_title(const struct wizard *wizard, const struct json *plan)
{
    double month = prices_month(&wizard->answers);
    int64_t seconds = json_int(plan, "usual_s", 0);
    if (seconds <= 0)
        return mem_printf("about $%.0f a month", month);
    int64_t minutes = (seconds + SECONDS_A_MINUTE - 1) / SECONDS_A_MINUTE;
    return mem_printf("about $%.0f a month, %lld minute%s", month, (long long)minutes,
                      minutes == 1 ? "" : "s");
}

static const char *why_not(const struct review *s, struct lookup plan)
{
    if (s->rows.first_problem)
        return "an answer is missing";
    if (plan.state == LOOKUP_ASKING)
        return "first I look at what is there";
    if (plan.state == LOOKUP_FAILED)
        return "the plan could not be made";
    return json_int(plan.value, "blocked", 0) ? "something stands in the way" : NULL;
}

static const char *create_label(const struct wizard *wizard, struct lookup plan)
{
    const struct run *run = wizard->run;
    if (run && (run->state == RUN_FAILED || run->state == RUN_STOPPED))
        return "Go on";
    if (plan.state != LOOKUP_KNOWN || json_int(plan.value, "create", 0))
        return "Create";
    return json_int(plan.value, "change", 0) ? "Change it" : "Check it";
}

static void build_actions(struct wizard *wizard, struct view *view, const struct review *s,
                          struct lookup plan)
{
    view_action(view, &(struct view_action){.id = "create",
                                            .label = create_label(wizard, plan),
                                            .disabled = why_not(s, plan),
                                            .button = true,
                                            .first = !s->rows.first_problem});
    view_action(view, &(struct view_action){.id = "export", .label = "Export", .button = true});
    view_action(view,
                &(struct view_action){.id = "save", .label = "Save and leave", .button = true});
    view_keys(view, "export", K_CHAR, 'e', "e", "export");
    if (plan.state == LOOKUP_FAILED || plan.state == LOOKUP_KNOWN)
        view_keys(view, "again", K_CHAR, 'r', "r", "look again");
}

static void help(struct view *view)
{
    view_help(
        view,
        "Nothing has been made yet. On top are your answers, each with where it came from: you, "
        "the profile, a suggestion or a default. Enter on one goes to its screen; Enter there "
        "comes back here.\n\n"
        "Below is what Create does: what is made anew, what is there already and used as it is, "
        "and what is changed. In the end the address is checked from outside, as Forest "
        "uses it. r looks again, when something was changed on AWS meanwhile.\n\n"
        "The cost is an estimate from list prices that are part of this program, with the date "
        "they were looked up; $ shows the single items. Data that is sent is not in it.\n\n"
        "Save and leave keeps the answers, but not the secrets: those are asked again.");
}

static void build(struct wizard *wizard, struct view *view)
{
    struct review *s = state_of(wizard);
    review_rows_build(&s->rows, wizard, stored(wizard, s));
    help(view);
    struct lookup plan = {0};
    view_list(view, &(struct view_list){
                        .id = "answers",
                        .count = s->rows.count,
                        .row = review_rows_get,
                        .context = &s->rows,
                        .rows = (int)s->rows.count + 1,
                    });
    view_gap(view);
    plan = build_what_happens(wizard, view, s);
    build_costs(wizard, view, s);
    view_gap(view);
    build_actions(wizard, view, s, plan);
    AUTO_FREE char *right = right_title(wizard, plan.state == LOOKUP_KNOWN ? plan.value : NULL);
    AUTO_FREE char *left =
        mem_printf("Review · %s%s", wizard->answers.name ? wizard->answers.name : "my-admin",
                   wizard_practice_word(wizard));
    view_title(view, left, right);
    view_enter_does(view, "open a row");
}

// ---- act

static void create(struct wizard *wizard)
{
    struct review *s = state_of(wizard);
    struct lookup plan = {.state = LOOKUP_ASKING};
    if (!s->rows.first_problem)
        plan = lookup(wizard, CORE_PLAN, NULL);
    const char *reason = why_not(s, plan);
    if (reason) {
        wizard_note(wizard, VIEW_WARN, "Not yet: %s.", reason);
        return;
    }
    if (aws_asks_account(wizard, json_str(plan.value, "account")))
        return;
    AUTO_FREE char *name = mem_strdup(wizard->answers.name);
    wizard_save(wizard);
    run_start(wizard, stored(wizard, s) ? CORE_RESUME : CORE_APPLY, name);
    wizard_go(wizard, SCREEN_PROVISION);
}

static void open_row(struct wizard *wizard, const struct review *s, const char *key)
{
    const struct review_row *row = review_row_find(&s->rows, key);
    if (!row)
        return;
    wizard->to_review = true;
    wizard_go(wizard, row->screen);
}

static void chosen(struct wizard *wizard, struct review *s, const struct view_act *act)
{
    if (str_eq(act->id, "answers")) {
        open_row(wizard, s, act->key);
    } else if (str_eq(act->id, "create")) {
        create(wizard);
    } else if (str_eq(act->id, "export")) {
        wizard_go(wizard, SCREEN_EXPORT);
    } else if (str_eq(act->id, "save")) {
        wizard_save(wizard);
        wizard_leave(wizard, 0);
    }
}

static void act(struct wizard *wizard, const struct view_act *what)
{
    struct review *s = state_of(wizard);
    wizard->handled |= what->kind == ACT_SUBMIT;
    if (what->kind == ACT_CHOSEN)
        chosen(wizard, s, what);
    else if (what->kind == ACT_KEY && str_eq(what->id, "export"))
        wizard_go(wizard, SCREEN_EXPORT);
    else if (what->kind == ACT_KEY && str_eq(what->id, "costs"))
        s->show_costs = !s->show_costs;
    else if (what->kind == ACT_KEY && str_eq(what->id, "again")) {
        lookup_again(wizard, CORE_PLAN, NULL);
        lookup_again(wizard, CORE_RIGHTS, NULL);
    } else if (what->kind == ACT_SUBMIT)
        create(wizard);
    else if (what->kind == ACT_BACK)
        wizard_back(wizard);
}

static void enter(struct wizard *wizard)
{
    wizard->to_review = false;
    struct review *s = state_of(wizard);
    s->on_aws = draft_secrets_stored(wizard->answers.name);
    // To what comes next: what is missing, else the work.
    review_rows_build(&s->rows, wizard, stored(wizard, s));
    if (s->rows.first_problem)
        view_focus_row(wizard->view, "answers", s->rows.first_problem);
    else
        view_focus(wizard->view, "create");
}

static void clear(void *state)
{
    struct review *s = state;
    review_rows_clear(&s->rows);
}

const struct screen screen_review = {
    .id = SCREEN_REVIEW,
    .name = "review",
    .title = "Review",
    .step = 6,
    .state_size = sizeof(struct review),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};

// SPDX-License-Identifier: MIT
// Taking a setup away: first what goes and what stays, then its name typed, then the run, and at
// the end whether something is left.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/failure.h"
#include "screens/login_pause.h"
#include "screens/plan_rows.h"
#include "screens/run.h"
#include "screens/run_rows.h"
#include "screens/screens.h"
#include "screens/wizard.h"

enum { NAME_MAX_BYTES = 64 };

struct teardown {
    struct edit typed; // the name, as a promise that this one is meant
    bool ready;        // `typed` is initialised
    bool asking;       // for the name
    bool wrong;        // another name was typed
    bool stopping;     // "stop here?"
    unsigned serial;   // of the run that this screen started; 0: none
    struct run_rows rows;
    struct failure_state failure;
    struct login_pause pause;
};

static struct teardown *state_of(struct wizard *wizard)
{
    struct teardown *s = wizard_state(wizard, SCREEN_TEARDOWN);
    if (!s->ready) {
        edit_init(&s->typed, NAME_MAX_BYTES, false);
        s->ready = true;
    }
    return s;
}

static const char *name_of(const struct wizard *wizard)
{
    return wizard->answers.name ? wizard->answers.name : "";
}

static struct run *own_run(struct wizard *wizard)
{
    struct run *run = wizard->run;
    return run && run->what == CORE_DESTROY && str_eq(run->name, name_of(wizard)) ? run : NULL;
}

// ---- what goes and what stays

static bool build_plan(struct wizard *wizard, struct view *view)
{
    struct lookup plan = lookup(wizard, CORE_DESTROY_PLAN, name_of(wizard));
    view_keys(view, "again", K_CHAR, 'r', "r", "look again");
    if (plan.state == LOOKUP_ASKING)
        view_busy(view, "looking at what is there", plan.since_ms);
    if (plan.state == LOOKUP_FAILED)
        view_note(view, &(struct view_status){VIEW_BAD, plan.err->message, plan.err->remedy});
    if (plan.state != LOOKUP_KNOWN)
        return false;
    const struct json *items = json_get(plan.value, "items");
    view_head(view, "Goes");
    size_t go = plan_group_rows(view, items, "delete", SIGN_DOT, true);
    size_t unknown = plan_item_rows(view, items, "blocked", SIGN_WARN, STYLE_WARN);
    view_head(view, "Stays");
    plan_item_rows(view, items, "keep", SIGN_DOT, STYLE_DIM);
    if (!go && !unknown)
        view_note(view, &(struct view_status){VIEW_GOOD, "Nothing of this setup is on AWS.", NULL});
    view_gap(view);
    return true;
}

static void build_before(struct wizard *wizard, struct view *view, const struct teardown *s)
{
    struct lookup plan = lookup_peek(wizard, CORE_DESTROY_PLAN, name_of(wizard));
    const char *account = json_str(plan.value, "account");
    view_text(view, STYLE_TEXT,
              "This takes away what forest-setup has made for %s%s%s, and nothing else. %s",
              name_of(wizard), account ? " in account " : "", account ? account : "",
              wizard->answers.network.new_vpc ? "The VPC it made goes too; your database stays."
                                              : "Your database and your network stay as they are.");
    bool known = build_plan(wizard, view);
    if (s->wrong)
        view_note(view, &(struct view_status){VIEW_BAD,
                                              "That is not its name. Nothing was deleted.", NULL});
    view_action(view, &(struct view_action){.id = "back", .label = "keep it", .first = true});
    view_action(view,
                &(struct view_action){.id = "delete",
                                      .label = "take it away; its name is asked first",
                                      .disabled = known ? NULL : "first I look at what is there"});
}

static void build_question(struct wizard *wizard, struct view *view, struct teardown *s)
{
    static const char *const options[] = {"take it away", "keep it"};
    AUTO_FREE char *text =
        mem_printf("Type %s to take it away. This cannot be undone.", name_of(wizard));
    if (s->asking)
        view_question(view, &(struct view_question){.id = "name",
                                                    .title = "Are you sure?",
                                                    .text = text,
                                                    .options = options,
                                                    .count = ARRAY_LEN(options),
                                                    // The name is the safeguard.
                                                    .edit = &s->typed,
                                                    .bad = true});
    static const char *const stop_options[] = {"stop safely", "keep going"};
    if (s->stopping)
        view_question(view, &(struct view_question){
                                .id = "stop",
                                .title = "Stop here?",
                                .text = "What is under way is finished and recorded. The rest can "
                                        "be taken away later.",
                                .options = stop_options,
                                .count = ARRAY_LEN(stop_options),
                                .first = 1});
}

// ---- while it goes, and after

static void build_gone(struct view *view, const struct run *run)
{
    const struct json *left = json_get(run->result, "left");
    view_note(view, &(struct view_status){VIEW_GOOD,
                                          json_count(left) ? "All that could be deleted is gone."
                                                           : "It is gone. Nothing is left on AWS.",
                                          NULL});
    for (const struct json *l = json_first(left); l; l = json_next(l))
        view_row(view, SIGN_WARN, STYLE_WARN, "left", json_text(l), NULL);
    view_action(
        view, &(struct view_action){.id = "welcome", .label = "back to the setups", .first = true});
    view_action(view, &(struct view_action){.id = "finish", .label = "finish"});
}

static void build_run(struct wizard *wizard, struct view *view, struct teardown *s,
                      const struct run *run)
{
    int64_t now = wizard->clock();
    const struct run_step *step = run_longest(run);
    if (wizard->plain) {
        for (size_t i = 0; i < run->told_count; i++)
            view_text(view, STYLE_TEXT, "%s", run->told[i]);
    } else if (run->of) {
        AUTO_FREE char *text = mem_printf("%u of %u", run->finished, run->of);
        view_bar(view, run->finished, run->of, text);
    }
    if (run->state == RUN_DONE)
        build_gone(view, run);
    else if (run->state == RUN_FAILED)
        failure_build(wizard, view, &s->failure);
    else if (run->state == RUN_STOPPED)
        view_action(view, &(struct view_action){.id = "retry", .label = "go on", .first = true});
    else if (!wizard->plain && !run->pause.text)
        view_busy(view, step ? step->title : "looking at what is there",
                  step ? step->started_ms : run->started_ms);
    login_pause_build(wizard, view, &s->pause);
    if (wizard->plain)
        return;
    run_rows_build(&s->rows, run, now);
    view_list(view, &(struct view_list){.id = "steps",
                                        .count = s->rows.count,
                                        .row = run_rows_get,
                                        .context = &s->rows,
                                        .chosen = run_rows_watch(&s->rows),
                                        .pinned = true});
}

static void build(struct wizard *wizard, struct view *view)
{
    struct teardown *s = state_of(wizard);
    struct run *run = own_run(wizard);
    bool mine = run && run->serial == s->serial;
    AUTO_FREE char *left = mem_printf("%s %s%s", mine ? "Taking away" : "Take away",
                                      name_of(wizard), wizard_practice_word(wizard));
    AUTO_FREE char *right = mine ? run_clock_text(run, wizard->clock()) : NULL;
    view_title(view, left, right);
    view_help(view,
              "What is deleted is exactly what this program has made and tagged for this setup. "
              "Your VPC, your database and its data stay. A secret is kept by AWS for some days "
              "before it is gone for good, and a key of your own is only scheduled to go.\n\n"
              "It may be stopped and gone on with at any time. At the end AWS is asked whether "
              "anything with the tag of this setup is left.");
    if (mine)
        build_run(wizard, view, s, run);
    else
        build_before(wizard, view, s);
    view_enter_does(view, "choose");
    view_esc_does(view, mine && run_active(wizard) ? NULL : "back");
    if (mine && !s->asking && !s->stopping)
        login_pause_question(wizard, view, &s->pause);
    build_question(wizard, view, s);
}

// ---- act

static void start(struct wizard *wizard, struct teardown *s)
{
    s->wrong = !str_eq(edit_text(&s->typed), name_of(wizard));
    edit_set(&s->typed, "");
    if (s->wrong)
        return;
    AUTO_FREE char *name = mem_strdup(name_of(wizard));
    run_start(wizard, CORE_DESTROY, name);
    s->serial = wizard->run->serial;
}

static void chosen(struct wizard *wizard, struct teardown *s, const struct view_act *act)
{
    if (str_eq(act->id, "back")) {
        wizard_back(wizard);
    } else if (str_eq(act->id, "delete")) {
        s->asking = true;
    } else if (str_eq(act->id, "name")) {
        s->asking = false;
        if (act->row == 0)
            start(wizard, s);
    } else if (str_eq(act->id, "stop")) {
        s->stopping = false;
        if (act->row == 0)
            run_stop(wizard);
    } else if (str_eq(act->id, "retry")) {
        run_again(wizard);
        s->serial = wizard->run->serial;
    } else if (str_eq(act->id, "steps") && wizard->run) {
        run_rows_toggle(&s->rows, wizard->run, act->key);
    } else if (str_eq(act->id, "welcome")) {
        s->serial = 0;
        wizard_go(wizard, SCREEN_WELCOME);
    } else if (str_eq(act->id, "finish")) {
        wizard_leave(wizard, EXIT_DONE);
    }
}

static void interrupt(struct wizard *wizard, struct teardown *s)
{
    if (!run_active(wizard)) {
        wizard_leave(wizard, EXIT_INTERRUPTED);
    } else if (s->stopping || wizard->run->state == RUN_STOPPING) {
        s->stopping = false;
        run_stop(wizard);
    } else {
        s->stopping = true;
    }
}

static void act(struct wizard *wizard, const struct view_act *what)
{
    struct teardown *s = state_of(wizard);
    struct run *run = own_run(wizard);
    bool failed = run && run->serial == s->serial && run->state == RUN_FAILED;
    wizard->handled |=
        what->kind == ACT_INTERRUPT || what->kind == ACT_SUBMIT || what->kind == ACT_BACK;
    if (failed && !str_eq(what->id, "retry") && failure_act(wizard, what, &s->failure))
        return;
    if (!s->asking && !s->stopping && login_pause_act(wizard, what, &s->pause))
        return;
    if (what->kind == ACT_CHOSEN)
        chosen(wizard, s, what);
    else if (what->kind == ACT_KEY && str_eq(what->id, "again"))
        lookup_again(wizard, CORE_DESTROY_PLAN, name_of(wizard));
    else if (what->kind == ACT_INTERRUPT)
        interrupt(wizard, s);
    else if (what->kind == ACT_BACK && s->asking)
        s->asking = false;
    else if (what->kind == ACT_BACK && run_active(wizard))
        s->stopping = true;
    else if (what->kind == ACT_BACK)
        wizard_back(wizard);
}

static void enter(struct wizard *wizard)
{
    struct teardown *s = state_of(wizard);
    s->asking = s->wrong = s->stopping = false;
    if (!run_active(wizard))
        s->serial = 0;
}

static void clear(void *state)
{
    struct teardown *s = state;
    edit_clear(&s->typed);
    run_rows_clear(&s->rows);
    login_pause_clear(&s->pause);
}

const struct screen screen_teardown = {
    .id = SCREEN_TEARDOWN,
    .name = "teardown",
    .title = "Take away",
    .state_size = sizeof(struct teardown),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};

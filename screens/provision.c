// SPDX-License-Identifier: MIT
// The run as the user watches it: what is done, what is at work and for how long, what is left; the
// log of the starting container; and when it fails, one cause, one remedy and the ways on.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/failure.h"
#include "screens/login_pause.h"
#include "screens/run.h"
#include "screens/run_rows.h"
#include "screens/screens.h"
#include "screens/wizard.h"

enum { LOG_ROWS = 5 };

struct provision {
    struct run_rows rows;
    struct failure_state failure;
    struct login_pause pause;
    bool asking;   // "stop here?"
    bool log_open; // the log has the whole screen
};

static struct provision *state_of(struct wizard *wizard)
{
    return wizard_state(wizard, SCREEN_PROVISION);
}

static const char *name_of(const struct wizard *wizard)
{
    const struct run *run = wizard->run;
    return run && run->name ? run->name : wizard->answers.name ? wizard->answers.name : "setup";
}

// ---- build

static const char *doing(enum run_state state)
{
    switch (state) {
    case RUN_PLANNING:
    case RUN_RUNNING: return "Setting up";
    case RUN_STOPPING: return "Stopping";
    case RUN_DONE: return "Ready:";
    case RUN_FAILED:
    case RUN_STOPPED: break;
    }
    return "Stopped:";
}

static void build_title(struct wizard *wizard, struct view *view, int64_t now)
{
    const struct run *run = wizard->run;
    struct str left = {0};
    str_init(&left, STR_LINE);
    str_addf(&left, "%s %s%s", doing(run->state), name_of(wizard), wizard_practice_word(wizard));
    if (run->region)
        str_addf(&left, " · %s", run->region);
    if (run->account && !wizard->practice) // the practice cloud's own means nothing
        str_addf(&left, " · %s", run->account);
    AUTO_FREE char *clock = run_clock_text(run, now);
    view_title(view, left.data, clock);
    str_clear(&left);
}

static void build_bar(struct view *view, const struct run *run)
{
    if (!run->of)
        return;
    AUTO_FREE char *text = mem_printf("%u of %u", run->finished, run->of);
    view_bar(view, run->finished, run->of, text);
}

static void build_looking(struct view *view, const struct run *run)
{
    AUTO_FREE char *text = run_looking_text(run);
    view_busy(view, text, run->started_ms);
    if (run->looking)
        view_text(view, STYLE_DIM, "%s", run->looking);
}

static void build_now(struct view *view, const struct run *run)
{
    const struct run_step *step = run_longest(run);
    if (run->state == RUN_PLANNING)
        build_looking(view, run);
    else if (run->state == RUN_STOPPING)
        view_busy(view, "finishing what is under way; Ctrl-C again leaves",
                  step ? step->started_ms : run->started_ms);
    else if (step && !run->pause.text)
        view_busy(view, step->title, step->started_ms);
}

static void build_rows(struct view *view, struct provision *s, const struct run *run, int64_t now)
{
    run_rows_build(&s->rows, run, now);
    if (!s->rows.count)
        return;
    view_list(view, &(struct view_list){
                        .id = "steps",
                        .count = s->rows.count,
                        .row = run_rows_get,
                        .context = &s->rows,
                        .chosen = run_rows_watch(&s->rows),
                        .pinned = true,
                    });
}

// The log belongs to the screen while the container starts, and stays when that is what failed.
static bool log_matters(const struct run *run)
{
    if (!run->log_count || run->state == RUN_DONE)
        return false;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct run_step *step = &run->steps[i];
        bool current = step->state == RUN_STEP_BUSY || step->state == RUN_STEP_BAD;
        if (current && (str_eq(step->group, "container") || str_eq(step->group, "checks")))
            return true;
    }
    return false;
}

static void build_log(struct view *view, const struct provision *s, const struct run *run)
{
    if (s->log_open && !run->log_count)
        view_text(view, STYLE_DIM, "The container has not written a line yet.");
    else if (s->log_open || log_matters(run))
        view_log(view, "log", (const char *const *)run->log, run->log_count,
                 s->log_open ? 0 : LOG_ROWS, s->log_open);
    view_keys(view, "log", K_CHAR, 'l', "l", s->log_open ? "steps" : "log");
    // The key works on every screen; here it is worth its place in the footer.
    if (run->state == RUN_PLANNING || run->state == RUN_RUNNING)
        view_keys(view, "stop", K_CTRL, 'c', "Ctrl-C", "stop safely");
}

static void build_question(struct wizard *wizard, struct view *view)
{
    static const char *const options[] = {"stop safely", "keep going"};
    AUTO_FREE char *text = mem_printf(
        "What is under way is finished and recorded. Everything made so far is kept, nothing has "
        "to be done again. Go on later with: forest-setup resume %s",
        name_of(wizard));
    view_question(view, &(struct view_question){.id = "stop",
                                                .title = "Stop here?",
                                                .text = text,
                                                .options = options,
                                                .count = ARRAY_LEN(options),
                                                .first = 1});
}

static void build_stopped(struct view *view, const struct run *run)
{
    view_text(view, STYLE_TEXT, "Stopped at %u of %u. Everything made so far is kept.",
              run->finished, run->of);
    view_action(view, &(struct view_action){.id = "retry", .label = "go on", .first = true});
    view_action(view, &(struct view_action){.id = "review", .label = "look at the answers"});
    view_action(view, &(struct view_action){.id = "leave", .label = "leave"});
    view_gap(view);
}

static void build_ended(struct wizard *wizard, struct view *view, struct provision *s)
{
    const struct run *run = wizard->run;
    switch (run->state) {
    case RUN_FAILED: failure_build(wizard, view, &s->failure); break;
    case RUN_STOPPED: build_stopped(view, run); break;
    case RUN_DONE:
        view_action(view, &(struct view_action){
                              .id = "done", .label = "go on: the address", .first = true});
        break;
    case RUN_PLANNING:
    case RUN_RUNNING:
    case RUN_STOPPING: break;
    }
}

// Line by line: one line a change, and once a minute that it is still going.
static void build_plain(struct view *view, const struct run *run, int64_t now)
{
    for (size_t i = 0; i < run->told_count; i++)
        view_text(view, STYLE_TEXT, "%s", run->told[i]);
    const struct run_step *step = run_longest(run);
    int64_t minutes = step ? (now - step->started_ms) / 60000 : 0;
    if (minutes > 0)
        view_text(view, STYLE_DIM, "still at work after %lld min: %s", (long long)minutes,
                  step->title);
}

static void help(struct view *view)
{
    view_help(
        view,
        "Here your backend is being made. Each line is a part of it; steps that need each other "
        "wait, the others run at the same time. Beside each stands how long it has taken, and how "
        "long it usually takes on this machine.\n\n"
        "Enter on a line opens or closes its group. l shows what the container has written so "
        "far.\n\n"
        "You may stop at any time: Ctrl-C asks first, a second Ctrl-C stops. Closing the terminal "
        "or a power cut does no harm either. Everything is recorded before it is made, and the "
        "next start goes on from there.\n\n"
        "When something fails, the cause and the remedy stand on top, and Enter on the first "
        "line leads to the answer that has to change. Only what depends on it is done again.");
}

static void build(struct wizard *wizard, struct view *view)
{
    struct provision *s = state_of(wizard);
    const struct run *run = wizard->run;
    help(view);
    if (!run) {
        view_text(view, STYLE_TEXT, "Nothing is running.");
        return;
    }
    int64_t now = wizard->clock();
    build_title(wizard, view, now);
    if (wizard->plain) {
        build_plain(view, run, now);
    } else {
        build_bar(view, run);
        build_now(view, run);
    }
    build_ended(wizard, view, s);
    login_pause_build(wizard, view, &s->pause);
    if (run->warning)
        view_note(view, &(struct view_status){VIEW_WARN, run->warning, NULL});
    if (!wizard->plain) {
        if (!s->log_open)
            build_rows(view, s, run, now);
        build_log(view, s, run);
    }
    // Of a row; actions say it themselves.
    view_enter_does(view, s->log_open || !run->step_count ? NULL : "open");
    view_esc_does(view, run_active(wizard) && !s->log_open ? NULL : "back");
    if (s->asking && run_active(wizard))
        build_question(wizard, view);
    else
        login_pause_question(wizard, view, &s->pause);
}

// ---- act

static void interrupt(struct wizard *wizard, struct provision *s)
{
    if (!run_active(wizard)) {
        wizard_leave(wizard, EXIT_INTERRUPTED);
    } else if (s->asking || wizard->run->state == RUN_STOPPING) {
        s->asking = false;
        run_stop(wizard);
    } else {
        s->asking = true;
    }
}

static void chosen(struct wizard *wizard, struct provision *s, const struct view_act *act)
{
    if (str_eq(act->id, "stop")) {
        s->asking = false;
        if (act->row == 0)
            run_stop(wizard);
    } else if (str_eq(act->id, "steps")) {
        run_rows_toggle(&s->rows, wizard->run, act->key);
    } else if (str_eq(act->id, "retry")) {
        run_again(wizard);
    } else if (str_eq(act->id, "review")) {
        wizard_go(wizard, SCREEN_REVIEW);
    } else if (str_eq(act->id, "leave")) {
        wizard_leave(wizard, EXIT_CAN_RESUME);
    } else if (str_eq(act->id, "done")) {
        wizard_go(wizard, SCREEN_DONE);
    }
}

static void act(struct wizard *wizard, const struct view_act *what)
{
    struct provision *s = state_of(wizard);
    struct run *run = wizard->run;
    if (run && run->state == RUN_FAILED && failure_act(wizard, what, &s->failure))
        return;
    if (!s->asking && login_pause_act(wizard, what, &s->pause))
        return;
    // Leaving, going on and back are this screen's own.
    wizard->handled |=
        what->kind == ACT_INTERRUPT || what->kind == ACT_BACK || what->kind == ACT_SUBMIT;
    if (what->kind == ACT_INTERRUPT)
        interrupt(wizard, s);
    else if (what->kind == ACT_CHOSEN && run)
        chosen(wizard, s, what);
    else if (what->kind == ACT_KEY && str_eq(what->id, "log"))
        s->log_open = !s->log_open;
    else if (what->kind == ACT_BACK && s->log_open)
        s->log_open = false;
    else if (what->kind == ACT_BACK && run_active(wizard))
        s->asking = true;
    else if (what->kind == ACT_BACK)
        wizard_go(wizard, run ? SCREEN_REVIEW : SCREEN_WELCOME);
}

static void enter(struct wizard *wizard)
{
    struct provision *s = state_of(wizard);
    s->asking = false;
}

static void clear(void *state)
{
    struct provision *s = state;
    run_rows_clear(&s->rows);
    login_pause_clear(&s->pause);
}

const struct screen screen_provision = {
    .id = SCREEN_PROVISION,
    .name = "provision",
    .title = "Provision",
    .state_size = sizeof(struct provision),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};

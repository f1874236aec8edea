// SPDX-License-Identifier: MIT
// The model: where the user is, what is kept, what all screens have in common.
#include "screens/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/field_help.h"
#include "screens/lookup_private.h"
#include "screens/run.h"
#include "screens/wizard_private.h"

enum { WORKERS = 6, EXIT_BY_INTERRUPT = 130 };

static const struct screen *here(const struct wizard *w)
{
    return screen_of(w->at);
}

// ---- notes and the question about leaving

void wizard_note(struct wizard *w, enum view_state state, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mem_free(w->own->note);
    w->own->note = mem_vprintf(format, args);
    w->own->note_state = state;
    va_end(args);
}

static bool secret_typed(const struct wizard *w)
{
    const struct answers *a = &w->answers;
    return a->forest.env_secret.from == SECRET_TYPED ||
           a->forest.auth_secret.from == SECRET_TYPED || a->database.url.from == SECRET_TYPED;
}

void wizard_leave(struct wizard *w, int exit_code)
{
    if (here(w)->leave)
        here(w)->leave(w);
    wizard_save(w);
    w->handled = true;
    w->leave_now = true;
    w->exit_code = exit_code;
    if (!w->last_words && w->own->saved)
        w->last_words = mem_printf("Your answers for %s are saved on this machine.\n"
                                   "Go on with: forest-setup\n",
                                   w->answers.name);
}

static void ask_or_leave(struct wizard *w)
{
    if (w->own->leaving || !secret_typed(w) || w->at == SCREEN_DONE)
        wizard_leave(w, EXIT_BY_INTERRUPT);
    else
        w->own->leaving = true;
}

static const char *const leave_options[] = {"Leave", "Stay"};

static void build_leaving(struct wizard *w)
{
    if (!w->own->leaving)
        return;
    view_question(w->view, &(struct view_question){
                               .id = "wizard-leave",
                               .title = "Leave the wizard?",
                               .text = "Your answers are kept on this machine. Secrets are not: "
                                       "they will be asked again.",
                               .options = leave_options,
                               .count = ARRAY_LEN(leave_options),
                               .first = 1,
                           });
}

static bool act_leaving(struct wizard *w, const struct view_act *act)
{
    if (!w->own->leaving)
        return false;
    if (act->kind == ACT_INTERRUPT || (act->kind == ACT_CHOSEN && act->row == 0))
        wizard_leave(w, EXIT_BY_INTERRUPT);
    else if (act->kind == ACT_CHOSEN || act->kind == ACT_BACK)
        w->own->leaving = false;
    return true;
}

// ---- one frame

static bool is_ready(struct wizard *w, const struct screen *screen, struct ready *out)
{
    return !screen->ready || screen->ready(w, out);
}

static void build_steps(struct wizard *w)
{
    for (enum screen_id id = 0; id < SCREENS; id++) {
        const struct screen *screen = screen_of(id);
        struct ready ignored = {0};
        if (screen && screen->step)
            view_step(w->view, screen->title,
                      w->visited[id] && id != w->at && is_ready(w, screen, &ignored), id == w->at);
    }
}

void wizard_build(struct wizard *w)
{
    lookups_sweep(w);
    const struct screen *screen = here(w);
    view_begin(w->view, screen->name, w->clock());
    AUTO_FREE char *where = wizard_where(w);
    AUTO_FREE char *step =
        screen->step ? mem_printf("step %u of %d", screen->step, WIZARD_STEPS) : NULL;
    view_title(w->view, where, step);
    if (screen->step)
        build_steps(w);
    screen->build(w, w->view);
    field_help_add(w->view, screen);
    if (w->own->note)
        view_flash(w->view,
                   &(struct view_status){.state = w->own->note_state, .text = w->own->note});
    build_leaving(w);
    view_end(w->view);
}

static void act_for_all(struct wizard *w, const struct view_act *act)
{
    switch (act->kind) {
    case ACT_SUBMIT: wizard_next(w); break;
    case ACT_BACK: wizard_back(w); break;
    case ACT_INTERRUPT: ask_or_leave(w); break;
    case ACT_NONE:
    case ACT_CHANGED:
    case ACT_CHOSEN:
    case ACT_TOGGLED:
    case ACT_FOCUS:
    case ACT_SUSPEND:
    case ACT_REDRAW:
    case ACT_KEY: break;
    }
}

void wizard_act(struct wizard *w, const struct view_act *act)
{
    mem_free(w->own->note);
    w->own->note = NULL;
    w->handled = false;
    if (act_leaving(w, act))
        return;
    enum screen_id before = w->at;
    here(w)->act(w, act);
    if (!w->handled && !w->leave_now && w->at == before)
        act_for_all(w, act);
}

bool wizard_woken(struct wizard *w)
{
    return jobs_drain(w->jobs);
}

// ---- from screen to screen

void *wizard_state(struct wizard *w, enum screen_id id)
{
    const struct screen *screen = screen_of(id);
    if (!w->states[id] && screen && screen->state_size)
        w->states[id] = mem_calloc(1, screen->state_size);
    return w->states[id];
}

static void arrive(struct wizard *w, enum screen_id id)
{
    const struct screen *old = here(w);
    if (old->leave)
        old->leave(w);
    wizard_save(w);
    if (id == SCREEN_REVIEW || id == SCREEN_WELCOME)
        w->to_review = false;
    w->handled = true;
    w->at = id;
    w->visited[id] = true;
    log_line("wizard", "screen %s", here(w)->name);
    if (here(w)->enter)
        here(w)->enter(w);
}

void wizard_go(struct wizard *w, enum screen_id id)
{
    if (!screen_of(id)) {
        wizard_note(w, VIEW_WARN, "This part is not in this version.");
        w->handled = true;
        return;
    }
    unsigned step = screen_of(id)->step;
    bool from_the_end = w->at == SCREEN_REVIEW || w->at == SCREEN_PROVISION || w->at == SCREEN_DONE;
    if (from_the_end && step && id != SCREEN_REVIEW)
        w->to_review = true;
    if (id != w->at)
        w->come_from[id] = w->at;
    arrive(w, id);
}

// The screen of that step, or SCREENS.
static enum screen_id of_step(unsigned step)
{
    for (enum screen_id id = 0; id < SCREENS; id++)
        if (step && screen_of(id) && screen_of(id)->step == step)
            return id;
    return SCREENS;
}

// The answer file wants other screens asked, and this one's answers will do.
static bool taken_as_given(struct wizard *w, enum screen_id id)
{
    const struct screen *screen = screen_of(id);
    if (!w->answers.ask || screen->step == WIZARD_STEPS || answers_asks(&w->answers, screen->name))
        return false;
    struct ready ignored = {0};
    struct problems missing = {0};
    bool given = validate_complete(&w->answers, &missing) || is_ready(w, screen, &ignored);
    problems_clear(&missing);
    return given;
}

// The nearest screen of the six in that direction; the current one when there is none.
static enum screen_id beside(struct wizard *w, unsigned step, int direction)
{
    for (int at = (int)step + direction; at >= 1 && at <= WIZARD_STEPS; at += direction) {
        enum screen_id id = of_step((unsigned)at);
        if (id != SCREENS && !taken_as_given(w, id))
            return id;
        if (id != SCREENS)
            w->visited[id] = true;
    }
    return of_step(step);
}

void wizard_next(struct wizard *w)
{
    struct ready why = {0};
    w->handled = true;
    if (!is_ready(w, here(w), &why)) {
        if (why.id)
            view_focus(w->view, why.id);
        wizard_note(w, VIEW_BAD, "%s", why.text);
        return;
    }
    if (w->own->reserving && w->at == SCREEN_AWS)
        arrive(w, SCREEN_RESERVE);
    else if (w->to_review)
        arrive(w, SCREEN_REVIEW);
    else if (here(w)->step && here(w)->step < WIZARD_STEPS)
        arrive(w, beside(w, here(w)->step, 1));
}

void wizard_back(struct wizard *w)
{
    w->handled = true;
    unsigned step = here(w)->step;
    if (w->at == SCREEN_WELCOME)
        return;
    if (w->own->reserving && w->at == SCREEN_AWS)
        arrive(w, SCREEN_RESERVE);
    else if (step && w->to_review && w->at != SCREEN_REVIEW)
        arrive(w, SCREEN_REVIEW);
    else if (step > 1)
        arrive(w, beside(w, step, -1));
    else
        arrive(w, step ? SCREEN_WELCOME : w->come_from[w->at]);
}

enum screen_id wizard_first_open(struct wizard *w)
{
    struct ready ignored = {0};
    struct problems missing = {0};
    // The screens may want to look something up before they say ready; the answers are enough.
    bool complete = validate_complete(&w->answers, &missing);
    problems_clear(&missing);
    for (unsigned step = 1; step < WIZARD_STEPS; step++) {
        enum screen_id id = of_step(step);
        if (id == SCREENS)
            continue;
        bool asked = answers_asks(&w->answers, screen_of(id)->name) && !w->visited[id];
        if (asked || (!complete && !is_ready(w, screen_of(id), &ignored)))
            return id;
        w->visited[id] = true;
    }
    return of_step(WIZARD_STEPS);
}

// ---- kept on this machine

void wizard_save(struct wizard *w)
{
    if (!w->answers.name)
        return;
    AUTO_FREE char *text = draft_text(&w->answers);
    if (str_eq(text, w->own->saved))
        return;
    ERR_AUTO err = {0};
    if (draft_save(w->answers.name, text, &err)) {
        mem_free(w->own->saved);
        w->own->saved = mem_steal(text);
        w->own->save_failed = false;
    } else if (!w->own->save_failed) {
        w->own->save_failed = true;
        wizard_note(w, VIEW_WARN, "Your answers cannot be saved: %s", err.message);
    }
}

void wizard_answers(struct wizard *w, struct answers *answers, bool kept)
{
    for (enum screen_id id = 0; id < SCREENS; id++) {
        w->visited[id] = id == w->at;
        if (id != w->at)
            wizard_forget_state(w, id);
    }
    answers_clear(&w->answers);
    w->answers = *answers;
    *answers = (struct answers){0};
    secrets_found(w);
    w->secrets_version++;
    w->to_review = false;
    mem_free(w->own->saved);
    w->own->saved = kept ? draft_text(&w->answers) : NULL;
}

void wizard_forget_state(struct wizard *w, enum screen_id id)
{
    const struct screen *screen = screen_of(id);
    if (w->states[id] && screen->clear)
        screen->clear(w->states[id]);
    mem_free(w->states[id]);
    w->states[id] = NULL;
    if (screen)
        view_forget(w->view, screen->name);
}

// ---- begin and end

static void begin_at(struct wizard *w, const struct wizard_options *options)
{
    if (options->continue_setup)
        welcome_open(w, options->continue_setup);
    else if (options->start_at_review && w->answers.name)
        arrive(w, wizard_first_open(w));
    else
        arrive(w, SCREEN_WELCOME);
}

void wizard_init(struct wizard *w, const struct wizard_options *options)
{
    *w = (struct wizard){.clock = options->clock ? options->clock : clock_ms,
                         .practice = options->practice};
    w->own = mem_calloc(1, sizeof *w->own);
    if (options->answers)
        answers_copy(&w->answers, options->answers);
    else
        answers_init(&w->answers);
    w->own->given = options->start_at_review && !w->answers.name;
    secrets_take(w);
    secrets_found(w);
    w->view = view_new();
    w->jobs = jobs_new(WORKERS, options->wake, options->wake_context);
    lookups_new(w);
    begin_at(w, options);
}

void wizard_clear(struct wizard *w)
{
    jobs_free(w->jobs); // first: nothing comes back from here on
    run_free(w->run);
    for (enum screen_id id = 0; id < SCREENS; id++)
        wizard_forget_state(w, id);
    lookups_free(w);
    view_free(w->view);
    answers_clear(&w->answers);
    secrets_forget(w);
    mem_free(w->own->note);
    mem_free(w->own->saved);
    mem_free(w->own->become);
    mem_free(w->own);
    mem_free(w->last_words);
    *w = (struct wizard){0};
}

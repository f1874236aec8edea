// SPDX-License-Identifier: MIT
// The wizard full screen: terminal, loop and model put together.
#include "screens/router.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "screens/farewell.h"
#include "screens/lending.h"
#include "screens/lookup_private.h"
#include "screens/run.h"
#include "screens/wizard_private.h"
#include "tui/loop.h"

enum { TITLE_BYTES = 80, BELL_AFTER_MS = 10000 };

struct router {
    struct wizard wizard;
    struct term *term;
    struct loop *loop;
    struct lending *lending;
    bool painted;            // the first frame is on the screen
    bool built;              // the view describes what the user sees
    char title[TITLE_BYTES]; // of the window, as it was set last
    bool running;            // a run was active at the last frame
};

static void wake(void *context)
{
    struct router *r = context;
    loop_wake(r->loop);
}

static void rebuild(struct router *r)
{
    wizard_build(&r->wizard);
    r->built = true;
}

// Whoever comes to this terminal meanwhile sees no secret in clear when it goes on.
static void suspend(struct router *r)
{
    const struct screen *screen = screen_of(r->wizard.at);
    if (screen->leave)
        screen->leave(&r->wizard);
    term_suspend(r->term);
}

// A key acts on what is described, so that is described anew first when something changed since.
static bool act(struct router *r, const struct view_act *act)
{
    if (act->kind == ACT_SUSPEND)
        suspend(r);
    else if (act->kind == ACT_REDRAW)
        term_redraw(r->term);
    else if (act->kind != ACT_NONE)
        wizard_act(&r->wizard, act);
    r->built = false;
    loop_dirty(r->loop);
    return !r->wizard.leave_now;
}

static bool on_key(void *context, const struct key *key)
{
    struct router *r = context;
    if (!r->built)
        rebuild(r);
    struct view_act what = {0};
    view_key(r->wizard.view, key, &what);
    return act(r, &what);
}

// Who has lent the terminal is in the background, where giving it back at the end must not stop it.
static void lend(struct router *r, bool lent)
{
    sigset_t background;
    sigemptyset(&background);
    sigaddset(&background, SIGTTOU);
    if (lent) {
        pthread_sigmask(SIG_BLOCK, &background, NULL);
        loop_pause(r->loop, true);
        term_lend(r->term);
        lending_grant(r->lending);
        return;
    }
    term_take_back(r->term);
    loop_pause(r->loop, false);
    pthread_sigmask(SIG_UNBLOCK, &background, NULL);
    r->built = false;
    loop_dirty(r->loop);
}

static bool on_woken(void *context)
{
    struct router *r = context;
    enum lending_turn turn = lending_turn(r->lending);
    if (turn != LENDING_NONE)
        lend(r, turn == LENDING_GO);
    if (wizard_woken(&r->wizard)) {
        r->built = false;
        loop_dirty(r->loop);
    }
    return !r->wizard.leave_now;
}

// Someone else's wish that we end: nobody is asked, everything is kept.
static bool on_signal(void *context, enum loop_signal signal)
{
    struct router *r = context;
    log_line("wizard", "ended by a signal (%d)", (int)signal);
    wizard_leave(&r->wizard, 0);
    return false;
}

// Who looks at another window meanwhile sees in the title how far it is, and hears when it ends.
static void tell_outside(struct router *r)
{
    const struct run *run = r->wizard.run;
    bool running = run_active(&r->wizard);
    char title[TITLE_BYTES] = "forest-setup";
    if (running && run->of)
        snprintf(title, sizeof title, "%u of %u - %s - forest-setup", run->finished, run->of,
                 run->name ? run->name : "setup");
    if (strcmp(title, r->title) != 0)
        term_title(r->term, title);
    memcpy(r->title, title, sizeof title);
    bool ended = r->running && !running && run;
    if (ended && run->ended_ms - run->started_ms >= BELL_AFTER_MS)
        term_bell(r->term);
    r->running = running;
}

static void on_draw(void *context, struct grid *grid, int64_t *out_next_ms)
{
    struct router *r = context;
    // The first frame is painted before any work begins; the second one, at once, begins it.
    lookups_hold(&r->wizard, !r->painted);
    rebuild(r);
    view_draw(r->wizard.view, grid);
    tell_outside(r); // the first time with the first frame: nothing is written after it
    *out_next_ms = r->painted ? view_next_ms(r->wizard.view) : 0;
    r->painted = true;
}

static void copy(void *context, struct wizard *wizard, const char *text)
{
    struct router *r = context;
    wizard->copied = term_copy(r->term, text);
}

static void run(struct router *r, const struct wizard_options *options)
{
    const struct loop_handlers handlers = {
        .context = r, .key = on_key, .woken = on_woken, .signalled = on_signal, .draw = on_draw};
    r->loop = loop_new(r->term, &handlers);
    r->lending = lending_new(wake, r);
    struct wizard_options own = *options;
    own.wake = wake;
    own.wake_context = r;
    wizard_init(&r->wizard, &own);
    r->wizard.copy = copy;
    r->wizard.outside = r;
    loop_dirty(r->loop);
    ERR_AUTO err = {0};
    if (!loop_run(r->loop, &err)) {
        log_line("wizard", "the terminal is gone: %s", err.message);
        wizard_leave(&r->wizard, EXIT_FAILURE);
    }
}

int wizard_full(const struct wizard_options *options, const struct term_options *look)
{
    struct router r = {0};
    ERR_AUTO err = {0};
    if (!term_open(&r.term, look, &err)) {
        fprintf(stderr, "%s: the wizard asks line by line\n", err.message);
        return wizard_plain(options);
    }
    run(&r, options);
    term_close(r.term);
    int signal_number = loop_signal_number(r.loop);
    int code = wizard_farewell(&r.wizard, signal_number);
    lending_free(r.lending);
    loop_free(r.loop);
    return code;
}

// SPDX-License-Identifier: MIT
// The one loop: waits for keys, wake-ups from other threads, signals and the time of the next
// frame.
//
// loop_run() draws first, then returns when a handler returns false, or the terminal is gone. Order
// within a turn: signals, keys, posted work, tick, one draw when anything asked for it. Several
// keys may come before the next draw (fast typing, a script): whoever handles them makes what a key
// refers to anew for each. A key is shown at once; wake-ups are gathered, so that a busy worker
// costs no more than some ten frames a second. Nothing spins: without something to do it sleeps in
// poll(). loop_wake() may be called from any thread. From loop_new() to the end of loop_run() the
// signals INT, TERM, HUP, TSTP, CONT and WINCH are the loop's; then they wait until term_close(),
// and their earlier handlers are back. One loop a process, run once.
#ifndef FOREST_TUI_LOOP_H
#define FOREST_TUI_LOOP_H

#include <stdint.h>

#include "tui/key.h"
#include "tui/term.h"

enum loop_signal { LOOP_INTERRUPT, LOOP_TERMINATE, LOOP_HANGUP };

struct loop;

struct loop_handlers {
    void *context;
    bool (*key)(void *context, const struct key *key); // false: leave the loop
    bool (*woken)(void *context);                      // loop_wake() was called
    // A signal; also LOOP_HANGUP when the terminal went away without one. After a hangup the loop
    // ends whatever is returned.
    bool (*signalled)(void *context, enum loop_signal signal);
    // Draws the whole frame. *out_next_ms: when it wants to be drawn again though nothing happens
    // (a clock that ticks), in milliseconds from now; -1: never.
    void (*draw)(void *context, struct grid *grid, int64_t *out_next_ms);
};

struct loop *loop_new(struct term *term, const struct loop_handlers *handlers);
void loop_free(struct loop *loop);
void loop_wake(struct loop *loop); // any thread; async-signal-safe
// UI thread: draw at the end of this turn; within woken(): as soon as a frame is due.
void loop_dirty(struct loop *loop);
// The terminal is somebody else's for a while: no key is read, nothing is drawn, stopping and going
// on is not this program's. Wake-ups and signals that end are handled.
void loop_pause(struct loop *loop, bool paused);
bool loop_run(struct loop *loop, struct err *err); // ERR_IO: the terminal is gone
int loop_signal_number(const struct loop *loop); // that ended it, 0 when none: for the exit status

#endif

// SPDX-License-Identifier: MIT
// What the engine tells whoever shows it. Events go up only; the sink is called by one thread at a
// time and must not call back into the engine. Pointers in an event are borrowed for the call.
#ifndef FOREST_ENGINE_EVENT_H
#define FOREST_ENGINE_EVENT_H

#include <stdint.h>

#include "backend/base/err.h"

struct step;

enum event_type {
    EVENT_PLAN_ITEM,    // text: what the plan says of the step; word: "create", "reuse", "change",
                        // "check", "blocked"
    EVENT_STEP_STARTED, // word: "create", "change", "check", "reuse", "delete"
    EVENT_STEP_NOTE,    // text: where it stands now ("VPC link is PENDING"); word: phase, or
                        // EVENT_WORD_SETTLE: what an earlier run left open is looked for longer
    EVENT_STEP_BYTES,   // done of total bytes (total 0: unknown)
    EVENT_STEP_LOG,     // text: one line of the starting container or of a build
    EVENT_STEP_DONE,    // text: one line of what there is now; word as when started; duration_ms
    EVENT_STEP_FAILED,  // err; duration_ms
    EVENT_STEP_WAITING, // text: blocked by an earlier failure, never started
    EVENT_WARNING,      // text; word: EVENT_WORD_LOGIN: the run pauses until somebody has signed in
                        // to `profile` again, err says why; EVENT_WORD_SIGNED_IN: it goes on
};

#define EVENT_WORD_SETTLE    "settle"
#define EVENT_WORD_LOGIN     "login"
#define EVENT_WORD_SIGNED_IN "signed-in"

struct event {
    enum event_type type;
    int64_t wall_ms;
    const struct step *step; // NULL for general warnings
    const char *word;
    const char *text;
    int64_t done;
    int64_t total;
    int64_t duration_ms;
    unsigned finished; // steps done so far, by this run or an earlier one, and
    unsigned of;       // steps in all
    const struct err *err;
    const char *profile; // EVENT_WORD_LOGIN
};

struct event_sink {
    void (*emit)(void *context, const struct event *event); // may be NULL
    void *context;
};

const char *event_type_name(enum event_type type); // "step_started", for JSON

#endif

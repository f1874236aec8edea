// SPDX-License-Identifier: MIT
// The plan and its execution. See step.h for what a step is.
//
// engine_plan() probes every wanted step on the workers, reads only; the plan is data that a screen
// can show. engine_apply() executes a plan: every step whose needs are met is released to the pool;
// after a failure no new step starts, running ones finish. engine_destroy() undoes, in the opposite
// order, what a plan found to be ours. All three return false with err for the first cause; plan
// and summary are filled in either case. engine_plan_clear() and engine_summary_clear() by the
// caller. A failed probe makes engine_plan() false, except in a plan for destroy, where the item is
// blocked and the rest goes on. engine_apply() and engine_destroy() must get the options (facts,
// journal) that the plan was made with.
#ifndef FOREST_ENGINE_ENGINE_H
#define FOREST_ENGINE_ENGINE_H

#include <stddef.h>

#include "backend/engine/event.h"
#include "backend/engine/journal.h"
#include "backend/engine/step.h"

// err.code of ERR_CONFLICT: something of that name is there that is not ours.
#define ENGINE_NAME_TAKEN "name-taken"
// How the error of a blocked item begins that only follows from another one.
#define ENGINE_NOT_LOOKED_AT "not looked at"

struct engine_options {
    const struct step *const *steps; // all rows of all tables
    size_t step_count;
    void *world;
    struct facts *facts;
    enum step_mode mode; // for engine_plan(): STEP_MODE_PLAN, or STEP_MODE_DESTROY when the plan is
                         // for a destroy
    struct journal *journal; // may be NULL for plan; with it, interrupted steps are settled and
                             // removed answers found
    struct cancel *cancel;
    struct event_sink sink;
    unsigned workers;    // 0: 16
    int64_t settle_ms;   // how long something just made may stay invisible; 0: 30 s
    const char *history; // file of usual times; NULL: history.json beside the journal's directory,
                         // if there is one
    const char *region;  // for the history; NULL: the journal's
};

enum plan_action { PLAN_CREATE, PLAN_REUSE, PLAN_CHANGE, PLAN_CHECK, PLAN_BLOCKED };

struct plan_item {
    const struct step *step;
    enum plan_action action;
    enum probe found; // what the probe said; SAME and DIFFERS are ours
    bool drop;        // STEP_DROPPED and no longer wanted: to change it is to undo it
    bool settled;     // an apply has nothing to do about it: it counts as done from its start
    char *text;       // what there is, or what would change and why
    struct err err;   // for PLAN_BLOCKED
    unsigned usual_s; // from this machine's history, else the table
};

struct plan {
    struct plan_item *items; // in dependency order
    size_t count;
    unsigned create, reuse, change, check, blocked;
    unsigned usual_s; // the critical path of what is to do, in usual times
};

bool engine_plan(const struct engine_options *options, struct plan *out, struct err *err);
// Is there an item that keeps the whole from being done? err is then the first one's.
bool engine_blocked(const struct plan *plan, struct err *err);
void engine_plan_clear(struct plan *plan);
const char *plan_action_name(enum plan_action action);

struct step_time {
    const struct step *step;
    int64_t ready_ms; // when its needs were met; milliseconds since the start of the run
    int64_t start_ms; // when a worker took it
    int64_t made_ms;  // created
    int64_t end_ms;   // finished, waits included
    bool critical;    // on the critical path
    bool done;
};

struct summary {
    struct step_time *times;
    size_t count;
    int64_t makespan_ms;
    int64_t critical_ms;       // the longest chain of steps, each with its own measured time
    double ratio;              // makespan / critical path
    const struct step *failed; // the first, or NULL
    unsigned done, total;
};

bool engine_apply(const struct engine_options *options, struct plan *plan, struct summary *out,
                  struct err *err);
bool engine_destroy(const struct engine_options *options, struct plan *plan, struct summary *out,
                    struct err *err);
void engine_summary_clear(struct summary *summary);

// Is the table sound? Every need exists, ids are unique, no cycle. ERR_INTERNAL names the row.
bool engine_check(const struct step *const *steps, size_t count, struct err *err);

#endif

// SPDX-License-Identifier: MIT
// What the engine's own files share: one run of a plan, an apply or a destroy, and one step in it.
// Nothing outside backend/engine includes this.
//
// A run: engine_begin() -> engine_go() (blocks until every step that could run has) ->
// engine_end(). `lock` guards the schedule, the times, the counts and the first failure; the sink
// has its own, so that a slow screen does not hold up the bookkeeping.
#ifndef FOREST_ENGINE_INTERNAL_H
#define FOREST_ENGINE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/engine/engine.h"
#include "backend/engine/eta.h"
#include "backend/engine/schedule.h"
#include "backend/engine/workers.h"

struct engine {
    const struct engine_options *options;
    struct plan *plan;
    struct schedule schedule; // over plan->items
    struct workers *workers;
    struct eta *eta;
    struct summary *summary; // NULL while planning
    pthread_mutex_t lock;
    pthread_mutex_t sink_lock;
    atomic_bool halted; // a step failed: nothing new starts, waits end early
    bool continues;     // a destroy goes on with what does not depend on the failed step
    struct err first;   // the first failure, and whose
    const struct step *failed;
    unsigned finished;
    unsigned settled; // of those that have not finished: an apply counts them as done (plan_item)
    int64_t start_ms;
    void (*run_item)(struct engine *e, size_t index);
};

// What a step is doing decides what may interrupt its polls.
enum step_phase {
    PHASE_PROBE,
    PHASE_WORK, // apply or undo: only the user's cancel ends it early
    PHASE_WAIT, // wait, verify, a check: also another step's failure
};

// Behind step_ctx.engine, for one call of one worker.
struct step_run {
    struct engine *engine;
    size_t index;
    enum step_phase phase;
    const char *word; // "create", "delete"...
    char *note;       // the last, owned
    int64_t noted_ms; // when it was told
    bool told;        // what could not be recorded has gone to the screen
};

void engine_begin(struct engine *e, const struct engine_options *options, struct plan *plan,
                  bool reverse);
void engine_go(struct engine *e, void (*run_item)(struct engine *e, size_t index));
void engine_end(struct engine *e);

int64_t engine_now(const struct engine *e); // ms since the run began
int64_t engine_settle_ms(const struct engine *e);
// What a probe that says FOREIGN comes to; `note` (may be NULL) says whose it is. Returns false.
bool engine_foreign(const char *note, struct err *err);
// Stops starting steps: the user cancelled or a step failed.
bool engine_stopped(const struct engine *e);
void engine_fail(struct engine *e, const struct step *step, const struct err *why);
// Its dependants may start; engine_finished() counts it and stamps its end.
void engine_made(struct engine *e, size_t index);
void engine_finished(struct engine *e, size_t index);
// How many a person would call done: a run that goes on begins where the last one stopped.
unsigned engine_count(const struct engine *e);
void engine_emit(struct engine *e, struct event event);
void engine_warn(struct engine *e, const struct step *step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_tell_repairs(struct engine *e); // what the journal had to repair
void engine_tell_waiting(struct engine *e); // steps that never ended

const struct journal_step *engine_record(const struct engine *e, const struct step *step);
void engine_step(struct engine *e, size_t index, enum step_mode mode, struct step_run *run,
                 struct step_ctx *ctx);
void engine_step_clear(struct step_run *run);
// Undoes what the step's probe found, with its records; again after an unknown outcome.
bool engine_undo_step(struct step_ctx *ctx, struct err *err);
// Probes until it says something else than ABSENT or `settle_ms` have passed.
enum probe engine_probe(struct step_ctx *ctx, int64_t settle_ms, struct err *err);

// What a plan says of an item whose step said nothing itself.
const char *plan_default_text(const struct plan_item *item);
void times_finish(struct engine *e, bool reverse); // makespan, critical path, ratio

#endif

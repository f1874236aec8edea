// SPDX-License-Identifier: MIT
// What a plan, an apply and a destroy have in common: one run over the items of a plan.
#include "backend/engine/engine.h"

#include <stdarg.h>

#include "backend/base/clock.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/internal.h"

enum {
    WORKERS = 16,
    SETTLE_MS = 30000,
    PROBE_PAUSE_PART = 150,
    PROBE_PAUSE_MAX_MS = 4000,
    SETTLE_TOLD_MS = 2000
};

static struct eta *open_history(const struct engine_options *options)
{
    const char *region = options->region;
    AUTO_FREE char *path = options->history ? mem_strdup(options->history) : NULL;
    if (options->journal) {
        AUTO_FREE char *dir = fs_dirname(journal_dir(options->journal));
        if (!path)
            path = fs_join(dir, "history.json");
        if (!region)
            region = journal_region(options->journal);
    }
    return eta_open(path, region);
}

void engine_begin(struct engine *e, const struct engine_options *options, struct plan *plan,
                  bool reverse)
{
    *e = (struct engine){.options = options, .plan = plan};
    pthread_mutex_init(&e->lock, NULL);
    pthread_mutex_init(&e->sink_lock, NULL);
    atomic_init(&e->halted, false);
    const struct step **steps = mem_calloc(plan->count, sizeof(void *));
    for (size_t i = 0; i < plan->count; i++)
        steps[i] = plan->items[i].step;
    schedule_init(&e->schedule, steps, plan->count, reverse);
    mem_free(steps);
    e->eta = open_history(options);
    e->start_ms = clock_ms();
}

void engine_end(struct engine *e)
{
    schedule_clear(&e->schedule);
    eta_free(e->eta);
    err_clear(&e->first);
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->sink_lock);
}

int64_t engine_now(const struct engine *e)
{
    return clock_ms() - e->start_ms;
}

bool engine_foreign(const char *note, struct err *err)
{
    err_set(err, ERR_CONFLICT, "%s",
            note ? note : "something with its name is there that is not ours");
    err_code(err, ENGINE_NAME_TAKEN);
    return err_remedy(err, "Give the setup another name, or rename or delete what is there.");
}

int64_t engine_settle_ms(const struct engine *e)
{
    return e->options->settle_ms ? e->options->settle_ms : SETTLE_MS;
}

bool engine_stopped(const struct engine *e)
{
    return atomic_load(&e->halted) || cancel_requested(e->options->cancel);
}

static void run_piece(void *context, size_t index)
{
    struct engine *e = context;
    if (!engine_stopped(e))
        e->run_item(e, index);
}

// Called with the lock held, or before the workers start.
static void ready(void *context, size_t index)
{
    struct engine *e = context;
    if (e->summary)
        e->summary->times[index].ready_ms = engine_now(e);
    workers_push(e->workers, index, e->schedule.rest[index]);
}

void engine_go(struct engine *e, void (*run_item)(struct engine *e, size_t index))
{
    int64_t *usual = mem_calloc(e->plan->count, sizeof *usual);
    for (size_t i = 0; i < e->plan->count; i++)
        usual[i] = (int64_t)e->plan->items[i].usual_s * 1000 + 1;
    schedule_weigh(&e->schedule, usual);
    mem_free(usual);
    e->run_item = run_item;
    unsigned threads = e->options->workers ? e->options->workers : WORKERS;
    e->workers = workers_start(threads, run_piece, e);
    pthread_mutex_lock(&e->lock);
    schedule_first(&e->schedule, ready, e);
    pthread_mutex_unlock(&e->lock);
    workers_finish(e->workers);
    e->workers = NULL;
}

void engine_made(struct engine *e, size_t index)
{
    pthread_mutex_lock(&e->lock);
    if (e->summary)
        e->summary->times[index].made_ms = engine_now(e);
    schedule_made(&e->schedule, index, ready, e);
    pthread_mutex_unlock(&e->lock);
}

void engine_finished(struct engine *e, size_t index)
{
    pthread_mutex_lock(&e->lock);
    e->finished++;
    if (e->settled && e->plan->items[index].settled)
        e->settled--;
    if (e->summary) {
        e->summary->times[index].end_ms = engine_now(e);
        e->summary->times[index].done = true;
    }
    schedule_finished(&e->schedule, index, ready, e);
    pthread_mutex_unlock(&e->lock);
}

unsigned engine_count(const struct engine *e)
{
    return e->finished + e->settled;
}

void engine_fail(struct engine *e, const struct step *step, const struct err *why)
{
    pthread_mutex_lock(&e->lock);
    if (e->first.kind == ERR_NONE) {
        err_copy(&e->first, why);
        e->failed = step;
    }
    pthread_mutex_unlock(&e->lock);
    if (!e->continues)
        atomic_store(&e->halted, true);
}

void engine_emit(struct engine *e, struct event event)
{
    const struct event_sink *sink = &e->options->sink;
    if (!sink->emit)
        return;
    event.of = (unsigned)e->plan->count;
    event.wall_ms = clock_wall_ms();
    pthread_mutex_lock(&e->sink_lock);
    pthread_mutex_lock(&e->lock); // inside, so that no later event counts fewer than an earlier one
    event.finished = engine_count(e);
    pthread_mutex_unlock(&e->lock);
    sink->emit(sink->context, &event);
    pthread_mutex_unlock(&e->sink_lock);
}

void engine_warn(struct engine *e, const struct step *step, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    engine_emit(e, (struct event){.type = EVENT_WARNING, .step = step, .text = text});
}

void engine_tell_repairs(struct engine *e)
{
    const struct journal *journal = e->options->journal;
    if (journal && journal_warning(journal))
        engine_warn(e, NULL, "%s", journal_warning(journal));
}

void engine_tell_waiting(struct engine *e)
{
    for (size_t i = 0; i < e->plan->count; i++) {
        const struct step_time *t = &e->summary->times[i];
        // Who failed has said so itself; who never started, or ended its wait early, has not.
        if (t->done || e->plan->items[i].err.kind != ERR_NONE)
            continue;
        AUTO_FREE char *text = e->failed
                                   ? mem_printf("not finished, because of %s", e->failed->title)
                                   : mem_strdup("not finished, because the run was stopped");
        engine_emit(e, (struct event){.type = EVENT_STEP_WAITING,
                                      .step = e->plan->items[i].step,
                                      .text = text});
    }
}

const struct journal_step *engine_record(const struct engine *e, const struct step *step)
{
    return e->options->journal ? journal_step(e->options->journal, step->id) : NULL;
}

void engine_step(struct engine *e, size_t index, enum step_mode mode, struct step_run *run,
                 struct step_ctx *ctx)
{
    const struct plan_item *item = &e->plan->items[index];
    const struct journal_step *record = engine_record(e, item->step);
    *run = (struct step_run){.engine = e, .index = index};
    *ctx = (struct step_ctx){
        .step = item->step,
        .world = e->options->world,
        .facts = e->options->facts,
        .cancel = e->options->cancel,
        .mode = mode,
        .exists = item->found == PROBE_DIFFERS,
        .generation = record ? record->generation : 0,
        .engine = run,
    };
}

void engine_step_clear(struct step_run *run)
{
    mem_free(run->note);
    run->note = NULL;
}

// Why nothing seems to happen for a moment.
static void tell_settling(const struct step_ctx *ctx, int64_t settle_ms)
{
    const struct step_run *run = ctx->engine;
    AUTO_FREE char *text =
        mem_printf("may have been made a moment ago; AWS shows some things late, so it is looked "
                   "for up to %d s longer",
                   (int)((settle_ms + 999) / 1000));
    engine_emit(run->engine, (struct event){.type = EVENT_STEP_NOTE,
                                            .step = ctx->step,
                                            .word = EVENT_WORD_SETTLE,
                                            .text = text});
}

enum probe engine_probe(struct step_ctx *ctx, int64_t settle_ms, struct err *err)
{
    struct step_run *run = ctx->engine;
    int64_t deadline = clock_ms() + settle_ms;
    int64_t pause = settle_ms / PROBE_PAUSE_PART + 1; // 0.2 s of the usual 30, then ever longer
    run->phase = PHASE_PROBE;
    ctx->unsettled = settle_ms > 0;
    bool told = false;
    for (;;) {
        bool last = clock_ms() >= deadline;
        enum probe found = ctx->step->probe ? ctx->step->probe(ctx, err) : PROBE_ABSENT;
        if (found != PROBE_ABSENT || last)
            return found;
        int64_t left = deadline - clock_ms();
        if (!told && left >= SETTLE_TOLD_MS)
            tell_settling(ctx, left);
        told = true;
        if (!cancel_sleep(ctx->cancel, left < pause ? (left > 0 ? left : 0) : pause)) {
            err_set(err, ERR_CANCELLED, "stopped while looking for %s", ctx->step->title);
            return PROBE_FAILED;
        }
        pause = pause * 2 < PROBE_PAUSE_MAX_MS ? pause * 2 : PROBE_PAUSE_MAX_MS;
    }
}

static bool bad_row(const struct step *step, const char *what, struct err *err)
{
    return err_set(err, ERR_INTERNAL, "the table of steps: %s %s", step->id ? step->id : "?", what);
}

static bool check_needs(const struct step *const *steps, size_t count, const struct step *step,
                        const char *const *needs, struct err *err)
{
    for (size_t n = 0; n < STEP_NEEDS_MAX && needs[n]; n++) {
        size_t i = 0;
        while (i < count && !str_eq(steps[i]->id, needs[n]))
            i++;
        if (i == count || steps[i] == step) {
            AUTO_FREE char *what =
                mem_printf("needs %s, which is %s", needs[n], i == count ? "no step" : "itself");
            return bad_row(step, what, err);
        }
    }
    return true;
}

static bool check_row(const struct step *const *steps, size_t count, size_t index, struct err *err)
{
    const struct step *step = steps[index];
    if (str_empty(step->id) || str_empty(step->title))
        return bad_row(step, "has no id or no title", err);
    for (size_t i = 0; i < index; i++)
        if (str_eq(steps[i]->id, step->id))
            return bad_row(step, "is there twice", err);
    if (!(step->flags & STEP_CHECK) && !step->probe)
        return bad_row(step, "has no probe", err);
    if (!(step->flags & STEP_EXISTING) && !step->apply)
        return bad_row(step, "has no apply", err);
    return check_needs(steps, count, step, step->needs, err) &&
           check_needs(steps, count, step, step->needs_made, err);
}

bool engine_check(const struct step *const *steps, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!check_row(steps, count, i, err))
            return false;
    size_t *order = mem_calloc(count, sizeof *order);
    bool ok = schedule_order(steps, count, order);
    mem_free(order);
    return ok ? true : err_set(err, ERR_INTERNAL, "the table of steps: its needs go in a circle");
}

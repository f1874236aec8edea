// SPDX-License-Identifier: MIT
// Destroying: what the plan found to be ours goes, each thing after everything that stands on it.
// A failure keeps what lies below it and nothing else.
#include "backend/base/mem.h"
#include "backend/engine/internal.h"

enum { TRIES = 3 };

// undo() takes "not there" for success, so after an unknown outcome it may simply run again.
bool engine_undo_step(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    struct journal *journal = run->engine->options->journal;
    run->phase = PHASE_WORK;
    for (int tries = 1;; tries++) {
        if (!journal_write_undo(journal, ctx->step->id, err))
            return false; // no record, no call
        ERR_AUTO why = {0};
        if (ctx->step->undo(ctx, &why))
            return journal_write_gone(journal, ctx->step->id, err);
        if (!why.outcome_unknown || tries == TRIES || cancel_requested(ctx->cancel)) {
            err_move(err, &why);
            return false;
        }
    }
}

// Nothing to delete. What the records still call made, or half made, is known to be gone now.
static bool close_record(struct step_ctx *ctx, struct err *err)
{
    const struct step_run *run = ctx->engine;
    const struct journal_step *record = engine_record(run->engine, ctx->step);
    if (!record || !(record->made || record->open || record->state == JOURNAL_UNDO_INTENT))
        return true;
    return journal_write_gone(run->engine->options->journal, ctx->step->id, err);
}

static bool ours(const struct plan_item *item)
{
    return (item->found == PROBE_SAME || item->found == PROBE_DIFFERS) &&
           !(item->step->flags & (STEP_EXISTING | STEP_CHECK));
}

static bool act(struct step_ctx *ctx, struct plan_item *item, bool *deleted, struct err *err)
{
    struct step_run *run = ctx->engine;
    const struct step *step = item->step;
    *deleted = false;
    if (item->found == PROBE_FAILED) {
        err_copy(err, &item->err);
        return false;
    }
    if (item->found == PROBE_FOREIGN) {
        engine_warn(run->engine, step, "%s stays: %s", step->title, item->text);
        return true;
    }
    if (!ours(item))
        return close_record(ctx, err);
    if (!step->undo) {
        if (step->flags & STEP_KEPT)
            engine_warn(run->engine, step, "%s stays: %s", step->title, item->text);
        return close_record(ctx, err);
    }
    run->word = "delete";
    engine_emit(run->engine,
                (struct event){.type = EVENT_STEP_STARTED, .step = step, .word = run->word});
    *deleted = engine_undo_step(ctx, err);
    if (*deleted && (step->flags & STEP_KEPT))
        engine_warn(run->engine, step, "%s: %s", step->title,
                    run->note ? run->note : "it goes later, by itself");
    return *deleted;
}

static void tell_failed(struct engine *e, struct plan_item *item, struct err *why, int64_t ms)
{
    if (why->kind == ERR_CANCELLED && cancel_requested(e->options->cancel))
        return; // its intent is open: the next destroy looks
    // The reason a probe failed is there from the plan; undoing records its own.
    if (item->found != PROBE_FAILED) {
        (void)journal_write_failed(e->options->journal, item->step->id, NULL, why, NULL);
        err_copy(&item->err, why);
    }
    engine_fail(e, item->step, why);
    engine_emit(e, (struct event){.type = EVENT_STEP_FAILED,
                                  .step = item->step,
                                  .word = "delete",
                                  .text = why->message,
                                  .duration_ms = ms,
                                  .err = &item->err});
}

static void undo_item(struct engine *e, size_t index)
{
    struct plan_item *item = &e->plan->items[index];
    struct step_run run;
    struct step_ctx ctx;
    engine_step(e, index, STEP_MODE_DESTROY, &run, &ctx);
    int64_t start = engine_now(e);
    e->summary->times[index].start_ms = start;
    bool deleted = false;
    ERR_AUTO why = {0};
    bool ok = act(&ctx, item, &deleted, &why);
    int64_t ms = engine_now(e) - start;
    bool kept =
        item->step->flags & STEP_KEPT; // its note says when it goes; others' what they waited for
    if (ok) {
        engine_finished(e, index);
        if (deleted)
            engine_emit(e, (struct event){.type = EVENT_STEP_DONE,
                                          .step = item->step,
                                          .word = "delete",
                                          .text = kept && run.note ? run.note : "gone",
                                          .duration_ms = ms});
    } else {
        if (why.kind == ERR_NONE)
            err_set(&why, ERR_INTERNAL, "%s failed without a reason", item->step->id);
        tell_failed(e, item, &why, ms);
    }
    engine_step_clear(&run);
}

bool engine_destroy(const struct engine_options *options, struct plan *plan, struct summary *out,
                    struct err *err)
{
    *out = (struct summary){0};
    if (!options->journal)
        return err_set(err, ERR_INTERNAL, "destroy without a journal");
    out->count = plan->count;
    out->times = mem_calloc(plan->count, sizeof *out->times);
    for (size_t i = 0; i < plan->count; i++)
        out->times[i].step = plan->items[i].step;
    struct engine e;
    engine_begin(&e, options, plan, true);
    e.summary = out;
    e.continues = true;
    engine_go(&e, undo_item);
    times_finish(&e, true);
    bool ok = e.first.kind == ERR_NONE && e.finished == plan->count;
    if (!ok)
        engine_tell_waiting(&e);
    if (e.first.kind != ERR_NONE)
        err_copy(err, &e.first);
    else if (!ok)
        err_set(err, ERR_CANCELLED, "stopped; what is gone and what is left is recorded");
    engine_end(&e);
    return ok;
}

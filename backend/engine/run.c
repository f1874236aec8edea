// SPDX-License-Identifier: MIT
// Applying a plan. The order that everything rests on, for each thing that is created or changed:
// intent on the disk, call, result on the disk. An intent without a result is settled by looking.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/internal.h"

enum { TRIES = 3 };

// The records cannot be written any more, so what was just made goes to the screen. `made`: it is
// there also when it has no id.
static void last_words(struct step_run *run, const struct step *step, const struct json *facts,
                       bool made)
{
    bool known = json_count(facts) > 0;
    if (run->told || (!known && (!made || (step->flags & STEP_CHECK))))
        return;
    run->told = true;
    AUTO_FREE char *text =
        known ? json_print(facts) : mem_strdup("was made; it has no id and is found by its name");
    engine_warn(run->engine, step, "The journal could not be written. Keep this: %s %s", step->id,
                text);
}

static bool record_done(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    JSON_AUTO *facts = facts_of_step(ctx->facts, ctx->step->id);
    if (journal_write_done(run->engine->options->journal, ctx->step->id, facts, err))
        return true;
    last_words(run, ctx->step, facts, true);
    return false;
}

static bool record_ready(struct step_ctx *ctx, int64_t ms, struct err *err)
{
    struct step_run *run = ctx->engine;
    JSON_AUTO *facts = facts_of_step(ctx->facts, ctx->step->id);
    if (journal_write_ready(run->engine->options->journal, ctx->step->id, facts, ms, err))
        return true;
    last_words(run, ctx->step, facts, false);
    return false;
}

static void record_failed(struct step_ctx *ctx, const struct err *why)
{
    struct step_run *run = ctx->engine;
    JSON_AUTO *facts = facts_of_step(ctx->facts, ctx->step->id);
    if (!journal_write_failed(run->engine->options->journal, ctx->step->id, facts, why, NULL))
        last_words(run, ctx->step, facts, false);
}

static bool foreign(const struct step_ctx *ctx, struct err *err)
{
    const struct step_run *run = ctx->engine;
    return engine_foreign(run->note, err);
}

// After a call whose outcome is not known. True: go on, `*again` says whether to call again.
static bool settle(struct step_ctx *ctx, bool *again, struct err *err)
{
    struct step_run *run = ctx->engine;
    enum probe found = engine_probe(ctx, engine_settle_ms(run->engine), err);
    run->phase = PHASE_WORK;
    ctx->unsettled = false;
    *again = found == PROBE_ABSENT || found == PROBE_DIFFERS;
    ctx->exists = found == PROBE_DIFFERS;
    if (found == PROBE_FOREIGN)
        return foreign(ctx, err);
    if (found != PROBE_FAILED)
        return true;
    if (err->kind == ERR_NONE)
        err_set(err, ERR_INTERNAL, "%s: its probe failed without a reason", ctx->step->title);
    err->outcome_unknown = true; // of the call before, which is still open
    return false;
}

static bool make(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    struct journal *journal = run->engine->options->journal;
    run->phase = PHASE_WORK;
    for (int tries = 1;; tries++) {
        const char *what = ctx->exists ? "change" : "create";
        if (!journal_write_intent(journal, ctx->step->id, what, err))
            return false; // no record, no call
        ERR_AUTO why = {0};
        if (ctx->step->apply(ctx, &why))
            return true;
        if (!why.outcome_unknown || tries == TRIES || cancel_requested(ctx->cancel)) {
            err_move(err, &why);
            return false;
        }
        bool again = true;
        if (!settle(ctx, &again, err))
            return false;
        if (!again)
            return true;
    }
}

static bool await(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    run->phase = PHASE_WAIT;
    if (ctx->step->wait && !ctx->step->wait(ctx, err))
        return false;
    return !ctx->step->verify || ctx->step->verify(ctx, err);
}

static bool has_after(const struct step *step)
{
    return step->wait || step->verify;
}

// The user's own things are only looked at, but what was found out about them is kept: a resume
// without the secrets, or a destroy after somebody renamed them, cannot find it out again.
static bool keep_facts(struct step_ctx *ctx, const struct journal_step *record, struct err *err)
{
    JSON_AUTO *facts = facts_of_step(ctx->facts, ctx->step->id);
    if (!json_count(facts))
        return true;
    AUTO_FREE char *found = json_print(facts);
    AUTO_FREE char *known = record && record->facts ? json_print(record->facts) : NULL;
    return (record && record->ready && str_eq(found, known)) || record_ready(ctx, 0, err);
}

// Something that is there: nothing to do, unless the run that made it did not see the end of it.
static bool reuse(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    struct engine *e = run->engine;
    const struct journal_step *record = engine_record(e, ctx->step);
    engine_made(e, run->index);
    if (ctx->step->flags & STEP_CHECK)
        return true;
    if (ctx->step->flags & STEP_EXISTING)
        return keep_facts(ctx, record, err);
    if (record && record->ready)
        return true;
    if (has_after(ctx->step)) {
        engine_emit(
            e, (struct event){.type = EVENT_STEP_STARTED, .step = ctx->step, .word = run->word});
        if (!record || !record->made) // found without a record: adopted from now on
            if (!record_done(ctx, err))
                return false;
        if (!await(ctx, err))
            return false;
    }
    return record_ready(ctx, record ? record->duration_ms : 0, err);
}

static bool check(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    run->phase = PHASE_WAIT;
    int64_t start = engine_now(run->engine);
    if (!ctx->step->apply(ctx, err))
        return false;
    engine_made(run->engine, run->index);
    return await(ctx, err) && record_ready(ctx, engine_now(run->engine) - start, err);
}

// The record says it was made, and now it is certain that it is not there any more (deleted by
// hand): a new generation, because the old token would only repeat the old answer.
static bool forget_deleted(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    const struct journal_step *record = engine_record(run->engine, ctx->step);
    if (ctx->exists || !record || !record->made)
        return true;
    if (!journal_write_gone(run->engine->options->journal, ctx->step->id, err))
        return false;
    ctx->generation = record->generation;
    return true;
}

static bool create(struct step_ctx *ctx, struct err *err)
{
    struct step_run *run = ctx->engine;
    struct engine *e = run->engine;
    int64_t start = engine_now(e);
    if (!forget_deleted(ctx, err) || !make(ctx, err))
        return false;
    if (has_after(ctx->step)) {
        if (!record_done(ctx, err))
            return false;
        engine_made(e, run->index);
        if (!await(ctx, err))
            return false;
        return record_ready(ctx, engine_now(e) - start, err);
    }
    if (!record_ready(ctx, engine_now(e) - start, err))
        return false;
    engine_made(e, run->index);
    return true;
}

static bool need_changes(const struct engine *e, const char *const *needs)
{
    for (size_t n = 0; n < STEP_NEEDS_MAX && needs[n]; n++)
        for (size_t i = 0; i < e->plan->count; i++)
            if (str_eq(e->plan->items[i].step->id, needs[n]) &&
                (e->plan->items[i].action == PLAN_CREATE ||
                 e->plan->items[i].action == PLAN_CHANGE))
                return true;
    return false;
}

// What the plan found as wanted may no longer be so when something it stands on was made anew or
// changed in this run: look again. A finished setup has no such item, so it costs nothing there.
static bool refresh(struct step_ctx *ctx, struct plan_item *item, enum plan_action *action,
                    struct err *err)
{
    const struct step *step = ctx->step;
    const struct step_run *run = ctx->engine;
    *action = item->action;
    if (item->action != PLAN_REUSE || item->drop || (step->flags & (STEP_EXISTING | STEP_CHECK)) ||
        !(need_changes(run->engine, step->needs) || need_changes(run->engine, step->needs_made)))
        return true;
    enum probe found = engine_probe(ctx, 0, err);
    ctx->exists = found == PROBE_DIFFERS;
    if (found == PROBE_FOREIGN)
        return foreign(ctx, err);
    if (found == PROBE_FAILED)
        return err->kind != ERR_NONE ? false
                                     : err_set(err, ERR_INTERNAL, "%s: its probe failed", step->id);
    *action = found == PROBE_ABSENT    ? PLAN_CREATE
              : found == PROBE_DIFFERS ? PLAN_CHANGE
                                       : PLAN_REUSE;
    return true;
}

// Made by an earlier run and no longer asked for.
static bool drop(struct step_ctx *ctx, enum plan_action action, struct err *err)
{
    const struct step_run *run = ctx->engine;
    bool ok = action == PLAN_CHANGE && ctx->step->undo
                  ? engine_undo_step(ctx, err)
                  : journal_write_gone(run->engine->options->journal, ctx->step->id, err);
    if (ok)
        engine_made(run->engine, run->index);
    return ok;
}

static bool act(struct step_ctx *ctx, enum plan_action action, struct err *err)
{
    const struct step_run *run = ctx->engine;
    if (run->engine->plan->items[run->index].drop)
        return drop(ctx, action, err);
    switch (action) {
    case PLAN_REUSE: return reuse(ctx, err);
    case PLAN_CHECK: return check(ctx, err);
    case PLAN_CREATE:
    case PLAN_CHANGE: return create(ctx, err);
    case PLAN_BLOCKED: break;
    }
    return err_set(err, ERR_INTERNAL, "%s is blocked and must not run", ctx->step->id);
}

static void learn(struct engine *e, const struct step *step, enum plan_action action, int64_t ms)
{
    AUTO_FREE char *key = mem_printf("%s%s", step->id, action == PLAN_CHANGE ? ":change" : "");
    pthread_mutex_lock(&e->lock);
    if (action != PLAN_REUSE)
        eta_add(e->eta, key, ms);
    pthread_mutex_unlock(&e->lock);
}

static void tell_failed(struct step_ctx *ctx, struct plan_item *item, struct err *why, int64_t ms)
{
    struct step_run *run = ctx->engine;
    struct engine *e = run->engine;
    // Ended early because another step failed or the user stopped: not a failure of its own.
    if (why->kind == ERR_CANCELLED && engine_stopped(e)) {
        const struct journal_step *record = engine_record(e, item->step);
        if (record && record->open)
            record_failed(ctx, why); // says whether its intent is settled
        return;
    }
    record_failed(ctx, why);
    err_copy(&item->err, why);
    engine_fail(e, item->step, why);
    engine_emit(e, (struct event){.type = EVENT_STEP_FAILED,
                                  .step = item->step,
                                  .text = why->message,
                                  .duration_ms = ms,
                                  .err = &item->err});
}

// The plan's words serve when the step has none of its own, unless they only say that nothing is
// there.
static const char *result_text(const struct step_ctx *ctx, const struct step_run *run,
                               const struct plan_item *item)
{
    if (run->note)
        return run->note;
    if (!str_eq(item->text, plan_default_text(item)) || item->action == PLAN_REUSE)
        return item->text;
    const char *id = step_own(ctx, "id");
    return id ? id : "done";
}

static void run_item(struct engine *e, size_t index)
{
    struct plan_item *item = &e->plan->items[index];
    struct step_run run;
    struct step_ctx ctx;
    engine_step(e, index, item->drop ? STEP_MODE_DESTROY : STEP_MODE_APPLY, &run, &ctx);
    int64_t start = engine_now(e);
    e->summary->times[index].start_ms = start;
    enum plan_action action;
    ERR_AUTO why = {0};
    bool ok = refresh(&ctx, item, &action, &why);
    run.word = plan_action_name(action);
    if (action != PLAN_REUSE)
        engine_emit(
            e, (struct event){.type = EVENT_STEP_STARTED, .step = item->step, .word = run.word});
    ok = ok && act(&ctx, action, &why);
    int64_t ms = engine_now(e) - start;
    if (ok) {
        learn(e, item->step, action, ms);
        engine_finished(e, index);
        engine_emit(e, (struct event){.type = EVENT_STEP_DONE,
                                      .step = item->step,
                                      .word = run.word,
                                      .text = result_text(&ctx, &run, item),
                                      .duration_ms = ms});
    } else {
        if (why.kind == ERR_NONE)
            err_set(&why, ERR_INTERNAL, "%s failed without a reason", item->step->id);
        tell_failed(&ctx, item, &why, ms);
    }
    engine_step_clear(&run);
}

bool engine_apply(const struct engine_options *options, struct plan *plan, struct summary *out,
                  struct err *err)
{
    *out = (struct summary){0};
    if (!options->journal)
        return err_set(err, ERR_INTERNAL, "apply without a journal");
    if (engine_blocked(plan, err))
        return false;
    out->count = plan->count;
    out->times = mem_calloc(plan->count, sizeof *out->times);
    for (size_t i = 0; i < plan->count; i++)
        out->times[i].step = plan->items[i].step;
    struct engine e;
    engine_begin(&e, options, plan, false);
    e.summary = out;
    for (size_t i = 0; i < plan->count; i++)
        e.settled += plan->items[i].settled;
    engine_go(&e, run_item);
    times_finish(&e, false);
    bool ok = e.first.kind == ERR_NONE && e.finished == plan->count;
    if (!ok)
        engine_tell_waiting(&e);
    if (e.first.kind != ERR_NONE)
        err_copy(err, &e.first);
    else if (!ok)
        err_set(err, ERR_CANCELLED, "stopped; what was made is recorded");
    (void)eta_save(e.eta, NULL); // only a hint for the next run
    engine_end(&e);
    return ok;
}

// SPDX-License-Identifier: MIT
// Looking before acting: every wanted step is probed, those that an earlier run may have touched a
// moment ago until they can no longer hide.
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/internal.h"

void engine_plan_clear(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        mem_free(plan->items[i].text);
        err_clear(&plan->items[i].err);
    }
    mem_free(plan->items);
    *plan = (struct plan){0};
}

bool engine_blocked(const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        if (item->action != PLAN_BLOCKED)
            continue;
        if (item->err.kind == ERR_NONE)
            return !err_set(err, ERR_INTERNAL, "%s was never looked at", item->step->title);
        err_copy(err, &item->err);
        err_wrap(err, "%s", item->step->title);
        return true;
    }
    return false;
}

static bool recorded(const struct engine_options *o, const struct step *step)
{
    const struct journal_step *r = o->journal ? journal_step(o->journal, step->id) : NULL;
    return r && !(step->flags & STEP_EXISTING) &&
           (r->made || r->open || r->state == JOURNAL_UNDO_INTENT);
}

// A destroy also looks at what the answers no longer ask for but an earlier run made.
static bool included(const struct engine_options *o, const struct step *step)
{
    if (!step->wanted || step->wanted(o->world))
        return true;
    return (o->mode == STEP_MODE_DESTROY || (step->flags & STEP_DROPPED)) && recorded(o, step);
}

static void choose_items(const struct engine_options *o, struct plan *plan)
{
    size_t *order = mem_calloc(o->step_count, sizeof *order);
    schedule_order(o->steps, o->step_count, order);
    plan->items = mem_calloc(o->step_count, sizeof *plan->items);
    for (size_t i = 0; i < o->step_count; i++) {
        const struct step *step = o->steps[order[i]];
        if (included(o, step))
            plan->items[plan->count++] = (struct plan_item){
                .step = step,
                .drop = o->mode != STEP_MODE_DESTROY && step->wanted && !step->wanted(o->world)};
    }
    mem_free(order);
}

// Since when nothing of this step can be on its way to AWS any more. A result in the records was
// written when its call had ended. An intent alone says when the call was allowed, not when it went
// out or when its run ended: retries, a login or a machine that slept may lie between. What is
// certain is that the run was over when we got its lock.
static int64_t quiet_since(const struct engine *e, const struct step *step,
                           const struct journal_step *r)
{
    const struct journal *journal = e->options->journal;
    int64_t opened = journal_opened_ms(journal);
    if (r->state != JOURNAL_INTENT || !r->open || !opened)
        return r->wall_ms; // without the lock it is only a plan, which makes nothing
    if (step->flags & STEP_REPEATABLE && e->options->mode != STEP_MODE_DESTROY)
        return r->wall_ms; // a second create would meet the first
    return clock_wall_ms() - (clock_ms() - opened);
}

// How much longer what an earlier run may have made can stay invisible.
static int64_t settle_left(const struct engine *e, const struct step *step)
{
    const struct journal_step *r = engine_record(e, step);
    if (!r || (step->flags & (STEP_CHECK | STEP_EXISTING)) || r->state == JOURNAL_UNDO_INTENT ||
        !(r->open || r->made))
        return 0;
    if (e->options->mode == STEP_MODE_DESTROY && !step->undo)
        return 0; // it goes with something else, so there is nothing to look for
    int64_t settle = engine_settle_ms(e);
    int64_t left = quiet_since(e, step, r) + settle - clock_wall_ms();
    if (left < 0)
        return 0;
    return left < settle ? left : settle; // a clock set back must not make us wait for hours
}

static const struct plan_item *unseen_need(const struct engine *e, const char *const *needs)
{
    for (size_t n = 0; n < STEP_NEEDS_MAX && needs[n]; n++)
        for (size_t i = 0; i < e->plan->count; i++)
            if (str_eq(e->plan->items[i].step->id, needs[n]) &&
                e->plan->items[i].found == PROBE_FAILED)
                return &e->plan->items[i];
    return NULL;
}

static void set_blocked(struct plan_item *item, const char *note, struct err *why)
{
    item->action = PLAN_BLOCKED;
    if (why->kind == ERR_NONE)
        engine_foreign(note, why);
    err_move(&item->err, why);
}

static void set_action(struct plan_item *item, enum step_mode mode, const char *note,
                       struct err *why)
{
    const struct step *step = item->step;
    switch (item->found) {
    case PROBE_SAME: item->action = PLAN_REUSE; break;
    case PROBE_ABSENT:
        item->action = step->flags & STEP_CHECK ? PLAN_CHECK : PLAN_CREATE;
        if (!step->apply && mode != STEP_MODE_DESTROY) {
            err_set(why, ERR_NOT_FOUND, "%s", note ? note : "it is not there");
            set_blocked(item, note, why);
        }
        break;
    case PROBE_DIFFERS:
        item->action = PLAN_CHANGE;
        if (!step->apply && mode != STEP_MODE_DESTROY)
            set_blocked(item, note, why);
        break;
    case PROBE_FOREIGN:
    case PROBE_FAILED: set_blocked(item, note, why); break;
    }
}

const char *plan_default_text(const struct plan_item *item)
{
    switch (item->action) {
    case PLAN_CREATE: return "not there yet";
    case PLAN_REUSE: return "there, as wanted";
    case PLAN_CHANGE: return "there, but has to change";
    case PLAN_CHECK: return "will be checked";
    case PLAN_BLOCKED: break;
    }
    return item->err.message ? item->err.message : "blocked";
}

static void look(struct engine *e, size_t index, struct step_run *run, struct err *why)
{
    struct plan_item *item = &e->plan->items[index];
    struct step_ctx ctx;
    engine_step(e, index, item->drop ? STEP_MODE_DESTROY : e->options->mode, run, &ctx);
    const struct plan_item *unseen = unseen_need(e, item->step->needs);
    if (!unseen)
        unseen = unseen_need(e, item->step->needs_made);
    if (unseen) {
        item->found = PROBE_FAILED;
        err_copy(why, &unseen->err);
        if (!str_starts(why->message, ENGINE_NOT_LOOKED_AT)) // once, however long the chain
            err_wrap(why, ENGINE_NOT_LOOKED_AT);
        return;
    }
    facts_forget_step(e->options->facts, item->step->id); // a plan made before may have left some
    item->found = engine_probe(&ctx, settle_left(e, item->step), why);
    if (item->found == PROBE_ABSENT || item->found == PROBE_FOREIGN)
        facts_forget_step(e->options->facts, item->step->id);
    if (item->found == PROBE_FAILED && why->kind == ERR_NONE)
        err_set(why, ERR_INTERNAL, "%s: its probe failed without a reason", item->step->title);
}

static int64_t usual_ms(const struct engine *e, const struct plan_item *item)
{
    int64_t table = (int64_t)item->step->usual_s * 1000;
    switch (item->action) {
    case PLAN_CREATE:
    case PLAN_CHECK: return eta_usual_ms(e->eta, item->step->id, table);
    case PLAN_CHANGE: {
        AUTO_FREE char *key = mem_printf("%s:change", item->step->id);
        return eta_usual_ms(e->eta, key, table);
    }
    case PLAN_REUSE:
    case PLAN_BLOCKED: break;
    }
    return 0;
}

// There, and an earlier run saw the end of it, or it is the user's own. Of a thing that is wanted
// no more nothing is left.
static bool is_settled(const struct engine *e, const struct plan_item *item)
{
    const struct journal_step *record = engine_record(e, item->step);
    bool seen = record && record->ready;
    return item->action == PLAN_REUSE &&
           (item->drop || seen || item->step->flags & (STEP_EXISTING | STEP_CHECK));
}

static void probe_item(struct engine *e, size_t index)
{
    struct plan_item *item = &e->plan->items[index];
    struct step_run run;
    ERR_AUTO why = {0};
    look(e, index, &run, &why);
    bool failed = item->found == PROBE_FAILED;
    set_action(item, e->options->mode, run.note, &why);
    if (item->drop && !failed)
        item->action =
            item->found == PROBE_ABSENT || item->found == PROBE_FOREIGN ? PLAN_REUSE : PLAN_CHANGE;
    if (item->drop && !failed)
        item->text =
            mem_strdup(item->action == PLAN_CHANGE ? "no longer asked for: it is removed"
                                                   : "no longer asked for, and not there any more");
    else
        item->text = mem_strdup(run.note ? run.note : plan_default_text(item));
    engine_step_clear(&run);
    item->settled = is_settled(e, item);
    item->usual_s = (unsigned)((usual_ms(e, item) + 500) / 1000);
    bool fatal = e->options->mode != STEP_MODE_DESTROY || item->err.kind == ERR_AUTH ||
                 item->err.kind == ERR_CANCELLED;
    if (failed && fatal)
        engine_fail(e, item->step, &item->err);
    engine_made(e, index);
    engine_finished(e, index);
    engine_emit(e, (struct event){.type = EVENT_PLAN_ITEM,
                                  .step = item->step,
                                  .word = plan_action_name(item->action),
                                  .text = item->text,
                                  .err = item->err.kind != ERR_NONE ? &item->err : NULL});
}

static void count(struct plan *plan)
{
    unsigned *const totals[] = {&plan->create, &plan->reuse, &plan->change, &plan->check,
                                &plan->blocked};
    for (size_t i = 0; i < plan->count; i++)
        ++*totals[plan->items[i].action];
}

// The longest chain in usual times. A need that only has to be made counts in full: the history
// knows one time a step.
static unsigned longest(struct engine *e)
{
    int64_t *usual = mem_calloc(e->plan->count, sizeof *usual);
    for (size_t i = 0; i < e->plan->count; i++)
        usual[i] = usual_ms(e, &e->plan->items[i]);
    for (size_t i = 0; i < e->schedule.count; i++)
        e->schedule.rest[i] = 0;
    schedule_weigh(&e->schedule, usual);
    int64_t most = 0;
    for (size_t i = 0; i < e->schedule.count; i++)
        if (e->schedule.rest[i] > most)
            most = e->schedule.rest[i];
    mem_free(usual);
    return (unsigned)((most + 999) / 1000);
}

static void tell_unwanted(struct engine *e)
{
    const struct engine_options *o = e->options;
    for (size_t i = 0; i < o->step_count; i++)
        if (!included(o, o->steps[i]) && recorded(o, o->steps[i]))
            engine_warn(e, o->steps[i],
                        "%s was made by an earlier run and is no longer asked for; destroy removes "
                        "it",
                        o->steps[i]->title);
}

bool engine_plan(const struct engine_options *options, struct plan *out, struct err *err)
{
    *out = (struct plan){0};
    if (!engine_check(options->steps, options->step_count, err))
        return false;
    choose_items(options, out);
    struct engine e;
    engine_begin(&e, options, out, false);
    // What is never looked at (stopped before) must not pass for absent.
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].found = PROBE_FAILED;
        out->items[i].action = PLAN_BLOCKED;
    }
    // A failed probe does not keep the others from being told.
    e.continues = true;
    engine_tell_repairs(&e);
    engine_go(&e, probe_item);
    count(out);
    out->usual_s = longest(&e);
    tell_unwanted(&e);
    bool ok = e.first.kind == ERR_NONE;
    if (e.first.kind == ERR_CANCELLED) // which call it was says nothing to who stopped it
        err_set(err, ERR_CANCELLED, "stopped while looking at what there is");
    else if (!ok)
        err_copy(err, &e.first);
    else if (e.finished < out->count)
        ok = err_set(err, ERR_CANCELLED, "stopped while looking at what there is");
    engine_end(&e);
    return ok;
}

// SPDX-License-Identifier: MIT
#include "backend/steps/session.h"

#include <stdlib.h>

#include "backend/steps/common.h"
#include "backend/steps/leftovers.h"
#include "backend/steps/session_private.h"

// ---- what it knows

const struct answers *session_answers(const struct session *s)
{
    return s->answers;
}

const char *session_name(const struct session *s)
{
    return s->answers->name;
}

const char *session_account(const struct session *s)
{
    return s->stack ? s->stack->account : s->journal ? journal_account(s->journal) : NULL;
}

const char *session_region(const struct session *s)
{
    return s->stack ? s->stack->region : s->journal ? journal_region(s->journal) : NULL;
}

const char *session_caller(const struct session *s)
{
    return s->stack ? s->stack->caller : NULL;
}

const char *session_url(const struct session *s)
{
    return facts_get(s->facts, "api.url");
}

void session_counts(struct session *s, struct aws_counts *out)
{
    *out = (struct aws_counts){0};
    if (s->stack)
        aws_client_counts(s->stack->aws, out);
    if (!s->lease)
        return;
    struct aws_counts more = {0};
    lease_counts(s->lease, &more);
    aws_counts_add(out, &more);
    aws_counts_clear(&more);
}

// ---- plan, apply, destroy

static struct engine_options engine_for(struct session *s, struct journal *journal)
{
    struct engine_options o = {.world = s->stack,
                               .facts = s->facts,
                               .journal = journal,
                               .cancel = s->cancel,
                               .sink = s->sink};
    o.region = session_region(s);
    o.steps = s->address_only ? stack_address_step(&o.step_count) : stack_steps(&o.step_count);
    const char *settle = getenv("FOREST_SETUP_SETTLE_MS");
    if (settle)
        o.settle_ms = strtol(settle, NULL, 10);
    return o;
}

bool session_plan(struct session *s, struct plan *out, struct err *err)
{
    struct engine_options o = engine_for(s, s->journal);
    o.mode = s->purpose == SESSION_DESTROY ? STEP_MODE_DESTROY : STEP_MODE_PLAN;
    return engine_plan(&o, out, err);
}

// What is to be done for this setup, so that a list of setups can say "14 of 21" without the tables
// of steps.
static void put_concerns(struct session *s, struct json *outcome)
{
    struct json *ids = json_put(outcome, "steps", json_array());
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++)
        if (session_concerns(s, steps[i]))
            (void)json_push(ids, json_string(steps[i]->id));
}

// The same for an apply, counted as the run itself counts: so many are done when it starts, and
// these steps of it follow, each with a record that is not older than the start.
static void put_plan(const struct plan *plan, int64_t since_ms, struct json *outcome)
{
    struct json *ids = json_put(outcome, "steps", json_array());
    int64_t settled = 0;
    for (size_t i = 0; i < plan->count; i++) {
        settled += plan->items[i].settled;
        if (!plan->items[i].settled)
            (void)json_push(ids, json_string(plan->items[i].step->id));
    }
    json_put_int(outcome, "settled", settled);
    json_put_int(outcome, "since_ms", since_ms);
}

// Why it stopped, for the list of setups: what happened to the user rather than to a call.
static char *reason(const struct session *s, const struct err *why)
{
    bool expired = err_is(why, "ExpiredToken") || err_is(why, "ExpiredTokenException") ||
                   err_is(why, "RequestExpired");
    if (expired && s->stack && s->stack->profile)
        return mem_printf("the AWS login of profile \"%s\" expired", s->stack->profile);
    if (why->kind ==
        ERR_CANCELLED) // by a key or a signal: which call was under way does not matter
        return mem_strdup("it was told to stop");
    return secret_scrub(why->message ? why->message : "");
}

struct told { // which run it is
    const char *command;
    const struct plan *plan; // NULL: its steps are not all of them
    int64_t since_ms;
};

// `result`: "started" before the first change, so that a killed run is told from one that ended.
static void write_outcome(struct session *s, const struct told *run, const char *result,
                          const struct err *why)
{
    JSON_AUTO *outcome =
        json_strings("command", run->command, "result", result, "url", session_url(s), NULL);
    AUTO_FREE char *when = clock_format(clock_wall_ms());
    json_put_str(outcome, "at", when);
    if (run->plan)
        put_plan(run->plan, run->since_ms, outcome);
    else
        put_concerns(s, outcome);
    if (why && why->kind != ERR_NONE) {
        AUTO_FREE char *text = reason(s, why);
        json_put_str(outcome, "text", text);
        json_put_str(outcome, "remedy", why->remedy);
        json_put_str(outcome, "code", why->code);
    }
    ERR_AUTO e = {0};
    (void)journal_write_outcome(s->journal, outcome, &e); // the run's own result matters more
}

bool session_apply(struct session *s, struct plan *plan, struct summary *out, struct err *err)
{
    struct engine_options o = engine_for(s, s->journal);
    ERR_AUTO e = {0};
    *out = (struct summary){0};
    struct told told = {"apply", s->address_only ? NULL : plan, clock_wall_ms()};
    bool blocked = plan->blocked > 0; // engine_apply() refuses it and says why
    if (!blocked && plan->create + plan->change > 0 && !session_need_lease(s, err))
        return false;
    if (!blocked)
        write_outcome(s, &told, "started", NULL);
    bool ok = (blocked || session_keep_answers(s, &e)) && engine_apply(&o, plan, out, &e);
    // First the claim: who is killed in between has not ended yet and gives it back the next time.
    session_give_back(s);
    write_outcome(s, &told, ok ? "done" : "stopped", &e);
    if (!ok)
        err_move(err, &e);
    return ok;
}

// After a failure: what there still is. The failure stays the run's result. Nothing is asked when
// nobody would answer, or when the user wants to go.
static void name_what_is_left(struct session *s, struct leftovers *left, const struct err *why)
{
    ERR_AUTO ignored = {0};
    if (why->kind != ERR_CANCELLED && why->kind != ERR_AUTH && why->kind != ERR_NET)
        (void)leftovers_find(s->stack, left, &ignored);
}

bool session_destroy(struct session *s, struct plan *plan, struct summary *out,
                     struct leftovers *left, struct err *err)
{
    struct engine_options o = engine_for(s, s->journal);
    struct told told = {.command = "destroy"};
    ERR_AUTO e = {0};
    *left = (struct leftovers){0};
    if (!session_need_lease(s, err))
        return false;
    write_outcome(s, &told, "started", NULL);
    bool ok = engine_destroy(&o, plan, out, &e);
    if (ok) // it carries the tag that is looked for now
        ok = session_release(s, &e);
    else
        session_give_back(s);
    if (ok)
        ok = leftovers_find(s->stack, left, &e);
    else
        name_what_is_left(s, left, &e);
    if (ok && left->count) {
        ok = err_set(&e, ERR_CONFLICT, "%zu thing%s of this setup %s still there", left->count,
                     left->count == 1 ? "" : "s", left->count == 1 ? "is" : "are");
        err_remedy(&e, "Run destroy again in a minute; what stays then is listed with its id.");
    }
    write_outcome(s, &told, ok ? "done" : "stopped", &e);
    if (ok)
        ok = journal_retire(s->journal, &e);
    if (!ok)
        err_move(err, &e);
    return ok;
}

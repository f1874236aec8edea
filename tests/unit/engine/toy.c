// SPDX-License-Identifier: MIT
#include "toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

static struct lab *lab_of(const struct step_ctx *ctx)
{
    return ctx->world;
}

struct thing *lab_thing(struct lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->cloud->count; i++)
        if (str_eq(lab->cloud->things[i].id, id))
            return &lab->cloud->things[i];
    abort();
}

static void violation(struct lab *lab, const char *what, const char *a, const char *b)
{
    atomic_fetch_add(&lab->cloud->violations, 1);
    fprintf(stderr, "violation: %s: %s %s\n", what, a, b);
}

static void die(struct lab *lab)
{
    if (lab->cloud->dying)
        lab->cloud->dying();
    _exit(TOY_EXIT);
}

// Every request passes here twice: when it arrives and when its effect is there.
static int arrive(struct lab *lab)
{
    int n = atomic_fetch_add(&lab->cloud->calls, 1) + 1;
    if (n == lab->cloud->kill_at && !lab->cloud->kill_after)
        die(lab);
    return n;
}

static void leave(struct lab *lab, int n)
{
    if (n == lab->cloud->kill_at && lab->cloud->kill_after)
        die(lab);
}

static bool once(atomic_int *left)
{
    int n = atomic_load(left);
    while (n > 0)
        if (atomic_compare_exchange_weak(left, &n, n - 1))
            return true;
    return false;
}

static bool is_in(const char *const *needs, const char *id)
{
    for (size_t n = 0; n < STEP_NEEDS_MAX && needs[n]; n++)
        if (str_eq(needs[n], id))
            return true;
    return false;
}

static void check_needs(struct lab *lab, const struct step *step)
{
    for (size_t i = 0; i < lab->step_count; i++) {
        const struct step *other = lab->steps[i];
        if (other->flags & (STEP_CHECK | STEP_EXISTING) || (other->wanted && !other->wanted(lab)))
            continue;
        struct thing *t = lab_thing(lab, other->id);
        if (is_in(step->needs, other->id) &&
            (!atomic_load(&t->live) || clock_ms() < atomic_load(&t->ready_at)))
            violation(lab, "used before it was ready", other->id, step->id);
        if (is_in(step->needs_made, other->id) && !atomic_load(&t->live))
            violation(lab, "used before it was made", other->id, step->id);
    }
}

static void check_unused(struct lab *lab, const struct step *step)
{
    for (size_t i = 0; i < lab->step_count; i++) {
        const struct step *other = lab->steps[i];
        if (lab_thing(lab, other->id)->foreign)
            continue; // of our name, but it does not stand on ours
        if ((is_in(other->needs, step->id) || is_in(other->needs_made, step->id)) &&
            atomic_load(&lab_thing(lab, other->id)->live) > 0)
            violation(lab, "deleted while in use", step->id, other->id);
    }
}

enum probe toy_probe(struct step_ctx *ctx, struct err *err)
{
    struct lab *lab = lab_of(ctx);
    struct thing *t = lab_thing(lab, ctx->step->id);
    int call = arrive(lab);
    atomic_fetch_add(&t->probes, 1);
    leave(lab, call);
    if (once(&t->deny_probe)) {
        err_set(err, ERR_DENIED, "%s may not be looked at", t->id);
        return PROBE_FAILED;
    }
    if (t->foreign) {
        step_note(ctx, "belongs to somebody else");
        return PROBE_FOREIGN;
    }
    if (ctx->step->flags & STEP_CHECK)
        return PROBE_ABSENT;
    if (!atomic_load(&t->live) || clock_ms() < atomic_load(&t->visible_at))
        return PROBE_ABSENT;
    step_set(ctx, "id", t->id);
    if (!atomic_load(&t->differs))
        return PROBE_SAME;
    step_note(ctx, "is too small");
    return PROBE_DIFFERS;
}

// Folds the token to a number, so that it can be compared and swapped at once.
static unsigned long long number(const struct step_ctx *ctx)
{
    AUTO_FREE char *token = step_token(ctx, NULL);
    unsigned long long n = 1469598103934665603ull;
    for (const char *p = token; *p; p++)
        n = (n ^ (unsigned char)*p) * 1099511628211ull;
    return n;
}

static void create(struct lab *lab, struct thing *t, const struct step_ctx *ctx)
{
    if (t->token) {
        unsigned long long mine = number(ctx);
        if (atomic_exchange(&t->token_seen, mine) == mine)
            return; // the old answer again
    }
    int64_t now = clock_ms();
    atomic_store(&t->visible_at, now + t->lag_ms);
    atomic_store(&t->ready_at, now + t->wait_ms);
    atomic_fetch_add(&t->creations, 1);
    if (atomic_fetch_add(&t->live, 1) > 0)
        violation(lab, "created twice", t->id, "");
}

static bool lost(struct err *err, const char *id)
{
    err_set(err, ERR_NET, "no answer about %s", id);
    err->outcome_unknown = true;
    return false;
}

bool toy_apply(struct step_ctx *ctx, struct err *err)
{
    struct lab *lab = lab_of(ctx);
    struct thing *t = lab_thing(lab, ctx->step->id);
    int call = arrive(lab);
    atomic_fetch_add(&t->applies, 1);
    cancel_sleep(NULL, t->make_ms); // a call takes its time and is never interrupted here
    check_needs(lab, ctx->step);
    if (once(&t->deny))
        return err_set(err, ERR_DENIED, "%s is not allowed", t->id);
    if (once(&t->lose_before))
        return lost(err, t->id);
    if (ctx->exists) {
        atomic_fetch_add(&t->changes, 1);
        atomic_store(&t->differs, 0);
    } else if (!(ctx->step->flags & STEP_CHECK)) {
        create(lab, t, ctx);
    }
    leave(lab, call);
    if (once(&t->lose_after))
        return lost(err, t->id);
    step_set(ctx, "id", t->id);
    return true;
}

static enum poll is_ready(struct step_ctx *ctx, struct err *err)
{
    (void)err;
    struct thing *t = lab_thing(lab_of(ctx), ctx->step->id);
    step_note(ctx, "%s is PENDING", t->id);
    return clock_ms() >= atomic_load(&t->ready_at) ? POLL_DONE : POLL_AGAIN;
}

bool toy_wait(struct step_ctx *ctx, struct err *err)
{
    struct lab *lab = lab_of(ctx);
    struct thing *t = lab_thing(lab, ctx->step->id);
    int call = arrive(lab);
    atomic_fetch_add(&t->waits, 1);
    leave(lab, call);
    if (once(&t->fail_wait))
        return err_set(err, ERR_REMOTE, "%s became FAILED", t->id);
    if (lab->poll)
        return step_poll(ctx, is_ready, err);
    while (clock_ms() < atomic_load(&t->ready_at))
        if (!cancel_sleep(ctx->cancel, 1))
            return err_set(err, ERR_CANCELLED, "stopped");
    return true;
}

bool toy_undo(struct step_ctx *ctx, struct err *err)
{
    struct lab *lab = lab_of(ctx);
    struct thing *t = lab_thing(lab, ctx->step->id);
    int call = arrive(lab);
    cancel_sleep(NULL, t->make_ms);
    if (once(&t->deny_undo))
        return err_set(err, ERR_DENIED, "%s may not be deleted", t->id);
    check_unused(lab, ctx->step);
    if (atomic_exchange(&t->live, 0) > 0)
        atomic_fetch_add(&t->deletions, 1);
    leave(lab, call);
    if (once(&t->lose_after))
        return lost(err, t->id);
    return true;
}

static void emit(void *context, const struct event *event)
{
    struct lab *lab = context;
    if (lab->cancel_at && event->type == EVENT_STEP_STARTED &&
        str_eq(event->step->id, lab->cancel_at))
        cancel_request(&lab->cancel);
    if (lab->told_count == TOY_EVENTS)
        return;
    struct told *t = &lab->told[lab->told_count++];
    t->type = event->type;
    snprintf(t->step, sizeof t->step, "%s", event->step ? event->step->id : "");
    snprintf(t->word, sizeof t->word, "%s", event->word ? event->word : "");
    snprintf(t->text, sizeof t->text, "%s", event->text ? event->text : "");
}

const struct told *lab_find(const struct lab *lab, enum event_type type, const char *step)
{
    for (size_t i = 0; i < lab->told_count; i++)
        if (lab->told[i].type == type && (!step || str_eq(lab->told[i].step, step)))
            return &lab->told[i];
    return NULL;
}

size_t lab_told(const struct lab *lab, enum event_type type, const char *step)
{
    size_t n = 0;
    for (size_t i = 0; i < lab->told_count; i++)
        n += lab->told[i].type == type && (!step || str_eq(lab->told[i].step, step));
    return n;
}

void lab_init(struct lab *lab, const struct step *const *steps, size_t count)
{
    *lab = (struct lab){.steps = steps, .step_count = count};
    lab->cloud =
        mmap(NULL, sizeof *lab->cloud, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lab->cloud == MAP_FAILED || count > TOY_THINGS)
        abort();
    lab->cloud->count = count;
    for (size_t i = 0; i < count; i++)
        snprintf(lab->cloud->things[i].id, sizeof lab->cloud->things[i].id, "%s", steps[i]->id);
    char pattern[] = "/tmp/forest-engine-XXXXXX";
    if (!mkdtemp(pattern))
        abort();
    lab->dir = mem_strdup(pattern);
    lab->told = mem_calloc(TOY_EVENTS, sizeof *lab->told);
    cancel_init(&lab->cancel);
}

void lab_clear(struct lab *lab)
{
    lab_close(lab);
    fs_remove_tree(lab->dir, NULL);
    mem_free(lab->dir);
    mem_free(lab->told);
    cancel_clear(&lab->cancel);
    munmap(lab->cloud, sizeof *lab->cloud);
}

bool lab_open(struct lab *lab, struct err *err)
{
    const struct journal_identity identity = {
        .name = "demo", .account = "123456789012", .region = "eu-west-3", .stack = "stack-1"};
    lab->facts = facts_new();
    lab->told_count = 0;
    lab->options = (struct engine_options){
        .steps = lab->steps,
        .step_count = lab->step_count,
        .world = lab,
        .facts = lab->facts,
        .cancel = &lab->cancel,
        .sink = {.emit = emit, .context = lab},
        .workers = 8,
        .settle_ms = lab->options.settle_ms ? lab->options.settle_ms : 300,
    };
    if (!journal_open(&lab->journal, lab->dir, &identity, err))
        return false;
    lab->options.journal = lab->journal;
    return true;
}

void lab_close(struct lab *lab)
{
    journal_close(lab->journal);
    lab->journal = NULL;
    facts_free(lab->facts);
    lab->facts = NULL;
}

bool lab_plan(struct lab *lab, enum step_mode mode, struct plan *plan, struct err *err)
{
    lab->options.mode = mode;
    return engine_plan(&lab->options, plan, err);
}

static bool whole(struct lab *lab, enum step_mode mode, struct err *err)
{
    struct plan plan;
    struct summary summary = {0};
    bool ok = lab_plan(lab, mode, &plan, err);
    if (ok)
        ok = mode == STEP_MODE_DESTROY ? engine_destroy(&lab->options, &plan, &summary, err)
                                       : engine_apply(&lab->options, &plan, &summary, err);
    engine_summary_clear(&summary);
    engine_plan_clear(&plan);
    return ok;
}

bool lab_apply(struct lab *lab, struct err *err)
{
    return whole(lab, STEP_MODE_PLAN, err);
}

bool lab_destroy(struct lab *lab, struct err *err)
{
    return whole(lab, STEP_MODE_DESTROY, err);
}

char *lab_journal_text(const struct lab *lab, size_t *length)
{
    AUTO_FREE char *path = mem_printf("%s/demo/journal", lab->dir);
    struct str text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, NULL))
        abort();
    *length = text.len;
    return str_take(&text);
}

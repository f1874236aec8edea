// SPDX-License-Identifier: MIT
// What a step may use while it runs. All of it works without an engine behind the context, so that
// a step can be tried alone.
#include "backend/engine/step.h"

#include <stdarg.h>

#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/str.h"
#include "backend/codec/hash.h"
#include "backend/engine/internal.h"

enum {
    POLL_PAUSE_MIN_MS = 150,
    POLL_PAUSE_MAX_MS = 4000,
    POLL_LIMIT_S = 60,
    NOTE_AGAIN_MS = 10000,
    STOP_SLICE_MS = 50, // another step's failure sets a flag only; noticed within this
    TOKEN_CHARS = 32,   // fits ECS (36), EC2 (64) and Secrets Manager (32 to 64)
};

void step_set(struct step_ctx *ctx, const char *name, const char *value)
{
    AUTO_FREE char *key = mem_printf("%s.%s", ctx->step->id, name);
    facts_set(ctx->facts, key, value);
}

const char *step_own(const struct step_ctx *ctx, const char *name)
{
    AUTO_FREE char *key = mem_printf("%s.%s", ctx->step->id, name);
    return facts_get(ctx->facts, key);
}

const char *step_fact(const struct step_ctx *ctx, const char *key)
{
    return facts_get(ctx->facts, key);
}

const char *step_need(const struct step_ctx *ctx, const char *key, struct err *err)
{
    const char *value = facts_get(ctx->facts, key);
    if (!value)
        err_set(err, ERR_INTERNAL, "%s needs %s, which no step has found out", ctx->step->id, key);
    return value;
}

const char *step_recorded(const struct step_ctx *ctx, const char *name)
{
    const struct step_run *run = ctx->engine;
    const struct journal_step *record = run ? engine_record(run->engine, ctx->step) : NULL;
    return record ? json_str(record->facts, name) : NULL;
}

static void emit(struct step_ctx *ctx, struct event event)
{
    struct step_run *run = ctx->engine;
    if (!run)
        return;
    event.step = ctx->step;
    engine_emit(run->engine, event);
}

void step_note(struct step_ctx *ctx, const char *format, ...)
{
    struct step_run *run = ctx->engine;
    if (!run)
        return;
    va_list args;
    va_start(args, format);
    char *note = mem_vprintf(format, args);
    va_end(args);
    // A wait says the same for minutes; whoever prints some of it must hear it again.
    bool news = !str_eq(run->note, note) || clock_ms() - run->noted_ms >= NOTE_AGAIN_MS;
    mem_free(run->note);
    run->note = note;
    // While probing, the note is the plan's text and told with the plan's item.
    if (!news || run->phase == PHASE_PROBE)
        return;
    run->noted_ms = clock_ms();
    emit(ctx, (struct event){.type = EVENT_STEP_NOTE, .word = run->word, .text = note});
}

void step_log(struct step_ctx *ctx, const char *line)
{
    emit(ctx, (struct event){.type = EVENT_STEP_LOG, .text = line});
}

void step_bytes(struct step_ctx *ctx, int64_t done, int64_t total)
{
    emit(ctx, (struct event){.type = EVENT_STEP_BYTES, .done = done, .total = total});
}

void step_warn(struct step_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    emit(ctx, (struct event){.type = EVENT_WARNING, .text = text});
}

char *step_token(const struct step_ctx *ctx, const char *variant)
{
    const struct step_run *run = ctx->engine;
    const struct journal *journal = run ? run->engine->options->journal : NULL;
    AUTO_FREE char *generation = mem_printf("%u", ctx->generation);
    AUTO_FREE char *hash = hash_texts("forest-setup token", journal ? journal_salt(journal) : "",
                                      ctx->step->id, generation, variant ? variant : "", NULL);
    const char *digits = str_starts(hash, "sha256:") ? hash + 7 : hash;
    return mem_strndup(digits, TOKEN_CHARS);
}

// Must what this step is doing end now?
static bool interrupted(const struct step_ctx *ctx)
{
    const struct step_run *run = ctx->engine;
    if (cancel_requested(ctx->cancel))
        return true;
    return run && run->phase != PHASE_WORK && engine_stopped(run->engine);
}

static bool sleep_unless_interrupted(struct step_ctx *ctx, int64_t ms)
{
    int64_t end = clock_ms() + ms;
    for (;;) {
        int64_t left = end - clock_ms();
        if (interrupted(ctx))
            return false;
        if (left <= 0)
            return true;
        if (!cancel_sleep(ctx->cancel, left < STOP_SLICE_MS ? left : STOP_SLICE_MS))
            return false;
    }
}

static int64_t pause_after(int64_t waited_ms)
{
    int64_t pause = waited_ms * 5 / 100;
    if (pause < POLL_PAUSE_MIN_MS)
        pause = POLL_PAUSE_MIN_MS;
    if (pause > POLL_PAUSE_MAX_MS)
        pause = POLL_PAUSE_MAX_MS;
    unsigned char dice;
    random_bytes(&dice, 1);
    // Up to a tenth more or less, so that steps that started together do not ask together.
    return pause * (230 + dice % 52) / 256;
}

static bool stopped(struct err *err)
{
    return err_set(err, ERR_CANCELLED, "stopped while waiting");
}

static bool too_long(const struct step_ctx *ctx, int64_t limit_s, struct err *err)
{
    const struct step_run *run = ctx->engine;
    const char *note = run && run->note ? run->note : "no word from it";
    err_set(err, ERR_REMOTE, "%s was not ready after %lld seconds: %s", ctx->step->title,
            (long long)limit_s, note);
    return err_remedy(err, "Run resume: it goes on waiting where this ended.");
}

bool step_poll(struct step_ctx *ctx, enum poll (*look)(struct step_ctx *ctx, struct err *err),
               struct err *err)
{
    int64_t limit_s = ctx->step->limit_s ? ctx->step->limit_s : POLL_LIMIT_S;
    int64_t start = clock_ms();
    for (;;) {
        // Judged before the look: a machine that slept through the limit still looks once more.
        int64_t waited = clock_ms() - start;
        if (interrupted(ctx))
            return stopped(err);
        ERR_AUTO why = {0};
        switch (look(ctx, &why)) {
        case POLL_DONE: return true;
        case POLL_FAILED: err_move(err, &why); return false;
        case POLL_AGAIN: break;
        }
        if (waited >= limit_s * 1000)
            return too_long(ctx, limit_s, err);
        if (!sleep_unless_interrupted(ctx, pause_after(waited)))
            return stopped(err);
    }
}

bool step_retry(struct step_ctx *ctx, unsigned limit_s,
                bool (*attempt)(struct step_ctx *ctx, struct err *err),
                bool (*retryable)(const struct err *err), struct err *err)
{
    int64_t start = clock_ms();
    for (;;) {
        int64_t waited = clock_ms() - start;
        ERR_AUTO why = {0};
        if (attempt(ctx, &why))
            return true;
        // An unknown outcome is for the engine: it looks before anything is sent again.
        if (why.outcome_unknown || waited >= (int64_t)limit_s * 1000 || !retryable(&why)) {
            err_move(err, &why);
            return false;
        }
        if (!sleep_unless_interrupted(ctx, pause_after(waited)))
            return stopped(err);
    }
}

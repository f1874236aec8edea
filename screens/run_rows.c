// SPDX-License-Identifier: MIT
#include "screens/run_rows.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { SLOW_PERCENT = 130, MIB = 1024 * 1024, OPEN_MAX = 31, TOLD_MS = 1000 };

struct run_row {
    char *key;
    char *title, *count, *text, *below, *right;
    bool inside; // a step of the group above it
    enum sign sign;
    enum view_state state;
    bool watched; // failed, or at work
    int64_t since_ms;
};

void run_rows_clear(struct run_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct run_row *r = &rows->items[i];
        char *texts[] = {r->key, r->title, r->count, r->text, r->below, r->right};
        for (size_t t = 0; t < ARRAY_LEN(texts); t++)
            mem_free(texts[t]);
    }
    mem_free(rows->items);
    rows->items = NULL;
    rows->count = 0;
}

static struct run_row *add(struct run_rows *rows)
{
    struct run_row *r = &rows->items[rows->count++];
    *r = (struct run_row){.sign = SIGNS};
    return r;
}

// ---- one step

static const struct {
    enum sign sign;
    enum view_state state;
    const char *word;
} looks[] = {
    [RUN_STEP_TODO] = {SIGN_TODO, VIEW_QUIET, "to do"},
    [RUN_STEP_BUSY] = {SIGN_BUSY, VIEW_BUSY, "at work"},
    [RUN_STEP_OK] = {SIGN_GOOD, VIEW_GOOD, "done"},
    [RUN_STEP_BAD] = {SIGN_BAD, VIEW_BAD, "failed"},
    [RUN_STEP_NOT_RUN] = {SIGN_TODO, VIEW_QUIET, "not started"},
};

static char *usual_text(const struct run_step *step, int64_t now_ms)
{
    if (step->usual_s < 2)
        return mem_strdup(looks[RUN_STEP_BUSY].word);
    int64_t usual = (int64_t)step->usual_s * 1000;
    AUTO_FREE char *time = run_time(usual);
    bool slow = (now_ms - step->started_ms) * 100 > usual * SLOW_PERCENT;
    return mem_printf("usually %s%s", time, slow ? ", slower than usual" : "");
}

static char *bytes_text(const struct run_step *step)
{
    double done = (double)step->bytes_done / MIB;
    if (step->bytes_total <= 0)
        return mem_printf("%.1f MB sent", done);
    return mem_printf("%.1f of %.1f MB", done, (double)step->bytes_total / MIB);
}

// When all has been sent, what it still waits for is something else.
static bool moves_bytes(const struct run_step *step)
{
    return step->bytes_done > 0 && step->bytes_done != step->bytes_total;
}

static char *step_text(const struct run_step *step, int64_t now_ms)
{
    switch (step->state) {
    case RUN_STEP_BUSY: return moves_bytes(step) ? bytes_text(step) : usual_text(step, now_ms);
    case RUN_STEP_OK: return step->note ? mem_strdup(step->note) : NULL;
    case RUN_STEP_NOT_RUN:
        if (step->started_ms)
            return mem_strdup("stopped");
        break;
    case RUN_STEP_TODO:
    case RUN_STEP_BAD: break;
    }
    return mem_strdup(looks[step->state].word);
}

static char *step_time(const struct run_step *step, int64_t now_ms)
{
    if (!step->started_ms)
        return NULL;
    return run_time((step->ended_ms ? step->ended_ms : now_ms) - step->started_ms);
}

static void add_step(struct run_rows *rows, const struct run_step *step, int64_t now_ms)
{
    struct run_row *r = add(rows);
    r->key = mem_printf("s:%s", step->id);
    r->title = mem_strdup(step->title);
    r->inside = true;
    r->text = step_text(step, now_ms);
    // A finished step tells its note in its own line.
    r->below = step->note && step->state != RUN_STEP_OK ? mem_strdup(step->note) : NULL;
    r->right = step_time(step, now_ms);
    r->sign = looks[step->state].sign;
    r->state = looks[step->state].state;
    r->watched = step->state == RUN_STEP_BUSY || step->state == RUN_STEP_BAD;
    r->since_ms = step->started_ms;
}

// ---- a group

struct tally {
    const char *group;
    size_t count[RUN_STEP_NOT_RUN + 1];
    size_t all;
    int64_t first_ms, last_ms;
};

static struct tally tally_of(const struct run *run, const char *group)
{
    struct tally t = {.group = group};
    for (size_t i = 0; i < run->step_count; i++) {
        const struct run_step *s = &run->steps[i];
        if (!str_eq(s->group, group))
            continue;
        t.count[s->state]++;
        t.all++;
        if (s->started_ms && (!t.first_ms || s->started_ms < t.first_ms))
            t.first_ms = s->started_ms;
        if (s->ended_ms > t.last_ms)
            t.last_ms = s->ended_ms;
    }
    return t;
}

static void add_titles(struct str *s, const struct run *run, const char *group,
                       enum run_step_state state, const char *lead)
{
    size_t n = 0;
    for (size_t i = 0; i < run->step_count; i++)
        if (run->steps[i].state == state && str_eq(run->steps[i].group, group))
            str_addf(s, "%s%s", n++ ? ", " : lead, run->steps[i].title);
}

// What a group has done; while it is at it, what comes next.
static char *group_text(const struct run *run, const struct tally *t)
{
    struct str s = {0};
    str_init(&s, STR_LINE);
    bool done = t->count[RUN_STEP_OK] == t->all;
    bool begun = t->count[RUN_STEP_TODO] + t->count[RUN_STEP_NOT_RUN] < t->all;
    if (done)
        add_titles(&s, run, t->group, RUN_STEP_OK, "");
    add_titles(&s, run, t->group, RUN_STEP_TODO, begun ? "then " : "");
    add_titles(&s, run, t->group, RUN_STEP_NOT_RUN, "still to do: ");
    return str_take(&s);
}

static enum run_step_state group_state(const struct tally *t)
{
    if (t->count[RUN_STEP_BAD])
        return RUN_STEP_BAD;
    if (t->count[RUN_STEP_BUSY])
        return RUN_STEP_BUSY;
    if (t->count[RUN_STEP_OK] == t->all)
        return RUN_STEP_OK;
    return t->count[RUN_STEP_NOT_RUN] ? RUN_STEP_NOT_RUN : RUN_STEP_TODO;
}

static char *group_count(const struct tally *t)
{
    size_t done = t->count[RUN_STEP_OK];
    if (done == t->all)
        return mem_printf("%zu done", done);
    if (done || t->count[RUN_STEP_BUSY] || t->count[RUN_STEP_BAD])
        return mem_printf("%zu of %zu", done, t->all);
    return mem_printf("%zu to do", t->all);
}

static void add_group(struct run_rows *rows, const struct run *run, const char *group, bool open,
                      int64_t now_ms)
{
    struct tally t = tally_of(run, group);
    enum run_step_state state = group_state(&t);
    struct run_row *r = add(rows);
    r->key = mem_printf("g:%s", group);
    r->title = mem_strdup(run_group_words(group));
    r->count = group_count(&t);
    r->text = open ? NULL : group_text(run, &t);
    r->sign = looks[state].sign;
    r->state = looks[state].state;
    if (state == RUN_STEP_OK && t.last_ms - t.first_ms >= TOLD_MS)
        r->right = run_time(t.last_ms - t.first_ms);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct run_step *s = &run->steps[i];
        bool shown = open || s->state == RUN_STEP_BAD || s->state == RUN_STEP_BUSY;
        if (shown && str_eq(s->group, group))
            add_step(rows, s, now_ms);
    }
}

void run_rows_build(struct run_rows *rows, const struct run *run, int64_t now_ms)
{
    run_rows_clear(rows);
    // A line a step at most, and one a group, of which there are no more than steps.
    rows->items = mem_calloc(run->step_count * 2 + 1, sizeof *rows->items);
    size_t groups = run_group_count(run);
    for (size_t g = 0; g < groups; g++)
        add_group(rows, run, run_group(run, g), g <= OPEN_MAX && rows->open >> g & 1U, now_ms);
}

void run_rows_get(void *context, size_t index, struct view_list_row *out)
{
    const struct run_rows *rows = context;
    const struct run_row *r = &rows->items[index];
    *out = (struct view_list_row){
        .key = r->key,
        .columns = {r->title, r->count},
        .indent = r->inside,
        .status = {.state = r->state, .text = r->text},
        .below_chosen = r->below,
        .sign = r->sign,
        .right = r->right,
    };
}

static const char *group_of_key(const struct run *run, const char *key)
{
    const char *colon = strchr(key, ':');
    if (!colon)
        return NULL;
    if (*key != 's')
        return colon + 1;
    for (size_t i = 0; i < run->step_count; i++)
        if (str_eq(run->steps[i].id, colon + 1))
            return run->steps[i].group;
    return NULL;
}

void run_rows_toggle(struct run_rows *rows, const struct run *run, const char *key)
{
    const char *group = group_of_key(run, key);
    size_t groups = run_group_count(run);
    for (size_t g = 0; group && g < groups && g <= OPEN_MAX; g++)
        if (str_eq(run_group(run, g), group))
            rows->open ^= 1U << g;
}

const char *run_rows_watch(const struct run_rows *rows)
{
    const struct run_row *best = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct run_row *r = &rows->items[i];
        if (!r->watched)
            continue;
        if (r->sign == SIGN_BAD)
            return r->key;
        if (!best || r->since_ms < best->since_ms)
            best = r;
    }
    return best ? best->key : NULL;
}

const struct run_step *run_longest(const struct run *run)
{
    const struct run_step *best = NULL;
    for (size_t i = 0; i < run->step_count; i++) {
        const struct run_step *s = &run->steps[i];
        if (s->state == RUN_STEP_BUSY && (!best || s->started_ms < best->started_ms))
            best = s;
    }
    return best;
}

char *run_looking_text(const struct run *run)
{
    static const char words[] = "looking at what is there already";
    if (!run->to_look)
        return mem_strdup(words);
    return mem_printf("%s, %u of %u", words, run->looked, run->to_look);
}

char *run_clock_text(const struct run *run, int64_t now_ms)
{
    AUTO_FREE char *passed = run_time((run->ended_ms ? run->ended_ms : now_ms) - run->started_ms);
    int64_t left = run->ended_ms ? -1 : run_left_ms(run, now_ms);
    if (left < 0)
        return mem_steal(passed);
    AUTO_FREE char *rest = run_time(left);
    return mem_printf("%s · about %s left", passed, rest);
}

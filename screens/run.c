// SPDX-License-Identifier: MIT
// The model of a run: what was planned, what has happened, what is left. The job behind it is in
// run_job.c.
#include "screens/run.h"

#include <stdarg.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

enum { LOG_LINE_CHARS = 1000, OVERDUE_MIN_MS = 1000, OVERDUE_PART = 10, MADE_MS = 3000 };

static unsigned serials; // UI thread only

struct run *run_new(enum core_run what, int64_t now_ms)
{
    struct run *run = mem_calloc(1, sizeof *run);
    run->what = what;
    run->started_ms = now_ms;
    run->log = mem_calloc(RUN_LOG_LINES, sizeof *run->log);
    run->serial = ++serials;
    return run;
}

static void step_clear(struct run_step *step)
{
    char *texts[] = {step->id, step->title, step->group, step->note, step->action};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    mem_free(step->needs);
    mem_free(step->needs_made);
    *step = (struct run_step){0};
}

static void clear_steps(struct run *run)
{
    for (size_t i = 0; i < run->step_count; i++)
        step_clear(&run->steps[i]);
    mem_free(run->steps);
    run->steps = NULL;
    run->step_count = 0;
}

static void pause_clear(struct run_pause *p)
{
    char **all[] = {&p->text, &p->remedy, &p->code, &p->profile};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        str_replace(all[i], NULL);
}

void run_free(struct run *run)
{
    if (!run)
        return;
    clear_steps(run);
    for (size_t i = 0; i < run->log_count; i++)
        mem_free(run->log[i]);
    mem_free(run->log);
    for (size_t i = 0; i < run->told_count; i++)
        mem_free(run->told[i]);
    mem_free(run->told);
    mem_free(run->looking);
    mem_free(run->name);
    mem_free(run->account);
    mem_free(run->region);
    mem_free(run->warning);
    pause_clear(&run->pause);
    json_free(run->result);
    err_clear(&run->err);
    mem_free(run);
}

// ---- the plan

static size_t find(const struct run *run, const char *id)
{
    size_t i = 0;
    while (i < run->step_count && !str_eq(run->steps[i].id, id))
        i++;
    return i;
}

static bool is_change(const char *action)
{
    return str_eq(action, "create") || str_eq(action, "change") || str_eq(action, "delete");
}

// What a destroy leaves alone is no part of the run.
static bool is_kept(const struct json *item)
{
    return str_eq(json_str(item, "action"), "keep");
}

static void fill_step(struct run_step *step, const struct json *item)
{
    step->id = mem_strdup(json_str_or(item, "id", ""));
    step->title = mem_strdup(json_str_or(item, "title", step->id));
    step->group = mem_strdup(json_str_or(item, "group", ""));
    step->action = mem_strdup(json_str_or(item, "action", ""));
    step->changes = is_change(step->action);
    // What is there already takes a look; only checks and changes are waited for.
    if (step->changes || str_eq(step->action, "check"))
        step->usual_s = (unsigned)json_int(item, "usual_s", 0);
}

static size_t *indices(const struct run *run, const struct json *ids, size_t *out_count)
{
    size_t *list = mem_calloc(json_count(ids) + 1, sizeof *list);
    *out_count = 0;
    for (const struct json *n = json_first(ids); n; n = json_next(n)) {
        size_t index = find(run, json_text(n));
        if (index < run->step_count)
            list[(*out_count)++] = index;
    }
    return list;
}

static void fill_needs(const struct run *run, struct run_step *step, const struct json *item)
{
    step->needs = indices(run, json_get(item, "needs"), &step->need_count);
    step->needs_made = indices(run, json_get(item, "needs_made"), &step->made_count);
}

void run_planned(struct run *run, const struct json *plan, int64_t now_ms)
{
    const struct json *items = json_get(plan, "items");
    clear_steps(run);
    run->steps = mem_calloc(json_count(items) + 1, sizeof *run->steps);
    for (const struct json *i = json_first(items); i; i = json_next(i))
        if (!is_kept(i))
            fill_step(&run->steps[run->step_count++], i);
    size_t n = 0;
    for (const struct json *i = json_first(items); i; i = json_next(i))
        if (!is_kept(i))
            fill_needs(run, &run->steps[n++], i);
    str_replace(&run->name, json_str(plan, "name"));
    str_replace(&run->account, json_str(plan, "account"));
    str_replace(&run->region, json_str(plan, "region"));
    run->failed = run->step_count;
    run->of = (unsigned)run->step_count;
    run->finished = 0;
    // Elapsed time counts from here: planning is not part of what the plan promised.
    run->started_ms = now_ms;
    if (run->state == RUN_PLANNING)
        run->state = RUN_RUNNING;
}

// ---- events

static void keep_line(struct run *run, const char *text)
{
    AUTO_FREE char *clean = secret_scrub(text ? text : "");
    if (run->log_count == RUN_LOG_LINES) {
        mem_free(run->log[0]);
        memmove(run->log, run->log + 1, (RUN_LOG_LINES - 1) * sizeof *run->log);
        run->log_count--;
    }
    run->log[run->log_count++] = text_safe(clean, LOG_LINE_CHARS);
}

__attribute__((format(printf, 2, 3))) static void tell(struct run *run, const char *format, ...)
{
    if (run->told_count == RUN_TOLD_LINES)
        return;
    va_list args;
    va_start(args, format);
    AUTO_FREE char *line = mem_vprintf(format, args);
    va_end(args);
    run->told = mem_realloc(run->told, run->told_count + 1, sizeof *run->told);
    run->told[run->told_count++] = secret_scrub(line);
}

static void tell_step(struct run *run, const struct run_step *step, const struct event *event)
{
    AUTO_FREE char *usual = run_time((int64_t)step->usual_s * 1000);
    AUTO_FREE char *took = run_time(step->ended_ms - step->started_ms);
    if (event->type == EVENT_STEP_STARTED && step->usual_s >= 10)
        tell(run, "started: %s, usually %s", step->title, usual);
    else if (event->type == EVENT_STEP_DONE && step->changes)
        tell(run, "done: %s, %s (%u of %u)", step->title, took, event->finished, event->of);
    else if (event->type == EVENT_STEP_DONE)
        tell(run, "in order: %s (%u of %u)", step->title, event->finished, event->of);
    else if (event->type == EVENT_STEP_FAILED)
        tell(run, "%s: %s, after %s", step->state == RUN_STEP_BAD ? "failed" : "stopped",
             step->title, took);
    else if (event->type == EVENT_STEP_LOG)
        tell(run, "log: %s", run->log[run->log_count - 1]);
}

// A step that the plan did not name (a destroy finds some): it is told all the same.
static struct run_step *step_of(struct run *run, const struct step *step)
{
    size_t index = find(run, step->id);
    if (index < run->step_count)
        return &run->steps[index];
    if (run->failed == run->step_count)
        run->failed++;
    run->steps = mem_realloc(run->steps, run->step_count + 1, sizeof *run->steps);
    struct run_step *added = &run->steps[run->step_count++];
    *added = (struct run_step){.id = mem_strdup(step->id),
                               .title = mem_strdup(step->title),
                               .group = mem_strdup(step->group ? step->group : ""),
                               .action = mem_strdup("")};
    return added;
}

static void step_event(struct run *run, struct run_step *step, const struct event *event,
                       int64_t now_ms)
{
    switch (event->type) {
    case EVENT_STEP_STARTED:
        step->state = RUN_STEP_BUSY;
        step->started_ms = now_ms;
        step->changes = step->changes || is_change(event->word);
        break;
    case EVENT_STEP_NOTE: str_replace(&step->note, event->text); break;
    case EVENT_STEP_BYTES:
        step->bytes_done = event->done;
        step->bytes_total = event->total;
        break;
    case EVENT_STEP_LOG: keep_line(run, event->text); break;
    case EVENT_STEP_DONE:
        step->state = RUN_STEP_OK;
        step->ended_ms = now_ms;
        if (!step->started_ms)
            step->started_ms = now_ms - event->duration_ms;
        if (event->text)
            str_replace(&step->note, event->text);
        break;
    case EVENT_STEP_FAILED:
        step->ended_ms = now_ms;
        // Stopped by the user is not failed.
        if (event->err && event->err->kind == ERR_CANCELLED) {
            step->state = RUN_STEP_NOT_RUN;
            break;
        }
        step->state = RUN_STEP_BAD;
        if (event->err && event->err->message)
            str_replace(&step->note, event->err->message);
        if (run->failed == run->step_count)
            run->failed = (size_t)(step - run->steps);
        break;
    case EVENT_STEP_WAITING: step->state = RUN_STEP_NOT_RUN; break;
    case EVENT_PLAN_ITEM:
    case EVENT_WARNING: break;
    }
}

// While it is looked at what is there: how far that is, and what takes its time.
static void look_event(struct run *run, const struct event *event)
{
    if (event->type == EVENT_PLAN_ITEM) {
        run->looked = event->finished;
        run->to_look = event->of;
        return;
    }
    AUTO_FREE char *text = mem_printf("%s %s", event->step->title, event->text);
    str_replace(&run->looking, text);
    tell(run, "%s", text);
}

// The run pauses, or goes on.
static void pause_event(struct run *run, const struct event *event)
{
    struct run_pause *p = &run->pause;
    pause_clear(p);
    tell(run, "%s", event->text);
    if (!str_eq(event->word, EVENT_WORD_LOGIN))
        return;
    str_replace(&p->text, event->text);
    str_replace(&p->profile, event->profile);
    str_replace(&p->code, event->err ? event->err->code : NULL);
    str_replace(&p->remedy, event->err ? event->err->remedy : NULL);
    p->count++;
    if (p->remedy)
        tell(run, "%s", p->remedy);
}

void run_event(struct run *run, const struct event *event, int64_t now_ms)
{
    bool login = str_eq(event->word, EVENT_WORD_LOGIN) || str_eq(event->word, EVENT_WORD_SIGNED_IN);
    if (event->type == EVENT_WARNING && login)
        pause_event(run, event);
    else if (event->type == EVENT_WARNING)
        str_replace(&run->warning, event->text);
    if (run->state == RUN_PLANNING && event->step &&
        (event->type == EVENT_PLAN_ITEM || str_eq(event->word, EVENT_WORD_SETTLE))) {
        look_event(run, event);
        return;
    }
    if (event->type == EVENT_WARNING || event->type == EVENT_PLAN_ITEM || !event->step)
        return;
    struct run_step *step = step_of(run, event->step);
    step_event(run, step, event, now_ms);
    tell_step(run, step, event);
    if (event->of) {
        run->finished = event->finished;
        run->of = event->of;
    }
}

void run_ended(struct run *run, bool ok, struct json *result, struct err *err, int64_t now_ms)
{
    run->ended_ms = now_ms;
    pause_clear(&run->pause);
    json_free(run->result);
    run->result = result;
    run->state = ok ? RUN_DONE : err->kind == ERR_CANCELLED ? RUN_STOPPED : RUN_FAILED;
    if (ok)
        run->finished = run->of;
    else
        err_move(&run->err, err);
    size_t failed = find(run, json_str(result, "failed.id"));
    if (run->state == RUN_FAILED && failed < run->step_count)
        run->failed = failed;
    for (size_t i = 0; i < run->step_count; i++)
        if (run->steps[i].state == RUN_STEP_BUSY || run->steps[i].state == RUN_STEP_TODO)
            run->steps[i].state = RUN_STEP_NOT_RUN;
}

// ---- the time left

// What this step still takes. One that is overdue is given a tenth of what it has taken already:
// never 0, so that the clock does not stand still at the end.
static int64_t rest_of(const struct run_step *step, int64_t now_ms)
{
    int64_t usual = (int64_t)step->usual_s * 1000;
    if (step->state == RUN_STEP_TODO)
        return usual;
    if (step->state != RUN_STEP_BUSY)
        return 0;
    int64_t passed = now_ms - step->started_ms;
    if (passed < usual)
        return usual - passed;
    return passed / OVERDUE_PART > OVERDUE_MIN_MS ? passed / OVERDUE_PART : OVERDUE_MIN_MS;
}

// When it can start: what it needs has ended, what it needs made is made soon after its own start.
static int64_t start_of(const struct run *run, const struct run_step *step, const int64_t *end,
                        int64_t now_ms)
{
    int64_t latest = 0;
    for (size_t i = 0; i < step->need_count; i++)
        if (end[step->needs[i]] > latest)
            latest = end[step->needs[i]];
    for (size_t i = 0; i < step->made_count; i++) {
        int64_t rest = rest_of(&run->steps[step->needs_made[i]], now_ms);
        int64_t made = end[step->needs_made[i]] - rest + (rest < MADE_MS ? rest : MADE_MS);
        if (rest && made > latest)
            latest = made;
    }
    return latest;
}

int64_t run_left_ms(const struct run *run, int64_t now_ms)
{
    if (run->state == RUN_PLANNING || run->step_count == 0)
        return -1;
    int64_t *end = mem_calloc(run->step_count, sizeof *end);
    // The plan comes in dependency order, so one pass settles it; more are for a plan that does
    // not, and as many as there are steps end any cycle.
    bool changed = true;
    for (size_t pass = 0; changed && pass < run->step_count; pass++) {
        changed = false;
        for (size_t i = 0; i < run->step_count; i++) {
            const struct run_step *step = &run->steps[i];
            int64_t rest = rest_of(step, now_ms);
            // What is at work waits for nothing any more; what has ended takes no time.
            bool waits = step->state == RUN_STEP_TODO;
            int64_t e = (waits ? start_of(run, step, end, now_ms) : 0) + rest;
            changed |= e != end[i];
            end[i] = e;
        }
    }
    int64_t left = 0;
    for (size_t i = 0; i < run->step_count; i++)
        left = end[i] > left ? end[i] : left;
    mem_free(end);
    return left;
}

// ---- words

static const struct {
    const char *group, *words;
} groups[] = {
    {"network", "Network"},     {"permissions", "Permissions"}, {"secret", "Secret"},
    {"container", "Container"}, {"address", "Public address"},  {"checks", "Checks"},
};

const char *run_group_words(const char *group)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (str_eq(group, groups[i].group))
            return groups[i].words;
    return group;
}

static bool has_group(const struct run *run, const char *group)
{
    for (size_t i = 0; i < run->step_count; i++)
        if (str_eq(run->steps[i].group, group))
            return true;
    return false;
}

static bool known_group(const char *group)
{
    return run_group_words(group) != group;
}

// Is it the first step of its group, a group the table above does not know?
static bool opens_other(const struct run *run, size_t index)
{
    if (known_group(run->steps[index].group))
        return false;
    for (size_t i = 0; i < index; i++)
        if (str_eq(run->steps[i].group, run->steps[index].group))
            return false;
    return true;
}

const char *run_group(const struct run *run, size_t index)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (has_group(run, groups[i].group) && index-- == 0)
            return groups[i].group;
    for (size_t i = 0; i < run->step_count; i++)
        if (opens_other(run, i) && index-- == 0)
            return run->steps[i].group;
    return NULL;
}

size_t run_group_count(const struct run *run)
{
    size_t n = 0;
    while (run_group(run, n))
        n++;
    return n;
}

char *run_time(int64_t ms)
{
    long long s = ms > 0 ? ms / 1000 : 0;
    if (s >= 3600)
        return mem_printf("%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return mem_printf("%lld:%02lld", s / 60, s % 60);
}

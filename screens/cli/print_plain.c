// SPDX-License-Identifier: MIT
#include "screens/cli/print_plain.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

enum { TITLE_CHARS = 25, LINE_CHARS = 400, NOTE_EVERY_MS = 30000 };

struct plain_step {
    const struct step *step;
    int64_t started_ms; // wall
    int64_t heard_ms;
};

void plain_init(struct plain *plain, FILE *to)
{
    const char *term = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    *plain = (struct plain){.to = to, .terminal = isatty(fileno(to)) == 1};
    plain->colour = plain->terminal && !(no_color && *no_color) && term && !str_eq(term, "dumb");
    plain->utf8 = str_eq(nl_langinfo(CODESET), "UTF-8");
}

void plain_clear(struct plain *plain)
{
    mem_free(plain->steps);
    *plain = (struct plain){0};
}

const char *plain_glyph(const struct plain *plain, enum glyph glyph)
{
    static const char *const unicode[] = {"◐", "✔", "✘", "○", "│", "❯"};
    static const char *const ascii[] = {"*", "+", "x", "-", "|", ">"};
    return plain->utf8 ? unicode[glyph] : ascii[glyph];
}

char *plain_time(int64_t ms)
{
    long long s = ms < 0 ? 0 : (long long)(ms + 500) / 1000;
    if (s >= 3600)
        return mem_printf("%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    return mem_printf("%lld:%02lld", s / 60, s % 60);
}

// Without UTF-8 every character that is not ASCII becomes "?": half a character is worse.
static void to_ascii(char *text)
{
    char *out = text;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x80)
            *out++ = *p;
        else if ((c & 0xC0) == 0xC0)
            *out++ = '?';
    }
    *out = '\0';
}

static char *shown(const struct plain *plain, const char *text, size_t max_chars)
{
    AUTO_FREE char *scrubbed = secret_scrub(text ? text : "");
    char *safe = text_safe(scrubbed, max_chars);
    if (!plain->utf8)
        to_ascii(safe);
    return safe;
}

void plain_line(struct plain *plain, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO_FREE char *text = mem_vprintf(format, args);
    va_end(args);
    AUTO_FREE char *safe = shown(plain, text, (size_t)LINE_CHARS * 10);
    fprintf(plain->to, "%s\n", safe);
    fflush(plain->to);
}

char *plain_pad(const char *text, size_t chars)
{
    size_t shown_chars = 0;
    for (const char *p = text; *p; p++)
        shown_chars += ((unsigned char)*p & 0xC0) != 0x80; // the first byte of each character
    size_t missing = shown_chars < chars ? chars - shown_chars : 0;
    return mem_printf("%s%*s", text, (int)missing, "");
}

static const char *colour_of(enum glyph glyph)
{
    switch (glyph) {
    case GLYPH_DONE: return "\033[32m";
    case GLYPH_FAILED: return "\033[31m";
    case GLYPH_RUNNING:
    case GLYPH_HERE: return "\033[36m";
    case GLYPH_WAITING:
    case GLYPH_LOG: break;
    }
    return "\033[2m";
}

// " ✔ Title             text" and the time behind it.
static void row(struct plain *plain, enum glyph glyph, const char *title, const char *text,
                const char *time)
{
    AUTO_FREE char *safe_title = shown(plain, title, 60);
    AUTO_FREE char *safe_text = shown(plain, text, LINE_CHARS);
    AUTO_FREE char *padded = plain_pad(safe_title, TITLE_CHARS);
    fprintf(plain->to, " %s%s%s %s  %s", plain->colour ? colour_of(glyph) : "",
            plain_glyph(plain, glyph), plain->colour ? "\033[0m" : "", padded, safe_text);
    if (time)
        fprintf(plain->to, "%s%s", *safe_text ? "  " : "", time);
    fputc('\n', plain->to);
    fflush(plain->to);
}

static struct plain_step *known_step(struct plain *plain, const struct step *step)
{
    for (size_t i = 0; i < plain->step_count; i++)
        if (plain->steps[i].step == step)
            return &plain->steps[i];
    plain->steps = mem_realloc(plain->steps, plain->step_count + 1, sizeof *plain->steps);
    plain->steps[plain->step_count] = (struct plain_step){.step = step};
    return &plain->steps[plain->step_count++];
}

static void started(struct plain *plain, const struct event *e)
{
    struct plain_step *s = known_step(plain, e->step);
    s->started_ms = s->heard_ms = e->wall_ms;
    if (e->step->usual_s < 5) // its end comes at once
        return;
    AUTO_FREE char *usual = plain_time((int64_t)e->step->usual_s * 1000);
    AUTO_FREE char *text = mem_printf("%s, usually %s", e->word ? e->word : "", usual);
    row(plain, GLYPH_RUNNING, e->step->title, text, NULL);
}

// A wait is heard of twice a minute, not at every poll.
static void noted(struct plain *plain, const struct event *e)
{
    if (str_eq(e->word, EVENT_WORD_SETTLE)) {
        row(plain, GLYPH_RUNNING, e->step->title, e->text, NULL);
        return;
    }
    struct plain_step *s = known_step(plain, e->step);
    if (!s->started_ms || e->wall_ms - s->heard_ms < NOTE_EVERY_MS)
        return;
    s->heard_ms = e->wall_ms;
    AUTO_FREE char *time = plain_time(e->wall_ms - s->started_ms);
    row(plain, GLYPH_RUNNING, e->step->title, e->text, time);
}

static void finished(struct plain *plain, const struct event *e)
{
    AUTO_FREE char *time = plain_time(e->duration_ms);
    if (e->duration_ms < 1000)
        time[0] = '\0'; // most are: a column of zeros says nothing
    AUTO_FREE char *count =
        e->of ? mem_printf("%s%s%u of %u", time, *time ? "  " : "", e->finished, e->of)
              : mem_strdup(time);
    row(plain, GLYPH_DONE, e->step->title, e->text ? e->text : e->word, count);
}

static void failed(struct plain *plain, const struct event *e)
{
    AUTO_FREE char *time = plain_time(e->duration_ms);
    row(plain, GLYPH_FAILED, e->step->title, e->err ? e->err->message : e->text, time);
}

void plain_event(void *context, const struct event *e)
{
    struct plain *plain = context;
    if (!e->step) { // only a warning can be about no step
        if (e->type == EVENT_WARNING)
            row(plain, GLYPH_HERE, "note", e->text, NULL);
        if (e->type == EVENT_WARNING && e->err && e->err->remedy)
            plain_line(plain, "   %s", e->err->remedy);
        return;
    }
    const char *title = e->step->title;
    switch (e->type) {
    case EVENT_STEP_STARTED: started(plain, e); break;
    case EVENT_STEP_NOTE: noted(plain, e); break;
    case EVENT_STEP_DONE: finished(plain, e); break;
    case EVENT_STEP_FAILED: failed(plain, e); break;
    case EVENT_STEP_LOG: row(plain, GLYPH_LOG, title, e->text, NULL); break;
    case EVENT_STEP_WAITING: row(plain, GLYPH_WAITING, title, e->text, NULL); break;
    case EVENT_WARNING: row(plain, GLYPH_HERE, title, e->text, NULL); break;
    case EVENT_PLAN_ITEM: // plain_plan() shows them together
    case EVENT_STEP_BYTES: break;
    }
}

static const char *plan_heading(enum plan_action action)
{
    switch (action) {
    case PLAN_CREATE: return "Will create";
    case PLAN_CHANGE: return "Will change";
    case PLAN_REUSE: return "Will reuse";
    case PLAN_CHECK: return "Will check";
    case PLAN_BLOCKED: return "Cannot be done";
    }
    return "";
}

static enum glyph plan_glyph(enum plan_action action)
{
    return action == PLAN_BLOCKED ? GLYPH_FAILED
           : action == PLAN_REUSE ? GLYPH_DONE
                                  : GLYPH_WAITING;
}

void plain_plan(struct plain *plain, const struct plan *plan, bool brief)
{
    static const enum plan_action order[] = {PLAN_BLOCKED, PLAN_CREATE, PLAN_CHANGE, PLAN_REUSE,
                                             PLAN_CHECK};
    for (size_t k = 0; k < ARRAY_LEN(order); k++) {
        bool headed = false;
        for (size_t i = 0; i < plan->count; i++) {
            const struct plan_item *item = &plan->items[i];
            if (item->action != order[k] ||
                (brief && item->action != PLAN_BLOCKED && item->action != PLAN_CHANGE))
                continue;
            if (!headed)
                plain_line(plain, "%s", plan_heading(order[k]));
            headed = true;
            row(plain, plan_glyph(item->action), item->step->title,
                item->action == PLAN_BLOCKED ? item->err.message : item->text, NULL);
            if (item->action == PLAN_BLOCKED && item->err.remedy)
                plain_line(plain, "   Remedy  %s", item->err.remedy);
        }
    }
    AUTO_FREE char *usual = plain_time((int64_t)plan->usual_s * 1000);
    plain_line(plain, "%u to create, %u to change, %u to reuse, %u to check; usually %s",
               plan->create, plan->change, plan->reuse, plan->check, usual);
}

void plain_error(struct plain *plain, const struct err *err)
{
    AUTO_FREE char *what =
        shown(plain, err->message ? err->message : "failed", (size_t)LINE_CHARS * 4);
    fprintf(plain->to, "%s%s%s %s\n", plain->colour ? colour_of(GLYPH_FAILED) : "",
            plain_glyph(plain, GLYPH_FAILED), plain->colour ? "\033[0m" : "", what);
    if (err->remedy)
        plain_line(plain, "  Remedy  %s", err->remedy);
    if (err->request_id)
        plain_line(plain, "  AWS     %s, request %s", err->code ? err->code : "", err->request_id);
    fflush(plain->to);
}

void plain_problems(struct plain *plain, const char *file, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->items[i];
        AUTO_FREE char *line = p->line ? mem_printf(":%u", p->line) : mem_strdup("");
        plain_line(plain, "%s%s: %s%s%s", file, line, p->path, *p->path ? " " : "", p->reason);
        if (p->remedy)
            plain_line(plain, "  Remedy  %s", p->remedy);
    }
}

// The chain that decided how long it took: each link waited for the one before it.
static void longest_chain(struct plain *plain, const struct summary *summary)
{
    STR_AUTO names = {0};
    str_init(&names, STR_LINE);
    for (size_t i = 0; i < summary->count; i++)
        if (summary->times[i].critical)
            str_addf(&names, "%s%s", names.len ? ", " : "", summary->times[i].step->title);
    AUTO_FREE char *time = plain_time(summary->critical_ms);
    if (names.len && summary->critical_ms >= 1000)
        plain_line(plain, "  the longest chain took %s (the whole %.2f times that): %s", time,
                   summary->ratio, names.data);
}

void plain_summary(struct plain *plain, const struct summary *summary,
                   const struct aws_counts *counts)
{
    AUTO_FREE char *time = plain_time(summary->makespan_ms);
    plain_line(plain, "%u of %u done in %s", summary->done, summary->total, time);
    longest_chain(plain, summary);
    unsigned reading = 0;
    unsigned writing = 0;
    for (size_t i = 0; i < counts->count; i++) {
        if (counts->items[i].reading)
            reading += counts->items[i].calls;
        else
            writing += counts->items[i].calls;
    }
    plain_line(plain, "  %u calls to AWS: %u reading, %u writing", reading + writing, reading,
               writing);
}

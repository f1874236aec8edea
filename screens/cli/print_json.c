// SPDX-License-Identifier: MIT
#include "screens/cli/print_json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"

// The code point at p and its length; 0 when it is not UTF-8.
static size_t decode(const unsigned char *p, uint32_t *out)
{
    size_t n = p[0] < 0x80                   ? 1
               : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
               : p[0] >= 0xE0                ? 3
               : p[0] >= 0xC2                ? 2
                                             : 0;
    if (p[0] >= 0xF5 || n == 0)
        return 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    *out = c;
    return c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : n;
}

// What a terminal may act on: DEL, C1, bidi controls, zero-width characters. C0 is escaped by the
// JSON writer.
static bool acts(uint32_t c)
{
    return c == 0x7F || (c >= 0x80 && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           c == 0x061C;
}

// Such characters can only stand inside strings, so the printed line can be escaped as a whole.
static char *escape_line(const char *line)
{
    STR_AUTO out = {0};
    str_init(&out, strlen(line) * 6 + 1);
    for (const unsigned char *p = (const unsigned char *)line; *p;) {
        uint32_t c = 0;
        size_t n = decode(p, &c);
        if (n == 0)
            str_add(&out, "\\ufffd");
        else if (acts(c))
            str_addf(&out, "\\u%04x", (unsigned)c);
        else
            str_addn(&out, p, n);
        p += n ? n : 1;
    }
    return str_take(&out);
}

void jsonl_print(FILE *to, const struct json *object)
{
    AUTO_FREE char *printed = json_print(object);
    AUTO_FREE char *scrubbed = secret_scrub(printed);
    AUTO_FREE char *line = escape_line(scrubbed);
    fprintf(to, "%s\n", line);
    fflush(to);
}

struct json *jsonl_error(const struct err *err)
{
    struct json *o = json_object();
    json_put_str(o, "kind", err_kind_name(err->kind));
    json_put_str(o, "message", err->message);
    json_put_str(o, "remedy", err->remedy);
    json_put_str(o, "code", err->code);
    if (err->http_status)
        json_put_int(o, "http_status", err->http_status);
    json_put_str(o, "request_id", err->request_id);
    return o;
}

static struct json *of_step(const char *type, int64_t wall_ms, const struct step *step)
{
    struct json *o = json_object();
    AUTO_FREE char *at = clock_format(wall_ms);
    json_put_str(o, "type", type);
    json_put_str(o, "at", at);
    if (!step)
        return o;
    json_put_str(o, "step", step->id);
    json_put_str(o, "title", step->title);
    json_put_str(o, "group", step->group);
    json_put_str(o, "kind", step->kind);
    return o;
}

void jsonl_event(void *context, const struct event *e)
{
    if (e->type == EVENT_PLAN_ITEM) // jsonl_plan() prints them with what the plan decided
        return;
    JSON_AUTO *o = of_step(event_type_name(e->type), e->wall_ms, e->step);
    json_put_str(o, "word", e->word);
    json_put_str(o, "text", e->text);
    if (e->type == EVENT_STEP_BYTES) {
        json_put_int(o, "done", e->done);
        json_put_int(o, "total", e->total);
    }
    if (e->type == EVENT_STEP_DONE || e->type == EVENT_STEP_FAILED)
        json_put_int(o, "duration_ms", e->duration_ms);
    if (e->of) {
        json_put_int(o, "finished", e->finished);
        json_put_int(o, "of", e->of);
    }
    if (e->err)
        json_put(o, "error", jsonl_error(e->err));
    jsonl_print(context, o);
}

void jsonl_plan(FILE *to, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_item *item = &plan->items[i];
        JSON_AUTO *o = of_step("plan_item", clock_wall_ms(), item->step);
        json_put_str(o, "word", plan_action_name(item->action));
        json_put_str(o, "text", item->text);
        json_put_int(o, "usual_s", item->usual_s);
        if (item->action == PLAN_BLOCKED)
            json_put(o, "error", jsonl_error(&item->err));
        jsonl_print(to, o);
    }
}

void jsonl_problems(FILE *to, const char *file, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *p = &problems->items[i];
        JSON_AUTO *o = json_strings("type", "problem", "file", file, NULL);
        if (p->line)
            json_put_int(o, "line", p->line);
        json_put_str(o, "field", p->path);
        json_put_str(o, "reason", p->reason);
        json_put_str(o, "remedy", p->remedy);
        jsonl_print(to, o);
    }
}

struct json *jsonl_summary(const char *command, int exit_code)
{
    struct json *o =
        json_strings("type", "summary", "command", command, "result", exit_word(exit_code), NULL);
    json_put_int(o, "exit_code", exit_code);
    return o;
}

void jsonl_summary_run(struct json *summary, const struct summary *run)
{
    json_put_int(summary, "makespan_ms", run->makespan_ms);
    json_put_int(summary, "critical_ms", run->critical_ms);
    json_put_num(summary, "ratio", run->ratio);
    struct json *path = json_put(summary, "critical_path", json_array());
    for (size_t i = 0; i < run->count; i++) {
        const struct step_time *t = &run->times[i];
        if (!t->critical)
            continue;
        struct json *o =
            json_push(path, json_strings("step", t->step->id, "title", t->step->title, NULL));
        json_put_int(o, "duration_ms", t->end_ms - t->start_ms);
    }
    struct json *steps = json_put(summary, "steps", json_object());
    json_put_int(steps, "done", run->done);
    json_put_int(steps, "total", run->total);
}

void jsonl_summary_plan(struct json *summary, const struct plan *plan)
{
    struct json *o = json_put(summary, "plan", json_object());
    json_put_int(o, "create", plan->create);
    json_put_int(o, "reuse", plan->reuse);
    json_put_int(o, "change", plan->change);
    json_put_int(o, "check", plan->check);
    json_put_int(o, "blocked", plan->blocked);
    json_put_int(o, "usual_s", plan->usual_s);
}

void jsonl_summary_calls(struct json *summary, const struct aws_counts *counts)
{
    struct json *calls = json_put(summary, "calls", json_object());
    unsigned reading = 0;
    unsigned writing = 0;
    unsigned attempts = 0;
    for (size_t i = 0; i < counts->count; i++) {
        *(counts->items[i].reading ? &reading : &writing) += counts->items[i].calls;
        attempts += counts->items[i].attempts;
    }
    json_put_int(calls, "reading", reading);
    json_put_int(calls, "writing", writing);
    json_put_int(calls, "attempts", attempts);
    struct json *kinds = json_put(calls, "by_kind", json_object());
    for (size_t i = 0; i < counts->count; i++)
        json_put_int(kinds, counts->items[i].name, counts->items[i].calls);
}

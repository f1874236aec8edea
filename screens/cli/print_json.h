// SPDX-License-Identifier: MIT
// --json: one object a line on stdout, each with a "type". Field names are stable; a field without
// a value is left out; times are milliseconds ("_ms") or UTC with milliseconds ("at"). Control
// characters are \u escapes, secrets "***".
//
//   {"type":"plan_item", "at", "step", "title", "group", "kind",
//   "word":"create|reuse|change|check|blocked", "text",
//    "usual_s", "error"}                               destroy's words are "delete" and "keep"
//   {"type":"step_started", "at", "step", "title", "group", "kind", "word", "finished", "of"}
//   {"type":"step_note", ... "text", "word"}       {"type":"step_bytes", ... "done", "total"}
//   {"type":"step_log", ... "text"}                {"type":"step_done", ... "text", "word",
//   "duration_ms"}
//   {"type":"step_failed", ... "error", "duration_ms"}   {"type":"step_waiting", ... "text"}
//   {"type":"warning", "at", "text"}
//   {"type":"problem", "file", "line", "field", "reason", "remedy"}      an answer that is wrong or
//   missing
//   {"type":"setup", ...}, {"type":"vpc", ...}, {"type":"profile", ...}, {"type":"log", "text"}
//   {"type":"summary", "command", "result", "exit_code", "name", "account", "region", "url",
//   "makespan_ms",
//    "critical_ms", "ratio", "critical_path":[{"step","title","duration_ms"}],
//    "steps":{"done","total"}, "plan":{"create","reuse","change","check","blocked","usual_s"},
//    "calls":{"reading","writing","attempts","by_kind":{"ec2.DescribeVpcs":3}}, "left":["..."],
//    "error"}
// "error" is {"kind","message","remedy","code","http_status","request_id","step"}. The summary is
// always the last line; its "result" is the word of the exit code: done, can_resume, usage,
// answers, credentials, denied, locked, journal, nothing, would_change, interrupted.
#ifndef FOREST_SCREENS_CLI_PRINT_JSON_H
#define FOREST_SCREENS_CLI_PRINT_JSON_H

#include <stdio.h>

#include "backend/aws/call.h"
#include "backend/engine/engine.h"
#include "backend/setup/problems.h"

void jsonl_print(FILE *to, const struct json *object);
void jsonl_event(void *context, const struct event *event); // context: FILE *
void jsonl_plan(FILE *to, const struct plan *plan);
void jsonl_problems(FILE *to, const char *file, const struct problems *problems);
struct json *jsonl_error(const struct err *err); // the caller's

// A summary in parts, printed last: jsonl_summary() makes it, the others add to it, jsonl_print()
// prints it.
struct json *jsonl_summary(const char *command, int exit_code);
void jsonl_summary_run(struct json *summary, const struct summary *run);
void jsonl_summary_plan(struct json *summary, const struct plan *plan);
void jsonl_summary_calls(struct json *summary, const struct aws_counts *counts);

#endif

// SPDX-License-Identifier: MIT
// Plain lines for people: calm in a pipe, one line when a step starts and one when it ends, colours
// only on a terminal without NO_COLOR, ASCII glyphs when the locale is not UTF-8. Everything that
// came from outside is made safe first.
//
// plain_init() for a stream, then plain_event() as the engine's sink or the other functions;
// plain_clear() at the end. One thread at a time (the engine promises that for its sink).
#ifndef FOREST_SCREENS_CLI_PRINT_PLAIN_H
#define FOREST_SCREENS_CLI_PRINT_PLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "backend/aws/call.h"
#include "backend/base/err.h"
#include "backend/engine/engine.h"
#include "backend/setup/problems.h"

struct plain_step; // private: when each step started and was last heard of

struct plain {
    FILE *to;
    bool terminal, colour, utf8;
    struct plain_step *steps;
    size_t step_count;
};

enum glyph { GLYPH_RUNNING, GLYPH_DONE, GLYPH_FAILED, GLYPH_WAITING, GLYPH_LOG, GLYPH_HERE };

void plain_init(struct plain *plain, FILE *to);
void plain_clear(struct plain *plain);
const char *plain_glyph(const struct plain *plain, enum glyph glyph);
// "1:05", "1:02:03"; a static-free text, the caller's.
char *plain_time(int64_t ms);

// The text with spaces behind it up to `chars` characters (printf counts bytes); the caller's.
char *plain_pad(const char *text, size_t chars);

// One line; the text loses control characters and live secrets.
void plain_line(struct plain *plain, const char *format, ...) __attribute__((format(printf, 2, 3)));
void plain_event(void *context, const struct event *event); // context: struct plain *
// `brief`: only what changes or cannot be done, and the numbers; for a run that tells the rest as
// it happens.
void plain_plan(struct plain *plain, const struct plan *plan, bool brief);
// What, why, remedy: each on its own line, each short.
void plain_error(struct plain *plain, const struct err *err);
void plain_problems(struct plain *plain, const char *file, const struct problems *problems);
// How long it took and what decided it.
void plain_summary(struct plain *plain, const struct summary *summary,
                   const struct aws_counts *counts);

#endif

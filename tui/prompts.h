// SPDX-License-Identifier: MIT
// The same description as numbered prompts, line by line: for pipes of people, dumb terminals and
// screen readers.
//
// prompts_show() prints what of a frame is new since the last call; prompts_ask() asks the next
// item that takes an answer and turns the line into the key presses' meaning (struct view_act), the
// edit's new text set already. Words that always work: b (back), ? (help), q (leave), Enter keeps
// the value in brackets; rows are chosen by number, name or a part of a name. Secrets are read
// without echo. Nothing is ever redrawn, no sign is the only bearer of a meaning.
#ifndef FOREST_TUI_PROMPTS_H
#define FOREST_TUI_PROMPTS_H

#include <stdio.h>

#include "backend/base/clock.h"
#include "tui/view.h"

struct prompts;

// `in` is a descriptor: read line by line, waiting also for `wake_fd` (-1: none), so that an answer
// that arrives meanwhile is told.
struct prompts *prompts_new(int in, FILE *out, bool utf8, int wake_fd);
void prompts_free(struct prompts *prompts);

void prompts_show(struct prompts *prompts, struct view *view);
enum prompts_got { PROMPTS_ACT, PROMPTS_WOKEN, PROMPTS_LEAVE, PROMPTS_END }; // END: the input ended
// `restart`: begin with the first item again (a new screen). After the last item it is
// ACT_SUBMIT.
enum prompts_got prompts_ask(struct prompts *prompts, struct view *view, bool restart,
                             struct view_act *out);
// Prints one line, made safe; for progress.
void prompts_say(struct prompts *prompts, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

// SPDX-License-Identifier: MIT
// A run as the rows of a list: grouped in the user's words, finished groups in one line, what is at
// work and what failed always a line each. Used by every screen that shows a run.
//
// run_rows_build() in each frame -> view_list() with run_rows_get -> run_rows_clear() at the end.
// Pure.
#ifndef FOREST_SCREENS_RUN_ROWS_H
#define FOREST_SCREENS_RUN_ROWS_H

#include "screens/run.h"
#include "tui/view.h"

struct run_row;

struct run_rows { // zero-initialise
    struct run_row *items;
    size_t count;
    unsigned open; // bit per group in the order of run_group(): shown step by step
};

void run_rows_build(struct run_rows *rows, const struct run *run, int64_t now_ms);
void run_rows_clear(struct run_rows *rows); // keeps `open`
void run_rows_get(void *context, size_t index, struct view_list_row *out);
// Enter on a row: the group of the row with that key is opened or closed.
void run_rows_toggle(struct run_rows *rows, const struct run *run, const char *key);
// The row to keep in view: the failure, else what has been at work longest; NULL when none.
// Borrowed.
const char *run_rows_watch(const struct run_rows *rows);

// "looking at what is there already, 12 of 31", while planning; the caller's.
char *run_looking_text(const struct run *run);
// "3:12 · about 1:40 left" in the words of a title; the caller's.
char *run_clock_text(const struct run *run, int64_t now_ms);
// The step that has been at work longest; NULL when none.
const struct run_step *run_longest(const struct run *run);

#endif

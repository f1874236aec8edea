// SPDX-License-Identifier: MIT
// A grid -> what curses shall show. Private to term.c, which writes it out.
//
// present_new() after newterm() -> present_grid() for each frame, doupdate() when it said true ->
// present_free().
#ifndef FOREST_TUI_PRESENT_H
#define FOREST_TUI_PRESENT_H

#include <stdbool.h>

#include "tui/grid.h"

struct present;

struct present *present_new(bool mono);
void present_free(struct present *present); // accepts NULL
// Hands curses the rows that differ from the last grid; false when none does, nor the cursor.
bool present_grid(struct present *present, const struct grid *grid);
// What is on the terminal is not known any more: the next grid is shown whole.
void present_forget(struct present *present);

#endif

// SPDX-License-Identifier: MIT
// The wizard's terminal, lent to a program of a profile that asks its user something
// (backend/base/lend.h): the screen goes out of the way, comes back when the program has ended.
//
// lending_new() offers it; a worker that wants it wakes the UI thread, which calls lending_turn()
// whenever it was woken: at LENDING_GO it leaves the terminal alone and says so by lending_grant(),
// at LENDING_BACK it has it again. lending_free() when no worker runs any more.
#ifndef FOREST_SCREENS_LENDING_H
#define FOREST_SCREENS_LENDING_H

#include <stdbool.h>

struct lending;
enum lending_turn { LENDING_NONE, LENDING_GO, LENDING_BACK };

struct lending *lending_new(void (*wake)(void *context), void *context);
void lending_free(struct lending *lending);
enum lending_turn lending_turn(struct lending *lending);
void lending_grant(struct lending *lending);

#endif

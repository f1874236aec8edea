// SPDX-License-Identifier: MIT
// What the terminal's type can do, by terminfo. A file of its own, because the system's term.h has
// a struct of the same name as ours. Private to term.c.
#ifndef FOREST_TUI_CAPABILITY_H
#define FOREST_TUI_CAPABILITY_H

#include <stdbool.h>

#include "backend/base/str.h"

// Looks TERM up; false when it is not known. Prints nothing and ends nothing.
bool capability_load(int fd);
// Before curses loads it for itself, and forgets what was there.
void capability_unload(void);
// By terminfo's short name ("rmcup"); NULL when there is none. Static.
const char *capability(const char *name);
// As plain bytes, without the marks for padding ("$<5>").
void capability_add(struct str *out, const char *name);

#endif

// SPDX-License-Identifier: MIT
// Why a screen keeps the user: what its ready() answers, in the same words on every screen. Pure.
// Each says no with the id of the item that holds the answer, and is false, so that it can be
// returned; ready_text() is true for what is valid or not given.
#ifndef FOREST_SCREENS_READY_H
#define FOREST_SCREENS_READY_H

#include <stdarg.h>

#include "screens/wizard.h"

bool ready_no(struct ready *out, const char *id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The error's sentence and its remedy.
bool ready_err(struct ready *out, const char *id, const struct err *err);
// Is the answer at `path` of the answer file empty or valid?
bool ready_text(const char *path, const char *text, const char *id, struct ready *out);
// Is it given? `why` says what to do otherwise.
bool ready_needed(const char *text, const char *id, const char *why, struct ready *out);

#endif

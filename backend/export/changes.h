// SPDX-License-Identifier: MIT
// What differs between two answer files, in words.
#ifndef FOREST_EXPORT_CHANGES_H
#define FOREST_EXPORT_CHANGES_H

#include "backend/base/str.h"

// A line for each answer that differs: "backend.cpu: 256 -> 512". Both are answer files (json);
// what cannot be read adds nothing.
void changes_add(struct str *out, const char *before, const char *after);

#endif

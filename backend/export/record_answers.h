// SPDX-License-Identifier: MIT
// See record_answers.c.
#ifndef FOREST_EXPORT_RECORD_ANSWERS_H
#define FOREST_EXPORT_RECORD_ANSWERS_H

#include "backend/base/str.h"

// Adds the document that `action` answers; false: no step calls that one.
bool record_answer(const char *action, bool xml, struct str *out);

#endif

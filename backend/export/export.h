// SPDX-License-Identifier: MIT
// A setup as files that others can use. In this version: the answer file.
//
// Pure: works on what the journal recorded. Nothing exported holds a secret, and no path of this
// machine where another form exists.
#ifndef FOREST_EXPORT_EXPORT_H
#define FOREST_EXPORT_EXPORT_H

#include "backend/base/err.h"
#include "backend/codec/json.h"

// The answer file as text, with a line end; the caller's. `answers` as recorded (config_write).
// Paths below `base_dir` become relative to it; a secret's file elsewhere becomes "env:<its usual
// variable>". The same answers give the same bytes. NULL with ERR_INPUT when the recorded answers
// are not valid.
char *export_json(const struct json *answers, const char *base_dir, struct err *err);

#endif

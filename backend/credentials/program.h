// SPDX-License-Identifier: MIT
// A program that gives credentials (credential_process, the AWS CLI): run without a shell, with a
// limit on time and size. Private to the room.
#ifndef FOREST_CREDENTIALS_PROGRAM_H
#define FOREST_CREDENTIALS_PROGRAM_H

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/str.h"

enum { PROGRAM_OUT_MAX = 65536 };

// Runs it in a process group of its own, our environment, stdin empty; collects stdout (cap
// PROGRAM_OUT_MAX) in `out` (initialised). ERR_NOT_FOUND (no such program), ERR_AUTH (it failed:
// the message ends with what it wrote to stderr, secrets scrubbed), ERR_CANCELLED.
bool program_run(char *const *words, long timeout_ms, struct cancel *cancel, struct str *out,
                 struct err *err);

#endif

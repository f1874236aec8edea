// SPDX-License-Identifier: MIT
// A program that gives credentials (credential_process, the AWS CLI): run without a shell, with a
// limit on time and size. Private to the room.
#ifndef FOREST_CREDENTIALS_PROGRAM_H
#define FOREST_CREDENTIALS_PROGRAM_H

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/str.h"

enum { PROGRAM_OUT_MAX = 65536, PROGRAM_PERSON_MS = 5 * 60 * 1000 };

// Runs it in a process group of its own, our environment; collects stdout (cap PROGRAM_OUT_MAX) in
// `out` (initialised). When it asks its user something the terminal is handed over (hand_over.h),
// with what it writes to stderr, and it has PROGRAM_PERSON_MS from then on. ERR_NOT_FOUND (no such
// program), ERR_AUTH (it failed: the message ends with what it wrote to stderr, secrets scrubbed;
// or it asks and there is nobody), ERR_CANCELLED.
// *out_asked: its user was asked.
bool program_run(char *const *words, long timeout_ms, struct cancel *cancel, struct str *out,
                 bool *out_asked, struct err *err);

#endif

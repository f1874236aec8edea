// SPDX-License-Identifier: MIT
// A program that gives credentials (credential_process, the AWS CLI): run without a shell, with a
// limit on time and size. Private to the room.
#ifndef FOREST_CREDENTIALS_PROGRAM_H
#define FOREST_CREDENTIALS_PROGRAM_H

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/str.h"

enum { PROGRAM_WORDS_MAX = 64, PROGRAM_OUT_MAX = 65536 };

// Splits a command line as a POSIX shell would, without running one: blanks, '...', "...", \x. The
// words are the caller's, ended by NULL. ERR_AUTH for an open quote or too many words.
bool program_split(const char *line, char ***out_words, struct err *err);
void program_words_free(char **words);
// Runs it in a process group of its own, our environment, stdin empty; collects stdout (cap
// PROGRAM_OUT_MAX) in `out` (initialised). ERR_NOT_FOUND (no such program), ERR_AUTH (it failed:
// the message ends with what it wrote to stderr, secrets scrubbed), ERR_CANCELLED.
bool program_run(char *const *words, long timeout_ms, struct cancel *cancel, struct str *out,
                 struct err *err);

#endif

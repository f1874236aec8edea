// SPDX-License-Identifier: MIT
// Splitting a line into words as a POSIX shell would (Python's shlex.split, which the AWS CLI
// uses), without running one: blanks, '...', "...", \x. Private to the room.
#ifndef FOREST_CREDENTIALS_WORDS_H
#define FOREST_CREDENTIALS_WORDS_H

#include <stdbool.h>

#include "backend/base/err.h"

enum { WORDS_MAX = 64 };

// The words are the caller's, ended by NULL; none for a line of blanks. ERR_AUTH for an open quote,
// a backslash at the end or more than WORDS_MAX words; *out_words is then untouched.
bool words_split(const char *line, char ***out_words, struct err *err);
void words_free(char **words); // accepts NULL

#endif

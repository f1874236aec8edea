// SPDX-License-Identifier: MIT
// The exit codes: stable, one meaning each, shown by --help from the same table (exit_codes.c).
#ifndef FOREST_SCREENS_CLI_EXIT_CODES_H
#define FOREST_SCREENS_CLI_EXIT_CODES_H

#include <stddef.h>

#include "backend/base/err.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_CAN_RESUME = 1,
    EXIT_USAGE = 2,
    EXIT_ANSWERS = 3,
    EXIT_CREDENTIALS = 4,
    EXIT_DENIED = 5,
    EXIT_LOCKED = 6,
    EXIT_JOURNAL = 7,
    EXIT_NOTHING = 8,
    EXIT_WOULD_CHANGE = 9,
    EXIT_INTERRUPTED = 130,
};

struct exit_meaning {
    enum exit_code code;
    const char *word; // for --json: "done", "can_resume"
    const char *text; // for --help
};
const struct exit_meaning *exit_meanings(size_t *out_count);
const char *exit_word(int code);
// What to return for a failure of this kind.
int exit_for(const struct err *err);
// The same once something may have been changed: whatever it was, going on is possible, so only the
// kinds that ask for something else first (sign in, rights, the journal) keep their code.
int exit_for_run(const struct err *err);

#endif

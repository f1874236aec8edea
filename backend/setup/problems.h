// SPDX-License-Identifier: MIT
// What is wrong with a set of answers, all of it at once: where, why, and what to do.
//
// Zero-initialise, problems_add() as often as needed, problems_clear(). The list is bounded
// (PROBLEMS_MAX), so that a hostile file cannot grow it. Nothing here ever holds a secret: whoever
// adds a problem does not put a value in that may be one.
#ifndef FOREST_SETUP_PROBLEMS_H
#define FOREST_SETUP_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

enum { PROBLEMS_MAX = 40 };

struct problem {
    char *path;    // the field, "aws.region"; "" for the file as a whole
    unsigned line; // 0: not from a file
    char *reason;  // one sentence without the field's name and without a full stop
    char *remedy;  // what to do, or NULL
};

struct problems {
    struct problem *items;
    size_t count;
};

// `remedy` may be NULL. Returns false, so that it can be returned.
bool problems_add(struct problems *problems, const char *path, unsigned line, const char *remedy,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
// Takes reason and remedy from an err (which is cleared).
bool problems_add_err(struct problems *problems, const char *path, unsigned line, struct err *err);
// Orders by line, so that a reader can go through the file from top to bottom.
void problems_sort(struct problems *problems);
// ERR_INPUT with the first problem, and how many more there are; false. True when there is none.
bool problems_to_err(const struct problems *problems, const char *file, struct err *err);
void problems_clear(struct problems *problems);

#endif

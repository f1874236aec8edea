// SPDX-License-Identifier: MIT
// The table of all answers: where each stands in a config file and in struct answers, and which
// rule it obeys. Reader, writer and wizard go through this table; adding an answer is one row (and
// its property in the schema).
#ifndef FOREST_SETUP_FIELDS_H
#define FOREST_SETUP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

enum field_kind {
    FIELD_TEXT,    // char *
    FIELD_SECRET,  // struct secret_answer, written as a reference
    FIELD_NUMBER,  // unsigned
    FIELD_BOOL,    // bool
    FIELD_WORD,    // an enum, written as one of `words`
    FIELD_CHOICE,  // char *, one of `words`
    FIELD_SUBNETS, // network.subnets
    FIELD_TAGS,    // options.tags
    FIELD_PRESENT, // an object whose presence sets a bool
    FIELD_SOURCE,  // "builtin" or an object with one of two keys
    FIELD_ASK,     // a list of screens; unsigned, a bit for each of `words`
};

struct field {
    const char *path; // in the file and in messages
    enum field_kind kind;
    size_t offset; // in struct answers
    bool (*rule)(const char *text, struct err *err);
    bool (*number_rule)(unsigned value, struct err *err);
    unsigned min, max;        // FIELD_NUMBER without a rule
    const char *const *words; // ends with NULL; the index is the enum's value
    bool may_generate;        // FIELD_SECRET
    const char *variable;     // FIELD_SECRET: the name that examples and exports use
};

const struct field *fields(size_t *out_count);
const struct field *field_find(const char *path); // NULL when unknown
bool field_is_group(const char *path);            // does some field lie below it?

#endif

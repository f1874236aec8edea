// SPDX-License-Identifier: MIT
// YAML 1.2 (and 1.1, which many parsers still read) from a JSON tree.
//
// Every string goes through one function: it is written plain only when it is plain in both
// versions, as a block when it is several printable lines, else in double quotes with escapes. So
// nothing in a value can end it, and no value can turn into a number, a date or a truth.
#ifndef FOREST_EXPORT_YAML_H
#define FOREST_EXPORT_YAML_H

#include "backend/codec/json.h"

// A comment behind every value that is this text: the version of a pinned commit.
struct yaml_note {
    const char *value, *comment;
};
// `head`: comment lines, complete; NULL: none. The caller's.
char *yaml_print(const struct json *tree, const char *head, const struct yaml_note *notes,
                 size_t note_count);

#endif

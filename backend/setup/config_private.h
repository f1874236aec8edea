// SPDX-License-Identifier: MIT
// What the two halves of the reader share: config.c walks objects and keys, config_fields.c reads
// one field.
#ifndef FOREST_SETUP_CONFIG_PRIVATE_H
#define FOREST_SETUP_CONFIG_PRIVATE_H

#include "backend/setup/config.h"
#include "backend/setup/fields.h"

enum { CONFIG_SHOWN_CHARS = 60 }; // of somebody else's text in a message

struct config_reader {
    struct answers *out;
    struct problems *problems;
    const struct json_places *places; // NULL: not from a text
    const char *base_dir;             // NULL: leave relative paths
    bool memory_given, tasks_given;
};

char *config_join(const char *group,
                  const char *key); // "aws" and "region" -> "aws.region"; the caller's
// The line of the field, or of the nearest thing around it that has one.
unsigned config_line(const struct config_reader *r, const char *path);
bool config_wrong_type(struct config_reader *r, const char *path, const struct json *node,
                       const char *wanted);
bool config_read_field(struct config_reader *r, const char *path, const struct field *field,
                       const struct json *node);
void config_read_object(struct config_reader *r, const char *group, const struct json *node);

#endif

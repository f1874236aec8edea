// SPDX-License-Identifier: MIT
// JSON, read strictly and written plainly. The library behind it is cJSON, seen only by json.c.
//
// json_parse() refuses what RFC 8259 refuses, and also duplicate keys, NUL in strings, nesting
// deeper than 64 and anything after the value, because the files and answers read here come from
// people and from the network. Nodes are borrowed from the tree they are in; json_free() frees a
// whole tree. Getters accept NULL nodes and never fail: they return the fallback. Keys are compared
// with their case. Numbers are doubles: ids beyond 2^53 must be strings.
#ifndef FOREST_CODEC_JSON_H
#define FOREST_CODEC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/err.h"

struct json; // a node

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_ABSENT
};

// Where each value of a parsed text stands, for messages about files that people write.
struct json_place {
    char *path; // "aws.region", "network.subnets[1]"; "" is the root
    unsigned line;
};
struct json_places {
    struct json_place *items;
    size_t count;
    size_t cap;
};

// The caller frees the result with json_free(). ERR_INPUT with line and column. `places` may be
// NULL.
struct json *json_parse(const char *text, size_t length, struct json_places *places,
                        struct err *err);
void json_places_clear(struct json_places *places);
unsigned json_line(const struct json_places *places, const char *path); // 0 when unknown
void json_free(struct json *node);
void json_auto_free(struct json **node);
#define JSON_AUTO __attribute__((cleanup(json_auto_free))) struct json

enum json_type json_type(const struct json *node);
const char *json_key(const struct json *node); // its name in the object that holds it, or NULL
const struct json *json_get(const struct json *object, const char *key);
// "service.deployments.0.id": keys and indexes joined by dots; NULL when absent. Keys with dots:
// use json_get().
const struct json *json_path(const struct json *node, const char *path);
size_t json_count(const struct json *array_or_object);
const struct json *json_at(const struct json *array_or_object, size_t index);
const struct json *
json_first(const struct json *array_or_object); // for loops: json_first, json_next
const struct json *json_next(const struct json *node);

const char *json_text(const struct json *node); // the string, or NULL when it is none
// As json_text(json_path(node, path)); the _or form gives a fallback.
const char *json_str(const struct json *node, const char *path);
const char *json_str_or(const struct json *node, const char *path, const char *fallback);
double json_num(const struct json *node, const char *path, double fallback);
int64_t json_int(const struct json *node, const char *path, int64_t fallback);
bool json_bool(const struct json *node, const char *path, bool fallback);
bool json_is_int(const struct json *node); // a whole number within +-2^53

// Building. json_put/json_push take ownership of `value` and return it (borrowed) so that trees can
// be nested.
struct json *json_object(void);
struct json *json_array(void);
struct json *json_string(const char *text);
struct json *json_copy(const struct json *node);
struct json *json_put(struct json *object, const char *key,
                      struct json *value); // replaces an existing key
struct json *json_push(struct json *array, struct json *value);
void json_put_str(struct json *object, const char *key,
                  const char *text); // NULL text: leaves the key out
void json_put_int(struct json *object, const char *key, int64_t value);
void json_put_num(struct json *object, const char *key, double value);
void json_put_bool(struct json *object, const char *key, bool value);
void json_put_null(struct json *object, const char *key);
void json_push_str(struct json *array, const char *text);
// {"k":"v",...} from name, value, ..., NULL.
struct json *json_strings(const char *key, ...) __attribute__((sentinel));

// Overwrites the text of a string member before the tree is freed, for bodies that carried a
// secret.
void json_wipe(struct json *object, const char *key);

char *json_print(const struct json *node);        // one line; the caller's
char *json_print_pretty(const struct json *node); // two spaces, for files; the caller's

#endif

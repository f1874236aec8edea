// SPDX-License-Identifier: MIT
// The answer file <-> struct answers. JSON; the layout is assets/schema/setup.schema.json.
//
// config_load() or config_parse() into an initialised (answers_init) or zeroed struct answers,
// which is replaced; answers_clear() by the caller also after a failure. All problems are found in
// one pass, each with field and line; unknown and duplicate keys, wrong types, values out of range
// and secrets that stand there by value are problems. What is merely missing is none: validate.h
// tells that, because a wizard may still ask. config_write() is the way back: every answer, secrets
// as references only.
#ifndef FOREST_SETUP_CONFIG_H
#define FOREST_SETUP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/codec/json.h"
#include "backend/setup/answers.h"
#include "backend/setup/problems.h"

enum { CONFIG_VERSION = 1, CONFIG_MAX_BYTES = 1024 * 1024 };

// `path` "-": stdin. Relative paths in the file (folder, file:) are taken from the file's directory
// and become absolute. False with err: ERR_INPUT for problems (also listed in `problems`),
// ERR_NOT_FOUND, ERR_IO.
bool config_load(const char *path, struct answers *out, struct problems *problems, struct err *err);
// `base_dir` NULL: relative paths stay. False when there are problems.
bool config_parse(const char *text, size_t length, const char *base_dir, struct answers *out,
                  struct problems *problems);
// From a tree, as a journal holds it. ERR_INPUT names the first problem.
bool config_read(const struct json *root, struct answers *out, struct err *err);
// The caller's. A typed secret becomes "env:<its usual variable>".
struct json *config_write(const struct answers *answers);

#endif

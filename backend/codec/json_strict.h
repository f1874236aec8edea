// SPDX-License-Identifier: MIT
// Private to the room: the grammar check that cJSON does not make.
#ifndef FOREST_CODEC_JSON_STRICT_H
#define FOREST_CODEC_JSON_STRICT_H

#include "backend/codec/json.h"

// RFC 8259 plus: no duplicate keys, no NUL, no lone surrogates, valid UTF-8, depth 64. Notes where
// each value stands.
bool json_strict_check(const char *text, size_t length, struct json_places *places,
                       struct err *err);

#endif

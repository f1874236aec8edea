// SPDX-License-Identifier: MIT
// What the steps have found out or made: "vpc-link.id" -> "abc123". Written by one step, read by
// those that need it. Thread-safe. Values are never freed before the whole store, so a value once
// read stays valid; facts hold no secrets.
#ifndef FOREST_ENGINE_FACTS_H
#define FOREST_ENGINE_FACTS_H

#include "backend/codec/json.h"

struct facts;

struct facts *facts_new(void);
void facts_free(struct facts *facts);
void facts_set(struct facts *facts, const char *key, const char *value); // NULL value: forgets it
const char *facts_get(const struct facts *facts, const char *key);       // NULL when unknown
// All facts of one step ("<step>.<name>") as {"name": "value"}; the caller's.
struct json *facts_of_step(const struct facts *facts, const char *step_id);
void facts_load_step(struct facts *facts, const char *step_id, const struct json *object);
void facts_forget_step(struct facts *facts, const char *step_id);

#endif

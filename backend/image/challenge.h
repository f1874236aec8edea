// SPDX-License-Identifier: MIT
// Bearer tokens of registries: the challenge of a 401 and the exchange with the token service it
// names.
#ifndef FOREST_IMAGE_CHALLENGE_H
#define FOREST_IMAGE_CHALLENGE_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/image/registry.h"

struct challenge { // all owned, NULL when not said
    char *realm, *service, *scope;
};

// Reads 'Bearer realm="...",service="...",scope="..."'. False when it is another scheme or has no
// realm.
bool challenge_parse(const char *header, struct challenge *out);
void challenge_clear(struct challenge *c);

// Learns from a 401's headers (false: no bearer challenge), or with NULL uses the challenge seen
// before. Fetches a token unless another thread has done so since `seen` (registry.token_number at
// the time of the refused request). *fetched is false when there is nothing to fetch from.
bool challenge_answer(struct registry *reg, const struct http_headers *headers, unsigned seen,
                      bool *fetched, struct err *err);

#endif

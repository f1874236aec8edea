// SPDX-License-Identifier: MIT
// Reading from Forest's API in the name of an environment. Private to backend/forest.
#ifndef FOREST_FOREST_API_H
#define FOREST_FOREST_API_H

#include "backend/base/clock.h"
#include "backend/base/secret.h"
#include "backend/codec/json.h"
#include "backend/net/http.h"

enum {
    API_ASK_MS = 10000,  // nobody waits longer for a yes or no
    API_READ_MS = 30000, // a schema of a large database is some megabytes
};

struct api_answer {
    int status;
    struct json *json; // NULL when the body is no JSON
};

// GET <server_url><path> with the environment secret. True for any HTTP status; false: no answer
// (ERR_NET, ERR_INPUT for a URL that may not be called, ERR_CANCELLED). Clear in every case.
bool api_get(struct http_client *http, const char *server_url, const char *path,
             const struct secret *env_secret, long total_ms, struct cancel *cancel,
             struct api_answer *out, struct err *err);
void api_answer_clear(struct api_answer *answer);
#define API_ANSWER_AUTO __attribute__((cleanup(api_answer_clear))) struct api_answer

// What the JSON:API error says, without secrets and control characters; NULL when it says nothing.
// The caller's.
char *api_error_text(const struct api_answer *answer);

// A remote text fit for a message: secrets scrubbed, control characters shown, at most `max_chars`.
char *api_safe(const char *text, size_t max_chars);

#endif

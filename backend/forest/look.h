// SPDX-License-Identifier: MIT
// One look at a URL from outside, and who it was that answered: the backend, API Gateway or the
// load balancer. Private to backend/forest.
#ifndef FOREST_FOREST_LOOK_H
#define FOREST_FOREST_LOOK_H

#include "backend/codec/json.h"
#include "backend/forest/forest.h"

struct look {
    struct http_answer answer;
    struct json *json; // NULL when the body is no JSON
};

// False: no answer at all; err.code "not-answering" when it may pass (*out_retry true).
bool look_send(const struct backend_check *check, const char *method, const char *path,
               const struct http_headers *headers, const char *body, struct look *out,
               bool *out_retry, struct err *err);
void look_clear(struct look *look);
#define LOOK_AUTO __attribute__((cleanup(look_clear))) struct look

// Is it the backend that speaks, as far as one can tell?
bool look_is_backend(const struct look *look);

// Is this cause of the backend, with this text, one that no waiting cures?
bool look_cause_lasts(const char *cause, const char *text);

// Why this answer is not the one that was wanted. Sets code, message, remedy and *out_retry. False.
bool look_refuse(const struct look *look, bool *out_retry, struct err *err);

#endif

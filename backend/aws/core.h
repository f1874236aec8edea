// SPDX-License-Identifier: MIT
// Private to the room: what client.c, request.c, call.c and errors.c share.
#ifndef FOREST_AWS_CORE_H
#define FOREST_AWS_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/retry.h"

struct aws_client {
    struct http_client *http;
    struct credentials_source *credentials; // NULL: calls go out unsigned
    const struct aws_endpoints *endpoints;
    char *region;
    struct cancel *cancel;
    const struct aws_instead *instead;
    atomic_llong skew_ms; // server time minus ours, added to the date of each signature
    atomic_llong date_ms; // server time minus clock_ms(); 0: not known
    aws_permit *permit;   // or NULL
    void *permit_context;
    aws_login *login; // or NULL
    void *login_context;
    struct retry_quota quota;
    unsigned max_attempts;
    pthread_mutex_t counts_lock;
    struct aws_counts counts; // sorted by name
};

// One logical call; everything borrowed for its duration.
struct aws_call {
    struct aws_client *client;
    enum aws_service service;
    const struct aws_service_info *info;
    const char *operation;
    const char *method;
    const char *path;         // encoded, may carry a query
    const char *content_type; // NULL: no body
    char *target;             // X-Amz-Target or NULL
    const char *body;
    size_t body_length;
    unsigned flags;
    // Reads a 2xx answer into `result`; ERR_REMOTE when it is not what this call answers.
    bool (*decode)(struct aws_call *call, const struct http_answer *answer, struct err *err);
    void *result; // struct xml ** or struct json **, may be NULL
};

// client.c
void aws_client_count(struct aws_client *client, const struct aws_call *call, bool answered,
                      unsigned attempts);

// request.c: signs (unless `credentials` is NULL) and sends once.
bool aws_send_once(const struct aws_call *call, const struct credentials *credentials,
                   struct http_answer *answer, struct err *err);

// errors.c. What a service said about a failure; all owned.
struct aws_error {
    char *code;
    char *message;
    char *request_id;
};
void aws_error_decode(enum aws_protocol protocol, const struct http_answer *answer,
                      struct aws_error *out);
void aws_error_clear(struct aws_error *error);
enum err_kind aws_error_kind(enum aws_service service, int status, const char *code);
// Turns an answer with a failure into *err: kind, message, code, remedy. Returns false.
bool aws_error_raise(const struct aws_call *call, const struct http_answer *answer,
                     struct err *err);
// "User: x is not authorized to perform: A on resource: R because ..." -> A and R, the caller's, or
// NULL.
void aws_denial_parse(const char *message, char **action, char **resource);
// The Date header as milliseconds since 1970; 0 when absent or not an HTTP date.
int64_t aws_answer_date(const struct http_answer *answer);

#endif

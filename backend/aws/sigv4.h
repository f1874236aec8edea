// SPDX-License-Identifier: MIT
// AWS Signature Version 4, one pure function for each stage of the AWS document "Create a signed
// AWS API request".
//
// Fill a struct sigv4_request and call sigv4_sign(), which adds X-Amz-Date, X-Amz-Security-Token
// (when there is one) and Authorization to the headers; or call the stages one by one. The date is
// given, never taken. Nothing here can fail and nothing talks to anyone. Signed are exactly host,
// content-type and every x-amz-* header. The path is percent-encoded twice (once on the wire, once
// more here), as every service but S3 wants it.
#ifndef FOREST_AWS_SIGV4_H
#define FOREST_AWS_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/secret.h"
#include "backend/net/http.h"

enum { SIGV4_DATE_CHARS = 16, SIGV4_KEY_BYTES = 32 }; // "20261123T130411Z"

struct sigv4_request { // all borrowed
    const char *method;
    const char *path;             // as on the wire: percent-encoded once
    const char *query;            // as on the wire, without '?'; NULL for none
    struct http_headers *headers; // with Host
    const void *body;
    size_t body_length;
};

struct sigv4_scope {                 // all borrowed
    char date[SIGV4_DATE_CHARS + 1]; // sigv4_date()
    const char *region;
    const char *service;
};

void sigv4_date(int64_t wall_ms, char out[SIGV4_DATE_CHARS + 1]);

// The returned strings are the caller's.
char *sigv4_canonical_path(const char *path);
char *sigv4_canonical_query(const char *query); // sorted, each part encoded once, "k" as "k="
char *sigv4_signed_headers(const struct http_headers *headers); // "content-type;host;x-amz-date"
char *sigv4_canonical_request(const struct sigv4_request *request);
char *sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical_request);
// The key is good for one day, region and service. The caller wipes it.
void sigv4_signing_key(const struct secret *secret_access_key, const struct sigv4_scope *scope,
                       unsigned char out[SIGV4_KEY_BYTES]);
char *sigv4_signature(const unsigned char key[SIGV4_KEY_BYTES],
                      const char *string_to_sign); // 64 hex digits
char *sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                          const char *access_key_id, const struct secret *secret_access_key);
// All of it. `token` may be NULL or empty.
void sigv4_sign(const struct sigv4_request *request, const struct sigv4_scope *scope,
                const char *access_key_id, const struct secret *secret_access_key,
                const struct secret *token);

#endif

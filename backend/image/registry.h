// SPDX-License-Identifier: MIT
// A client of one repository in one registry (OCI distribution API: ECR, public.ecr.aws, Docker
// Hub, docker-registry).
//
// registry_init(), any number of threads call the rest, registry_clear(). Every call blocks,
// retries what is safe to retry (no answer, 429, 5xx: full jitter from `backoff_ms`, Retry-After
// honoured, `tries` times) and stops on cancel. Credentials: `basic` is sent as it is (ECR) or
// exchanged for a bearer token when the registry asks for one; they go to the registry's own origin
// and to the token service it names, never along a redirect. Digests of
// everything read are checked here. Errors: ERR_AUTH, ERR_DENIED, ERR_NOT_FOUND, ERR_THROTTLED,
// ERR_NET, ERR_REMOTE, ERR_CANCELLED; err.code is the registry's own code ("MANIFEST_UNKNOWN").
#ifndef FOREST_IMAGE_REGISTRY_H
#define FOREST_IMAGE_REGISTRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/net/http.h"

enum { REGISTRY_MANIFEST_BYTES = 4 * 1024 * 1024 };

struct registry {
    struct http_client *http;   // borrowed
    struct cancel *cancel;      // borrowed, may be NULL
    const struct secret *basic; // borrowed, may be NULL or empty
    char *url;                  // no slash at the end
    char *repository;
    int64_t backoff_ms; // the first wait; registry_init(): 500
    unsigned tries;     // registry_init(): 6
    // Private: the bearer token and the challenge it answers.
    pthread_mutex_t lock;
    struct secret token;
    unsigned token_number; // 0: none yet
    char *realm, *service, *scope;
};

void registry_init(struct registry *reg, struct http_client *http, const char *url,
                   const char *repository, const struct secret *basic, struct cancel *cancel);
void registry_clear(struct registry *reg);

struct registry_manifest { // all owned
    char *type;            // media type
    char *digest;
    struct str body;
};
void registry_manifest_clear(struct registry_manifest *m);
#define MANIFEST_AUTO __attribute__((cleanup(registry_manifest_clear))) struct registry_manifest

// `version` is a tag or a digest; a body that does not have the digest asked for or announced is
// refused. ERR_NOT_FOUND.
bool registry_manifest_get(struct registry *reg, const char *version, struct registry_manifest *out,
                           struct err *err);
// Does not count against pull limits. ERR_NOT_FOUND when absent. *out_digest is the caller's.
bool registry_manifest_head(struct registry *reg, const char *version, char **out_digest,
                            struct err *err);
// A tag that cannot be changed and already is this manifest is success. A registry that says a blob
// is missing gives err.code MANIFEST_BLOB_UNKNOWN or LayersNotFoundException.
bool registry_manifest_put(struct registry *reg, const char *version, const char *type,
                           const char *body, size_t length, struct err *err);

bool registry_blob_exists(struct registry *reg, const char *digest, bool *out, struct err *err);
// A small blob (a config) into memory.
bool registry_blob_read(struct registry *reg, const char *digest, int64_t size, struct str *out,
                        struct err *err);
// One attempt, in pieces, not verified: for base.c, which counts, hashes and repeats. False from
// `write` stops.
bool registry_blob_stream(struct registry *reg, const char *digest,
                          bool (*write)(void *context, const void *bytes, size_t length),
                          void *context, struct err *err);

struct registry_body { // where the bytes of an upload come from
    long (*read)(void *context, void *buffer, size_t size); // as in struct http_request
    void *context;
};
// One attempt: POST, then one PUT of exactly `size` bytes. The session is given up when it fails.
bool registry_blob_upload(struct registry *reg, const char *digest, int64_t size,
                          const struct registry_body *body, struct err *err);
// With retries: looks first (*sent is false when it was there), `rewind` is called before each
// attempt and may fail.
bool registry_blob_push(struct registry *reg, const char *digest, int64_t size,
                        const struct registry_body *body,
                        bool (*rewind)(void *context, struct err *err), bool *sent,
                        struct err *err);

// Should this failure be tried again, and if so, wait for it. `attempt` counts from 0. False: give
// up (err stays), or cancelled (err says so).
bool registry_again(struct registry *reg, unsigned attempt, struct err *err);

// For the parts of the client:
struct registry_send {
    const char *method;
    const char *url;                   // absolute
    const char *accept, *content_type; // or NULL
    const void *body;
    size_t body_length;
    const struct registry_body *stream; // instead of body
    bool (*write)(void *context, const void *bytes, size_t length);
    void *write_context;
    size_t max_bytes;
    bool endless;   // no limit for the whole time, only for stalls
    bool anonymous; // without credentials, also to the registry's own origin
};
// One exchange with credentials, following no redirect; a token that is missing or expired is
// fetched and the request sent once more (not a streamed one). Any status is success.
bool registry_exchange(struct registry *reg, const struct registry_send *send,
                       struct http_answer *out, struct err *err);
// As registry_exchange(), repeated as long as it is worth it; the last answer is returned whatever
// its status.
bool registry_exchange_retry(struct registry *reg, const struct registry_send *send,
                             struct http_answer *out, struct err *err);
// Turns a status that is not success into an error: "<what>: the registry answered 404 ..." Returns
// false.
bool registry_refused(struct registry *reg, const struct http_answer *answer, const char *what,
                      struct err *err);
bool registry_same_origin(const char *a, const char *b);
// RFC 3986 5.2 for what registries send: absolute, scheme-relative, absolute path. The caller's;
// NULL: not usable.
char *registry_resolve(const char *base, const char *location);

#endif

// SPDX-License-Identifier: MIT
// Blobs of a registry: look, read, stream, upload.
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/image/digest.h"
#include "backend/image/registry.h"

enum { REDIRECTS = 5 };

static char *blob_url(const struct registry *reg, const char *digest)
{
    return mem_printf("%s/v2/%s/blobs/%s", reg->url, reg->repository, digest);
}

bool registry_blob_exists(struct registry *reg, const char *digest, bool *out, struct err *err)
{
    AUTO_FREE char *url = blob_url(reg, digest);
    struct registry_send send = {.method = "HEAD", .url = url};
    HTTP_ANSWER_AUTO answer = {0};
    if (!registry_exchange_retry(reg, &send, &answer, err))
        return err_wrap(err, "looking for a layer in %s", reg->repository);
    *out = answer.status == 200 || answer.status == 307;
    if (*out || answer.status == 404)
        return true;
    return registry_refused(reg, &answer, "looking for a layer", err);
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Follows by hand: S3 refuses a request that carries our Authorization next to its own signature,
// and nobody else should see it. So a redirect is followed without, wherever it leads.
static bool get_following(struct registry *reg, struct registry_send *send,
                          struct http_answer *answer, struct err *err)
{
    AUTO_FREE char *here = NULL;
    for (int hop = 0;; hop++) {
        if (!registry_exchange(reg, send, answer, err)) {
            if (here && err && err->kind == ERR_NET)
                err_remedy(err,
                           "the registry keeps its layers at %.200s; allow that host in your "
                           "firewall or proxy",
                           here);
            return false;
        }
        if (!is_redirect(answer->status))
            return true;
        const char *location = http_headers_get(&answer->headers, "Location");
        char *next = location ? registry_resolve(send->url, location) : NULL;
        if (!next || hop >= REDIRECTS ||
            (str_starts(send->url, "https:") && !str_starts(next, "https:"))) {
            mem_free(next);
            return err_set(err, ERR_REMOTE, "%s redirects a layer to nowhere useful", reg->url);
        }
        mem_free(here);
        here = next;
        send->url = here;
        send->anonymous = true;
        http_answer_clear(answer);
        *answer = (struct http_answer){0};
    }
}

bool registry_blob_stream(struct registry *reg, const char *digest,
                          bool (*write)(void *context, const void *bytes, size_t length),
                          void *context, struct err *err)
{
    AUTO_FREE char *url = blob_url(reg, digest);
    struct registry_send send = {
        .method = "GET", .url = url, .write = write, .write_context = context, .endless = true};
    HTTP_ANSWER_AUTO answer = {0};
    if (!get_following(reg, &send, &answer, err))
        return err_wrap(err, "reading %.19s of %s", digest, reg->repository);
    return answer.status == 200 || registry_refused(reg, &answer, "reading a layer", err);
}

static bool read_once(struct registry *reg, const char *digest, int64_t size, struct str *out,
                      struct err *err)
{
    AUTO_FREE char *url = blob_url(reg, digest);
    struct registry_send send = {.method = "GET", .url = url, .max_bytes = (size_t)size + 1};
    HTTP_ANSWER_AUTO answer = {0};
    if (!get_following(reg, &send, &answer, err))
        return err_wrap(err, "reading %.19s of %s", digest, reg->repository);
    if (answer.status != 200)
        return registry_refused(reg, &answer, "reading a configuration", err);
    AUTO_FREE char *found = digest_of(answer.body.data, answer.body.len);
    if (strcmp(found, digest) != 0) {
        err_set(err, ERR_REMOTE, "%s sent other bytes than %.19s of %s", reg->url, digest,
                reg->repository);
        err_code(err, "DIGEST_MISMATCH");
        return false;
    }
    str_addn(out, answer.body.data, answer.body.len);
    return true;
}

bool registry_blob_read(struct registry *reg, const char *digest, int64_t size, struct str *out,
                        struct err *err)
{
    if (size < 0 || size > REGISTRY_MANIFEST_BYTES)
        return err_set(err, ERR_REMOTE, "the configuration of the image says it has %lld bytes",
                       (long long)size);
    for (unsigned attempt = 0;; attempt++) {
        ERR_AUTO e = {0};
        str_reset(out);
        if (read_once(reg, digest, size, out, &e))
            return true;
        if (!registry_again(reg, attempt, &e)) {
            err_move(err, &e);
            return false;
        }
    }
}

// The upload session: its URL, ours to free.
static char *open_session(struct registry *reg, struct err *err)
{
    AUTO_FREE char *url = mem_printf("%s/v2/%s/blobs/uploads/", reg->url, reg->repository);
    struct registry_send send = {.method = "POST", .url = url, .body = "", .body_length = 0};
    HTTP_ANSWER_AUTO answer = {0};
    if (!registry_exchange(reg, &send, &answer, err)) {
        err_wrap(err, "starting an upload to %s", reg->repository);
        return NULL;
    }
    if (answer.status != 202) {
        registry_refused(reg, &answer, "starting an upload", err);
        if (err && (answer.status == 404 || answer.status == 403))
            err_remedy(
                err,
                "the repository must exist and these actions be allowed: "
                "ecr:GetAuthorizationToken, "
                "ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart, "
                "ecr:CompleteLayerUpload, ecr:PutImage, ecr:BatchGetImage");
        return NULL;
    }
    const char *location = http_headers_get(&answer.headers, "Location");
    char *session = location ? registry_resolve(url, location) : NULL;
    if (!session)
        err_set(err, ERR_REMOTE, "%s opened an upload but did not say where", reg->url);
    return session;
}

// Best effort, also when everything else is being stopped: so it does not listen to cancel.
static void drop_session(struct registry *reg, const char *session)
{
    struct http_headers headers = {0};
    struct http_request request = {.method = "DELETE",
                                   .url = session,
                                   .headers = &headers,
                                   .connect_ms = 1000,
                                   .total_ms = 2000};
    if (registry_same_origin(reg->url, session) && reg->basic && !secret_empty(reg->basic)) {
        char *value = mem_printf("Basic %s", secret_reveal(reg->basic));
        http_headers_add(&headers, "Authorization", value);
        secret_free(value);
    }
    HTTP_ANSWER_AUTO answer = {0};
    http_send(reg->http, &request, &answer, NULL);
    http_headers_clear(&headers);
}

bool registry_blob_upload(struct registry *reg, const char *digest, int64_t size,
                          const struct registry_body *body, struct err *err)
{
    AUTO_FREE char *session = open_session(reg, err);
    if (!session)
        return false;
    AUTO_FREE char *url = mem_printf("%s%cdigest=sha256%%3A%s", session,
                                     strchr(session, '?') ? '&' : '?', digest + 7);
    struct registry_send send = {.method = "PUT",
                                 .url = url,
                                 .content_type = "application/octet-stream",
                                 .body_length = (size_t)size,
                                 .stream = body,
                                 .endless = true};
    HTTP_ANSWER_AUTO answer = {0};
    bool ok = registry_exchange(reg, &send, &answer, err);
    if (!ok)
        err_wrap(err, "sending a layer to %s", reg->repository);
    else if (answer.status != 201 && answer.status != 200)
        ok = registry_refused(reg, &answer, "sending a layer", err);
    if (!ok)
        drop_session(reg, session);
    return ok;
}

bool registry_blob_push(struct registry *reg, const char *digest, int64_t size,
                        const struct registry_body *body,
                        bool (*rewind)(void *context, struct err *err), bool *sent, struct err *err)
{
    *sent = false;
    for (unsigned attempt = 0;; attempt++) {
        ERR_AUTO e = {0};
        bool there = false; // an upload whose answer was lost may have landed
        if (registry_blob_exists(reg, digest, &there, &e) && there)
            return true;
        if (!e.kind && rewind(body->context, &e) &&
            registry_blob_upload(reg, digest, size, body, &e)) {
            *sent = true;
            return true;
        }
        if (!registry_again(reg, attempt, &e)) {
            err_move(err, &e);
            return false;
        }
    }
}

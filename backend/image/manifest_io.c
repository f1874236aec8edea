// SPDX-License-Identifier: MIT
// Manifests of a registry: get, look, put.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"
#include "backend/image/registry.h"

// All four at once: registries hide what is not asked for, or convert it, which changes its digest.
static const char accept_all[] = "application/vnd.oci.image.index.v1+json, "
                                 "application/vnd.docker.distribution.manifest.list.v2+json, "
                                 "application/vnd.oci.image.manifest.v1+json, "
                                 "application/vnd.docker.distribution.manifest.v2+json";

static char *manifest_url(const struct registry *reg, const char *version)
{
    return mem_printf("%s/v2/%s/manifests/%s", reg->url, reg->repository, version);
}

void registry_manifest_clear(struct registry_manifest *m)
{
    mem_free(m->type);
    mem_free(m->digest);
    str_clear(&m->body);
    *m = (struct registry_manifest){0};
}

// The bytes must be what was asked for (by digest), or what the registry says they are (by tag).
static bool check_digest(const struct registry *reg, const char *version,
                         const struct http_answer *answer, const char *found, struct err *err)
{
    const char *expected = digest_valid(version)
                               ? version
                               : http_headers_get(&answer->headers, "Docker-Content-Digest");
    if (!expected || strcmp(expected, found) == 0)
        return true;
    err_set(err, ERR_REMOTE, "%s sent other bytes than the manifest %.19s of %s", reg->url,
            expected, reg->repository);
    err_code(err, "DIGEST_MISMATCH");
    return false;
}

// The type that the body itself states wins: some mirrors answer with application/json.
static char *type_of(const struct http_answer *answer)
{
    JSON_AUTO *body = json_parse(answer->body.data, answer->body.len, NULL, NULL);
    const char *type = json_str(body, "mediaType");
    if (!type)
        type = http_headers_get(&answer->headers, "Content-Type");
    return mem_strndup(type ? type : "", type ? strcspn(type, "; ") : 0);
}

bool registry_manifest_get(struct registry *reg, const char *version, struct registry_manifest *out,
                           struct err *err)
{
    AUTO_FREE char *url = manifest_url(reg, version);
    struct registry_send send = {
        .method = "GET", .url = url, .accept = accept_all, .max_bytes = REGISTRY_MANIFEST_BYTES};
    for (unsigned attempt = 0;; attempt++) {
        HTTP_ANSWER_AUTO answer = {0};
        ERR_AUTO e = {0};
        if (!registry_exchange_retry(reg, &send, &answer, &e)) {
            err_move(err, &e);
            return err_wrap(err, "reading the manifest of %s:%s", reg->repository, version);
        }
        if (answer.status != 200) {
            AUTO_FREE char *what =
                mem_printf("reading the manifest of %s:%s", reg->repository, version);
            return registry_refused(reg, &answer, what, err);
        }
        AUTO_FREE char *found = digest_of(answer.body.data, answer.body.len);
        if (check_digest(reg, version, &answer, found, &e)) {
            out->type = type_of(&answer);
            out->digest = mem_steal(found);
            out->body = answer.body;
            answer.body = (struct str){0};
            return true;
        }
        if (!registry_again(reg, attempt, &e)) {
            err_move(err, &e);
            return false;
        }
    }
}

bool registry_manifest_head(struct registry *reg, const char *version, char **out_digest,
                            struct err *err)
{
    AUTO_FREE char *url = manifest_url(reg, version);
    struct registry_send send = {.method = "HEAD", .url = url, .accept = accept_all};
    HTTP_ANSWER_AUTO answer = {0};
    *out_digest = NULL;
    if (!registry_exchange_retry(reg, &send, &answer, err))
        return err_wrap(err, "looking for %s:%s", reg->repository, version);
    if (answer.status == 404)
        return err_set(err, ERR_NOT_FOUND, "%s has no image %s", reg->repository, version);
    if (answer.status != 200)
        return registry_refused(reg, &answer, "looking for the image", err);
    const char *digest = http_headers_get(&answer.headers, "Docker-Content-Digest");
    if (digest_valid(digest)) {
        *out_digest = mem_strdup(digest);
        return true;
    }
    MANIFEST_AUTO m = {0}; // a registry that does not say: read it and count ourselves
    if (!registry_manifest_get(reg, version, &m, err))
        return false;
    *out_digest = mem_steal(m.digest);
    return true;
}

// A tag that must not change: the same digest is what we wanted anyway.
static bool already_there(struct registry *reg, const char *version, const char *digest)
{
    char *found = NULL;
    bool same = registry_manifest_head(reg, version, &found, NULL) && str_eq(found, digest);
    mem_free(found);
    return same;
}

bool registry_manifest_put(struct registry *reg, const char *version, const char *type,
                           const char *body, size_t length, struct err *err)
{
    AUTO_FREE char *url = manifest_url(reg, version);
    AUTO_FREE char *digest = digest_of(body, length);
    struct registry_send send = {
        .method = "PUT", .url = url, .content_type = type, .body = body, .body_length = length};
    HTTP_ANSWER_AUTO answer = {0};
    if (!registry_exchange_retry(reg, &send, &answer, err))
        return err_wrap(err, "sending the manifest of %s:%s", reg->repository, version);
    if (answer.status == 201 || answer.status == 200)
        return true;
    ERR_AUTO e = {0};
    AUTO_FREE char *what = mem_printf("sending the manifest of %s:%s", reg->repository, version);
    registry_refused(reg, &answer, what, &e);
    if (answer.status >= 400 && answer.status < 500 && already_there(reg, version, digest))
        return true;
    if (err_says(&e, "immutable") || err_is(&e, "TAG_INVALID") ||
        err_is(&e, "ImageTagAlreadyExistsException")) {
        e.kind = ERR_CONFLICT;
        err_remedy(&e,
                   "the tag %s is taken by another image and cannot be changed; use another tag",
                   version);
    }
    err_move(err, &e);
    return false;
}

// SPDX-License-Identifier: MIT
// From an application folder to an image in a registry, pinned by digest, without Docker.
//
// image_publish() does all of it and blocks: base copied registry to registry, dependencies
// installed with npm, two reproducible layers (node_modules keyed by the lock file; the
// application), config, manifest, push of what is not there yet. Repeating it is safe and cheap: a
// finished layer of dependencies is kept in cache_dir/layers. http_global_init() comes before.
//
// Which builder: what the user says. "auto" is the built-in one, unless the folder has a Dockerfile
// of its own and docker, podman or buildah (in this order) answers. A Dockerfile with a line that
// is exactly "# forest-setup: built in" is not one of its own: it says that the built-in builder
// makes the same image (that of assets/backend does). Engines never get our registry's password:
// they write an archive, which we push.
//
// Never in an image, whatever .dockerignore says: .env*, .git, *.pem, .npmrc, .aws, .ssh,
// node_modules/.cache; and the user's own node_modules, which npm makes anew from the lock file.
//
// Errors: ERR_INPUT (folder, native module of another architecture), ERR_AUTH, ERR_DENIED,
// ERR_NOT_FOUND (base, its platform, npm), ERR_CONFLICT (tag that may not change), ERR_THROTTLED,
// ERR_NET, ERR_REMOTE, ERR_IO (npm, disk), ERR_CANCELLED.
#ifndef FOREST_IMAGE_IMAGE_H
#define FOREST_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/secret.h"
#include "backend/net/http.h"
#include "backend/setup/answers.h"

struct image_target {
    const char
        *registry_url; // "https://123456789012.dkr.ecr.eu-west-3.amazonaws.com", no trailing slash
    const char *repository;     // "forestadmin-my-admin"
    const char *tag;            // "src-1a2b3c4d5e6f"
    const struct secret *basic; // base64 of user:password as ECR gives it; empty for none
};

// Called from several threads, never from two at once.
struct image_progress {
    void (*note)(void *context, const char *text); // "npm ci", "copying the base image"
    void (*bytes)(void *context, int64_t done, int64_t total);
    void (*log)(void *context, const char *line); // output of npm, docker...
    void *context;
};

struct image_request {
    const char *folder;     // the application: package.json, lock file
    const char *base_image; // "registry/repository:tag" or "@sha256:..."; plain http only when the
                            // host is loopback
    enum cpu_arch arch;
    enum image_builder builder;
    const char *cache_dir; // for dependencies and layers, kept between runs
    struct image_target target;
    struct http_client *http;
    struct cancel *cancel;
    struct image_progress progress;
};

struct image_result {
    char *digest;      // "sha256:..." of the manifest, owned
    char *base_digest; // owned: of the base's manifest for the architecture; "" from an engine
    int64_t sent_bytes;
    int64_t total_bytes;
    bool dependencies_cached;
    bool base_present;
    char *builder; // owned: "built in", "docker"...
};

bool image_publish(const struct image_request *request, struct image_result *out, struct err *err);
void image_result_clear(struct image_result *result);
// The tag that this folder, base, architecture and builder would get: "src-<12 hex>". Reads files
// only. Owned.
char *image_tag(const char *folder, const char *base_image, enum cpu_arch arch,
                enum image_builder builder, struct err *err);
// Which builder would be used and why ("built in", "docker 28: the folder has its own Dockerfile").
// Owned text. BUILDER_AUTO is returned only with an error.
enum image_builder image_choose_builder(const char *folder, enum image_builder wanted,
                                        char **out_why, struct err *err);
// Is this base image in its registry, for the architecture? Read without credentials. ERR_INPUT
// with a remedy when not.
bool image_base_check(struct http_client *http, const char *base_image, enum cpu_arch arch,
                      struct cancel *cancel, struct err *err);
// HEAD of a manifest: true and the digest (owned) when it is there; false with err.kind
// ERR_NOT_FOUND when not.
bool image_find(struct http_client *http, const struct image_target *target, char **out_digest,
                struct cancel *cancel, struct err *err);

#endif

// SPDX-License-Identifier: MIT
// Reading manifests: which image of an index fits our machine, and what an image is made of.
#ifndef FOREST_IMAGE_INDEX_H
#define FOREST_IMAGE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/err.h"
#include "backend/base/str.h"
#include "backend/image/registry.h"
#include "backend/setup/answers.h"

enum image_family { FAMILY_OCI, FAMILY_DOCKER };

struct image_blob { // all owned
    char *type;
    char *digest;
    int64_t size;
};

struct image_parts { // of one image manifest
    enum image_family family;
    struct image_blob config;
    struct image_blob *layers;
    size_t layer_count;
};

bool index_is_index(const char *media_type);
// The digest of the linux image for `arch` (caller's). Attestations are skipped. NULL with
// ERR_NOT_FOUND, which lists what there is; ERR_REMOTE when it is no index.
char *index_choose(const struct str *body, enum cpu_arch arch, struct err *err);
// ERR_REMOTE: schema 1, foreign layers, broken digests or sizes.
bool index_read_manifest(const struct registry_manifest *manifest, struct image_parts *out,
                         struct err *err);
void image_parts_clear(struct image_parts *parts);
const char *index_arch_name(enum cpu_arch arch); // "amd64", "arm64"

#endif

// SPDX-License-Identifier: MIT
// The base image: found for our architecture, and copied from its registry to ours without touching
// the disk.
#ifndef FOREST_IMAGE_BASE_H
#define FOREST_IMAGE_BASE_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/base/str.h"
#include "backend/image/index.h"
#include "backend/image/meter.h"
#include "backend/image/registry.h"

struct base_image {
    char *digest; // owned: of the manifest for our architecture
    struct image_parts parts;
    struct str config; // JSON text
};

// Reads index, manifest and configuration; every digest is checked. ERR_NOT_FOUND lists the
// platforms there are.
bool base_resolve(struct registry *source, const char *version, enum cpu_arch arch,
                  struct base_image *out, struct err *err);
void base_image_clear(struct base_image *base);

// Brings every layer to `target` that is not there yet, up to four at once. *out_present: nothing
// had to be sent.
bool base_copy(struct registry *source, struct registry *target, const struct base_image *base,
               struct meter *meter, bool *out_present, struct err *err);

#endif

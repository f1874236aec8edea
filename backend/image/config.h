// SPDX-License-Identifier: MIT
// The two documents of our image: its configuration and its manifest, in the family (OCI or Docker)
// of the base.
#ifndef FOREST_IMAGE_CONFIG_H
#define FOREST_IMAGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/image/base.h"
#include "backend/image/layer.h"
#include "backend/image/recipe.h"

// The base's configuration with our layers, command, user and environment. No time in it but the
// base's, so that equal content gives an equal digest. The caller's; NULL with ERR_REMOTE when the
// base's cannot be read.
char *config_build(const struct base_image *base, const struct layer *layers, size_t count,
                   const struct recipe *recipe, struct err *err);
// The caller's.
char *manifest_build(const struct base_image *base, const struct layer *layers, size_t count,
                     const char *config);
const char *manifest_type(enum image_family family);
const char *config_type(enum image_family family);
const char *layer_type(enum image_family family);

#endif

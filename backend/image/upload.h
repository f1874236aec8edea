// SPDX-License-Identifier: MIT
// Sending layers from files and documents from memory, with progress.
#ifndef FOREST_IMAGE_UPLOAD_H
#define FOREST_IMAGE_UPLOAD_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/image/layer.h"
#include "backend/image/meter.h"
#include "backend/image/registry.h"

// Nothing is sent when it is there. A file that is not what its digest says fails with err.code
// CACHE_BROKEN.
bool upload_layer(struct registry *target, const struct layer *layer, struct meter *meter,
                  struct err *err);
bool upload_text(struct registry *target, const char *text, struct meter *meter, struct err *err);

#endif

// SPDX-License-Identifier: MIT
// An image in a docker-archive (what `docker save` and its relatives write), made ready for our
// pusher. The library behind it is libarchive, seen only by archive.c.
#ifndef FOREST_IMAGE_ARCHIVE_H
#define FOREST_IMAGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/str.h"
#include "backend/image/layer.h"

struct archive_image {
    struct str config;    // JSON text
    struct layer *layers; // files in `folder`, temporary
    size_t count;
};

// Layers that are plain tar are compressed on the way and checked against the configuration; gzip
// is taken as it is. ERR_INPUT when it is no such archive, ERR_IO, ERR_CANCELLED.
bool archive_read_image(const char *file, const char *folder, int level, struct cancel *cancel,
                        struct archive_image *out, struct err *err);
void archive_image_clear(struct archive_image *image);

#endif

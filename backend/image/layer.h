// SPDX-License-Identifier: MIT
// One layer of an image: a folder as a reproducible tar in a gzip file.
//
// The same content gives the same digests whatever the order of the directory, the times, the
// owner, the umask or the number of threads. Everything belongs to root and can be read by all: the
// process (user 1000) can change nothing.
#ifndef FOREST_IMAGE_LAYER_H
#define FOREST_IMAGE_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/image/tree.h"

struct layer {
    char *path;    // owned: the gzip file; NULL for a layer that is only in a registry
    char *diff_id; // owned: digest of the tar
    char *digest;  // owned: digest of the file
    int64_t size;
    bool temporary; // layer_clear() removes the file
};

struct layer_request {
    const char *root;
    const struct tree *tree;
    const char *prefix; // where it lies in the image: "app", "app/node_modules"
    const char *file;   // to be written; replaced when it is there
    int level;          // of gzip
    unsigned threads;   // 0: one per processor
    struct cancel *cancel;
    // Called for every regular file with its first bytes (at most 64) before it is added; false
    // refuses. May be NULL.
    bool (*inspect)(void *context, const char *path, const unsigned char *head, size_t length,
                    struct err *err);
    void *inspect_context;
};

// ERR_INPUT when a file changes while it is read, ERR_IO, ERR_CANCELLED. Leaves no file behind when
// it fails.
bool layer_build(const struct layer_request *request, struct layer *out, struct err *err);
void layer_clear(struct layer *layer);
#define LAYER_AUTO __attribute__((cleanup(layer_clear))) struct layer

#endif

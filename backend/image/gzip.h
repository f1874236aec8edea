// SPDX-License-Identifier: MIT
// A gzip file written by several threads, the same bytes for any number of them.
//
// gzip_new(), gzip_add() or gzip_room()/gzip_filled() from one thread, gzip_end() (or gzip_drop()).
// The input is cut into blocks of fixed size, each deflated on its own and ended by a full flush:
// one member that every reader accepts. Both digests that an image needs are made on the way: of
// what goes in and of what comes out. Digests are equal for equal zlib and level; across zlib
// versions only the one of the input is.
#ifndef FOREST_IMAGE_GZIP_H
#define FOREST_IMAGE_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/err.h"

struct gzip;

struct gzip_result {
    char *input_digest;  // owned
    char *output_digest; // owned
    int64_t input_bytes;
    int64_t output_bytes;
};

// Writes to `fd` (borrowed). `threads` 0: one per processor, at most 8. Level 1..9.
struct gzip *gzip_new(int fd, int level, unsigned threads);
// False when writing has failed; gzip_end() says why.
bool gzip_add(struct gzip *g, const void *bytes, size_t length);
// Where the next input may be written without a copy: *room bytes, at least 1. Then gzip_filled()
// with what was.
void *gzip_room(struct gzip *g, size_t *room);
bool gzip_filled(struct gzip *g, size_t length);
// Ends, joins the threads and frees `g`, in every case. ERR_IO.
bool gzip_end(struct gzip *g, struct gzip_result *out, struct err *err);
void gzip_drop(struct gzip *g); // gives up; NULL is accepted
void gzip_result_clear(struct gzip_result *result);

#endif

// SPDX-License-Identifier: MIT
// Content digests as registries write them: "sha256:" and 64 lower-case hex digits.
#ifndef FOREST_IMAGE_DIGEST_H
#define FOREST_IMAGE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/codec/hash.h"

enum { DIGEST_TEXT = 7 + SHA256_HEX }; // length of the text form, without NUL

bool digest_valid(const char *text);
char *digest_of(const void *bytes, size_t length);        // the caller's
char *digest_text(const unsigned char sha[SHA256_BYTES]); // the caller's
char *digest_end(struct sha256 *h);                       // ends and clears h; the caller's
// Of a whole file. The caller's; NULL with ERR_IO.
char *digest_of_file(const char *path, struct err *err);

#endif

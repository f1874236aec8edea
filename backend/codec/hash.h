// SPDX-License-Identifier: MIT
// SHA-256 and HMAC by OpenSSL. Cannot fail in use: a broken crypto library ends the
// program. Thread-safe: each `struct sha256` belongs to one thread.
#ifndef FOREST_CODEC_HASH_H
#define FOREST_CODEC_HASH_H

#include <stddef.h>

enum { SHA256_BYTES = 32, SHA256_HEX = 64 };

struct sha256 {
    void *ctx; // private
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *bytes, size_t length);
void sha256_end(struct sha256 *h, unsigned char out[SHA256_BYTES]); // also clears
void sha256_clear(struct sha256 *h);                                // for an early way out
void sha256_of(const void *bytes, size_t length, unsigned char out[SHA256_BYTES]);
char *sha256_hex(const void *bytes, size_t length); // 64 lower-case digits, the caller's
// SHA-256 of a text list joined by NUL, for deterministic names and tokens; ends with NULL. 64
// lower-case digits, the caller's.
char *hash_texts(const char *first, ...) __attribute__((sentinel));
void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char out[SHA256_BYTES]);
char *sha1_hex(const void *bytes, size_t length); // only for the file names of the AWS CLI's caches

#endif

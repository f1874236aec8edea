// SPDX-License-Identifier: MIT
// Text encodings without a library behind them. Every returned string is the caller's.
#ifndef FOREST_BASE_ENCODE_H
#define FOREST_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

char *encode_hex(const void *bytes, size_t length); // lower case
// RFC 3986 as SigV4 wants it: everything but A-Z a-z 0-9 - _ . ~ as %XX upper case; '/' kept when
// `keep_slash`.
char *encode_uri(const char *text, size_t length, bool keep_slash);
// Undoes %XX ('+' stays '+'). NULL when an escape is broken or makes a NUL.
char *decode_uri(const char *text, size_t length);
char *encode_base64(const void *bytes, size_t length);
// NULL when not base64; *out_length excludes the NUL that is added.
char *decode_base64(const char *text, size_t *out_length);
// The inside of a JSON string (without the quotes): control characters, quote and backslash
// escaped.
char *encode_json(const char *text);
uint32_t encode_crc32(uint32_t crc, const void *bytes, size_t length); // IEEE; start with 0

#endif

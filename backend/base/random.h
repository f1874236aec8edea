// SPDX-License-Identifier: MIT
// Random bytes from the kernel. Cannot fail in use: without them the program ends.
#ifndef FOREST_BASE_RANDOM_H
#define FOREST_BASE_RANDOM_H

#include <stddef.h>

void random_bytes(void *out, size_t length);
char *random_hex(size_t bytes); // twice as many digits; the caller wipes it when it is a secret

#endif

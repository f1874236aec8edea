// SPDX-License-Identifier: MIT
#include "backend/base/random.h"

#include <stdlib.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"

enum { AT_ONCE = 256 }; // what getentropy() gives in one call

void random_bytes(void *out, size_t length)
{
    unsigned char *to = out;
    while (length > 0) {
        size_t n = length < AT_ONCE ? length : AT_ONCE;
        // Only a kernel without the call fails here: no name or token may be made of anything else.
        if (getentropy(to, n) != 0)
            abort();
        to += n;
        length -= n;
    }
}

char *random_hex(size_t bytes)
{
    unsigned char *raw = mem_alloc(bytes);
    random_bytes(raw, bytes);
    char *hex = encode_hex(raw, bytes);
    secret_wipe(raw, bytes);
    mem_free(raw);
    return hex;
}

// SPDX-License-Identifier: MIT
// A value that must not be seen: it has no printf path, is locked in memory where the kernel allows
// it, wipes itself, and is known to the redactor (secret_scrub) for as long as it lives.
//
// Order of calls: zero-initialise, secret_set(), secret_reveal() at the one place that needs the
// bytes, secret_clear(). Thread-safe as far as the registry goes; one secret is used by one thread
// at a time.
#ifndef FOREST_BASE_SECRET_H
#define FOREST_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct secret {
    char *data; // private: use secret_reveal()
    size_t len;
};

// The longest secret accepted anywhere, in bytes: what Secrets Manager stores (CreateSecret,
// SecretString).
enum { SECRET_MAX_BYTES = 65536 };

// Copies; the old value is wiped. Fails (ERR_INPUT) when longer than SECRET_MAX_BYTES or when it
// holds a NUL.
bool secret_set(struct secret *s, const char *bytes, size_t length, struct err *err);
void secret_copy(struct secret *dst, const struct secret *src);
void secret_clear(struct secret *s);
bool secret_empty(const struct secret *s);
// The bytes, NUL-terminated. Never "", never for a log, message, argument or environment.
const char *secret_reveal(const struct secret *s);
// Wipes any memory so that the compiler cannot drop it.
void secret_wipe(void *bytes, size_t length);
// A wiped free for strings that held a secret for a moment.
void secret_free(char *text);
// Replaces every live secret of 6 bytes or more in `text`, raw, percent-encoded, JSON-escaped or
// base64, by "***". The caller owns the result.
char *secret_scrub(const char *text);

// Before anything else in main(): no core dumps, no ptrace by the same user, no TLS key log.
// Idempotent.
void secret_protect_process(void);

#define SECRET_AUTO __attribute__((cleanup(secret_clear))) struct secret

#endif

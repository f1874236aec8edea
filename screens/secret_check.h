// SPDX-License-Identifier: MIT
// What a secret of Forest Admin is worth, said while it is typed. Pure; never repeats the secret.
#ifndef FOREST_SCREENS_SECRET_CHECK_H
#define FOREST_SCREENS_SECRET_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/view.h"

enum { ENV_SECRET_CHARS = 64, AUTH_SECRET_MIN = 32 };

// How a secret stands. GOOD: it can be used. QUIET: nothing to say yet (it is being typed).
struct secret_verdict {
    enum view_state state;
    char text[160];
    const char *remedy; // static or NULL
};

// The agent's own rule: 64 characters, all 0-9 a-f.
void env_secret_check(const char *text, struct secret_verdict *out);
void auth_secret_check(const char *text, const char *env_secret, struct secret_verdict *out);
// Where the value begins and ends in what people paste: FOREST_ENV_SECRET="abc", export X=abc,
// 'abc'. The bytes between; never copies.
const char *secret_core(const char *text, size_t *out_length);

#endif

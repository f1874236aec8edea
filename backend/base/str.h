// SPDX-License-Identifier: MIT
// A growable byte string that is born with a maximum, so that nothing remote can grow memory
// without a stated bound.
//
// Order of calls: str_init(&s, max_bytes), str_add*..., then str_take() or str_clear(). Running
// over the maximum drops the excess and sets `truncated`, which the caller checks once at the end.
// `data` is never NULL after init and always ends in NUL (not counted). Not thread-safe.
#ifndef FOREST_BASE_STR_H
#define FOREST_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
    char *data;
    size_t len;
    size_t cap;
    size_t max;
    bool truncated;
};

// Sizes used in many places, in bytes.
enum { STR_LINE = 16 * 1024, STR_FILE = 1024 * 1024, STR_BODY = 16 * 1024 * 1024 };

void str_init(struct str *s, size_t max_bytes);
void str_clear(struct str *s); // accepts a zeroed or half-built one
void str_reset(struct str *s); // empties, keeps the memory
void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *bytes, size_t length);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
char *str_take(struct str *s); // the caller owns the result; s is cleared

#define STR_AUTO __attribute__((cleanup(str_clear))) struct str

bool str_eq(const char *a, const char *b); // NULL equals only NULL
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
bool str_empty(const char *text); // NULL or ""
// Replaces an owned string by a copy of `value` (NULL allowed).
void str_replace(char **slot, const char *value);

#endif

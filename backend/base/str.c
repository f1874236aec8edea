// SPDX-License-Identifier: MIT
#include "backend/base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"

void str_init(struct str *s, size_t max_bytes)
{
    *s = (struct str){.max = max_bytes, .cap = 64};
    s->data = mem_alloc(s->cap);
    s->data[0] = '\0';
}

void str_clear(struct str *s)
{
    if (!s)
        return;
    mem_free(s->data);
    *s = (struct str){0};
}

void str_reset(struct str *s)
{
    s->len = 0;
    s->truncated = false;
    if (s->data)
        s->data[0] = '\0';
}

static void reserve(struct str *s, size_t length)
{
    if (s->len + length + 1 <= s->cap)
        return;
    size_t cap = s->cap ? s->cap : 64;
    while (cap < s->len + length + 1)
        cap *= 2;
    s->data = mem_realloc(s->data, cap, 1);
    s->cap = cap;
}

void str_addn(struct str *s, const void *bytes, size_t length)
{
    if (length > s->max - s->len) {
        length = s->max - s->len;
        s->truncated = true;
    }
    reserve(s, length);
    if (length)
        memcpy(s->data + s->len, bytes, length);
    s->len += length;
    s->data[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
    str_addn(s, &c, 1);
}

void str_addv(struct str *s, const char *format, va_list args)
{
    char *text = mem_vprintf(format, args);
    str_add(s, text);
    mem_free(text);
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_addv(s, format, args);
    va_end(args);
}

char *str_take(struct str *s)
{
    char *data = s->data ? s->data : mem_strdup("");
    *s = (struct str){0};
    return data;
}

bool str_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *text, const char *prefix)
{
    return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t n = text ? strlen(text) : 0;
    size_t m = strlen(suffix);
    return text && n >= m && strcmp(text + n - m, suffix) == 0;
}

bool str_empty(const char *text)
{
    return !text || !*text;
}

void str_replace(char **slot, const char *value)
{
    char *copy = value ? mem_strdup(value) : NULL;
    mem_free(*slot);
    *slot = copy;
}

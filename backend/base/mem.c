// SPDX-License-Identifier: MIT
#include "backend/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*exhausted_hook)(void);

void mem_on_exhausted(void (*hook)(void))
{
    exhausted_hook = hook;
}

__attribute__((noreturn)) static void exhausted(void)
{
    if (exhausted_hook)
        exhausted_hook();
    fputs("forest-setup: out of memory. What was made is recorded; start again to go on.\n",
          stderr);
    abort();
}

void *mem_alloc(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);
    if (!p)
        exhausted();
    return p;
}

void *mem_calloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        exhausted();
    return p;
}

void *mem_realloc(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        exhausted();
    size_t bytes = count * size;
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p)
        exhausted();
    return p;
}

char *mem_strdup(const char *text)
{
    return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t length)
{
    char *p = mem_alloc(length + 1);
    if (length)
        memcpy(p, text, length);
    p[length] = '\0';
    return p;
}

char *mem_vprintf(const char *format, va_list args)
{
    char *out = NULL;
    if (vasprintf(&out, format, args) < 0 || !out)
        exhausted();
    return out;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *out = mem_vprintf(format, args);
    va_end(args);
    return out;
}

void mem_free(void *pointer)
{
    free(pointer);
}

void mem_auto_free(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

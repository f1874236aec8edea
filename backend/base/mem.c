// SPDX-License-Identifier: MIT
#include "backend/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#include <malloc/malloc.h>
#define USABLE(pointer) malloc_size(pointer)
#else
#include <malloc.h>
#define USABLE(pointer) malloc_usable_size(pointer)
#endif

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

// The library's own realloc() would leave the old bytes behind.
void *mem_realloc(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        exhausted();
    size_t bytes = count * size;
    size_t had = old ? USABLE(old) : 0;
    if (old && bytes <= had && bytes > had / 2)
        return old;
    void *p = mem_alloc(bytes);
    if (old)
        memcpy(p, old, had < bytes ? had : bytes);
    mem_free(old);
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

// In two passes, because vasprintf() grows its buffer and leaves pieces of the text behind.
char *mem_vprintf(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        exhausted();
    char *out = mem_alloc((size_t)length + 1);
    vsnprintf(out, (size_t)length + 1, format, args);
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

// Wiped, all of it: whatever passed through a copy, a message or a parsed file is not found in the
// memory of the process afterwards, and nobody has to know where secrets may have been.
void mem_free(void *pointer)
{
    if (!pointer)
        return;
    memset(pointer, 0, USABLE(pointer));
    __asm__ volatile("" : : "r"(pointer) : "memory"); // or the compiler would drop the line above
    free(pointer);
}

void mem_auto_free(void *pointer_to_pointer)
{
    mem_free(*(void **)pointer_to_pointer);
}

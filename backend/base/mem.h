// SPDX-License-Identifier: MIT
// Allocation that cannot fail quietly: out of memory ends the program after the hook has put the
// terminal back. Everything returned here is freed with mem_free(), which wipes it (as does
// mem_realloc() what it leaves); AUTO_FREE frees at the end of the scope, mem_steal() passes on.
#ifndef FOREST_BASE_MEM_H
#define FOREST_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *mem_alloc(size_t bytes) __attribute__((malloc, returns_nonnull));
// Zeroed; aborts on overflow of count * size.
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
// Grows or shrinks an array; aborts on overflow of count * size.
void *mem_realloc(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull, nonnull));
char *mem_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *mem_vprintf(const char *format, va_list args)
    __attribute__((format(printf, 1, 0), returns_nonnull));
void mem_free(void *pointer); // also what malloc() gave; NULL is fine
// Called once before the program ends for want of memory; NULL for none.
void mem_on_exhausted(void (*hook)(void));

void mem_auto_free(void *pointer_to_pointer); // for the attribute only

#define AUTO_FREE __attribute__((cleanup(mem_auto_free)))

// Gives the pointer away: the variable is NULL afterwards.
static inline void *mem_steal_raw(void *pointer_to_pointer)
{
    void **slot = pointer_to_pointer;
    void *value = *slot;
    *slot = NULL;
    return value;
}
#define mem_steal(variable) ((__typeof__(variable))mem_steal_raw(&(variable)))

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif

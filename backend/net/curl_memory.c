// SPDX-License-Identifier: MIT
#include "backend/net/curl_memory.h"

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/secret.h"

// Each block is preceded by its size: portable, where malloc_usable_size() is not.
union block {
    size_t size;
    max_align_t align;
};

static void *wiping_malloc(size_t size)
{
    if (size > SIZE_MAX - sizeof(union block))
        return NULL;
    union block *b = malloc(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    return b + 1;
}

static void wiping_free(void *pointer)
{
    if (!pointer)
        return;
    union block *b = (union block *)pointer - 1;
    secret_wipe(pointer, b->size);
    free(b);
}

static void *wiping_realloc(void *pointer, size_t size)
{
    void *fresh = wiping_malloc(size);
    if (!fresh || !pointer)
        return fresh;
    size_t old = ((union block *)pointer - 1)->size;
    memcpy(fresh, pointer, old < size ? old : size);
    wiping_free(pointer);
    return fresh;
}

static void *wiping_calloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *fresh = wiping_malloc(count * size);
    if (fresh)
        memset(fresh, 0, count * size);
    return fresh;
}

static char *wiping_strdup(const char *text)
{
    size_t length = strlen(text) + 1;
    char *copy = wiping_malloc(length);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

bool curl_memory_global_init(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free, wiping_realloc,
                                wiping_strdup, wiping_calloc) == CURLE_OK;
}

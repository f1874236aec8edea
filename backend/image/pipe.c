// SPDX-License-Identifier: MIT
#include "backend/image/pipe.h"

#include <string.h>

#include "backend/base/mem.h"

void pipe_init(struct pipe_buffer *p, size_t size)
{
    *p = (struct pipe_buffer){.bytes = mem_alloc(size), .size = size};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
}

void pipe_clear(struct pipe_buffer *p)
{
    mem_free(p->bytes);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
    *p = (struct pipe_buffer){0};
}

// The part of `size` bytes at `at` that does not wrap.
static size_t straight(const struct pipe_buffer *p, size_t at, size_t size)
{
    return size < p->size - at ? size : p->size - at;
}

bool pipe_write(struct pipe_buffer *p, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;
    pthread_mutex_lock(&p->lock);
    while (length > 0 && !p->broken) {
        if (p->length == p->size) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        size_t at = (p->start + p->length) % p->size;
        size_t n = p->size - p->length;
        n = straight(p, at, n < length ? n : length);
        memcpy(p->bytes + at, from, n);
        p->length += n;
        from += n;
        length -= n;
        pthread_cond_broadcast(&p->changed);
    }
    bool ok = !p->broken;
    pthread_mutex_unlock(&p->lock);
    return ok;
}

static void set(struct pipe_buffer *p, bool *flag)
{
    pthread_mutex_lock(&p->lock);
    *flag = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

void pipe_finish(struct pipe_buffer *p)
{
    set(p, &p->finished);
}

void pipe_break(struct pipe_buffer *p)
{
    set(p, &p->broken);
}

long pipe_read(struct pipe_buffer *p, void *out, size_t size)
{
    pthread_mutex_lock(&p->lock);
    while (!p->broken && !p->finished && p->length < 2)
        pthread_cond_wait(&p->changed, &p->lock);
    long result = -1;
    if (!p->broken) {
        size_t n = p->finished ? p->length : p->length - 1;
        n = straight(p, p->start, n < size ? n : size);
        memcpy(out, p->bytes + p->start, n);
        p->start = (p->start + n) % p->size;
        p->length -= n;
        result = (long)n;
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return result;
}

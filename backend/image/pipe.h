// SPDX-License-Identifier: MIT
// A bounded pipe in memory between a thread that reads a layer from one registry and one that sends
// it to another.
//
// The last byte is held back until pipe_finish(): the reader of a layer whose digest turns out
// wrong never gets it whole, so a broken layer cannot become complete anywhere. Either side can
// break it; the other side is woken.
#ifndef FOREST_IMAGE_PIPE_H
#define FOREST_IMAGE_PIPE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct pipe_buffer {
    unsigned char *bytes;
    size_t size, start, length;
    bool finished, broken;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

void pipe_init(struct pipe_buffer *p, size_t size);
void pipe_clear(struct pipe_buffer *p);
bool pipe_write(struct pipe_buffer *p, const void *bytes,
                size_t length);          // waits for room; false when broken
void pipe_finish(struct pipe_buffer *p); // all is written and it is right
void pipe_break(struct pipe_buffer *p);
long pipe_read(struct pipe_buffer *p, void *out,
               size_t size); // waits; 0 at the end, -1 when broken

#endif

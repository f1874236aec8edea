// SPDX-License-Identifier: MIT
#include "backend/image/meter.h"

#include <stdio.h>

void meter_init(struct meter *m, const struct image_progress *progress, struct cancel *cancel)
{
    *m = (struct meter){.progress = progress, .cancel = cancel};
    pthread_mutex_init(&m->lock, NULL);
}

void meter_clear(struct meter *m)
{
    pthread_mutex_destroy(&m->lock);
}

static void show(const struct meter *m, const char *text)
{
    if (m->progress->note)
        m->progress->note(m->progress->context, text);
}

void meter_note(struct meter *m, const char *text)
{
    pthread_mutex_lock(&m->lock);
    snprintf(m->note, sizeof m->note, "%s", text);
    show(m, text);
    pthread_mutex_unlock(&m->lock);
}

void meter_note_beside(struct meter *m, const char *text)
{
    pthread_mutex_lock(&m->lock);
    if (text || *m->note)
        show(m, text ? text : m->note);
    pthread_mutex_unlock(&m->lock);
}

void meter_log(struct meter *m, const char *line)
{
    pthread_mutex_lock(&m->lock);
    if (m->progress->log)
        m->progress->log(m->progress->context, line);
    pthread_mutex_unlock(&m->lock);
}

static void count(struct meter *m, int64_t done, int64_t total)
{
    pthread_mutex_lock(&m->lock);
    m->done += done;
    m->total += total;
    if (m->progress->bytes)
        m->progress->bytes(m->progress->context, m->done, m->total);
    pthread_mutex_unlock(&m->lock);
}

void meter_expect(struct meter *m, int64_t bytes)
{
    count(m, 0, bytes);
}

void meter_done(struct meter *m, int64_t bytes)
{
    count(m, bytes, 0);
}

void meter_sent(struct meter *m, int64_t bytes)
{
    pthread_mutex_lock(&m->lock);
    m->sent += bytes;
    pthread_mutex_unlock(&m->lock);
}

bool meter_stopped(const struct meter *m)
{
    return atomic_load(&m->stop) || cancel_requested(m->cancel);
}

// SPDX-License-Identifier: MIT
#include "backend/engine/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "backend/base/mem.h"

struct piece {
    size_t index;
    int64_t urgency;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t work; // something was pushed, or the last piece has ended
    struct piece *queue;
    size_t queued;
    size_t cap;
    size_t running;
    bool finishing;
    pthread_t *threads;
    unsigned thread_count;
    void (*run)(void *context, size_t index);
    void *context;
};

static size_t take(struct workers *w)
{
    size_t best = 0;
    for (size_t i = 1; i < w->queued; i++)
        if (w->queue[i].urgency > w->queue[best].urgency)
            best = i;
    size_t index = w->queue[best].index;
    // Keeps the rest in the order of arrival.
    for (size_t i = best + 1; i < w->queued; i++)
        w->queue[i - 1] = w->queue[i];
    w->queued--;
    return index;
}

static void *work(void *argument)
{
    struct workers *w = argument;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->queued && !(w->finishing && !w->running))
            pthread_cond_wait(&w->work, &w->lock);
        if (!w->queued)
            break;
        size_t index = take(w);
        w->running++;
        pthread_mutex_unlock(&w->lock);
        w->run(w->context, index);
        pthread_mutex_lock(&w->lock);
        w->running--;
        if (!w->running && !w->queued)
            pthread_cond_broadcast(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct workers *workers_start(unsigned threads, void (*run)(void *context, size_t index),
                              void *context)
{
    struct workers *w = mem_calloc(1, sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    w->run = run;
    w->context = context;
    w->threads = mem_calloc(threads, sizeof *w->threads);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (w->thread_count < threads &&
           pthread_create(&w->threads[w->thread_count], NULL, work, w) == 0)
        w->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

void workers_push(struct workers *w, size_t index, int64_t urgency)
{
    pthread_mutex_lock(&w->lock);
    if (w->queued == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 16;
        w->queue = mem_realloc(w->queue, w->cap, sizeof *w->queue);
    }
    w->queue[w->queued++] = (struct piece){index, urgency};
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

void workers_finish(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    w->finishing = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    if (!w->thread_count)
        work(w);
    for (unsigned i = 0; i < w->thread_count; i++)
        pthread_join(w->threads[i], NULL);
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->lock);
    mem_free(w->threads);
    mem_free(w->queue);
    mem_free(w);
}

// SPDX-License-Identifier: MIT
// A pool of threads that runs numbered pieces of work, the most urgent first.
//
// workers_start() -> workers_push() from any thread, also from a piece of work -> workers_finish(),
// which returns when nothing is queued or running, and frees the pool. Signals stay with the main
// thread. When not even one thread can be made, workers_finish() does the work itself.
#ifndef FOREST_ENGINE_WORKERS_H
#define FOREST_ENGINE_WORKERS_H

#include <stddef.h>
#include <stdint.h>

struct workers;

struct workers *workers_start(unsigned threads, void (*run)(void *context, size_t index),
                              void *context);
void workers_push(struct workers *workers, size_t index, int64_t urgency);
void workers_finish(struct workers *workers);

#endif

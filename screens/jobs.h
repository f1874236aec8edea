// SPDX-License-Identifier: MIT
// Work that may block, on threads of its own, and its way back to the UI thread.
//
// jobs_new() -> job_start() ... -> jobs_drain() on the UI thread whenever it was woken ->
// jobs_free(), which cancels everything and waits for it. Commands go down, results come up,
// ownership of `arg` passes with them: the worker owns it while `work` runs, the UI thread in
// `done`, which frees it.
#ifndef FOREST_SCREENS_JOBS_H
#define FOREST_SCREENS_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"

struct jobs;
struct job; // valid until its `done` has been called

// `wake` is called from any thread when there is something to drain.
struct jobs *jobs_new(unsigned workers, void (*wake)(void *context), void *context);
void jobs_free(struct jobs *jobs);

// `done` runs on the UI thread in jobs_drain(), also after a cancel; in jobs_free() too, with
// `dropped` true: free only. Jobs start in order; one beyond the workers waits.
struct job *job_start(struct jobs *jobs, void (*work)(void *arg, struct cancel *cancel),
                      void (*done)(void *arg, bool dropped), void *arg);
void job_cancel(struct job *job);
struct cancel *job_cancel_of(struct job *job);
// From a worker: run `call` on the UI thread, in order with other posts and before the job's
// `done`.
void jobs_post(struct jobs *jobs, void (*call)(void *arg, bool dropped), void *arg);
// Runs what has come; true when there was something.
bool jobs_drain(struct jobs *jobs);
unsigned jobs_running(const struct jobs *jobs);

#endif

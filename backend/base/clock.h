// SPDX-License-Identifier: MIT
// Time and the one way to stop waiting for it.
//
// `struct cancel` is one flag that wakes every wait: cancel_init(), shared by all threads,
// cancel_request() from any thread, cancel_clear() when none of them uses it any more.
// cancel_signal_safe() is the form for a signal handler.
#ifndef FOREST_BASE_CLOCK_H
#define FOREST_BASE_CLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cancel {
    atomic_bool requested;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

int64_t clock_ms(void);      // monotonic, milliseconds; counts the time asleep where the system can
int64_t clock_wall_ms(void); // since 1970, milliseconds
// RFC 3339 in UTC with milliseconds, "2026-11-23T13:04:11.123Z"; the caller owns it.
char *clock_format(int64_t wall_ms);
// Splits a UTC time without the thread-unsafe calls.
void clock_utc(time_t seconds, struct tm *out);
time_t clock_from_utc(const struct tm *utc);
// The number that the first `count` characters of a date's part make, or -1 when one is no digit.
int clock_digits(const char *text, int count);

void cancel_init(struct cancel *c);
void cancel_clear(struct cancel *c);
void cancel_request(struct cancel *c);
void cancel_signal_safe(struct cancel *c);     // sets the flag only; waits notice within 50 ms
bool cancel_requested(const struct cancel *c); // NULL: never
// The cancel that this process's signals request, for the few waits that no engine stands behind
// (reading stdin). NULL until main() has set it.
void cancel_set_process(struct cancel *c);
struct cancel *cancel_of_process(void);
// Waits; true when the time has passed, false as soon as cancelled. A NULL cancel waits the whole
// time.
bool cancel_sleep(struct cancel *c, int64_t ms);

#endif

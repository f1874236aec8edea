// SPDX-License-Identifier: MIT
#include "backend/base/clock.h"

#include <stdio.h>

#include "backend/base/mem.h"

#ifdef CLOCK_BOOTTIME
#define CLOCK_ELAPSED CLOCK_BOOTTIME
#else
#define CLOCK_ELAPSED CLOCK_MONOTONIC
#endif

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
    return read_ms(CLOCK_ELAPSED);
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

void clock_utc(time_t seconds, struct tm *out)
{
    gmtime_r(&seconds, out);
}

time_t clock_from_utc(const struct tm *utc)
{
    struct tm copy = *utc;
    return timegm(&copy);
}

char *clock_format(int64_t wall_ms)
{
    struct tm t;
    clock_utc((time_t)(wall_ms / 1000), &t);
    return mem_printf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1,
                      t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(wall_ms % 1000));
}

int clock_digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

void cancel_init(struct cancel *c)
{
    atomic_init(&c->requested, false);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
}

void cancel_clear(struct cancel *c)
{
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
}

void cancel_request(struct cancel *c)
{
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->requested, true);
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

void cancel_signal_safe(struct cancel *c)
{
    atomic_store(&c->requested, true);
}

static struct cancel *process_cancel;

void cancel_set_process(struct cancel *c)
{
    process_cancel = c;
}

struct cancel *cancel_of_process(void)
{
    return process_cancel;
}

bool cancel_requested(const struct cancel *c)
{
    return c && atomic_load(&c->requested);
}

static void wait_slice(struct cancel *c, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&c->lock);
    if (!atomic_load(&c->requested))
        pthread_cond_timedwait(&c->wake, &c->lock, &until);
    pthread_mutex_unlock(&c->lock);
}

bool cancel_sleep(struct cancel *c, int64_t ms)
{
    int64_t end = read_ms(CLOCK_MONOTONIC) + ms;
    for (;;) {
        int64_t left = end - read_ms(CLOCK_MONOTONIC);
        if (cancel_requested(c))
            return false;
        if (left <= 0)
            return true;
        if (!c) {
            struct timespec t = {.tv_sec = (time_t)(left / 1000),
                                 .tv_nsec = (long)(left % 1000) * 1000000};
            nanosleep(&t, NULL);
            continue;
        }
        // A signal handler cannot broadcast, so no slice is longer than what a user feels as at
        // once.
        wait_slice(c, left < 50 ? left : 50);
    }
}

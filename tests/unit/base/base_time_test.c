// SPDX-License-Identifier: MIT
// Times are written in UTC, and one request to cancel wakes every wait at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"

static void formatted_in_utc(void **state)
{
    AUTO_FREE char *text = clock_format(1795438800123);
    assert_string_equal(text, "2026-11-23T13:00:00.123Z");
    struct tm t;
    clock_utc(1795438800, &t);
    assert_int_equal(clock_from_utc(&t), 1795438800);
}

static void *sleeper(void *context)
{
    struct cancel *c = context;
    return cancel_sleep(c, 60000) ? (void *)1 : NULL;
}

static void cancel_wakes_all(void **state)
{
    struct cancel c;
    cancel_init(&c);
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_create(&threads[i], NULL, sleeper, &c);
    int64_t began = clock_ms();
    cancel_request(&c);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *slept = (void *)1;
        pthread_join(threads[i], &slept);
        assert_null(slept); // cancelled, not run out
    }
    assert_true(clock_ms() - began < 10000); // nowhere near the minute
    assert_false(cancel_sleep(&c, 60000));   // and at once when asked again
    cancel_clear(&c);
}

// The form for signal handlers only sets the flag; a wait notices by itself.
static void signal_form_is_noticed(void **state)
{
    struct cancel c;
    cancel_init(&c);
    pthread_t thread;
    pthread_create(&thread, NULL, sleeper, &c);
    cancel_signal_safe(&c);
    void *slept = (void *)1;
    pthread_join(thread, &slept);
    assert_null(slept);
    cancel_clear(&c);
}

static void sleep_without_cancel(void **state)
{
    int64_t began = clock_ms();
    assert_true(cancel_sleep(NULL, 20));
    assert_true(clock_ms() - began >= 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formatted_in_utc),
        cmocka_unit_test(cancel_wakes_all),
        cmocka_unit_test(signal_form_is_noticed),
        cmocka_unit_test(sleep_without_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "backend/base/mem.h"
#include "screens/when.h"

static void expect(const char *then, const char *now, const char *says)
{
    AUTO_FREE char *got = when_text(when_parse(then), when_parse(now));
    assert_string_equal(got, says);
}

static void test_words(void **state)
{
    // Today, yesterday and earlier, also over the turn of a month and of a year.
    expect("2026-11-24T09:05:00.000Z", "2026-11-24T18:00:00.000Z", "today 09:05");
    expect("2026-11-30T23:59:00.000Z", "2026-12-01T00:01:00.000Z", "yesterday 23:59");
    expect("2025-12-31T18:02:00.000Z", "2026-01-01T08:00:00.000Z", "yesterday 18:02");
    expect("2026-03-02T07:08:00.000Z", "2026-11-24T18:00:00.000Z", "2 Mar 07:08");
    expect("2024-03-02T07:08:00.000Z", "2026-11-24T18:00:00.000Z", "2 Mar 2024");
}

static void test_parse_refuses(void **state)
{
    // Anything that is no time of a journal is -1, never a wrong time.
    static const char *const bad[] = {"", "2026", "2026-11-24 09:05:00", "x026-11-24T09:05:00Z",
                                      "2026-11-24T09:05:0"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(when_parse(bad[i]), -1);
    assert_int_equal(when_parse(NULL), -1);
    assert_int_equal(when_parse("1970-01-01T00:00:01.000Z"), 1);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_parse_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// QR codes: module by module as another implementation draws them (tests/data/qr), and the limits.
#include "tui/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

static void assert_rows(const struct qr *qr, char *rows)
{
    for (int y = 0; y < qr->side; y++) {
        char *row = strsep(&rows, " ");
        assert_non_null(row);
        uint64_t bits = strtoull(row, NULL, 16);
        for (int x = 0; x < qr->side; x++)
            if (qr->dark[y][x] != ((bits >> (qr->side - 1 - x)) & 1))
                fail_msg("version %d, mask %d: row %d, column %d", qr->version, qr->mask, y, x);
    }
    assert_null(rows);
}

static void assert_line(char *line)
{
    struct qr qr, best;
    int version = (int)strtol(strsep(&line, "\t"), NULL, 10);
    bool medium = str_eq(strsep(&line, "\t"), "M");
    int mask = (int)strtol(strsep(&line, "\t"), NULL, 10);
    const char *text = strsep(&line, "\t");
    assert_true(qr_make(&qr, text, strlen(text), mask));
    assert_int_equal(qr.version, version);
    assert_int_equal(qr.medium, medium);
    assert_int_equal(qr.side, 17 + 4 * version);
    assert_rows(&qr, line);
    // Chosen by itself it is one of the eight, whole.
    assert_true(qr_make(&best, text, strlen(text), QR_BEST_MASK));
    assert_in_range(best.mask, 0, 7);
    assert_true(qr_make(&qr, text, strlen(text), best.mask));
    assert_memory_equal(best.dark, qr.dark, sizeof qr.dark);
}

static void test_as_another_draws_them(void **state)
{
    size_t lines = 0;
    struct str text;
    str_init(&text, STR_BODY);
    assert_true(fs_read(FOREST_TEST_DATA "/qr/codes.txt", &text, NULL));
    AUTO_FREE char *all = str_take(&text);
    char *rest = all;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++)
        assert_line(line);
    assert_int_equal(lines, 40);
}

static void test_limits(void **state)
{
    struct qr qr;
    char text[QR_BYTES_MAX + 1];
    memset(text, 'x', sizeof text);
    assert_false(qr_make(&qr, text, 0, QR_BEST_MASK));
    for (size_t length = 1; length <= QR_BYTES_MAX; length++) {
        assert_true(qr_make(&qr, text, length, 0));
        assert_in_range(qr.version, 1, QR_VERSIONS);
    }
    assert_int_equal(qr.side, QR_SIDE_MAX);
    assert_false(qr_make(&qr, text, sizeof text, QR_BEST_MASK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_another_draws_them),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

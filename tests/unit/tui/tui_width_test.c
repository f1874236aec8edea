// SPDX-License-Identifier: MIT
// Widths of characters, and text as pieces.
#include "tui/width.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

static void test_as_the_library(void **state)
{
    // Every assigned character is as wide as the C library says, which is what curses believes.
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) {
        print_message("skipped: this system has no locale C.UTF-8\n");
        skip();
    }
    unsigned wrong = 0;
    for (uint32_t ch = 0xA0; ch < 0x110000; ch++) {
        int library = wcwidth((wchar_t)ch);
        if (library >= 0 && library != char_cols(ch) && wrong++ < 5)
            print_message("U+%04X is %d, not %d\n", ch, library, char_cols(ch));
    }
    setlocale(LC_CTYPE, "C");
    // Newer libraries know newer characters: a few may differ, not a script.
    assert_in_range(wrong, 0, 300);
}

static void test_round_trip(void **state)
{
    // What is encoded is decoded again, for every character there is.
    for (uint32_t ch = 1; ch < 0x110000; ch++) {
        char bytes[5] = {0};
        uint32_t back = 0;
        bool ok = false;
        if (ch >= 0xD800 && ch <= 0xDFFF)
            continue;
        size_t length = utf8_encode(ch, bytes);
        assert_int_equal(utf8_decode(bytes, &back, &ok), length);
        assert_true(ok);
        assert_int_equal(back, ch);
    }
}

static void test_broken(void **state)
{
    // Broken UTF-8 is one replacement a byte and never reads past the end.
    static const char *const BROKEN[] = {
        "\xC3", "\xE2\x82", "\xF0\x9F\x92", "\xC0\xAF",     "\xED\xA0\x80",     "\xF4\x90\x80\x80",
        "\xFF", "\x80",     "\xE0\x80\x80", "\xF8\x88\x80", "\xF0\x80\x80\x80", "\xC3\x28"};
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        struct piece piece;
        assert_true(piece_next(BROKEN[i], true, &piece));
        assert_int_equal(piece.bytes, 1);
        assert_int_equal(piece.ch[0], 0xFFFD);
        assert_true(piece_next(BROKEN[i], false, &piece));
        assert_int_equal(piece.ch[0], '?');
    }
}

static void test_steps(void **state)
{
    // A cursor steps over a character with its marks, forth and back alike.
    const char *text = "a\u0301e\U0001F600\u6771z";
    size_t at = 0, stops[8] = {0}, count = 0;
    for (size_t step; (step = text_step(text, at)) > 0; at += step)
        stops[count++] = at;
    assert_int_equal(count, 5);
    assert_int_equal(at, strlen(text));
    while (count-- > 0) {
        at -= text_step_back(text, at);
        assert_int_equal(at, stops[count]);
    }
    assert_int_equal(text_step_back(text, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_library),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

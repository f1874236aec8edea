// SPDX-License-Identifier: MIT
// Text as cells: whatever comes from outside.
#include "tui/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

// One row of `cols`, as text.
static char *row(const char *text, int cols, bool utf8)
{
    struct grid grid;
    grid_init(&grid, cols, 1, utf8);
    int used = grid_text(&grid, 0, 0, cols, STYLE_TEXT, text);
    assert_in_range(used, 0, cols);
    char *out = grid_dump(&grid);
    grid_free(&grid);
    out[strcspn(out, "\n")] = '\0';
    return out;
}

static void assert_row(const char *text, int cols, bool utf8, const char *expected)
{
    AUTO_FREE char *got = row(text, cols, utf8);
    assert_string_equal(got, expected);
}

static void test_hostile(void **state)
{
    // Escape sequences, bidi and invisible characters of a name cannot act on the terminal.
    assert_row("a\033[31mred\a", 40, true, "a\uFFFD[31mred\uFFFD");
    assert_row("a\033]0;x\007b", 40, false, "a?]0;x?b");
    assert_row("c1\xc2\x9b"
               "2J",
               40, true, "c1\uFFFD2J");
    assert_row("abc\u202Edef", 40, true, "abc<U+202E>def");
    assert_row("a\u200Bb\uFEFFc\u00ADd", 40, true, "abcd");
    assert_row("one\ntwo\tthree\u2028four", 40, true, "one two three four");
    assert_row("\xff\xfe", 40, true, "\uFFFD\uFFFD");
    assert_row("tag\U000E0041", 40, true, "tag");
}

static void test_ascii(void **state)
{
    // Where only ASCII can be shown, known characters have a likeness, others are a question mark.
    assert_row("Zoë’s “Zürich” – 5 €", 40, false, "Zoe's \"Zurich\" - 5 EUR");
    assert_row("東京 ✔ ❯ straße Łódź …", 40, false, "?? + > strasse Lodz ...");
    for (unsigned sign = 0; sign < SIGNS; sign++) {
        const char *text = sign_text((enum sign)sign, false);
        assert_int_equal(strlen(text), 1);
        assert_in_range(text[0], ' ', '~');
        assert_int_equal(text_cols(sign_text((enum sign)sign, true), true), 1);
    }
}

static void test_cut(void **state)
{
    // What does not fit ends in an ellipsis, never in half a character.
    assert_row("abcdef", 4, true, "abc…");
    assert_row("abcdef", 4, false, "abc~");
    assert_row("abcd", 4, true, "abcd");
    assert_row("東京都", 4, true, "東…");
    assert_row("東京都", 5, true, "東京…");
    assert_row("e\u0301e\u0301", 2, true, "e\u0301e\u0301");
    assert_row("abc", 1, true, "…");
    assert_row("abc", 0, true, "");
}

static void test_halves(void **state)
{
    // Drawing over half of a wide character leaves no half behind.
    struct grid grid;
    grid_init(&grid, 6, 1, true);
    grid_text(&grid, 0, 0, 6, STYLE_TEXT, "東京都");
    grid_text(&grid, 1, 0, 1, STYLE_TEXT, "x");
    grid_text(&grid, 4, 0, 1, STYLE_TEXT, "y");
    AUTO_FREE char *out = grid_dump(&grid);
    assert_string_equal(out, " x京y\n");
    for (int i = 0; i < grid.width; i++)
        assert_true(grid.cells[i].ch != 0 || (i > 0 && grid.cells[i - 1].ch == 0x4EAC));
    grid_free(&grid);
}

static void test_outside(void **state)
{
    // Nothing is drawn outside, wherever it is asked for.
    struct grid grid;
    grid_init(&grid, 5, 3, true);
    for (int y = -3; y < 6; y++) {
        for (int x = -7; x < 9; x++) {
            grid_text(&grid, x, y, 100, STYLE_GOOD, "東京 e\u0301 text");
            grid_sign(&grid, x, y, STYLE_BAD, SIGN_HERE);
            grid_fill(&grid, x, y, 50, STYLE_BAR, SIGN_LINE);
            grid_style(&grid, x, y, 50, STYLE_DIM);
            grid_cursor(&grid, x, y, true);
            assert_in_range(grid.cursor_x + 1, 0, 5);
            assert_in_range(grid.cursor_y + 1, 0, 3);
        }
    }
    grid_free(&grid);
    grid_init(&grid, -4, 0, true);
    grid_text(&grid, 0, 0, 10, STYLE_TEXT, "x");
    grid_free(&grid);
}

static void assert_wrap(const char *text, int cols, const char *expected)
{
    char lines[400] = "";
    for (size_t next = 0; *text != '\0'; text += next) {
        size_t length = text_wrap(text, cols, true, &next);
        assert_int_not_equal(next, 0);
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%.*s|", (int)length, text);
    }
    assert_string_equal(lines, expected);
}

static void test_wrap(void **state)
{
    // Lines break at blanks when there is one, at line ends always, and always get further.
    assert_wrap("one two three", 7, "one two|three|");
    assert_wrap("one two three", 8, "one two|three|");
    assert_wrap("one  two", 4, "one|two|");
    assert_wrap("abcdefgh", 3, "abc|def|gh|");
    assert_wrap("a\n\nb", 10, "a||b|");
    assert_wrap("東京都", 3, "東|京|都|");
    assert_wrap("東", 1, "東|");
    assert_wrap("word", 4, "word|");
    assert_wrap("word ", 4, "word|");
}

static void test_styles(void **state)
{
    // The dump with styles names what each run means.
    struct grid grid;
    grid_init(&grid, 12, 1, true);
    grid_text(&grid, 0, 0, 12, STYLE_TEXT, "a bad thing");
    grid_style(&grid, 2, 0, 3, STYLE_BAD);
    AUTO_FREE char *out = grid_dump_styles(&grid);
    assert_string_equal(out, "a {b:bad} thing\n");
    grid_free(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_ascii),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_halves),  cmocka_unit_test(test_outside), cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

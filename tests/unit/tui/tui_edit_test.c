// SPDX-License-Identifier: MIT
// One line that is typed or pasted.
#include "tui/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool press(struct edit *edit, enum key_code code, uint32_t ch)
{
    return edit_key(edit, &(struct key){.code = code, .ch = ch});
}

static void type(struct edit *edit, const char *text)
{
    for (; *text != '\0'; text++)
        assert_true(press(edit, K_CHAR, (unsigned char)*text));
}

static bool paste(struct edit *edit, const char *text)
{
    return edit_key(edit, &(struct key){.code = K_PASTE, .text = text, .length = strlen(text)});
}

static void test_typing(void **state)
{
    // Characters go in at the cursor; arrows, ends and erasing work by character and by word.
    struct edit edit;
    edit_init(&edit, 40, false);
    type(&edit, "postgres://db/one");
    press(&edit, K_CTRL, 'w');
    assert_string_equal(edit_text(&edit), "postgres://db/");
    press(&edit, K_HOME, 0);
    press(&edit, K_CHAR, 0xE9);
    assert_string_equal(edit_text(&edit), "\u00E9postgres://db/");
    press(&edit, K_BACKSPACE, 0);
    edit_key(&edit, &(struct key){.code = K_RIGHT, .word = true});
    press(&edit, K_CTRL, 'k');
    assert_string_equal(edit_text(&edit), "postgres");
    press(&edit, K_LEFT, 0);
    press(&edit, K_DELETE, 0);
    press(&edit, K_CTRL, 'a');
    press(&edit, K_DELETE, 0);
    assert_string_equal(edit_text(&edit), "ostgre");
    press(&edit, K_CTRL, 'e');
    press(&edit, K_CTRL, 'u');
    assert_string_equal(edit_text(&edit), "");
    assert_true(edit_settle(&edit));
    assert_false(edit_settle(&edit));
    edit_clear(&edit);
}

static void test_not_its_own(void **state)
{
    // Keys that lead elsewhere are never taken.
    static const enum key_code OTHERS[] = {K_ENTER, K_TAB,  K_BACKTAB, K_ESC,
                                           K_UP,    K_DOWN, K_PAGE_UP, K_FUNCTION};
    struct edit edit;
    edit_init(&edit, 10, true);
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        assert_false(press(&edit, OTHERS[i], 1));
    assert_false(press(&edit, K_CTRL, 'c'));
    assert_true(press(&edit, K_CTRL, 'r'));
    assert_true(edit.shown);
    edit_clear(&edit);
    edit_init(&edit, 10, false);
    assert_false(press(&edit, K_CTRL, 'r'));
    edit_clear(&edit);
}

static void test_paste(void **state)
{
    // A paste loses blanks and line ends around it; one with lines or controls inside is refused.
    struct edit edit;
    edit_init(&edit, 40, false);
    assert_true(paste(&edit, " \t abc def\r\n\n"));
    assert_string_equal(edit_text(&edit), "abc def");
    assert_null(edit.problem);
    static const char *const REFUSED[] = {"a\nb",     "a\033[31mb",  "a\x01",
                                          "\xff\xfe", "a\xc2\x9b b", " \n"};
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        assert_true(paste(&edit, REFUSED[i]));
        assert_non_null(edit.problem);
        assert_string_equal(edit_text(&edit), "abc def");
    }
    press(&edit, K_CHAR, '!');
    assert_null(edit.problem);
    edit_clear(&edit);
}

static void test_too_long(void **state)
{
    // What does not fit is refused whole and said, never cut.
    struct edit edit;
    edit_init(&edit, 5, false);
    paste(&edit, "123456");
    assert_string_equal(edit_text(&edit), "");
    assert_non_null(edit.problem);
    paste(&edit, "12345");
    assert_string_equal(edit_text(&edit), "12345");
    press(&edit, K_CHAR, '6');
    assert_string_equal(edit_text(&edit), "12345");
    assert_non_null(edit.problem);
    struct key cut = {.code = K_PASTE, .text = "1", .length = 1, .cut = true};
    edit_set(&edit, "");
    edit_key(&edit, &cut);
    assert_string_equal(edit_text(&edit), "");
    edit_set(&edit, "much too long");
    assert_string_equal(edit_text(&edit), "");
    edit_clear(&edit);
}

static void test_secret(void **state)
{
    // A paste into dots takes the place of what was there, and nothing of it stays in memory.
    struct edit edit;
    edit_init(&edit, 64, true);
    paste(&edit, "the-first-secret-value\n");
    paste(&edit, "second");
    assert_string_equal(edit_text(&edit), "second");
    for (size_t i = edit.length; i < edit.capacity; i++)
        assert_int_equal(edit.text[i], 0);
    press(&edit, K_CTRL, 'w');
    assert_int_equal(edit.length, 0);
    for (size_t i = 0; i < edit.capacity; i++)
        assert_int_equal(edit.text[i], 0);
    edit.shown = true;
    type(&edit, "ab");
    paste(&edit, "cd");
    assert_string_equal(edit_text(&edit), "abcd");
    edit_clear(&edit);
    edit_clear(&edit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing), cmocka_unit_test(test_not_its_own),
        cmocka_unit_test(test_paste),  cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

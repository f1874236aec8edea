// SPDX-License-Identifier: MIT
// Rows to choose from: the focus, the filter, thousands of them.
#include "tests/unit/tui/view_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void test_rows(void **state)
{
    // A list begins at what is chosen; the focus stays with its row however rows move.
    on.chosen = "beta";
    play_to_list();
    assert_row("beta");
    play_press(K_DOWN, 0);
    assert_act(ACT_FOCUS, "list");
    assert_string_equal(act.key, "gamma one");
    on.drop = "alpha";
    play_build();
    assert_row("gamma one");
    on.drop = NULL;
    play_build();
    on.drop = "gamma one";
    play_build();
    assert_row("delta");
    on.drop = NULL;
    play_build();
    assert_row("gamma one");
    play_press(K_ENTER, 0);
    assert_act(ACT_CHOSEN, "list");
    assert_int_equal(act.row, 2);
}

static void test_disabled_row(void **state)
{
    // A row that cannot be chosen is reached and says why, and Enter does nothing there.
    play_to_list();
    play_press(K_END, 0);
    play_press(K_UP, 0);
    assert_row("delta");
    assert_drawn("no way out", true);
    play_press(K_ENTER, 0);
    assert_act(ACT_NONE, "");
    assert_drawn("Enter", false);
}

static void test_filter(void **state)
{
    // Typing filters by every word in any case; the row is kept when it still matches, Esc takes
    // the filter back, and Home, End and paging are safe when nothing is left.
    play_to_list();
    play_press(K_DOWN, 0);
    play_press(K_DOWN, 0);
    play_type("ONE gam");
    assert_row("gamma one");
    assert_drawn("1 of 5", true);
    assert_drawn("alpha", false);
    play_type("zzz");
    assert_null(view_focused_row(view));
    play_press(K_HOME, 0);
    play_press(K_END, 0);
    play_press(K_PAGE_DOWN, 0);
    play_press(K_ENTER, 0);
    assert_drawn("No row has that", true);
    play_press(K_ESC, 0);
    assert_act(ACT_FOCUS, "list");
    assert_row("gamma one");
    play_press(K_ESC, 0);
    assert_act(ACT_BACK, "");
}

static void test_filter_finds_index(void **state)
{
    // What is chosen in a filtered list is said by its place among all rows.
    play_to_list();
    play_type("eps");
    play_press(K_ENTER, 0);
    assert_act(ACT_CHOSEN, "list");
    assert_string_equal(act.key, "epsilon");
    assert_int_equal(act.row, 4);
}

static void test_filter_goes(void **state)
{
    // Coming back to a screen all rows are there again, with the focus where it was.
    play_to_list();
    play_type("eps");
    play_press(K_ENTER, 0);
    view_begin(view, "elsewhere", 0);
    view_end(view);
    play_build();
    assert_row("epsilon");
    assert_drawn("alpha", true);
    assert_drawn("filter", false);
}

static void test_thousands(void **state)
{
    // End, Home and pages in thousands of rows; the row in focus is always in sight.
    on.rows = 5000;
    play_to_list();
    play_press(K_END, 0);
    assert_row("row-4999");
    assert_drawn("row-4999", true);
    play_press(K_PAGE_UP, 0);
    play_press(K_PAGE_UP, 0);
    assert_drawn(view_focused_row(view), true);
    play_press(K_HOME, 0);
    assert_row("alpha");
    AUTO_FREE char *small = play_drawn(40, 12);
    assert_non_null(strstr(small, "alpha"));
}

static void test_ticks(void **state)
{
    // In a list of ticks Space toggles and Enter goes on.
    on.tick = true;
    play_to_list();
    play_press(K_CHAR, ' ');
    assert_act(ACT_TOGGLED, "list");
    assert_string_equal(act.key, "alpha");
    play_press(K_ENTER, 0);
    assert_act(ACT_SUBMIT, "list");
    play_press(K_CHAR, 'j');
    assert_string_equal(act.key, "beta");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(test_rows),        PLAY(test_disabled_row),
        PLAY(test_filter),      PLAY(test_filter_finds_index),
        PLAY(test_filter_goes), PLAY(test_thousands),
        PLAY(test_ticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

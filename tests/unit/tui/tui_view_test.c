// SPDX-License-Identifier: MIT
// What keys do on a screen, and where the focus goes.
#include "tests/unit/tui/view_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void test_around(void **state)
{
    // Tab, Shift-Tab and the arrows go from item to item and stop at the ends.
    assert_focus("secret");
    play_press(K_UP, 0);
    assert_focus("secret");
    play_press(K_DOWN, 0);
    assert_focus("text");
    play_press(K_TAB, 0);
    assert_focus("choice");
    play_press(K_DOWN, 0);
    play_press(K_DOWN, 0);
    play_press(K_DOWN, 0);
    assert_focus("fixed");
    play_press(K_BACKTAB, 0);
    assert_focus("switch");
}

static void test_comes_and_goes(void **state)
{
    // The focus stays with its item when others come and go, and comes back with it.
    play_press(K_DOWN, 0);
    on.intro = true;
    play_build();
    assert_focus("text");
    play_press(K_UP, 0);
    play_press(K_UP, 0);
    assert_focus("intro");
    on.intro = false;
    play_build();
    assert_focus("secret");
    on.intro = true;
    play_build();
    assert_focus("intro");
}

static void test_first(void **state)
{
    // Until the user does something, what wants to be first is, also when it comes late.
    on.late_first = true;
    play_build();
    assert_focus("go");
    view_focus(view, "text");
    play_build();
    assert_focus("text");
    play_type("x");
    play_build();
    assert_focus("text");
    view_focus(view, NULL);
    play_build();
    assert_focus("go");
}

static void test_typing(void **state)
{
    // In a text every character is text, keys of the screen too; Enter goes on, Esc goes back.
    play_press(K_DOWN, 0);
    play_type("e?jk");
    assert_string_equal(edit_text(&text), "e?jk");
    assert_act(ACT_CHANGED, "text");
    play_press(K_CTRL, 'g');
    assert_act(ACT_KEY, "again");
    play_press(K_ENTER, 0);
    assert_act(ACT_SUBMIT, "text");
    play_press(K_ESC, 0);
    assert_act(ACT_BACK, "");
    play_press(K_CTRL, 'c');
    assert_act(ACT_INTERRUPT, "");
}

static void test_paste(void **state)
{
    // A pasted secret never submits, whatever stands at its end, and is seen as dots.
    struct key paste = {.code = K_PASTE, .text = "0123456789abcdef\r\n", .length = 18};
    view_key(view, &paste, &act);
    play_build();
    assert_act(ACT_CHANGED, "secret");
    assert_string_equal(edit_text(&secret), "0123456789abcdef");
    assert_drawn("0123", false);
    assert_drawn("••••", true);
    play_press(K_CTRL, 'r');
    assert_drawn("0123456789abcdef", true);
    play_press(K_CTRL, 'r');
    assert_drawn("0123", false);
}

static void test_choice(void **state)
{
    // Left and right choose, up and down pass by, space takes the next; a switch is switched.
    view_focus(view, "choice");
    play_build();
    play_press(K_RIGHT, 0);
    assert_act(ACT_CHOSEN, "choice");
    assert_int_equal(act.row, 1);
    play_press(K_LEFT, 0);
    assert_act(ACT_NONE, "");
    play_press(K_DOWN, 0);
    play_press(K_CHAR, ' ');
    assert_act(ACT_TOGGLED, "switch");
    play_press(K_DOWN, 0);
    play_press(K_CHAR, ' ');
    assert_act(ACT_NONE, "");
}

static void test_buttons(void **state)
{
    // Left and right go through a row of buttons, up and down past it; a disabled one does nothing.
    on.buttons = true;
    play_build();
    view_focus(view, "b1");
    play_build();
    play_press(K_RIGHT, 0);
    play_press(K_RIGHT, 0);
    assert_focus("b3");
    play_press(K_ENTER, 0);
    assert_act(ACT_NONE, "");
    play_press(K_UP, 0);
    assert_focus("fixed");
    play_press(K_DOWN, 0);
    assert_focus("b1");
    play_press(K_ENTER, 0);
    assert_act(ACT_CHOSEN, "b1");
    play_press(K_CHAR, 'e');
    assert_act(ACT_KEY, "export");
}

static void test_question(void **state)
{
    // A question takes all keys until it is answered; Esc is its last option; Ctrl-C goes through.
    on.question = true;
    play_build();
    play_press(K_TAB, 0);
    play_press(K_CHAR, 'e');
    play_press(K_ESC, 0);
    assert_act(ACT_CHOSEN, "sure");
    assert_int_equal(act.row, 1);
    play_press(K_LEFT, 0);
    play_press(K_ENTER, 0);
    assert_act(ACT_CHOSEN, "sure");
    assert_int_equal(act.row, 0);
    play_press(K_CTRL, 'c');
    assert_act(ACT_INTERRUPT, "");
    on.question = false;
    play_build();
    assert_focus("secret");
}

static void test_long_text(void **state)
{
    // A text longer than its box scrolls: the cursor stands behind its end, and comes back.
    struct grid grid;
    play_press(K_DOWN, 0);
    for (int i = 0; i < 9; i++)
        play_type("0123456789");
    grid_init(&grid, 40, 12, true);
    view_draw(view, &grid);
    const struct cell *line = &grid.cells[grid.cursor_y * grid.width];
    assert_int_equal(line[grid.cursor_x].ch, ' ');
    assert_int_equal(line[grid.cursor_x - 1].ch, '9');
    for (int i = 0; i < 90; i++)
        play_press(K_LEFT, 0);
    view_draw(view, &grid);
    assert_int_equal(line[grid.cursor_x].ch, '0');
    assert_int_equal(grid.cursor_x, 3);
    grid_free(&grid);
}

static void test_suggestion(void **state)
{
    // What a question suggests is taken by Enter, and replaced as a whole by typing.
    edit_set(&text, "my-admin");
    on.question = on.asks_text = true;
    play_build();
    play_press(K_ENTER, 0);
    assert_act(ACT_CHOSEN, "sure");
    assert_int_equal(act.row, 0);
    assert_string_equal(edit_text(&text), "my-admin");
    play_type("sh");
    assert_act(ACT_CHANGED, "sure");
    assert_string_equal(edit_text(&text), "sh");
    play_press(K_BACKSPACE, 0);
    assert_string_equal(edit_text(&text), "s");
}

static void test_help(void **state)
{
    // '?' opens help of the screen and of the item, in an empty text too; Esc closes it first.
    play_press(K_CHAR, '?');
    assert_true(view_help_open(view));
    assert_drawn("Help of the screen.", true);
    assert_drawn("forest.env_secret", true);
    assert_drawn("Ctrl-G", true);
    play_press(K_ESC, 0);
    assert_act(ACT_NONE, "");
    assert_false(view_help_open(view));
    play_type("a?");
    assert_false(view_help_open(view));
    play_press(K_FUNCTION, 1);
    assert_true(view_help_open(view));
}

static void test_sizes(void **state)
{
    // Below 20x6 a message says so and nothing is lost; above, the focus is there again.
    play_press(K_DOWN, 0);
    play_type("kept");
    AUTO_FREE char *tiny = play_drawn(18, 5);
    assert_non_null(strstr(tiny, "too small"));
    AUTO_FREE char *small = play_drawn(40, 12);
    assert_non_null(strstr(small, "kept"));
    assert_focus("text");
}

static void test_address_stays(void **state)
{
    // An address stays in sight where the page below it scrolls.
    view_begin(view, "ready", 0);
    view_title(view, "ready", NULL);
    view_url(view, "https://a1b2.example");
    view_text(view, STYLE_TEXT, "%0400d", 0);
    view_action(view, &(struct view_action){.id = "copy", .label = "copy the address"});
    view_action(view, &(struct view_action){.id = "end", .label = "finish"});
    view_end(view);
    AUTO_FREE char *first = play_drawn(40, 12);
    assert_non_null(strstr(first, "https://a1b2.example"));
    assert_non_null(strstr(first, "copy the address"));
    AUTO_FREE char *last = play_drawn(40, 8);
    assert_non_null(strstr(last, "https://a1b2.example"));
}

static void test_next_frame(void **state)
{
    // Without anything that is busy no frame is asked for.
    assert_int_equal(view_next_ms(view), -1);
    view_begin(view, "screen", 1100);
    view_busy(view, "asking", 1000);
    view_end(view);
    assert_in_range(view_next_ms(view), 1, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(test_around),     PLAY(test_comes_and_goes), PLAY(test_first),   PLAY(test_typing),
        PLAY(test_paste),      PLAY(test_choice),         PLAY(test_buttons), PLAY(test_question),
        PLAY(test_long_text),  PLAY(test_suggestion),     PLAY(test_help),    PLAY(test_sizes),
        PLAY(test_next_frame), PLAY(test_address_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

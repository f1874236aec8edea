// SPDX-License-Identifier: MIT
// A screen to play with, whose parts a test switches on; and the keys.
//
// play_setup() and play_teardown() around each test; `on` is read by play_build(), which every key
// calls after it.
#ifndef FOREST_TESTS_UNIT_TUI_VIEW_PLAY_H
#define FOREST_TESTS_UNIT_TUI_VIEW_PLAY_H

#include "tui/view.h"

struct view_parts {
    bool intro, list, buttons, question, late_first;
    bool asks_text; // the question has a text
    size_t rows;
    const char *drop; // key of a row that is not there
    const char *chosen;
    bool tick;
};

extern struct view_parts on;
extern struct edit secret, text;
extern struct view *view;
extern struct view_act act; // of the last key

int play_setup(void **state);
int play_teardown(void **state);
void play_build(void);
void play_press(enum key_code code, uint32_t ch);
void play_type(const char *what);
char *play_drawn(int width, int height); // the caller's
void play_to_list(void);                 // the list is there and has the focus
void assert_focus(const char *id);
void assert_row(const char *key);
void assert_act(enum act_kind kind, const char *id);
void assert_drawn(const char *what, bool there);

#define PLAY(function) cmocka_unit_test_setup_teardown(function, play_setup, play_teardown)

#endif

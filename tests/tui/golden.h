// SPDX-License-Identifier: MIT
// A drawn screen compared with the text that was looked at and found right.
//
// golden_check() draws the view at 40x12, 80x24 and 132x50, in UTF-8, in ASCII and with what it
// looks like without colours, at 80x24 also with them, and compares all of it with
// tests/tui/golden/<name>.screen. With FOREST_UPDATE_GOLDENS=1 in the environment it writes that
// file instead: look at the difference before you commit it. A time of today is drawn as 00:00.
#ifndef FOREST_TESTS_TUI_GOLDEN_H
#define FOREST_TESTS_TUI_GOLDEN_H

#include "tui/view.h"

// Fails the test with the first line that differs.
void golden_check(const char *name, struct view *view);

#endif

// SPDX-License-Identifier: MIT
// What is true of every drawing of a view. A failure prints the drawing and what the caller says
// about where it comes from.
#ifndef FOREST_TESTS_UNIT_TUI_DRAWING_H
#define FOREST_TESTS_UNIT_TUI_DRAWING_H

#include "tui/view.h"

// Typed or pasted by the test into every secret; in no cell, not even a part of it.
#define DRAWING_CANARY "QXZQXZQXZQXZ"

// Draws and checks: no control or bidi character, no half of a wide one, ASCII when that is all
// there is, nothing of the canary; the focus (when `focus`: there is one) seen once, with the
// cursor; the footer fits. `where` is for the message.
void drawing_check(struct view *view, int width, int height, bool utf8, bool focus,
                   const char *where);

#endif

// SPDX-License-Identifier: MIT
// Text into the clipboard by every way there is: the terminal's own (OSC 52, also over ssh), tmux's
// buffer, the tool of a local desktop. Private to term.c.
#ifndef FOREST_TUI_CLIPBOARD_H
#define FOREST_TUI_CLIPBOARD_H

#include <stdbool.h>

// `put` writes to the terminal; NULL when it takes no such sequence. Waits at most a second for the
// tools. Static.
const char *clipboard_copy(const char *text, bool (*put)(const char *bytes));

#endif

// SPDX-License-Identifier: MIT
// One line that is being typed: text or a secret.
//
// edit_init() -> edit_key() for each key, edit_set() for a value from elsewhere -> edit_text() ->
// edit_clear(), which wipes. The buffer is of one size from the start, locked in memory and wiped
// when it is a secret, so that no copy of a part is left behind by growing. A paste loses its
// blanks and line ends at both ends; a line end inside it is refused and `problem` says so; what
// does not fit is refused whole, never cut. A paste into dots takes the place of what was there.
// Pure.
#ifndef FOREST_TUI_EDIT_H
#define FOREST_TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/key.h"

struct edit {
    char *text;              // UTF-8, NUL-terminated; private: edit_text()
    size_t length, capacity; // bytes
    size_t cursor;           // bytes from the start, at a character
    size_t scroll;           // private to drawing
    bool secret;
    bool shown;          // a secret in clear, for as long as the user wants
    bool changed;        // since edit_settle()
    const char *problem; // static: why the last key or paste was not taken; NULL when it was
};

void edit_init(struct edit *e, size_t max_bytes, bool secret);
void edit_clear(struct edit *e); // accepts a zeroed one
void edit_set(struct edit *e, const char *text);
const char *edit_text(const struct edit *e); // "" when nothing
size_t edit_chars(const struct edit *e);
// True when the key was this line's: characters, paste, arrows, Home/End, ^A ^E ^U ^K ^W, Delete,
// Backspace, and ^R (show) for a secret. Enter, Tab, Esc, Up and Down never are.
bool edit_key(struct edit *e, const struct key *key);
bool edit_settle(struct edit *e); // was it changed since the last call?

#endif

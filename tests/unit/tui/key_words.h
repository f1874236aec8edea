// SPDX-License-Identifier: MIT
// Keys as words, so that a test reads like what a person did: "Up", "a", "^c", "M-x", "word Left",
// "F1", "paste[...]", "cut paste[...]". Anything beyond ASCII is U+XXXX.
#ifndef FOREST_TESTS_UNIT_TUI_KEY_WORDS_H
#define FOREST_TESTS_UNIT_TUI_KEY_WORDS_H

#include "backend/base/str.h"
#include "tui/key.h"

// Appends the key's word, a blank before it when it is not the first.
void key_word(struct str *out, const struct key *key);
// Feeds `bytes` in pieces of `piece` bytes (0: at once), then `quiets` times silence; the keys that
// came, as words. The caller's.
char *words_of(struct decoder *decoder, const char *bytes, size_t length, size_t piece,
               unsigned quiets);

#endif

// SPDX-License-Identifier: MIT
// One thing the user did at the keyboard, and the decoder that makes it from bytes.
//
// decoder_init() -> decoder_feed() with what was read, any number of bytes -> decoder_next() until
// false -> when the line has been quiet for KEY_ESC_MS: decoder_quiet(), then decoder_next() again
// (a lone Esc becomes a key then) -> decoder_clear(), which wipes. Pure: no terminal, no clock. The
// decoder never guesses: unknown sequences, answers of the terminal (OSC, DCS, DA, mouse) and
// broken UTF-8 are swallowed or become K_CHAR U+FFFD, never text of theirs. A bracketed paste is
// one K_PASTE, its bytes untouched; past KEY_PASTE_MAX bytes it is cut and `cut` says so.
#ifndef FOREST_TUI_KEY_H
#define FOREST_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KEY_ESC_MS = 25, KEY_PASTE_MAX = 65536 };

enum key_code {
    K_NONE,
    K_CHAR,  // ch: a printable character
    K_CTRL,  // ch: 'a'..'z', '@', '[' '\\' ']' '^' '_'
    K_ALT,   // ch: Esc quickly followed by a character
    K_PASTE, // text, length
    K_ENTER,
    K_ESC,
    K_TAB,
    K_BACKTAB,
    K_BACKSPACE,
    K_DELETE,
    K_UP,
    K_DOWN,
    K_LEFT,
    K_RIGHT,
    K_HOME,
    K_END,
    K_PAGE_UP,
    K_PAGE_DOWN,
    K_INSERT,
    K_FUNCTION, // ch: 1..12
};

struct key {
    enum key_code code;
    uint32_t ch;
    bool word;        // with Ctrl or Alt: by words (arrows, Backspace, Delete)
    const char *text; // K_PASTE: UTF-8 as it came, NUL-terminated; borrowed until the next call
    size_t length;
    bool cut; // K_PASTE: longer than KEY_PASTE_MAX, or its end never came
};

struct decoder; // owns a paste while it comes in: wiped by decoder_clear()

// `utf8` false: a locale with one byte a character; such bytes go through mbrtowc().
struct decoder *decoder_new(bool utf8);
void decoder_free(struct decoder *decoder); // accepts NULL; wipes
// For a terminal that does not mark pastes: more than 8 bytes in one feed that end in a line end
// are one K_PASTE, so that a pasted line end never submits. Off at first.
void decoder_guess_paste(struct decoder *decoder, bool guess);
void decoder_feed(struct decoder *decoder, const char *bytes, size_t length);
// Nothing has come for KEY_ESC_MS; to be said again for every further KEY_ESC_MS while something is
// pending: a lone Esc ends at once, what a terminal sends in pieces after a few times, a paste
// whose end never comes after 2 s (as K_PASTE with `cut`).
void decoder_quiet(struct decoder *decoder);
// Is something begun that only silence can end (a lone Esc)?
bool decoder_pending(const struct decoder *decoder);
bool decoder_next(struct decoder *decoder, struct key *out);

#endif

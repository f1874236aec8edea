// SPDX-License-Identifier: MIT
// Any bytes as pieces that cells can hold: the one reader of text in tui, private to it.
//
// piece_next() until false. A piece is what is drawn for one character, or for one byte that is
// none: its replacement is made here, so that whoever measures and whoever draws agree. Control
// characters and broken UTF-8 are U+FFFD ('?' where only ASCII can be shown), line ends and tabs a
// blank, bidi controls are spelled <U+202E>, other invisible characters are nothing. Where only
// ASCII can be shown, known characters have a likeness and others are '?'. Pure.
#ifndef FOREST_TUI_WIDTH_H
#define FOREST_TUI_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PIECE_MAX = 12 };

struct piece {
    size_t bytes;           // of the text
    uint32_t ch[PIECE_MAX]; // a wide one is alone; a combining one is alone with cols 0
    int count;
    int cols;   // 0: `ch[0]` goes onto the character before, or nothing when count is 0
    bool blank; // a line may be broken here
};

bool piece_next(const char *text, bool utf8, struct piece *out);
// Columns of one character as terminals draw it: 0, 1 or 2.
int char_cols(uint32_t ch);
// Decodes one character; *ok false for a byte that begins none (1 is returned then). 0 at the end.
size_t utf8_decode(const char *text, uint32_t *out, bool *ok);
// Writes `ch`, at most 4 bytes and no NUL; returns how many.
size_t utf8_encode(uint32_t ch, char out[4]);
// Bytes from `at` to the next place where a cursor may stand, its combining marks included; 0 at
// the end. And back: bytes before `at`; 0 at the start. Both for valid UTF-8.
size_t text_step(const char *text, size_t at);
size_t text_step_back(const char *text, size_t at);

#endif

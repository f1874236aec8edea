// SPDX-License-Identifier: MIT
// What a control sequence of a terminal means: the tables behind the decoder. Private to
// decoder.c. Pure.
#ifndef FOREST_TUI_SEQUENCE_H
#define FOREST_TUI_SEQUENCE_H

#include "tui/key.h"

struct sequence {
    char bytes[32]; // parameters and intermediates as they came
    size_t length;
    char final;
    bool too_long; // nothing that we know: only its end matters
    bool alt;      // an Esc stood before it
};

enum sequence_meaning {
    SEQUENCE_NONE, // an answer or an event that is not for us
    SEQUENCE_KEY,
    SEQUENCE_PASTE, // a paste begins
    SEQUENCE_MOUSE, // three bytes follow
    SEQUENCE_LINUX  // one byte follows: a function key of the Linux console
};

// Takes the next byte (0x20..0x7e); true when it was the last.
bool sequence_add(struct sequence *sequence, unsigned char byte, bool ss3);
enum sequence_meaning sequence_key(const struct sequence *sequence, bool ss3, struct key *out);

#endif

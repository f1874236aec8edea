// SPDX-License-Identifier: MIT
// Bytes from the keyboard that wait to be understood, and the text of a paste, both in memory that
// is wiped: a paste may be a secret. Private to decoder.c; zero-initialise, then clear.
#ifndef FOREST_TUI_INTAKE_H
#define FOREST_TUI_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

struct intake {
    char *bytes; // [at, fill) waits
    size_t at, fill, room;
};

void intake_add(struct intake *in, const char *bytes, size_t length);
bool intake_next(struct intake *in, unsigned char *out); // false, and wiped: nothing waits
void intake_back(struct intake *in);                     // the last one again
bool intake_empty(const struct intake *in);
void intake_clear(struct intake *in);

#define PASTE_END "\033[201~"

struct paste {
    char *text; // KEY_PASTE_MAX + 1 bytes, from the first paste on; NUL-terminated at its end
    size_t length, end_matched;
    bool cut;   // did not fit
    bool given; // to whoever asked: wiped at the next call
};

void paste_begin(struct paste *paste);
bool paste_byte(struct paste *paste, unsigned char byte); // true: that was its end
void paste_give(struct paste *paste);
void paste_wipe_given(struct paste *paste);
void paste_clear(struct paste *paste);

#endif

// SPDX-License-Identifier: MIT
// Text from outside, made safe to show: names, tags and log lines come from other people and may
// hold anything.
#ifndef FOREST_BASE_TEXT_H
#define FOREST_BASE_TEXT_H

#include <stddef.h>

// One printable row: control characters (C0, DEL, C1), bidi controls and zero-width characters as
// visible escapes
// (\x1b, \u202e), broken UTF-8 as U+FFFD, at most `max_chars` characters followed by an ellipsis.
// Caller owns it.
char *text_safe(const char *text, size_t max_chars);

#endif

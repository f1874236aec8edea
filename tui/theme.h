// SPDX-License-Identifier: MIT
// How each style looks: one of the terminal's own sixteen colours or none, and attributes.
//
// Nothing but a QR code sets a background, so that the user's stays; where a difference has to be
// seen on any background it is made by attributes, and colour only supports it. Mono (NO_COLOR,
// terminals without colours) has the attributes alone. Pure.
#ifndef FOREST_TUI_THEME_H
#define FOREST_TUI_THEME_H

#include <stdbool.h>

#include "tui/grid.h"

enum theme_attribute {
    THEME_BOLD = 1,
    THEME_DIM = 2,
    THEME_UNDERLINE = 4,
    THEME_REVERSE = 8,
};

enum { THEME_NO_COLOUR = -1 };

struct theme_look {
    int colour;          // 0..7 of the terminal's palette; THEME_NO_COLOUR: its own foreground
    unsigned attributes; // enum theme_attribute
    bool on_white;       // the palette's white behind it
};

struct theme_look theme_look(enum style style, bool mono);
// For dumps: one letter a style, '.' for plain text.
char theme_letter(enum style style);

#endif

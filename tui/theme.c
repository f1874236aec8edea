// SPDX-License-Identifier: MIT
#include "tui/theme.h"

enum { BLACK = 0, RED = 1, GREEN = 2, YELLOW = 3, CYAN = 6 };

// Words that are read have no colour: no one of the sixteen can be read on every background (bold
// cyan on white cannot). Colour is for signs, which have a word beside them; without bold, which
// many terminals draw in a brighter colour.
static const struct {
    struct {
        int colour;
        unsigned attributes;
    } look;
    unsigned mono;
    char letter;
} THEME[STYLES] = {
    [STYLE_TEXT] = {{THEME_NO_COLOUR, 0}, 0, '.'},
    [STYLE_TITLE] = {{THEME_NO_COLOUR, THEME_BOLD}, THEME_BOLD, 'T'},
    [STYLE_HEAD] = {{THEME_NO_COLOUR, THEME_BOLD}, THEME_BOLD, 'H'},
    [STYLE_DIM] = {{THEME_NO_COLOUR, THEME_DIM}, THEME_DIM, 'd'},
    [STYLE_FOCUS] = {{THEME_NO_COLOUR, THEME_BOLD | THEME_REVERSE},
                     THEME_BOLD | THEME_REVERSE,
                     'F'},
    [STYLE_KEY] = {{THEME_NO_COLOUR, THEME_BOLD}, THEME_BOLD, 'K'},
    [STYLE_GOOD] = {{GREEN, 0}, 0, 'g'},
    [STYLE_BAD] = {{RED, THEME_BOLD}, THEME_BOLD, 'b'},
    [STYLE_WARN] = {{YELLOW, 0}, 0, 'w'},
    [STYLE_BUSY] = {{CYAN, 0}, 0, 'y'},
    [STYLE_FIELD] = {{THEME_NO_COLOUR, THEME_UNDERLINE}, THEME_UNDERLINE, 'i'},
    [STYLE_FIELD_FOCUS] = {{THEME_NO_COLOUR, THEME_UNDERLINE | THEME_BOLD},
                           THEME_UNDERLINE | THEME_BOLD,
                           'I'},
    [STYLE_LINK] = {{THEME_NO_COLOUR, THEME_BOLD | THEME_UNDERLINE},
                    THEME_BOLD | THEME_UNDERLINE,
                    'L'},
    [STYLE_BAR] = {{GREEN, 0}, 0, 'B'},
    [STYLE_HERE] = {{CYAN, 0}, THEME_BOLD, 'A'},
    // Without colours only a terminal with a dark background shows it the right way round; readers
    // take the other one, too.
    [STYLE_CODE] = {{BLACK, 0}, THEME_REVERSE, 'Q'},
};

struct theme_look theme_look(enum style style, bool mono)
{
    unsigned at = (unsigned)style < STYLES ? (unsigned)style : STYLE_TEXT;
    if (mono)
        return (struct theme_look){THEME_NO_COLOUR, THEME[at].mono, false};
    return (struct theme_look){THEME[at].look.colour, THEME[at].look.attributes, at == STYLE_CODE};
}

char theme_letter(enum style style)
{
    return (unsigned)style < STYLES ? THEME[style].letter : '?';
}

// SPDX-License-Identifier: MIT
// The screen as cells, before any terminal: everything is drawn here, and here text becomes cells.
//
// grid_init() -> grid_clear() -> grid_text() ... -> a presenter or a test reads `cells` ->
// grid_free(). This is the one place that turns text into cells: control characters, bidi controls,
// broken UTF-8, zero-width and wide characters, and characters the terminal cannot show, are dealt
// with here and nowhere else. Nothing is ever drawn outside the grid. Pure.
#ifndef FOREST_TUI_GRID_H
#define FOREST_TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a piece of text means; theme.h says how that looks.
enum style {
    STYLE_TEXT,
    STYLE_TITLE, // the screen's title
    STYLE_HEAD,  // a heading
    STYLE_DIM,   // what is beside the point
    STYLE_FOCUS, // where the keys go
    STYLE_KEY,   // a key's name in the footer
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_WARN,
    STYLE_BUSY,
    STYLE_FIELD,       // the inside of an input field
    STYLE_FIELD_FOCUS, // of the one with the cursor
    STYLE_LINK,        // the URL
    STYLE_BAR,         // the done part of a progress bar
    STYLE_HERE,        // the marker beside what has the focus
    STYLE_CODE,        // dark on light on every background, for a QR code
    STYLES
};

enum sign {
    SIGN_HERE,     // ❯ >
    SIGN_GOOD,     // ✔ +
    SIGN_BAD,      // ✘ x
    SIGN_BUSY,     // ◐ *
    SIGN_TODO,     // ○ -
    SIGN_DONE,     // ● o
    SIGN_CURRENT,  // ◉ @
    SIGN_LOG,      // │ |
    SIGN_LINE,     // ─ -
    SIGN_BAR,      // █ #
    SIGN_BAR_REST, // ░ .
    SIGN_MASK,     // • *
    SIGN_MORE,     // … ~  (ellipsis)
    SIGN_UP,       // ↑ ^
    SIGN_DOWN,     // ↓ v
    SIGN_DOT,      // · -
    SIGN_PRACTICE, // ~ ~
    SIGN_NEW,      // + +
    SIGN_WARN,     // ▲ !
    SIGNS
};

struct cell {
    uint32_t ch;       // 0: the right half of a wide character
    uint32_t marks[2]; // combining characters, 0 when none
    uint8_t style;
};

struct grid {
    int width, height; // in cells
    struct cell *cells;
    bool utf8;              // what the terminal can show
    int cursor_x, cursor_y; // the hardware cursor; -1: hidden
    bool cursor_shown;      // at what has the focus; not while a page is only read (help)
};

void grid_init(struct grid *grid, int width, int height, bool utf8);
void grid_free(struct grid *grid);
void grid_clear(struct grid *grid);
void grid_cursor(struct grid *grid, int x, int y, bool shown);
// Draws one line of text from column x, at most `cols` columns (an ellipsis when it does not fit);
// returns the columns used. Anything may be in `text`.
int grid_text(struct grid *grid, int x, int y, int cols, enum style style, const char *text);
int grid_sign(struct grid *grid, int x, int y, enum style style, enum sign sign);
void grid_fill(struct grid *grid, int x, int y, int cols, enum style style, enum sign sign);
void grid_style(struct grid *grid, int x, int y, int cols, enum style style); // keeps the text
const char *sign_text(enum sign sign, bool utf8);                             // static

// How many columns this text takes when drawn.
int text_cols(const char *text, bool utf8);
// Where to break a line: bytes of `text` that fit `cols` columns, at a blank when there is one;
// *out_next is where the next line starts. A line end breaks too. 0 for "" and for an empty line.
size_t text_wrap(const char *text, int cols, bool utf8, size_t *out_next);
// The grid as text, one line a row without trailing blanks; for goldens and tests. The caller's.
char *grid_dump(const struct grid *grid);
// The same with styles: each run as {letter:text}; for goldens of focus and meaning.
char *grid_dump_styles(const struct grid *grid);

#endif

// SPDX-License-Identifier: MIT
#include "tui/present.h"

#include <curses.h>
#include <string.h>

#include "backend/base/mem.h"
#include "tui/theme.h"

struct present {
    attr_t attributes[STYLES];
    short pairs[STYLES];
    struct grid last; // what curses was given; no cells: nothing
    bool cursor_shown;
    bool cursor_known;
};

static attr_t attributes_of(unsigned theme)
{
    attr_t attributes = A_NORMAL;

    if (theme & THEME_BOLD)
        attributes |= A_BOLD;
    if (theme & THEME_DIM)
        attributes |= A_DIM;
    if (theme & THEME_UNDERLINE)
        attributes |= A_UNDERLINE;
    if (theme & THEME_REVERSE)
        attributes |= A_REVERSE;
    return attributes;
}

struct present *present_new(bool mono)
{
    struct present *p = mem_calloc(1, sizeof(*p));
    bool coloured = !mono && has_colors() && start_color() == OK;

    if (coloured)
        use_default_colors();
    for (int i = 0; i < STYLES; i++) {
        struct theme_look look = theme_look((enum style)i, !coloured);

        p->attributes[i] = attributes_of(look.attributes);
        if (!coloured || look.colour == THEME_NO_COLOUR)
            continue;
        p->pairs[i] = (short)(i + 1);
        init_pair(p->pairs[i], (short)look.colour, look.on_white ? COLOR_WHITE : -1);
    }
    return p;
}

void present_free(struct present *p)
{
    if (!p)
        return;
    mem_free(p->last.cells);
    mem_free(p);
}

void present_forget(struct present *p)
{
    mem_free(p->last.cells);
    memset(&p->last, 0, sizeof(p->last));
    p->cursor_known = false;
    clearok(curscr, TRUE);
}

static void show_cell(const struct present *p, int x, int y, const struct cell *cell)
{
    wchar_t text[4] = {(wchar_t)cell->ch, (wchar_t)cell->marks[0], (wchar_t)cell->marks[1], 0};
    size_t style = cell->style < STYLES ? cell->style : STYLE_TEXT;
    cchar_t shown;

    if (cell->ch == 0)
        return; // curses gave this column to the wide character on the left
    if (setcchar(&shown, text, p->attributes[style], p->pairs[style], NULL) == OK)
        mvadd_wch(y, x,
                  &shown); // ERR in the last column of the last row, where it shows all the same
}

static void remember(struct present *p, const struct grid *grid)
{
    size_t bytes = (size_t)grid->width * (size_t)grid->height * sizeof(*grid->cells);
    struct cell *cells = p->last.cells;

    if (p->last.width != grid->width || p->last.height != grid->height) {
        mem_free(cells);
        cells = mem_alloc(bytes > 0 ? bytes : 1);
    }
    memcpy(cells, grid->cells, bytes);
    p->last = *grid;
    p->last.cells = cells;
}

static bool show_cursor(struct present *p, const struct grid *grid)
{
    bool shown = grid->cursor_shown && grid->cursor_x >= 0 && grid->cursor_y >= 0;
    bool changed = !p->cursor_known || shown != p->cursor_shown;

    if (changed)
        curs_set(shown ? 1 : 0);
    p->cursor_known = true;
    p->cursor_shown = shown;
    if (grid->cursor_x >= 0 && grid->cursor_y >= 0)
        move(grid->cursor_y, grid->cursor_x); // also when hidden: braille and screen readers follow
    return changed;
}

// Not memcmp(): between the members there may be bytes that mean nothing.
static bool same_row(const struct cell *a, const struct cell *b, int width)
{
    for (int x = 0; x < width; x++)
        if (a[x].ch != b[x].ch || a[x].style != b[x].style || a[x].marks[0] != b[x].marks[0] ||
            a[x].marks[1] != b[x].marks[1])
            return false;
    return true;
}

bool present_grid(struct present *p, const struct grid *grid)
{
    bool whole = !p->last.cells || p->last.width != grid->width || p->last.height != grid->height;
    bool moved = whole || p->last.cursor_x != grid->cursor_x || p->last.cursor_y != grid->cursor_y;
    bool changed = whole;

    for (int y = 0; y < grid->height; y++) {
        size_t at = (size_t)y * (size_t)grid->width;

        // Whole rows: half a wide character is never replaced alone.
        if (!whole && same_row(p->last.cells + at, grid->cells + at, grid->width))
            continue;
        changed = true;
        for (int x = 0; x < grid->width; x++)
            show_cell(p, x, y, &grid->cells[at + (size_t)x]);
    }
    changed = show_cursor(p, grid) || changed || moved;
    if (!changed)
        return false;
    remember(p, grid);
    wnoutrefresh(stdscr);
    return true;
}

// SPDX-License-Identifier: MIT
#include "tests/unit/tui/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tui/theme.h"

static const char *place;

static void fail_with(const struct grid *grid, const char *what)
{
    AUTO_FREE char *dump = grid_dump_styles(grid);
    fail_msg("%s, %dx%d: %s\n%s", place, grid->width, grid->height, what, dump);
}

// Runs of what is drawn as having the focus: the marker.
static unsigned markers(const struct grid *grid, int *out_y)
{
    unsigned count = 0;
    for (int i = 0; i < grid->width * grid->height; i++) {
        if (grid->cells[i].style == STYLE_HERE) {
            count++;
            *out_y = i / grid->width;
        }
    }
    return count;
}

static void check_cells(const struct grid *grid)
{
    for (int i = 0; i < grid->width * grid->height; i++) {
        const struct cell *cell = &grid->cells[i];
        bool first = i % grid->width == 0;
        if (cell->style >= STYLES)
            fail_with(grid, "no such style");
        if ((cell->ch < ' ' && cell->ch != 0) || (cell->ch >= 0x7F && cell->ch < 0xA0))
            fail_with(grid, "a control character");
        if (cell->ch >= 0x202A && cell->ch <= 0x202E)
            fail_with(grid, "a bidi control");
        if (cell->ch == 0 && (first || grid->cells[i - 1].ch < 0x1100))
            fail_with(grid, "half a wide character");
        if (!grid->utf8 && cell->ch > 0x7E)
            fail_with(grid, "more than ASCII");
    }
}

static void check_secret(const struct grid *grid)
{
    AUTO_FREE char *dump = grid_dump(grid);
    if (strstr(dump, "QX") != NULL || strstr(dump, "ZQ") != NULL)
        fail_with(grid, "a secret in the cells");
}

static void check_focus(const struct view *view, const struct grid *grid, bool any)
{
    int y = -1;
    unsigned count = markers(grid, &y);
    if (view_help_open(view) || grid->width < 20 || grid->height < 6)
        return;
    if (count > 1)
        fail_with(grid, "the focus is seen twice");
    if (any && count == 0)
        fail_with(grid, "the focus is not seen");
    if (count == 1 && grid->cursor_y < 0)
        fail_with(grid, "no cursor");
    // A narrow field has its box under its label.
    if (count == 1 && (grid->cursor_y < y || grid->cursor_y > y + 1))
        fail_with(grid, "the cursor is not where the focus is");
}

static void check_footer(const struct grid *grid)
{
    const struct cell *last = &grid->cells[(grid->height - 1) * grid->width];
    if (grid->width < 20 || grid->height < 6)
        return;
    for (int x = 0; x < grid->width; x++) {
        if (last[x].ch == 0x2026)
            fail_with(grid, "the footer does not fit");
    }
}

void drawing_check(struct view *view, int width, int height, bool utf8, bool focus,
                   const char *where)
{
    struct grid grid;
    place = where;
    grid_init(&grid, width, height, utf8);
    view_draw(view, &grid);
    check_cells(&grid);
    check_secret(&grid);
    check_focus(view, &grid, focus);
    check_footer(&grid);
    grid_free(&grid);
}

// SPDX-License-Identifier: MIT
// The footer and the help page.
#include "tui/draw_private.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { HINT_GAP = 3 };

static const char *hint_name(const struct canvas *c, const struct view_hint *hint)
{
    return c->utf8 ? hint->name : hint->ascii;
}

static int hint_cols(const struct canvas *c, const struct view_hint *hint)
{
    int does = c->narrow ? 0 : 1 + draw_text_cols(c, hint->does);
    return draw_text_cols(c, hint_name(c, hint)) + does + (c->narrow ? 1 : HINT_GAP);
}

// Leaves out the least important until the rest fits.
static size_t fit(const struct canvas *c, struct view_hint *hints, size_t count, int room)
{
    for (;;) {
        int cols = 0;
        size_t least = 0;
        for (size_t i = 0; i < count; i++) {
            cols += hint_cols(c, &hints[i]);
            if (hints[i].weight < hints[least].weight)
                least = i;
        }
        if (cols <= room + 1 || count == 0)
            return count;
        memmove(&hints[least], &hints[least + 1], (--count - least) * sizeof *hints);
    }
}

// "12 of 200" when the list with the focus is not all in sight.
static char *position(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    bool list = item != NULL && item->kind == ITEM_LIST && item->shown > 0 && item->kept->clipped;
    if (!list || view->help_open || view->question.id != NULL)
        return NULL;
    return mem_printf("%zu of %zu", item->at + 1, item->shown);
}

void draw_footer(struct canvas *c, int y)
{
    struct view_hint hints[VIEW_HINTS];
    AUTO_FREE char *at = position(c->view);
    int right = draw_text_cols(c, at), x = 1;
    size_t count = view_hints(c->view, hints);
    count = fit(c, hints, count, c->width - 2 - (right > 0 ? right + 2 : 0));
    for (size_t i = 0; i < count; i++) {
        x += draw_text(c, x, y, c->width - x - 1, STYLE_KEY, hint_name(c, &hints[i]));
        if (!c->narrow)
            x += 1 + draw_text(c, x + 1, y, c->width - x - 2, STYLE_DIM, hints[i].does);
        x += c->narrow ? 1 : HINT_GAP;
    }
    if (right > 0 && x + right <= c->width)
        draw_text(c, c->width - 1 - right, y, right, STYLE_DIM, at);
}

static int help_paragraphs(struct canvas *c, int y)
{
    int cols = c->width - 2 < DRAW_PARAGRAPH ? c->width - 2 : DRAW_PARAGRAPH;
    const struct item *item = view_focused_item(c->view);
    int lines = draw_wrapped(c, 1, y, cols, STYLE_TEXT, c->view->help);
    if (item == NULL || (item->help == NULL && item->path == NULL))
        return lines;
    lines += lines > 0;
    if (item->label != NULL)
        lines += draw_wrapped(c, 1, y + lines, cols, STYLE_HEAD, item->label);
    lines += draw_wrapped(c, 1, y + lines, cols, STYLE_TEXT, item->help);
    if (item->path != NULL) {
        AUTO_FREE char *path = mem_printf("In an answer file: %s", item->path);
        lines += draw_wrapped(c, 1, y + lines, cols, STYLE_DIM, path);
    }
    return lines;
}

static int help_key(struct canvas *c, int y, const char *name, const char *does)
{
    draw_text(c, 3, y, 12, STYLE_KEY, name);
    return draw_wrapped(c, 17, y, c->width - 18, STYLE_TEXT, does);
}

static int help_keys(struct canvas *c, int y)
{
    struct view_hint hints[VIEW_HINTS];
    bool open = c->view->help_open;
    c->view->help_open = false;
    size_t count = view_hints(c->view, hints);
    c->view->help_open = open;
    int lines = draw_wrapped(c, 1, y, c->width - 2, STYLE_HEAD, "Keys that work here");
    for (size_t i = 0; i < count; i++)
        lines += help_key(c, y + lines, hint_name(c, &hints[i]), hints[i].does);
    lines += help_key(c, y + lines, "Tab", "the next part; Shift-Tab the one before");
    lines +=
        help_key(c, y + lines, "Ctrl-C", "stop or leave, asked first when something would be lost");
    lines += help_key(c, y + lines, "Ctrl-L", "draw the screen anew");
    return lines + help_key(c, y + lines, "Ctrl-Z", "to the shell and back with fg");
}

void draw_help(struct canvas *c, int top, int lines)
{
    struct canvas paper = *c;
    struct grid page;
    paper.grid = NULL;
    int height = help_paragraphs(&paper, 0);
    height += height > 0;
    int keys = height;
    height += help_keys(&paper, height);
    grid_init(&page, c->grid->width, height, c->utf8);
    paper.grid = &page;
    paper.bottom = height;
    help_paragraphs(&paper, 0);
    help_keys(&paper, keys);
    if (c->view->help_top > height - lines)
        c->view->help_top = height > lines ? height - lines : 0;
    int from = c->view->help_top;
    for (int i = 0; i < lines && from + i < height; i++)
        memcpy(&c->grid->cells[(size_t)(top + i) * (size_t)c->grid->width],
               &page.cells[(size_t)(from + i) * (size_t)page.width],
               (size_t)page.width * sizeof *page.cells);
    if (from > 0)
        draw_sign(c, c->width - 1, top, STYLE_DIM, SIGN_UP);
    if (from + lines < height)
        draw_sign(c, c->width - 1, top + lines - 1, STYLE_DIM, SIGN_DOWN);
    grid_cursor(c->grid, 1, top, false);
    grid_free(&page);
}

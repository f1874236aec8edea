// SPDX-License-Identifier: MIT
// The footer, the help page, and the question over a screen.
#include "tui/draw_private.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { HINT_GAP = 3, BOX_WIDEST = 64 };

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

static int options_cols(const struct canvas *c, const struct view_question *question)
{
    int cols = 0;
    for (size_t i = 0; i < question->count; i++)
        cols += draw_text_cols(c, question->options[i]) + 7;
    return cols;
}

// Everything inside the box; the canvas' columns are those between its borders.
static int draw_inside(struct canvas *c, int x, int y, int cols)
{
    const struct view *view = c->view;
    const struct view_question *question = &view->question;
    enum style title = question->bad ? STYLE_BAD : STYLE_TITLE;
    int line = y + draw_wrapped(c, x, y, cols, title, question->title);
    if (!str_empty(question->text)) {
        line += c->squeeze == SQUEEZE_NOTHING;
        line += draw_wrapped(c, x, line, cols, STYLE_TEXT, question->text);
    }
    line += c->squeeze == SQUEEZE_NOTHING;
    if (question->edit != NULL) {
        if (view->question_text)
            draw_here(c, x, line);
        draw_edit(c, x + 2, line, cols - 2, question->edit, NULL, view->question_text);
        if (view->question_fresh && view->question_text && c->grid != NULL)
            grid_style(c->grid, x + 2, line, draw_text_cols(c, edit_text(question->edit)),
                       STYLE_FOCUS);
        line += 1 + (c->squeeze == SQUEEZE_NOTHING);
    }
    bool flat = options_cols(c, question) <= cols;
    for (size_t i = 0, at = (size_t)x; i < question->count; i++) {
        bool focused = !view->question_text && i == view->question_at;
        enum style style = focused ? STYLE_FOCUS : STYLE_TEXT;
        AUTO_FREE char *label = mem_printf("[ %s ]", question->options[i]);
        if (focused)
            draw_here(c, (int)at, line);
        draw_text(c, (int)at + 2, line, cols - 2, style, label);
        at += flat ? (size_t)draw_text_cols(c, label) + 3 : 0;
        line += !flat;
    }
    return line + flat - y;
}

static void draw_box(struct grid *grid, int x, int y, int cols, int lines)
{
    for (int i = 0; i < lines; i++) {
        grid_fill(grid, x, y + i, cols, STYLE_TEXT, SIGNS);
        grid_sign(grid, x, y + i, STYLE_DIM, SIGN_LOG);
        grid_sign(grid, x + cols - 1, y + i, STYLE_DIM, SIGN_LOG);
    }
    grid_fill(grid, x, y, cols, STYLE_DIM, SIGN_LINE);
    grid_fill(grid, x, y + lines - 1, cols, STYLE_DIM, SIGN_LINE);
    grid_text(grid, x, y, 1, STYLE_DIM, "╭");
    grid_text(grid, x + cols - 1, y, 1, STYLE_DIM, "╮");
    grid_text(grid, x, y + lines - 1, 1, STYLE_DIM, "╰");
    grid_text(grid, x + cols - 1, y + lines - 1, 1, STYLE_DIM, "╯");
}

void draw_question(struct view *view, struct grid *grid)
{
    int room = grid->height - 3;
    int cols = grid->width - 4 < BOX_WIDEST ? grid->width - 4 : BOX_WIDEST;
    struct canvas c = {.view = view, .width = cols, .utf8 = grid->utf8, .focus = true};
    c.narrow = grid->width < DRAW_NARROW;
    // What is behind steps back; its words stay readable.
    for (int y = 0; y < grid->height - 1; y++)
        grid_style(grid, 0, y, grid->width, STYLE_DIM);
    int inside = draw_inside(&c, 0, 0, cols - 4);
    if (inside > room) {
        c.squeeze = SQUEEZE_GAPS;
        inside = draw_inside(&c, 0, 0, cols - 4);
    }
    int lines = (inside < room ? inside : room) + 2;
    int x = (grid->width - cols) / 2, y = (grid->height - 1 - lines) / 2;
    y = y > 0 ? y : 0;
    for (int i = 0; i < lines; i++)
        grid_fill(grid, x - 1, y + i, cols + 2, STYLE_TEXT, SIGNS);
    draw_box(grid, x, y, cols, lines);
    // When even that is too much, the end of it, where the answers are.
    struct grid paper;
    grid_init(&paper, cols - 4 > 1 ? cols - 4 : 1, inside, grid->utf8);
    c.grid = &paper;
    c.bottom = inside;
    draw_inside(&c, 0, 0, cols - 4);
    int from = inside - (lines - 2);
    for (int i = 0; i < lines - 2; i++)
        memcpy(&grid->cells[(size_t)(y + 1 + i) * (size_t)grid->width + (size_t)x + 2],
               &paper.cells[(size_t)(from + i) * (size_t)paper.width],
               (size_t)paper.width * sizeof *paper.cells);
    if (paper.cursor_y >= from)
        grid_cursor(grid, x + 2 + paper.cursor_x, y + 1 + paper.cursor_y - from,
                    paper.cursor_shown);
    grid_free(&paper);
}

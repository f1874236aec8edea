// SPDX-License-Identifier: MIT
// Which rows of a list are in sight, and the line above them.
#include "tui/draw_private.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

static bool has_header(const struct item *item)
{
    return item->label != NULL || *list_filter(item) != '\0';
}

// "Where should it run?                       filter: pro▏  2 of 14"
static int draw_header(struct canvas *c, const struct item *item, int y)
{
    const char *filter = list_filter(item);
    bool focused = c->focus && item == view_focused_item(c->view);
    if (!has_header(item))
        return 0;
    int label = draw_text(c, 1, y, c->width - 2, STYLE_HEAD, item->label);
    if (*filter == '\0')
        return 1;
    AUTO_FREE char *count =
        mem_printf("%s%s  %zu of %zu", filter, focused ? "▏" : "", item->shown, item->list.count);
    int cols = draw_text_cols(c, count) + 8;
    int x = c->width - 1 - cols, line = y;
    if (x < label + 3) {
        line = item->label != NULL ? y + 1 : y;
        x = 1;
    }
    draw_text(c, x, line, 8, STYLE_DIM, "filter: ");
    draw_text(c, x + 8, line, c->width - x - 9, STYLE_TEXT, count);
    return line - y + 1;
}

// How many rows from `from` on fit in `lines`, at most.
static size_t window(const struct item *item, size_t from, int lines)
{
    size_t rest = item->shown > from ? item->shown - from : 0;
    return rest < (size_t)lines ? rest : (size_t)lines;
}

static int row_lines(struct canvas *c, struct item *item, const struct list_layout *layout,
                     size_t at)
{
    struct canvas paper = *c;
    paper.grid = NULL;
    return draw_list_row(&paper, item, layout, at, 0);
}

// The row to keep in sight: the one with the focus, or what is chosen when it is pinned.
static size_t row_to_show(const struct canvas *c, const struct item *item)
{
    struct view_list_row row;
    if (item == view_focused_item(c->view) || !item->list.pinned || item->list.chosen == NULL)
        return item->at;
    for (size_t i = 0; i < item->shown; i++) {
        list_row(item, i, &row);
        if (str_eq(row.key, item->list.chosen))
            return i;
    }
    return item->at;
}

// The first row to draw, so that `show` is in sight, its heading with it, and no line is wasted.
static size_t first_row(struct canvas *c, struct item *item, const struct list_layout *layout,
                        int lines)
{
    size_t top = item->kept->top, show = row_to_show(c, item);
    struct view_list_row row;
    if (top > show)
        top = show;
    int used = row_lines(c, item, layout, show);
    size_t least = show;
    while (least > 0 && (used += row_lines(c, item, layout, least - 1)) <= lines)
        least--;
    if (top < least)
        top = least;
    if (top == show && top > least) {
        list_row(item, top - 1, &row);
        top -= row.heading;
    }
    // Rows that went away at the end leave no hole.
    used = 0;
    for (size_t i = top; i < item->shown && used <= lines; i++)
        used += row_lines(c, item, layout, i);
    while (top > 0 && used + row_lines(c, item, layout, top - 1) <= lines)
        used += row_lines(c, item, layout, --top);
    return top;
}

// Columns depend on which rows are in sight, how tall rows are on the columns, and which rows are
// in sight on that: some turns settle it. Else the row to show comes first.
static size_t place(struct canvas *c, struct item *item, int lines, struct list_layout *out)
{
    size_t top = item->kept->top;
    for (int turn = 0; turn < 4; turn++) {
        draw_list_layout(c, item, top, window(item, top, lines), out);
        item->kept->top = first_row(c, item, out, lines);
        if (item->kept->top == top)
            return top;
        top = item->kept->top;
    }
    top = item->kept->top = row_to_show(c, item);
    draw_list_layout(c, item, top, window(item, top, lines), out);
    return top;
}

static int draw_rows(struct canvas *c, struct item *item, int y, int lines)
{
    struct list_layout layout;
    size_t top = place(c, item, lines, &layout), at = top;
    int line = y;
    struct canvas part = *c;
    part.bottom = y + lines;
    for (; at < item->shown && line < y + lines; at++) {
        line += draw_list_row(&part, item, &layout, at, line);
        if (item->list.seen && c->grid)
            item->list.seen(item->list.context, list_index(item, at));
    }
    item->kept->page = (int)(at - top);
    bool more = at < item->shown || line > y + lines;
    item->kept->clipped = top > 0 || more;
    if (top > 0)
        draw_sign(&part, c->width - 1, y, STYLE_DIM, SIGN_UP);
    if (more)
        draw_sign(&part, c->width - 1, y + lines - 1, STYLE_DIM, SIGN_DOWN);
    return line - y < lines ? line - y : lines;
}

// No more than `lines` are ever needed, so no more rows than that are asked for.
static int measure_rows(struct canvas *c, struct item *item, int lines)
{
    struct list_layout layout;
    int used = 0;
    draw_list_layout(c, item, 0, window(item, 0, lines), &layout);
    for (size_t i = 0; i < item->shown && used < lines; i++)
        used += row_lines(c, item, &layout, i);
    return used < lines ? used : lines;
}

int draw_list_focus_lines(struct canvas *c, struct item *item)
{
    struct list_layout layout;
    if (item->shown == 0)
        return 0;
    draw_list_layout(c, item, item->at, 1, &layout);
    return (has_header(item) ? 1 : 0) + row_lines(c, item, &layout, item->at);
}

int draw_list(struct canvas *c, struct item *item, int y, int lines)
{
    int head = draw_header(c, item, y), room = lines - head;
    // How many rows it asks for counts only as long as others want the room.
    if (c->grid == NULL && !c->roomy && item->rows > 0 && room > item->rows)
        room = item->rows;
    if (room < 1)
        room = 1;
    if (item->shown == 0) {
        const char *text = item->list.count > 0
                               ? "No row has that. Backspace or Esc takes the filter back."
                               : item->list.empty;
        if (item->list.count > 0 && c->focus && item == view_focused_item(c->view))
            draw_here(c, 1, y + head);
        return head + draw_wrapped(c, 3, y + head, c->width - 4, STYLE_DIM, text);
    }
    if (c->grid == NULL)
        return head + measure_rows(c, item, room);
    item->spins = false;
    return head + draw_rows(c, item, y + head, room);
}

// SPDX-License-Identifier: MIT
// Items that take an answer: fields, choices, switches, actions.
#include "tui/draw_private.h"

#include <string.h>

#include "backend/base/str.h"
#include "tui/width.h"

enum { LABEL_X = 3, BOX_MAX = 72, BOX_MIN = 10, MASK_MAX = 40 };

static bool has_focus(const struct canvas *c, const struct item *item)
{
    return c->focus && item == view_focused_item(c->view);
}

static enum style label_style(const struct canvas *c, const struct item *item)
{
    return has_focus(c, item) ? STYLE_FOCUS : STYLE_TEXT;
}

// Where values stand: behind the labels, or under them when narrow.
static int value_x(const struct canvas *c, const struct item *item)
{
    return c->narrow ? LABEL_X : LABEL_X + item->label_cols + 3;
}

// What stands under an answer: its problem, what is known about it, or help.
static int draw_under(struct canvas *c, struct item *item, int x, int y)
{
    struct view_status problem = {.state = VIEW_BAD,
                                  .text = item->edit != NULL ? item->edit->problem : NULL};
    int cols = c->width - x - 1;
    if (cols > DRAW_PARAGRAPH - x)
        cols = DRAW_PARAGRAPH - x;
    if (problem.text != NULL)
        return draw_status(c, x, y, cols, &problem);
    if (!str_empty(item->status.text))
        return draw_status(c, x, y, cols, &item->status);
    bool focused = item == view_focused_item(c->view);
    if (c->squeeze >= SQUEEZE_HELP && !focused)
        return 0;
    return draw_wrapped(c, x, y, cols, STYLE_DIM, item->help);
}

// Columns of the first `bytes`; without a copy, which would have to be wiped.
static int cols_of(const char *text, size_t bytes, bool utf8)
{
    int cols = 0;
    struct piece piece;
    for (size_t at = 0; at < bytes && piece_next(text + at, utf8, &piece); at += piece.bytes)
        cols += piece.cols;
    return cols;
}

// The part of the text that is in sight, with the cursor in it: scrolls by as little as it can.
static size_t scroll_to_cursor(struct edit *edit, int cols, bool utf8)
{
    const char *text = edit_text(edit);
    if (edit->scroll > edit->cursor)
        edit->scroll = edit->cursor;
    for (;;) {
        int before = cols_of(text + edit->scroll, edit->cursor - edit->scroll, utf8);
        // One column is the cursor's, and one the ellipsis' when the text begins further left.
        if (before + (edit->scroll > 0) < cols || edit->scroll >= edit->cursor)
            return edit->scroll;
        edit->scroll += text_step(text, edit->scroll);
    }
}

static void draw_dots(struct canvas *c, int x, int y, int cols, const struct edit *edit,
                      enum style style)
{
    size_t chars = edit_chars(edit);
    int dots = chars < MASK_MAX ? (int)chars : MASK_MAX;
    for (int i = 0; i < dots && i < cols - 1; i++)
        draw_sign(c, x + i, y, style, SIGN_MASK);
}

static int dots_before_cursor(const struct edit *edit, int cols)
{
    int at = 0;
    for (size_t from = 0; from < edit->cursor && at < MASK_MAX && at < cols - 1; at++)
        from += text_step(edit_text(edit), from);
    return at;
}

static int draw_clear_text(struct canvas *c, int x, int y, int cols, struct edit *edit,
                           enum style style)
{
    size_t from = scroll_to_cursor(edit, cols, c->utf8);
    bool cut = from > 0;
    int shift = cut ? 1 : 0;
    if (cut)
        draw_sign(c, x, y, style, SIGN_MORE);
    draw_text(c, x + shift, y, cols - shift, style, edit_text(edit) + from);
    return shift + cols_of(edit_text(edit) + from, edit->cursor - from, c->utf8);
}

void draw_edit(struct canvas *c, int x, int y, int cols, struct edit *edit, const char *hint,
               bool focused)
{
    enum style style = focused ? STYLE_FIELD_FOCUS : STYLE_FIELD;
    if (c->grid == NULL || y >= c->bottom)
        return;
    grid_fill(c->grid, x, y, cols, style, SIGNS);
    int at = 0;
    if (edit == NULL || edit->length == 0) {
        // Where the cursor stands the hint would be read as typed.
        draw_text(c, x + focused, y, cols - focused, STYLE_DIM, hint);
    } else if (edit->secret && !edit->shown) {
        draw_dots(c, x, y, cols, edit, style);
        at = dots_before_cursor(edit, cols);
    } else {
        at = draw_clear_text(c, x, y, cols, edit, style);
    }
    if (focused)
        draw_cursor(c, x + (at < cols ? at : cols - 1), y, true);
}

static int draw_label(struct canvas *c, const struct item *item, int y)
{
    if (has_focus(c, item))
        draw_here(c, 1, y);
    int room = c->narrow ? c->width - LABEL_X - 1 : item->label_cols;
    int cols = draw_text(c, LABEL_X, y, room, label_style(c, item), item->label);
    if (c->narrow && item->optional)
        draw_text(c, LABEL_X + cols + 1, y, room - cols - 1, STYLE_DIM, "(optional)");
    return c->narrow ? y + 1 : y;
}

int draw_field(struct canvas *c, struct item *item, int y)
{
    int x = value_x(c, item), line = draw_label(c, item, y);
    const char *facts = item->facts;
    if (facts == NULL && item->optional && !c->narrow)
        facts = "optional";
    int facts_cols = draw_text_cols(c, facts);
    int room = c->width - x - 1, cols = room - (facts_cols > 0 ? facts_cols + 2 : 0);
    bool below = cols < BOX_MIN;
    cols = below ? room : cols;
    cols = cols < BOX_MAX ? cols : BOX_MAX;
    if (item->edit != NULL && item->edit->secret && !item->edit->shown && cols > MASK_MAX + 1)
        cols = MASK_MAX + 1;
    draw_edit(c, x, line, cols, item->edit, item->hint, has_focus(c, item));
    if (facts_cols > 0 && !below)
        draw_text(c, x + cols + 2, line, facts_cols, STYLE_DIM, facts);
    if (facts_cols > 0 && below)
        line += draw_wrapped(c, x, line + 1, room, STYLE_DIM, facts);
    return line + 1 + draw_under(c, item, x, line + 1) - y;
}

static int option_cols(const struct canvas *c, const struct item *item, size_t i)
{
    return 4 + draw_text_cols(c, item->options[i]);
}

static int draw_option(struct canvas *c, const struct item *item, size_t i, int x, int y)
{
    bool on = i == item->chosen;
    enum style style = on && has_focus(c, item) ? STYLE_HEAD : on ? STYLE_TEXT : STYLE_DIM;
    draw_text(c, x, y, 3, style, "( )");
    if (on)
        draw_sign(c, x + 1, y, style, SIGN_MASK);
    int lines = draw_wrapped(c, x + 4, y, c->width - x - 5, style, item->options[i]);
    return lines > 0 ? lines : 1;
}

int draw_choice(struct canvas *c, struct item *item, int y)
{
    int x = value_x(c, item), line = draw_label(c, item, y), all = 0;
    for (size_t i = 0; i < item->count; i++)
        all += option_cols(c, item, i) + 3;
    bool upright = x + all - 3 > c->width - 1;
    if (c->grid != NULL)
        item->kept->upright = upright;
    for (size_t i = 0, at = 0; i < item->count; i++) {
        if (upright) {
            line += draw_option(c, item, i, x, line);
        } else {
            draw_option(c, item, i, x + (int)at, line);
            at += (size_t)option_cols(c, item, i) + 3;
        }
    }
    line += !upright;
    return line + draw_under(c, item, x, line) - y;
}

int draw_switch(struct canvas *c, struct item *item, int y)
{
    bool focused = has_focus(c, item);
    enum style style = focused ? STYLE_FOCUS : item->disabled != NULL ? STYLE_DIM : STYLE_TEXT;
    if (focused)
        draw_here(c, 1, y);
    draw_text(c, LABEL_X, y, 3, style, item->on ? "[x]" : "[ ]");
    int lines = draw_wrapped(c, LABEL_X + 4, y, c->width - LABEL_X - 5, style, item->label);
    if (lines == 0)
        lines = 1;
    if (item->disabled != NULL)
        return lines + draw_wrapped(c, LABEL_X + 4, y + lines, c->width - LABEL_X - 5, STYLE_DIM,
                                    item->disabled);
    return lines + draw_under(c, item, LABEL_X + 4, y + lines);
}

static int index_of(const struct canvas *c, const struct item *item)
{
    return (int)(item - c->view->items);
}

static bool is_button(const struct canvas *c, int at)
{
    return at >= 0 && (size_t)at < c->view->count && c->view->items[at].kind == ITEM_ACTION &&
           c->view->items[at].button;
}

// Where button `item` stands in its row; 0: at the left edge.
static int button_x(const struct canvas *c, const struct item *item)
{
    int x = LABEL_X, at = index_of(c, item), first = at;
    while (is_button(c, first - 1))
        first--;
    for (; first < at; first++)
        x += draw_text_cols(c, c->view->items[first].label) + 7;
    return x;
}

static bool buttons_fit(const struct canvas *c, const struct item *item)
{
    int last = index_of(c, item);
    while (is_button(c, last + 1))
        last++;
    const struct item *end = &c->view->items[last];
    return button_x(c, end) + draw_text_cols(c, end->label) + 4 < c->width;
}

// Buttons of one row are items of their own: the last one has the line, the others draw onto it.
static int draw_button(struct canvas *c, const struct item *item, int y)
{
    bool fit = buttons_fit(c, item), focused = has_focus(c, item);
    bool last = !is_button(c, index_of(c, item) + 1);
    int x = fit ? button_x(c, item) : LABEL_X;
    enum style style = focused ? STYLE_FOCUS : item->disabled != NULL ? STYLE_DIM : STYLE_TEXT;
    if (fit && !last && c->grid == NULL)
        return 0;
    struct canvas line = *c;
    line.bottom = y + 1;
    if (focused)
        draw_here(&line, x - 2, y);
    x += draw_text(&line, x, y, 2, style, "[ ");
    x += draw_text(&line, x, y, c->width - x - 3, style, item->label);
    draw_text(&line, x, y, 2, style, " ]");
    return fit && !last ? 0 : 1;
}

static int draw_reason(struct canvas *c, const struct item *item, int y)
{
    const char *text = item->disabled != NULL ? item->disabled : item->help;
    return draw_wrapped(c, LABEL_X + 2, y, c->width - LABEL_X - 4, STYLE_DIM, text);
}

int draw_action(struct canvas *c, struct item *item, int y)
{
    bool focused = has_focus(c, item);
    enum style style = focused ? STYLE_FOCUS : item->disabled != NULL ? STYLE_DIM : STYLE_TEXT;
    if (item->button)
        return draw_button(c, item, y);
    if (focused)
        draw_here(c, 1, y);
    int lines = draw_wrapped(c, LABEL_X, y, c->width - LABEL_X - 1, style, item->label);
    lines = lines > 0 ? lines : 1;
    int x = LABEL_X + draw_text_cols(c, item->label) + 3;
    const char *text = item->disabled != NULL ? item->disabled : item->help;
    if (lines == 1 && x + draw_text_cols(c, text) < c->width) {
        draw_text(c, x, y, c->width - x - 1, STYLE_DIM, text);
        return 1;
    }
    return lines + (c->squeeze < SQUEEZE_HELP || focused ? draw_reason(c, item, y + lines) : 0);
}

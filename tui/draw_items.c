// SPDX-License-Identifier: MIT
// Items that are only looked at, and which function draws which.
#include "tui/draw_private.h"

#include <stdio.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { BUSY_AFTER_MS = 100, SECONDS_AFTER_MS = 2000, SECONDS_MOST = 60 };

static int paragraph_cols(const struct canvas *c)
{
    int cols = c->width - 2;
    return cols < DRAW_PARAGRAPH ? cols : DRAW_PARAGRAPH;
}

static int draw_busy(struct canvas *c, const struct item *item, int y)
{
    int64_t passed = c->view->now_ms - item->since_ms;
    // Its line is there from the start, so that nothing jumps when it is filled.
    if (passed < BUSY_AFTER_MS)
        return 1;
    draw_state_sign(c, 1, y, VIEW_BUSY);
    int cols = draw_text(c, 3, y, c->width - 12, STYLE_TEXT, item->text);
    if (passed < SECONDS_AFTER_MS)
        return 1;
    long long s = passed / 1000;
    AUTO_FREE char *time =
        s < SECONDS_MOST ? mem_printf("%lld s", s) : mem_printf("%lld:%02lld", s / 60, s % 60);
    draw_text(c, 3 + cols + 2, y, 8, STYLE_DIM, time);
    return 1;
}

// Alone on its lines, from the edge to the edge when it is longer than one: so that the terminal's
// own selection yields nothing but it.
static int draw_url(struct canvas *c, const struct item *item, int y)
{
    int cols = draw_text_cols(c, item->text);
    if (cols <= c->width - 4) {
        draw_text(c, 3, y, cols, STYLE_LINK, item->text);
        return 1;
    }
    int whole = c->grid != NULL ? c->grid->width : c->width;
    return draw_wrapped(c, 0, y, whole < c->width ? whole : c->width, STYLE_LINK, item->text);
}

static int draw_bar(struct canvas *c, const struct item *item, int y)
{
    int text = draw_text_cols(c, item->text);
    int cols = c->width - 2 - (text > 0 ? text + 2 : 0);
    if (cols < 4)
        cols = c->width - 2;
    int64_t total = item->total > 0 ? item->total : 1;
    int done = (int)((int64_t)cols * item->done / total);
    for (int i = 0; i < cols; i++)
        draw_sign(c, 1 + i, y, i < done ? STYLE_BAR : STYLE_DIM,
                  i < done ? SIGN_BAR : SIGN_BAR_REST);
    if (cols + text + 4 <= c->width)
        draw_text(c, 1 + cols + 2, y, text, STYLE_TEXT, item->text);
    return 1;
}

static enum style sign_style(enum sign sign)
{
    switch ((unsigned)sign) {
    case SIGN_GOOD:
    case SIGN_DONE: return STYLE_GOOD;
    case SIGN_BAD: return STYLE_BAD;
    case SIGN_WARN: return STYLE_WARN;
    case SIGN_BUSY:
    case SIGN_CURRENT: return STYLE_BUSY;
    default: return STYLE_DIM;
    }
}

static int draw_row(struct canvas *c, const struct item *item, int y)
{
    int x = 3, right = draw_text_cols(c, item->right);
    if (item->sign != SIGNS)
        draw_sign(c, x, y, sign_style(item->sign), item->sign);
    x += item->sign != SIGNS ? 2 : 0;
    int label = draw_text(c, x, y, c->width - x - 1, STYLE_DIM, item->label);
    if (right > 0)
        draw_text(c, c->width - 1 - right, y, right, STYLE_DIM, item->right);
    int text_x = x + item->label_cols + (item->label_cols > 0 ? 3 : 0);
    if (c->narrow && label + 3 + draw_text_cols(c, item->text) + right > c->width - x - 2) {
        int lines = draw_wrapped(c, x + 2, y + 1, c->width - x - 3, item->style, item->text);
        return 1 + lines;
    }
    int lines = draw_wrapped(c, text_x, y, c->width - text_x - 1 - (right > 0 ? right + 2 : 0),
                             item->style, item->text);
    return lines > 0 ? lines : 1;
}

static int draw_log(struct canvas *c, struct item *item, int y, int lines)
{
    int most = (int)(item->count < 1000 ? item->count : 1000);
    if (item->rows > 0 && most > item->rows)
        most = item->rows;
    if (most > lines)
        most = lines;
    if (c->grid == NULL)
        return most;
    item->kept->page = most;
    if (item->kept->top + (size_t)most > item->count)
        item->kept->top = item->count - (size_t)most;
    bool focused = c->focus && item == view_focused_item(c->view);
    size_t from = item->count - (size_t)most - item->kept->top;
    for (int i = 0; i < most; i++) {
        draw_sign(c, 1, y + i, STYLE_DIM, SIGN_LOG);
        draw_text(c, 3, y + i, c->width - 4, STYLE_TEXT, item->options[from + (size_t)i]);
    }
    if (focused && most > 0)
        draw_here(c, 1, y + most - 1);
    return most;
}

static int draw_kind(struct canvas *c, struct item *item, int y, int lines)
{
    switch (item->kind) {
    case ITEM_TEXT: return draw_wrapped(c, 1, y, paragraph_cols(c), item->style, item->text);
    case ITEM_HEAD: draw_text(c, 1, y, c->width - 2, STYLE_HEAD, item->text); return 1;
    case ITEM_GAP: return 0; // has what is left
    case ITEM_BUSY: return draw_busy(c, item, y);
    case ITEM_NOTE: return draw_status(c, 1, y, paragraph_cols(c), &item->status);
    case ITEM_URL: return draw_url(c, item, y);
    case ITEM_BAR: return draw_bar(c, item, y);
    case ITEM_ROW: return draw_row(c, item, y);
    case ITEM_FIELD: return draw_field(c, item, y);
    case ITEM_CHOICE: return draw_choice(c, item, y);
    case ITEM_SWITCH: return draw_switch(c, item, y);
    case ITEM_ACTION: return draw_action(c, item, y);
    case ITEM_LIST: return draw_list(c, item, y, lines);
    case ITEM_LOG: return draw_log(c, item, y, lines);
    }
    return 0;
}

static bool is_form(const struct item *item)
{
    return item->kind == ITEM_FIELD || item->kind == ITEM_CHOICE || item->kind == ITEM_SWITCH;
}

// One without a label belongs to the one above.
bool draw_wants_air(const struct view *view, const struct item *item)
{
    return item != view->items && is_form(item) && is_form(item - 1) && !str_empty(item->label);
}

bool draw_is_flexible(const struct item *item)
{
    return item->kind == ITEM_LIST || item->kind == ITEM_LOG;
}

int draw_item(struct canvas *c, struct item *item, int y, int lines)
{
    return item->air + draw_kind(c, item, y + item->air, lines - item->air);
}

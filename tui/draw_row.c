// SPDX-License-Identifier: MIT
// One row of a list, and the columns that the rows in sight share.
#include "tui/draw_private.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { COLUMN_LEAST = 8, STATUS_LEAST = 16, STATUS_FAIR = 22, GAP = 2 };

static bool has_focus(const struct canvas *c, const struct item *item, size_t shown)
{
    return c->focus && item == view_focused_item(c->view) && shown == item->at;
}

static int status_width(const struct canvas *c, const struct view_list_row *row)
{
    if (str_empty(row->status.text))
        return row->status.state != VIEW_QUIET && row->sign == SIGNS ? 1 : 0;
    return draw_text_cols(c, row->status.text) + (row->status.state != VIEW_QUIET ? 2 : 0);
}

// The column that can best spare one: the widest, but the first, the name, only at last.
static int widest(const int *cols)
{
    int best = 1;
    for (int i = 2; i < VIEW_COLUMNS; i++)
        best = cols[i] > cols[best] ? i : best;
    return cols[best] > COLUMN_LEAST ? best : 0;
}

static int columns_total(const int *cols)
{
    int total = 0;
    for (int i = 0; i < VIEW_COLUMNS; i++)
        total += cols[i] > 0 ? cols[i] + GAP : 0;
    return total;
}

void draw_list_layout(struct canvas *c, const struct item *item, size_t from, size_t count,
                      struct list_layout *out)
{
    int status = 0;
    *out = (struct list_layout){.x = 3};
    for (size_t i = from; i < from + count && i < item->shown; i++) {
        struct view_list_row row;
        list_row(item, i, &row);
        int right = draw_text_cols(c, row.right), own = status_width(c, &row);
        out->right = right > out->right ? right : out->right;
        out->signs |= row.sign != SIGNS && !row.heading;
        status = own > status ? own : status;
        for (int k = 0; k < VIEW_COLUMNS && !row.heading; k++) {
            int cols = draw_text_cols(c, row.columns[k]) + (k == 0 ? row.indent * 2 : 0);
            out->cols[k] = cols > out->cols[k] ? cols : out->cols[k];
        }
    }
    out->x += item->list.tick ? 4 : out->signs ? 2 : 0;
    out->end = c->width - 1 - out->right;
    int room = out->end - (out->right > 0 ? GAP : 0) - out->x;
    int keep = status < STATUS_FAIR ? status : STATUS_FAIR;
    while (columns_total(out->cols) + keep > room + (keep == 0 ? GAP : 0) &&
           out->cols[widest(out->cols)] > COLUMN_LEAST)
        out->cols[widest(out->cols)]--;
    out->status_x = out->x + columns_total(out->cols);
    out->status_cols = room + out->x - out->status_x;
    out->below =
        c->narrow || (status > 0 && out->status_cols < keep && out->status_cols < STATUS_LEAST);
}

static enum style sign_style(const struct view_list_row *row)
{
    switch ((unsigned)row->sign) {
    case SIGN_GOOD:
    case SIGN_DONE: return STYLE_GOOD;
    case SIGN_BAD: return STYLE_BAD;
    case SIGN_WARN: return STYLE_WARN;
    case SIGN_BUSY:
    case SIGN_CURRENT: return STYLE_BUSY;
    default: return STYLE_DIM;
    }
}

// What stands before the columns: the marker, what is chosen, a tick, a sign.
static void draw_front(struct canvas *c, struct item *item, const struct view_list_row *row,
                       bool focused, int y)
{
    if (focused)
        draw_here(c, 1, y);
    else if (item->list.chosen != NULL && str_eq(row->key, item->list.chosen) && item->path != NULL)
        draw_sign(c, 1, y, STYLE_GOOD, SIGN_DONE);
    if (item->list.tick)
        draw_text(c, 3, y, 3, row->disabled != NULL ? STYLE_DIM : STYLE_TEXT,
                  row->status.state == VIEW_GOOD ? "[x]" : "[ ]");
    else if (row->sign == SIGN_BUSY && row->status.state == VIEW_BUSY)
        draw_state_sign(c, 3, y, VIEW_BUSY);
    else if (row->sign != SIGNS)
        draw_sign(c, 3, y, sign_style(row), row->sign);
    item->spins |= row->status.state == VIEW_BUSY && c->grid != NULL;
}

static enum style column_style(const struct view_list_row *row, int column, bool focused)
{
    if (focused && column == 0)
        return STYLE_FOCUS;
    return row->disabled != NULL ? STYLE_DIM : STYLE_TEXT;
}

static void draw_row_sign(struct canvas *c, const struct item *item,
                          const struct view_list_row *row, int x, int y)
{
    if (!item->list.tick && row->sign == SIGNS)
        draw_state_sign(c, x, y, row->status.state);
}

static int status_indent(const struct item *item, const struct view_list_row *row)
{
    bool sign = !item->list.tick && row->sign == SIGNS && row->status.state != VIEW_QUIET;
    return sign ? 2 : 0;
}

static enum style status_style(const struct view_list_row *row)
{
    bool quiet = row->status.state == VIEW_QUIET || row->status.state == VIEW_BUSY;
    return quiet || row->disabled != NULL ? STYLE_DIM : STYLE_TEXT;
}

// Cut to one line; the row with the focus shows all of it. Returns the lines.
static int draw_row_status(struct canvas *c, const struct item *item,
                           const struct view_list_row *row, int x, int y, int cols, bool whole)
{
    int indent = status_indent(item, row);
    enum style style = status_style(row);
    if (str_empty(row->status.text) && indent == 0)
        return 0;
    draw_row_sign(c, item, row, x, y);
    if (whole) {
        int lines = draw_wrapped(c, x + indent, y, cols - indent, style, row->status.text);
        return lines > 0 ? lines : 1;
    }
    draw_text(c, x + indent, y, cols - indent, style, row->status.text);
    return 1;
}

// The first column on a line of its own, then the others, then the status; all on one line when it
// has room for them.
static int draw_narrow(struct canvas *c, const struct item *item, const struct view_list_row *row,
                       const struct list_layout *layout, bool focused, int y)
{
    int x = layout->x + row->indent * 2, cols = layout->end - x - (layout->right > 0 ? GAP : 0);
    int at = x + draw_text(c, x, y, cols, column_style(row, 0, focused), row->columns[0]);
    int line = y, end = x + cols;
    for (int i = 1; i < VIEW_COLUMNS; i++) {
        int own = draw_text_cols(c, row->columns[i]);
        if (own > 0 && at + GAP + own > end) {
            line++;
            at = x - GAP;
            end = c->width - 1; // what stands at the right is on the first line
        }
        if (own > end - x) {
            line += draw_wrapped(c, x, line, end - x, column_style(row, i, false), row->columns[i]);
            at = end;
            line--;
        } else if (own > 0) {
            at += GAP + draw_text(c, at + GAP, line, end - at - GAP, column_style(row, i, false),
                                  row->columns[i]);
        }
    }
    int status = status_width(c, row);
    if (status == 0)
        return line + 1 - y;
    if (at + GAP + status <= end) {
        draw_row_status(c, item, row, at + GAP, line, end - at - GAP, false);
        return line + 1 - y;
    }
    return line + 1 + draw_row_status(c, item, row, x, line + 1, c->width - x - 1, true) - y;
}

static int draw_wide(struct canvas *c, const struct item *item, const struct view_list_row *row,
                     const struct list_layout *layout, bool focused, int y)
{
    int x = layout->x;
    for (int i = 0; i < VIEW_COLUMNS; i++) {
        int indent = i == 0 ? row->indent * 2 : 0;
        draw_text(c, x + indent, y, layout->cols[i] - indent, column_style(row, i, focused),
                  row->columns[i]);
        // As wide as its column, so that only the place changes when it moves.
        if (i == 0 && focused && c->grid != NULL && y < c->bottom && layout->cols[1] > 0)
            grid_style(c->grid, x + indent, y, layout->cols[0] - indent, STYLE_FOCUS);
        x += layout->cols[i] > 0 ? layout->cols[i] + GAP : 0;
    }
    if (layout->below) {
        int cols = c->width - layout->x - 3;
        return 1 + draw_row_status(c, item, row, layout->x + 2, y + 1, cols, true);
    }
    int lines = draw_row_status(c, item, row, layout->status_x, y, layout->status_cols, focused);
    return lines > 0 ? lines : 1;
}

// What the columns had to cut of the row with the focus.
static int draw_cut(struct canvas *c, const struct view_list_row *row,
                    const struct list_layout *layout, int x, int y)
{
    STR_AUTO whole;
    str_init(&whole, STR_LINE);
    for (int i = 0; i < VIEW_COLUMNS && !c->narrow; i++) {
        int indent = i == 0 ? row->indent * 2 : 0;
        if (draw_text_cols(c, row->columns[i]) > layout->cols[i] - indent)
            str_addf(&whole, "%s%s", whole.len > 0 ? "  " : "", row->columns[i]);
    }
    return draw_wrapped(c, x, y, c->width - x - 1, STYLE_TEXT, whole.data);
}

static int draw_below(struct canvas *c, const struct view_list_row *row,
                      const struct list_layout *layout, bool focused, int y)
{
    int x = layout->x + row->indent * 2 + (c->narrow ? 0 : 2), cols = c->width - x - 1;
    int lines = draw_wrapped(c, x, y, cols, STYLE_DIM, row->below);
    if (!focused)
        return lines;
    lines += draw_cut(c, row, layout, x, y + lines);
    // Why not, then what would help.
    if (row->disabled != NULL && !str_eq(row->disabled, row->status.text))
        lines += draw_wrapped(c, x, y + lines, cols, STYLE_TEXT, row->disabled);
    lines += draw_wrapped(c, x, y + lines, cols, STYLE_TEXT, row->below_chosen);
    return lines + draw_wrapped(c, x, y + lines, cols, STYLE_TEXT, row->status.remedy);
}

int draw_list_row(struct canvas *c, struct item *item, const struct list_layout *layout,
                  size_t shown, int y)
{
    struct view_list_row row;
    list_row(item, shown, &row);
    bool focused = has_focus(c, item, shown);
    if (row.heading) {
        draw_text(c, 1 + row.indent * 2, y, layout->end - 2, STYLE_HEAD, row.columns[0]);
    } else {
        draw_front(c, item, &row, focused, y);
    }
    int right = draw_text_cols(c, row.right);
    draw_text(c, layout->end + layout->right - right, y, right, STYLE_DIM, row.right);
    if (row.heading)
        return 1;
    int lines = c->narrow ? draw_narrow(c, item, &row, layout, focused, y)
                          : draw_wide(c, item, &row, layout, focused, y);
    return lines + draw_below(c, &row, layout, focused, y + lines);
}

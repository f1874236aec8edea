// SPDX-License-Identifier: MIT
// A frame on a grid: the lines on top, the body, the footer; and the pieces that items share.
#include "tui/draw_private.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

// CHROME: the title, two rules and the footer.
enum { TOO_NARROW = 20, TOO_LOW = 6, LOW = 14, CHROME = 4, FLASH_PART = 3 };

int draw_text_cols(const struct canvas *c, const char *text)
{
    return text != NULL ? text_cols(text, c->utf8) : 0;
}

int draw_text(struct canvas *c, int x, int y, int cols, enum style style, const char *text)
{
    if (text == NULL)
        return 0;
    if (c->grid == NULL || y >= c->bottom) {
        int own = draw_text_cols(c, text);
        return own < cols ? own : cols;
    }
    return grid_text(c->grid, x, y, cols, style, text);
}

void draw_sign(struct canvas *c, int x, int y, enum style style, enum sign sign)
{
    if (c->grid != NULL && y < c->bottom)
        grid_sign(c->grid, x, y, style, sign);
}

void draw_cursor(struct canvas *c, int x, int y, bool shown)
{
    if (c->grid != NULL && c->focus && y < c->bottom)
        grid_cursor(c->grid, x, y, shown);
}

void draw_here(struct canvas *c, int x, int y)
{
    draw_sign(c, x, y, STYLE_HERE, SIGN_HERE);
    draw_cursor(c, x, y, true); // screen readers follow it
}

int draw_wrapped(struct canvas *c, int x, int y, int cols, enum style style, const char *text)
{
    int lines = 0;
    if (str_empty(text))
        return 0;
    if (cols < 1)
        cols = 1;
    while (*text != '\0') {
        size_t next = 0, length = text_wrap(text, cols, c->utf8, &next);
        AUTO_FREE char *line = mem_strndup(text, length);
        draw_text(c, x, y + lines++, cols, style, line);
        text += next;
    }
    return lines;
}

enum style draw_state_style(enum view_state state)
{
    switch (state) {
    case VIEW_BUSY: return STYLE_BUSY;
    case VIEW_GOOD: return STYLE_GOOD;
    case VIEW_WARN: return STYLE_WARN;
    case VIEW_BAD: return STYLE_BAD;
    case VIEW_QUIET: break;
    }
    return STYLE_DIM;
}

void draw_state_sign(struct canvas *c, int x, int y, enum view_state state)
{
    static const char *const TURN[] = {"◐", "◓", "◑", "◒"};
    enum style style = draw_state_style(state);
    switch (state) {
    case VIEW_BUSY: {
        size_t at = (size_t)(c->view->now_ms / VIEW_TURN_MS) % ARRAY_LEN(TURN);
        draw_text(c, x, y, 1, style, TURN[at]);
        break;
    }
    case VIEW_GOOD: draw_sign(c, x, y, style, SIGN_GOOD); break;
    case VIEW_WARN: draw_sign(c, x, y, style, SIGN_WARN); break;
    case VIEW_BAD: draw_sign(c, x, y, style, SIGN_BAD); break;
    case VIEW_QUIET: break;
    }
}

int draw_status(struct canvas *c, int x, int y, int cols, const struct view_status *status)
{
    if (str_empty(status->text))
        return 0;
    int indent = status->state == VIEW_QUIET ? 0 : 2;
    enum style style = status->state == VIEW_BAD     ? STYLE_BAD
                       : status->state == VIEW_QUIET ? STYLE_DIM
                       : status->state == VIEW_BUSY  ? STYLE_DIM
                                                     : STYLE_TEXT;
    draw_state_sign(c, x, y, status->state);
    int lines = draw_wrapped(c, x + indent, y, cols - indent, style, status->text);
    return lines +
           draw_wrapped(c, x + indent, y + lines, cols - indent, STYLE_TEXT, status->remedy);
}

static void rule(struct canvas *c, int y)
{
    grid_fill(c->grid, 1, y, c->width - 2, STYLE_DIM, SIGN_LINE);
}

// "my-admin" of "my-admin · work (1234) · eu-west-3".
static size_t first_part(const char *text)
{
    const char *dot = strstr(text, " · ");
    return dot != NULL ? (size_t)(dot - text) : strlen(text);
}

static void draw_title(struct canvas *c)
{
    const struct view *view = c->view;
    const char *left = view->left != NULL ? view->left : "";
    const char *right = c->narrow ? NULL : view->right;
    AUTO_FREE char *name = mem_strndup(left, first_part(left));
    int right_cols = draw_text_cols(c, right), at = 0;
    int room = c->width - 2 - (right_cols > 0 ? right_cols + 2 : 0);
    if (right_cols > 0)
        draw_text(c, c->width - 1 - right_cols, 0, right_cols, STYLE_DIM, right);
    for (size_t i = 0; c->narrow && i < view->step_count; i++) {
        if (!view->steps[i].current)
            continue;
        // A title that begins with the step's own name says more behind it.
        const char *own = str_eq(name, view->steps[i].name) ? left + first_part(left) : name;
        own += str_starts(own, " · ") ? strlen(" · ") : 0;
        AUTO_FREE char *step =
            mem_printf("%s · %zu/%zu %s", own, i + 1, view->step_count, view->steps[i].name);
        draw_text(c, 1, 0, room, STYLE_TITLE, step);
        return;
    }
    at = draw_text(c, 1, 0, room, STYLE_TITLE, name);
    if (!c->narrow)
        draw_text(c, 1 + at, 0, room - at, STYLE_DIM, left + first_part(left));
}

static void draw_steps(struct canvas *c, int y)
{
    int x = 1;
    for (size_t i = 0; i < c->view->step_count; i++) {
        const struct view_stage *step = &c->view->steps[i];
        enum sign sign = step->current ? SIGN_CURRENT : step->done ? SIGN_DONE : SIGN_TODO;
        enum style style = step->current ? STYLE_TITLE : STYLE_DIM;
        draw_sign(c, x, y, step->current ? STYLE_BUSY : step->done ? STYLE_GOOD : STYLE_DIM, sign);
        x += 2 + draw_text(c, x + 2, y, c->width - x - 3, style, step->name) + 2;
    }
}

// Returns the lines it took.
static int draw_top(struct canvas *c)
{
    int y = 0, height = c->grid->height;
    if (c->view->left == NULL && c->view->right == NULL)
        return 0;
    draw_title(c);
    y = 1;
    if (!c->narrow && height >= LOW && c->view->step_count > 0)
        draw_steps(c, y++);
    if (c->rules)
        rule(c, y++);
    return y;
}

static void show_part(struct canvas *c, const struct grid *body, int top, int y, int lines)
{
    for (int i = 0; i < lines && top + i < body->height; i++)
        memcpy(&c->grid->cells[(size_t)(y + i) * (size_t)c->grid->width],
               &body->cells[(size_t)(top + i) * (size_t)body->width],
               (size_t)body->width * sizeof *body->cells);
    int cursor = body->cursor_y - top;
    if (body->cursor_y >= 0 && cursor >= 0 && cursor < lines)
        grid_cursor(c->grid, body->cursor_x, y + cursor, body->cursor_shown);
}

// Keeps the item with the focus in sight, and what is said under it when there is room for it.
static int window_top(struct canvas *c, int from, int to, int cursor, int total, int lines)
{
    struct kept *page = c->view->page;
    int top = (int)page->top;
    // What can be seen from the top on is seen from the top on: the heading is there too.
    if (!c->view->scrolled && to <= lines)
        top = 0;
    else if (!c->view->scrolled && to > top + lines)
        top = to - lines;
    if (!c->view->scrolled && from < top)
        top = from;
    // Of an item that is taller than the window, the line with the cursor.
    if (!c->view->scrolled && cursor >= top + lines)
        top = cursor - lines + 1;
    if (top > total - lines)
        top = total - lines;
    top = top > 0 ? top : 0;
    page->top = (size_t)top;
    page->page = lines;
    c->view->can_scroll = total > lines;
    return top;
}

static void draw_body(struct canvas *c, int y, int lines)
{
    struct view *view = c->view;
    AUTO_FREE int *heights = mem_calloc(view->count + 1, sizeof *heights);
    struct canvas paper = *c;
    paper.grid = NULL;
    int total = draw_layout(&paper, heights, lines);
    struct grid body;
    grid_init(&body, c->grid->width, total > 0 ? total : 1, c->utf8);
    paper.grid = &body;
    int at = 0, from = 0, to = 0, pin = 0, pin_lines = 0;
    for (size_t i = 0; i < view->count; i++) {
        paper.bottom = at + heights[i];
        if (view->items[i].kind == ITEM_URL) {
            pin = at;
            pin_lines = heights[i];
        }
        if ((int)i == view->focus) {
            from = at;
            to = heights[i] > 0 ? paper.bottom : at + 1; // a button on the next one's line
        }
        draw_item(&paper, &view->items[i], at, heights[i]);
        at = paper.bottom;
    }
    int top = window_top(c, from, to, body.cursor_y, total, lines);
    // An address is what the screen is for: it stays above a page that scrolls.
    if (top > pin && pin_lines > 0 && pin_lines <= lines / 2) {
        show_part(c, &body, pin, y, pin_lines);
        y += pin_lines;
        lines -= pin_lines;
        top = window_top(c, from, to, body.cursor_y, total, lines);
    }
    show_part(c, &body, top, y, lines);
    if (top > 0)
        draw_sign(c, c->width - 1, y, STYLE_DIM, SIGN_UP);
    if (top + lines < total)
        draw_sign(c, c->width - 1, y + lines - 1, STYLE_DIM, SIGN_DOWN);
    grid_free(&body);
}

static void draw_too_small(struct view *view, struct grid *grid)
{
    AUTO_FREE char *text = mem_printf("%dx%d is too small, %dx%d will do. Nothing is lost.",
                                      grid->width, grid->height, TOO_NARROW, TOO_LOW);
    struct canvas c = {.view = view, .grid = grid, .width = grid->width, .bottom = grid->height};
    c.utf8 = grid->utf8;
    draw_wrapped(&c, 0, 0, grid->width, STYLE_TEXT, text);
    grid_cursor(grid, 0, 0, false);
}

// On a low screen the lines are given up for what would not be seen otherwise.
static bool has_rules(const struct canvas *c)
{
    int room = c->grid->height - CHROME;
    if (c->grid->height >= LOW || room < 1)
        return room >= 1;
    AUTO_FREE int *heights = mem_calloc(c->view->count + 1, sizeof *heights);
    struct canvas paper = *c;
    paper.grid = NULL;
    return draw_layout(&paper, heights, room) <= room;
}

// What the program says by itself: above the footer, wherever the page is. Returns the lines.
static int draw_flash(struct canvas *c, int foot, int room)
{
    const struct view_status *flash = &c->view->flash;
    struct canvas paper = *c;
    paper.grid = NULL;
    int lines = draw_status(&paper, 1, 0, c->width - 2, flash);
    int most = room / FLASH_PART > 1 ? room / FLASH_PART : 1;
    if (lines > most)
        lines = most;
    struct canvas part = *c;
    part.bottom = foot;
    draw_status(&part, 1, foot - lines, c->width - 2, flash);
    return lines;
}

void view_draw(struct view *view, struct grid *grid)
{
    grid_clear(grid);
    if (grid->width < TOO_NARROW || grid->height < TOO_LOW) {
        draw_too_small(view, grid);
        return;
    }
    struct canvas c = {
        .view = view,
        .grid = grid,
        .width = grid->width < DRAW_WIDEST ? grid->width : DRAW_WIDEST,
        .bottom = grid->height,
        .utf8 = grid->utf8,
        .narrow = grid->width < DRAW_NARROW,
        .focus = view->question.id == NULL && !view->help_open,
    };
    c.rules = has_rules(&c);
    int top = draw_top(&c);
    int foot = grid->height - 1;
    if (c.rules)
        rule(&c, --foot);
    foot -= draw_flash(&c, foot, foot - top);
    if (view->help_open)
        draw_help(&c, top, foot - top);
    else
        draw_body(&c, top, foot - top);
    // After the body: what fits decides which keys there are.
    draw_footer(&c, grid->height - 1);
    if (view->question.id != NULL && !view->help_open)
        draw_question(view, grid);
}

// SPDX-License-Identifier: MIT
// The question over a screen, with a QR code in it where there is room.
#include "tui/draw_private.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tui/qr.h"

// The standard asks for a light border of four modules; readers do with two.
enum { BOX_WIDEST = 64, BORDERS = 4, CODE_GAP = 2, CODE_TEXT = 28, QUIET = 4, QUIET_LEAST = 2 };

struct box {
    int cols;  // between the borders
    int text;  // of the text
    int lines; // of all
    struct qr qr;
    int quiet; // 0: no code
    bool beside;
};

static int code_side(const struct box *box)
{
    return box->qr.side + 2 * box->quiet;
}

static int code_lines(const struct box *box)
{
    return (code_side(box) + 1) / 2;
}

static bool dark_at(const struct box *box, int x, int y)
{
    x -= box->quiet;
    y -= box->quiet;
    return x >= 0 && y >= 0 && x < box->qr.side && y < box->qr.side && box->qr.dark[y][x];
}

// Two modules a cell, the upper and the lower half.
static void draw_code(struct canvas *c, int x, int y, const struct box *box)
{
    static const char *const halves[] = {" ", "▄", "▀", "█"};
    int side = code_side(box);
    for (int line = 0; line < code_lines(box); line++)
        for (int i = 0; i < side; i++) {
            int upper = dark_at(box, i, 2 * line), lower = dark_at(box, i, 2 * line + 1);
            draw_text(c, x + i, y + line, 1, STYLE_CODE, halves[2 * upper + lower]);
        }
}

static int options_cols(const struct canvas *c, const struct view_question *question)
{
    int cols = 0;
    for (size_t i = 0; i < question->count; i++)
        cols += draw_text_cols(c, question->options[i]) + 7;
    return cols;
}

static int draw_options(struct canvas *c, int y, int cols)
{
    const struct view *view = c->view;
    const struct view_question *question = &view->question;
    bool flat = options_cols(c, question) <= cols;
    int line = y;
    for (size_t i = 0, at = 0; i < question->count; i++) {
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

// Everything inside the box; returns its lines.
static int draw_inside(struct canvas *c, const struct box *box)
{
    const struct view *view = c->view;
    const struct view_question *question = &view->question;
    enum style title = question->bad ? STYLE_BAD : STYLE_TITLE;
    int gap = c->squeeze == SQUEEZE_NOTHING, cols = box->text;
    int line = draw_wrapped(c, 0, 0, cols, title, question->title);
    if (!str_empty(question->text)) {
        line += gap;
        line += draw_wrapped(c, 0, line, cols, STYLE_TEXT, question->text);
    }
    line += gap;
    if (box->quiet > 0 && !box->beside) {
        draw_code(c, 0, line, box);
        line += code_lines(box) + gap;
    }
    if (question->edit != NULL) {
        if (view->question_text)
            draw_here(c, 0, line);
        draw_edit(c, 2, line, cols - 2, question->edit, NULL, view->question_text);
        if (view->question_fresh && view->question_text && c->grid != NULL)
            grid_style(c->grid, 2, line, draw_text_cols(c, edit_text(question->edit)), STYLE_FOCUS);
        line += 1 + gap;
    }
    line += draw_options(c, line, cols);
    if (box->quiet == 0 || !box->beside)
        return line;
    draw_code(c, box->cols - code_side(box), 0, box);
    return line > code_lines(box) ? line : code_lines(box);
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

static bool fits(struct canvas *c, struct box *box, int width, int room)
{
    box->lines = draw_inside(c, box);
    return box->text >= CODE_TEXT && box->cols <= width && box->lines <= room;
}

// Below the text, where an address stays on as few lines as it can; else beside it.
static bool with_code(struct canvas *c, struct box *box, int width, int room)
{
    const char *scan = c->view->question.scan;
    if (!c->utf8 || scan == NULL || !qr_make(&box->qr, scan, strlen(scan), QR_BEST_MASK))
        return false;
    for (box->quiet = QUIET; box->quiet >= QUIET_LEAST; box->quiet -= QUIET - QUIET_LEAST) {
        int widest = BOX_WIDEST - BORDERS;
        box->beside = false;
        box->cols = box->text = width < widest ? width : widest;
        if (code_side(box) <= box->cols && fits(c, box, width, room))
            return true;
        widest += CODE_GAP + code_side(box);
        box->beside = true;
        box->cols = width < widest ? width : widest;
        box->text = box->cols - CODE_GAP - code_side(box);
        if (fits(c, box, width, room))
            return true;
    }
    return false;
}

static void lay_out(struct canvas *c, struct box *box, int width, int room)
{
    if (with_code(c, box, width, room))
        return;
    int widest = BOX_WIDEST - BORDERS;
    *box = (struct box){.cols = width < widest ? width : widest};
    box->text = box->cols;
    box->lines = draw_inside(c, box);
    if (box->lines <= room)
        return;
    c->squeeze = SQUEEZE_GAPS;
    box->lines = draw_inside(c, box);
}

void draw_question(struct view *view, struct grid *grid)
{
    int room = grid->height - 3;
    struct canvas c = {.view = view, .utf8 = grid->utf8, .focus = true};
    struct box box = {0};
    c.narrow = grid->width < DRAW_NARROW;
    // What is behind steps back; its words stay readable.
    for (int y = 0; y < grid->height - 1; y++)
        grid_style(grid, 0, y, grid->width, STYLE_DIM);
    // A narrow screen has no room to show what is behind.
    lay_out(&c, &box, grid->width - (c.narrow ? BORDERS : 2 * BORDERS), room);
    c.width = box.cols + BORDERS;
    int lines = (box.lines < room ? box.lines : room) + 2;
    int x = (grid->width - c.width) / 2, y = (grid->height - 1 - lines) / 2;
    y = y > 0 ? y : 0;
    for (int i = 0; i < lines; i++)
        grid_fill(grid, x - 1, y + i, c.width + 2, STYLE_TEXT, SIGNS);
    draw_box(grid, x, y, c.width, lines);
    // When even that is too much, the end of it, where the answers are.
    struct grid paper;
    grid_init(&paper, box.cols > 1 ? box.cols : 1, box.lines, grid->utf8);
    c.grid = &paper;
    c.bottom = box.lines;
    draw_inside(&c, &box);
    int from = box.lines - (lines - 2);
    for (int i = 0; i < lines - 2; i++)
        memcpy(&grid->cells[(size_t)(y + 1 + i) * (size_t)grid->width + (size_t)x + 2],
               &paper.cells[(size_t)(from + i) * (size_t)paper.width],
               (size_t)paper.width * sizeof *paper.cells);
    if (paper.cursor_y >= from)
        grid_cursor(grid, x + 2 + paper.cursor_x, y + 1 + paper.cursor_y - from,
                    paper.cursor_shown);
    grid_free(&paper);
}

// SPDX-License-Identifier: MIT
#include "tui/grid.h"

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "tui/theme.h"
#include "tui/width.h"

static const struct {
    const char *utf8, *ascii;
} SIGN[SIGNS] = {
    [SIGN_HERE] = {"❯", ">"},    [SIGN_GOOD] = {"✔", "+"},     [SIGN_BAD] = {"✘", "x"},
    [SIGN_BUSY] = {"◐", "*"},    [SIGN_TODO] = {"○", "-"},     [SIGN_DONE] = {"●", "o"},
    [SIGN_CURRENT] = {"◉", "@"}, [SIGN_LOG] = {"│", "|"},      [SIGN_LINE] = {"─", "-"},
    [SIGN_BAR] = {"█", "#"},     [SIGN_BAR_REST] = {"░", "."}, [SIGN_MASK] = {"•", "*"},
    [SIGN_MORE] = {"…", "~"},    [SIGN_UP] = {"↑", "^"},       [SIGN_DOWN] = {"↓", "v"},
    [SIGN_DOT] = {"·", "-"},     [SIGN_PRACTICE] = {"~", "~"}, [SIGN_NEW] = {"+", "+"},
    [SIGN_WARN] = {"▲", "!"},
};

const char *sign_text(enum sign sign, bool utf8)
{
    if ((unsigned)sign >= SIGNS)
        return " ";
    return utf8 ? SIGN[sign].utf8 : SIGN[sign].ascii;
}

void grid_init(struct grid *grid, int width, int height, bool utf8)
{
    *grid = (struct grid){.width = width > 0 ? width : 0, .height = height > 0 ? height : 0};
    grid->utf8 = utf8;
    size_t count = (size_t)grid->width * (size_t)grid->height;
    grid->cells = mem_calloc(count + 1, sizeof *grid->cells);
    grid_clear(grid);
}

void grid_free(struct grid *grid)
{
    // A secret may have been shown.
    if (grid->cells != NULL)
        secret_wipe(grid->cells, (size_t)grid->width * (size_t)grid->height * sizeof *grid->cells);
    mem_free(grid->cells);
    *grid = (struct grid){0};
}

void grid_clear(struct grid *grid)
{
    for (size_t i = 0; i < (size_t)grid->width * (size_t)grid->height; i++)
        grid->cells[i] = (struct cell){.ch = ' '};
    grid_cursor(grid, -1, -1, false);
}

void grid_cursor(struct grid *grid, int x, int y, bool shown)
{
    bool inside = x >= 0 && y >= 0 && y < grid->height && grid->width > 0;
    grid->cursor_x = !inside ? -1 : x < grid->width ? x : grid->width - 1;
    grid->cursor_y = inside ? y : -1;
    grid->cursor_shown = inside && shown;
}

static struct cell *cell_at(struct grid *grid, int x, int y)
{
    if (x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return NULL;
    return &grid->cells[(size_t)y * (size_t)grid->width + (size_t)x];
}

// A character is put into one or two cells; the other half of a wide one that is overwritten
// becomes a blank, so that no half is ever left.
static void put(struct grid *grid, int x, int y, enum style style, uint32_t ch, int cols)
{
    struct cell *cell = cell_at(grid, x, y);
    if (cell == NULL || (cols == 2 && cell_at(grid, x + 1, y) == NULL))
        return;
    struct cell *after = cell_at(grid, x + cols, y), *before = cell_at(grid, x - 1, y);
    if (after != NULL && after->ch == 0)
        after->ch = ' ';
    if (cell->ch == 0 && before != NULL)
        *before = (struct cell){.ch = ' ', .style = before->style};
    *cell = (struct cell){.ch = ch, .style = (uint8_t)style};
    if (cols == 2)
        cell[1] = (struct cell){.ch = 0, .style = (uint8_t)style};
}

static void put_mark(struct grid *grid, int x, int y, uint32_t mark)
{
    struct cell *cell = cell_at(grid, x, y);
    if (cell != NULL && cell->ch == 0)
        cell = cell_at(grid, x - 1, y);
    if (cell == NULL)
        return;
    for (size_t i = 0; i < ARRAY_LEN(cell->marks); i++) {
        if (cell->marks[i] == 0) {
            cell->marks[i] = mark;
            return;
        }
    }
}

static int put_piece(struct grid *grid, int x, int y, enum style style, const struct piece *piece)
{
    if (piece->cols == piece->count) {
        for (int i = 0; i < piece->count; i++)
            put(grid, x + i, y, style, piece->ch[i], 1);
    } else if (piece->cols == 2) {
        put(grid, x, y, style, piece->ch[0], 2);
    }
    return piece->cols;
}

int grid_text(struct grid *grid, int x, int y, int cols, enum style style, const char *text)
{
    if (x < 0 || text == NULL)
        return 0;
    if (cols > grid->width - x)
        cols = grid->width - x;
    if (cols <= 0)
        return 0;
    int room = text_cols(text, grid->utf8) > cols ? cols - 1 : cols, used = 0;
    struct piece piece;
    for (; piece_next(text, grid->utf8, &piece) && used + piece.cols <= room; text += piece.bytes) {
        if (piece.cols == 0 && piece.count > 0 && used > 0)
            put_mark(grid, x + used - 1, y, piece.ch[0]);
        else
            used += put_piece(grid, x + used, y, style, &piece);
    }
    if (room == cols)
        return used;
    return used + grid_sign(grid, x + used, y, style, SIGN_MORE);
}

int grid_sign(struct grid *grid, int x, int y, enum style style, enum sign sign)
{
    if (x < 0 || (unsigned)sign >= SIGNS)
        return 0;
    struct piece piece;
    piece_next(sign_text(sign, grid->utf8), true, &piece);
    put(grid, x, y, style, piece.ch[0], 1);
    return 1;
}

void grid_fill(struct grid *grid, int x, int y, int cols, enum style style, enum sign sign)
{
    for (int i = 0; i < cols && x + i < grid->width; i++) {
        if (sign == SIGNS)
            put(grid, x + i, y, style, ' ', 1);
        else
            grid_sign(grid, x + i, y, style, sign);
    }
}

void grid_style(struct grid *grid, int x, int y, int cols, enum style style)
{
    for (int i = 0; i < cols; i++) {
        struct cell *cell = cell_at(grid, x + i, y);
        if (cell != NULL)
            cell->style = (uint8_t)style;
    }
}

int text_cols(const char *text, bool utf8)
{
    int cols = 0;
    struct piece piece;
    for (; piece_next(text, utf8, &piece); text += piece.bytes)
        cols += piece.cols;
    return cols;
}

static size_t skip_blanks(const char *text, size_t at, bool utf8)
{
    struct piece piece;
    while (text[at] != '\n' && piece_next(text + at, utf8, &piece) && piece.blank)
        at += piece.bytes;
    return text[at] == '\n' ? at + 1 : at;
}

// Blanks before a break are on neither line.
static size_t trimmed(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

size_t text_wrap(const char *text, int cols, bool utf8, size_t *out_next)
{
    size_t at = 0, blank = 0;
    int used = 0;
    struct piece piece;
    bool more = false;
    while ((more = piece_next(text + at, utf8, &piece))) {
        if (text[at] == '\n')
            break;
        if (piece.blank)
            blank = at;
        // One character is taken however narrow it is, so that every call gets further.
        if (used + piece.cols > cols && at > 0 && !piece.blank)
            break;
        if (used + piece.cols > cols && piece.blank) {
            *out_next = skip_blanks(text, at, utf8);
            return trimmed(text, at);
        }
        used += piece.cols;
        at += piece.bytes;
    }
    if (!more || text[at] == '\n') {
        *out_next = more ? at + 1 : at;
        return at;
    }
    if (blank == 0) {
        *out_next = at;
        return at;
    }
    *out_next = skip_blanks(text, blank, utf8);
    return trimmed(text, blank);
}

static void add_char(struct str *out, uint32_t ch)
{
    char bytes[4];
    str_addn(out, bytes, utf8_encode(ch, bytes));
}

static void add_cell(struct str *out, const struct cell *cell)
{
    add_char(out, cell->ch);
    for (size_t i = 0; i < ARRAY_LEN(cell->marks) && cell->marks[i] != 0; i++)
        add_char(out, cell->marks[i]);
}

static int row_end(const struct cell *row, int width)
{
    while (width > 0 && row[width - 1].ch == ' ' && row[width - 1].marks[0] == 0)
        width--;
    return width;
}

static char *dump(const struct grid *grid, bool styles)
{
    struct str out;
    str_init(&out, STR_BODY);
    for (int y = 0; y < grid->height; y++) {
        const struct cell *row = &grid->cells[(size_t)y * (size_t)grid->width];
        int end = row_end(row, grid->width);
        unsigned style = STYLE_TEXT;
        for (int x = 0; x < end; x++) {
            if (styles && row[x].style != style) {
                str_add(&out, style != STYLE_TEXT ? "}" : "");
                style = row[x].style;
                if (style != STYLE_TEXT)
                    str_addf(&out, "{%c:", theme_letter((enum style)style));
            }
            add_cell(&out, &row[x]);
        }
        str_add(&out, style != STYLE_TEXT ? "}\n" : "\n");
    }
    return str_take(&out);
}

char *grid_dump(const struct grid *grid)
{
    return dump(grid, false);
}

char *grid_dump_styles(const struct grid *grid)
{
    return dump(grid, true);
}

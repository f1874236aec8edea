// SPDX-License-Identifier: MIT
#include "tests/tui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tui/theme.h"

enum look { LOOK_TEXT, LOOK_MONO, LOOK_COLOUR };

// "bold reverse", "green"; "" for what looks like nothing special.
static void add_look(struct str *out, enum style style, enum look look)
{
    static const char *const COLOURS[] = {"black", "red",     "green", "yellow",
                                          "blue",  "magenta", "cyan",  "white"};
    static const char *const ATTRIBUTES[] = {"bold", "dim", "underline", "reverse"};
    struct theme_look is = theme_look(style, look == LOOK_MONO);
    for (unsigned i = 0; i < ARRAY_LEN(ATTRIBUTES); i++) {
        if (is.attributes & (1U << i))
            str_addf(out, "%s%s", out->len > 0 ? " " : "", ATTRIBUTES[i]);
    }
    if (is.colour != THEME_NO_COLOUR)
        str_addf(out, "%s%s", out->len > 0 ? " " : "", COLOURS[is.colour]);
}

static bool same_look(unsigned a, unsigned b, enum look look)
{
    STR_AUTO one, other;
    str_init(&one, STR_LINE);
    str_init(&other, STR_LINE);
    add_look(&one, (enum style)a, look);
    add_look(&other, (enum style)b, look);
    return str_eq(one.data, other.data);
}

static int row_end(const struct cell *row, int width)
{
    while (width > 0 && row[width - 1].ch == ' ' && row[width - 1].style != STYLE_FIELD &&
           row[width - 1].style != STYLE_FIELD_FOCUS)
        width--;
    return width;
}

// One row as runs: "<bold>Title<> and <dim>more<>".
static void add_row(struct str *out, const struct grid *grid, int y, enum look look)
{
    struct cell *row = &grid->cells[(size_t)y * (size_t)grid->width];
    int end = row_end(row, grid->width);
    for (int x = 0, to; x < end; x = to) {
        STR_AUTO name;
        str_init(&name, STR_LINE);
        add_look(&name, (enum style)row[x].style, look);
        for (to = x + 1; to < end && same_look(row[x].style, row[to].style, look); to++)
            continue;
        struct grid run = {.width = to - x, .height = 1, .cells = &row[x], .utf8 = grid->utf8};
        AUTO_FREE char *text = grid_dump(&run);
        size_t length = strcspn(text, "\n");
        // The dump leaves out blanks at the end.
        int blanks = to - x - text_cols(text, true) + 1;
        if (name.len > 0)
            str_addf(out, "<%s>%.*s%*s<>", name.data, (int)length, text, blanks, "");
        else
            str_addf(out, "%.*s%*s", (int)length, text, to < end ? blanks : 0, "");
    }
    str_addc(out, '\n');
}

static void add_drawing(struct str *out, struct view *view, int width, int height, bool utf8,
                        enum look look)
{
    static const char *const LOOKS[] = {"", ", without colours", ", in colour"};
    struct grid grid;
    grid_init(&grid, width, height, utf8);
    view_draw(view, &grid);
    str_addf(out, "=== %dx%d %s%s, cursor %d,%d%s\n", width, height, utf8 ? "UTF-8" : "ASCII",
             LOOKS[look], grid.cursor_x, grid.cursor_y, grid.cursor_shown ? " shown" : "");
    if (look == LOOK_TEXT) {
        AUTO_FREE char *text = grid_dump(&grid);
        str_add(out, text);
    }
    for (int y = 0; look != LOOK_TEXT && y < height; y++)
        add_row(out, &grid, y, look);
    grid_free(&grid);
}

// The time of day is another one each time.
static void mask_times(char *text)
{
    static const char TODAY[] = "today ";
    for (char *at = text; (at = strstr(at, TODAY)) != NULL; at++) {
        char *digit = at + sizeof TODAY - 1;
        for (; (*digit >= '0' && *digit <= '9') || *digit == ':'; digit++)
            *digit = *digit == ':' ? ':' : '0';
    }
}

static char *draw_all(struct view *view)
{
    static const int SIZES[][2] = {{40, 12}, {80, 24}, {132, 50}};
    struct str out;
    str_init(&out, STR_FILE);
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++)
        add_drawing(&out, view, SIZES[i][0], SIZES[i][1], true, LOOK_TEXT);
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++)
        add_drawing(&out, view, SIZES[i][0], SIZES[i][1], false, LOOK_TEXT);
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++)
        add_drawing(&out, view, SIZES[i][0], SIZES[i][1], true, LOOK_MONO);
    add_drawing(&out, view, 80, 24, true, LOOK_COLOUR);
    assert_false(out.truncated);
    mask_times(out.data);
    return str_take(&out);
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    struct str out;
    char bytes[4096];
    str_init(&out, STR_FILE);
    for (size_t n; file != NULL && (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        str_addn(&out, bytes, n);
    if (file != NULL)
        fclose(file);
    return str_take(&out);
}

static void write_all(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void fail_at_difference(const char *path, const char *expected, const char *got)
{
    const char *head = got;
    size_t at = 0, line = 1, start = 0;
    for (; got[at] == expected[at]; at++) {
        if (got[at] == '\n') {
            line++;
            start = at + 1;
            if (strncmp(got + start, "===", 3) == 0)
                head = got + start;
        }
    }
    fail_msg("%s:%zu, in %.*s\n  was: %.*s\n  is:  %.*s\nFOREST_UPDATE_GOLDENS=1 writes it anew.",
             path, line, (int)strcspn(head, "\n"), head, (int)strcspn(expected + start, "\n"),
             expected + start, (int)strcspn(got + start, "\n"), got + start);
}

void golden_check(const char *name, struct view *view)
{
    AUTO_FREE char *path = mem_printf("%s/%s.screen", FOREST_GOLDENS, name);
    AUTO_FREE char *got = draw_all(view);
    const char *update = getenv("FOREST_UPDATE_GOLDENS");
    if (update != NULL && *update != '\0') {
        write_all(path, got);
        return;
    }
    AUTO_FREE char *expected = read_all(path);
    if (strcmp(got, expected) != 0)
        fail_at_difference(path, expected, got);
}

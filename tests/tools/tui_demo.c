// SPDX-License-Identifier: MIT
// The terminal, the loop and the keys with as little above them as can be: a list, a line to type
// into and a count of what came. For the tests of the terminal being given back, for random input,
// and to see what a terminal sends. q or Ctrl-C leaves, Ctrl-Z stops, Ctrl-X is a crash, Ctrl-Y
// copies.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tui/edit.h"
#include "tui/loop.h"

enum { ROWS = 40, TOP = 5, LABEL = 12 };

struct demo {
    struct term *term;
    struct edit edit;
    int row;
    unsigned keys, pastes, submits;
    const char *copied;
    struct key last;
};

static bool on_control(struct demo *demo, uint32_t ch)
{
    if (ch == 'c')
        return false;
    if (ch == 'z')
        term_suspend(demo->term);
    if (ch == 'l')
        term_redraw(demo->term);
    if (ch == 'y')
        demo->copied = term_copy(demo->term, "https://example.org/");
    if (ch == 'x')
        raise(SIGSEGV);
    return true;
}

static bool on_key(void *context, const struct key *key)
{
    struct demo *demo = context;

    demo->keys++;
    demo->last = *key;
    demo->last.text = NULL;
    if (key->code == K_CTRL)
        return on_control(demo, key->ch);
    if (key->code == K_CHAR && key->ch == 'q' && edit_chars(&demo->edit) == 0)
        return false;
    if (key->code == K_PASTE)
        demo->pastes++;
    if (edit_key(&demo->edit, key))
        return true;
    if (key->code == K_ENTER)
        demo->submits++;
    if (key->code == K_UP && demo->row > 0)
        demo->row--;
    if (key->code == K_DOWN && demo->row < ROWS - 1)
        demo->row++;
    return key->code != K_ESC;
}

static bool on_signal(void *context, enum loop_signal signal)
{
    (void)context;
    (void)signal;
    return false;
}

static bool on_wake(void *context)
{
    (void)context;
    return true;
}

static void draw_row(const struct demo *demo, struct grid *grid, int row, int y)
{
    char text[80];
    bool here = row == demo->row;

    snprintf(text, sizeof(text), "row %d of the list, with \xe6\x9d\xb1\xe4\xba\xac and e\xcc\x81",
             row);
    if (here)
        grid_sign(grid, 1, y, STYLE_FOCUS, SIGN_HERE);
    grid_text(grid, 3, y, grid->width - 4, here ? STYLE_FOCUS : STYLE_TEXT, text);
    if (here)
        grid_cursor(grid, 1, y, false);
}

static void on_draw(void *context, struct grid *grid, int64_t *out_next_ms)
{
    struct demo *demo = context;
    char text[200];

    snprintf(text, sizeof(text),
             "demo %dx%d  keys %u  pastes %u  submits %u  last %d/%x%s  typed %zu  %s", grid->width,
             grid->height, demo->keys, demo->pastes, demo->submits, (int)demo->last.code,
             demo->last.ch, demo->last.word ? " word" : "", edit_chars(&demo->edit),
             demo->copied ? demo->copied : "");
    grid_text(grid, 1, 0, grid->width - 2, STYLE_TITLE, text);
    grid_fill(grid, 1, 1, grid->width - 2, STYLE_DIM, SIGN_LINE);
    grid_text(grid, 1, 3, LABEL, STYLE_TEXT, "Type here");
    grid_text(grid, 1 + LABEL, 3, grid->width - LABEL - 2, STYLE_FIELD, edit_text(&demo->edit));
    for (int i = 0; TOP + i < grid->height - 1 && i < ROWS; i++)
        draw_row(demo, grid, i, TOP + i);
    *out_next_ms = -1;
}

// The status a shell sees must be the signal's.
static int end(int number)
{
    if (number == 0)
        return EXIT_SUCCESS;
    signal(number, SIG_DFL);
    raise(number);
    return 128 + number;
}

static int run(struct demo *demo)
{
    const struct loop_handlers handlers = {demo, on_key, on_wake, on_signal, on_draw};
    struct loop *loop = loop_new(demo->term, &handlers);
    struct err err = {0};
    int number;

    if (!loop_run(loop, &err))
        err_clear(&err);
    number = loop_signal_number(loop);
    loop_free(loop);
    return number;
}

int main(int argc, char **argv)
{
    struct demo demo = {0};
    struct term_options options = {.mono = !str_empty(getenv("NO_COLOR")),
                                   .ascii = argc > 1 && str_eq(argv[1], "--ascii")};
    struct err err = {0};
    int number;

    term_locale();
    if (!term_open(&demo.term, &options, &err)) {
        fprintf(stderr, "tui_demo: %s\n", err.message);
        err_clear(&err);
        return 3;
    }
    edit_init(&demo.edit, 4096, false);
    number = run(&demo);
    term_close(demo.term);
    edit_clear(&demo.edit);
    return end(number);
}

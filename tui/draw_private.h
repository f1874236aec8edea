// SPDX-License-Identifier: MIT
// Drawing a view: for draw*.c alone.
//
// An item is laid out by drawing it: with no grid it only tells how many lines it takes. The body
// is drawn as tall as it is on a grid of its own, of which the window shows a part; so nothing is
// ever drawn outside.
#ifndef FOREST_TUI_DRAW_PRIVATE_H
#define FOREST_TUI_DRAW_PRIVATE_H

#include "tui/view_private.h"

enum { DRAW_NARROW = 60, DRAW_WIDEST = 120, DRAW_PARAGRAPH = 92 };

// How much is left out when there are too few lines.
enum squeeze { SQUEEZE_NOTHING, SQUEEZE_GAPS, SQUEEZE_HELP };

struct canvas {
    struct view *view;
    struct grid *grid; // NULL: measure
    int width;         // columns to lay out in
    int bottom;        // lines from here on are not drawn
    bool utf8, narrow;
    enum squeeze squeeze;
    bool rules; // a line under the title and above the footer
    bool roomy; // measure a list as long as it could be, not as it asks to be
    bool focus; // the focus is among the items (no question is over them)
};

// draw.c
int draw_text(struct canvas *c, int x, int y, int cols, enum style style, const char *text);
void draw_sign(struct canvas *c, int x, int y, enum style style, enum sign sign);
// Wrapped from column x on; returns the lines, at least 1 unless the text is empty.
int draw_wrapped(struct canvas *c, int x, int y, int cols, enum style style, const char *text);
void draw_cursor(struct canvas *c, int x, int y, bool shown);
// Sign and text of a status, wrapped; a remedy on its own line. 0 lines when there is nothing.
int draw_status(struct canvas *c, int x, int y, int cols, const struct view_status *status);
void draw_state_sign(struct canvas *c, int x, int y, enum view_state state);
enum style draw_state_style(enum view_state state);
// The marker of the row with the focus, and the cursor on it.
void draw_here(struct canvas *c, int x, int y);
int draw_text_cols(const struct canvas *c, const char *text);

// draw_items.c: each returns its lines
int draw_item(struct canvas *c, struct item *item, int y, int lines);
bool draw_is_flexible(const struct item *item);
// Answers stand apart from each other when there is room.
bool draw_wants_air(const struct view *view, const struct item *item);
// draw_layout.c: how many lines each item has of `room`; returns the sum, which may be more.
int draw_layout(struct canvas *c, int *lines, int room);
// draw_form.c
int draw_field(struct canvas *c, struct item *item, int y);
int draw_choice(struct canvas *c, struct item *item, int y);
int draw_switch(struct canvas *c, struct item *item, int y);
int draw_action(struct canvas *c, struct item *item, int y);
// The inside of a line that is typed into, `cols` wide.
void draw_edit(struct canvas *c, int x, int y, int cols, struct edit *edit, const char *hint,
               bool focused);
// draw_list.c, draw_row.c
int draw_list(struct canvas *c, struct item *item, int y, int lines);
int draw_list_focus_lines(struct canvas *c, struct item *item); // with its label
struct list_layout {
    int x, cols[VIEW_COLUMNS], right, status_x, status_cols;
    bool signs, below; // signs in front; the status on lines of its own
    int end;           // first column of what is at the right edge
};
void draw_list_layout(struct canvas *c, const struct item *item, size_t from, size_t count,
                      struct list_layout *out);
int draw_list_row(struct canvas *c, struct item *item, const struct list_layout *layout,
                  size_t shown, int y);
// draw_over.c
void draw_footer(struct canvas *c, int y);
void draw_help(struct canvas *c, int top, int lines);
// draw_question.c
void draw_question(struct view *view, struct grid *grid);

#endif

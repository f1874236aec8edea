// SPDX-License-Identifier: MIT
// A screen described rather than drawn: the same description is drawn full screen (view_draw),
// asked as numbered prompts (prompts.h) and read by tests.
//
// For each frame: view_begin(), the screen's build function adds items from top to bottom,
// view_end(), then view_draw() or prompts_ask(). What the user does goes through view_key(), which
// returns what it means for the screen (struct view_act). Between frames the view keeps, by the
// item's id, what belongs to looking and not to the answers: which item has the focus, list
// positions, filters, scrolling. Texts are copied, so a build function may pass what it just made.
// Ids are stable words without blanks
// ("env_secret"); one screen uses each once. Pure: no terminal, no clock but `now_ms`.
//
// Focus goes through the items that can take it; it is never lost when items come and go (the
// nearest takes it). A list keeps the chosen row by its key, however rows move. Layout: full from
// 60 columns on; below it one column, notes under their rows; below 20x6 a message, nothing lost.
#ifndef FOREST_TUI_VIEW_H
#define FOREST_TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/edit.h"
#include "tui/grid.h"
#include "tui/key.h"

struct view;

struct view *view_new(void);
void view_free(struct view *view); // wipes

// What is known about an answer, shown under it; `help` stands there when nothing is known.
enum view_state { VIEW_QUIET, VIEW_BUSY, VIEW_GOOD, VIEW_WARN, VIEW_BAD };
struct view_status {
    enum view_state state;
    const char *text;   // "48 characters: this looks like an auth secret."
    const char *remedy; // NULL or a second sentence
};

void view_begin(struct view *view, const char *screen_id, int64_t now_ms);
void view_end(struct view *view);

// The two lines on top: left "my-admin · work (1234…) · eu-west-3", right "step 3 of 6"; then the
// steps, each with its state (VIEW_GOOD done, VIEW_QUIET still to do).
void view_title(struct view *view, const char *left, const char *right);
void view_step(struct view *view, const char *name, bool done, bool current);

void view_text(struct view *view, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4))); // a paragraph, wrapped
void view_head(struct view *view, const char *text);
void view_gap(struct view *view); // one empty line; several in a row are one; first to go when low
void view_busy(struct view *view, const char *text,
               int64_t since_ms); // shown after 100 ms, with seconds
void view_note(struct view *view, const struct view_status *status); // ✔ text, without an item
// Just above the footer, wherever the page is scrolled to: what the program says by itself.
void view_flash(struct view *view, const struct view_status *status);
void view_url(struct view *view, const char *url); // alone on its line, never wrapped, selectable
void view_bar(struct view *view, unsigned done, unsigned total, const char *text);

// An aligned row that is only looked at. `sign` as in a list; SIGNS: none.
void view_row(struct view *view, enum sign sign, enum style style, const char *label,
              const char *text, const char *right);

struct view_field {
    const char *id;
    const char *label;
    struct edit *edit; // borrowed until the next view_begin()
    const char *path;  // of the answer file: "forest.env_secret", shown in help and in plain mode
    const char *hint;  // shown dim in the empty field: "postgres://user:password@host:5432/db"
    const char *help;  // one or two sentences, under the field while nothing else is known
    struct view_status status;
    const char *facts; // right of a secret: "64 characters"
    bool optional;
    bool no_question_mark; // its answers never hold a '?': it opens the help here, too
};
void view_field(struct view *view, const struct view_field *field);

struct view_choice { // ( ) one  (•) two
    const char *id;
    const char *label;
    const char *const *options;
    size_t count, chosen;
    const char *path;
    const char *help;
    struct view_status status;
};
void view_choice(struct view *view, const struct view_choice *choice);

struct view_switch { // [x] label
    const char *id;
    const char *label;
    bool on;
    const char *path;
    const char *help;
    struct view_status status;
    const char *disabled; // why it cannot be switched; NULL when it can
};
void view_switch(struct view *view, const struct view_switch *item);

// A thing to do: a line with ❯ when focused ("copy the URL"), or with `button` one of a row of
// [ Create ] [ Export ]. The first focusable item has the focus at first unless one is `first`.
struct view_action {
    const char *id;
    const char *label;
    const char *help;     // dim, after or under the label
    const char *disabled; // why not; greyed, still reachable
    bool button, first;
};
void view_action(struct view *view, const struct view_action *action);

// Rows to choose one of. Only rows that are visible are asked for, so thousands cost nothing; the
// filter asks `matches` (NULL: label, text and key hold every word, in any case).
enum { VIEW_COLUMNS = 4 };
// `row` and its context are called from view_end() until the next view_begin(). Enter on a row that
// is disabled is nothing; with `tick` Enter goes on (ACT_SUBMIT) and Space toggles.
struct view_list_row {                 // strings borrowed until the next call
    const char *key;                   // stable: "vpc-0a1b"
    const char *columns[VIEW_COLUMNS]; // aligned over the visible rows; NULL: none
    struct view_status status;         // sign, text behind the columns (below when narrow)
    const char *below;                 // a line under it, always shown; NULL: none
    const char *below_chosen;          // shown only while it has the focus
    const char *disabled;              // cannot be chosen, why; greyed, still reachable
    int indent;                        // a tree: 0, 1, 2
    bool heading;                      // not reachable
    enum sign sign;                    // SIGNS: by the status
    const char *right;                 // at the right edge: "0:04"
};
struct view_list {
    const char *id;
    const char *label; // "Where should the backend run?"; NULL: none
    size_t count;
    void (*row)(void *context, size_t index, struct view_list_row *out);
    void *context;
    const char *chosen; // key of the row that is the answer now; NULL: none
    const char *path;
    const char *empty; // what to say when there are no rows
    bool filter;       // typing filters
    int rows;          // lines it wants at most; 0: all there is room for
    bool pinned;       // keep row `chosen` in view although the focus is elsewhere
    bool tick;         // several may be on: Space toggles (row.status.state GOOD: on)
    // Called for each row that was drawn, so that a long list asks only for what is looked at. May
    // be NULL.
    void (*seen)(void *context, size_t index);
};
void view_list(struct view *view, const struct view_list *list);

// The last lines of a growing log: follows the end unless scrolled up. `rows`: 0 all there is room
// for.
void view_log(struct view *view, const char *id, const char *const *lines, size_t count, int rows,
              bool focusable);

// A key of this screen, for the footer and the help page: shown only when given. "Ctrl-R", "show".
// `code`/`ch` as view_key() compares; such a key comes back as ACT_KEY with `id`.
void view_keys(struct view *view, const char *id, enum key_code code, uint32_t ch, const char *name,
               const char *does);
// What Enter and Esc do here, when it is not "continue" and "back"; NULL: nothing, not shown.
void view_enter_does(struct view *view, const char *does);
void view_esc_does(struct view *view, const char *does);
void view_help(struct view *view, const char *text);     // the help page of this screen, paragraphs
void view_help_add(struct view *view, const char *text); // one more paragraph at its end

// A question over the screen: everything else is out of reach until it is answered (ACT_CHOSEN with
// its id and the option's index in `row`; Esc is the last option).
struct view_question {
    const char *id;
    const char *title;
    const char *text;
    const char *const *options;
    size_t count, first; // the one that has the focus at first
    struct edit *edit;   // something to type first (a name), what stands in it at first is a
                         // suggestion that typing replaces; NULL: none
    bool bad;            // about a loss: shown so
    const char *scan; // shown as a QR code, too, where one can be drawn and there is room; or NULL
};
void view_question(struct view *view, const struct view_question *question);

enum act_kind {
    ACT_NONE,      // nothing for the screen (focus moved, help opened); draw again
    ACT_CHANGED,   // the text of field `id` changed
    ACT_CHOSEN,    // Enter on an action or row, or an option of a choice or question: `row` is its
                   // index, `key` the row's
    ACT_TOGGLED,   // a switch, or a row of a list with `tick`
    ACT_SUBMIT,    // Enter in a field, choice or switch: go on if all is well
    ACT_FOCUS,     // the focus came to row `row` of list `id`: what is beside it may change
    ACT_BACK,      // Esc, nothing to close any more
    ACT_INTERRUPT, // Ctrl-C
    ACT_SUSPEND,   // Ctrl-Z
    ACT_REDRAW,    // Ctrl-L
    ACT_KEY,       // one of view_keys(): `id`
};
struct view_act {
    enum act_kind kind;
    char id[40];
    char key[128]; // of the row
    size_t row;
};

// The build of this frame must have ended. Esc closes help or a filter first. `?` opens help unless
// text is being typed that may hold one; F1 always.
void view_key(struct view *view, const struct key *key, struct view_act *out);
void view_draw(struct view *view, struct grid *grid);
// When it wants to be drawn again without an event, in ms from now_ms; -1 never.
int64_t view_next_ms(const struct view *view);

// From the next frame on. NULL: where the screen wants it (`first`), until the next key.
void view_focus(struct view *view, const char *id);
void view_focus_row(struct view *view, const char *id, const char *key);
const char *view_focused(const struct view *view);     // id, NULL when nothing can have it
const char *view_focused_row(const struct view *view); // key of the row, or NULL
bool view_help_open(const struct view *view);
void view_forget(struct view *view, const char *screen_id); // positions of that screen

#endif

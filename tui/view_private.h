// SPDX-License-Identifier: MIT
// What a view is made of: for view*.c, draw*.c and prompts*.c alone.
//
// The items of a frame and their texts live in one block that the next view_begin() empties; what
// is kept from frame to frame lives in `struct kept`, found by screen and id.
#ifndef FOREST_TUI_VIEW_PRIVATE_H
#define FOREST_TUI_VIEW_PRIVATE_H

#include "tui/view.h"

enum item_kind {
    ITEM_TEXT,
    ITEM_HEAD,
    ITEM_GAP,
    ITEM_BUSY,
    ITEM_NOTE,
    ITEM_URL,
    ITEM_BAR,
    ITEM_ROW,
    ITEM_FIELD,
    ITEM_CHOICE,
    ITEM_SWITCH,
    ITEM_ACTION,
    ITEM_LIST,
    ITEM_LOG
};

enum { VIEW_FILTER_BYTES = 120, VIEW_WORDS = 8, VIEW_NONE = -1, VIEW_TURN_MS = 250 };

// What belongs to looking at item `id` of a screen; with id "": at the screen as a whole.
struct kept {
    char *screen, *id;
    char *row;          // key of the row with the focus; of the screen: id of the item with it,
                        // NULL until the user has done something there
    char *now;          // key of the row that has it meanwhile, when that one is not there
    size_t index;       // where that row, that item was last
    size_t top;         // first row or line shown; of a log: lines up from its end
    int page;           // how many were shown last
    bool moved;         // the user has been here: no longer follows what is chosen
    bool upright;       // a choice: its options are under each other
    bool clipped;       // a list: not all of it was in sight
    struct edit filter; // a list; text NULL until it is typed into
};

struct item {
    enum item_kind kind;
    const char *id, *label, *text, *right, *hint, *help, *facts, *path, *disabled;
    struct view_status status;
    enum style style;
    enum sign sign;
    int64_t since_ms;
    unsigned done, total;
    struct edit *edit;
    bool optional, no_question_mark, on, button, first, focusable;
    bool spins;                 // a list: a row that was drawn is busy
    const char *const *options; // of a choice; lines of a log
    size_t count, chosen;
    int label_cols; // of the label's column, shared by neighbours
    int rows;
    int air; // empty lines above it, when there is room for them
    struct view_list list;
    size_t *matched; // indices of the rows that the filter leaves; NULL: all
    size_t shown;    // how many
    size_t at;       // which of them has the focus
    struct kept *kept;
};

struct view_shortcut {
    const char *id, *name, *does;
    enum key_code code;
    uint32_t ch;
};

struct view_stage {
    const char *name;
    bool done, current;
};

struct block {
    struct block *next;
    size_t used, size;
    char bytes[];
};

struct view {
    struct block *blocks; // texts of this frame
    struct item *items;
    size_t count, capacity;
    struct view_shortcut *keys;
    size_t key_count;
    struct view_stage *steps;
    size_t step_count;
    const char *screen, *left, *right, *help, *enter_does, *esc_does;
    bool enter_set, esc_set;
    struct view_status flash;
    int64_t now_ms;
    bool built;
    int focus;             // index of the item, VIEW_NONE when none
    char *want, *want_row; // asked for with view_focus(), view_focus_row()
    bool want_first;       // view_focus(NULL)
    struct kept **kept;
    size_t kept_count;
    struct kept *page; // of this screen
    bool scrolled;     // by hand: the focus may be out of sight until the next other key
    bool can_scroll;   // the last drawing did not show everything
    bool help_open;
    int help_top;
    struct view_question question; // id NULL: none
    char *question_id;             // of the one that was open last frame
    size_t question_at;            // its option with the focus
    bool question_text;            // the focus is in its edit
    bool question_fresh;           // what stands there is a suggestion: typing takes its place
};

// view.c
const char *view_copy(struct view *view, const char *text); // NULL stays NULL
void *view_room(struct view *view, size_t bytes);           // zeroed, lives for the frame
struct kept *view_kept(struct view *view, const char *id);
struct item *view_focused_item(const struct view *view); // NULL when none
void view_set_focus(struct view *view, int index);

// view_list.c
void list_resolve(struct view *view, struct item *item); // matched, shown, at
bool list_has_rows(const struct item *item);             // more than headings
void list_row(const struct item *item, size_t shown, struct view_list_row *out);
size_t list_index(const struct item *item, size_t shown); // its index for the screen
bool list_matches(const struct view_list_row *row, const char *filter);
const char *list_filter(const struct item *item); // "" when none
// Moves by `by` rows that can be reached; false when there is none that way.
bool list_move(struct item *item, long by);
void list_keep(struct item *item); // what has the focus now is kept by its key
// Takes the key for the filter or the rows; false when it is not the list's.
bool list_key(struct view *view, struct item *item, const struct key *key, struct view_act *out);

// view_question.c
void question_resolve(struct view *view);
void question_key(struct view *view, const struct key *key, struct view_act *out);

// view_key.c
void act_set(struct view_act *out, enum act_kind kind, const char *id);
void act_row(struct view_act *out, enum act_kind kind, const struct item *item);
bool view_takes_text(const struct view *view);            // characters go into what has the focus
bool view_question_mark_is_text(const struct view *view); // else it opens the help

// What works now, in the order of the footer; for it, the help page and the man page alike.
struct view_hint {
    const char *name, *ascii, *does;
    int weight; // the lowest go first when room is short
};
enum { VIEW_HINTS = 24 };
size_t view_hints(const struct view *view, struct view_hint out[VIEW_HINTS]);

#endif

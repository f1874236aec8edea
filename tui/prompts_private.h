// SPDX-License-Identifier: MIT
// What prompts are made of: for prompts*.c alone.
#ifndef FOREST_TUI_PROMPTS_PRIVATE_H
#define FOREST_TUI_PROMPTS_PRIVATE_H

#include <termios.h>

#include "tui/prompts.h"
#include "tui/view_private.h"

// One thing to choose from a numbered list: a row of a list or an action.
struct prompt_option {
    const struct item *item;
    size_t row; // shown row of a list; 0 for an action
    bool enabled;
};

struct prompts {
    int in;
    FILE *out;
    bool utf8;
    int wake_fd;
    char *screen; // of the last frame
    char **said;  // what this screen has been told, so that only news is told
    size_t said_count;
    bool news;          // something was printed since the prompt
    char *asked;        // id of the item the last question was about; NULL: none yet
    size_t asked_index; // where it was
    char *question;     // id of the one that is open
    bool typing;        // into the question's text, before its options are asked for
    bool repeat;        // the same is asked again: something was done there
    bool waiting;       // that question has not been answered (woken meanwhile)
    bool submitted;     // the last item was passed: the next question is where the focus is
    bool answered;      // `asked` is a field that was just given a value
    char *line;         // what is being read; wiped
    size_t length;
    bool ended;
    bool quiet;           // the terminal does not echo
    struct termios saved; // how it did
    struct prompt_option *menu;
    size_t menu_count;
    char **toggles; // keys of rows still to be toggled
    size_t toggle_count;
};

enum { PROMPT_LINE_MAX = 65536, PROMPT_ROWS = 30, LINE_LEAST = 20 };

// prompts.c
void prompts_print(struct prompts *prompts, const char *text); // made safe, no line end
// Prints a line unless this screen has heard it.
void prompts_tell(struct prompts *prompts, const char *line);
void prompts_forget(struct prompts *prompts, bool all); // what was said; else only of menus

// prompts_show.c
const char *prompt_state_word(enum view_state state);
char *prompt_row_text(const struct item *item, const struct view_list_row *row); // the caller's
// Is this list only looked at? Then its rows are told as they change and never asked for.
bool prompt_is_watched(const struct item *item);
void prompts_help(struct prompts *prompts, const struct view *view, const struct item *item);

// prompts_read.c
enum prompt_read { READ_LINE, READ_WOKEN, READ_END };
// Into prompts->line, without its end; without echo when `secret`.
enum prompt_read prompts_read(struct prompts *prompts, bool secret);
void prompts_echo_on(struct prompts *prompts);
void prompts_wipe_line(struct prompts *prompts);

// prompts_menu.c
// The options that begin with `item` and go on with the actions behind it.
void prompt_menu(struct prompts *prompts, const struct view *view, const struct item *item);
// Prints them; only those that hold `part` unless it is NULL.
void prompt_menu_print(struct prompts *prompts, const char *part);
// Which one the line names, by number, name or part; false after saying why not.
bool prompt_menu_find(struct prompts *prompts, const char *line, size_t *out);
bool prompt_menu_possible(struct prompts *prompts, size_t option); // else says why it is not
void prompt_menu_act(const struct prompts *prompts, size_t option, enum act_kind kind,
                     struct view_act *out);

// prompts_question.c
size_t prompt_menu_default(const struct prompts *prompts, const struct view *view);
void prompt_tell_item(struct prompts *prompts, const struct view *view, const struct item *item);
void prompt_item(struct prompts *prompts, const struct view *view, const struct item *item);
void prompt_tell_question(struct prompts *prompts, const struct view_question *question);
void prompt_question(struct prompts *prompts, const struct view_question *question);

// prompts_answer.c
// The words that work at every prompt. True: *out_got says what the line was.
bool prompt_common_word(struct prompts *prompts, const struct view *view, const struct item *item,
                        struct view_act *out, enum prompts_got *out_got);
// False after saying what would be an answer.
bool prompt_take(struct prompts *prompts, const struct item *item, struct view_act *out);
bool prompt_take_default(struct prompts *prompts, const struct view *view, const struct item *item,
                         struct view_act *out);
bool prompt_take_question(struct prompts *prompts, const struct view_question *question,
                          struct view_act *out);
bool prompts_next_toggle(struct prompts *prompts, const struct view *view, struct view_act *out);
void prompts_forget_toggles(struct prompts *prompts);

#endif

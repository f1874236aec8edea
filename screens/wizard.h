// SPDX-License-Identifier: MIT
// The wizard: the answers, where the user is, and what the screens share. A pure model with an
// injected clock and core; the router runs it full screen, plain.c runs it as prompts, tests run it
// without a terminal.
//
// A screen is one row of the table in screens.c and one file. Its functions get the wizard; its own
// state (edits, positions) is a struct of its own that the wizard allocates zeroed and hands out by
// wizard_state(). The order of calls: enter (each time it is come to) -> [build -> act]... ->
// leave.
//   build   describes the screen from the model, adds its lookups; called for every frame, so it
//           must be cheap and change nothing but edits' first values
//   act     what the user did; changes the answers; wizard_go(), wizard_next(), wizard_back()
//   ready   may the user go on? false with the item to look at and why: Enter shows that. NULL: yes
//   leave   take edits into the answers (always possible, also unfinished: nothing is lost)
// After `act`, what every screen does alike is done here, unless the screen went elsewhere or set
// wizard->handled: ACT_SUBMIT is wizard_next(), ACT_BACK is wizard_back(), ACT_INTERRUPT leaves
// (asking first when secrets would be lost).
#ifndef FOREST_SCREENS_WIZARD_H
#define FOREST_SCREENS_WIZARD_H

#include "backend/core/core.h"
#include "backend/setup/answers.h"
#include "screens/jobs.h"
#include "screens/lookup.h"
#include "tui/view.h"

enum screen_id {
    SCREEN_WELCOME,
    SCREEN_FOREST,
    SCREEN_AWS,
    SCREEN_NETWORK,
    SCREEN_DATABASE,
    SCREEN_BACKEND,
    SCREEN_REVIEW,
    SCREEN_PROVISION,
    SCREEN_DONE,
    SCREEN_RESERVE, // "Forest asks me for a URL first"
    SCREEN_TEARDOWN,
    SCREEN_RECOVER, // setups that AWS knows and this machine does not
    SCREEN_EXPORT,
    SCREENS
};

struct ready {
    const char *id; // item that keeps the user here
    char text[200]; // why
};

struct screen {
    enum screen_id id;
    const char *name;  // stable word: "network"
    const char *title; // in the steps' line: "Network"
    unsigned step;     // 1..6 in the line of steps; 0: not in it
    size_t state_size;
    void (*enter)(struct wizard *wizard);
    void (*build)(struct wizard *wizard, struct view *view);
    void (*act)(struct wizard *wizard, const struct view_act *act);
    bool (*ready)(struct wizard *wizard, struct ready *out);
    void (*leave)(struct wizard *wizard);
    void (*clear)(void *state); // wipes its state; may be NULL
};

const struct screen *screen_of(enum screen_id id);

// How a run stands, kept by provision.c and read by done.c; see run.h.
struct run;

struct wizard {
    struct answers answers;
    enum screen_id at;
    enum screen_id come_from[SCREENS]; // where Back leads, by screen
    bool to_review;                    // opened from a row of the review: continue leads back there
    const struct core *core; // NULL until a worker has loaded it: go through core_get() in jobs
    struct jobs *jobs;
    struct view *view;
    struct lookups *lookups; // private to lookup.c
    struct run *run;         // private to run.c; NULL before the first
    int64_t (*clock)(void);  // clock_ms in life
    void *states[SCREENS];
    bool practice; // the practice cloud is what is talked to: said on every screen
    bool plain;
    unsigned secrets_version; // changes whenever a secret's text does
    bool handled;             // set by a screen's act: nothing is done for it any more
    bool visited[SCREENS];
    struct wizard_own *own; // private to wizard.c
    bool leave_now;         // the program ends after this act
    int exit_code;
    char *last_words;   // printed on the normal screen after leaving: URL, next commands. Owned
    const char *copied; // what term_copy() said last; static
    void (*copy)(void *context, struct wizard *wizard, const char *text); // set by the router
    void *outside;
};

struct wizard_options {
    const struct answers *answers; // from -c FILE, may be NULL
    bool start_at_review;          // everything is answered: only look
    const char *continue_setup;    // NAME to open at once; may be NULL
    bool practice;
    int64_t (*clock)(void); // NULL: clock_ms
    void (*wake)(void *context);
    void *wake_context;
};

void wizard_init(struct wizard *wizard, const struct wizard_options *options);
void wizard_clear(struct wizard *wizard); // cancels, waits, wipes
// One frame of the current screen, ended. Adds title, steps, help and the keys that all share.
void wizard_build(struct wizard *wizard);
void wizard_act(struct wizard *wizard, const struct view_act *act);
bool wizard_woken(struct wizard *wizard); // drains the jobs; true when the frame may have changed

void *wizard_state(struct wizard *wizard, enum screen_id id);
void wizard_go(struct wizard *wizard, enum screen_id id); // remembers where from
// The next screen of the six, or back to the review; stays, focuses and notes why when the screen
// is not ready.
void wizard_next(struct wizard *wizard);
// Of the six the one before (or the review it was opened from); else where it was come from.
void wizard_back(struct wizard *wizard);
// Saves the answers (no secrets) beside the setup's journal; at every screen change. Failures are
// shown once as a note and stop nothing.
void wizard_save(struct wizard *wizard);
void wizard_note(struct wizard *wizard, enum view_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4))); // one line above the footer until the next key
// True while this secret is empty because the variable that the answers name is not set: `out` says
// so.
bool wizard_unset(struct wizard *wizard, const struct secret_answer *answer, char *out,
                  size_t bytes);
// "my-admin · work (123456789012 Acme-prod) · eu-west-3"; the caller's.
char *wizard_where(struct wizard *wizard);
const char *wizard_practice_word(const struct wizard *wizard); // " (practice)" or "", for titles
void wizard_leave(struct wizard *wizard, int exit_code);

#endif

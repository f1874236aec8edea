// SPDX-License-Identifier: MIT
// The whole wizard without a terminal, for tests: keys in, the drawn screen out, on the fake core.
//
// play_start() -> play_until() a text stands on the screen, play_key(), play_type() -> play_end().
// Waits for conditions with a deadline and fails the test with the screen when it passes. State is
// kept in a fresh directory below /tmp, removed at the end.
#ifndef FOREST_TESTS_PLAY_H
#define FOREST_TESTS_PLAY_H

#include <pthread.h>

#include "screens/wizard.h"
#include "tests/unit/screens/fake_core.h"

struct play {
    struct wizard wizard;
    struct grid grid;
    char *screen; // as text, after the last key or wait
    char *state_dir;
    pthread_mutex_t lock;
    pthread_cond_t woken_cond;
    bool woken;
    char *copied; // what was put into the clipboard
};

// All answers given (secrets included), at the review. `change` may alter them first; NULL: not.
void play_start(struct play *play, void (*change)(struct answers *answers));
void play_end(struct play *play);
void play_key(struct play *play, enum key_code code);
void play_ctrl(struct play *play, char letter);
void play_type(struct play *play, const char *text); // character by character
void play_paste(struct play *play, const char *text);
// Until `text` is on the screen; fails after 60 s.
void play_until(struct play *play, const char *text);
void play_until_at(struct play *play, enum screen_id id);
bool play_shows(struct play *play, const char *text); // now
// Moves the focus to item `id`, then Enter.
void play_choose(struct play *play, const char *id);

#endif

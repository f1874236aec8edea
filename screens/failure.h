// SPDX-License-Identifier: MIT
// A failed run on a screen: one cause, one remedy, and what can be done about it from here. Shared
// by the screens that run something.
//
// failure_build() in the screen's build while the run is RUN_FAILED; failure_act() in its act,
// which is true when the act was one of this panel's.
#ifndef FOREST_SCREENS_FAILURE_H
#define FOREST_SCREENS_FAILURE_H

#include "screens/run.h"
#include "screens/wizard.h"

struct failure_state { // zero-initialise
    bool details;
};

void failure_build(struct wizard *wizard, struct view *view, struct failure_state *state);
bool failure_act(struct wizard *wizard, const struct view_act *act, struct failure_state *state);
// The screen that holds the wrong answer; SCREENS when there is none.
enum screen_id failure_fix(struct wizard *wizard);

#endif

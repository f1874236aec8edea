// SPDX-License-Identifier: MIT
// A screen of the wizard brought to where it is looked at: on the fake core, with the clock
// standing still, so that it is drawn the same each time.
//
// scene_start() -> keys and waits of play.h, scene_settle() or scene_until_held() -> golden_check()
// -> play_end().
#ifndef FOREST_TESTS_TUI_SCENE_H
#define FOREST_TESTS_TUI_SCENE_H

#include "tests/unit/screens/play.h"

// play_start() with a clock that only scene_pass() moves.
void scene_start(struct play *play, void (*change)(struct answers *answers));
void scene_pass(int64_t ms);
// Until nothing is asked for any more and a frame has been built from all that came.
void scene_settle(struct play *play);
// Until the core waits in a hold, and a frame has been built of what it did before.
void scene_until_held(struct play *play);

#endif

// SPDX-License-Identifier: MIT
// A run that waits for somebody to sign in again, as the screens of runs show it: what is the
// matter, what to do in another terminal, and, where it can be done here, the question that does
// it, opened once a pause. When the run goes on, the question goes.
//
// Each frame login_pause_build() where the screen says what goes on and login_pause_question() last
// -> login_pause_act() before the screen's own, true when the act was taken -> login_pause_clear().
#ifndef FOREST_SCREENS_LOGIN_PAUSE_H
#define FOREST_SCREENS_LOGIN_PAUSE_H

#include "screens/sign_in.h"

struct login_pause {
    struct sign_in sign_in;
    unsigned serial, asked; // of the run and its pause that the question was opened for
};

void login_pause_build(struct wizard *wizard, struct view *view, struct login_pause *s);
void login_pause_question(struct wizard *wizard, struct view *view, struct login_pause *s);
bool login_pause_act(struct wizard *wizard, const struct view_act *act, struct login_pause *s);
void login_pause_clear(struct login_pause *s);

#endif

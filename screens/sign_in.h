// SPDX-License-Identifier: MIT
// Signing a profile in from the wizard: with Identity Center in a browser, or with a one-time code.
// A question over the screen; the work is a job.
//
// sign_in_for() says whether an identity's error can be helped here; sign_in_begin() -> each frame
// sign_in_build() -> sign_in_act() first of all, true when the act was its own -> sign_in_clear().
// sign_in_clear() stops waiting at once. When it ends well, who the profile is is asked anew.
#ifndef FOREST_SCREENS_SIGN_IN_H
#define FOREST_SCREENS_SIGN_IN_H

#include "screens/wizard.h"

enum sign_in_kind { SIGN_IN_NONE, SIGN_IN_SSO, SIGN_IN_CODE };
enum sign_in_kind sign_in_for(const struct err *err);

struct sign_in {
    enum sign_in_kind kind; // SIGN_IN_NONE: nothing is going on
    char *profile;
    struct job *job;           // while it works
    struct sign_in_work *work; // private
    char *code, *url;
    int64_t until_ms;
    struct edit edit;
    char *problem;
};

void sign_in_begin(struct wizard *wizard, struct sign_in *s, enum sign_in_kind kind,
                   const char *profile);
void sign_in_build(struct wizard *wizard, struct sign_in *s, struct view *view);
bool sign_in_act(struct wizard *wizard, struct sign_in *s, const struct view_act *act);
void sign_in_clear(struct sign_in *s);

#endif

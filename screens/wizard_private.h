// SPDX-License-Identifier: MIT
// What wizard.c shares with welcome.c and the routers.
#ifndef FOREST_SCREENS_WIZARD_PRIVATE_H
#define FOREST_SCREENS_WIZARD_PRIVATE_H

#include "screens/drafts.h"
#include "screens/wizard.h"

enum { WIZARD_STEPS = 6, WIZARD_SECRETS = 3 };

struct wizard_own {
    char *note;
    enum view_state note_state;
    bool leaving;     // the question about leaving is open
    bool save_failed; // told already
    char *saved;      // the draft as it was last written
    char *become;     // a script to run after leaving
    bool given;       // answers came with the start but for the name: a new setup begins with them
    bool reserving;   // the account is chosen for the address alone: after it, back to there
    struct secret found[WIZARD_SECRETS]; // from the environment, taken out of it
    char *unset[WIZARD_SECRETS];         // variables that the answers name and that are not set
};

// Other answers than so far (taken over): the screens' states are forgotten, but for the current
// one's. `kept`: they are on this machine already.
void wizard_answers(struct wizard *wizard, struct answers *answers, bool kept);
void wizard_forget_state(struct wizard *wizard, enum screen_id id);
// The first of the six that still has something to ask; the review when none.
enum screen_id wizard_first_open(struct wizard *wizard);

// wizard_secrets.c: before the first thread starts, the usual variables are taken out of the
// environment, so that no child inherits them; then the answers that refer to a variable get its
// value, or SECRET_NONE when it is not set: wizard_unset() has its name then.
void secrets_take(struct wizard *wizard);
void secrets_found(struct wizard *wizard);
void secrets_forget(struct wizard *wizard);

// welcome.c: goes to where that setup stopped.
void welcome_open(struct wizard *wizard, const char *name);

#endif

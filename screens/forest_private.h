// SPDX-License-Identifier: MIT
// What the Forest screen and "Forest asks me for a URL first" share: the fields for the secrets.
#ifndef FOREST_SCREENS_FOREST_PRIVATE_H
#define FOREST_SCREENS_FOREST_PRIVATE_H

#include "screens/secret_check.h"
#include "screens/wizard.h"

struct forest {
    bool begun; // the edits have their first values
    struct edit env, auth;
    bool paste_auth;    // else it is generated
    bool told_unknown;  // Forest does not know the secret; said once, then going on is allowed
    char *reserved_url; // of an address that was reserved before; owned
    struct secret_verdict env_verdict, auth_verdict; // of this frame
};

// The state with its edits ready.
struct forest *forest_state(struct wizard *wizard);
void forest_build_secrets(struct wizard *wizard, struct view *view);
// True when the act was for one of these fields.
bool forest_act_secrets(struct wizard *wizard, const struct view_act *act);
bool forest_ready(struct wizard *wizard, struct ready *out);

#endif

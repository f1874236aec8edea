// SPDX-License-Identifier: MIT
// What the two files of the AWS screen share: aws.c knows what is chosen, aws_view.c shows it.
#ifndef FOREST_SCREENS_AWS_H
#define FOREST_SCREENS_AWS_H

#include "screens/cli/setups.h"
#include "screens/sign_in.h"
#include "screens/tell.h"
#include "screens/wizard.h"

// The profile of the environment's own keys has no name; a row needs one.
#define AWS_ENVIRONMENT_KEY "(environment)"

struct aws_row_text {
    char who[200], status[200], remedy[400];
};

struct aws_screen {
    bool entered;
    bool confirming;      // the question about a new account is open
    bool to_confirm;      // it opens as soon as the account is known
    unsigned mistyped;    // how often what was typed there were not the account's digits
    struct edit digits;   // typed there
    bool region_is_usual; // taken from the profile, not chosen: it follows the profile
    bool to_regions;      // a profile was chosen: the focus follows as soon as they are known
    bool region_shown;    // the field had its first value
    struct setups used;   // their accounts need no question
    struct sign_in sign_in;
    struct edit region; // when the regions cannot be listed
    // For the rows of the lists, which are asked for while the frame is drawn.
    struct wizard *wizard;
    const struct json **profile_rows; // the profiles of this frame by number
    size_t profile_count;
    unsigned asking;           // identities, of this frame
    const struct json **order; // the regions as shown, of this frame
    size_t order_count;
    struct aws_row_text row;
};

void aws_build(struct wizard *wizard, struct view *view);
// Can this profile be signed in from here, because that is what its failure asks for?
enum sign_in_kind aws_sign_in(struct wizard *wizard, const char *profile);
// The profile that is meant: the chosen one, else what the AWS CLI would take. "": the keys of the
// environment; NULL: none.
const char *aws_profile(const struct wizard *wizard, const struct json *profiles);
const char *aws_usual_region(struct wizard *wizard, const char *profile);
const char *aws_region(struct wizard *wizard); // chosen or usual; NULL: none
// Must the user say first that this account is meant? Then the AWS screen asks it.
bool aws_asks_account(struct wizard *wizard, const char *account);
void aws_may_confirm(struct wizard *wizard);    // of each frame: opens that question
const char *aws_account(struct wizard *wizard); // of the profile that is meant; NULL: not known yet

#endif

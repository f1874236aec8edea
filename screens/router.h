// SPDX-License-Identifier: MIT
// The two fronts of the wizard. Both run until the user leaves, give the terminal back, print the
// last words on the normal screen and return the exit code.
#ifndef FOREST_SCREENS_ROUTER_H
#define FOREST_SCREENS_ROUTER_H

#include "screens/wizard.h"
#include "tui/term.h"

// Full screen. Falls back to plain when the terminal cannot be opened.
int wizard_full(const struct wizard_options *options, const struct term_options *look);
// As numbered prompts: also without a full-screen terminal.
int wizard_plain(const struct wizard_options *options);

#endif

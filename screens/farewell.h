// SPDX-License-Identifier: MIT
// The end of the wizard, on the normal screen.
#ifndef FOREST_SCREENS_FAREWELL_H
#define FOREST_SCREENS_FAREWELL_H

#include "screens/wizard.h"

// Ends what still runs (it says so, since that may take a moment), prints the last words, clears
// the wizard and returns the exit code: 128 + signal when one ended it.
int wizard_farewell(struct wizard *wizard, int signal_number);

#endif

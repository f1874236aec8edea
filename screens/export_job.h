// SPDX-License-Identifier: MIT
// Writing the answers to a file from a screen: on a worker, told by a note.
#ifndef FOREST_SCREENS_EXPORT_JOB_H
#define FOREST_SCREENS_EXPORT_JOB_H

#include "screens/wizard.h"

// `path` relative to the folder the program was started in. The outcome is a wizard_note().
void export_start(struct wizard *wizard, const char *path);

#endif

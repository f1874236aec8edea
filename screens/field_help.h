// SPDX-License-Identifier: MIT
// Which answers of the file a screen is about, for its help page: from the table of fields, so that
// none is forgotten.
#ifndef FOREST_SCREENS_FIELD_HELP_H
#define FOREST_SCREENS_FIELD_HELP_H

#include "screens/wizard.h"

// Does this screen tell about the field of that path?
bool field_help_has(const struct screen *screen, const char *path);
// Adds "In the answer file: network.vpc, ..." to the help page of the frame; nothing for screens
// without answers.
void field_help_add(struct view *view, const struct screen *screen);

#endif

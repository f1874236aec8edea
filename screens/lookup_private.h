// SPDX-License-Identifier: MIT
// What only the wizard itself does with the lookups.
//
// lookups_new() after the jobs -> lookups_sweep() before each frame -> lookups_free() after
// jobs_free(), so that no answer is on its way any more.
#ifndef FOREST_SCREENS_LOOKUP_PRIVATE_H
#define FOREST_SCREENS_LOOKUP_PRIVATE_H

#include <stdbool.h>

struct wizard;

void lookups_new(struct wizard *wizard);
void lookups_free(struct wizard *wizard);
// While held, lookup() starts nothing: the first frame is painted before any work begins.
void lookups_hold(struct wizard *wizard, bool held);
void lookups_sweep(struct wizard *wizard); // frees what was forgotten since the last frame

#endif

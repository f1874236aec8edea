// SPDX-License-Identifier: MIT
// Keeps in forest-core what the program finds by name only: the table of backend/core and the
// commands.
#include "backend/core/core.h"

extern const struct core forest_core;
// Referenced, so that the linker takes it out of its archive.
extern const struct core *const forest_core_kept;
const struct core *const forest_core_kept = &forest_core;

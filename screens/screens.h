// SPDX-License-Identifier: MIT
// Every screen's row, each defined at the end of its own file.
#ifndef FOREST_SCREENS_SCREENS_H
#define FOREST_SCREENS_SCREENS_H

#include "screens/wizard.h"

extern const struct screen screen_welcome, screen_forest, screen_aws, screen_network,
    screen_database, screen_backend, screen_review, screen_provision, screen_done, screen_reserve,
    screen_teardown, screen_recover, screen_export;

#endif

// SPDX-License-Identifier: MIT
// The table of screens. A NULL row is a screen that this program does not have.
#include "screens/screens.h"

#include <stddef.h>

static const struct screen *const table[SCREENS] = {
    [SCREEN_WELCOME] = &screen_welcome,   [SCREEN_FOREST] = &screen_forest,
    [SCREEN_AWS] = &screen_aws,           [SCREEN_NETWORK] = &screen_network,
    [SCREEN_DATABASE] = &screen_database, [SCREEN_BACKEND] = &screen_backend,
    [SCREEN_REVIEW] = &screen_review,     [SCREEN_PROVISION] = &screen_provision,
    [SCREEN_DONE] = &screen_done,         [SCREEN_RESERVE] = &screen_reserve,
    [SCREEN_TEARDOWN] = &screen_teardown, [SCREEN_RECOVER] = &screen_recover,
    [SCREEN_EXPORT] = &screen_export,
};

const struct screen *screen_of(enum screen_id id)
{
    return (unsigned)id < SCREENS ? table[id] : NULL;
}

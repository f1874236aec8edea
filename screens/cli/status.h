// SPDX-License-Identifier: MIT
// The list of setups, for status without a name and for the welcome.
#ifndef FOREST_SCREENS_CLI_STATUS_H
#define FOREST_SCREENS_CLI_STATUS_H

#include "screens/cli/cli.h"
#include "screens/cli/setups.h"

void status_print(struct cli *cli, const struct setups *setups);
void status_print_json(struct cli *cli, const struct setups *setups);

#endif

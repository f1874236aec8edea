// SPDX-License-Identifier: MIT
// What apply and resume have in common: open, plan, show, ask, run, and end with the URL alone on
// the last line.
#ifndef FOREST_SCREENS_CLI_PROVISION_H
#define FOREST_SCREENS_CLI_PROVISION_H

#include "screens/cli/cli.h"

// `answers` NULL: the setup cli->setup as its journal knows it. Returns the exit code.
int provision(struct cli *cli, struct answers *answers);

#endif

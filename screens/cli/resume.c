// SPDX-License-Identifier: MIT
// forest-setup resume NAME: the answers come from the journal, everything else is as in apply.
#include "screens/cli/cli.h"
#include "screens/cli/provision.h"

int command_resume(struct cli *cli)
{
    return provision(cli, NULL);
}

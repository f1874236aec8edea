// SPDX-License-Identifier: MIT
// forest-setup apply -c FILE: from the answers to the URL.
#include "screens/cli/cli.h"
#include "screens/cli/provision.h"

int command_apply(struct cli *cli)
{
    struct answers answers = {0};
    int code = 0;
    if (cli_answers(cli, &answers, &code))
        code = provision(cli, &answers);
    answers_clear(&answers);
    return code;
}

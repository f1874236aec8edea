// SPDX-License-Identifier: MIT
// forest-setup without a command and without a terminal to ask on: what is on this machine and how
// to go on.
#include "backend/base/mem.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"
#include "screens/cli/setups.h"
#include "screens/cli/status.h"

static void print_next(struct cli *cli, const struct setups *setups)
{
    for (size_t i = 0; i < setups->count; i++) {
        if (setups->items[i].state != SETUP_STOPPED)
            continue;
        plain_line(&cli->out, "Go on where %s stopped:", setups->items[i].name);
        plain_line(&cli->out, "  forest-setup resume %s", setups->items[i].name);
        break;
    }
    plain_line(&cli->out, "A new setup, from an answer file:");
    plain_line(&cli->out,
               "  forest-setup plan -c setup.json     what would be created; writes nothing");
    plain_line(&cli->out, "  forest-setup apply -c setup.json    creates it and ends with the URL");
    plain_line(&cli->out, "What to put into it: forest-setup profiles, forest-setup vpcs, "
                          "assets/schema/setup.schema.json");
    plain_line(&cli->out, "Everything else: forest-setup --help");
}

int command_welcome(struct cli *cli)
{
    ERR_AUTO err = {0};
    struct setups setups = {0};
    if (!setups_load(&setups, &err))
        return cli_fail(cli, &err);
    if (cli->json) {
        status_print_json(cli, &setups);
    } else {
        plain_line(&cli->out, "forest-setup %s", FOREST_VERSION);
        plain_line(&cli->out, "The wizard needs a terminal; every step is also a command.");
        plain_line(&cli->out, "%s", "");
        status_print(cli, &setups);
        plain_line(&cli->out, "%s", "");
        print_next(cli, &setups);
    }
    setups_clear(&setups);
    return EXIT_DONE;
}

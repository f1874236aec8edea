// SPDX-License-Identifier: MIT
// forest-setup logs NAME: what the backend's container says.
#include <stdlib.h>
#include <string.h>

#include "backend/codec/json.h"
#include "backend/steps/session.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/cli/print_json.h"

enum { LAST_DEFAULT = 200, LAST_MAX = 10000 };

static bool print_line(void *context, const char *text)
{
    struct cli *cli = context;
    if (cli->json) {
        JSON_AUTO *o = json_strings("type", "log", "text", text, NULL);
        jsonl_print(cli->out.to, o);
    } else {
        plain_line(&cli->out, "%s", text);
    }
    return !ferror(cli->out.to); // `| head` has gone
}

static bool read_last(const char *text, unsigned *out)
{
    *out = LAST_DEFAULT;
    if (!text)
        return true;
    if (strspn(text, "0123456789") != strlen(text) || !*text || strlen(text) > 5)
        return false;
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out >= 1 && *out <= LAST_MAX;
}

int command_logs(struct cli *cli)
{
    unsigned last = 0;
    if (!read_last(cli->last_text, &last))
        return cli_usage(cli, "give a number from 1 to 10000", "--last is not a number of lines");
    struct session_options options = {.purpose = SESSION_LOOK,
                                      .name = cli->setup,
                                      .profile = cli->profile,
                                      .region = cli->region,
                                      .cancel = cli->cancel};
    ERR_AUTO err = {0};
    struct session *session = NULL;
    if (!session_open(&session, &options, &err))
        return cli_fail(cli, &err);
    bool ok = session_logs(session, last, cli->follow, print_line, cli, &err);
    session_close(session);
    // Ctrl-C is the way to end --follow.
    if (!ok && err.kind == ERR_CANCELLED && cli->follow)
        return EXIT_INTERRUPTED;
    return ok ? EXIT_DONE : cli_fail(cli, &err);
}

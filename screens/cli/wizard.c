// SPDX-License-Identifier: MIT
// forest-setup without a command: the wizard.
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"
#include "screens/router.h"

static bool env_is_set(const char *name)
{
    return !str_empty(getenv(name));
}

// -c FILE, which may be incomplete: the wizard asks for the rest.
static bool load(struct cli *cli, struct answers *out, int *out_code)
{
    struct problems problems = {0};
    ERR_AUTO err = {0};
    answers_init(out);
    bool ok = !cli->config || config_load(cli->config, out, &problems, &err);
    if (!ok) {
        if (problems.count)
            plain_problems(&cli->err, cli->config, &problems);
        *out_code = err.kind == ERR_CANCELLED ? EXIT_INTERRUPTED : EXIT_ANSWERS;
        if (!problems.count)
            plain_error(&cli->err, &err);
    }
    problems_clear(&problems);
    return ok;
}

// A file for the wizard and nobody to ask: what is missing in it, or which command does it.
static int nobody_to_ask(struct cli *cli)
{
    struct answers answers;
    int code = EXIT_DONE;
    if (cli_answers(cli, &answers, &code))
        code =
            cli_usage(cli, "forest-setup apply -c FILE does it without asking",
                      "there is no terminal to ask on, and nothing is missing in %s", cli->config);
    answers_clear(&answers);
    return code;
}

int cli_wizard(struct cli *cli)
{
    bool nobody = !cli->in_terminal || !cli->out_terminal;
    if (cli->config && (nobody || cli->json))
        return nobody_to_ask(cli);
    if (cli->json || nobody)
        return cli_run(cli, "welcome");
    struct answers answers;
    int code = EXIT_DONE;
    if (load(cli, &answers, &code)) {
        answers_resolve_given(&answers); // before the first thread
        struct wizard_options options = {.answers = &answers,
                                         .start_at_review = cli->config != NULL,
                                         .practice = env_is_set("FOREST_SETUP_PRACTICE")};
        struct term_options look = {.mono = cli->no_color || env_is_set("NO_COLOR"),
                                    .ascii = cli->ascii};
        code =
            cli->plain || term_why_plain() ? wizard_plain(&options) : wizard_full(&options, &look);
    }
    answers_clear(&answers);
    return code;
}

// SPDX-License-Identifier: MIT
// forest-setup export NAME --as json: the answer file of a setup, from its journal, without any
// call to AWS.
#include "backend/export/export.h"

#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

static int print_answers(struct cli *cli, const struct json *answers)
{
    ERR_AUTO err = {0};
    AUTO_FREE char *here = getcwd(NULL, 0);
    AUTO_FREE char *text = export_json(answers, here, &err);
    if (!text)
        return cli_fail(cli, &err);
    if (fputs(text, cli->out.to) < 0 || fflush(cli->out.to) != 0) {
        err_set(&err, ERR_IO, "the answer file could not be written to stdout");
        return cli_fail(cli, &err);
    }
    return EXIT_DONE;
}

int command_export(struct cli *cli)
{
    if (cli->as && !str_eq(cli->as, "json"))
        return cli_usage(cli, "use --as json", "this version exports no other form than json");
    ERR_AUTO err = {0};
    AUTO_FREE char *dir = fs_state_dir(&err);
    struct journal *journal = NULL;
    if (!dir || !journal_look(&journal, dir, cli->setup, &err))
        return cli_fail(cli, &err);
    int code = EXIT_DONE;
    if (journal_answers(journal)) {
        code = print_answers(cli, journal_answers(journal));
    } else {
        err_set(&err, ERR_NOT_FOUND, "the journal of %s holds no answers yet", cli->setup);
        code = cli_fail(cli, &err);
    }
    journal_close(journal);
    return code;
}

// SPDX-License-Identifier: MIT
// forest-setup export NAME --as FORM,... [-o DIR]: a setup as files, from its journal or the saved
// answers.
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/folder.h"
#include "backend/export/setup.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

enum { FORMATS_MAX = 16, SHORT_ID = 10 };

static int to_stdout(struct cli *cli, const struct export_files *files)
{
    ERR_AUTO err = {0};
    if (files->count > 1)
        return cli_usage(cli, "name a folder for them: -o DIR", "these are %zu files",
                         files->count);
    if (fputs(files->items[0].text, cli->out.to) < 0 || fflush(cli->out.to) != 0) {
        err_set(&err, ERR_IO, "the file could not be written to stdout");
        return cli_fail(cli, &err);
    }
    return EXIT_DONE;
}

static int to_folder(struct cli *cli, struct export_files *files, const char *formats)
{
    struct export_target target = {.dir = cli->output,
                                   .setup = cli->setup,
                                   .formats = formats,
                                   .force = cli->force,
                                   .git = cli->git};
    struct export_written written = {0};
    ERR_AUTO err = {0};
    bool ok = export_write(&target, files, &written, &err);
    for (size_t i = 0; ok && i < written.count; i++)
        plain_line(&cli->out, "%-8s %s", export_change_word(written.items[i].change),
                   written.items[i].path);
    if (ok && written.commit)
        plain_line(&cli->out, "%-8s %.*s", "commit", SHORT_ID, written.commit);
    export_written_clear(&written);
    return ok ? EXIT_DONE : cli_fail(cli, &err);
}

// Where the answer file will lie, as paths in it are relative to that. The folder may not be there
// yet.
static char *base_of(const struct cli *cli)
{
    char *real = realpath(cli->output ? cli->output : ".", NULL);
    if (real || !cli->output)
        return real;
    AUTO_FREE char *here = getcwd(NULL, 0);
    return cli->output[0] == '/' || !here ? mem_strdup(cli->output) : fs_join(here, cli->output);
}

static int make(struct cli *cli, const struct export_setup *setup, const bool *wanted,
                const char *formats)
{
    ERR_AUTO err = {0};
    AUTO_FREE char *base = base_of(cli);
    struct export_files files = {0};
    int code = EXIT_DONE;
    if (!export_setup_make(setup, base, cli->output != NULL, wanted, cli->cancel, &files, &err))
        code = cli_fail(cli, &err);
    else if (cli->output)
        code = to_folder(cli, &files, formats);
    else
        code = to_stdout(cli, &files);
    export_files_clear(&files);
    return code;
}

int command_export(struct cli *cli)
{
    bool wanted[FORMATS_MAX];
    ERR_AUTO err = {0};
    AUTO_FREE char *formats =
        export_formats_parse(cli->as ? cli->as : "json", wanted, FORMATS_MAX, &err);
    if (!formats)
        return cli_usage(cli, err.remedy, "--as: %s", err.message);
    if (!cli->output && (cli->git || cli->force))
        return cli_usage(cli, "add -o DIR", "--%s needs a folder", cli->git ? "git" : "force");
    struct export_setup setup = {0};
    int code = export_setup_open(&setup, cli->setup, &err) ? make(cli, &setup, wanted, formats)
                                                           : cli_fail(cli, &err);
    export_setup_close(&setup);
    return code;
}

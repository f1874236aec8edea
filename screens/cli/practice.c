// SPDX-License-Identifier: MIT
// forest-setup practice [COMMAND...]: hands over to assets/try.sh of the source tree.
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "screens/cli/cli.h"
#include "screens/cli/exit_codes.h"

enum { WORDS_MAX = 64 };

// Beside the build (build/forest-setup, build/dev/forest-setup). NULL when this program was
// installed without its sources.
static char *find_script(void)
{
    static const char *const places[] = {"../assets/try.sh", "../../assets/try.sh"};
    char path[PATH_MAX] = {0};
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    AUTO_FREE char *folder = n > 0 ? fs_dirname(path) : NULL;
    for (size_t i = 0; folder && i < ARRAY_LEN(places); i++) {
        AUTO_FREE char *script = fs_join(folder, places[i]);
        if (fs_exists(script))
            return mem_steal(script);
    }
    return NULL;
}

int command_practice(struct cli *cli)
{
    ERR_AUTO err = {0};
    AUTO_FREE char *script = find_script();
    if (!script) {
        err_set(&err, ERR_NOT_FOUND, "the practice cloud is not beside this program");
        err_remedy(&err, "clone the repository of forest-setup and run: sh assets/try.sh");
        return cli_fail(cli, &err);
    }
    char *words[WORDS_MAX] = {(char[]){"sh"}, script};
    size_t n = 2;
    for (char **word = cli->rest; word && *word && n < WORDS_MAX - 1; word++)
        words[n++] = *word;
    execv("/bin/sh", words);
    err_errno(&err, ERR_IO, errno, "%s cannot be started", script);
    return cli_fail(cli, &err);
}

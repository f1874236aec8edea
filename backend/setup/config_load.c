// SPDX-License-Identifier: MIT
// config_load(): where the text comes from.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"

static bool read_stdin(struct str *out, struct err *err)
{
    char buffer[16384];
    for (;;) {
        if (!fs_wait_readable(STDIN_FILENO, err))
            return false;
        ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, errno, "stdin cannot be read");
        str_addn(out, buffer, (size_t)n);
        if (out->truncated)
            return err_set(err, ERR_INPUT, "stdin holds more than the %d bytes accepted here",
                           CONFIG_MAX_BYTES);
    }
}

static bool secrets_from_stdin(const struct answers *a)
{
    return a->forest.env_secret.from == SECRET_STDIN ||
           a->forest.auth_secret.from == SECRET_STDIN || a->database.url.from == SECRET_STDIN;
}

bool config_load(const char *path, struct answers *out, struct problems *problems, struct err *err)
{
    bool is_stdin = str_eq(path, "-");
    const char *name = is_stdin ? "stdin" : path;
    STR_AUTO text = {0};
    str_init(&text, CONFIG_MAX_BYTES);
    if (!(is_stdin ? read_stdin(&text, err) : fs_read(path, &text, err)))
        return err_remedy(err, "name the answer file with -c FILE");
    AUTO_FREE char *dir = is_stdin ? mem_strdup(".") : fs_dirname(path);
    AUTO_FREE char *real = realpath(dir, NULL);
    bool ok = config_parse(text.data, text.len, real ? real : dir, out, problems);
    if (ok && is_stdin && secrets_from_stdin(out))
        ok = problems_add(problems, "", 0, "use \"env:NAME\" or \"file:PATH\" for the secrets",
                          "comes from stdin, so no secret can come from there too");
    return ok || problems_to_err(problems, name, err);
}

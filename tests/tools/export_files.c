// SPDX-License-Identifier: MIT
// export_files FOLDER FORMAT... < answers.json          as for a setup that is only planned
// export_files --setup NAME FOLDER FORMAT...            as for one with records (XDG_STATE_HOME)
// Writes the files of the formats below FOLDER. For tests/export, so that every set of answers can
// be looked at without a cloud.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/export.h"
#include "backend/setup/config.h"

static bool write_all(const struct export_files *files, const char *folder, struct err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        AUTO_FREE char *path = fs_join(folder, files->items[i].path);
        AUTO_FREE char *parent = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
        if (!fs_mkdirs(parent, err) ||
            !fs_write(path, files->items[i].text, strlen(files->items[i].text), 0644, err))
            return false;
    }
    return true;
}

static bool make_all(const struct export_input *in, const char *folder, char **formats,
                     struct err *err)
{
    struct export_files files = {0};
    bool ok = true;
    for (; *formats && ok; formats++) {
        const struct export_format *format = export_format(*formats);
        ok = format ? format->make(in, &files, err)
                    : err_set(err, ERR_INPUT, "there is no format %s", *formats);
    }
    ok = ok && write_all(&files, folder, err);
    export_files_clear(&files);
    return ok;
}

static bool read_answers(const char *setup, struct journal **journal, struct answers *answers,
                         struct err *err)
{
    if (!setup) {
        struct problems problems = {0};
        bool ok = config_load("-", answers, &problems, err);
        problems_clear(&problems);
        return ok;
    }
    AUTO_FREE char *dir = fs_state_dir(err);
    return dir && journal_look(journal, dir, setup, err) &&
           config_read(journal_answers(*journal), answers, err);
}

int main(int argc, char **argv)
{
    const char *setup = argc > 2 && str_eq(argv[1], "--setup") ? argv[2] : NULL;
    char **rest = argv + (setup ? 3 : 1);
    if (!rest[0]) {
        fprintf(stderr, "usage: export_files [--setup NAME] FOLDER FORMAT...\n");
        return 2;
    }
    ERR_AUTO err = {0};
    struct answers answers = {0};
    struct journal *journal = NULL;
    bool ok = read_answers(setup, &journal, &answers, &err);
    if (ok) {
        struct export_input in;
        export_input_init(&in, &answers, journal, NULL, NULL);
        ok = make_all(&in, rest[0], rest + 1, &err);
        export_input_clear(&in);
    }
    if (!ok)
        fprintf(stderr, "%s\n", err.message ? err.message : "the answers cannot be read");
    answers_clear(&answers);
    journal_close(journal);
    return ok ? 0 : 1;
}

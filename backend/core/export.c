// SPDX-License-Identifier: MIT
// The setup as files, for the wizard.
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/export/folder.h"
#include "backend/export/setup.h"

enum { FORMATS_MAX = 16 };

bool core_forms(const struct core_question *q, struct json **out, struct err *err)
{
    (void)q, (void)err;
    size_t count = 0;
    const struct export_format *all = export_formats(&count);
    *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_push(*out, json_strings("name", all[i].name, "text", all[i].summary, NULL));
    return true;
}

static struct json *told(const char *dir, const struct export_written *written)
{
    struct json *out = json_strings("dir", dir, "commit", written->commit, NULL);
    int64_t changed = 0, same = 0;
    for (size_t i = 0; i < written->count; i++)
        *(written->items[i].change == EXPORT_SAME ? &same : &changed) += 1;
    json_put_int(out, "changed", changed);
    json_put_int(out, "same", same);
    return out;
}

static char *base_of(const char *dir)
{
    AUTO_FREE char *here = getcwd(NULL, 0);
    char *real = realpath(dir, NULL);
    return real ? real : dir[0] == '/' || !here ? mem_strdup(dir) : fs_join(here, dir);
}

// The screen's answers, which may be newer than what was recorded, and what the journal knows to
// exist.
static bool open_setup(const struct answers *answers, struct export_setup *setup, struct err *err)
{
    ERR_AUTO e = {0};
    if (!export_setup_open(setup, answers->name, &e) && e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return false;
    }
    answers_clear(&setup->answers);
    answers_copy(&setup->answers, answers);
    return true;
}

bool core_export_files(const struct answers *answers, const struct core_export *what,
                       struct json **out, struct err *err)
{
    bool wanted[FORMATS_MAX];
    AUTO_FREE char *formats = export_formats_parse(what->formats, wanted, FORMATS_MAX, err);
    if (!formats)
        return false;
    AUTO_FREE char *dir = fs_expand(what->dir);
    AUTO_FREE char *base = base_of(dir);
    struct export_setup setup = {0};
    struct export_files files = {0};
    struct export_written written = {0};
    struct export_target target = {.dir = dir,
                                   .setup = answers->name,
                                   .formats = formats,
                                   .force = what->force,
                                   .git = what->git};
    bool ok = open_setup(answers, &setup, err) &&
              export_setup_make(&setup, base, true, wanted, what->cancel, &files, err) &&
              export_write(&target, &files, &written, err);
    if (ok)
        *out = told(dir, &written);
    export_written_clear(&written);
    export_files_clear(&files);
    export_setup_close(&setup);
    return ok;
}

// SPDX-License-Identifier: MIT
#include "screens/export_job.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

struct work {
    struct wizard *wizard;
    struct answers answers;
    char *path;
    bool ok;
    struct err err;
};

static void run(void *arg, struct cancel *cancel)
{
    struct work *work = arg;
    (void)cancel; // writing one small file
    const struct core *core = core_get(&work->err);
    work->ok = core && core->export_json(&work->answers, work->path, &work->err);
}

static void done(void *arg, bool dropped)
{
    struct work *work = arg;
    if (!dropped && work->ok)
        wizard_note(work->wizard, VIEW_GOOD, "Written to %s. It holds no secret.", work->path);
    else if (!dropped)
        wizard_note(work->wizard, VIEW_BAD, "%s",
                    work->err.message ? work->err.message : "The file could not be written.");
    answers_clear(&work->answers);
    mem_free(work->path);
    err_clear(&work->err);
    mem_free(work);
}

void export_start(struct wizard *wizard, const char *path)
{
    if (str_empty(path))
        return;
    struct work *work = mem_calloc(1, sizeof *work);
    work->wizard = wizard;
    work->path = mem_strdup(path);
    answers_copy(&work->answers, &wizard->answers);
    job_start(wizard->jobs, run, done, work);
}

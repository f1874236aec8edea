// SPDX-License-Identifier: MIT
#include "screens/forest_url.h"

#include <string.h>

#include "backend/base/mem.h"

struct work {
    struct wizard *wizard;
    void (*ended)(struct wizard *wizard, const struct json *result, const struct err *err);
    struct answers answers;
    struct secret token;
    char *url;
    bool ok;
    struct json *result;
    struct err err;
};

static void run(void *arg, struct cancel *cancel)
{
    struct work *work = arg;
    const struct core *core = core_get(&work->err);
    work->ok = core && core->forest_set_url(&work->answers, &work->token, work->url, cancel,
                                            &work->result, &work->err);
}

static void done(void *arg, bool dropped)
{
    struct work *work = arg;
    if (!dropped)
        work->ended(work->wizard, work->ok ? work->result : NULL, &work->err);
    answers_clear(&work->answers);
    secret_clear(&work->token);
    mem_free(work->url);
    json_free(work->result);
    err_clear(&work->err);
    mem_free(work);
}

void forest_url_start(struct wizard *wizard, const char *url, const char *token,
                      void (*ended)(struct wizard *wizard, const struct json *result,
                                    const struct err *err))
{
    struct work *work = mem_calloc(1, sizeof *work);
    *work = (struct work){.wizard = wizard, .ended = ended};
    work->url = mem_strdup(url);
    answers_copy(&work->answers, &wizard->answers);
    if (!secret_set(&work->token, token, strlen(token), &work->err))
        secret_clear(&work->token); // too long for a token: it is asked for again
    job_start(wizard->jobs, run, done, work);
}

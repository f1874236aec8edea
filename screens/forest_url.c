// SPDX-License-Identifier: MIT
#include "screens/forest_url.h"

#include <string.h>

#include "backend/base/mem.h"

struct work {
    struct wizard *wizard;
    forest_url_ended *ended;
    bool set; // else only look
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
    if (core && work->set)
        work->ok = core->forest_set_url(&work->answers, &work->token, work->url, cancel,
                                        &work->result, &work->err);
    else if (core)
        work->ok =
            core->forest_connect(&work->answers, work->url, cancel, &work->result, &work->err);
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

static struct work *work_new(struct wizard *wizard, const char *url, forest_url_ended *ended)
{
    struct work *work = mem_calloc(1, sizeof *work);
    *work = (struct work){.wizard = wizard, .ended = ended};
    work->url = mem_strdup(url);
    answers_copy(&work->answers, &wizard->answers);
    return work;
}

void forest_url_set(struct wizard *wizard, const char *url, const char *token,
                    forest_url_ended *ended)
{
    struct work *work = work_new(wizard, url, ended);
    work->set = true;
    if (!secret_set(&work->token, token, strlen(token), NULL))
        secret_clear(&work->token); // too long for a token: it is asked for again
    job_start(wizard->jobs, run, done, work);
}

void forest_url_look(struct wizard *wizard, const char *url, forest_url_ended *ended)
{
    job_start(wizard->jobs, run, done, work_new(wizard, url, ended));
}

// SPDX-License-Identifier: MIT
// The job behind a run: the core's work on a thread of its own, its events copied and posted to the
// UI thread, which folds them into the model (run.c).
//
// A worker never touches the wizard: it has copies of everything and the number of the run it works
// for. What comes for an earlier run is dropped.
#include "screens/run.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/wizard.h"

struct work {
    struct wizard *wizard; // UI thread only
    struct jobs *jobs;
    unsigned serial;
    enum core_run what;
    char *name;
    struct answers answers;
    bool ok;
    struct json *result;
    struct err err;
};

// One message to the UI thread: an event, or the plan.
struct post {
    struct wizard *wizard;
    unsigned serial;
    struct json *plan; // NULL: it is an event
    struct event event;
    struct step step; // only what a screen shows: id, title, group
    struct err err;
};

static char *copy(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static void free_text(const char *text)
{
    void *own;
    memcpy(&own, &text, sizeof own);
    mem_free(own);
}

static void post_free(struct post *post)
{
    free_text(post->event.word);
    free_text(post->event.text);
    free_text(post->event.profile);
    free_text(post->step.id);
    free_text(post->step.title);
    free_text(post->step.group);
    err_clear(&post->err);
    json_free(post->plan);
    mem_free(post);
}

static struct run *run_of(struct wizard *wizard, unsigned serial)
{
    struct run *run = wizard->run;
    return run && run->serial == serial ? run : NULL;
}

static void take_post(void *arg, bool dropped)
{
    struct post *post = arg;
    struct run *run = dropped ? NULL : run_of(post->wizard, post->serial);
    if (run && post->plan)
        run_planned(run, post->plan, post->wizard->clock());
    else if (run)
        run_event(run, &post->event, post->wizard->clock());
    post_free(post);
}

// ---- on the worker

static struct post *post_new(struct work *work)
{
    struct post *post = mem_calloc(1, sizeof *post);
    post->wizard = work->wizard;
    post->serial = work->serial;
    return post;
}

static void on_plan(void *context, const struct json *plan)
{
    struct work *work = context;
    struct post *post = post_new(work);
    post->plan = json_copy(plan);
    jobs_post(work->jobs, take_post, post);
}

static void copy_err(struct err *dst, const struct err *src)
{
    err_set(dst, src->kind, "%s", src->message ? src->message : "");
    if (src->remedy)
        err_remedy(dst, "%s", src->remedy);
    err_code(dst, src->code);
}

static void on_event(void *context, const struct event *event)
{
    struct work *work = context;
    struct post *post = post_new(work);
    post->event = *event;
    post->event.word = copy(event->word);
    post->event.text = copy(event->text);
    post->event.profile = copy(event->profile);
    if (event->step) {
        post->step = (struct step){.id = copy(event->step->id),
                                   .title = copy(event->step->title),
                                   .group = copy(event->step->group)};
        post->event.step = &post->step;
    }
    if (event->err) {
        copy_err(&post->err, event->err);
        post->event.err = &post->err;
    }
    jobs_post(work->jobs, take_post, post);
}

static void do_work(void *arg, struct cancel *cancel)
{
    struct work *work = arg;
    const struct core *core = core_get(&work->err);
    if (!core)
        return;
    bool named = work->what == CORE_DESTROY || work->what == CORE_RESUME;
    struct core_run_options options = {
        .what = work->what,
        .answers = work->what == CORE_DESTROY ? NULL : &work->answers,
        .name = named ? work->name : NULL,
        .cancel = cancel,
        .sink = {on_event, work},
        .planned = on_plan,
        .context = work,
    };
    work->ok = core->run(&options, &work->result, &work->err);
}

// ---- on the UI thread

// What stands on the normal screen however the program ends from here on.
static void last_words(struct wizard *wizard)
{
    const struct run *run = wizard->run;
    const char *name = run->name ? run->name : "this setup";
    mem_free(wizard->last_words);
    if (run->state == RUN_DONE)
        wizard->last_words = NULL;
    else if (run->what == CORE_DESTROY)
        wizard->last_words =
            mem_printf("%s is not gone yet.\nGo on: forest-setup destroy %s\n", name, name);
    else
        wizard->last_words =
            mem_printf("%s is not finished. Everything made so far is kept.\nGo on: forest-setup "
                       "resume %s\n",
                       name, name);
}

static void forget_old_answers(struct wizard *wizard, const char *name)
{
    lookup_again(wizard, CORE_PLAN, NULL);
    if (wizard->answers.network.new_vpc) // the others stay as they are
        lookup_again(wizard, CORE_NETWORKS, NULL);
    lookup_again(wizard, CORE_STATUS, name);
    lookup_again(wizard, CORE_DESTROY_PLAN, name);
}

// To what can be done now; the list had the focus while there was nothing to do.
static void focus_what_next(struct wizard *wizard)
{
    static const char *const ids[] = {[RUN_DONE] = "welcome", [RUN_STOPPED] = "retry"};
    const struct run *run = wizard->run;
    if (run->state == RUN_FAILED)
        view_focus(wizard->view, NULL); // the first remedy, which may be known a moment later
    else if (run->state == RUN_DONE || run->state == RUN_STOPPED)
        view_focus(wizard->view, ids[run->state]);
}

static void ended(void *arg, bool dropped)
{
    struct work *work = arg;
    struct run *run = dropped ? NULL : run_of(work->wizard, work->serial);
    if (run) {
        struct wizard *wizard = work->wizard;
        run->job = NULL;
        run_ended(run, work->ok, mem_steal(work->result), &work->err, wizard->clock());
        last_words(wizard);
        forget_old_answers(wizard, work->name);
        bool made = run->what == CORE_APPLY || run->what == CORE_RESUME;
        if (made && run->state == RUN_DONE && wizard->at == SCREEN_PROVISION)
            wizard_go(wizard, SCREEN_DONE);
        else if (wizard->at == SCREEN_PROVISION || wizard->at == SCREEN_TEARDOWN)
            focus_what_next(wizard);
    }
    json_free(work->result);
    err_clear(&work->err);
    answers_clear(&work->answers);
    mem_free(work->name);
    mem_free(work);
}

void run_start(struct wizard *wizard, enum core_run what, const char *name)
{
    if (wizard->run && wizard->run->job)
        job_cancel(wizard->run->job);
    run_free(wizard->run);
    struct run *run = run_new(what, wizard->clock());
    wizard->run = run;
    str_replace(&run->name, name);
    struct work *work = mem_calloc(1, sizeof *work);
    *work =
        (struct work){.wizard = wizard, .jobs = wizard->jobs, .serial = run->serial, .what = what};
    work->name = copy(name);
    answers_copy(&work->answers, &wizard->answers);
    run->job = job_start(wizard->jobs, do_work, ended, work);
    last_words(wizard);
}

void run_again(struct wizard *wizard)
{
    struct run *run = wizard->run;
    if (!run)
        return;
    AUTO_FREE char *name = copy(run->name ? run->name : wizard->answers.name);
    run_start(wizard, run->what, name);
}

void run_stop(struct wizard *wizard)
{
    struct run *run = wizard->run;
    if (!run || !run->job)
        return;
    if (run->state == RUN_STOPPING) { // it is waited for on the normal screen
        wizard_leave(wizard, EXIT_INTERRUPTED);
        return;
    }
    run->state = RUN_STOPPING;
    job_cancel(run->job);
}

bool run_active(const struct wizard *wizard)
{
    return wizard->run && wizard->run->job;
}

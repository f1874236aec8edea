// SPDX-License-Identifier: MIT
// A queue down (jobs that wait for a worker) and a queue up (calls for the UI thread), one lock.
#include "screens/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"

enum { WORKERS_MAX = 16, STACK_BYTES = 1024 * 1024 };

struct job {
    struct jobs *jobs;
    struct cancel cancel;
    void (*work)(void *arg, struct cancel *cancel);
    void (*done)(void *arg, bool dropped);
    void *arg;
    struct job *next; // among those that wait, then among those that run
};

struct post { // a call on its way up; `job` is the one that ends with it, or NULL
    void (*call)(void *arg, bool dropped);
    void *arg;
    struct job *job;
    struct post *next;
};

struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct job *waiting, **waiting_end;
    struct job *running;
    struct post *posts, **posts_end;
    pthread_t threads[WORKERS_MAX];
    unsigned workers, started, idle, unfinished;
    bool ending;
    void (*wake)(void *context);
    void *context;
};

static void post_locked(struct jobs *jobs, void (*call)(void *arg, bool dropped), void *arg,
                        struct job *job)
{
    struct post *post = mem_alloc(sizeof *post);
    *post = (struct post){.call = call, .arg = arg, .job = job};
    *jobs->posts_end = post;
    jobs->posts_end = &post->next;
}

static void wake(const struct jobs *jobs)
{
    if (jobs->wake)
        jobs->wake(jobs->context);
}

static void unlink_running(struct jobs *jobs, const struct job *job)
{
    struct job **at = &jobs->running;
    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
}

static struct job *next_locked(struct jobs *jobs)
{
    while (!jobs->waiting && !jobs->ending) {
        jobs->idle++;
        pthread_cond_wait(&jobs->work, &jobs->lock);
        jobs->idle--;
    }
    struct job *job = jobs->ending ? NULL : jobs->waiting;
    if (!job)
        return NULL;
    jobs->waiting = job->next;
    if (!jobs->waiting)
        jobs->waiting_end = &jobs->waiting;
    job->next = jobs->running;
    jobs->running = job;
    return job;
}

static void *worker(void *context)
{
    struct jobs *jobs = context;
    struct job *job;
    pthread_mutex_lock(&jobs->lock);
    while ((job = next_locked(jobs))) {
        pthread_mutex_unlock(&jobs->lock);
        job->work(job->arg, &job->cancel);
        pthread_mutex_lock(&jobs->lock);
        unlink_running(jobs, job);
        post_locked(jobs, job->done, job->arg, job);
        pthread_mutex_unlock(&jobs->lock);
        wake(jobs);
        pthread_mutex_lock(&jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

// Signals are the UI thread's alone: a worker starts with all of them blocked.
static bool start_worker(struct jobs *jobs)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&jobs->threads[jobs->started], &attributes, worker, jobs);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed)
        log_line("jobs", "a thread cannot be started: error %d", failed);
    else
        jobs->started++;
    return !failed;
}

struct jobs *jobs_new(unsigned workers, void (*wake_up)(void *context), void *context)
{
    struct jobs *jobs = mem_calloc(1, sizeof *jobs);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->work, NULL);
    jobs->waiting_end = &jobs->waiting;
    jobs->posts_end = &jobs->posts;
    jobs->workers = workers < 1 ? 1 : workers > WORKERS_MAX ? WORKERS_MAX : workers;
    jobs->wake = wake_up;
    jobs->context = context;
    return jobs;
}

static void job_free(struct job *job)
{
    cancel_clear(&job->cancel);
    mem_free(job);
}

static void drop(struct jobs *jobs)
{
    while (jobs->waiting) {
        struct job *job = jobs->waiting;
        jobs->waiting = job->next;
        job->done(job->arg, true);
        job_free(job);
    }
    while (jobs->posts) {
        struct post *post = jobs->posts;
        jobs->posts = post->next;
        post->call(post->arg, true);
        if (post->job)
            job_free(post->job);
        mem_free(post);
    }
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    jobs->ending = true;
    for (struct job *job = jobs->running; job; job = job->next)
        cancel_request(&job->cancel);
    pthread_cond_broadcast(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    for (unsigned i = 0; i < jobs->started; i++)
        pthread_join(jobs->threads[i], NULL);
    drop(jobs);
    pthread_cond_destroy(&jobs->work);
    pthread_mutex_destroy(&jobs->lock);
    mem_free(jobs);
}

struct job *job_start(struct jobs *jobs, void (*work)(void *arg, struct cancel *cancel),
                      void (*done)(void *arg, bool dropped), void *arg)
{
    struct job *job = mem_alloc(sizeof *job);
    *job = (struct job){.jobs = jobs, .work = work, .done = done, .arg = arg};
    cancel_init(&job->cancel);
    pthread_mutex_lock(&jobs->lock);
    *jobs->waiting_end = job;
    jobs->waiting_end = &job->next;
    jobs->unfinished++;
    // A worker is started when nobody is free to take it. Without any, it waits for the next try.
    unsigned waiting = 0;
    for (const struct job *j = jobs->waiting; j; j = j->next)
        waiting++;
    if (waiting > jobs->idle && jobs->started < jobs->workers)
        start_worker(jobs);
    pthread_cond_signal(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

void job_cancel(struct job *job)
{
    cancel_request(&job->cancel);
}

struct cancel *job_cancel_of(struct job *job)
{
    return &job->cancel;
}

void jobs_post(struct jobs *jobs, void (*call)(void *arg, bool dropped), void *arg)
{
    pthread_mutex_lock(&jobs->lock);
    post_locked(jobs, call, arg, NULL);
    pthread_mutex_unlock(&jobs->lock);
    wake(jobs);
}

bool jobs_drain(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    struct post *post = jobs->posts;
    jobs->posts = NULL;
    jobs->posts_end = &jobs->posts;
    pthread_mutex_unlock(&jobs->lock);
    bool any = post != NULL;
    while (post) {
        struct post *next = post->next;
        post->call(post->arg, false);
        if (post->job) {
            job_free(post->job);
            pthread_mutex_lock(&jobs->lock);
            jobs->unfinished--;
            pthread_mutex_unlock(&jobs->lock);
        }
        mem_free(post);
        post = next;
    }
    return any;
}

unsigned jobs_running(const struct jobs *jobs)
{
    return jobs->unfinished; // written by the UI thread only
}

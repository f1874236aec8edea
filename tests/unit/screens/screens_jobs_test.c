// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "backend/base/clock.h"
#include "screens/jobs.h"

enum { LIMIT_MS = 5000 };

static atomic_uint wakes;

static void count_wake(void *context)
{
    (void)context;
    atomic_fetch_add(&wakes, 1);
}

struct task {
    struct jobs *jobs;
    struct cancel *seen;
    atomic_bool hold;
    bool worked, done, dropped, cancelled;
    pthread_t on;
    unsigned posted, posted_before_done;
};

static void work(void *arg, struct cancel *cancel)
{
    struct task *t = arg;
    t->worked = true;
    t->on = pthread_self();
    t->seen = cancel;
    while (atomic_load(&t->hold) && cancel_sleep(cancel, 1))
        ;
    t->cancelled = cancel_requested(cancel);
}

static void done(void *arg, bool dropped)
{
    struct task *t = arg;
    t->done = true;
    t->dropped = dropped;
    t->posted_before_done = t->posted;
}

static void drain_until(struct jobs *jobs, const bool *flag)
{
    int64_t end = clock_ms() + LIMIT_MS;
    while (!*flag && clock_ms() < end)
        if (!jobs_drain(jobs))
            cancel_sleep(NULL, 1);
    assert_true(*flag);
}

static void test_done_runs_on_the_draining_thread(void **state)
{
    // Work is done on another thread, its end arrives where jobs_drain() is called, after a wake.
    atomic_store(&wakes, 0);
    struct jobs *jobs = jobs_new(2, count_wake, NULL);
    struct task t = {.jobs = jobs};
    job_start(jobs, work, done, &t);
    drain_until(jobs, &t.done);
    assert_true(t.worked);
    assert_false(t.dropped);
    assert_false(pthread_equal(t.on, pthread_self()));
    assert_true(atomic_load(&wakes) >= 1);
    assert_int_equal(jobs_running(jobs), 0);
    jobs_free(jobs);
}

static void test_cancel_ends_the_work(void **state)
{
    // job_cancel() is seen by the work, and its done still comes, not dropped.
    struct jobs *jobs = jobs_new(1, NULL, NULL);
    struct task t = {.jobs = jobs, .hold = true};
    struct job *job = job_start(jobs, work, done, &t);
    job_cancel(job);
    drain_until(jobs, &t.done);
    assert_true(t.cancelled);
    assert_false(t.dropped);
    jobs_free(jobs);
}

static void test_more_jobs_than_workers_all_end(void **state)
{
    // One worker does twenty jobs; none is lost, each done comes once.
    struct jobs *jobs = jobs_new(1, NULL, NULL);
    struct task t[20] = {0};
    for (size_t i = 0; i < 20; i++)
        job_start(jobs, work, done, &t[i]);
    for (size_t i = 0; i < 20; i++)
        drain_until(jobs, &t[i].done);
    for (size_t i = 1; i < 20; i++)
        assert_true(pthread_equal(t[i].on, t[0].on));
    jobs_free(jobs);
}

static void count_post(void *arg, bool dropped)
{
    struct task *t = arg;
    if (!dropped)
        t->posted++;
}

static void work_and_post(void *arg, struct cancel *cancel)
{
    struct task *t = arg;
    (void)cancel;
    for (int i = 0; i < 100; i++)
        jobs_post(t->jobs, count_post, t);
}

static void test_posts_come_before_done(void **state)
{
    // What a job posts is run before its done.
    struct jobs *jobs = jobs_new(2, NULL, NULL);
    struct task t = {.jobs = jobs};
    job_start(jobs, work_and_post, done, &t);
    drain_until(jobs, &t.done);
    assert_int_equal(t.posted_before_done, 100);
    jobs_free(jobs);
}

static void test_free_cancels_waits_and_drops(void **state)
{
    // jobs_free() ends what runs and what waits: each done comes, dropped; waiting work never runs.
    struct jobs *jobs = jobs_new(1, NULL, NULL);
    struct task running = {.jobs = jobs, .hold = true}, waiting = {.jobs = jobs};
    job_start(jobs, work, done, &running);
    job_start(jobs, work, done, &waiting);
    jobs_free(jobs);
    assert_true(running.done && running.dropped);
    assert_true(waiting.done && waiting.dropped);
    assert_true(!running.worked || running.cancelled);
    assert_false(waiting.worked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done_runs_on_the_draining_thread),
        cmocka_unit_test(test_cancel_ends_the_work),
        cmocka_unit_test(test_more_jobs_than_workers_all_end),
        cmocka_unit_test(test_posts_come_before_done),
        cmocka_unit_test(test_free_cancels_waits_and_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

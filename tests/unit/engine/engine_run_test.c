// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "toy.h"

// A diamond with a long and a short side and one early start:
//   vpc -> link -> service -> url     cluster -> service     alb made -> listener -> service
static const struct step vpc = {TOY("vpc")};
static const struct step link_ = {TOY("link"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step cluster = {TOY("cluster")};
static const struct step alb = {TOY("alb"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step listener = {TOY("listener"), .needs_made = {"alb"}};
static const struct step service = {TOY("service"), .needs = {"link", "cluster", "alb", "listener"},
                                    .wait = toy_wait};
static const struct step url = {
    .id = "url", .title = "url", .flags = STEP_CHECK, .apply = toy_apply, .needs = {"service"}};
static const struct step *const STACK[] = {&url, &service, &listener, &alb, &cluster, &link_, &vpc};
enum { STACK_COUNT = ARRAY_LEN(STACK) };

static int setup(void **state)
{
    struct lab *lab = mem_calloc(1, sizeof *lab);
    lab_init(lab, STACK, STACK_COUNT);
    const char *ids[] = {"vpc", "link", "cluster", "alb", "listener", "service", "url"};
    const int make[] = {20, 25, 20, 20, 20, 30, 20};
    const int wait[] = {0, 50, 0, 40, 0, 30, 0};
    for (size_t i = 0; i < STACK_COUNT; i++) {
        lab_thing(lab, ids[i])->make_ms = make[i];
        lab_thing(lab, ids[i])->wait_ms = wait[i];
    }
    *state = lab;
    ERR_AUTO err = {0};
    return lab_open(lab, &err) ? 0 : -1;
}

static int teardown(void **state)
{
    lab_clear(*state);
    mem_free(*state);
    return 0;
}

static void reopen(struct lab *lab)
{
    ERR_AUTO err = {0};
    lab_close(lab);
    assert_true(lab_open(lab, &err));
}

static void assert_one_of_each(struct lab *lab)
{
    for (size_t i = 0; i < STACK_COUNT; i++) {
        if (STACK[i]->flags & STEP_CHECK)
            continue;
        assert_int_equal(lab_thing(lab, STACK[i]->id)->creations, 1);
        assert_int_equal(lab_thing(lab, STACK[i]->id)->live, 1);
    }
    assert_int_equal(lab->cloud->violations, 0);
}

static size_t journal_size(struct lab *lab)
{
    size_t length = 0;
    mem_free(lab_journal_text(lab, &length));
    return length;
}

static void order_and_parallelism(void **state)
{
    // Nothing is used before it is ready, and the whole takes hardly longer than its longest chain.
    struct lab *lab = *state;
    struct plan plan;
    struct summary summary;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_int_equal(plan.create, STACK_COUNT - 1);
    assert_int_equal(plan.check, 1);
    assert_string_equal(plan.items[0].step->id, "cluster"); // table order where needs leave it free
    assert_true(engine_apply(&lab->options, &plan, &summary, &err));
    assert_one_of_each(lab);
    assert_int_equal(summary.done, STACK_COUNT);
    print_message("makespan %lld ms, critical path %lld ms, ratio %.3f (wanted: 1.10)\n",
                  (long long)summary.makespan_ms, (long long)summary.critical_ms, summary.ratio);
    // vpc 20, link 25+50, service 30+30, url 20; the sum of all would be 345.
    assert_true(summary.critical_ms >= 175);
    // Slack for a busy machine and a sanitizer; valgrind runs one thread at a time.
    assert_true(summary.ratio < 1.10 + (getenv("FOREST_TEST_SLOW") ? 1.0 : 0.25));
    for (size_t i = 0; i < summary.count; i++) {
        const struct step_time *t = &summary.times[i];
        bool on_path =
            t->step == &vpc || t->step == &link_ || t->step == &service || t->step == &url;
        assert_int_equal(t->critical, on_path);
        assert_true(t->ready_ms <= t->start_ms && t->start_ms <= t->made_ms &&
                    t->made_ms <= t->end_ms);
    }
    engine_summary_clear(&summary);
    engine_plan_clear(&plan);
}

static void made_is_enough(void **state)
{
    // The listener starts when the load balancer is made, long before it is ready.
    struct lab *lab = *state;
    lab_thing(lab, "alb")->wait_ms = 200;
    struct plan plan;
    struct summary summary;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_true(engine_apply(&lab->options, &plan, &summary, &err));
    const struct step_time *a = NULL;
    const struct step_time *l = NULL;
    for (size_t i = 0; i < summary.count; i++) {
        a = summary.times[i].step == &alb ? &summary.times[i] : a;
        l = summary.times[i].step == &listener ? &summary.times[i] : l;
    }
    assert_true(a && l && l->start_ms >= a->made_ms);
    assert_true(a && l && l->end_ms < a->end_ms);
    assert_one_of_each(lab);
    engine_summary_clear(&summary);
    engine_plan_clear(&plan);
}

static void second_apply_changes_nothing(void **state)
{
    // A finished setup: one probe each, no wait, no apply but of checks, no record but theirs.
    struct lab *lab = *state;
    ERR_AUTO err = {0};
    assert_true(lab_apply(lab, &err));
    reopen(lab);
    size_t before = journal_size(lab);
    int calls = lab->cloud->calls;
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
    assert_int_equal(lab->cloud->calls - calls, STACK_COUNT - 1 + 1); // probes, and the check
    size_t length = 0;
    AUTO_FREE char *text = lab_journal_text(lab, &length);
    assert_non_null(strstr(text + before, "\"ready\",\"step\":\"url\""));
    assert_null(strchr(strchr(text + before, '\n') + 1, '\n')); // that one and no other
    assert_string_equal(lab_find(lab, EVENT_STEP_DONE, "vpc")->word, "reuse");
    assert_int_equal(lab_told(lab, EVENT_STEP_STARTED, NULL), 1);
}

static void failure_stops(void **state)
{
    // After a refusal nothing new starts, what runs ends and is recorded, and resume goes on.
    struct lab *lab = *state;
    lab->poll = true;
    lab_thing(lab, "link")->deny = 1;
    lab_thing(lab, "alb")->wait_ms = 60000;
    struct plan plan;
    struct summary summary;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_false(engine_apply(&lab->options, &plan, &summary, &err));
    assert_int_equal(err.kind, ERR_DENIED);
    assert_ptr_equal(summary.failed, &link_);
    assert_true(summary.makespan_ms < 5000); // the minute's wait was cut short
    assert_int_equal(lab_thing(lab, "service")->applies, 0);
    assert_int_equal(lab_thing(lab, "alb")->creations, 1);
    assert_true(journal_step(lab->journal, "alb")->made);
    assert_false(journal_step(lab->journal, "alb")->ready);
    assert_int_equal(journal_step(lab->journal, "link")->state, JOURNAL_FAILED);
    assert_false(journal_step(lab->journal, "link")->open); // refused: it cannot exist
    assert_int_equal(lab_told(lab, EVENT_STEP_FAILED, NULL), 1);
    assert_int_equal(lab_told(lab, EVENT_STEP_WAITING, "service"), 1);
    engine_summary_clear(&summary);
    engine_plan_clear(&plan);
    lab_thing(lab, "alb")->ready_at = 0;
    reopen(lab);
    err_clear(&err);
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
    assert_int_equal(lab_thing(lab, "alb")->waits, 2); // the wait that was cut short ran again
    assert_int_equal(lab_thing(lab, "vpc")->applies, 1);
}

static void failed_wait_resumes(void **state)
{
    // A wait that failed is not forgotten: the next run waits again and makes nothing twice.
    struct lab *lab = *state;
    lab_thing(lab, "service")->fail_wait = 1;
    ERR_AUTO err = {0};
    assert_false(lab_apply(lab, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_false(journal_step(lab->journal, "service")->ready);
    reopen(lab);
    err_clear(&err);
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
    assert_int_equal(lab_thing(lab, "service")->waits, 2);
}

static void user_stops(void **state)
{
    // Cancelling ends the run as cancelled; what was being made is recorded; resume completes it.
    struct lab *lab = *state;
    lab->cancel_at = "alb";
    ERR_AUTO err = {0};
    assert_false(lab_apply(lab, &err));
    assert_int_equal(err.kind, ERR_CANCELLED);
    assert_int_equal(lab_thing(lab, "service")->applies, 0);
    assert_true(journal_step(lab->journal, "alb")->made);
    lab->cancel_at = NULL;
    atomic_store(&lab->cancel.requested, false);
    reopen(lab);
    err_clear(&err);
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
}

static void lost_answers(void **state)
{
    // A lost answer is settled by looking, also when the thing shows itself late; a lost request
    // is sent again.
    struct lab *lab = *state;
    lab_thing(lab, "vpc")->lose_after = 1;
    lab_thing(lab, "vpc")->lag_ms = 120;
    lab_thing(lab, "cluster")->lose_before = 1;
    ERR_AUTO err = {0};
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
    assert_int_equal(lab_thing(lab, "vpc")->applies, 1);
    assert_int_equal(lab_thing(lab, "cluster")->applies, 2);
}

static void lost_three_times(void **state)
{
    // After three lost requests the step fails, and its intent stays open for the next run.
    struct lab *lab = *state;
    lab->options.settle_ms = 30;
    reopen(lab);
    lab_thing(lab, "cluster")->lose_before = 9;
    ERR_AUTO err = {0};
    assert_false(lab_apply(lab, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_int_equal(lab_thing(lab, "cluster")->applies, 3);
    assert_true(journal_step(lab->journal, "cluster")->open);
}

static void changes_travel(void **state)
{
    // What has to change is changed, and what stands on it is looked at once more, nothing else.
    struct lab *lab = *state;
    ERR_AUTO err = {0};
    assert_true(lab_apply(lab, &err));
    reopen(lab);
    lab_thing(lab, "link")->differs = 1;
    int probes = lab_thing(lab, "service")->probes;
    int others = lab_thing(lab, "listener")->probes;
    assert_true(lab_apply(lab, &err));
    assert_int_equal(lab_thing(lab, "link")->changes, 1);
    assert_int_equal(lab_thing(lab, "service")->probes, probes + 2);
    assert_int_equal(lab_thing(lab, "listener")->probes, others + 1);
    assert_string_equal(lab_find(lab, EVENT_PLAN_ITEM, "link")->text, "is too small");
    assert_one_of_each(lab);
}

static void deleted_by_hand(void **state)
{
    // A thing that somebody deleted is made anew with a new token, not answered from the old one.
    struct lab *lab = *state;
    lab_thing(lab, "cluster")->token = true;
    lab->options.settle_ms = 30;
    reopen(lab);
    ERR_AUTO err = {0};
    assert_true(lab_apply(lab, &err));
    atomic_store(&lab_thing(lab, "cluster")->live, 0);
    reopen(lab);
    assert_true(lab_apply(lab, &err));
    assert_int_equal(lab_thing(lab, "cluster")->live, 1);
    assert_int_equal(lab_thing(lab, "cluster")->creations, 2);
    assert_int_equal(journal_step(lab->journal, "cluster")->generation, 1);
}

static void journal_lost(void **state)
{
    // Without the journal everything is found again, waited for once, and recorded.
    struct lab *lab = *state;
    ERR_AUTO err = {0};
    assert_true(lab_apply(lab, &err));
    lab_close(lab);
    AUTO_FREE char *path = mem_printf("%s/demo/journal", lab->dir);
    assert_int_equal(remove(path), 0);
    assert_true(lab_open(lab, &err));
    assert_true(lab_apply(lab, &err));
    assert_one_of_each(lab);
    assert_int_equal(lab_thing(lab, "alb")->waits, 2);
    assert_true(journal_step(lab->journal, "alb")->ready);
    assert_string_equal(json_str(journal_step(lab->journal, "alb")->facts, "id"), "alb");
}

static void foreign_blocks(void **state)
{
    // Somebody else's thing of that name blocks the plan, says whose it is, and apply refuses it.
    struct lab *lab = *state;
    lab_thing(lab, "alb")->foreign = true;
    struct plan plan;
    struct summary summary;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_int_equal(plan.blocked, 1);
    assert_false(engine_apply(&lab->options, &plan, &summary, &err));
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_non_null(strstr(err.message, "somebody else"));
    assert_int_equal(lab_thing(lab, "vpc")->applies, 0);
    engine_plan_clear(&plan);
}

static void unseen_is_not_absent(void **state)
{
    // A probe that is refused fails the plan, and what hangs on it is not taken for absent.
    struct lab *lab = *state;
    lab_thing(lab, "vpc")->deny_probe = 1;
    struct plan plan;
    ERR_AUTO err = {0};
    assert_false(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_int_equal(err.kind, ERR_DENIED);
    assert_int_equal(plan.blocked, STACK_COUNT - 1); // all but the cluster
    assert_int_equal(lab_thing(lab, "service")->probes, 0);
    assert_int_equal(lab_thing(lab, "cluster")->probes, 1);
    engine_plan_clear(&plan);
}

static void bad_tables(void **state)
{
    // A table with a need that is no step, a row twice or a circle is refused by name.
    static const struct step a = {TOY("a"), .needs = {"b"}};
    static const struct step b = {TOY("b"), .needs_made = {"a"}};
    static const struct step c = {TOY("c"), .needs = {"nothing"}};
    static const struct step *const circle[] = {&a, &b};
    static const struct step *const missing[] = {&c};
    static const struct step *const twice[] = {&vpc, &vpc};
    ERR_AUTO err = {0};
    assert_true(engine_check(STACK, STACK_COUNT, &err));
    assert_false(engine_check(circle, 2, &err));
    assert_non_null(strstr(err.message, "circle"));
    assert_false(engine_check(missing, 1, &err));
    assert_non_null(strstr(err.message, "nothing"));
    assert_false(engine_check(twice, 2, &err));
    assert_non_null(strstr(err.message, "twice"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(order_and_parallelism), TEST(made_is_enough),      TEST(second_apply_changes_nothing),
        TEST(failure_stops),         TEST(failed_wait_resumes), TEST(user_stops),
        TEST(lost_answers),          TEST(lost_three_times),    TEST(changes_travel),
        TEST(deleted_by_hand),       TEST(journal_lost),        TEST(foreign_blocks),
        TEST(unseen_is_not_absent),  TEST(bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

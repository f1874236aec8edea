// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "toy.h"

static bool wants_extra(const void *world)
{
    const struct lab *lab = world;
    return !lab->poll; // used as the answer that the user changes
}

static const struct step db = {
    .id = "db", .title = "db", .flags = STEP_EXISTING, .probe = toy_probe, .undo = toy_undo};
static const struct step vpc = {TOY("vpc")};
static const struct step key = {TOY("key"), .flags = STEP_KEPT};
static const struct step alb = {TOY("alb"), .needs = {"vpc"}, .wait = toy_wait};
static const struct step listener = {TOY("listener"), .needs_made = {"alb"}};
static const struct step extra = {TOY("extra"), .needs = {"vpc"}, .wanted = wants_extra};
static const struct step *const STACK[] = {&db, &vpc, &key, &alb, &listener, &extra};
enum { STACK_COUNT = ARRAY_LEN(STACK) };

static int setup(void **state)
{
    struct lab *lab = mem_calloc(1, sizeof *lab);
    lab_init(lab, STACK, STACK_COUNT);
    lab->cloud->things[0].live = 1; // the user's database
    lab->options.settle_ms = 20;
    *state = lab;
    ERR_AUTO err = {0};
    return lab_open(lab, &err) && lab_apply(lab, &err) ? 0 : -1;
}

static int teardown(void **state)
{
    lab_clear(*state);
    mem_free(*state);
    return 0;
}

static void in_the_opposite_order(void **state)
{
    // Everything of ours goes, nothing while it is used; the user's own thing is not touched.
    struct lab *lab = *state;
    ERR_AUTO err = {0};
    assert_true(lab_destroy(lab, &err));
    assert_int_equal(lab->cloud->violations, 0);
    for (size_t i = 1; i < STACK_COUNT; i++) {
        assert_int_equal(lab_thing(lab, STACK[i]->id)->live, 0);
        assert_int_equal(journal_step(lab->journal, STACK[i]->id)->state, JOURNAL_GONE);
        assert_int_equal(journal_step(lab->journal, STACK[i]->id)->generation, 1);
    }
    assert_int_equal(lab_thing(lab, "db")->live, 1);
    assert_int_equal(lab_thing(lab, "db")->deletions, 0);
    assert_non_null(lab_find(lab, EVENT_WARNING, "key")); // scheduled or kept: said
    assert_true(journal_retire(lab->journal, &err));
    char **names = NULL;
    size_t count = 9;
    assert_true(journal_list(lab->dir, &names, &count, &err));
    assert_int_equal(count, 0);
}

static void goes_on_after_a_failure(void **state)
{
    // What cannot be deleted keeps what lies below it; the rest goes; the first failure is told.
    struct lab *lab = *state;
    lab_thing(lab, "listener")->deny_undo = 1;
    ERR_AUTO err = {0};
    assert_false(lab_destroy(lab, &err));
    assert_int_equal(err.kind, ERR_DENIED);
    assert_int_equal(lab_thing(lab, "extra")->live, 0);
    assert_int_equal(lab_thing(lab, "key")->live, 0);
    assert_int_equal(lab_thing(lab, "alb")->live, 1);
    assert_int_equal(lab_thing(lab, "vpc")->live, 1);
    assert_int_equal(lab_told(lab, EVENT_STEP_WAITING, "vpc"), 1);
    err_clear(&err);
    assert_true(lab_destroy(lab, &err));
    assert_int_equal(lab_thing(lab, "vpc")->live, 0);
    assert_int_equal(lab->cloud->violations, 0);
}

static void foreign_stays(void **state)
{
    // What turned out to be somebody else's is left and named.
    struct lab *lab = *state;
    lab_thing(lab, "listener")->foreign = true;
    struct plan plan;
    struct summary summary;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_DESTROY, &plan, &err));
    assert_true(engine_destroy(&lab->options, &plan, &summary, &err));
    assert_int_equal(lab_thing(lab, "listener")->deletions, 0);
    assert_non_null(strstr(lab_find(lab, EVENT_WARNING, "listener")->text, "somebody else"));
    assert_int_equal(lab->cloud->violations, 0);
    engine_summary_clear(&summary);
    engine_plan_clear(&plan);
}

static void unseen_stays(void **state)
{
    // A thing that may not be looked at is neither deleted nor called gone, and the rest goes.
    struct lab *lab = *state;
    lab_thing(lab, "alb")->deny_probe = 1;
    ERR_AUTO err = {0};
    assert_false(lab_destroy(lab, &err));
    assert_int_equal(err.kind, ERR_DENIED);
    assert_int_equal(lab_thing(lab, "alb")->live, 1);
    assert_int_equal(lab_thing(lab, "listener")->live, 1); // found through the alb: not seen either
    assert_true(journal_step(lab->journal, "listener")->made);
    assert_int_equal(lab_thing(lab, "extra")->live, 0);
}

static void no_longer_asked_for(void **state)
{
    // What an earlier answer asked for is told in the plan and removed by destroy.
    struct lab *lab = *state;
    lab->poll = true;
    struct plan plan;
    ERR_AUTO err = {0};
    assert_true(lab_plan(lab, STEP_MODE_PLAN, &plan, &err));
    assert_int_equal(plan.count, STACK_COUNT - 1);
    assert_non_null(lab_find(lab, EVENT_WARNING, "extra"));
    engine_plan_clear(&plan);
    assert_true(lab_destroy(lab, &err));
    assert_int_equal(lab_thing(lab, "extra")->live, 0);
}

static void lost_answer(void **state)
{
    // A delete whose answer is lost is asked again: not there is success.
    struct lab *lab = *state;
    lab_thing(lab, "alb")->lose_after = 1;
    ERR_AUTO err = {0};
    assert_true(lab_destroy(lab, &err));
    assert_int_equal(lab_thing(lab, "alb")->deletions, 1);
}

static void deleted_by_hand(void **state)
{
    // What somebody deleted before is closed in the records, and the next one gets a new token.
    struct lab *lab = *state;
    lab_thing(lab, "alb")->live = 0;
    ERR_AUTO err = {0};
    assert_true(lab_destroy(lab, &err));
    assert_int_equal(journal_step(lab->journal, "alb")->state, JOURNAL_GONE);
    assert_int_equal(lab_thing(lab, "alb")->deletions, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(in_the_opposite_order), TEST(goes_on_after_a_failure), TEST(foreign_stays),
        TEST(unseen_stays),          TEST(no_longer_asked_for),     TEST(lost_answer),
        TEST(deleted_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The fake core keeps the promises that the tests of screens stand on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/base/str.h"
#include "tests/unit/screens/fake_core.h"

static int use(void **state)
{
    fake_core_use();
    return 0;
}

static int done(void **state)
{
    fake_core_done();
    return 0;
}

static bool look(enum core_look what, const char *arg, struct json **out, struct err *err)
{
    const struct core *core = core_get(err);
    assert_non_null(core);
    struct answers a;
    answers_init(&a);
    bool ok = core->look(what, &a, arg, NULL, out, err);
    answers_clear(&a);
    return ok;
}

static void test_every_look_answers(void **state)
{
    // claim: each look of core.h has a canned answer, and counts how often it was asked
    for (int i = 0; i < CORE_LOOKS; i++) {
        JSON_AUTO *out = NULL;
        ERR_AUTO e = {0};
        assert_true(look((enum core_look)i, NULL, &out, &e));
        assert_non_null(out);
        assert_int_equal(fake_core_asked((enum core_look)i), 1);
    }
}

static void test_a_row_for_one_thing_wins(void **state)
{
    // claim: an answer for one `what` leaves the others as they were, and a failure carries its
    // remedy
    fake_core_fail(CORE_IDENTITY, "ci", ERR_AUTH, "the login expired", "run aws sso login");
    JSON_AUTO *out = NULL;
    ERR_AUTO e = {0};
    assert_true(look(CORE_IDENTITY, "work", &out, &e));
    JSON_AUTO *none = NULL;
    assert_false(look(CORE_IDENTITY, "ci", &none, &e));
    assert_string_equal(e.remedy, "run aws sso login");
}

struct seen {
    unsigned started, done, failed;
};

static void count(void *context, const struct event *event)
{
    struct seen *s = context;
    s->started += event->type == EVENT_STEP_STARTED;
    s->done += event->type == EVENT_STEP_DONE;
    s->failed += event->type == EVENT_STEP_FAILED;
}

static bool run(struct seen *seen, struct cancel *cancel, struct json **out, struct err *err)
{
    struct answers a;
    answers_init(&a);
    const struct core_run_options o = {.what = CORE_APPLY,
                                       .answers = &a,
                                       .cancel = cancel,
                                       .sink = {.emit = count, .context = seen}};
    bool ok = core_get(err)->run(&o, out, err);
    answers_clear(&a);
    return ok;
}

static void test_a_run_plays_the_plan(void **state)
{
    // claim: a run starts and ends every step of the plan, and stops at the one that shall fail
    struct seen all = {0}, some = {0};
    JSON_AUTO *out = NULL, *broken = NULL;
    ERR_AUTO e = {0};
    assert_true(run(&all, NULL, &out, &e));
    assert_int_equal(all.started, 8);
    assert_int_equal(all.done, 8);
    fake_core_run_fails("service", ERR_REMOTE, "the container stopped", "look", "database-auth");
    assert_false(run(&some, NULL, &broken, &e));
    assert_int_equal(some.failed, 1);
    assert_string_equal(json_str(broken, "failed.id"), "service");
    assert_string_equal(core_get(&e)->fix_of("database-auth"), "database");
    assert_int_equal(fake_core_runs(), 2);
}

static void test_a_cancel_ends_a_hold(void **state)
{
    // claim: what is held lets go when it is cancelled
    struct cancel cancel;
    cancel_init(&cancel);
    cancel_request(&cancel);
    fake_core_run_holds("role");
    struct seen seen = {0};
    JSON_AUTO *out = NULL;
    ERR_AUTO e = {0};
    assert_false(run(&seen, &cancel, &out, &e));
    assert_int_equal(e.kind, ERR_CANCELLED);
    cancel_clear(&cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_look_answers, use, done),
        cmocka_unit_test_setup_teardown(test_a_row_for_one_thing_wins, use, done),
        cmocka_unit_test_setup_teardown(test_a_run_plays_the_plan, use, done),
        cmocka_unit_test_setup_teardown(test_a_cancel_ends_a_hold, use, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

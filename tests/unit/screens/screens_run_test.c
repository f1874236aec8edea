// SPDX-License-Identifier: MIT
// The model of a run: plan, events, time left, the rows that show it.
#include "screens/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "screens/run_rows.h"

static const char plan_text[] =
    "{\"name\":\"my-admin\",\"account\":\"123456789012\",\"region\":\"eu-west-3\",\"items\":["
    "{\"id\":\"network\",\"title\":\"network\",\"group\":\"network\",\"action\":\"reuse\","
    "\"usual_s\":7,\"needs\":[]},"
    "{\"id\":\"vpc-link\",\"title\":\"VPC link\",\"group\":\"address\",\"action\":\"create\","
    "\"usual_s\":130,\"needs\":[\"network\"]},"
    "{\"id\":\"image\",\"title\":\"image\",\"group\":\"container\",\"action\":\"create\","
    "\"usual_s\":30,\"needs\":[]},"
    "{\"id\":\"service\",\"title\":\"backend\",\"group\":\"container\",\"action\":\"create\","
    "\"usual_s\":90,\"needs\":[\"image\",\"network\"]},"
    "{\"id\":\"check-address\",\"title\":\"address\",\"group\":\"checks\",\"action\":\"check\","
    "\"usual_s\":3,\"needs\":[\"service\",\"vpc-link\"]}]}";

static struct run *planned(void)
{
    ERR_AUTO err = {0};
    JSON_AUTO *plan = json_parse(plan_text, strlen(plan_text), NULL, &err);
    assert_non_null(plan);
    struct run *run = run_new(CORE_APPLY, 500);
    run_planned(run, plan, 1000);
    return run;
}

static void tell(struct run *run, enum event_type type, const char *id, const char *text,
                 int64_t now_ms)
{
    const struct step step = {.id = id, .title = id, .group = "container"};
    struct event e = {.type = type, .step = &step, .word = "create", .text = text, .of = 5};
    run_event(run, &e, now_ms);
}

static void test_plan(void **state)
{
    // The plan gives the run its steps, names and needs, and its state.
    struct run *run = planned();
    assert_int_equal(run->state, RUN_RUNNING);
    assert_int_equal(run->step_count, 5);
    assert_string_equal(run->name, "my-admin");
    assert_string_equal(run->steps[1].title, "VPC link");
    assert_true(run->steps[1].changes);
    assert_false(run->steps[0].changes);
    assert_int_equal(run->steps[4].need_count, 2);
    assert_int_equal(run->steps[4].needs[0], 3);
    assert_int_equal(run->failed, run->step_count);
    run_free(run);
}

static void test_left(void **state)
{
    // The time left is that of the longest chain, less what has passed of what is at work.
    struct run *run = run_new(CORE_APPLY, 0);
    assert_int_equal(run_left_ms(run, 0), -1);
    run_free(run);
    run = planned();
    assert_int_equal(run_left_ms(run, 1000), 133000); // VPC link, then the check
    tell(run, EVENT_STEP_STARTED, "vpc-link", NULL, 1000);
    assert_int_equal(run_left_ms(run, 51000), 123000); // now image, backend, check
    tell(run, EVENT_STEP_STARTED, "image", NULL, 51000);
    tell(run, EVENT_STEP_DONE, "image", NULL, 52000);
    assert_int_equal(run_left_ms(run, 52000), 93000); // the rest of image fell away
    run_free(run);
}

static void test_overdue(void **state)
{
    // A step that takes longer than usual never makes the time left zero or negative.
    struct run *run = planned();
    tell(run, EVENT_STEP_STARTED, "vpc-link", NULL, 1000);
    int64_t late = 1000 + 200000;
    for (size_t i = 2; i < 4; i++)
        tell(run, EVENT_STEP_DONE, run->steps[i].id, NULL, late);
    assert_int_equal(run_left_ms(run, late), 20000 + 3000);
    run_free(run);
}

static void test_cycle(void **state)
{
    // A plan whose needs form a circle ends the reckoning all the same.
    static const char text[] = "{\"items\":[{\"id\":\"a\",\"action\":\"create\",\"usual_s\":1,"
                               "\"needs\":[\"b\"]},{\"id\":\"b\",\"action\":\"create\","
                               "\"usual_s\":1,\"needs\":[\"a\"]}]}";
    ERR_AUTO err = {0};
    JSON_AUTO *plan = json_parse(text, strlen(text), NULL, &err);
    struct run *run = run_new(CORE_APPLY, 0);
    run_planned(run, plan, 0);
    assert_true(run_left_ms(run, 0) >= 2000);
    run_free(run);
}

static void test_failure(void **state)
{
    // The first failing step is the run's; what was not begun is told as not started.
    struct run *run = planned();
    ERR_AUTO why = {0};
    err_set(&why, ERR_REMOTE, "the container stopped");
    const struct step step = {.id = "service", .title = "backend", .group = "container"};
    struct event e = {.type = EVENT_STEP_FAILED, .step = &step, .err = &why, .of = 5};
    run_event(run, &e, 3000);
    assert_int_equal(run->failed, 3);
    ERR_AUTO err = {0};
    err_set(&err, ERR_REMOTE, "backend: the container stopped");
    run_ended(run, false, NULL, &err, 4000);
    assert_int_equal(run->state, RUN_FAILED);
    assert_int_equal(run->steps[3].state, RUN_STEP_BAD);
    assert_int_equal(run->steps[4].state, RUN_STEP_NOT_RUN);
    assert_string_equal(run->err.message, "backend: the container stopped");
    run_free(run);
}

static void test_looking(void **state)
{
    // While planning it tells how much it has looked at; the plan's events are no work done.
    const struct step step = {.id = "network", .title = "network", .group = "network"};
    struct event e = {.type = EVENT_PLAN_ITEM, .step = &step, .finished = 2, .of = 5};
    struct run *run = run_new(CORE_RESUME, 0);
    AUTO_FREE char *before = run_looking_text(run);
    assert_string_equal(before, "looking at what is there already");
    run_event(run, &e, 100);
    AUTO_FREE char *text = run_looking_text(run);
    assert_string_equal(text, "looking at what is there already, 2 of 5");
    assert_int_equal(run->finished, 0);
    assert_int_equal(run->step_count, 0);
    run_free(run);
}

static void test_stopped(void **state)
{
    // A cancelled run is stopped, not failed, and so is the step that was at work.
    struct run *run = planned();
    ERR_AUTO why = {0};
    err_set(&why, ERR_CANCELLED, "stopped");
    tell(run, EVENT_STEP_STARTED, "service", NULL, 2000);
    const struct step step = {.id = "service", .title = "backend", .group = "container"};
    struct event e = {.type = EVENT_STEP_FAILED, .step = &step, .err = &why, .of = 5};
    run_event(run, &e, 3000);
    assert_int_equal(run->steps[3].state, RUN_STEP_NOT_RUN);
    ERR_AUTO err = {0};
    err_set(&err, ERR_CANCELLED, "stopped");
    run_ended(run, false, NULL, &err, 4000);
    assert_int_equal(run->state, RUN_STOPPED);
    run_free(run);
}

static void test_log(void **state)
{
    // The log keeps the last 500 lines, and control characters in it are made visible.
    struct run *run = planned();
    for (int i = 0; i < RUN_LOG_LINES + 10; i++) {
        AUTO_FREE char *line = mem_printf("line %d \033[2J", i);
        tell(run, EVENT_STEP_LOG, "service", line, 2000);
    }
    assert_int_equal(run->log_count, RUN_LOG_LINES);
    assert_non_null(strstr(run->log[0], "line 10 "));
    assert_null(strchr(run->log[0], '\033'));
    run_free(run);
}

static void test_secret_in_log(void **state)
{
    // A secret that a container writes to its log is not in the model.
    SECRET_AUTO secret = {0};
    secret_set(&secret, "canary-of-the-log", 17, NULL);
    struct run *run = planned();
    tell(run, EVENT_STEP_LOG, "service", "password is canary-of-the-log, ha", 2000);
    assert_null(strstr(run->log[0], "canary"));
    assert_null(strstr(run->told[run->told_count - 1], "canary"));
    run_free(run);
}

static void test_unplanned(void **state)
{
    // A step the plan did not name is taken in, and failed stays "none".
    struct run *run = planned();
    tell(run, EVENT_STEP_STARTED, "surprise", NULL, 2000);
    assert_int_equal(run->step_count, 6);
    assert_int_equal(run->failed, 6);
    run_free(run);
}

static void test_groups(void **state)
{
    // Groups come in the order of the work, those nobody knows at the end, each once.
    struct run *run = planned();
    assert_int_equal(run_group_count(run), 4);
    assert_string_equal(run_group(run, 0), "network");
    assert_string_equal(run_group(run, 1), "container");
    assert_string_equal(run_group(run, 2), "address");
    assert_string_equal(run_group(run, 3), "checks");
    assert_string_equal(run_group_words("address"), "Public address");
    assert_string_equal(run_group_words("other"), "other");
    run_free(run);
}

static struct view_list_row row(struct run_rows *rows, const char *key)
{
    struct view_list_row r = {0};
    for (size_t i = 0; i < rows->count; i++) {
        run_rows_get(rows, i, &r);
        if (strcmp(r.key, key) == 0)
            return r;
    }
    fail_msg("no row %s", key);
    return r;
}

static void test_rows(void **state)
{
    // What is at work has a line of its own with its time below its group, which tells the rest.
    struct run *run = planned();
    tell(run, EVENT_STEP_STARTED, "image", NULL, 1000);
    struct run_rows rows = {0};
    run_rows_build(&rows, run, 42000);
    struct view_list_row busy = row(&rows, "s:image");
    assert_string_equal(busy.columns[0], "image");
    assert_int_equal(busy.indent, 1);
    assert_string_equal(busy.right, "0:41");
    assert_string_equal(busy.status.text, "usually 0:30, slower than usual");
    struct view_list_row group = row(&rows, "g:container");
    assert_string_equal(group.columns[0], "Container");
    assert_string_equal(group.columns[1], "0 of 2");
    assert_string_equal(group.status.text, "then backend");
    assert_int_equal(group.status.state, VIEW_BUSY);
    assert_string_equal(row(&rows, "g:address").columns[1], "1 to do");
    assert_string_equal(run_rows_watch(&rows), "s:image");
    run_rows_clear(&rows);
    run_free(run);
}

static void test_rows_open(void **state)
{
    // An opened group shows each of its steps; opening twice closes it.
    struct run *run = planned();
    struct run_rows rows = {0};
    run_rows_build(&rows, run, 1000);
    size_t closed = rows.count;
    run_rows_toggle(&rows, run, "g:container");
    run_rows_build(&rows, run, 1000);
    assert_int_equal(rows.count, closed + 2);
    assert_string_equal(row(&rows, "s:service").columns[0], "backend");
    run_rows_toggle(&rows, run, "s:service");
    run_rows_build(&rows, run, 1000);
    assert_int_equal(rows.count, closed);
    run_rows_clear(&rows);
    run_free(run);
}

static void test_rows_failed(void **state)
{
    // The failing row is the one to keep in view, whatever else is at work for longer.
    struct run *run = planned();
    tell(run, EVENT_STEP_STARTED, "vpc-link", NULL, 1000);
    tell(run, EVENT_STEP_STARTED, "service", NULL, 2000);
    tell(run, EVENT_STEP_FAILED, "service", NULL, 3000);
    struct run_rows rows = {0};
    run_rows_build(&rows, run, 4000);
    assert_string_equal(run_rows_watch(&rows), "s:service");
    assert_int_equal(row(&rows, "s:service").status.state, VIEW_BAD);
    run_rows_clear(&rows);
    run_free(run);
}

static void test_time(void **state)
{
    // Times read like a clock.
    const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0:00"}, {-5, "0:00"}, {41000, "0:41"}, {3599999, "59:59"}, {3723000, "1:02:03"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO_FREE char *text = run_time(cases[i].ms);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),          cmocka_unit_test(test_left),
        cmocka_unit_test(test_overdue),       cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_failure),       cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_looking),       cmocka_unit_test(test_log),
        cmocka_unit_test(test_secret_in_log), cmocka_unit_test(test_unplanned),
        cmocka_unit_test(test_groups),        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_open),     cmocka_unit_test(test_rows_failed),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

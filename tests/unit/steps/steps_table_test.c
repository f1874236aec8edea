// SPDX-License-Identifier: MIT
// The real table of all steps is sound, and fit for the screens.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/engine.h"
#include "backend/steps/stack.h"

enum { TITLE_CHARS = 26 }; // the column of the plain printer

static const struct step *find(const char *id)
{
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++)
        if (str_eq(steps[i]->id, id))
            return steps[i];
    fail_msg("there is no step %s", id);
    return NULL;
}

static void the_engine_takes_the_table(void **state)
{
    (void)state;
    // Unique ids, needs that exist, no circle.
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    ERR_AUTO e = {0};
    if (!engine_check(steps, count, &e))
        fail_msg("%s", e.message);
    assert_in_range(count, 40, 96); // 96: what table.c has room for
}

static void every_row_can_be_shown(void **state)
{
    (void)state;
    // A title that fits its column, a group the screens know, a kind, a usual time.
    static const char *const groups[] = {"network",   "permissions", "secret",
                                         "container", "address",     "checks"};
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++) {
        const struct step *s = steps[i];
        bool known = false;
        for (size_t g = 0; g < ARRAY_LEN(groups); g++)
            known = known || str_eq(s->group, groups[g]);
        if (strlen(s->title) > TITLE_CHARS || !known || str_empty(s->kind) || s->usual_s == 0)
            fail_msg("%s: \"%s\", %s, %s, %u s", s->id, s->title, s->group, s->kind, s->usual_s);
        if (s->limit_s && s->limit_s < s->usual_s)
            fail_msg("%s gives up before its usual time", s->id);
    }
}

static void what_we_make_we_can_remove(void **state)
{
    (void)state;
    // Only what is looked at, checked, or goes with something else has no undo.
    static const char *const with_another[] = {"image", "vpc-dns", "tags"};
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    for (size_t i = 0; i < count; i++) {
        bool excused = (steps[i]->flags & (STEP_EXISTING | STEP_CHECK)) != 0;
        for (size_t k = 0; k < ARRAY_LEN(with_another); k++)
            excused = excused || str_eq(steps[i]->id, with_another[k]);
        if (!steps[i]->undo && !excused)
            fail_msg("%s has no undo", steps[i]->id);
        if (steps[i]->undo && excused)
            fail_msg("%s removes what is not ours", steps[i]->id);
    }
}

static bool reaches(const struct step *from, const char *id)
{
    for (size_t n = 0; n < STEP_NEEDS_MAX && from->needs[n]; n++)
        if (str_eq(from->needs[n], id) || reaches(find(from->needs[n]), id))
            return true;
    for (size_t n = 0; n < STEP_NEEDS_MAX && from->needs_made[n]; n++)
        if (str_eq(from->needs_made[n], id) || reaches(find(from->needs_made[n]), id))
            return true;
    return false;
}

static void the_order_of_aws_is_in_the_table(void **state)
{
    (void)state;
    // facts aws.md 3 and 6: each pair is "later, earlier"; destroy goes the other way.
    static const char *const pairs[][2] = {
        {"service", "listener"},
        {"service", "log-group"},
        {"service", "exec-policy"},
        {"service", "firewall"},
        {"service", "route-private"},
        {"scaling", "service"},
        {"integration", "vpc-link"},
        {"integration", "listener"},
        {"route", "integration"},
        {"stage", "route"},
        {"task-definition", "image"},
        {"task-definition", "secret"},
        {"task-definition", "exec-role"},
        {"secret", "kms-key"},
        {"log-group", "kms-key"},
        {"repository", "kms-key"},
        {"nat-gateway", "internet-gateway-attached"},
        {"nat-gateway", "nat-address"},
        {"route-private", "nat-gateway"},
        {"firewall", "task-group"},
        {"database-rule", "task-group"},
        {"check-agent", "service"},
        {"check-schema", "check-agent"},
        {"check-address", "stage"},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if (!reaches(find(pairs[i][0]), pairs[i][1]))
            fail_msg("%s may start before %s", pairs[i][0], pairs[i][1]);
    // The address is known at once, and roles have the longest time to spread.
    assert_null(find("api")->needs[0]);
    assert_null(find("exec-role")->needs[0]);
    assert_null(find("task-role")->needs[0]);
    assert_string_equal(find("listener")->needs_made[0], "load-balancer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_takes_the_table),
        cmocka_unit_test(every_row_can_be_shown),
        cmocka_unit_test(what_we_make_we_can_remove),
        cmocka_unit_test(the_order_of_aws_is_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "backend/setup/names.h"

// Claim: the names are those of facts aws.md 11, within AWS's limits for the longest setup name and
// region.
static void names_fit_aws(void **state)
{
    struct names n = {0};
    names_init(&n, "abcdefghij0123456789", "123456789012", "ap-southeast-7");
    assert_string_equal(n.base, "forestadmin-abcdefghij0123456789");
    assert_true(strlen(n.load_balancer) <= 32);
    assert_true(strlen(n.exec_role) <= 64 && strlen(n.task_role) <= 64);
    assert_string_equal(n.secret, "forestadmin-abcdefghij0123456789/env");
    assert_string_equal(n.log_group, "/ecs/forestadmin-abcdefghij0123456789");
    char *target = names_target_group(&n, 3000, "vpc-0a1b2c3d");
    assert_true(strlen(target) <= 32);
    assert_true(target[strlen(target) - 1] != '-');
    char *other = names_target_group(&n, 3001, "vpc-0a1b2c3d");
    assert_string_not_equal(target, other);
    // In a VPC of its own it is known before the VPC is.
    char *own = names_target_group(&n, 3000, NULL);
    assert_string_not_equal(target, own);
    mem_free(own);
    mem_free(target);
    mem_free(other);
    names_clear(&n);
}

// Claim: the stack id is shaped like a uuid, the same for the same setup, another for any other.
static void stack_id_is_deterministic(void **state)
{
    static const char *const sets[][3] = {{"a", "123456789012", "eu-west-3"},
                                          {"b", "123456789012", "eu-west-3"},
                                          {"a", "210987654321", "eu-west-3"},
                                          {"a", "123456789012", "eu-west-1"}};
    char *seen[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        struct names n = {0};
        names_init(&n, sets[i][0], sets[i][1], sets[i][2]);
        assert_int_equal(strlen(n.stack), 36);
        assert_int_equal(strspn(n.stack, "0123456789abcdef-"), 36);
        assert_true(n.stack[8] == '-' && n.stack[13] == '-' && n.stack[18] == '-' &&
                    n.stack[23] == '-');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[k], n.stack);
        seen[i] = mem_strdup(n.stack);
        names_clear(&n);
    }
    struct names again = {0};
    names_init(&again, sets[0][0], sets[0][1], sets[0][2]);
    assert_string_equal(again.stack, seen[0]);
    names_clear(&again);
    for (size_t i = 0; i < 4; i++)
        mem_free(seen[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_fit_aws),
                                       cmocka_unit_test(stack_id_is_deterministic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

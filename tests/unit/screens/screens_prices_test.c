// SPDX-License-Identifier: MIT
// What a setup costs a month, against the sums of the price table's source.
#include "screens/prices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void near(double got, double want)
{
    if (got < want - 0.01 || got > want + 0.01)
        fail_msg("%.4f is not %.2f", got, want);
}

static void test_tasks(void **state)
{
    // A container's month is as the price list says, for both architectures.
    near(prices_tasks_month(256, 512, ARCH_X86_64, 1), 9.01);
    near(prices_tasks_month(512, 1024, ARCH_X86_64, 1), 18.02);
    near(prices_tasks_month(1024, 2048, ARCH_X86_64, 1), 36.04);
    near(prices_tasks_month(256, 512, ARCH_ARM64, 1), 7.21);
    near(prices_tasks_month(256, 512, ARCH_ARM64, 3), 3 * 7.21);
}

static void test_new_vpc(void **state)
{
    // A new VPC adds the NAT gateway and its address, and nothing else does.
    struct answers a;
    answers_init(&a);
    double without = prices_month(&a);
    a.network.new_vpc = true;
    near(prices_month(&a) - without, 36.50);
    near(prices_new_vpc_month(), 36.50);
    a.network.new_vpc = false;
    a.options.kms_key = true;
    near(prices_month(&a) - without, 1.00);
    answers_clear(&a);
}

static void test_items(void **state)
{
    // The items add up to the sum, the dearest first.
    struct answers a;
    answers_init(&a);
    a.network.new_vpc = true;
    struct price_item items[PRICES_MAX];
    size_t n = prices_of(&a, items);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += items[i].month;
        if (i)
            assert_true(items[i].month <= items[i - 1].month);
    }
    near(sum, prices_month(&a));
    assert_string_equal(items[0].what, "NAT gateway");
    answers_clear(&a);
}

static void test_basis(void **state)
{
    // Beside an amount stands where and when it was looked up, and what another region means.
    AUTO_FREE char *home = prices_basis("us-east-1");
    AUTO_FREE char *away = prices_basis("eu-west-3");
    assert_non_null(strstr(home, prices_checked()));
    assert_null(strstr(home, "more"));
    assert_non_null(strstr(away, "eu-west-3"));
    assert_non_null(strstr(away, "more"));
}

static double left(const char *text, const struct answers *answers, bool known)
{
    double month = -1;
    assert_int_equal(prices_left(text, answers, &month), known);
    return month;
}

static void test_left(void **state)
{
    // Each leftover of a destroy costs what it costs in a running setup; a role costs nothing.
    struct answers a;
    answers_init(&a);
    a.backend.cpu_units = 512;
    a.backend.memory_mib = 1024;
    a.backend.arch = ARCH_X86_64;
    a.backend.tasks = 2;
#define AT ":eu-west-3:123456789012:"
    near(left("arn:aws:elasticloadbalancing" AT "loadbalancer/app/x/1", &a, true), 16.43);
    near(left("arn:aws:elasticloadbalancing" AT "targetgroup/x/1", &a, true), 0);
    near(left("arn:aws:ec2" AT "natgateway/nat-1", &a, true), 32.85);
    near(left("arn:aws:ec2" AT "elastic-ip/eipalloc-1", &a, true), 3.65);
    near(left("arn:aws:ec2" AT "vpc/vpc-1", &a, true), 0);
    near(left("arn:aws:secretsmanager" AT "secret:x (could not be checked)", &a, true), 0.40);
    near(left("arn:aws:kms" AT "key/1", &a, true), 1);
    near(left("arn:aws:ecs" AT "service/x/x", &a, true), 2 * 18.02);
    near(left("arn:aws:ecs" AT "cluster/x", &a, true), 0);
    near(left("arn:aws:iam::123456789012:role/x", &a, true), 0);
    near(left("arn:aws:kms", &a, false), 0);
    near(left("key/1", &a, false), 0);
    answers_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tasks), cmocka_unit_test(test_new_vpc), cmocka_unit_test(test_items),
        cmocka_unit_test(test_basis), cmocka_unit_test(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

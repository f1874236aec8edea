// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/setup/fargate.h"

// Claim: the table is that of ECS RegisterTaskDefinition (cpu, memory), edges included.
static void table_is_aws(void **state)
{
    static const struct {
        unsigned cpu, memory;
        bool valid;
    } cases[] = {
        {256, 512, true},     {256, 1024, true},    {256, 2048, true},     {256, 1536, false},
        {256, 3072, false},   {512, 1024, true},    {512, 3072, true},     {512, 4096, true},
        {512, 512, false},    {512, 5120, false},   {1024, 2048, true},    {1024, 8192, true},
        {1024, 1024, false},  {1024, 9216, false},  {2048, 4096, true},    {2048, 16384, true},
        {2048, 3072, false},  {4096, 8192, true},   {4096, 30720, true},   {4096, 31744, false},
        {8192, 16384, true},  {8192, 20480, true},  {8192, 17408, false},  {8192, 61440, true},
        {16384, 32768, true}, {16384, 40960, true}, {16384, 122880, true}, {16384, 36864, false},
        {300, 512, false},    {0, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        if (fargate_valid(cases[i].cpu, cases[i].memory) != cases[i].valid)
            fail_msg("%u/%u", cases[i].cpu, cases[i].memory);
        assert_int_equal(fargate_check(cases[i].cpu, cases[i].memory, &err), cases[i].valid);
        if (!cases[i].valid)
            assert_non_null(err.remedy);
        err_clear(&err);
    }
}

// Claim: from the smallest size, "next" goes through valid, growing sizes to the largest and then
// ends.
static void next_climbs_to_the_end(void **state)
{
    unsigned cpu = 256;
    unsigned memory = 512;
    unsigned steps = 0;
    unsigned next_cpu = 0;
    unsigned next_memory = 0;
    while (fargate_next(cpu, memory, &next_cpu, &next_memory)) {
        assert_true(fargate_valid(next_cpu, next_memory));
        assert_true(next_cpu > cpu || (next_cpu == cpu && next_memory > memory));
        assert_true(next_memory >= memory);
        cpu = next_cpu;
        memory = next_memory;
        assert_true(++steps < 100);
    }
    assert_int_equal(cpu, 16384);
    assert_int_equal(memory, 122880);
    assert_true(fargate_next(256, 2048, &next_cpu, &next_memory));
    assert_int_equal(next_cpu, 512);
    assert_int_equal(next_memory, 2048);
}

// Claim: the list of memories is what the table accepts.
static void memories_are_listed(void **state)
{
    unsigned list[32] = {0};
    assert_int_equal(fargate_memories(256, list, 32), 3);
    assert_int_equal(list[2], 2048);
    assert_int_equal(fargate_memories(1024, list, 2), 7); // counts all, writes two
    assert_int_equal(fargate_memories(7, list, 32), 0);
    assert_int_equal(fargate_least_memory(4096), 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_is_aws),
                                       cmocka_unit_test(next_climbs_to_the_end),
                                       cmocka_unit_test(memories_are_listed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

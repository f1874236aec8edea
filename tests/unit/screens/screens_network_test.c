// SPDX-License-Identifier: MIT
// The network screen: a verdict for each VPC, a suggestion with its reason, subnets, a new VPC.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/str.h"
#include "tests/unit/screens/play.h"

#define PROD "vpc-0a1b2c3d4e5f60718"

enum { MANY = 5000, MOVES = 40 };

static void no_vpc(struct answers *a)
{
    str_replace(&a->network.vpc, NULL);
}

static void start(struct play *p, void (*change)(struct answers *))
{
    play_start(p, change);
    wizard_go(&p->wizard, SCREEN_NETWORK);
    p->wizard.to_review = false;
}

// What is looked at again comes from the fake core as it is by now.
static void start_with(struct play *p, enum core_look look, const char *json)
{
    start(p, no_vpc);
    play_until(p, "Where should the backend run?");
    fake_core_answer(look, NULL, json);
    play_ctrl(p, 'r');
}

static void test_a_good_one_is_suggested_with_the_reason(void **state)
{
    // claim: the VPC with a database is suggested, the reason is said, and Enter takes it
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "❯   prod");
    play_until(&p, "Suggested: the database storefront is in it.");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    assert_string_equal(p.wizard.answers.network.vpc, PROD);
    assert_int_equal(p.wizard.answers.network.subnet_count, 0);
    play_end(&p);
}

static void test_the_only_usable_one_is_said_to_be_so(void **state)
{
    // claim: without any database the reason is another, and true
    struct play p;
    start_with(&p, CORE_DATABASES, "[]");
    play_until(&p, "Suggested: the only one that can run the backend.");
    play_end(&p);
}

static void test_nothing_usable_leads_to_a_new_one(void **state)
{
    // claim: when no VPC can run the backend a new one is suggested
    struct play p;
    start_with(&p, CORE_NETWORKS,
               "[{\"id\":\"vpc-1\",\"name\":\"old\",\"cidr\":\"10.9.0.0/16\",\"default\":false,"
               "\"usable\":false,\"verdict\":\"no subnets\",\"remedy\":\"Choose another VPC.\","
               "\"subnets\":[]}]");
    play_until(&p, "Suggested: no existing VPC can run the backend.");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    assert_true(p.wizard.answers.network.new_vpc);
    play_end(&p);
}

static void test_what_cannot_work_stays_visible_and_out_of_reach(void **state)
{
    // claim: an unusable VPC shows its verdict and the remedy, and Enter does not take it
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "no way out: Forest cannot be");
    play_key(&p, K_DOWN);
    play_until(&p, "add a NAT gateway");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_NETWORK);
    assert_null(p.wizard.answers.network.vpc);
    play_end(&p);
}

static void test_the_inside_of_the_row_is_shown(void **state)
{
    // claim: its subnets are shown with kind, zone, free addresses and what each is used for
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "[x] prod-a");
    play_until(&p, "private NAT  euw3-az1  251 free  task, balancer, link");
    assert_true(play_shows(&p, "[ ] prod-public"));
    play_key(&p, K_DOWN);
    play_until(&p, "In prod-legacy");
    assert_true(play_shows(&p, "isolated"));
    play_end(&p);
}

static void test_endpoints_are_told(void **state)
{
    // claim: the AWS services that a VPC reaches by itself are named below its subnets
    struct play p;
    start_with(&p, CORE_NETWORKS,
               "[{\"id\":\"vpc-1\",\"name\":\"lone\",\"cidr\":\"10.9.0.0/16\",\"default\":false,"
               "\"usable\":true,\"verdict\":\"2 private subnets\",\"endpoints\":\"s3, ecr.api\","
               "\"subnets\":[]}]");
    play_until(&p, "Reached without a NAT: s3, ecr.api.");
    play_end(&p);
}

static void test_a_subnet_is_taken_out_and_checked(void **state)
{
    // claim: Space on a subnet writes the whole selection; one that cannot work keeps the user here
    // with the reason; Ctrl-T takes the suggested ones again
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "[x] prod-a");
    fake_core_fail(CORE_NETWORK_CHOICE, NULL, ERR_INPUT, "subnet-…32 alone has one zone",
                   "add a subnet in another zone");
    view_focus(p.wizard.view, "subnet");
    play_type(&p, " ");
    assert_string_equal(p.wizard.answers.network.vpc, PROD);
    assert_int_equal(p.wizard.answers.network.subnet_count, 1);
    assert_string_equal(p.wizard.answers.network.subnets[0], "subnet-0000000000000032");
    play_until(&p, "alone has one zone.");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_NETWORK);
    play_ctrl(&p, 't');
    assert_int_equal(p.wizard.answers.network.subnet_count, 0);
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    play_end(&p);
}

static void test_a_new_vpc_says_its_price_and_checks_its_range(void **state)
{
    // claim: it shows what it adds and costs; a range that is none keeps the user here; one that
    // another VPC has is warned of
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "a new VPC");
    play_key(&p, K_END);
    play_until(&p, "$36.50 a month. An estimate from list prices");
    assert_true(play_shows(&p, "storefront is in another VPC"));
    view_focus(p.wizard.view, "cidr");
    play_ctrl(&p, 'u');
    play_type(&p, "10.20.0.0/16");
    play_until(&p, "prod has these addresses too");
    play_ctrl(&p, 'u');
    play_type(&p, "10.42.0.0/99");
    play_until(&p, "✘");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_NETWORK);
    play_ctrl(&p, 'u');
    play_type(&p, "10.77.0.0/16");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    assert_true(p.wizard.answers.network.new_vpc);
    assert_null(p.wizard.answers.network.vpc);
    assert_string_equal(p.wizard.answers.network.cidr, "10.77.0.0/16");
    play_end(&p);
}

static void vpc_elsewhere(struct answers *a)
{
    str_replace(&a->network.vpc, "vpc-ffff");
}

static void test_a_vpc_of_another_region_is_told(void **state)
{
    // claim: an answer that is not in this region is said to be so, and another is suggested
    struct play p;
    start(&p, vpc_elsewhere);
    play_until(&p, "vpc-ffff is not in eu-west-3.");
    play_until(&p, "Suggested:");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    assert_string_equal(p.wizard.answers.network.vpc, PROD);
    play_end(&p);
}

static void by_name(struct answers *a)
{
    str_replace(&a->network.vpc, "prod");
}

static void test_a_name_stays_a_name(void **state)
{
    // claim: a VPC that the answers name by its Name tag is found, and keeps that name
    struct play p;
    start(&p, by_name);
    play_until(&p, "❯   prod");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DATABASE);
    assert_string_equal(p.wizard.answers.network.vpc, "prod");
    play_end(&p);
}

static void test_only_another_region_asks_again(void **state)
{
    // claim: coming back asks nothing; another region does, and the old one's answer is kept
    struct play p;
    start(&p, NULL);
    play_until(&p, "❯   prod");
    unsigned before = fake_core_asked(CORE_NETWORKS);
    play_key(&p, K_ESC);
    wizard_go(&p.wizard, SCREEN_NETWORK);
    play_until(&p, "❯   prod");
    assert_int_equal(fake_core_asked(CORE_NETWORKS), before);
    str_replace(&p.wizard.answers.aws.region, "eu-west-1");
    play_key(&p, K_HOME);
    play_until(&p, "❯   prod");
    assert_int_equal(fake_core_asked(CORE_NETWORKS), before + 1);
    str_replace(&p.wizard.answers.aws.region, "eu-west-3");
    play_key(&p, K_HOME);
    play_until(&p, "❯   prod");
    assert_int_equal(fake_core_asked(CORE_NETWORKS), before + 1);
    play_end(&p);
}

static void test_a_network_that_cannot_be_read_says_why(void **state)
{
    // claim: the reason and "try again" are shown; trying again asks again
    struct play p;
    start(&p, NULL);
    play_until(&p, "❯   prod");
    fake_core_fail(CORE_NETWORKS, NULL, ERR_DENIED, "not allowed: ec2:DescribeVpcs",
                   "ask for the policy that the review exports");
    play_ctrl(&p, 'r');
    play_until(&p, "Not allowed: ec2:DescribeVpcs.");
    assert_true(play_shows(&p, "Ask for the policy"));
    unsigned before = fake_core_asked(CORE_NETWORKS);
    play_choose(&p, "again");
    play_until(&p, "Not allowed");
    assert_true(fake_core_asked(CORE_NETWORKS) > before);
    play_end(&p);
}

// Processor milliseconds that a key and its frame take.
static double walk(struct play *p)
{
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < MOVES; i++)
        play_key(p, K_DOWN);
    play_key(p, K_END);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    return ms / (MOVES + 1);
}

static void test_thousands_of_rows(void **state)
{
    // claim: 5000 VPCs can be walked through and filtered; what a key costs with them and with a
    // few is printed, beside each other
    struct play p;
    start(&p, no_vpc);
    play_until(&p, "❯   prod");
    double few = walk(&p);
    play_end(&p);
    start(&p, no_vpc);
    play_until(&p, "❯   prod");
    fake_core_many_networks(MANY);
    play_ctrl(&p, 'r');
    play_until(&p, "net-0 ");
    double many = walk(&p);
    print_message("a key with its frame: %.2f ms with few rows, %.2f with %d, ratio %.1f\n", few,
                  many, MANY, many / few);
    play_type(&p, "net-4999");
    assert_true(play_shows(&p, "1 of 5001"));
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_one_is_suggested_with_the_reason),
        cmocka_unit_test(test_the_only_usable_one_is_said_to_be_so),
        cmocka_unit_test(test_nothing_usable_leads_to_a_new_one),
        cmocka_unit_test(test_what_cannot_work_stays_visible_and_out_of_reach),
        cmocka_unit_test(test_the_inside_of_the_row_is_shown),
        cmocka_unit_test(test_endpoints_are_told),
        cmocka_unit_test(test_a_subnet_is_taken_out_and_checked),
        cmocka_unit_test(test_a_new_vpc_says_its_price_and_checks_its_range),
        cmocka_unit_test(test_a_vpc_of_another_region_is_told),
        cmocka_unit_test(test_a_name_stays_a_name),
        cmocka_unit_test(test_only_another_region_asks_again),
        cmocka_unit_test(test_a_network_that_cannot_be_read_says_why),
        cmocka_unit_test(test_thousands_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

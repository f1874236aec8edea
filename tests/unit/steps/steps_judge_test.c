// SPDX-License-Identifier: MIT
// The verdicts on subnets and VPCs, from what EC2 tells (facts aws.md 2.1, 8).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tests/unit/steps/networks.h"

#define NETWORK_AUTO __attribute__((cleanup(network_auto_free))) struct network

static void assert_subnet(const struct network *n, const char *id, enum subnet_kind kind,
                          const char *way_out)
{
    const struct subnet *s = network_subnet(n, id);
    assert_non_null(s);
    if (s->kind != kind || !str_eq(s->way_out, way_out))
        fail_msg("%s: kind %d, \"%s\" instead of %d, \"%s\"", id, (int)s->kind, s->way_out,
                 (int)kind, way_out);
}

static void the_explicit_table_counts_else_the_main_one(void **state)
{
    (void)state;
    // A subnet follows its own route table; without one the main table of its own VPC, not that of
    // another, nor one that belongs to a gateway.
    NETWORK_AUTO *n = sample_network();
    add_vpc(n, "vpc-2", "other");
    add_subnet(n, "other-a", "euw3-az1");
    add_table(n, "rtb-edge", "-", "igw-9");
    add_table(n, "rtb-other-main", NULL, "nat-1");
    network_judge(n);
    assert_subnet(n, "private-a", SUBNET_PRIVATE, "NAT nat-1");
    assert_subnet(n, "public-a", SUBNET_PUBLIC, "internet gateway");
    assert_subnet(n, "isolated-b", SUBNET_ISOLATED, "none");
    assert_subnet(n, "other-a", SUBNET_PRIVATE, "NAT nat-1");
}

static void every_kind_of_way_out_has_its_word(void **state)
{
    (void)state;
    // NATs that are not ready, private or gone, and targets that nobody can judge from here.
    struct row {
        const char *target;
        enum subnet_kind kind;
        const char *text;
    };
    static const struct row rows[] = {
        {"nat-ok", SUBNET_PRIVATE, "NAT nat-ok"},
        {"nat-pending", SUBNET_BROKEN, "NAT nat-pending is pending"},
        {"nat-failed", SUBNET_BROKEN, "NAT nat-failed is failed"},
        {"nat-private", SUBNET_UNSURE,
         "private NAT nat-private, which does not reach the internet by itself"},
        {"nat-unlisted", SUBNET_PRIVATE, "NAT nat-unlisted"},
        {"igw-1", SUBNET_PUBLIC, "internet gateway"},
        {"tgw-1", SUBNET_UNSURE, "tgw-1"},
        {"vgw-1", SUBNET_UNSURE, "vgw-1"},
        {"eni-1", SUBNET_UNSURE, "eni-1"},
        {"pcx-1", SUBNET_UNSURE, "pcx-1"},
        {"", SUBNET_ISOLATED, "none"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        NETWORK_AUTO *n = new_network("eu-west-3");
        add_vpc(n, "vpc-1", "");
        add_subnet(n, "s", "euw3-az1");
        add_table(n, "rtb", "s", rows[i].target);
        add_nat(n, "nat-ok", "available", true);
        add_nat(n, "nat-pending", "pending", true);
        add_nat(n, "nat-failed", "failed", true);
        add_nat(n, "nat-private", "available", false);
        network_judge(n);
        assert_subnet(n, "s", rows[i].kind, rows[i].text);
    }
}

static void a_blackhole_is_told_as_one(void **state)
{
    (void)state;
    // The route of a deleted NAT stays, in state blackhole.
    NETWORK_AUTO *n = sample_network();
    for (size_t i = 0; i < n->route_count; i++)
        n->routes[i].blackhole = str_eq(n->routes[i].target, "nat-1");
    network_judge(n);
    assert_subnet(n, "private-a", SUBNET_BROKEN,
                  "the default route points at nat-1, which is gone");
    assert_false(n->vpcs[0].usable);
    assert_string_equal(n->vpcs[0].verdict, "the private subnets' route out is broken");
}

static void vpc_links_know_their_zones(void **state)
{
    (void)state;
    // By zone id (names are shuffled); a region that is not in the table is tried.
    assert_true(zone_takes_links("eu-west-3", "euw3-az1"));
    assert_false(zone_takes_links("eu-west-3", "euw3-az2"));
    assert_false(zone_takes_links("us-east-1", "use1-az3"));
    assert_false(zone_takes_links("ca-central-1", "cac1-az4"));
    assert_false(zone_takes_links("eu-west-3", "euw3-az11"));
    assert_true(zone_takes_links("mx-central-1", "mxc1-az1"));
    NETWORK_AUTO *n = sample_network();
    assert_true(network_subnet(n, "private-a")->link_zone);
    assert_false(network_subnet(n, "isolated-b")->link_zone);
}

static void local_zones_and_outposts_are_not_ordinary(void **state)
{
    (void)state;
    // Their ids have one part more; Fargate and VPC links do not go there.
    NETWORK_AUTO *n = new_network("us-east-1");
    add_vpc(n, "vpc-1", "");
    assert_true(subnet_ordinary(add_subnet(n, "a", "use1-az4")));
    assert_false(subnet_ordinary(add_subnet(n, "b", "use1-bos1-az1")));
    assert_false(subnet_ordinary(add_subnet(n, "c", "use1-wl1-bos-wlz1")));
    struct subnet *on_outpost = add_subnet(n, "d", "use1-az4");
    on_outpost->outpost = true;
    assert_false(subnet_ordinary(on_outpost));
}

static void assert_vpc(struct network *n, bool usable, const char *verdict)
{
    network_judge(n);
    const struct vpc *v = &n->vpcs[0];
    if (v->usable != usable || !str_eq(v->verdict, verdict))
        fail_msg("\"%s\" (%d) instead of \"%s\"", v->verdict, v->usable, verdict);
    assert_int_equal(v->remedy == NULL, usable);
}

static void every_verdict_on_a_vpc(void **state)
{
    (void)state;
    // One that can be used has no remedy; every other has one.
    NETWORK_AUTO *none = new_network("eu-west-3");
    add_vpc(none, "vpc-1", "");
    assert_vpc(none, false, "no subnets");
    NETWORK_AUTO *n = new_network("eu-west-3");
    add_vpc(n, "vpc-1", "");
    add_subnet(n, "a", "euw3-az1");
    add_table(n, "rtb-a", "a", "igw-1");
    assert_vpc(n, false, "only public subnets: the backend stays private");
    add_subnet(n, "b", "euw3-az1");
    assert_vpc(n, false, "no way out: Forest cannot be reached");
    add_table(n, "rtb-b", "b", "nat-1");
    assert_vpc(n, false, "private subnets in one zone only");
    add_subnet(n, "c", "euw3-az3");
    assert_vpc(n, true, "1 private subnet with a NAT");
    add_table(n, "rtb-c", "c", "nat-1");
    assert_vpc(n, true, "2 private subnets with a NAT");
    NETWORK_AUTO *unsure = new_network("eu-west-3");
    add_vpc(unsure, "vpc-1", "");
    add_subnet(unsure, "a", "euw3-az1");
    add_subnet(unsure, "b", "euw3-az3");
    add_table(unsure, "rtb", NULL, "tgw-1");
    assert_vpc(unsure, true, "2 private subnets, way out not certain");
}

static void a_vpc_is_found_by_id_and_by_name(void **state)
{
    (void)state;
    // Two of the same name are refused with both ids; none says where to look.
    NETWORK_AUTO *n = sample_network();
    assert_string_equal(network_vpc(n, "vpc-1", NULL)->id, "vpc-1");
    assert_string_equal(network_vpc(n, "prod", NULL)->id, "vpc-1");
    ERR_AUTO e = {0};
    assert_null(network_vpc(n, "staging", &e));
    assert_int_equal(e.kind, ERR_INPUT);
    assert_non_null(e.remedy);
    add_vpc(n, "vpc-2", "prod");
    assert_null(network_vpc(n, "prod", &e));
    assert_true(err_says(&e, "vpc-1 and vpc-2"));
    assert_string_equal(network_vpc(n, "vpc-2", NULL)->id, "vpc-2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_explicit_table_counts_else_the_main_one),
        cmocka_unit_test(every_kind_of_way_out_has_its_word),
        cmocka_unit_test(a_blackhole_is_told_as_one),
        cmocka_unit_test(vpc_links_know_their_zones),
        cmocka_unit_test(local_zones_and_outposts_are_not_ordinary),
        cmocka_unit_test(every_verdict_on_a_vpc),
        cmocka_unit_test(a_vpc_is_found_by_id_and_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

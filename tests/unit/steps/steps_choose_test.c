// SPDX-License-Identifier: MIT
// Which subnets a backend gets: named and suggested ones, what is refused, and that a choice stays.
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
#define CHOICE_AUTO  __attribute__((cleanup(network_choice_clear))) struct network_choice

static void assert_choice(const struct network_choice *c, const char *tasks, const char *balancer,
                          const char *link)
{
    assert_string_equal(c->tasks, tasks);
    assert_string_equal(c->balancer, balancer);
    assert_string_equal(c->link, link);
}

static void assert_refused(const struct network *n, char *const *subnets, size_t count,
                           const char *text)
{
    CHOICE_AUTO c = {0};
    ERR_AUTO e = {0};
    assert_false(network_choose(n, "prod", subnets, count, &c, &e));
    assert_int_equal(e.kind, ERR_INPUT);
    assert_non_null(e.remedy);
    if (!err_says(&e, text))
        fail_msg("\"%s\" does not say \"%s\"", e.message, text);
}

static void suggested_are_the_private_ones_with_a_way_out(void **state)
{
    (void)state;
    // No public or isolated subnet; the link only in zones that take it.
    NETWORK_AUTO *n = sample_network();
    CHOICE_AUTO c = {0};
    assert_true(network_choose(n, "prod", NULL, 0, &c, NULL));
    assert_string_equal(c.vpc, "vpc-1");
    assert_string_equal(c.text, "prod vpc-1, 2 private subnets");
    assert_choice(&c, "private-a,private-b", "private-a,private-b", "private-a,private-b");
}

static void the_balancer_may_borrow_an_isolated_subnet(void **state)
{
    (void)state;
    // It needs two zones but no way out; the link may not stand in zone 2.
    NETWORK_AUTO *n = sample_network();
    CHOICE_AUTO c = {0};
    char *one[] = {(char[]){"private-b"}};
    n->subnets[1].free_addresses = 7; // private-a is too full for a load balancer
    assert_true(network_choose(n, "vpc-1", one, 1, &c, NULL));
    assert_choice(&c, "private-b", "private-b,isolated-b", "private-b");
}

static void named_subnets_are_refused_with_their_reason(void **state)
{
    (void)state;
    // Public, isolated, broken, of nobody, on an Outpost, in a local zone.
    NETWORK_AUTO *n = sample_network();
    static const struct {
        char name[16];
        const char *text;
    } rows[] = {{"public-a", "public subnet"},     {"isolated-b", "no way out"},
                {"nowhere", "is not a subnet of"}, {"broken", "broken way out"},
                {"outpost", "an Outpost"},         {"local", "euw3-par1-az1"}};
    add_subnet(n, "broken", "euw3-az1");
    add_table(n, "rtb-broken", "broken", "nat-2");
    add_nat(n, "nat-2", "deleting", true);
    add_subnet(n, "outpost", "euw3-az1")->outpost = true;
    add_subnet(n, "local", "euw3-par1-az1");
    network_judge(n);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *name = mem_strdup(rows[i].name);
        assert_refused(n, &name, 1, rows[i].text);
    }
}

static void a_named_subnet_counts_once(void **state)
{
    (void)state;
    NETWORK_AUTO *n = sample_network();
    CHOICE_AUTO c = {0};
    char *twice[] = {(char[]){"private-b"}, (char[]){"private-a"}, (char[]){"private-b"}};
    assert_true(network_choose(n, "prod", twice, 3, &c, NULL));
    assert_string_equal(c.tasks, "private-b,private-a");
}

static void tasks_stay_where_the_balancer_is(void **state)
{
    (void)state;
    // A task in a zone that the load balancer does not serve never gets a request: suggested
    // subnets there are left out, named ones refused.
    NETWORK_AUTO *n = sample_network();
    add_table(n, "rtb-c", "isolated-b", "nat-1");
    network_judge(n);
    n->subnets[4].free_addresses = 3;
    CHOICE_AUTO c = {0};
    assert_true(network_choose(n, "prod", NULL, 0, &c, NULL));
    assert_choice(&c, "private-a,private-b", "private-a,private-b", "private-a,private-b");
    char *named[] = {(char[]){"private-a"}, (char[]){"private-b"}, (char[]){"isolated-b"}};
    assert_refused(n, named, 3, "isolated-b (euw3-az2)");
}

static void what_cannot_work_is_refused(void **state)
{
    (void)state;
    // Too few addresses for a load balancer, no zone for a link, no free address for a task.
    NETWORK_AUTO *n = sample_network();
    n->subnets[2].free_addresses = n->subnets[4].free_addresses = 7;
    assert_refused(n, NULL, 0, "two zones with 8 free addresses");
    NETWORK_AUTO *full = sample_network();
    full->subnets[1].free_addresses = full->subnets[2].free_addresses = 0;
    assert_refused(full, NULL, 0, "no free addresses");
    NETWORK_AUTO *no_link = new_network("ca-central-1");
    add_vpc(no_link, "vpc-1", "prod");
    add_subnet(no_link, "a", "cac1-az4");
    add_subnet(no_link, "b", "cac1-az5");
    add_table(no_link, "rtb", NULL, "nat-1");
    network_judge(no_link);
    assert_refused(no_link, NULL, 0, "zone where VPC links work");
    NETWORK_AUTO *unusable = new_network("eu-west-3");
    add_vpc(unusable, "vpc-1", "prod");
    network_judge(unusable);
    assert_refused(unusable, NULL, 0, "cannot be used: no subnets");
}

static const struct network_before before = {.vpc = "vpc-1",
                                             .tasks = "private-a,private-b",
                                             .balancer = "private-a,private-b",
                                             .link = "private-a"};

static void an_earlier_choice_stays(void **state)
{
    (void)state;
    // New subnets and fewer free addresses do not move what stands.
    NETWORK_AUTO *n = sample_network();
    add_subnet(n, "private-c", "euw3-az3");
    add_table(n, "rtb-c", "private-c", "nat-1");
    network_judge(n);
    n->subnets[1].free_addresses = n->subnets[2].free_addresses = 0;
    CHOICE_AUTO c = {0};
    assert_true(network_keep(n, "prod", NULL, 0, &before, &c));
    assert_choice(&c, "private-a,private-b", "private-a,private-b", "private-a");
    char *named[] = {(char[]){"private-b"}, (char[]){"private-a"}};
    network_choice_clear(&c);
    assert_true(network_keep(n, "prod", named, 2, &before, &c));
}

static void an_earlier_choice_goes_when_it_must(void **state)
{
    (void)state;
    // Other answers, a subnet that is gone, or one that lost its way out.
    NETWORK_AUTO *n = sample_network();
    CHOICE_AUTO c = {0};
    char *one[] = {(char[]){"private-a"}};
    assert_false(network_keep(n, "prod", one, 1, &before, &c));
    assert_false(network_keep(n, "staging", NULL, 0, &before, &c));
    struct network_before gone = before;
    gone.link = "subnet-gone";
    assert_false(network_keep(n, "prod", NULL, 0, &gone, &c));
    struct network_before public = before;
    public.balancer = "private-a,public-b";
    assert_false(network_keep(n, "prod", NULL, 0, &public, &c));
    struct network_before elsewhere = before;
    elsewhere.vpc = "vpc-2";
    assert_false(network_keep(n, "prod", NULL, 0, &elsewhere, &c));
    n->nats[0].state[0] = 'x';
    network_judge(n);
    assert_false(network_keep(n, "prod", NULL, 0, &before, &c));
    assert_null(c.vpc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggested_are_the_private_ones_with_a_way_out),
        cmocka_unit_test(the_balancer_may_borrow_an_isolated_subnet),
        cmocka_unit_test(named_subnets_are_refused_with_their_reason),
        cmocka_unit_test(a_named_subnet_counts_once),
        cmocka_unit_test(tasks_stay_where_the_balancer_is),
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(an_earlier_choice_stays),
        cmocka_unit_test(an_earlier_choice_goes_when_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The database screen: the URL in parts while it is typed, what AWS knows of the host, one rule by
// consent.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "screens/database.h"
#include "tests/unit/screens/play.h"

#define RDS_HOST "storefront.abc.eu-west-3.rds.amazonaws.com"

static void no_url(struct answers *a)
{
    secret_clear(&a->database.url.value);
    a->database.url.from = SECRET_NONE;
}

static void start(struct play *p, void (*change)(struct answers *))
{
    play_start(p, change);
    wizard_go(&p->wizard, SCREEN_DATABASE);
    p->wizard.to_review = false;
}

static const char *answer(struct play *p)
{
    const struct secret *value = &p->wizard.answers.database.url.value;
    return secret_empty(value) ? "" : secret_reveal(value);
}

static void test_parts_are_shown_and_never_the_password(void **state)
{
    // claim: a pasted URL is taken with its line end, shown in parts, and no piece of the password
    // is on the screen, also while it is typed
    struct play p;
    start(&p, no_url);
    play_until(&p, "Database URL");
    play_paste(&p, "postgres://app:sw0rdfish@db.acme.internal:5432/storefront\r\n");
    assert_int_equal(p.wizard.at, SCREEN_DATABASE);
    play_until(&p, "storefront on db.acme.internal:5432 as app");
    assert_true(play_shows(&p, "9 characters"));
    assert_false(play_shows(&p, "sw0rdfish"));
    assert_string_equal(answer(&p), "postgres://app:sw0rdfish@db.acme.internal:5432/storefront");
    play_ctrl(&p, 'u');
    assert_string_equal(answer(&p), "");
    static const char typed[] = "postgres://app:sw0rdfish@db";
    for (const char *c = typed; *c; c++) {
        play_type(&p, (char[]){*c, '\0'});
        assert_false(play_shows(&p, "sw0r"));
    }
    play_end(&p);
}

static void test_nothing_is_wrong_before_it_can_be(void **state)
{
    // claim: while the scheme is being typed nothing is complained about
    struct play p;
    start(&p, no_url);
    play_until(&p, "Database URL");
    play_type(&p, "postgresq");
    assert_false(play_shows(&p, "✘"));
    play_type(&p, "x");
    assert_true(play_shows(&p, "✘"));
    play_end(&p);
}

static void test_the_usual_mistakes_are_told_and_stop(void **state)
{
    // claim: an unescaped character and this machine as host are told with the remedy, and Enter
    // stays here
    static const struct {
        const char *url, *told;
    } cases[] = {{"postgres://app:a@b@db:5432/x", "%40"},
                 {"postgres://app:a#b@db:5432/x", "%23"},
                 {"postgres://app:ab@localhost:5432/x", "localhost is this machine"},
                 {"postgres://app:ab@127.0.0.1/x", "127.0.0.1 is this machine"},
                 {"mysql://app:ab@db/x", "not the URL of a PostgreSQL"}};
    struct play p;
    start(&p, no_url);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        play_until(&p, "Database URL");
        play_ctrl(&p, 'u');
        play_paste(&p, cases[i].url);
        play_until(&p, cases[i].told);
        play_key(&p, K_ENTER);
        assert_int_equal(p.wizard.at, SCREEN_DATABASE);
    }
    play_end(&p);
}

static void other_vpc(struct answers *a)
{
    no_url(a);
    str_replace(&a->network.vpc, "vpc-77fe000000000000a");
}

static void test_another_vpc_is_warned_of(void **state)
{
    // claim: an RDS host in another VPC than the backend's is told, with where it is
    struct play p;
    start(&p, other_vpc);
    play_until(&p, "choose from RDS: 1, none in this VPC");
    play_paste(&p, "postgres://app:ab@" RDS_HOST "/x");
    play_until(&p, "storefront is in vpc-0a1b2c3d4e5f60718, the backend will be");
    assert_true(play_shows(&p, "▲"));
    play_end(&p);
}

static void test_an_address_outside_is_warned_of(void **state)
{
    // claim: an address that the chosen VPC does not have is told; one that it has is not
    struct play p;
    start(&p, no_url);
    play_until(&p, "choose from RDS");
    play_paste(&p, "postgres://app:ab@10.9.4.9/x");
    play_until(&p, "prod has no address 10.9.4.9");
    play_ctrl(&p, 'u');
    play_paste(&p, "postgres://app:ab@10.20.4.9/x");
    play_until(&p, "x on 10.20.4.9:5432 as app");
    assert_false(play_shows(&p, "has no address"));
    play_end(&p);
}

static void test_an_instance_is_chosen_and_its_password_escaped(void **state)
{
    // claim: user and password of a chosen instance make the URL, every character escaped; without
    // a password Enter stays here
    struct play p;
    start(&p, no_url);
    play_until(&p, "choose from RDS: 1 in this VPC");
    view_focus(p.wizard.view, "way");
    play_key(&p, K_RIGHT);
    play_until(&p, "PostgreSQL in this region");
    play_choose(&p, "rds");
    play_until(&p, "Password");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_DATABASE);
    play_until(&p, "Type its user and password.");
    play_type(&p, "p@ss/w#rd%");
    assert_string_equal(answer(&p),
                        "postgres://app:p%40ss%2Fw%23rd%25@" RDS_HOST ":5432/storefront");
    assert_false(play_shows(&p, "p@ss"));
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_BACKEND);
    play_end(&p);
}

static void test_the_rule_is_by_consent(void **state)
{
    // claim: the switch names the group, is off at first, sets it when on, and a URL of another
    // host asks for a group instead
    struct play p;
    start(&p, no_url);
    play_until(&p, "choose from RDS");
    play_paste(&p, "postgres://app:ab@" RDS_HOST "/x");
    play_until(&p, "[ ] Let the backend in: one rule on sg-0db0000000000000a");
    view_focus(p.wizard.view, "open");
    play_type(&p, " ");
    assert_string_equal(p.wizard.answers.database.ingress_security_group, "sg-0db0000000000000a");
    play_type(&p, " ");
    assert_null(p.wizard.answers.database.ingress_security_group);
    view_focus(p.wizard.view, "url");
    play_ctrl(&p, 'u');
    play_paste(&p, "postgres://app:ab@proxy.acme.internal/x");
    play_until(&p, "Let it in on");
    view_focus(p.wizard.view, "group");
    play_type(&p, "sg-nonsense");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_DATABASE);
    play_end(&p);
}

static void test_back_keeps_everything(void **state)
{
    // claim: leaving and coming back keeps the URL, hidden again, and the other answers
    struct play p;
    start(&p, NULL);
    play_until(&p, "storefront on db.acme.internal:5432");
    view_focus(p.wizard.view, "url");
    play_ctrl(&p, 'r');
    play_until(&p, "hush-hush");
    play_key(&p, K_ESC);
    play_until_at(&p, SCREEN_NETWORK);
    assert_false(play_shows(&p, "hush-hush"));
    wizard_go(&p.wizard, SCREEN_DATABASE);
    play_until(&p, "storefront on db.acme.internal:5432");
    assert_false(play_shows(&p, "hush-hush"));
    view_focus(p.wizard.view, "tls");
    play_key(&p, K_RIGHT);
    assert_string_equal(p.wizard.answers.database.ssl_mode, "required");
    play_end(&p);
}

static void test_ranges(void **state)
{
    // claim: an address is in a range exactly when the prefix says so; what cannot be read is not
    // judged
    assert_true(cidr_has("10.20.0.0/16", "10.20.255.1"));
    assert_false(cidr_has("10.20.0.0/16", "10.21.0.1"));
    assert_true(cidr_has("10.20.0.0/15", "10.21.0.1"));
    assert_false(cidr_has("192.168.1.128/25", "192.168.1.1"));
    assert_true(cidr_has("192.168.1.1/32", "192.168.1.1"));
    assert_true(cidr_has("nonsense", "10.0.0.1"));
    assert_true(cidr_has("10.0.0.0/16", "db.internal"));
    assert_true(cidr_has(NULL, "10.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_shown_and_never_the_password),
        cmocka_unit_test(test_nothing_is_wrong_before_it_can_be),
        cmocka_unit_test(test_the_usual_mistakes_are_told_and_stop),
        cmocka_unit_test(test_another_vpc_is_warned_of),
        cmocka_unit_test(test_an_address_outside_is_warned_of),
        cmocka_unit_test(test_an_instance_is_chosen_and_its_password_escaped),
        cmocka_unit_test(test_the_rule_is_by_consent),
        cmocka_unit_test(test_back_keeps_everything),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Setups that AWS knows and this machine does not: found and taken back in the wizard.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screens/wizard.h"
#include "tests/unit/screens/play.h"

static void open_screen(struct play *p)
{
    play_start(p, NULL);
    wizard_go(&p->wizard, SCREEN_WELCOME);
    play_until(p, "find setups on AWS that this machine does not know");
    play_choose(p, "recover");
    play_until_at(p, SCREEN_RECOVER);
    play_until(p, "Whose account?");
    play_until(p, "Region   eu-west-3"); // the profiles have been read
}

static void test_found_and_taken_back(void **state)
{
    // claim: account and region are suggested; what was found is shown; Enter rebuilds its records
    (void)state;
    struct play p;
    open_screen(&p);
    assert_int_equal(fake_core_asked(CORE_FOUND), 0);
    play_choose(&p, "look");
    play_until(&p, "my-admin");
    play_until(&p, "running https://a1b2c3d4e5.example");
    play_until(&p, "9 of 26 are there");
    play_choose(&p, "setups");
    play_until_at(&p, SCREEN_WELCOME);
    play_until(&p, "my-admin is on this machine again.");
    play_end(&p);
}

static void test_a_failure_is_told(void **state)
{
    // claim: what goes wrong while records are rebuilt is told, and the list stays
    (void)state;
    struct play p;
    open_screen(&p);
    fake_core_fail(CORE_FOUND, "my-admin", ERR_IO, "the disk is full", "Make room.");
    play_choose(&p, "look");
    play_until(&p, "running");
    play_choose(&p, "setups");
    play_until(&p, "the disk is full");
    assert_int_equal(p.wizard.at, SCREEN_RECOVER);
    play_end(&p);
}

static void test_it_cannot_be_asked(void **state)
{
    // claim: a login that may not look says so, and another account can be chosen
    (void)state;
    struct play p;
    open_screen(&p);
    fake_core_fail(CORE_FOUND, NULL, ERR_DENIED, "not allowed to look",
                   "Ask for tag:GetResources.");
    play_choose(&p, "look");
    play_until(&p, "not allowed to look");
    play_choose(&p, "elsewhere");
    play_until(&p, "Whose account?");
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_and_taken_back),
        cmocka_unit_test(test_a_failure_is_told),
        cmocka_unit_test(test_it_cannot_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// Every screen of the wizard as it was looked at: on the fake core, with the clock standing still.
#include "tests/tui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/tui/scene.h"

// The screen when everything it asks for has come.
static void check_screen(enum screen_id id, const char *until, const char *name)
{
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, id);
    play_until(&p, until);
    scene_settle(&p);
    golden_check(name, p.wizard.view);
    play_end(&p);
}

static void test_welcome(void **state)
{
    // With nothing to continue: what this is, and where to begin.
    check_screen(SCREEN_WELCOME, "new setup", "welcome");
}

static void test_forest(void **state)
{
    // The secrets: masked, and what is known about them.
    check_screen(SCREEN_FOREST, "Environment secret", "forest");
}

static void test_aws(void **state)
{
    // Profiles of every kind with who they are, and regions.
    check_screen(SCREEN_AWS, "Ireland", "aws");
}

static void test_network(void **state)
{
    // VPCs with a verdict each, and the subnets of the one in focus.
    check_screen(SCREEN_NETWORK, "prod-legacy", "network");
}

static void test_database(void **state)
{
    // The parts of the URL without its password.
    check_screen(SCREEN_DATABASE, "storefront", "database");
}

static void test_backend(void **state)
{
    // What is deployed, how large, and what builds it.
    check_screen(SCREEN_BACKEND, "vCPU", "backend");
}

static void test_review(void **state)
{
    // The plan in the user's words.
    check_screen(SCREEN_REVIEW, "Will create", "review");
}

static void test_reserve(void **state)
{
    // "Forest asks me for a URL first".
    check_screen(SCREEN_RESERVE, "address", "reserve");
}

static void test_provision(void **state)
{
    // In the middle of the work.
    struct play p;
    scene_start(&p, NULL);
    fake_core_run_holds("service");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_PROVISION);
    scene_until_held(&p);
    scene_pass(41000);
    play_until(&p, "0:41");
    golden_check("provision", p.wizard.view);
    scene_pass(-41000);
    fake_core_run_holds(NULL);
    play_until_at(&p, SCREEN_DONE);
    play_end(&p);
}

static void test_failed(void **state)
{
    // One cause, one remedy, what can be done.
    struct play p;
    scene_start(&p, NULL);
    fake_core_run_fails("service", ERR_REMOTE, "the database refuses the password",
                        "Give the right password.", "database-auth");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until(&p, "refuses the password");
    scene_settle(&p);
    golden_check("failed", p.wizard.view);
    play_end(&p);
}

static void test_done(void **state)
{
    // The address and what to do with it.
    struct play p;
    scene_start(&p, NULL);
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_DONE);
    scene_settle(&p);
    golden_check("done", p.wizard.view);
    play_end(&p);
}

static void test_help(void **state)
{
    // The help page of a screen, with the keys that work there.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_NETWORK);
    play_until(&p, "prod-legacy");
    scene_settle(&p);
    play_type(&p, "?");
    golden_check("help", p.wizard.view);
    play_end(&p);
}

static void test_question(void **state)
{
    // Ctrl-C while the work is done asks first.
    struct play p;
    scene_start(&p, NULL);
    fake_core_run_holds("service");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_PROVISION);
    scene_until_held(&p);
    play_ctrl(&p, 'c');
    golden_check("question", p.wizard.view);
    fake_core_run_holds(NULL);
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_welcome),   cmocka_unit_test(test_forest),
        cmocka_unit_test(test_aws),       cmocka_unit_test(test_network),
        cmocka_unit_test(test_database),  cmocka_unit_test(test_backend),
        cmocka_unit_test(test_review),    cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_provision), cmocka_unit_test(test_failed),
        cmocka_unit_test(test_done),      cmocka_unit_test(test_help),
        cmocka_unit_test(test_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

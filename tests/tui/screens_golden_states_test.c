// SPDX-License-Identifier: MIT
// What the screens show besides their usual: setups to continue, wrong answers, questions, what is
// under way, what has stopped. As screens_golden_test.c.
#include "tests/tui/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "tests/tui/scene.h"

static void nothing_given(struct answers *a)
{
    answers_clear(a);
    answers_init(a);
}

// A setup of this machine, as the records of its last run tell.
static void record(const struct play *p, const char *name, const char *result, const char *why,
                   const char *url)
{
    AUTO_FREE char *state = mem_printf("%s/forest-setup", p->state_dir);
    const struct journal_identity identity = {
        .name = name, .account = "123456789012", .region = "eu-west-3", .stack = name};
    struct journal *journal = NULL;
    assert_true(fs_mkdirs(state, NULL));
    assert_true(journal_open(&journal, state, &identity, NULL));
    JSON_AUTO *facts = json_object();
    assert_true(journal_write_intent(journal, "secret", "create", NULL));
    assert_true(journal_write_ready(journal, "secret", facts, 1000, NULL));
    JSON_AUTO *outcome = json_strings("command", "apply", "result", result, NULL);
    json_put_str(outcome, "text", why);
    json_put_str(outcome, "url", url);
    struct json *steps = json_put(outcome, "steps", json_array());
    json_push_str(steps, "secret");
    if (why)
        json_push_str(steps, "api");
    assert_true(journal_write_outcome(journal, outcome, NULL));
    journal_close(journal);
}

static void test_first_start(void **state)
{
    // On a machine without setups.
    struct play p;
    scene_start(&p, nothing_given);
    play_key(&p, K_ESC); // the name is asked at once when answers came with the start
    scene_settle(&p);
    golden_check("welcome-first", p.wizard.view);
    play_end(&p);
}

static void test_setups(void **state)
{
    // What stopped is on top with its reason; what runs has its address.
    struct play p;
    scene_start(&p, nothing_given);
    play_key(&p, K_ESC);
    record(&p, "staging-admin", "done", NULL,
           "https://a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com");
    record(&p, "my-admin", "failed", "the AWS login of profile work expired", NULL);
    wizard_go(&p.wizard, SCREEN_WELCOME);
    play_until(&p, "staging-admin");
    play_key(&p, K_ESC);
    scene_settle(&p);
    golden_check("welcome-setups", p.wizard.view);
    play_type(&p, "d");
    play_until(&p, "back to the list");
    scene_settle(&p);
    golden_check("details", p.wizard.view);
    play_end(&p);
}

static void test_name(void **state)
{
    // A new setup begins with its name; one that AWS would refuse is told at once.
    struct play p;
    scene_start(&p, nothing_given);
    play_until(&p, "A name for the new setup");
    play_ctrl(&p, 'u');
    play_type(&p, "My Admin");
    play_key(&p, K_ENTER);
    golden_check("name", p.wizard.view);
    play_end(&p);
}

static void test_wrong_secret(void **state)
{
    // The other secret in the field of this one, and Enter on it.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    play_ctrl(&p, 'u');
    play_paste(&p, "0123456789abcdef0123456789abcdef0123456789abcdef");
    play_until(&p, "looks like an auth secret");
    play_key(&p, K_ENTER);
    scene_settle(&p);
    golden_check("forest-wrong", p.wizard.view);
    play_end(&p);
}

static void test_no_login(void **state)
{
    // A login that does not work says why in its row, and what would help.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "Ireland");
    play_type(&p, "broken");
    scene_settle(&p);
    golden_check("aws-broken", p.wizard.view);
    play_end(&p);
}

// Before the first screen asks who it is.
static void expired(struct answers *a)
{
    fake_core_fail_with(CORE_IDENTITY, a->aws.profile, ERR_AUTH, "sso-login",
                        "the sign-in expired");
}

static void test_sign_in(void **state)
{
    // Identity Center wants a browser: the page, the code, and both to scan where there is room.
    struct play p;
    scene_start(&p, expired);
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "sign in as work");
    // The others have answered before answers are held: their accounts make the column wider.
    play_until(&p, "default  keys   123456789012");
    play_until(&p, "ci       role   123456789012");
    fake_core_hold(CORE_IDENTITY, true);
    view_focus(p.wizard.view, "sign_in_now");
    play_key(&p, K_ENTER);
    play_until(&p, "WDJB-MJHT");
    scene_until_held(&p);
    golden_check("sign-in", p.wizard.view);
    fake_core_hold(CORE_IDENTITY, false);
    play_end(&p);
}

static void new_vpc(struct answers *a)
{
    str_replace(&a->network.vpc, NULL);
    a->network.new_vpc = true;
    str_replace(&a->network.cidr, "10.20.0.0/16");
}

static void test_new_vpc(void **state)
{
    // What it adds, what it costs, and addresses that another network has too.
    struct play p;
    scene_start(&p, new_vpc);
    wizard_go(&p.wizard, SCREEN_NETWORK);
    play_until(&p, "A new VPC");
    scene_settle(&p);
    golden_check("network-new", p.wizard.view);
    play_end(&p);
}

static void test_unusable_network(void **state)
{
    // One that cannot work stays in the list, with the reason and the remedy.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_NETWORK);
    play_until(&p, "prod-legacy");
    play_key(&p, K_DOWN);
    scene_settle(&p);
    golden_check("network-unusable", p.wizard.view);
    play_end(&p);
}

static void test_rds(void **state)
{
    // The instances of the VPC to choose from.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_DATABASE);
    play_until(&p, "storefront");
    scene_settle(&p);
    view_focus(p.wizard.view, "way");
    play_key(&p, K_RIGHT);
    scene_settle(&p);
    golden_check("database-rds", p.wizard.view);
    play_end(&p);
}

static void own_backend(struct answers *a)
{
    a->backend.source = SOURCE_GIT;
    str_replace(&a->backend.git_url, "https://github.com/acme/admin.git");
}

static void test_own_backend(void **state)
{
    // From git: the commit that will be deployed.
    struct play p;
    scene_start(&p, own_backend);
    wizard_go(&p.wizard, SCREEN_BACKEND);
    play_until(&p, "acme/admin");
    scene_settle(&p);
    golden_check("backend-git", p.wizard.view);
    play_end(&p);
}

static void no_database(struct answers *a)
{
    secret_clear(&a->database.url.value);
    a->database.url.from = SECRET_NONE;
}

static void test_missing(void **state)
{
    // The review with an answer missing, and the single costs.
    struct play p;
    scene_start(&p, no_database);
    wizard_go(&p.wizard, SCREEN_REVIEW);
    play_until(&p, "the database URL is missing");
    play_type(&p, "$");
    scene_settle(&p);
    golden_check("review-missing", p.wizard.view);
    play_end(&p);
}

static void test_log(void **state)
{
    // The log alone.
    struct play p;
    scene_start(&p, NULL);
    fake_core_run_holds("service");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_PROVISION);
    scene_until_held(&p);
    play_type(&p, "l");
    golden_check("log", p.wizard.view);
    fake_core_run_holds(NULL);
    play_until_at(&p, SCREEN_DONE);
    play_end(&p);
}

static void test_stopped(void **state)
{
    // Stopped by the user: what is kept, and the ways on.
    struct play p;
    scene_start(&p, NULL);
    fake_core_run_holds("service");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_PROVISION);
    scene_until_held(&p);
    play_ctrl(&p, 'c');
    play_ctrl(&p, 'c');
    play_until(&p, "Stopped at");
    golden_check("stopped", p.wizard.view);
    fake_core_run_holds(NULL);
    play_end(&p);
}

static void test_teardown(void **state)
{
    // What goes and what stays; then its name.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_TEARDOWN);
    play_until(&p, "Stays");
    scene_settle(&p);
    golden_check("teardown", p.wizard.view);
    play_choose(&p, "delete");
    play_until(&p, "Are you sure?");
    golden_check("teardown-name", p.wizard.view);
    play_end(&p);
}

static void test_reserved(void **state)
{
    // The address is made: it is shown to copy, and the secret waited for.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_RESERVE);
    play_until(&p, "make the address");
    play_choose(&p, "make");
    play_until(&p, "copy the address");
    scene_settle(&p);
    golden_check("reserved", p.wizard.view);
    play_end(&p);
}

static void test_leaving(void **state)
{
    // Ctrl-C asks when a secret would be lost.
    struct play p;
    scene_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_BACKEND);
    play_until(&p, "vCPU");
    scene_settle(&p);
    play_ctrl(&p, 'c');
    golden_check("leaving", p.wizard.view);
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_start), cmocka_unit_test(test_setups),
        cmocka_unit_test(test_name),        cmocka_unit_test(test_wrong_secret),
        cmocka_unit_test(test_no_login),    cmocka_unit_test(test_sign_in),
        cmocka_unit_test(test_new_vpc),     cmocka_unit_test(test_unusable_network),
        cmocka_unit_test(test_rds),         cmocka_unit_test(test_own_backend),
        cmocka_unit_test(test_missing),     cmocka_unit_test(test_log),
        cmocka_unit_test(test_stopped),     cmocka_unit_test(test_teardown),
        cmocka_unit_test(test_reserved),    cmocka_unit_test(test_leaving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

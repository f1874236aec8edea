// SPDX-License-Identifier: MIT
// Review, provision, done and teardown, played on the fake core.
#include "tests/unit/screens/play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "screens/run.h"

static void fails_at_service(void)
{
    fake_core_run_fails("service", ERR_REMOTE, "the database refuses the password",
                        "Give the right password.", "database-auth");
}

static void test_all_the_way(void **state)
{
    // From the review: the plan, Create, the run, the address; and it stays after leaving.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    assert_true(play_shows(&p, "about $27 a month"));
    assert_true(play_shows(&p, "db.acme.internal"));
    assert_false(play_shows(&p, "hush-hush"));
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_DONE);
    play_until(&p, "my-admin is ready");
    assert_int_equal(fake_core_last_run(), CORE_APPLY);
    assert_string_equal(secret_reveal(&fake_core_run_answers()->database.url.value),
                        "postgres://app:hush-hush@db.acme.internal:5432/storefront");
    play_choose(&p, "copy");
    assert_true(str_starts(p.copied, "https://"));
    play_choose(&p, "finish");
    assert_true(p.wizard.leave_now);
    assert_int_equal(p.wizard.exit_code, 0);
    assert_non_null(strstr(p.wizard.last_words, p.copied));
    play_end(&p);
}

static void without_database(struct answers *a)
{
    a->database.url.from = SECRET_NONE;
    secret_clear(&a->database.url.value);
}

static void test_missing(void **state)
{
    // With an answer missing nothing is asked of AWS, nothing can be created, and its row says so.
    struct play p;
    play_start(&p, without_database);
    wizard_go(&p.wizard, SCREEN_REVIEW);
    play_until(&p, "the database URL is missing");
    assert_string_equal(view_focused_row(p.wizard.view), "database");
    play_choose(&p, "create");
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    assert_int_equal(fake_core_asked(CORE_PLAN), 0);
    assert_int_equal(fake_core_runs(), 0);
    play_end(&p);
}

static void test_row_and_back(void **state)
{
    // Enter on a row opens its screen; Enter there comes back, ready to create.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    assert_string_equal(view_focused(p.wizard.view), "create");
    view_focus_row(p.wizard.view, "answers", "backend");
    play_until(&p, "Source, size"); // what can be changed later
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_BACKEND);
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    assert_string_equal(view_focused(p.wizard.view), "create");
    play_end(&p);
}

static void without_secrets(struct answers *a)
{
    without_database(a);
    a->forest.env_secret.from = SECRET_NONE;
    secret_clear(&a->forest.env_secret.value);
}

// As after an earlier run: the records say that the secret was made.
static void record_secret(struct play *p)
{
    AUTO_FREE char *state = mem_printf("%s/forest-setup", p->state_dir);
    const struct journal_identity identity = {
        .name = "my-admin", .account = "123456789012", .region = "eu-west-3", .stack = "s1"};
    struct journal *journal = NULL;
    ERR_AUTO err = {0};
    assert_true(fs_mkdirs(state, &err));
    if (!journal_open(&journal, state, &identity, &err))
        fail_msg("%s", err.message);
    assert_true(journal_write_intent(journal, "secret", "create", &err));
    assert_true(journal_write_done(journal, "secret", NULL, &err));
    assert_true(journal_write_ready(journal, "secret", NULL, 1, &err));
    journal_close(journal);
}

static void test_secrets_on_aws(void **state)
{
    // A setup whose secrets lie on AWS is changed without them, by its records; a new one is not.
    struct play p;
    play_start(&p, without_secrets);
    wizard_go(&p.wizard, SCREEN_REVIEW);
    play_until(&p, "the environment secret is missing");
    wizard_go(&p.wizard, SCREEN_BACKEND);
    record_secret(&p);
    wizard_go(&p.wizard, SCREEN_REVIEW);
    play_until(&p, "as they are on AWS");
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until_at(&p, SCREEN_DONE);
    assert_int_equal(fake_core_last_run(), CORE_RESUME);
    play_end(&p);
}

static void test_plan_fails(void **state)
{
    // A plan that cannot be made says why and what to do, and r looks again.
    struct play p;
    play_start(&p, NULL);
    fake_core_fail(CORE_PLAN, NULL, ERR_AUTH, "the login has expired", "Sign in again.");
    lookup_again(&p.wizard, CORE_PLAN, NULL);
    play_until(&p, "the login has expired");
    assert_true(play_shows(&p, "Sign in again."));
    fake_core_answer(CORE_PLAN, NULL,
                     "{\"create\":0,\"change\":0,\"items\":[{\"id\":\"a\",\"title\":\"a\","
                     "\"action\":\"reuse\"}]}");
    play_type(&p, "r");
    play_until(&p, "nothing to make");
    play_end(&p);
}

static void test_failure_and_retry(void **state)
{
    // A failure shows its cause and remedy; trying again starts the same run and gets through.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fails_at_service();
    play_choose(&p, "create");
    play_until(&p, "Stopped at");
    assert_true(play_shows(&p, "The database refuses the password"));
    assert_true(play_shows(&p, "Give the right password."));
    assert_true(play_shows(&p, "change the database"));
    assert_true(play_shows(&p, "database connected, 28 tables")); // the log stays
    assert_string_equal(view_focused(p.wizard.view), "fix");
    fake_core_run_fails(NULL, ERR_NONE, NULL, NULL, NULL);
    play_choose(&p, "retry");
    play_until_at(&p, SCREEN_DONE);
    assert_int_equal(fake_core_runs(), 2);
    play_end(&p);
}

static void test_fix(void **state)
{
    // "fix" leads to the screen that holds the wrong answer, and from there back to the review.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fake_core_run_fails("service", ERR_REMOTE, "no way out of subnet-31", NULL, "network-way");
    play_choose(&p, "create");
    play_until(&p, "change the network");
    play_choose(&p, "fix");
    assert_int_equal(p.wizard.at, SCREEN_NETWORK);
    assert_true(p.wizard.to_review);
    play_end(&p);
}

static void test_fix_is_at_the_wrong_value(void **state)
{
    // The focus is on the answer that has to change, not on the first one of its screen.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fails_at_service();
    play_choose(&p, "create");
    play_until(&p, "change the database");
    play_choose(&p, "fix");
    assert_int_equal(p.wizard.at, SCREEN_DATABASE);
    play_until(&p, "Database URL");
    assert_string_equal(view_focused(p.wizard.view), "url");
    play_end(&p);
}

static void test_stop(void **state)
{
    // Ctrl-C asks, a second one stops; what was made is kept and it can go on.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fake_core_run_holds("vpc-link");
    play_choose(&p, "create");
    play_until(&p, "VPC link");
    play_ctrl(&p, 'c');
    assert_true(play_shows(&p, "Stop here?"));
    assert_int_equal(p.wizard.run->state, RUN_RUNNING);
    play_key(&p, K_ESC);
    assert_false(play_shows(&p, "Stop here?"));
    play_ctrl(&p, 'c');
    play_ctrl(&p, 'c');
    play_until(&p, "Everything made so far is kept");
    assert_int_equal(p.wizard.run->state, RUN_STOPPED);
    assert_non_null(strstr(p.wizard.last_words, "forest-setup resume my-admin"));
    fake_core_run_holds(NULL);
    play_choose(&p, "retry");
    play_until_at(&p, SCREEN_DONE);
    play_end(&p);
}

static void test_set_in_forest(void **state)
{
    // With a token the address is set in Forest; the token is never on the screen nor kept.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until(&p, "is ready");
    play_choose(&p, "set");
    play_until(&p, "Your Forest token"); // this machine has none
    play_paste(&p, "canary-token-1234\n");
    assert_false(play_shows(&p, "canary"));
    play_key(&p, K_ENTER);
    if (!play_shows(&p, "setting it"))
        play_key(&p, K_ENTER);
    play_until(&p, "Forest's login leads to this address");
    assert_true(str_starts(fake_core_url_set(), "https://"));
    assert_false(play_shows(&p, "canary"));
    play_end(&p);
}

static void test_check_login(void **state)
{
    // "I have pasted it" says what Forest has instead, until it is right.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    play_choose(&p, "create");
    play_until(&p, "is ready");
    play_choose(&p, "look");
    play_until(&p, "Forest has https://old.example");
    play_end(&p);
}

static void test_export(void **state)
{
    // The forms that are ticked are written to the folder that is named, and Esc leads back.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    play_choose(&p, "export");
    play_until(&p, "the answer file");
    play_choose(&p, "write");
    play_until(&p, "Written to my-admin: 3 new or changed");
    assert_string_equal(fake_core_exported_to(), "json,policy in my-admin");
    view_focus_row(p.wizard.view, "forms", "policy");
    play_type(&p, " ");
    view_focus(p.wizard.view, "git");
    play_type(&p, " ");
    play_choose(&p, "write");
    play_until(&p, "Written to my-admin");
    assert_string_equal(fake_core_exported_to(), "json in my-admin, git");
    play_key(&p, K_ESC);
    play_until_at(&p, SCREEN_REVIEW);
    play_end(&p);
}

static void test_export_in_the_way(void **state)
{
    // Files of somebody else: said with the remedy, and only then can they be overwritten.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    wizard_go(&p.wizard, SCREEN_EXPORT);
    play_until(&p, "the answer file");
    view_focus(p.wizard.view, "folder");
    play_key(&p, K_END);
    for (size_t i = 0; i < strlen("my-admin"); i++)
        play_key(&p, K_BACKSPACE);
    play_type(&p, "mine");
    play_choose(&p, "write");
    play_until(&p, "is not from an export");
    view_focus(p.wizard.view, "force");
    play_type(&p, " ");
    play_choose(&p, "write");
    play_until(&p, "Written to mine");
    play_end(&p);
}

static void test_export_after_a_failure(void **state)
{
    // A run that stopped can be exported from where it stopped.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fake_core_run_fails("service", ERR_DENIED, "AWS does not allow it", "Ask.", "denied");
    play_choose(&p, "create");
    play_until(&p, "AWS does not allow it");
    play_until(&p, "Ask."); // the remedy comes with the end of the run, after the failing row
    play_choose(&p, "export");
    play_until_at(&p, SCREEN_EXPORT);
    play_key(&p, K_ESC);
    play_until(&p, "AWS does not allow it");
    play_end(&p);
}

static void test_teardown(void **state)
{
    // Nothing is deleted unless the setup's name is typed; then it goes, and that is told.
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_TEARDOWN);
    play_until(&p, "Goes");
    play_choose(&p, "delete");
    play_type(&p, "other");
    play_key(&p, K_ENTER);
    play_key(&p, K_ENTER);
    assert_int_equal(fake_core_runs(), 0);
    play_until(&p, "Nothing was deleted");
    play_choose(&p, "delete");
    play_type(&p, "my-admin");
    play_key(&p, K_ENTER);
    play_key(&p, K_ENTER);
    play_until(&p, "It is gone");
    assert_int_equal(fake_core_last_run(), CORE_DESTROY);
    play_end(&p);
}

static void test_a_login_that_expires(void **state)
{
    // The run pauses: the question that signs in stands over the screen; stopping it leaves what to
    // do; the run goes on, and the pause is gone.
    struct play p;
    play_start(&p, NULL);
    play_until(&p, "Will create");
    fake_core_run_holds("service");
    fake_core_run_pauses("service");
    fake_core_hold(CORE_IDENTITY, true);
    play_choose(&p, "create");
    play_until(&p, "WDJB-MJHT");
    play_key(&p, K_ESC);
    play_until(&p, "aws sso login --profile work");
    play_until(&p, "sign in here");
    assert_int_equal(p.wizard.at, SCREEN_PROVISION);
    play_choose(&p, "sign_in_now");
    play_until(&p, "WDJB-MJHT");
    fake_core_hold(CORE_IDENTITY, false);
    play_until(&p, "work is signed in");
    assert_string_equal(fake_core_signed_in(), "work");
    fake_core_run_holds(NULL);
    play_until_at(&p, SCREEN_DONE);
    play_until(&p, "my-admin is ready");
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_the_way),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_plan_fails),
        cmocka_unit_test(test_secrets_on_aws),
        cmocka_unit_test(test_row_and_back),
        cmocka_unit_test(test_failure_and_retry),
        cmocka_unit_test(test_fix),
        cmocka_unit_test(test_fix_is_at_the_wrong_value),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_set_in_forest),
        cmocka_unit_test(test_check_login),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_export_in_the_way),
        cmocka_unit_test(test_export_after_a_failure),
        cmocka_unit_test(test_a_login_that_expires),
        cmocka_unit_test(test_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

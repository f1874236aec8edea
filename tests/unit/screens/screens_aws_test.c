// SPDX-License-Identifier: MIT
// The AWS screen: every profile with who it is, the regions of the chosen one, and one question
// about an account that was never used.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/str.h"
#include "screens/wizard_private.h"
#include "tests/unit/screens/play.h"

static const char *const variables[] = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION",
                                        "AWS_ACCESS_KEY_ID"};

static int clean(void **state)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return 0;
}

static void nobody_chose(struct answers *a)
{
    str_replace(&a->aws.profile, NULL);
    str_replace(&a->aws.region, NULL);
    str_replace(&a->aws.account, NULL);
}

static void not_pinned(struct answers *a)
{
    str_replace(&a->aws.account, NULL);
}

// Esc until the screen is left: a filter is taken back first.
static void leave(struct play *p)
{
    for (int i = 0; i < 3 && p->wizard.at == SCREEN_AWS; i++)
        play_key(p, K_ESC);
    assert_int_not_equal(p->wizard.at, SCREEN_AWS);
}

// At the AWS screen, as the second of six.
static void start(struct play *p, void (*change)(struct answers *))
{
    play_start(p, change ? change : not_pinned);
    wizard_go(&p->wizard, SCREEN_AWS);
    p->wizard.to_review = false;
}

static void test_each_profile_says_who_it_is(void **state)
{
    // claim: a row has the account and the role, and a login that fails says why in its own row
    struct play p;
    start(&p, nobody_chose);
    fake_core_fail(CORE_IDENTITY, "ci", ERR_AUTH, "the login of profile ci expired",
                   "run aws sso login --profile ci");
    play_until(&p, "123456789012  ✔ acme-prod, role Engineer");
    play_ctrl(&p, 'r'); // the review asked already
    play_until(&p, "The login of profile ci expired.");
    assert_true(play_shows(&p, "Profile broken names"));
    play_end(&p);
}

static void test_what_the_aws_cli_would_take_is_taken(void **state)
{
    // claim: without an answer, AWS_PROFILE decides, then "default"; its region comes with it
    struct play p;
    start(&p, nobody_chose);
    play_until(&p, "❯ default");
    play_until(&p, "● eu-west-1");
    leave(&p);
    assert_string_equal(p.wizard.answers.aws.profile, "default");
    assert_string_equal(p.wizard.answers.aws.region, "eu-west-1");
    play_end(&p);
    setenv("AWS_PROFILE", "work", 1);
    start(&p, nobody_chose);
    play_until(&p, "❯ work");
    play_end(&p);
    unsetenv("AWS_PROFILE");
}

static void test_the_region_follows_the_profile_until_it_is_chosen(void **state)
{
    // claim: another profile brings its own region, but a region that was chosen stays
    struct play p;
    start(&p, nobody_chose);
    play_until(&p, "In which region?");
    play_type(&p, "work");
    play_key(&p, K_ENTER);
    play_until(&p, "❯ eu-west-3");
    leave(&p);
    assert_string_equal(p.wizard.answers.aws.region, "eu-west-3");
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "In which region?");
    view_focus(p.wizard.view, "region");
    play_type(&p, "virginia");
    play_key(&p, K_ENTER);
    assert_string_equal(p.wizard.answers.aws.region, "us-east-1");
    play_end(&p);
}

static void test_a_new_account_asks_once(void **state)
{
    // claim: an account that was never used is asked about; "no" stays here, "yes" pins it and goes
    // on, and it is not asked again
    struct play p;
    start(&p, NULL);
    play_until(&p, "In which region?");
    view_focus(p.wizard.view, "region");
    play_key(&p, K_ENTER);
    play_until(&p, "Is it the right one?");
    play_key(&p, K_ESC);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    assert_null(p.wizard.answers.aws.account);
    view_focus(p.wizard.view, "region");
    play_key(&p, K_ENTER);
    play_until(&p, "Is it the right one?");
    play_key(&p, K_ENTER); // a habit is no answer
    play_type(&p, "9013");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    play_until(&p, "That was not it");
    play_ctrl(&p, 'u');
    play_type(&p, "9012");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_NETWORK);
    assert_string_equal(p.wizard.answers.aws.account, "123456789012");
    play_key(&p, K_ESC);
    play_until_at(&p, SCREEN_AWS);
    view_focus(p.wizard.view, "region");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_NETWORK);
    play_end(&p);
}

static void test_nothing_is_made_in_a_new_account_unasked(void **state)
{
    // claim: answers that came whole from a file lead to the same question before the first change,
    // and back to where it was asked for
    struct play p;
    play_start(&p, not_pinned);
    wizard_go(&p.wizard, SCREEN_REVIEW);
    play_until(&p, "[ Create ]");
    play_until(&p, "Will create");
    view_focus(p.wizard.view, "create");
    play_key(&p, K_ENTER);
    play_until(&p, "Is it the right one?");
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    play_type(&p, "9012");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_REVIEW);
    assert_string_equal(p.wizard.answers.aws.account, "123456789012");
    play_end(&p);
}

static void pinned_elsewhere(struct answers *a)
{
    str_replace(&a->aws.account, "999999999999");
}

static void test_an_answer_file_s_account_is_not_overruled_quietly(void **state)
{
    // claim: a login of another account than the answers name is asked about, with "no" first
    struct play p;
    start(&p, pinned_elsewhere);
    play_until(&p, "In which region?");
    view_focus(p.wizard.view, "region");
    play_key(&p, K_ENTER);
    play_until(&p, "999999999999");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    assert_string_equal(p.wizard.answers.aws.account, "999999999999");
    play_end(&p);
}

static void test_a_region_that_is_not_enabled_stays_out_of_reach(void **state)
{
    // claim: it is shown with the reason, and Enter on it does not go on
    struct play p;
    start(&p, NULL);
    play_until(&p, "In which region?");
    view_focus(p.wizard.view, "region");
    play_type(&p, "cape");
    play_until(&p, "not enabled in this account");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    assert_string_equal(p.wizard.answers.aws.region, "eu-west-3");
    play_end(&p);
}

static void test_enter_waits_for_a_login_that_works(void **state)
{
    // claim: with a login that fails the wizard stays and says why; Ctrl-R asks AWS again
    struct play p;
    play_start(&p, NULL);
    fake_core_fail(CORE_IDENTITY, "work", ERR_AUTH, "the login expired",
                   "run aws sso login --profile work");
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "SSO");
    play_ctrl(&p, 'r'); // the review asked already
    play_until(&p, "The login expired.");
    struct view_act submit = {.kind = ACT_SUBMIT};
    wizard_act(&p.wizard, &submit);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    play_until(&p, "Run aws sso login --profile work.");
    fake_core_answer(CORE_IDENTITY, "work",
                     "{\"account\":\"123456789012\",\"principal\":\"arn:aws:iam::123456789012:"
                     "user/ann\"}");
    play_ctrl(&p, 'r');
    play_until(&p, "user ann");
    play_end(&p);
}

static void test_a_program_runs_only_for_the_profile_that_is_meant(void **state)
{
    // claim: a profile with a credential_process is not asked who it is before it is chosen
    struct play p;
    play_start(&p, NULL);
    fake_core_answer(CORE_PROFILES, NULL,
                     "[{\"name\":\"work\",\"kind\":\"static\"},"
                     "{\"name\":\"vault\",\"kind\":\"process\"}]");
    fake_core_answer(CORE_IDENTITY, "vault",
                     "{\"account\":\"555555555555\",\"principal\":\"vault\"}");
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "In which region?");
    assert_false(play_shows(&p, "555555555555"));
    view_focus(p.wizard.view, "profile");
    play_type(&p, "vault");
    play_key(&p, K_ENTER);
    play_until(&p, "555555555555");
    play_end(&p);
}

static void test_without_a_list_the_region_is_typed(void **state)
{
    // claim: when the regions cannot be listed the reason is said and a typed one is taken, by its
    // rule
    struct play p;
    play_start(&p, nobody_chose);
    fake_core_fail(CORE_REGIONS, NULL, ERR_DENIED, "not allowed: ec2:DescribeRegions", NULL);
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "Not allowed: ec2:DescribeRegions");
    view_focus(p.wizard.view, "region_text");
    play_ctrl(&p, 'u');
    play_type(&p, "Paris");
    play_until(&p, "✘");
    play_ctrl(&p, 'u');
    play_type(&p, "eu-south-2");
    assert_string_equal(p.wizard.answers.aws.region, "eu-south-2");
    play_end(&p);
}

static void test_a_machine_without_a_login_is_helped(void **state)
{
    // claim: with no profile at all the two commands that make one are shown
    struct play p;
    play_start(&p, nobody_chose);
    fake_core_answer(CORE_PROFILES, NULL, "[]");
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "aws configure sso");
    play_end(&p);
}

static void test_an_expired_sign_in_is_renewed_here(void **state)
{
    // claim: Enter on a login that wants Identity Center shows the page and the code; when it is
    // confirmed the login is asked for anew; Esc stops waiting
    struct play p;
    start(&p, NULL);
    play_until(&p, "SSO");
    fake_core_fail_with(CORE_IDENTITY, "work", ERR_AUTH, "sso-login", "the sign-in expired");
    play_ctrl(&p, 'r');
    play_until(&p, "The sign-in expired.");
    play_until(&p, "sign in as work");
    fake_core_hold(CORE_IDENTITY, true);
    view_focus(p.wizard.view, "sign_in_now");
    play_key(&p, K_ENTER);
    play_until(&p, "WDJB-MJHT");
    assert_true(play_shows(&p, "/device?user_code="));
    play_key(&p, K_ESC);
    play_until(&p, "sign in as work");
    assert_null(fake_core_signed_in());
    play_key(&p, K_ENTER);
    play_until(&p, "WDJB-MJHT");
    fake_core_answer(CORE_IDENTITY, "work",
                     "{\"account\":\"123456789012\",\"principal\":\"arn:aws:iam::123456789012:"
                     "user/ann\"}");
    fake_core_hold(CORE_IDENTITY, false);
    play_until(&p, "user ann");
    assert_string_equal(fake_core_signed_in(), "work");
    play_end(&p);
}

static void test_a_one_time_code_is_asked_for(void **state)
{
    // claim: a wrong code is told and asked again, the right one signs in
    struct play p;
    start(&p, NULL);
    play_until(&p, "SSO");
    fake_core_fail_with(CORE_IDENTITY, "work", ERR_AUTH, "mfa-code", "a one-time code is needed");
    play_ctrl(&p, 'r');
    play_until(&p, "sign in as work");
    view_focus(p.wizard.view, "sign_in_now");
    play_key(&p, K_ENTER);
    play_until(&p, "One-time code for work");
    play_type(&p, "000000");
    play_key(&p, K_ENTER);
    play_until(&p, "The code is not the one of this device.");
    play_type(&p, "123456"); // the refused one is gone from the field
    fake_core_answer(CORE_IDENTITY, "work",
                     "{\"account\":\"123456789012\",\"principal\":\"arn:aws:iam::123456789012:"
                     "user/ann\"}");
    play_key(&p, K_ENTER);
    play_until(&p, "user ann");
    assert_string_equal(fake_core_signed_in(), "work");
    play_end(&p);
}

static void test_leaving_while_signing_in_is_safe(void **state)
{
    // claim: the wizard ends while a sign-in waits, and another setup's answers take its place,
    // without anything touched afterwards (the sanitizers watch)
    struct play p;
    start(&p, NULL);
    play_until(&p, "SSO");
    fake_core_fail_with(CORE_IDENTITY, "work", ERR_AUTH, "sso-login", "the sign-in expired");
    play_ctrl(&p, 'r');
    play_until(&p, "sign in as work");
    fake_core_hold(CORE_IDENTITY, true);
    view_focus(p.wizard.view, "sign_in_now");
    play_key(&p, K_ENTER);
    play_until(&p, "WDJB-MJHT");
    wizard_go(&p.wizard, SCREEN_WELCOME);
    wizard_forget_state(&p.wizard, SCREEN_AWS);
    fake_core_hold(CORE_IDENTITY, false);
    wizard_go(&p.wizard, SCREEN_AWS);
    play_until(&p, "SSO");
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_profile_says_who_it_is),
        cmocka_unit_test(test_what_the_aws_cli_would_take_is_taken),
        cmocka_unit_test(test_the_region_follows_the_profile_until_it_is_chosen),
        cmocka_unit_test(test_a_new_account_asks_once),
        cmocka_unit_test(test_nothing_is_made_in_a_new_account_unasked),
        cmocka_unit_test(test_an_answer_file_s_account_is_not_overruled_quietly),
        cmocka_unit_test(test_a_region_that_is_not_enabled_stays_out_of_reach),
        cmocka_unit_test(test_enter_waits_for_a_login_that_works),
        cmocka_unit_test(test_a_program_runs_only_for_the_profile_that_is_meant),
        cmocka_unit_test(test_without_a_list_the_region_is_typed),
        cmocka_unit_test(test_a_machine_without_a_login_is_helped),
        cmocka_unit_test(test_an_expired_sign_in_is_renewed_here),
        cmocka_unit_test(test_a_one_time_code_is_asked_for),
        cmocka_unit_test(test_leaving_while_signing_in_is_safe),
    };
    return cmocka_run_group_tests(tests, clean, NULL);
}

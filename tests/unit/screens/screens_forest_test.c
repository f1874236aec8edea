// SPDX-License-Identifier: MIT
// Forest, the address first, and welcome, played on the fake core.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/drafts.h"
#include "tests/unit/screens/play.h"

#define ENV_SECRET  "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define AUTH_SECRET "0123456789abcdef0123456789abcdef0123456789abcdef"

static void no_secret(struct answers *a)
{
    secret_clear(&a->forest.env_secret.value);
    a->forest.env_secret.from = SECRET_NONE;
}

static void test_a_paste_is_judged_and_never_submits(void **state)
{
    // claim: a pasted line end does not go on; what the text looks like is said at once
    struct play p;
    play_start(&p, no_secret);
    play_paste(&p, AUTH_SECRET "\n");
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    assert_true(play_shows(&p, "48 characters: this looks like an auth secret."));
    play_ctrl(&p, 'u');
    play_paste(&p, "FOREST_ENV_SECRET=" ENV_SECRET "\r\n");
    play_until(&p, "known to Forest");
    assert_true(play_shows(&p, "64 characters"));
    assert_string_equal(secret_reveal(&p.wizard.answers.forest.env_secret.value), ENV_SECRET);
    play_end(&p);
}

static void test_no_secret_in_any_cell(void **state)
{
    // claim: masked, no four characters in a row of the secret stand on the screen; Ctrl-R shows it
    struct play p;
    play_start(&p, no_secret);
    play_type(&p, ENV_SECRET);
    for (size_t at = 0; at + 4 <= strlen(ENV_SECRET); at++) {
        AUTO_FREE char *piece = mem_strndup(&ENV_SECRET[at], 4);
        assert_false(play_shows(&p, piece));
    }
    play_ctrl(&p, 'r');
    assert_true(play_shows(&p, "fedcba98"));
    play_ctrl(&p, 'r');
    assert_false(play_shows(&p, "fedcba98"));
    play_end(&p);
}

static void test_forest_that_cannot_be_asked_stops_nobody(void **state)
{
    // claim: unreachable is a warning; going on is allowed
    struct play p;
    play_start(&p, no_secret);
    fake_core_answer(CORE_FOREST, NULL, "{\"known\":\"unreachable\",\"detail\":\"no network\"}");
    play_paste(&p, ENV_SECRET);
    play_until(&p, "Forest could not be asked now");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    play_end(&p);
}

static void test_a_secret_that_forest_rejects_is_confirmed(void **state)
{
    // claim: the first Enter says it, the second goes on; another secret is judged anew
    struct play p;
    play_start(&p, no_secret);
    fake_core_answer(CORE_FOREST, NULL, "{\"known\":\"no\"}");
    play_paste(&p, ENV_SECRET);
    play_until(&p, "Forest does not know this secret.");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_AWS);
    play_end(&p);
}

static void test_whose_secret_it_is(void **state)
{
    // claim: project and environment are named when Forest tells them; an IP whitelist is a warning
    struct play p;
    play_start(&p, no_secret);
    fake_core_answer(CORE_FOREST, NULL,
                     "{\"known\":\"yes\",\"ip_whitelist\":true,\"project\":\"Acme\","
                     "\"environment\":\"Production\"}");
    play_paste(&p, ENV_SECRET);
    play_until(&p, "known to Forest: project \"Acme\", environment");
    assert_true(play_shows(&p, "IP whitelist is on"));
    play_end(&p);
}

static void test_own_auth_secret(void **state)
{
    // claim: pasting one's own opens a field, judges it, and going back to "make one" forgets it
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    view_focus(p.wizard.view, "auth_from");
    play_key(&p, K_DOWN);
    view_focus(p.wizard.view, "auth_from");
    play_key(&p, K_RIGHT);
    assert_true(play_shows(&p, "FOREST_AUTH_SECRET"));
    play_paste(&p, "too-short");
    assert_true(play_shows(&p, "9 of at least 32 characters"));
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    play_ctrl(&p, 'u');
    play_paste(&p, AUTH_SECRET);
    assert_string_equal(secret_reveal(&p.wizard.answers.forest.auth_secret.value), AUTH_SECRET);
    view_focus(p.wizard.view, "auth_from");
    play_key(&p, K_DOWN);
    view_focus(p.wizard.view, "auth_from");
    play_key(&p, K_LEFT);
    assert_int_equal(p.wizard.answers.forest.auth_secret.from, SECRET_GENERATE);
    assert_true(secret_empty(&p.wizard.answers.forest.auth_secret.value));
    play_end(&p);
}

static void test_the_address_first(void **state)
{
    // claim: the address alone is made, shown and copied; with the secret the same setup goes on
    struct play p;
    play_start(&p, no_secret);
    play_choose(&p, "reserve");
    assert_int_equal(p.wizard.at, SCREEN_RESERVE);
    play_until(&p, "make the address now");
    if (play_shows(&p, "choose the AWS account first")) {
        play_choose(&p, "account");
        play_until_at(&p, SCREEN_AWS);
        play_until(&p, "acme-prod");
        play_key(&p, K_ENTER);
        play_key(&p, K_ENTER);
        if (p.wizard.at == SCREEN_AWS) {
            play_type(&p, "9012");
            play_key(&p, K_ENTER);
        }
        play_until_at(&p, SCREEN_RESERVE);
    }
    play_choose(&p, "make");
    play_until(&p, "It leads nowhere yet");
    assert_int_equal(fake_core_last_run(), CORE_RESERVE);
    assert_string_equal(fake_core_run_answers()->name, "my-admin");
    play_choose(&p, "copy");
    assert_non_null(p.copied);
    assert_non_null(strstr(p.copied, "https://"));
    view_focus(p.wizard.view, "env_secret");
    play_key(&p, K_NONE);
    play_paste(&p, ENV_SECRET);
    play_until(&p, "known to Forest");
    play_key(&p, K_ENTER);
    assert_int_not_equal(p.wizard.at, SCREEN_RESERVE);
    assert_string_equal(p.wizard.answers.name, "my-admin");
    play_end(&p);
}

static void nameless(struct answers *a)
{
    str_replace(&a->name, NULL);
}

static void test_a_new_setup_gets_a_name(void **state)
{
    // claim: a bad name and a taken one are refused with the reason; a good one begins
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST); // saves the draft of my-admin
    wizard_go(&p.wizard, SCREEN_WELCOME);
    play_until(&p, "my-admin");
    play_choose(&p, "new");
    assert_true(play_shows(&p, "my-admin-2"));
    play_ctrl(&p, 'u');
    play_type(&p, "my-admin");
    play_key(&p, K_ENTER);
    if (!play_shows(&p, "already"))
        play_key(&p, K_ENTER);
    assert_true(play_shows(&p, "There is a setup called my-admin already"));
    play_key(&p, K_ESC);
    assert_int_equal(p.wizard.at, SCREEN_WELCOME);
    play_choose(&p, "new");
    play_key(&p, K_ENTER);
    if (p.wizard.at == SCREEN_WELCOME)
        play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    assert_string_equal(p.wizard.answers.name, "my-admin-2");
    assert_null(p.wizard.answers.network.vpc);
    play_end(&p);
}

static void test_given_answers_only_lack_a_name(void **state)
{
    // claim: an answer file without a name asks for it and goes on with its answers
    struct play p;
    play_start(&p, nameless);
    assert_int_equal(p.wizard.at, SCREEN_WELCOME);
    assert_true(play_shows(&p, "A name for the new setup"));
    play_key(&p, K_ENTER);
    if (p.wizard.at == SCREEN_WELCOME)
        play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    assert_string_equal(p.wizard.answers.network.vpc, "vpc-0a1b2c3d4e5f60718");
    play_end(&p);
}

static void test_a_draft_is_continued_and_deleted(void **state)
{
    // claim: saved answers are listed, continued where they stopped, and deleted after a question
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    wizard_go(&p.wizard, SCREEN_WELCOME);
    play_until(&p, "not created yet, answers saved today");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_FOREST); // the secret was not kept
    assert_string_equal(p.wizard.answers.aws.region, "eu-west-3");
    play_key(&p, K_ESC);
    play_until(&p, "not created yet");
    play_type(&p, "x");
    assert_true(play_shows(&p, "Delete the saved answers of my-admin?"));
    play_key(&p, K_LEFT);
    play_key(&p, K_ENTER);
    assert_false(play_shows(&p, "my-admin"));
    assert_false(draft_name_taken("my-admin"));
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_paste_is_judged_and_never_submits),
        cmocka_unit_test(test_no_secret_in_any_cell),
        cmocka_unit_test(test_forest_that_cannot_be_asked_stops_nobody),
        cmocka_unit_test(test_a_secret_that_forest_rejects_is_confirmed),
        cmocka_unit_test(test_whose_secret_it_is),
        cmocka_unit_test(test_own_auth_secret),
        cmocka_unit_test(test_the_address_first),
        cmocka_unit_test(test_a_new_setup_gets_a_name),
        cmocka_unit_test(test_given_answers_only_lack_a_name),
        cmocka_unit_test(test_a_draft_is_continued_and_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

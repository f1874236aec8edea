// SPDX-License-Identifier: MIT
// The model: from screen to screen and back, what is kept, how it ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/engine/journal.h"
#include "backend/setup/config.h"
#include "backend/setup/fields.h"
#include "screens/drafts.h"
#include "screens/field_help.h"
#include "screens/wizard_private.h"
#include "tests/unit/screens/play.h"
#include "tui/view_private.h"

#define ENV_SECRET "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *draft_path(const struct play *p, const char *name)
{
    return mem_printf("%s/forest-setup/%s/draft.json", p->state_dir, name);
}

static char *read_file(const char *path)
{
    struct str text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, NULL))
        str_clear(&text);
    return text.data ? str_take(&text) : NULL;
}

static void open_help(struct play *p)
{
    const struct key f1 = {.code = K_FUNCTION, .ch = 1};
    struct view_act act = {0};
    view_key(p->wizard.view, &f1, &act);
}

static void test_every_answer_is_named_on_a_screen(void **state)
{
    // claim: the help page of some screen names each field of the answer file, one screen for each
    struct play p;
    play_start(&p, NULL);
    size_t count = 0;
    const struct field *all = fields(&count);
    for (size_t i = 0; i < count; i++) {
        size_t told = 0;
        for (enum screen_id id = 0; id < SCREENS; id++)
            told += field_help_has(screen_of(id), all[i].path);
        assert_int_equal(told, 1);
    }
    open_help(&p);
    play_until(&p, "options.kms_key");
    play_key(&p, K_ESC);
    wizard_go(&p.wizard, SCREEN_NETWORK);
    play_until(&p, "Where should the backend run");
    open_help(&p);
    play_until(&p, "network.new_vpc.cidr");
    play_end(&p);
}

static void test_each_screen_names_the_fields_it_edits(void **state)
{
    // claim: on its help page, each of the screens that ask; the run and its end ask nothing
    static const enum screen_id asking[] = {SCREEN_WELCOME, SCREEN_FOREST,   SCREEN_AWS,
                                            SCREEN_NETWORK, SCREEN_DATABASE, SCREEN_BACKEND,
                                            SCREEN_REVIEW};
    struct play p;
    play_start(&p, NULL);
    size_t count = 0;
    size_t named = 0;
    const struct field *all = fields(&count);
    for (size_t s = 0; s < ARRAY_LEN(asking); s++) {
        wizard_go(&p.wizard, asking[s]);
        play_until_at(&p, asking[s]);
        for (size_t i = 0; i < count; i++) {
            if (!field_help_has(screen_of(asking[s]), all[i].path))
                continue;
            assert_non_null(p.wizard.view->help);
            assert_non_null(strstr(p.wizard.view->help, all[i].path));
            named++;
        }
    }
    assert_int_equal(named, count);
    play_end(&p);
}

static void ask_two(struct answers *a)
{
    a->ask = 1U << ASK_FOREST | 1U << ASK_NETWORK;
}

static void test_only_what_the_file_asks(void **state)
{
    // claim: "ask": ["forest", "network"] asks those two and takes the rest as given, both ways
    struct play p;
    play_start(&p, ask_two);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    play_until(&p, "Environment secret");
    wizard_next(&p.wizard);
    assert_int_equal(p.wizard.at, SCREEN_NETWORK);
    play_until(&p, "prod");
    wizard_back(&p.wizard);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    wizard_next(&p.wizard);
    play_until(&p, "2 private subnets");
    wizard_next(&p.wizard);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    play_end(&p);
}

static void test_back_goes_through_the_six_and_keeps_values(void **state)
{
    // claim: Esc leads from any of the six to the one before, to welcome at last; answers stay
    struct play p;
    play_start(&p, NULL);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    static const enum screen_id way[] = {SCREEN_BACKEND, SCREEN_DATABASE, SCREEN_NETWORK,
                                         SCREEN_AWS,     SCREEN_FOREST,   SCREEN_WELCOME};
    for (size_t i = 0; i < ARRAY_LEN(way); i++) {
        wizard_back(&p.wizard);
        assert_int_equal(p.wizard.at, way[i]);
    }
    assert_string_equal(secret_reveal(&p.wizard.answers.forest.env_secret.value), ENV_SECRET);
    assert_string_equal(p.wizard.answers.aws.region, "eu-west-3");
    play_end(&p);
}

static void test_a_row_of_the_review_leads_back_to_it(void **state)
{
    // claim: a screen opened from the review leads back there, by Esc and by going on
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    assert_true(p.wizard.to_review);
    wizard_back(&p.wizard);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    wizard_go(&p.wizard, SCREEN_FOREST);
    wizard_next(&p.wizard);
    assert_int_equal(p.wizard.at, SCREEN_REVIEW);
    assert_false(p.wizard.to_review);
    play_end(&p);
}

static void no_secret(struct answers *a)
{
    secret_clear(&a->forest.env_secret.value);
    a->forest.env_secret.from = SECRET_NONE;
}

static void test_a_screen_that_is_not_ready_keeps_the_user(void **state)
{
    // claim: going on without what is needed stays, moves the focus there and says why
    struct play p;
    play_start(&p, no_secret);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    assert_true(play_shows(&p, "The environment secret is needed to go on."));
    assert_string_equal(view_focused(p.wizard.view), "env_secret");
    play_key(&p, K_DOWN);
    play_key(&p, K_ESC);
    assert_int_equal(p.wizard.at, SCREEN_WELCOME);
    play_end(&p);
}

static void test_answers_are_saved_without_secrets(void **state)
{
    // claim: a change of screen writes the draft, readable by its owner alone, with no secret in it
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    AUTO_FREE char *path = draft_path(&p, "my-admin");
    AUTO_FREE char *text = read_file(path);
    assert_non_null(text);
    assert_non_null(strstr(text, "eu-west-3"));
    assert_null(strstr(text, ENV_SECRET));
    assert_null(strstr(text, "hush-hush"));
    assert_null(strstr(text, "env:FOREST_ENV_SECRET")); // it was typed: no variable holds it
    struct answers back = {0};
    bool stored = true;
    assert_true(draft_open("my-admin", &back, &stored, NULL));
    assert_false(stored);
    assert_string_equal(back.network.vpc, p.wizard.answers.network.vpc);
    assert_int_equal(back.forest.env_secret.from, SECRET_NONE);
    answers_clear(&back);
    play_end(&p);
}

// A journal of an earlier run whose secrets are stored, an hour old.
static void write_journal(const struct play *p, const struct answers *answers, const char *command,
                          const char *result)
{
    AUTO_FREE char *state = mem_printf("%s/forest-setup", p->state_dir);
    struct journal_identity identity = {.name = answers->name,
                                        .account = "123456789012",
                                        .region = answers->aws.region,
                                        .stack = "0123456789abcdef"};
    struct journal *journal = NULL;
    assert_true(journal_open(&journal, state, &identity, NULL));
    JSON_AUTO *kept = config_write(answers);
    JSON_AUTO *facts = json_object();
    assert_true(journal_write_answers(journal, kept, NULL));
    assert_true(journal_write_intent(journal, "secret", "create", NULL));
    assert_true(journal_write_ready(journal, "secret", facts, 1000, NULL));
    JSON_AUTO *outcome = json_strings("command", command, "result", result, NULL);
    struct json *steps = json_put(outcome, "steps", json_array());
    json_push_str(steps, "secret");
    json_push_str(steps, "api");
    assert_true(journal_write_outcome(journal, outcome, NULL));
    journal_close(journal);
    AUTO_FREE char *path = mem_printf("%s/%s/journal", state, answers->name);
    struct timespec hour_ago[2] = {{.tv_sec = time(NULL) - 3600}, {.tv_sec = time(NULL) - 3600}};
    assert_int_equal(utimensat(AT_FDCWD, path, hour_ago, 0), 0);
}

static void test_changed_answers_win_over_recorded_ones(void **state)
{
    // claim: stored secrets are only relied on while the answers are those of the record
    struct play p;
    play_start(&p, NULL);
    write_journal(&p, &p.wizard.answers, "apply", "stopped");
    wizard_go(&p.wizard, SCREEN_FOREST); // a draft with the same answers
    struct answers back = {0};
    bool stored = false;
    assert_true(draft_open("my-admin", &back, &stored, NULL));
    assert_true(stored);
    answers_clear(&back);
    str_replace(&p.wizard.answers.database.schema, "sales");
    wizard_go(&p.wizard, SCREEN_REVIEW);
    assert_true(draft_open("my-admin", &back, &stored, NULL));
    assert_false(stored);
    assert_string_equal(back.database.schema, "sales");
    answers_clear(&back);
    play_end(&p);
}

static void test_an_address_alone_is_not_running(void **state)
{
    // claim: a run that made only a part is offered to be continued, with what is stored at once
    struct play p;
    play_start(&p, NULL);
    write_journal(&p, &p.wizard.answers, "apply", "done");
    wizard_go(&p.wizard, SCREEN_WELCOME);
    play_until(&p, "stopped at 1 of 2");
    play_key(&p, K_ENTER);
    play_until_at(&p, SCREEN_DONE);
    assert_int_equal(fake_core_last_run(), CORE_RESUME);
    play_end(&p);
}

static void test_what_was_being_taken_away_goes_on_so(void **state)
{
    // claim: continuing a destroy that was interrupted never builds anew
    struct play p;
    play_start(&p, NULL);
    write_journal(&p, &p.wizard.answers, "destroy", "started");
    wizard_go(&p.wizard, SCREEN_WELCOME);
    play_until(&p, "not all of it is taken away yet");
    play_key(&p, K_ENTER);
    assert_int_equal(p.wizard.at, SCREEN_TEARDOWN);
    assert_int_equal(fake_core_runs(), 0);
    play_end(&p);
}

static void test_a_place_that_cannot_be_written_is_told_once(void **state)
{
    // claim: when the answers cannot be saved, that is a note and nothing stops
    struct play p;
    play_start(&p, NULL);
    AUTO_FREE char *file = mem_printf("%s/forest-setup", p.state_dir);
    fs_remove_tree(file, NULL);
    assert_true(fs_write(file, "x", 1, 0600, NULL)); // a file where the directory should be
    str_replace(&p.wizard.answers.database.schema, "sales");
    wizard_go(&p.wizard, SCREEN_FOREST);
    assert_int_equal(p.wizard.at, SCREEN_FOREST);
    play_until(&p, "cannot be saved");
    play_key(&p, K_DOWN);
    play_key(&p, K_ESC);
    assert_false(play_shows(&p, "cannot be saved"));
    unlink(file);
    play_end(&p);
}

static void test_ctrl_c_asks_once_when_secrets_would_be_lost(void **state)
{
    // claim: with a typed secret Ctrl-C asks, Esc stays, twice leaves with 130 and words to go on
    struct play p;
    play_start(&p, NULL);
    wizard_go(&p.wizard, SCREEN_FOREST);
    play_ctrl(&p, 'c');
    assert_false(p.wizard.leave_now);
    assert_true(play_shows(&p, "Leave the wizard?"));
    play_key(&p, K_ESC);
    assert_false(play_shows(&p, "Leave the wizard?"));
    play_ctrl(&p, 'c');
    play_ctrl(&p, 'c');
    assert_true(p.wizard.leave_now);
    assert_int_equal(p.wizard.exit_code, 130);
    assert_non_null(strstr(p.wizard.last_words, "my-admin"));
    play_end(&p);
}

static void test_ctrl_c_leaves_at_once_when_nothing_is_lost(void **state)
{
    // claim: without typed secrets there is nothing to ask
    struct play p;
    play_start(&p, no_secret);
    secret_clear(&p.wizard.answers.database.url.value);
    p.wizard.answers.database.url.from = SECRET_NONE;
    play_ctrl(&p, 'c');
    assert_true(p.wizard.leave_now);
    play_end(&p);
}

static void test_secrets_of_the_environment(void **state)
{
    // claim: a secret in its usual variable is used, said so, and taken out of the environment
    struct play p;
    setenv("FOREST_ENV_SECRET", ENV_SECRET, 1);
    play_start(&p, no_secret);
    assert_null(getenv("FOREST_ENV_SECRET"));
    assert_int_equal(p.wizard.answers.forest.env_secret.from, SECRET_ENV);
    wizard_go(&p.wizard, SCREEN_FOREST);
    play_until(&p, "from the environment variable FOREST_ENV_SECRET");
    play_end(&p);
}

static void in_a_variable(struct secret_answer *answer, const char *name)
{
    secret_clear(&answer->value);
    answer->from = SECRET_ENV;
    mem_free(answer->where);
    answer->where = mem_strdup(name);
}

static void unset_ones(struct answers *answers)
{
    in_a_variable(&answers->forest.env_secret, "SET_NOWHERE");
    in_a_variable(&answers->forest.auth_secret, "ACME_AUTH");
    in_a_variable(&answers->database.url, "ACME_URL");
}

static void test_variables_that_are_not_set(void **state)
{
    // claim: a variable that the answers name and nobody has set is told; no secret is made instead
    struct play p;
    play_start(&p, unset_ones);
    wizard_go(&p.wizard, SCREEN_FOREST);
    play_until(&p, "$SET_NOWHERE, where the answers say it is");
    play_until(&p, "$ACME_AUTH, where the answers say it is");
    play_until(&p, "(\u2022) paste the one from Forest's setup");
    play_choose(&p, "env_secret");
    play_paste(&p, ENV_SECRET);
    play_until(&p, "known to Forest");
    assert_false(play_shows(&p, "SET_NOWHERE"));
    wizard_go(&p.wizard, SCREEN_DATABASE);
    play_until(&p, "$ACME_URL, where the answers say it is");
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_is_named_on_a_screen),
        cmocka_unit_test(test_each_screen_names_the_fields_it_edits),
        cmocka_unit_test(test_only_what_the_file_asks),
        cmocka_unit_test(test_back_goes_through_the_six_and_keeps_values),
        cmocka_unit_test(test_a_row_of_the_review_leads_back_to_it),
        cmocka_unit_test(test_a_screen_that_is_not_ready_keeps_the_user),
        cmocka_unit_test(test_answers_are_saved_without_secrets),
        cmocka_unit_test(test_changed_answers_win_over_recorded_ones),
        cmocka_unit_test(test_an_address_alone_is_not_running),
        cmocka_unit_test(test_what_was_being_taken_away_goes_on_so),
        cmocka_unit_test(test_a_place_that_cannot_be_written_is_told_once),
        cmocka_unit_test(test_ctrl_c_asks_once_when_secrets_would_be_lost),
        cmocka_unit_test(test_ctrl_c_leaves_at_once_when_nothing_is_lost),
        cmocka_unit_test(test_secrets_of_the_environment),
        cmocka_unit_test(test_variables_that_are_not_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

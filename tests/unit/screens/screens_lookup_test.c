// SPDX-License-Identifier: MIT
// Lookups: asked once, kept by the answers they depend on, never shown for others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/lookup_private.h"
#include "tests/unit/screens/play.h"

enum { LIMIT_MS = 5000 };

// Until the lookup has ended; it is asked for in every turn, as frames do.
static struct lookup wait_for(struct play *p, enum core_look kind, const char *what)
{
    int64_t end = clock_ms() + LIMIT_MS;
    struct lookup l = lookup(&p->wizard, kind, what);
    while (l.state == LOOKUP_ASKING && clock_ms() < end) {
        wizard_woken(&p->wizard);
        cancel_sleep(NULL, 1);
        l = lookup(&p->wizard, kind, what);
    }
    if (l.state == LOOKUP_ASKING)
        fail_msg("no answer came");
    return l;
}

static void test_asked_once(void **state)
{
    // claim: many frames ask once, and the answer stays
    struct play p;
    play_start(&p, NULL);
    unsigned before = fake_core_asked(CORE_DATABASES);
    for (int i = 0; i < 50; i++)
        lookup(&p.wizard, CORE_DATABASES, "vpc-1");
    struct lookup l = wait_for(&p, CORE_DATABASES, "vpc-1");
    assert_int_equal(l.state, LOOKUP_KNOWN);
    assert_non_null(json_at(l.value, 0));
    assert_int_equal(fake_core_asked(CORE_DATABASES) - before, 1);
    assert_true(lookup_age_ms(&p.wizard, CORE_DATABASES, "vpc-1") >= 0);
    play_end(&p);
}

static void test_only_what_depends_is_asked_anew(void **state)
{
    // claim: another region asks for its networks, another schema does not; the way back is instant
    struct play p;
    play_start(&p, NULL);
    wait_for(&p, CORE_NETWORKS, NULL);
    unsigned asked = fake_core_asked(CORE_NETWORKS);
    str_replace(&p.wizard.answers.database.schema, "other");
    assert_int_equal(lookup_peek(&p.wizard, CORE_NETWORKS, NULL).state, LOOKUP_KNOWN);
    str_replace(&p.wizard.answers.aws.region, "eu-west-1");
    assert_int_equal(lookup_peek(&p.wizard, CORE_NETWORKS, NULL).state, LOOKUP_ASKING);
    wait_for(&p, CORE_NETWORKS, NULL);
    assert_int_equal(fake_core_asked(CORE_NETWORKS), asked + 1);
    str_replace(&p.wizard.answers.aws.region, "eu-west-3");
    assert_int_equal(lookup(&p.wizard, CORE_NETWORKS, NULL).state, LOOKUP_KNOWN);
    assert_int_equal(fake_core_asked(CORE_NETWORKS), asked + 1);
    play_end(&p);
}

static void set_secret(struct play *p, struct secret *secret, const char *text)
{
    secret_clear(secret);
    secret_set(secret, text, strlen(text), NULL);
    p->wizard.secrets_version++;
}

static void test_secrets_are_told_apart(void **state)
{
    // claim: another environment secret is asked about anew, another database URL is not
    struct play p;
    play_start(&p, NULL);
    wait_for(&p, CORE_FOREST, NULL);
    set_secret(&p, &p.wizard.answers.database.url.value, "postgres://a:b@c/d");
    assert_int_equal(lookup_peek(&p.wizard, CORE_FOREST, NULL).state, LOOKUP_KNOWN);
    set_secret(&p, &p.wizard.answers.forest.env_secret.value, "another");
    assert_int_equal(lookup_peek(&p.wizard, CORE_FOREST, NULL).state, LOOKUP_ASKING);
    play_end(&p);
}

static void test_an_answer_for_older_answers_is_never_shown(void **state)
{
    // claim: what comes late for a region that is no longer chosen does not stand for the new one
    struct play p;
    play_start(&p, NULL);
    fake_core_hold(CORE_NETWORKS, true);
    str_replace(&p.wizard.answers.aws.region, "eu-west-1");
    lookup(&p.wizard, CORE_NETWORKS, NULL);
    str_replace(&p.wizard.answers.aws.region, "us-east-1");
    lookup(&p.wizard, CORE_NETWORKS, NULL);
    fake_core_answer(CORE_NETWORKS, NULL, "[]");
    fake_core_hold(CORE_NETWORKS, false);
    struct lookup l = wait_for(&p, CORE_NETWORKS, NULL);
    assert_int_equal(l.state, LOOKUP_KNOWN);
    assert_int_equal(json_count(l.value), 0);
    str_replace(&p.wizard.answers.aws.region, "eu-west-1");
    // The older question was given up: it is asked anew, not remembered as a failure.
    assert_int_equal(lookup_peek(&p.wizard, CORE_NETWORKS, NULL).state, LOOKUP_ASKING);
    play_end(&p);
}

static void test_a_failure_stays_until_asked_again(void **state)
{
    // claim: a failure is kept with its remedy, and lookup_again() asks anew
    struct play p;
    play_start(&p, NULL);
    fake_core_fail(CORE_STATUS, NULL, ERR_NET, "the network is down", "check the cable");
    struct lookup l = wait_for(&p, CORE_STATUS, "x");
    assert_int_equal(l.state, LOOKUP_FAILED);
    assert_string_equal(l.err->remedy, "check the cable");
    unsigned asked = fake_core_asked(CORE_STATUS);
    lookup(&p.wizard, CORE_STATUS, "x");
    assert_int_equal(fake_core_asked(CORE_STATUS), asked);
    fake_core_answer(CORE_STATUS, NULL, "{}");
    lookup_again(&p.wizard, CORE_STATUS, "x");
    assert_int_equal(wait_for(&p, CORE_STATUS, "x").state, LOOKUP_KNOWN);
    assert_int_equal(fake_core_asked(CORE_STATUS), asked + 1);
    play_end(&p);
}

static void test_held_lookups_start_nothing(void **state)
{
    // claim: the first frame asks nobody; the next one does
    struct play p;
    play_start(&p, NULL);
    unsigned asked = fake_core_asked(CORE_STATUS);
    lookups_hold(&p.wizard, true);
    assert_int_equal(lookup(&p.wizard, CORE_STATUS, "y").state, LOOKUP_ASKING);
    assert_int_equal(fake_core_asked(CORE_STATUS), asked);
    lookups_hold(&p.wizard, false);
    wait_for(&p, CORE_STATUS, "y");
    assert_int_equal(fake_core_asked(CORE_STATUS), asked + 1);
    play_end(&p);
}

static void test_many_keys_stay_bounded(void **state)
{
    // claim: thousands of different questions do not pile up, and the last ones are still answered
    struct play p;
    play_start(&p, NULL);
    for (int i = 0; i < 600; i++) {
        AUTO_FREE char *what = mem_printf("p%d", i);
        assert_int_equal(wait_for(&p, CORE_IDENTITY, what).state, LOOKUP_KNOWN);
    }
    assert_int_equal(lookup_peek(&p.wizard, CORE_IDENTITY, "p599").state, LOOKUP_KNOWN);
    assert_int_equal(lookup_peek(&p.wizard, CORE_IDENTITY, "p0").state, LOOKUP_ASKING);
    play_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asked_once),
        cmocka_unit_test(test_only_what_depends_is_asked_anew),
        cmocka_unit_test(test_secrets_are_told_apart),
        cmocka_unit_test(test_an_answer_for_older_answers_is_never_shown),
        cmocka_unit_test(test_a_failure_stays_until_asked_again),
        cmocka_unit_test(test_held_lookups_start_nothing),
        cmocka_unit_test(test_many_keys_stay_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/setup/suggest.h"

static const char *const words[] = {"name",    "region",     "profile",
                                    "account", "env_secret", "auth_secret"};

static const char *near(const char *word)
{
    return suggest(word, words, sizeof words / sizeof *words);
}

// Claim: one slip of the fingers finds the word that was meant.
static void slips_are_found(void **state)
{
    assert_string_equal(near("nmae"), "name");     // swapped
    assert_string_equal(near("regoin"), "region"); // swapped
    assert_string_equal(near("Region"), "region"); // case
    assert_string_equal(near("profil"), "profile");
    assert_string_equal(near("envsecret"), "env_secret");
}

// Claim: a word that means something else gets no suggestion, nor does an empty or an endless one.
static void strangers_are_not(void **state)
{
    assert_null(near("colour"));
    assert_null(near(""));
    assert_null(near("xx"));
    assert_null(
        near("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slips_are_found),
                                       cmocka_unit_test(strangers_are_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

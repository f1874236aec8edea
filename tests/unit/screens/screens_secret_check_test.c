// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "screens/secret_check.h"

#define HEX16 "0123456789abcdef"
#define HEX48 HEX16 HEX16 HEX16
#define HEX64 HEX48 HEX16

static void expect_env(const char *text, enum view_state state, const char *says)
{
    struct secret_verdict v;
    env_secret_check(text, &v);
    if (v.state != state || !strstr(v.text, says))
        fail_msg("\"%s\": state %d \"%s\", wanted %d \"%s\"", text, (int)v.state, v.text,
                 (int)state, says);
}

static void test_env_secret(void **state)
{
    // The agent's rule, and what a wrong paste looks like instead, each said in its own words.
    expect_env(HEX64, VIEW_GOOD, "form");
    expect_env("", VIEW_QUIET, "");
    expect_env("0123", VIEW_QUIET, "4 of 64");
    expect_env(HEX48, VIEW_BAD, "48 characters: this looks like an auth secret");
    expect_env(HEX64 "0", VIEW_BAD, "65 characters: 1 too many");
    expect_env("0123x", VIEW_BAD, "character 5 is not one of");
    expect_env("012AB", VIEW_BAD, "character 4 is a capital letter");
    expect_env("postgres://u:p@h/d", VIEW_BAD, "database URL");
    expect_env("AKIAIOSFODNN7EXAMPLE", VIEW_BAD, "access key");
    expect_env("\xc3\xa9", VIEW_BAD, "character 1 is not");
}

static void test_env_secret_is_never_repeated(void **state)
{
    // No verdict contains a piece of the secret of 6 characters or more.
    static const char *const wrong[] = {"s3cretvaluethatiswrong", "postgres://user:hunter22@h/d",
                                        HEX64 "abcdef"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct secret_verdict v;
        env_secret_check(wrong[i], &v);
        for (size_t at = 0; at + 6 <= strlen(wrong[i]); at++) {
            AUTO_FREE char *piece = mem_strndup(wrong[i] + at, 6);
            assert_null(strstr(v.text, piece));
        }
    }
}

static void test_auth_secret(void **state)
{
    // At least 32 characters, and not the other secret again.
    struct secret_verdict v;
    auth_secret_check(HEX48, HEX64, &v);
    assert_int_equal(v.state, VIEW_GOOD);
    auth_secret_check("short", HEX64, &v);
    assert_int_equal(v.state, VIEW_QUIET);
    auth_secret_check(HEX64, HEX64, &v);
    assert_int_equal(v.state, VIEW_BAD);
}

static void test_core_of_a_paste(void **state)
{
    // A line of a .env file counts as its value; a value without a name is left alone.
    static const struct {
        const char *pasted, *core;
    } rows[] = {
        {"FOREST_ENV_SECRET=abc", "abc"},
        {"export FOREST_ENV_SECRET=\"abc\"", "abc"},
        {"'abc'", "abc"},
        {"abc", "abc"},
        {"postgres://u:p=q@h/d", "postgres://u:p=q@h/d"},
        {"", ""},
        {"\"", "\""},
        {"X=", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n;
        const char *core = secret_core(rows[i].pasted, &n);
        AUTO_FREE char *got = mem_strndup(core, n);
        assert_string_equal(got, rows[i].core);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_env_secret),
        cmocka_unit_test(test_env_secret_is_never_repeated),
        cmocka_unit_test(test_auth_secret),
        cmocka_unit_test(test_core_of_a_paste),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

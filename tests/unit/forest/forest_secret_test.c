// SPDX-License-Identifier: MIT
// The two secrets, judged offline: what is accepted, and what a wrong paste is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/forest/forest.h"

#define HEX8  "0a1b2c3d"
#define HEX48 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8
#define HEX64 HEX48 HEX8 HEX8
#define UPPER "0A1B2C3D"

struct paste {
    const char *text;
    const char *says; // NULL: accepted
};

typedef bool check_function(const struct secret *secret, struct err *err);

static void judge(check_function *check, const struct paste *pastes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct paste *p = &pastes[i];
        SECRET_AUTO secret = {0};
        ERR_AUTO err = {0};
        assert_true(secret_set(&secret, p->text, strlen(p->text), NULL));
        bool ok = check(&secret, &err);
        if (ok != (p->says == NULL))
            fail_msg("%s: \"%s\"", ok ? "accepted" : err.message, p->text);
        if (ok) {
            assert_null(err.message);
            continue;
        }
        if (!strstr(err.message, p->says))
            fail_msg("\"%s\" instead of \"%s\"", err.message, p->says);
        assert_int_equal(err.kind, ERR_INPUT);
        assert_non_null(err.code);
        assert_non_null(err.remedy);
        // Neither the secret nor a part of it: no 8 characters in a row.
        for (size_t at = 0; strlen(p->text) >= 8 && at + 8 <= strlen(p->text); at++) {
            AUTO_FREE char *part = mem_strndup(p->text + at, 8);
            if (strstr(err.message, part) || strstr(err.remedy, part))
                fail_msg("shows \"%s\": %s", part, err.message);
        }
    }
}

static void the_environment_secret(void **state)
{
    // Exactly the agent's rule; everything else is told by what it looks like.
    static const struct paste pastes[] = {
        {HEX64, NULL},
        {"", "empty"},
        {HEX48,
         "48 characters: this looks like an auth secret. The environment secret has 64, all 0-9 "
         "a-f."},
        {UPPER UPPER UPPER UPPER UPPER UPPER UPPER UPPER,
         "64 characters: some are capital letters"},
        {HEX64 "\n", "65 characters: there is a line break at its end"},
        {HEX64 "\r\n", "a line break"},
        {" " HEX64, "white space around"},
        {HEX64 "\t", "white space around"},
        {"\"" HEX64 "\"", "66 characters: there are quotes"},
        {"'" HEX64 "'", "quotes"},
        {"FOREST_ENV_SECRET=" HEX64, "name of a variable"},
        {"export FOREST_ENV_SECRET=" HEX64, "name of a variable"},
        {HEX48 " " HEX8 HEX8, "white space in it"},
        {HEX64 HEX64, "128 characters: the secret is in it twice"},
        {HEX48 HEX8, "56 characters: a part is missing"},
        {HEX64 "0", "65 characters: there are too many"},
        {HEX48 HEX8 "0a1b2c3g", "64 characters: some are not 0-9 a-f"},
        {"postgres://app:pw@db.acme.internal:5432/shop", "looks like a database URL"},
        {"postgresql://app@db/shop", "looks like a database URL"},
        {"https://app.forestadmin.com/acme", "looks like a URL"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjp7fX0.c2lnbmF0dXJl", "login token (JWT)"},
        {"0779b97a-c04a-48f9-9483-22e8b0487de4", "an id (UUID)"},
        {"AKIAIOSFODNN7EXAMPLE", "AWS access key"},
        {"****************", "dots that hide a secret"},
        {"\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2", "4 characters: these are the dots"},
        {HEX64 "\xE2\x80\x8B", "65 characters: some cannot be seen"},
        {"x", "1 character: this is something else"},
    };
    judge(forest_env_secret_check, pastes, ARRAY_LEN(pastes));
}

static void the_auth_secret(void **state)
{
    // Any long random text, but not what is obviously another thing.
    static const struct paste pastes[] = {
        {HEX48, NULL},
        {HEX64, NULL},
        {"correct horse battery staple and so on", NULL},
        {"", "empty"},
        {"0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3", "31 characters: too few"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too much of the same"},
        {HEX48 "\n", "a line break at its end"},
        {"'" HEX48 "'", "quotes"},
        {"FOREST_AUTH_SECRET=" HEX48, "name of a variable"},
        {"postgres://app:pw@db.acme.internal:5432/shop", "a database URL"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjp7fX0.c2lnbmF0dXJl", "login token"},
        {"........................................", "dots that hide"},
    };
    judge(forest_auth_secret_check, pastes, ARRAY_LEN(pastes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_secret),
        cmocka_unit_test(the_auth_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

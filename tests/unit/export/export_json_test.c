// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "backend/export/export.h"
#include "backend/setup/config.h"

#define RECORDED                                                                                   \
    "{\"version\":1,\"name\":\"my-admin\",\"forest\":{\"env_secret\":\"file:/home/x/secrets/"      \
    "env\",\"auth_secret\":"                                                                       \
    "\"file:/srv/"                                                                                 \
    "auth\"},\"database\":{\"url\":\"env:MY_URL\"},\"network\":{\"vpc\":\"prod\"},\"backend\":{"   \
    "\"source\":{\"folder\":\"/home/x/admin\"}}}"

static char *exported(const char *recorded, const char *base_dir)
{
    struct err err = {0};
    struct json *tree = json_parse(recorded, strlen(recorded), NULL, NULL);
    assert_non_null(tree);
    char *text = export_json(tree, base_dir, &err);
    json_free(tree);
    err_clear(&err);
    return text;
}

// Claim: paths below the directory become relative; a secret's file elsewhere becomes a variable,
// never a machine path.
static void no_machine_paths(void **state)
{
    char *text = exported(RECORDED, "/home/x");
    struct json *tree = json_parse(text, strlen(text), NULL, NULL);
    assert_string_equal(json_str(tree, "backend.source.folder"), "./admin");
    assert_string_equal(json_str(tree, "forest.env_secret"), "file:./secrets/env");
    assert_string_equal(json_str(tree, "forest.auth_secret"), "env:FOREST_AUTH_SECRET");
    assert_string_equal(json_str(tree, "database.url"), "env:MY_URL");
    assert_null(strstr(text, "/home/x"));
    json_free(tree);
    mem_free(text);
}

// Claim: export, read by apply in the same directory, export again: the same bytes.
static void round_trip_is_identical(void **state)
{
    char *first = exported(RECORDED, "/home/x");
    struct answers a = {0};
    struct problems problems = {0};
    assert_true(config_parse(first, strlen(first), "/home/x", &a, &problems));
    struct json *recorded = config_write(&a);
    char *second = export_json(recorded, "/home/x", NULL);
    assert_string_equal(first, second);
    json_free(recorded);
    answers_clear(&a);
    mem_free(first);
    mem_free(second);
}

// Claim: recorded answers that are not valid are refused, not exported.
static void bad_record_is_refused(void **state)
{
    assert_null(exported("{\"version\":1,\"name\":\"X\"}", "/"));
    assert_null(exported("[]", "/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_machine_paths),
                                       cmocka_unit_test(round_trip_is_identical),
                                       cmocka_unit_test(bad_record_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

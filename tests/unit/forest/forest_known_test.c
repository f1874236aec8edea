// SPDX-License-Identifier: MIT
// What is made of Forest's answers about a secret and about a schema.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/forest/forest.h"
#include "tests/unit/forest/stand_in.h"

static struct http_client *http;
static struct secret env_secret;
#define CANARY "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00"

static struct forest_check ask(int status, const char *headers, const char *body)
{
    struct stand_in s = {.status = status, .headers = headers, .body = body};
    stand_in_start(&s);
    struct forest_check check;
    ERR_AUTO err = {0};
    assert_true(forest_secret_known(http, server_url(s.server), &env_secret, NULL, &check, &err));
    assert_null(err.message);
    stand_in_stop(&s);
    return check;
}

static void the_secret_goes_in_its_header(void **state)
{
    // One GET of the smallest answer there is, with the secret in forest-secret-key and nowhere
    // else.
    struct stand_in s = {.status = 200, .body = "{\"data\":{}}"};
    stand_in_start(&s);
    AUTO_FREE char *with_slash = mem_printf("%s/", server_url(s.server));
    struct forest_check check;
    assert_true(forest_secret_known(http, with_slash, &env_secret, NULL, &check, NULL));
    assert_int_equal(check.known, FOREST_KNOWN);
    assert_string_equal(s.method, "GET");
    assert_string_equal(s.target, "/liana/v1/ip-whitelist-rules");
    assert_non_null(strstr(s.head, "forest-secret-key: " CANARY "\r\n"));
    assert_int_equal(server_requests(s.server), 1);
    forest_check_clear(&check);
    stand_in_stop(&s);
}

static void known_with_and_without_whitelist(void **state)
{
    // 200 is known; the same answer tells whether the IP whitelist is on.
    struct forest_check off = ask(200, NULL,
                                  "{\"data\":{\"type\":\"ip-whitelist-rules\",\"attributes\":"
                                  "{\"use_ip_whitelist\":false,\"rules\":[]}}}");
    assert_int_equal(off.known, FOREST_KNOWN);
    assert_false(off.ip_whitelist);
    forest_check_clear(&off);
    struct forest_check on =
        ask(200, NULL, "{\"data\":{\"attributes\":{\"use_ip_whitelist\":true}}}");
    assert_true(on.ip_whitelist);
    forest_check_clear(&on);
}

static void unknown_says_what_forest_says(void **state)
{
    // 404, 401 and 403 reject; the detail is Forest's, without control characters or the secret.
    static const int statuses[] = {404, 401, 403};
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct forest_check check =
            ask(statuses[i], NULL,
                "{\"errors\":[{\"detail\":\"no \\u001b[31mproject for " CANARY "\"}]}");
        assert_int_equal(check.known, FOREST_UNKNOWN);
        assert_string_equal(check.detail, "no \\x1b[31mproject for ***");
        forest_check_clear(&check);
        check = ask(statuses[i], HTML_TYPE, "<html>no</html>");
        assert_int_equal(check.known, FOREST_UNKNOWN);
        assert_null(check.detail);
        forest_check_clear(&check);
    }
}

static void everything_else_could_not_be_asked(void **state)
{
    // Errors of Forest, redirects, hotel pages, dead connections: never a verdict on the secret.
    static const struct {
        int status;
        const char *headers, *body, *says;
    } answers[] = {
        {503, NULL, "{}", "maintenance"},
        {500, NULL, "{}", "500"},
        {429, NULL, "{}", "429"},
        {302, "Location: http://127.0.0.1:1/login\r\n", "", "302"},
        {200, HTML_TYPE, "<html>Welcome to the hotel</html>", "not as Forest"},
        {200, NULL, "[]", "not as Forest"},
        {200, NULL, "", "not as Forest"},
        {0, NULL, NULL, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct forest_check check = ask(answers[i].status, answers[i].headers, answers[i].body);
        assert_int_equal(check.known, FOREST_UNREACHABLE);
        assert_non_null(strstr(check.detail, answers[i].says));
        forest_check_clear(&check);
    }
}

static void a_url_that_may_not_be_called_is_unreachable(void **state)
{
    // Plain http away from this machine, and no URL at all: said in the detail, never an abort.
    static const char *const urls[] = {"http://api.forestadmin.com", "nonsense"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct forest_check check;
        assert_true(forest_secret_known(http, urls[i], &env_secret, NULL, &check, NULL));
        assert_int_equal(check.known, FOREST_UNREACHABLE);
        assert_non_null(check.detail);
        assert_null(strstr(check.detail, "c0ffee"));
        forest_check_clear(&check);
    }
}

static void cancel_is_the_only_failure(void **state)
{
    // A cancelled question is ERR_CANCELLED; there is no verdict then.
    struct stand_in s = {.status = -1};
    stand_in_start(&s);
    struct cancel cancel;
    cancel_init(&cancel);
    cancel_request(&cancel);
    struct forest_check check;
    ERR_AUTO err = {0};
    assert_false(
        forest_secret_known(http, server_url(s.server), &env_secret, &cancel, &check, &err));
    assert_int_equal(err.kind, ERR_CANCELLED);
    forest_check_clear(&check);
    cancel_clear(&cancel);
    stand_in_stop(&s);
}

static void nobody_waits_longer_than_ten_seconds(void **state)
{
    // A Forest that accepts and never answers is unreachable after 10 s.
    struct stand_in s = {.status = -1};
    stand_in_start(&s);
    struct forest_check check;
    int64_t start = clock_ms();
    assert_true(forest_secret_known(http, server_url(s.server), &env_secret, NULL, &check, NULL));
    assert_in_range(clock_ms() - start, 8000, 12000);
    assert_int_equal(check.known, FOREST_UNREACHABLE);
    forest_check_clear(&check);
    stand_in_stop(&s);
}

// ---- the schema

struct schema_case {
    int status;
    const char *body;
    bool ok;
    size_t collections;
    bool retry;
    const char *code;
};

static void the_schema_is_counted(void **state)
{
    // Collections are counted; none yet is worth another look; a refused secret is not.
    static const struct schema_case cases[] = {
        {200, "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"included\":[],\"meta\":{}}", true, 2,
         false, NULL},
        {200, "{\"data\":[],\"included\":[]}", false, 0, true, "schema-empty"},
        {200, "<html>", false, 0, true, "forest-error"},
        {404, "{\"errors\":[{\"detail\":\"unknown\"}]}", false, 0, true, "forest-secret-unknown"},
        {403, "{}", false, 0, false, "forest-secret-unknown"},
        {401, "{}", false, 0, false, "forest-secret-unknown"},
        {503, "{}", false, 0, true, "forest-maintenance"},
        {500, "{}", false, 0, true, "forest-error"},
        {0, NULL, false, 0, true, "forest-unreachable"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct schema_case *c = &cases[i];
        struct stand_in s = {.status = c->status, .body = c->body};
        stand_in_start(&s);
        size_t collections = 99;
        bool retry = !c->retry;
        ERR_AUTO err = {0};
        bool ok = forest_check_schema(http, server_url(s.server), &env_secret, NULL, &collections,
                                      &retry, &err);
        assert_int_equal(ok, c->ok);
        assert_int_equal(collections, c->collections);
        assert_int_equal(retry, c->retry);
        if (c->code)
            assert_string_equal(err.code, c->code);
        assert_string_equal(s.target, "/liana/forest-schema");
        assert_null(err.message ? strstr(err.message, "c0ffee") : NULL);
        stand_in_stop(&s);
    }
}

static int setup(void **state)
{
    if (!http_global_init(NULL) || !secret_set(&env_secret, CANARY, strlen(CANARY), NULL))
        return -1;
    http = http_client_new(NULL);
    return http ? 0 : -1;
}

static int teardown(void **state)
{
    secret_clear(&env_secret);
    http_client_free(http);
    http_global_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_secret_goes_in_its_header),
        cmocka_unit_test(known_with_and_without_whitelist),
        cmocka_unit_test(unknown_says_what_forest_says),
        cmocka_unit_test(everything_else_could_not_be_asked),
        cmocka_unit_test(a_url_that_may_not_be_called_is_unreachable),
        cmocka_unit_test(cancel_is_the_only_failure),
        cmocka_unit_test(nobody_waits_longer_than_ten_seconds),
        cmocka_unit_test(the_schema_is_counted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

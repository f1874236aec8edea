// SPDX-License-Identifier: MIT
// A backend looked at from outside: each check's verdict on each answer, its code, whether to look
// again, and what may be shown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/diagnose/table.h"
#include "backend/forest/forest.h"
#include "backend/forest/look.h"
#include "tests/unit/forest/stand_in.h"

static struct http_client *http;

typedef bool check_function(const struct backend_check *check, bool *out_retry, struct err *err);

struct expect {
    int status;
    const char *headers, *body;
    const char *code; // NULL: the check passes
    bool retry;
    const char *says; // in the message; NULL for nothing in particular
};

// What was asked is left in *asked for the caller, who stops it.
static void look(check_function *check, const struct expect *e, struct stand_in *asked)
{
    *asked = (struct stand_in){.status = e->status, .headers = e->headers, .body = e->body};
    stand_in_start(asked);
    const struct backend_check backend = {.http = http, .url = server_url(asked->server)};
    bool retry = !e->retry;
    ERR_AUTO err = {0};
    bool ok = check(&backend, &retry, &err);
    const char *code = err.code ? err.code : "nothing";
    if (ok != (e->code == NULL) || (e->code && strcmp(code, e->code) != 0))
        fail_msg("%s (%s) for status %d: %s", code, err.message ? err.message : "", e->status,
                 e->body ? e->body : "");
    if (ok)
        return;
    if (retry != e->retry)
        fail_msg("retry is %d for %s", retry, code);
    if (e->says && !strstr(err.message, e->says))
        fail_msg("\"%s\" instead of \"%s\"", err.message, e->says);
    if (str_empty(err.remedy))
        fail_msg("no remedy for %s", code);
}

static void look_at_all(check_function *check, const struct expect *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct stand_in asked;
        look(check, &cases[i], &asked);
        stand_in_stop(&asked);
    }
}

#define MESSAGE(text) "{\"message\":\"" text "\"}"
#define PAGE(title)   "<html><head><title>" title "</title></head></html>"
// What is not the backend's; the same for every check.
#define FOREIGN                                                                                    \
    {404, NULL, MESSAGE("Not Found"), "gateway-not-found", true, "no route"},                      \
        {503, NULL, MESSAGE("Service Unavailable"), "gateway-unavailable", true, "503"},           \
        {500, NULL, MESSAGE("Internal Server Error"), "gateway-error", true, NULL},                \
        {504, NULL, MESSAGE("Endpoint request timed out"), "gateway-timeout", true, NULL},         \
        {401, NULL, MESSAGE("Unauthorized"), "gateway-login", false, NULL},                        \
        {403, NULL, MESSAGE("Forbidden"), "gateway-login", false, NULL},                           \
        {429, NULL, MESSAGE("Too Many Requests"), "gateway-throttled", true, NULL},                \
        {502, HTML_TYPE, PAGE("502 Bad Gateway"), "gateway-balancer-502", true, NULL},             \
        {503,  HTML_TYPE, PAGE("503 Service Temporarily Unavailable"), "gateway-balancer-503",     \
         true, NULL},                                                                              \
        {504, HTML_TYPE, PAGE("504 Gateway Time-out"), "gateway-balancer-504", true, NULL},        \
    {                                                                                              \
        0, NULL, NULL, "not-answering", true, NULL                                                 \
    }

#define STATE(phase, attempts, last, cause)                                                        \
    "{\"error\":\"agent not ready\",\"state\":{\"phase\":\"" phase "\",\"attempts\":" attempts     \
    ",\"lastError\":" last ",\"cause\":" cause "}}"

static void it_answers(void **state)
{
    // GET / must be 200; everything between it and us has a name of its own.
    static const struct expect cases[] = {
        {200, "Content-Type: text/plain\r\n", "ok", NULL, false, NULL},
        FOREIGN,
        {404, HTML_TYPE, "Cannot GET /", "answer-unexpected", false, "404"},
        {302, "Location: https://elsewhere.example/\r\n", "", "answer-unexpected", false, "302"},
        {500, NULL, "{\"error\":\"x\"}", "answer-unexpected", true, "500"},
        {404, NULL, "{\"message\":\"Not Found\",\"path\":\"/\"}", "answer-unexpected", false, NULL},
    };
    look_at_all(forest_check_answers, cases, ARRAY_LEN(cases));
}

static void the_agent_runs(void **state)
{
    // Only the agent's own words count; its 503 carries cause and text, and tells when waiting is
    // pointless.
    static const struct expect cases[] = {
        {200, NULL, "{\"error\":null,\"message\":\"Agent is running\"}", NULL, false, NULL},
        {200, NULL, "{\"error\":\"Agent is not started\"}", "agent-starting", true, NULL},
        {503, NULL, STATE("starting", "0", "null", "null"), "agent-starting", true, "(starting)"},
        {503, NULL, STATE("database", "1", "null", "null"), "agent-starting", true, "(database)"},
        {503, NULL,
         STATE("retrying", "1", "\"password authentication failed\"", "\"database-auth\""),
         "database-auth", true, "password authentication failed"},
        {503, NULL,
         STATE("retrying", "2", "\"password authentication failed\"", "\"database-auth\""),
         "database-auth", false, NULL},
        {503, NULL,
         STATE("retrying", "9", "\"connect ETIMEDOUT 10.0.0.1:5432\"", "\"database-unreachable\""),
         "database-unreachable", true, "10.0.0.1:5432"},
        {503, NULL, STATE("retrying", "2", "\"Cannot find\"", "\"forest-secret-unknown\""),
         "forest-secret-unknown", false, NULL},
        {503, NULL, STATE("retrying", "7", "\"maintenance\"", "\"forest-maintenance\""),
         "forest-maintenance", true, NULL},
        // Its environment never changes: it has given up at the first attempt.
        {503, NULL,
         STATE("failed", "1", "\"FOREST_ENV_SECRET is not set\"", "\"env-secret-missing\""),
         "env-secret-missing", false, "FOREST_ENV_SECRET"},
        {503, NULL, STATE("retrying", "3", "\"new\"", "\"a-word-of-tomorrow\""),
         "a-word-of-tomorrow", true, "new"},
        {503, NULL, STATE("retrying", "3", "\"x\"", "\"Not A Word\\u001b\""), "agent-starting",
         true, NULL},
        {503, NULL, STATE("retrying", "2", "\"\\u001b[31mred\\u202e\"", "\"forest-error\""),
         "forest-error", true, "\\x1b[31mred\\u202e"},
        {200, HTML_TYPE, "<html>my shop</html>", "agent-missing", true, NULL},
        {404, HTML_TYPE, "Cannot GET /forest", "agent-missing", true, "404"},
        {301, "Location: /\r\n", "", "agent-missing", true, "301"},
        {500, NULL, "{}", "answer-unexpected", true, NULL},
        FOREIGN,
    };
    look_at_all(forest_check_agent, cases, ARRAY_LEN(cases));
}

static void lasting_causes_are_the_certain_ones(void **state)
{
    // The table of causes and the check agree on what waiting cannot cure, row by row.
    const struct diagnose_row *row;
    size_t compared = 0;
    for (size_t i = 0; (row = diagnose_row(i)) != NULL; i++) {
        if (row->rank != RANK_SAID || !row->word)
            continue;
        const char *only = row->only ? row->only : "x";
        AUTO_FREE char *text = mem_strndup(only, strcspn(only, "|"));
        if (look_cause_lasts(row->word, text) != row->certain)
            fail_msg("%s: the table says certain %d", row->id, row->certain);
        compared++;
    }
    assert_true(compared >= 24);
}

static void no_secret_in_a_message(void **state)
{
    // A secret that a backend gives away in its error is not given on.
    SECRET_AUTO secret = {0};
    assert_true(secret_set(&secret, "hunter22hunter22", 16, NULL));
    struct stand_in s = {.status = 503,
                         .body =
                             STATE("retrying", "2", "\"bad url postgres://a:hunter22hunter22@h\"",
                                   "\"database-error\"")};
    stand_in_start(&s);
    const struct backend_check backend = {.http = http, .url = server_url(s.server)};
    bool retry = false;
    ERR_AUTO err = {0};
    assert_false(forest_check_agent(&backend, &retry, &err));
    assert_null(strstr(err.message, "hunter22"));
    assert_null(strstr(err.remedy, "hunter22"));
    stand_in_stop(&s);
}

#define ALLOW_ORIGIN      "Access-Control-Allow-Origin: https://app.forestadmin.com\r\n"
#define ALLOW_CREDENTIALS "Access-Control-Allow-Credentials: true\r\n"
#define ALLOW_HEADERS                                                                              \
    "Access-Control-Allow-Headers: Authorization, "                                                \
    "content-type,forest-context-url,forest-projection\r\n"

static void a_browser_may_call_it(void **state)
{
    // Origin echoed, credentials allowed, Forest's headers listed: as the browser judges.
    static const struct expect cases[] = {
        {204, ALLOW_ORIGIN ALLOW_CREDENTIALS ALLOW_HEADERS, "", NULL, false, NULL},
        {200, ALLOW_ORIGIN ALLOW_CREDENTIALS ALLOW_HEADERS, "", NULL, false, NULL},
        {204, "", "", "cors-missing", false, "does not allow browsers to call it"},
        {204, "Access-Control-Allow-Origin: *\r\n" ALLOW_CREDENTIALS ALLOW_HEADERS, "",
         "cors-missing", false, "browsers on *"},
        {204,
         "Access-Control-Allow-Origin: https://other.example\r\n" ALLOW_CREDENTIALS ALLOW_HEADERS,
         "", "cors-missing", false, "https://other.example"},
        {204, ALLOW_ORIGIN ALLOW_HEADERS, "", "cors-missing", false, "send a login"},
        {204, ALLOW_ORIGIN "Access-Control-Allow-Credentials: false\r\n" ALLOW_HEADERS, "",
         "cors-missing", false, "send a login"},
        {204, ALLOW_ORIGIN ALLOW_CREDENTIALS, "", "cors-missing", false, "header authorization"},
        {204,
         ALLOW_ORIGIN ALLOW_CREDENTIALS
         "Access-Control-Allow-Headers: authorization,content-type,forest-context-url\r\n",
         "", "cors-missing", false, "header forest-projection"},
        {404, HTML_TYPE, "Cannot OPTIONS", "answer-unexpected", false, NULL},
        FOREIGN,
    };
    look_at_all(forest_check_cors, cases, ARRAY_LEN(cases));
    struct stand_in asked;
    look(forest_check_cors, &cases[0], &asked);
    assert_string_equal(asked.method, "OPTIONS");
    assert_string_equal(asked.target, "/forest/authentication");
    assert_non_null(strstr(asked.head, "Origin: https://app.forestadmin.com\r\n"));
    assert_non_null(strstr(asked.head, "Access-Control-Request-Method: POST\r\n"));
    assert_non_null(strstr(asked.head, "Access-Control-Request-Headers: authorization,content-type,"
                                       "forest-context-url,forest-projection\r\n"));
    stand_in_stop(&asked);
}

static void data_needs_a_login(void **state)
{
    // Only a 401 of the agent itself is a wall; a 401 of the gateway hides that there may be none.
    static const struct expect cases[] = {
        {401, NULL, "{\"errors\":[{\"name\":\"UnauthorizedError\"}]}", NULL, false, NULL},
        {200, NULL, "{\"data\":[]}", "wall-open", false, "without a login"},
        {204, "", "", "wall-open", false, NULL},
        {404, NULL, "{\"errors\":[]}", "answer-unexpected", false, NULL},
        {302, "Location: /login\r\n", "", "answer-unexpected", false, NULL},
        {503, NULL, STATE("starting", "0", "null", "null"), "agent-starting", true, NULL},
        FOREIGN,
    };
    look_at_all(forest_check_wall, cases, ARRAY_LEN(cases));
    struct stand_in asked;
    look(forest_check_wall, &cases[0], &asked);
    assert_true(str_starts(asked.target, "/forest/"));
    assert_null(strcasestr(asked.head, "authorization:"));
    stand_in_stop(&asked);
}

// ---- the URL that Forest holds

static char *redirect(const char *body, bool *out_ok)
{
    struct stand_in s = {.status = 200, .body = body};
    stand_in_start(&s);
    const struct backend_check backend = {.http = http, .url = server_url(s.server)};
    char *url = NULL;
    ERR_AUTO err = {0};
    *out_ok = forest_redirect_url(&backend, &url, &err);
    assert_string_equal(s.method, "POST");
    assert_string_equal(s.target, "/forest/authentication");
    assert_string_equal(s.asked_body, "{\"renderingId\":1}");
    stand_in_stop(&s);
    return url;
}

static void the_redirect_tells_the_url(void **state)
{
    // The URL in the login's redirect, without the agent's path; NULL when there is none.
    static const struct {
        const char *query, *url;
    } cases[] = {
        {"?client_id=x&redirect_uri=https%3A%2F%2Fa1.execute-api.eu-west-3.amazonaws.com%2Fforest%"
         "2F"
         "authentication%2Fcallback&state=1",
         "https://a1.execute-api.eu-west-3.amazonaws.com"},
        {"?redirect_uri=http://localhost:3000/forest/authentication/callback",
         "http://localhost:3000"},
        {"?redirect_uri=https%3A%2F%2Fold.example%2F", "https://old.example/"},
        {"?my_redirect_uri=https%3A%2F%2Fx&state=1", NULL},
        {"?redirect_uri=%zz", NULL},
        {"?redirect_uri=https%3A%2F%2Fx%1b%5b", "https://x\\x1b["},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO_FREE char *body = mem_printf(
            "{\"authorizationUrl\":\"https://api.forestadmin.com/oidc/auth%s\"}", cases[i].query);
        bool ok = false;
        AUTO_FREE char *url = redirect(body, &ok);
        assert_true(ok);
        if (cases[i].url)
            assert_string_equal(url, cases[i].url);
        else
            assert_null(url);
    }
    bool ok = true;
    AUTO_FREE char *none = redirect("{}", &ok);
    assert_false(ok);
    assert_null(none);
}

static void plain_http_is_for_this_machine(void **state)
{
    // Another machine's http:// URL is refused, and asking again cannot help.
    const struct backend_check backend = {.http = http, .url = "http://backend.example"};
    bool retry = true;
    ERR_AUTO err = {0};
    assert_false(forest_check_answers(&backend, &retry, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_false(retry);
}

static void an_err_may_be_null(void **state)
{
    // The verdict does not depend on who listens to the reason.
    struct stand_in s = {.status = 0};
    stand_in_start(&s);
    const struct backend_check backend = {.http = http, .url = server_url(s.server)};
    bool retry = false;
    assert_false(forest_check_agent(&backend, &retry, NULL));
    assert_true(retry);
    s.body = "{\"errors\":[]}";
    s.status = 401;
    assert_true(forest_check_wall(&backend, &retry, NULL));
    stand_in_stop(&s);
}

static int setup(void **state)
{
    if (!http_global_init(NULL))
        return -1;
    http = http_client_new(NULL);
    return http ? 0 : -1;
}

static int teardown(void **state)
{
    http_client_free(http);
    http_global_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers),
        cmocka_unit_test(the_agent_runs),
        cmocka_unit_test(lasting_causes_are_the_certain_ones),
        cmocka_unit_test(no_secret_in_a_message),
        cmocka_unit_test(a_browser_may_call_it),
        cmocka_unit_test(data_needs_a_login),
        cmocka_unit_test(the_redirect_tells_the_url),
        cmocka_unit_test(plain_http_is_for_this_machine),
        cmocka_unit_test(an_err_may_be_null),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

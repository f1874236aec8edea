// SPDX-License-Identifier: MIT
// Credentials that expire in the middle of a run, against a server that takes one key only: the
// call waits, is told, and goes on, stops, or is cancelled.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/aws/call.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/login_wait.h"
#include "tests/unit/support/http_server.h"

struct scene {
    struct server *server;
    struct stack stack;
    struct cancel cancel;
    struct login_wait *wait;
    char dir[64];
    char *file;
    atomic_uint creates; // that were taken
    const char *then;    // what somebody signs in with when the pause is told; NULL: cancels
    unsigned pauses, ends;
    char *profile;
};

static void write_key(struct scene *s, const char *key)
{
    AUTO_FREE char *text = mem_printf("[work]\naws_access_key_id = %s\naws_secret_access_key = "
                                      "secretsecret\naws_session_token = token\n",
                                      key);
    assert_true(fs_write(s->file, text, strlen(text), 0600, NULL));
}

static void answer(struct scene *s, struct server_connection *c, const struct server_request *r)
{
    AUTO_FREE char *authorization = server_header(r, "Authorization");
    bool known = !strstr(authorization, "Credential=OLD/");
    const char *account =
        strstr(authorization, "Credential=OTHER/") ? "222222222222" : "111111111111";
    if (!known) {
        server_reply(c, 403, "",
                     "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>");
    } else if (strstr(r->body, "Action=GetCallerIdentity&")) {
        AUTO_FREE char *body = mem_printf(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account><Arn>arn:aws:"
            "iam::%s:user/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>",
            account, account);
        server_reply(c, 200, "", body);
    } else {
        atomic_fetch_add(&s->creates, 1);
        server_reply(c, 200, "", "<CreateRoleResponse/>");
    }
}

static void serve(struct server_connection *c, void *context)
{
    struct server_request r;
    while (server_read(c, &r)) {
        answer(context, c, &r);
        server_request_clear(&r);
    }
    server_request_clear(&r);
}

static void on_event(void *context, const struct event *event)
{
    struct scene *s = context;
    if (str_eq(event->word, EVENT_WORD_SIGNED_IN))
        s->ends++;
    if (!str_eq(event->word, EVENT_WORD_LOGIN))
        return;
    s->pauses++;
    str_replace(&s->profile, event->profile);
    if (s->then)
        write_key(s, s->then);
    else
        cancel_request(&s->cancel);
}

static void scene_open(struct scene *s, const char *then)
{
    *s = (struct scene){.dir = "/tmp/forest-login-XXXXXX", .then = then};
    assert_non_null(mkdtemp(s->dir));
    s->file = fs_join(s->dir, "credentials");
    AUTO_FREE char *config = fs_join(s->dir, "config");
    setenv("AWS_SHARED_CREDENTIALS_FILE", s->file, 1);
    setenv("AWS_CONFIG_FILE", config, 1);
    write_key(s, "OLD");
    s->server = server_start(serve, s);
    cancel_init(&s->cancel);
    struct stack *k = &s->stack;
    k->cancel = &s->cancel;
    k->aws_files = aws_config_load(NULL);
    k->http = http_client_new(NULL);
    k->profile = mem_strdup("work");
    k->profile_explicit = true;
    k->region = mem_strdup("eu-west-3");
    k->account = mem_strdup("111111111111");
    for (int i = 0; i < AWS_SERVICE_COUNT; i++)
        k->endpoints.url[i] = mem_strdup(server_url(s->server));
    struct credentials_options credentials = {.config = k->aws_files,
                                              .profile = k->profile,
                                              .profile_explicit = true,
                                              .region = k->region,
                                              .http = k->http,
                                              .cancel = k->cancel};
    k->credentials = credentials_source_new(&credentials);
    struct aws_client_options aws = {.http = k->http,
                                     .credentials = k->credentials,
                                     .endpoints = &k->endpoints,
                                     .region = k->region,
                                     .cancel = k->cancel};
    k->aws = aws_client_new(&aws);
    s->wait = login_wait_new((struct event_sink){on_event, s});
    login_wait_begin(s->wait, k);
}

static void scene_close(struct scene *s)
{
    struct stack *k = &s->stack;
    aws_client_free(k->aws);
    credentials_source_free(k->credentials);
    http_client_free(k->http);
    aws_config_free(k->aws_files);
    aws_endpoints_clear(&k->endpoints);
    login_wait_free(s->wait);
    server_stop(s->server);
    cancel_clear(&s->cancel);
    unlink(s->file);
    rmdir(s->dir);
    char *all[] = {k->profile, k->region, k->account, s->file, s->profile};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
}

static bool create(struct scene *s, struct err *err)
{
    return aws_query(s->stack.aws, AWS_IAM, "CreateRole", NULL, AWS_WRITE, NULL, err);
}

static void test_goes_on_after_a_sign_in(void **state)
{
    // Told once, looked at until the file has other keys; the create is made once, with those.
    struct scene s;
    ERR_AUTO e = {0};
    scene_open(&s, "NEW");
    assert_true(create(&s, &e));
    assert_true(create(&s, &e));
    assert_int_equal(s.pauses, 1);
    assert_int_equal(s.ends, 1);
    assert_int_equal(s.creates, 2);
    assert_string_equal(s.profile, "work");
    scene_close(&s);
}

static void test_another_account_stops(void **state)
{
    // Nothing is sent with it, and no later call asks again.
    struct scene s;
    ERR_AUTO e = {0};
    ERR_AUTO later = {0};
    scene_open(&s, "OTHER");
    assert_false(create(&s, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_non_null(strstr(e.message, "222222222222"));
    assert_non_null(strstr(e.remedy, "111111111111"));
    assert_false(e.outcome_unknown);
    write_key(&s, "NEW");
    credentials_expired(s.stack.credentials);
    assert_false(create(&s, &later));
    assert_int_equal(later.kind, ERR_CONFLICT);
    assert_int_equal(s.creates, 0);
    assert_int_equal(s.pauses, 1);
    scene_close(&s);
}

static void test_stopped_in_the_pause(void **state)
{
    struct scene s;
    ERR_AUTO e = {0};
    scene_open(&s, NULL);
    assert_false(create(&s, &e));
    assert_int_equal(e.kind, ERR_CANCELLED);
    assert_int_equal(s.creates, 0);
    assert_int_equal(s.ends, 0);
    scene_close(&s);
}

static void *create_on_thread(void *context)
{
    ERR_AUTO e = {0};
    return create(context, &e) ? context : NULL;
}

static void test_workers_share_one_pause(void **state)
{
    struct scene s;
    pthread_t threads[4];
    scene_open(&s, "NEW");
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_on_thread, &s), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_int_equal(s.pauses, 1);
    assert_int_equal(s.creates, 4);
    scene_close(&s);
}

int main(void)
{
    static const char *const cleared[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                          "AWS_SESSION_TOKEN", "AWS_PROFILE", "http_proxy"};
    for (size_t i = 0; i < ARRAY_LEN(cleared); i++)
        unsetenv(cleared[i]);
    http_global_init(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_after_a_sign_in),
        cmocka_unit_test(test_another_account_stops),
        cmocka_unit_test(test_stopped_in_the_pause),
        cmocka_unit_test(test_workers_share_one_pause),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_global_clear();
    return failed;
}

// SPDX-License-Identifier: MIT
// http_send() against a server in this process that misbehaves on purpose.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/net/http.h"
#include "tests/unit/support/http_server.h"

// What one test's server does. Handlers run on the server's threads: only atomics are written
// there.
struct play {
    atomic_uint executed; // requests that the server acted on
    bool reset;
    const char *answer; // raw bytes instead of a proper answer
    atomic_bool authorized_elsewhere;
};

static struct http_client *client;

static bool send_simple(const char *method, const char *url, const char *body,
                        struct http_answer *answer, struct err *err)
{
    const struct http_request request = {.method = method,
                                         .url = url,
                                         .body = body,
                                         .body_length = body ? strlen(body) : 0,
                                         .total_ms = 5000};
    return http_send(client, &request, answer, err);
}

static void echo(struct server_connection *c, void *context)
{
    struct server_request r;
    while (server_read(c, &r)) {
        AUTO_FREE char *body = mem_printf("%s %s\n%s%s", r.method, r.target, r.head, r.body);
        server_reply(c, 200, "X-Test:  blank \r\n", body);
        server_request_clear(&r);
    }
    server_request_clear(&r);
}

static void request_is_sent_as_given(void **state)
{
    // Method, path with dots and escapes, headers and body arrive as given; nothing is added that
    // was not signed.
    struct server *s = server_start(echo, NULL);
    AUTO_FREE char *url = mem_printf("%s/a/../b%%2Fc?x=%%24", server_url(s));
    struct http_headers headers = {0};
    http_headers_add(&headers, "X-Amz-Empty", "");
    http_headers_add(&headers, "Authorization", "AWS4 x");
    const struct http_request request = {
        .method = "PATCH", .url = url, .headers = &headers, .body = "a\0b", .body_length = 3};
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_true(http_send(client, &request, &answer, &err));
    assert_int_equal(answer.status, 200);
    assert_true(str_starts(answer.body.data, "PATCH /a/../b%2Fc?x=%24\n"));
    assert_non_null(strcasestr(answer.body.data, "X-Amz-Empty:\r\n"));
    assert_non_null(strstr(answer.body.data, "Content-Length: 3\r\n"));
    assert_null(strcasestr(answer.body.data, "Content-Type:"));
    assert_null(strcasestr(answer.body.data, "Expect:"));
    assert_null(strcasestr(answer.body.data, "Accept-Encoding:"));
    assert_string_equal(http_headers_get(&answer.headers, "x-test"), "blank");
    http_headers_clear(&headers);
    server_stop(s);
}

static void connections_are_reused(void **state)
{
    // Ten calls one after the other use one connection.
    struct server *s = server_start(echo, NULL);
    for (int i = 0; i < 10; i++) {
        HTTP_ANSWER_AUTO answer = {0};
        assert_true(send_simple(i % 2 ? "POST" : "GET", server_url(s), i % 2 ? "body" : NULL,
                                &answer, NULL));
        assert_int_equal(answer.reused_connection, i > 0);
    }
    assert_int_equal(server_connections(s), 1);
    assert_int_equal(server_requests(s), 10);
    server_stop(s);
}

// Answers the first request of a connection; executes the second and dies without a word.
static void die_on_second(struct server_connection *c, void *context)
{
    struct play *play = context;
    struct server_request r;
    if (server_read(c, &r))
        server_reply(c, 200, "", "first");
    server_request_clear(&r);
    if (server_read(c, &r)) {
        atomic_fetch_add(&play->executed, 1);
        if (play->reset)
            server_reset(c);
    }
    server_request_clear(&r);
}

static void dead_connection(const char *method, const char *body, bool reset)
{
    struct play play = {.reset = reset};
    struct server *s = server_start(die_on_second, &play);
    HTTP_ANSWER_AUTO first = {0};
    assert_true(send_simple("GET", server_url(s), NULL, &first, NULL));
    HTTP_ANSWER_AUTO second = {0};
    ERR_AUTO err = {0};
    assert_false(send_simple(method, server_url(s), body, &second, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_true(err.outcome_unknown);
    assert_int_equal(atomic_load(&play.executed), 1);
    assert_int_equal(server_requests(s), 2);
    server_stop(s);
}

static void never_sent_twice_after_fin(void **state)
{
    // A reused connection that ends after the request: the server saw it once, the caller hears
    // that nobody knows.
    dead_connection("POST", "Action=CreateVpc", false);
    dead_connection("POST", NULL, false);
    dead_connection("DELETE", NULL, false);
    dead_connection("GET", NULL, false);
}

static void never_sent_twice_after_rst(void **state)
{
    // The same with a reset.
    dead_connection("POST", "Action=CreateVpc", true);
    dead_connection("POST", NULL, true);
    dead_connection("DELETE", NULL, true);
    dead_connection("GET", NULL, true);
}

static void nothing_sent_is_known(void **state)
{
    // When no connection could be made the outcome is certain: nothing happened.
    struct server *s = server_start(echo, NULL);
    AUTO_FREE char *url = mem_strdup(server_url(s));
    server_stop(s);
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(send_simple("POST", url, "x", &answer, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_false(err.outcome_unknown);
}

static void plain_http_only_to_this_machine(void **state)
{
    // http:// to any other host is refused before anything is resolved or sent.
    static const char *const urls[] = {
        "http://example.com/",        "http://10.0.0.1/",    "http://127.0.0.1.evil.com/",
        "http://localhost.evil.com/", "http://127.1/",       "http://[::2]/",
        "http://169.254.169.254/",    "http://notlocalhost/"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        HTTP_ANSWER_AUTO answer = {0};
        ERR_AUTO err = {0};
        assert_false(send_simple("GET", urls[i], NULL, &answer, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        assert_false(err.outcome_unknown);
    }
}

static void redirect(struct server_connection *c, void *context)
{
    struct server_request r;
    if (server_read(c, &r)) {
        AUTO_FREE char *location = mem_printf("Location: %s/elsewhere\r\n", (const char *)context);
        server_reply(c, 307, location, "");
    }
    server_request_clear(&r);
}

static void redirects_are_not_followed(void **state)
{
    // A redirect is an answer like any other; nobody else gets the request.
    struct server *other = server_start(echo, NULL);
    AUTO_FREE char *target = mem_strdup(server_url(other));
    struct server *s = server_start(redirect, target);
    HTTP_ANSWER_AUTO answer = {0};
    assert_true(send_simple("POST", server_url(s), "secret", &answer, NULL));
    assert_int_equal(answer.status, 307);
    assert_int_equal(server_connections(other), 0);
    server_stop(s);
    server_stop(other);
}

static void answer_raw(struct server_connection *c, void *context)
{
    struct play *play = context;
    struct server_request r;
    if (server_read(c, &r))
        server_write(c, play->answer, strlen(play->answer));
    server_request_clear(&r);
    shutdown(c->fd, SHUT_WR);
    server_hang(c); // a close with unread bytes would turn into a reset
}

static void broken(const char *bytes, enum err_kind kind)
{
    struct play play = {.answer = bytes};
    struct server *s = server_start(answer_raw, &play);
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(send_simple("POST", server_url(s), "x", &answer, &err));
    assert_int_equal(err.kind, kind);
    assert_true(err.outcome_unknown);
    server_stop(s);
}

static void broken_answers_are_failures(void **state)
{
    // Cut off, empty, not HTTP: never a success, and the outcome is unknown.
    broken("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", ERR_NET);
    broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ERR_NET);
    broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", ERR_NET);
    broken("", ERR_NET);
    broken("HTTP/1.1 200 OK\r\nContent-Le", ERR_NET);
    broken("<html>hello</html>", ERR_NET);
}

static void too_many_headers_are_refused(void **state)
{
    // A head of more than 64 KiB or 256 lines ends the exchange.
    STR_AUTO head;
    str_init(&head, 1024 * 1024);
    str_add(&head, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 300; i++)
        str_addf(&head, "X-%d: y\r\n", i);
    str_add(&head, "Content-Length: 0\r\n\r\n");
    broken(head.data, ERR_REMOTE);
    str_reset(&head);
    str_add(&head, "HTTP/1.1 200 OK\r\nX-Big: ");
    for (int i = 0; i < 70 * 1024; i++)
        str_addc(&head, 'x');
    str_add(&head, "\r\nContent-Length: 0\r\n\r\n");
    broken(head.data, ERR_REMOTE);
}

static void endless(struct server_connection *c, void *context)
{
    struct server_request r;
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char chunk[] = "10\r\n0123456789abcdef\r\n";
    if (server_read(c, &r)) {
        server_write(c, head, sizeof head - 1);
        for (int i = 0; i < 100000; i++)
            server_write(c, chunk, sizeof chunk - 1);
    }
    server_request_clear(&r);
}

static void answer_is_capped(void **state)
{
    // An endless answer stops at the cap.
    struct server *s = server_start(endless, NULL);
    const struct http_request request = {.method = "GET", .url = server_url(s), .max_bytes = 1000};
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(http_send(client, &request, &answer, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_true(answer.body.len <= 1000);
    server_stop(s);
}

static void hang(struct server_connection *c, void *context)
{
    struct play *play = context;
    struct server_request r;
    if (server_read(c, &r) && play->answer)
        server_write(c, play->answer, strlen(play->answer));
    server_request_clear(&r);
    server_hang(c);
}

static void stalled(const char *bytes)
{
    struct play play = {.answer = bytes};
    struct server *s = server_start(hang, &play);
    const struct http_request request = {
        .method = "GET", .url = server_url(s), .stall_s = 1, .total_ms = 20000};
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(http_send(client, &request, &answer, &err));
    assert_int_equal(err.kind, ERR_NET);
    assert_true(err.outcome_unknown);
    assert_in_range(answer.total_ms, 500, 6000);
    server_stop(s);
}

static void stalls_are_given_up(void **state)
{
    // A server that accepts and then says nothing, or stops in the middle of the body, is left
    // after stall_s.
    stalled(NULL);
    stalled("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
}

static void *cancel_when_asked(void *argument)
{
    struct server *s = ((void **)argument)[0];
    struct cancel *c = ((void **)argument)[1];
    int64_t *when = ((void **)argument)[2];
    while (server_requests(s) == 0)
        cancel_sleep(NULL, 1);
    // Past libcurl's own timers of the first 200 ms: these would notice the cancel by chance.
    cancel_sleep(NULL, 300);
    *when = clock_ms();
    cancel_request(c);
    return NULL;
}

static void cancel_ends_the_wait(void **state)
{
    // A cancelled exchange returns within 200 ms although the server is silent.
    struct play play = {0};
    struct server *s = server_start(hang, &play);
    struct cancel cancel;
    cancel_init(&cancel);
    int64_t when = 0;
    void *arguments[] = {s, &cancel, &when};
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_when_asked, arguments);
    const struct http_request request = {.method = "GET", .url = server_url(s), .cancel = &cancel};
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(http_send(client, &request, &answer, &err));
    int64_t now = clock_ms();
    pthread_join(thread, NULL);
    assert_int_equal(err.kind, ERR_CANCELLED);
    assert_true(err.outcome_unknown);
    assert_in_range(now - when, 0, 200);
    cancel_clear(&cancel);
    server_stop(s);
}

static void header_injection_is_refused(void **state)
{
    // A header value with a line end, or a name that is no token, never reaches the wire.
    static const char *const bad[][2] = {
        {"X-A", "a\r\nX-B: c"}, {"X-A", "a\nb"}, {"X A", "b"}, {"", "b"}, {"X:", "b"}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_headers headers = {0};
        http_headers_add(&headers, bad[i][0], bad[i][1]);
        const struct http_request request = {
            .method = "GET", .url = "http://127.0.0.1:1/", .headers = &headers};
        HTTP_ANSWER_AUTO answer = {0};
        ERR_AUTO err = {0};
        assert_false(http_send(client, &request, &answer, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        http_headers_clear(&headers);
    }
}

struct stream {
    size_t left;
    size_t got;
    bool refuse;
};

static long source(void *context, void *buffer, size_t size)
{
    struct stream *stream = context;
    size_t n = stream->left < size ? stream->left : size;
    memset(buffer, 'z', n);
    stream->left -= n;
    return (long)n;
}

static bool sink(void *context, const void *bytes, size_t length)
{
    struct stream *stream = context;
    stream->got += length;
    return !stream->refuse;
}

static void streams_go_both_ways(void **state)
{
    // A streamed upload arrives whole, a streamed answer goes to the sink and not into memory.
    struct server *s = server_start(echo, NULL);
    struct stream stream = {.left = 300000};
    const struct http_request request = {.method = "PUT",
                                         .url = server_url(s),
                                         .body_length = 300000,
                                         .read = source,
                                         .read_context = &stream,
                                         .write = sink,
                                         .write_context = &stream};
    HTTP_ANSWER_AUTO answer = {0};
    assert_true(http_send(client, &request, &answer, NULL));
    assert_true(stream.got > 300000);
    assert_int_equal(answer.body.len, 0);
    server_stop(s);
}

static void broken_streams_are_io_failures(void **state)
{
    // A source that ends early and a sink that refuses are failures of this machine.
    struct server *s = server_start(echo, NULL);
    struct stream half = {.left = 10};
    const struct http_request upload = {.method = "PUT",
                                        .url = server_url(s),
                                        .body_length = 100,
                                        .read = source,
                                        .read_context = &half};
    HTTP_ANSWER_AUTO answer = {0};
    ERR_AUTO err = {0};
    assert_false(http_send(client, &upload, &answer, &err));
    assert_int_equal(err.kind, ERR_IO);
    struct stream refuses = {.refuse = true};
    const struct http_request download = {
        .method = "GET", .url = server_url(s), .write = sink, .write_context = &refuses};
    HTTP_ANSWER_AUTO second = {0};
    assert_false(http_send(client, &download, &second, &err));
    assert_int_equal(err.kind, ERR_IO);
    server_stop(s);
}

static void fail_with_body(struct server_connection *c, void *context)
{
    struct server_request r;
    if (server_read(c, &r))
        server_reply(c, 403, "", "{\"message\":\"no\"}");
    server_request_clear(&r);
}

static void error_body_is_kept_beside_a_sink(void **state)
{
    // The sink only gets a success; why a download was refused stays readable.
    struct server *s = server_start(fail_with_body, NULL);
    struct stream stream = {0};
    const struct http_request request = {
        .method = "GET", .url = server_url(s), .write = sink, .write_context = &stream};
    HTTP_ANSWER_AUTO answer = {0};
    assert_true(http_send(client, &request, &answer, NULL));
    assert_int_equal(answer.status, 403);
    assert_int_equal(stream.got, 0);
    assert_string_equal(answer.body.data, "{\"message\":\"no\"}");
    server_stop(s);
}

static void *hammer(void *argument)
{
    const char *url = argument;
    size_t good = 0;
    for (int i = 0; i < 25; i++) {
        HTTP_ANSWER_AUTO answer = {0};
        good += send_simple(i % 2 ? "POST" : "GET", url, i % 2 ? "b" : NULL, &answer, NULL) &&
                answer.status == 200;
    }
    return (void *)good;
}

static void eight_threads_share_a_client(void **state)
{
    // 8 threads x 25 calls on one client: all answered, at most one connection a thread.
    struct server *s = server_start(echo, NULL);
    AUTO_FREE char *url = mem_strdup(server_url(s));
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_create(&threads[i], NULL, hammer, url);
    size_t good = 0;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        good += (size_t)result;
    }
    assert_int_equal(good, 200);
    assert_int_equal(server_requests(s), 200);
    assert_in_range(server_connections(s), 1, 8);
    server_stop(s);
}

static int setup(void **state)
{
    client = http_global_init(NULL) ? http_client_new(NULL) : NULL;
    return client ? 0 : -1;
}

static int teardown(void **state)
{
    http_client_free(client);
    http_global_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_sent_as_given),
        cmocka_unit_test(connections_are_reused),
        cmocka_unit_test(never_sent_twice_after_fin),
        cmocka_unit_test(never_sent_twice_after_rst),
        cmocka_unit_test(nothing_sent_is_known),
        cmocka_unit_test(plain_http_only_to_this_machine),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(broken_answers_are_failures),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(answer_is_capped),
        cmocka_unit_test(stalls_are_given_up),
        cmocka_unit_test(cancel_ends_the_wait),
        cmocka_unit_test(header_injection_is_refused),
        cmocka_unit_test(streams_go_both_ways),
        cmocka_unit_test(broken_streams_are_io_failures),
        cmocka_unit_test(error_body_is_kept_beside_a_sink),
        cmocka_unit_test(eight_threads_share_a_client),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

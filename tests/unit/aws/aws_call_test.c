// SPDX-License-Identifier: MIT
// Whole calls against a scripted server: how often each kind of call is sent, and what the caller
// is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/aws/core.h"
#include "backend/base/mem.h"
#include "backend/credentials/chain.h"
#include "tests/unit/support/http_server.h"

enum { SCRIPT_MAX = 12 };

struct reply {
    int status; // 0: act, then close without an answer
    const char *body;
    const char *headers;
};

// One server, one client. The last reply of the script repeats for ever.
struct stage {
    struct reply script[SCRIPT_MAX];
    unsigned count;
    atomic_uint served;
    pthread_mutex_t lock;
    char *dates[SCRIPT_MAX]; // X-Amz-Date of each request
    char *last_head;
    char *last_body;
    struct server *server;
    struct credentials_source *credentials;
    struct aws_endpoints endpoints;
    struct cancel cancel;
    struct aws_client *client;
};

static struct http_client *http;

static void note(struct stage *s, unsigned number, const struct server_request *r)
{
    pthread_mutex_lock(&s->lock);
    if (number < SCRIPT_MAX && !s->dates[number])
        s->dates[number] = server_header(r, "X-Amz-Date");
    str_replace(&s->last_head, r->head);
    str_replace(&s->last_body, r->body);
    pthread_mutex_unlock(&s->lock);
}

static void serve_script(struct server_connection *c, void *context)
{
    struct stage *s = context;
    struct server_request r;
    while (server_read(c, &r)) {
        unsigned number = atomic_fetch_add(&s->served, 1);
        note(s, number, &r);
        server_request_clear(&r);
        const struct reply *reply = &s->script[number < s->count ? number : s->count - 1];
        if (reply->status == 0)
            return;
        server_reply(c, reply->status, reply->headers ? reply->headers : "",
                     reply->body ? reply->body : "");
    }
    server_request_clear(&r);
}

static void stage_open(struct stage *s)
{
    while (s->count < SCRIPT_MAX && (s->script[s->count].status || s->script[s->count].body))
        s->count++;
    pthread_mutex_init(&s->lock, NULL);
    s->server = server_start(serve_script, s);
    for (int i = 0; i < AWS_SERVICE_COUNT; i++)
        s->endpoints.url[i] = mem_strdup(server_url(s->server));
    struct credentials c = {0};
    assert_true(credentials_fill(&c, "test", "AKIDEXAMPLE", "secretsecret", "token/+=", NULL));
    s->credentials = credentials_source_fixed(&c);
    credentials_clear(&c);
    cancel_init(&s->cancel);
    s->client = aws_client_new(&(struct aws_client_options){http, s->credentials, &s->endpoints,
                                                            "eu-west-3", &s->cancel, NULL, 0});
}

static void stage_close(struct stage *s)
{
    aws_client_free(s->client);
    server_stop(s->server);
    credentials_source_free(s->credentials);
    aws_endpoints_clear(&s->endpoints);
    cancel_clear(&s->cancel);
    for (int i = 0; i < SCRIPT_MAX; i++)
        mem_free(s->dates[i]);
    mem_free(s->last_head);
    mem_free(s->last_body);
    pthread_mutex_destroy(&s->lock);
}

#define GOOD_XML                                                                                   \
    "<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></"                   \
    "DescribeVpcsResponse>"
#define DIE                                                                                        \
    {                                                                                              \
        .status = 0, .body = "die"                                                                 \
    }

static bool describe(struct stage *s, unsigned flags, struct xml **out, struct err *err)
{
    return aws_query(s->client, AWS_EC2, "DescribeVpcs", NULL, flags, out, err);
}

static void call_is_signed_and_decoded(void **state)
{
    // Action and Version, content type, date, token and signature go out; the answer comes back as
    // a document.
    struct stage s = {.script = {{200, GOOD_XML, NULL}}};
    stage_open(&s);
    AWS_PARAMS_AUTO params = {0};
    aws_param(&params, "tag:x y", "Filter.%d.Name", 1);
    aws_param(&params, NULL, "Absent");
    aws_param_int(&params, 5, "MaxResults");
    aws_param_bool(&params, true, "DryRun");
    XML_AUTO *doc = NULL;
    assert_true(aws_query(s.client, AWS_EC2, "DescribeVpcs", &params, AWS_READ, &doc, NULL));
    assert_string_equal(xml_str(xml_root(doc), "vpcSet/item/vpcId"), "vpc-1");
    assert_string_equal(s.last_body, "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag%3Ax%"
                                     "20y&MaxResults=5&DryRun=true");
    assert_non_null(
        strstr(s.last_head, "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"));
    assert_non_null(strstr(s.last_head, "X-Amz-Security-Token: token/+=\r\n"));
    assert_non_null(
        strstr(s.last_head,
               "/eu-west-3/ec2/aws4_request, "
               "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="));
    stage_close(&s);
}

static void json_and_rest_calls(void **state)
{
    // JSON calls carry target and {}; REST calls may answer with nothing.
    struct stage s = {
        .script = {{200, "{\"clusterArns\":[\"a\"]}", NULL}, {204, "", NULL}, {200, "", NULL}}};
    stage_open(&s);
    JSON_AUTO *out = NULL;
    assert_true(aws_json(s.client, AWS_ECS, "ListClusters", NULL, AWS_READ, &out, NULL));
    assert_string_equal(json_str(out, "clusterArns.0"), "a");
    assert_string_equal(s.last_body, "{}");
    assert_non_null(
        strstr(s.last_head, "X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n"));
    assert_non_null(strstr(s.last_head, "Content-Type: application/x-amz-json-1.1\r\n"));
    JSON_AUTO *none = NULL;
    assert_true(aws_rest(s.client, AWS_APIGATEWAY, "DeleteApi", "DELETE", "/v2/apis/a", NULL,
                         AWS_SAFE, &none, NULL));
    assert_null(none);
    assert_true(aws_json(s.client, AWS_LOGS, "DeleteLogGroup", NULL, AWS_SAFE, NULL, NULL));
    stage_close(&s);
}

static void reading_is_repeated(void **state)
{
    // A read survives a dead connection, a 503 and a broken answer; the count tells calls from
    // attempts.
    struct stage s = {
        .script = {DIE, {503, "", NULL}, {200, "<Descr", NULL}, {200, GOOD_XML, NULL}}};
    stage_open(&s);
    assert_true(describe(&s, AWS_READ, NULL, NULL));
    assert_int_equal(server_requests(s.server), 4);
    struct aws_counts counts;
    aws_client_counts(s.client, &counts);
    assert_int_equal(counts.count, 1);
    assert_string_equal(counts.items[0].name, "ec2.DescribeVpcs");
    assert_int_equal(counts.items[0].calls, 1);
    assert_int_equal(counts.items[0].attempts, 4);
    assert_true(counts.items[0].reading);
    aws_counts_clear(&counts);
    stage_close(&s);
}

static void eight_attempts_and_no_more(void **state)
{
    // A server that is down is asked eight times.
    struct stage s = {.script = {{503, "", NULL}}};
    stage_open(&s);
    ERR_AUTO err = {0};
    assert_false(describe(&s, AWS_READ, NULL, &err));
    assert_int_equal(server_requests(s.server), 8);
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_false(err.outcome_unknown);
    stage_close(&s);
}

#define XML_ERROR(code)                                                                            \
    "<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error></Errors></"        \
    "Response>"

static void sent_once(const struct reply *reply, enum err_kind kind, bool unknown)
{
    struct stage s = {.script = {*reply}};
    stage_open(&s);
    ERR_AUTO err = {0};
    assert_false(describe(&s, AWS_WRITE, NULL, &err));
    assert_int_equal(server_requests(s.server), 1);
    assert_int_equal(err.kind, kind);
    assert_int_equal(err.outcome_unknown, unknown);
    // What is wrong with the request is for whoever made it; everything else says what to do.
    if (kind != ERR_INPUT)
        assert_non_null(err.remedy);
    stage_close(&s);
}

static void writing_is_never_repeated_blindly(void **state)
{
    // A create without a token is sent once when it may have been executed, and the caller is told
    // to look.
    sent_once(&(struct reply)DIE, ERR_NET, true);
    sent_once(&(struct reply){500, "", NULL}, ERR_REMOTE, true);
    sent_once(&(struct reply){503, "<html/>", NULL}, ERR_REMOTE, true);
    sent_once(&(struct reply){500, XML_ERROR("InternalError"), NULL}, ERR_REMOTE, true);
    sent_once(&(struct reply){200, "", NULL}, ERR_REMOTE, true);
    sent_once(&(struct reply){200, "<html><body>Sign in to the hotel</body></html>", NULL},
              ERR_REMOTE, true);
    sent_once(&(struct reply){200, "<DescribeVpcsResponse><vpcSet>", NULL}, ERR_REMOTE, true);
}

static void refusals_are_final_and_certain(void **state)
{
    // What AWS refused did not happen, and asking again would not help.
    sent_once(&(struct reply){403, XML_ERROR("UnauthorizedOperation"), NULL}, ERR_DENIED, false);
    sent_once(&(struct reply){400, XML_ERROR("VpcLimitExceeded"), NULL}, ERR_REMOTE, false);
    sent_once(&(struct reply){400, XML_ERROR("InvalidParameterValue"), NULL}, ERR_INPUT, false);
    sent_once(&(struct reply){403, XML_ERROR("SignatureDoesNotMatch"), NULL}, ERR_AUTH, false);
    // Static keys: a refresh gives the same ones, so there is nothing to try.
    sent_once(&(struct reply){401, XML_ERROR("AuthFailure"), NULL}, ERR_AUTH, false);
    sent_once(&(struct reply){307, "", "Location: https://example.com/\r\n"}, ERR_REMOTE, false);
}

static void throttled_writes_are_repeated(void **state)
{
    // Throttled means not executed: also a create is sent again.
    struct stage s = {
        .script = {{503, XML_ERROR("RequestLimitExceeded"), NULL}, {200, GOOD_XML, NULL}}};
    stage_open(&s);
    assert_true(describe(&s, AWS_WRITE, NULL, NULL));
    assert_int_equal(server_requests(s.server), 2);
    assert_int_equal(s.client->quota.tokens, RETRY_QUOTA);
    stage_close(&s);
}

static void safe_calls_keep_their_doubt(void **state)
{
    // A repeated safe call that ends in a refusal may still have had an effect the first time.
    struct stage s = {.script = {DIE, {400, XML_ERROR("InvalidParameterValue"), NULL}}};
    stage_open(&s);
    ERR_AUTO err = {0};
    assert_false(describe(&s, AWS_SAFE, NULL, &err));
    assert_int_equal(server_requests(s.server), 2);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_true(err.outcome_unknown);
    // AWS has answered: what the repeat has cost is given back, as it is for a success.
    assert_int_equal(s.client->quota.tokens, RETRY_QUOTA);
    stage_close(&s);
}

static void clock_skew_is_corrected(void **state)
{
    // A signature refused because of our clock is made again with the server's time, once, also for
    // a create.
    struct stage s = {.script = {{403, XML_ERROR("SignatureDoesNotMatch"),
                                  "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n"},
                                 {200, GOOD_XML, NULL}}};
    stage_open(&s);
    assert_true(describe(&s, AWS_WRITE, NULL, NULL));
    assert_int_equal(server_requests(s.server), 2);
    assert_false(str_starts(s.dates[0], "20150830T"));
    assert_true(str_starts(s.dates[1], "20150830T123"));
    assert_true(describe(&s, AWS_WRITE, NULL, NULL)); // the offset stays
    assert_true(str_starts(s.dates[2], "20150830T123"));
    stage_close(&s);
}

static void skew_is_corrected_once(void **state)
{
    // A server whose date runs away does not keep us signing for ever.
    struct stage s = {
        .script = {{403, XML_ERROR("RequestExpired"), "Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n"},
                   {403, XML_ERROR("RequestExpired"), "Date: Sun, 30 Aug 2020 12:36:00 GMT\r\n"}}};
    stage_open(&s);
    ERR_AUTO err = {0};
    assert_false(describe(&s, AWS_READ, NULL, &err));
    assert_int_equal(server_requests(s.server), 2);
    assert_int_equal(err.kind, ERR_AUTH);
    stage_close(&s);
}

static void empty_json_is_no_answer(void **state)
{
    // Who wants the output of a JSON call does not get nothing for it.
    struct stage s = {.script = {{200, "", NULL}}};
    stage_open(&s);
    JSON_AUTO *out = NULL;
    ERR_AUTO err = {0};
    assert_false(aws_json(s.client, AWS_ECS, "CreateCluster", NULL, AWS_WRITE, &out, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_true(err.outcome_unknown);
    stage_close(&s);
}

static void *cancel_after_first(void *argument)
{
    struct stage *s = argument;
    while (server_requests(s->server) == 0)
        cancel_sleep(NULL, 1);
    cancel_sleep(NULL, 20);
    cancel_request(&s->cancel);
    return NULL;
}

static void cancel_ends_the_backoff(void **state)
{
    // Ctrl-C works inside the wait that AWS asked for.
    struct stage s = {.script = {{429, XML_ERROR("Throttling"), "x-amz-retry-after: 60000\r\n"}}};
    stage_open(&s);
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_after_first, &s);
    ERR_AUTO err = {0};
    int64_t start = clock_ms();
    assert_false(describe(&s, AWS_READ, NULL, &err));
    assert_in_range(clock_ms() - start, 0, 1000);
    assert_int_equal(err.kind, ERR_CANCELLED);
    assert_int_equal(server_requests(s.server), 1);
    pthread_join(thread, NULL);
    stage_close(&s);
}

static void *call_many(void *argument)
{
    struct stage *s = argument;
    size_t good = 0;
    for (int i = 0; i < 10; i++)
        good += describe(s, AWS_READ, NULL, NULL);
    return (void *)good;
}

static void eight_threads_share_a_client(void **state)
{
    // 8 threads x 10 calls: all answered, all counted.
    struct stage s = {.script = {{200, GOOD_XML, NULL}}};
    stage_open(&s);
    pthread_t threads[8];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_create(&threads[i], NULL, call_many, &s);
    size_t good = 0;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        good += (size_t)result;
    }
    assert_int_equal(good, 80);
    struct aws_counts counts;
    aws_client_counts(s.client, &counts);
    assert_int_equal(counts.items[0].calls, 80);
    aws_counts_clear(&counts);
    stage_close(&s);
}

struct book {
    const char *const *tokens;
    unsigned pages;
};

static bool turn(void *context, const char *token, char **next, struct err *err)
{
    struct book *book = context;
    assert_true(str_eq(token, book->pages ? book->tokens[book->pages - 1] : NULL));
    *next = book->tokens[book->pages] ? mem_strdup(book->tokens[book->pages]) : NULL;
    book->pages++;
    return true;
}

static void pages_end(void **state)
{
    // Pages are turned until the token is empty; a token that repeats is an error and not a loop.
    static const char *const good[] = {"a", "b", "", NULL};
    struct book book = {good, 0};
    assert_true(aws_pages(turn, &book, NULL));
    assert_int_equal(book.pages, 3);
    static const char *const bad[] = {"a", "a", NULL};
    struct book loop = {bad, 0};
    ERR_AUTO err = {0};
    assert_false(aws_pages(turn, &loop, &err));
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_int_equal(loop.pages, 2);
}

static int setup(void **state)
{
    http = http_global_init(NULL) ? http_client_new(NULL) : NULL;
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
        cmocka_unit_test(call_is_signed_and_decoded),
        cmocka_unit_test(json_and_rest_calls),
        cmocka_unit_test(reading_is_repeated),
        cmocka_unit_test(eight_attempts_and_no_more),
        cmocka_unit_test(writing_is_never_repeated_blindly),
        cmocka_unit_test(refusals_are_final_and_certain),
        cmocka_unit_test(throttled_writes_are_repeated),
        cmocka_unit_test(safe_calls_keep_their_doubt),
        cmocka_unit_test(clock_skew_is_corrected),
        cmocka_unit_test(skew_is_corrected_once),
        cmocka_unit_test(empty_json_is_no_answer),
        cmocka_unit_test(cancel_ends_the_backoff),
        cmocka_unit_test(eight_threads_share_a_client),
        cmocka_unit_test(pages_end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

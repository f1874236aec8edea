// SPDX-License-Identifier: MIT
// Each stage of the signature on the vectors of tests/data/sigv4 (made with botocore) and on AWS's
// published ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/aws/sigv4.h"
#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"

static const char example_key[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

static struct json *load_vectors(void)
{
    ERR_AUTO err = {0};
    STR_AUTO text;
    str_init(&text, STR_FILE);
    assert_true(fs_read(FOREST_TEST_DATA "/sigv4/vectors.json", &text, &err));
    struct json *tree = json_parse(text.data, text.len, NULL, &err);
    assert_non_null(tree);
    return tree;
}

struct prepared {
    struct http_url url;
    struct http_headers headers;
    char *body;
    struct sigv4_request request;
    struct sigv4_scope scope;
    struct secret secret;
    struct secret token;
};

static void prepare(const struct json *v, struct prepared *p)
{
    *p = (struct prepared){0};
    assert_true(http_url_parse(json_str(v, "url"), &p->url, NULL));
    AUTO_FREE char *host = http_url_host_header(&p->url);
    http_headers_add(&p->headers, "Host", host);
    for (const struct json *h = json_first(json_get(v, "headers")); h; h = json_next(h))
        http_headers_add(&p->headers, json_text(json_at(h, 0)), json_text(json_at(h, 1)));
    size_t length = 0;
    p->body = decode_base64(json_str(v, "body"), &length);
    p->request = (struct sigv4_request){json_str(v, "method"), p->url.path, p->url.query,
                                        &p->headers,           p->body,     length};
    p->scope =
        (struct sigv4_scope){.region = json_str(v, "region"), .service = json_str(v, "service")};
    memcpy(p->scope.date, json_str(v, "date"), SIGV4_DATE_CHARS);
    const char *secret = json_str(v, "secret_key");
    const char *token = json_str(v, "token");
    assert_true(secret_set(&p->secret, secret, strlen(secret), NULL));
    assert_true(secret_set(&p->token, token, strlen(token), NULL));
    sigv4_sign(&p->request, &p->scope, json_str(v, "access_key"), &p->secret, &p->token);
}

static void done(struct prepared *p)
{
    mem_free(p->body);
    http_headers_clear(&p->headers);
    http_url_clear(&p->url);
    secret_clear(&p->secret);
    secret_clear(&p->token);
}

static void check_vector(const struct json *v)
{
    print_message("  %s\n", json_str(v, "name"));
    struct prepared p;
    prepare(v, &p);
    AUTO_FREE char *canonical = sigv4_canonical_request(&p.request);
    assert_string_equal(canonical, json_str(v, "canonical_request"));
    AUTO_FREE char *to_sign = sigv4_string_to_sign(&p.scope, json_str(v, "canonical_request"));
    assert_string_equal(to_sign, json_str(v, "string_to_sign"));
    unsigned char key[SIGV4_KEY_BYTES];
    sigv4_signing_key(&p.secret, &p.scope, key);
    AUTO_FREE char *key_hex = encode_hex(key, sizeof key);
    assert_string_equal(key_hex, json_str(v, "signing_key"));
    AUTO_FREE char *signature = sigv4_signature(key, json_str(v, "string_to_sign"));
    assert_string_equal(signature, json_str(v, "signature"));
    assert_string_equal(http_headers_get(&p.headers, "Authorization"),
                        json_str(v, "authorization"));
    done(&p);
}

static void every_stage_equals_botocore(void **state)
{
    // Canonical request, string to sign, key and signature of 50 requests are what botocore makes
    // of them.
    JSON_AUTO *vectors = load_vectors();
    assert_true(json_count(vectors) >= 40);
    for (const struct json *v = json_first(vectors); v; v = json_next(v))
        check_vector(v);
}

static void key_is_the_published_one(void **state)
{
    // The key of AWS's own example (20150830, us-east-1, iam).
    SECRET_AUTO secret = {0};
    assert_true(secret_set(&secret, example_key, strlen(example_key), NULL));
    const struct sigv4_scope scope = {"20150830T000000Z", "us-east-1", "iam"};
    unsigned char key[SIGV4_KEY_BYTES];
    sigv4_signing_key(&secret, &scope, key);
    AUTO_FREE char *hex = encode_hex(key, sizeof key);
    assert_string_equal(hex, "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

static void vanilla_get_is_the_published_one(void **state)
{
    // "get-vanilla" of the AWS SigV4 test suite.
    struct http_headers headers = {0};
    http_headers_add(&headers, "Host", "example.amazonaws.com");
    SECRET_AUTO secret = {0};
    assert_true(secret_set(&secret, example_key, strlen(example_key), NULL));
    const struct sigv4_request request = {"GET", "/", NULL, &headers, "", 0};
    const struct sigv4_scope scope = {"20150830T123600Z", "us-east-1", "service"};
    sigv4_sign(&request, &scope, "AKIDEXAMPLE", &secret, NULL);
    assert_string_equal(
        http_headers_get(&headers, "Authorization"),
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    http_headers_clear(&headers);
}

static void only_the_right_headers_are_signed(void **state)
{
    // Host, content-type and x-amz-* are signed; what libcurl or a proxy may change is not.
    struct http_headers headers = {0};
    static const char *const names[] = {"User-Agent",   "Host",           "Accept",
                                        "X-Amz-Date",   "Expect",         "Content-Type",
                                        "X-Amzn-Trace", "Content-Length", "x-amz-target"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        http_headers_add(&headers, names[i], "v");
    AUTO_FREE char *signed_headers = sigv4_signed_headers(&headers);
    assert_string_equal(signed_headers, "content-type;host;x-amz-date;x-amz-target");
    http_headers_clear(&headers);
}

static void path_is_encoded_twice(void **state)
{
    // "%24default" and ARNs in a path are signed with their percent signs encoded again.
    AUTO_FREE char *stage = sigv4_canonical_path("/v2/apis/abc/stages/%24default");
    assert_string_equal(stage, "/v2/apis/abc/stages/%2524default");
    AUTO_FREE char *arn = sigv4_canonical_path("/v2/tags/arn%3Aaws%3Ax%2Fy");
    assert_string_equal(arn, "/v2/tags/arn%253Aaws%253Ax%252Fy");
}

static void query_escapes_are_normalised(void **state)
{
    // The server signs what it decoded: lower-case and missing escapes come out alike, broken ones
    // stay.
    AUTO_FREE char *query = sigv4_canonical_query("b=%2b&a=x:y&c=%zz&d");
    assert_string_equal(query, "a=x%3Ay&b=%2B&c=%zz&d=");
    AUTO_FREE char *none = sigv4_canonical_query(NULL);
    assert_string_equal(none, "");
}

static void date_is_utc(void **state)
{
    // The date of the signature is UTC, whatever the time zone, also before a leap day.
    char date[SIGV4_DATE_CHARS + 1];
    sigv4_date(1440938160999, date);
    assert_string_equal(date, "20150830T123600Z");
    sigv4_date(951782399000, date);
    assert_string_equal(date, "20000228T235959Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stage_equals_botocore),
        cmocka_unit_test(key_is_the_published_one),
        cmocka_unit_test(vanilla_get_is_the_published_one),
        cmocka_unit_test(only_the_right_headers_are_signed),
        cmocka_unit_test(path_is_encoded_twice),
        cmocka_unit_test(query_escapes_are_normalised),
        cmocka_unit_test(date_is_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

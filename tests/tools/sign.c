// SPDX-License-Identifier: MIT
// Signs what it is told: one JSON request a line on stdin, one JSON answer a line on stdout with
// every stage of the signature. For tests/aws/test_sigv4_differential.py, which compares it with
// botocore. No network, no clock.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/sigv4.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"

static void put_owned(struct json *object, const char *key, char *text)
{
    json_put_str(object, key, text);
    mem_free(text);
}

static void add_headers(const struct json *in, struct http_headers *headers)
{
    for (const struct json *h = json_first(json_get(in, "headers")); h; h = json_next(h))
        http_headers_add(headers, json_text(json_at(h, 0)), json_text(json_at(h, 1)));
}

static void sign_one(const struct json *in, struct json *out)
{
    struct http_url url;
    ERR_AUTO err = {0};
    if (!http_url_parse(json_str(in, "url"), &url, &err)) {
        json_put_str(out, "error", err.message);
        return;
    }
    struct http_headers headers = {0};
    char *host = http_url_host_header(&url);
    http_headers_add(&headers, "Host", host);
    mem_free(host);
    add_headers(in, &headers);
    SECRET_AUTO secret = {0};
    SECRET_AUTO token = {0};
    secret_set(&secret, json_str(in, "secret_key"), strlen(json_str(in, "secret_key")), NULL);
    secret_set(&token, json_str(in, "token"), strlen(json_str(in, "token")), NULL);
    size_t body_length = 0;
    char *body = decode_base64(json_str(in, "body"), &body_length);
    const struct sigv4_request request = {
        json_str(in, "method"), url.path, url.query, &headers, body, body_length};
    struct sigv4_scope scope = {.region = json_str(in, "region"),
                                .service = json_str(in, "service")};
    memcpy(scope.date, json_str(in, "date"), SIGV4_DATE_CHARS);
    sigv4_sign(&request, &scope, json_str(in, "access_key"), &secret, &token);
    json_put_str(out, "authorization", http_headers_get(&headers, "Authorization"));
    char *canonical = sigv4_canonical_request(&request);
    put_owned(out, "string_to_sign", sigv4_string_to_sign(&scope, canonical));
    put_owned(out, "canonical_request", canonical);
    mem_free(body);
    http_headers_clear(&headers);
    http_url_clear(&url);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    for (ssize_t n = getline(&line, &size, stdin); n > 0; n = getline(&line, &size, stdin)) {
        ERR_AUTO err = {0};
        JSON_AUTO *in = json_parse(line, (size_t)n, NULL, &err);
        JSON_AUTO *out = json_object();
        if (in)
            sign_one(in, out);
        else
            json_put_str(out, "error", err.message);
        char *text = json_print(out);
        puts(text);
        fflush(stdout);
        mem_free(text);
    }
    free(line);
    return 0;
}

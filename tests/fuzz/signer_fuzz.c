// SPDX-License-Identifier: MIT
// Claim: no request makes the signer crash or read behind its end; what is signed is canonical: the
// path of unreserved characters and slashes, the query sorted, whatever the order it came in; the
// same request has the same signature, and the key is nowhere in the headers. That it is the
// signature that botocore makes is shown by tests/aws/test_sigv4_differential.py, for random
// requests and for this corpus.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/sigv4.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "tests/fuzz/fuzz.h"

static const char KEY[] = "canary-secret-access-key-4711";

static void must(bool holds)
{
    if (!holds)
        abort();
}

// `given` with a broken %-code is signed as it is sent.
static void only(const char *given, const char *text, const char *allowed)
{
    AUTO_FREE char *plain = decode_uri(given, strlen(given));
    must(!plain || strspn(text, allowed) == strlen(text));
}

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~%"

// The pairs in the opposite order.
static char *reversed(const char *query)
{
    STR_AUTO out;
    str_init(&out, STR_BODY);
    for (const char *end = query + strlen(query);;) {
        const char *start = end;
        while (start > query && start[-1] != '&')
            start--;
        str_addf(&out, "%.*s", (int)(end - start), start);
        if (start == query)
            return str_take(&out);
        str_addc(&out, '&');
        end = start - 1;
    }
}

static void canonical(const char *path, const char *query)
{
    AUTO_FREE char *p = sigv4_canonical_path(path);
    must(p[0] == '/');
    only(path, p, UNRESERVED "/");
    AUTO_FREE char *q = sigv4_canonical_query(query);
    only(query, q, UNRESERVED "=&");
    AUTO_FREE char *other = reversed(query);
    AUTO_FREE char *same = sigv4_canonical_query(other);
    must(strcmp(q, same) == 0);
}

static char *sign(const char *path, const char *query, const char *header, const char *body)
{
    SECRET_AUTO secret = {0};
    must(secret_set(&secret, KEY, sizeof KEY - 1, NULL));
    struct http_headers headers = {0};
    http_headers_add(&headers, "Host", "ec2.eu-west-3.amazonaws.com");
    http_headers_add(&headers, "X-Amz-Target", header);
    http_headers_add(&headers, "Content-Type", header);
    struct sigv4_request request = {.method = "POST",
                                    .path = path,
                                    .query = *query ? query : NULL,
                                    .headers = &headers,
                                    .body = body,
                                    .body_length = strlen(body)};
    const struct sigv4_scope scope = {"20261123T130411Z", "eu-west-3", "ec2"};
    AUTO_FREE char *text = sigv4_canonical_request(&request);
    must(!strstr(text, KEY));
    sigv4_sign(&request, &scope, "AKIDEXAMPLE", &secret, NULL);
    for (size_t i = 0; i < headers.count; i++)
        must(!strstr(headers.items[i].value, KEY) || strstr(header, KEY));
    char *signature = mem_strdup(http_headers_get(&headers, "Authorization"));
    http_headers_clear(&headers);
    return signature;
}

// Lines: path, query, header, and the rest is the body.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = mem_strndup((const char *)data, size);
    char *part[4];
    char *p = text;
    for (int i = 0; i < 4; i++) {
        part[i] = p;
        char *end = i < 3 ? strchr(p, '\n') : NULL;
        p = end ? end + 1 : p + strlen(p);
        if (end)
            *end = '\0';
    }
    canonical(part[0], part[1]);
    if (strstr(text, KEY) || strstr(part[1], KEY) || strstr(part[2], KEY))
        return 0;
    AUTO_FREE char *one = sign(part[0], part[1], part[2], part[3]);
    AUTO_FREE char *two = sign(part[0], part[1], part[2], part[3]);
    must(strcmp(one, two) == 0);
    return 0;
}

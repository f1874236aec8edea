// SPDX-License-Identifier: MIT
// One attempt: where to, what headers, which date, signed, sent.
#include <string.h>

#include "backend/aws/core.h"
#include "backend/aws/sigv4.h"
#include "backend/base/mem.h"
#include "backend/net/http.h"

// The URL that is sent and the parts that are signed come from the same bytes.
static bool build_url(const struct aws_call *call, char **out_url, char **out_region,
                      struct http_url *parts, struct err *err)
{
    AUTO_FREE char *base = NULL;
    aws_endpoint(call->client->endpoints, call->service, call->client->region, &base, out_region);
    *out_url = mem_printf("%s%s", base, call->path);
    return http_url_parse(*out_url, parts, err);
}

static void build_headers(const struct aws_call *call, const struct http_url *url,
                          struct http_headers *headers)
{
    AUTO_FREE char *host = http_url_host_header(url);
    http_headers_add(headers, "Host", host);
    if (call->content_type)
        http_headers_add(headers, "Content-Type", call->content_type);
    if (call->target)
        http_headers_add(headers, "X-Amz-Target", call->target);
}

static void sign(const struct aws_call *call, const struct http_url *url, const char *region,
                 const struct credentials *credentials, struct http_headers *headers)
{
    const struct sigv4_request request = {
        .method = call->method,
        .path = url->path,
        .query = url->query,
        .headers = headers,
        .body = call->body ? call->body : "",
        .body_length = call->body_length,
    };
    struct sigv4_scope scope = {.region = region, .service = call->info->signing_name};
    sigv4_date(clock_wall_ms() + atomic_load(&call->client->skew_ms), scope.date);
    sigv4_sign(&request, &scope, credentials->access_key_id, &credentials->secret_access_key,
               &credentials->session_token);
}

bool aws_send_once(const struct aws_call *call, const struct credentials *credentials,
                   struct http_answer *answer, struct err *err)
{
    struct aws_client *client = call->client;
    AUTO_FREE char *url = NULL;
    AUTO_FREE char *region = NULL;
    struct http_url parts;
    if (!build_url(call, &url, &region, &parts, err))
        return false;
    struct http_headers headers = {0};
    build_headers(call, &parts, &headers);
    if (credentials)
        sign(call, &parts, region, credentials, &headers);
    const struct http_request request = {
        .method = call->method,
        .url = url,
        .headers = &headers,
        .body = call->body,
        .body_length = call->body_length,
        .cancel = client->cancel,
    };
    bool ok = http_send(client->http, &request, answer, err);
    http_headers_clear(&headers);
    http_url_clear(&parts);
    return ok;
}

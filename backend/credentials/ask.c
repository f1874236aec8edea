// SPDX-License-Identifier: MIT
#include "backend/credentials/ask.h"

#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

enum { ANSWER_MAX = 256 * 1024, TOKEN_MAX = 65536 };

static void add_headers(const struct ask *ask, struct http_headers *headers)
{
    http_headers_add(headers, "Accept", "application/json");
    if (ask->body)
        http_headers_add(headers, "Content-Type", "application/json");
    if (ask->form)
        http_headers_add(headers, "Content-Type", "application/x-www-form-urlencoded");
    for (size_t i = 0; i < ARRAY_LEN(ask->header); i++)
        if (ask->header[i][0])
            http_headers_add(headers, ask->header[i][0], ask->header[i][1]);
}

bool ask(const struct credentials_options *options, const struct ask *ask, struct told *out,
         struct err *err)
{
    *out = (struct told){0};
    char *body = ask->body ? json_print(ask->body) : ask->form ? mem_strdup(ask->form) : NULL;
    struct http_headers headers = {0};
    add_headers(ask, &headers);
    struct http_request request = {.method = ask->method,
                                   .url = ask->url,
                                   .headers = &headers,
                                   .body = body,
                                   .body_length = body ? strlen(body) : 0,
                                   .metadata = ask->metadata,
                                   .max_bytes = ANSWER_MAX,
                                   .total_ms = ask->total_ms,
                                   .cancel = options->cancel};
    HTTP_ANSWER_AUTO answer = {0};
    bool ok = http_send(options->http, &request, &answer, err);
    http_headers_clear(&headers);
    secret_free(body);
    if (!ok)
        return false;
    out->status = answer.status;
    out->text = mem_strndup(answer.body.data ? answer.body.data : "", answer.body.len);
    out->json = json_parse(out->text, strlen(out->text), NULL, NULL);
    secret_wipe(answer.body.data, answer.body.len);
    return true;
}

void told_clear(struct told *told)
{
    secret_free(told->text);
    json_free(told->json);
    *told = (struct told){0};
}

bool credentials_of_json(const struct json *answer, const char *token_name, const char *provider,
                         const char *who, struct credentials *out, struct err *err)
{
    const char *id = json_str(answer, "AccessKeyId");
    const char *secret = json_str(answer, "SecretAccessKey");
    const char *expires = json_str(answer, "Expiration");
    if (str_empty(id) || str_empty(secret))
        return err_set(err, ERR_AUTH, "%s gave no AccessKeyId and SecretAccessKey", who);
    int64_t until = expires ? credentials_time(expires) : 0;
    if (expires && until == 0)
        return err_set(err, ERR_AUTH, "the Expiration that %s gave is not a time", who);
    if (!credentials_fill(out, provider, id, secret, json_str(answer, token_name), err))
        return err_wrap(err, "%s", who);
    out->expires_wall_ms = until;
    return true;
}

bool credentials_read_token(const char *path, struct secret *out, struct err *err)
{
    STR_AUTO text = {0};
    str_init(&text, TOKEN_MAX);
    AUTO_FREE char *full = fs_expand(path);
    if (!fs_read(full, &text, err))
        return false;
    size_t n = text.len;
    while (n && strchr("\r\n\t ", text.data[n - 1]))
        n--;
    bool ok = n && !memchr(text.data, '\n', n) && !memchr(text.data, '\r', n) &&
              secret_set(out, text.data, n, err);
    secret_wipe(text.data, text.len);
    if (ok)
        return true;
    AUTO_FREE char *safe = text_safe(path, 150);
    return err_set(err, ERR_AUTH, "%s holds no token", safe);
}

// SPDX-License-Identifier: MIT
#include "backend/forest/api.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"

enum { CONNECT_MS = 5000, DETAIL_CHARS = 200 };

static char *join(const char *server_url, const char *path)
{
    size_t n = strlen(server_url);
    while (n && server_url[n - 1] == '/')
        n--;
    return mem_printf("%.*s%s", (int)n, server_url, path);
}

bool api_get(struct http_client *http, const char *server_url, const char *path,
             const struct secret *env_secret, long total_ms, struct cancel *cancel,
             struct api_answer *out, struct err *err)
{
    *out = (struct api_answer){0};
    AUTO_FREE char *url = join(server_url, path);
    struct http_headers headers = {0};
    http_headers_add(&headers, "Accept", "application/json");
    http_headers_add(&headers, "forest-secret-key", secret_reveal(env_secret));
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .headers = &headers,
                                   .connect_ms = CONNECT_MS,
                                   .total_ms = total_ms,
                                   .cancel = cancel};
    HTTP_ANSWER_AUTO answer = {0};
    bool ok = http_send(http, &request, &answer, err);
    http_headers_clear(&headers);
    if (!ok)
        return false;
    out->status = answer.status;
    if (answer.body.len)
        out->json = json_parse(answer.body.data, answer.body.len, NULL, NULL);
    return true;
}

void api_answer_clear(struct api_answer *answer)
{
    json_free(answer->json);
    *answer = (struct api_answer){0};
}

char *api_safe(const char *text, size_t max_chars)
{
    char *scrubbed = secret_scrub(text);
    char *safe = text_safe(scrubbed, max_chars);
    secret_free(scrubbed);
    return safe;
}

char *api_error_text(const struct api_answer *answer)
{
    const char *detail = json_str(answer->json, "errors.0.detail");
    if (str_empty(detail))
        detail = json_str(answer->json, "errors.0.title");
    return str_empty(detail) ? NULL : api_safe(detail, DETAIL_CHARS);
}

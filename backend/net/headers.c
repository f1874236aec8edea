// SPDX-License-Identifier: MIT
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/net/http.h"

void http_headers_add(struct http_headers *h, const char *name, const char *value)
{
    h->items = mem_realloc(h->items, h->count + 1, sizeof *h->items);
    h->items[h->count++] = (struct http_header){mem_strdup(name), mem_strdup(value)};
}

void http_headers_clear(struct http_headers *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->count; i++) {
        mem_free(h->items[i].name);
        secret_free(h->items[i].value);
    }
    mem_free(h->items);
    *h = (struct http_headers){0};
}

const char *http_headers_get(const struct http_headers *h, const char *name)
{
    for (size_t i = 0; h && i < h->count; i++)
        if (strcasecmp(h->items[i].name, name) == 0)
            return h->items[i].value;
    return NULL;
}

void http_answer_clear(struct http_answer *answer)
{
    if (!answer)
        return;
    http_headers_clear(&answer->headers);
    // Answers carry session keys and registry tokens.
    secret_wipe(answer->body.data, answer->body.len);
    str_clear(&answer->body);
    *answer = (struct http_answer){0};
}

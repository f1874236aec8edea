// SPDX-License-Identifier: MIT
#include "backend/image/challenge.h"

#include <string.h>
#include <strings.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"

// One name=value or name="value" (with \-escapes); moves *p behind it. NULL at the end or when
// broken.
static char *parameter(const char **p, char **value)
{
    const char *s = *p + strspn(*p, " \t,");
    size_t name_length = strcspn(s, "= \t,");
    if (name_length == 0 || s[name_length] != '=')
        return NULL;
    char *name = mem_strndup(s, name_length);
    s += name_length + 1;
    struct str text;
    str_init(&text, 4096);
    if (*s == '"') {
        for (s++; *s && *s != '"'; s++) {
            if (*s == '\\' && s[1])
                s++;
            str_addc(&text, *s);
        }
        if (*s)
            s++;
    } else {
        size_t n = strcspn(s, " \t,");
        str_addn(&text, s, n);
        s += n;
    }
    *p = s;
    *value = str_take(&text);
    return name;
}

bool challenge_parse(const char *header, struct challenge *out)
{
    *out = (struct challenge){0};
    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return false;
    const char *p = header + 7;
    char *value = NULL;
    for (char *name; (name = parameter(&p, &value)) != NULL;) {
        char **slot = strcasecmp(name, "realm") == 0     ? &out->realm
                      : strcasecmp(name, "service") == 0 ? &out->service
                      : strcasecmp(name, "scope") == 0   ? &out->scope
                                                         : NULL;
        if (slot && !*slot)
            *slot = mem_steal(value);
        mem_free(value);
        mem_free(name);
        value = NULL;
    }
    if (out->realm)
        return true;
    challenge_clear(out);
    return false;
}

void challenge_clear(struct challenge *c)
{
    mem_free(c->realm);
    mem_free(c->service);
    mem_free(c->scope);
    *c = (struct challenge){0};
}

static bool learn(struct registry *reg, const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        struct challenge c;
        if (strcasecmp(headers->items[i].name, "www-authenticate") != 0)
            continue;
        if (!challenge_parse(headers->items[i].value, &c))
            continue;
        str_replace(&reg->realm, c.realm);
        str_replace(&reg->service, c.service);
        str_replace(&reg->scope, c.scope);
        challenge_clear(&c);
        return true;
    }
    return false;
}

static char *token_url(const struct registry *reg)
{
    struct str url;
    str_init(&url, STR_LINE);
    str_add(&url, reg->realm);
    char separator = strchr(reg->realm, '?') ? '&' : '?';
    if (reg->service) {
        AUTO_FREE char *service = encode_uri(reg->service, strlen(reg->service), false);
        str_addf(&url, "%cservice=%s", separator, service);
        separator = '&';
    }
    if (reg->scope) {
        AUTO_FREE char *scope = encode_uri(reg->scope, strlen(reg->scope), false);
        str_addf(&url, "%cscope=%s", separator, scope);
    }
    return str_take(&url);
}

static bool read_token(struct registry *reg, const struct http_answer *answer, struct err *err)
{
    JSON_AUTO *body = json_parse(answer->body.data, answer->body.len, NULL, NULL);
    const char *token = json_str(body, "token");
    if (!token)
        token = json_str(body, "access_token");
    if (str_empty(token))
        return err_set(err, ERR_REMOTE, "the token service of %s gave no token", reg->url);
    if (!secret_set(&reg->token, token, strlen(token), err))
        return false;
    reg->token_number++;
    return true;
}

// Called with the lock held: whoever else needs a token waits for this one instead of fetching a
// second.
static bool fetch(struct registry *reg, struct err *err)
{
    AUTO_FREE char *url = token_url(reg);
    struct http_headers headers = {0};
    http_headers_add(&headers, "Accept", "application/json");
    if (reg->basic && !secret_empty(reg->basic)) {
        char *value = mem_printf("Basic %s", secret_reveal(reg->basic));
        http_headers_add(&headers, "Authorization", value);
        secret_free(value);
    }
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .headers = &headers,
                                   .max_bytes = (size_t)256 * 1024,
                                   .cancel = reg->cancel};
    HTTP_ANSWER_AUTO answer = {0};
    bool ok = http_send(reg->http, &request, &answer, err);
    http_headers_clear(&headers);
    if (!ok)
        return err_wrap(err, "asking %s for a token", reg->realm);
    if (answer.status != 200)
        ok = registry_refused(reg, &answer, "asking for a token", err);
    else
        ok = read_token(reg, &answer, err);
    secret_wipe(answer.body.data, answer.body.len);
    return ok;
}

bool challenge_answer(struct registry *reg, const struct http_headers *headers, unsigned seen,
                      bool *fetched, struct err *err)
{
    bool ok = true;
    *fetched = false;
    pthread_mutex_lock(&reg->lock);
    bool known = (headers && learn(reg, headers)) || (!headers && reg->realm);
    if (known && reg->token_number != seen) {
        *fetched = true; // by another thread, meanwhile
    } else if (known) {
        ok = fetch(reg, err);
        *fetched = ok;
    }
    pthread_mutex_unlock(&reg->lock);
    return ok;
}

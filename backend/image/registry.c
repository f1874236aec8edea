// SPDX-License-Identifier: MIT
#include "backend/image/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/base/text.h"
#include "backend/codec/json.h"
#include "backend/image/challenge.h"

enum { BACKOFF_FIRST_MS = 500, BACKOFF_MOST_MS = 30000, TRIES = 6 };

void registry_init(struct registry *reg, struct http_client *http, const char *url,
                   const char *repository, const struct secret *basic, struct cancel *cancel)
{
    *reg = (struct registry){.http = http,
                             .cancel = cancel,
                             .basic = basic,
                             .url = mem_strdup(url),
                             .repository = mem_strdup(repository),
                             .backoff_ms = BACKOFF_FIRST_MS,
                             .tries = TRIES};
    size_t length = strlen(reg->url);
    while (length > 0 && reg->url[length - 1] == '/')
        reg->url[--length] = '\0';
    pthread_mutex_init(&reg->lock, NULL);
}

void registry_clear(struct registry *reg)
{
    if (!reg->url)
        return;
    mem_free(reg->url);
    mem_free(reg->repository);
    mem_free(reg->realm);
    mem_free(reg->service);
    mem_free(reg->scope);
    secret_clear(&reg->token);
    pthread_mutex_destroy(&reg->lock);
    *reg = (struct registry){0};
}

static long port_of(const struct http_url *u)
{
    return u->port ? u->port : strcasecmp(u->scheme, "https") == 0 ? 443 : 80;
}

bool registry_same_origin(const char *a, const char *b)
{
    struct http_url x = {0}, y = {0};
    bool same = http_url_parse(a, &x, NULL) && http_url_parse(b, &y, NULL) &&
                strcasecmp(x.scheme, y.scheme) == 0 && strcasecmp(x.host, y.host) == 0 &&
                port_of(&x) == port_of(&y);
    http_url_clear(&x);
    http_url_clear(&y);
    return same;
}

char *registry_resolve(const char *base, const char *location)
{
    if (strncasecmp(location, "http://", 7) == 0 || strncasecmp(location, "https://", 8) == 0)
        return mem_strdup(location);
    const char *authority = strstr(base, "://");
    if (!authority || location[0] != '/')
        return NULL;
    if (location[1] == '/')
        return mem_printf("%.*s%s", (int)(authority - base + 1), base, location);
    size_t origin = (size_t)(authority - base) + 3;
    origin += strcspn(base + origin, "/?#");
    return mem_printf("%.*s%s", (int)origin, base, location);
}

// Credentials for the registry's own origin only. Returns the number of the token that was used.
static unsigned authorize(struct registry *reg, const char *url, struct http_headers *headers)
{
    if (!registry_same_origin(reg->url, url))
        return 0;
    char *value = NULL;
    pthread_mutex_lock(&reg->lock);
    unsigned number = reg->token_number;
    if (!secret_empty(&reg->token))
        value = mem_printf("Bearer %s", secret_reveal(&reg->token));
    pthread_mutex_unlock(&reg->lock);
    if (!value && reg->basic && !secret_empty(reg->basic))
        value = mem_printf("Basic %s", secret_reveal(reg->basic));
    if (value) {
        http_headers_add(headers, "Authorization", value);
        secret_free(value);
    }
    return number;
}

static bool exchange_once(struct registry *reg, const struct registry_send *send,
                          unsigned *token_number, struct http_answer *out, struct err *err)
{
    struct http_headers headers = {0};
    *token_number = send->anonymous ? 0 : authorize(reg, send->url, &headers);
    if (send->accept)
        http_headers_add(&headers, "Accept", send->accept);
    if (send->content_type)
        http_headers_add(&headers, "Content-Type", send->content_type);
    struct http_request request = {
        .method = send->method,
        .url = send->url,
        .headers = &headers,
        .body = send->body,
        .body_length = send->body_length,
        .read = send->stream ? send->stream->read : NULL,
        .read_context = send->stream ? send->stream->context : NULL,
        .write = send->write,
        .write_context = send->write_context,
        .max_bytes = send->max_bytes,
        .total_ms = send->endless ? -1 : 0,
        .stall_s = 60,
        .cancel = reg->cancel,
    };
    bool ok = http_send(reg->http, &request, out, err);
    http_headers_clear(&headers);
    log_line("registry", "%s %s: %d", send->method, send->url, ok ? out->status : -1);
    return ok;
}

bool registry_exchange(struct registry *reg, const struct registry_send *send,
                       struct http_answer *out, struct err *err)
{
    unsigned number;
    if (!exchange_once(reg, send, &number, out, err))
        return false;
    if (send->stream || send->anonymous || !registry_same_origin(reg->url, send->url))
        return true;
    // public.ecr.aws answers an expired token with 400 and no challenge, ECR with 403: ask again
    // with the old challenge.
    bool challenged = out->status == 401;
    bool expired = number > 0 && (out->status == 400 || out->status == 401 || out->status == 403);
    if (!challenged && !expired)
        return true;
    bool fetched = false;
    if (challenged && !challenge_answer(reg, &out->headers, number, &fetched, err))
        return false;
    if (!fetched && expired && !challenge_answer(reg, NULL, number, &fetched, err))
        return false;
    if (!fetched)
        return true;
    http_answer_clear(out);
    *out = (struct http_answer){0};
    return exchange_once(reg, send, &number, out, err);
}

// Seconds only: the date form is not used by registries.
static int64_t retry_after_ms(const struct http_answer *answer)
{
    const char *value = http_headers_get(&answer->headers, "Retry-After");
    if (!value || strspn(value, "0123456789") != strlen(value) || strlen(value) == 0 ||
        strlen(value) > 4)
        return 0;
    return strtol(value, NULL, 10) * 1000;
}

// Full jitter: a random part of what doubles each time.
static bool wait_before(struct registry *reg, unsigned attempt, int64_t at_least_ms,
                        struct err *err)
{
    int64_t most = reg->backoff_ms;
    for (unsigned i = 0; i < attempt && most < BACKOFF_MOST_MS; i++)
        most *= 2;
    unsigned dice = 0;
    random_bytes(&dice, sizeof dice);
    int64_t wait = most > 0 ? (int64_t)(dice % (uint64_t)most) : 0;
    if (wait < at_least_ms)
        wait = at_least_ms < BACKOFF_MOST_MS ? at_least_ms : BACKOFF_MOST_MS;
    if (cancel_sleep(reg->cancel, wait))
        return true;
    return err_set(err, ERR_CANCELLED, "stopped");
}

static bool worth_repeating(int status)
{
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

bool registry_exchange_retry(struct registry *reg, const struct registry_send *send,
                             struct http_answer *out, struct err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        ERR_AUTO e = {0};
        bool last = attempt + 1 >= reg->tries;
        bool ok = registry_exchange(reg, send, out, &e);
        if (ok && (last || !worth_repeating(out->status)))
            return true;
        if (!ok && (last || e.kind != ERR_NET)) {
            err_move(err, &e);
            return false;
        }
        int64_t wait = ok ? retry_after_ms(out) : 0;
        http_answer_clear(out);
        *out = (struct http_answer){0};
        if (!wait_before(reg, attempt, wait, err))
            return false;
    }
}

bool registry_again(struct registry *reg, unsigned attempt, struct err *err)
{
    bool worth = err->kind == ERR_NET || err->kind == ERR_THROTTLED ||
                 (err->kind == ERR_REMOTE && worth_repeating(err->http_status)) ||
                 (err_is(err, "DIGEST_MISMATCH") && attempt == 0);
    if (!worth || attempt + 1 >= reg->tries)
        return false;
    log_line("registry", "again after: %s", err->message);
    return wait_before(reg, attempt, 0, err);
}

static enum err_kind kind_of(int status, const char *text)
{
    if (status == 401 ||
        (status == 403 && (strcasestr(text, "expired") || strcasestr(text, "token"))))
        return ERR_AUTH;
    switch (status) {
    case 403: return ERR_DENIED;
    case 404: return ERR_NOT_FOUND;
    case 429: return ERR_THROTTLED;
    default: return ERR_REMOTE;
    }
}

// {"errors":[{"code":..,"message":..}]} as the specification says, AWS's {"message":..}, or plain
// text.
bool registry_refused(struct registry *reg, const struct http_answer *answer, const char *what,
                      struct err *err)
{
    JSON_AUTO *body =
        answer->body.len ? json_parse(answer->body.data, answer->body.len, NULL, NULL) : NULL;
    const char *code = json_str(body, "errors.0.code");
    const char *message = json_str(body, "errors.0.message");
    if (!message)
        message = json_str(body, "message");
    if (!message && answer->body.data)
        message = answer->body.data;
    AUTO_FREE char *text = text_safe(message ? message : "", 300);
    int status = answer->status;
    err_set(err, kind_of(status, text), "%s: %s answered %d%s%s%s%s", what, reg->url, status,
            code ? " " : "", code ? code : "", *text ? ": " : "", text);
    if (!err)
        return false;
    err->http_status = status;
    err_code(err, code);
    if (status == 429 && strstr(reg->url, "docker.io"))
        err_remedy(err, "Docker Hub limits anonymous pulls; use public.ecr.aws/docker/%s instead",
                   reg->repository);
    else if (status == 407)
        err_remedy(err, "the proxy asks for a password; set it in HTTPS_PROXY");
    return false;
}

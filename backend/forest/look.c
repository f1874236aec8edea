// SPDX-License-Identifier: MIT
#include "backend/forest/look.h"

#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/forest/api.h"

enum {
    ANSWER_MAX = 256 * 1024,
    CONNECT_MS = 10000,
    TOTAL_MS = 35000, // API Gateway gives up at 30 s, and what it says then is worth hearing
    REMOTE_CHARS = 300,
    SURE_AFTER = 2, // attempts of the backend: one may meet a database or a rule that is still new
};

bool look_send(const struct backend_check *check, const char *method, const char *path,
               const struct http_headers *headers, const char *body, struct look *out,
               bool *out_retry, struct err *err)
{
    *out = (struct look){0};
    *out_retry = false;
    AUTO_FREE char *url = mem_printf("%s%s", check->url, path);
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .body = body,
                                   .body_length = body ? strlen(body) : 0,
                                   .max_bytes = ANSWER_MAX,
                                   .connect_ms = CONNECT_MS,
                                   .total_ms = TOTAL_MS,
                                   .cancel = check->cancel};
    ERR_AUTO e = {0};
    if (http_send(check->http, &request, &out->answer, &e)) {
        if (out->answer.body.len)
            out->json = json_parse(out->answer.body.data, out->answer.body.len, NULL, NULL);
        return true;
    }
    if (e.kind == ERR_NET) {
        *out_retry = true; // the name of a new API takes some seconds to be known
        err_code(&e, "not-answering");
        err_remedy(
            &e,
            "Look whether %s opens in a browser: a proxy or a name server of this network may be "
            "in the way.",
            check->url);
    }
    err_move(err, &e);
    return false;
}

void look_clear(struct look *look)
{
    http_answer_clear(&look->answer);
    json_free(look->json);
    *look = (struct look){0};
}

// ---- API Gateway and the load balancer

struct voice {
    int status;
    const char *message; // all that an API Gateway body holds
    const char *code;
    const char *text;
    const char *remedy;
};

#define REPAIR        "Run apply again: it repairs what is missing."
#define NO_AUTHORIZER "Remove the authorizer from route $default: Forest brings its own login."
#define GATEWAY_LOGIN "gateway-login"
#define STATUS        "Look at the task: forest-setup status"

static const struct voice gateway[] = {
    {404, "Not Found", "gateway-not-found", "API Gateway has no route for this address", REPAIR},
    {503, "Service Unavailable", "gateway-unavailable",
     "API Gateway gets no answer from the backend", STATUS},
    {500, "Internal Server Error", "gateway-error", "API Gateway's integration fails", REPAIR},
    {504, "Endpoint request timed out", "gateway-timeout",
     "the backend needs longer than API Gateway waits", STATUS},
    {401, "Unauthorized", GATEWAY_LOGIN, "API Gateway asks for a login of its own", NO_AUTHORIZER},
    {403, "Forbidden", GATEWAY_LOGIN, "API Gateway asks for a login of its own", NO_AUTHORIZER},
    {429, "Too Many Requests", "gateway-throttled", "API Gateway limits the number of requests",
     "Wait a minute."},
};

static const struct voice balancer[] = {
    {502, NULL, "gateway-balancer-502", "the backend closed the load balancer's connection",
     STATUS},
    {503, NULL, "gateway-balancer-503", "the load balancer has no task to send requests to",
     STATUS},
    {504, NULL, "gateway-balancer-504", "the backend does not answer the load balancer in time",
     STATUS},
};

static bool is_html(const struct http_answer *answer)
{
    const char *type = http_headers_get(&answer->headers, "content-type");
    return type && strncasecmp(type, "text/html", 9) == 0;
}

static const struct voice *voice_of(const struct look *look)
{
    const char *message = json_text(json_get(look->json, "message"));
    if (message && json_count(look->json) == 1)
        for (size_t i = 0; i < ARRAY_LEN(gateway); i++)
            if (gateway[i].status == look->answer.status &&
                strcasecmp(gateway[i].message, message) == 0)
                return &gateway[i];
    if (is_html(&look->answer))
        for (size_t i = 0; i < ARRAY_LEN(balancer); i++)
            if (balancer[i].status == look->answer.status)
                return &balancer[i];
    return NULL;
}

bool look_is_backend(const struct look *look)
{
    return voice_of(look) == NULL;
}

// ---- the backend's own words

// Causes that no waiting cures. The words are those of assets/backend/README.md; what they mean for
// the user is backend/diagnose's, which tests/unit/forest holds against this list.
static const struct {
    const char *word;
    const char *only; // when the text says this; NULL: always
} lasting[] = {
    {"env-secret-missing", NULL},
    {"env-secret-invalid", NULL},
    {"auth-secret-missing", NULL},
    {"database-url-missing", NULL},
    {"database-url-invalid", NULL},
    {"database-ssl-mode-invalid", NULL},
    {"database-tls", NULL},
    {"database-auth", NULL},
    {"database-missing", NULL},
    {"database-permission", NULL},
    {"database-empty", NULL},
    {"forest-url-invalid", NULL},
    {"forest-tls", NULL},
    {"forest-secret-unknown", NULL},
    {"forest-forbidden", NULL},
    {"customize-failed", NULL},
    {"database-host-unknown", "ENOTFOUND"}, // EAI_AGAIN may pass
};

bool look_cause_lasts(const char *cause, const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(lasting); i++)
        if (strcmp(lasting[i].word, cause) == 0)
            return !lasting[i].only || strstr(text, lasting[i].only);
    return false;
}

// A word from the network that is fit for a code.
static bool is_word(const char *text)
{
    size_t n = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;
    return n > 0 && n <= 40 && text[n] == '\0';
}

static bool refuse_not_ready(const struct json *state, bool *out_retry, struct err *err)
{
    const char *cause = json_str(state, "cause");
    const char *phase = json_str_or(state, "phase", "");
    const char *last = json_str(state, "lastError");
    *out_retry = true;
    if (!is_word(cause) || str_empty(last)) {
        AUTO_FREE char *safe = api_safe(phase, 40);
        err_set(err, ERR_REMOTE, "the backend is starting%s%s%s", *safe ? " (" : "", safe,
                *safe ? ")" : "");
        err_code(err, "agent-starting");
        return err_remedy(err, "Read the container's log: forest-setup logs");
    }
    AUTO_FREE char *text = api_safe(last, REMOTE_CHARS);
    err_set(err, ERR_REMOTE, "%s", text);
    err_code(err, cause);
    err_remedy(err, "Read the container's log: forest-setup logs");
    // "failed": the backend itself has given up, its environment is wrong.
    if (str_eq(phase, "failed") ||
        (look_cause_lasts(cause, text) && json_int(state, "attempts", 0) >= SURE_AFTER))
        *out_retry = false;
    return false;
}

bool look_refuse(const struct look *look, bool *out_retry, struct err *err)
{
    int status = look->answer.status;
    const struct json *state = json_get(look->json, "state");
    if (json_type(state) == JSON_OBJECT && status == 503)
        return refuse_not_ready(state, out_retry, err);
    const struct voice *voice = voice_of(look);
    if (voice) {
        err_set(err, ERR_REMOTE, "%s (status %d)", voice->text, status);
        err_code(err, voice->code);
        err_remedy(err, "%s", voice->remedy);
        *out_retry = strcmp(voice->code, GATEWAY_LOGIN) != 0;
    } else {
        err_set(err, ERR_REMOTE, "the backend answers with status %d", status);
        err_code(err, "answer-unexpected");
        err_remedy(err, "Read the container's log: forest-setup logs");
        *out_retry = status >= 500 || status == 429;
    }
    if (err)
        err->http_status = status;
    return false;
}

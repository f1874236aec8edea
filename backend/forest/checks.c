// SPDX-License-Identifier: MIT
// The checks of a deployed backend, from outside, in the order of facts forest.md 7: it answers,
// the agent runs, a browser on Forest's pages may call it, data needs a login, and Forest sends
// logins back to this URL.
#include <string.h>
#include <strings.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/forest/api.h"
#include "backend/forest/look.h"

enum { VALUE_CHARS = 120, URL_CHARS = 2048 };

#define LOGIN_PATH "/forest/authentication"
// What Forest's pages send besides the simple headers.
#define FOREST_HEADERS "authorization,content-type,forest-context-url,forest-projection"

// ---- it answers

bool forest_check_answers(const struct backend_check *check, bool *out_retry, struct err *err)
{
    LOOK_AUTO look = {0};
    if (!look_send(check, "GET", "/", NULL, NULL, &look, out_retry, err))
        return false;
    return look.answer.status == 200 || look_refuse(&look, out_retry, err);
}

// ---- the agent runs

bool forest_check_agent(const struct backend_check *check, bool *out_retry, struct err *err)
{
    LOOK_AUTO look = {0};
    if (!look_send(check, "GET", "/forest", NULL, NULL, &look, out_retry, err))
        return false;
    if (look.answer.status == 200 && str_eq(json_str(look.json, "message"), "Agent is running"))
        return true;
    // An agent that has not started says so with status 200.
    if (look.answer.status == 200 && json_type(json_get(look.json, "error")) == JSON_STRING) {
        *out_retry = true;
        err_set(err, ERR_REMOTE, "the agent has not started yet");
        err_code(err, "agent-starting");
        return err_remedy(err, "Read the container's log: forest-setup logs");
    }
    // An application without an agent answers with a page, a redirect or 404.
    if (!look_is_backend(&look) || (look.answer.status >= 400 && look.answer.status != 404))
        return look_refuse(&look, out_retry, err);
    *out_retry = true; // an application may mount its agent late
    err_set(err, ERR_REMOTE, "%s/forest does not answer as a Forest agent (status %d)", check->url,
            look.answer.status);
    err_code(err, "agent-missing");
    return err_remedy(err, "Mount the agent at /forest: %s/forest must say 'Agent is running'.",
                      check->url);
}

// ---- a browser may call it

// Is `name` one of "a, b, c"?
static bool lists(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        size_t item = strcspn(p, " \t,");
        if (item == n && strncasecmp(p, name, n) == 0)
            return true;
        p += item;
    }
    return false;
}

static const char *missing_header(const char *allowed)
{
    static const char *const wanted[] = {"authorization", "content-type", "forest-context-url",
                                         "forest-projection"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!lists(allowed ? allowed : "", wanted[i]))
            return wanted[i];
    return NULL;
}

static bool refuse_cors(bool *out_retry, struct err *err)
{
    *out_retry = false;
    err_code(err, "cors-missing");
    return err_remedy(err, "Turn off CORS on the API Gateway, and mount the agent before any other "
                           "middleware; the agent sends its own headers.");
}

static bool judge_cors(const struct http_headers *headers, bool *out_retry, struct err *err)
{
    const char *origin = http_headers_get(headers, "access-control-allow-origin");
    if (!origin) {
        err_set(err, ERR_REMOTE,
                "the backend does not allow browsers to call it from " FOREST_APP_ORIGIN);
        return refuse_cors(out_retry, err);
    }
    // With credentials "*" allows nobody.
    if (strcmp(origin, FOREST_APP_ORIGIN) != 0) {
        AUTO_FREE char *safe = api_safe(origin, VALUE_CHARS);
        err_set(err, ERR_REMOTE, "the backend allows browsers on %s, not on " FOREST_APP_ORIGIN,
                safe);
        return refuse_cors(out_retry, err);
    }
    const char *credentials = http_headers_get(headers, "access-control-allow-credentials");
    if (!credentials || strcmp(credentials, "true") != 0) {
        err_set(err, ERR_REMOTE, "the backend does not allow browsers to send a login");
        return refuse_cors(out_retry, err);
    }
    const char *missing = missing_header(http_headers_get(headers, "access-control-allow-headers"));
    if (missing) {
        err_set(err, ERR_REMOTE, "the backend does not allow browsers to send the header %s",
                missing);
        return refuse_cors(out_retry, err);
    }
    return true;
}

bool forest_check_cors(const struct backend_check *check, bool *out_retry, struct err *err)
{
    struct http_headers headers = {0};
    http_headers_add(&headers, "Origin", FOREST_APP_ORIGIN);
    http_headers_add(&headers, "Access-Control-Request-Method", "POST");
    http_headers_add(&headers, "Access-Control-Request-Headers", FOREST_HEADERS);
    LOOK_AUTO look = {0};
    bool answered = look_send(check, "OPTIONS", LOGIN_PATH, &headers, NULL, &look, out_retry, err);
    http_headers_clear(&headers);
    if (!answered)
        return false;
    if (look.answer.status != 200 && look.answer.status != 204)
        return look_refuse(&look, out_retry, err);
    return judge_cors(&look.answer.headers, out_retry, err);
}

// ---- data needs a login

bool forest_check_wall(const struct backend_check *check, bool *out_retry, struct err *err)
{
    LOOK_AUTO look = {0};
    if (!look_send(check, "GET", "/forest/some-collection", NULL, NULL, &look, out_retry, err))
        return false;
    int status = look.answer.status;
    // The gateway's own 401 would hide whether the agent has one.
    if (status == 401 && look_is_backend(&look))
        return true;
    if (status < 200 || status > 299)
        return look_refuse(&look, out_retry, err);
    err_set(err, ERR_REMOTE, "the backend answers under /forest without a login (status %d)",
            status);
    err_code(err, "wall-open");
    return err_remedy(
        err, "Take it off the network with forest-setup destroy, then look for what answers under "
             "/forest before the agent does.");
}

// ---- Forest knows the URL

// The value of `name` in the query of `url`, decoded; NULL when it is not there.
static char *query_value(const char *url, const char *name)
{
    const char *p = strchr(url, '?');
    size_t n = strlen(name);
    while (p) {
        p++;
        size_t length = strcspn(p, "&#");
        if (length > n && p[n] == '=' && strncmp(p, name, n) == 0)
            return decode_uri(p + n + 1, length - n - 1);
        p = strchr(p, '&');
    }
    return NULL;
}

bool forest_redirect_url(const struct backend_check *check, char **out_url, struct err *err)
{
    static const char callback[] = LOGIN_PATH "/callback";
    *out_url = NULL;
    bool retry = false;
    struct http_headers headers = {0};
    http_headers_add(&headers, "Content-Type", "application/json");
    http_headers_add(&headers, "Origin", FOREST_APP_ORIGIN);
    LOOK_AUTO look = {0};
    bool answered =
        look_send(check, "POST", LOGIN_PATH, &headers, "{\"renderingId\":1}", &look, &retry, err);
    http_headers_clear(&headers);
    if (!answered)
        return false;
    const char *login = json_str(look.json, "authorizationUrl");
    if (look.answer.status != 200 || !login)
        return look_refuse(&look, &retry, err);
    AUTO_FREE char *redirect = query_value(login, "redirect_uri");
    if (!redirect)
        return true;
    if (str_ends(redirect, callback))
        redirect[strlen(redirect) - strlen(callback)] = '\0';
    *out_url = api_safe(redirect, URL_CHARS);
    return true;
}

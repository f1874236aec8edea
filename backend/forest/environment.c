// SPDX-License-Identifier: MIT
#include "backend/forest/environment.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/json.h"
#include "backend/forest/api.h"

enum { PROJECTS_MAX = 200, TOKEN_MAX = 16384 };

void forest_environment_clear(struct forest_environment *e)
{
    char *all[] = {e->id, e->name, e->project, e->url};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    *e = (struct forest_environment){0};
}

static char *join(const char *server_url, const char *path)
{
    size_t n = strlen(server_url);
    while (n && server_url[n - 1] == '/')
        n--;
    return mem_printf("%.*s%s", (int)n, server_url, path);
}

static bool refused(int status, const struct api_answer *said, struct err *err)
{
    AUTO_FREE char *text = api_error_text(said);
    switch (status) {
    case 401:
        err_set(err, ERR_AUTH, "Forest does not accept this token");
        return err_remedy(err, "Make a new one in Forest: your name, User settings, Application "
                               "tokens.");
    case 403:
        err_set(err, ERR_DENIED, "this Forest user may not change the environment");
        return err_remedy(err, "Ask an admin of the Forest project to set the URL.");
    case 404: return err_set(err, ERR_NOT_FOUND, "Forest does not know it: %s", text ? text : "");
    case 422:
        return err_set(err, ERR_INPUT, "Forest refuses the URL: %s", text ? text : "no reason");
    default: break;
    }
    return err_set(err, ERR_REMOTE, "Forest answers with status %d: %s", status,
                   text ? text : "no reason");
}

// False for anything but a 2xx. The environments' secrets are in some answers: the raw body is
// wiped, the caller frees the tree soon.
static bool call(const struct forest_user *u, const char *method, const char *path,
                 const struct json *body, struct api_answer *out, struct err *err)
{
    AUTO_FREE char *url = join(u->server_url, path);
    AUTO_FREE char *text = body ? json_print(body) : NULL;
    char *bearer = mem_printf("Bearer %s", secret_reveal(u->token));
    struct http_headers headers = {0};
    http_headers_add(&headers, "Accept", "application/json");
    http_headers_add(&headers, "Authorization", bearer);
    if (body)
        http_headers_add(&headers, "Content-Type", "application/vnd.api+json");
    secret_free(bearer);
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = &headers,
                                   .body = text,
                                   .body_length = text ? strlen(text) : 0,
                                   .total_ms = API_ASK_MS,
                                   .cancel = u->cancel};
    HTTP_ANSWER_AUTO answer = {0};
    bool ok = http_send(u->http, &request, &answer, err);
    http_headers_clear(&headers);
    if (!ok)
        return false;
    *out = (struct api_answer){.status = answer.status};
    if (answer.body.len)
        out->json = json_parse(answer.body.data, answer.body.len, NULL, NULL);
    secret_wipe(answer.body.data, answer.body.len);
    return (answer.status >= 200 && answer.status < 300) || refused(answer.status, out, err);
}

static bool take_ours(const struct json *list, const struct secret *env_secret,
                      struct forest_environment *out)
{
    for (const struct json *e = json_first(json_get(list, "data")); e; e = json_next(e)) {
        const char *secret = json_str(e, "attributes.secret-key");
        if (!secret)
            secret = json_str(e, "attributes.secretKey");
        if (!str_eq(secret, secret_reveal(env_secret)))
            continue;
        const char *url = json_str(e, "attributes.api-endpoint");
        out->id = mem_strdup(json_str_or(e, "id", ""));
        out->name = api_safe(json_str_or(e, "attributes.name", ""), 80);
        out->url = url ? api_safe(url, 300) : NULL;
        return true;
    }
    return false;
}

static bool only_digits(const char *text)
{
    return !str_empty(text) && text[strspn(text, "0123456789")] == '\0';
}

bool forest_environment_find(const struct forest_user *user, const struct secret *env_secret,
                             struct forest_environment *out, struct err *err)
{
    *out = (struct forest_environment){0};
    API_ANSWER_AUTO projects = {0};
    if (!call(user, "GET", "/api/projects", NULL, &projects, err))
        return false;
    size_t seen = 0;
    const struct json *p = json_first(json_get(projects.json, "data"));
    for (; p && seen < PROJECTS_MAX; p = json_next(p), seen++) {
        const char *id = json_str(p, "id");
        if (!only_digits(id))
            continue;
        AUTO_FREE char *path = mem_printf("/api/projects/%s/environments", id);
        API_ANSWER_AUTO environments = {0};
        ERR_AUTO e = {0};
        if (!call(user, "GET", path, NULL, &environments, &e)) {
            if (e.kind == ERR_DENIED || e.kind == ERR_NOT_FOUND)
                continue; // a project this user may not look into is not ours
            err_move(err, &e);
            return false;
        }
        if (take_ours(environments.json, env_secret, out)) {
            out->project = api_safe(json_str_or(p, "attributes.name", ""), 80);
            return only_digits(out->id) ||
                   err_set(err, ERR_REMOTE, "Forest's answer names no environment");
        }
    }
    err_set(err, ERR_NOT_FOUND, "no environment of this Forest user has the environment secret");
    return err_remedy(err, "Use the token of a user of that project, or paste the URL in Forest.");
}

bool forest_environment_set_url(const struct forest_user *user,
                                const struct forest_environment *environment, const char *url,
                                struct err *err)
{
    JSON_AUTO *body = json_object();
    struct json *data = json_put(body, "data", json_strings("type", "environments", NULL));
    json_put(data, "attributes", json_strings("api-endpoint", url, NULL));
    AUTO_FREE char *path = mem_printf("/api/environments/%s", environment->id);
    API_ANSWER_AUTO answer = {0};
    return call(user, "PUT", path, body, &answer, err);
}

bool forest_token_of_cli(struct secret *out)
{
    static const char *const places[] = {".forest.d/.forestrc", ".forestrc"};
    const char *home = getenv("TOKEN_PATH");
    if (str_empty(home))
        home = getenv("HOME");
    for (size_t i = 0; !str_empty(home) && i < ARRAY_LEN(places); i++) {
        AUTO_FREE char *path = fs_join(home, places[i]);
        STR_AUTO text = {0};
        str_init(&text, TOKEN_MAX);
        ERR_AUTO e = {0};
        bool ok = fs_read(path, &text, &e) && !text.truncated;
        size_t n = ok ? strcspn(text.data, "\r\n") : 0;
        // A JSON web token; anything else is not ours to send about.
        ok = n > 0 &&
             strspn(text.data, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_.=") == n &&
             secret_set(out, text.data, n, &e);
        secret_wipe(text.data, text.len);
        if (ok)
            return true;
    }
    return false;
}

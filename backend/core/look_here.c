// SPDX-License-Identifier: MIT
// What Forest says of the secret, what this machine can build with, and which code would go up.
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/forest/environment.h"
#include "backend/forest/forest.h"
#include "backend/image/engine.h"
#include "backend/image/image.h"
#include "backend/source/source.h"

#include <stdlib.h>

static const char *forest_server(const struct answers *a)
{
    if (!str_empty(a->forest.server_url))
        return a->forest.server_url;
    const char *other = getenv("FOREST_SERVER_URL");
    return str_empty(other) ? FOREST_SERVER_URL_DEFAULT : other;
}

// Whose secret it is, when Forest's own command line is signed in on this machine. The token goes
// to the server this machine is set up for, never to one that an answer file names. Without it, or
// when it is refused, nothing is said.
static void name_environment(const struct core_question *q, struct http_client *http,
                             struct json *out)
{
    SECRET_AUTO token = {0};
    struct forest_environment environment = {0};
    ERR_AUTO err = {0};
    if (!str_empty(q->answers->forest.server_url) || !forest_token_of_cli(&token))
        return;
    struct forest_user user = {.http = http,
                               .server_url = forest_server(q->answers),
                               .token = &token,
                               .cancel = q->cancel};
    if (forest_environment_find(&user, &q->answers->forest.env_secret.value, &environment, &err)) {
        json_put_str(out, "project", environment.project);
        json_put_str(out, "environment", environment.name);
    }
    forest_environment_clear(&environment);
}

bool core_forest_known(const struct core_question *q, struct json **out, struct err *err)
{
    static const char *const words[] = {
        [FOREST_KNOWN] = "yes", [FOREST_UNKNOWN] = "no", [FOREST_UNREACHABLE] = "unreachable"};
    struct http_client *http = http_client_new(NULL);
    struct forest_check check = {0};
    bool ok = forest_secret_known(http, forest_server(q->answers),
                                  &q->answers->forest.env_secret.value, q->cancel, &check, err);
    if (ok) {
        *out = json_strings("known", words[check.known], "detail", check.detail, NULL);
        json_put_bool(*out, "ip_whitelist", check.ip_whitelist);
        if (check.known == FOREST_KNOWN)
            name_environment(q, http, *out);
    }
    forest_check_clear(&check);
    http_client_free(http);
    return ok;
}

static bool open_source(const struct core_question *q, struct source *out, struct err *err)
{
    const struct answers *a = q->answers;
    AUTO_FREE char *cache = fs_cache_dir(err);
    if (!cache || !fs_mkdirs(cache, err))
        return false;
    struct source_options options = {.kind = a->backend.source,
                                     .folder = a->backend.folder,
                                     .git_url = a->backend.git_url,
                                     .git_ref = a->backend.git_ref,
                                     .git_folder = a->backend.git_folder,
                                     .cache_dir = cache,
                                     .cancel = q->cancel};
    return source_open(&options, out, err);
}

bool core_source(const struct core_question *q, struct json **out, struct err *err)
{
    struct source source = {0};
    if (!open_source(q, &source, err))
        return false;
    *out = json_strings("description", source.description, "commit", source.commit, NULL);
    source_close(&source);
    return true;
}

static void push_engine(struct json *list, enum image_builder builder)
{
    ERR_AUTO e = {0};
    AUTO_FREE char *version = engine_ping(builder, NULL, &e);
    AUTO_FREE char *text = version ? mem_printf("version %s", version)
                                   : mem_strdup(e.message ? e.message : "not on this machine");
    struct json *o =
        json_push(list, json_strings("name", engine_program(builder), "text", text, NULL));
    json_put_bool(o, "found", version != NULL);
}

bool core_builder(const struct core_question *q, struct json **out, struct err *err)
{
    static const char *const words[] = {"auto", "builtin", "docker", "podman", "buildah"};
    struct source source = {0};
    if (!open_source(q, &source, err))
        return false;
    AUTO_FREE char *why = NULL;
    enum image_builder builder =
        image_choose_builder(source.folder, q->answers->backend.builder, &why, err);
    source_close(&source);
    if (builder == BUILDER_AUTO)
        return false;
    struct json *o = json_strings("builder", words[builder], "why", why, NULL);
    struct json *choices = json_put(o, "choices", json_array());
    struct json *own = json_push(
        choices, json_strings("name", "builtin", "text", "built in, needs npm only", NULL));
    json_put_bool(own, "found", true);
    push_engine(choices, BUILDER_DOCKER);
    push_engine(choices, BUILDER_PODMAN);
    push_engine(choices, BUILDER_BUILDAH);
    *out = o;
    return true;
}

// ---- the environment's URL

static bool set_url(const struct forest_user *user, const struct secret *env_secret,
                    const char *url, struct json **out, struct err *err)
{
    struct forest_environment environment = {0};
    bool ok = forest_environment_find(user, env_secret, &environment, err) &&
              forest_environment_set_url(user, &environment, url, err);
    if (ok)
        *out = json_strings("environment", environment.name, "project", environment.project, NULL);
    forest_environment_clear(&environment);
    return ok;
}

// The address is set, whatever comes of this: a no is told, not a failure.
static void add_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                        struct json *out)
{
    ERR_AUTO ignored = {0};
    JSON_AUTO *connected = NULL;
    bool ok = core_forest_connect(answers, url, cancel, &connected, &ignored);
    json_put_bool(out, "redirect_ok", ok && json_bool(connected, "redirect_ok", false));
    json_put_bool(out, "restarted", ok && json_bool(connected, "restarted", false));
    json_put_str(out, "held", json_str(connected, "held"));
    json_put_str(out, "problem", ignored.message);
}

bool core_forest_set_url(const struct answers *answers, const struct secret *token, const char *url,
                         struct cancel *cancel, struct json **out, struct err *err)
{
    const struct secret *env_secret = &answers->forest.env_secret.value;
    if (secret_empty(env_secret)) {
        err_set(err, ERR_INPUT, "the environment secret is not known in this session");
        return err_remedy(err, "Paste the URL in Forest: Settings, Environments.");
    }
    SECRET_AUTO of_cli = {0};
    bool given = token && !secret_empty(token);
    if (!given && !forest_token_of_cli(&of_cli)) {
        err_set(err, ERR_NOT_FOUND, "there is no Forest token on this machine");
        err_code(err, "no-token");
        return err_remedy(err, "Paste one: in Forest, your name, User settings, Application "
                               "tokens.");
    }
    struct http_client *http = http_client_new(NULL);
    struct forest_user user = {.http = http,
                               .server_url = forest_server(answers),
                               .token = given ? token : &of_cli,
                               .cancel = cancel};
    bool ok = set_url(&user, env_secret, url, out, err);
    if (ok)
        add_connect(answers, url, cancel, *out);
    http_client_free(http);
    return ok;
}

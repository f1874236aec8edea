// SPDX-License-Identifier: MIT
// What Forest says about an environment secret: is it known, and has the schema arrived (facts
// forest.md 3). Status codes: 404, 401 and 403 reject the secret; everything else but 200 means
// that Forest could not be asked.
#include "backend/base/mem.h"
#include "backend/forest/api.h"
#include "backend/forest/forest.h"

static bool is_rejection(int status)
{
    return status == 404 || status == 401 || status == 403;
}

bool forest_secret_known(struct http_client *http, const char *server_url,
                         const struct secret *env_secret, struct cancel *cancel,
                         struct forest_check *out, struct err *err)
{
    *out = (struct forest_check){.known = FOREST_UNREACHABLE};
    API_ANSWER_AUTO answer = {0};
    ERR_AUTO e = {0};
    if (!api_get(http, server_url, "/liana/v1/ip-whitelist-rules", env_secret, API_ASK_MS, cancel,
                 &answer, &e)) {
        if (e.kind == ERR_CANCELLED) {
            err_move(err, &e);
            return false;
        }
        out->detail = api_safe(e.message, 300);
        return true;
    }
    if (is_rejection(answer.status)) {
        out->known = FOREST_UNKNOWN;
        out->detail = api_error_text(&answer);
    } else if (answer.status == 200 && json_type(json_get(answer.json, "data")) == JSON_OBJECT) {
        out->known = FOREST_KNOWN;
        out->ip_whitelist = json_bool(answer.json, "data.attributes.use_ip_whitelist", false);
    } else if (answer.status == 200) {
        out->detail = mem_strdup("something answers, but not as Forest does");
    } else if (answer.status == 503) {
        out->detail = mem_strdup("Forest is in maintenance");
    } else {
        out->detail = mem_printf("Forest answers with status %d", answer.status);
    }
    return true;
}

void forest_check_clear(struct forest_check *check)
{
    if (!check)
        return;
    mem_free(check->detail);
    *check = (struct forest_check){.known = FOREST_UNREACHABLE};
}

static bool refuse_schema(const struct api_answer *answer, bool *out_retry, struct err *err)
{
    *out_retry = true;
    AUTO_FREE char *detail = api_error_text(answer);
    if (is_rejection(answer->status)) {
        // 404 may also be how Forest says that nothing has arrived yet: worth another look.
        *out_retry = answer->status == 404;
        err_set(err, ERR_REMOTE, "Forest does not show the schema of this environment: %s",
                detail ? detail : "the environment secret is unknown");
        err_code(err, "forest-secret-unknown");
        return err_remedy(
            err, "This environment secret is unknown to Forest: copy it again from Settings > "
                 "Environments > Production.");
    }
    err_set(err, ERR_REMOTE, "Forest answers with status %d%s%s", answer->status,
            detail ? ": " : "", detail ? detail : "");
    err_code(err, answer->status == 503 ? "forest-maintenance" : "forest-error");
    return err_remedy(err, "Wait some minutes and try again.");
}

bool forest_check_schema(struct http_client *http, const char *server_url,
                         const struct secret *env_secret, struct cancel *cancel,
                         size_t *out_collections, bool *out_retry, struct err *err)
{
    *out_collections = 0;
    *out_retry = false;
    API_ANSWER_AUTO answer = {0};
    ERR_AUTO e = {0};
    if (!api_get(http, server_url, "/liana/forest-schema", env_secret, API_READ_MS, cancel, &answer,
                 &e)) {
        *out_retry = e.kind == ERR_NET;
        if (e.kind == ERR_NET)
            err_code(&e, "forest-unreachable");
        err_move(err, &e);
        return false;
    }
    const struct json *data = json_get(answer.json, "data");
    if (answer.status != 200 || json_type(data) != JSON_ARRAY)
        return refuse_schema(&answer, out_retry, err);
    *out_collections = json_count(data);
    if (*out_collections > 0)
        return true;
    *out_retry = true;
    err_set(err, ERR_REMOTE, "Forest has no table of this environment yet");
    err_code(err, "schema-empty");
    return err_remedy(err, "Redeploy with auto schema to refresh it.");
}

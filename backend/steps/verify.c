// SPDX-License-Identifier: MIT
// Done means verified: the checks from outside, through the public URL, each with its own remedy
// (product.md). And the one check that comes first: is the environment secret one that Forest
// knows.
#include "backend/forest/forest.h"
#include "backend/steps/common.h"
#include "backend/steps/service_watch.h"
#include "backend/steps/tables.h"

static const char *server_url(const struct stack *s)
{
    return s->answers->forest.server_url ? s->answers->forest.server_url
                                         : FOREST_SERVER_URL_DEFAULT;
}

// ---- before anything is made

static enum probe probe_forest_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct secret *secret = &s->answers->forest.env_secret.value;
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_ABSENT; // it is Forest's: nothing of it goes or stays
    if (!s->secrets_known)
        return PROBE_SAME;
    bool well_formed = forest_env_secret_check(secret, err)
                           ? forest_auth_secret_check(&s->answers->forest.auth_secret.value, err) ||
                                 err_wrap(err, "forest.auth_secret")
                           : err_wrap(err, "forest.env_secret");
    if (!well_formed)
        return PROBE_FAILED;
    struct forest_check check = {0};
    if (!forest_secret_known(s->http, server_url(s), secret, ctx->cancel, &check, err))
        return PROBE_FAILED;
    enum probe result = PROBE_SAME;
    switch (check.known) {
    case FOREST_KNOWN:
        step_note(ctx, "known to Forest");
        if (check.ip_whitelist)
            step_warn(ctx, "Forest's IP whitelist is on: behind API Gateway only addresses listed "
                           "there may log in");
        break;
    case FOREST_UNKNOWN:
        err_set(err, ERR_INPUT, "forest.env_secret is unknown to Forest%s%s",
                check.detail ? ": " : "", check.detail ? check.detail : "");
        err_code(err, "forest-secret-unknown");
        err_remedy(err, "Copy it again from Settings > Environments > your environment in Forest.");
        result = PROBE_FAILED;
        break;
    case FOREST_UNREACHABLE:
        step_note(ctx, "could not be checked");
        step_warn(ctx, "Forest could not be asked about the secret: %s",
                  check.detail ? check.detail : "no answer");
        break;
    }
    forest_check_clear(&check);
    return result;
}

// ---- at the end

static enum probe probe_check(struct step_ctx *ctx, struct err *err)
{
    (void)err;
    return ctx->mode == STEP_MODE_DESTROY ? PROBE_SAME : PROBE_ABSENT;
}

typedef bool check_function(const struct backend_check *check, bool *out_retry, struct err *err);

enum { HELD_MS = 20000 };

struct attempt {
    check_function *check;
    struct err last;  // why the last look was not good enough
    int64_t since_ms; // it has been that cause since then
};

// What the backend says of its database or of Forest, and goes on saying, does not pass while one
// waits: better to tell it now. These two pass by themselves.
static bool held(struct attempt *a, const char *code)
{
    bool named = (str_starts(code, "database-") || str_starts(code, "forest-")) &&
                 !str_eq(code, "database-busy") && !str_eq(code, "database-name-server");
    int64_t now_ms = clock_ms();
    if (!named || !str_eq(code, a->last.code))
        a->since_ms = now_ms;
    return named && now_ms - a->since_ms >= HELD_MS;
}

static enum poll look_backend(struct step_ctx *ctx, struct err *err)
{
    struct attempt *a = ctx->scratch;
    struct backend_check check = {
        .http = stack_of(ctx)->http, .url = step_fact(ctx, "api.url"), .cancel = ctx->cancel};
    bool retry = false;
    ERR_AUTO e = {0};
    if (a->check(&check, &retry, &e))
        return POLL_DONE;
    if (e.kind == ERR_CANCELLED || !retry || held(a, e.code)) {
        err_move(err, &e);
        return POLL_FAILED;
    }
    step_note(ctx, "%s", e.message);
    err_move(&a->last, &e);
    return POLL_AGAIN;
}

// A check that failed says what it saw; the diagnosis says why and what to do.
static bool explain(struct step_ctx *ctx, struct err *seen, struct err *err)
{
    if (seen->kind != ERR_CANCELLED) {
        AUTO_FREE char *text = mem_printf("%s: %s", seen->code ? seen->code : "", seen->message);
        (void)service_explain(ctx, text, seen);
    }
    err_move(err, seen);
    return false;
}

static bool run_check(struct step_ctx *ctx, check_function *check, const char *good,
                      struct err *err)
{
    if (!step_need(ctx, "api.url", err))
        return false;
    struct attempt a = {.check = check};
    ctx->scratch = &a;
    ERR_AUTO e = {0};
    bool ok = step_poll(ctx, look_backend, &e);
    ctx->scratch = NULL;
    if (ok)
        step_note(ctx, "%s", good);
    if (!ok) {
        bool timed_out = e.kind == ERR_REMOTE && a.last.message && !e.code;
        explain(ctx, timed_out ? &a.last : &e, err);
    }
    err_clear(&a.last);
    return ok;
}

static bool check_address(struct step_ctx *ctx, struct err *err)
{
    return run_check(ctx, forest_check_answers, "from outside", err);
}

static bool check_agent(struct step_ctx *ctx, struct err *err)
{
    return run_check(ctx, forest_check_agent, "it says so", err);
}

static bool check_cors(struct step_ctx *ctx, struct err *err)
{
    return run_check(ctx, forest_check_cors, FOREST_APP_ORIGIN, err);
}

static bool check_wall(struct step_ctx *ctx, struct err *err)
{
    return run_check(ctx, forest_check_wall, "401 without one", err);
}

static enum poll look_schema(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct attempt *a = ctx->scratch;
    size_t collections = 0;
    bool retry = false;
    ERR_AUTO e = {0};
    if (forest_check_schema(s->http, server_url(s), &s->answers->forest.env_secret.value,
                            ctx->cancel, &collections, &retry, &e)) {
        AUTO_FREE char *count = mem_printf("%zu", collections);
        step_set(ctx, "collections", count);
        step_note(ctx, "%zu tables announced to Forest", collections);
        return POLL_DONE;
    }
    if (e.kind == ERR_CANCELLED || !retry) {
        err_move(err, &e);
        return POLL_FAILED;
    }
    step_note(ctx, "%s", e.message);
    err_move(&a->last, &e);
    return POLL_AGAIN;
}

static bool check_schema(struct step_ctx *ctx, struct err *err)
{
    if (!stack_of(ctx)->secrets_known) {
        step_warn(ctx, "whether Forest has the schema was not checked: the environment secret is "
                       "not known here");
        return true;
    }
    struct attempt a = {0};
    ctx->scratch = &a;
    ERR_AUTO e = {0};
    bool ok = step_poll(ctx, look_schema, &e);
    ctx->scratch = NULL;
    if (!ok)
        err_move(err, a.last.message && e.kind == ERR_REMOTE ? &a.last : &e);
    err_clear(&a.last);
    return ok;
}

#define CHECK_ROW(id_, title_, limit_, apply_, ...)                                                \
    {                                                                                              \
        .id = (id_), .title = (title_), .group = "checks", .kind = "check", .flags = STEP_CHECK,   \
        .usual_s = 3, .limit_s = (limit_), .needs = {__VA_ARGS__}, .probe = probe_check,           \
        .apply = apply_                                                                            \
    }

const struct step verify_steps[] = {
    {.id = "forest-secret",
     .title = "environment secret",
     .group = "checks",
     .kind = "check",
     .flags = STEP_EXISTING,
     .usual_s = 1,
     .probe = probe_forest_secret},
    CHECK_ROW("check-address", "address answers", 120, check_address, "stage", "service",
              "load-balancer", "firewall", "api"),
    CHECK_ROW("check-agent", "agent is running", 90, check_agent, "check-address", "database-rule"),
    CHECK_ROW("check-cors", "browser may call it", 30, check_cors, "check-agent"),
    CHECK_ROW("check-wall", "data needs a login", 30, check_wall, "check-agent"),
    CHECK_ROW("check-schema", "tables announced", 60, check_schema, "check-agent"),
};
const size_t verify_step_count = ARRAY_LEN(verify_steps);

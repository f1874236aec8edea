// SPDX-License-Identifier: MIT
// The public address: HTTP API (first, its URL is known at once), VPC link, integration, $default
// route and stage (facts aws.md 2.10). Nothing of API Gateway has a unique name: things are found
// by tag, integrations by a marker.
#include "backend/aws/apigateway.h"

#include <string.h>

#include "backend/steps/common.h"
#include "backend/steps/tables.h"

static bool has_our_tags(const struct step_ctx *ctx, const struct json *object)
{
    const struct json *tags = json_get(object, "tags");
    return step_is_ours(ctx, json_text(json_get(tags, TAG_STACK))) &&
           str_eq(json_text(json_get(tags, TAG_RESOURCE)), ctx->step->id);
}

// ---- API

static bool take_api(void *context, const struct json *api)
{
    struct step_ctx *ctx = context;
    if (!has_our_tags(ctx, api))
        return true;
    step_set(ctx, "id", json_str(api, "apiId"));
    step_set(ctx, "url", json_str(api, "apiEndpoint"));
    step_note(ctx, "%s", step_own(ctx, "url"));
    return false;
}

static enum probe probe_api(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "an HTTP API");
    step_set(ctx, "id", NULL);
    if (!apigw_each_api(stack_of(ctx)->aws, take_api, ctx, err))
        return PROBE_FAILED;
    return step_own(ctx, "id") ? PROBE_SAME : PROBE_ABSENT;
}

static bool apply_api(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", s->answers->name);
    struct step_tags tags;
    AUTO_FREE char *id = NULL;
    AUTO_FREE char *url = NULL;
    if (!apigw_create_api(s->aws, s->names.base, description,
                          step_tags_init(&tags, ctx, s->names.base), &id, &url, err))
        return false;
    step_set(ctx, "id", id);
    step_set(ctx, "url", url);
    step_note(ctx, "%s", url);
    return true;
}

static bool undo_api(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(apigw_delete_api(stack_of(ctx)->aws, step_own(ctx, "id"), err), err);
}

// ---- VPC link: its subnets and groups can never be changed, so a change is a new link

struct link_look {
    struct step_ctx *ctx;
    char *any_status;
};

static bool list_matches(const struct json *array, const char *list)
{
    if (json_count(array) != list_count(list))
        return false;
    for (const struct json *n = json_first(array); n; n = json_next(n))
        if (!list_has(list, json_text(n)))
            return false;
    return true;
}

static bool link_fits(const struct step_ctx *ctx, const struct json *link)
{
    if (ctx->mode == STEP_MODE_DESTROY)
        return true;
    return list_matches(json_get(link, "subnetIds"), step_fact(ctx, "network.link_subnets")) &&
           list_matches(json_get(link, "securityGroupIds"), step_fact(ctx, "link-group.id"));
}

// Ours that cannot serve (failed, other subnets) are listed as "stale": removed once a good one is
// in use.
static bool take_link(void *context, const struct json *link)
{
    struct link_look *l = context;
    struct step_ctx *ctx = l->ctx;
    const char *status = json_str_or(link, "vpcLinkStatus", "");
    const char *id = json_str_or(link, "vpcLinkId", "");
    if (!has_our_tags(ctx, link) || (str_eq(status, "DELETING") && ctx->mode != STEP_MODE_DESTROY))
        return true;
    if (!step_own(ctx, "id") && link_fits(ctx, link) &&
        !(str_eq(status, "FAILED") && ctx->mode != STEP_MODE_DESTROY)) {
        step_set(ctx, "id", id);
        str_replace(&l->any_status, status);
        return true;
    }
    const char *stale = step_own(ctx, "stale");
    AUTO_FREE char *joined = stale ? mem_printf("%s,%s", stale, id) : mem_strdup(id);
    step_set(ctx, "stale", joined);
    return true;
}

static enum probe probe_link(struct step_ctx *ctx, struct err *err)
{
    struct link_look l = {.ctx = ctx};
    step_note(ctx, "in the private subnets");
    step_set(ctx, "id", NULL);
    step_set(ctx, "stale", NULL);
    bool ok = apigw_each_link(stack_of(ctx)->aws, take_link, &l, err);
    enum probe result = !ok ? PROBE_FAILED : step_own(ctx, "id") ? PROBE_SAME : PROBE_ABSENT;
    if (result == PROBE_SAME)
        step_note(ctx, "%s is %s", step_own(ctx, "id"), l.any_status);
    else if (ok && step_own(ctx, "stale"))
        step_note(ctx, "a new one replaces %s", step_own(ctx, "stale"));
    mem_free(l.any_status);
    return result;
}

static bool apply_link(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "network.link_subnets", "link-group.id", NULL))
        return false;
    const struct stack *s = stack_of(ctx);
    struct step_tags tags;
    AUTO_FREE char *id = NULL;
    if (!apigw_create_link(s->aws, s->names.base, step_fact(ctx, "network.link_subnets"),
                           step_fact(ctx, "link-group.id"),
                           step_tags_init(&tags, ctx, s->names.base), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static enum poll look_link(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *status = NULL;
    AUTO_FREE char *message = NULL;
    const int64_t *since_ms = ctx->scratch;
    ERR_AUTO e = {0};
    if (!apigw_get_link(stack_of(ctx)->aws, step_own(ctx, "id"), &status, &message, &e)) {
        if (poll_fresh(&e, *since_ms))
            return POLL_AGAIN;
        err_move(err, &e);
        return POLL_FAILED;
    }
    step_note(ctx, "VPC link is %s", status);
    if (str_eq(status, "FAILED") || str_eq(status, "DELETING")) {
        err_set(err, ERR_REMOTE, "the VPC link is %s%s%s", status, *message ? ": " : "", message);
        err_remedy(err, "Check that the subnets have free addresses and that you may create the "
                        "service-linked role of "
                        "ops.apigateway.amazonaws.com, then continue: a new link is made.");
        return POLL_FAILED;
    }
    // INACTIVE: unused for 60 days; traffic wakes it, so it is as good as there.
    return str_eq(status, "AVAILABLE") || str_eq(status, "INACTIVE") ? POLL_DONE : POLL_AGAIN;
}

static bool wait_link(struct step_ctx *ctx, struct err *err)
{
    int64_t since_ms = clock_wall_ms();
    ctx->scratch = &since_ms;
    bool ok = step_poll(ctx, look_link, err);
    ctx->scratch = NULL;
    return ok;
}

static bool delete_link_now(struct step_ctx *ctx, const char *id, struct err *err)
{
    return gone_is_fine(apigw_delete_link(stack_of(ctx)->aws, id, err), err);
}

static bool delete_links(struct step_ctx *ctx, const char *list, struct err *err)
{
    for (const char *p = list; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *id = mem_strndup(p, n);
        if (!delete_link_now(ctx, id, err))
            return false;
        p += p[n] ? n + 1 : n;
    }
    return true;
}

static enum poll look_one_gone(struct step_ctx *ctx, const char *id, struct err *err)
{
    AUTO_FREE char *status = NULL;
    AUTO_FREE char *message = NULL;
    ERR_AUTO e = {0};
    if (apigw_get_link(stack_of(ctx)->aws, id, &status, &message, &e)) {
        step_note(ctx, "VPC link is %s", status);
        return POLL_AGAIN;
    }
    if (e.kind == ERR_NOT_FOUND)
        return POLL_DONE;
    err_move(err, &e);
    return POLL_FAILED;
}

// Also those that an earlier run replaced: they hold the group as well.
static enum poll look_link_gone(struct step_ctx *ctx, struct err *err)
{
    enum poll result = look_one_gone(ctx, step_own(ctx, "id"), err);
    for (const char *p = step_own(ctx, "stale"); result == POLL_DONE && p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *id = mem_strndup(p, n);
        result = look_one_gone(ctx, id, err);
        p += p[n] ? n + 1 : n;
    }
    return result;
}

static bool try_delete_link(struct step_ctx *ctx, struct err *err)
{
    return delete_link_now(ctx, step_own(ctx, "id"), err) &&
           delete_links(ctx, step_own(ctx, "stale"), err);
}

// The integration that used it may be visible for a moment after its deletion.
static bool link_in_use(const struct err *err)
{
    return err->kind == ERR_CONFLICT || err_says(err, "in use");
}

static bool undo_link(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 60, try_delete_link, link_in_use, err) &&
           step_poll(ctx, look_link_gone, err);
}

// ---- integration

static char *marker(const struct step_ctx *ctx)
{
    return mem_printf("%s=%s", TAG_STACK, stack_of(ctx)->names.stack);
}

struct integration_look {
    struct step_ctx *ctx;
    const char *marker;
    bool fits;
};

struct stale_links {
    struct step_ctx *ctx;
    struct str ids;
};

static bool take_integration(void *context, const struct json *integration)
{
    struct integration_look *l = context;
    if (!str_eq(json_str(integration, "description"), l->marker))
        return true;
    step_set(l->ctx, "id", json_str(integration, "integrationId"));
    l->fits = str_eq(json_str(integration, "connectionId"), step_fact(l->ctx, "vpc-link.id")) &&
              str_eq(json_str(integration, "integrationUri"), step_fact(l->ctx, "listener.arn"));
    return false;
}

static enum probe probe_integration(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "through the VPC link");
    const char *api = step_fact(ctx, "api.id");
    if (!api)
        return PROBE_ABSENT;
    AUTO_FREE char *mark = marker(ctx);
    struct integration_look l = {.ctx = ctx, .marker = mark};
    step_set(ctx, "id", NULL);
    if (!apigw_each_integration(stack_of(ctx)->aws, api, take_integration, &l, err))
        return probe_missing(err);
    if (!step_own(ctx, "id"))
        return PROBE_ABSENT;
    return l.fits || ctx->mode == STEP_MODE_DESTROY ? PROBE_SAME : PROBE_DIFFERS;
}

static bool attempt_integration(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const char *api = step_fact(ctx, "api.id");
    const char *link = step_fact(ctx, "vpc-link.id");
    const char *listener = step_fact(ctx, "listener.arn");
    if (ctx->exists)
        return apigw_update_integration(s->aws, api, step_own(ctx, "id"), link, listener, err);
    AUTO_FREE char *mark = marker(ctx);
    AUTO_FREE char *id = NULL;
    if (!apigw_create_integration(s->aws, api, link, listener, mark, &id, err))
        return false;
    step_set(ctx, "id", id);
    step_note(ctx, "%s", id);
    return true;
}

// Seen now and then for new listeners (facts aws.md 2.10).
static bool listener_not_seen(const struct err *err)
{
    return err_says(err, "Unable to retrieve listener port");
}

static bool take_stale(void *context, const struct json *link)
{
    struct stale_links *l = context;
    const struct json *tags = json_get(link, "tags");
    const char *id = json_str_or(link, "vpcLinkId", "");
    if (step_is_ours(l->ctx, json_text(json_get(tags, TAG_STACK))) &&
        !str_eq(id, step_fact(l->ctx, "vpc-link.id")) &&
        !str_eq(json_str(link, "vpcLinkStatus"), "DELETING"))
        str_addf(&l->ids, "%s%s", l->ids.len ? "," : "", id);
    return true;
}

// Links that an earlier choice of subnets left behind: nothing uses them any more, as soon as the
// stage has deployed the change.
static bool delete_stale_links(struct step_ctx *ctx, struct err *err)
{
    struct stale_links l = {.ctx = ctx};
    str_init(&l.ids, STR_LINE);
    bool ok = apigw_each_link(stack_of(ctx)->aws, take_stale, &l, err) &&
              delete_links(ctx, l.ids.data, err);
    str_clear(&l.ids);
    return ok;
}

static bool apply_integration(struct step_ctx *ctx, struct err *err)
{
    return step_needs(ctx, err, "api.id", "vpc-link.id", "listener.arn", NULL) &&
           step_retry(ctx, 120, attempt_integration, listener_not_seen, err) &&
           step_retry(ctx, 60, delete_stale_links, link_in_use, err);
}

static bool undo_integration(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(apigw_delete_integration(stack_of(ctx)->aws, step_fact(ctx, "api.id"),
                                                 step_own(ctx, "id"), err),
                        err);
}

// ---- route and stage

struct route_look {
    struct step_ctx *ctx;
    bool fits;
};

static bool take_route(void *context, const struct json *route)
{
    struct route_look *l = context;
    if (!str_eq(json_str(route, "routeKey"), "$default"))
        return true;
    const char *integration = step_fact(l->ctx, "integration.id");
    AUTO_FREE char *target = mem_printf("integrations/%s", integration ? integration : "");
    step_set(l->ctx, "id", json_str(route, "routeId"));
    l->fits = str_eq(json_str(route, "target"), target);
    return false;
}

static enum probe probe_route(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "$default");
    const char *api = step_fact(ctx, "api.id");
    if (!api)
        return PROBE_ABSENT;
    struct route_look l = {.ctx = ctx};
    step_set(ctx, "id", NULL);
    if (!apigw_each_route(stack_of(ctx)->aws, api, take_route, &l, err))
        return probe_missing(err);
    if (!step_own(ctx, "id"))
        return PROBE_ABSENT;
    return l.fits || ctx->mode == STEP_MODE_DESTROY ? PROBE_SAME : PROBE_DIFFERS;
}

static bool apply_route(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "api.id", "integration.id", NULL))
        return false;
    const struct stack *s = stack_of(ctx);
    const char *api = step_fact(ctx, "api.id");
    const char *integration = step_fact(ctx, "integration.id");
    if (ctx->exists)
        return apigw_update_route(s->aws, api, step_own(ctx, "id"), "$default", integration, err);
    AUTO_FREE char *id = NULL;
    ERR_AUTO e = {0};
    if (apigw_create_route(s->aws, api, "$default", integration, &id, &e)) {
        step_set(ctx, "id", id);
        step_note(ctx, "$default");
        return true;
    }
    if (already_exists(&e) && probe_route(ctx, err) == PROBE_SAME)
        return true;
    err_move(err, &e);
    return false;
}

static bool undo_route(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(
        apigw_delete_route(stack_of(ctx)->aws, step_fact(ctx, "api.id"), step_own(ctx, "id"), err),
        err);
}

static enum probe probe_stage(struct step_ctx *ctx, struct err *err)
{
    const char *api = step_fact(ctx, "api.id");
    if (!api)
        return PROBE_ABSENT;
    step_note(ctx, "$default, deploys by itself");
    AUTO_FREE char *message = NULL;
    return apigw_get_stage(stack_of(ctx)->aws, api, &message, err) ? PROBE_SAME
                                                                   : probe_missing(err);
}

static bool apply_stage(struct step_ctx *ctx, struct err *err)
{
    const char *api = step_need(ctx, "api.id", err);
    if (!api)
        return false;
    step_note(ctx, "$default, deploys by itself");
    struct step_tags tags;
    ERR_AUTO e = {0};
    if (apigw_create_stage(stack_of(ctx)->aws, api,
                           step_tags_init(&tags, ctx, stack_of(ctx)->names.base), &e) ||
        already_exists(&e))
        return true;
    err_move(err, &e);
    return false;
}

static bool verify_stage(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *message = NULL;
    if (!apigw_get_stage(stack_of(ctx)->aws, step_fact(ctx, "api.id"), &message, err))
        return false;
    if (str_empty(message) || strstr(message, "uccessfully"))
        return true;
    return err_set(err, ERR_REMOTE, "the API was not deployed: %s", message);
}

static bool undo_stage(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(apigw_delete_stage(stack_of(ctx)->aws, step_fact(ctx, "api.id"), err), err);
}

const struct step address_steps[] = {
    {.id = "api",
     .title = "public address",
     .group = "address",
     .kind = "apigatewayv2.api",
     .usual_s = 1,
     .probe = probe_api,
     .apply = apply_api,
     .undo = undo_api},
    {.id = "vpc-link",
     .title = "VPC link",
     .group = "address",
     .kind = "apigatewayv2.vpc-link",
     .usual_s = 130,
     .limit_s = 600,
     .needs = {"network", "link-group"},
     .probe = probe_link,
     .apply = apply_link,
     .wait = wait_link,
     .undo = undo_link},
    {.id = "integration",
     .title = "integration",
     .group = "address",
     .kind = "apigatewayv2.integration",
     .usual_s = 1,
     .needs = {"api", "vpc-link", "listener"},
     .probe = probe_integration,
     .apply = apply_integration,
     .undo = undo_integration},
    {.id = "route",
     .title = "route",
     .group = "address",
     .kind = "apigatewayv2.route",
     .flags = STEP_REPEATABLE,
     .usual_s = 1,
     .needs = {"integration"},
     .probe = probe_route,
     .apply = apply_route,
     .undo = undo_route},
    {.id = "stage",
     .title = "stage",
     .group = "address",
     .kind = "apigatewayv2.stage",
     .flags = STEP_REPEATABLE,
     .usual_s = 2,
     .needs = {"route"},
     .probe = probe_stage,
     .apply = apply_stage,
     .verify = verify_stage,
     .undo = undo_stage},
};
const size_t address_step_count = ARRAY_LEN(address_steps);

// SPDX-License-Identifier: MIT
// Cluster, service, scaling (facts aws.md 2.11, 2.12). What the task is: task_definition.c;
// watching a deployment: service_watch.c.
#include <string.h>

#include "backend/aws/autoscaling.h"
#include "backend/aws/ecs.h"
#include "backend/aws/iam.h"
#include "backend/steps/common.h"
#include "backend/steps/service_watch.h"
#include "backend/steps/tables.h"

// ---- cluster

static enum probe probe_cluster(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    JSON_AUTO *cluster = NULL;
    step_note(ctx, "%s", s->names.base);
    if (!ecs_get_cluster(s->aws, s->names.base, &cluster, err))
        return probe_missing(err);
    const char *stack = aws_tag_in_list(json_get(cluster, "tags"), "key", "value", TAG_STACK);
    if (!step_is_ours(ctx, stack))
        return probe_foreign(ctx, "cluster", s->names.base, stack);
    step_set(ctx, "arn", json_str(cluster, "clusterArn"));
    return PROBE_SAME;
}

static bool apply_cluster(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct step_tags tags;
    AUTO_FREE char *arn = NULL;
    if (!ecs_create_cluster(s->aws, s->names.base, step_tags_init(&tags, ctx, s->names.base), &arn,
                            err))
        return false;
    step_set(ctx, "arn", arn);
    return true;
}

static bool try_delete_cluster(struct step_ctx *ctx, struct err *err)
{
    if (gone_is_fine(ecs_delete_cluster(stack_of(ctx)->aws, step_own(ctx, "arn"), err), err))
        return true;
    step_note(ctx, "waits for what else runs in it to end");
    return false;
}

static bool cluster_busy(const struct err *err)
{
    return err_is(err, "ClusterContainsServicesException") ||
           err_is(err, "ClusterContainsTasksException") || err_is(err, "UpdateInProgressException");
}

static bool undo_cluster(struct step_ctx *ctx, struct err *err)
{
    ERR_AUTO e = {0};
    if (step_retry(ctx, blocked_limit_s(300), try_delete_cluster, cluster_busy, &e))
        return true;
    bool services = err_is(&e, "ClusterContainsServicesException");
    bool tasks = err_is(&e, "ClusterContainsTasksException");
    err_move(err, &e);
    if (!services && !tasks)
        return false;
    const char *what = services ? "services" : "tasks";
    const char *name = stack_of(ctx)->names.base;
    err_set(err, ERR_CONFLICT, "the cluster %s cannot be deleted: it runs %s of somebody else",
            name, what);
    return err_remedy(err,
                      "Delete those %s in ECS, cluster %s, then destroy again. The rest is gone "
                      "or goes then.",
                      what, name);
}

// ---- service

static bool subnets_fit(const struct step_ctx *ctx, const struct json *service)
{
    const struct json *vpc = json_path(service, "networkConfiguration.awsvpcConfiguration");
    const struct json *subnets = json_get(vpc, "subnets");
    const char *wanted = step_fact(ctx, "network.subnets");
    if (json_count(subnets) != list_count(wanted))
        return false;
    for (const struct json *n = json_first(subnets); n; n = json_next(n))
        if (!list_has(wanted, json_text(n)))
            return false;
    return str_eq(json_str(vpc, "securityGroups.0"), step_fact(ctx, "task-group.id"));
}

// The deployment that ECS gave up, or that was stopped because it could not succeed, does not start
// again by itself, not even when its cause is repaired.
static bool given_up(const struct json *service)
{
    const struct json *first = json_path(service, "deployments.0");
    bool primary = str_eq(json_str(first, "status"), "PRIMARY");
    return json_int(service, "desiredCount", -1) == 0 ||
           (primary && str_eq(json_str(first, "rolloutState"), "FAILED"));
}

static enum probe compare_service(struct step_ctx *ctx, const struct json *service)
{
    const struct answers *a = stack_of(ctx)->answers;
    step_set(ctx, "again", given_up(service) ? "yes" : NULL);
    const char *definition_arn = step_fact(ctx, "task-definition.arn");
    if (!str_eq(json_str(service, "taskDefinition"), definition_arn)) {
        step_note(ctx, "a new revision");
        return PROBE_DIFFERS;
    }
    if (!subnets_fit(ctx, service)) {
        step_note(ctx, "other subnets");
        return PROBE_DIFFERS;
    }
    if (!str_eq(step_own(ctx, "target"), step_fact(ctx, "target-group.arn"))) {
        step_note(ctx, "other targets");
        return PROBE_DIFFERS;
    }
    if (step_own(ctx, "again")) {
        step_note(ctx, "the last deployment was given up: a new one");
        return PROBE_DIFFERS;
    }
    if (!a->options.autoscaling && json_int(service, "desiredCount", -1) != a->backend.tasks) {
        step_note(ctx, "%u task%s instead of %d", a->backend.tasks,
                  a->backend.tasks == 1 ? "" : "s", (int)json_int(service, "desiredCount", -1));
        return PROBE_DIFFERS;
    }
    step_note(ctx, "%d of %d running", (int)json_int(service, "runningCount", 0),
              (int)json_int(service, "desiredCount", 0));
    return PROBE_SAME;
}

static enum probe probe_service(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const char *cluster = step_fact(ctx, "cluster.arn");
    step_note(ctx, "%u task%s", s->answers->backend.tasks,
              s->answers->backend.tasks == 1 ? "" : "s");
    if (!cluster)
        return PROBE_ABSENT;
    JSON_AUTO *service = NULL;
    if (!ecs_get_service(s->aws, cluster, s->names.base, &service, err))
        return probe_missing(err);
    const char *status = json_str_or(service, "status", "");
    if (str_eq(status, "INACTIVE"))
        return PROBE_ABSENT;
    const char *stack = aws_tag_in_list(json_get(service, "tags"), "key", "value", TAG_STACK);
    if (!step_is_ours(ctx, stack))
        return probe_foreign(ctx, "service", s->names.base, stack);
    step_set(ctx, "arn", json_str(service, "serviceArn"));
    step_set(ctx, "target", json_str(service, "loadBalancers.0.targetGroupArn"));
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_SAME;
    if (str_eq(status, "DRAINING")) {
        step_note(ctx, "the old one is still stopping");
        return PROBE_ABSENT;
    }
    return compare_service(ctx, service);
}

static struct json *network_configuration(const struct step_ctx *ctx)
{
    struct json *outer = json_object();
    struct json *vpc =
        json_put(outer, "awsvpcConfiguration", json_strings("assignPublicIp", "DISABLED", NULL));
    struct json *subnets = json_put(vpc, "subnets", json_array());
    const char *list = step_fact(ctx, "network.subnets");
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *id = mem_strndup(p, n);
        json_push_str(subnets, id);
        p += p[n] ? n + 1 : n;
    }
    json_push_str(json_put(vpc, "securityGroups", json_array()), step_fact(ctx, "task-group.id"));
    return outer;
}

static void add_deployment(struct json *body)
{
    struct json *d = json_put(body, "deploymentConfiguration", json_object());
    json_put_int(d, "minimumHealthyPercent", 100);
    json_put_int(d, "maximumPercent", 200);
    struct json *breaker = json_put(d, "deploymentCircuitBreaker", json_object());
    json_put_bool(breaker, "enable", true);
    json_put_bool(breaker, "rollback", true);
}

static void add_target(const struct step_ctx *ctx, struct json *body)
{
    struct json *target =
        json_push(json_put(body, "loadBalancers", json_array()),
                  json_strings("targetGroupArn", step_fact(ctx, "target-group.arn"),
                               "containerName", CONTAINER_NAME, NULL));
    json_put_int(target, "containerPort", stack_of(ctx)->answers->backend.port);
}

static struct json *create_body(const struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *token = step_token(ctx, NULL);
    struct json *body =
        json_strings("cluster", step_fact(ctx, "cluster.arn"), "serviceName", s->names.base,
                     "clientToken", token, "taskDefinition", step_fact(ctx, "task-definition.arn"),
                     "platformVersion", "LATEST", "propagateTags", "SERVICE",
                     // ECS' own choice for new services, said so that an export can say it, too.
                     "availabilityZoneRebalancing", "ENABLED", NULL);
    json_put_int(body, "desiredCount", s->answers->backend.tasks);
    struct json *strategy = json_push(json_put(body, "capacityProviderStrategy", json_array()),
                                      json_strings("capacityProvider", "FARGATE", NULL));
    json_put_int(strategy, "weight", 1);
    json_put_int(strategy, "base", 1);
    json_put(body, "networkConfiguration", network_configuration(ctx));
    add_target(ctx, body);
    json_put_int(body, "healthCheckGracePeriodSeconds", 60);
    add_deployment(body);
    json_put_bool(body, "enableECSManagedTags", true);
    json_put_bool(body, "enableExecuteCommand", false);
    struct step_tags tags;
    json_put(body, "tags",
             aws_tags_list(step_tags_init(&tags, ctx, s->names.base), "key", "value"));
    return body;
}

static bool attempt_create(struct step_ctx *ctx, struct err *err)
{
    JSON_AUTO *body = create_body(ctx);
    AUTO_FREE char *arn = NULL;
    ERR_AUTO e = {0};
    if (ecs_create_service(stack_of(ctx)->aws, body, &arn, &e)) {
        step_set(ctx, "arn", arn);
        return true;
    }
    // An account that never used ECS has no service-linked role yet, and this caller may not make
    // one implicitly.
    if (err_says(&e, "service linked role"))
        (void)iam_create_service_linked_role(stack_of(ctx)->aws, "ecs.amazonaws.com", NULL);
    err_move(err, &e);
    return false;
}

static bool passes_by_itself(const struct err *err)
{
    return err_is(err, "ClusterNotFoundException") ||
           err_says(err, "does not have an associated load balancer") ||
           err_says(err, "service linked role") || err_says(err, "proper permissions") ||
           err_says(err, "Draining");
}

static bool attempt_update(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    JSON_AUTO *body =
        json_strings("cluster", step_fact(ctx, "cluster.arn"), "service", s->names.base,
                     "taskDefinition", step_fact(ctx, "task-definition.arn"), NULL);
    bool again = step_own(ctx, "again") != NULL;
    if (!s->answers->options.autoscaling || again)
        json_put_int(body, "desiredCount", s->answers->backend.tasks);
    if (again)
        json_put_bool(body, "forceNewDeployment", true);
    json_put(body, "networkConfiguration", network_configuration(ctx));
    if (!str_eq(step_own(ctx, "target"), step_fact(ctx, "target-group.arn")))
        add_target(ctx, body); // another port has a target group of its own
    return ecs_update_service(s->aws, body, err);
}

static bool apply_service(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "cluster.arn", "task-definition.arn", "target-group.arn",
                    "network.subnets", "task-group.id", NULL))
        return false;
    return step_retry(ctx, 120, ctx->exists ? attempt_update : attempt_create, passes_by_itself,
                      err);
}

static enum poll look_service_gone(struct step_ctx *ctx, struct err *err)
{
    JSON_AUTO *service = NULL;
    ERR_AUTO e = {0};
    if (!ecs_get_service(stack_of(ctx)->aws, step_fact(ctx, "cluster.arn"),
                         stack_of(ctx)->names.base, &service, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return POLL_DONE;
        err_move(err, &e);
        return POLL_FAILED;
    }
    const char *status = json_str_or(service, "status", "");
    step_note(ctx, "service is %s, %d tasks left", status,
              (int)json_int(service, "runningCount", 0));
    return str_eq(status, "INACTIVE") ? POLL_DONE : POLL_AGAIN;
}

static bool try_delete_service(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    return gone_is_fine(
        ecs_delete_service(s->aws, step_fact(ctx, "cluster.arn"), s->names.base, err), err);
}

static bool deployment_active(const struct err *err)
{
    return err_says(err, "cannot be stopped while deployments are active");
}

static bool undo_service(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 300, try_delete_service, deployment_active, err) &&
           step_poll(ctx, look_service_gone, err);
}

// ---- scaling

static bool wants_scaling(const void *world)
{
    return ((const struct stack *)world)->answers->options.autoscaling;
}

static char *scaling_resource(const struct step_ctx *ctx)
{
    const char *base = stack_of(ctx)->names.base;
    return mem_printf("service/%s/%s", base, base);
}

static enum probe probe_scaling(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    AUTO_FREE char *resource = scaling_resource(ctx);
    step_note(ctx, "%u to %u tasks at %u %% CPU", a->options.min_tasks, a->options.max_tasks,
              a->options.cpu_percent);
    if (!step_fact(ctx, "service.arn"))
        return PROBE_ABSENT;
    long min = 0;
    long max = 0;
    double percent = 0;
    if (!scaling_get_target(s->aws, resource, &min, &max, err))
        return probe_missing(err);
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_SAME;
    if (!scaling_get_policy(s->aws, resource, s->names.scaling_policy, &percent, err))
        return probe_missing(err) == PROBE_ABSENT ? PROBE_DIFFERS : PROBE_FAILED;
    bool same = min == (long)a->options.min_tasks && max == (long)a->options.max_tasks &&
                (unsigned)percent == a->options.cpu_percent;
    return same ? PROBE_SAME : PROBE_DIFFERS;
}

static bool apply_scaling(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    AUTO_FREE char *resource = scaling_resource(ctx);
    struct step_tags tags;
    step_tags_init(&tags, ctx, s->names.base);
    AUTO_FREE char *arn = NULL;
    if (!scaling_register(s->aws, resource, a->options.min_tasks, a->options.max_tasks,
                          ctx->exists ? NULL : &tags.tags, err) ||
        !scaling_put_cpu_policy(s->aws, resource, s->names.scaling_policy, a->options.cpu_percent,
                                &arn, err))
        return false;
    step_set(ctx, "policy", arn);
    return true;
}

static bool undo_scaling(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *resource = scaling_resource(ctx);
    return gone_is_fine(scaling_deregister(stack_of(ctx)->aws, resource, err), err);
}

const struct step service_steps[] = {
    {.id = "cluster",
     .title = "cluster",
     .group = "container",
     .kind = "ecs.cluster",
     .flags = STEP_REPEATABLE,
     .usual_s = 3,
     .probe = probe_cluster,
     .apply = apply_cluster,
     .undo = undo_cluster},
    {.id = "service",
     .title = "backend",
     .group = "container",
     .kind = "ecs.service",
     .flags = STEP_COSTS | STEP_REPEATABLE,
     .usual_s = 90,
     .limit_s = 900,
     .needs = {"cluster", "task-definition", "listener", "target-group", "network", "task-group",
               "exec-policy", "firewall", "database-rule", "route-private", "route-public",
               "route-of-public-a", "route-of-private-a", "route-of-private-b"},
     .probe = probe_service,
     .apply = apply_service,
     .wait = service_wait,
     .undo = undo_service},
    {.id = "scaling",
     .title = "scaling",
     .group = "container",
     .kind = "application-autoscaling.scalable-target",
     .flags = STEP_DROPPED | STEP_REPEATABLE,
     .usual_s = 2,
     .needs = {"service"},
     .wanted = wants_scaling,
     .probe = probe_scaling,
     .apply = apply_scaling,
     .undo = undo_scaling},
};
const size_t service_step_count = ARRAY_LEN(service_steps);

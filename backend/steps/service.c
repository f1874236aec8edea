// SPDX-License-Identifier: MIT
// Cluster, task definition, service, scaling (facts aws.md 2.11, 2.12). Watching a deployment is
// service_watch.c.
#include <string.h>

#include "backend/aws/autoscaling.h"
#include "backend/aws/ecs.h"
#include "backend/aws/iam.h"
#include "backend/codec/hash.h"
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
    return gone_is_fine(ecs_delete_cluster(stack_of(ctx)->aws, step_own(ctx, "arn"), err), err);
}

static bool cluster_busy(const struct err *err)
{
    return err_is(err, "ClusterContainsServicesException") ||
           err_is(err, "ClusterContainsTasksException") || err_is(err, "UpdateInProgressException");
}

static bool undo_cluster(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 300, try_delete_cluster, cluster_busy, err);
}

// ---- task definition: every registration makes a revision, so it is compared by the hash in its
// tag

static void add_environment(struct json *container, const struct answers *a)
{
    struct json *list = json_put(container, "environment", json_array());
    AUTO_FREE char *port = mem_printf("%u", a->backend.port);
    json_push(list, json_strings("name", "NODE_ENV", "value", "production", NULL));
    json_push(list, json_strings("name", "PORT", "value", port, NULL));
    json_push(list, json_strings("name", "DATABASE_SSL_MODE", "value", a->database.ssl_mode, NULL));
    if (a->database.schema)
        json_push(list, json_strings("name", "DATABASE_SCHEMA", "value", a->database.schema, NULL));
    if (a->forest.server_url) // Forest's own override, for their staging and for rehearsals
        json_push(list,
                  json_strings("name", "FOREST_SERVER_URL", "value", a->forest.server_url, NULL));
}

// Pinned to the version: a new secret is a new revision, so a rollback brings the old secret back
// as well.
static void add_secrets(struct json *container, const char *arn, const char *version)
{
    static const char *const keys[] = {"FOREST_ENV_SECRET", "FOREST_AUTH_SECRET", "POSTGRESQL_URL"};
    struct json *list = json_put(container, "secrets", json_array());
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        AUTO_FREE char *from = mem_printf("%s:%s::%s", arn, keys[i], version);
        json_push(list, json_strings("name", keys[i], "valueFrom", from, NULL));
    }
}

static struct json *container(const struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *image =
        mem_printf("%s@%s", step_fact(ctx, "repository.uri"), step_fact(ctx, "image.digest"));
    struct json *c = json_strings("name", CONTAINER_NAME, "image", image, NULL);
    json_put_bool(c, "essential", true);
    struct json *port =
        json_push(json_put(c, "portMappings", json_array()), json_strings("protocol", "tcp", NULL));
    json_put_int(port, "containerPort", s->answers->backend.port);
    add_environment(c, s->answers);
    add_secrets(c, step_fact(ctx, "secret.arn"), step_fact(ctx, "secret.version"));
    struct json *log = json_put(c, "logConfiguration", json_strings("logDriver", "awslogs", NULL));
    json_put(log, "options",
             json_strings("awslogs-group", s->names.log_group, "awslogs-region", s->region,
                          "awslogs-stream-prefix", LOG_STREAM_PREFIX, NULL));
    json_put_int(c, "stopTimeout", 20);
    json_put_bool(json_put(c, "linuxParameters", json_object()), "initProcessEnabled", true);
    return c;
}

static struct json *definition(const struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *cpu = mem_printf("%u", s->answers->backend.cpu_units);
    AUTO_FREE char *memory = mem_printf("%u", s->answers->backend.memory_mib);
    struct json *d =
        json_strings("family", s->names.base, "networkMode", "awsvpc", "cpu", cpu, "memory", memory,
                     "executionRoleArn", step_fact(ctx, "exec-role.arn"), "taskRoleArn",
                     step_fact(ctx, "task-role.arn"), NULL);
    json_push_str(json_put(d, "requiresCompatibilities", json_array()), "FARGATE");
    json_put(d, "runtimePlatform",
             json_strings("cpuArchitecture",
                          s->answers->backend.arch == ARCH_ARM64 ? "ARM64" : "X86_64",
                          "operatingSystemFamily", "LINUX", NULL));
    json_push(json_put(d, "containerDefinitions", json_array()), container(ctx));
    return d;
}

static bool definition_ready(const struct step_ctx *ctx)
{
    return step_fact(ctx, "image.digest") && step_fact(ctx, "repository.uri") &&
           step_fact(ctx, "secret.arn") && step_fact(ctx, "secret.version") &&
           step_fact(ctx, "exec-role.arn") && step_fact(ctx, "task-role.arn");
}

static char *spec_of(const struct json *body)
{
    AUTO_FREE char *text = json_print(body);
    AUTO_FREE char *hash = sha256_hex(text, strlen(text));
    return mem_strndup(hash, 32);
}

static enum probe probe_definition(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    step_note(ctx, "%g vCPU, %u MB, %s", a->backend.cpu_units / 1024.0, a->backend.memory_mib,
              a->backend.arch == ARCH_ARM64 ? "ARM" : "x86");
    JSON_AUTO *found = NULL;
    if (!ecs_get_task_definition(s->aws, s->names.base, &found, err))
        return probe_missing(err);
    const struct json *tags = json_get(found, "tags");
    const char *stack = aws_tag_in_list(tags, "key", "value", TAG_STACK);
    if (!step_is_ours(ctx, stack))
        return probe_foreign(ctx, "task definition", s->names.base, stack);
    const char *arn = json_str(found, "taskDefinition.taskDefinitionArn");
    if (ctx->mode == STEP_MODE_DESTROY) {
        step_set(ctx, "arn", arn);
        return PROBE_SAME;
    }
    step_set(ctx, "arn",
             NULL); // a revision that will be replaced must not look right to the service
    if (!definition_ready(ctx))
        return PROBE_DIFFERS;
    JSON_AUTO *wanted = definition(ctx);
    AUTO_FREE char *spec = spec_of(wanted);
    if (!str_eq(spec, aws_tag_in_list(tags, "key", "value", TAG_SPEC)))
        return PROBE_DIFFERS;
    step_set(ctx, "arn", arn);
    return PROBE_SAME;
}

static bool attempt_definition(struct step_ctx *ctx, struct err *err)
{
    JSON_AUTO *body = definition(ctx);
    AUTO_FREE char *spec = spec_of(body);
    struct step_tags tags;
    step_tags_init(&tags, ctx, stack_of(ctx)->names.base);
    step_tags_add(&tags, TAG_SPEC, spec);
    json_put(body, "tags", aws_tags_list(&tags.tags, "key", "value"));
    AUTO_FREE char *arn = NULL;
    if (!ecs_register_task_definition(stack_of(ctx)->aws, body, &arn, err))
        return false;
    step_set(ctx, "arn", arn);
    const char *slash = strrchr(arn, '/');
    step_note(ctx, "%s", slash ? slash + 1 : arn);
    return true;
}

// IAM is one control plane for the world: a new role takes seconds to be known here (facts
// aws.md 2.5).
static bool role_not_known_yet(const struct err *err)
{
    return err_says(err, "Role is not valid") ||
           (err->kind == ERR_DENIED && err_says(err, "iam:PassRole"));
}

static bool apply_definition(struct step_ctx *ctx, struct err *err)
{
    return step_needs(ctx, err, "image.digest", "repository.uri", "secret.arn", "secret.version",
                      "exec-role.arn", "task-role.arn", NULL) &&
           step_retry(ctx, 120, attempt_definition, role_not_known_yet, err);
}

struct revisions {
    const char *prefix; // "family:" at the end of the ARN's path
    struct str arns;
};

static bool take_revision(void *context, const char *arn)
{
    struct revisions *r = context;
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    if (slash && str_starts(slash + 1, r->prefix)) // familyPrefix matches longer families too
        str_addf(&r->arns, "%s%s", r->arns.len ? "," : "", arn);
    return true;
}

static bool drop_revisions(struct step_ctx *ctx, const char *arns, bool active, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    for (const char *p = arns; *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *arn = mem_strndup(p, n);
        if ((active && !gone_is_fine(ecs_deregister_task_definition(c, arn, err), err)) ||
            !gone_is_fine(ecs_delete_task_definition(c, arn, err), err))
            return false;
        p += p[n] ? n + 1 : n;
    }
    return true;
}

static bool undo_definition(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *prefix = mem_printf("%s:", s->names.base);
    const char *const states[] = {"ACTIVE", "INACTIVE"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct revisions r = {.prefix = prefix};
        str_init(&r.arns, STR_BODY);
        bool ok =
            ecs_each_task_definition(s->aws, s->names.base, states[i], take_revision, &r, err) &&
            drop_revisions(ctx, r.arns.data, i == 0, err);
        str_clear(&r.arns);
        if (!ok)
            return false;
    }
    return true;
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

static enum probe compare_service(struct step_ctx *ctx, const struct json *service)
{
    const struct answers *a = stack_of(ctx)->answers;
    const char *definition_arn = step_fact(ctx, "task-definition.arn");
    if (!str_eq(json_str(service, "taskDefinition"), definition_arn)) {
        step_note(ctx, "a new revision");
        return PROBE_DIFFERS;
    }
    if (!subnets_fit(ctx, service)) {
        step_note(ctx, "other subnets");
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

static struct json *create_body(const struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *token = step_token(ctx, NULL);
    struct json *body =
        json_strings("cluster", step_fact(ctx, "cluster.arn"), "serviceName", s->names.base,
                     "clientToken", token, "taskDefinition", step_fact(ctx, "task-definition.arn"),
                     "platformVersion", "LATEST", "propagateTags", "SERVICE", NULL);
    json_put_int(body, "desiredCount", s->answers->backend.tasks);
    struct json *strategy = json_push(json_put(body, "capacityProviderStrategy", json_array()),
                                      json_strings("capacityProvider", "FARGATE", NULL));
    json_put_int(strategy, "weight", 1);
    json_put_int(strategy, "base", 1);
    json_put(body, "networkConfiguration", network_configuration(ctx));
    struct json *target =
        json_push(json_put(body, "loadBalancers", json_array()),
                  json_strings("targetGroupArn", step_fact(ctx, "target-group.arn"),
                               "containerName", CONTAINER_NAME, NULL));
    json_put_int(target, "containerPort", s->answers->backend.port);
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
    if (!s->answers->options.autoscaling)
        json_put_int(body, "desiredCount", s->answers->backend.tasks);
    json_put(body, "networkConfiguration", network_configuration(ctx));
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
    return scaling_register(s->aws, resource, a->options.min_tasks, a->options.max_tasks,
                            ctx->exists ? NULL : &tags.tags, err) &&
           scaling_put_cpu_policy(s->aws, resource, s->names.scaling_policy, a->options.cpu_percent,
                                  err);
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
     .usual_s = 3,
     .probe = probe_cluster,
     .apply = apply_cluster,
     .undo = undo_cluster},
    {.id = "task-definition",
     .title = "task definition",
     .group = "container",
     .kind = "ecs.task-definition",
     .usual_s = 2,
     .needs = {"exec-role", "task-role", "image", "secret", "log-group"},
     .probe = probe_definition,
     .apply = apply_definition,
     .undo = undo_definition},
    {.id = "service",
     .title = "backend",
     .group = "container",
     .kind = "ecs.service",
     .flags = STEP_COSTS,
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
     .usual_s = 2,
     .needs = {"service"},
     .wanted = wants_scaling,
     .probe = probe_scaling,
     .apply = apply_scaling,
     .undo = undo_scaling},
};
const size_t service_step_count = ARRAY_LEN(service_steps);

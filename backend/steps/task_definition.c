// SPDX-License-Identifier: MIT
// What the backend is on Fargate: image by digest, secrets by version, log, size (facts
// aws.md 2.11).
#include <string.h>

#include "backend/aws/ecs.h"
#include "backend/codec/hash.h"
#include "backend/setup/rules.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/service_watch.h"
#include "backend/steps/tables.h"

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

struct json *task_definition_body(const struct step_ctx *ctx)
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

char *task_definition_spec(const struct step_ctx *ctx)
{
    if (!definition_ready(ctx))
        return NULL;
    JSON_AUTO *body = task_definition_body(ctx);
    return spec_of(body);
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
    AUTO_FREE char *spec = task_definition_spec(ctx);
    if (!spec || !str_eq(spec, aws_tag_in_list(tags, "key", "value", TAG_SPEC)))
        return PROBE_DIFFERS;
    step_set(ctx, "arn", arn);
    return PROBE_SAME;
}

static void add_tag(struct step_tags *tags, const char *key, const char *value)
{
    if (!str_empty(value) && rule_tag_value(value, NULL))
        step_tags_add(tags, key, value);
}

static void add_source(struct step_tags *tags, const struct answers *a)
{
    static const char *const kinds[] = {
        [SOURCE_BUILTIN] = "builtin", [SOURCE_FOLDER] = "folder", [SOURCE_GIT] = "git"};
    add_tag(tags, TAG_SOURCE, kinds[a->backend.source]);
    add_tag(tags, TAG_BASE_IMAGE, a->backend.base_image);
    // A folder is not told: a path of somebody's machine belongs neither on AWS nor, by way of the
    // tags, into an export.
    if (a->backend.source != SOURCE_GIT)
        return;
    add_tag(tags, TAG_SOURCE_AT, a->backend.git_url);
    add_tag(tags, TAG_SOURCE_REF, a->backend.git_ref);
    add_tag(tags, TAG_SOURCE_FOLDER, a->backend.git_folder);
}

static bool attempt_definition(struct step_ctx *ctx, struct err *err)
{
    JSON_AUTO *body = task_definition_body(ctx);
    AUTO_FREE char *spec = spec_of(body);
    struct step_tags tags;
    step_tags_init(&tags, ctx, stack_of(ctx)->names.base);
    step_tags_add(&tags, TAG_SPEC, spec);
    add_source(&tags, stack_of(ctx)->answers);
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

// A revision that somebody else registered under our family's name is theirs.
static bool our_revision(struct step_ctx *ctx, const char *arn, bool *out_ours, struct err *err)
{
    JSON_AUTO *found = NULL;
    ERR_AUTO e = {0};
    *out_ours = false;
    if (!ecs_get_task_definition(stack_of(ctx)->aws, arn, &found, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return true;
        err_move(err, &e);
        return false;
    }
    *out_ours =
        step_is_ours(ctx, aws_tag_in_list(json_get(found, "tags"), "key", "value", TAG_STACK));
    return true;
}

static bool drop_revisions(struct step_ctx *ctx, const char *arns, bool active, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    for (const char *p = arns; *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *arn = mem_strndup(p, n);
        bool ours = false;
        p += p[n] ? n + 1 : n;
        if (!our_revision(ctx, arn, &ours, err))
            return false;
        if (!ours)
            continue;
        if ((active && !gone_is_fine(ecs_deregister_task_definition(c, arn, err), err)) ||
            !gone_is_fine(ecs_delete_task_definition(c, arn, err), err))
            return false;
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

const struct step task_definition_steps[] = {
    {.id = "task-definition",
     .title = "task definition",
     .group = "container",
     .kind = "ecs.task-definition",
     .usual_s = 2,
     .needs = {"exec-role", "task-role", "image", "secret", "log-group"},
     .probe = probe_definition,
     .apply = apply_definition,
     .undo = undo_definition},
};
const size_t task_definition_step_count = ARRAY_LEN(task_definition_steps);

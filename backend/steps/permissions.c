// SPDX-License-Identifier: MIT
// The execution role (what ECS may do to start the task: pull this image, write to this log group,
// read this secret) and a separate task role without any permission: the backend calls no AWS API
// (facts aws.md 10.1, 10.2).
#include <string.h>

#include "backend/aws/iam.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/tables.h"

static const char *role_name(const struct step_ctx *ctx)
{
    const struct names *n = &stack_of(ctx)->names;
    return str_eq(ctx->step->id, "task-role") ? n->task_role : n->exec_role;
}

// Only ECS tasks of this account and region may take the role.
char *role_trust_policy(const struct stack *s)
{
    return mem_printf(
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
        "\"Service\":"
        "\"ecs-tasks.amazonaws.com\"},\"Action\":\"sts:AssumeRole\",\"Condition\":{"
        "\"StringEquals\":"
        "{\"aws:SourceAccount\":\"%s\"},\"ArnLike\":{\"aws:SourceArn\":\"arn:%s:ecs:%s:%s:*\"}}}]}",
        s->account, s->partition, s->region, s->account);
}

static bool same_json(const char *a, const char *b)
{
    JSON_AUTO *parsed_a = a ? json_parse(a, strlen(a), NULL, NULL) : NULL;
    JSON_AUTO *parsed_b = b ? json_parse(b, strlen(b), NULL, NULL) : NULL;
    AUTO_FREE char *printed_a = parsed_a ? json_print(parsed_a) : NULL;
    AUTO_FREE char *printed_b = parsed_b ? json_print(parsed_b) : NULL;
    return printed_a && str_eq(printed_a, printed_b);
}

// A boundary that nobody asked for here is somebody else's rule and stays.
static enum probe compare_role(struct step_ctx *ctx, const struct iam_role *role)
{
    const struct stack *s = stack_of(ctx);
    const char *boundary = s->answers->options.permissions_boundary;
    AUTO_FREE char *trust = role_trust_policy(s);
    if (boundary && !str_eq(boundary, role->boundary)) {
        step_note(ctx, "another permissions boundary");
        return PROBE_DIFFERS;
    }
    if (!same_json(trust, role->trust)) {
        step_note(ctx, "somebody else may take it");
        return PROBE_DIFFERS;
    }
    return PROBE_SAME;
}

// Made by an administrator: it must be as this plan needs it, for we may not change it.
static enum probe handed_over(struct step_ctx *ctx, const char *name, bool same, struct err *err)
{
    if (ctx->mode == STEP_MODE_DESTROY) {
        step_note(ctx, "an administrator made it");
        return PROBE_FOREIGN; // told, and left alone
    }
    if (same) {
        step_note(ctx, "%s, made by an administrator", name);
        return PROBE_SAME;
    }
    err_set(err, ERR_CONFLICT,
            "the role %s was made by an administrator and is not as this plan needs it", name);
    err_remedy(err, "Give the administrator the files of `forest-setup export %s --as policy`.",
               stack_of(ctx)->answers->name);
    return PROBE_FAILED;
}

static enum probe probe_role(struct step_ctx *ctx, struct err *err)
{
    struct iam_role role = {0};
    if (!iam_get_role(stack_of(ctx)->aws, role_name(ctx), &role, err))
        return probe_missing(err);
    enum probe result = PROBE_SAME;
    step_note(ctx, "%s", role_name(ctx));
    if (step_is_ours(ctx, role.stack_tag)) {
        step_set(ctx, "arn", role.arn);
        step_set(ctx, "owner", role.owner_tag);
        AUTO_FREE char *tags = json_print(role.tags);
        step_set(ctx, "tags", tags); // for the step that looks at the tags of everything
        if (ctx->mode != STEP_MODE_DESTROY)
            result = compare_role(ctx, &role);
        if (role.owner_tag)
            result = handed_over(ctx, role_name(ctx), result == PROBE_SAME, err);
    } else {
        result = probe_foreign(ctx, "role", role_name(ctx), role.stack_tag);
    }
    iam_role_clear(&role);
    return result;
}

char *role_description(const struct step_ctx *ctx)
{
    return mem_printf("Forest Admin backend %s: %s", stack_of(ctx)->answers->name,
                      ctx->step->title);
}

static bool apply_role(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *trust = role_trust_policy(s);
    if (ctx->exists)
        return iam_update_trust(s->aws, role_name(ctx), trust, err) &&
               (!s->answers->options.permissions_boundary ||
                iam_put_role_boundary(s->aws, role_name(ctx),
                                      s->answers->options.permissions_boundary, err));
    AUTO_FREE char *description = role_description(ctx);
    struct step_tags tags;
    AUTO_FREE char *arn = NULL;
    ERR_AUTO e = {0};
    if (iam_create_role(s->aws, role_name(ctx), trust, description,
                        s->answers->options.permissions_boundary,
                        step_tags_init(&tags, ctx, role_name(ctx)), &arn, &e)) {
        step_set(ctx, "arn", arn);
        step_note(ctx, "%s", role_name(ctx));
        return true;
    }
    if (already_exists(&e) && probe_role(ctx, err) == PROBE_SAME)
        return true;
    err_move(err, &e);
    return false;
}

static bool try_delete_role(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(iam_delete_role(stack_of(ctx)->aws, role_name(ctx), err), err);
}

static bool changing(const struct err *err)
{
    return err_is(err, "ConcurrentModification") || err_is(err, "DeleteConflict");
}

static bool undo_role(struct step_ctx *ctx, struct err *err)
{
    ERR_AUTO e = {0};
    if (step_retry(ctx, blocked_limit_s(60), try_delete_role, changing, &e))
        return true;
    bool held = err_is(&e, "DeleteConflict");
    err_move(err, &e);
    if (!held)
        return false;
    AUTO_FREE char *aws = mem_strdup(err->message);
    err_set(err, ERR_CONFLICT, "%s cannot be deleted: somebody has given it more (%s)",
            role_name(ctx), aws);
    err_code(err, "DeleteConflict");
    return err_remedy(err,
                      "Take the policies and instance profiles that are not of this setup off the "
                      "role %s in IAM, then destroy again. The rest is gone or goes then.",
                      role_name(ctx));
}

// ---- the execution role's policy

static struct json *statement(const char *action, const char *resource)
{
    return json_strings("Effect", "Allow", "Action", action, "Resource", resource, NULL);
}

static struct json *statement_of(const char *const *actions, size_t count, const char *resource)
{
    struct json *s = json_strings("Effect", "Allow", NULL);
    struct json *list = json_put(s, "Action", json_array());
    for (size_t i = 0; i < count; i++)
        json_push_str(list, actions[i]);
    json_put_str(s, "Resource", resource);
    return s;
}

struct exec_rights {
    const struct stack *stack;
    const char *repository, *streams, *secret, *key; // ARNs; key NULL: none of one's own
    bool by_name;                                    // secret and key are patterns
};

static void add_kms_statement(struct json *statements, const struct exec_rights *r)
{
    struct json *s = json_push(statements, statement("kms:Decrypt", r->key));
    struct json *condition = json_put(s, "Condition", json_object());
    struct json *equals = json_put(condition, "StringEquals", json_object());
    AUTO_FREE char *via =
        mem_printf("secretsmanager.%s.%s", r->stack->region, aws_dns_suffix(r->stack->region));
    json_put_str(equals, "kms:ViaService", via);
    if (r->by_name) {
        json_put_str(equals, "aws:ResourceTag/" TAG_STACK, r->stack->names.stack);
        equals = json_put(condition, "StringLike", json_object());
    }
    json_put_str(equals, "kms:EncryptionContext:SecretARN", r->secret);
}

static char *exec_document(const struct exec_rights *r)
{
    static const char *const pull[] = {"ecr:BatchCheckLayerAvailability",
                                       "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"};
    static const char *const logs[] = {"logs:CreateLogStream", "logs:PutLogEvents"};
    JSON_AUTO *document = json_strings("Version", "2012-10-17", NULL);
    struct json *list = json_put(document, "Statement", json_array());
    json_push(list,
              statement("ecr:GetAuthorizationToken", "*")); // the action knows no narrower resource
    json_push(list, statement_of(pull, ARRAY_LEN(pull), r->repository));
    json_push(list, statement_of(logs, ARRAY_LEN(logs), r->streams));
    json_push(list, statement("secretsmanager:GetSecretValue", r->secret));
    if (r->key)
        add_kms_statement(list, r);
    return json_print(document);
}

char *exec_role_policy(const struct step_ctx *ctx)
{
    AUTO_FREE char *streams = mem_printf("%s:*", step_fact(ctx, "log-group.arn"));
    struct exec_rights r = {.stack = stack_of(ctx),
                            .repository = step_fact(ctx, "repository.arn"),
                            .streams = streams,
                            .secret = step_fact(ctx, "secret.arn"),
                            .key = step_fact(ctx, "kms-key.arn")};
    return exec_document(&r);
}

char *exec_role_policy_by_name(const struct stack *s)
{
    const struct names *n = &s->names;
    AUTO_FREE char *repository =
        mem_printf("arn:%s:ecr:%s:%s:repository/%s", s->partition, s->region, s->account, n->base);
    AUTO_FREE char *streams = mem_printf("arn:%s:logs:%s:%s:log-group:%s:*", s->partition,
                                         s->region, s->account, n->log_group);
    AUTO_FREE char *secret = mem_printf("arn:%s:secretsmanager:%s:%s:secret:%s-??????",
                                        s->partition, s->region, s->account, n->secret);
    AUTO_FREE char *key = mem_printf("arn:%s:kms:%s:%s:key/*", s->partition, s->region, s->account);
    struct exec_rights r = {.stack = s,
                            .repository = repository,
                            .streams = streams,
                            .secret = secret,
                            .key = s->answers->options.kms_key ? key : NULL,
                            .by_name = true};
    return exec_document(&r);
}

static bool policy_ready(const struct step_ctx *ctx)
{
    return step_fact(ctx, "exec-role.arn") && step_fact(ctx, "secret.arn") &&
           step_fact(ctx, "repository.arn") && step_fact(ctx, "log-group.arn");
}

static enum probe probe_policy(struct step_ctx *ctx, struct err *err)
{
    const char *role = stack_of(ctx)->names.exec_role;
    step_note(ctx, "this image, this log, this secret");
    if (!step_fact(ctx, "exec-role.arn"))
        return PROBE_ABSENT;
    AUTO_FREE char *found = NULL;
    if (!iam_get_role_policy(stack_of(ctx)->aws, role, EXEC_POLICY_NAME, &found, err))
        return err->kind == ERR_NOT_FOUND && step_fact(ctx, "exec-role.owner")
                   ? handed_over(ctx, role, false, err)
                   : probe_missing(err);
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_SAME;
    if (step_fact(ctx, "exec-role.owner")) {
        AUTO_FREE char *handed = exec_role_policy_by_name(stack_of(ctx));
        return handed_over(ctx, role, same_json(found, handed), err);
    }
    if (!policy_ready(ctx))
        return PROBE_DIFFERS;
    AUTO_FREE char *wanted = exec_role_policy(ctx);
    return same_json(found, wanted) ? PROBE_SAME : PROBE_DIFFERS;
}

static bool attempt_policy(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *document = exec_role_policy(ctx);
    step_note(ctx, "this image, this log, this secret");
    return iam_put_role_policy(stack_of(ctx)->aws, stack_of(ctx)->names.exec_role, EXEC_POLICY_NAME,
                               document, err);
}

static bool role_changing(const struct err *err)
{
    return not_visible_yet(err) || err_is(err, "ConcurrentModification");
}

static bool apply_policy(struct step_ctx *ctx, struct err *err)
{
    return step_needs(ctx, err, "exec-role.arn", "secret.arn", "repository.arn", "log-group.arn",
                      NULL) &&
           step_retry(ctx, VISIBLE_S, attempt_policy, role_changing, err);
}

static bool undo_policy(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(iam_delete_role_policy(stack_of(ctx)->aws, stack_of(ctx)->names.exec_role,
                                               EXEC_POLICY_NAME, err),
                        err);
}

const struct step permission_steps[] = {
    {.id = "exec-role",
     .title = "start-up role",
     .group = "permissions",
     .kind = "iam.role",
     .flags = STEP_REPEATABLE,
     .usual_s = 2,
     .probe = probe_role,
     .apply = apply_role,
     .undo = undo_role},
    {.id = "task-role",
     .title = "backend role",
     .group = "permissions",
     .kind = "iam.role",
     .flags = STEP_REPEATABLE,
     .usual_s = 2,
     .probe = probe_role,
     .apply = apply_role,
     .undo = undo_role},
    {.id = "exec-policy",
     .title = "start-up rights",
     .group = "permissions",
     .kind = "iam.role-policy",
     .flags = STEP_REPEATABLE,
     .usual_s = 1,
     .needs = {"exec-role", "secret", "repository", "log-group", "kms-key"},
     .probe = probe_policy,
     .apply = apply_policy,
     .undo = undo_policy},
};
const size_t permission_step_count = ARRAY_LEN(permission_steps);

// SPDX-License-Identifier: MIT
// The log group: made before the service, because the execution role may not make it (facts
// aws.md 2.4).
#include "backend/aws/logs.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

static enum probe probe_log_group(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *arn = NULL;
    AUTO_FREE char *stack = NULL;
    unsigned days = 0;
    step_note(ctx, "%s, kept %u days", s->names.log_group, s->answers->options.log_days);
    if (!logs_find_group(s->aws, s->names.log_group, &arn, &days, err))
        return probe_missing(err);
    if (!logs_tag(s->aws, arn, TAG_STACK, &stack, err))
        return PROBE_FAILED;
    if (!step_is_ours(ctx, stack))
        return probe_foreign(ctx, "log group", s->names.log_group, stack);
    step_set(ctx, "arn", arn);
    return days == s->answers->options.log_days ? PROBE_SAME : PROBE_DIFFERS;
}

static bool key_not_ready(const struct err *err)
{
    return err_is(err, "OperationAbortedException") ||
           (err_is(err, "InvalidParameterException") && err_says(err, "kms"));
}

static bool attempt_log_group(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct step_tags tags;
    ERR_AUTO e = {0};
    if (!logs_create_group(s->aws, s->names.log_group, step_fact(ctx, "kms-key.arn"),
                           step_tags_init(&tags, ctx, s->names.log_group), &e)) {
        if (!already_exists(&e)) {
            err_move(err, &e);
            return false;
        }
        // Somebody's or ours after a lost answer: the tag decides.
        enum probe found = probe_log_group(ctx, err);
        if (found == PROBE_FAILED)
            return false;
        if (found == PROBE_FOREIGN)
            return err_set(err, ERR_CONFLICT, "the log group %s belongs to somebody else",
                           s->names.log_group);
    }
    AUTO_FREE char *arn = mem_printf("arn:%s:logs:%s:%s:log-group:%s", s->partition, s->region,
                                     s->account, s->names.log_group);
    step_set(ctx, "arn", arn);
    return true;
}

static bool set_retention(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    return logs_put_retention(s->aws, s->names.log_group, s->answers->options.log_days, err);
}

static bool retention_not_ready(const struct err *err)
{
    return not_visible_yet(err) || err_is(err, "OperationAbortedException");
}

static bool apply_log_group(struct step_ctx *ctx, struct err *err)
{
    return (ctx->exists || step_retry(ctx, 60, attempt_log_group, key_not_ready, err)) &&
           step_retry(ctx, 60, set_retention, retention_not_ready, err);
}

static bool undo_log_group(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(logs_delete_group(stack_of(ctx)->aws, stack_of(ctx)->names.log_group, err),
                        err);
}

const struct step log_group_steps[] = {
    {.id = "log-group",
     .title = "log",
     .group = "container",
     .kind = "logs.log-group",
     .flags = STEP_REPEATABLE,
     .usual_s = 1,
     .needs = {"kms-key"},
     .probe = probe_log_group,
     .apply = apply_log_group,
     .undo = undo_log_group},
};
const size_t log_group_step_count = ARRAY_LEN(log_group_steps);

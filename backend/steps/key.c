// SPDX-License-Identifier: MIT
// The optional key of the customer's own (facts aws.md 2.2).
#include "backend/aws/kms.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

static bool wants_key(const void *world)
{
    return ((const struct stack *)world)->answers->options.kms_key;
}

static enum probe probe_key(struct step_ctx *ctx, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    const char *alias = stack_of(ctx)->names.key_alias;
    struct kms_key key = {0};
    if (!kms_describe(c, alias, &key, err))
        return probe_missing(err);
    AUTO_FREE char *stack = NULL;
    enum probe result = !kms_tag(c, key.id, TAG_STACK, &stack, err) ? PROBE_FAILED
                        : step_is_ours(ctx, stack)                  ? PROBE_SAME
                                                   : probe_foreign(ctx, "key", alias, stack);
    if (result == PROBE_SAME) {
        step_set(ctx, "arn", key.arn);
        step_set(ctx, "id", key.id);
        if (str_eq(key.state, "PendingDeletion"))
            result = ctx->mode == STEP_MODE_DESTROY ? PROBE_ABSENT : PROBE_DIFFERS;
    }
    kms_key_clear(&key);
    return result;
}

// The account's root keeps full control (so that IAM policies decide), and Logs may use it for our
// group only.
static char *key_policy(const struct stack *s)
{
    return mem_printf(
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Account\",\"Effect\":\"Allow\","
        "\"Principal\":{\"AWS\":"
        "\"arn:%s:iam::%s:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},{\"Sid\":\"Logs\","
        "\"Effect\":\"Allow\","
        "\"Principal\":{\"Service\":\"logs.%s.amazonaws.com\"},\"Action\":[\"kms:Encrypt*\",\"kms:"
        "Decrypt*\","
        "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:Describe*\"],\"Resource\":\"*\","
        "\"Condition\":{\"ArnEquals\":"
        "{\"kms:EncryptionContext:aws:logs:arn\":\"arn:%s:logs:%s:%s:log-group:%s\"}}}]}",
        s->partition, s->account, s->region, s->partition, s->region, s->account,
        s->names.log_group);
}

static bool apply_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (ctx->exists) {
        err_set(err, ERR_CONFLICT, "the key %s is scheduled for deletion", s->names.key_alias);
        return err_remedy(err, "Cancel its deletion (kms cancel-key-deletion, then enable-key), or "
                               "set options.kms_key to false.");
    }
    AUTO_FREE char *policy = key_policy(s);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", s->answers->name);
    struct step_tags tags;
    struct kms_key key = {0};
    if (!kms_create(s->aws, description, policy, step_tags_init(&tags, ctx, s->names.base), &key,
                    err))
        return false;
    step_set(ctx, "arn", key.arn);
    step_set(ctx, "id", key.id);
    ERR_AUTO e = {0};
    bool ok = kms_enable_rotation(s->aws, key.id, &e) &&
              (kms_create_alias(s->aws, s->names.key_alias, key.id, &e) || already_exists(&e));
    kms_key_clear(&key);
    if (!ok)
        err_move(err, &e);
    return ok;
}

// Not before the secret can be given up for good: its recovery window must not outlive its key.
static bool undo_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    unsigned days = s->answers->options.secret_recovery_days;
    return gone_is_fine(
               kms_schedule_deletion(s->aws, step_own(ctx, "id"), days < 7 ? 7 : days, err), err) &&
           gone_is_fine(kms_delete_alias(s->aws, s->names.key_alias, err), err);
}

const struct step key_steps[] = {
    {.id = "kms-key",
     .title = "key of your own",
     .group = "secret",
     .kind = "kms.key",
     .flags = STEP_COSTS | STEP_KEPT,
     .usual_s = 2,
     .wanted = wants_key,
     .probe = probe_key,
     .apply = apply_key,
     .undo = undo_key},
};
const size_t key_step_count = ARRAY_LEN(key_steps);

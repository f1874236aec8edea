// SPDX-License-Identifier: MIT
// The optional key of the customer's own (facts aws.md 2.2).
#include <string.h>

#include "backend/aws/autoscaling.h"
#include "backend/aws/ecr.h"
#include "backend/aws/kms.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/tables.h"

static bool wants_key(const void *world)
{
    return ((const struct stack *)world)->answers->options.kms_key;
}

#define STATE_ENABLED "Enabled"
#define STATE_GOING   "PendingDeletion"

// The key itself carries the tag, the alias only makes it easy to find. So a key whose alias is not
// there is searched by its tag: one from a run that ended between the two calls, or one that an
// earlier destroy scheduled for deletion. It is the only one that can read what was encrypted then.
struct key_search {
    struct step_ctx *ctx;
    struct kms_key best; // an enabled one wins
};

static bool take_tagged_key(void *context, const char *arn, struct err *err)
{
    struct key_search *l = context;
    if (!strstr(arn, ":kms:") || str_eq(l->best.state, STATE_ENABLED))
        return true;
    struct aws_client *c = stack_of(l->ctx)->aws;
    struct kms_key key = {0};
    AUTO_FREE char *stack = NULL;
    ERR_AUTO e = {0};
    if (!kms_describe(c, arn, &key, &e) || !kms_tag(c, key.id, TAG_STACK, &stack, &e)) {
        kms_key_clear(&key);
        if (e.kind == ERR_NOT_FOUND)
            return true; // the list lags behind
        err_move(err, &e);
        return false;
    }
    if (step_is_ours(l->ctx, stack)) {
        kms_key_clear(&l->best);
        l->best = key;
    } else {
        kms_key_clear(&key);
    }
    return true;
}

static enum probe judge_key(struct step_ctx *ctx, const struct kms_key *key, bool alias)
{
    step_set(ctx, "arn", key->arn);
    step_set(ctx, "id", key->id);
    step_set(ctx, "state", key->state);
    if (ctx->mode == STEP_MODE_DESTROY)
        return str_eq(key->state, STATE_GOING) && !alias ? PROBE_ABSENT : PROBE_SAME;
    if (str_eq(key->state, STATE_GOING))
        step_note(ctx, "%s is scheduled for deletion and will be kept", key->id);
    return alias && str_eq(key->state, STATE_ENABLED) ? PROBE_SAME : PROBE_DIFFERS;
}

static enum probe probe_tagged(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct key_search l = {.ctx = ctx};
    bool ok = tagging_each(s->aws, TAG_STACK, s->names.stack, take_tagged_key, &l, err);
    enum probe result = !ok          ? PROBE_FAILED
                        : l.best.arn ? judge_key(ctx, &l.best, false)
                                     : PROBE_ABSENT;
    kms_key_clear(&l.best);
    return result;
}

// Secret, image repository and log were made without it; the repository's encryption can never be
// changed (ECR, CreateRepository: encryptionConfiguration), so that it would be a key for a part.
static enum probe too_late(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct ecr_repository r = {0};
    AUTO_FREE char *stack = NULL;
    ERR_AUTO e = {0};
    bool there = ecr_get_repository(s->aws, s->names.base, &r, &e) &&
                 ecr_tag(s->aws, r.arn, TAG_STACK, &stack, &e) && step_is_ours(ctx, stack);
    ecr_repository_clear(&r);
    if (!there && e.kind != ERR_NONE && e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return PROBE_FAILED;
    }
    if (!there || step_recorded(ctx, "id"))
        return PROBE_ABSENT;
    err_set(err, ERR_CONFLICT, "a key of your own cannot be added: %s was made without one",
            s->answers->name);
    err_remedy(err, "Set options.kms_key back to false, or destroy the setup and make it anew.");
    return PROBE_FAILED;
}

static enum probe find_key(struct step_ctx *ctx, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    const char *alias = stack_of(ctx)->names.key_alias;
    struct kms_key key = {0};
    step_note(ctx, "%s", alias);
    if (!kms_describe(c, alias, &key, err))
        return probe_missing(err) == PROBE_ABSENT ? probe_tagged(ctx, err) : PROBE_FAILED;
    AUTO_FREE char *stack = NULL;
    enum probe result = !kms_tag(c, key.id, TAG_STACK, &stack, err) ? PROBE_FAILED
                        : step_is_ours(ctx, stack)                  ? judge_key(ctx, &key, true)
                                                   : probe_foreign(ctx, "key", alias, stack);
    kms_key_clear(&key);
    return result;
}

static enum probe probe_key(struct step_ctx *ctx, struct err *err)
{
    enum probe found = find_key(ctx, err);
    return found == PROBE_ABSENT && ctx->mode == STEP_MODE_PLAN ? too_late(ctx, err) : found;
}

// The account's root keeps full control (so that IAM policies decide), and Logs may use it for our
// group only.
char *key_policy(const struct stack *s)
{
    return mem_printf(
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Account\",\"Effect\":\"Allow\","
        "\"Principal\":{\"AWS\":"
        "\"arn:%s:iam::%s:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},{\"Sid\":\"Logs\","
        "\"Effect\":\"Allow\","
        "\"Principal\":{\"Service\":\"logs.%s.%s\"},\"Action\":[\"kms:Encrypt*\",\"kms:"
        "Decrypt*\","
        "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:Describe*\"],\"Resource\":\"*\","
        "\"Condition\":{\"ArnEquals\":"
        "{\"kms:EncryptionContext:aws:logs:arn\":\"arn:%s:logs:%s:%s:log-group:%s\"}}}]}",
        s->partition, s->account, s->region, aws_dns_suffix(s->region), s->partition, s->region,
        s->account, s->names.log_group);
}

static bool create_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *policy = key_policy(s);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", s->answers->name);
    struct step_tags tags;
    struct kms_key key = {0};
    if (!kms_create(s->aws, description, policy, step_tags_init(&tags, ctx, s->names.base), &key,
                    err))
        return false;
    step_set(ctx, "arn", key.arn);
    step_set(ctx, "id", key.id);
    step_set(ctx, "state", key.state);
    kms_key_clear(&key);
    return true;
}

static bool revive_key(struct step_ctx *ctx, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    const char *id = step_own(ctx, "id");
    const char *state = step_own(ctx, "state");
    if (str_eq(state, STATE_GOING) && !kms_cancel_deletion(c, id, err))
        return false;
    if (!str_eq(state, STATE_ENABLED) && !kms_enable(c, id, err))
        return false;
    step_set(ctx, "state", STATE_ENABLED);
    return true;
}

// The alias comes last: a key that has one is complete.
static bool finish_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const char *id = step_own(ctx, "id");
    ERR_AUTO e = {0};
    if (kms_enable_rotation(s->aws, id, &e) &&
        (kms_create_alias(s->aws, s->names.key_alias, id, &e) || already_exists(&e)))
        return true;
    err_move(err, &e);
    return false;
}

static bool apply_key(struct step_ctx *ctx, struct err *err)
{
    return (ctx->exists ? revive_key(ctx, err) : create_key(ctx, err)) &&
           step_retry(ctx, VISIBLE_S, finish_key, not_visible_yet, err);
}

// Its recovery window must not end before the secret's: a secret without its key is lost.
// Asked for once more after a lost answer, AWS says that the key is on its way out already.
static bool schedule(const struct step_ctx *ctx, unsigned days, struct err *err)
{
    ERR_AUTO e = {0};
    if (kms_schedule_deletion(stack_of(ctx)->aws, step_own(ctx, "id"), days, &e) ||
        e.kind == ERR_NOT_FOUND ||
        (err_is(&e, "KMSInvalidStateException") && err_says(&e, "pending deletion")))
        return true;
    err_move(err, &e);
    return false;
}

static bool undo_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    unsigned days = s->answers->options.secret_recovery_days;
    if (days < 7)
        days = 7;
    if (!str_eq(step_own(ctx, "state"), STATE_GOING)) {
        if (!schedule(ctx, days, err))
            return false;
        step_set(ctx, "state", STATE_GOING);
        step_note(ctx, "AWS deletes it in %u days", days);
    }
    return gone_is_fine(kms_delete_alias(s->aws, s->names.key_alias, err), err);
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

// SPDX-License-Identifier: MIT
// Load balancer, target group, listener (facts aws.md 2.9). The listener may be made while the
// balancer still starts.
#include <string.h>

#include "backend/aws/autoscaling.h"
#include "backend/aws/ec2.h"
#include "backend/aws/elbv2.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

enum { LISTENER_PORT = 80 };
#define HEALTH_PATH "/"

static enum probe owner(struct step_ctx *ctx, const char *arn, const char *what, const char *name,
                        struct err *err)
{
    AUTO_FREE char *stack = NULL;
    if (!elb_tag(stack_of(ctx)->aws, arn, TAG_STACK, &stack, err))
        return PROBE_FAILED;
    return step_is_ours(ctx, stack) ? PROBE_SAME : probe_foreign(ctx, what, name, stack);
}

// Its network cannot change for another VPC, only its subnets and groups within one.
static enum probe other_vpc(const struct elb_balancer *b, const char *wanted, struct err *err)
{
    err_set(err, ERR_CONFLICT, "the load balancer stands in %s, but the setup now wants %s", b->vpc,
            wanted);
    err_remedy(err, "A setup cannot move to another VPC: destroy it first, or start a new one.");
    return PROBE_FAILED;
}

// "differs" says what apply has to do: again, subnets, groups.
static enum probe compare_balancer(struct step_ctx *ctx, const struct elb_balancer *b,
                                   struct err *err)
{
    const char *vpc = step_fact(ctx, "network.vpc");
    const char *subnets = step_fact(ctx, "network.alb_subnets");
    const char *group = step_fact(ctx, "alb-group.id");
    step_set(ctx, "differs", NULL);
    if (!vpc && stack_of(ctx)->answers->network.new_vpc)
        return other_vpc(b, "a new VPC", err);
    if (vpc && !str_eq(vpc, b->vpc))
        return other_vpc(b, vpc, err);
    if (str_eq(b->state, "failed"))
        step_set(ctx, "differs", "again");
    else if (subnets && !list_same(subnets, b->subnets))
        step_set(ctx, "differs", "subnets");
    else if (group && !list_same(group, b->groups))
        step_set(ctx, "differs", "groups");
    const char *differs = step_own(ctx, "differs");
    if (differs)
        step_note(ctx, "%s",
                  str_eq(differs, "again") ? "it failed and is made again"
                                           : "other subnets or groups");
    return differs ? PROBE_DIFFERS : PROBE_SAME;
}

static enum probe probe_balancer(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct elb_balancer b = {0};
    step_note(ctx, "%s, internal", s->names.load_balancer);
    if (!elb_find_balancer(s->aws, s->names.load_balancer, &b, err))
        return probe_missing(err);
    enum probe result = owner(ctx, b.arn, "load balancer", s->names.load_balancer, err);
    if (result == PROBE_SAME) {
        step_set(ctx, "arn", b.arn);
        step_set(ctx, "dns", b.dns_name);
        if (ctx->mode != STEP_MODE_DESTROY)
            result = compare_balancer(ctx, &b, err);
    }
    elb_balancer_clear(&b);
    return result;
}

static bool create_balancer(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct step_tags tags;
    struct elb_balancer b = {0};
    if (!elb_create_balancer(s->aws, s->names.load_balancer, step_fact(ctx, "network.alb_subnets"),
                             step_fact(ctx, "alb-group.id"),
                             step_tags_init(&tags, ctx, s->names.load_balancer), &b, err))
        return false;
    step_set(ctx, "arn", b.arn);
    step_set(ctx, "dns", b.dns_name);
    step_set(ctx, "differs", NULL);
    elb_balancer_clear(&b);
    return true;
}

static bool undo_balancer(struct step_ctx *ctx, struct err *err);

static bool apply_balancer(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "network.alb_subnets", "alb-group.id", NULL))
        return false;
    bool again = str_eq(step_own(ctx, "differs"), "again");
    if (ctx->exists && !again)
        return elb_set_balancer_network(stack_of(ctx)->aws, step_own(ctx, "arn"),
                                        step_fact(ctx, "network.alb_subnets"),
                                        step_fact(ctx, "alb-group.id"), err);
    if (ctx->exists && !undo_balancer(ctx, err))
        return false;
    return step_retry(ctx, VISIBLE_S, create_balancer, not_visible_yet, err);
}

static enum poll look_balancer(struct step_ctx *ctx, struct err *err)
{
    struct elb_balancer b = {0};
    ERR_AUTO e = {0};
    const int64_t *since_ms = ctx->scratch;
    if (!elb_get_balancer(stack_of(ctx)->aws, step_own(ctx, "arn"), &b, &e)) {
        if (poll_fresh(&e, *since_ms))
            return POLL_AGAIN;
        err_move(err, &e);
        return POLL_FAILED;
    }
    step_note(ctx, "load balancer is %s", b.state ? b.state : "unknown");
    enum poll result =
        str_eq(b.state, "active") || str_eq(b.state, "active_impaired") ? POLL_DONE : POLL_AGAIN;
    if (str_eq(b.state, "failed")) {
        err_set(err, ERR_REMOTE, "the load balancer failed: %s",
                b.reason ? b.reason : "AWS gives no reason");
        err_remedy(err, "Continue with `forest-setup resume %s`: it is made again.",
                   stack_of(ctx)->answers->name);
        result = POLL_FAILED;
    }
    elb_balancer_clear(&b);
    return result;
}

// The attributes are set here, not in apply: they are not needed before the balancer serves, and
// may be repeated.
static bool set_balancer_attributes(struct step_ctx *ctx, struct err *err)
{
    return elb_set_balancer_attributes(stack_of(ctx)->aws, step_own(ctx, "arn"), err);
}

static bool wait_balancer(struct step_ctx *ctx, struct err *err)
{
    int64_t since_ms = clock_wall_ms();
    ctx->scratch = &since_ms;
    bool ok = step_retry(ctx, VISIBLE_S, set_balancer_attributes, not_visible_yet, err) &&
              step_poll(ctx, look_balancer, err);
    ctx->scratch = NULL;
    return ok;
}

static enum poll look_balancer_gone(struct step_ctx *ctx, struct err *err)
{
    struct elb_balancer b = {0};
    ERR_AUTO e = {0};
    if (elb_get_balancer(stack_of(ctx)->aws, step_own(ctx, "arn"), &b, &e)) {
        elb_balancer_clear(&b);
        return POLL_AGAIN;
    }
    if (e.kind == ERR_NOT_FOUND)
        return POLL_DONE;
    err_move(err, &e);
    return POLL_FAILED;
}

static bool undo_balancer(struct step_ctx *ctx, struct err *err)
{
    ERR_AUTO e = {0};
    if (gone_is_fine(elb_delete_balancer(stack_of(ctx)->aws, step_own(ctx, "arn"), &e), &e))
        return step_poll(ctx, look_balancer_gone, err);
    if (err_is(&e, "OperationNotPermitted"))
        err_remedy(&e,
                   "Somebody turned its deletion protection on: turn it off (EC2 console, Load "
                   "balancers, %s, Attributes), then destroy again.",
                   stack_of(ctx)->names.load_balancer);
    err_move(err, &e);
    return false;
}

// ---- target group

static char *target_group_name(const struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    return names_target_group(&s->names, s->answers->backend.port,
                              s->answers->network.new_vpc ? NULL : step_fact(ctx, "network.vpc"));
}

static bool find_targets(struct step_ctx *ctx, struct elb_target_group *out, struct err *err)
{
    AUTO_FREE char *name = target_group_name(ctx);
    return elb_find_target_group(stack_of(ctx)->aws, name, HEALTH_PATH, out, err);
}

// Ours. One that a VPC of the setup's own left behind when somebody deleted it is in the way.
static enum probe compare_targets(struct step_ctx *ctx, const struct elb_target_group *found)
{
    bool destroy = ctx->mode == STEP_MODE_DESTROY;
    if (!destroy && !str_eq(found->vpc, step_fact(ctx, "network.vpc"))) {
        step_note(ctx, "of a VPC that is no more");
        return PROBE_DIFFERS;
    }
    step_set(ctx, "arn", found->arn);
    if (found->same_check || destroy)
        return PROBE_SAME;
    step_note(ctx, "another health check");
    return PROBE_DIFFERS;
}

static enum probe probe_targets(struct step_ctx *ctx, struct err *err)
{
    const struct answers *a = stack_of(ctx)->answers;
    if (!a->network.new_vpc && !step_fact(ctx, "network.vpc"))
        return PROBE_ABSENT;
    AUTO_FREE char *name = target_group_name(ctx);
    step_note(ctx, "%s, port %u", name, a->backend.port);
    struct elb_target_group found = {0};
    if (!find_targets(ctx, &found, err))
        return probe_missing(err);
    enum probe result = owner(ctx, found.arn, "target group", name, err);
    if (result == PROBE_SAME)
        result = compare_targets(ctx, &found);
    elb_target_group_clear(&found);
    return result;
}

static bool create_targets(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *name = target_group_name(ctx);
    struct elb_target_group_spec spec = {.name = name,
                                         .vpc = step_fact(ctx, "network.vpc"),
                                         .path = HEALTH_PATH,
                                         .port = s->answers->backend.port};
    struct step_tags tags;
    AUTO_FREE char *arn = NULL;
    if (!elb_create_target_group(s->aws, &spec, step_tags_init(&tags, ctx, name), &arn, err))
        return false;
    step_set(ctx, "arn", arn);
    return true;
}

static bool set_target_attributes(struct step_ctx *ctx, struct err *err)
{
    return elb_set_target_group_attributes(stack_of(ctx)->aws, step_own(ctx, "arn"), err);
}

// Here and not in apply, so that a run which ended between the two calls sets them the next time.
static bool wait_targets(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, set_target_attributes, not_visible_yet, err);
}

static bool try_delete_targets(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(elb_delete_target_group(stack_of(ctx)->aws, step_own(ctx, "arn"), err),
                        err);
}

static bool targets_in_use(const struct err *err)
{
    return err_is(err, "ResourceInUse");
}

static bool delete_targets(struct step_ctx *ctx, const char *arn, struct err *err)
{
    step_set(ctx, "arn", arn);
    return step_retry(ctx, 120, try_delete_targets, targets_in_use, err);
}

static bool repair_targets(struct step_ctx *ctx, const struct elb_target_group *found,
                           struct err *err)
{
    if (str_eq(found->vpc, step_fact(ctx, "network.vpc")))
        return elb_set_health_check(stack_of(ctx)->aws, found->arn, HEALTH_PATH, err);
    return delete_targets(ctx, found->arn, err) &&
           step_retry(ctx, VISIBLE_S, create_targets, not_visible_yet, err);
}

static bool apply_targets(struct step_ctx *ctx, struct err *err)
{
    if (!step_need(ctx, "network.vpc", err))
        return false;
    if (!ctx->exists)
        return step_retry(ctx, VISIBLE_S, create_targets, not_visible_yet, err);
    struct elb_target_group found = {0};
    bool ok = find_targets(ctx, &found, err) && repair_targets(ctx, &found, err);
    elb_target_group_clear(&found);
    return ok;
}

static bool delete_tagged(void *context, const char *arn, struct err *err)
{
    return !strstr(arn, ":targetgroup/") || delete_targets(context, arn, err);
}

// An earlier port or VPC had a target group of its own, which its service may have used until now.
static bool undo_targets(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *arn = mem_strdup(step_own(ctx, "arn"));
    return delete_targets(ctx, arn, err) &&
           tagging_each(s->aws, TAG_STACK, s->names.stack, delete_tagged, ctx, err);
}

// ---- listener

static enum probe probe_listener(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "port %d", LISTENER_PORT);
    const char *balancer = step_fact(ctx, "load-balancer.arn");
    // With a failed balancer its listener goes too, and what points to it has to follow.
    bool goes =
        ctx->mode != STEP_MODE_DESTROY && str_eq(step_fact(ctx, "load-balancer.differs"), "again");
    if (goes)
        step_set(ctx, "arn", NULL);
    if (!balancer || goes)
        return PROBE_ABSENT;
    struct elb_listener l = {0};
    if (!elb_find_listener(stack_of(ctx)->aws, balancer, LISTENER_PORT, &l, err))
        return probe_missing(err);
    enum probe result = PROBE_ABSENT;
    if (l.arn) { // on our own balancer, so ours
        step_set(ctx, "arn", l.arn);
        const char *wanted = step_fact(ctx, "target-group.arn");
        result = ctx->mode == STEP_MODE_DESTROY || str_eq(l.target_group, wanted) ? PROBE_SAME
                                                                                  : PROBE_DIFFERS;
    }
    elb_listener_clear(&l);
    return result;
}

static bool apply_listener(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "load-balancer.arn", "target-group.arn", NULL))
        return false;
    const struct stack *s = stack_of(ctx);
    const char *target = step_fact(ctx, "target-group.arn");
    step_note(ctx, "port %d", LISTENER_PORT);
    if (ctx->exists)
        return elb_modify_listener(s->aws, step_own(ctx, "arn"), target, err);
    struct step_tags tags;
    AUTO_FREE char *arn = NULL;
    if (!elb_create_listener(s->aws, step_fact(ctx, "load-balancer.arn"), LISTENER_PORT, target,
                             step_tags_init(&tags, ctx, s->names.base), &arn, err))
        return false;
    step_set(ctx, "arn", arn);
    return true;
}

static bool undo_listener(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(elb_delete_listener(stack_of(ctx)->aws, step_own(ctx, "arn"), err), err);
}

const struct step balancer_steps[] = {
    {.id = "load-balancer",
     .title = "load balancer",
     .group = "address",
     .kind = "elbv2.load-balancer",
     .flags = STEP_COSTS | STEP_REPEATABLE,
     .usual_s = 150,
     .limit_s = 600,
     .needs = {"network", "alb-group"},
     .probe = probe_balancer,
     .apply = apply_balancer,
     .wait = wait_balancer,
     .undo = undo_balancer},
    {.id = "target-group",
     .title = "targets",
     .group = "address",
     .kind = "elbv2.target-group",
     .flags = STEP_REPEATABLE,
     .usual_s = 2,
     .needs = {"network"},
     .probe = probe_targets,
     .apply = apply_targets,
     .wait = wait_targets,
     .undo = undo_targets},
    {.id = "listener",
     .title = "listener",
     .group = "address",
     .kind = "elbv2.listener",
     .flags = STEP_REPEATABLE,
     .usual_s = 1,
     .needs = {"target-group"},
     .needs_made = {"load-balancer"},
     .probe = probe_listener,
     .apply = apply_listener,
     .undo = undo_listener},
};
const size_t balancer_step_count = ARRAY_LEN(balancer_steps);

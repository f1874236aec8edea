// SPDX-License-Identifier: MIT
// Three security groups, one for each hop: VPC link, load balancer, task (facts aws.md 2.7). Their
// rules are firewall.c.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/setup/postgres_url.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

static const char *group_name(const struct step_ctx *ctx)
{
    const struct names *n = &stack_of(ctx)->names;
    return str_eq(ctx->step->id, "link-group")  ? n->link_group
           : str_eq(ctx->step->id, "alb-group") ? n->alb_group
                                                : n->task_group;
}

struct group_look {
    char *id, *stack;
};

static bool take_group(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct group_look *l = context;
    str_replace(&l->id, xml_str(node, "groupId"));
    str_replace(&l->stack, aws_tag_in_xml(node, "tagSet/item", "key", "value", TAG_STACK));
    return true;
}

static enum probe probe_group(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "%s", group_name(ctx));
    const struct stack *s = stack_of(ctx);
    const char *vpc = step_fact(ctx, "network.vpc");
    bool destroy = ctx->mode == STEP_MODE_DESTROY;
    if (!vpc && !destroy)
        return PROBE_ABSENT;
    // To destroy it, the tags are what counts: the answers may name another VPC by now.
    struct group_look l = {0};
    bool ok =
        destroy ? ec2_describe2(s->aws, "DescribeSecurityGroups", "securityGroupInfo/item",
                                "tag:" TAG_STACK, s->names.stack, "tag:" TAG_RESOURCE,
                                ctx->step->id, take_group, &l, err)
                : ec2_describe2(s->aws, "DescribeSecurityGroups", "securityGroupInfo/item",
                                "vpc-id", vpc, "group-name", group_name(ctx), take_group, &l, err);
    enum probe result = !ok ? PROBE_FAILED : l.id ? PROBE_SAME : PROBE_ABSENT;
    if (result == PROBE_SAME && !step_is_ours(ctx, l.stack))
        result = probe_foreign(ctx, "security group", group_name(ctx), l.stack);
    else if (ok)
        step_set(ctx, "id", l.id);
    mem_free(l.id);
    mem_free(l.stack);
    return result;
}

static bool attempt_group(struct step_ctx *ctx, struct err *err)
{
    const char *vpc = step_need(ctx, "network.vpc", err);
    if (!vpc)
        return false;
    AUTO_FREE char *description =
        mem_printf("Forest Admin backend %s: %s", stack_of(ctx)->answers->name, ctx->step->title);
    struct step_tags tags;
    AUTO_FREE char *id = NULL;
    ERR_AUTO e = {0};
    if (ec2_create_group(stack_of(ctx)->aws, vpc, group_name(ctx), description,
                         step_tags_init(&tags, ctx, group_name(ctx)), &id, &e)) {
        step_set(ctx, "id", id);
        step_note(ctx, "%s", id);
        return true;
    }
    if (already_exists(&e) && probe_group(ctx, err) == PROBE_SAME)
        return true;
    if (e.kind != ERR_NONE)
        err_move(err, &e);
    return false;
}

static bool apply_group(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_group, not_visible_yet, err);
}

static bool try_delete_group(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_group(stack_of(ctx)->aws, step_own(ctx, "id"), err), err);
}

// Interfaces of load balancers, links and tasks linger for minutes after their owners are gone.
static bool undo_group(struct step_ctx *ctx, struct err *err)
{
    return delete_unblocked(ctx, "group-id", 1200, try_delete_group, err);
}

#define GROUP_ROW(id_, title_)                                                                     \
    {                                                                                              \
        .id = (id_), .title = (title_), .group = "network", .kind = "ec2.security-group",          \
        .flags = STEP_REPEATABLE, .usual_s = 1, .needs = {"network"}, .probe = probe_group,        \
        .apply = apply_group, .undo = undo_group                                                   \
    }

const struct step group_steps[] = {
    GROUP_ROW("link-group", "link security group"),
    GROUP_ROW("alb-group", "balancer security group"),
    GROUP_ROW("task-group", "backend security group"),
};
const size_t group_step_count = ARRAY_LEN(group_steps);

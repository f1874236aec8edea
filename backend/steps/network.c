// SPDX-License-Identifier: MIT
// The network the backend runs in: an existing VPC that is only looked at, or the one that
// new_vpc.c makes. Facts of the step "network", for everybody else: vpc, subnets (tasks),
// alb_subnets, link_subnets (comma lists).
#include "backend/steps/common.h"
#include "backend/steps/discover.h"
#include "backend/steps/tables.h"

static struct network *network_of(struct step_ctx *ctx, struct err *err)
{
    struct stack *s = stack_of(ctx);
    pthread_mutex_lock(&s->network_lock);
    if (!s->network)
        s->network = network_load(s->aws, err);
    struct network *n = s->network;
    pthread_mutex_unlock(&s->network_lock);
    return n;
}

// What an earlier run chose stays, as long as it works.
static bool keep_choice(struct step_ctx *ctx, const struct network *n, struct network_choice *out)
{
    const struct answers *a = stack_of(ctx)->answers;
    struct network_before before = {.vpc = step_recorded(ctx, "vpc"),
                                    .tasks = step_recorded(ctx, "subnets"),
                                    .balancer = step_recorded(ctx, "alb_subnets"),
                                    .link = step_recorded(ctx, "link_subnets")};
    return before.vpc && before.tasks && before.balancer && before.link &&
           network_keep(n, a->network.vpc, a->network.subnets, a->network.subnet_count, &before,
                        out);
}

static enum probe probe_existing(struct step_ctx *ctx, struct err *err)
{
    const struct answers *a = stack_of(ctx)->answers;
    const struct network *n = network_of(ctx, err);
    if (!n)
        return PROBE_FAILED;
    struct network_choice choice = {0};
    if (!keep_choice(ctx, n, &choice) && !network_choose(n, a->network.vpc, a->network.subnets,
                                                         a->network.subnet_count, &choice, err)) {
        network_choice_clear(&choice);
        return PROBE_FAILED;
    }
    step_set(ctx, "vpc", choice.vpc);
    step_set(ctx, "subnets", choice.tasks);
    step_set(ctx, "alb_subnets", choice.balancer);
    step_set(ctx, "link_subnets", choice.link);
    step_note(ctx, "%s", choice.text);
    network_choice_clear(&choice);
    return PROBE_SAME;
}

// While a setup is destroyed its VPC may already be gone or changed: what was recorded is enough to
// find our things.
static enum probe probe_recorded(struct step_ctx *ctx, struct err *err)
{
    step_recall(ctx, "vpc", "subnets", "alb_subnets", "link_subnets", NULL);
    if (!step_own(ctx, "vpc")) {
        const struct vpc *v = NULL;
        const struct network *n = network_of(ctx, err);
        if (n)
            v = network_vpc(n, stack_of(ctx)->answers->network.vpc, err);
        if (!v)
            return err && err->kind == ERR_INPUT ? (err_clear(err), PROBE_ABSENT) : PROBE_FAILED;
        step_set(ctx, "vpc", v->id);
    }
    step_note(ctx, "%s", step_own(ctx, "vpc"));
    return PROBE_SAME;
}

// The new VPC's two private subnets serve the tasks, the load balancer and the link alike: their
// zones were chosen so.
static enum probe probe_new(struct step_ctx *ctx, struct err *err)
{
    (void)err;
    const char *vpc = step_fact(ctx, "vpc.id");
    const char *a = step_fact(ctx, "subnet-private-a.id");
    const char *b = step_fact(ctx, "subnet-private-b.id");
    if (!vpc || !a || !b) {
        step_note(ctx, "a new VPC %s with 2 zones and 1 NAT", stack_of(ctx)->answers->network.cidr);
        return PROBE_ABSENT;
    }
    AUTO_FREE char *both = mem_printf("%s,%s", a, b);
    step_set(ctx, "vpc", vpc);
    step_set(ctx, "subnets", both);
    step_set(ctx, "alb_subnets", both);
    step_set(ctx, "link_subnets", both);
    step_note(ctx, "new VPC %s, 2 private subnets", vpc);
    return PROBE_SAME;
}

static enum probe probe_network(struct step_ctx *ctx, struct err *err)
{
    if (stack_of(ctx)->answers->network.new_vpc)
        return probe_new(ctx, err);
    return ctx->mode == STEP_MODE_DESTROY ? probe_recorded(ctx, err) : probe_existing(ctx, err);
}

static bool apply_network(struct step_ctx *ctx, struct err *err)
{
    switch (probe_network(ctx, err)) {
    case PROBE_SAME: return true;
    case PROBE_FAILED: return false;
    case PROBE_ABSENT:
    case PROBE_DIFFERS:
    case PROBE_FOREIGN: break;
    }
    return err_set(err, ERR_INTERNAL, "the new VPC's subnets are not known");
}

const struct step network_steps[] = {
    {.id = "network",
     .title = "network",
     .group = "network",
     .kind = "ec2.vpc",
     .flags = STEP_EXISTING,
     .usual_s = 1,
     .needs = {"vpc-dns", "subnet-private-a", "subnet-private-b"},
     .probe = probe_network,
     .apply = apply_network},
};
const size_t network_step_count = ARRAY_LEN(network_steps);

// SPDX-License-Identifier: MIT
// A VPC of our own: internet gateway, two public and two private subnets in zones that everything
// supports, one NAT, routes and the free S3 endpoint (facts aws.md 2.8, 8). Everything is found
// again by its tags.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"
#include "backend/steps/new_vpc.h"
#include "backend/steps/tables.h"

bool new_vpc_wanted(const void *world)
{
    return ((const struct stack *)world)->answers->network.new_vpc;
}

struct aws_client *new_vpc_aws(const struct step_ctx *ctx)
{
    return stack_of(ctx)->aws;
}

char *new_vpc_name(const struct step_ctx *ctx, const char *suffix)
{
    return mem_printf("%s%s", stack_of(ctx)->names.base, suffix);
}

// Finds this step's resource by its tags and keeps its id as the fact "id".
enum probe new_vpc_probe(struct step_ctx *ctx, const char *action, const char *items,
                         const char *id_name, char **out_state, struct err *err)
{
    char *id = NULL;
    char *state = NULL;
    bool ok = ec2_find_tagged(new_vpc_aws(ctx), action, items, id_name, stack_of(ctx)->names.stack,
                              ctx->step->id, &id, &state, err);
    enum probe result = !ok ? PROBE_FAILED : id ? PROBE_SAME : PROBE_ABSENT;
    if (id) {
        step_set(ctx, "id", id);
        step_note(ctx, "%s", id);
    } else if (ok) {
        step_set(ctx, "id", NULL);
    }
    mem_free(id);
    if (out_state)
        *out_state = state;
    else
        mem_free(state);
    return result;
}

// ---- VPC

static bool take_cidr(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    str_replace(context, xml_str(node, "cidrBlock"));
    return true;
}

// The first range of a VPC can never be changed (EC2, "VPC CIDR blocks"), and everything in it has
// addresses of it.
static enum probe compare_cidr(struct step_ctx *ctx, struct err *err)
{
    const char *wanted = stack_of(ctx)->answers->network.cidr;
    AUTO_FREE char *cidr = NULL;
    if (!ec2_describe(new_vpc_aws(ctx), "DescribeVpcs", "vpcSet/item", "vpc-id",
                      step_own(ctx, "id"), take_cidr, &cidr, err))
        return PROBE_FAILED;
    if (!cidr || !wanted || str_eq(cidr, wanted))
        return PROBE_SAME;
    err_set(err, ERR_CONFLICT, "the VPC %s has the range %s, and the answers now say %s",
            step_own(ctx, "id"), cidr, wanted);
    err_remedy(err,
               "AWS cannot change a VPC's range: put %s back into network.new_vpc.cidr, or "
               "destroy the setup first.",
               cidr);
    return PROBE_FAILED;
}

static enum probe probe_vpc(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "%s", stack_of(ctx)->answers->network.cidr);
    enum probe found = new_vpc_probe(ctx, "DescribeVpcs", "vpcSet/item", "vpcId", NULL, err);
    return found == PROBE_SAME && ctx->mode == STEP_MODE_PLAN ? compare_cidr(ctx, err) : found;
}

static bool apply_vpc(struct step_ctx *ctx, struct err *err)
{
    struct step_tags tags;
    AUTO_FREE char *name = new_vpc_name(ctx, "");
    AUTO_FREE char *id = NULL;
    if (!ec2_create_vpc(new_vpc_aws(ctx), stack_of(ctx)->answers->network.cidr,
                        step_tags_init(&tags, ctx, name), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool take_state(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    str_replace(context, xml_str(node, "state"));
    return true;
}

// A fresh id may be unknown for some seconds; that is lag, not absence.
static enum poll look_vpc(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *state = NULL;
    ERR_AUTO e = {0};
    if (!ec2_describe(new_vpc_aws(ctx), "DescribeVpcs", "vpcSet/item", "vpc-id",
                      step_own(ctx, "id"), take_state, &state, &e) &&
        e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return POLL_FAILED;
    }
    step_note(ctx, "VPC %s is %s", step_own(ctx, "id"), state ? state : "not visible yet");
    return str_eq(state, "available") ? POLL_DONE : POLL_AGAIN;
}

static bool wait_vpc(struct step_ctx *ctx, struct err *err)
{
    return step_poll(ctx, look_vpc, err);
}

bool new_vpc_in_use(const struct err *err)
{
    return err_is(err, "DependencyViolation") || err_is(err, "InvalidGroup.InUse") ||
           err_is(err, "InvalidIPAddress.InUse") || err_is(err, "AuthFailure");
}

static bool try_delete_vpc(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_vpc(new_vpc_aws(ctx), step_own(ctx, "id"), err), err);
}

static bool undo_vpc(struct step_ctx *ctx, struct err *err)
{
    return delete_unblocked(ctx, "vpc-id", 300, try_delete_vpc, err);
}

// ---- DNS attributes: one call reads one attribute

static bool attribute_on(struct step_ctx *ctx, const char *attribute, bool *on, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(new_vpc_aws(ctx), AWS_EC2, "DescribeVpcAttribute", AWS_READ, &answer, err,
                        "VpcId", step_fact(ctx, "vpc.id"), "Attribute", attribute, NULL))
        return false;
    AUTO_FREE char *path = mem_printf("%s/value", attribute);
    *on = xml_is(xml_root(answer), path, "true");
    return true;
}

static enum probe probe_dns(struct step_ctx *ctx, struct err *err)
{
    if (!step_fact(ctx, "vpc.id"))
        return PROBE_ABSENT;
    bool support = false;
    bool names = false;
    if (!attribute_on(ctx, "enableDnsSupport", &support, err) ||
        !attribute_on(ctx, "enableDnsHostnames", &names, err))
        return PROBE_FAILED;
    return support && names ? PROBE_SAME : PROBE_ABSENT;
}

static bool attempt_dns(struct step_ctx *ctx, struct err *err)
{
    const char *vpc = step_need(ctx, "vpc.id", err);
    return vpc && ec2_enable_vpc_dns(new_vpc_aws(ctx), vpc, err);
}

static bool apply_dns(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_dns, not_visible_yet, err);
}

// ---- subnets: the last letter of the id chooses the zone, the name chooses the block

static bool is_private(const struct step_ctx *ctx)
{
    return str_starts(ctx->step->id, "subnet-private");
}

// The VPC's range cut into sixteen: blocks 0 and 1 public, 8 and 9 private.
static char *block_of(const struct step_ctx *ctx)
{
    const char *cidr = stack_of(ctx)->answers->network.cidr;
    unsigned octets[4] = {0};
    char *end = NULL;
    const char *p = cidr;
    for (int i = 0; i < 4; i++) {
        octets[i] = (unsigned)strtoul(p, &end, 10);
        p = end + 1;
    }
    unsigned prefix = (unsigned)strtoul(p, NULL, 10) + 4;
    unsigned index = (is_private(ctx) ? 8u : 0u) + (str_ends(ctx->step->id, "-b") ? 1u : 0u);
    unsigned base = octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
    base += index << (32 - prefix);
    return mem_printf("%u.%u.%u.%u/%u", base >> 24, base >> 16 & 255, base >> 8 & 255, base & 255,
                      prefix);
}

static enum probe probe_zones(struct step_ctx *ctx, struct err *err)
{
    if (step_own(ctx, "ids"))
        return PROBE_SAME;
    char *zones = zones_for_new_vpc(new_vpc_aws(ctx), err);
    if (!zones)
        return PROBE_FAILED;
    step_set(ctx, "ids", zones);
    step_note(ctx, "%s", zones);
    mem_free(zones);
    return PROBE_SAME;
}

static bool apply_zones(struct step_ctx *ctx, struct err *err)
{
    return probe_zones(ctx, err) == PROBE_SAME;
}

static enum probe probe_subnet(struct step_ctx *ctx, struct err *err)
{
    if (!step_fact(ctx, "vpc.id"))
        return PROBE_ABSENT;
    return new_vpc_probe(ctx, "DescribeSubnets", "subnetSet/item", "subnetId", NULL, err);
}

static bool attempt_subnet(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "vpc.id", "zones.ids", NULL))
        return false;
    const char *zones = step_fact(ctx, "zones.ids");
    AUTO_FREE char *first = list_first(zones);
    const char *zone = str_ends(ctx->step->id, "-b") ? strchr(zones, ',') + 1 : first;
    AUTO_FREE char *cidr = block_of(ctx);
    AUTO_FREE char *suffix = mem_printf("-%s", ctx->step->id + strlen("subnet-"));
    AUTO_FREE char *name = new_vpc_name(ctx, suffix);
    struct step_tags tags;
    AUTO_FREE char *id = NULL;
    if (!ec2_create_subnet(new_vpc_aws(ctx), step_fact(ctx, "vpc.id"), cidr, zone,
                           step_tags_init(&tags, ctx, name), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool apply_subnet(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_subnet, not_visible_yet, err);
}

static enum poll look_subnet(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *state = NULL;
    ERR_AUTO e = {0};
    if (!ec2_describe(new_vpc_aws(ctx), "DescribeSubnets", "subnetSet/item", "subnet-id",
                      step_own(ctx, "id"), take_state, &state, &e) &&
        e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return POLL_FAILED;
    }
    return str_eq(state, "available") ? POLL_DONE : POLL_AGAIN;
}

static bool wait_subnet(struct step_ctx *ctx, struct err *err)
{
    return step_poll(ctx, look_subnet, err);
}

static bool try_delete_subnet(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_subnet(new_vpc_aws(ctx), step_own(ctx, "id"), err), err);
}

static bool undo_subnet(struct step_ctx *ctx, struct err *err)
{
    // Interfaces linger after their owners.
    return delete_unblocked(ctx, "subnet-id", 1200, try_delete_subnet, err);
}

#define SUBNET_ROW(id_, title_)                                                                    \
    {                                                                                              \
        NETWORK_ROW(id_, title_, "ec2.subnet"), .usual_s = 2, .needs = {"vpc", "zones"},           \
                                                .probe = probe_subnet, .apply = apply_subnet,      \
                                                .wait = wait_subnet, .undo = undo_subnet           \
    }
const struct step new_vpc_steps[] = {
    {NETWORK_ROW("zones", "zones", "ec2.availability-zone"), .flags = STEP_EXISTING, .usual_s = 1,
     .probe = probe_zones, .apply = apply_zones},
    {NETWORK_ROW("vpc", "VPC", "ec2.vpc"), .usual_s = 3, .probe = probe_vpc, .apply = apply_vpc,
     .wait = wait_vpc, .undo = undo_vpc},
    {NETWORK_ROW("vpc-dns", "names inside the VPC", "ec2.vpc-attribute"), .usual_s = 1,
     .needs = {"vpc"}, .probe = probe_dns, .apply = apply_dns},
    SUBNET_ROW("subnet-public-a", "public subnet, zone 1"),
    SUBNET_ROW("subnet-public-b", "public subnet, zone 2"),
    SUBNET_ROW("subnet-private-a", "private subnet, zone 1"),
    SUBNET_ROW("subnet-private-b", "private subnet, zone 2"),
};
const size_t new_vpc_step_count = ARRAY_LEN(new_vpc_steps);

// SPDX-License-Identifier: MIT
// The ways in and out of a VPC of our own: internet gateway, the one NAT and its address, route
// tables and what they hold, the free S3 endpoint (facts aws.md 2.8).
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/steps/new_vpc.h"
#include "backend/steps/tables.h"

// ---- internet gateway

static enum probe probe_gateway(struct step_ctx *ctx, struct err *err)
{
    return new_vpc_probe(ctx, "DescribeInternetGateways", "internetGatewaySet/item",
                         "internetGatewayId", NULL, err);
}

static bool apply_gateway(struct step_ctx *ctx, struct err *err)
{
    struct step_tags tags;
    AUTO_FREE char *name = new_vpc_name(ctx, "");
    AUTO_FREE char *id = NULL;
    if (!ec2_create_internet_gateway(new_vpc_aws(ctx), step_tags_init(&tags, ctx, name), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool try_delete_gateway(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_internet_gateway(new_vpc_aws(ctx), step_own(ctx, "id"), err),
                        err);
}

static bool undo_gateway(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 120, try_delete_gateway, new_vpc_in_use, err);
}

static bool take_attachment(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    str_replace(context, xml_str_or(node, "attachmentSet/item/vpcId", ""));
    return true;
}

static enum probe probe_attached(struct step_ctx *ctx, struct err *err)
{
    const char *gateway = step_fact(ctx, "internet-gateway.id");
    const char *vpc = step_fact(ctx, "vpc.id");
    if (!gateway || !vpc)
        return PROBE_ABSENT;
    AUTO_FREE char *attached = NULL;
    if (!ec2_describe(new_vpc_aws(ctx), "DescribeInternetGateways", "internetGatewaySet/item",
                      "internet-gateway-id", gateway, take_attachment, &attached, err))
        return probe_missing(err);
    return str_eq(attached, vpc) ? PROBE_SAME : PROBE_ABSENT;
}

static bool attempt_attached(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "vpc.id", "internet-gateway.id", NULL))
        return false;
    ERR_AUTO e = {0};
    if (ec2_attach_internet_gateway(new_vpc_aws(ctx), step_fact(ctx, "internet-gateway.id"),
                                    step_fact(ctx, "vpc.id"), &e) ||
        (already_exists(&e) && probe_attached(ctx, err) == PROBE_SAME))
        return true;
    err_move(err, &e);
    return false;
}

static bool apply_attached(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_attached, not_visible_yet, err);
}

static bool try_detach(struct step_ctx *ctx, struct err *err)
{
    ERR_AUTO e = {0};
    if (ec2_detach_internet_gateway(new_vpc_aws(ctx), step_fact(ctx, "internet-gateway.id"),
                                    step_fact(ctx, "vpc.id"), &e) ||
        err_is(&e, "Gateway.NotAttached") || e.kind == ERR_NOT_FOUND)
        return true;
    err_move(err, &e);
    return false;
}

static bool undo_attached(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 600, try_detach, new_vpc_in_use,
                      err); // "has some mapped public address(es)" until the NAT is gone
}

// ---- the NAT's address and the NAT

static enum probe probe_address(struct step_ctx *ctx, struct err *err)
{
    return new_vpc_probe(ctx, "DescribeAddresses", "addressesSet/item", "allocationId", NULL, err);
}

static bool apply_address(struct step_ctx *ctx, struct err *err)
{
    struct step_tags tags;
    AUTO_FREE char *name = new_vpc_name(ctx, "-nat");
    AUTO_FREE char *id = NULL;
    AUTO_FREE char *ip = NULL;
    if (!ec2_allocate_address(new_vpc_aws(ctx), step_tags_init(&tags, ctx, name), &id, &ip, err))
        return false;
    step_set(ctx, "id", id);
    step_set(ctx, "ip", ip);
    return true;
}

static bool try_release(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_release_address(new_vpc_aws(ctx), step_own(ctx, "id"), err), err);
}

static bool undo_address(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 300, try_release, new_vpc_in_use, err);
}

static enum probe probe_nat(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *state = NULL;
    enum probe found = new_vpc_probe(ctx, "DescribeNatGateways", "natGatewaySet/item",
                                     "natGatewayId", &state, err);
    if (found == PROBE_SAME &&
        (str_eq(state, "deleted") || str_eq(state, "deleting") || str_eq(state, "failed"))) {
        step_note(ctx, "the NAT is %s and will be made again", state);
        return ctx->mode == STEP_MODE_DESTROY && !str_eq(state, "deleted") ? PROBE_SAME
                                                                           : PROBE_ABSENT;
    }
    return found;
}

static bool attempt_nat(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "subnet-public-a.id", "nat-address.id", NULL))
        return false;
    struct step_tags tags;
    AUTO_FREE char *name = new_vpc_name(ctx, "");
    AUTO_FREE char *token = step_token(ctx, step_fact(ctx, "nat-address.id"));
    AUTO_FREE char *id = NULL;
    if (!ec2_create_nat_gateway(new_vpc_aws(ctx), step_fact(ctx, "subnet-public-a.id"),
                                step_fact(ctx, "nat-address.id"), token,
                                step_tags_init(&tags, ctx, name), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool apply_nat(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_nat, not_visible_yet, err);
}

struct nat_look {
    char *state, *message;
};

static bool take_nat(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct nat_look *l = context;
    str_replace(&l->state, xml_str(node, "state"));
    str_replace(&l->message, xml_str(node, "failureMessage"));
    return true;
}

static bool read_nat(struct step_ctx *ctx, struct nat_look *look, struct err *err)
{
    ERR_AUTO e = {0};
    if (ec2_describe(new_vpc_aws(ctx), "DescribeNatGateways", "natGatewaySet/item",
                     "nat-gateway-id", step_own(ctx, "id"), take_nat, look, &e) ||
        e.kind == ERR_NOT_FOUND)
        return true;
    err_move(err, &e);
    return false;
}

static void clear_look(struct nat_look *l)
{
    mem_free(l->state);
    mem_free(l->message);
}

static enum poll look_nat(struct step_ctx *ctx, struct err *err)
{
    __attribute__((cleanup(clear_look))) struct nat_look l = {0};
    if (!read_nat(ctx, &l, err))
        return POLL_FAILED;
    step_note(ctx, "NAT gateway is %s", l.state ? l.state : "not visible yet");
    if (str_eq(l.state, "failed")) {
        err_set(err, ERR_REMOTE, "the NAT gateway failed: %s",
                l.message ? l.message : "AWS gives no reason");
        err_remedy(err, "Continue with `forest-setup resume`: it is made again.");
        return POLL_FAILED;
    }
    return str_eq(l.state, "available") ? POLL_DONE : POLL_AGAIN;
}

static bool wait_nat(struct step_ctx *ctx, struct err *err)
{
    return step_poll(ctx, look_nat, err);
}

static enum poll look_nat_gone(struct step_ctx *ctx, struct err *err)
{
    __attribute__((cleanup(clear_look))) struct nat_look l = {0};
    if (!read_nat(ctx, &l, err))
        return POLL_FAILED;
    step_note(ctx, "NAT gateway is %s", l.state ? l.state : "gone");
    return !l.state || str_eq(l.state, "deleted") ? POLL_DONE : POLL_AGAIN;
}

static bool take_remaining(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct str *ids = context;
    if (!str_eq(xml_str(node, "state"), "deleted"))
        str_addf(ids, "%s%s", ids->len ? "," : "", xml_str_or(node, "natGatewayId", ""));
    return true;
}

static bool undo_one_nat(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_nat_gateway(new_vpc_aws(ctx), step_own(ctx, "id"), err), err) &&
           step_poll(ctx, look_nat_gone, err);
}

// Each one that failed was replaced by another, and AWS keeps showing it for about an hour.
static bool undo_nat(struct step_ctx *ctx, struct err *err)
{
    STR_AUTO ids;
    str_init(&ids, 4096);
    if (!undo_one_nat(ctx, err) ||
        !ec2_describe2(new_vpc_aws(ctx), "DescribeNatGateways", "natGatewaySet/item",
                       "tag:forestadmin:stack", stack_of(ctx)->names.stack,
                       "tag:forestadmin:resource", ctx->step->id, take_remaining, &ids, err))
        return false;
    for (const char *p = ids.len ? ids.data : ""; *p;) {
        AUTO_FREE char *id = list_first(p);
        step_set(ctx, "id", id);
        if (!undo_one_nat(ctx, err))
            return false;
        p += strcspn(p, ",");
        p += *p == ',';
    }
    return true;
}

// ---- route tables, routes, associations

static enum probe probe_table(struct step_ctx *ctx, struct err *err)
{
    if (!step_fact(ctx, "vpc.id"))
        return PROBE_ABSENT;
    return new_vpc_probe(ctx, "DescribeRouteTables", "routeTableSet/item", "routeTableId", NULL,
                         err);
}

static bool attempt_table(struct step_ctx *ctx, struct err *err)
{
    const char *vpc = step_need(ctx, "vpc.id", err);
    if (!vpc)
        return false;
    struct step_tags tags;
    AUTO_FREE char *suffix = mem_printf("-%s", ctx->step->id + strlen("route-table-"));
    AUTO_FREE char *name = new_vpc_name(ctx, suffix);
    AUTO_FREE char *token = step_token(ctx, vpc);
    AUTO_FREE char *id = NULL;
    if (!ec2_create_route_table(new_vpc_aws(ctx), vpc, token, step_tags_init(&tags, ctx, name), &id,
                                err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool apply_table(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_table, not_visible_yet, err);
}

// The associations of a table with subnets of this setup; of others, the first subnet.
struct table_users {
    const struct step_ctx *ctx;
    struct str ours; // comma list of associations
    char *other;
};

static bool of_ours(const struct step_ctx *ctx, const char *subnet)
{
    static const char *const known[] = {"subnet-public-a.id", "subnet-public-b.id",
                                        "subnet-private-a.id", "subnet-private-b.id"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(subnet, step_fact(ctx, known[i])))
            return true;
    return false;
}

static bool take_users(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct table_users *u = context;
    for (const struct xml_node *a = xml_find(node, "associationSet/item"); a; a = xml_next(a)) {
        const char *subnet = xml_str_or(a, "subnetId", "");
        if (of_ours(u->ctx, subnet))
            str_addf(&u->ours, "%s%s", u->ours.len ? "," : "",
                     xml_str_or(a, "routeTableAssociationId", ""));
        else if (!u->other)
            u->other = mem_strdup(subnet);
    }
    return true;
}

// An association that came when nobody looked for it any more, from a request of a run that was
// killed, keeps its table. Those of our subnets go as if they had been found.
static bool drop_late_associations(struct step_ctx *ctx, struct err *in_use)
{
    struct table_users u = {.ctx = ctx};
    str_init(&u.ours, STR_LINE);
    ERR_AUTO e = {0};
    bool ok = ec2_describe(new_vpc_aws(ctx), "DescribeRouteTables", "routeTableSet/item",
                           "route-table-id", step_own(ctx, "id"), take_users, &u, &e);
    for (char *id = u.ours.data, *next = NULL; ok && u.ours.len && id; id = next) {
        next = strchr(id, ',');
        if (next)
            *next++ = '\0';
        ok = gone_is_fine(ec2_disassociate_route_table(new_vpc_aws(ctx), id, &e), &e);
    }
    if (ok && u.other)
        err_remedy(in_use,
                   "The subnet %s, which is not of this setup, uses it: give it another "
                   "route table, or delete it, then destroy again.",
                   u.other);
    bool dropped = ok && u.ours.len;
    str_clear(&u.ours);
    mem_free(u.other);
    return dropped;
}

static bool try_delete_table(struct step_ctx *ctx, struct err *err)
{
    ERR_AUTO why = {0};
    const char *id = step_own(ctx, "id");
    if (gone_is_fine(ec2_delete_route_table(new_vpc_aws(ctx), id, &why), &why))
        return true;
    if (err_is(&why, "DependencyViolation") && drop_late_associations(ctx, &why))
        return gone_is_fine(ec2_delete_route_table(new_vpc_aws(ctx), id, err), err);
    err_move(err, &why);
    return false;
}

// Its associations and the endpoint's route may linger for a moment.
static bool undo_table(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, 120, try_delete_table, new_vpc_in_use, err);
}

static const char *table_for(const struct step_ctx *ctx)
{
    bool private = strstr(ctx->step->id, "private") != NULL;
    return step_fact(ctx, private ? "route-table-private.id" : "route-table-public.id");
}

struct table_look {
    const char *subnet;
    char *route_target, *association;
};

static bool take_table(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct table_look *l = context;
    for (const struct xml_node *r = xml_find(node, "routeSet/item"); r; r = xml_next(r))
        if (xml_is(r, "destinationCidrBlock", "0.0.0.0/0"))
            str_replace(&l->route_target,
                        xml_str_or(r, "natGatewayId", xml_str_or(r, "gatewayId", "")));
    for (const struct xml_node *a = xml_find(node, "associationSet/item"); a && l->subnet;
         a = xml_next(a))
        if (xml_is(a, "subnetId", l->subnet))
            str_replace(&l->association, xml_str(a, "routeTableAssociationId"));
    return true;
}

static const char *route_target(const struct step_ctx *ctx)
{
    return step_fact(ctx, str_eq(ctx->step->id, "route-private") ? "nat-gateway.id"
                                                                 : "internet-gateway.id");
}

static enum probe probe_route(struct step_ctx *ctx, struct err *err)
{
    const char *table = table_for(ctx);
    if (!table)
        return PROBE_ABSENT;
    struct table_look l = {0};
    bool ok = ec2_describe(new_vpc_aws(ctx), "DescribeRouteTables", "routeTableSet/item",
                           "route-table-id", table, take_table, &l, err);
    enum probe result = !ok                                         ? probe_missing(err)
                        : !l.route_target                           ? PROBE_ABSENT
                        : str_eq(l.route_target, route_target(ctx)) ? PROBE_SAME
                                                                    : PROBE_DIFFERS;
    mem_free(l.route_target);
    return result;
}

static bool attempt_route(struct step_ctx *ctx, struct err *err)
{
    const char *target = route_target(ctx);
    bool nat = str_eq(ctx->step->id, "route-private");
    const char *gateway = nat ? NULL : target;
    if (ctx->exists)
        return ec2_replace_default_route(new_vpc_aws(ctx), table_for(ctx), gateway,
                                         nat ? target : NULL, err);
    return ec2_create_default_route(new_vpc_aws(ctx), table_for(ctx), gateway, nat ? target : NULL,
                                    err);
}

static bool apply_route(struct step_ctx *ctx, struct err *err)
{
    if (!route_target(ctx) || !table_for(ctx))
        return err_set(err, ERR_INTERNAL, "the route's table or target is not known");
    ERR_AUTO e = {0};
    if (step_retry(ctx, VISIBLE_S, attempt_route, not_visible_yet, &e))
        return true;
    if (already_exists(&e)) { // a repeat after a lost answer, or another target
        ctx->exists = true;
        return step_retry(ctx, VISIBLE_S, attempt_route, not_visible_yet, err);
    }
    err_move(err, &e);
    return false;
}

static bool undo_route(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_default_route(new_vpc_aws(ctx), table_for(ctx), err), err);
}

// "route-of-private-a" -> the fact of "subnet-private-a"
static const char *associated_subnet(const struct step_ctx *ctx)
{
    AUTO_FREE char *key = mem_printf("subnet-%s.id", ctx->step->id + strlen("route-of-"));
    return step_fact(ctx, key);
}

static enum probe probe_association(struct step_ctx *ctx, struct err *err)
{
    const char *table = table_for(ctx);
    struct table_look l = {.subnet = associated_subnet(ctx)};
    if (!table || !l.subnet)
        return PROBE_ABSENT;
    bool ok = ec2_describe(new_vpc_aws(ctx), "DescribeRouteTables", "routeTableSet/item",
                           "route-table-id", table, take_table, &l, err);
    enum probe result = !ok ? probe_missing(err) : l.association ? PROBE_SAME : PROBE_ABSENT;
    step_set(ctx, "id", l.association);
    mem_free(l.association);
    mem_free(l.route_target);
    return result;
}

static bool attempt_association(struct step_ctx *ctx, struct err *err)
{
    if (!table_for(ctx) || !associated_subnet(ctx))
        return err_set(err, ERR_INTERNAL, "the association's table or subnet is not known");
    AUTO_FREE char *id = NULL;
    if (!ec2_associate_route_table(new_vpc_aws(ctx), table_for(ctx), associated_subnet(ctx), &id,
                                   err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool apply_association(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_association, not_visible_yet, err);
}

static bool undo_association(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_disassociate_route_table(new_vpc_aws(ctx), step_own(ctx, "id"), err),
                        err);
}

// ---- S3 endpoint

static enum probe probe_endpoint(struct step_ctx *ctx, struct err *err)
{
    if (!step_fact(ctx, "vpc.id"))
        return PROBE_ABSENT;
    return new_vpc_probe(ctx, "DescribeVpcEndpoints", "vpcEndpointSet/item", "vpcEndpointId", NULL,
                         err);
}

static bool attempt_endpoint(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, "vpc.id", "route-table-private.id", NULL))
        return false;
    struct step_tags tags;
    AUTO_FREE char *name = new_vpc_name(ctx, "-s3");
    AUTO_FREE char *token = step_token(ctx, step_fact(ctx, "vpc.id"));
    AUTO_FREE char *id = NULL;
    if (!ec2_create_s3_endpoint(new_vpc_aws(ctx), step_fact(ctx, "vpc.id"),
                                step_fact(ctx, "route-table-private.id"), token,
                                step_tags_init(&tags, ctx, name), &id, err))
        return false;
    step_set(ctx, "id", id);
    return true;
}

static bool apply_endpoint(struct step_ctx *ctx, struct err *err)
{
    return step_retry(ctx, VISIBLE_S, attempt_endpoint, not_visible_yet, err);
}

static bool undo_endpoint(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(ec2_delete_endpoint(new_vpc_aws(ctx), step_own(ctx, "id"), err), err);
}

#define ASSOCIATION_ROW(id_, title_, subnet_, table_)                                              \
    {                                                                                              \
        NETWORK_ROW(id_, title_, "ec2.route-table-association"),                                   \
            .usual_s = 1, .needs = {subnet_, table_}, .probe = probe_association,                  \
            .apply = apply_association, .undo = undo_association                                   \
    }

const struct step new_vpc_way_steps[] = {
    {NETWORK_ROW("internet-gateway", "internet gateway", "ec2.internet-gateway"), .usual_s = 1,
     .probe = probe_gateway, .apply = apply_gateway, .undo = undo_gateway},
    {NETWORK_ROW("internet-gateway-attached", "internet gateway in it",
                 "ec2.internet-gateway-attachment"),
     .usual_s = 1, .needs = {"vpc", "internet-gateway"}, .probe = probe_attached,
     .apply = apply_attached, .undo = undo_attached},
    {NETWORK_ROW("nat-address", "address of the NAT", "ec2.elastic-ip"), .flags = STEP_COSTS,
     .usual_s = 1, .probe = probe_address, .apply = apply_address, .undo = undo_address},
    {NETWORK_ROW("nat-gateway", "NAT gateway", "ec2.nat-gateway"), .flags = STEP_COSTS,
     .usual_s = 110, .limit_s = 600,
     .needs = {"subnet-public-a", "nat-address", "internet-gateway-attached"}, .probe = probe_nat,
     .apply = apply_nat, .wait = wait_nat, .undo = undo_nat},
    {NETWORK_ROW("route-table-public", "public route table", "ec2.route-table"), .usual_s = 1,
     .needs = {"vpc"}, .probe = probe_table, .apply = apply_table, .undo = undo_table},
    {NETWORK_ROW("route-table-private", "private route table", "ec2.route-table"), .usual_s = 1,
     .needs = {"vpc"}, .probe = probe_table, .apply = apply_table, .undo = undo_table},
    {NETWORK_ROW("route-public", "route to the internet", "ec2.route"), .usual_s = 1,
     .needs = {"route-table-public", "internet-gateway-attached"}, .probe = probe_route,
     .apply = apply_route, .undo = undo_route},
    {NETWORK_ROW("route-private", "route through the NAT", "ec2.route"), .usual_s = 1,
     .needs = {"route-table-private", "nat-gateway"}, .probe = probe_route, .apply = apply_route,
     .undo = undo_route},
    ASSOCIATION_ROW("route-of-public-a", "public route, zone 1", "subnet-public-a",
                    "route-table-public"),
    ASSOCIATION_ROW("route-of-public-b", "public route, zone 2", "subnet-public-b",
                    "route-table-public"),
    ASSOCIATION_ROW("route-of-private-a", "private route, zone 1", "subnet-private-a",
                    "route-table-private"),
    ASSOCIATION_ROW("route-of-private-b", "private route, zone 2", "subnet-private-b",
                    "route-table-private"),
    {NETWORK_ROW("s3-endpoint", "short way to S3", "ec2.vpc-endpoint"), .usual_s = 2,
     .needs = {"vpc", "route-table-private"}, .probe = probe_endpoint, .apply = apply_endpoint,
     .undo = undo_endpoint},
};
const size_t new_vpc_way_step_count = ARRAY_LEN(new_vpc_way_steps);

// SPDX-License-Identifier: MIT
// What keeps a group, a subnet or a VPC from going. Interfaces of AWS's own services linger for
// minutes and go by themselves; one that somebody has made stays until somebody deletes it.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/base/text.h"
#include "backend/steps/common.h"

// FOREIGN is the code of the error that ends the waiting: no step retries it.
#define FOREIGN "InUseByOthers"
enum { SHOWN = 3, WORDS = 120, FOREIGN_MS = 120000 };

struct blockers {
    struct str text;
    size_t count;
    size_t foreign;    // of these, how many do not go by themselves
    const char *id;    // where an item of the kind at hand has its name
    const char *stack; // the tag of what is ours
};

// A delete that is tried until nothing is in its way.
struct unblocking {
    const char *filter;
    bool (*attempt)(struct step_ctx *ctx, struct err *err);
    int64_t foreign_since_ms; // 0: nothing foreign was there at the last look
    char *text;               // of the last look, or NULL
    bool foreign;
};

// Tests shorten it, as they do with the time that AWS may hide what is new.
static int64_t foreign_ms(void)
{
    const char *text = getenv("FOREST_SETUP_BLOCKED_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    return ms > 0 ? ms : FOREIGN_MS;
}

unsigned blocked_limit_s(unsigned usual_s)
{
    int64_t limit_s = (foreign_ms() + 999) / 1000;
    return limit_s < usual_s ? (unsigned)limit_s : usual_s;
}

static bool in_use(const struct err *err)
{
    return err_is(err, "DependencyViolation") || err_is(err, "InvalidGroup.InUse");
}

// Who made it: a service's name; for what an account has made itself, the account.
static const char *owner_of(const struct xml_node *node, bool foreign)
{
    const char *owner = foreign ? xml_str(node, "ownerId") : xml_str(node, "requesterId");
    if (!owner)
        owner = xml_str(node, "attachment/instanceOwnerId");
    return owner ? owner : xml_str_or(node, "ownerId", "");
}

// Interfaces of tasks are made by ECS; not every kind of them is marked as such.
static bool goes_by_itself(const struct xml_node *node)
{
    return xml_is(node, "requesterManaged", "true") ||
           str_starts(xml_str_or(node, "description", ""), "arn:aws");
}

// "eni-1 (ELB app/x, of amazon-elb, since 2026-11-29T21:50:12Z)"
static bool take_interface(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct blockers *b = context;
    bool foreign = !goes_by_itself(node);
    b->foreign += foreign;
    if (b->count++ >= SHOWN && !(foreign && b->foreign == 1)) // one to blame is among those shown
        return true;
    AUTO_FREE char *what = text_safe(xml_str_or(node, "description", ""), WORDS);
    AUTO_FREE char *whose = text_safe(owner_of(node, foreign), WORDS);
    AUTO_FREE char *instance = text_safe(xml_str_or(node, "attachment/instanceId", ""), WORDS);
    const char *since = xml_str(node, "attachment/attachTime");
    str_addf(&b->text, "%s%s (%s", b->text.len ? ", " : "",
             xml_str_or(node, "networkInterfaceId", "?"), *what ? what : "no description");
    if (*whose)
        str_addf(&b->text, ", of %s%s", foreign ? "account " : "", whose);
    if (*instance)
        str_addf(&b->text, ", on %s", instance);
    if (since)
        str_addf(&b->text, ", since %s", since);
    str_add(&b->text, foreign && !since ? ", attached to nothing)" : ")");
    return true;
}

// "subnet-1 (reports)": something of somebody else in a VPC of ours.
static bool take_guest(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct blockers *b = context;
    if (xml_is(node, "groupName", "default") || xml_is(node, "associationSet/item/main", "true") ||
        str_starts(xml_str_or(node, "state", ""), "delet"))
        return true;
    b->foreign++;
    if (b->count++ >= SHOWN)
        return true;
    const char *name = xml_str(node, "groupName");
    if (!name)
        name = aws_tag_in_xml(node, "tagSet/item", "key", "value", "Name");
    AUTO_FREE char *shown = text_safe(name ? name : "", WORDS);
    str_addf(&b->text, "%s%s", b->text.len ? ", " : "", xml_str_or(node, b->id, "?"));
    if (*shown)
        str_addf(&b->text, " (%s)", shown);
    return true;
}

// All of ours in the VPC has gone before it: what is there now is somebody else's.
static bool look_into_vpc(struct step_ctx *ctx, struct blockers *b, struct err *err)
{
    static const struct {
        const char *action, *items, *filter, *id;
    } kinds[] = {
        {"DescribeSubnets", "subnetSet/item", "vpc-id", "subnetId"},
        {"DescribeSecurityGroups", "securityGroupInfo/item", "vpc-id", "groupId"},
        {"DescribeRouteTables", "routeTableSet/item", "vpc-id", "routeTableId"},
        {"DescribeVpcEndpoints", "vpcEndpointSet/item", "vpc-id", "vpcEndpointId"},
        {"DescribeInternetGateways", "internetGatewaySet/item", "attachment.vpc-id",
         "internetGatewayId"},
    };
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_LEN(kinds); i++) {
        b->id = kinds[i].id;
        ok = ec2_describe(stack_of(ctx)->aws, kinds[i].action, kinds[i].items, kinds[i].filter,
                          step_own(ctx, "id"), take_guest, b, err);
    }
    return ok;
}

// "a rule of sg-1 (bastion)": a group of somebody else lets ours in, or is let into it.
static bool take_rule_of(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct blockers *b = context;
    const char *stack = aws_tag_in_xml(node, "tagSet/item", "key", "value", TAG_STACK);
    const char *id = xml_str_or(node, "groupId", "?");
    if (str_eq(stack, b->stack) || strstr(b->text.len ? b->text.data : "", id))
        return true;
    b->foreign++;
    if (b->count++ >= SHOWN)
        return true;
    AUTO_FREE char *name = text_safe(xml_str_or(node, "groupName", ""), WORDS);
    str_addf(&b->text, "%sa rule of %s (%s)", b->text.len ? ", " : "", id, name);
    return true;
}

static bool look_at_rules(struct step_ctx *ctx, struct blockers *b, struct err *err)
{
    static const char *const filters[] = {"ip-permission.group-id",
                                          "egress.ip-permission.group-id"};
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_LEN(filters); i++)
        ok = ec2_describe(stack_of(ctx)->aws, "DescribeSecurityGroups", "securityGroupInfo/item",
                          filters[i], step_own(ctx, "id"), take_rule_of, b, err);
    return ok;
}

// What is in the way, into u->text and u->foreign.
static void look(struct step_ctx *ctx, struct unblocking *u)
{
    struct blockers b = {.stack = stack_of(ctx)->names.stack};
    str_init(&b.text, STR_LINE);
    ERR_AUTO e = {0}; // only an explanation
    bool ok =
        ec2_describe(stack_of(ctx)->aws, "DescribeNetworkInterfaces", "networkInterfaceSet/item",
                     u->filter, step_own(ctx, "id"), take_interface, &b, &e);
    if (ok && str_eq(u->filter, "vpc-id"))
        ok = look_into_vpc(ctx, &b, &e);
    if (ok && str_eq(u->filter, "group-id"))
        ok = look_at_rules(ctx, &b, &e);
    if (b.count > SHOWN)
        str_addf(&b.text, " and more, %zu in all", b.count);
    mem_free(u->text);
    u->text = ok && b.text.len ? mem_strdup(b.text.data) : NULL;
    u->foreign = ok && b.foreign;
    str_clear(&b.text);
}

static bool attempt(struct step_ctx *ctx, struct err *err)
{
    struct unblocking *u = ctx->scratch;
    if (u->attempt(ctx, err))
        return true;
    if (!in_use(err))
        return false;
    look(ctx, u);
    if (u->text)
        step_note(ctx, "waits for %s", u->text);
    if (!u->foreign)
        u->foreign_since_ms = 0;
    else if (!u->foreign_since_ms)
        u->foreign_since_ms = clock_ms();
    else if (clock_ms() - u->foreign_since_ms >= foreign_ms())
        err_code(err, FOREIGN);
    return false;
}

static bool retryable(const struct err *err)
{
    return in_use(err); // so not FOREIGN
}

static void explain(struct step_ctx *ctx, const struct unblocking *u, struct err *err)
{
    bool foreign = err_is(err, FOREIGN);
    if (!u->text || !(foreign || in_use(err)))
        return;
    err_set(err, ERR_CONFLICT, "%s cannot be deleted: it is in use by %s", step_own(ctx, "id"),
            u->text);
    err_code(err, foreign ? FOREIGN : "DependencyViolation");
    if (foreign)
        err_remedy(err, "It is not of this setup and does not go by itself: delete it, or what it "
                        "belongs to, then destroy again. The rest is gone or goes then.");
    else
        err_remedy(err, "Those of AWS go by themselves when their owner is gone; delete others, "
                        "then destroy again.");
}

bool delete_unblocked(struct step_ctx *ctx, const char *filter, unsigned limit_s,
                      bool (*try_delete)(struct step_ctx *ctx, struct err *err), struct err *err)
{
    struct unblocking u = {.filter = filter, .attempt = try_delete};
    ctx->scratch = &u;
    ERR_AUTO why = {0};
    bool ok = step_retry(ctx, limit_s, attempt, retryable, &why);
    ctx->scratch = NULL;
    if (!ok) {
        explain(ctx, &u, &why);
        err_move(err, &why);
    }
    mem_free(u.text);
    return ok;
}

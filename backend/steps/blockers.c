// SPDX-License-Identifier: MIT
// Network interfaces that keep a group, a subnet or a VPC from going.
#include "backend/aws/ec2.h"
#include "backend/base/text.h"
#include "backend/steps/common.h"

enum { SHOWN = 3, WORDS = 120 };

struct blockers {
    struct str text;
    size_t count;
};

// "eni-1 (ELB app/x, of amazon-elb, since 2026-11-29T21:50:12Z)"
static bool take_blocker(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct blockers *b = context;
    if (b->count++ >= SHOWN)
        return true;
    AUTO_FREE char *what = text_safe(xml_str_or(node, "description", "no description"), WORDS);
    const char *owner = xml_str(node, "requesterId");
    if (!owner)
        owner = xml_str(node, "attachment/instanceOwnerId");
    if (!owner)
        owner = xml_str(node, "ownerId");
    AUTO_FREE char *whose = owner ? text_safe(owner, WORDS) : NULL;
    const char *since = xml_str(node, "attachment/attachTime");
    str_addf(&b->text, "%s%s (%s%s%s%s%s)", b->text.len ? ", " : "",
             xml_str_or(node, "networkInterfaceId", "?"), *what ? what : "no description",
             whose ? ", of " : "", whose ? whose : "", since ? ", since " : "", since ? since : "");
    return true;
}

static bool in_use(const struct err *err)
{
    return err_is(err, "DependencyViolation") || err_is(err, "InvalidGroup.InUse");
}

static char *list(struct step_ctx *ctx, const char *filter)
{
    struct blockers b = {0};
    str_init(&b.text, STR_LINE);
    ERR_AUTO e = {0}; // only an explanation
    bool ok =
        ec2_describe(stack_of(ctx)->aws, "DescribeNetworkInterfaces", "networkInterfaceSet/item",
                     filter, step_own(ctx, "id"), take_blocker, &b, &e);
    if (b.count > SHOWN)
        str_addf(&b.text, " and %zu more", b.count - SHOWN);
    char *text = ok && b.text.len ? mem_strdup(b.text.data) : NULL;
    str_clear(&b.text);
    return text;
}

void note_blockers(struct step_ctx *ctx, const char *filter, const struct err *err)
{
    if (!in_use(err))
        return;
    AUTO_FREE char *text = list(ctx, filter);
    if (text)
        step_note(ctx, "waits for %s", text);
}

bool name_blockers(struct step_ctx *ctx, const char *filter, struct err *err)
{
    AUTO_FREE char *text = in_use(err) ? list(ctx, filter) : NULL;
    if (text)
        err_remedy(err,
                   "Still in use by %s. Those of AWS go by themselves when their owner is gone; "
                   "delete others, then destroy again.",
                   text);
    return false;
}

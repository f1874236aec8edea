// SPDX-License-Identifier: MIT
// What the three security groups let through: link -> load balancer :80 -> task :port -> 443
// anywhere and the database's port. And, only if asked for, one rule on the database's own group
// (facts aws.md 2.7).
#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

// ---- the rules of the three groups: one row, because they refer to each other

struct wanted_rule {
    const char *name;  // the fact of this step that holds its id
    const char *group; // the fact of the group that holds it
    bool egress;
    struct ec2_rule rule;
};

static long database_port(const struct step_ctx *ctx)
{
    const char *port = step_fact(ctx, "database.port");
    return port ? strtol(port, NULL, 10) : 5432;
}

// The group that the user named, or the one RDS knows when the database is in the same VPC.
static const char *known_database_group(const struct step_ctx *ctx)
{
    const char *named = stack_of(ctx)->answers->database.ingress_security_group;
    if (named)
        return named;
    return str_eq(step_fact(ctx, "database.vpc"), step_fact(ctx, "network.vpc"))
               ? step_fact(ctx, "database.group")
               : NULL;
}

// The database may stand anywhere the VPC can reach, so its port is open to private addresses and,
// when its own group is known, to that group only.
static size_t wanted_rules(const struct step_ctx *ctx, struct wanted_rule *out)
{
    const struct answers *a = stack_of(ctx)->answers;
    int port = (int)a->backend.port;
    int db = (int)database_port(ctx);
    const char *link = step_fact(ctx, "link-group.id");
    const char *alb = step_fact(ctx, "alb-group.id");
    const char *task = step_fact(ctx, "task-group.id");
    size_t n = 0;
    out[n++] = (struct wanted_rule){
        "link_out", "link-group.id", true, {"tcp", 80, 80, alb, NULL, "to the load balancer"}};
    out[n++] = (struct wanted_rule){
        "alb_in", "alb-group.id", false, {"tcp", 80, 80, link, NULL, "from the VPC link"}};
    out[n++] = (struct wanted_rule){
        "alb_out", "alb-group.id", true, {"tcp", port, port, task, NULL, "to the backend"}};
    out[n++] = (struct wanted_rule){"task_in",
                                    "task-group.id",
                                    false,
                                    {"tcp", port, port, alb, NULL, "from the load balancer"}};
    out[n++] = (struct wanted_rule){
        "task_https",
        "task-group.id",
        true,
        {"tcp", 443, 443, NULL, "0.0.0.0/0", "Forest, ECR, Secrets Manager, Logs"}};
    const char *database_group = known_database_group(ctx);
    if (database_group) {
        out[n++] = (struct wanted_rule){"task_database",
                                        "task-group.id",
                                        true,
                                        {"tcp", db, db, database_group, NULL, "to the database"}};
        return n;
    }
    out[n++] = (struct wanted_rule){"task_database_10",
                                    "task-group.id",
                                    true,
                                    {"tcp", db, db, NULL, "10.0.0.0/8", "to the database"}};
    out[n++] = (struct wanted_rule){"task_database_172",
                                    "task-group.id",
                                    true,
                                    {"tcp", db, db, NULL, "172.16.0.0/12", "to the database"}};
    out[n++] = (struct wanted_rule){"task_database_192",
                                    "task-group.id",
                                    true,
                                    {"tcp", db, db, NULL, "192.168.0.0/16", "to the database"}};
    return n;
}

enum { WANTED_MAX = 12 };

// What DescribeSecurityGroupRules found: the wanted ones ticked off, the others (AWS's allow-all
// egress) listed.
struct rules_look {
    struct step_ctx *ctx;
    struct wanted_rule wanted[WANTED_MAX];
    bool found[WANTED_MAX];
    size_t count;
    struct str extra[3]; // per group: egress rule ids that we did not ask for
    struct str extra_in[3];
};

static const char *const group_facts[] = {"link-group.id", "alb-group.id", "task-group.id"};

static bool same_rule(const struct xml_node *node, const struct ec2_rule *rule)
{
    if (!xml_is(node, "ipProtocol", rule->protocol) ||
        xml_long(node, "fromPort", -1) != rule->from_port ||
        xml_long(node, "toPort", -1) != rule->to_port)
        return false;
    return rule->group ? xml_is(node, "referencedGroupInfo/groupId", rule->group)
                       : xml_is(node, "cidrIpv4", rule->cidr);
}

static void list_extra(struct rules_look *l, const struct xml_node *node, bool egress)
{
    const char *id = xml_str(node, "securityGroupRuleId");
    for (size_t i = 0; i < ARRAY_LEN(group_facts) && id; i++) {
        if (!xml_is(node, "groupId", step_fact(l->ctx, group_facts[i])))
            continue;
        struct str *list = egress ? &l->extra[i] : &l->extra_in[i];
        str_addf(list, "%s%s", list->len ? "," : "", id);
    }
}

static bool take_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct rules_look *l = context;
    bool egress = xml_is(node, "isEgress", "true");
    for (size_t i = 0; i < l->count; i++) {
        const struct wanted_rule *w = &l->wanted[i];
        if (w->egress == egress && xml_is(node, "groupId", step_fact(l->ctx, w->group)) &&
            same_rule(node, &w->rule)) {
            l->found[i] = true;
            step_set(l->ctx, w->name, xml_str(node, "securityGroupRuleId"));
            return true;
        }
    }
    list_extra(l, node, egress);
    return true;
}

static bool look_rules(struct step_ctx *ctx, struct rules_look *l, struct err *err)
{
    *l = (struct rules_look){.ctx = ctx};
    l->count = wanted_rules(ctx, l->wanted);
    for (size_t i = 0; i < ARRAY_LEN(l->extra); i++) {
        str_init(&l->extra[i], STR_LINE);
        str_init(&l->extra_in[i], STR_LINE);
    }
    AUTO_FREE char *ids =
        mem_printf("%s,%s,%s", step_fact(ctx, group_facts[0]), step_fact(ctx, group_facts[1]),
                   step_fact(ctx, group_facts[2]));
    return ec2_describe(stack_of(ctx)->aws, "DescribeSecurityGroupRules",
                        "securityGroupRuleSet/item", "group-id", ids, take_rule, l, err);
}

static void clear_rules(struct rules_look *l)
{
    for (size_t i = 0; i < ARRAY_LEN(l->extra); i++) {
        str_clear(&l->extra[i]);
        str_clear(&l->extra_in[i]);
    }
}

static enum probe probe_rules(struct step_ctx *ctx, struct err *err)
{
    step_note(ctx, "narrow, one to the next");
    if (!step_fact(ctx, group_facts[0]) || !step_fact(ctx, group_facts[1]) ||
        !step_fact(ctx, group_facts[2]))
        return PROBE_ABSENT;
    __attribute__((cleanup(clear_rules))) struct rules_look l;
    if (!look_rules(ctx, &l, err))
        return PROBE_FAILED;
    size_t missing = 0;
    size_t extra = 0;
    for (size_t i = 0; i < l.count; i++)
        missing += !l.found[i];
    for (size_t i = 0; i < ARRAY_LEN(l.extra); i++)
        extra += list_count(l.extra[i].data) + list_count(l.extra_in[i].data);
    step_note(ctx, "%zu rules", l.count);
    if (missing == l.count)
        return ctx->mode == STEP_MODE_DESTROY ? PROBE_SAME : PROBE_ABSENT;
    if (missing == 0 && extra == 0)
        return PROBE_SAME;
    AUTO_FREE char *more = extra ? mem_printf("%zu that nobody asked for", extra) : mem_strdup("");
    AUTO_FREE char *less = missing ? mem_printf("%zu missing", missing) : mem_strdup("");
    step_note(ctx, "of %zu rules %s%s%s", l.count, less, missing && extra ? ", and " : "", more);
    return PROBE_DIFFERS;
}

static bool authorize_each(struct rules_look *l, const char *group, bool egress,
                           const struct ec2_rule *rules, size_t count, struct err *err)
{
    struct step_ctx *ctx = l->ctx;
    struct step_tags tags;
    AUTO_FREE char *name = mem_printf("%s %s", stack_of(ctx)->names.base, ctx->step->id);
    step_tags_init(&tags, ctx, name);
    const struct ec2_made made = {take_rule, l};
    for (size_t i = 0; i < count; i++) {
        ERR_AUTO e = {0};
        if (!ec2_authorize(stack_of(ctx)->aws, group, egress, &rules[i], 1, &tags.tags, &made,
                           &e) &&
            !already_exists(&e)) {
            err_move(err, &e);
            return false;
        }
    }
    return true;
}

// One call for each group and direction. One rule that is there already, but was not seen yet,
// refuses the call for all: then each goes alone.
static bool authorize(struct rules_look *l, const char *group, bool egress, struct err *err)
{
    struct step_ctx *ctx = l->ctx;
    struct ec2_rule rules[WANTED_MAX];
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++)
        if (!l->found[i] && l->wanted[i].egress == egress && str_eq(l->wanted[i].group, group))
            rules[n++] = l->wanted[i].rule;
    if (n == 0)
        return true;
    struct step_tags tags;
    AUTO_FREE char *name = mem_printf("%s %s", stack_of(ctx)->names.base, ctx->step->id);
    const char *id = step_fact(ctx, group);
    const struct ec2_made made = {take_rule, l};
    ERR_AUTO e = {0};
    if (ec2_authorize(stack_of(ctx)->aws, id, egress, rules, n, step_tags_init(&tags, ctx, name),
                      &made, &e))
        return true;
    if (already_exists(&e))
        return authorize_each(l, id, egress, rules, n, err);
    err_move(err, &e);
    return false;
}

// A rule that is gone is what was wanted, but it refuses the call for all of them: the next look
// says which are left. So the outcome is known, also when an earlier try of this call had none.
static bool revoke(const struct step_ctx *ctx, const char *group, bool egress, const char *ids,
                   struct err *err)
{
    ERR_AUTO e = {0};
    if (ec2_revoke_ids(stack_of(ctx)->aws, group, egress, ids, &e))
        return true;
    if (e.kind == ERR_NOT_FOUND)
        e.outcome_unknown = false;
    err_move(err, &e);
    return false;
}

// An import into other tools needs the ids. The answers to the creates tell them; what they left
// out is looked up, and a rule that is not visible yet is named by the next run.
static bool name_rules(const struct rules_look *made, struct err *err)
{
    bool all = true;
    for (size_t i = 0; i < made->count; i++)
        all = all && step_own(made->ctx, made->wanted[i].name);
    if (all)
        return true;
    __attribute__((cleanup(clear_rules))) struct rules_look l;
    return look_rules(made->ctx, &l, err);
}

static bool bring_rules(struct step_ctx *ctx, struct err *err)
{
    __attribute__((cleanup(clear_rules))) struct rules_look l;
    if (!look_rules(ctx, &l, err))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(group_facts); i++) {
        const char *id = step_fact(ctx, group_facts[i]);
        if (l.extra[i].len && !revoke(ctx, id, true, l.extra[i].data, err))
            return false;
        if (l.extra_in[i].len && !revoke(ctx, id, false, l.extra_in[i].data, err))
            return false;
        if (!authorize(&l, group_facts[i], false, err) || !authorize(&l, group_facts[i], true, err))
            return false;
    }
    return name_rules(&l, err);
}

static bool lagging(const struct err *err)
{
    return err->kind == ERR_NOT_FOUND; // a fresh group may be unknown for some seconds
}

static bool apply_rules(struct step_ctx *ctx, struct err *err)
{
    if (!step_needs(ctx, err, group_facts[0], group_facts[1], group_facts[2], NULL))
        return false;
    struct wanted_rule wanted[WANTED_MAX];
    size_t count = wanted_rules(ctx, wanted);
    if (!step_retry(ctx, 60, bring_rules, lagging, err))
        return false;
    step_note(ctx, "%zu rules", count);
    return true;
}

struct all_rules {
    const char *group;
    struct str egress, ingress;
};

static bool take_any_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct all_rules *a = context;
    const char *id = xml_str(node, "securityGroupRuleId");
    struct str *list = xml_is(node, "isEgress", "true") ? &a->egress : &a->ingress;
    if (id)
        str_addf(list, "%s%s", list->len ? "," : "", id);
    return true;
}

// Groups that refer to each other cannot be deleted, so the references go first. The groups are
// ours, so all rules do.
static bool empty_group(struct step_ctx *ctx, const char *group, struct err *err)
{
    struct all_rules a = {.group = group};
    str_init(&a.egress, STR_LINE);
    str_init(&a.ingress, STR_LINE);
    struct aws_client *c = stack_of(ctx)->aws;
    bool ok = ec2_describe(c, "DescribeSecurityGroupRules", "securityGroupRuleSet/item", "group-id",
                           group, take_any_rule, &a, err) &&
              (!a.egress.len || revoke(ctx, group, true, a.egress.data, err)) &&
              (!a.ingress.len || revoke(ctx, group, false, a.ingress.data, err));
    str_clear(&a.egress);
    str_clear(&a.ingress);
    return ok;
}

static bool empty_groups(struct step_ctx *ctx, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(group_facts); i++) {
        const char *group = step_fact(ctx, group_facts[i]);
        if (group && !empty_group(ctx, group, err))
            return false;
    }
    return true;
}

// A rule (or a group) that went meanwhile is no longer listed at the next look.
static bool undo_rules(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(step_retry(ctx, 30, empty_groups, lagging, err), err);
}

// ---- the rule on the database's own group

static bool wants_database_rule(const void *world)
{
    return ((const struct stack *)world)->answers->database.ingress_security_group != NULL;
}

static struct ec2_rule database_rule(const struct step_ctx *ctx)
{
    int port = (int)database_port(ctx);
    return (struct ec2_rule){
        "tcp", port, port, step_fact(ctx, "task-group.id"), NULL, "Forest Admin backend"};
}

static void add_to_list(struct step_ctx *ctx, const char *name, const char *value)
{
    const char *list = step_own(ctx, name);
    AUTO_FREE char *joined = list ? mem_printf("%s,%s", list, value) : mem_strdup(value);
    step_set(ctx, name, joined);
}

// Ours, wherever it stands: the answers may have named another group or port when it was made.
// Facts: "rule", the one that is wanted; "stale" and "stale_groups", those that are not any more.
static bool take_tagged_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct step_ctx *ctx = context;
    struct ec2_rule wanted = database_rule(ctx);
    const char *group = xml_str_or(node, "groupId", "");
    const char *id = xml_str_or(node, "securityGroupRuleId", "");
    if (ctx->mode != STEP_MODE_DESTROY && !step_own(ctx, "rule") && same_rule(node, &wanted) &&
        str_eq(group, stack_of(ctx)->answers->database.ingress_security_group)) {
        step_set(ctx, "rule", id);
        return true;
    }
    add_to_list(ctx, "stale", id);
    add_to_list(ctx, "stale_groups", group);
    return true;
}

struct equal_look {
    const struct ec2_rule *rule;
    bool found;
};

static bool take_equal_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct equal_look *l = context;
    l->found = l->found || (!xml_is(node, "isEgress", "true") && same_rule(node, l->rule));
    return true;
}

// A rule that somebody else wrote serves as well, and is never taken away.
static bool look_for_equal(struct step_ctx *ctx, bool *found, struct err *err)
{
    struct ec2_rule wanted = database_rule(ctx);
    struct equal_look l = {.rule = &wanted};
    bool ok = ec2_describe(
        stack_of(ctx)->aws, "DescribeSecurityGroupRules", "securityGroupRuleSet/item", "group-id",
        stack_of(ctx)->answers->database.ingress_security_group, take_equal_rule, &l, err);
    *found = l.found;
    return ok;
}

static enum probe probe_database_rule(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    const char *group = s->answers->database.ingress_security_group;
    if (group)
        step_note(ctx, "port %ld on %s (you allowed it)", database_port(ctx), group);
    static const char *const facts[] = {"rule", "stale", "stale_groups"};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        step_set(ctx, facts[i], NULL);
    if (!step_fact(ctx, "task-group.id"))
        return PROBE_ABSENT;
    if (!ec2_describe2(s->aws, "DescribeSecurityGroupRules", "securityGroupRuleSet/item",
                       "tag:" TAG_STACK, s->names.stack, "tag:" TAG_RESOURCE, ctx->step->id,
                       take_tagged_rule, ctx, err))
        return PROBE_FAILED;
    bool stale = step_own(ctx, "stale") != NULL;
    if (ctx->mode == STEP_MODE_DESTROY)
        return stale ? PROBE_SAME : PROBE_ABSENT;
    bool there = step_own(ctx, "rule") != NULL;
    if (!there && !look_for_equal(ctx, &there, err))
        return PROBE_FAILED;
    if (stale)
        step_note(ctx, "port %ld on %s instead of %s", database_port(ctx), group,
                  step_own(ctx, "stale_groups"));
    return stale ? PROBE_DIFFERS : there ? PROBE_SAME : PROBE_ABSENT;
}

static bool revoke_stale(struct step_ctx *ctx, struct err *err)
{
    const char *rule = step_own(ctx, "stale");
    const char *group = step_own(ctx, "stale_groups");
    while (rule && group && *rule && *group) {
        AUTO_FREE char *one = list_first(rule);
        AUTO_FREE char *of = list_first(group);
        if (!gone_is_fine(ec2_revoke_ids(stack_of(ctx)->aws, of, false, one, err), err))
            return false;
        rule += strlen(one) + (rule[strlen(one)] == ',');
        group += strlen(of) + (group[strlen(of)] == ',');
    }
    return true;
}

static bool take_made_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    step_set(context, "rule", xml_str(node, "securityGroupRuleId"));
    return true;
}

static bool attempt_database_rule(struct step_ctx *ctx, struct err *err)
{
    if (step_own(ctx, "rule"))
        return true;
    struct ec2_rule rule = database_rule(ctx);
    struct step_tags tags;
    AUTO_FREE char *name = mem_printf("%s database", stack_of(ctx)->names.base);
    const struct ec2_made made = {take_made_rule, ctx};
    ERR_AUTO e = {0};
    if (ec2_authorize(stack_of(ctx)->aws, stack_of(ctx)->answers->database.ingress_security_group,
                      false, &rule, 1, step_tags_init(&tags, ctx, name), &made, &e) ||
        already_exists(&e))
        return true;
    err_move(err, &e);
    return false;
}

static bool apply_database_rule(struct step_ctx *ctx, struct err *err)
{
    return step_needs(ctx, err, "task-group.id", NULL) &&
           step_retry(ctx, 60, attempt_database_rule, lagging, err) && revoke_stale(ctx, err);
}

static bool undo_database_rule(struct step_ctx *ctx, struct err *err)
{
    return revoke_stale(ctx, err);
}

const struct step firewall_steps[] = {
    {.id = "firewall",
     .title = "firewall rules",
     .group = "network",
     .kind = "ec2.security-group-rule",
     .flags = STEP_REPEATABLE,
     .usual_s = 4,
     .needs = {"link-group", "alb-group", "task-group", "database"},
     .probe = probe_rules,
     .apply = apply_rules,
     .undo = undo_rules},
    {.id = "database-rule",
     .title = "database access",
     .group = "network",
     .kind = "ec2.security-group-rule",
     .flags = STEP_DROPPED | STEP_REPEATABLE,
     .usual_s = 1,
     .needs = {"task-group", "database"},
     .wanted = wants_database_rule,
     .probe = probe_database_rule,
     .apply = apply_database_rule,
     .undo = undo_database_rule},
};
const size_t firewall_step_count = ARRAY_LEN(firewall_steps);

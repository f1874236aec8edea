// SPDX-License-Identifier: MIT
// What AWS and its files say: profiles, who they are, regions, networks, databases.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/aws/rds.h"
#include "backend/aws/regions.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/steps/discover.h"
#include "backend/steps/profiles.h"
#include "backend/steps/stack.h"

// Any region answers what is asked of an account; a profile need not name one.
#define ANY_REGION "us-east-1"

bool core_profiles(const struct core_question *q, struct json **out, struct err *err)
{
    return session_profiles(false, q->cancel, out, err);
}

// A stack for looking: nobody's account is pinned here, that is judged when a run begins.
static struct stack *open_stack(const struct core_question *q, const char *profile,
                                const char *region, struct answers *none, struct err *err)
{
    answers_init(none);
    struct stack_options o = {
        .answers = none, .profile = profile, .region = region, .cancel = q->cancel};
    struct stack *stack = NULL;
    return stack_open(&stack, &o, err) ? stack : NULL;
}

static const char *profile_of(const struct core_question *q)
{
    return str_empty(q->answers->aws.profile) ? NULL : q->answers->aws.profile;
}

bool core_identity(const struct core_question *q, struct json **out, struct err *err)
{
    return profile_who(q->what, q->answers->aws.region, q->cancel, out, err);
}

// ---- regions

struct region_list {
    struct json *enabled; // names
};

static bool take_region(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct region_list *l = context;
    json_push_str(l->enabled, xml_str(node, "regionName"));
    return true;
}

static bool has_text(const struct json *list, const char *text)
{
    for (const struct json *n = json_first(list); n; n = json_next(n))
        if (str_eq(json_text(n), text))
            return true;
    return false;
}

static void push_region(struct json *list, const char *name, bool enabled)
{
    struct json *o = json_push(list, json_strings("name", name, "text", region_place(name), NULL));
    json_put_bool(o, "enabled", enabled);
}

bool core_regions(const struct core_question *q, struct json **out, struct err *err)
{
    struct answers none;
    struct region_list found = {.enabled = json_array()};
    struct stack *stack = open_stack(q, profile_of(q), ANY_REGION, &none, err);
    bool ok = stack && ec2_describe(stack->aws, "DescribeRegions", "regionInfo/item", NULL, NULL,
                                    take_region, &found, err);
    stack_close(stack);
    answers_clear(&none);
    if (ok) {
        struct json *list = json_array();
        size_t n = 0;
        const struct region *known = regions(&n);
        for (size_t i = 0; i < n; i++)
            push_region(list, known[i].name, has_text(found.enabled, known[i].name));
        for (const struct json *r = json_first(found.enabled); r; r = json_next(r))
            if (!region_place(json_text(r)))
                push_region(list, json_text(r), true);
        *out = list;
    }
    json_free(found.enabled);
    return ok;
}

// ---- networks

bool core_networks(const struct core_question *q, struct json **out, struct err *err)
{
    return session_vpcs(profile_of(q), q->answers->aws.region, q->cancel, out, err);
}

bool core_network_choice(const struct core_question *q, struct json **out, struct err *err)
{
    struct answers none;
    struct network_choice choice = {0};
    struct network *network = NULL;
    struct stack *stack = open_stack(q, profile_of(q), q->answers->aws.region, &none, err);
    if (stack)
        network = network_load(stack->aws, err);
    const struct answers *a = q->answers;
    bool ok = network && network_choose(network, a->network.vpc, a->network.subnets,
                                        a->network.subnet_count, &choice, err);
    if (ok)
        *out = json_strings("vpc", choice.vpc, "tasks", choice.tasks, "balancer", choice.balancer,
                            "link", choice.link, "text", choice.text, NULL);
    network_choice_clear(&choice);
    network_free(network);
    stack_close(stack);
    answers_clear(&none);
    return ok;
}

// ---- databases

struct database_list {
    struct json *list;
    const char *vpc; // NULL: of any
};

static bool take_database(void *context, const struct rds_database *d)
{
    struct database_list *l = context;
    if (l->vpc && !str_eq(l->vpc, d->vpc))
        return true;
    struct json *o = json_push(
        l->list, json_strings("id", d->id, "engine", d->engine, "status", d->status, "host",
                              d->host, "database", d->name, "user", d->user, "vpc", d->vpc, NULL));
    json_put_int(o, "port", d->port ? strtol(d->port, NULL, 10) : 5432);
    json_put_bool(o, "public", d->publicly_accessible);
    struct json *groups = json_put(o, "groups", json_array());
    for (const char *p = d->groups ? d->groups : ""; *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *group = mem_strndup(p, n);
        json_push_str(groups, group);
        p += n + (p[n] == ',');
    }
    return true;
}

bool core_databases(const struct core_question *q, struct json **out, struct err *err)
{
    struct answers none;
    struct database_list found = {.list = json_array(), .vpc = str_empty(q->what) ? NULL : q->what};
    struct stack *stack = open_stack(q, profile_of(q), q->answers->aws.region, &none, err);
    bool ok = stack && rds_each_postgres(stack->aws, take_database, &found, err);
    stack_close(stack);
    answers_clear(&none);
    if (ok)
        *out = mem_steal(found.list);
    json_free(found.list);
    return ok;
}

// SPDX-License-Identifier: MIT
// Which subnets a backend uses: pure, no call is made here. Tasks stand in private subnets with a
// way out, and only in zones that the load balancer serves: a target in another zone is never used.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"

enum { FREE_ADDRESSES_MIN = 8 }; // what a load balancer wants in each subnet

void network_choice_clear(struct network_choice *c)
{
    char *all[] = {c->vpc, c->tasks, c->balancer, c->link, c->text};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    *c = (struct network_choice){0};
}

static void append(char **list, const char *item)
{
    char *joined = **list ? mem_printf("%s,%s", *list, item) : mem_strdup(item);
    mem_free(*list);
    *list = joined;
}

// A subnet that the user named: can a task run there?
static bool check_named(const struct network *n, const struct vpc *v, const char *id,
                        struct err *err)
{
    const struct subnet *s = network_subnet(n, id);
    if (!s || !str_eq(s->vpc, v->id)) {
        err_set(err, ERR_INPUT, "%s is not a subnet of %s", id, v->id);
        return err_remedy(err, "`forest-setup vpcs` lists the subnets of each VPC.");
    }
    if (!subnet_ordinary(s)) {
        err_set(err, ERR_INPUT, "%s is in %s: neither Fargate nor the load balancer go there", id,
                s->outpost ? "an Outpost" : s->zone_id);
        return err_remedy(err, "Choose subnets in the ordinary zones of %s.", n->region);
    }
    switch (s->kind) {
    case SUBNET_PRIVATE:
    case SUBNET_UNSURE: return true;
    case SUBNET_PUBLIC:
        err_set(
            err, ERR_INPUT,
            "%s is a public subnet: a task without a public address cannot reach anything from it",
            id);
        return err_remedy(err, "Choose private subnets that have a NAT gateway.");
    case SUBNET_ISOLATED:
        err_set(
            err, ERR_INPUT,
            "%s has no way out: from there neither Forest nor the image registry can be reached",
            id);
        return err_remedy(
            err, "Add a default route to a NAT gateway for %s, or choose a subnet that has one.",
            id);
    case SUBNET_BROKEN:
        err_set(err, ERR_INPUT, "%s has a broken way out: %s", id, s->way_out);
        return err_remedy(err, "Repair the default route of %s, or choose another subnet.", id);
    }
    return false;
}

static bool named_tasks(const struct network *n, const struct vpc *v, char *const *subnets,
                        size_t count, char **tasks, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!check_named(n, v, subnets[i], err))
            return false;
        if (!list_has(*tasks, subnets[i]))
            append(tasks, subnets[i]);
    }
    return true;
}

static bool suggested_tasks(const struct network *n, const struct vpc *v, char **tasks,
                            struct err *err)
{
    if (!v->usable) {
        err_set(err, ERR_INPUT, "VPC %s%s%s cannot be used: %s", v->id, *v->name ? " " : "",
                v->name, v->verdict);
        return err_remedy(err, "%s", v->remedy);
    }
    enum subnet_kind kinds[] = {SUBNET_PRIVATE, SUBNET_UNSURE};
    for (size_t k = 0; k < ARRAY_LEN(kinds) && !**tasks; k++)
        for (size_t i = 0; i < n->subnet_count; i++)
            if (str_eq(n->subnets[i].vpc, v->id) && n->subnets[i].kind == kinds[k] &&
                subnet_ordinary(&n->subnets[i]) && n->subnets[i].free_addresses > 0)
                append(tasks, n->subnets[i].id);
    if (!**tasks) {
        err_set(err, ERR_INPUT, "the private subnets of %s have no free addresses", v->id);
        return err_remedy(err, "Free some addresses or add a private subnet.");
    }
    return true;
}

// One subnet a zone, those of the tasks first, then any other private or isolated one: the load
// balancer needs no way out. Public subnets are left out so that nothing of it stands where it need
// not.
static void pick_balancer(const struct network *n, const struct vpc *v, const char *tasks,
                          char **out)
{
    AUTO_FREE char *zones = mem_strdup("");
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n->subnet_count; i++) {
            const struct subnet *s = &n->subnets[i];
            if (!str_eq(s->vpc, v->id) || !subnet_ordinary(s) || s->kind == SUBNET_PUBLIC ||
                list_has(zones, s->zone_id) || s->free_addresses < FREE_ADDRESSES_MIN ||
                (pass == 0 && !list_has(tasks, s->id)) || (pass == 1 && list_count(*out) >= 2))
                continue;
            append(out, s->id);
            append(&zones, s->zone_id);
        }
    }
}

static bool zone_served(const struct network *n, const char *balancer, const struct subnet *task)
{
    for (size_t i = 0; i < n->subnet_count; i++)
        if (list_has(balancer, n->subnets[i].id) && str_eq(n->subnets[i].zone_id, task->zone_id))
            return true;
    return false;
}

// A task in a zone that the load balancer does not serve would run and never get a request. A named
// subnet there is refused, a suggested one left out.
static bool keep_served(const struct network *n, const char *balancer, bool named, char **tasks,
                        struct err *err)
{
    char *kept = mem_strdup("");
    bool ok = true;
    for (size_t i = 0; i < n->subnet_count && ok; i++) {
        const struct subnet *s = &n->subnets[i];
        if (!list_has(*tasks, s->id))
            continue;
        if (zone_served(n, balancer, s)) {
            append(&kept, s->id);
        } else if (named) {
            ok = err_set(err, ERR_INPUT,
                         "no subnet in the zone of %s (%s) has the %d free addresses that a load "
                         "balancer wants",
                         s->id, s->zone_id, FREE_ADDRESSES_MIN);
            err_remedy(err, "Free some addresses there, or leave %s out.", s->id);
        }
    }
    if (ok && !named) {
        mem_free(*tasks);
        *tasks = mem_steal(kept);
    }
    mem_free(kept);
    return ok;
}

static void pick_link(const struct network *n, const struct vpc *v, const char *tasks, char **out)
{
    AUTO_FREE char *zones = mem_strdup("");
    for (int pass = 0; pass < 2 && (pass == 0 || !**out); pass++) {
        for (size_t i = 0; i < n->subnet_count; i++) {
            const struct subnet *s = &n->subnets[i];
            if (!str_eq(s->vpc, v->id) || !subnet_ordinary(s) || s->kind == SUBNET_PUBLIC ||
                !s->link_zone || list_has(zones, s->zone_id) || s->free_addresses < 1 ||
                (pass == 0 && !list_has(tasks, s->id)))
                continue;
            append(out, s->id);
            append(&zones, s->zone_id);
        }
    }
}

static char *describe(const struct vpc *v, const char *tasks)
{
    return mem_printf("%s%s%s, %zu private subnet%s", v->name, *v->name ? " " : "", v->id,
                      list_count(tasks), list_count(tasks) == 1 ? "" : "s");
}

bool network_choose(const struct network *network, const char *vpc, char *const *subnets,
                    size_t count, struct network_choice *out, struct err *err)
{
    const struct vpc *v = network_vpc(network, vpc, err);
    if (!v)
        return false;
    *out = (struct network_choice){.vpc = mem_strdup(v->id),
                                   .tasks = mem_strdup(""),
                                   .balancer = mem_strdup(""),
                                   .link = mem_strdup("")};
    bool ok = count ? named_tasks(network, v, subnets, count, &out->tasks, err)
                    : suggested_tasks(network, v, &out->tasks, err);
    if (!ok)
        return false;
    pick_balancer(network, v, out->tasks, &out->balancer);
    pick_link(network, v, out->tasks, &out->link);
    if (list_count(out->balancer) < 2) {
        err_set(
            err, ERR_INPUT,
            "a load balancer needs subnets in two zones with %d free addresses each; %s has %zu",
            FREE_ADDRESSES_MIN, v->id, list_count(out->balancer));
        return err_remedy(err, "Add a private subnet in another zone, or choose another VPC.");
    }
    if (!keep_served(network, out->balancer, count > 0, &out->tasks, err))
        return false;
    if (!*out->link) {
        err_set(err, ERR_INPUT,
                "none of the private subnets of %s is in a zone where VPC links work", v->id);
        return err_remedy(
            err, "Add a private subnet in one of the zones that API Gateway supports in %s.",
            network->region);
    }
    out->text = describe(v, out->tasks);
    return true;
}

// Every subnet of the list is still there, in this VPC, and may be used: for tasks with a way out,
// for the rest without standing in public.
static bool still_fit(const struct network *n, const struct vpc *v, const char *list, bool tasks)
{
    size_t fit = 0;
    for (size_t i = 0; i < n->subnet_count; i++) {
        const struct subnet *s = &n->subnets[i];
        bool way_out = s->kind == SUBNET_PRIVATE || s->kind == SUBNET_UNSURE;
        fit += list_has(list, s->id) && str_eq(s->vpc, v->id) &&
               (tasks ? way_out : s->kind != SUBNET_PUBLIC);
    }
    return fit > 0 && fit == list_count(list);
}

bool network_keep(const struct network *network, const char *vpc, char *const *subnets,
                  size_t count, const struct network_before *before, struct network_choice *out)
{
    const struct vpc *v = network_vpc(network, vpc, NULL);
    if (!v || !str_eq(v->id, before->vpc) || !still_fit(network, v, before->tasks, true) ||
        !still_fit(network, v, before->balancer, false) ||
        !still_fit(network, v, before->link, false))
        return false;
    AUTO_FREE char *named = mem_strdup("");
    for (size_t i = 0; i < count; i++)
        if (!list_has(named, subnets[i]))
            append(&named, subnets[i]);
    if (count && !list_same(named, before->tasks))
        return false;
    *out = (struct network_choice){.vpc = mem_strdup(v->id),
                                   .tasks = mem_strdup(before->tasks),
                                   .balancer = mem_strdup(before->balancer),
                                   .link = mem_strdup(before->link),
                                   .text = describe(v, before->tasks)};
    return true;
}

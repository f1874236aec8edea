// SPDX-License-Identifier: MIT
// The judgement of networks: pure, no call is made here.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"

enum { FREE_ADDRESSES_MIN = 8 }; // what a load balancer wants in each subnet

// Zone ids where HTTP API VPC links work, from the API Gateway documentation (facts aws.md 8).
// Names of zones are shuffled for each account; ids are not.
static const struct {
    const char *region;
    const char *zones;
} link_zones[] = {
    {"us-east-1", "use1-az1,use1-az2,use1-az4,use1-az5,use1-az6"},
    {"us-east-2", "use2-az1,use2-az2,use2-az3"},
    {"us-west-1", "usw1-az1,usw1-az3"},
    {"us-west-2", "usw2-az1,usw2-az2,usw2-az3,usw2-az4"},
    {"ca-central-1", "cac1-az1,cac1-az2"},
    {"sa-east-1", "sae1-az1,sae1-az2,sae1-az3"},
    {"eu-west-1", "euw1-az1,euw1-az2,euw1-az3"},
    {"eu-west-2", "euw2-az1,euw2-az2,euw2-az3"},
    {"eu-west-3", "euw3-az1,euw3-az3"},
    {"eu-central-1", "euc1-az1,euc1-az2,euc1-az3"},
    {"eu-north-1", "eun1-az1,eun1-az2,eun1-az3"},
    {"eu-south-2", "eus2-az1,eus2-az2,eus2-az3"},
    {"ap-northeast-1", "apne1-az1,apne1-az2,apne1-az4"},
    {"ap-northeast-2", "apne2-az1,apne2-az2,apne2-az3"},
    {"ap-southeast-1", "apse1-az1,apse1-az2,apse1-az3"},
    {"ap-southeast-2", "apse2-az1,apse2-az2,apse2-az3"},
    {"ap-south-1", "aps1-az1,aps1-az2,aps1-az3"},
    {"ap-east-1", "ape1-az2,ape1-az3"},
    {"me-south-1", "mes1-az1,mes1-az2,mes1-az3"},
    {"us-gov-west-1", "usgw1-az1,usgw1-az2,usgw1-az3"},
};

bool zone_takes_links(const char *region, const char *zone_id)
{
    for (size_t i = 0; i < ARRAY_LEN(link_zones); i++)
        if (str_eq(link_zones[i].region, region))
            return list_has(link_zones[i].zones, zone_id);
    return true; // not in the table: try, and let the link say so
}

static const char *table_of(const struct network *n, const struct subnet *s)
{
    const char *main_table = NULL;
    for (size_t i = 0; i < n->association_count; i++) {
        const struct association *a = &n->associations[i];
        if (a->subnet && str_eq(a->subnet, s->id))
            return a->table;
        if (!a->subnet && str_eq(a->vpc, s->vpc))
            main_table = a->table;
    }
    return main_table;
}

static const struct route *default_route(const struct network *n, const char *table)
{
    for (size_t i = 0; table && i < n->route_count; i++)
        if (str_eq(n->routes[i].table, table))
            return &n->routes[i];
    return NULL;
}

static const struct nat *nat_of(const struct network *n, const char *id)
{
    for (size_t i = 0; i < n->nat_count; i++)
        if (str_eq(n->nats[i].id, id))
            return &n->nats[i];
    return NULL;
}

static void set_kind(struct subnet *s, enum subnet_kind kind, char *way_out)
{
    s->kind = kind;
    mem_free(s->way_out);
    s->way_out = way_out;
}

static void judge_nat(const struct network *n, struct subnet *s, const char *id)
{
    const struct nat *nat = nat_of(n, id);
    if (nat && !nat->is_public)
        set_kind(s, SUBNET_UNSURE,
                 mem_printf("private NAT %s, which does not reach the internet by itself", id));
    else if (nat && !str_eq(nat->state, "available"))
        set_kind(s, SUBNET_BROKEN, mem_printf("NAT %s is %s", id, nat->state));
    else
        set_kind(s, SUBNET_PRIVATE, mem_printf("NAT %s", id));
}

static void judge_subnet(const struct network *n, struct subnet *s)
{
    s->link_zone = zone_takes_links(n->region, s->zone_id);
    const struct route *route = default_route(n, table_of(n, s));
    if (!route || str_empty(route->target))
        set_kind(s, SUBNET_ISOLATED, mem_strdup("none"));
    else if (route->blackhole)
        set_kind(s, SUBNET_BROKEN,
                 mem_printf("the default route points at %s, which is gone", route->target));
    else if (str_starts(route->target, "igw-"))
        set_kind(s, SUBNET_PUBLIC, mem_strdup("internet gateway"));
    else if (str_starts(route->target, "nat-"))
        judge_nat(n, s, route->target);
    else
        set_kind(s, SUBNET_UNSURE, mem_strdup(route->target));
}

struct tally {
    size_t all, with_nat, unsure, isolated, public_, broken, zones_private;
    char *zones;
};

static void add_zone(char **zones, const char *zone)
{
    if (list_has(*zones, zone))
        return;
    char *joined = **zones ? mem_printf("%s,%s", *zones, zone) : mem_strdup(zone);
    mem_free(*zones);
    *zones = joined;
}

static struct tally count_subnets(const struct network *n, const char *vpc)
{
    struct tally t = {.zones = mem_strdup("")};
    for (size_t i = 0; i < n->subnet_count; i++) {
        const struct subnet *s = &n->subnets[i];
        if (!str_eq(s->vpc, vpc) || s->outpost)
            continue;
        t.all++;
        t.with_nat += s->kind == SUBNET_PRIVATE;
        t.unsure += s->kind == SUBNET_UNSURE;
        t.isolated += s->kind == SUBNET_ISOLATED;
        t.public_ += s->kind == SUBNET_PUBLIC;
        t.broken += s->kind == SUBNET_BROKEN;
        if (s->kind != SUBNET_PUBLIC)
            add_zone(&t.zones, s->zone_id);
    }
    t.zones_private = list_count(t.zones);
    return t;
}

static void verdict(struct vpc *v, bool usable, char *text, const char *remedy)
{
    v->usable = usable;
    mem_free(v->verdict);
    mem_free(v->remedy);
    v->verdict = text;
    v->remedy = remedy ? mem_strdup(remedy) : NULL;
}

static void judge_vpc(const struct network *n, struct vpc *v)
{
    struct tally t = count_subnets(n, v->id);
    if (t.all == 0)
        verdict(v, false, mem_strdup("no subnets"),
                "Choose another VPC, or let forest-setup make a new one.");
    else if (t.with_nat + t.unsure == 0 && t.broken)
        verdict(v, false, mem_strdup("the private subnets' route out is broken"),
                "Repair the default route of the private subnets: it points at a NAT gateway that "
                "is gone or not ready.");
    else if (t.with_nat + t.unsure == 0 && t.isolated)
        verdict(v, false, mem_strdup("no way out: Forest cannot be reached"),
                "Add a NAT gateway and a default route to it for the private subnets, or choose "
                "another VPC.");
    else if (t.with_nat + t.unsure == 0)
        verdict(v, false, mem_strdup("only public subnets: the backend stays private"),
                "Choose a VPC with private subnets and a NAT gateway, or let forest-setup make a "
                "new one.");
    else if (t.zones_private < 2)
        verdict(
            v, false, mem_strdup("private subnets in one zone only"),
            "A load balancer needs subnets in two zones: add a private subnet in another zone.");
    else if (t.with_nat)
        verdict(
            v, true,
            mem_printf("%zu private subnet%s with a NAT", t.with_nat, t.with_nat == 1 ? "" : "s"),
            NULL);
    else
        verdict(v, true,
                mem_printf("%zu private subnet%s, way out not certain", t.unsure,
                           t.unsure == 1 ? "" : "s"),
                NULL);
    mem_free(t.zones);
}

void network_judge(struct network *network)
{
    for (size_t i = 0; i < network->subnet_count; i++)
        judge_subnet(network, &network->subnets[i]);
    for (size_t i = 0; i < network->vpc_count; i++)
        judge_vpc(network, &network->vpcs[i]);
}

const struct subnet *network_subnet(const struct network *network, const char *id)
{
    for (size_t i = 0; i < network->subnet_count; i++)
        if (str_eq(network->subnets[i].id, id))
            return &network->subnets[i];
    return NULL;
}

const struct vpc *network_vpc(const struct network *network, const char *id_or_name,
                              struct err *err)
{
    const struct vpc *found = NULL;
    for (size_t i = 0; i < network->vpc_count; i++) {
        const struct vpc *v = &network->vpcs[i];
        if (!str_eq(v->id, id_or_name) && !str_eq(v->name, id_or_name))
            continue;
        if (found) {
            err_set(err, ERR_INPUT, "two VPCs in %s are named \"%s\": %s and %s", network->region,
                    id_or_name, found->id, v->id);
            err_remedy(err, "Give the id instead of the name.");
            return NULL;
        }
        found = v;
    }
    if (!found) {
        err_set(err, ERR_INPUT, "there is no VPC \"%s\" in %s", id_or_name, network->region);
        err_remedy(err, "`forest-setup vpcs` lists those of this account and region.");
    }
    return found;
}

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
                !n->subnets[i].outpost && n->subnets[i].free_addresses > 0)
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
            if (!str_eq(s->vpc, v->id) || s->outpost || s->kind == SUBNET_PUBLIC ||
                list_has(zones, s->zone_id) || s->free_addresses < FREE_ADDRESSES_MIN ||
                (pass == 0 && !list_has(tasks, s->id)) || (pass == 1 && list_count(*out) >= 2))
                continue;
            append(out, s->id);
            add_zone(&zones, s->zone_id);
        }
    }
}

static void pick_link(const struct network *n, const struct vpc *v, const char *tasks, char **out)
{
    AUTO_FREE char *zones = mem_strdup("");
    for (int pass = 0; pass < 2 && (pass == 0 || !**out); pass++) {
        for (size_t i = 0; i < n->subnet_count; i++) {
            const struct subnet *s = &n->subnets[i];
            if (!str_eq(s->vpc, v->id) || s->outpost || s->kind == SUBNET_PUBLIC || !s->link_zone ||
                list_has(zones, s->zone_id) || s->free_addresses < 1 ||
                (pass == 0 && !list_has(tasks, s->id)))
                continue;
            append(out, s->id);
            add_zone(&zones, s->zone_id);
        }
    }
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
    if (!*out->link) {
        err_set(err, ERR_INPUT,
                "none of the private subnets of %s is in a zone where VPC links work", v->id);
        return err_remedy(
            err, "Add a private subnet in one of the zones that API Gateway supports in %s.",
            network->region);
    }
    out->text = mem_printf("%s%s%s, %zu private subnet%s", v->name, *v->name ? " " : "", v->id,
                           list_count(out->tasks), list_count(out->tasks) == 1 ? "" : "s");
    return true;
}

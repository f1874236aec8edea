// SPDX-License-Identifier: MIT
// The judgement of networks: pure, no call is made here.
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"

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

char *zones_usual(const char *region)
{
    for (size_t i = 0; i < ARRAY_LEN(link_zones); i++)
        if (str_eq(link_zones[i].region, region)) {
            const char *second = strchr(link_zones[i].zones, ',') + 1;
            return mem_strndup(link_zones[i].zones,
                               (size_t)(second - link_zones[i].zones) + strcspn(second, ","));
        }
    return NULL;
}

// "use1-az4" is an ordinary zone, "usw2-lax1-az1" a local one, "use1-wl1-bos-wlz1" a carrier's.
bool subnet_ordinary(const struct subnet *subnet)
{
    const char *dash = strchr(subnet->zone_id, '-');
    return !subnet->outpost && (!dash || !strchr(dash + 1, '-'));
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
        if (!str_eq(s->vpc, vpc) || !subnet_ordinary(s))
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

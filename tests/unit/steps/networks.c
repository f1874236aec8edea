// SPDX-License-Identifier: MIT
#include "tests/unit/steps/networks.h"

#include <string.h>

#include "backend/base/mem.h"

static void *grow(void *slot, size_t *count, size_t size)
{
    void **items = slot;
    *items = mem_realloc(*items, *count + 1, size);
    void *last = (char *)*items + (*count)++ * size;
    memset(last, 0, size);
    return last;
}

struct network *new_network(const char *region)
{
    struct network *n = mem_calloc(1, sizeof *n);
    n->region = mem_strdup(region);
    return n;
}

void add_vpc(struct network *n, const char *id, const char *name)
{
    struct vpc *v = grow(&n->vpcs, &n->vpc_count, sizeof *v);
    v->id = mem_strdup(id);
    v->name = mem_strdup(name);
    v->cidr = mem_strdup("10.0.0.0/16");
}

static const char *last_vpc(const struct network *n)
{
    return n->vpcs[n->vpc_count - 1].id;
}

struct subnet *add_subnet(struct network *n, const char *id, const char *zone_id)
{
    struct subnet *s = grow(&n->subnets, &n->subnet_count, sizeof *s);
    s->id = mem_strdup(id);
    s->name = mem_strdup("");
    s->vpc = mem_strdup(last_vpc(n));
    s->zone = mem_strdup("zone");
    s->zone_id = mem_strdup(zone_id);
    s->cidr = mem_strdup("10.0.0.0/20");
    s->free_addresses = 100;
    return s;
}

void add_table(struct network *n, const char *id, const char *subnet, const char *target)
{
    struct association *a = grow(&n->associations, &n->association_count, sizeof *a);
    a->table = mem_strdup(id);
    a->vpc = mem_strdup(last_vpc(n));
    a->subnet = subnet ? mem_strdup(subnet) : NULL;
    if (!target)
        return;
    struct route *r = grow(&n->routes, &n->route_count, sizeof *r);
    r->table = mem_strdup(id);
    r->target = mem_strdup(target);
}

void add_nat(struct network *n, const char *id, const char *state, bool is_public)
{
    struct nat *nat = grow(&n->nats, &n->nat_count, sizeof *nat);
    nat->id = mem_strdup(id);
    nat->state = mem_strdup(state);
    nat->is_public = is_public;
}

struct network *sample_network(void)
{
    struct network *n = new_network("eu-west-3");
    add_vpc(n, "vpc-1", "prod");
    add_subnet(n, "public-a", "euw3-az1");
    add_subnet(n, "private-a", "euw3-az1");
    add_subnet(n, "private-b", "euw3-az3");
    add_subnet(n, "public-b", "euw3-az3");
    add_subnet(n, "isolated-b", "euw3-az2");
    add_table(n, "rtb-main", NULL, NULL);
    add_table(n, "rtb-public", "public-a", "igw-1");
    add_table(n, "rtb-public-b", "public-b", "igw-1");
    add_table(n, "rtb-private", "private-a", "nat-1");
    add_table(n, "rtb-private-b", "private-b", "nat-1");
    add_nat(n, "nat-1", "available", true);
    network_judge(n);
    return n;
}

// SPDX-License-Identifier: MIT
#include "backend/steps/discover.h"

#include <stdlib.h>
#include <string.h>

#include "backend/aws/ec2.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

enum { NAME_CHARS = 128 };

// Appends a zeroed element and returns it.
static void *grow(void *items_slot, size_t *count, size_t size)
{
    void **items = items_slot;
    *items = mem_realloc(*items, *count + 1, size);
    void *slot = (char *)*items + *count * size;
    memset(slot, 0, size);
    (*count)++;
    return slot;
}

static char *copied(const struct xml_node *node, const char *path)
{
    const char *text = xml_str(node, path);
    return mem_strdup(text ? text : "");
}

// Names come from people: what is shown has no control characters.
static char *name_of(const struct xml_node *node)
{
    const char *name = aws_tag_in_xml(node, "tagSet/item", "key", "value", "Name");
    return str_empty(name) ? mem_strdup("") : text_safe(name, NAME_CHARS);
}

static bool add_vpc(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct network *n = context;
    struct vpc *v = grow(&n->vpcs, &n->vpc_count, sizeof *v);
    v->id = copied(node, "vpcId");
    v->name = name_of(node);
    v->cidr = copied(node, "cidrBlock");
    v->is_default = xml_is(node, "isDefault", "true");
    return true;
}

static bool add_subnet(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct network *n = context;
    struct subnet *s = grow(&n->subnets, &n->subnet_count, sizeof *s);
    s->id = copied(node, "subnetId");
    s->name = name_of(node);
    s->vpc = copied(node, "vpcId");
    s->zone = copied(node, "availabilityZone");
    s->zone_id = copied(node, "availabilityZoneId");
    s->cidr = copied(node, "cidrBlock");
    s->free_addresses = xml_long(node, "availableIpAddressCount", 0);
    s->outpost = !str_empty(xml_str(node, "outpostArn"));
    return true;
}

static const char *const targets[] = {"natGatewayId",       "gatewayId",  "transitGatewayId",
                                      "networkInterfaceId", "instanceId", "vpcPeeringConnectionId"};

static bool add_table(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct network *n = context;
    const char *table = xml_str_or(node, "routeTableId", "");
    for (const struct xml_node *a = xml_find(node, "associationSet/item"); a; a = xml_next(a)) {
        struct association *as = grow(&n->associations, &n->association_count, sizeof *as);
        as->table = mem_strdup(table);
        as->vpc = copied(node, "vpcId");
        const char *subnet = xml_str(a, "subnetId");
        as->subnet = str_empty(subnet) ? NULL : mem_strdup(subnet);
        // An association with a gateway is neither the main one nor a subnet's.
        if (!as->subnet && !xml_is(a, "main", "true"))
            as->subnet = mem_strdup("-");
    }
    for (const struct xml_node *r = xml_find(node, "routeSet/item"); r; r = xml_next(r)) {
        if (!xml_is(r, "destinationCidrBlock", "0.0.0.0/0"))
            continue;
        struct route *route = grow(&n->routes, &n->route_count, sizeof *route);
        route->table = mem_strdup(table);
        route->blackhole = xml_is(r, "state", "blackhole");
        for (size_t i = 0; i < ARRAY_LEN(targets) && !route->target; i++)
            if (!str_empty(xml_str(r, targets[i])))
                route->target = mem_strdup(xml_str(r, targets[i]));
        if (!route->target)
            route->target = mem_strdup("");
    }
    return true;
}

static bool add_nat(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct network *n = context;
    struct nat *nat = grow(&n->nats, &n->nat_count, sizeof *nat);
    nat->id = copied(node, "natGatewayId");
    nat->state = copied(node, "state");
    nat->is_public = !xml_is(node, "connectivityType", "private");
    return true;
}

struct network *network_load(struct aws_client *client, struct err *err)
{
    struct network *n = mem_calloc(1, sizeof *n);
    n->region = mem_strdup(aws_client_region(client));
    bool ok =
        ec2_describe(client, "DescribeVpcs", "vpcSet/item", NULL, NULL, add_vpc, n, err) &&
        ec2_describe(client, "DescribeSubnets", "subnetSet/item", NULL, NULL, add_subnet, n, err) &&
        ec2_describe(client, "DescribeRouteTables", "routeTableSet/item", NULL, NULL, add_table, n,
                     err) &&
        ec2_describe(client, "DescribeNatGateways", "natGatewaySet/item", NULL, NULL, add_nat, n,
                     err);
    if (!ok) {
        network_free(n);
        return NULL;
    }
    network_judge(n);
    return n;
}

// "com.amazonaws.eu-west-3.ecr.api" -> "ecr.api"
static const char *service_of(const struct network *n, const char *name)
{
    AUTO_FREE char *prefix = mem_printf("com.amazonaws.%s.", n->region);
    return str_starts(name, prefix) ? name + strlen(prefix) : name;
}

static bool add_endpoint(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct network *n = context;
    const char *vpc = xml_str(node, "vpcId");
    const char *name = xml_str(node, "serviceName");
    for (size_t i = 0; name && i < n->vpc_count; i++) {
        char **slot = &n->vpcs[i].endpoints;
        if (!str_eq(n->vpcs[i].id, vpc) || !xml_is(node, "state", "available"))
            continue;
        const char *service = service_of(n, name);
        char *joined = *slot ? mem_printf("%s, %s", *slot, service) : mem_strdup(service);
        mem_free(*slot);
        *slot = joined;
    }
    return true;
}

void network_load_endpoints(struct aws_client *client, struct network *n)
{
    ERR_AUTO e = {0}; // only told, never judged by: without the right to look there is nothing
    ec2_describe(client, "DescribeVpcEndpoints", "vpcEndpointSet/item", NULL, NULL, add_endpoint, n,
                 &e);
}

void network_free(struct network *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->vpc_count; i++) {
        struct vpc *v = &n->vpcs[i];
        char *all[] = {v->id, v->name, v->cidr, v->verdict, v->remedy, v->endpoints};
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            mem_free(all[k]);
    }
    for (size_t i = 0; i < n->subnet_count; i++) {
        struct subnet *s = &n->subnets[i];
        char *all[] = {s->id, s->name, s->vpc, s->zone, s->zone_id, s->cidr, s->way_out};
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            mem_free(all[k]);
    }
    for (size_t i = 0; i < n->route_count; i++) {
        mem_free(n->routes[i].table);
        mem_free(n->routes[i].target);
    }
    for (size_t i = 0; i < n->association_count; i++) {
        mem_free(n->associations[i].table);
        mem_free(n->associations[i].subnet);
        mem_free(n->associations[i].vpc);
    }
    for (size_t i = 0; i < n->nat_count; i++) {
        mem_free(n->nats[i].id);
        mem_free(n->nats[i].state);
    }
    mem_free(n->vpcs);
    mem_free(n->subnets);
    mem_free(n->routes);
    mem_free(n->associations);
    mem_free(n->nats);
    mem_free(n->region);
    mem_free(n);
}

void network_auto_free(struct network **network)
{
    network_free(*network);
}

static const char *kind_name(enum subnet_kind kind)
{
    switch (kind) {
    case SUBNET_PUBLIC: return "public";
    case SUBNET_PRIVATE: return "private";
    case SUBNET_UNSURE: return "private, way out unknown";
    case SUBNET_ISOLATED: return "isolated";
    case SUBNET_BROKEN: return "broken route";
    }
    return "";
}

struct json *network_json(const struct network *network)
{
    struct json *list = json_array();
    for (size_t i = 0; i < network->vpc_count; i++) {
        const struct vpc *v = &network->vpcs[i];
        struct json *o =
            json_push(list, json_strings("id", v->id, "name", v->name, "cidr", v->cidr, NULL));
        json_put_bool(o, "default", v->is_default);
        json_put_bool(o, "usable", v->usable);
        json_put_str(o, "verdict", v->verdict);
        json_put_str(o, "remedy", v->remedy);
        json_put_str(o, "endpoints", v->endpoints);
        struct json *subnets = json_put(o, "subnets", json_array());
        for (size_t k = 0; k < network->subnet_count; k++) {
            const struct subnet *s = &network->subnets[k];
            if (!str_eq(s->vpc, v->id))
                continue;
            struct json *j =
                json_push(subnets, json_strings("id", s->id, "name", s->name, "zone", s->zone,
                                                "zone_id", s->zone_id, "cidr", s->cidr, "kind",
                                                kind_name(s->kind), "way_out", s->way_out, NULL));
            json_put_int(j, "free_addresses", s->free_addresses);
            json_put_bool(j, "vpc_link", s->link_zone);
        }
    }
    return list;
}

struct zones {
    const char *region;
    char *ids[16];
    size_t count;
};

static bool add_zone_id(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct zones *z = context;
    const char *id = xml_str_or(node, "zoneId", "");
    if (xml_is(node, "zoneType", "availability-zone") && xml_is(node, "zoneState", "available") &&
        zone_takes_links(z->region, id) && z->count < ARRAY_LEN(z->ids))
        z->ids[z->count++] = mem_strdup(id);
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *zones_for_new_vpc(struct aws_client *client, struct err *err)
{
    struct zones z = {.region = aws_client_region(client)};
    char *chosen = NULL;
    if (ec2_describe(client, "DescribeAvailabilityZones", "availabilityZoneInfo/item", NULL, NULL,
                     add_zone_id, &z, err)) {
        qsort(z.ids, z.count, sizeof z.ids[0], by_text); // the same choice on every run
        if (z.count >= 2)
            chosen = mem_printf("%s,%s", z.ids[0], z.ids[1]);
        else
            err_set(err, ERR_INPUT, "%s has fewer than two zones where VPC links work", z.region);
    }
    for (size_t i = 0; i < z.count; i++)
        mem_free(z.ids[i]);
    return chosen;
}

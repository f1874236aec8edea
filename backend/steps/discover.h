// SPDX-License-Identifier: MIT
// The networks of a region as they are, with a verdict for each in words: five reading calls, then
// pure judgement.
//
// network_load() reads; network_judge() (pure, tested without AWS) says of each subnet whether it
// is private, public or isolated, how it reaches out, and of each VPC whether a backend can run in
// it and why not; network_choose() picks the subnets. network_free() frees. Sources: facts
// aws.md 2.1 (classification), 8 (zones).
#ifndef FOREST_STEPS_DISCOVER_H
#define FOREST_STEPS_DISCOVER_H

#include "backend/aws/call.h"

enum subnet_kind { SUBNET_PUBLIC, SUBNET_PRIVATE, SUBNET_UNSURE, SUBNET_ISOLATED, SUBNET_BROKEN };

struct subnet { // all owned
    char *id, *name, *vpc, *zone, *zone_id, *cidr;
    long free_addresses;
    bool outpost;
    enum subnet_kind kind;
    char *way_out;  // "NAT nat-0a1", "internet gateway", "transit gateway tgw-1", "none", "a NAT
                    // that is gone"
    bool link_zone; // VPC links work in its zone
};

struct vpc { // all owned
    char *id, *name, *cidr;
    bool is_default;
    bool usable;
    char *verdict;   // "3 private subnets with a NAT", "no way out: Forest cannot be reached"
    char *remedy;    // NULL when usable
    char *endpoints; // "s3, ecr.api" of network_load_endpoints(); NULL: none, or not known
};

struct route {
    char *table, *target; // of the default route; target "" when there is none
    bool blackhole;
};
struct association {
    char *table, *subnet; // subnet NULL: the VPC's main table
    char *vpc;
};
struct nat {
    char *id, *state;
    bool is_public;
};

struct network {
    struct vpc *vpcs;
    size_t vpc_count;
    struct subnet *subnets;
    size_t subnet_count;
    // What the judgement is made from.
    struct route *routes;
    size_t route_count;
    struct association *associations;
    size_t association_count;
    struct nat *nats;
    size_t nat_count;
    char *region;
};

struct network *network_load(struct aws_client *client, struct err *err);
// Which AWS services each VPC reaches without leaving it: one more reading call, for people only.
// Who may not make it sees none.
void network_load_endpoints(struct aws_client *client, struct network *network);
void network_judge(struct network *network);
void network_free(struct network *network);
void network_auto_free(struct network **network);

const struct vpc *network_vpc(const struct network *network, const char *id_or_name,
                              struct err *err); // ERR_INPUT
// Neither on an Outpost nor in a local or carrier's zone, where Fargate and VPC links do not go.
bool subnet_ordinary(const struct subnet *subnet);
const struct subnet *network_subnet(const struct network *network, const char *id);

struct network_choice { // comma lists, owned
    char *vpc;
    char *tasks;    // private, with a way out
    char *balancer; // at least two zones, one subnet each
    char *link;     // in zones where VPC links work
    char *text;     // for people
};
// `subnets` may be NULL with count 0: suggested ones. ERR_INPUT with reason and remedy when it
// cannot work.
bool network_choose(const struct network *network, const char *vpc, char *const *subnets,
                    size_t count, struct network_choice *out, struct err *err);
struct network_before { // what an earlier run chose; borrowed
    const char *vpc, *tasks, *balancer, *link;
};
// That choice again, if it still works and the answers did not change: free addresses and new
// subnets must not move what stands. False leaves *out alone.
bool network_keep(const struct network *network, const char *vpc, char *const *subnets,
                  size_t count, const struct network_before *before, struct network_choice *out);
void network_choice_clear(struct network_choice *choice);

// Zones where VPC links work (facts aws.md 8): true also for a region that is not in the table
// (unknown).
bool zone_takes_links(const char *region, const char *zone_id);
// The first two usable zone ids of the region for a new VPC: "euw3-az1,euw3-az3". The caller's.
char *zones_usual(const char *region); // without a call: the first two of the documentation's list
char *zones_for_new_vpc(struct aws_client *client, struct err *err);

// For `vpcs` and the wizard:
// [{"id","name","cidr","default","usable","verdict","remedy","subnets":[{...}]}].
struct json *network_json(const struct network *network);

#endif

// SPDX-License-Identifier: MIT
// Networks for tests, written down as EC2 would tell them: new_network(), add_*(), network_judge(),
// network_free(). Texts are copied.
#ifndef TESTS_STEPS_NETWORKS_H
#define TESTS_STEPS_NETWORKS_H

#include "backend/steps/discover.h"

struct network *new_network(const char *region);
void add_vpc(struct network *n, const char *id, const char *name);
// The VPC of a subnet is the one added last; 100 addresses are free.
struct subnet *add_subnet(struct network *n, const char *id, const char *zone_id);
// A route table of the VPC added last, with a default route to `target` (NULL: none). `subnet`
// NULL: the main table; "-": it belongs to a gateway.
void add_table(struct network *n, const char *id, const char *subnet, const char *target);
void add_nat(struct network *n, const char *id, const char *state, bool is_public);

// "prod": a main table without a way out; private-a (az1) and private-b (az3) through nat-1,
// public-a (az1) and public-b (az3) through igw-1, isolated-b (az2). In eu-west-3, where az2 has no
// VPC links.
struct network *sample_network(void);

#endif

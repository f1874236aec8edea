// SPDX-License-Identifier: MIT
// EC2: networks and security groups. Each function is one call (two where said), named as AWS names
// it. Ids returned through `out_id` are the caller's. Creates carry their tags; those that take a
// client token say so.
#ifndef FOREST_AWS_EC2_H
#define FOREST_AWS_EC2_H

#include "backend/aws/tags.h"

// Every item of a Describe call: "DescribeVpcs", "vpcSet/item". `filter`/`value` may be NULL;
// values are comma lists.
bool ec2_describe(struct aws_client *c, const char *action, const char *items, const char *filter,
                  const char *values,
                  bool (*item)(void *context, const struct xml_node *node, struct err *err),
                  void *context, struct err *err);
// The same with two filters.
bool ec2_describe2(struct aws_client *c, const char *action, const char *items, const char *filter1,
                   const char *values1, const char *filter2, const char *values2,
                   bool (*item)(void *context, const struct xml_node *node, struct err *err),
                   void *context, struct err *err);
// The first resource that carries these two tags (forestadmin:stack, forestadmin:resource) and, if
// given, is not in `except_state` ("deleted"); *out_id NULL when there is none. `state` may be
// NULL.
bool ec2_find_tagged(struct aws_client *c, const char *action, const char *items,
                     const char *id_name, const char *stack, const char *resource, char **out_id,
                     char **out_state, struct err *err);

bool ec2_create_vpc(struct aws_client *c, const char *cidr, const struct aws_tags *tags,
                    char **out_id, struct err *err);
bool ec2_enable_vpc_dns(struct aws_client *c, const char *vpc, struct err *err); // two calls
bool ec2_delete_vpc(struct aws_client *c, const char *vpc, struct err *err);
bool ec2_create_subnet(struct aws_client *c, const char *vpc, const char *cidr, const char *zone_id,
                       const struct aws_tags *tags, char **out_id, struct err *err);
bool ec2_delete_subnet(struct aws_client *c, const char *subnet, struct err *err);
bool ec2_create_internet_gateway(struct aws_client *c, const struct aws_tags *tags, char **out_id,
                                 struct err *err);
bool ec2_attach_internet_gateway(struct aws_client *c, const char *gateway, const char *vpc,
                                 struct err *err);
bool ec2_detach_internet_gateway(struct aws_client *c, const char *gateway, const char *vpc,
                                 struct err *err);
bool ec2_delete_internet_gateway(struct aws_client *c, const char *gateway, struct err *err);
bool ec2_allocate_address(struct aws_client *c, const struct aws_tags *tags, char **out_id,
                          char **out_ip, struct err *err);
bool ec2_release_address(struct aws_client *c, const char *allocation, struct err *err);
bool ec2_create_nat_gateway(struct aws_client *c, const char *subnet, const char *allocation,
                            const char *token, const struct aws_tags *tags, char **out_id,
                            struct err *err);
bool ec2_delete_nat_gateway(struct aws_client *c, const char *nat, struct err *err);
bool ec2_create_route_table(struct aws_client *c, const char *vpc, const char *token,
                            const struct aws_tags *tags, char **out_id, struct err *err);
bool ec2_delete_route_table(struct aws_client *c, const char *table, struct err *err);
// The default route, to an internet gateway or a NAT gateway (one of them NULL).
bool ec2_create_default_route(struct aws_client *c, const char *table, const char *gateway,
                              const char *nat, struct err *err);
bool ec2_replace_default_route(struct aws_client *c, const char *table, const char *gateway,
                               const char *nat, struct err *err);
bool ec2_delete_default_route(struct aws_client *c, const char *table, struct err *err);
bool ec2_associate_route_table(struct aws_client *c, const char *table, const char *subnet,
                               char **out_id, struct err *err);
bool ec2_disassociate_route_table(struct aws_client *c, const char *association, struct err *err);
bool ec2_create_s3_endpoint(struct aws_client *c, const char *vpc, const char *table,
                            const char *token, const struct aws_tags *tags, char **out_id,
                            struct err *err);
bool ec2_delete_endpoint(struct aws_client *c, const char *endpoint, struct err *err);

struct ec2_rule {         // one permission
    const char *protocol; // "tcp"; "-1": everything
    int from_port, to_port;
    const char *group; // either a group id
    const char *cidr;  // or an IPv4 range
    const char *description;
};
bool ec2_create_group(struct aws_client *c, const char *vpc, const char *name,
                      const char *description, const struct aws_tags *tags, char **out_id,
                      struct err *err);
struct ec2_made { // told of each rule that was made, as DescribeSecurityGroupRules shows it
    bool (*item)(void *context, const struct xml_node *node, struct err *err);
    void *context;
};
bool ec2_authorize(struct aws_client *c, const char *group, bool egress,
                   const struct ec2_rule *rules, size_t count, const struct aws_tags *tags,
                   const struct ec2_made *made, struct err *err);
// Removes rules by id (comma list).
bool ec2_revoke_ids(struct aws_client *c, const char *group, bool egress, const char *rule_ids,
                    struct err *err);
bool ec2_delete_group(struct aws_client *c, const char *group, struct err *err);

#endif

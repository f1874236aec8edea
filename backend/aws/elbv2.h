// SPDX-License-Identifier: MIT
// Elastic Load Balancing v2: one internal application load balancer, one target group, one
// listener.
#ifndef FOREST_AWS_ELBV2_H
#define FOREST_AWS_ELBV2_H

#include "backend/aws/tags.h"

struct elb_balancer { // owned
    char *arn, *dns_name, *state, *reason, *vpc;
    char *groups;  // comma list
    char *subnets; // comma list, sorted by zone as AWS gives them
};
void elb_balancer_clear(struct elb_balancer *b);
// ERR_NOT_FOUND when absent.
bool elb_find_balancer(struct aws_client *c, const char *name, struct elb_balancer *out,
                       struct err *err);
bool elb_get_balancer(struct aws_client *c, const char *arn, struct elb_balancer *out,
                      struct err *err);
bool elb_create_balancer(struct aws_client *c, const char *name, const char *subnets,
                         const char *groups, const struct aws_tags *tags, struct elb_balancer *out,
                         struct err *err);
bool elb_set_balancer_attributes(struct aws_client *c, const char *arn,
                                 struct err *err); // idle 60 s, drop bad headers
// Other subnets and groups (comma lists) of the same VPC; two calls, may be repeated.
bool elb_set_balancer_network(struct aws_client *c, const char *arn, const char *subnets,
                              const char *groups, struct err *err);
bool elb_delete_balancer(struct aws_client *c, const char *arn, struct err *err);

struct elb_target_group_spec {
    const char *name, *vpc, *path;
    unsigned port;
};
// The health check is the same everywhere: HTTP, every 5 s, timeout 4 s, 2 up, 3 down, 200 (facts
// aws.md 8).
struct elb_target_group { // owned
    char *arn, *vpc;
    bool same_check;
};
void elb_target_group_clear(struct elb_target_group *g);
bool elb_find_target_group(struct aws_client *c, const char *name, const char *path,
                           struct elb_target_group *out, struct err *err);
bool elb_create_target_group(struct aws_client *c, const struct elb_target_group_spec *spec,
                             const struct aws_tags *tags, char **out_arn, struct err *err);
// Puts the health check back; may be repeated.
bool elb_set_health_check(struct aws_client *c, const char *target_group, const char *path,
                          struct err *err);
bool elb_set_target_group_attributes(struct aws_client *c, const char *arn,
                                     struct err *err); // drain for 30 s
bool elb_delete_target_group(struct aws_client *c, const char *arn, struct err *err);

struct elb_listener { // owned
    char *arn, *target_group;
};
void elb_listener_clear(struct elb_listener *l);
// The listener on a port; out->arn is NULL when there is none.
bool elb_find_listener(struct aws_client *c, const char *balancer, long port,
                       struct elb_listener *out, struct err *err);
bool elb_create_listener(struct aws_client *c, const char *balancer, long port,
                         const char *target_group, const struct aws_tags *tags, char **out_arn,
                         struct err *err);
bool elb_modify_listener(struct aws_client *c, const char *listener, const char *target_group,
                         struct err *err);
bool elb_delete_listener(struct aws_client *c, const char *listener, struct err *err);

// The value of a tag of one resource; *out NULL when it has none.
bool elb_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err);

struct elb_target { // borrowed for the call
    const char *id, *port, *state, *reason, *description;
};
bool elb_target_health(struct aws_client *c, const char *target_group,
                       bool (*each)(void *context, const struct elb_target *target), void *context,
                       struct err *err);

#endif

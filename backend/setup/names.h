// SPDX-License-Identifier: MIT
// Every name a setup uses on AWS (facts aws.md 11), from its own name, the account and the region:
// deterministic, so that a lost journal or a second machine finds the same things. All strings are
// owned; names_clear().
#ifndef FOREST_SETUP_NAMES_H
#define FOREST_SETUP_NAMES_H

struct names {
    char *base;  // "forestadmin-<name>": cluster, service, family, API, VPC link, repository, load
                 // balancer
    char *stack; // uuid-shaped id, the value of the tag forestadmin:stack
    char *exec_role;  // "forestadmin-<name>-exec-<region>"
    char *task_role;  // "forestadmin-<name>-task-<region>"
    char *secret;     // "forestadmin-<name>/env"
    char *log_group;  // "/ecs/forestadmin-<name>"
    char *link_group; // security groups: "forestadmin-<name>-link", -alb, -task
    char *alb_group;
    char *task_group;
    char *load_balancer; // at most 32 characters
    char *key_alias;     // "alias/forestadmin-<name>"
    char *scaling_policy;
};

// `name` must already be valid (validate.h).
void names_init(struct names *names, const char *name, const char *account, const char *region);
void names_clear(struct names *names);
// The target group's name carries a short hash of what cannot be changed later (port, VPC), so that
// a change makes a new one: at most 32 characters. `vpc_id` is NULL for a VPC of the setup's own,
// so that the name is known before that is made. The caller's.
char *names_target_group(const struct names *names, unsigned port, const char *vpc_id);

#endif

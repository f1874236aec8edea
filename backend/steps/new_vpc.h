// SPDX-License-Identifier: MIT
// What the two files of the new VPC share: new_vpc.c (VPC, zones, subnets), new_vpc_ways.c (its
// ways in and out).
#ifndef FOREST_STEPS_NEW_VPC_H
#define FOREST_STEPS_NEW_VPC_H

#include "backend/steps/common.h"

bool new_vpc_wanted(const void *world);
struct aws_client *new_vpc_aws(const struct step_ctx *ctx);
char *new_vpc_name(const struct step_ctx *ctx, const char *suffix); // the caller's
// Finds this step's resource by its tags and keeps its id as the fact "id"; `out_state` may be
// NULL.
enum probe new_vpc_probe(struct step_ctx *ctx, const char *action, const char *items,
                         const char *id_name, char **out_state, struct err *err);
bool new_vpc_in_use(const struct err *err); // something still uses it: try again later

#define NETWORK_ROW(id_, title_, kind_)                                                            \
    .id = (id_), .title = (title_), .kind = (kind_), .group = "network", .wanted = new_vpc_wanted

#endif

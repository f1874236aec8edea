// SPDX-License-Identifier: MIT
// RDS: which PostgreSQL databases there are, to find the security group behind a host name.
#ifndef FOREST_AWS_RDS_H
#define FOREST_AWS_RDS_H

#include "backend/aws/tags.h"

struct rds_database { // borrowed for the call
    const char *id, *engine, *status, *host, *port, *name, *user, *vpc;
    const char *groups; // comma list
    bool publicly_accessible;
};
// Every PostgreSQL instance (engines postgres and aurora-postgresql); false from `each` stops.
bool rds_each_postgres(struct aws_client *c,
                       bool (*each)(void *context, const struct rds_database *database),
                       void *context, struct err *err);

#endif

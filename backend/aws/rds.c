// SPDX-License-Identifier: MIT
#include "backend/aws/rds.h"

#include "backend/base/mem.h"

struct listing {
    bool (*each)(void *context, const struct rds_database *database);
    void *context;
    bool stopped;
};

static bool instance(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct listing *l = context;
    const char *engine = xml_str_or(node, "Engine", "");
    if (l->stopped || (!str_eq(engine, "postgres") && !str_eq(engine, "aurora-postgresql")))
        return true;
    STR_AUTO groups = {0};
    str_init(&groups, STR_LINE);
    const struct xml_node *g = xml_find(node, "VpcSecurityGroups/VpcSecurityGroupMembership");
    for (; g; g = xml_next(g))
        str_addf(&groups, "%s%s", groups.len ? "," : "", xml_str_or(g, "VpcSecurityGroupId", ""));
    struct rds_database database = {.id = xml_str(node, "DBInstanceIdentifier"),
                                    .engine = engine,
                                    .status = xml_str(node, "DBInstanceStatus"),
                                    .host = xml_str(node, "Endpoint/Address"),
                                    .port = xml_str(node, "Endpoint/Port"),
                                    .name = xml_str(node, "DBName"),
                                    .user = xml_str(node, "MasterUsername"),
                                    .vpc = xml_str(node, "DBSubnetGroup/VpcId"),
                                    .groups = groups.data,
                                    .publicly_accessible =
                                        xml_is(node, "PubliclyAccessible", "true")};
    l->stopped = !l->each(l->context, &database);
    return true;
}

bool rds_each_postgres(struct aws_client *c,
                       bool (*each)(void *context, const struct rds_database *database),
                       void *context, struct err *err)
{
    struct listing l = {each, context, false};
    struct aws_listing listing = {.service = AWS_RDS,
                                  .action = "DescribeDBInstances",
                                  .items = "DescribeDBInstancesResult/DBInstances/DBInstance",
                                  .token_in = "Marker",
                                  .token_out = "DescribeDBInstancesResult/Marker",
                                  .item = instance,
                                  .context = &l};
    return aws_list(c, &listing, err);
}

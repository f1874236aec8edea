// SPDX-License-Identifier: MIT
#include "backend/aws/ec2.h"

#include <string.h>

#include "backend/base/mem.h"

static void add_filter(struct aws_params *p, int number, const char *name, const char *values)
{
    if (!name || !values)
        return;
    aws_param(p, name, "Filter.%d.Name", number);
    int n = 1;
    for (const char *from = values; *from; n++) {
        size_t length = strcspn(from, ",");
        AUTO_FREE char *value = mem_strndup(from, length);
        aws_param(p, value, "Filter.%d.Value.%d", number, n);
        from += from[length] ? length + 1 : length;
    }
}

// DescribeAddresses, DescribeRegions and DescribeAvailabilityZones take no MaxResults (facts 0.5).
static bool pages(const char *action)
{
    return !str_eq(action, "DescribeAddresses") && !str_eq(action, "DescribeRegions") &&
           !str_eq(action, "DescribeAvailabilityZones");
}

bool ec2_describe2(struct aws_client *c, const char *action, const char *items, const char *filter1,
                   const char *values1, const char *filter2, const char *values2,
                   bool (*item)(void *context, const struct xml_node *node, struct err *err),
                   void *context, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    add_filter(&p, 1, filter1, values1);
    add_filter(&p, filter1 ? 2 : 1, filter2, values2);
    if (pages(action))
        aws_param_int(&p, 100, "MaxResults"); // the most that DescribeRouteTables takes
    struct aws_listing listing = {.service = AWS_EC2,
                                  .action = action,
                                  .params = &p,
                                  .items = items,
                                  .token_in = "NextToken",
                                  .token_out = "nextToken",
                                  .item = item,
                                  .context = context};
    return aws_list(c, &listing, err);
}

bool ec2_describe(struct aws_client *c, const char *action, const char *items, const char *filter,
                  const char *values,
                  bool (*item)(void *context, const struct xml_node *node, struct err *err),
                  void *context, struct err *err)
{
    return ec2_describe2(c, action, items, filter, values, NULL, NULL, item, context, err);
}

struct tagged {
    const char *id_name;
    char *id;
    char *state;
};

// How much there is of it: a live one before a failed one, which still has to be deleted, and that
// before one that goes or is gone.
static int liveness(const char *state)
{
    return str_eq(state, "deleted")    ? 1
           : str_eq(state, "deleting") ? 2
           : str_eq(state, "failed")   ? 3
                                       : 4;
}

static bool take_tagged(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct tagged *t = context;
    if (t->id && liveness(xml_str(node, "state")) <= liveness(t->state))
        return true;
    str_replace(&t->id, xml_str(node, t->id_name));
    str_replace(&t->state, xml_str(node, "state"));
    return true;
}

bool ec2_find_tagged(struct aws_client *c, const char *action, const char *items,
                     const char *id_name, const char *stack, const char *resource, char **out_id,
                     char **out_state, struct err *err)
{
    struct tagged t = {.id_name = id_name};
    bool ok = ec2_describe2(c, action, items, "tag:forestadmin:stack", stack,
                            "tag:forestadmin:resource", resource, take_tagged, &t, err);
    *out_id = t.id;
    if (out_state)
        *out_state = t.state;
    else
        mem_free(t.state);
    return ok;
}

// The create calls: builds, calls, takes the id from `path`.
static bool create_with(struct aws_client *c, const char *action, const struct aws_params *p,
                        unsigned flags, const char *path, char **out_id, struct xml **out,
                        struct err *err)
{
    if (!aws_query(c, AWS_EC2, action, p, flags, out, err))
        return false;
    const char *id = xml_str(xml_root(*out), path);
    if (str_empty(id)) {
        err_set(err, ERR_REMOTE, "the answer to %s has no %s", action, path);
        if (err)
            err->outcome_unknown = true;
        return false;
    }
    *out_id = mem_strdup(id);
    return true;
}

static bool create(struct aws_client *c, const char *action, const struct aws_params *p,
                   unsigned flags, const char *path, char **out_id, struct err *err)
{
    XML_AUTO *answer = NULL;
    return create_with(c, action, p, flags, path, out_id, &answer, err);
}

bool ec2_create_vpc(struct aws_client *c, const char *cidr, const struct aws_tags *tags,
                    char **out_id, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, cidr, "CidrBlock");
    aws_param_tag_specification(&p, "vpc", tags);
    return create(c, "CreateVpc", &p, AWS_WRITE, "vpc/vpcId", out_id, err);
}

bool ec2_enable_vpc_dns(struct aws_client *c, const char *vpc, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "ModifyVpcAttribute", AWS_SAFE, NULL, err, "VpcId", vpc,
                          "EnableDnsSupport.Value", "true", NULL) &&
           aws_query_with(c, AWS_EC2, "ModifyVpcAttribute", AWS_SAFE, NULL, err, "VpcId", vpc,
                          "EnableDnsHostnames.Value", "true", NULL);
}

bool ec2_delete_vpc(struct aws_client *c, const char *vpc, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteVpc", AWS_SAFE, NULL, err, "VpcId", vpc, NULL);
}

bool ec2_create_subnet(struct aws_client *c, const char *vpc, const char *cidr, const char *zone_id,
                       const struct aws_tags *tags, char **out_id, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, vpc, "VpcId");
    aws_param(&p, cidr, "CidrBlock");
    aws_param(&p, zone_id, "AvailabilityZoneId");
    aws_param_tag_specification(&p, "subnet", tags);
    return create(c, "CreateSubnet", &p, AWS_WRITE, "subnet/subnetId", out_id, err);
}

bool ec2_delete_subnet(struct aws_client *c, const char *subnet, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteSubnet", AWS_SAFE, NULL, err, "SubnetId", subnet,
                          NULL);
}

bool ec2_create_internet_gateway(struct aws_client *c, const struct aws_tags *tags, char **out_id,
                                 struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param_tag_specification(&p, "internet-gateway", tags);
    return create(c, "CreateInternetGateway", &p, AWS_WRITE, "internetGateway/internetGatewayId",
                  out_id, err);
}

bool ec2_attach_internet_gateway(struct aws_client *c, const char *gateway, const char *vpc,
                                 struct err *err)
{
    return aws_query_with(c, AWS_EC2, "AttachInternetGateway", AWS_SAFE, NULL, err,
                          "InternetGatewayId", gateway, "VpcId", vpc, NULL);
}

bool ec2_detach_internet_gateway(struct aws_client *c, const char *gateway, const char *vpc,
                                 struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DetachInternetGateway", AWS_SAFE, NULL, err,
                          "InternetGatewayId", gateway, "VpcId", vpc, NULL);
}

bool ec2_delete_internet_gateway(struct aws_client *c, const char *gateway, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteInternetGateway", AWS_SAFE, NULL, err,
                          "InternetGatewayId", gateway, NULL);
}

bool ec2_allocate_address(struct aws_client *c, const struct aws_tags *tags, char **out_id,
                          char **out_ip, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, "vpc", "Domain");
    aws_param_tag_specification(&p, "elastic-ip", tags);
    XML_AUTO *answer = NULL;
    if (!create_with(c, "AllocateAddress", &p, AWS_WRITE, "allocationId", out_id, &answer, err))
        return false;
    *out_ip = mem_strdup(xml_str_or(xml_root(answer), "publicIp", ""));
    return true;
}

bool ec2_release_address(struct aws_client *c, const char *allocation, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "ReleaseAddress", AWS_SAFE, NULL, err, "AllocationId",
                          allocation, NULL);
}

bool ec2_create_nat_gateway(struct aws_client *c, const char *subnet, const char *allocation,
                            const char *token, const struct aws_tags *tags, char **out_id,
                            struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, subnet, "SubnetId");
    aws_param(&p, allocation, "AllocationId");
    aws_param(&p, "public", "ConnectivityType");
    aws_param(&p, token, "ClientToken");
    aws_param_tag_specification(&p, "natgateway", tags);
    return create(c, "CreateNatGateway", &p, AWS_SAFE, "natGateway/natGatewayId", out_id, err);
}

bool ec2_delete_nat_gateway(struct aws_client *c, const char *nat, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteNatGateway", AWS_SAFE, NULL, err, "NatGatewayId", nat,
                          NULL);
}

bool ec2_create_route_table(struct aws_client *c, const char *vpc, const char *token,
                            const struct aws_tags *tags, char **out_id, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, vpc, "VpcId");
    aws_param(&p, token, "ClientToken");
    aws_param_tag_specification(&p, "route-table", tags);
    return create(c, "CreateRouteTable", &p, AWS_SAFE, "routeTable/routeTableId", out_id, err);
}

bool ec2_delete_route_table(struct aws_client *c, const char *table, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteRouteTable", AWS_SAFE, NULL, err, "RouteTableId",
                          table, NULL);
}

bool ec2_create_default_route(struct aws_client *c, const char *table, const char *gateway,
                              const char *nat, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "CreateRoute", AWS_SAFE, NULL, err, "RouteTableId", table,
                          "DestinationCidrBlock", "0.0.0.0/0", "GatewayId", gateway, "NatGatewayId",
                          nat, NULL);
}

bool ec2_replace_default_route(struct aws_client *c, const char *table, const char *gateway,
                               const char *nat, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "ReplaceRoute", AWS_SAFE, NULL, err, "RouteTableId", table,
                          "DestinationCidrBlock", "0.0.0.0/0", "GatewayId", gateway, "NatGatewayId",
                          nat, NULL);
}

bool ec2_delete_default_route(struct aws_client *c, const char *table, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteRoute", AWS_SAFE, NULL, err, "RouteTableId", table,
                          "DestinationCidrBlock", "0.0.0.0/0", NULL);
}

bool ec2_associate_route_table(struct aws_client *c, const char *table, const char *subnet,
                               char **out_id, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, table, "RouteTableId");
    aws_param(&p, subnet, "SubnetId");
    return create(c, "AssociateRouteTable", &p, AWS_WRITE, "associationId", out_id, err);
}

bool ec2_disassociate_route_table(struct aws_client *c, const char *association, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DisassociateRouteTable", AWS_SAFE, NULL, err,
                          "AssociationId", association, NULL);
}

bool ec2_create_s3_endpoint(struct aws_client *c, const char *vpc, const char *table,
                            const char *token, const struct aws_tags *tags, char **out_id,
                            struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    AUTO_FREE char *service = mem_printf("com.amazonaws.%s.s3", aws_client_region(c));
    aws_param(&p, vpc, "VpcId");
    aws_param(&p, "Gateway", "VpcEndpointType");
    aws_param(&p, service, "ServiceName");
    aws_param(&p, table, "RouteTableId.1");
    aws_param(&p, token, "ClientToken");
    aws_param_tag_specification(&p, "vpc-endpoint", tags);
    return create(c, "CreateVpcEndpoint", &p, AWS_SAFE, "vpcEndpoint/vpcEndpointId", out_id, err);
}

bool ec2_delete_endpoint(struct aws_client *c, const char *endpoint, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteVpcEndpoints", AWS_SAFE, NULL, err, "VpcEndpointId.1",
                          endpoint, NULL);
}

bool ec2_create_group(struct aws_client *c, const char *vpc, const char *name,
                      const char *description, const struct aws_tags *tags, char **out_id,
                      struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, name, "GroupName");
    aws_param(&p, description, "GroupDescription");
    aws_param(&p, vpc, "VpcId");
    aws_param_tag_specification(&p, "security-group", tags);
    return create(c, "CreateSecurityGroup", &p, AWS_WRITE, "groupId", out_id, err);
}

static void add_rule(struct aws_params *p, size_t number, const struct ec2_rule *rule)
{
    aws_param(p, rule->protocol, "IpPermissions.%zu.IpProtocol", number);
    if (!str_eq(rule->protocol, "-1")) {
        aws_param_int(p, rule->from_port, "IpPermissions.%zu.FromPort", number);
        aws_param_int(p, rule->to_port, "IpPermissions.%zu.ToPort", number);
    }
    if (rule->group) {
        aws_param(p, rule->group, "IpPermissions.%zu.Groups.1.GroupId", number);
        aws_param(p, rule->description, "IpPermissions.%zu.Groups.1.Description", number);
        return;
    }
    aws_param(p, rule->cidr, "IpPermissions.%zu.IpRanges.1.CidrIp", number);
    aws_param(p, rule->description, "IpPermissions.%zu.IpRanges.1.Description", number);
}

bool ec2_authorize(struct aws_client *c, const char *group, bool egress,
                   const struct ec2_rule *rules, size_t count, const struct aws_tags *tags,
                   const struct ec2_made *made, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, group, "GroupId");
    for (size_t i = 0; i < count; i++)
        add_rule(&p, i + 1, &rules[i]);
    aws_param_tag_specification(&p, "security-group-rule", tags);
    // The same rule again is InvalidPermission.Duplicate, so a repeat is safe.
    XML_AUTO *answer = NULL;
    if (!aws_query(c, AWS_EC2,
                   egress ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress", &p,
                   AWS_SAFE, &answer, err))
        return false;
    const struct xml_node *n = xml_find(xml_root(answer), "securityGroupRuleSet/item");
    for (; n; n = xml_next(n))
        if (!made->item(made->context, n, err))
            return false;
    return true;
}

bool ec2_revoke_ids(struct aws_client *c, const char *group, bool egress, const char *rule_ids,
                    struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, group, "GroupId");
    int n = 1;
    for (const char *from = rule_ids; *from; n++) {
        size_t length = strcspn(from, ",");
        AUTO_FREE char *id = mem_strndup(from, length);
        aws_param(&p, id, "SecurityGroupRuleId.%d", n);
        from += from[length] ? length + 1 : length;
    }
    return aws_query(c, AWS_EC2,
                     egress ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress", &p,
                     AWS_SAFE, NULL, err);
}

bool ec2_delete_group(struct aws_client *c, const char *group, struct err *err)
{
    return aws_query_with(c, AWS_EC2, "DeleteSecurityGroup", AWS_SAFE, NULL, err, "GroupId", group,
                          NULL);
}

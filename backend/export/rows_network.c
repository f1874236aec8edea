// SPDX-License-Identifier: MIT
// Rows of the network: a VPC of our own with its ways, groups and their rules.
#include "backend/export/rows_private.h"

static const struct attribute vpc[] = {
    {"CidrBlock", "cidr_block", "CidrBlock", AS_TEXT, NULL},
    {"EnableDnsSupport/Value", "enable_dns_support", "EnableDnsSupport", AS_FLAG, NULL},
    {"EnableDnsHostnames/Value", "enable_dns_hostnames", "EnableDnsHostnames", AS_FLAG, NULL},
    {"VpcId", NULL, NULL, AS_NOTHING, NULL},
    EC2_TAGS,
};
static const struct attribute subnet[] = {
    {"VpcId", "vpc_id", "VpcId", AS_TEXT, NULL},
    {"CidrBlock", "cidr_block", "CidrBlock", AS_TEXT, NULL},
    {"AvailabilityZoneId", "availability_zone_id", "AvailabilityZoneId", AS_TEXT, NULL},
    EC2_TAGS,
};
static const struct attribute gateway[] = {
    {"VpcId", "vpc_id", NULL, AS_TEXT, NULL},
    {"InternetGatewayId", NULL, NULL, AS_NOTHING, NULL},
    EC2_TAGS,
};
static const struct attribute attachment[] = {
    {"VpcId", NULL, "VpcId", AS_TEXT, NULL},
    {"InternetGatewayId", NULL, "InternetGatewayId", AS_TEXT, NULL},
};
static const struct attribute address[] = {
    {"Domain", "domain", "Domain", AS_TEXT, NULL},
    EC2_TAGS,
};
static const struct attribute nat[] = {
    {"AllocationId", "allocation_id", "AllocationId", AS_TEXT, NULL},
    {"ConnectivityType", "connectivity_type", "ConnectivityType", AS_TEXT, NULL},
    {"SubnetId", "subnet_id", "SubnetId", AS_TEXT, NULL},
    EC2_TAGS,
};
static const struct attribute table[] = {
    {"VpcId", "vpc_id", "VpcId", AS_TEXT, NULL},
    EC2_TAGS,
};
static const struct attribute route[] = {
    {"RouteTableId", "route_table_id", "RouteTableId", AS_TEXT, NULL},
    {"DestinationCidrBlock", "destination_cidr_block", "DestinationCidrBlock", AS_TEXT, NULL},
    {"GatewayId", "gateway_id", "GatewayId", AS_TEXT, NULL},
    {"NatGatewayId", "nat_gateway_id", "NatGatewayId", AS_TEXT, NULL},
};
static const struct attribute association[] = {
    {"SubnetId", "subnet_id", "SubnetId", AS_TEXT, NULL},
    {"RouteTableId", "route_table_id", "RouteTableId", AS_TEXT, NULL},
};
static const struct attribute endpoint[] = {
    {"VpcId", "vpc_id", "VpcId", AS_TEXT, NULL},
    {"VpcEndpointType", "vpc_endpoint_type", "VpcEndpointType", AS_TEXT, NULL},
    {"ServiceName", "service_name", "ServiceName", AS_TEXT, NULL},
    {"RouteTableId", "route_table_ids", "RouteTableIds", AS_VALUE, NULL},
    EC2_TAGS,
};
static const struct attribute group[] = {
    {"GroupName", "name", "GroupName", AS_TEXT, NULL},
    {"GroupDescription", "description", "GroupDescription", AS_TEXT, NULL},
    {"VpcId", "vpc_id", "VpcId", AS_TEXT, NULL},
    EC2_TAGS,
};
#define RULE(other_tf, other_cfn)                                                                  \
    {"GroupId", "security_group_id", "GroupId", AS_TEXT, NULL},                                    \
        {"IpRanges/0/Description", "description", "Description", AS_TEXT, NULL},                   \
        {"Groups/0/Description", "description", "Description", AS_TEXT, NULL},                     \
        {"IpRanges/0/CidrIp", "cidr_ipv4", "CidrIp", AS_TEXT, NULL},                               \
        {"Groups/0/GroupId", other_tf, other_cfn, AS_TEXT, NULL},                                  \
        {"IpProtocol", "ip_protocol", "IpProtocol", AS_TEXT, NULL},                                \
        {"FromPort", "from_port", "FromPort", AS_NUMBER, NULL},                                    \
        {"ToPort", "to_port", "ToPort", AS_NUMBER, NULL},                                          \
    {                                                                                              \
        "TagSpecification/0", "tags", NULL, AS_TAGS, NULL                                          \
    }
static const struct attribute ingress[] = {
    RULE("referenced_security_group_id", "SourceSecurityGroupId")};
static const struct attribute egress[] = {
    RULE("referenced_security_group_id", "DestinationSecurityGroupId")};

static const char *const vpc_skips[] = {
    "CKV2_AWS_11", "flow logs are the account's own decision and cost by traffic", "CKV2_AWS_12",
    "nothing uses the default security group; it belongs to the VPC, not to this stack", NULL};
static const char *const group_skips[] = {
    "CKV2_AWS_5", "attached by reference in service.tf and address.tf", NULL};
static const char *const balancer_rule_skips[] = {
    "CKV_AWS_260", "only from the security group of the VPC link, not from any address", NULL};
static const char *const address_skips[] = {"CKV2_AWS_19", "it is the NAT gateway's", NULL};

#define SUBNET(which, tf, cfn)                                                                     \
    {                                                                                              \
        .step = "subnet-" which, .action = "CreateSubnet", .file = "network.tf",                   \
        .type = "aws_subnet", .label = tf, .import = "{subnet-" which ".id}",                      \
        .cfn_type = "AWS::EC2::Subnet", .cfn_name = cfn,                                           \
        .cfn_import = "SubnetId={subnet-" which ".id}", ATTRIBUTES(subnet)                         \
    }
#define TABLE(which, cfn)                                                                          \
    {                                                                                              \
        .step = "route-table-" which, .action = "CreateRouteTable", .file = "network.tf",          \
        .type = "aws_route_table", .label = which, .import = "{route-table-" which ".id}",         \
        .cfn_type = "AWS::EC2::RouteTable", .cfn_name = cfn,                                       \
        .cfn_import = "RouteTableId={route-table-" which ".id}", ATTRIBUTES(table)                 \
    }
#define ROUTE(which, cfn)                                                                          \
    {                                                                                              \
        .step = "route-" which, .action = "CreateRoute", .file = "network.tf",                     \
        .type = "aws_route", .label = which, .import = "{route-table-" which ".id}_0.0.0.0/0",     \
        .cfn_type = "AWS::EC2::Route", .cfn_name = cfn,                                            \
        .cfn_import = "RouteTableId={route-table-" which ".id}|CidrBlock=0.0.0.0/0",               \
        .cfn_depends = "InternetGatewayAttachment", ATTRIBUTES(route)                              \
    }
#define ASSOCIATION(which, kind_, tf, cfn)                                                         \
    {                                                                                              \
        .step = "route-of-" which, .action = "AssociateRouteTable", .file = "network.tf",          \
        .type = "aws_route_table_association", .label = tf,                                        \
        .import = "{subnet-" which ".id}/{route-table-" kind_ ".id}",                              \
        .cfn_type = "AWS::EC2::SubnetRouteTableAssociation", .cfn_name = cfn,                      \
        .cfn_import = "Id={route-of-" which ".id}", ATTRIBUTES(association)                        \
    }
#define GROUP(which, cfn)                                                                          \
    {                                                                                              \
        .step = which "-group", .action = "CreateSecurityGroup", .file = "security.tf",            \
        .type = "aws_security_group", .label = which, .import = "{" which "-group.id}",            \
        .ignore = "revoke_rules_on_delete",                                                        \
        .ignore_why = "known to the state only: an import reads nothing for it",                   \
        .cfn_type = "AWS::EC2::SecurityGroup", .cfn_name = cfn,                                    \
        .cfn_import = "Id={" which "-group.id}", .skips = group_skips, ATTRIBUTES(group)           \
    }
#define RULE_IN(step_, part_, label_, cfn, skips_)                                                 \
    {                                                                                              \
        .step = step_, .part = part_, .action = "AuthorizeSecurityGroupIngress",                   \
        .file = "security.tf", .type = "aws_vpc_security_group_ingress_rule", .label = label_,     \
        .import = "{" step_ "." part_ "}", .cfn_type = "AWS::EC2::SecurityGroupIngress",           \
        .cfn_name = cfn, .cfn_import = "Id={" step_ "." part_ "}", .skips = skips_,                \
        ATTRIBUTES(ingress)                                                                        \
    }
#define RULE_OUT(part_, cfn)                                                                       \
    {                                                                                              \
        .step = "firewall", .part = part_, .action = "AuthorizeSecurityGroupEgress",               \
        .file = "security.tf", .type = "aws_vpc_security_group_egress_rule", .label = part_,       \
        .import = "{firewall." part_ "}", .cfn_type = "AWS::EC2::SecurityGroupEgress",             \
        .cfn_name = cfn, .cfn_import = "Id={firewall." part_ "}", ATTRIBUTES(egress)               \
    }

const struct resource network_rows[] = {
    {.step = "vpc",
     .action = "CreateVpc",
     .also = {"vpc-dns:ModifyVpcAttribute"},
     .file = "network.tf",
     .type = "aws_vpc",
     .label = "main",
     .import = "{vpc.id}",
     .cfn_type = "AWS::EC2::VPC",
     .cfn_name = "Vpc",
     .cfn_import = "VpcId={vpc.id}",
     .skips = vpc_skips,
     ATTRIBUTES(vpc)},
    SUBNET("public-a", "public_a", "SubnetPublicA"),
    SUBNET("public-b", "public_b", "SubnetPublicB"),
    SUBNET("private-a", "private_a", "SubnetPrivateA"),
    SUBNET("private-b", "private_b", "SubnetPrivateB"),
    {.step = "internet-gateway",
     .action = "CreateInternetGateway",
     .also = {"internet-gateway-attached:AttachInternetGateway"},
     .file = "network.tf",
     .type = "aws_internet_gateway",
     .label = "main",
     .import = "{internet-gateway.id}",
     .cfn_type = "AWS::EC2::InternetGateway",
     .cfn_name = "InternetGateway",
     .cfn_import = "InternetGatewayId={internet-gateway.id}",
     ATTRIBUTES(gateway)},
    {.step = "internet-gateway-attached",
     .action = "AttachInternetGateway",
     .cfn_type = "AWS::EC2::VPCGatewayAttachment",
     .cfn_name = "InternetGatewayAttachment",
     .cfn_import = "AttachmentType=IGW|VpcId={vpc.id}",
     ATTRIBUTES(attachment)},
    {.step = "nat-address",
     .action = "AllocateAddress",
     .file = "network.tf",
     .type = "aws_eip",
     .label = "nat",
     .import = "{nat-address.id}",
     .cfn_type = "AWS::EC2::EIP",
     .cfn_name = "NatAddress",
     .cfn_import = "PublicIp={nat-address.ip}|AllocationId={nat-address.id}",
     .skips = address_skips,
     ATTRIBUTES(address)},
    {.step = "nat-gateway",
     .action = "CreateNatGateway",
     .file = "network.tf",
     .type = "aws_nat_gateway",
     .label = "main",
     .import = "{nat-gateway.id}",
     .depends = "aws_internet_gateway.main",
     .cfn_type = "AWS::EC2::NatGateway",
     .cfn_name = "NatGateway",
     .cfn_import = "NatGatewayId={nat-gateway.id}",
     .cfn_depends = "InternetGatewayAttachment",
     ATTRIBUTES(nat)},
    TABLE("public", "RouteTablePublic"),
    TABLE("private", "RouteTablePrivate"),
    ROUTE("public", "RoutePublic"),
    ROUTE("private", "RoutePrivate"),
    ASSOCIATION("public-a", "public", "public_a", "RouteOfPublicA"),
    ASSOCIATION("public-b", "public", "public_b", "RouteOfPublicB"),
    ASSOCIATION("private-a", "private", "private_a", "RouteOfPrivateA"),
    ASSOCIATION("private-b", "private", "private_b", "RouteOfPrivateB"),
    {.step = "s3-endpoint",
     .action = "CreateVpcEndpoint",
     .file = "network.tf",
     .type = "aws_vpc_endpoint",
     .label = "s3",
     .import = "{s3-endpoint.id}",
     .note = "Image layers come from S3: free of charge on this way instead of through the NAT.",
     .cfn_type = "AWS::EC2::VPCEndpoint",
     .cfn_name = "S3Endpoint",
     .cfn_import = "Id={s3-endpoint.id}",
     ATTRIBUTES(endpoint)},
    GROUP("link", "GroupLink"),
    GROUP("alb", "GroupBalancer"),
    GROUP("task", "GroupTask"),
    RULE_OUT("link_out", "RuleLinkOut"),
    RULE_IN("firewall", "alb_in", "alb_in", "RuleBalancerIn", balancer_rule_skips),
    RULE_OUT("alb_out", "RuleBalancerOut"),
    RULE_IN("firewall", "task_in", "task_in", "RuleTaskIn", NULL),
    RULE_OUT("task_https", "RuleTaskHttps"),
    RULE_OUT("task_database", "RuleTaskDatabase"),
    RULE_OUT("task_database_10", "RuleTaskDatabase10"),
    RULE_OUT("task_database_172", "RuleTaskDatabase172"),
    RULE_OUT("task_database_192", "RuleTaskDatabase192"),
    RULE_IN("database-rule", "rule", "database", "RuleDatabase", NULL),
};
const size_t network_row_count = ARRAY_LEN(network_rows);

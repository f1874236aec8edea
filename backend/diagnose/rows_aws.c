// SPDX-License-Identifier: MIT
// What AWS refuses: quotas, rights, credentials, and things that end as FAILED (facts aws.md 0.3,
// 5). The signals are "Code: message".
#include "backend/base/mem.h"
#include "backend/diagnose/table.h"

#define DENIED "AccessDenied|UnauthorizedOperation|not authorized to perform"
// IAM names a role or a policy by its kind and name, others name what they deny by its ARN.
#define ACTION                                                                                     \
    {                                                                                              \
        {1, "not authorized to perform: ", " ,", false}, {2, "on resource: role ", " ,", false},   \
            {2, "on resource: policy ", " ,", false},                                              \
        {                                                                                          \
            2, "on resource: ", " ,", false                                                        \
        }                                                                                          \
    }

// A quota: which code or text says so, and what to use less of.
#define QUOTA(id_, what_, screen_, reuse_, ...)                                                    \
    {                                                                                              \
        .id = (id_), .from = FROM_AWS, .says = {__VA_ARGS__}, .rank = RANK_SAID,                   \
        .cause = "The account's quota of " what_ " in {region|this region} is used up.",           \
        .remedy = reuse_ " or raise the quota in Service Quotas.", .fix = (screen_),               \
        .certain = true                                                                            \
    }

static const struct diagnose_row rows[] = {
    // ---- VPC link and NAT
    {.id = "vpc-link-zone",
     .from = FROM_AWS,
     .says = {"VPC link|VpcLink", "availability zone|zone is not supported|unsupported zone"},
     .rank = RANK_START,
     .cause = "VPC links do not work in a zone of {subnets|the chosen subnets}.",
     .remedy = "Choose subnets in zones that VPC links support.",
     .fix = "network",
     .certain = true},
    {.id = "service-linked-role",
     .from = FROM_AWS,
     .says = {"service linked role|service-linked role|CreateServiceLinkedRole|ServiceLinkedRole"},
     .rank = RANK_START,
     .cause = "A service-linked role is missing and you may not create it.",
     .remedy = "Allow iam:CreateServiceLinkedRole for {1|ops.apigateway.amazonaws.com, "
               "elasticloadbalancing.amazonaws.com and ecs.amazonaws.com}.",
     .certain = true,
     .captures = {{1, "aws-service-role/", "/ ,", false}}},
    {.id = "vpc-link-failed",
     .from = FROM_AWS,
     .says = {"VPC link|VpcLink", "FAILED"},
     .rank = RANK_SAID,
     .cause = "The VPC link failed: {1|no reason given}.",
     .remedy = "Look that its subnets and its security group belong to one VPC and have free "
               "addresses; a "
               "failed link must be deleted and made again: run apply again.",
     .fix = "network",
     .captures = {{1, "FAILED: ", "", false}}},
    {.id = "nat-address-taken",
     .from = FROM_AWS,
     .says = {"NAT gateway|NatGateway", "AlreadyAssociated|already associated"},
     .rank = RANK_START,
     .cause = "The NAT gateway's address is already used by something else.",
     .remedy = "Release the address and run apply again: it makes a new one.",
     .fix = "network",
     .certain = true},
    {.id = "nat-no-gateway",
     .from = FROM_AWS,
     .says = {"NAT gateway|NatGateway|Network vpc-", "NotAttached|no Internet gateway attached"},
     .rank = RANK_START,
     .cause = "The VPC has no internet gateway, so the NAT gateway cannot work.",
     .remedy = "Attach an internet gateway to the VPC and run apply again.",
     .fix = "network",
     .certain = true},
    {.id = "nat-failed",
     .from = FROM_AWS,
     .says = {"NAT gateway|NatGateway", "failed"},
     .rank = RANK_SAID,
     .cause = "The NAT gateway failed: {1|no reason given}.",
     .remedy = "Delete it and run apply again: it makes a new one.",
     .fix = "network",
     .captures = {{1, "failed: ", "", false}}},
    {.id = "load-balancer-failed",
     .from = FROM_AWS,
     .says = {"load balancer|LoadBalancer", "state failed|is failed|failed to provision"},
     .rank = RANK_SAID,
     .cause = "AWS could not make the load balancer.",
     .remedy = "Look at the free addresses of {subnets|its subnets} and run apply again.",
     .fix = "network"},

    // ---- quotas
    QUOTA("quota-vpcs", "VPCs", "network", "Choose an existing VPC", "VpcLimitExceeded"),
    QUOTA("quota-addresses", "Elastic IP addresses", "network", "Release an address",
          "AddressLimitExceeded"),
    QUOTA("quota-nat", "NAT gateways", "network", "Choose an existing VPC",
          "NatGatewayLimitExceeded|NatGatewaysLimitExceeded"),
    QUOTA("quota-gateways", "internet gateways", "network", "Choose an existing VPC",
          "InternetGatewayLimitExceeded"),
    QUOTA("quota-subnets", "subnets", "network", "Choose an existing VPC", "SubnetLimitExceeded"),
    // Before the security groups: its code ends like theirs.
    QUOTA("quota-rules", "rules of a security group", "database", "Delete unused rules",
          "RulesPerSecurityGroupLimitExceeded"),
    QUOTA("quota-security-groups", "security groups", "network", "Delete unused ones",
          "SecurityGroupLimitExceeded|SecurityGroupsPerInterfaceLimitExceeded"),
    QUOTA("quota-load-balancers", "load balancers", NULL, "Delete unused ones",
          "TooManyLoadBalancers"),
    QUOTA("quota-target-groups", "target groups", NULL, "Delete unused ones",
          "TooManyTargetGroups|TooManyListeners|TooManyTargets"),
    QUOTA("quota-api", "APIs, VPC links or routes of API Gateway", NULL, "Delete unused ones",
          "BadRequestException|TooManyRequestsException|ConflictException",
          "maximum number|limit exceeded|limit has been reached|exceeded the limit"),
    QUOTA("quota", "a service", NULL, "Delete what is not used",
          "LimitExceeded|ServiceQuotaExceeded|quota exceeded|limit on the number"),

    // ---- rights
    {.id = "denied-by-organization",
     .from = FROM_AWS,
     .says = {DENIED, "service control policy|resource control policy"},
     .rank = RANK_SAID,
     .cause = "A policy of your AWS organization forbids {1|this action}.",
     .remedy =
         "Ask who runs the organization to allow {1|it}, or choose another account or region.",
     .certain = true,
     .captures = ACTION},
    {.id = "denied-by-boundary",
     .from = FROM_AWS,
     .says = {DENIED, "permissions boundary"},
     .rank = RANK_SAID,
     .cause = "The permissions boundary of your role forbids {1|this action}.",
     .remedy = "Ask for {1|it} in the boundary, or use another role.",
     .certain = true,
     .captures = ACTION},
    {.id = "denied",
     .from = FROM_AWS,
     .says = {DENIED},
     .rank = RANK_SAID,
     .cause = "You are not allowed to do {1|this} on {2|the resource}.",
     .remedy =
         "Ask for the action {1|that is named above} on {2|the resource}, or use another profile.",
     .certain = true,
     .captures = ACTION},

    // ---- credentials
    {.id = "credentials-expired",
     .from = FROM_AWS,
     .says =
         {"ExpiredToken|RequestExpired|token has expired|token included in the request is expired"},
     .rank = RANK_SAID,
     .cause = "Your AWS login has expired.",
     .remedy = "Sign in again (aws sso login, or new keys), then forest-setup resume {setup|NAME}",
     .certain = true},
    {.id = "clock-or-key",
     .from = FROM_AWS,
     .says = {"SignatureDoesNotMatch|InvalidSignature|RequestTimeTooSkewed|RequestInTheFuture"},
     .rank = RANK_SAID,
     .cause =
         "AWS does not accept the signature: the secret key is wrong, or this machine's clock is.",
     .remedy = "Correct the clock, then the secret access key.",
     .certain = true},
    {.id = "region-off",
     .from = FROM_AWS,
     .says = {"OptInRequired|region is not enabled|not subscribed to this service|RegionDisabled"},
     .rank = RANK_SAID,
     .cause = "Region {region|of this setup} is not enabled for this account.",
     .remedy = "Enable the region in the account's settings, or choose another.",
     .certain = true},
    {.id = "credentials-unknown",
     .from = FROM_AWS,
     .says = {"InvalidClientTokenId|UnrecognizedClient|AuthFailure|InvalidAccessKeyId"},
     .rank = RANK_SAID,
     .cause = "AWS does not know these credentials, or not in region {region|of this setup}.",
     .remedy = "Look at the access key, or enable the region in the account's settings.",
     .certain = true},
    {.id = "throttled",
     .from = FROM_AWS,
     .says = {"Throttl|TooManyRequests|RequestLimitExceeded|Rate exceeded|SlowDown"},
     .rank = RANK_VAGUE,
     .cause = "AWS limits how many calls this account makes.",
     .remedy = "Wait a minute, then forest-setup resume {setup|NAME}"},
};

const struct diagnose_section diagnose_aws = {rows, ARRAY_LEN(rows)};

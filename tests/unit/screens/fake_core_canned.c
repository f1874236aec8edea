// SPDX-License-Identifier: MIT
// What a healthy account answers, as backend/core/core.h describes each look.
#include "tests/unit/screens/fake_core_private.h"

#define SUBNET(ID, NAME, ZONE, ZONE_ID, CIDR, KIND, WAY, FREE, LINK)                               \
    "{\"id\":\"" ID "\",\"name\":\"" NAME "\",\"zone\":\"" ZONE "\",\"zone_id\":\"" ZONE_ID        \
    "\",\"cidr\":\"" CIDR "\",\"kind\":\"" KIND "\",\"way_out\":\"" WAY                            \
    "\",\"free_addresses\":" FREE ",\"vpc_link\":" LINK "}"

#define ITEM(ID, TITLE, GROUP, ACTION, TEXT, USUAL, COSTS, NEEDS)                                  \
    "{\"id\":\"" ID "\",\"title\":\"" TITLE "\",\"group\":\"" GROUP                                \
    "\",\"kind\":\"aws\",\"action\":\"" ACTION "\",\"text\":\"" TEXT "\",\"usual_s\":" USUAL       \
    ",\"costs\":" COSTS ",\"needs\":[" NEEDS "]}"

static const char profiles[] =
    "[{\"name\":\"work\",\"kind\":\"sso\",\"region\":\"eu-west-3\"},"
    "{\"name\":\"default\",\"kind\":\"static\",\"region\":\"eu-west-1\"},"
    "{\"name\":\"ci\",\"kind\":\"assume-role\",\"region\":\"eu-west-3\"},"
    "{\"name\":\"broken\",\"kind\":\"empty\",\"error\":\"profile broken names the source "
    "profile gone, which is not there\"}]";

static const char identity[] =
    "{\"account\":\"123456789012\",\"alias\":\"acme-prod\",\"principal\":"
    "\"arn:aws:sts::123456789012:assumed-role/Engineer/ann\",\"provider\":\"sso\",\"region\":"
    "\"eu-west-3\"}";

static const char regions[] = "[{\"name\":\"eu-west-1\",\"text\":\"Ireland\",\"enabled\":true},"
                              "{\"name\":\"eu-west-3\",\"text\":\"Paris\",\"enabled\":true},"
                              "{\"name\":\"us-east-1\",\"text\":\"N. Virginia\",\"enabled\":true},"
                              "{\"name\":\"af-south-1\",\"text\":\"Cape Town\",\"enabled\":false}]";

static const char networks[] =
    "[{\"id\":\"vpc-0a1b2c3d4e5f60718\",\"name\":\"prod\",\"cidr\":\"10.20.0.0/16\",\"default\":"
    "false,\"usable\":true,\"verdict\":\"2 private subnets with a NAT\",\"subnets\":[" SUBNET(
        "subnet-0000000000000031", "prod-a", "eu-west-3a", "euw3-az1", "10.20.1.0/24", "private",
        "NAT nat-0a1", "251",
        "true") "," SUBNET("subnet-0000000000000032", "prod-b", "eu-west-3b", "euw3-az2",
                           "10.20.2.0/24", "private", "NAT nat-0a1", "250",
                           "false") "," SUBNET("subnet-0000000000000040", "prod-public",
                                               "eu-west-3a", "euw3-az1", "10.20.9.0/24", "public",
                                               "internet gateway", "240",
                                               "true") "]},"
                                                       "{\"id\":\"vpc-77fe000000000000a\",\"name\":"
                                                       "\"prod-legacy\",\"cidr\":\"10.9.0.0/16\","
                                                       "\"default\":false,\"usable\":false,"
                                                       "\"verdict\":\"no way out: Forest cannot be "
                                                       "reached\","
                                                       "\"remedy\":\"add a NAT gateway and a "
                                                       "default route to it, or choose another "
                                                       "VPC\",\"subnets\":[" SUBNET(
                                                           "subnet-0000000000000050", "legacy-a",
                                                           "eu-west-3a", "euw3-az1", "10.9.1.0/24",
                                                           "isolated", "none", "200", "true") "]}]";

static const char choice[] =
    "{\"vpc\":\"vpc-0a1b2c3d4e5f60718\",\"tasks\":\"subnet-0000000000000031,"
    "subnet-0000000000000032\",\"balancer\":\"subnet-0000000000000031,subnet-0000000000000032\","
    "\"link\":\"subnet-0000000000000031\",\"text\":\"tasks in prod-a, prod-b\"}";

static const char databases[] =
    "[{\"id\":\"storefront\",\"engine\":\"postgres\",\"host\":\"storefront.abc.eu-west-3.rds."
    "amazonaws.com\",\"port\":5432,\"database\":\"storefront\",\"user\":\"app\",\"status\":"
    "\"available\",\"groups\":[\"sg-0db0000000000000a\"],\"public\":false,\"vpc\":"
    "\"vpc-0a1b2c3d4e5f60718\"}]";

static const char builder[] =
    "{\"builder\":\"builtin\",\"why\":\"no docker, podman or buildah answers on this machine\","
    "\"choices\":[{\"name\":\"builtin\",\"found\":true,\"text\":\"built in, needs npm\"},"
    "{\"name\":\"docker\",\"found\":false,\"text\":\"not on this machine\"},"
    "{\"name\":\"podman\",\"found\":false,\"text\":\"not on this machine\"},"
    "{\"name\":\"buildah\",\"found\":false,\"text\":\"not on this machine\"}]}";

static const char plan[] =
    "{\"name\":\"my-admin\",\"account\":\"123456789012\",\"region\":\"eu-west-3\",\"create\":6,"
    "\"reuse\":1,\"change\":0,\"check\":1,\"blocked\":0,\"usual_s\":190,\"items\":[" ITEM(
        "vpc", "VPC", "network", "reuse", "vpc-0a1b2c3d4e5f60718 prod", "1", "false",
        "") "," ITEM("role", "role", "permissions", "create", "forestadmin-my-admin-task", "4",
                     "false",
                     "") "," ITEM("secret", "secret", "secret", "create",
                                  "forestadmin-my-admin/env", "2", "true",
                                  "") "," ITEM("vpc-link", "VPC link", "address", "create",
                                               "in subnet-0000000000000031", "130", "false",
                                               "\"vpc\"") "," ITEM("balancer", "load balancer",
                                                                   "address", "create", "internal",
                                                                   "160", "true",
                                                                   "\"vpc\"") "," ITEM("api",
                                                                                       "public "
                                                                                       "address",
                                                                                       "address",
                                                                                       "create",
                                                                                       "HTTP API",
                                                                                       "3", "false",
                                                                                       "\"vpc-"
                                                                                       "link\","
                                                                                       "\"balancer"
                                                                                       "\"") "," ITEM("service",
                                                                                                      "service",
                                                                                                      "containe"
                                                                                                      "r",
                                                                                                      "create",
                                                                                                      "1 task",
                                                                                                      "50",
                                                                                                      "true",
                                                                                                      "\"balance"
                                                                                                      "r\","
                                                                                                      "\"secret"
                                                                                                      "\","
                                                                                                      "\"role\"") "," ITEM("check-url",
                                                                                                                           "the URL answers",
                                                                                                                           "checks",
                                                                                                                           "check",
                                                                                                                           "over HTTPS",
                                                                                                                           "2",
                                                                                                                           "false",
                                                                                                                           "\"api\",\"service\"") "]}";

static const char destroy_plan[] =
    "{\"name\":\"my-admin\",\"account\":\"123456789012\",\"region\":\"eu-west-3\",\"create\":0,"
    "\"reuse\":0,\"change\":0,\"check\":0,\"blocked\":0,\"usual_s\":60,\"items\":[" ITEM(
        "service", "service", "container", "delete", "1 task", "50", "true",
        "") "," ITEM("balancer", "load balancer", "address", "delete", "internal", "10", "true",
                     "") "," ITEM("vpc", "VPC", "network", "keep", "it was there before", "0",
                                  "false", "") "]}";

const char *const fake_canned[CORE_LOOKS] = {
    [CORE_PROFILES] = profiles,
    [CORE_IDENTITY] = identity,
    [CORE_REGIONS] = regions,
    [CORE_NETWORKS] = networks,
    [CORE_NETWORK_CHOICE] = choice,
    [CORE_DATABASES] = databases,
    [CORE_FOREST] = "{\"known\":\"yes\",\"detail\":\"project Acme ops, environment Production\"}",
    [CORE_BUILDER] = builder,
    [CORE_SOURCE] = "{\"description\":\"built-in backend\",\"commit\":\"\"}",
    [CORE_PLAN] = plan,
    [CORE_DESTROY_PLAN] = destroy_plan,
    [CORE_STATUS] = "{\"name\":\"my-admin\",\"state\":\"done\",\"url\":"
                    "\"https://a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com\"}",
    [CORE_RIGHTS] = "{\"allowed\":41,\"of\":41,\"missing\":[]}",
    [CORE_FOUND] =
        "{\"setups\":[{\"name\":\"my-admin\",\"state\":\"running\",\"done\":26,\"total\":26,"
        "\"created\":\"2026-11-23T10:00:00Z\",\"url\":\"https://a1b2c3d4e5.example\",\"known\":"
        "false},{\"name\":\"half\",\"state\":\"stopped\",\"done\":9,\"total\":26,\"known\":true}],"
        "\"foreign\":[],\"warnings\":[]}",
    [CORE_FORMS] = "[{\"name\":\"json\",\"text\":\"the answer file\"},"
                   "{\"name\":\"policy\",\"text\":\"the rights\"}]",
};
const char fake_canned_result[] =
    "{\"url\":\"https://a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com\",\"name\":\"my-admin\","
    "\"account\":\"123456789012\",\"region\":\"eu-west-3\",\"done\":8,\"total\":8,\"duration_ms\":"
    "364000,\"left\":[]}";

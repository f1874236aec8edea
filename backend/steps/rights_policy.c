// SPDX-License-Identifier: MIT
#include <string.h>

#include "backend/base/mem.h"
#include "backend/steps/rights_private.h"

#define TAG_OF_RESOURCE "aws:ResourceTag/forestadmin:stack"
#define TAG_OF_REQUEST  "aws:RequestTag/forestadmin:stack"

static struct json *test(struct json *statement, const char *operator)
{
    return json_put(json_put(statement, "Condition", json_object()), operator, json_object());
}

static void put_stack(struct json *statement, const struct rights_for *who)
{
    if (who->names)
        json_put_str(test(statement, "StringEquals"), TAG_OF_RESOURCE, who->names->stack);
    else
        json_put_str(test(statement, "Null"), TAG_OF_RESOURCE, "false");
}

static void put_linked(struct json *statement, const struct rights_for *who)
{
    struct json *services =
        json_put(test(statement, "StringEquals"), "iam:AWSServiceName", json_array());
    json_push_str(services, "ecs.amazonaws.com");
    json_push_str(services, "elasticloadbalancing.amazonaws.com");
    json_push_str(services, "ops.apigateway.amazonaws.com");
    if (!who->answers || who->answers->options.autoscaling)
        json_push_str(services, "ecs.application-autoscaling.amazonaws.com");
}

static void put_at_creation(struct json *statement, const struct rights_for *who)
{
    static const char *const groups[] = {"CreateSecurityGroup", "AuthorizeSecurityGroupIngress",
                                         "AuthorizeSecurityGroupEgress"};
    static const char *const network[] = {
        "CreateVpc",        "CreateSubnet",     "CreateInternetGateway", "AllocateAddress",
        "CreateNatGateway", "CreateRouteTable", "CreateVpcEndpoint"};
    struct json *equals = test(statement, "StringEquals");
    struct json *creates = json_put(equals, "ec2:CreateAction", json_array());
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        json_push_str(creates, groups[i]);
    for (size_t i = 0; i < ARRAY_LEN(network); i++)
        if (!who->answers || who->answers->network.new_vpc)
            json_push_str(creates, network[i]);
    if (who->names)
        json_put_str(equals, TAG_OF_REQUEST, who->names->stack);
}

void rights_put_condition(struct json *statement, const struct rights_for *who,
                          enum right_condition condition)
{
    switch (condition) {
    case RIGHT_ALWAYS: break;
    case RIGHT_OF_STACK: put_stack(statement, who); break;
    case RIGHT_TO_TASKS:
        json_put_str(test(statement, "StringEquals"), "iam:PassedToService",
                     "ecs-tasks.amazonaws.com");
        break;
    case RIGHT_LINKED: put_linked(statement, who); break;
    case RIGHT_AT_CREATION: put_at_creation(statement, who); break;
    }
}

static size_t length_of(const struct json *node)
{
    AUTO_FREE char *text = json_print(node);
    return strlen(text);
}

struct json *rights_documents(const struct rights_for *who)
{
    JSON_AUTO *statements = rights_statements(who);
    struct json *documents = json_array();
    struct json *list = NULL;
    size_t used = 0;
    for (const struct json *s = json_first(statements); s; s = json_next(s)) {
        size_t more = length_of(s) + 1; // and a comma
        if (!list || used + more > RIGHTS_POLICY_MAX) {
            struct json *document =
                json_push(documents, json_strings("Version", "2012-10-17", NULL));
            list = json_put(document, "Statement", json_array());
            used = length_of(document);
        }
        json_push(list, json_copy(s));
        used += more;
    }
    return documents;
}

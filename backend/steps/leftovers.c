// SPDX-License-Identifier: MIT
#include "backend/steps/leftovers.h"

#include <string.h>

#include "backend/aws/apigateway.h"
#include "backend/aws/autoscaling.h"
#include "backend/aws/ec2.h"
#include "backend/aws/ecr.h"
#include "backend/aws/ecs.h"
#include "backend/aws/elbv2.h"
#include "backend/aws/iam.h"
#include "backend/aws/kms.h"
#include "backend/aws/logs.h"
#include "backend/aws/secrets.h"
#include "backend/steps/common.h"

static bool count_one(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    const char *state = xml_str_or(node, "state", "");
    if (!str_eq(state, "deleted") && !str_eq(state, "deleting"))
        (*(size_t *)context)++;
    return true;
}

// EC2: "arn:aws:ec2:R:ACCT:vpc/vpc-1" by its kind.
static const struct {
    const char *kind, *action, *items, *filter;
} ec2_kinds[] = {
    {"vpc/", "DescribeVpcs", "vpcSet/item", "vpc-id"},
    {"subnet/", "DescribeSubnets", "subnetSet/item", "subnet-id"},
    {"internet-gateway/", "DescribeInternetGateways", "internetGatewaySet/item",
     "internet-gateway-id"},
    {"natgateway/", "DescribeNatGateways", "natGatewaySet/item", "nat-gateway-id"},
    {"elastic-ip/", "DescribeAddresses", "addressesSet/item", "allocation-id"},
    {"route-table/", "DescribeRouteTables", "routeTableSet/item", "route-table-id"},
    {"vpc-endpoint/", "DescribeVpcEndpoints", "vpcEndpointSet/item", "vpc-endpoint-id"},
    {"security-group/", "DescribeSecurityGroups", "securityGroupInfo/item", "group-id"},
    {"security-group-rule/", "DescribeSecurityGroupRules", "securityGroupRuleSet/item",
     "security-group-rule-id"},
};

static enum there ec2_there(struct aws_client *c, const char *resource, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(ec2_kinds); i++) {
        if (!str_starts(resource, ec2_kinds[i].kind))
            continue;
        size_t n = 0;
        if (!ec2_describe(c, ec2_kinds[i].action, ec2_kinds[i].items, ec2_kinds[i].filter,
                          resource + strlen(ec2_kinds[i].kind), count_one, &n, err))
            return err->kind == ERR_NOT_FOUND ? THERE_NO : THERE_UNKNOWN;
        return n ? THERE_YES : THERE_NO;
    }
    return THERE_UNKNOWN;
}

static enum there answer(bool ok, const struct err *err)
{
    return ok ? THERE_YES : err->kind == ERR_NOT_FOUND ? THERE_NO : THERE_UNKNOWN;
}

static enum there balancer_there(struct aws_client *c, const char *arn, const char *resource,
                                 struct err *err)
{
    if (str_starts(resource, "loadbalancer/")) {
        struct elb_balancer b = {0};
        bool ok = elb_get_balancer(c, arn, &b, err);
        elb_balancer_clear(&b);
        return answer(ok, err);
    }
    // Target groups and listeners: their tags can be read exactly as long as they exist.
    AUTO_FREE char *value = NULL;
    bool ok = elb_tag(c, arn, TAG_STACK, &value, err);
    return ok && !value ? THERE_NO : answer(ok, err);
}

static enum there ecs_there(struct aws_client *c, const char *resource, struct err *err)
{
    JSON_AUTO *found = NULL;
    const char *name = strchr(resource, '/') ? strchr(resource, '/') + 1 : resource;
    if (str_starts(resource, "cluster/"))
        return answer(ecs_get_cluster(c, name, &found, err), err);
    if (str_starts(resource, "service/")) {
        const char *service = strrchr(resource, '/') + 1;
        AUTO_FREE char *cluster = mem_strndup(name, strcspn(name, "/"));
        bool ok = ecs_get_service(c, cluster, service, &found, err);
        return ok && str_eq(json_str(found, "status"), "INACTIVE") ? THERE_NO : answer(ok, err);
    }
    // Revisions that were deleted stay visible as INACTIVE or DELETE_IN_PROGRESS; they cost nothing
    // and cannot run.
    return str_starts(resource, "task-definition/") || str_starts(resource, "task/")
               ? THERE_NO
               : THERE_UNKNOWN;
}

static bool ignore_route(void *context, const struct json *route)
{
    (void)context;
    (void)route;
    return false;
}

static enum there api_there(struct aws_client *c, const char *resource, struct err *err)
{
    if (str_starts(resource, "/vpclinks/")) {
        AUTO_FREE char *status = NULL;
        AUTO_FREE char *message = NULL;
        return answer(apigw_get_link(c, resource + strlen("/vpclinks/"), &status, &message, err),
                      err);
    }
    if (!str_starts(resource, "/apis/"))
        return THERE_UNKNOWN;
    const char *id = resource + strlen("/apis/");
    AUTO_FREE char *api = mem_strndup(id, strcspn(id, "/"));
    AUTO_FREE char *message = NULL;
    if (strstr(id, "/stages/"))
        return answer(apigw_get_stage(c, api, &message, err), err);
    // The API itself, which may stand without a stage: its routes can be listed while it exists.
    return answer(apigw_each_route(c, api, ignore_route, NULL, err), err);
}

// Its ARN names no service, but a setup has only one target.
static enum there scaling_there(const struct stack *s, struct err *err)
{
    AUTO_FREE char *resource = mem_printf("service/%s/%s", s->names.base, s->names.base);
    long min = 0;
    long max = 0;
    return answer(scaling_get_target(s->aws, resource, &min, &max, err), err);
}

static enum there secret_there(struct aws_client *c, const char *arn, struct err *err)
{
    struct secret_state state = {0};
    bool ok = secrets_describe(c, arn, &state, err);
    bool going = state.going;
    secret_state_clear(&state);
    return ok && going ? THERE_NO : answer(ok, err);
}

static enum there key_there(struct aws_client *c, const char *arn, struct err *err)
{
    struct kms_key key = {0};
    bool ok = kms_describe(c, arn, &key, err);
    bool pending = str_eq(key.state, "PendingDeletion");
    kms_key_clear(&key);
    return ok && pending ? THERE_NO : answer(ok, err);
}

static enum there log_there(struct aws_client *c, const char *resource, struct err *err)
{
    AUTO_FREE char *arn = NULL;
    unsigned days = 0;
    return answer(logs_find_group(c, resource, &arn, &days, err), err);
}

static enum there repository_there(struct aws_client *c, const char *resource, struct err *err)
{
    struct ecr_repository r = {0};
    bool ok = ecr_get_repository(c, resource + strlen("repository/"), &r, err);
    ecr_repository_clear(&r);
    return answer(ok, err);
}

bool arn_split(const char *arn, struct arn *out)
{
    const char *parts[6] = {arn};
    for (size_t i = 1; i < ARRAY_LEN(parts); i++) {
        const char *colon = strchr(parts[i - 1], ':');
        if (!colon)
            return false;
        parts[i] = colon + 1;
    }
    *out = (struct arn){.service = parts[2], .resource = parts[5]};
    return str_starts(arn, "arn:") && *out->resource;
}

enum there leftovers_there(const struct stack *s, const char *arn, struct err *err)
{
    struct aws_client *c = s->aws;
    struct arn parts;
    if (!arn_split(arn, &parts))
        return THERE_UNKNOWN;
    const char *service = parts.service; // up to the next colon, which the prefixes below include
    const char *resource = parts.resource;
    if (str_starts(service, "ec2:"))
        return ec2_there(c, resource, err);
    if (str_starts(service, "elasticloadbalancing:"))
        return balancer_there(c, arn, resource, err);
    if (str_starts(service, "ecs:"))
        return ecs_there(c, resource, err);
    if (str_starts(service, "apigateway:"))
        return api_there(c, resource, err);
    if (str_starts(service, "secretsmanager:"))
        return secret_there(c, arn, err);
    if (str_starts(service, "kms:"))
        return key_there(c, arn, err);
    if (str_starts(service, "logs:") && str_starts(resource, "log-group:"))
        return log_there(c, resource + strlen("log-group:"), err);
    if (str_starts(service, "application-autoscaling:"))
        return scaling_there(s, err);
    if (str_starts(service, "ecr:") && str_starts(resource, "repository/"))
        return repository_there(c, resource, err);
    return THERE_UNKNOWN;
}

struct search {
    struct stack *stack;
    struct leftovers *out;
};

static void add_leftover(struct leftovers *out, char *text)
{
    out->items = mem_realloc(out->items, out->count + 1, sizeof *out->items);
    out->items[out->count++] = text;
}

static bool take_arn(void *context, const char *arn, struct err *err)
{
    struct search *s = context;
    ERR_AUTO e = {0};
    switch (leftovers_there(s->stack, arn, &e)) {
    case THERE_NO: return true;
    case THERE_YES: add_leftover(s->out, mem_strdup(arn)); return true;
    case THERE_UNKNOWN: break;
    }
    if (e.kind == ERR_CANCELLED || e.kind == ERR_AUTH) {
        err_move(err, &e);
        return false;
    }
    add_leftover(s->out, mem_printf("%s (could not be checked%s%s)", arn, e.message ? ": " : "",
                                    e.message ? e.message : ""));
    return true;
}

// The tagging API never lists IAM roles.
static bool check_role(struct search *s, const char *name, struct err *err)
{
    struct iam_role role = {0};
    ERR_AUTO e = {0};
    if (!iam_get_role(s->stack->aws, name, &role, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return true;
        err_move(err, &e);
        return false;
    }
    if (str_eq(role.stack_tag, s->stack->names.stack) && !role.owner_tag)
        add_leftover(s->out, mem_strdup(role.arn));
    iam_role_clear(&role);
    return true;
}

bool leftovers_find(struct stack *stack, struct leftovers *out, struct err *err)
{
    struct search s = {stack, out};
    return tagging_each(stack->aws, TAG_STACK, stack->names.stack, take_arn, &s, err) &&
           check_role(&s, stack->names.exec_role, err) &&
           check_role(&s, stack->names.task_role, err);
}

void leftovers_clear(struct leftovers *left)
{
    for (size_t i = 0; i < left->count; i++)
        mem_free(left->items[i]);
    mem_free(left->items);
    *left = (struct leftovers){0};
}

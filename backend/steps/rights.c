// SPDX-License-Identifier: MIT
#include "backend/steps/rights.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { RIGHTS_MAX = 200, MISSING_MAX = 60 };

// Which resource the action is asked about: policies that name our resources would say no to "*".
enum on { ON_ANY, ON_ROLES, ON_SECRET, ON_REPOSITORY, ON_LOG_GROUP, ON_KINDS };

struct right {
    const char *action;
    enum on on;
    bool (*wanted)(const struct answers *a); // NULL: always
};

static bool new_vpc(const struct answers *a)
{
    return a->network.new_vpc;
}
static bool own_key(const struct answers *a)
{
    return a->options.kms_key;
}
static bool scaling(const struct answers *a)
{
    return a->options.autoscaling;
}
static bool boundary(const struct answers *a)
{
    return a->options.permissions_boundary != NULL;
}

// In the order of the work. What a destroy needs is asked too: who cannot undo should know before.
static const struct right table[] = {
    {"ec2:DescribeVpcs", ON_ANY, NULL},
    {"ec2:DescribeSubnets", ON_ANY, NULL},
    {"ec2:DescribeRouteTables", ON_ANY, NULL},
    {"ec2:DescribeNatGateways", ON_ANY, NULL},
    {"ec2:DescribeSecurityGroups", ON_ANY, NULL},
    {"ec2:DescribeSecurityGroupRules", ON_ANY, NULL},
    {"ec2:DescribeNetworkInterfaces", ON_ANY, NULL},
    {"ec2:CreateSecurityGroup", ON_ANY, NULL},
    {"ec2:AuthorizeSecurityGroupIngress", ON_ANY, NULL},
    {"ec2:AuthorizeSecurityGroupEgress", ON_ANY, NULL},
    {"ec2:RevokeSecurityGroupIngress", ON_ANY, NULL},
    {"ec2:RevokeSecurityGroupEgress", ON_ANY, NULL},
    {"ec2:DeleteSecurityGroup", ON_ANY, NULL},
    {"ec2:CreateTags", ON_ANY, NULL},
    {"ec2:CreateVpc", ON_ANY, new_vpc},
    {"ec2:ModifyVpcAttribute", ON_ANY, new_vpc},
    {"ec2:CreateSubnet", ON_ANY, new_vpc},
    {"ec2:CreateInternetGateway", ON_ANY, new_vpc},
    {"ec2:AttachInternetGateway", ON_ANY, new_vpc},
    {"ec2:AllocateAddress", ON_ANY, new_vpc},
    {"ec2:CreateNatGateway", ON_ANY, new_vpc},
    {"ec2:CreateRouteTable", ON_ANY, new_vpc},
    {"ec2:CreateRoute", ON_ANY, new_vpc},
    {"ec2:AssociateRouteTable", ON_ANY, new_vpc},
    {"ec2:CreateVpcEndpoint", ON_ANY, new_vpc},
    {"ec2:DeleteVpc", ON_ANY, new_vpc},
    {"ec2:DeleteSubnet", ON_ANY, new_vpc},
    {"ec2:DeleteNatGateway", ON_ANY, new_vpc},
    {"ec2:ReleaseAddress", ON_ANY, new_vpc},
    {"iam:GetRole", ON_ROLES, NULL},
    {"iam:CreateRole", ON_ROLES, NULL},
    {"iam:TagRole", ON_ROLES, NULL},
    {"iam:GetRolePolicy", ON_ROLES, NULL},
    {"iam:PutRolePolicy", ON_ROLES, NULL},
    {"iam:UpdateAssumeRolePolicy", ON_ROLES, NULL},
    {"iam:PutRolePermissionsBoundary", ON_ROLES, boundary},
    {"iam:PassRole", ON_ROLES, NULL},
    {"iam:DeleteRolePolicy", ON_ROLES, NULL},
    {"iam:DeleteRole", ON_ROLES, NULL},
    {"kms:CreateKey", ON_ANY, own_key},
    {"kms:CreateAlias", ON_ANY, own_key},
    {"kms:EnableKeyRotation", ON_ANY, own_key},
    {"kms:ScheduleKeyDeletion", ON_ANY, own_key},
    {"secretsmanager:DescribeSecret", ON_SECRET, NULL},
    {"secretsmanager:CreateSecret", ON_SECRET, NULL},
    {"secretsmanager:PutSecretValue", ON_SECRET, NULL},
    {"secretsmanager:GetSecretValue", ON_SECRET, NULL},
    {"secretsmanager:UpdateSecretVersionStage", ON_SECRET, NULL},
    {"secretsmanager:TagResource", ON_SECRET, NULL},
    {"secretsmanager:DeleteSecret", ON_SECRET, NULL},
    {"secretsmanager:RestoreSecret", ON_SECRET, NULL},
    {"logs:DescribeLogGroups", ON_ANY, NULL},
    {"logs:CreateLogGroup", ON_LOG_GROUP, NULL},
    {"logs:PutRetentionPolicy", ON_LOG_GROUP, NULL},
    {"logs:FilterLogEvents", ON_LOG_GROUP, NULL},
    {"logs:DeleteLogGroup", ON_LOG_GROUP, NULL},
    {"ecr:GetAuthorizationToken", ON_ANY, NULL},
    {"ecr:DescribeRepositories", ON_REPOSITORY, NULL},
    {"ecr:CreateRepository", ON_REPOSITORY, NULL},
    {"ecr:DescribeImages", ON_REPOSITORY, NULL},
    {"ecr:BatchCheckLayerAvailability", ON_REPOSITORY, NULL},
    {"ecr:InitiateLayerUpload", ON_REPOSITORY, NULL},
    {"ecr:UploadLayerPart", ON_REPOSITORY, NULL},
    {"ecr:CompleteLayerUpload", ON_REPOSITORY, NULL},
    {"ecr:PutImage", ON_REPOSITORY, NULL},
    {"ecr:PutLifecyclePolicy", ON_REPOSITORY, NULL},
    {"ecr:DeleteRepository", ON_REPOSITORY, NULL},
    {"elasticloadbalancing:DescribeLoadBalancers", ON_ANY, NULL},
    {"elasticloadbalancing:DescribeTargetGroups", ON_ANY, NULL},
    {"elasticloadbalancing:DescribeListeners", ON_ANY, NULL},
    {"elasticloadbalancing:DescribeTargetHealth", ON_ANY, NULL},
    {"elasticloadbalancing:DescribeTags", ON_ANY, NULL},
    {"elasticloadbalancing:CreateLoadBalancer", ON_ANY, NULL},
    {"elasticloadbalancing:CreateTargetGroup", ON_ANY, NULL},
    {"elasticloadbalancing:CreateListener", ON_ANY, NULL},
    {"elasticloadbalancing:DeleteLoadBalancer", ON_ANY, NULL},
    {"elasticloadbalancing:DeleteTargetGroup", ON_ANY, NULL},
    {"apigateway:GET", ON_ANY, NULL},
    {"apigateway:POST", ON_ANY, NULL},
    {"apigateway:PATCH", ON_ANY, NULL},
    {"apigateway:DELETE", ON_ANY, NULL},
    {"ecs:DescribeClusters", ON_ANY, NULL},
    {"ecs:CreateCluster", ON_ANY, NULL},
    {"ecs:RegisterTaskDefinition", ON_ANY, NULL},
    {"ecs:DescribeTaskDefinition", ON_ANY, NULL},
    {"ecs:DescribeServices", ON_ANY, NULL},
    {"ecs:CreateService", ON_ANY, NULL},
    {"ecs:UpdateService", ON_ANY, NULL},
    {"ecs:ListTasks", ON_ANY, NULL},
    {"ecs:DescribeTasks", ON_ANY, NULL},
    {"ecs:DeleteService", ON_ANY, NULL},
    {"ecs:DeregisterTaskDefinition", ON_ANY, NULL},
    {"ecs:DeleteCluster", ON_ANY, NULL},
    {"application-autoscaling:RegisterScalableTarget", ON_ANY, scaling},
    {"application-autoscaling:PutScalingPolicy", ON_ANY, scaling},
    {"application-autoscaling:DeregisterScalableTarget", ON_ANY, scaling},
    {"tag:GetResources", ON_ANY, NULL},
};

size_t rights_actions(const struct answers *answers, const char **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(table) && n < max; i++)
        if (!table[i].wanted || table[i].wanted(answers))
            out[n++] = table[i].action;
    return n;
}

// The principal IAM knows: a session of a role is asked about as its role. NULL for what cannot be
// asked about (root, a federated user). The role's path is not in the session's ARN; a role below
// a path answers NoSuchEntity and is told as unknown.
static char *principal_of(const struct stack *s)
{
    const char *assumed = strstr(s->caller, ":assumed-role/");
    if (assumed) {
        const char *name = assumed + strlen(":assumed-role/");
        return mem_printf("arn:%s:iam::%s:role/%.*s", s->partition, s->account,
                          (int)strcspn(name, "/"), name);
    }
    return strstr(s->caller, ":user/") ? mem_strdup(s->caller) : NULL;
}

static char *resource_of(const struct stack *s, enum on on)
{
    const struct names *n = &s->names;
    switch (on) {
    case ON_ROLES:
        return mem_printf("arn:%s:iam::%s:role/%s", s->partition, s->account, n->exec_role);
    case ON_SECRET:
        return mem_printf("arn:%s:secretsmanager:%s:%s:secret:%s-AbCdEf", s->partition, s->region,
                          s->account, n->secret);
    case ON_REPOSITORY:
        return mem_printf("arn:%s:ecr:%s:%s:repository/%s", s->partition, s->region, s->account,
                          n->base);
    case ON_LOG_GROUP:
        return mem_printf("arn:%s:logs:%s:%s:log-group:%s:*", s->partition, s->region, s->account,
                          n->log_group);
    case ON_ANY:
    case ON_KINDS: break;
    }
    return NULL;
}

static void take_decision(struct rights *out, const struct xml_node *result)
{
    const char *action = xml_str(result, "EvalActionName");
    bool allowed = xml_is(result, "EvalDecision", "allowed");
    out->asked++;
    if (!allowed && action && out->missing_count < MISSING_MAX)
        out->missing[out->missing_count++] = mem_strdup(action);
}

static bool ask_about(struct stack *s, const char *principal, enum on on, struct rights *out,
                      struct err *err)
{
    AWS_PARAMS_AUTO p;
    aws_params_init(&p);
    aws_param(&p, principal, "PolicySourceArn");
    int n = 0;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (table[i].on == on && (!table[i].wanted || table[i].wanted(s->answers)))
            aws_param(&p, table[i].action, "ActionNames.member.%d", ++n);
    AUTO_FREE char *resource = resource_of(s, on);
    aws_param(&p, resource, "ResourceArns.member.1");
    aws_param(&p, "iam:PassedToService", "ContextEntries.member.1.ContextKeyName");
    aws_param(&p, "string", "ContextEntries.member.1.ContextKeyType");
    aws_param(&p, "ecs-tasks.amazonaws.com", "ContextEntries.member.1.ContextKeyValues.member.1");
    aws_param_int(&p, 1000, "MaxItems"); // more than there are: one page
    XML_AUTO *document = NULL;
    if (!aws_query(s->aws, AWS_IAM, "SimulatePrincipalPolicy", &p, AWS_READ, &document, err))
        return false;
    const struct xml_node *result =
        xml_find(xml_root(document), "SimulatePrincipalPolicyResult/EvaluationResults/member");
    for (; result; result = xml_next(result))
        take_decision(out, result);
    return true;
}

static bool is_root(const struct stack *s)
{
    return str_ends(s->caller, ":root");
}

bool rights_ask(struct stack *s, struct rights *out, struct err *err)
{
    *out = (struct rights){.missing = mem_calloc(MISSING_MAX, sizeof(char *))};
    AUTO_FREE char *principal = principal_of(s);
    if (!principal) {
        const char *all[RIGHTS_MAX];
        out->asked = is_root(s) ? rights_actions(s->answers, all, RIGHTS_MAX) : 0;
        out->unknown = !is_root(s);
        out->why = out->unknown ? mem_strdup("IAM cannot be asked about this kind of login") : NULL;
        return true;
    }
    for (enum on on = ON_ANY; on < ON_KINDS; on++) {
        ERR_AUTO e = {0};
        if (ask_about(s, principal, on, out, &e))
            continue;
        if (e.kind != ERR_DENIED && e.kind != ERR_NOT_FOUND && e.kind != ERR_INPUT) {
            err_move(err, &e);
            return false;
        }
        out->unknown = true;
        out->why = mem_strdup(
            e.kind == ERR_DENIED ? "you may not ask IAM (iam:SimulatePrincipalPolicy)" : e.message);
        return true;
    }
    return true;
}

void rights_clear(struct rights *rights)
{
    for (size_t i = 0; i < rights->missing_count; i++)
        mem_free(rights->missing[i]);
    mem_free(rights->missing);
    mem_free(rights->why);
    *rights = (struct rights){0};
}

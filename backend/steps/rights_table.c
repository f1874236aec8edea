// SPDX-License-Identifier: MIT
#include "backend/steps/rights_table.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/rights_private.h"

enum { RESOURCES_MAX = 4, QUESTIONS_MAX = 200 };

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
static bool own_tags(const struct answers *a)
{
    return a->options.tag_count > 0;
}
static bool database_rule(const struct answers *a)
{
    return a->database.ingress_security_group != NULL;
}

// `general` for the policy of any setup, `exact` for one plan; a statement without one of them is
// not in that policy. Without "arn:${PARTITION}:" in front, unless "*".
struct statement {
    const char *sid;
    const char *general[RESOURCES_MAX];
    const char *exact[RESOURCES_MAX];
    enum right_condition condition;
    bool (*wanted)(const struct answers *a); // NULL: always
};

enum { // the index in statements[]
    DISCOVER,
    ROLES,
    PASS,
    LINKED,
    SECRET,
    LOGS,
    LEASE,
    IMAGES,
    GROUPS_MAKE,
    GROUPS_OPEN,
    GROUPS_CHANGE,
    TAGS,
    BALANCER,
    ADDRESS,
    BACKEND,
    BACKEND_ANY,
    SCALING,
    KEY_MAKE,
    KEY_ALIAS,
    KEY_USE,
    KEY_LOGS,
    NETWORK_MAKE,
    NETWORK_CHANGE,
    DATABASE,
    TAGS_LATER,
    TAGS_OF_NETWORK
};

#define REGIONAL(service) service ":${REGION}:${ACCOUNT}:"
#define EC2_ALL           REGIONAL("ec2") "*"

static const struct statement statements[] = {
    [DISCOVER] = {"Discover", {"*"}, {"*"}, RIGHT_ALWAYS, NULL},
    [ROLES] = {"Roles",
               {"iam::${ACCOUNT}:role/${PREFIX}*"},
               {"iam::${ACCOUNT}:role/${EXEC_ROLE}", "iam::${ACCOUNT}:role/${TASK_ROLE}"},
               RIGHT_ALWAYS,
               NULL},
    [PASS] = {"Pass",
              {"iam::${ACCOUNT}:role/${PREFIX}*"},
              {"iam::${ACCOUNT}:role/${EXEC_ROLE}", "iam::${ACCOUNT}:role/${TASK_ROLE}"},
              RIGHT_TO_TASKS,
              NULL},
    [LINKED] = {"ServiceRoles",
                {"iam::${ACCOUNT}:role/aws-service-role/*"},
                {"iam::${ACCOUNT}:role/aws-service-role/*"},
                RIGHT_LINKED,
                NULL},
    [SECRET] = {"Secret",
                {REGIONAL("secretsmanager") "secret:${PREFIX}*"},
                // AWS puts six characters behind the name; before it does, it asks without them.
                {REGIONAL("secretsmanager") "secret:${SECRET}-??????",
                 REGIONAL("secretsmanager") "secret:${SECRET}"},
                RIGHT_ALWAYS,
                NULL},
    [LOGS] = {"Logs",
              {REGIONAL("logs") "log-group:/ecs/${PREFIX}*"},
              {REGIONAL("logs") "log-group:${LOG_GROUP}",
               REGIONAL("logs") "log-group:${LOG_GROUP}:*"},
              RIGHT_ALWAYS,
              NULL},
    [LEASE] = {"Lease", // the general policy's prefix covers it
               {NULL},
               {REGIONAL("logs") "log-group:${LOG_GROUP}/lease/*"},
               RIGHT_ALWAYS,
               NULL},
    [IMAGES] = {"Images",
                {REGIONAL("ecr") "repository/${PREFIX}*"},
                {REGIONAL("ecr") "repository/${BASE}"},
                RIGHT_ALWAYS,
                NULL},
    [GROUPS_MAKE] = {"GroupsMake", {"*"}, {EC2_ALL}, RIGHT_ALWAYS, NULL},
    [GROUPS_OPEN] = {"GroupsOpen", {NULL}, {EC2_ALL}, RIGHT_OF_STACK, NULL},
    [GROUPS_CHANGE] = {"GroupsChange", {"*"}, {EC2_ALL}, RIGHT_OF_STACK, NULL},
    [TAGS] = {"TagWhatIsMade", {EC2_ALL}, {EC2_ALL}, RIGHT_AT_CREATION, NULL},
    [BALANCER] = {"Balancer",
                  {REGIONAL("elasticloadbalancing") "loadbalancer/app/${PREFIX}*",
                   REGIONAL("elasticloadbalancing") "targetgroup/${PREFIX}*",
                   REGIONAL("elasticloadbalancing") "listener/app/${PREFIX}*"},
                  {REGIONAL("elasticloadbalancing") "loadbalancer/app/${BALANCER}/*",
                   REGIONAL("elasticloadbalancing") "targetgroup/${TARGETS}*",
                   REGIONAL("elasticloadbalancing") "listener/app/${BALANCER}/*"},
                  RIGHT_ALWAYS,
                  NULL},
    [ADDRESS] = {"Address",
                 {"apigateway:${REGION}::/apis", "apigateway:${REGION}::/apis/*",
                  "apigateway:${REGION}::/vpclinks", "apigateway:${REGION}::/vpclinks/*"},
                 {"apigateway:${REGION}::/apis", "apigateway:${REGION}::/apis/*",
                  "apigateway:${REGION}::/vpclinks", "apigateway:${REGION}::/vpclinks/*"},
                 RIGHT_ALWAYS,
                 NULL},
    [BACKEND] = {"Backend",
                 {REGIONAL("ecs") "cluster/${PREFIX}*", REGIONAL("ecs") "service/${PREFIX}*",
                  REGIONAL("ecs") "task/${PREFIX}*", REGIONAL("ecs") "task-definition/${PREFIX}*"},
                 {REGIONAL("ecs") "cluster/${BASE}", REGIONAL("ecs") "service/${BASE}/${BASE}",
                  REGIONAL("ecs") "task/${BASE}/*", REGIONAL("ecs") "task-definition/${BASE}:*"},
                 RIGHT_ALWAYS,
                 NULL},
    [BACKEND_ANY] = {"BackendAnywhere", {"*"}, {"*"}, RIGHT_ALWAYS, NULL},
    [SCALING] = {"OptionScaling",
                 {"*"},
                 {REGIONAL("application-autoscaling") "scalable-target/*",
                  REGIONAL("cloudwatch") "alarm:TargetTracking-*"},
                 RIGHT_ALWAYS,
                 scaling},
    [KEY_MAKE] = {"OptionKeyMake", {"*"}, {"*"}, RIGHT_ALWAYS, own_key},
    [KEY_ALIAS] = {"OptionKeyAlias",
                   {REGIONAL("kms") "alias/${PREFIX}*", REGIONAL("kms") "key/*"},
                   {REGIONAL("kms") "${ALIAS}", REGIONAL("kms") "key/*"},
                   RIGHT_ALWAYS,
                   own_key},
    [KEY_USE] = {"OptionKeyUse",
                 {REGIONAL("kms") "key/*"},
                 {REGIONAL("kms") "key/*"},
                 RIGHT_OF_STACK,
                 own_key},
    [KEY_LOGS] = {"OptionKeyOfLogs",
                  {REGIONAL("logs") "log-group:/ecs/${PREFIX}*"},
                  {REGIONAL("logs") "log-group:${LOG_GROUP}",
                   REGIONAL("logs") "log-group:${LOG_GROUP}:*"},
                  RIGHT_ALWAYS,
                  own_key},
    [NETWORK_MAKE] = {"OptionNetworkMake", {"*"}, {EC2_ALL}, RIGHT_ALWAYS, new_vpc},
    [NETWORK_CHANGE] = {"OptionNetworkChange", {"*"}, {EC2_ALL}, RIGHT_OF_STACK, new_vpc},
    [DATABASE] = {"OptionDatabaseRule",
                  {REGIONAL("ec2") "security-group/${DATABASE_GROUP}"},
                  {REGIONAL("ec2") "security-group/${DATABASE_GROUP}"},
                  RIGHT_ALWAYS,
                  database_rule},
    [TAGS_LATER] = {"OptionTagsLater", {"*"}, {"*"}, RIGHT_ALWAYS, own_tags},
    [TAGS_OF_NETWORK] = {"OptionTagsOfNetwork", {EC2_ALL}, {EC2_ALL}, RIGHT_OF_STACK, own_tags},
};

enum {
    ASK = 1,          // IAM is asked about it before a run
    ROLE_READ = 2,    // stays when the roles are the administrator's
    GENERAL_ONLY = 4, // in the general policy only
    EXACT_ONLY = 8,
    TO_DESTROY = 16, // only a destroy needs it
};

struct right {
    const char *action;
    unsigned char statement, flags;
    unsigned char sample;                    // which resource of the statement it is asked about
    bool (*wanted)(const struct answers *a); // NULL: always
};

static const struct right rights[] = {
    {"ec2:DescribeRegions", DISCOVER, 0, 0, NULL},
    {"ec2:DescribeAvailabilityZones", DISCOVER, 0, 0, NULL},
    {"ec2:DescribeVpcs", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeVpcAttribute", DISCOVER, 0, 0, new_vpc},
    {"ec2:DescribeSubnets", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeRouteTables", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeNatGateways", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeInternetGateways", DISCOVER, 0, 0, new_vpc},
    {"ec2:DescribeAddresses", DISCOVER, 0, 0, new_vpc},
    {"ec2:DescribeVpcEndpoints", DISCOVER, 0, 0, NULL},
    {"ec2:DescribeSecurityGroups", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeSecurityGroupRules", DISCOVER, ASK, 0, NULL},
    {"ec2:DescribeNetworkInterfaces", DISCOVER, ASK, 0, NULL},
    {"rds:DescribeDBInstances", DISCOVER, 0, 0, NULL},
    {"elasticloadbalancing:DescribeLoadBalancers", DISCOVER, ASK, 0, NULL},
    {"elasticloadbalancing:DescribeListeners", DISCOVER, ASK, 0, NULL},
    {"elasticloadbalancing:DescribeTargetGroups", DISCOVER, ASK, 0, NULL},
    {"elasticloadbalancing:DescribeTargetHealth", DISCOVER, ASK, 0, NULL},
    {"elasticloadbalancing:DescribeTags", DISCOVER, ASK, 0, NULL},
    {"ecs:ListTaskDefinitions", DISCOVER, 0, 0, NULL},
    {"ecs:DescribeTaskDefinition", DISCOVER, ASK, 0, NULL},
    {"logs:DescribeLogGroups", DISCOVER, ASK, 0, NULL},
    {"ecr:GetAuthorizationToken", DISCOVER, ASK, 0, NULL},
    {"tag:GetResources", DISCOVER, ASK, 0, NULL},
    {"application-autoscaling:DescribeScalableTargets", DISCOVER, 0, 0, scaling},
    {"application-autoscaling:DescribeScalingPolicies", DISCOVER, 0, 0, scaling},
    {"iam:ListAccountAliases", DISCOVER, 0, 0, NULL},

    {"iam:CreateRole", ROLES, ASK, 0, NULL},
    {"iam:GetRole", ROLES, ASK | ROLE_READ, 0, NULL},
    {"iam:TagRole", ROLES, ASK, 0, NULL},
    {"iam:UntagRole", ROLES, 0, 0, own_tags},
    {"iam:UpdateAssumeRolePolicy", ROLES, ASK, 0, NULL},
    {"iam:PutRolePermissionsBoundary", ROLES, ASK, 0, boundary},
    {"iam:PutRolePolicy", ROLES, ASK, 0, NULL},
    {"iam:GetRolePolicy", ROLES, ASK | ROLE_READ, 0, NULL},
    {"iam:DeleteRolePolicy", ROLES, ASK | TO_DESTROY, 0, NULL},
    {"iam:DeleteRole", ROLES, ASK | TO_DESTROY, 0, NULL},
    {"iam:PassRole", PASS, ASK | ROLE_READ, 0, NULL},
    {"iam:CreateServiceLinkedRole", LINKED, 0, 0, NULL},

    {"secretsmanager:CreateSecret", SECRET, ASK, 0, NULL},
    {"secretsmanager:TagResource", SECRET, ASK, 0, NULL},
    {"secretsmanager:UntagResource", SECRET, 0, 0, own_tags},
    {"secretsmanager:DescribeSecret", SECRET, ASK, 0, NULL},
    {"secretsmanager:GetSecretValue", SECRET, ASK, 0, NULL},
    {"secretsmanager:PutSecretValue", SECRET, ASK, 0, NULL},
    {"secretsmanager:UpdateSecretVersionStage", SECRET, ASK, 0, NULL},
    {"secretsmanager:RestoreSecret", SECRET, ASK, 0, NULL},
    {"secretsmanager:DeleteSecret", SECRET, ASK | TO_DESTROY, 0, NULL},

    {"logs:CreateLogGroup", LOGS, ASK, 1, NULL},
    {"logs:TagResource", LOGS, 0, 1, NULL},
    {"logs:UntagResource", LOGS, 0, 1, own_tags},
    {"logs:ListTagsForResource", LOGS, 0, 1, NULL},
    {"logs:PutRetentionPolicy", LOGS, ASK, 1, NULL},
    {"logs:DeleteLogGroup", LOGS, ASK | TO_DESTROY, 1, NULL},
    {"logs:GetLogEvents", LOGS, 0, 1, NULL},
    {"logs:FilterLogEvents", LOGS, ASK, 1, NULL},

    {"logs:CreateLogGroup", LEASE, 0, 0, NULL},
    {"logs:TagResource", LEASE, 0, 0, NULL},
    {"logs:ListTagsForResource", LEASE, 0, 0, NULL},
    {"logs:DeleteLogGroup", LEASE, 0, 0, NULL},

    {"ecr:CreateRepository", IMAGES, ASK, 0, NULL},
    {"ecr:TagResource", IMAGES, 0, 0, NULL},
    {"ecr:UntagResource", IMAGES, 0, 0, own_tags},
    {"ecr:ListTagsForResource", IMAGES, 0, 0, NULL},
    {"ecr:DescribeRepositories", IMAGES, ASK, 0, NULL},
    {"ecr:DescribeImages", IMAGES, ASK, 0, NULL},
    {"ecr:PutLifecyclePolicy", IMAGES, ASK, 0, NULL},
    {"ecr:GetLifecyclePolicy", IMAGES, 0, 0, NULL},
    {"ecr:DeleteRepository", IMAGES, ASK | TO_DESTROY, 0, NULL},
    {"ecr:BatchCheckLayerAvailability", IMAGES, ASK, 0, NULL},
    {"ecr:InitiateLayerUpload", IMAGES, ASK, 0, NULL},
    {"ecr:UploadLayerPart", IMAGES, ASK, 0, NULL},
    {"ecr:CompleteLayerUpload", IMAGES, ASK, 0, NULL},
    {"ecr:PutImage", IMAGES, ASK, 0, NULL},
    {"ecr:BatchGetImage", IMAGES, 0, 0, NULL},

    {"ec2:CreateSecurityGroup", GROUPS_MAKE, ASK, 0, NULL},
    {"ec2:AuthorizeSecurityGroupIngress", GROUPS_MAKE, GENERAL_ONLY, 0, NULL},
    {"ec2:AuthorizeSecurityGroupEgress", GROUPS_MAKE, GENERAL_ONLY, 0, NULL},
    {"ec2:AuthorizeSecurityGroupIngress", GROUPS_OPEN, ASK, 0, NULL},
    {"ec2:AuthorizeSecurityGroupEgress", GROUPS_OPEN, ASK, 0, NULL},
    {"ec2:RevokeSecurityGroupIngress", GROUPS_CHANGE, ASK, 0, NULL},
    {"ec2:RevokeSecurityGroupEgress", GROUPS_CHANGE, ASK, 0, NULL},
    {"ec2:DeleteSecurityGroup", GROUPS_CHANGE, ASK | TO_DESTROY, 0, NULL},
    {"ec2:CreateTags", TAGS, ASK, 0, NULL},

    {"elasticloadbalancing:CreateLoadBalancer", BALANCER, ASK, 0, NULL},
    {"elasticloadbalancing:CreateTargetGroup", BALANCER, ASK, 1, NULL},
    {"elasticloadbalancing:CreateListener", BALANCER, ASK, 0, NULL},
    {"elasticloadbalancing:AddTags", BALANCER, 0, 0, NULL},
    {"elasticloadbalancing:RemoveTags", BALANCER, 0, 0, own_tags},
    {"elasticloadbalancing:ModifyLoadBalancerAttributes", BALANCER, 0, 0, NULL},
    {"elasticloadbalancing:ModifyTargetGroup", BALANCER, 0, 1, NULL},
    {"elasticloadbalancing:ModifyTargetGroupAttributes", BALANCER, 0, 1, NULL},
    {"elasticloadbalancing:ModifyListener", BALANCER, 0, 2, NULL},
    {"elasticloadbalancing:SetSecurityGroups", BALANCER, 0, 0, NULL},
    {"elasticloadbalancing:SetSubnets", BALANCER, 0, 0, NULL},
    {"elasticloadbalancing:DeleteListener", BALANCER, 0, 2, NULL},
    {"elasticloadbalancing:DeleteLoadBalancer", BALANCER, ASK | TO_DESTROY, 0, NULL},
    {"elasticloadbalancing:DeleteTargetGroup", BALANCER, ASK | TO_DESTROY, 1, NULL},

    {"apigateway:GET", ADDRESS, ASK, 1, NULL},
    {"apigateway:POST", ADDRESS, ASK, 1, NULL},
    {"apigateway:PATCH", ADDRESS, ASK, 1, NULL},
    {"apigateway:DELETE", ADDRESS, ASK, 1, NULL},
    {"apigateway:TagResource", ADDRESS, 0, 1, NULL},
    {"apigateway:UntagResource", ADDRESS, 0, 1, own_tags},

    {"ecs:CreateCluster", BACKEND, ASK, 0, NULL},
    {"ecs:DescribeClusters", BACKEND, ASK, 0, NULL},
    {"ecs:DeleteCluster", BACKEND, ASK | TO_DESTROY, 0, NULL},
    {"ecs:CreateService", BACKEND, ASK, 1, NULL},
    {"ecs:UpdateService", BACKEND, ASK, 1, NULL},
    {"ecs:DescribeServices", BACKEND, ASK, 1, NULL},
    {"ecs:DeleteService", BACKEND, ASK | TO_DESTROY, 1, NULL},
    {"ecs:DescribeTasks", BACKEND, ASK, 2, NULL},
    {"ecs:TagResource", BACKEND, 0, 0, NULL},
    {"ecs:UntagResource", BACKEND, 0, 0, own_tags},
    {"ecs:DeleteTaskDefinitions", BACKEND, 0, 3, NULL},
    {"ecs:RegisterTaskDefinition", BACKEND_ANY, ASK, 0, NULL},
    {"ecs:DeregisterTaskDefinition", BACKEND_ANY, ASK, 0, NULL},
    {"ecs:ListTasks", BACKEND_ANY, ASK, 0, NULL},

    {"application-autoscaling:RegisterScalableTarget", SCALING, ASK, 0, NULL},
    {"application-autoscaling:PutScalingPolicy", SCALING, ASK, 0, NULL},
    {"application-autoscaling:DeregisterScalableTarget", SCALING, ASK | TO_DESTROY, 0, NULL},
    {"application-autoscaling:TagResource", SCALING, 0, 0, NULL},
    {"cloudwatch:PutMetricAlarm", SCALING, 0, 1, NULL},

    {"kms:CreateKey", KEY_MAKE, ASK, 0, NULL},
    {"kms:TagResource", KEY_MAKE, 0, 0, NULL},
    {"kms:UntagResource", KEY_USE, 0, 0, own_tags},
    {"kms:CreateAlias", KEY_ALIAS, ASK, 0, NULL},
    {"kms:DeleteAlias", KEY_ALIAS, TO_DESTROY, 0, NULL},
    {"kms:DescribeKey", KEY_USE, 0, 0, NULL},
    {"kms:EnableKeyRotation", KEY_USE, ASK, 0, NULL},
    {"kms:EnableKey", KEY_USE, 0, 0, NULL},
    {"kms:ListResourceTags", KEY_USE, 0, 0, NULL},
    {"kms:ScheduleKeyDeletion", KEY_USE, ASK | TO_DESTROY, 0, NULL},
    {"kms:CancelKeyDeletion", KEY_USE, 0, 0, NULL},
    {"kms:GenerateDataKey", KEY_USE, 0, 0, NULL},
    {"kms:Decrypt", KEY_USE, 0, 0, NULL},
    {"kms:CreateGrant", KEY_USE, 0, 0, NULL},
    {"logs:AssociateKmsKey", KEY_LOGS, 0, 1, NULL},

    {"ec2:CreateVpc", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:CreateSubnet", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:CreateInternetGateway", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:AllocateAddress", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:CreateNatGateway", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:CreateRouteTable", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:CreateVpcEndpoint", NETWORK_MAKE, ASK, 0, NULL},
    {"ec2:ModifyVpcAttribute", NETWORK_CHANGE, ASK, 0, NULL},
    {"ec2:AttachInternetGateway", NETWORK_CHANGE, ASK, 0, NULL},
    {"ec2:CreateRoute", NETWORK_CHANGE, ASK, 0, NULL},
    {"ec2:ReplaceRoute", NETWORK_CHANGE, 0, 0, NULL},
    {"ec2:AssociateRouteTable", NETWORK_CHANGE, ASK, 0, NULL},
    {"ec2:DeleteVpc", NETWORK_CHANGE, ASK | TO_DESTROY, 0, NULL},
    {"ec2:DeleteSubnet", NETWORK_CHANGE, ASK | TO_DESTROY, 0, NULL},
    {"ec2:DetachInternetGateway", NETWORK_CHANGE, TO_DESTROY, 0, NULL},
    {"ec2:DeleteInternetGateway", NETWORK_CHANGE, TO_DESTROY, 0, NULL},
    {"ec2:ReleaseAddress", NETWORK_CHANGE, ASK | TO_DESTROY, 0, NULL},
    {"ec2:DeleteNatGateway", NETWORK_CHANGE, ASK | TO_DESTROY, 0, NULL},
    {"ec2:DeleteRoute", NETWORK_CHANGE, TO_DESTROY, 0, NULL},
    {"ec2:DisassociateRouteTable", NETWORK_CHANGE, TO_DESTROY, 0, NULL},
    {"ec2:DeleteRouteTable", NETWORK_CHANGE, TO_DESTROY, 0, NULL},
    {"ec2:DeleteVpcEndpoints", NETWORK_CHANGE, TO_DESTROY, 0, NULL},

    {"ec2:AuthorizeSecurityGroupIngress", DATABASE, EXACT_ONLY, 0, NULL},
    {"ec2:RevokeSecurityGroupIngress", DATABASE, 0, 0, NULL},

    {"tag:TagResources", TAGS_LATER, ASK, 0, NULL},
    {"tag:UntagResources", TAGS_LATER, 0, 0, NULL},
    {"ec2:CreateTags", TAGS_OF_NETWORK, 0, 0, NULL},
    {"ec2:DeleteTags", TAGS_OF_NETWORK, 0, 0, NULL},
};

// ---- filling in

static void take(struct str *out, const struct rights_for *who, const char *token, size_t length)
{
    const struct names *n = who->names;
    AUTO_FREE char *targets = names_target_group(n, 0, NULL);
    targets[strlen(targets) - 4] = '\0'; // without the hash of port and VPC
    const struct {
        const char *token, *value;
    } values[] = {
        {"PARTITION", who->partition},
        {"ACCOUNT", who->account},
        {"REGION", who->region},
        {"BASE", n->base},
        {"EXEC_ROLE", n->exec_role},
        {"TASK_ROLE", n->task_role},
        {"SECRET", n->secret},
        {"LOG_GROUP", n->log_group},
        {"BALANCER", n->load_balancer},
        {"TARGETS", targets},
        {"ALIAS", n->key_alias},
        {"DATABASE_GROUP", who->answers->database.ingress_security_group},
    };
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        if (strlen(values[i].token) == length && memcmp(values[i].token, token, length) == 0)
            str_add(out, values[i].value ? values[i].value : "");
}

static char *filled(const struct rights_for *who, const char *text)
{
    STR_AUTO out = {0};
    str_init(&out, STR_LINE);
    if (!str_eq(text, "*"))
        str_add(&out, "arn:${PARTITION}:");
    str_add(&out, text);
    if (!who->names)
        return mem_strdup(out.data);
    STR_AUTO done = {0};
    str_init(&done, STR_LINE);
    for (const char *p = out.data; *p;) {
        const char *end = str_starts(p, "${") ? strchr(p, '}') : NULL;
        if (end) {
            take(&done, who, p + 2, (size_t)(end - p - 2));
            p = end + 1;
        } else {
            str_addc(&done, *p++);
        }
    }
    return mem_strdup(done.data);
}

// ---- choosing

static bool wants(const struct rights_for *who, bool (*wanted)(const struct answers *a))
{
    return !wanted || !who->answers || wanted(who->answers);
}

static bool has_statement(const struct rights_for *who, const struct statement *s)
{
    const char *const *resources = who->names ? s->exact : s->general;
    return resources[0] && wants(who, s->wanted);
}

static bool has_right(const struct rights_for *who, const struct right *r)
{
    unsigned not_here = who->names ? GENERAL_ONLY : EXACT_ONLY;
    bool no_iam = who->handed_over || who->deploys_only;
    bool roles = r->statement == ROLES || r->statement == PASS || r->statement == LINKED;
    return !(r->flags & not_here) && has_statement(who, &statements[r->statement]) &&
           wants(who, r->wanted) && !(no_iam && roles && !(r->flags & ROLE_READ)) &&
           !(who->deploys_only && r->flags & TO_DESTROY);
}

static void put_words(struct json *object, const char *key, struct json *list)
{
    if (json_count(list) == 1) {
        json_put_str(object, key, json_text(json_first(list)));
        json_free(list);
    } else {
        json_put(object, key, list);
    }
}

static struct json *statement_of(const struct rights_for *who, size_t index)
{
    const struct statement *s = &statements[index];
    struct json *actions = json_array();
    for (size_t i = 0; i < ARRAY_LEN(rights); i++)
        if (rights[i].statement == index && has_right(who, &rights[i]))
            json_push_str(actions, rights[i].action);
    if (!json_first(actions)) {
        json_free(actions);
        return NULL;
    }
    struct json *out = json_strings("Sid", s->sid, "Effect", "Allow", NULL);
    struct json *resources = json_array();
    for (size_t i = 0; i < RESOURCES_MAX && (who->names ? s->exact : s->general)[i]; i++) {
        AUTO_FREE char *arn = filled(who, (who->names ? s->exact : s->general)[i]);
        json_push_str(resources, arn);
    }
    put_words(out, "Resource", resources);
    put_words(out, "Action", actions);
    rights_put_condition(out, who, s->condition);
    return out;
}

struct json *rights_statements(const struct rights_for *who)
{
    struct json *list = json_array();
    for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
        struct json *statement = has_statement(who, &statements[i]) ? statement_of(who, i) : NULL;
        if (statement)
            json_push(list, statement);
    }
    return list;
}

size_t rights_questions(const struct rights_for *who, struct right_question **out)
{
    size_t n = 0;
    *out = mem_calloc(QUESTIONS_MAX, sizeof **out);
    for (size_t i = 0; i < ARRAY_LEN(rights) && n < QUESTIONS_MAX; i++) {
        const struct statement *s = &statements[rights[i].statement];
        if (!(rights[i].flags & ASK) || !has_right(who, &rights[i]))
            continue;
        (*out)[n].action = rights[i].action;
        (*out)[n++].resource = filled(who, s->exact[rights[i].sample]);
    }
    return n;
}

void rights_questions_clear(struct right_question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(questions[i].resource);
    mem_free(questions);
}

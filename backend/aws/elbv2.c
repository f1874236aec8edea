// SPDX-License-Identifier: MIT
#include "backend/aws/elbv2.h"

#include <string.h>

#include "backend/base/mem.h"

void elb_balancer_clear(struct elb_balancer *b)
{
    char *all[] = {b->arn, b->dns_name, b->state, b->reason, b->vpc, b->groups, b->subnets};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    *b = (struct elb_balancer){0};
}

static char *joined(const struct xml_node *node, const char *items, const char *name)
{
    struct str out;
    str_init(&out, STR_LINE);
    for (const struct xml_node *n = xml_find(node, items); n; n = xml_next(n)) {
        if (out.len)
            str_addc(&out, ',');
        str_add(&out, xml_str_or(n, name, ""));
    }
    return str_take(&out);
}

static bool read_balancer(const struct xml_node *node, struct elb_balancer *out, struct err *err)
{
    *out = (struct elb_balancer){0};
    str_replace(&out->arn, xml_str(node, "LoadBalancerArn"));
    str_replace(&out->dns_name, xml_str(node, "DNSName"));
    str_replace(&out->state, xml_str(node, "State/Code"));
    str_replace(&out->reason, xml_str(node, "State/Reason"));
    str_replace(&out->vpc, xml_str(node, "VpcId"));
    out->groups = joined(node, "SecurityGroups/member", "");
    out->subnets = joined(node, "AvailabilityZones/member", "SubnetId");
    return out->arn || err_set(err, ERR_REMOTE, "the answer about the load balancer has no ARN");
}

static bool describe_balancer(struct aws_client *c, const char *parameter, const char *value,
                              struct elb_balancer *out, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_ELBV2, "DescribeLoadBalancers", AWS_READ, &answer, err, parameter,
                        value, NULL))
        return false;
    const struct xml_node *node =
        xml_find(xml_root(answer), "DescribeLoadBalancersResult/LoadBalancers/member");
    if (!node)
        return err_set(err, ERR_NOT_FOUND, "there is no load balancer %s", value);
    return read_balancer(node, out, err);
}

bool elb_find_balancer(struct aws_client *c, const char *name, struct elb_balancer *out,
                       struct err *err)
{
    return describe_balancer(c, "Names.member.1", name, out, err);
}

bool elb_get_balancer(struct aws_client *c, const char *arn, struct elb_balancer *out,
                      struct err *err)
{
    return describe_balancer(c, "LoadBalancerArns.member.1", arn, out, err);
}

static void add_members(struct aws_params *p, const char *name, const char *values)
{
    int n = 1;
    for (const char *from = values; *from; n++) {
        size_t length = strcspn(from, ",");
        AUTO_FREE char *value = mem_strndup(from, length);
        aws_param(p, value, "%s.member.%d", name, n);
        from += from[length] ? length + 1 : length;
    }
}

bool elb_create_balancer(struct aws_client *c, const char *name, const char *subnets,
                         const char *groups, const struct aws_tags *tags, struct elb_balancer *out,
                         struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, name, "Name");
    aws_param(&p, "application", "Type");
    aws_param(&p, "internal", "Scheme");
    aws_param(&p, "ipv4", "IpAddressType");
    add_members(&p, "Subnets", subnets);
    add_members(&p, "SecurityGroups", groups);
    aws_param_tags(&p, tags);
    XML_AUTO *answer = NULL;
    // Documented as idempotent: the same settings again return the existing one.
    if (!aws_query(c, AWS_ELBV2, "CreateLoadBalancer", &p, AWS_SAFE, &answer, err))
        return false;
    return read_balancer(
        xml_find(xml_root(answer), "CreateLoadBalancerResult/LoadBalancers/member"), out, err);
}

bool elb_set_balancer_attributes(struct aws_client *c, const char *arn, struct err *err)
{
    return aws_query_with(
        c, AWS_ELBV2, "ModifyLoadBalancerAttributes", AWS_SAFE, NULL, err, "LoadBalancerArn", arn,
        "Attributes.member.1.Key", "idle_timeout.timeout_seconds", "Attributes.member.1.Value",
        "60", "Attributes.member.2.Key", "routing.http.drop_invalid_header_fields.enabled",
        "Attributes.member.2.Value", "true", NULL);
}

bool elb_set_balancer_network(struct aws_client *c, const char *arn, const char *subnets,
                              const char *groups, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, arn, "LoadBalancerArn");
    add_members(&p, "Subnets", subnets);
    AWS_PARAMS_AUTO q = {0};
    aws_params_init(&q);
    aws_param(&q, arn, "LoadBalancerArn");
    add_members(&q, "SecurityGroups", groups);
    return aws_query(c, AWS_ELBV2, "SetSubnets", &p, AWS_SAFE, NULL, err) &&
           aws_query(c, AWS_ELBV2, "SetSecurityGroups", &q, AWS_SAFE, NULL, err);
}

bool elb_delete_balancer(struct aws_client *c, const char *arn, struct err *err)
{
    return aws_query_with(c, AWS_ELBV2, "DeleteLoadBalancer", AWS_SAFE, NULL, err,
                          "LoadBalancerArn", arn, NULL);
}

// The same check everywhere (facts aws.md 8, forest.md 2). A new target needs one success only, so
// the interval is what speeds a deployment; the timeout must stay below it.
static const struct {
    const char *name, *value;
} health_check[] = {
    {"HealthCheckProtocol", "HTTP"},     {"HealthCheckPort", "traffic-port"},
    {"HealthCheckIntervalSeconds", "5"}, {"HealthCheckTimeoutSeconds", "4"},
    {"HealthyThresholdCount", "2"},      {"UnhealthyThresholdCount", "3"},
    {"Matcher.HttpCode", "200"},
};

static void add_health_check(struct aws_params *p, const char *path)
{
    aws_param(p, path, "HealthCheckPath");
    for (size_t i = 0; i < ARRAY_LEN(health_check); i++)
        aws_param(p, health_check[i].value, "%s", health_check[i].name);
}

static bool has_health_check(const struct xml_node *group, const char *path)
{
    bool same = xml_is(group, "HealthCheckPath", path);
    for (size_t i = 0; i < ARRAY_LEN(health_check); i++) {
        bool code = str_eq(health_check[i].name, "Matcher.HttpCode");
        same = same && xml_is(group, code ? "Matcher/HttpCode" : health_check[i].name,
                              health_check[i].value);
    }
    return same;
}

void elb_target_group_clear(struct elb_target_group *g)
{
    mem_free(g->arn);
    mem_free(g->vpc);
    *g = (struct elb_target_group){0};
}

bool elb_find_target_group(struct aws_client *c, const char *name, const char *path,
                           struct elb_target_group *out, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_ELBV2, "DescribeTargetGroups", AWS_READ, &answer, err,
                        "Names.member.1", name, NULL))
        return false;
    const struct xml_node *node =
        xml_find(xml_root(answer), "DescribeTargetGroupsResult/TargetGroups/member");
    const char *arn = xml_str(node, "TargetGroupArn");
    if (!arn)
        return err_set(err, ERR_NOT_FOUND, "there is no target group %s", name);
    str_replace(&out->arn, arn);
    str_replace(&out->vpc, xml_str(node, "VpcId"));
    out->same_check = has_health_check(node, path);
    return true;
}

bool elb_set_health_check(struct aws_client *c, const char *target_group, const char *path,
                          struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, target_group, "TargetGroupArn");
    add_health_check(&p, path);
    return aws_query(c, AWS_ELBV2, "ModifyTargetGroup", &p, AWS_SAFE, NULL, err);
}

bool elb_create_target_group(struct aws_client *c, const struct elb_target_group_spec *spec,
                             const struct aws_tags *tags, char **out_arn, struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, spec->name, "Name");
    aws_param(&p, "HTTP", "Protocol");
    aws_param_int(&p, (long)spec->port, "Port");
    aws_param(&p, spec->vpc, "VpcId");
    aws_param(&p, "ip", "TargetType");
    aws_param(&p, "ipv4", "IpAddressType");
    add_health_check(&p, spec->path);
    aws_param_tags(&p, tags);
    XML_AUTO *answer = NULL;
    if (!aws_query(c, AWS_ELBV2, "CreateTargetGroup", &p, AWS_SAFE, &answer, err))
        return false;
    const char *arn =
        xml_str(xml_root(answer), "CreateTargetGroupResult/TargetGroups/member/TargetGroupArn");
    if (!arn)
        return err_set(err, ERR_REMOTE, "the answer to CreateTargetGroup has no ARN");
    *out_arn = mem_strdup(arn);
    return true;
}

bool elb_set_target_group_attributes(struct aws_client *c, const char *arn, struct err *err)
{
    return aws_query_with(c, AWS_ELBV2, "ModifyTargetGroupAttributes", AWS_SAFE, NULL, err,
                          "TargetGroupArn", arn, "Attributes.member.1.Key",
                          "deregistration_delay.timeout_seconds", "Attributes.member.1.Value", "30",
                          NULL);
}

bool elb_delete_target_group(struct aws_client *c, const char *arn, struct err *err)
{
    return aws_query_with(c, AWS_ELBV2, "DeleteTargetGroup", AWS_SAFE, NULL, err, "TargetGroupArn",
                          arn, NULL);
}

void elb_listener_clear(struct elb_listener *l)
{
    mem_free(l->arn);
    mem_free(l->target_group);
    *l = (struct elb_listener){0};
}

struct listener_search {
    long port;
    struct elb_listener *out;
};

static bool match_listener(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct listener_search *s = context;
    if (xml_long(node, "Port", 0) != s->port || s->out->arn)
        return true;
    str_replace(&s->out->arn, xml_str(node, "ListenerArn"));
    str_replace(&s->out->target_group, xml_str(node, "DefaultActions/member/TargetGroupArn"));
    return true;
}

bool elb_find_listener(struct aws_client *c, const char *balancer, long port,
                       struct elb_listener *out, struct err *err)
{
    *out = (struct elb_listener){0};
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, balancer, "LoadBalancerArn");
    struct listener_search search = {port, out};
    struct aws_listing listing = {.service = AWS_ELBV2,
                                  .action = "DescribeListeners",
                                  .params = &p,
                                  .items = "DescribeListenersResult/Listeners/member",
                                  .token_in = "Marker",
                                  .token_out = "DescribeListenersResult/NextMarker",
                                  .item = match_listener,
                                  .context = &search};
    return aws_list(c, &listing, err);
}

bool elb_create_listener(struct aws_client *c, const char *balancer, long port,
                         const char *target_group, const struct aws_tags *tags, char **out_arn,
                         struct err *err)
{
    AWS_PARAMS_AUTO p = {0};
    aws_params_init(&p);
    aws_param(&p, balancer, "LoadBalancerArn");
    aws_param(&p, "HTTP", "Protocol");
    aws_param_int(&p, port, "Port");
    aws_param(&p, "forward", "DefaultActions.member.1.Type");
    aws_param(&p, target_group, "DefaultActions.member.1.TargetGroupArn");
    aws_param_tags(&p, tags);
    XML_AUTO *answer = NULL;
    if (!aws_query(c, AWS_ELBV2, "CreateListener", &p, AWS_SAFE, &answer, err))
        return false;
    const char *arn =
        xml_str(xml_root(answer), "CreateListenerResult/Listeners/member/ListenerArn");
    if (!arn)
        return err_set(err, ERR_REMOTE, "the answer to CreateListener has no ARN");
    *out_arn = mem_strdup(arn);
    return true;
}

bool elb_modify_listener(struct aws_client *c, const char *listener, const char *target_group,
                         struct err *err)
{
    return aws_query_with(c, AWS_ELBV2, "ModifyListener", AWS_SAFE, NULL, err, "ListenerArn",
                          listener, "DefaultActions.member.1.Type", "forward",
                          "DefaultActions.member.1.TargetGroupArn", target_group, NULL);
}

bool elb_delete_listener(struct aws_client *c, const char *listener, struct err *err)
{
    return aws_query_with(c, AWS_ELBV2, "DeleteListener", AWS_SAFE, NULL, err, "ListenerArn",
                          listener, NULL);
}

bool elb_tag(struct aws_client *c, const char *arn, const char *key, char **out, struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_ELBV2, "DescribeTags", AWS_READ, &answer, err,
                        "ResourceArns.member.1", arn, NULL))
        return false;
    const struct xml_node *node =
        xml_find(xml_root(answer), "DescribeTagsResult/TagDescriptions/member");
    const char *value = aws_tag_in_xml(node, "Tags/member", "Key", "Value", key);
    *out = value ? mem_strdup(value) : NULL;
    return true;
}

bool elb_target_health(struct aws_client *c, const char *target_group,
                       bool (*each)(void *context, const struct elb_target *target), void *context,
                       struct err *err)
{
    XML_AUTO *answer = NULL;
    if (!aws_query_with(c, AWS_ELBV2, "DescribeTargetHealth", AWS_READ, &answer, err,
                        "TargetGroupArn", target_group, NULL))
        return false;
    const struct xml_node *n =
        xml_find(xml_root(answer), "DescribeTargetHealthResult/TargetHealthDescriptions/member");
    for (; n; n = xml_next(n)) {
        struct elb_target target = {.id = xml_str(n, "Target/Id"),
                                    .port = xml_str(n, "Target/Port"),
                                    .state = xml_str(n, "TargetHealth/State"),
                                    .reason = xml_str(n, "TargetHealth/Reason"),
                                    .description = xml_str(n, "TargetHealth/Description")};
        if (!each(context, &target))
            break;
    }
    return true;
}

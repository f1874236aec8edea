// SPDX-License-Identifier: MIT
// Rows of the way in: load balancer, HTTP API, and what references mean.
#include "backend/export/rows_private.h"

static const struct attribute balancer[] = {
    {"Name", "name", "Name", AS_TEXT, NULL},
    {"Scheme", "internal", "Scheme", AS_INTERNAL, NULL},
    {"Type", "load_balancer_type", "Type", AS_TEXT, NULL},
    {"IpAddressType", "ip_address_type", "IpAddressType", AS_TEXT, NULL},
    {"Subnets", "subnets", "Subnets", AS_VALUE, NULL},
    {"SecurityGroups", "security_groups", "SecurityGroups", AS_VALUE, NULL},
    {"Attributes/idle_timeout.timeout_seconds", "idle_timeout",
     "LoadBalancerAttributes[idle_timeout.timeout_seconds]", AS_NUMBER, NULL},
    {"Attributes/routing.http.drop_invalid_header_fields.enabled", "drop_invalid_header_fields",
     "LoadBalancerAttributes[routing.http.drop_invalid_header_fields.enabled]", AS_FLAG, NULL},
    {"LoadBalancerArn", NULL, NULL, AS_NOTHING, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute targets[] = {
    {"Name", "name", "Name", AS_TEXT, NULL},
    {"VpcId", "vpc_id", "VpcId", AS_TEXT, NULL},
    {"TargetType", "target_type", "TargetType", AS_TEXT, NULL},
    {"IpAddressType", "ip_address_type", "IpAddressType", AS_TEXT, NULL},
    {"Protocol", "protocol", "Protocol", AS_TEXT, NULL},
    {"Port", "port", "Port", AS_NUMBER, NULL},
    {"Attributes/deregistration_delay.timeout_seconds", "deregistration_delay",
     "TargetGroupAttributes[deregistration_delay.timeout_seconds]", AS_NUMBER, NULL},
    {"HealthCheckPath", "health_check.path", "HealthCheckPath", AS_TEXT, NULL},
    {"HealthCheckProtocol", "health_check.protocol", "HealthCheckProtocol", AS_TEXT, NULL},
    {"HealthCheckPort", "health_check.port", "HealthCheckPort", AS_TEXT, NULL},
    {"Matcher/HttpCode", "health_check.matcher", "Matcher.HttpCode", AS_TEXT, NULL},
    {"HealthCheckIntervalSeconds", "health_check.interval", "HealthCheckIntervalSeconds", AS_NUMBER,
     NULL},
    {"HealthCheckTimeoutSeconds", "health_check.timeout", "HealthCheckTimeoutSeconds", AS_NUMBER,
     NULL},
    {"HealthyThresholdCount", "health_check.healthy_threshold", "HealthyThresholdCount", AS_NUMBER,
     NULL},
    {"UnhealthyThresholdCount", "health_check.unhealthy_threshold", "UnhealthyThresholdCount",
     AS_NUMBER, NULL},
    {"TargetGroupArn", NULL, NULL, AS_NOTHING, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute listener[] = {
    {"LoadBalancerArn", "load_balancer_arn", "LoadBalancerArn", AS_TEXT, NULL},
    {"Protocol", "protocol", "Protocol", AS_TEXT, NULL},
    {"Port", "port", "Port", AS_NUMBER, NULL},
    {"DefaultActions/0/Type", "default_action.type", "DefaultActions.0.Type", AS_TEXT, NULL},
    {"DefaultActions/0/TargetGroupArn", "default_action.target_group_arn",
     "DefaultActions.0.TargetGroupArn", AS_TEXT, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute api[] = {
    {"name", "name", "Name", AS_TEXT, NULL},
    {"protocolType", "protocol_type", "ProtocolType", AS_TEXT, NULL},
    {"description", "description", "Description", AS_TEXT, NULL},
    {"tags", "tags", "Tags", AS_TAGS_MAP, NULL},
};
static const struct attribute link[] = {
    {"name", "name", "Name", AS_TEXT, NULL},
    {"subnetIds", "subnet_ids", "SubnetIds", AS_VALUE, NULL},
    {"securityGroupIds", "security_group_ids", "SecurityGroupIds", AS_VALUE, NULL},
    {"tags", "tags", "Tags", AS_TAGS_MAP, NULL},
};
static const struct attribute integration[] = {
    {"apiId", "api_id", "ApiId", AS_TEXT, NULL},
    {"description", "description", "Description", AS_TEXT, NULL},
    {"integrationType", "integration_type", "IntegrationType", AS_TEXT, NULL},
    {"integrationMethod", "integration_method", "IntegrationMethod", AS_TEXT, NULL},
    {"integrationUri", "integration_uri", "IntegrationUri", AS_TEXT, NULL},
    {"connectionType", "connection_type", "ConnectionType", AS_TEXT, NULL},
    {"connectionId", "connection_id", "ConnectionId", AS_TEXT, NULL},
    {"payloadFormatVersion", "payload_format_version", "PayloadFormatVersion", AS_TEXT, NULL},
    {"timeoutInMillis", "timeout_milliseconds", "TimeoutInMillis", AS_NUMBER, NULL},
};
static const struct attribute route[] = {
    {"apiId", "api_id", "ApiId", AS_TEXT, NULL},
    {"routeKey", "route_key", "RouteKey", AS_TEXT, NULL},
    {"target", "target", "Target", AS_TEXT, NULL},
    {"authorizationType", "authorization_type", "AuthorizationType", AS_TEXT, NULL},
};
static const struct attribute stage[] = {
    {"apiId", "api_id", "ApiId", AS_TEXT, NULL},
    {"stageName", "name", "StageName", AS_TEXT, NULL},
    {"autoDeploy", "auto_deploy", "AutoDeploy", AS_FLAG, NULL},
    {"tags", "tags", "Tags", AS_TAGS_MAP, NULL},
};

static const char *const balancer_skips[] = {
    "CKV_AWS_91",  "access logs need a bucket; API Gateway is in front and is the place for them",
    "CKV_AWS_150", "everything here can be made again; a lock would stand in the way of destroy",
    "CKV2_AWS_20", "plain HTTP between API Gateway's link and the task, inside private subnets",
    "CKV2_AWS_28", "internal: only the VPC link of the API reaches it",
    NULL};
static const char *const target_skips[] = {
    "CKV_AWS_378", "TLS ends at API Gateway; behind it are private subnets only", NULL};
static const char *const listener_skips[] = {
    "CKV_AWS_2", "TLS ends at API Gateway; behind it are private subnets only", "CKV_AWS_103",
    "TLS ends at API Gateway; behind it are private subnets only", NULL};
static const char *const route_skips[] = {
    "CKV_AWS_309", "the Forest Admin agent authenticates every request itself", NULL};
static const char *const stage_skips[] = {
    "CKV_AWS_76", "the backend logs its requests; access logs would be a second, paid copy", NULL};

const struct resource address_rows[] = {
    {.step = "load-balancer",
     .action = "CreateLoadBalancer",
     .also = {"ModifyLoadBalancerAttributes"},
     .file = "address.tf",
     .type = "aws_lb",
     .label = "main",
     .import = "{load-balancer.arn}",
     .cfn_type = "AWS::ElasticLoadBalancingV2::LoadBalancer",
     .cfn_name = "LoadBalancer",
     .cfn_import = "LoadBalancerArn={load-balancer.arn}",
     .skips = balancer_skips,
     ATTRIBUTES(balancer)},
    {.step = "target-group",
     .action = "CreateTargetGroup",
     .also = {"ModifyTargetGroupAttributes"},
     .file = "address.tf",
     .type = "aws_lb_target_group",
     .label = "backend",
     .import = "{target-group.arn}",
     .ignore = "lambda_multi_value_headers_enabled, proxy_protocol_v2",
     .ignore_why = "of other kinds of target groups: an import reads nothing for them",
     .cfn_type = "AWS::ElasticLoadBalancingV2::TargetGroup",
     .cfn_name = "TargetGroup",
     .cfn_import = "TargetGroupArn={target-group.arn}",
     .skips = target_skips,
     ATTRIBUTES(targets)},
    {.step = "listener",
     .action = "CreateListener",
     .file = "address.tf",
     .type = "aws_lb_listener",
     .label = "http",
     .import = "{listener.arn}",
     .cfn_type = "AWS::ElasticLoadBalancingV2::Listener",
     .cfn_name = "Listener",
     .cfn_import = "ListenerArn={listener.arn}",
     .skips = listener_skips,
     ATTRIBUTES(listener)},
    {.step = "api",
     .action = "CreateApi",
     .file = "address.tf",
     .type = "aws_apigatewayv2_api",
     .label = "main",
     .import = "{api.id}",
     .note = "No CORS configuration: with one, API Gateway would answer Forest's preflight itself.",
     .cfn_type = "AWS::ApiGatewayV2::Api",
     .cfn_name = "Api",
     .cfn_import = "ApiId={api.id}",
     ATTRIBUTES(api)},
    {.step = "vpc-link",
     .action = "CreateVpcLink",
     .file = "address.tf",
     .type = "aws_apigatewayv2_vpc_link",
     .label = "main",
     .import = "{vpc-link.id}",
     .cfn_type = "AWS::ApiGatewayV2::VpcLink",
     .cfn_name = "VpcLink",
     .cfn_import = "VpcLinkId={vpc-link.id}",
     ATTRIBUTES(link)},
    {.step = "integration",
     .action = "CreateIntegration",
     .file = "address.tf",
     .type = "aws_apigatewayv2_integration",
     .label = "backend",
     .import = "{api.id}/{integration.id}",
     .cfn_type = "AWS::ApiGatewayV2::Integration",
     .cfn_name = "Integration",
     .cfn_import = "ApiId={api.id}|IntegrationId={integration.id}",
     ATTRIBUTES(integration)},
    {.step = "route",
     .action = "CreateRoute",
     .file = "address.tf",
     .type = "aws_apigatewayv2_route",
     .label = "default",
     .import = "{api.id}/{route.id}",
     .cfn_type = "AWS::ApiGatewayV2::Route",
     .cfn_name = "Route",
     .cfn_import = "ApiId={api.id}|RouteId={route.id}",
     .skips = route_skips,
     ATTRIBUTES(route)},
    {.step = "stage",
     .action = "CreateStage",
     .file = "address.tf",
     .type = "aws_apigatewayv2_stage",
     .label = "default",
     .import = "{api.id}/$default",
     .cfn_type = "AWS::ApiGatewayV2::Stage",
     .cfn_name = "Stage",
     .cfn_import = "ApiId={api.id}|StageName=$default",
     .skips = stage_skips,
     ATTRIBUTES(stage)},
};
const size_t address_row_count = ARRAY_LEN(address_rows);

#define GROUP(which, cfn)                                                                          \
    {                                                                                              \
        which "-group.id", "aws_security_group." which ".id", "${" cfn ".GroupId}"                 \
    }
#define SUBNET(which, tf, cfn)                                                                     \
    {                                                                                              \
        "subnet-" which ".id", "aws_subnet." tf ".id", "${" cfn "}"                                \
    }

static const struct reference references[] = {
    {"vpc.id", "aws_vpc.main.id", "${Vpc}"},
    SUBNET("public-a", "public_a", "SubnetPublicA"),
    SUBNET("public-b", "public_b", "SubnetPublicB"),
    SUBNET("private-a", "private_a", "SubnetPrivateA"),
    SUBNET("private-b", "private_b", "SubnetPrivateB"),
    {"internet-gateway.id", "aws_internet_gateway.main.id", "${InternetGateway}"},
    {"nat-address.id", "aws_eip.nat.allocation_id", "${NatAddress.AllocationId}"},
    {"nat-gateway.id", "aws_nat_gateway.main.id", "${NatGateway}"},
    {"route-table-public.id", "aws_route_table.public.id", "${RouteTablePublic}"},
    {"route-table-private.id", "aws_route_table.private.id", "${RouteTablePrivate}"},
    {"zones.a", "var.availability_zone_ids[0]", "${ZoneA}"},
    {"zones.b", "var.availability_zone_ids[1]", "${ZoneB}"},
    {"network.vpc", "var.vpc_id", "${VpcId}"},
    {"network.subnets", "var.task_subnet_ids", "${TaskSubnetIds[]}"},
    {"network.alb_subnets", "var.balancer_subnet_ids", "${BalancerSubnetIds[]}"},
    {"network.link_subnets", "var.link_subnet_ids", "${LinkSubnetIds[]}"},
    GROUP("link", "GroupLink"),
    GROUP("alb", "GroupBalancer"),
    GROUP("task", "GroupTask"),
    {"exec-role.arn", "aws_iam_role.execution.arn", "${RoleExecution.Arn}"},
    {"exec-role.name", "aws_iam_role.execution.name", "${RoleExecution}"},
    {"task-role.arn", "aws_iam_role.task.arn", "${RoleTask.Arn}"},
    {"kms-key.arn", "aws_kms_key.main.arn", "${Key.Arn}"},
    {"kms-key.id", "aws_kms_key.main.key_id", "${Key}"},
    {"secret.arn", "aws_secretsmanager_secret.env.arn", "${Secret}"},
    {"secret.version", "local.secret_version", "${SecretVersion}"},
    {"forest_env_secret", "var.forest_env_secret", NULL},
    {"forest_auth_secret", "var.forest_auth_secret", NULL},
    {"postgresql_url", "var.postgresql_url", NULL},
    // GetAtt of a log group ends with ":*", which its users add themselves.
    {"log-group.arn", "aws_cloudwatch_log_group.backend.arn",
     "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${LogGroup}"},
    {"repository.arn", "aws_ecr_repository.backend.arn", "${Repository.Arn}"},
    {"repository.uri", "aws_ecr_repository.backend.repository_url", "${Repository.RepositoryUri}"},
    {"repository.name", "aws_ecr_repository.backend.name", "${Repository}"},
    {"image.digest", "var.image_digest", "${ImageDigest}"},
    {"load-balancer.arn", "aws_lb.main.arn", "${LoadBalancer}"},
    {"target-group.arn", "aws_lb_target_group.backend.arn", "${TargetGroup}"},
    {"listener.arn", "aws_lb_listener.http.arn", "${Listener}"},
    {"cluster.arn", "aws_ecs_cluster.main.arn", "${Cluster.Arn}"},
    {"cluster.name", "aws_ecs_cluster.main.name", "${Cluster}"},
    // Terraform reads a service's task definition as family:revision when it imports one.
    {"task-definition.arn", "local.task_definition", "${TaskDefinition}"},
    {"service.arn", "aws_ecs_service.backend.id", "${Service}"},
    {"service.resource", "\"service/${aws_ecs_cluster.main.name}/${aws_ecs_service.backend.name}\"",
     "service/${Cluster}/${Service.Name}"},
    {"scaling.namespace", "aws_appautoscaling_target.backend.service_namespace", NULL},
    {"scaling.resource", "aws_appautoscaling_target.backend.resource_id", "${ScalableTarget}"},
    {"scaling.dimension", "aws_appautoscaling_target.backend.scalable_dimension", NULL},
    {"api.id", "aws_apigatewayv2_api.main.id", "${Api}"},
    {"vpc-link.id", "aws_apigatewayv2_vpc_link.main.id", "${VpcLink}"},
    {"integration.id", "aws_apigatewayv2_integration.backend.id", "${Integration}"},
};

const struct reference *export_references(size_t *out_count)
{
    *out_count = ARRAY_LEN(references);
    return references;
}

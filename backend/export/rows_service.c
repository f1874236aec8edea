// SPDX-License-Identifier: MIT
// Rows of what runs: roles, key, secret, log, image repository, task, service, scaling.
#include "backend/export/rows_private.h"

static const struct attribute role[] = {
    {"RoleName", "name", "RoleName", AS_TEXT, NULL},
    {"Description", "description", "Description", AS_TEXT, NULL},
    {"AssumeRolePolicyDocument", "assume_role_policy", "AssumeRolePolicyDocument", AS_DOCUMENT,
     NULL},
    {"PermissionsBoundary", "permissions_boundary", "PermissionsBoundary", AS_TEXT, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute role_policy[] = {
    {"PolicyName", "name", "PolicyName", AS_TEXT, NULL},
    {"RoleName", "role", "RoleName", AS_KNOWN, "exec-role.name"},
    {"PolicyDocument", "policy", "PolicyDocument", AS_DOCUMENT, NULL},
};
static const struct attribute key[] = {
    {"Description", "description", "Description", AS_TEXT, NULL},
    {"KeyId", NULL, NULL, AS_NOTHING, NULL},
    {"EnableKeyRotation", "enable_key_rotation", "EnableKeyRotation", AS_FLAG, NULL},
    {"Policy", "policy", "KeyPolicy", AS_DOCUMENT, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute alias[] = {
    {"AliasName", "name", "AliasName", AS_TEXT, NULL},
    {"TargetKeyId", "target_key_id", "TargetKeyId", AS_KNOWN, "kms-key.id"},
};
static const struct attribute secret[] = {
    {"Name", "name", "Name", AS_TEXT, NULL},
    {"Description", "description", "Description", AS_TEXT, NULL},
    {"KmsKeyId", "kms_key_id", "KmsKeyId", AS_TEXT, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute log_group[] = {
    {"logGroupName", "name", "LogGroupName", AS_TEXT, NULL},
    {"retentionInDays", "retention_in_days", "RetentionInDays", AS_NUMBER, NULL},
    {"kmsKeyId", "kms_key_id", "KmsKeyId", AS_TEXT, NULL},
    {"tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute repository[] = {
    {"repositoryName", "name", "RepositoryName", AS_TEXT, NULL},
    {"imageTagMutability", "image_tag_mutability", "ImageTagMutability", AS_TEXT, NULL},
    {"encryptionConfiguration/encryptionType", "encryption_configuration.encryption_type",
     "EncryptionConfiguration.EncryptionType", AS_TEXT, NULL},
    {"encryptionConfiguration/kmsKey", "encryption_configuration.kms_key",
     "EncryptionConfiguration.KmsKey", AS_TEXT, NULL},
    {"imageScanningConfiguration/scanOnPush", "image_scanning_configuration.scan_on_push",
     "ImageScanningConfiguration.ScanOnPush", AS_FLAG, NULL},
    {"lifecyclePolicyText", NULL, "LifecyclePolicy.LifecyclePolicyText", AS_TEXT, NULL},
    {"tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute lifecycle[] = {
    {"repositoryName", "repository", NULL, AS_KNOWN, "repository.name"},
    {"lifecyclePolicyText", "policy", NULL, AS_DOCUMENT, NULL},
};
static const struct attribute cluster[] = {
    {"clusterName", "name", "ClusterName", AS_TEXT, NULL},
    {"settings/0/name", "setting.name", "ClusterSettings.0.Name", AS_TEXT, NULL},
    {"settings/0/value", "setting.value", "ClusterSettings.0.Value", AS_TEXT, NULL},
    {"capacityProviders", NULL, "CapacityProviders", AS_VALUE, NULL},
    {"defaultCapacityProviderStrategy/0/capacityProvider", NULL,
     "DefaultCapacityProviderStrategy.0.CapacityProvider", AS_TEXT, NULL},
    {"defaultCapacityProviderStrategy/0/base", NULL, "DefaultCapacityProviderStrategy.0.Base",
     AS_NUMBER, NULL},
    {"defaultCapacityProviderStrategy/0/weight", NULL, "DefaultCapacityProviderStrategy.0.Weight",
     AS_NUMBER, NULL},
    {"tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute providers[] = {
    {"clusterName", "cluster_name", NULL, AS_KNOWN, "cluster.name"},
    {"capacityProviders", "capacity_providers", NULL, AS_VALUE, NULL},
    {"defaultCapacityProviderStrategy/0/capacityProvider",
     "default_capacity_provider_strategy.capacity_provider", NULL, AS_TEXT, NULL},
    {"defaultCapacityProviderStrategy/0/base", "default_capacity_provider_strategy.base", NULL,
     AS_NUMBER, NULL},
    {"defaultCapacityProviderStrategy/0/weight", "default_capacity_provider_strategy.weight", NULL,
     AS_NUMBER, NULL},
    {"settings", NULL, NULL, AS_NOTHING, NULL},
    {"tags", NULL, NULL, AS_NOTHING, NULL},
};
static const struct attribute definition[] = {
    {"family", "family", "Family", AS_TEXT, NULL},
    {"requiresCompatibilities", "requires_compatibilities", "RequiresCompatibilities", AS_VALUE,
     NULL},
    {"networkMode", "network_mode", "NetworkMode", AS_TEXT, NULL},
    {"cpu", "cpu", "Cpu", AS_TEXT, NULL},
    {"memory", "memory", "Memory", AS_TEXT, NULL},
    {"executionRoleArn", "execution_role_arn", "ExecutionRoleArn", AS_TEXT, NULL},
    {"taskRoleArn", "task_role_arn", "TaskRoleArn", AS_TEXT, NULL},
    {"runtimePlatform/cpuArchitecture", "runtime_platform.cpu_architecture",
     "RuntimePlatform.CpuArchitecture", AS_TEXT, NULL},
    {"runtimePlatform/operatingSystemFamily", "runtime_platform.operating_system_family",
     "RuntimePlatform.OperatingSystemFamily", AS_TEXT, NULL},
    {"containerDefinitions", "container_definitions", "ContainerDefinitions", AS_DOCUMENT, NULL},
    {"tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute service[] = {
    {"serviceName", "name", "ServiceName", AS_TEXT, NULL},
    {"cluster", "cluster", "Cluster", AS_TEXT, NULL},
    {"taskDefinition", "task_definition", "TaskDefinition", AS_TEXT, NULL},
    {"desiredCount", "desired_count", "DesiredCount", AS_NUMBER, NULL},
    {"platformVersion", "platform_version", "PlatformVersion", AS_TEXT, NULL},
    {"propagateTags", "propagate_tags", "PropagateTags", AS_TEXT, NULL},
    {"enableECSManagedTags", "enable_ecs_managed_tags", "EnableECSManagedTags", AS_FLAG, NULL},
    {"enableExecuteCommand", "enable_execute_command", "EnableExecuteCommand", AS_FLAG, NULL},
    {"healthCheckGracePeriodSeconds", "health_check_grace_period_seconds",
     "HealthCheckGracePeriodSeconds", AS_NUMBER, NULL},
    {"deploymentConfiguration/minimumHealthyPercent", "deployment_minimum_healthy_percent",
     "DeploymentConfiguration.MinimumHealthyPercent", AS_NUMBER, NULL},
    {"deploymentConfiguration/maximumPercent", "deployment_maximum_percent",
     "DeploymentConfiguration.MaximumPercent", AS_NUMBER, NULL},
    {"deploymentConfiguration/deploymentCircuitBreaker/enable", "deployment_circuit_breaker.enable",
     "DeploymentConfiguration.DeploymentCircuitBreaker.Enable", AS_FLAG, NULL},
    {"deploymentConfiguration/deploymentCircuitBreaker/rollback",
     "deployment_circuit_breaker.rollback",
     "DeploymentConfiguration.DeploymentCircuitBreaker.Rollback", AS_FLAG, NULL},
    {"capacityProviderStrategy/0/capacityProvider", "capacity_provider_strategy.capacity_provider",
     "CapacityProviderStrategy.0.CapacityProvider", AS_TEXT, NULL},
    {"capacityProviderStrategy/0/base", "capacity_provider_strategy.base",
     "CapacityProviderStrategy.0.Base", AS_NUMBER, NULL},
    {"capacityProviderStrategy/0/weight", "capacity_provider_strategy.weight",
     "CapacityProviderStrategy.0.Weight", AS_NUMBER, NULL},
    {"networkConfiguration/awsvpcConfiguration/subnets", "network_configuration.subnets",
     "NetworkConfiguration.AwsvpcConfiguration.Subnets", AS_VALUE, NULL},
    {"networkConfiguration/awsvpcConfiguration/securityGroups",
     "network_configuration.security_groups",
     "NetworkConfiguration.AwsvpcConfiguration.SecurityGroups", AS_VALUE, NULL},
    {"networkConfiguration/awsvpcConfiguration/assignPublicIp",
     "network_configuration.assign_public_ip",
     "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp", AS_SWITCH, NULL},
    {"loadBalancers/0/targetGroupArn", "load_balancer.target_group_arn",
     "LoadBalancers.0.TargetGroupArn", AS_TEXT, NULL},
    {"loadBalancers/0/containerName", "load_balancer.container_name",
     "LoadBalancers.0.ContainerName", AS_TEXT, NULL},
    {"loadBalancers/0/containerPort", "load_balancer.container_port",
     "LoadBalancers.0.ContainerPort", AS_NUMBER, NULL},
    {"tags", "tags", "Tags", AS_TAGS, NULL},
};
static const struct attribute target[] = {
    {"ServiceNamespace", "service_namespace", "ServiceNamespace", AS_TEXT, NULL},
    {"ResourceId", "resource_id", "ResourceId", AS_KNOWN, "service.resource"},
    {"ScalableDimension", "scalable_dimension", "ScalableDimension", AS_TEXT, NULL},
    {"MinCapacity", "min_capacity", "MinCapacity", AS_NUMBER, NULL},
    {"MaxCapacity", "max_capacity", "MaxCapacity", AS_NUMBER, NULL},
    {"Tags", "tags", "Tags", AS_TAGS, NULL},
};
#define TRACKING      "TargetTrackingScalingPolicyConfiguration"
#define TRACKING_TF   "target_tracking_scaling_policy_configuration."
#define PREDEFINED    "PredefinedMetricSpecification"
#define PREDEFINED_TF "predefined_metric_specification."
static const struct attribute policy[] = {
    {"PolicyName", "name", "PolicyName", AS_TEXT, NULL},
    {"PolicyType", "policy_type", "PolicyType", AS_TEXT, NULL},
    {"ServiceNamespace", "service_namespace", NULL, AS_KNOWN, "scaling.namespace"},
    {"ResourceId", "resource_id", "ScalingTargetId", AS_KNOWN, "scaling.resource"},
    {"ScalableDimension", "scalable_dimension", NULL, AS_KNOWN, "scaling.dimension"},
    {TRACKING "/TargetValue", TRACKING_TF "target_value", TRACKING ".TargetValue", AS_NUMBER, NULL},
    {TRACKING "/ScaleInCooldown", TRACKING_TF "scale_in_cooldown", TRACKING ".ScaleInCooldown",
     AS_NUMBER, NULL},
    {TRACKING "/ScaleOutCooldown", TRACKING_TF "scale_out_cooldown", TRACKING ".ScaleOutCooldown",
     AS_NUMBER, NULL},
    {TRACKING "/" PREDEFINED "/PredefinedMetricType",
     TRACKING_TF PREDEFINED_TF "predefined_metric_type",
     TRACKING "." PREDEFINED ".PredefinedMetricType", AS_TEXT, NULL},
};

#define STATE_ONLY "known to the state only: an import reads nothing for it"

#define ROLE(which, tf, cfn)                                                                       \
    {                                                                                              \
        .step = which, .action = "CreateRole", .file = "permissions.tf", .type = "aws_iam_role",   \
        .label = tf, .import = "{" which ".name}", .cfn_type = "AWS::IAM::Role", .cfn_name = cfn,  \
        .cfn_import = "RoleName={" which ".name}", ATTRIBUTES(role)                                \
    }

static const char *const key_skips[] = {
    "CKV_AWS_33", "kms:* is given to the account itself, whose IAM policies decide", NULL};
static const char *const secret_skips[] = {
    "CKV2_AWS_57", "the values come from Forest Admin and the database; nothing rotates them",
    "CKV_AWS_149", "a key of the customer's own is an option (options.kms_key)", NULL};
static const char *const log_skips[] = {
    "CKV_AWS_158", "a key of the customer's own is an option (options.kms_key)", "CKV_AWS_338",
    "how long logs are kept is an answer (options.log_days)", NULL};
static const char *const repository_skips[] = {
    "CKV_AWS_136", "a key of the customer's own is an option (options.kms_key)", NULL};
static const char *const cluster_skips[] = {
    "CKV_AWS_65", "Container Insights costs by metric and is not needed for one service", NULL};
static const char *const definition_skips[] = {
    "CKV_AWS_336", "Node writes temporary files; the disk of a task lives as long as the task",
    NULL};
static const char *const service_skips[] = {
    "CKV_AWS_332", "LATEST is the newest platform; a number would be an old one", NULL};

const struct resource service_rows[] = {
    ROLE("exec-role", "execution", "RoleExecution"),
    ROLE("task-role", "task", "RoleTask"),
    {.step = "exec-policy",
     .action = "PutRolePolicy",
     .file = "permissions.tf",
     .type = "aws_iam_role_policy",
     .label = "execution",
     .import = "{exec-role.name}:forestadmin",
     .cfn_type = "AWS::IAM::RolePolicy",
     .cfn_name = "RoleExecutionPolicy",
     .cfn_import = "PolicyName=forestadmin|RoleName={exec-role.name}",
     ATTRIBUTES(role_policy)},
    {.step = "kms-key",
     .action = "CreateKey",
     .also = {"EnableKeyRotation"},
     .file = "secret.tf",
     .type = "aws_kms_key",
     .label = "main",
     .import = "{kms-key.id}",
     .ignore = "bypass_policy_lockout_safety_check, deletion_window_in_days",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::KMS::Key",
     .cfn_name = "Key",
     .cfn_import = "KeyId={kms-key.id}",
     .skips = key_skips,
     ATTRIBUTES(key)},
    {.step = "kms-key",
     .action = "CreateAlias",
     .file = "secret.tf",
     .type = "aws_kms_alias",
     .label = "main",
     .import = "{kms-key.alias}",
     .cfn_type = "AWS::KMS::Alias",
     .cfn_name = "KeyAlias",
     .cfn_import = "AliasName={kms-key.alias}",
     ATTRIBUTES(alias)},
    {.step = "secret",
     .action = "CreateSecret",
     .file = "secret.tf",
     .type = "aws_secretsmanager_secret",
     .label = "env",
     .import = "{secret.arn}",
     .ignore = "force_overwrite_replica_secret, recovery_window_in_days",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::SecretsManager::Secret",
     .cfn_name = "Secret",
     .cfn_import = "Id={secret.arn}",
     .skips = secret_skips,
     ATTRIBUTES(secret)},
    {.step = "log-group",
     .action = "CreateLogGroup",
     .also = {"PutRetentionPolicy"},
     .file = "service.tf",
     .type = "aws_cloudwatch_log_group",
     .label = "backend",
     .import = "{log-group.name}",
     .ignore = "skip_destroy",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::Logs::LogGroup",
     .cfn_name = "LogGroup",
     .cfn_import = "LogGroupName={log-group.name}",
     .skips = log_skips,
     ATTRIBUTES(log_group)},
    {.step = "repository",
     .action = "CreateRepository",
     .also = {"PutLifecyclePolicy"},
     .file = "image.tf",
     .type = "aws_ecr_repository",
     .label = "backend",
     .import = "{repository.name}",
     .ignore = "force_delete",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::ECR::Repository",
     .cfn_name = "Repository",
     .cfn_import = "RepositoryName={repository.name}",
     .skips = repository_skips,
     ATTRIBUTES(repository)},
    {.step = "repository",
     .action = "PutLifecyclePolicy",
     .file = "image.tf",
     .type = "aws_ecr_lifecycle_policy",
     .label = "backend",
     .import = "{repository.name}",
     ATTRIBUTES(lifecycle)},
    {.step = "cluster",
     .action = "CreateCluster",
     .file = "service.tf",
     .type = "aws_ecs_cluster",
     .label = "main",
     .import = "{cluster.name}",
     .cfn_type = "AWS::ECS::Cluster",
     .cfn_name = "Cluster",
     .cfn_import = "ClusterName={cluster.name}",
     .skips = cluster_skips,
     ATTRIBUTES(cluster)},
    {.step = "cluster",
     .action = "CreateCluster",
     .file = "service.tf",
     .type = "aws_ecs_cluster_capacity_providers",
     .label = "main",
     .import = "{cluster.name}",
     ATTRIBUTES(providers)},
    {.step = "task-definition",
     .action = "RegisterTaskDefinition",
     .file = "service.tf",
     .type = "aws_ecs_task_definition",
     .label = "backend",
     .import = "{task-definition.arn}",
     .ignore = "skip_destroy, track_latest",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::ECS::TaskDefinition",
     .cfn_name = "TaskDefinition",
     .cfn_import = "TaskDefinitionArn={task-definition.arn}",
     .skips = definition_skips,
     ATTRIBUTES(definition)},
    {.step = "service",
     .action = "CreateService",
     .file = "service.tf",
     .type = "aws_ecs_service",
     .label = "backend",
     .import = "{cluster.name}/{service.name}",
     .ignore = "wait_for_steady_state",
     .ignore_why = STATE_ONLY,
     .cfn_type = "AWS::ECS::Service",
     .cfn_name = "Service",
     .cfn_import = "ServiceArn={service.arn}|Cluster={cluster.arn}",
     .skips = service_skips,
     .depends = "aws_ecs_cluster_capacity_providers.main,aws_iam_role_policy.execution,"
                "aws_lb_listener.http,aws_route.private,aws_route_table_association.private_a,"
                "aws_route_table_association.private_b,"
                "aws_vpc_security_group_egress_rule.task_https,"
                "aws_vpc_security_group_egress_rule.task_database,"
                "aws_vpc_security_group_ingress_rule.task_in",
     .cfn_depends = "Listener,RoleExecutionPolicy,RuleTaskHttps",
     ATTRIBUTES(service)},
    {.step = "scaling",
     .action = "RegisterScalableTarget",
     .file = "service.tf",
     .type = "aws_appautoscaling_target",
     .label = "backend",
     .import = "ecs/{service.resource}/ecs:service:DesiredCount",
     .cfn_type = "AWS::ApplicationAutoScaling::ScalableTarget",
     .cfn_name = "ScalableTarget",
     .cfn_import = "ResourceId={service.resource}|ScalableDimension=ecs:service:DesiredCount|"
                   "ServiceNamespace=ecs",
     ATTRIBUTES(target)},
    {.step = "scaling",
     .action = "PutScalingPolicy",
     .file = "service.tf",
     .type = "aws_appautoscaling_policy",
     .label = "cpu",
     .import = "ecs/{service.resource}/ecs:service:DesiredCount/{scaling.name}",
     .cfn_type = "AWS::ApplicationAutoScaling::ScalingPolicy",
     .cfn_name = "ScalingPolicy",
     .cfn_import = "Arn={scaling.policy}|ScalableDimension=ecs:service:DesiredCount",
     ATTRIBUTES(policy)},
};
const size_t service_row_count = ARRAY_LEN(service_rows);

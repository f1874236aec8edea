# SPDX-License-Identifier: MIT
"""More rows of planted.py: IAM, KMS, Secrets Manager, logs, ECR, API Gateway, ECS, scaling and the tagging API."""

import json

from changes import (
    again,
    at,
    container,
    drop,
    field,
    inside,
    pairs,
    put,
    within,
)
from saboteur import Bug

UUID = "12345678-1234-1234-1234-123456789012"
KEY = f"arn:aws:kms:eu-west-3:123456789012:key/{UUID}"
FIFTY_ONE = [f"k{i}" for i in range(51)]
OWN = ["aws:x"]
NOT_JSON = "{not json"
NO_TAGS = json.dumps({"rules": [{"rulePriority": 1, "action": {"type": "expire"}, "selection": {
    "tagStatus": "tagged", "countType": "imageCountMoreThan", "countNumber": 5}}]})
NO_GROUP = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/x/0123456789abcdef"
NO_SECRET = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:none-abcdef"
NO_ROLE = "arn:aws:iam::123456789012:role/nobody"


def trust(**statement):
    whole = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    left = {k: v for k, v in (whole | statement).items() if v is not None}
    return put(AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [left]}))


def policy(name="PolicyDocument", **statement):
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | statement
    return field(name, json.dumps({"Version": "2012-10-17", "Statement": [whole]}))


IAM = [
    Bug("iam.CreateRole", "a trust that is no JSON", put(AssumeRolePolicyDocument=NOT_JSON),
        "MalformedPolicyDocument"),
    Bug("iam.CreateRole", "a trust without a principal", trust(Principal=None), "MalformedPolicyDocument"),
    Bug("iam.CreateRole", "a trust in a service that does not exist", trust(
        Principal={"Service": "ecs-task.amazonaws.com"}), "MalformedPolicyDocument"),
    Bug("iam.CreateRole", "a name too long", put(RoleName="x" * 65), "ValidationError"),
    Bug("iam.CreateRole", "AWS's own path", put(Path="/aws-service-role/x/"),
        "InvalidInput ValidationError AccessDenied"),
    Bug("iam.CreateRole", "a boundary that is not there", put(
        PermissionsBoundary="arn:aws:iam::123456789012:policy/none"), "NoSuchEntity InvalidInput"),
    Bug("iam.CreateRole", "a tag of AWS's own", field("Tags.member.1.Key", "aws:x"), "InvalidInput"),
    Bug("iam.CreateRole", "made twice", again, "EntityAlreadyExists", after=True),
    Bug("iam.CreateRole", "made twice, in capitals", lambda body, _: body | {"RoleName": body["RoleName"].upper()},
        "EntityAlreadyExists", after=True),
    Bug("iam.PutRolePolicy", "a policy that is no JSON", put(PolicyDocument=NOT_JSON), "MalformedPolicyDocument"),
    Bug("iam.PutRolePolicy", "a policy for somebody", policy(Principal="*"), "MalformedPolicyDocument"),
    Bug("iam.PutRolePolicy", "an action without its service", policy(Action="GetObject"), "MalformedPolicyDocument"),
    Bug("iam.PutRolePolicy", "an ARN of four parts", policy(Resource="arn:aws:s3"), "MalformedPolicyDocument"),
    Bug("iam.PutRolePolicy", "10241 characters", policy(Resource=[f"arn:aws:s3:::{i:0200}" for i in range(60)]),
        "LimitExceeded"),
    Bug("iam.PutRolePolicy", "a role that is not there", put(RoleName="nobody"), "NoSuchEntity"),
    Bug("iam.PutRolePolicy", "a role of AWS's own", put(RoleName="AWSServiceRoleForECS"), "UnmodifiableEntity"),
    Bug("iam.DeleteRolePolicy", "deleted twice", again, "NoSuchEntity", after=True),
    Bug("iam.DeleteRole", "deleted twice", again, "NoSuchEntity", after=True),
    Bug("iam.GetRole", "a role that is not there", put(RoleName="nobody"), "NoSuchEntity"),
]  # fmt: skip

KMS = [
    Bug("kms.CreateKey", "a policy that locks its owner out", policy("Policy", Principal={
        "Service": "logs.amazonaws.com"}, Action="kms:Encrypt"), "MalformedPolicyDocumentException"),
    Bug("kms.CreateKey", "a role that is not there yet", policy("Policy", Principal={"AWS": [
        "arn:aws:iam::123456789012:root", NO_ROLE]}, Action="kms:*"), "MalformedPolicyDocumentException"),
    Bug("kms.CreateKey", "a symmetric key that signs", put(KeyUsage="SIGN_VERIFY"), "ValidationException"),
    Bug("kms.CreateKey", "a tag twice", pairs("Tags", "TagKey", "TagValue", ["a", "a"]), "TagException"),
    Bug("kms.CreateKey", "a tag of AWS's own", pairs("Tags", "TagKey", "TagValue", OWN), "TagException"),
    Bug("kms.CreateAlias", "AWS's own name", put(AliasName="alias/aws/mine"), "NotAuthorizedException"),
    Bug("kms.CreateAlias", "no name", put(AliasName="alias/"), "InvalidAliasNameException ValidationException"),
    Bug("kms.CreateAlias", "a key that is not there", put(TargetKeyId=UUID), "NotFoundException"),
    Bug("kms.CreateAlias", "made twice", again, "AlreadyExistsException", after=True),
    Bug("kms.EnableKeyRotation", "a key that is not there", put(KeyId=UUID), "NotFoundException"),
    Bug("kms.EnableKeyRotation", "another region's key", put(KeyId=KEY.replace("eu-west-3", "eu-west-1")),
        "NotFoundException"),
    Bug("kms.EnableKeyRotation", "every 89 days", put(RotationPeriodInDays=89), "ValidationException"),
    Bug("kms.ScheduleKeyDeletion", "in six days", put(PendingWindowInDays=6), "ValidationException"),
    Bug("kms.ScheduleKeyDeletion", "twice", again, "KMSInvalidStateException", after=True),
    Bug("kms.DeleteAlias", "AWS's own name", put(AliasName="alias/aws/secretsmanager"), "NotAuthorizedException"),
    Bug("kms.DeleteAlias", "deleted twice", again, "NotFoundException", after=True),
]  # fmt: skip

STORES = [
    Bug("secretsmanager.CreateSecret", "no token", drop("ClientRequestToken"), "InvalidParameterException"),
    Bug("secretsmanager.CreateSecret", "a name with a space", put(Name="a b"), "ValidationException"),
    Bug("secretsmanager.CreateSecret", "text and bytes", put(SecretBinary="eA=="), "InvalidParameterException"),
    Bug("secretsmanager.CreateSecret", "a key that is not there", put(KmsKeyId=KEY),
        "InvalidRequestException EncryptionFailure"),
    Bug("secretsmanager.CreateSecret", "51 tags", pairs("Tags", "Key", "Value", FIFTY_ONE),
        "InvalidParameterException"),
    Bug("secretsmanager.CreateSecret", "a tag of AWS's own", pairs("Tags", "Key", "Value", OWN),
        "InvalidParameterException"),
    Bug("secretsmanager.CreateSecret", "the same token, another value", put(SecretString="other"),
        "ResourceExistsException", after=True),
    Bug("secretsmanager.CreateSecret", "made twice", put(ClientRequestToken="0" * 32),
        "ResourceExistsException", after=True),
    Bug("secretsmanager.PutSecretValue", "no token", drop("ClientRequestToken"), "InvalidParameterException"),
    Bug("secretsmanager.PutSecretValue", "a secret that is not there", put(SecretId=NO_SECRET),
        "ResourceNotFoundException"),
    Bug("secretsmanager.PutSecretValue", "the same token, another value", put(SecretString="other"),
        "ResourceExistsException", after=True),
    Bug("secretsmanager.GetSecretValue", "a label of no version", put(VersionStage="NONE"),
        "ResourceNotFoundException"),
    Bug("secretsmanager.DeleteSecret", "in six days", put(RecoveryWindowInDays=6), "InvalidParameterException"),
    Bug("secretsmanager.DeleteSecret", "at once and in seven days", put(
        RecoveryWindowInDays=7, ForceDeleteWithoutRecovery=True), "InvalidParameterException"),
    Bug("logs.CreateLogGroup", "AWS's own name", put(logGroupName="aws/x"), "InvalidParameterException"),
    Bug("logs.CreateLogGroup", "a name with a space", put(logGroupName="a b"), "InvalidParameterException"),
    Bug("logs.CreateLogGroup", "a key by its alias", put(kmsKeyId="alias/x"), "InvalidParameterException"),
    Bug("logs.CreateLogGroup", "51 tags", put(tags=dict.fromkeys(FIFTY_ONE, "x")), "InvalidParameterException"),
    Bug("logs.CreateLogGroup", "made twice", again, "ResourceAlreadyExistsException", after=True),
    Bug("logs.PutRetentionPolicy", "31 days", put(retentionInDays=31), "InvalidParameterException"),
    Bug("logs.PutRetentionPolicy", "a group that is not there", put(logGroupName="none"),
        "ResourceNotFoundException"),
    Bug("logs.DescribeLogGroups", "a prefix and a pattern", put(logGroupNamePrefix="/e", logGroupNamePattern="e"),
        "InvalidParameterException"),
    Bug("logs.DescribeLogGroups", "51 of them", put(limit=51), "InvalidParameterException"),
    Bug("logs.FilterLogEvents", "a group that is not there", put(logGroupName="none"), "ResourceNotFoundException"),
    Bug("logs.FilterLogEvents", "streams by name and by prefix", put(
        logStreamNames=["a"], logStreamNamePrefix="a"), "InvalidParameterException"),
    Bug("logs.ListTagsForResource", "the ARN with its star", lambda body, _: body | {
        "resourceArn": body["resourceArn"] + ":*"}, "InvalidParameterException ResourceNotFoundException "
        "ValidationException"),
    Bug("logs.ListTagsForResource", "a group that is not there", lambda body, _: body | {
        "resourceArn": body["resourceArn"].rpartition(":")[0] + ":none"}, "ResourceNotFoundException"),
    Bug("logs.DeleteLogGroup", "deleted twice", again, "ResourceNotFoundException", after=True),
    Bug("ecr.CreateRepository", "a name in capitals", put(repositoryName="Forest"), "InvalidParameterException"),
    Bug("ecr.CreateRepository", "a key that is not there", put(
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": KEY}), "KmsException"),
    Bug("ecr.CreateRepository", "51 tags", pairs("tags", "Key", "Value", FIFTY_ONE), "TooManyTagsException"),
    Bug("ecr.CreateRepository", "a tag of AWS's own", pairs("tags", "Key", "Value", OWN),
        "InvalidTagParameterException"),
    Bug("ecr.CreateRepository", "made twice", again, "RepositoryAlreadyExistsException", after=True),
    Bug("ecr.PutLifecyclePolicy", "a policy that is no JSON", put(lifecyclePolicyText=NOT_JSON * 20),
        "InvalidParameterException"),
    Bug("ecr.PutLifecyclePolicy", "no rule", put(lifecyclePolicyText=json.dumps({"rules": []}).ljust(100)),
        "InvalidParameterException"),
    Bug("ecr.DescribeRepositories", "by name and in pages", put(maxResults=5), "InvalidParameterException"),
    Bug("ecr.DescribeRepositories", "in another's registry", put(registryId="210987654321"),
        "RepositoryNotFoundException"),
    Bug("ecr.PutLifecyclePolicy", "tagged images without tags", put(lifecyclePolicyText=NO_TAGS),
        "InvalidParameterException"),
    Bug("ecr.PutLifecyclePolicy", "a repository that is not there", put(repositoryName="none"),
        "RepositoryNotFoundException"),
    Bug("ecr.DeleteRepository", "with its images, not forced", drop("force"), "RepositoryNotEmptyException"),
    Bug("ecr.DeleteRepository", "deleted twice", again, "RepositoryNotFoundException", after=True),
    Bug("resourcegroupstaggingapi.GetResources", "101 a page", put(ResourcesPerPage=101),
        "InvalidParameterException"),
    Bug("resourcegroupstaggingapi.GetResources", "a token of its own", put(PaginationToken="x"),
        "PaginationTokenExpiredException InvalidParameterException"),
    Bug("resourcegroupstaggingapi.GetResources", "by tags and by ARNs", put(ResourceARNList=[KEY]),
        "InvalidParameterException"),
    Bug("rds.DescribeDBInstances", "19 a page", put(MaxRecords="19"), "InvalidParameterValue"),
]  # fmt: skip

BAD = "BadRequestException"
API = [
    Bug("apigatewayv2.CreateApi", "no name", put(name=""), BAD),
    Bug("apigatewayv2.CreateApi", "a protocol that does not exist", put(protocolType="GOPHER"), BAD),
    Bug("apigatewayv2.CreateApi", "a key for WebSockets", put(apiKeySelectionExpression="$x"), BAD),
    Bug("apigatewayv2.CreateApi", "a target that is none", put(target="somewhere"), BAD),
    Bug("apigatewayv2.CreateApi", "51 tags", put(tags=dict.fromkeys(FIFTY_ONE, "x")), BAD),
    Bug("apigatewayv2.CreateApi", "a tag of AWS's own", put(tags={"aws:x": "x"}), BAD),
    Bug("apigatewayv2.CreateVpcLink", "a subnet that is not there", put(subnetIds=["subnet-0123456789abcdef0"]), BAD),
    Bug("apigatewayv2.CreateVpcLink", "no subnets", put(subnetIds=[]), BAD),
    Bug("apigatewayv2.CreateVpcLink", "11 subnets", lambda body, _: body | {"subnetIds": body["subnetIds"] * 6}, BAD),
    Bug("apigatewayv2.CreateVpcLink", "subnets of two VPCs", lambda body, there: body | {
        "subnetIds": [body["subnetIds"][0], there.get("subnet")]}, BAD),
    Bug("apigatewayv2.CreateVpcLink", "another VPC's group", lambda body, there: body | {
        "securityGroupIds": [there.get("group")]}, BAD),
    Bug("apigatewayv2.CreateVpcLink", "a name too long", put(name="x" * 129), BAD),
    Bug("apigatewayv2.CreateIntegration", "an API that is not there", at("/apis/[a-z0-9]+", "/apis/nonesuch1"),
        "NotFoundException"),
    Bug("apigatewayv2.CreateIntegration", "the balancer's ARN", lambda body, _: body | {
        "integrationUri": body["integrationUri"].replace(":listener/", ":loadbalancer/").rpartition("/")[0]}, BAD),
    Bug("apigatewayv2.CreateIntegration", "a listener that is not there", lambda body, _: body | {
        "integrationUri": body["integrationUri"][:-4] + "0000"}, BAD),
    Bug("apigatewayv2.CreateIntegration", "a link that is not there", put(connectionId="nonesu"),
        BAD + " NotFoundException"),
    Bug("apigatewayv2.CreateIntegration", "31 seconds", put(timeoutInMillis=31000), BAD),
    Bug("apigatewayv2.CreateIntegration", "a payload of version 3.0", put(payloadFormatVersion="3.0"), BAD),
    Bug("apigatewayv2.CreateIntegration", "no method", drop("integrationMethod"), BAD),
    Bug("apigatewayv2.CreateRoute", "no route key", put(routeKey="everything"), BAD),
    Bug("apigatewayv2.CreateRoute", "an integration that is not there", put(target="integrations/nonesuch"), BAD),
    Bug("apigatewayv2.CreateRoute", "an authorizer that is not there", put(authorizationType="JWT"), BAD),
    Bug("apigatewayv2.CreateRoute", "made twice", again, "ConflictException", after=True),
    Bug("apigatewayv2.CreateStage", "a name with a space", put(stageName="a b"), BAD),
    Bug("apigatewayv2.CreateStage", "a log that is none", put(
        accessLogSettings={"destinationArn": "none", "format": "$context.requestId"}), BAD),
    Bug("apigatewayv2.CreateStage", "made twice", again, "ConflictException", after=True),
    Bug("apigatewayv2.GetStage", "a stage that is not there", at("/stages/.*", "/stages/none"), "NotFoundException"),
    Bug("apigatewayv2.GetVpcLinks", "none a page", at("$", "?maxResults=0"), BAD),
    Bug("apigatewayv2.DeleteIntegration", "deleted twice", again, "NotFoundException", after=True),
    Bug("apigatewayv2.DeleteRoute", "deleted twice", again, "NotFoundException", after=True),
    Bug("apigatewayv2.DeleteStage", "deleted twice", again, "NotFoundException", after=True),
    Bug("apigatewayv2.DeleteApi", "deleted twice", again, "NotFoundException", after=True),
]  # fmt: skip

PARAMETER, CLIENT = "InvalidParameterException", "ClientException InvalidParameterException"
NETWORK = "networkConfiguration"
ECS = [
    Bug("ecs.CreateCluster", "a provider that does not exist", put(capacityProviders=["FARGATE_FREE"]), PARAMETER),
    Bug("ecs.CreateCluster", "a setting that does not exist", put(settings=[{"name": "x", "value": "y"}]), PARAMETER),
    Bug("ecs.CreateCluster", "a name with a space", put(clusterName="a b"), PARAMETER),
    Bug("ecs.CreateCluster", "a tag of AWS's own", pairs("tags", "key", "value", OWN), PARAMETER),
    Bug("ecs.CreateCluster", "a tag twice", pairs("tags", "key", "value", ["a", "a"]), PARAMETER),
    Bug("ecs.RegisterTaskDefinition", "a family with a space", put(family="a b"), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "70 KB of it", container(command=["x" * 70000]), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "no container", put(containerDefinitions=[]), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "memory that Fargate has not", put(memory="700"), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "CPU that is no number", put(cpu="a quarter"), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "a port that does not exist", container(portMappings=[{"containerPort": 70000}]),
        CLIENT),
    Bug("ecs.RegisterTaskDefinition", "a container larger than its task", container(memory=999999), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "a health check that is no command", container(healthCheck={"command": ["curl"]}),
        CLIENT),
    Bug("ecs.RegisterTaskDefinition", "a volume that is not there", container(
        mountPoints=[{"sourceVolume": "none", "containerPath": "/x"}]), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "another log driver", container(
        logConfiguration={"logDriver": "json-file"}), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "no stream prefix", container(logConfiguration={
        "logDriver": "awslogs", "options": {"awslogs-group": "x", "awslogs-region": "eu-west-3"}}), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "secrets without the execution role", drop("executionRoleArn"), CLIENT),
    Bug("ecs.RegisterTaskDefinition", "a role that is not there", put(executionRoleArn=NO_ROLE), CLIENT),
    Bug("ecs.CreateService", "a cluster that is not there", put(cluster="none"), "ClusterNotFoundException"),
    Bug("ecs.CreateService", "a task definition that is not there", put(taskDefinition="none:1"), CLIENT),
    Bug("ecs.CreateService", "a name with a space", put(serviceName="a b"), PARAMETER),
    Bug("ecs.CreateService", "minus one task", put(desiredCount=-1), PARAMETER),
    Bug("ecs.CreateService", "a launch type and a strategy", put(launchType="FARGATE"), PARAMETER),
    Bug("ecs.CreateService", "two bases", put(capacityProviderStrategy=[
        {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
        {"capacityProvider": "FARGATE_SPOT", "base": 1, "weight": 1}]), PARAMETER),
    Bug("ecs.CreateService", "a platform that does not exist", put(platformVersion="9.9.9"),
        PARAMETER + " PlatformUnknownException"),
    Bug("ecs.CreateService", "a deployment without room", inside(
        "deploymentConfiguration", maximumPercent=100, minimumHealthyPercent=100), PARAMETER),
    Bug("ecs.CreateService", "no network", drop(NETWORK), PARAMETER),
    Bug("ecs.CreateService", "a subnet that is not there", within(
        NETWORK, "awsvpcConfiguration", subnets=["subnet-0123456789abcdef0"]), PARAMETER),
    Bug("ecs.CreateService", "another VPC's group", lambda body, there: within(
        NETWORK, "awsvpcConfiguration", securityGroups=[there.get("group")])(body, there), PARAMETER),
    Bug("ecs.CreateService", "17 subnets", lambda body, there: within(
        NETWORK, "awsvpcConfiguration", subnets=body[NETWORK]["awsvpcConfiguration"]["subnets"] * 9)(body, there),
        PARAMETER),
    Bug("ecs.CreateService", "a group of targets that is not there", lambda body, _: body | {"loadBalancers": [
        body["loadBalancers"][0] | {"targetGroupArn": NO_GROUP}]}, PARAMETER),
    Bug("ecs.CreateService", "a container that is not there", lambda body, _: body | {"loadBalancers": [
        body["loadBalancers"][0] | {"containerName": "web"}]}, PARAMETER),
    Bug("ecs.CreateService", "a port that is not mapped", lambda body, _: body | {"loadBalancers": [
        body["loadBalancers"][0] | {"containerPort": 3001}]}, PARAMETER),
    Bug("ecs.CreateService", "made twice", put(clientToken="other"), PARAMETER, after=True),
    Bug("ecs.CreateService", "the same token, another count", put(desiredCount=2),
        PARAMETER + " IdempotentParameterMismatch", after=True),
    Bug("ecs.UpdateService", "a service that is not there", put(service="none"), "ServiceNotFoundException"),
    Bug("ecs.UpdateService", "a task definition that is not there", put(taskDefinition="none:1"), CLIENT),
    Bug("ecs.DescribeServices", "11 services", lambda body, _: body | {"services": body["services"] * 11}, PARAMETER),
    Bug("ecs.DescribeServices", "no service", put(services=[]), PARAMETER),
    Bug("ecs.DescribeServices", "a cluster that is not there", put(cluster="none"), "ClusterNotFoundException"),
    Bug("ecs.ListTasks", "101 a page", put(maxResults=101), PARAMETER),
    Bug("ecs.DeleteService", "not forced while it runs", drop("force"), PARAMETER),
    Bug("ecs.DeleteService", "a service that is not there", put(service="none"), "ServiceNotFoundException"),
    Bug("ecs.DeregisterTaskDefinition", "no revision", lambda body, _: body | {
        "taskDefinition": body["taskDefinition"].rpartition("/")[2].partition(":")[0]}, CLIENT),
    Bug("ecs.DeleteTaskDefinitions", "11 at once", lambda body, _: body | {
        "taskDefinitions": body["taskDefinitions"] * 11}, CLIENT),
    Bug("application-autoscaling.RegisterScalableTarget", "more at least than at most", put(
        MinCapacity=9, MaxCapacity=1), "ValidationException"),
    Bug("application-autoscaling.RegisterScalableTarget", "minus one at least", put(MinCapacity=-1),
        "ValidationException"),
    Bug("application-autoscaling.RegisterScalableTarget", "a service that is not there", put(ResourceId="service/x/y"),
        "ValidationException"),
    Bug("application-autoscaling.PutScalingPolicy", "a target that is not registered", put(ResourceId="service/x/y"),
        "ObjectNotFoundException"),
    Bug("application-autoscaling.PutScalingPolicy", "no metric", inside(
        "TargetTrackingScalingPolicyConfiguration", PredefinedMetricSpecification=None), "ValidationException "
        "SerializationException"),
    Bug("application-autoscaling.PutScalingPolicy", "another service's metric", inside(
        "TargetTrackingScalingPolicyConfiguration", PredefinedMetricSpecification={
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"}), "ValidationException"),
    Bug("application-autoscaling.DescribeScalableTargets", "51 of them", put(MaxResults=51), "ValidationException"),
    Bug("application-autoscaling.DeregisterScalableTarget", "twice", again, "ObjectNotFoundException", after=True),
]  # fmt: skip

SERVICES = [*IAM, *KMS, *STORES, *API, *ECS]

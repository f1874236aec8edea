# SPDX-License-Identifier: MIT
"""Refusals that one call alone shows, by service: what is sent, and AWS's code. The sources are at the rules; every
other refusal has its test where its resource is tested."""

import json

import pytest
from conftest import code_of, make_client
from ecs_world import until

from practice.signature import Key

ELB = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
TASK = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}


@pytest.fixture
def refused(cloud):
    """refused("ec2", "create_vpc", ...): the code, botocore's own validation left out."""
    return lambda service, operation, **params: code_of(
        lambda: getattr(make_client(cloud, service, parameter_validation=False), operation)(**params)
    )


def container(**changes):
    return {"name": "app", "image": "public.ecr.aws/x/y:1", **changes}


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("authorize_security_group_ingress", {"IpPermissions": [{"IpProtocol": "-1"}]}, "MissingParameter"),
        ("modify_vpc_attribute", {"VpcId": "vpc-0123456789abcdef0"}, "InvalidParameterCombination"),
        ("create_vpc", {"CidrBlock": "10.0.0.0"}, "InvalidParameterValue"),
        ("describe_instances", {"InstanceIds": ["i-0123456789abcdef0"], "MaxResults": 5},
         "InvalidParameterCombination"),
        ("describe_vpcs", {"VpcIds": ["vpc-0123456789abcdef0"], "MaxResults": 5}, "InvalidParameterCombination"),
    ],
)  # fmt: skip
def test_ec2(refused, operation, params, code):
    """A group that is not named, no attribute, no prefix length, pages of what is named."""
    assert refused("ec2", operation, **params) == code


def test_ec2_in_a_network(refused, client, vpc):
    """A permission without a protocol or with a description of other signs, a subnet without a block, an address that
    is none, DNS names without DNS, tags without a type or a key."""
    group, subnet = vpc["group"], vpc["subnets"][0]
    permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    odd = {**permission, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "<odd>"}]}
    none = {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    allow = "authorize_security_group_ingress"
    assert refused("ec2", allow, GroupId=group, IpPermissions=[none]) == "MissingParameter"
    assert refused("ec2", allow, GroupId=group, IpPermissions=[odd]) == "InvalidParameterValue"
    assert refused("ec2", "create_subnet", VpcId=vpc["id"]) == "MissingParameter"
    make = "create_network_interface"
    assert refused("ec2", make, SubnetId=subnet, PrivateIpAddress="10.40.0.x") == "InvalidParameterValue"
    assert refused("ec2", "create_tags", Resources=[subnet], Tags=[{"Value": "v"}]) == "InvalidParameterValue"
    tags = [{"Tags": [{"Key": "k", "Value": "v"}]}]
    assert refused("ec2", "create_vpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags) == "MissingParameter"
    client("ec2").modify_vpc_attribute(VpcId=vpc["id"], EnableDnsSupport={"Value": False})
    names = {"VpcId": vpc["id"], "EnableDnsHostnames": {"Value": True}}
    assert refused("ec2", "modify_vpc_attribute", **names) == "InvalidParameterValue"


def test_every_tag_of_a_resource(client, vpc):
    """DeleteTags without tags takes them all."""
    ec2 = client("ec2")
    ec2.create_tags(Resources=[vpc["id"]], Tags=[{"Key": key, "Value": "v"} for key in "ab"])
    ec2.delete_tags(Resources=[vpc["id"]])
    assert ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [vpc["id"]]}])["Tags"] == []


def test_elbv2(refused, client, vpc, unique):
    """Subnets twice or not at all, a listener's ARN, groups of nobody."""
    make = "create_load_balancer"
    mappings = [{"SubnetId": name} for name in vpc["subnets"]]
    usual = {"Name": unique, "Scheme": "internal"}
    assert refused("elbv2", make, **usual, Subnets=vpc["subnets"], SubnetMappings=mappings) == "ValidationError"
    assert refused("elbv2", make, **usual) == "ValidationError"
    assert refused("elbv2", "describe_tags", ResourceArns=["nonsense"]) == "ValidationError"
    elbv2 = client("elbv2")
    arn = elbv2.create_load_balancer(Name=unique, Scheme="internal", Subnets=vpc["subnets"])["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    assert refused("elbv2", "set_subnets", LoadBalancerArn=arn) == "ValidationError"
    assert refused("elbv2", "set_security_groups", LoadBalancerArn=arn, SecurityGroups=[]) == "ValidationError"
    other = client("ec2").create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    foreign = client("ec2").create_subnet(VpcId=other, CidrBlock="10.41.0.0/24")["Subnet"]["SubnetId"]
    extra = client("ec2").create_subnet(
        VpcId=vpc["id"], CidrBlock="10.40.9.0/24",
        AvailabilityZone=client("ec2").describe_subnets(SubnetIds=vpc["subnets"][:1])["Subnets"][0]["AvailabilityZone"],
    )["Subnet"]["SubnetId"]  # fmt: skip
    first = vpc["subnets"][0]
    for wrong, code in (
        ("subnet-0123456789abcdef0", "SubnetNotFound"),
        (foreign, "InvalidConfigurationRequest"),
        (extra, "InvalidConfigurationRequest"),
    ):
        subnets = [first, vpc["subnets"][1], wrong]
        assert refused("elbv2", "set_subnets", LoadBalancerArn=arn, Subnets=subnets) == code, wrong


@pytest.mark.parametrize(
    "changes",
    [
        {"containerDefinitions": [container(portMappings=[{"protocol": "tcp"}])]},
        {"containerDefinitions": [container(memoryReservation=400), container(name="b", memoryReservation=400)]},
        {"containerDefinitions": [container()], "ipcMode": "host"},
        {"containerDefinitions": [container(logConfiguration={"logDriver": "awslogs", "options": {}})]},
    ],
)
def test_ecs_definitions(refused, unique, changes):
    """A mapping without a port, more memory reserved than there is, what Fargate has not, logs without a group."""
    assert refused("ecs", "register_task_definition", family=unique, **TASK | changes) == "ClientException"


def test_ecs_names(refused, client, unique):
    """A revision that is no number, a deployment's ARN that is none and one of nobody, no tasks to describe."""
    wrong = "InvalidParameterException"
    client("ecs").create_cluster(clusterName=unique)
    assert refused("ecs", "deregister_task_definition", taskDefinition="family:x") == wrong
    assert refused("ecs", "stop_service_deployment", serviceDeploymentArn="none") == wrong
    nobody = "arn:aws:ecs:eu-west-3:123456789012:service-deployment/c/s/none"
    code = refused("ecs", "stop_service_deployment", serviceDeploymentArn=nobody)
    assert code == "ServiceDeploymentNotFoundException"
    assert refused("ecs", "describe_tasks", cluster=unique, tasks=[]) == wrong


@pytest.fixture
def service(client, refused, vpc, unique):
    """service(**changes): the code that CreateService refuses them with."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    task = ecs.register_task_definition(family=unique, containerDefinitions=[container()], **TASK)["taskDefinition"]
    network = {"subnets": vpc["subnets"], "securityGroups": [vpc["group"]]}
    usual = {"cluster": unique, "serviceName": unique, "taskDefinition": task["taskDefinitionArn"], "desiredCount": 0,
             "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": network}}  # fmt: skip

    def refuse(**changes):
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return refused("ecs", "create_service", **wanted)

    refuse.usual = usual
    return refuse


def test_ecs_services(service, client, refused, vpc, unique):
    """Negative counts, strategies of Fargate and others together, what Fargate does not place, a breaker that rolls
    back and does not break, networks apart, a definition that is not there, no machines."""
    wrong = "InvalidParameterException"
    assert service(healthCheckGracePeriodSeconds=-1) == wrong
    mixed = [{"capacityProvider": "FARGATE"}, {"capacityProvider": "machines"}]
    assert service(launchType=None, capacityProviderStrategy=mixed) == wrong
    assert service(placementStrategy=[{"type": "random"}]) == wrong
    assert service(placementConstraints=[{"type": "distinctInstance"}]) == wrong
    breaker = {"deploymentCircuitBreaker": {"enable": False, "rollback": True}}
    assert service(deploymentConfiguration=breaker) == wrong
    ec2 = client("ec2")
    other = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=other, CidrBlock="10.42.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=other, GroupName=unique, Description="d")["GroupId"]
    inside = {"subnets": vpc["subnets"], "securityGroups": [group]}
    assert service(networkConfiguration={"awsvpcConfiguration": inside}) == wrong
    across = {"subnets": [vpc["subnets"][0], subnet], "securityGroups": [vpc["group"]]}
    assert service(networkConfiguration={"awsvpcConfiguration": across}) == wrong
    assert service(taskDefinition="nothing-of-that-name") == "ClientException"
    machines = client("ecs").register_task_definition(
        family=unique, containerDefinitions=[container(memory=128)], requiresCompatibilities=["EC2"],
        networkMode="awsvpc",
    )  # fmt: skip
    assert service(taskDefinition=machines["taskDefinition"]["taskDefinitionArn"]) == wrong
    run = {name: service.usual[name] for name in ("cluster", "taskDefinition", "networkConfiguration")}
    assert refused("ecs", "run_task", **run) == wrong
    groups = client("elbv2")
    by_instance = groups.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"])["TargetGroups"][0]
    balancer = groups.create_load_balancer(Name=unique, Scheme="internal", Subnets=vpc["subnets"])["LoadBalancers"][0]
    groups.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": by_instance["TargetGroupArn"]}],
    )  # fmt: skip
    ported = client("ecs").register_task_definition(
        family=unique, containerDefinitions=[container(portMappings=[{"containerPort": 80}])], **TASK
    )["taskDefinition"]["taskDefinitionArn"]
    row = {"targetGroupArn": by_instance["TargetGroupArn"], "containerName": "app", "containerPort": 80}
    assert service(taskDefinition=ported, loadBalancers=[row]) == wrong


def test_scaling_policies(service, client, refused, unique):
    """Target tracking needs its configuration, and a policy keeps its type."""
    client("ecs").create_service(**service.usual)
    target = {"ServiceNamespace": "ecs", "ResourceId": f"service/{unique}/{unique}",
              "ScalableDimension": "ecs:service:DesiredCount"}  # fmt: skip
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    ask = lambda **more: refused("application-autoscaling", "put_scaling_policy", **target, PolicyName="p", **more)
    assert ask(PolicyType="TargetTrackingScaling") == "ValidationException"
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    tracking = {"TargetValue": 50.0, "PredefinedMetricSpecification": metric}
    scaling.put_scaling_policy(
        **target, PolicyName="p", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking
    )
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    assert ask(PolicyType="StepScaling", StepScalingPolicyConfiguration=steps) == "ValidationException"


def test_services_that_go(service, client, unique):
    """A service that is gone cannot be deleted again."""
    ecs = client("ecs")
    ecs.create_service(**service.usual)
    ecs.delete_service(cluster=unique, service=unique)
    gone = lambda: ecs.describe_services(cluster=unique, services=[unique])["services"][0]["status"] == "INACTIVE"
    until("INACTIVE", gone)
    assert code_of(lambda: ecs.delete_service(cluster=unique, service=unique)) == "ServiceNotFoundException"


def test_ecr(refused, client, unique):
    """A key with another kind of encryption; parts that do not fit their range, are too small, or not there."""
    settings = {"encryptionType": "AES256", "kmsKey": "alias/none"}
    code = refused("ecr", "create_repository", repositoryName=unique, encryptionConfiguration=settings)
    assert code == "InvalidParameterException"
    ecr = client("ecr")
    ecr.create_repository(repositoryName=unique)
    begin = lambda: {"repositoryName": unique,
                     "uploadId": ecr.initiate_layer_upload(repositoryName=unique)["uploadId"]}  # fmt: skip
    digest = {"layerDigests": ["sha256:" + "0" * 64]}
    assert refused("ecr", "complete_layer_upload", **begin(), **digest) == "EmptyUploadException"
    upload = begin()
    part = {"partFirstByte": 0, "partLastByte": 4, "layerPartBlob": b"abc"}
    assert refused("ecr", "upload_layer_part", **upload, **part) == "InvalidLayerPartException"
    for first in (0, 3):
        ecr.upload_layer_part(**upload, partFirstByte=first, partLastByte=first + 2, layerPartBlob=b"abc")
    assert refused("ecr", "complete_layer_upload", **upload, **digest) == "LayerPartTooSmallException"


TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(
    "statements",
    [
        [{"Effect": "Allow", "Action": "sts:AssumeRole"}],
        [{"Effect": "Allow", "Principal": "ecs", "Action": "sts:AssumeRole"}],
        [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
        [TRUST | {"Sid": "one"}, TRUST | {"Sid": "one"}],
        [TRUST | {"Unknown": "x"}],
    ],
)
def test_trust(refused, unique, statements):
    """Nobody, somebody of no kind, no action, the same Sid twice, a word of no policy."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    code = refused("iam", "create_role", RoleName=unique, AssumeRolePolicyDocument=text)
    assert code == "MalformedPolicyDocument"


def test_iam(refused, client, unique):
    """A boundary that is no ARN; a suffix where the service takes none; users and groups that have something; a role
    that is not there, in AWS's words."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    boundary = {"PermissionsBoundary": "no-arn-of-a-policy-at-all"}
    assert refused("iam", "create_role", RoleName=unique, AssumeRolePolicyDocument=text, **boundary) == "InvalidInput"
    linked = {"AWSServiceName": "ecs.amazonaws.com", "CustomSuffix": "mine"}
    assert refused("iam", "create_service_linked_role", **linked) == "InvalidInput"
    iam = client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]["AccessKeyId"]
    assert refused("iam", "delete_user", UserName=unique) == "DeleteConflict"
    iam.delete_access_key(UserName=unique, AccessKeyId=key)
    iam.create_group(GroupName=unique)
    iam.add_user_to_group(GroupName=unique, UserName=unique)
    assert refused("iam", "delete_user", UserName=unique) == "DeleteConflict"
    assert refused("iam", "delete_group", GroupName=unique) == "DeleteConflict"
    iam.remove_user_from_group(GroupName=unique, UserName=unique)
    iam.delete_user(UserName=unique)
    iam.attach_group_policy(GroupName=unique, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert refused("iam", "delete_group", GroupName=unique) == "DeleteConflict"
    with pytest.raises(iam.exceptions.NoSuchEntityException, match=f"The role with name {unique} cannot be found."):
        iam.get_role(RoleName=unique)


def test_sts(cloud, client, refused):
    """No role's ARN, a role for the root user, a message that nobody encoded."""
    nowhere = {"RoleArn": "arn:aws:iam::123456789012:user/somebody", "RoleSessionName": "s-1"}
    assert refused("sts", "assume_role", **nowhere) == "ValidationError"
    root = cloud.credentials.add(Key("AKIATESTSROOTUSER000", "secret", cloud.account))
    role = {"RoleArn": "arn:aws:iam::123456789012:role/some", "RoleSessionName": "s-1"}
    assert code_of(lambda: make_client(cloud, "sts", key=root).assume_role(**role)) == "AccessDenied"
    code = refused("sts", "decode_authorization_message", EncodedMessage="nonsense")
    assert code == "InvalidAuthorizationMessageException"


def test_logs(refused, client, unique):
    """A token of nobody, streams that are not there, patterns that are not known here, an ARN with its end."""
    client("logs").create_log_group(logGroupName=unique)
    wrong = "InvalidParameterException"
    assert refused("logs", "describe_log_groups", nextToken="nonsense") == wrong
    find = {"logGroupName": unique}
    code = refused("logs", "filter_log_events", **find, logStreamNames=["none"])
    assert code == "ResourceNotFoundException"
    assert refused("logs", "filter_log_events", **find, filterPattern="{ $.a = 1 }") == wrong
    arn = f"arn:aws:logs:eu-west-3:123456789012:log-group:{unique}:*"
    assert refused("logs", "tag_resource", resourceArn=arn, tags={"k": "v"}) == wrong


def test_rds(refused, client, vpc, unique):
    """A marker and a resource name that are none, a group that is not there, subnets of nowhere or of two networks;
    more than 50 tags; a cluster goes with a word about its last snapshot."""
    wrong = "InvalidParameterValue"
    assert refused("rds", "describe_db_instances", Marker="x") == wrong
    assert refused("rds", "list_tags_for_resource", ResourceName="nonsense") == wrong
    usual = {"DBInstanceIdentifier": unique, "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
             "AllocatedStorage": 20, "MasterUsername": "app", "MasterUserPassword": "long-enough-1"}  # fmt: skip
    groups = {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}
    assert refused("rds", "create_db_instance", **usual, **groups) == wrong
    many = {"Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(51)]}
    assert refused("rds", "create_db_instance", **usual, **many) == wrong
    group = {"DBSubnetGroupName": unique, "DBSubnetGroupDescription": "d"}
    make = "create_db_subnet_group"
    assert refused("rds", make, **group, SubnetIds=["subnet-0123456789abcdef0"]) == "InvalidSubnet"
    other = client("ec2").create_vpc(CidrBlock="10.43.0.0/16")["Vpc"]["VpcId"]
    subnet = client("ec2").create_subnet(VpcId=other, CidrBlock="10.43.0.0/24")["Subnet"]["SubnetId"]
    assert refused("rds", make, **group, SubnetIds=[vpc["subnets"][0], subnet]) == "InvalidSubnet"
    assert refused("rds", make, **group, SubnetIds=vpc["subnets"], **many) == wrong
    client("rds").create_db_cluster(
        DBClusterIdentifier=unique, Engine="aurora-postgresql", MasterUsername="app", MasterUserPassword="long-enough-1"
    )
    code = refused("rds", "delete_db_cluster", DBClusterIdentifier=unique)
    assert code == "InvalidParameterCombination"
    client("rds").create_db_instance(**usual)  # without a subnet group, as in the default VPC
    client("rds").delete_db_instance(DBInstanceIdentifier=unique, SkipFinalSnapshot=True)


def test_key_of_its_use(refused, client):
    """A key that signs encrypts nothing and is not rotated; an ARN of no key."""
    kms = client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    assert refused("kms", "encrypt", KeyId=key, Plaintext=b"x") == "InvalidKeyUsageException"
    assert refused("kms", "enable_key_rotation", KeyId=key) == "UnsupportedOperationException"
    assert refused("kms", "describe_key", KeyId="arn:aws:kms:nonsense") == "InvalidArnException"


def test_secrets_tagging_and_scaling(refused, client, unique):
    """Tokens, ARNs and filters that are too many or none."""
    token = {"NextToken": "nonsense"}
    assert refused("secretsmanager", "list_secrets", **token) == "InvalidNextTokenException"
    wrong, tagging = "InvalidParameterException", "resourcegroupstaggingapi"
    arns = [f"arn:aws:ec2:eu-west-3:123456789012:vpc/vpc-{n:017x}" for n in range(21)]
    assert refused(tagging, "tag_resources", ResourceARNList=arns, Tags={"k": "v"}) == wrong
    assert refused(tagging, "tag_resources", ResourceARNList=arns[:1], Tags={"aws:k": "v"}) == wrong
    values = [{"Key": "k", "Values": [str(n) for n in range(21)]}]
    assert refused(tagging, "get_resources", TagFilters=values) == wrong
    arn = "arn:aws:application-autoscaling:eu-west-3:123456789012:scalable-target/none"
    scaling = "application-autoscaling"
    assert refused(scaling, "list_tags_for_resource", ResourceARN=arn) == "ResourceNotFoundException"


def test_api_gateway(refused, client, vpc, unique):
    """What one call to API Gateway may not say."""
    gateway, wrong = client("apigatewayv2"), "BadRequestException"
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    socket = gateway.create_api(Name=unique, ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    ask = lambda operation, **params: refused("apigatewayv2", operation, **params)
    cors = {"AllowOrigins": ["*"]}
    expression = {"RouteSelectionExpression": "$request.body.action"}
    assert ask("create_api", Name=unique, ProtocolType="WEBSOCKET", CorsConfiguration=cors, **expression) == wrong
    assert ask("create_api", Name=unique, ProtocolType="HTTP", Target="nonsense") == wrong
    assert ask("create_api", Name=unique, ProtocolType="HTTP", RouteKey="GET /x") == wrong
    assert ask("create_deployment", ApiId=socket["ApiId"]) == wrong
    lambdas = {"ApiId": api, "IntegrationType": "AWS_PROXY"}
    uri = {"IntegrationUri": "arn:aws:lambda:eu-west-3:123456789012:function:f"}
    assert ask("create_integration", **lambdas, **uri, PayloadFormatVersion="3.0") == wrong
    assert ask("create_integration", **lambdas, PayloadFormatVersion="2.0") == wrong
    private = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "ConnectionType": "VPC_LINK",
               "IntegrationUri": f"{ELB}:listener/app/x/1/2", "PayloadFormatVersion": "1.0"}  # fmt: skip
    assert ask("create_integration", ApiId=api, **private) == wrong
    assert ask("create_route", ApiId=api, RouteKey="GET /x", Target="somewhere") == wrong
    many = [f"subnet-{n:017x}" for n in range(11)]
    assert ask("create_vpc_link", Name=unique, SubnetIds=many) == wrong
    assert ask("tag_resource", ResourceArn="nonsense", Tags={"k": "v"}) == wrong


def test_quick_create(client, unique):
    """CreateApi with a target makes integration, $default route and a $default stage that deploys by itself."""
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Target="https://example.com")["ApiId"]
    (integration,) = gateway.get_integrations(ApiId=api)["Items"]
    (route,) = gateway.get_routes(ApiId=api)["Items"]
    (stage,) = gateway.get_stages(ApiId=api)["Items"]
    assert (integration["IntegrationUri"], route["RouteKey"]) == ("https://example.com", "$default")
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)


def test_stage_and_deployment_change(client, unique):
    """UpdateStage and UpdateDeployment change what they are given."""
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    gateway.create_stage(ApiId=api, StageName="one", Description="before")
    stage = gateway.update_stage(ApiId=api, StageName="one", Description="after")
    assert stage["Description"] == gateway.get_stage(ApiId=api, StageName="one")["Description"] == "after"
    assert code_of(lambda: gateway.create_deployment(ApiId=api)) == "BadRequestException"  # it has no routes
    gateway.create_route(ApiId=api, RouteKey="$default")
    made = gateway.create_deployment(ApiId=api)["DeploymentId"]
    gateway.update_deployment(ApiId=api, DeploymentId=made, Description="said later")
    assert gateway.get_deployment(ApiId=api, DeploymentId=made)["Description"] == "said later"


def test_network_forgets(client, vpc):
    """A deleted route table leaves its gateway endpoints; a deleted VPC takes its network ACL along."""
    ec2 = client("ec2")
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc["id"], ServiceName="com.amazonaws.eu-west-3.s3", RouteTableIds=[table])
    ec2.delete_route_table(RouteTableId=table)
    name = made["VpcEndpoint"]["VpcEndpointId"]
    (shown,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
    assert shown["RouteTableIds"] == []
    other = ec2.create_vpc(CidrBlock="10.44.0.0/16")["Vpc"]["VpcId"]
    acls = lambda: ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [other]}])["NetworkAcls"]
    assert len(acls()) == 1
    ec2.delete_vpc(VpcId=other)
    assert acls() == []

# SPDX-License-Identifier: MIT
"""What the models cannot say: relations between members, names, and resources that must exist."""

import json

import pytest
from conftest import code_of


@pytest.fixture
def elbv2(client):
    return client("elbv2")


@pytest.mark.parametrize("name", ["internal-x", "-x", "x-", "x_y", "x" * 33])
def test_load_balancer_name(elbv2, vpc, name):
    call = lambda: elbv2.create_load_balancer(Name=name, Subnets=vpc["subnets"], Scheme="internal")
    assert code_of(call) == "ValidationError"


def test_load_balancer_subnets(client, elbv2, vpc, unique):
    """Two zones, one subnet in each, all known, all of one VPC; a public one needs an internet gateway."""
    ec2 = client("ec2")
    make = lambda subnets, scheme="internal", groups=(): elbv2.create_load_balancer(
        Name=unique, Subnets=subnets, Scheme=scheme, SecurityGroups=list(groups)
    )
    zone = ec2.describe_subnets(SubnetIds=vpc["subnets"][:1])["Subnets"][0]["AvailabilityZone"]
    twin = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.9.0/24", AvailabilityZone=zone)["Subnet"][
        "SubnetId"
    ]
    assert code_of(lambda: make(vpc["subnets"][:1])) == "ValidationError"
    assert code_of(lambda: make([vpc["subnets"][0], twin])) == "InvalidConfigurationRequest"
    assert code_of(lambda: make([vpc["subnets"][0], "subnet-00000000000000000"])) == "SubnetNotFound"
    assert code_of(lambda: make(vpc["subnets"], "internet-facing")) == "InvalidSubnet"
    assert code_of(lambda: make(vpc["subnets"], groups=["sg-00000000000000000"])) == "InvalidSecurityGroup"
    other = ec2.create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    zones = [
        z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"] if z["ZoneName"] != zone
    ]
    far = ec2.create_subnet(VpcId=other, CidrBlock="10.41.0.0/24", AvailabilityZone=zones[0])["Subnet"][
        "SubnetId"
    ]
    assert code_of(lambda: make([vpc["subnets"][0], far])) == "InvalidConfigurationRequest"


def test_health_check_times(elbv2, vpc, unique):
    """An interval of 5 s needs a timeout below it: the default of 6 s is not."""
    make = lambda **times: elbv2.create_target_group(
        Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip", **times
    )
    assert code_of(lambda: make(HealthCheckIntervalSeconds=5)) == "ValidationError"
    make(HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=4)


def test_listener_of_an_unknown_group(elbv2, vpc, unique):
    arn = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][
        0
    ]["LoadBalancerArn"]
    target = arn.replace("loadbalancer/app", "targetgroup")
    actions = [{"Type": "forward", "TargetGroupArn": target}]
    call = lambda: elbv2.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=actions
    )
    assert code_of(call) == "TargetGroupNotFound"


def test_private_integration(client, cloud, elbv2, vpc, unique):
    """A VPC link and a listener ARN that exist, a method, and a route to an integration that exists."""
    gateway = client("apigatewayv2")
    balancer = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")[
        "LoadBalancers"
    ][0]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])["VpcLinkId"]
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    good = {"ApiId": api, "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "ConnectionType": "VPC_LINK",
            "ConnectionId": link, "IntegrationUri": listener, "PayloadFormatVersion": "1.0"}  # fmt: skip
    wrongs = [
        {"IntegrationUri": balancer["LoadBalancerArn"]},
        {"IntegrationUri": listener[:-4] + "0000"},
        {"IntegrationUri": "http://example.com"},
        {"ConnectionId": "nothing1"},
    ]
    for wrong in wrongs:
        assert (
            code_of(lambda wrong=wrong: gateway.create_integration(**{**good, **wrong}))
            == "BadRequestException"
        )
    methodless = {k: v for k, v in good.items() if k != "IntegrationMethod"}
    assert code_of(lambda: gateway.create_integration(**methodless)) == "BadRequestException"
    assert (
        code_of(lambda: gateway.create_integration(**{**good, "TimeoutInMillis": 31000}))
        == "BadRequestException"
    )
    gateway.create_integration(**good)
    for wrong in ({"RouteKey": "GET"}, {"RouteKey": "$default", "Target": "integrations/nothing1"}):
        assert code_of(lambda wrong=wrong: gateway.create_route(ApiId=api, **wrong)) == "BadRequestException"


def test_vpc_link_network(client, vpc, unique):
    gateway = client("apigatewayv2")
    make = lambda subnets, groups=(): gateway.create_vpc_link(
        Name=unique, SubnetIds=subnets, SecurityGroupIds=list(groups)
    )
    assert code_of(lambda: make([])) == "BadRequestException"
    assert code_of(lambda: make(["subnet-00000000000000000"])) == "BadRequestException"
    assert code_of(lambda: make(vpc["subnets"], ["sg-00000000000000000"])) == "BadRequestException"


@pytest.mark.parametrize("document", ["{", "{}", '{"Statement":[]}', '{"Statement":[{"Effect":"Allow"}]}'])
def test_trust_policy(client, unique, document):
    call = lambda: client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=document)
    assert code_of(call) == "MalformedPolicyDocument"


def test_log_groups(client, unique):
    logs = client("logs")
    assert code_of(lambda: logs.create_log_group(logGroupName="aws/x")) == "InvalidParameterException"
    key = "arn:aws:kms:eu-west-3:123456789012:key/00000000-0000-0000-0000-000000000000"
    assert (
        code_of(lambda: logs.create_log_group(logGroupName=unique, kmsKeyId=key))
        == "InvalidParameterException"
    )
    logs.create_log_group(logGroupName=unique)
    put = lambda days: logs.put_retention_policy(logGroupName=unique, retentionInDays=days)
    assert code_of(lambda: put(31)) == "InvalidParameterException"
    put(30)


def test_secrets(client, unique):
    secrets = client("secretsmanager")
    assert code_of(lambda: secrets.create_secret(Name="a b", SecretString="s")) == "ValidationException"
    call = lambda: secrets.create_secret(Name=unique, SecretString="s", KmsKeyId="alias/absent")
    assert code_of(call) == "InvalidRequestException"
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{unique}", TargetKeyId=key["KeyId"])
    secrets.create_secret(Name=unique, SecretString="s", KmsKeyId=f"alias/{unique}")
    assert code_of(lambda: kms.create_alias(AliasName="alias/aws/x", TargetKeyId=key["KeyId"])) == (
        "NotAuthorizedException"
    )


def test_secret_token_of_a_raw_request(cloud, client, unique):
    """SDKs send the token by themselves; a request without it is refused, on creation and on each new value."""
    from test_model import JSON, send

    client("secretsmanager").create_secret(Name=unique, SecretString="s")
    cases = {"CreateSecret": {"Name": unique + "2"}, "PutSecretValue": {"SecretId": unique}}
    for operation, names in cases.items():
        headers = {"Content-Type": JSON, "X-Amz-Target": f"secretsmanager.{operation}"}
        status, text, _ = send(cloud, "secretsmanager", json.dumps({**names, "SecretString": "s"}), headers)
        assert status == 400 and "ClientRequestToken" in text


def test_scalable_target(client):
    register = lambda low, high: client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", ResourceId="service/none/none", ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=low, MaxCapacity=high,
    )  # fmt: skip
    assert code_of(lambda: register(3, 2)) == "ValidationException"
    assert code_of(lambda: register(1, 2)) == "ValidationException"  # no such service


def test_reserved_tag_keys(client, unique):
    ec2 = client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "aws:x", "Value": "v"}]}]
    call = lambda: ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags)
    assert code_of(call) == "InvalidParameterValue"
    call = lambda: client("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP", Tags={"aws:x": "v"})
    assert code_of(call) == "BadRequestException"
    call = lambda: client("ecs").create_cluster(clusterName=unique, tags=[{"key": "aws:x", "value": "v"}])
    assert code_of(call) == "InvalidParameterException"

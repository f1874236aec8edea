# SPDX-License-Identifier: MIT
"""Creating what exists: the same again where AWS is idempotent, else AWS's error."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import code_of

TRUST = json.dumps(
    {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ]
    }
)


@pytest.fixture
def balancer(client, vpc, unique):
    wanted = {
        "Name": unique,
        "Subnets": vpc["subnets"],
        "SecurityGroups": [vpc["group"]],
        "Scheme": "internal",
    }
    return wanted, client("elbv2").create_load_balancer(**wanted)["LoadBalancers"][0]


@pytest.fixture
def group(client, vpc, unique):
    wanted = {"Name": unique, "Protocol": "HTTP", "Port": 3000, "VpcId": vpc["id"], "TargetType": "ip",
              "HealthCheckPath": "/", "HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 4}  # fmt: skip
    return wanted, client("elbv2").create_target_group(**wanted)["TargetGroups"][0]


@pytest.fixture
def api(client, unique):
    return client("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP")["ApiId"]


def test_load_balancer_again_is_the_same(client, balancer):
    wanted, made = balancer
    again = client("elbv2").create_load_balancer(**wanted)["LoadBalancers"][0]
    assert again["LoadBalancerArn"] == made["LoadBalancerArn"] and again["DNSName"] == made["DNSName"]
    assert len(client("elbv2").describe_load_balancers(Names=[wanted["Name"]])["LoadBalancers"]) == 1


def test_load_balancer_with_other_settings(client, vpc, balancer, unique):
    wanted, _ = balancer
    group = client("ec2").create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    call = lambda: client("elbv2").create_load_balancer(**{**wanted, "SecurityGroups": [group]})
    assert code_of(call) == "DuplicateLoadBalancerName"


def test_target_group_again_is_the_same(client, group):
    wanted, made = group
    again = client("elbv2").create_target_group(**wanted)["TargetGroups"][0]
    assert again["TargetGroupArn"] == made["TargetGroupArn"]
    shown = client("elbv2").describe_target_groups(Names=[wanted["Name"]])["TargetGroups"][0]
    assert {k: again[k] for k in shown if k in again} == {k: shown[k] for k in shown if k in again}


def test_target_group_with_other_settings(client, group):
    wanted, _ = group
    call = lambda: client("elbv2").create_target_group(**{**wanted, "Port": 3001})
    assert code_of(call) == "DuplicateTargetGroupName"


def test_listener(client, balancer, group):
    """The same listener again is the existing one; another on its port is DuplicateListener."""
    elbv2, arn, target = client("elbv2"), balancer[1]["LoadBalancerArn"], group[1]["TargetGroupArn"]
    wanted = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80,
              "DefaultActions": [{"Type": "forward", "TargetGroupArn": target}]}  # fmt: skip
    made = elbv2.create_listener(**wanted)["Listeners"][0]["ListenerArn"]
    assert elbv2.create_listener(**wanted)["Listeners"][0]["ListenerArn"] == made
    other = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    assert (
        code_of(lambda: elbv2.create_listener(**{**wanted, "DefaultActions": other})) == "DuplicateListener"
    )
    assert len(elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]) == 1


@pytest.mark.parametrize("way", ["ingress", "egress"])
@pytest.mark.parametrize("peer", ["group", "cidr"])
def test_security_group_rule(client, vpc, way, peer):
    """InvalidPermission.Duplicate; moto does it by itself since 5.2.5."""
    ec2 = client("ec2")
    authorize = getattr(ec2, f"authorize_security_group_{way}")
    source = (
        {"UserIdGroupPairs": [{"GroupId": vpc["group"]}]}
        if peer == "group"
        else {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    )
    permission = [{"IpProtocol": "tcp", "FromPort": 81, "ToPort": 81, **source}]
    authorize(GroupId=vpc["group"], IpPermissions=permission)
    assert (
        code_of(lambda: authorize(GroupId=vpc["group"], IpPermissions=permission))
        == "InvalidPermission.Duplicate"
    )
    authorize(GroupId=vpc["group"], IpPermissions=[{**permission[0], "FromPort": 82, "ToPort": 82}])


def test_default_egress_rule_is_there(client, vpc):
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    call = lambda: client("ec2").authorize_security_group_egress(
        GroupId=vpc["group"], IpPermissions=everything
    )
    assert code_of(call) == "InvalidPermission.Duplicate"


def test_security_group_name_without_regard_to_case(client, vpc, unique):
    ec2 = client("ec2")
    ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])
    call = lambda: ec2.create_security_group(GroupName=unique.upper(), Description="d", VpcId=vpc["id"])
    assert code_of(call) == "InvalidGroup.Duplicate"


def test_api_route(client, api):
    gateway = client("apigatewayv2")
    gateway.create_route(ApiId=api, RouteKey="$default")
    assert code_of(lambda: gateway.create_route(ApiId=api, RouteKey="$default")) == "ConflictException"


def test_api_stage(client, api):
    gateway = client("apigatewayv2")
    gateway.create_stage(ApiId=api, StageName="$default")
    assert code_of(lambda: gateway.create_stage(ApiId=api, StageName="$default")) == "ConflictException"


def test_route_table_association(client, vpc):
    ec2 = client("ec2")
    tables = [ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"] for _ in range(2)]
    ec2.associate_route_table(RouteTableId=tables[0], SubnetId=vpc["subnets"][0])
    call = lambda: ec2.associate_route_table(RouteTableId=tables[1], SubnetId=vpc["subnets"][0])
    assert code_of(call) == "Resource.AlreadyAssociated"


def test_second_internet_gateway(client, vpc):
    ec2 = client("ec2")
    gateways = [ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"] for _ in range(2)]
    ec2.attach_internet_gateway(InternetGatewayId=gateways[0], VpcId=vpc["id"])
    call = lambda: ec2.attach_internet_gateway(InternetGatewayId=gateways[1], VpcId=vpc["id"])
    assert code_of(call) == "Resource.AlreadyAssociated"


def test_second_gateway_endpoint_on_a_table(cloud, client, vpc):
    ec2 = client("ec2")
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    wanted = {"VpcId": vpc["id"], "ServiceName": f"com.amazonaws.{cloud.region}.s3", "VpcEndpointType": "Gateway",
              "RouteTableIds": [table]}  # fmt: skip
    ec2.create_vpc_endpoint(**wanted)
    assert code_of(lambda: ec2.create_vpc_endpoint(**wanted)) == "RouteAlreadyExists"


def test_service_linked_role(client):
    """The second time it is InvalidInput, and its name is AWS's."""
    iam = client("iam")
    try:
        made = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]["RoleName"]
        assert made == "AWSServiceRoleForECS"
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidInput"
    assert (
        code_of(lambda: iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")) == "InvalidInput"
    )


def test_role_name_without_regard_to_case(client, unique):
    client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)
    call = lambda: client("iam").create_role(RoleName=unique.upper(), AssumeRolePolicyDocument=TRUST)
    assert code_of(call) == "EntityAlreadyExists"

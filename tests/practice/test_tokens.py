# SPDX-License-Identifier: MIT
"""A client token makes a repeated create the same create."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import code_of


def test_nat_gateway(client, vpc):
    """The same token gives the same gateway, though its address is taken by now; other parameters are refused."""
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    wanted = {"SubnetId": vpc["subnets"][0], "AllocationId": eip, "ClientToken": f"nat-{eip}"}
    made = ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"]
    assert ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"] == made
    other = {**wanted, "SubnetId": vpc["subnets"][1]}
    assert code_of(lambda: ec2.create_nat_gateway(**other)) == "IdempotentParameterMismatch"
    assert (
        code_of(lambda: ec2.create_nat_gateway(**{**wanted, "ClientToken": "x"}))
        == "Resource.AlreadyAssociated"
    )


def test_vpc_endpoint_and_route_table(cloud, client, vpc):
    ec2 = client("ec2")
    tables = [
        ec2.create_route_table(VpcId=vpc["id"], ClientToken=f"t-{vpc['id']}")["RouteTable"]["RouteTableId"]
        for _ in range(2)
    ]
    assert tables[0] == tables[1]
    wanted = {"VpcId": vpc["id"], "ServiceName": f"com.amazonaws.{cloud.region}.s3", "RouteTableIds": [tables[0]],
              "ClientToken": f"e-{vpc['id']}"}  # fmt: skip
    made = [ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"] for _ in range(2)]
    assert made[0] == made[1]


def test_tokens_are_of_one_account_and_region(client):
    """A token of one region means nothing in another."""
    made = []
    for region in ("eu-west-1", "us-east-1"):
        ec2 = client("ec2", region=region)
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        made.append(ec2.create_route_table(VpcId=vpc, ClientToken="same")["RouteTable"]["RouteTableId"])
    assert made[0] != made[1]


def test_failed_call_keeps_no_token(client, vpc):
    """A token whose call failed may be used again with right parameters."""
    ec2 = client("ec2")
    token = f"f-{vpc['id']}"
    code_of(lambda: ec2.create_route_table(VpcId="vpc-00000000000000000", ClientToken=token))
    assert ec2.create_route_table(VpcId=vpc["id"], ClientToken=token)["RouteTable"]["VpcId"] == vpc["id"]


def test_secret(client, unique):
    """Secrets Manager's token is a version: the same content again is the same version, other content is refused."""
    secrets, token = client("secretsmanager"), "0123456789abcdef0123456789abcdef"
    made = secrets.create_secret(Name=unique, SecretString="a", ClientRequestToken=token)
    assert made["VersionId"] == token
    put = lambda value, t: secrets.put_secret_value(SecretId=unique, SecretString=value, ClientRequestToken=t)
    second = "b" * 32
    assert put("b", second)["VersionId"] == put("b", second)["VersionId"] == second
    assert code_of(lambda: put("c", second)) == "ResourceExistsException"


def test_ecs_service(client, unique, vpc):
    """The same token gives the same service; the name again without it is not idempotent."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Statement": [trust]})
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    ecs.register_task_definition(
        family=unique, requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        executionRoleArn=role, containerDefinitions=[{"name": "a", "image": "i"}],
    )  # fmt: skip
    network = {"subnets": vpc["subnets"], "securityGroups": [vpc["group"]]}
    wanted = {"cluster": unique, "serviceName": unique, "taskDefinition": unique, "desiredCount": 0,
              "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": network},
              "clientToken": "token-1"}  # fmt: skip
    made = ecs.create_service(**wanted)["service"]["serviceArn"]
    assert ecs.create_service(**wanted)["service"]["serviceArn"] == made
    for changed in ({"clientToken": "token-2"}, {"desiredCount": 1}):
        assert code_of(lambda changed=changed: ecs.create_service(**{**wanted, **changed})) == (
            "InvalidParameterException"
        )


def test_tasks(client, unique, vpc):
    """RunTask's token gives the same task; with other parameters a conflict, which names the task that has it."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName=unique)
    ecs.register_task_definition(
        family=unique, requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[{"name": "a", "image": "i"}],
    )  # fmt: skip
    wanted = {"cluster": unique, "taskDefinition": unique, "launchType": "FARGATE", "clientToken": unique,
              "networkConfiguration": {"awsvpcConfiguration": {"subnets": vpc["subnets"]}}}  # fmt: skip
    first, second = (ecs.run_task(**wanted)["tasks"][0]["taskArn"] for _ in range(2))
    assert first == second
    with pytest.raises(ClientError) as refused:
        ecs.run_task(**wanted, count=2)
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    assert refused.value.response["resourceIds"] == [first]

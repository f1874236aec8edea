# SPDX-License-Identifier: MIT
"""GetResources returns what AWS returns, and lists come in pages."""

import json

import pytest
from conftest import code_of

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip


@pytest.fixture
def tagged(client, cloud, vpc, unique):
    """One of everything that moto's GetResources leaves out, tagged with stack=unique: name -> ARN."""
    pairs = [{"Key": "stack", "Value": unique}]
    of = lambda kind: [{"ResourceType": kind, "Tags": pairs}]
    ec2, elbv2, gateway = client("ec2"), client("elbv2"), client("apigatewayv2")
    prefix = f"arn:aws:ec2:{cloud.region}:{cloud.account}:"
    eip = ec2.allocate_address(Domain="vpc", TagSpecifications=of("elastic-ip"))["AllocationId"]
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc["id"], ServiceName=f"com.amazonaws.{cloud.region}.s3", RouteTableIds=[table],
        TagSpecifications=of("vpc-endpoint"),
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    rule = ec2.authorize_security_group_ingress(
        GroupId=vpc["group"], TagSpecifications=of("security-group-rule"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]  # fmt: skip
    repository = client("ecr").create_repository(repositoryName=unique, tags=pairs)["repository"][
        "repositoryArn"
    ]
    balancer = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal", Tags=pairs)
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elbv2.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, Tags=pairs,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Tags={"stack": unique})["ApiId"]
    gateway.create_stage(ApiId=api, StageName="$default", Tags={"stack": unique})
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"], Tags={"stack": unique})["VpcLinkId"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Statement": [statement]})
    client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=trust, Tags=pairs)
    apis = f"arn:aws:apigateway:{cloud.region}::"
    return {
        "elastic-ip": f"{prefix}elastic-ip/{eip}",
        "vpc-endpoint": f"{prefix}vpc-endpoint/{endpoint}",
        "security-group-rule": f"{prefix}security-group-rule/{rule}",
        "repository": repository,
        "load balancer": arn,
        "listener": listener,
        "api": f"{apis}/apis/{api}",
        "stage": f"{apis}/apis/{api}/stages/$default",
        "vpc link": f"{apis}/vpclinks/{link}",
    }


def resources(client, **params):
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(**params)
    return [row["ResourceARN"] for page in pages for row in page["ResourceTagMappingList"]]


def test_everything_tagged_is_returned(client, tagged, unique):
    """All of them once, and never an IAM role; by key and value, in pages of two as well."""
    by_tag = [{"Key": "stack", "Values": [unique]}]
    assert sorted(resources(client, TagFilters=by_tag)) == sorted(tagged.values())
    assert resources(client, TagFilters=by_tag, ResourcesPerPage=2) == sorted(tagged.values())
    kinds = ["ecr", "elasticloadbalancing:listener"]
    found = resources(client, TagFilters=by_tag, ResourceTypeFilters=kinds)
    assert sorted(found) == sorted([tagged["repository"], tagged["listener"]])
    assert resources(client, TagFilters=[{"Key": "stack", "Values": ["other"]}]) == []


def pages_of(client, service, operation, result, **params):
    pages = client(service).get_paginator(operation).paginate(**params)
    return [page.get(result, []) for page in pages]


def test_ec2_pages(client, unique):
    """MaxResults gives pages with a token; all of them together are everything, each once."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
    for number in range(7):
        ec2.create_security_group(GroupName=f"{unique}{number}", Description="d", VpcId=vpc)
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    pages = pages_of(
        client,
        "ec2",
        "describe_security_groups",
        "SecurityGroups",
        Filters=filters,
        PaginationConfig={"PageSize": 5},
    )
    assert [len(page) for page in pages] == [5, 3]
    assert len({group["GroupId"] for page in pages for group in page}) == 8


def test_token_of_another_request(client):
    ec2 = client("ec2")
    ec2.create_vpc(CidrBlock="10.51.0.0/16")
    for _ in range(6):
        ec2.create_internet_gateway()
    token = ec2.describe_internet_gateways(MaxResults=5)["NextToken"]
    assert code_of(lambda: ec2.describe_vpcs(MaxResults=5, NextToken=token)) == "InvalidNextToken"
    assert code_of(lambda: ec2.describe_internet_gateways(MaxResults=5, NextToken="x")) == "InvalidNextToken"


def test_json_and_rest_pages(client, unique):
    ecs, gateway, elbv2 = client("ecs"), client("apigatewayv2"), client("elbv2")
    for number in range(3):
        ecs.create_cluster(clusterName=f"{unique}{number}")
        gateway.create_api(Name=unique, ProtocolType="HTTP")
        client("kms").create_key()
        elbv2.create_target_group(Name=f"{unique}{number}", TargetType="lambda")
    size = {"PageSize": 2}
    clusters = pages_of(client, "ecs", "list_clusters", "clusterArns", PaginationConfig=size)
    assert len(clusters) >= 2 and len(clusters[0]) == 2
    assert {arn for page in clusters for arn in page} == set(ecs.list_clusters()["clusterArns"])
    first = gateway.get_apis(MaxResults="2")
    second = gateway.get_apis(MaxResults="2", NextToken=first["NextToken"])
    assert len(first["Items"]) == 2 and second["Items"]
    assert {a["ApiId"] for a in first["Items"]}.isdisjoint({a["ApiId"] for a in second["Items"]})
    keys = client("kms").list_keys(Limit=2)
    assert keys["Truncated"] and keys["NextMarker"] and len(keys["Keys"]) == 2
    groups = elbv2.describe_target_groups(PageSize=2)
    assert len(groups["TargetGroups"]) == 2 and groups["NextMarker"]


def test_vpc_links_come_in_pages_too(client, vpc, unique):
    """Though botocore has no paginator for them."""
    gateway = client("apigatewayv2")
    for _ in range(3):
        gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])
    first = gateway.get_vpc_links(MaxResults="2")
    assert len(first["Items"]) == 2 and first["NextToken"]


def test_tags_of_a_deleted_log_group_are_gone(client, unique):
    """A new group of the same name starts without the old one's tags."""
    logs = client("logs")
    logs.create_log_group(logGroupName=unique, tags={"old": "1"})
    arn = logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["arn"].removesuffix(":*")
    logs.delete_log_group(logGroupName=unique)
    logs.create_log_group(logGroupName=unique, tags={"new": "1"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"new": "1"}


@pytest.mark.parametrize(
    "service", ["ec2", "elbv2", "iam", "ecs", "ecr", "secretsmanager", "logs", "kms", "apigatewayv2"]
)
@pytest.mark.parametrize("character", ["\x1b", "\x00", "\n", "\ufffe"], ids=["escape", "nul", "newline", "fffe"])
def test_control_characters_are_no_part_of_tags(client, vpc, unique, service, character):
    """Refused by every service: XML could not carry them back."""
    tag = f"a{character}b"
    make = {
        "ec2": lambda c: c.create_tags(Resources=[vpc["id"]], Tags=[{"Key": "k", "Value": tag}]),
        "elbv2": lambda c: c.create_load_balancer(
            Name=unique, Subnets=vpc["subnets"], Scheme="internal", Tags=[{"Key": tag, "Value": ""}]
        ),
        "iam": lambda c: c.create_role(
            RoleName=unique, AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "k", "Value": tag}]
        ),
        "ecs": lambda c: c.create_cluster(clusterName=unique, tags=[{"key": "k", "value": tag}]),
        "ecr": lambda c: c.create_repository(repositoryName=unique, tags=[{"Key": "k", "Value": tag}]),
        "secretsmanager": lambda c: c.create_secret(
            Name=unique, SecretString="x", Tags=[{"Key": "k", "Value": tag}]
        ),
        "logs": lambda c: c.create_log_group(logGroupName=unique, tags={"k": tag}),
        "kms": lambda c: c.create_key(Tags=[{"TagKey": "k", "TagValue": tag}]),
        "apigatewayv2": lambda c: c.create_api(Name=unique, ProtocolType="HTTP", Tags={"k": tag}),
    }[service]
    assert code_of(lambda: make(client(service))) in (
        "InvalidParameterValue", "ValidationError", "InvalidInput", "InvalidParameterException", "TagException",
        "InvalidTagParameterException", "BadRequestException",
    )  # fmt: skip

# SPDX-License-Identifier: MIT
"""The tagging API: what it finds, what it never finds, and how it lags (API reference, aws.md 1)."""

import json

import pytest
from conftest import code_of
from ecs_world import TRUST


@pytest.fixture
def tagging(client):
    return client("resourcegroupstaggingapi")


@pytest.fixture
def everything(client, cloud, vpc, unique):
    """One tagged resource of each kind that a setup makes: {kind: ARN}. The tag is unique=yes."""
    ec2, elb, gateway = client("ec2"), client("elbv2"), client("apigatewayv2")
    tags, small = [{"Key": unique, "Value": "yes"}], [{"key": unique, "value": "yes"}]
    spec = lambda kind: [{"ResourceType": kind, "Tags": tags}]
    prefix = f"arn:aws:ec2:{cloud.region}:{cloud.account}:"
    made = {}
    group = ec2.create_security_group(
        GroupName=unique, Description="d", VpcId=vpc["id"], TagSpecifications=spec("security-group")
    )["GroupId"]
    rule = ec2.authorize_security_group_ingress(
        GroupId=group, TagSpecifications=spec("security-group-rule"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]  # fmt: skip
    eip = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip"))["AllocationId"]
    made["group"], made["rule"] = f"{prefix}security-group/{group}", f"{prefix}security-group-rule/{rule}"
    made["eip"] = f"{prefix}elastic-ip/{eip}"
    balancer = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal", Tags=tags)
    made["balancer"] = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    made["targets"] = elb.create_target_group(
        Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip", Tags=tags
    )["TargetGroups"][0]["TargetGroupArn"]
    made["listener"] = elb.create_listener(
        LoadBalancerArn=made["balancer"], Protocol="HTTP", Port=80, Tags=tags,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": made["targets"]}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Tags={unique: "yes"})["ApiId"]
    gateway.create_stage(ApiId=api, StageName="$default", Tags={unique: "yes"})
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"], Tags={unique: "yes"})["VpcLinkId"]
    own = f"arn:aws:apigateway:{cloud.region}::"
    made["api"], made["stage"] = f"{own}/apis/{api}", f"{own}/apis/{api}/stages/$default"
    made["link"] = f"{own}/vpclinks/{link}"
    made["repository"] = client("ecr").create_repository(repositoryName=unique, tags=tags)["repository"][
        "repositoryArn"
    ]
    made["secret"] = client("secretsmanager").create_secret(Name=unique, SecretString="x", Tags=tags)["ARN"]
    client("logs").create_log_group(logGroupName=f"/t/{unique}", tags={unique: "yes"})
    made["logs"] = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:/t/{unique}"
    made["key"] = client("kms").create_key(Tags=[{"TagKey": unique, "TagValue": "yes"}])["KeyMetadata"]["Arn"]
    made["cluster"] = client("ecs").create_cluster(clusterName=unique, tags=small)["cluster"]["clusterArn"]
    return made


def arns(tagging, key, **more):
    filters = [{"Key": key, **({"Values": more.pop("values")} if "values" in more else {})}]
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=filters, **more)
    return {row["ResourceARN"] for page in pages for row in page["ResourceTagMappingList"]}


def test_finds_everything_that_is_tagged(tagging, everything, unique):
    assert arns(tagging, unique) == set(everything.values())
    assert arns(tagging, unique, values=["yes"]) == set(everything.values())
    assert arns(tagging, unique, values=["no"]) == set()


def test_never_roles_and_users(client, tagging, cloud, unique):
    """Documented: IAM roles and users are not supported; customer policies are, in us-east-1."""
    iam, tags = client("iam"), [{"Key": unique, "Value": "yes"}]
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST, Tags=tags)
    iam.create_user(UserName=unique, Tags=tags)
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
    policy = iam.create_policy(PolicyName=unique, PolicyDocument=json.dumps(allow), Tags=tags)["Policy"]["Arn"]
    assert arns(tagging, unique) == set()
    assert arns(client("resourcegroupstaggingapi", region="us-east-1"), unique) == {policy}


@pytest.mark.parametrize(
    ("types", "kinds"),
    [
        (["ec2"], {"group", "rule", "eip"}),
        (["ec2:security-group"], {"group"}),
        (["elasticloadbalancing:loadbalancer"], {"balancer"}),
        (["elasticloadbalancing:targetgroup", "ecs:cluster"], {"targets", "cluster"}),
        (["secretsmanager:secret", "logs:log-group"], {"secret", "logs"}),
        (["kms:key", "ecr:repository"], {"key", "repository"}),
    ],
)
def test_by_type(tagging, everything, unique, types, kinds):
    assert arns(tagging, unique, ResourceTypeFilters=types) == {everything[kind] for kind in kinds}


def test_pages(tagging, everything, unique):
    """Of 1 to 100; the last has an empty token."""
    filters = [{"Key": unique}]
    seen, token = [], ""
    while True:
        page = tagging.get_resources(TagFilters=filters, ResourcesPerPage=5, PaginationToken=token)
        seen += [row["ResourceARN"] for row in page["ResourceTagMappingList"]]
        token = page["PaginationToken"]
        if not token:
            break
    assert sorted(seen) == sorted(everything.values())


# (claim, parameters, code)
REFUSED = [
    ("pages of at least 1", {"ResourcesPerPage": 0}, "InvalidParameterException"),
    ("pages of at most 100", {"ResourcesPerPage": 101}, "InvalidParameterException"),
    ("a token is one of ours", {"PaginationToken": "nonsense"}, "PaginationTokenExpiredException"),
    ("ARNs do not go with filters", {"ResourceARNList": ["arn:aws:ec2:eu-west-3:123456789012:vpc/vpc-1"],
     "TagFilters": [{"Key": "a"}]}, "InvalidParameterException"),
    ("pages of resources or of tags", {"ResourcesPerPage": 10, "TagsPerPage": 100}, "InvalidParameterException"),
    ("tags in hundreds", {"TagsPerPage": 50}, "InvalidParameterException"),
    ("at most 50 filters", {"TagFilters": [{"Key": f"k{i}"} for i in range(51)]}, "InvalidParameterException"),
    ("at most 20 values", {"TagFilters": [{"Key": "k", "Values": [str(i) for i in range(21)]}]},
     "InvalidParameterException"),
    ("a type's form", {"ResourceTypeFilters": ["not a type!"]}, "InvalidParameterException"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "params", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(client, claim, params, code):
    plain = client("resourcegroupstaggingapi", parameter_validation=False)
    assert code_of(lambda: plain.get_resources(**params)) == code


def test_keys_and_values(tagging, everything, unique):
    keys = [key for page in tagging.get_paginator("get_tag_keys").paginate() for key in page["TagKeys"]]
    assert keys.count(unique) == 1
    values = tagging.get_paginator("get_tag_values").paginate(Key=unique)
    assert [value for page in values for value in page["TagValues"]] == ["yes"]


def test_tagging_by_arn(client, tagging, everything, unique):
    """TagResources and UntagResources reach every service, and name what failed."""
    found = list(everything.values())
    ghost = "arn:aws:ecr:eu-west-3:123456789012:repository/ghost"
    for start in range(0, len(found), 20):
        answer = tagging.tag_resources(ResourceARNList=found[start : start + 20], Tags={f"{unique}-b": "x"})
        assert answer["FailedResourcesMap"] == {}
    assert arns(tagging, f"{unique}-b") == set(found)
    assert client("apigatewayv2").get_tags(ResourceArn=everything["stage"])["Tags"][f"{unique}-b"] == "x"
    assert {"Key": f"{unique}-b", "Value": "x"} in client("ecr").list_tags_for_resource(
        resourceArn=everything["repository"]
    )["tags"]
    failed = tagging.tag_resources(ResourceARNList=[ghost], Tags={"a": "b"})["FailedResourcesMap"]
    assert set(failed) == {ghost} and failed[ghost]["StatusCode"] == 400
    assert failed[ghost]["ErrorCode"] == "InvalidParameterException"
    for start in range(0, len(found), 20):
        tagging.untag_resources(ResourceARNList=found[start : start + 20], TagKeys=[f"{unique}-b"])
    assert arns(tagging, f"{unique}-b") == set()
    many = lambda: tagging.tag_resources(ResourceARNList=[ghost] * 21, Tags={"a": "b"})
    assert code_of(many) == "InvalidParameterException"
    system = lambda: tagging.tag_resources(ResourceARNList=[ghost], Tags={"aws:a": "b"})
    assert code_of(system) == "InvalidParameterException"


def test_its_index_learns_of_creation_and_deletion_late(client, tagging, cloud, unique, at_scale):
    """Its answer is a hint, not a proof (aws.md 1)."""
    at_scale(1)
    ecr = client("ecr")
    arn = ecr.create_repository(repositoryName=unique, tags=[{"Key": unique, "Value": "yes"}])["repository"][
        "repositoryArn"
    ]
    assert arns(tagging, unique) == set()
    at_scale(0)
    assert arns(tagging, unique) == {arn}
    at_scale(1)
    ecr.delete_repository(repositoryName=unique)
    assert arns(tagging, unique) == {arn}
    at_scale(0)
    assert arns(tagging, unique) == set()


def test_what_does_not_exist_cannot_be_tagged(client):
    """TagResources answers 200 with a map of failures; moto keeps the tags of a VPC that is not there."""
    arn = "arn:aws:ec2:eu-west-3:123456789012:vpc/vpc-0123456789abcdef0"
    failed = client("resourcegroupstaggingapi").tag_resources(ResourceARNList=[arn], Tags={"a": "b"})
    assert failed["FailedResourcesMap"][arn]["ErrorCode"] == "InvalidParameterException"
    filters = [{"Name": "resource-id", "Values": ["vpc-0123456789abcdef0"]}]
    assert client("ec2").describe_tags(Filters=filters)["Tags"] == []

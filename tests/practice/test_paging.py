# SPDX-License-Identifier: MIT
"""Every list comes in pages: small pages by botocore's paginators give each item once, and only given tokens work."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from conftest import code_of

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
})  # fmt: skip
COUNT = 7


@pytest.fixture(scope="module")
def world(client):
    """Seven of everything that is listed below."""
    ec2, iam, elb, ecs = client("ec2"), client("iam"), client("elbv2"), client("ecs")
    vpc = ec2.create_vpc(CidrBlock="10.100.0.0/16")["Vpc"]["VpcId"]
    gateway, secrets, logs, kms = (client(s) for s in ("apigatewayv2", "secretsmanager", "logs", "kms"))
    api = gateway.create_api(Name="pages", ProtocolType="HTTP")["ApiId"]
    iam.create_role(RoleName="pages", AssumeRolePolicyDocument=TRUST)
    arn = ""
    for n in range(COUNT):
        name = f"pages-{n}"
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.100.{n}.0/24")["Subnet"]["SubnetId"]
        ec2.create_route_table(VpcId=vpc)
        ec2.create_internet_gateway()
        ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)
        ec2.create_network_interface(SubnetId=subnet)
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": name, "Value": "v"}])
        arn = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        ecs.create_cluster(clusterName=name)
        client("ecr").create_repository(repositoryName=name)
        secrets.create_secret(Name=name, SecretString="s")
        logs.create_log_group(logGroupName=name, tags={"probe": "pages"})
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
        ec2.create_vpc(CidrBlock=f"10.10{n}.0.0/16")
        iam.put_role_policy(RoleName="pages", PolicyName=name, PolicyDocument=POLICY)
        managed = iam.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="pages", PolicyArn=managed)
        iam.tag_role(RoleName="pages", Tags=[{"Key": name, "Value": "v"}])
        integration = gateway.create_integration(
            ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
            IntegrationUri="https://example.com",
        )["IntegrationId"]  # fmt: skip
        gateway.create_route(ApiId=api, RouteKey=f"GET /{name}", Target=f"integrations/{integration}")
        gateway.create_stage(ApiId=api, StageName=name)
        token = {"Audience": ["x"], "Issuer": "https://example.com"}
        gateway.create_authorizer(
            ApiId=api, Name=name, AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
            JwtConfiguration=token,
        )  # fmt: skip
        gateway.create_api(Name=name, ProtocolType="HTTP")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    more = _more(client, vpc, key, managed)
    groups = ec2.describe_security_groups(Filters=only("vpc-id", vpc))["SecurityGroups"]
    mine = {  # other tests have left much on the cloud: only what is in this VPC
        "in vpc": only("vpc-id", vpc),
        "of groups": only("group-id", *(row["GroupId"] for row in groups)),
        "of vpc": only("resource-id", vpc),
        "seven": only("cidr", *(f"10.10{n}.0.0/16" for n in range(COUNT))),
    }
    return {"vpc": vpc, "api": api, "group": arn, "key": key, "policy": managed, **mine, **more}


def only(name, *values):
    return [{"Name": name, "Values": list(values)}]


def _more(client, vpc, key, policy):
    """Seven of what hangs on one thing: listeners, grants, tags, versions, streams, entities."""
    ec2, elb, ecs, iam, kms = (client(name) for name in ("ec2", "elbv2", "ecs", "iam", "kms"))
    logs, secrets, rds = (client(name) for name in ("logs", "secretsmanager", "rds"))
    by_zone = {}
    for row in ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]:
        by_zone[row["AvailabilityZone"]] = row["SubnetId"]
    subnets = sorted(by_zone.values())
    balancers = [
        elb.create_load_balancer(Name=f"pages-{n}", Subnets=subnets, Scheme="internal")["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        for n in range(3)
    ]
    group = elb.describe_target_groups(Names=["pages-0"])["TargetGroups"][0]["TargetGroupArn"]
    for n in range(COUNT):
        forward = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
        elb.create_listener(
            LoadBalancerArn=balancers[0], Protocol="HTTP", Port=8000 + n, DefaultActions=forward
        )
        ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private")
        ec2.create_network_acl(VpcId=vpc)
        ecs.register_task_definition(
            family=f"pages-{n}", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}]
        )
        _scaled_service(client, f"pages-{n}")
        iam.attach_role_policy(RoleName=f"pages-{n}", PolicyArn=policy)
        iam.create_user(UserName=f"pages-{n}")
        iam.create_instance_profile(InstanceProfileName=f"pages-{n}")
        operations = ["Encrypt", "Decrypt", "GenerateDataKey"][: 1 + n % 3]
        kms.create_grant(
            KeyId=key, GranteePrincipal=f"arn:aws:iam::123456789012:role/pages-{n}", Operations=operations
        )
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": f"k{n}", "TagValue": "v"}])
        logs.create_log_stream(logGroupName="pages-0", logStreamName=f"s{n}")
        event = [{"timestamp": int(time.time() * 1000) + n, "message": f"m{n}"}]
        logs.put_log_events(logGroupName="pages-0", logStreamName="s0", logEvents=event)
        secrets.put_secret_value(SecretId="pages-0", SecretString=f"v{n}", VersionStages=[f"stage{n}"])
        for part in "abc":
            rds.create_db_subnet_group(
                DBSubnetGroupName=f"pages-{n}{part}", DBSubnetGroupDescription="d", SubnetIds=subnets
            )
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=POLICY)
    return {"balancer": balancers[0], "targets": group}


def _scaled_service(client, name):
    client("ecs").create_service(cluster="pages-0", serviceName=name, taskDefinition=name, desiredCount=0)
    target = {"ResourceId": f"service/pages-0/{name}", "ScalableDimension": "ecs:service:DesiredCount"}
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", MinCapacity=0, MaxCapacity=1, **target
    )


# Service, operation, further parameters, size of a page (EC2 takes no less than five).
LISTS = [
    ("ec2", "describe_subnets", {"Filters": "in vpc"}, 5),
    ("ec2", "describe_route_tables", {"Filters": "in vpc"}, 5),
    ("ec2", "describe_internet_gateways", {}, 5),
    ("ec2", "describe_security_groups", {"Filters": "in vpc"}, 5),
    ("ec2", "describe_security_group_rules", {"Filters": "of groups"}, 5),
    ("ec2", "describe_network_interfaces", {"Filters": "in vpc"}, 5),
    ("ec2", "describe_tags", {"Filters": "of vpc"}, 5),
    ("ec2", "describe_vpcs", {"Filters": "seven"}, 5),
    ("elbv2", "describe_target_groups", {}, 2),
    ("ecs", "list_clusters", {}, 2),
    ("ecr", "describe_repositories", {}, 2),
    ("secretsmanager", "list_secrets", {}, 2),
    ("logs", "describe_log_groups", {}, 2),
    ("kms", "list_keys", {}, 2),
    ("kms", "list_aliases", {}, 2),
    ("iam", "list_roles", {}, 2),
    ("iam", "list_policies", {"Scope": "Local"}, 2),
    ("iam", "list_role_policies", {"RoleName": "pages"}, 2),
    ("iam", "list_attached_role_policies", {"RoleName": "pages"}, 2),
    ("iam", "list_role_tags", {"RoleName": "pages"}, 2),
    ("apigatewayv2", "get_apis", {}, 2),
    ("apigatewayv2", "get_integrations", {"ApiId": "api"}, 2),
    ("apigatewayv2", "get_routes", {"ApiId": "api"}, 2),
    ("apigatewayv2", "get_stages", {"ApiId": "api"}, 2),
    ("apigatewayv2", "get_authorizers", {"ApiId": "api"}, 2),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}, 2),
    ("ec2", "describe_nat_gateways", {}, 5),
    ("ec2", "describe_network_acls", {"Filters": "in vpc"}, 5),
    ("elbv2", "describe_load_balancers", {}, 1),
    ("elbv2", "describe_listeners", {"LoadBalancerArn": "balancer"}, 2),
    ("ecs", "list_task_definitions", {}, 2),
    ("ecs", "list_task_definition_families", {}, 2),
    ("iam", "list_policy_versions", {"PolicyArn": "policy"}, 2),
    ("iam", "list_users", {}, 2),
    ("iam", "list_instance_profiles", {}, 2),
    ("kms", "list_grants", {"KeyId": "key"}, 2),
    ("kms", "list_resource_tags", {"KeyId": "key"}, 2),
    ("logs", "describe_log_streams", {"logGroupName": "pages-0"}, 2),
    ("logs", "filter_log_events", {"logGroupName": "pages-0"}, 2),
    ("rds", "describe_db_subnet_groups", {}, 20),
    ("resourcegroupstaggingapi", "get_resources", {}, 2),
]
IDS = [row[1] for row in LISTS]
# When more than a page is there, moto cuts it before an empty one could be sent.
PAGED_BY_MOTO = ("iam", "logs", "secretsmanager", "elbv2")


def pages(client, world, service, operation, params, size, sized=True):
    """The pages of a list, each a list of its items as text."""
    boto = client(service)
    params = {key: world.get(value, value) for key, value in params.items()}
    if not boto.can_paginate(operation):  # iam list_role_tags has a paginator since; keep the claim honest
        pytest.fail(f"botocore cannot paginate {operation}")
    pager = boto.get_paginator(operation)
    config = {"PageSize": size} if sized else {}
    result = pager.result_keys[0]
    return [
        [json.dumps(item, default=str, sort_keys=True) for item in result.search(page) or []]
        for page in pager.paginate(**params, PaginationConfig=config)
    ]


@pytest.mark.parametrize("service, operation, params, size", LISTS, ids=IDS)
def test_small_pages(client, world, service, operation, params, size):
    """No page is too large, and together they are the whole list, each item once."""
    whole = [
        item for page in pages(client, world, service, operation, params, size, sized=False) for item in page
    ]
    small = pages(client, world, service, operation, params, size)
    least = 5 if operation == "list_policy_versions" else COUNT  # IAM keeps no more
    assert len(whole) >= min(least, size * 3) and len(small) > 1
    assert max(len(page) for page in small) <= size
    joined = [item for page in small for item in page]
    assert sorted(joined) == sorted(whole)


@pytest.mark.parametrize("service, operation, params, size", LISTS, ids=IDS)
def test_made_up_token(client, world, service, operation, params, size):
    """A token that the service did not give is a client's error, never a first page."""
    boto = client(service)
    token = boto.get_paginator(operation)._input_token[0]
    params = {key: world.get(value, value) for key, value in params.items()}
    with pytest.raises(ClientError) as error:
        getattr(boto, operation)(**params, **{token: "made-up"})
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_token_is_for_its_request(client, world):
    """With other parameters a token is refused."""
    ec2 = client("ec2")
    token = ec2.describe_subnets(MaxResults=5)["NextToken"]
    ec2.describe_subnets(MaxResults=6, NextToken=token)
    other = [{"Name": "vpc-id", "Values": [world["vpc"]]}]
    assert code_of(lambda: ec2.describe_subnets(NextToken=token, Filters=other)) == "InvalidNextToken"


@pytest.mark.parametrize(
    "service, operation, size, code",
    [
        ("ec2", "describe_subnets", 4, "InvalidParameterValue"),
        ("ec2", "describe_subnets", 1001, "InvalidParameterValue"),
        ("ec2", "describe_route_tables", 101, "InvalidParameterValue"),
        ("elbv2", "describe_target_groups", 401, "ValidationError"),
        ("iam", "list_roles", 1001, "ValidationError"),
    ],
)
def test_size_of_a_page(client, service, operation, size, code):
    """Sizes have limits of their own."""
    boto = client(service, parameter_validation=False)
    member = client(service).get_paginator(operation)._limit_key
    assert code_of(lambda: getattr(boto, operation)(**{member: size})) == code


def test_empty_first_pages(client, cloud, world):
    """Asked to, the cloud begins lists with an empty page and a token; paginators see all the same."""
    cloud.change({"empty_pages": True})
    try:
        first = client("ec2").describe_subnets()
        assert first["Subnets"] == [] and first["NextToken"]
        for service, operation, params, size in LISTS:
            if service == "resourcegroupstaggingapi":
                continue  # has rules of its own
            got = pages(client, world, service, operation, params, size)
            assert got[0] == [] or service in PAGED_BY_MOTO, operation
            assert sum(len(page) for page in got) >= 3
        vpc = world["vpc"]
        assert client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["VpcId"] == vpc  # by name: at once
    finally:
        cloud.change({"empty_pages": False})


def test_versions_of_a_secret_come_in_pages(client, world):
    """ListSecretVersionIds has no paginator in botocore and pages all the same."""
    secrets = client("secretsmanager")
    seen, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = secrets.list_secret_version_ids(SecretId="pages-0", MaxResults=2, **more)
        assert len(page["Versions"]) <= 2
        seen += [row["VersionId"] for row in page["Versions"]]
        token = page.get("NextToken")
        if not token:
            break
    assert len(seen) == len(set(seen)) >= COUNT

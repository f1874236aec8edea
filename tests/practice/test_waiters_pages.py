# SPDX-License-Identifier: MIT
"""botocore's own waiters and paginators against the cloud: every list in small pages, every state waited for."""

import pytest
from conftest import code_of
from ecs_world import TRUST

FAST = {"Delay": 1, "MaxAttempts": 20}
# (service, paginator, the list in a page); each has at least three items in the world below
LISTS = [
    ("elbv2", "describe_load_balancers", "LoadBalancers"), ("elbv2", "describe_target_groups", "TargetGroups"),
    ("elbv2", "describe_listeners", "Listeners"), ("elbv2", "describe_rules", "Rules"),
    ("apigatewayv2", "get_apis", "Items"), ("apigatewayv2", "get_routes", "Items"),
    ("apigatewayv2", "get_integrations", "Items"), ("apigatewayv2", "get_stages", "Items"),
    ("apigatewayv2", "get_deployments", "Items"), ("ecr", "describe_repositories", "repositories"),
    ("ecs", "list_clusters", "clusterArns"), ("ecs", "list_services", "serviceArns"),
    ("ecs", "list_task_definitions", "taskDefinitionArns"), ("ecs", "list_task_definition_families", "families"),
    ("logs", "describe_log_groups", "logGroups"), ("logs", "describe_log_streams", "logStreams"),
    ("secretsmanager", "list_secrets", "SecretList"), ("resourcegroupstaggingapi", "get_resources",
                                                       "ResourceTagMappingList"),
]  # fmt: skip


@pytest.fixture(scope="module")
def world(cloud, client):
    """Three of everything, in a region of its own; what the lists are asked with."""
    region = "eu-west-1"
    make = lambda service: client(service, region=region)
    ec2, elb, gateway, ecs = make("ec2"), make("elbv2"), make("apigatewayv2"), make("ecs")
    subnets = ec2.describe_subnets()["Subnets"][:3]
    places = [s["SubnetId"] for s in subnets]
    vpc = subnets[0]["VpcId"]
    action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    balancers = [
        elb.create_load_balancer(Name=f"pages{i}", Subnets=places, Scheme="internal")["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        for i in range(3)
    ]
    listeners = [
        elb.create_listener(LoadBalancerArn=balancers[0], Protocol="HTTP", Port=80 + i, DefaultActions=action)[
            "Listeners"
        ][0]["ListenerArn"]
        for i in range(3)
    ]
    for i in range(3):
        elb.create_target_group(Name=f"pages{i}", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
        condition = [{"Field": "path-pattern", "Values": [f"/{i}"]}]
        elb.create_rule(ListenerArn=listeners[0], Priority=i + 1, Conditions=condition, Actions=action)
    apis = [gateway.create_api(Name="pages", ProtocolType="HTTP")["ApiId"] for _ in range(3)]
    for i in range(3):
        gateway.create_integration(
            ApiId=apis[0], IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
            IntegrationUri="https://example.com",
        )  # fmt: skip
        gateway.create_route(ApiId=apis[0], RouteKey=f"GET /{i}")
        gateway.create_stage(ApiId=apis[0], StageName=f"s{i}")
        gateway.create_deployment(ApiId=apis[0])
        make("ecr").create_repository(repositoryName=f"pages{i}")
        make("logs").create_log_group(logGroupName=f"pages{i}")
        make("logs").create_log_stream(logGroupName="pages0", logStreamName=f"s{i}")
        make("secretsmanager").create_secret(Name=f"pages{i}", SecretString="x", Tags=[{"Key": "pages", "Value": "1"}])
        ecs.create_cluster(clusterName=f"pages{i}")
        ecs.register_task_definition(
            family=f"pages{i}", containerDefinitions=[{"name": "a", "image": "i", "memory": 64}]
        )
        ecs.create_service(cluster="pages0", serviceName=f"s{i}", taskDefinition="pages0", desiredCount=0)
    return {
        "region": region, "vpc": vpc, "places": places, "balancers": balancers,
        "arguments": {
            "describe_listeners": {"LoadBalancerArn": balancers[0]}, "describe_rules": {"ListenerArn": listeners[0]},
            "get_routes": {"ApiId": apis[0]}, "get_integrations": {"ApiId": apis[0]},
            "get_stages": {"ApiId": apis[0]}, "get_deployments": {"ApiId": apis[0]},
            "list_services": {"cluster": "pages0"}, "describe_log_streams": {"logGroupName": "pages0"},
        },
    }  # fmt: skip


@pytest.mark.parametrize(("service", "name", "items"), LISTS, ids=[row[1] for row in LISTS])
def test_pages_of_one(client, world, service, name, items):
    """Page by page there is the same as at once, nothing twice, and no page is larger than was asked."""
    made = client(service, region=world["region"])
    arguments = world["arguments"].get(name, {})
    pages = [page[items] for page in made.get_paginator(name).paginate(**arguments, PaginationConfig={"PageSize": 1})]
    assert max(len(page) for page in pages) == 1 and len(pages) >= 3
    whole = [item for page in made.get_paginator(name).paginate(**arguments) for item in page[items]]
    flat = [item for page in pages for item in page]
    assert sorted(map(str, flat)) == sorted(map(str, whole)) and len({str(item) for item in flat}) == len(flat)


def test_vpc_links_in_pages(client, world):
    """Paged, though botocore has no paginator (aws.md 0.5)."""
    gateway = client("apigatewayv2", region=world["region"])
    for i in range(3):
        gateway.create_vpc_link(Name=f"pages{i}", SubnetIds=world["places"][:1])
    seen, token = [], {}
    while True:
        page = gateway.get_vpc_links(MaxResults="1", **token)
        assert len(page["Items"]) <= 1
        seen += [link["VpcLinkId"] for link in page["Items"]]
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) >= 3 and len(set(seen)) == len(seen)


def test_waiters_of_load_balancers(client, vpc, unique):
    elb = client("elbv2")
    arn = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    for name in ("load_balancer_exists", "load_balancer_available"):
        elb.get_waiter(name).wait(LoadBalancerArns=[arn], WaiterConfig=FAST)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn], WaiterConfig=FAST)


def test_waiters_of_databases(client, vpc, unique):
    rds = client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName=unique, DBSubnetGroupDescription="d", SubnetIds=vpc["subnets"])
    rds.create_db_instance(
        DBInstanceIdentifier=unique, DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="owner", MasterUserPassword="long-enough", DBSubnetGroupName=unique,
    )  # fmt: skip
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=unique, WaiterConfig=FAST)
    rds.delete_db_instance(DBInstanceIdentifier=unique, SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier=unique, WaiterConfig=FAST)
    rds.delete_db_subnet_group(DBSubnetGroupName=unique)


def test_waiters_of_services(client, vpc, unique):
    """Stable with nothing wanted, inactive when deleted; no groups given means the VPC's default group."""
    ecs, iam = client("ecs"), client("iam")
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ecs.create_cluster(clusterName=unique)
    ecs.register_task_definition(
        family=unique, requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        executionRoleArn=role, containerDefinitions=[{"name": "a", "image": "public.ecr.aws/x/y:1"}],
    )  # fmt: skip
    made = ecs.create_service(
        cluster=unique, serviceName="s", taskDefinition=unique, desiredCount=0, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": vpc["subnets"]}},
    )["service"]  # fmt: skip
    assert made["status"] == "ACTIVE"
    ecs.get_waiter("services_stable").wait(cluster=unique, services=["s"], WaiterConfig=FAST)
    assert code_of(lambda: ecs.delete_cluster(cluster=unique)) == "ClusterContainsServicesException"
    ecs.delete_service(cluster=unique, service="s")
    ecs.get_waiter("services_inactive").wait(cluster=unique, services=["s"], WaiterConfig=FAST)
    assert ecs.delete_cluster(cluster=unique)["cluster"]["status"] == "INACTIVE"

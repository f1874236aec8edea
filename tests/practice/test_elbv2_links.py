# SPDX-License-Identifier: MIT
"""What hangs on load balancers and tasks: interfaces, target groups in use, listeners seen late (aws.md 2.9, 4)."""

import pytest
from conftest import code_of
from ecs_world import Stack, World, until


@pytest.fixture
def elb(client):
    return client("elbv2")


@pytest.fixture
def balanced(elb, vpc, unique):
    """A load balancer with a listener to a target group: (balancer, listener, group)."""
    arn = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    group = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip")[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    action = [{"Type": "forward", "TargetGroupArn": group}]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=action)["Listeners"][
        0
    ]["ListenerArn"]
    return arn, listener, group


def test_interfaces_follow_the_subnets(client, elb, vpc, balanced):
    ec2 = client("ec2")
    zone = ec2.describe_subnets(SubnetIds=vpc["subnets"][:1])["Subnets"][0]["AvailabilityZone"]
    third = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.7.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    wanted = [third, vpc["subnets"][1]]
    elb.set_subnets(LoadBalancerArn=balanced[0], Subnets=wanted)
    by_vpc = [{"Name": "vpc-id", "Values": [vpc["id"]]}]
    found = ec2.describe_network_interfaces(Filters=by_vpc)["NetworkInterfaces"]
    assert sorted(i["SubnetId"] for i in found if i["Description"].startswith("ELB app/")) == sorted(wanted)
    ec2.delete_subnet(SubnetId=vpc["subnets"][0])


@pytest.mark.parametrize("way", ["listener", "balancer"])
def test_target_group_is_in_use_a_moment_longer(elb, balanced, at_scale, way):
    at_scale(1)
    balancer, listener, group = balanced
    if way == "listener":
        elb.delete_listener(ListenerArn=listener)
    else:
        elb.delete_load_balancer(LoadBalancerArn=balancer)
    delete = lambda: elb.delete_target_group(TargetGroupArn=group)
    assert code_of(delete) == "ResourceInUse"
    at_scale(0)
    delete()


def test_new_listener_is_seen_late_by_ecs(cloud, client, elb, vpc, unique, at_scale):
    """With lag, CreateService finds no load balancer at the target group of a new listener."""
    at_scale(1)
    cloud.change({"lag": 3600})
    try:
        balancer = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0]
        group = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip")
        group = group["TargetGroups"][0]["TargetGroupArn"]
        action = [{"Type": "forward", "TargetGroupArn": group}]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=action
        )
        ecs = client("ecs")
        ecs.create_cluster(clusterName=unique)
        task = ecs.register_task_definition(
            family=unique, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
            containerDefinitions=[{"name": "app", "image": "public.ecr.aws/x/y:1",
                                   "portMappings": [{"containerPort": 80}]}],
        )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
        network = {"subnets": vpc["subnets"], "securityGroups": [vpc["group"]]}
        make = lambda: ecs.create_service(
            cluster=unique, serviceName=unique, taskDefinition=task, desiredCount=0, launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
        )  # fmt: skip
        with pytest.raises(ecs.exceptions.InvalidParameterException, match="not have an associated load balancer"):
            make()
    finally:
        cloud.change({"lag": 0})
    assert make()["service"]["status"] == "ACTIVE"


def test_new_listener_is_seen_late(cloud, client, elb, vpc, unique, at_scale):
    """With lag, by API Gateway; it is the seed's choice for how long, so several are made."""
    gateway = client("apigatewayv2")
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])["VpcLinkId"]  # throttled at scale 1
    at_scale(1)
    cloud.change({"lag": 20})
    try:
        arn = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
        action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
        listeners = [
            elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80 + i, DefaultActions=action)["Listeners"][
                0
            ]["ListenerArn"]
            for i in range(4)
        ]
        make = lambda uri: gateway.create_integration(
            ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", ConnectionType="VPC_LINK",
            ConnectionId=link, IntegrationUri=uri, PayloadFormatVersion="1.0",
        )  # fmt: skip
        with pytest.raises(gateway.exceptions.BadRequestException, match="Unable to retrieve listener port"):
            for listener in listeners:
                make(listener)
    finally:
        cloud.change({"lag": 0})
    make(listeners[0])


@pytest.fixture(scope="module")
def world(cloud, client, tmp_path_factory):
    if not hasattr(cloud, "test_world"):
        cloud.test_world = World(cloud, client, tmp_path_factory.mktemp("tiny"))
    return cloud.test_world


def test_interface_outlives_its_task(world, unique, at_scale):
    """It keeps its security group from going for a moment after the task is STOPPED (aws.md 4)."""
    stack = Stack(world, unique)
    group = world.ec2.create_security_group(GroupName=unique, Description="d", VpcId=world.vpc)["GroupId"]
    arn = stack.run(stack.define(), networkConfiguration=stack.network(securityGroups=[group]))
    stack.reached(arn, "RUNNING")
    at_scale(0.1)
    world.ecs.stop_task(cluster="t-cluster", task=arn)
    stack.reached(arn, "STOPPED")
    at_scale(1)
    delete = lambda: world.ec2.delete_security_group(GroupId=group)
    assert code_of(delete) == "DependencyViolation"
    at_scale(0)
    until("the interface goes", lambda: not world.ec2.describe_network_interfaces(
        Filters=[{"Name": "group-id", "Values": [group]}])["NetworkInterfaces"])  # fmt: skip
    delete()

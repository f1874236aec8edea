# SPDX-License-Identifier: MIT
"""The gateway in front of a real ECS task: what test_gateway.py shows with a stand-in, once with everything real."""

import http.client

import pytest
from ecs_world import Stack, World, until


@pytest.fixture(scope="module")
def world(cloud, client, tmp_path_factory):
    if not hasattr(cloud, "test_world"):
        cloud.test_world = World(cloud, client, tmp_path_factory.mktemp("tiny"))
    cloud.tasks.targets.boot_s = 0.5  # the tiny server is up in milliseconds
    return cloud.test_world


@pytest.fixture
def served(world, client, unique):
    """A completed service of one task, and an API that leads to it: served.ask(path)."""
    stack = Stack(world, unique)
    stack.target_group()
    stack.serve(stack.define({"environment": [{"name": "WHO", "value": unique}]}))
    stack.completed()
    ec2, apigw = client("ec2"), client("apigatewayv2")
    group = ec2.create_security_group(GroupName=unique, Description=unique, VpcId=world.vpc)["GroupId"]
    stack.permission = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "UserIdGroupPairs": [{"GroupId": group}],
    }
    ec2.authorize_security_group_ingress(GroupId=world.lb_group, IpPermissions=[stack.permission])
    # Not the second subnet: it lies in euw3-az2, where VPC links fail (aws.md 8).
    link = apigw.create_vpc_link(Name=unique, SubnetIds=world.subnets[:1], SecurityGroupIds=[group])[
        "VpcLinkId"
    ]
    api = apigw.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    integration = apigw.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        ConnectionType="VPC_LINK",
        ConnectionId=link,
        IntegrationUri=stack.listener,
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    apigw.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    apigw.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", world.cloud.config.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": f"{api}.execute-api.localhost"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    stack.ask, stack.ec2 = ask, ec2
    yield stack
    ec2.revoke_security_group_ingress(GroupId=world.lb_group, IpPermissions=[stack.permission])
    stack.close()


def test_request_reaches_the_task_and_its_answer_comes_back(served):
    assert served.ask("/env/WHO") == (200, served.name)


def test_task_that_goes_away_leaves_the_balancers_page(served):
    served.update(desiredCount=0)
    until("the balancer has no target", lambda: served.ask("/")[0] == 503)
    status, body = served.ask("/")
    assert (status, "503 Service Temporarily Unavailable" in body) == (503, True)


def test_both_groups_on_the_way_must_agree(served):
    """Link -> balancer is the gateway's error, balancer -> task the balancer's."""
    rule = [
        {
            "IpProtocol": "tcp",
            "FromPort": 3000,
            "ToPort": 3000,
            "UserIdGroupPairs": [{"GroupId": served.world.lb_group}],
        }
    ]
    served.ec2.revoke_security_group_ingress(GroupId=served.world.task_group, IpPermissions=rule)
    try:
        assert served.ask("/")[0] in (503, 504)
    finally:
        served.ec2.authorize_security_group_ingress(GroupId=served.world.task_group, IpPermissions=rule)
    until("the task answers again", lambda: served.ask("/")[0] == 200)
    served.ec2.revoke_security_group_ingress(GroupId=served.world.lb_group, IpPermissions=[served.permission])
    assert served.ask("/") == (503, '{"message": "Service Unavailable"}')
    served.ec2.authorize_security_group_ingress(
        GroupId=served.world.lb_group, IpPermissions=[served.permission]
    )

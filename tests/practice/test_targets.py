# SPDX-License-Identifier: MIT
"""Targets: real health checks by the target group's own settings, with AWS's states and reasons."""

import pytest
from ecs_world import PORT, Stack, World, until

from practice.data.targets import matches


@pytest.fixture(scope="module")
def world(cloud, client, tmp_path_factory):
    if not hasattr(cloud, "test_world"):
        cloud.test_world = World(cloud, client, tmp_path_factory.mktemp("tiny"))
    cloud.tasks.targets.boot_s = 0.5
    return cloud.test_world


@pytest.fixture
def stack(world, unique):
    made = Stack(world, unique)
    yield made
    made.close()


def start(stack, container=None):
    """A service whose tasks are never replaced: grace for ever, no breaker."""
    stack.serve(stack.define(container), healthCheckGracePeriodSeconds=2147483647, deploymentConfiguration={})


@pytest.fixture
def at_real_scale(at_scale):
    """Slow enough that a grace period holds: at scale 0 every period is over at once."""
    at_scale(0.01)


def settled(stack, state):
    return until(
        f"target {state}, it is {stack.health()}",
        lambda: next((h for h in stack.health() if h["State"] == state), None),
    )


def test_matcher_takes_values_and_ranges():
    assert [matches("200,300-302", code) for code in (200, 201, 300, 302, 303)] == [
        True,
        False,
        True,
        True,
        False,
    ]


def test_new_target_is_initial_then_healthy(stack, at_real_scale):
    stack.target_group()
    start(stack)
    first = until("a target", stack.health)[0]
    assert first["State"] in ("initial", "healthy")
    if first["State"] == "initial":
        assert first["Reason"] in ("Elb.RegistrationInProgress", "Elb.InitialHealthChecking")
    assert "Reason" not in settled(stack, "healthy")
    shown = stack.world.elb.describe_target_health(TargetGroupArn=stack.target)["TargetHealthDescriptions"][0]
    assert (
        shown["Target"]["Port"] == PORT
        and shown["Target"]["Id"].startswith("10.77.")
        and shown["HealthCheckPort"] == str(PORT)
    )
    assert shown["Target"]["AvailabilityZone"].startswith("eu-west-3")


@pytest.mark.parametrize(
    ("command", "settings", "reason", "text"),
    [
        (
            ["serve", str(PORT), "500"],
            {},
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [500]",
        ),
        (["local", str(PORT)], {}, "Target.FailedHealthChecks", "Health checks failed"),
        (["serve", "4000"], {}, "Target.FailedHealthChecks", "Health checks failed"),
        (
            ["serve", str(PORT)],
            {"Matcher": {"HttpCode": "201"}},
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [200]",
        ),
    ],
)
def test_unhealthy_target_says_why(stack, at_real_scale, command, settings, reason, text):
    stack.target_group(**settings)
    start(stack, {"command": command})
    found = settled(stack, "unhealthy")
    assert (found["Reason"], found["Description"]) == (reason, text)


def test_path_and_matcher_of_the_group_are_used(stack, at_real_scale):
    stack.target_group(HealthCheckPath="/uid", Matcher={"HttpCode": "200-204"})
    start(stack, {"command": ["serve", str(PORT), "500"]})
    settled(stack, "healthy")


def test_closed_security_group_is_a_timeout_and_opening_it_heals(stack, world, at_real_scale):
    rule = [
        {
            "IpProtocol": "tcp",
            "FromPort": PORT,
            "ToPort": PORT,
            "UserIdGroupPairs": [{"GroupId": world.lb_group}],
        }
    ]
    world.ec2.revoke_security_group_ingress(GroupId=world.task_group, IpPermissions=rule)
    try:
        stack.target_group()
        start(stack)
        found = settled(stack, "unhealthy")
        assert (found["Reason"], found["Description"]) == ("Target.Timeout", "Request timed out")
    finally:
        world.ec2.authorize_security_group_ingress(GroupId=world.task_group, IpPermissions=rule)
    settled(stack, "healthy")


def test_group_without_a_listener_is_not_in_use(stack, world, at_real_scale):
    stack.target_group()
    start(stack)
    settled(stack, "healthy")
    world.elb.delete_listener(ListenerArn=stack.listener)
    found = settled(stack, "unused")
    assert (
        found["Reason"] == "Target.NotInUse" and "not configured to receive traffic" in found["Description"]
    )


def test_deregistered_target_drains_and_is_forgotten(stack, at_real_scale):
    stack.target_group()
    start(stack)
    settled(stack, "healthy")
    stack.update(desiredCount=0)
    assert settled(stack, "draining")["Reason"] == "Target.DeregistrationInProgress"
    until("gone", lambda: not stack.health())


def test_deregistered_by_hand_it_drains(stack, world, at_real_scale):
    """DeregisterTargets itself, not the end of a task, makes a target drain."""
    stack.target_group()
    target = {"Id": "10.77.0.202", "Port": 80}
    world.elb.register_targets(TargetGroupArn=stack.target, Targets=[target])
    world.elb.deregister_targets(TargetGroupArn=stack.target, Targets=[target])
    assert [one["State"] for one in stack.health()] == ["draining"]


def test_target_that_is_no_task_times_out(stack, world, monkeypatch):
    """It is given no time to start, as a new task is."""
    monkeypatch.setattr(world.cloud.tasks.targets, "boot_s", 3600)
    stack.target_group()
    world.elb.modify_target_group(TargetGroupArn=stack.target, HealthCheckIntervalSeconds=300)
    world.elb.register_targets(TargetGroupArn=stack.target, Targets=[{"Id": "10.77.0.200", "Port": 80}])
    assert settled(stack, "unhealthy")["Reason"] == "Target.Timeout"
    world.elb.deregister_targets(TargetGroupArn=stack.target, Targets=[{"Id": "10.77.0.200", "Port": 80}])
    shown = world.elb.describe_target_health(
        TargetGroupArn=stack.target, Targets=[{"Id": "10.77.0.201", "Port": 80}]
    )
    assert shown["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_connect_refuses_and_times_out_like_a_network(stack, world):
    task = stack.reached(stack.run(stack.define()), "RUNNING")
    address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    with pytest.raises(ConnectionRefusedError):
        world.cloud.tasks.connect(address, PORT + 1, timeout=1)
    with pytest.raises(TimeoutError):
        world.cloud.tasks.connect("10.77.0.201", PORT, timeout=1)

# SPDX-License-Identifier: MIT
"""Services as ECS runs them: deployments, events, circuit breaker, rolling updates, deletion. Seen through boto3."""

import re
import threading
import time

import pytest
from botocore.exceptions import ClientError
from ecs_world import PORT, Stack, World, until

from practice.data.services import Service, Services


@pytest.fixture(scope="module")
def world(cloud, client, tmp_path_factory):
    if not hasattr(cloud, "test_world"):
        cloud.test_world = World(cloud, client, tmp_path_factory.mktemp("tiny"))
    cloud.tasks.targets.boot_s = 0.5  # the tiny server is up in milliseconds
    return cloud.test_world


@pytest.fixture
def stack(world, unique):
    made = Stack(world, unique)
    yield made
    made.close()


@pytest.fixture
def served(stack):
    """A completed service of one task behind a load balancer."""
    stack.target_group()
    stack.first = stack.define()
    stack.serve(stack.first)
    stack.completed()
    return stack


def refused(caught):
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_service_completes_with_a_healthy_target_and_awss_events(stack):
    stack.target_group()
    definition = stack.define()
    created = stack.serve(definition, desiredCount=2)
    assert (created["status"], created["runningCount"], created["deployments"][0]["rolloutState"]) == (
        "ACTIVE",
        0,
        "IN_PROGRESS",
    )
    deployment = stack.completed()
    assert (
        deployment["status"],
        deployment["runningCount"],
        deployment["pendingCount"],
        deployment["failedTasks"],
    ) == ("PRIMARY", 2, 0, 0)
    assert deployment["taskDefinition"] == definition
    assert [h["State"] for h in stack.health()] == ["healthy", "healthy"]
    name = re.escape(f"(service {stack.name})")
    wanted = [
        rf"{name} has started 2 tasks: \(task [0-9a-f]{{32}}\) \(task [0-9a-f]{{32}}\)\.",
        rf"{name} registered 1 targets in \(target-group {re.escape(stack.target)}\)",
        rf"{name} registered 1 targets in .*",
        rf"{name} \(deployment {re.escape(deployment['id'])}\) deployment completed\.",
        rf"{name} has reached a steady state\.",
    ]
    events = list(reversed(stack.events()))
    assert len(events) == len(wanted) and all(
        re.fullmatch(w, e) for w, e in zip(wanted, events, strict=True)
    ), events
    cluster = stack.ecs.describe_clusters(clusters=["t-cluster"])["clusters"][0]
    assert cluster["activeServicesCount"] >= 1 and cluster["runningTasksCount"] >= 2
    for task in stack.tasks():
        assert (task["startedBy"], task["group"]) == (deployment["id"], f"service:{stack.name}")
        assert task["capacityProviderName"] == "FARGATE"


def test_rolling_update_replaces_the_task_only_when_its_successor_is_healthy(served):
    old = served.tasks()[0]
    second = served.define({"environment": [{"name": "V", "value": "2"}]})
    updated = served.update(taskDefinition=second)
    assert [(d["status"], d["taskDefinition"]) for d in updated["deployments"]] == [
        ("PRIMARY", second),
        ("ACTIVE", served.first),
    ]
    assert [d["desiredCount"] for d in updated["deployments"]] == [1, 1]
    least = []

    def done():
        least.append(sum(h["State"] == "healthy" for h in served.health()))
        found = served.service()["deployments"]
        return len(found) == 1 and found[0]["rolloutState"] == "COMPLETED"

    until("second deployment", done)
    assert min(least) >= 1, "there was a healthy target all the time"
    assert served.service()["taskDefinition"] == second
    assert served.get(served.tasks()[0], "/env/V")[1] == "2"
    stopped = served.reached(old["taskArn"], "STOPPED")
    assert stopped["stopCode"] == "ServiceSchedulerInitiated"
    assert re.match(r"Scaling activity initiated by \(deployment ecs-svc/\d+\)", stopped["stoppedReason"])


def test_failed_update_trips_the_breaker_and_rolls_back_to_the_completed_deployment(served):
    before = served.primary()["id"]
    bad = served.define({"command": ["exit", "1", "crash"]})
    served.update(taskDefinition=bad)
    until("rollback", lambda: any("rolling back to deployment" in e for e in served.events()))
    back = served.completed()
    assert (back["id"], back["taskDefinition"]) == (before, served.first)
    assert served.service()["taskDefinition"] == served.first
    assert any("deployment failed: tasks failed to start." in e for e in served.events())
    records = served.ecs.list_service_deployments(cluster="t-cluster", service=served.name)[
        "serviceDeployments"
    ]
    assert [r["status"] for r in records] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    found = served.ecs.describe_service_deployments(
        serviceDeploymentArns=[records[0]["serviceDeploymentArn"]]
    )["serviceDeployments"][0]
    assert found["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    assert len(served.tasks()) == 1, "the old task ran on"


def test_failed_first_deployment_just_stops(stack):
    stack.target_group()
    stack.serve(stack.define({"command": ["exit", "7", "no"]}))
    failed = until("FAILED", lambda: (d := stack.primary())["rolloutState"] == "FAILED" and d)
    assert failed["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert (failed["failedTasks"], failed["runningCount"], len(stack.service()["deployments"])) == (3, 0, 1)
    stopped = stack.tasks("STOPPED")
    assert len(stopped) == 3
    assert {(t["stopCode"], t["containers"][0]["exitCode"]) for t in stopped} == {
        ("EssentialContainerExited", 7)
    }


def test_target_that_answers_wrongly_is_replaced_and_named(stack):
    stack.target_group()
    stack.serve(stack.define({"command": ["serve", str(PORT), "503"]}))
    failed = until("FAILED", lambda: (d := stack.primary())["rolloutState"] == "FAILED" and d)
    assert failed["failedTasks"] == 3
    text = (
        f"(service {stack.name}) (port {PORT}) is unhealthy in (target-group {stack.target}) due to (reason "
        "Health checks failed with these codes: [503])."
    )
    assert text in stack.events()
    task = stack.tasks("STOPPED")[0]
    assert (task["stopCode"], task["stoppedReason"]) == (
        "ServiceSchedulerInitiated",
        f"Task failed ELB health checks in (target-group {stack.target})",
    )


def test_without_the_breaker_it_goes_on_trying_and_says_so(stack):
    stack.serve(stack.define({"command": ["exit", "1"]}), balanced=False, deploymentConfiguration={})
    until(
        "the complaint",
        lambda: any("unable to consistently start tasks successfully" in e for e in stack.events()),
    )
    assert stack.primary()["rolloutState"] == "IN_PROGRESS"


def test_crashed_task_of_a_steady_service_is_replaced(served):
    old = served.tasks()[0]
    address = old["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    served.world.cloud.tasks.at(address).namespace.signal(9)
    new = until(
        "a new task", lambda: next((t for t in served.tasks() if t["taskArn"] != old["taskArn"]), None)
    )
    served.reached(new["taskArn"], "RUNNING")
    assert served.primary()["rolloutState"] == "COMPLETED", "the deployment stays completed"
    until("steady again", lambda: served.events()[0].endswith("has reached a steady state."))


def test_desired_count_changes_without_a_new_deployment(served):
    before = served.primary()["id"]
    served.update(desiredCount=3)
    until("three", lambda: served.service()["runningCount"] == 3)
    served.update(desiredCount=0)
    until("none", lambda: served.service()["runningCount"] == 0 and not served.tasks())
    assert served.primary()["id"] == before
    until("steady", lambda: served.events()[0].endswith("has reached a steady state."))
    assert served.health() == [] or {h["State"] for h in served.health()} == {"draining"}


def test_force_new_deployment_replaces_tasks_of_the_same_revision(served):
    before, old = served.primary()["id"], served.tasks()[0]["taskArn"]
    served.update(forceNewDeployment=True)
    assert served.completed()["id"] != before
    assert served.tasks()[0]["taskArn"] != old
    same = served.primary()["id"]
    served.update(taskDefinition=served.first)
    assert served.primary()["id"] == same, "the same revision again is no new deployment"


def test_delete_drains_then_is_inactive_and_its_name_is_free(served):
    with pytest.raises(ClientError) as caught:
        served.ecs.delete_service(cluster="t-cluster", service=served.name)
    assert "scaled above 0" in refused(caught)[1]
    gone = served.ecs.delete_service(cluster="t-cluster", service=served.name, force=True)["service"]
    assert (gone["status"], gone["desiredCount"]) == ("DRAINING", 0)
    assert gone["serviceArn"] not in served.ecs.list_services(cluster="t-cluster")["serviceArns"]
    until("INACTIVE", lambda: served.service()["status"] == "INACTIVE")
    assert served.service()["serviceArn"] not in served.ecs.list_services(cluster="t-cluster")["serviceArns"]
    with pytest.raises(ClientError) as caught:
        served.update(desiredCount=1)
    assert refused(caught)[0] == "ServiceNotActiveException"
    served.serve(served.first)
    assert served.completed()


def test_name_of_a_draining_service_is_taken(served, at_scale):
    at_scale(1)
    served.ecs.delete_service(cluster="t-cluster", service=served.name, force=True)
    with pytest.raises(ClientError) as caught:
        served.serve(served.first)
    assert "still Draining" in refused(caught)[1]
    at_scale(0)
    until("INACTIVE", lambda: served.service()["status"] == "INACTIVE")


def test_first_deployment_has_nothing_to_roll_back_to(stack, at_scale):
    stack.target_group()
    defined = stack.define()
    at_scale(1)
    stack.serve(defined)
    (made,) = stack.ecs.list_service_deployments(cluster="t-cluster", service=stack.name)["serviceDeployments"]
    with pytest.raises(ClientError) as caught:
        stack.ecs.stop_service_deployment(serviceDeploymentArn=made["serviceDeploymentArn"], stopType="ROLLBACK")
    assert refused(caught)[0] == "ConflictException" and "roll back to" in refused(caught)[1]


def test_stop_of_a_service_deployment_rolls_back_or_aborts(served):
    before = served.primary()["id"]
    slow = served.define({"command": ["local", str(PORT)]})
    served.update(taskDefinition=slow, healthCheckGracePeriodSeconds=0)
    arn = served.ecs.list_service_deployments(
        cluster="t-cluster", service=served.name, status=["IN_PROGRESS"]
    )["serviceDeployments"][0]["serviceDeploymentArn"]
    served.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    assert served.completed()["id"] == before
    with pytest.raises(ClientError) as caught:
        served.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    assert refused(caught)[0] == "ConflictException"


def test_role_that_ecs_cannot_assume_is_an_event(stack, world, unique):
    role = world.role(
        unique,
        [],
        trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":'
        '"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
    )
    stack.serve(stack.define(executionRoleArn=role), balanced=False)
    until("the event", lambda: any(f"unable to assume the role '{role}'" in e for e in stack.events()))
    assert stack.tasks() == []


def test_service_without_capacity_is_told(stack):
    stack.serve(
        stack.define(requiresCompatibilities=["EC2"]),
        balanced=False,
        capacityProviderStrategy=[],
        launchType="EC2",
    )
    until(
        "the event",
        lambda: any("was unable to place a task because no container instance" in e for e in stack.events()),
    )


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"taskDefinition": "ghost:1"}, "ClientException", "TaskDefinition not found"),
        ({"cluster": "ghost"}, "ClusterNotFoundException", "Cluster not found"),
        (
            {"networkConfiguration": None},
            "InvalidParameterException",
            "Network Configuration must be provided",
        ),
        (
            {"loadBalancers": [{"containerName": "other"}]},
            "InvalidParameterException",
            "The container other does not exist",
        ),
        (
            {"loadBalancers": [{"containerPort": 81}]},
            "InvalidParameterException",
            "did not have a container port 81",
        ),
        (
            {"launchType": "FARGATE"},
            "InvalidParameterException",
            "both a launch type and capacity provider strategy",
        ),
        (
            {"capacityProviderStrategy": [{"capacityProvider": "mine"}]},
            "InvalidParameterException",
            "not associated with the cluster",
        ),
    ],
)
def test_service_that_could_not_work_is_refused(stack, change, code, words):
    stack.target_group()
    changes = dict(change)
    for balancer in changes.get("loadBalancers", []):
        balancer.update(
            {"targetGroupArn": stack.target, "containerName": "app", "containerPort": PORT, **balancer}
        )
    definition = changes.pop("taskDefinition", None) or stack.define()
    if "networkConfiguration" in changes:
        del changes["networkConfiguration"]
        stack.network = lambda: {}
    with pytest.raises(ClientError) as caught:
        if change.get("networkConfiguration", "") is None:
            stack.ecs.create_service(
                cluster="t-cluster", serviceName=stack.name, taskDefinition=definition, desiredCount=1
            )
        else:
            stack.serve(definition, **changes)
    assert refused(caught)[0] == code and words in refused(caught)[1]


def test_target_group_needs_a_load_balancer(stack):
    stack.target_group(listener=False)
    with pytest.raises(ClientError) as caught:
        stack.serve(stack.define())
    assert (
        refused(caught)[0] == "InvalidParameterException"
        and "does not have an associated load balancer" in refused(caught)[1]
    )


def test_same_token_and_parameters_are_the_same_service(stack):
    definition = stack.define()
    token = stack.name[:32]
    one = stack.serve(definition, balanced=False, clientToken=token)
    two = stack.serve(definition, balanced=False, clientToken=token)
    assert (
        one["serviceArn"] == two["serviceArn"] and one["deployments"][0]["id"] == two["deployments"][0]["id"]
    )
    with pytest.raises(ClientError) as caught:
        stack.serve(definition, balanced=False, clientToken=token, desiredCount=2)
    assert "not idempotent" in refused(caught)[1]


def test_cluster_with_running_tasks_cannot_be_deleted(stack):
    """Nor does a command run in a task that was not started for it."""
    other = f"{stack.name}-alone"
    stack.ecs.create_cluster(clusterName=other)
    arn = stack.ecs.run_task(
        cluster=other, taskDefinition=stack.define(), launchType="FARGATE", networkConfiguration=stack.network()
    )["tasks"][0]["taskArn"]
    with pytest.raises(ClientError) as caught:
        stack.ecs.delete_cluster(cluster=other)
    assert refused(caught)[0] == "ClusterContainsTasksException"
    with pytest.raises(ClientError, match="execute command was not enabled"):
        stack.ecs.execute_command(cluster=other, task=arn, command="sh", interactive=True)
    stack.ecs.stop_task(cluster=other, task=arn)
    shown = lambda: stack.ecs.describe_tasks(cluster=other, tasks=[arn])["tasks"][0]["lastStatus"]
    until("its end", lambda: shown() == "STOPPED")
    stack.ecs.delete_cluster(cluster=other)


def test_start_of_a_task_takes_its_time_on_the_clock(stack, at_scale):
    at_scale(0.02)
    stack.target_group()
    began, seen = time.monotonic(), []
    stack.serve(stack.define())

    def done():
        seen.extend(t["lastStatus"] for t in stack.tasks() if t["lastStatus"] not in seen)
        return stack.primary()["rolloutState"] == "COMPLETED"

    until("completed", done)
    assert 20 < (time.monotonic() - began) / 0.02 < 400, "20 s to some minutes of AWS's time"
    assert [s for s in ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING") if s in seen] == seen


def test_threshold_of_the_breaker_can_be_a_count(stack):
    """API reference, ThresholdConfiguration: COUNT is the number itself."""
    stack.target_group()
    breaker = {"enable": True, "rollback": False, "thresholdConfiguration": {"type": "COUNT", "value": 1}}
    stack.serve(
        stack.define({"command": ["exit", "7", "no"]}),
        deploymentConfiguration={"deploymentCircuitBreaker": breaker},
    )
    failed = until("FAILED", lambda: (d := stack.primary())["rolloutState"] == "FAILED" and d)
    assert failed["failedTasks"] == 1


@pytest.mark.parametrize(
    ("kind", "value", "desired", "threshold"),
    [
        ("BOUNDED_PERCENT", 50, 1, 3),
        ("BOUNDED_PERCENT", 50, 20, 10),
        ("BOUNDED_PERCENT", 100, 300, 200),
        ("UNBOUNDED_PERCENT", 50, 3, 2),
        ("UNBOUNDED_PERCENT", 100, 300, 300),
        ("COUNT", 7, 300, 7),
    ],
)
def test_thresholds(kind, value, desired, threshold):
    """A percentage is of the desired count; the bounded one from 3 to 200."""
    service = object.__new__(Service)
    breaker = {"enable": True, "thresholdConfiguration": {"type": kind, "value": value}}
    service.params, service.desired_count = {"deploymentConfiguration": {"deploymentCircuitBreaker": breaker}}, desired
    assert service.threshold == threshold


def test_draining_is_told_and_revisions_are_described(served):
    """"has begun draining connections", and DescribeServiceRevisions of both deployments."""
    second = served.define({"environment": [{"name": "V", "value": "2"}]})
    served.update(taskDefinition=second)
    records = served.ecs.list_service_deployments(cluster="t-cluster", service=served.name)["serviceDeployments"]
    arns = [record["targetServiceRevisionArn"] for record in records]
    revisions = served.ecs.describe_service_revisions(serviceRevisionArns=arns)["serviceRevisions"]
    assert [r["taskDefinition"] for r in revisions] == [second, served.first]
    served.completed()
    assert any("has begun draining connections on 1 tasks." in e for e in served.events())


def test_service_with_two_deployments_is_not_deleted_without_force(served, at_scale):
    """aws.md 6."""
    at_scale(1)
    served.update(taskDefinition=served.define(), desiredCount=0)
    with pytest.raises(ClientError) as caught:
        served.ecs.delete_service(cluster="t-cluster", service=served.name)
    assert refused(caught)[1] == "The service cannot be stopped while deployments are active."
    at_scale(0)
    until("one deployment", lambda: len(served.service()["deployments"]) == 1)
    served.ecs.delete_service(cluster="t-cluster", service=served.name)


def test_task_with_two_containers_says_that_it_cannot_run_here(stack):
    side = {"name": "side", "image": "x", "essential": False}
    app = stack.ecs.describe_task_definition(taskDefinition=stack.define())["taskDefinition"]["containerDefinitions"]
    arn = stack.run(stack.define(containerDefinitions=[*app, side]))
    assert "one container in a task" in stack.reached(arn, "STOPPED")["stoppedReason"]


def test_tasks_are_spread_over_the_subnets(stack, world):
    """One in each zone; without groups they have the VPC's default one."""
    stack.serve(
        stack.define(), balanced=False, desiredCount=2,
        networkConfiguration={"awsvpcConfiguration": {"subnets": world.subnets, "assignPublicIp": "ENABLED"}},
    )  # fmt: skip
    stack.completed()
    tasks = stack.tasks()
    assert len({task["availabilityZone"] for task in tasks}) == 2
    details = {d["name"]: d["value"] for d in tasks[0]["attachments"][0]["details"]}
    shown = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
    assert [g["GroupName"] for g in shown["NetworkInterfaces"][0]["Groups"]] == ["default"]


def test_the_scheduler_hears_a_stop_that_comes_as_it_wakes_up(monkeypatch):
    class Interrupted(threading.Event):
        """stop() comes just before the scheduler forgets why it was woken."""

        def clear(self):
            scheduler._ending = True
            self.set()
            super().clear()

    scheduler = Services(None, None)
    monkeypatch.setattr(scheduler, "every", list)
    scheduler._wake = Interrupted()
    scheduler.start()
    scheduler._thread.join(10)
    still_runs = scheduler._thread.is_alive()
    scheduler._wake.set()
    assert not still_runs

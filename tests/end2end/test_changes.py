# SPDX-License-Identifier: MIT
"""Other answers for a setup that runs: the plan says what will change, apply makes those calls and no others, the
URL stays, and the new answers are what runs.

The tests share one setup and take turns: each starts from what the one before has left, and ends with a plan that
has nothing to do.
"""

import collections
import json

import pytest
from crash import SETTLED
from inventory import things, writes

NAME = "changing"
ROLLOUT = ["ecs.RegisterTaskDefinition", "ecs.UpdateService"]


class Running:
    """The setup, and what a change of its answers did."""

    def __init__(self, world):
        self.world = world
        self.setup = world.setup(NAME)
        self.env = {}
        self.url = self.setup.apply(check=0).out.strip()

    def change(self, env=None, **changes):
        """Applies other answers; returns the steps the plan announced and the calls that wrote, counted."""
        self.setup.change(**changes)
        self.env |= env or {}
        plan = self.setup.plan("--json", env=self.env, check=0)
        announced = {
            i["step"]: i["word"] for i in plan.of_type("plan_item") if i["word"] in ("create", "change")
        }
        mark = self.world.mark()
        done = self.setup.apply(env=self.env, check=0)
        assert done.out.strip() == self.url, "the address never changes"
        calls = collections.Counter(writes(self.world.traffic(mark)))
        assert self.setup.plan("--exit-code", env=self.env).code == 0, "nothing is left to do"
        return announced, calls

    def definition(self):
        ecs = self.world.client("ecs")
        arn = self.service()["taskDefinition"]
        return ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]

    def service(self):
        base = f"forestadmin-{NAME}"
        return self.world.client("ecs").describe_services(cluster=base, services=[base])["services"][0]

    def secret(self):
        client, name = self.world.client("secretsmanager"), f"forestadmin-{NAME}/env"
        versions = client.describe_secret(SecretId=name)["VersionIdsToStages"]
        (current,) = [version for version, stages in versions.items() if "AWSCURRENT" in stages]
        answer = client.get_secret_value(SecretId=name, VersionId=current)
        return json.loads(answer["SecretString"]) | {"version": answer["VersionId"]}


@pytest.fixture(scope="module")
def running(world):
    made = Running(world)
    yield made
    made.setup.destroy(check=0)
    assert not things(made.setup)


def test_nothing_changed(running):
    """The same answers again: nothing announced, nothing written."""
    assert running.change() == ({}, {})


def test_memory(running):
    """More memory: a new revision and a rollout, nothing else."""
    announced, calls = running.change(backend={"memory": 1024})
    assert announced == {"task-definition": "change", "service": "change"}
    assert calls == collections.Counter(ROLLOUT)
    assert running.definition()["memory"] == "1024"


def test_database_url(running):
    """Another database URL: a new version of the secret, pinned by a new revision; the generated auth secret stays."""
    before = running.secret()
    other = running.world.env["POSTGRESQL_URL"].replace(
        "storefront.c9akcwq.eu-west-3.rds.amazonaws.com", "db.acme.internal"
    )
    announced, calls = running.change(env={"POSTGRESQL_URL": other})
    assert announced == {"secret": "change", "task-definition": "change", "service": "change"}
    assert calls == collections.Counter(["secretsmanager.PutSecretValue", *ROLLOUT])
    after = running.secret()
    assert after["POSTGRESQL_URL"] == other and after["FOREST_AUTH_SECRET"] == before["FOREST_AUTH_SECRET"]
    assert after["version"] != before["version"]
    pinned = {
        s["valueFrom"].rsplit(":", 1)[1] for s in running.definition()["containerDefinitions"][0]["secrets"]
    }
    assert pinned == {after["version"]}


def test_back_to_the_first_url(running):
    """Back to the values of an earlier version: that version is current again, without a third copy."""
    announced, calls = running.change(env={"POSTGRESQL_URL": running.world.env["POSTGRESQL_URL"]})
    assert announced == {"secret": "change", "task-definition": "change", "service": "change"}
    assert running.secret()["POSTGRESQL_URL"] == running.world.env["POSTGRESQL_URL"]
    assert calls["ecs.RegisterTaskDefinition"] == calls["ecs.UpdateService"] == 1
    assert set(calls) <= {
        "secretsmanager.PutSecretValue",
        "secretsmanager.UpdateSecretVersionStage",
        *ROLLOUT,
    }


def test_tasks(running):
    """Two tasks and back to one: one call each, no new revision."""
    revision = running.definition()["revision"]
    for tasks in (2, 1):
        announced, calls = running.change(backend={"tasks": tasks})
        assert announced == {"service": "change"} and calls == collections.Counter(["ecs.UpdateService"])
        assert running.service()["desiredCount"] == running.service()["runningCount"] == tasks
    assert running.definition()["revision"] == revision


def test_subnets(running):
    """Other subnets: tasks move, the VPC link (which cannot change) is replaced, and the old one is gone."""
    found = running.world.client("ec2").describe_subnets(
        Filters=[{"Name": "tag:Name", "Values": ["prod-private-a", "prod-private-b"]}]
    )["Subnets"]
    wanted = sorted(subnet["SubnetId"] for subnet in found)
    announced, calls = running.change(network={"subnets": wanted})
    moved = {"vpc-link": "create", "integration": "change", "service": "change", "load-balancer": "change"}
    assert announced == moved
    made = collections.Counter(call.partition(".")[2] for call in calls.elements())
    once = {"CreateVpcLink", "DeleteVpcLink", "SetSubnets", "UpdateIntegration", "UpdateService"}
    assert all(made.pop(operation) == 1 for operation in once)
    assert set(made) <= {"ModifyLoadBalancerAttributes", "SetSecurityGroups"}, made  # set to what they are
    vpc = running.service()["networkConfiguration"]["awsvpcConfiguration"]
    assert sorted(vpc["subnets"]) == wanted
    assert things(running.setup)["vpc link"] == 1


def test_log_retention(running):
    """Another retention: one call, no rollout."""
    announced, calls = running.change(options={"log_retention_days": 7})
    assert announced == {"log-group": "change"} and calls == collections.Counter(["logs.PutRetentionPolicy"])
    group = running.world.client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/forestadmin-{NAME}")
    assert group["logGroups"][0]["retentionInDays"] == 7


def test_permissions_boundary(running):
    """A boundary asked for later is put on both roles."""
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    announced, calls = running.change(options={"permissions_boundary": boundary})
    assert announced == {"exec-role": "change", "task-role": "change"}
    assert calls["iam.PutRolePermissionsBoundary"] == 2
    assert set(calls) <= {"iam.PutRolePermissionsBoundary", "iam.UpdateAssumeRolePolicy"}
    for end in ("exec", "task"):
        role = running.world.client("iam").get_role(RoleName=f"forestadmin-{NAME}-{end}-eu-west-3")["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary


def test_port(running):
    """Another port: rules, target group, listener, revision and service follow, and the old group goes at once."""
    announced, _ = running.change(backend={"port": 3333})
    assert announced["target-group"] == "create"
    assert set(announced) == {"target-group", "firewall", "listener", "task-definition", "service"}
    assert running.service()["loadBalancers"][0]["containerPort"] == 3333
    assert things(running.setup)["target group"] == 1


def test_rule_no_longer_allowed(running):
    """The opt-in is taken back: the plan says so and apply removes the rule, and nothing else. The backend may go on
    with the connections it has. With the opt-in again, the rule is made again."""
    group = running.setup.answers["database"]["ingress_security_group"]
    running.setup.change(database={"ingress_security_group": None})
    plan = running.setup.plan("--json", env=running.env, check=0)
    (item,) = [i for i in plan.of_type("plan_item") if i["step"] == "database-rule"]
    assert (item["word"], item["text"]) == ("change", "no longer asked for: it is removed")
    mark = running.world.mark()
    done = running.setup.apply(env=running.env)
    assert writes(running.world.traffic(mark)) == ["ec2.RevokeSecurityGroupIngress"], str(done)
    announced, _ = running.change(database={"ingress_security_group": group})
    assert announced == {"database-rule": "create"}


TAG_CALLS = {"add": {"resourcegroupstaggingapi.TagResources", "iam.TagRole"},
             "take": {"resourcegroupstaggingapi.UntagResources", "iam.UntagRole"}}  # fmt: skip


def tags_of(world):
    """The user's own tags of everything that carries the setup's: {arn or role: tags}."""
    found = world.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "forestadmin:setup", "Values": [NAME]}]
    )["ResourceTagMappingList"]
    tags = {one["ResourceARN"]: one["Tags"] for one in found if "/lease/" not in one["ResourceARN"]}
    for end in ("exec", "task"):
        role = world.client("iam").get_role(RoleName=f"forestadmin-{NAME}-{end}-eu-west-3")["Role"]
        tags[role["RoleName"]] = role["Tags"]
    return {name: {tag["Key"]: tag["Value"] for tag in list if ":" not in tag["Key"] and tag["Key"] != "Name"}
            for name, list in tags.items()}  # fmt: skip


def assert_tagged(running, wanted):
    """Everything that is there carries these tags of the user's, and no others; a task keeps those it started with, and
    a revision that was replaced cannot be used again."""
    current = running.service()["taskDefinition"]

    def others():
        tags = tags_of(running.world)
        assert len(tags) > 15
        return {name: has for name, has in tags.items() if has != wanted and ":task/" not in name
                and (":task-definition/" not in name or name == current)}  # fmt: skip

    try:
        running.world.until("the index of tags has caught up", lambda: not others(), 20)
    except AssertionError:
        assert others() == {}


@pytest.mark.parametrize(
    ("tags", "kinds"),
    [
        ({"Team": "ops", "CostCenter": None}, ["add", "take"]),
        ({"Team": "platform", "Cost": "4711"}, ["add"]),
        ({"Team": "platform", "Cost": None, "Stage": "live"}, ["add", "take"]),
        (None, ["take"]),
    ],
)
def test_tags(running, tags, kinds):
    """Tags given, changed and taken back later reach everything that is there already, and the plan says it."""
    wanted = {key: value for key, value in (tags or {}).items() if value}
    announced, calls = running.change(options={"tags": tags})
    assert announced == {"tags": "change"}
    assert set(calls) == set().union(*(TAG_CALLS[kind] for kind in kinds))
    assert_tagged(running, wanted)


def test_a_key_cannot_be_added(running):
    """A key of one's own for a setup that was made without: refused before anything is done, with the reason."""
    running.setup.change(options={"kms_key": True})
    refused = running.setup.plan()
    running.setup.change(options={"kms_key": False})
    assert refused.code != 0 and "was made without one" in refused.err + refused.out, str(refused)


def test_deleted_by_hand(running):
    """Something that somebody deleted is made again, and only that."""
    running.world.client("logs").delete_log_group(logGroupName=f"/ecs/forestadmin-{NAME}")
    announced, calls = running.change(env=SETTLED)
    # The rights name the log's ARN, which the plan cannot know before the log is there.
    assert announced == {"log-group": "create", "exec-policy": "change"}
    assert calls["logs.CreateLogGroup"] == 1
    assert set(calls) <= {"logs.CreateLogGroup", "logs.PutRetentionPolicy", "iam.PutRolePolicy"}

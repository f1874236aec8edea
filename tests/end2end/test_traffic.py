# SPDX-License-Identifier: MIT
"""The calls to AWS: all valid by botocore's models and signed right, in a sensible order, and few."""

import collections
import json
import re

import pytest
from inventory import of_lease
from traffic import WAITING, is_absence, is_reading, name_of, parameters


@pytest.fixture(scope="module")
def whole_life(world):
    """Another setup's plan, apply, second apply, resume, status, logs and destroy, with all of their calls."""
    setup = world.setup("whole-life")
    mark = world.mark()
    for command in (setup.plan, setup.apply, setup.apply, setup.resume):
        command("--json", check=0)
    setup.run("status", setup.name, "--json", check=0)
    setup.run("logs", setup.name, check=0)
    gone = setup.destroy(check=0)
    assert gone.out.endswith("whole-life is gone. Nothing that carries its tag is left.\n"), str(gone)
    return world.traffic(mark)


def test_every_request_is_valid(applied, measured, whole_life):
    """No request of any command was refused for its signature or its shape, and the emulator never broke."""
    for call in (*applied.calls, *measured.calls, *whole_life):
        assert not call.get("emulator_error"), call
        assert call["status"] < 500, call
        assert call["operation"], call
        if call["error"]:
            refused = (name_of(call), call["error"], call["params"])
            assert is_absence(call) or waits_for_others(call) or role_is_new(call), refused


def role_is_new(call):
    """A role that was made seconds ago cannot be assumed yet: the call is made again (aws.md 1)."""
    return (call["operation"], call["error"]) == ("RegisterTaskDefinition", "ClientException")


def waits_for_others(call):
    """Deletes that have to wait until an interface of somebody else is gone."""
    return call["operation"] == "DeleteSecurityGroup" and call["error"] == "DependencyViolation"


def test_every_request_is_signed_with_the_profile(applied):
    """All calls are made as the profile of the answers, in its region, IAM in us-east-1; none is anonymous."""
    for call in applied.calls:
        assert call["access_key"] == "AKIAPRACTICEWORK0001", call
        assert call["account"] == "123456789012"
        scope = re.search(r"Credential=[^/]+/\d{8}/([^/]+)/", call["headers"]["authorization"]).group(1)
        assert scope == ("us-east-1" if call["service"] == "iam" else "eu-west-3"), call
        signed = re.search(r"SignedHeaders=([^,]+)", call["headers"]["authorization"]).group(1).split(";")
        wanted = {"host", "x-amz-date"} | ({"content-type", "x-amz-target"} & set(call["headers"]))
        assert wanted <= set(signed), call


def test_tags_come_with_the_create(applied):
    """Everything that can be tagged is tagged by the call that creates it: no call adds tags later."""
    creates = [call for call in applied.calls if call["operation"] in TAGGED]
    assert {call["operation"] for call in creates} == set(TAGGED)
    for call in creates:
        assert "forestadmin:stack" in json.dumps(call["params"]), name_of(call)
    later = {"CreateTags", "TagResource", "AddTags", "TagRole", "TagResources"}
    added = [name_of(call) for call in applied.calls if call["operation"] in later and not of_lease(call)]
    assert not added  # a lease is renewed by its tags


TAGGED = (
    "CreateApi", "CreateStage", "CreateVpcLink", "CreateRole", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress", "CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "CreateSecret",
    "CreateRepository", "CreateLogGroup", "CreateCluster", "RegisterTaskDefinition", "CreateService",
)  # fmt: skip


def test_creates_that_need_a_token_have_one(applied):
    """CreateSecret and CreateService carry the token that makes a repeated call harmless."""
    tokens = [call["params"].get("clientToken") or call["params"].get("ClientRequestToken") for call in applied.calls
              if call["operation"] in ("CreateService", "CreateSecret")]  # fmt: skip
    assert len(tokens) == 2 and all(tokens)
    assert all(len(token) >= 32 for token in tokens)


# Three groups, two roles, secret, log group, repository, target group and cluster need nothing else, too.
FIRST_WAVE = 10


def test_api_is_created_at_once(measured):
    """CreateApi waits for nothing: it is in the first wave of creates, so that the address is known at once."""
    calls = [call for call in measured.calls if not is_reading(call) and not of_lease(call)]
    writes = sorted((call["time"], call["operation"]) for call in calls)
    api = next(time for time, operation in writes if operation == "CreateApi")
    print(f"CreateApi {(api - writes[0][0]) * 1000:.0f} ms after the first create")
    assert [operation for _, operation in writes].index("CreateApi") <= FIRST_WAVE


def test_order_of_the_creates(applied):
    """Roles come before the task definition; log group, rights and listener before the service; the integration
    after the link was AVAILABLE, then route and stage."""
    started = sorted(applied.calls, key=lambda call: call["time"])
    order = [call["operation"] for call in started if not is_reading(call)]
    first = {operation: order.index(operation) for operation in set(order)}
    assert max(i for i, name in enumerate(order) if name == "CreateRole") < first["RegisterTaskDefinition"]
    for before in ("CreateLogGroup", "PutRolePolicy", "CreateListener", "CreateCluster", "RegisterTaskDefinition"):
        assert first[before] < first["CreateService"], (before, order)
    operations = [call["operation"] for call in started]
    last_look = max(i for i, name in enumerate(operations) if name == "GetVpcLink")
    assert last_look < operations.index("CreateIntegration") < operations.index("CreateRoute")
    assert operations.index("CreateRoute") < operations.index("CreateStage")


def test_long_waits_begin_together(applied):
    """VPC link and load balancer are started before either is ready, and the image does not wait for them."""
    operations = [call["operation"] for call in applied.calls]
    integration = operations.index("CreateIntegration")
    assert operations.index("CreateLoadBalancer") < integration
    assert operations.index("GetAuthorizationToken") < integration


def test_nothing_is_created_twice(applied):
    """Each create happens once for each resource."""
    creates = collections.Counter(
        (name_of(call), parameters(call)) for call in applied.calls if call["operation"].startswith("Create")
    )
    assert max(creates.values()) == 1, creates.most_common(2)


def test_apply_is_at_most_90_calls(applied):
    """A complete apply in an existing VPC makes at most 90 calls besides waiting polls, which are the repeats of a
    waiting operation with the same parameters, and those of the lease, which is renewed as long as the run takes."""
    seen, calls, polls = set(), collections.Counter(), collections.Counter()
    for call in applied.calls:
        if of_lease(call):
            continue
        key = (name_of(call), parameters(call))
        repeat = key in seen and name_of(call) in WAITING
        seen.add(key)
        (polls if repeat else calls)[name_of(call)] += 1
    print(f"{calls.total()} calls and {polls.total()} waiting polls: {dict(polls)}")
    assert calls.total() <= 90, calls


def test_polls_are_at_a_measured_pace(measured):
    """A waiting operation is not hammered: half of its repeats come at least 0.1 s after the one before."""
    times = collections.defaultdict(list)
    for call in measured.calls:
        if name_of(call) in WAITING:
            times[name_of(call), parameters(call)].append(call["time"])
    gaps = sorted(b - a for one in times.values() for a, b in zip(one, one[1:], strict=False))
    assert gaps, "nothing was waited for"
    print(f"{len(gaps)} polls, the median {gaps[len(gaps) // 2]:.2f} s apart")
    assert gaps[len(gaps) // 2] >= 0.1


def test_plan_reads_only(world):
    """plan makes at most 40 calls, all of them reading, and writes nothing under XDG_STATE_HOME."""
    setup = world.setup("planned-alone")
    mark = world.mark()
    done = setup.plan("--json", check=0)
    calls = world.traffic(mark)
    print(f"plan of nothing: {len(calls)} calls")
    assert 0 < len(calls) <= 40
    assert [name_of(call) for call in calls if not is_reading(call)] == []
    assert done.summary["plan"]["create"] == 24
    assert not setup.records.exists() or not [p for p in setup.records.rglob("*") if p.is_file()]


def test_plan_of_what_is_there_reads_only(applied, world):
    """So does the plan of a finished setup, which finds nothing to create."""
    before = {p: p.read_bytes() for p in applied.setup.records.rglob("*") if p.is_file()}
    mark = world.mark()
    done = applied.setup.plan("--json", check=0)
    calls = world.traffic(mark)
    print(f"plan of a finished setup: {len(calls)} calls")
    assert 0 < len(calls) <= 40
    assert [name_of(call) for call in calls if not is_reading(call)] == []
    assert (done.summary["plan"]["create"], done.summary["plan"]["change"]) == (0, 0)
    assert {p: p.read_bytes() for p in applied.setup.records.rglob("*") if p.is_file()} == before


def test_summary_counts_what_the_cloud_saw(measured):
    """The summary's calls by kind are the calls that the cloud recorded, attempts included."""
    seen = collections.Counter(name_of(call) for call in measured.calls)
    said = {NAMES.get(name.split(".")[0], name.split(".")[0]) + "." + name.split(".")[1]: count
            for name, count in measured.done.summary["calls"]["by_kind"].items()}  # fmt: skip
    assert said == dict(seen)
    assert measured.done.summary["calls"]["attempts"] == len(measured.calls)


NAMES = {"apigateway": "apigatewayv2", "tagging": "resourcegroupstaggingapi"}

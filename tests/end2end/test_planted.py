# SPDX-License-Identifier: MIT
"""Bugs planted into the program's own runs: what it sends is changed once on purpose, and the practice cloud says so.

Each row is one mistake that apply or destroy could make. The cloud must refuse it, or let it fail where it would fail
on AWS (a task that does not start, a target that is not healthy), so that the run does not end well.
"""

import pytest
from mutator import Mutator

pytestmark = pytest.mark.slow


def when(operation, change):
    """The change for calls of that operation only; a change of None swallows them."""
    return lambda name, body: body if name != operation else None if change is None else change(body)


def put(**values):
    return lambda body: body | values


def without(*names):
    return lambda body: {k: v for k, v in body.items() if not any(k.startswith(name) for name in names)}


def container(**values):
    def change(body):
        first = body["containerDefinitions"][0] | values
        return body | {"containerDefinitions": [first]}

    return change


def other_port(body):
    """Every rule is for a port where nobody listens."""
    return {k: "9" if k.endswith(("FromPort", "ToPort")) else v for k, v in body.items()}


APPLY = [
    ("one subnet for the balancer", when("CreateLoadBalancer", without("Subnets.member.2")), ""),
    ("a health check that takes longer than its interval",
     when("CreateTargetGroup", put(HealthCheckTimeoutSeconds="30")), ""),
    ("a health check path that is not there", when("CreateTargetGroup", put(HealthCheckPath="/nothing")), "404"),
    ("no listener's ARN for the integration", lambda name, body: body | {"integrationUri": "arn:aws:x"}
     if name.endswith("/integrations") and body else body, ""),
    ("memory that Fargate has not", when("RegisterTaskDefinition", put(memory="700")), ""),
    ("a secret's key that is not in it", when("RegisterTaskDefinition", lambda body: container(secrets=[
        one | {"valueFrom": ":".join(one["valueFrom"].split(":")[:7]) + ":NO_SUCH_KEY::"}
        for one in body["containerDefinitions"][0]["secrets"]])(body)), ""),
    ("an image that was never pushed", when("RegisterTaskDefinition", lambda body: container(
        image=body["containerDefinitions"][0]["image"].partition("@")[0] + "@sha256:" + "0" * 64)(body)), ""),
    ("a port that the container does not map", when("CreateService", lambda body: body | {"loadBalancers": [
        body["loadBalancers"][0] | {"containerPort": 3001}]}), ""),
    ("no rights for the execution role", when("PutRolePolicy", None), ""),
    ("no log group", when("CreateLogGroup", None), ""),
    ("groups that let nobody in", when("AuthorizeSecurityGroupIngress", other_port), ""),
    ("groups that let nobody out", when("AuthorizeSecurityGroupEgress", other_port), ""),
    ("the service in somebody else's subnets", when("CreateService", lambda body: body | {"networkConfiguration": {
        "awsvpcConfiguration": body["networkConfiguration"]["awsvpcConfiguration"] | {
            "subnets": ["subnet-0123456789abcdef0"]}}}), ""),
    ("a retention that does not exist", when("PutRetentionPolicy", put(retentionInDays=31)), ""),
]  # fmt: skip
# These are wrong in the request itself, which the cloud refuses; the others show in what becomes of them.
REFUSED = {
    "one subnet for the balancer": "CreateLoadBalancer",
    "a health check that takes longer than its interval": "CreateTargetGroup",
    "no listener's ARN for the integration": "CreateIntegration",
    "memory that Fargate has not": "RegisterTaskDefinition",
    "a port that the container does not map": "CreateService",
    "the service in somebody else's subnets": "CreateService",
    "a retention that does not exist": "PutRetentionPolicy",
}
# What the program waits for after it has asked for its end (service, balancer, link, NAT) is not here: without the call
# it would wait for a quarter of an hour, as it would on AWS.
DESTROY = [
    ("the listener is left", "DeleteListener"),
    ("references between groups are left", "RevokeSecurityGroupIngress"),
    ("the role's policy is left", "DeleteRolePolicy"),
]


def play(world, setup, changes, *args):
    mutator = Mutator(world, changes)
    try:
        done = setup.run(*args, env={"AWS_ENDPOINT_URL": mutator.url}, timeout=300)
    finally:
        mutator.stop()
    assert mutator.met, "the bug was never met"
    return done


def refused(world, since):
    """The calls that the cloud has refused: what a bug in a request ends as."""
    return [c["operation"] for c in world.traffic(since) if c["status"] == 400 and c["error"]]


@pytest.mark.parametrize("number", range(len(APPLY)), ids=[row[0] for row in APPLY])
def test_a_bug_of_apply(world, number):
    """The run does not end well; without the bug, resume does; destroy leaves nothing."""
    bug, change, says = APPLY[number]
    setup = world.setup(f"bug-{number}")
    since = world.mark()
    done = play(world, setup, [change], "apply", "-c", str(setup.config))
    assert done.code not in (0, 130), f"{bug}: {done}"
    assert REFUSED.get(bug) is None or REFUSED[bug] in refused(world, since), str(done)
    assert says in done.err, str(done)
    setup.destroy(check=0)


@pytest.mark.parametrize("number", range(len(DESTROY)), ids=[row[0] for row in DESTROY])
def test_a_bug_of_destroy(world, number):
    """What was not deleted blocks what is deleted after it; a destroy without the bug ends well."""
    _, operation = DESTROY[number]
    setup = world.setup(f"unmake-{number}")
    setup.apply(check=0)
    done = play(world, setup, [when(operation, None)], "destroy", setup.name, "--yes")
    assert done.code == 1, str(done)
    setup.destroy(check=0)

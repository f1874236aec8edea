# SPDX-License-Identifier: MIT
"""Mistakes that can be seen before anything is made: the right cause, the right remedy, the right exit code, and not
one call that writes. What each message must say is what an engineer who knows the database, and not AWS, needs."""

import dataclasses
import json

import pytest
from inventory import things, writes

ANSWERS, CREDENTIALS, LOCKED = 3, 4, 6
CANARY = "Canary-93fc51"


@dataclasses.dataclass
class Mistake:
    changes: dict
    cause: str
    remedy: str
    code: int = ANSWERS
    env: dict = dataclasses.field(default_factory=dict)


def url(text):
    return {"POSTGRESQL_URL": text}


MISTAKES = {
    "secret unknown to Forest": Mistake(
        {},
        "forest.env_secret is unknown to Forest",
        "Copy it again from Settings > Environments",
        env={"FOREST_ENV_SECRET": "b" * 64},
    ),
    "the other secret": Mistake(
        {},
        "forest.env_secret: 48 characters: this looks like an auth secret",
        "64 characters",
        env={"FOREST_ENV_SECRET": "c" * 48},
    ),
    "secret in capitals": Mistake({}, "forest.env_secret", "0-9 a-f", env={"FOREST_ENV_SECRET": "AB" * 32}),
    "secret not given": Mistake(
        {}, "FOREST_ENV_SECRET", "forest.env_secret", env={"FOREST_ENV_SECRET": None}
    ),
    "isolated VPC": Mistake(
        {"network": {"vpc": "isolated", "subnets": None}}, "no way out", "Add a NAT gateway"
    ),
    "no such VPC": Mistake(
        {"network": {"vpc": "prud", "subnets": None}}, 'there is no VPC "prud"', "forest-setup vpcs"
    ),
    "wrong region": Mistake(
        {"aws": {"region": "eu-west-1"}}, 'there is no VPC "prod" in eu-west-1', "forest-setup vpcs"
    ),
    "localhost": Mistake(
        {},
        "database.url names this machine (localhost)",
        "inside the VPC",
        env=url(f"postgres://app:{CANARY}@localhost:5432/shop"),
    ),
    "address of this machine": Mistake(
        {},
        "database.url names this machine (127.0.0.1)",
        "inside the VPC",
        env=url(f"postgres://app:{CANARY}@127.0.0.1:5432/shop"),
    ),
    "not a URL": Mistake({}, "database.url", "postgres", env=url(f"{CANARY}@db.acme.internal")),
    "password not escaped": Mistake(
        {}, "database.url", "%40", env=url(f"postgres://app:{CANARY}@2@db.acme.internal/shop")
    ),
    "broken key": Mistake(
        {"aws": {"profile": "broken"}}, 'profile "broken"', "secret access key", code=CREDENTIALS
    ),
    "expired session": Mistake({"aws": {"profile": "expired"}}, "expired", "sign in again", code=CREDENTIALS),
    "no such profile": Mistake(
        {"aws": {"profile": "wrok"}}, 'no AWS profile "wrok"', "forest-setup profiles", code=CREDENTIALS
    ),
    "another account": Mistake(
        {"aws": {"account": "210987654321"}},
        "signs in to account 123456789012, but aws.account says 210987654321",
        "Choose the profile of account 210987654321",
        code=LOCKED,
    ),
    "architecture without a base": Mistake(
        {"backend": {"architecture": "arm64"}}, "nothing for linux/arm64", "base image"
    ),
}


def message(done):
    """The failure as it is shown: from the cross to the end."""
    head, cross, rest = done.err.rpartition("✘ ")
    assert cross, str(done)
    return rest


def check_text(text):
    """What every message owes its reader."""
    assert "Remedy" in text, text
    assert len(text) < 900, "an AWS dump rather than a message:\n" + text
    for ugly in ("<Error", "{", "Traceback", "arn:aws:sts", "(null)", "%s", "bug of the practice cloud"):
        assert ugly not in text, text
    words = text.splitlines()[0].split(": ")
    assert len(words) == len(set(words)), "the same words twice:\n" + text


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_before_anything_is_made(world, name):
    """apply ends with this cause, remedy and exit code, and has made only reading calls."""
    mistake = MISTAKES[name]
    setup = world.setup("oops", **mistake.changes)
    mark = world.mark()
    done = setup.apply(env=mistake.env)
    assert done.code == mistake.code, str(done)
    text = message(done)
    assert mistake.cause in text and mistake.remedy in text, text
    check_text(text)
    assert CANARY not in done.out + done.err
    assert writes(world.traffic(mark)) == []
    assert not done.out.strip(), "stdout is for the address alone"


def subnets(world, *names):
    found = world.client("ec2").describe_subnets(Filters=[{"Name": "tag:Name", "Values": list(names)}])
    assert len(found["Subnets"]) == len(names)
    return [subnet["SubnetId"] for subnet in found["Subnets"]]


def vpc(world, name):
    found = world.client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
    return found[0]["VpcId"]


def test_public_subnets(world):
    """Public subnets are refused: a task without a public address reaches nothing from there."""
    setup = world.setup("oops", network={"subnets": subnets(world, "prod-public-a", "prod-public-c")})
    mark = world.mark()
    text = message(setup.apply(check=ANSWERS))
    assert "is a public subnet" in text and "Choose private subnets" in text
    check_text(text)
    assert writes(world.traffic(mark)) == []


def test_subnets_without_a_way_out(world):
    """Named subnets whose route table has no default route are refused, with what to add."""
    isolated = vpc(world, "isolated")
    found = world.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [isolated]}])[
        "Subnets"
    ]
    setup = world.setup(
        "oops-isolated", network={"vpc": "isolated", "subnets": [s["SubnetId"] for s in found[:2]]}
    )
    mark = world.mark()
    text = message(setup.apply(check=ANSWERS))
    assert "has no way out" in text and "Add a default route to a NAT gateway" in text
    check_text(text)
    assert writes(world.traffic(mark)) == []


def test_base_image_that_is_not_there(world):
    """A mistyped base image is found out by the plan."""
    base = world.setup("oops-base").answers["backend"]["base_image"].replace("22-slim", "99-slim")
    setup = world.setup("oops-base", backend={"base_image": base})
    mark = world.mark()
    text = message(setup.apply(check=ANSWERS))
    assert f"there is no image {base}" in text and "backend.base_image" in text
    check_text(text)
    assert writes(world.traffic(mark)) == []


FOREIGN = {
    "start-up role": lambda w, n: w.client("iam").create_role(
        RoleName=f"{n}-exec-eu-west-3", AssumeRolePolicyDocument=json.dumps(TRUST)
    ),
    "load balancer": lambda w, n: w.client("elbv2").create_load_balancer(
        Name=n, Subnets=subnets(w, "prod-private-a", "prod-private-c"), Scheme="internal"
    ),
    "backend security group": lambda w, n: w.client("ec2").create_security_group(
        GroupName=f"{n}-task", Description="ours", VpcId=vpc(w, "prod")
    ),
    "secret": lambda w, n: w.client("secretsmanager").create_secret(Name=f"{n}/env", SecretString="{}"),
    "image repository": lambda w, n: w.client("ecr").create_repository(repositoryName=n),
    "cluster": lambda w, n: w.client("ecs").create_cluster(clusterName=n),
    "log": lambda w, n: w.client("logs").create_log_group(logGroupName=f"/ecs/{n}"),
    "key of your own": lambda w, n: w.client("kms").create_alias(
        AliasName=f"alias/{n}", TargetKeyId=w.client("kms").create_key()["KeyMetadata"]["KeyId"]
    ),
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.mark.parametrize("title", FOREIGN)
def test_somebody_elses_thing_of_our_name_is_left_alone(world, title):
    """Something with one of our names and without our tag: refused by plan and apply, nothing is made or touched."""
    setup = world.setup(f"name-{list(FOREIGN).index(title)}", options={"kms_key": title == "key of your own"})
    FOREIGN[title](world, f"forestadmin-{setup.name}")
    before = things(setup)
    mark = world.mark()
    planned = setup.plan()
    assert planned.code == ANSWERS and "was not made by forest-setup" in planned.out, str(planned)
    text = message(setup.apply(check=ANSWERS))
    assert text.startswith(f"{title}: ") and "was not made by forest-setup" in text, text
    assert "another name" in text
    check_text(text)
    assert writes(world.traffic(mark)) == []
    assert things(setup) == before


def test_destroy_leaves_somebody_elses_thing(world):
    """A role of our name that somebody else put in the place of ours survives destroy, which says so."""
    setup = world.setup("swapped")
    setup.apply(check=0)
    logs = world.client("logs")
    group = f"/ecs/forestadmin-{setup.name}"
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group, tags={"Owner": "somebody"})
    done = setup.destroy()
    assert group in done.out + done.err and "not made by forest-setup" in done.out + done.err, str(done)
    assert dict(things(setup)) == {"log group": 1}

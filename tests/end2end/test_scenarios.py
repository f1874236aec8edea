# SPDX-License-Identifier: MIT
"""The scenarios of assets/practice/scenarios do what they say: what a person sees who plays them with the program."""

import json

import pytest
from inventory import things
from world import ROOT

pytestmark = pytest.mark.slow
FOLDER = ROOT / "assets/practice/scenarios"
NEW_VPC = {"vpc": None, "subnets": None, "new_vpc": {"cidr": "10.77.0.0/20"}}
OWN = {"network": NEW_VPC, "database": {"ingress_security_group": None}}
# name: (exit code of apply, what it says, whether resume ends well without the scenario, changes of the answers)
PLAYED = {
    "no-nat": (3, "way out", None, {}),
    "nat-deleted": (3, "which is gone", None, {}),
    "vpc-link-fails": (1, "VPC link", True, {}),
    "nat-fails": (1, "NAT gateway failed", None, OWN),
    "balancer-fails": (1, "load balancer failed", True, {}),
    "cannot-pull": (1, "ECR", True, {}),
    "no-secret": (1, "ecret", None, {}),
    "out-of-memory": (1, "memory", None, {}),
    "crash": (1, "./models", True, {}),
    "database-down": (1, "database", True, {}),
    "forest-maintenance": (1, "maintenance", True, {}),
    "unhealthy": (1, "404", None, {}),
    "no-capacity": (0, "", None, {}),
    "environment-unknown": (3, "", None, {}),
    "denied": (5, "elasticloadbalancing:CreateLoadBalancer", True, {}),
    "expired": (4, "", True, {}),
    "quota-vpc": (1, "quota", None, OWN),
    "quota-address": (1, "quota", None, OWN),
    "quota-balancer": (1, "", True, {}),
    "throttled": (0, "", None, {}),
    "flaky": (0, "", None, {}),
    "outage": (0, "", None, {}),
    "stale": (0, "", None, {}),
    "captive-portal": (1, "AWS", None, {}),
    "clock-skew": (0, "", None, {}),
    "role-taken": (3, "", None, {}),
    "database-unreachable": (1, "database does not answer", True, {}),
    "secret-in-recovery": (3, "recovery window of up to 30 days", None, {}),
    "cannot-pull-once": (1, "cannot fetch its image", True, {}),
    "slow": (0, "", None, {}),
}
# What is not played here, and why.
NOT_PLAYED = {"as-slow-as-aws": "takes 6 to 10 minutes"}
# What to do about it, in the remedy; resume alone where it passes by itself.
REMEDY = {
    "database-unreachable": "port 5432",
    "secret-in-recovery": "another name",
    "role-taken": "another name",
    "cannot-pull-once": "NAT route",
    "cannot-pull": "NAT route",
    "nat-fails": "forest-setup resume",
}
# These belong to the sample setup's own names.
OWN_NAME = ("role-taken", "secret-in-recovery")


@pytest.fixture
def play(world):
    yield lambda name: world.control("scenario", {"name": name})
    world.control("scenario", {"name": "none"})


@pytest.mark.parametrize("name", PLAYED)
def test_scenario(world, play, name):
    """apply ends as the scenario's file promises; afterwards resume ends well, or destroy leaves nothing."""
    code, says, resumes, changes = PLAYED[name]
    setup = world.setup("storefront-admin" if name in OWN_NAME else f"s-{name}"[:20].rstrip("-"), **changes)
    if name in OWN_NAME:
        setup.destroy(timeout=300)  # of tests before
    play(name)
    done = setup.apply(timeout=300)
    assert done.code == code and says in done.err, str(done)
    if code:
        causes = [line for line in done.err.splitlines() if line.startswith("✘ ")]
        remedies = [line for line in done.err.splitlines() if line.startswith("  Remedy")]
        assert len(causes) == 1 and len(remedies) <= 1, str(done)
    if name in REMEDY:
        assert REMEDY[name] in remedies[0], str(done)
    world.control("scenario", {"name": "none"})
    if resumes:
        setup.resume(check=0, timeout=300)
    if setup.records.exists() and list(setup.records.rglob("journal")):
        setup.destroy(check=0, timeout=300)
        assert not things(setup)


def test_every_scenario_is_played():
    """Each file has its row, or says why not."""
    assert {path.stem for path in FOLDER.glob("*.json")} == {*PLAYED, *NOT_PLAYED}


def test_every_failed_nat_gateway_goes(world, play):
    """Two NAT gateways failed, one after the other: a single destroy deletes both."""
    setup = world.setup("s-nat-twice", **OWN)
    for _ in range(2):
        play("nat-fails")
        done = setup.apply(timeout=300)
        assert done.code == 1 and "NAT gateway failed" in done.err, str(done)
    setup.destroy(check=0, timeout=300)
    assert not things(setup)


def test_scenarios_end_where_they_began(world, play):
    """Played one after the other and ended, every scenario has put the world and the configuration back."""
    before = (world.control("config"), world.control("leftovers"), routes(world))
    for path in sorted(FOLDER.glob("*.json")):
        assert play(path.stem)["scenario"] == path.stem
        assert world.control("scenario")["scenario"] == path.stem
    play("none")
    assert (world.control("config"), world.control("leftovers"), routes(world)) == before
    assert world.control("faults") == []


def routes(world):
    tables = world.client("ec2").describe_route_tables()["RouteTables"]
    return sorted(json.dumps([t["RouteTableId"], sorted(json.dumps(r) for r in t["Routes"])]) for t in tables)


def test_unknown_scenario(world, play):
    """A scenario that does not exist is refused and named with those that do; nothing is played then."""
    with pytest.raises(Exception, match="400"):
        play("no-such-thing")
    assert world.control("scenario") == {"scenario": "none"}

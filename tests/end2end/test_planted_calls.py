# SPDX-License-Identifier: MIT
"""Every rule of the practice cloud that the program's calls can break is broken once, in the program's own runs.

Two setups live their lives (apply, a change that is interrupted, resume, destroy) through saboteur.py, which sends each
of their calls broken as well, in every way of planted.py. The cloud must refuse each with AWS's code, and the runs end
as if nothing had been: what is refused has no effect. Which rules there are is read from the cloud's own code.
"""

import importlib
import inspect
import re
import sys

import pytest
from botocore.exceptions import ClientError
from inventory import things
from planted import ROWS
from saboteur import Saboteur
from unbroken import UNBROKEN
from whole import WHOLE, Whole
from world import ROOT

sys.path.insert(0, str(ROOT / "assets" / "practice"))
from practice import rules  # noqa: E402

pytestmark = pytest.mark.slow

OPTIONS = {
    "kms_key": True,
    "autoscaling": {"min": 1, "max": 3, "cpu_percent": 50},
    "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "log_retention_days": 3,
    "secret_recovery_days": 7,
}
NEW_VPC = {"vpc": None, "subnets": None, "new_vpc": {"cidr": "10.77.0.0/20"}}
DATABASE = ("storefront.c9akcwq.eu-west-3.rds.amazonaws.com", "db.acme.internal")
LIVES = {
    "broken-old": {},  # in an existing VPC, with a rule in the database's group
    "broken-new": {"network": NEW_VPC, "database": {"ingress_security_group": None}, "options": OPTIONS},
}


class Lives:
    """Both setups' lives, and what became of each bug."""

    def __init__(self, world):
        self.world, self.since = world, world.mark()
        self.saboteur = Saboteur(world, ROWS)
        self.results, self.left = self.saboteur.results, {}
        try:
            for name, changes in LIVES.items():
                self._live(world.setup(name, **changes))
        finally:
            self.saboteur.stop()
        self.traffic = world.traffic(self.since)

    def _live(self, setup):
        env = {"AWS_ENDPOINT_URL": self.saboteur.url}
        if setup.name == "broken-new":  # from a VPC of its own, through a name of the company's own
            env["POSTGRESQL_URL"] = self.world.env["POSTGRESQL_URL"].replace(*DATABASE)
        setup.apply(env=env, check=0)
        setup.change(backend={"memory": 1024})
        url = env.get("POSTGRESQL_URL", self.world.env["POSTGRESQL_URL"])
        env["POSTGRESQL_URL"] = url + "?application_name=broken"
        interrupted = {"operation": "ecs.RegisterTaskDefinition", "do": "error", "code": "ClientException"}
        self.world.control("faults", interrupted)
        assert setup.apply(env=env).code == 1
        setup.resume(env=env, check=0)
        self._unmake(setup)
        setup.destroy(env=env, check=0)
        self.left[setup.name] = things(setup)

    def _unmake(self, setup):
        """Deletions in the wrong order, while all of it is there."""
        whole = Whole(setup)
        for operation, says, delete, codes in WHOLE:
            try:
                delete(whole)
                status, code = 200, ""
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                code = error.response["Error"]["Code"]
            except LookupError:  # this setup has no such thing
                continue
            self.saboteur.note(operation, says, status, code, codes)


@pytest.fixture(scope="module")
def lives(world):
    return Lives(world)


def test_every_bug_is_refused(lives, tried):
    """Each broken call is refused with a code that AWS has for it."""
    wrong = [one for one in lives.results if not one.refused]
    tried("bugs planted into calls of apply, resume and destroy", len(lives.results), len(wrong))
    assert len(lives.results) > 500
    assert not wrong, "\n".join(str(one) for one in wrong)


def test_every_bug_was_planted(lives):
    """The program makes a call that carries it: a row that none can carry proves nothing."""
    assert not [f"{row.operation}, {row.says}" for row in lives.saboteur.left()]


def test_nothing_of_it_had_an_effect(lives):
    """The runs ended well, and destroy has left nothing."""
    assert list(lives.left) == list(LIVES) and not any(lives.left.values()), lives.left


def test_every_rule_was_broken(lives, tried):
    """Every rule that can refuse one of the program's calls has refused one, but those of unbroken.py."""
    reached = {rule for rule in rules_of(lives.saboteur.operations)}
    broken = {call["refused_by"] for call in lives.traffic if call.get("refused_by")}
    missing = reached - broken - set(UNBROKEN)
    tried("rules that the program's calls can break", len(reached - set(UNBROKEN)), len(missing))
    assert len(reached) > 100 and not missing, "never broken: " + ", ".join(sorted(missing))
    assert not set(UNBROKEN) & broken, "broken after all: " + ", ".join(sorted(set(UNBROKEN) & broken))
    assert not set(UNBROKEN) - reached, "no such rule: " + ", ".join(sorted(set(UNBROKEN) - reached))


def rules_of(operations):
    """The rules that may refuse these operations: their code, or what it calls in their module, raises AwsError."""
    for name in rules.MODULES:
        importlib.import_module(f"practice.rules.{name}")
    for path in (ROOT / "assets/practice/practice/data").glob("*.py"):
        if path.stem != "__init__":
            importlib.import_module(f"practice.data.{path.stem}")
    services = {service for service, _ in operations}
    for (service, operation), found in rules._before.items():
        if (service, operation) in operations or operation == "*" and service in (*services, "*"):
            yield from (rules.name_of(rule) for rule in found if may_refuse(rule))


def may_refuse(rule):
    source = inspect.getsource(rule)
    module = inspect.getmodule(rule)
    seen, names = set(), {rule.__name__}
    while names:
        name = names.pop()
        seen.add(name)
        function = getattr(module, name, None)
        if not inspect.isfunction(function):
            continue
        source = inspect.getsource(function)
        if "raise " in source:
            return True
        names |= set(re.findall(r"\b(\w+)\(", source)) - seen
    return False

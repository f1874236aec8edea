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
from unbroken import SOMETIMES, UNBROKEN
from whole import AFTERWARDS, WHOLE, Whole
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
# A database that the practice cloud has nowhere: from a VPC of its own no other is reached without peering.
NOWHERE = {"POSTGRESQL_URL": "postgresql://app:secret@proxy.acme.internal:5432/shop"}
LIVES = {
    "broken-old": {},  # in an existing VPC, with a rule in the database's group
    "broken-new": {"network": NEW_VPC, "database": {"ingress_security_group": None}, "options": OPTIONS},
}


class Lives:
    """Both setups' lives, and what became of each bug."""

    def __init__(self, world):
        self.world, self.since = world, world.mark()
        self.saboteur = Saboteur(world, ROWS)
        self.results, self.left, self.trouble = self.saboteur.results, {}, {}
        try:
            for name, changes in LIVES.items():
                try:
                    self._live(world.setup(name, **changes))
                except AssertionError as error:  # told by a test, beside what was not refused
                    self.trouble[name] = str(error)
        finally:
            self.saboteur.stop()
        self.traffic = world.traffic(self.since)

    def _live(self, setup):
        env = {"AWS_ENDPOINT_URL": self.saboteur.url}
        if setup.name == "broken-new":
            done = setup.apply(env=env | NOWHERE, check=1)
            assert "There is no host proxy.acme.internal" in done.err, str(done)
        else:
            setup.plan(env=env, check=0)
            setup.apply(env=env, check=0)
            self._change(setup, env)
        self._try(setup, WHOLE)  # deletions in the wrong order, while all of it is there
        setup.destroy(env=env, check=0)
        self.left[setup.name] = things(setup)
        self._try(setup, AFTERWARDS)

    def _change(self, setup, env):
        """Other answers: a new secret and a new revision, interrupted and resumed."""
        setup.change(backend={"memory": 1024})
        other = env | {"POSTGRESQL_URL": self.world.env["POSTGRESQL_URL"] + "?application_name=broken"}
        interrupted = {"operation": "ecs.RegisterTaskDefinition", "do": "error", "code": "ClientException"}
        self.world.control("faults", interrupted)
        assert setup.apply(env=other).code == 1
        self.world.control("faults", {"clear": True})
        setup.resume(env=other, check=0)

    def _try(self, setup, rows):
        whole = Whole(setup)
        for operation, says, delete, codes in rows:
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
    assert not lives.trouble, "\n".join(lives.trouble.values())
    assert list(lives.left) == list(LIVES) and not any(lives.left.values()), lives.left


def test_every_rule_was_broken(lives, tried):
    """Every rule that can refuse one of the program's calls has refused one, but those of unbroken.py."""
    reached = {rule for rule in rules_of(lives.saboteur.operations)}
    broken = {call["refused_by"] for call in lives.traffic if call.get("refused_by")}
    missing = reached - broken - set(UNBROKEN)
    tried("rules that the program's calls can break", len(reached - set(UNBROKEN)), len(missing))
    assert len(reached) > 100 and not missing, "never broken: " + ", ".join(sorted(missing))
    never = set(UNBROKEN) - SOMETIMES
    assert not never & broken, "broken after all: " + ", ".join(sorted(never & broken))
    known = {rules.name_of(rule) for found in rules._before.values() for rule in found}
    assert not set(UNBROKEN) - known, "no such rule: " + ", ".join(sorted(set(UNBROKEN) - known))


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

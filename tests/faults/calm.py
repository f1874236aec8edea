# SPDX-License-Identifier: MIT
"""A setup that nothing disturbs, and how another one is compared with it.

Order: Calm(world, name) runs apply, resume and destroy once through a gate and keeps what each has asked for; setup()
makes another of the same answers, to be disturbed; judge_made() and judge_gone() say by AssertionError what is
different in the end. Nothing runs at the same time in the same world, for things that were made are counted in the
cloud's own record.
"""

import collections
import json
from pathlib import Path
from typing import ClassVar

from crash import lines_of_apply
from gate import LEASE, Gate
from inventory import created, things

BACKEND = Path(__file__).resolve().parent / "backend"
# An intent without a result is looked at until it is this old (on AWS half a minute). The cloud here answers at once,
# and what was on its way at a kill has ended before the next run starts.
SETTLED = {"FOREST_SETUP_SETTLE_MS": "300"}
# Asked for again with the same parameters, these answer with what is there: by a token, or as their references say.
REPEATABLE = {
    "ec2.CreateNatGateway", "ec2.CreateRouteTable", "ec2.CreateVpcEndpoint", "ecs.CreateCluster", "ecs.CreateService",
    "elbv2.CreateListener", "elbv2.CreateLoadBalancer", "elbv2.CreateTargetGroup", "secretsmanager.CreateSecret",
}  # fmt: skip
# A run takes seconds, on a busy machine half a minute.
RUN_SECONDS = 300


class Calm:
    EVERYTHING: ClassVar = {
        "network": {"vpc": None, "subnets": None, "new_vpc": {}},
        "database": {"ingress_security_group": None},
        "options": {"kms_key": True, "autoscaling": {"min": 1, "max": 2}},
    }

    def __init__(self, world, name, **changes):
        self.world, self.name, self.changes, self._number = world, name, changes, 0
        self.requests, self.calls = {}, {}
        setup = self.setup(name)
        for verb in ("apply", "resume", "destroy"):
            self.begin(setup)
            with Gate(world.port) as gate:
                assert_done(run(setup, gate, verb))
            self.requests[verb] = list(gate.seen)
            self.calls[verb] = collections.Counter(
                f"{c['service']}.{c['operation']}" for c in world.traffic()
            )
            if verb == "apply":
                self.things, self.created = nameless(setup), made(world.traffic())
                self.lines = lines_of_apply(setup)
        judge_gone(setup)
        assert self.things and self.created

    def setup(self, name=None):
        """Another setup of the same answers."""
        self._number += 1
        return small(self.world, name or f"{self.name}-{self._number}", **self.changes)

    def begin(self, setup):
        """From here on the cloud counts what is made, for this setup."""
        self.world.configure(time_scale=0, latency_ms=0)
        self.world.control("reset-traffic", {})
        self.world.control("faults", {"clear": True})

    def judge_made(self, setup):
        """The setup is what the undisturbed one was, and each thing was made exactly once."""
        now = nameless(setup)
        assert now == self.things, f"other things: too many {now - self.things}, missing {self.things - now}"
        count = made(self.world.traffic())
        assert count == self.created, f"made twice {count - self.created}, not made {self.created - count}"

    def end(self, setup):
        """Deletes it, without faults, and sees that nothing is left."""
        self.world.control("faults", {"clear": True})
        done = setup.destroy(env=SETTLED, timeout=RUN_SECONDS)
        assert done.code == 0, str(done)
        judge_gone(setup)


def small(world, name, **changes):
    """A setup with the backend that starts at once."""
    made = world.setup(name, **changes)
    made.answers["backend"]["source"] = {"folder": str(BACKEND)}
    made.write()
    return made


def made(calls):
    """How often each kind of thing was made, in truth: also when a fault hid it; not when it was there already."""
    known, count = set(), collections.Counter()
    for call in calls:
        name = f"{call['service']}.{call['operation']}"
        if not created([call]) or LEASE.search(json.dumps(call["params"])):
            continue
        again = (name, json.dumps(call["params"], sort_keys=True))
        count[name] += not (name in REPEATABLE and again in known)
        known.add(again)
    return count


def nameless(setup):
    """What is there of the setup, without its name."""
    return collections.Counter({thing.replace(setup.name, "NAME"): n for thing, n in things(setup).items()})


def judge_gone(setup):
    """Nothing with the setup's name or tag is there, by two different looks."""
    left = things(setup)
    assert not left, f"left: {dict(left)}"
    tagged = setup.world.control(f"leftovers?tag=forestadmin:setup={setup.name}")
    staying = [f"{one['type']} {one['id']}" for one in tagged if not one.get("ending")]
    assert not staying, f"left: {staying}"


def command(setup, verb):
    return {
        "apply": ("apply", "-c", str(setup.config)),
        "resume": ("resume", setup.name),
        "destroy": ("destroy", setup.name, "--yes"),
    }[verb]


def run(setup, gate, verb, env=None):
    """The program through the gate: (code, out, err); -9 when the gate has killed it."""
    env = SETTLED | {"AWS_ENDPOINT_URL": gate.url} | (env or {})
    return gate.run(lambda: setup.start(*command(setup, verb), env=env), RUN_SECONDS)


def assert_done(ended):
    code, out, err = ended
    assert code == 0 and "Sanitizer" not in err, f"exit {code}\n{out[-2000:]}\n{err[-4000:]}"

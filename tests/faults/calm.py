# SPDX-License-Identifier: MIT
"""A setup that nothing disturbs, and how another one is compared with it.

Order: Calm(world, name) runs apply, resume and destroy once through a gate and keeps what each has asked for; setup()
makes another of the same answers, to be disturbed; judge_made() and judge_gone() say by AssertionError what is
different in the end. Nothing runs at the same time in the same world, for things that were made are counted in the
cloud's own record.
"""

import collections
from pathlib import Path
from typing import ClassVar

from crash import lines_of_apply
from gate import Gate
from inventory import created, things

BACKEND = Path(__file__).resolve().parent / "backend"
# An intent without a result is looked at until it is this old (on AWS half a minute). The cloud here answers at once,
# and what was on its way at a kill has ended before the next run starts.
SETTLED = {"FOREST_SETUP_SETTLE_MS": "300"}
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
                self.things, self.created = nameless(setup), created(world.traffic())
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
        made = created(self.world.traffic())
        assert made == self.created, f"made twice {made - self.created}, not made {self.created - made}"

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

# SPDX-License-Identifier: MIT
"""Every call of apply, resume and destroy fails once, in every way that a network and AWS have.

What passes by itself is absorbed: exit code 0, the state of an undisturbed run, each thing made once. What does not
(denied, expired, an outage that stays) stops the run with its exit code, one cause and one remedy, and resume without
the fault ends where an undisturbed run does.

A way is tried on all calls of a run at once, every other call of each operation, so that each first try of a call
fails and its second one passes; each call retries for itself, as it would alone. Refusals stop a run, so these are
tried one operation after the other, on one setup that so meets them in every state between nothing and all.
"""

import json

import pytest
from calm import RUN_SECONDS, SETTLED, command, judge_gone
from inventory import READ
from tally import Tally

OUTAGE = 1
CREDENTIALS, DENIED = 4, 5
# What passes: the second try meets none of it.
PASSING = {
    "throttled": {"do": "throttle"},
    "500": {"do": "server-error", "status": 500},
    "500 after the effect": {"do": "server-error", "status": 500, "when": "after"},
    "503": {"do": "server-error", "status": 503},
    "503 after the effect": {"do": "server-error", "status": 503, "when": "after"},
    "an HTML error": {"do": "html", "status": 502},
    "an HTML page with status 200 after the effect": {"do": "html", "status": 200, "when": "after"},
    "cut off": {"do": "truncate"},
    "cut off after the effect": {"do": "truncate", "when": "after"},
    "half a document after the effect": {"do": "garbage", "when": "after"},
    "an empty answer after the effect": {"do": "empty", "when": "after"},
    "closed": {"do": "close"},
    "closed after the effect": {"do": "close", "when": "after"},
    "reset": {"do": "reset"},
    "reset after the effect": {"do": "reset", "when": "after"},
}
STAYING = {
    "denied": ({"do": "denied"}, DENIED),
    "expired": ({"do": "expired"}, CREDENTIALS),
    "500 for ever": ({"do": "server-error", "status": 500}, OUTAGE),
    "reset for ever": ({"do": "reset"}, OUTAGE),
    "an HTML page for ever": ({"do": "html", "status": 200}, OUTAGE),
}

SLOW = {"FOREST_SETUP_LEASE_MS": "2000"}


def every_other(calls, fault):
    """Faults that meet the first, third, fifth... call of each operation. A fault counts only calls that none before it
    met, so the n-th one lets n pass."""
    return [
        {"operation": name, "count": 1, "skip": n, **fault}
        for name, count in calls.items()
        for n in range(count)
    ]


def met(world):
    return sum(one["hits"] for one in world.control("faults"))


def absorbed(calm, setup, verb, faults, tally, env=SETTLED):
    """The verb under these faults ends as without; counts the calls that they met."""
    calm.world.control("faults", {"clear": True})
    calm.world.control("faults", faults)
    done = setup.run(*command(setup, verb), env=env, timeout=RUN_SECONDS)
    tally.point(met(calm.world))
    calm.world.control("faults", {"clear": True})
    assert done.code == 0, str(done)


def play_absorbed(calm, tally, point, choose, env=SETTLED):
    """apply, resume and destroy of one setup, all under faults: choose(verb) gives them."""
    setup = calm.setup()
    try:
        calm.begin(setup)
        absorbed(calm, setup, "apply", choose("apply"), tally, env)
        absorbed(calm, setup, "resume", choose("resume"), tally, env)
        calm.judge_made(setup)
        absorbed(calm, setup, "destroy", choose("destroy"), tally, env)
        judge_gone(setup)
    except AssertionError as error:
        tally.wrong(point, error)


def test_a_sample_of_what_passes(calm, dice):
    """One of the ways, by chance, of those that hide an effect."""
    tally = Tally("passing faults, a sample")
    hidden = [way for way in PASSING if way.endswith("after the effect")]
    way = dice.choice(hidden)
    play_absorbed(calm, tally, way, lambda verb: every_other(calm.calls[verb], PASSING[way]))
    tally.finish(50)


@pytest.mark.slow
@pytest.mark.parametrize("way", PASSING)
def test_what_passes_is_absorbed(calm, way):
    """Every call of apply, resume and destroy meets it once."""
    tally = Tally(f"passing faults, {way}")
    play_absorbed(calm, tally, way, lambda verb: every_other(calm.calls[verb], PASSING[way]))
    tally.finish(50)


@pytest.mark.slow
@pytest.mark.parametrize(
    "way", ["500 after the effect", "reset after the effect", "cut off after the effect"]
)
def test_hidden_effects_of_everything(calm_vpc, way):
    """With a VPC of its own, a key and scaling: what was done although no answer says so is neither done again nor
    taken for a failure."""
    tally = Tally(f"passing faults of everything, {way}")
    play_absorbed(calm_vpc, tally, way, lambda verb: every_other(calm_vpc.calls[verb], PASSING[way]))
    tally.finish(80)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12))
def test_random_combinations(calm, dice, number):
    """Each operation has a way of its own, some none; drawn anew in each of the runs (FAULT_SEED repeats them)."""
    tally = Tally(f"random combinations of passing faults, {number}")

    def draw(verb):
        faults = []
        for name, count in calm.calls[verb].items():
            if dice.random() < 0.7:
                faults += every_other({name: count}, PASSING[dice.choice(list(PASSING))])
        return faults

    play_absorbed(calm, tally, f"combination {number}", draw)
    tally.finish(20)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_delayed_past_the_timeout(calm, dice, when):
    """Some calls of each verb, by chance, are answered when the program has given them up. Before: also done only
    then, so that it has to look for longer than that, as it does on AWS."""
    tally = Tally(f"calls delayed past the timeout, {when} the effect")
    late = {"do": "delay", "seconds": 33, "when": when, "count": 1}

    def draw(verb):
        names = [
            name for name in calm.calls[verb] if verb == "resume" or not READ.match(name.partition(".")[2])
        ]
        return [{"operation": name, **late} for name in dice.sample(names, 4)]

    play_absorbed(calm, tally, f"late, {when}", draw, {"FOREST_SETUP_SETTLE_MS": "12000"})
    tally.finish(10)


# ---- what stays


def judge_stopped(done, code):
    """It ended with that code, one cause and one remedy, as JSON's last line tells them."""
    assert done.code == code, str(done)
    summary = done.summary
    error = summary.get("error") or {}
    assert error.get("message"), f"no cause: {json.dumps(summary)}"
    assert error.get("remedy"), f"no remedy: {json.dumps(summary)}"
    assert "Sanitizer" not in done.err, done.err


class Chain:
    """One setup that meets a refusal of each operation in turn; a new one whenever it has ended well."""

    def __init__(self, calm, verb):
        self.calm, self.verb, self.setup = calm, verb, None

    def begin(self):
        if self.setup is None:
            self.setup = self.calm.setup()
            self.calm.begin(self.setup)
            if self.verb != "apply":
                done = self.setup.apply(env=SETTLED, timeout=RUN_SECONDS)
                assert done.code == 0, str(done)

    def meet(self, operation, fault, slow=False):
        """(run, met): the verb while every call of that operation meets the fault. slow: things take their time on
        AWS and leases are short, for the calls that are made while something is waited for."""
        self.begin()
        world, setup = self.calm.world, self.setup
        env = SETTLED | (SLOW if slow else {})
        world.configure(time_scale=0.02 if slow else 0, latency_ms=0)
        world.control("faults", {"clear": True})
        world.control("faults", [{"operation": operation, "count": 0, **fault}])
        known = (setup.records / "forest-setup" / setup.name / "journal").exists()
        verb = "resume" if self.verb == "apply" and known else self.verb
        done = setup.run(*command(setup, verb), "--json", env=env, timeout=RUN_SECONDS)
        hits = met(world)
        world.control("faults", {"clear": True})
        world.configure(time_scale=0, latency_ms=0)
        return done, hits

    def close(self):
        """Without faults it ends as an undisturbed one does."""
        if self.setup is None:
            return
        setup, self.setup = self.setup, None
        if self.verb != "destroy":
            done = setup.resume(env=SETTLED, timeout=RUN_SECONDS)
            assert done.code == 0, str(done)
            self.calm.judge_made(setup)
        if setup.run("status", setup.name).code == 0:
            self.calm.end(setup)
        judge_gone(setup)


def play_refusals(calm, names, verb, fault, code, tally):
    chain = Chain(calm, verb)
    for name in names:
        with tally.judging(f"{verb}: {name}"):
            done, hits = chain.meet(name, fault)
            for slow in (False, True):  # done already in this setup, or nothing was waited for
                if not hits:
                    chain.close()
                    done, hits = chain.meet(name, fault, slow)
            assert hits, f"{name} was never called"
            if done.code == 0:
                chain.close()
            else:
                judge_stopped(done, code)
    with tally.judging(f"{verb}: resumed without the fault"):
        chain.close()


@pytest.mark.slow
def test_a_sample_of_what_stays(calm, dice):
    """Two operations of each of apply and destroy denied: exit code 5, a cause, a remedy; and resumed."""
    tally = Tally("refusals, a sample")
    fault, code = STAYING["denied"]
    for verb in ("apply", "destroy"):
        names = [name for name in calm.calls[verb] if not name.startswith("sts.")]
        picked = [names[i] for i in sorted(dice.sample(range(len(names)), 2))]
        play_refusals(calm, picked, verb, fault, code, tally)
    tally.finish(4)


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["apply", "destroy"])
@pytest.mark.parametrize("way", STAYING)
def test_what_stays_stops_and_can_be_resumed(calm, dice, way, verb):
    """Every operation of apply (and its resumes) and of destroy is denied; some, by chance, meet the other ways."""
    fault, code = STAYING[way]
    names = list(calm.calls[verb])
    if way != "denied":
        picked = dice.sample(names, 6)
        names = [name for name in names if name in picked]
    tally = Tally(f"staying faults, {way}, {verb}")
    play_refusals(calm, names, verb, fault, code, tally)
    tally.finish(len(names))

# SPDX-License-Identifier: MIT
"""kill -9 before and after every request reaches the cloud, in apply, resume and destroy: resumed, it ends as if
nothing had happened, and each thing was made once; destroyed, nothing is left.

Two ways over the same points. A relay is one setup whose run is killed at each request in turn, before it and, in the
next run, after it, so that it takes as many runs as there are points and is never left in peace. Single points are
killed once, each in a setup of its own, as it happens to people.
"""

import pytest
from calm import RUN_SECONDS, SETTLED, assert_done, judge_gone, run
from gate import AFTER, BEFORE, Gate
from tally import Tally

MOST_KILLS = 600
NOTHING = 8
KILLED = -9


class Relay:
    """Kills at each request that wanted() picks, once before and once after, and counts."""

    def __init__(self, setup, tally, wanted):
        self.setup, self.tally, self.wanted = setup, tally, wanted
        self.done = {}

    def rule(self, request):
        if not self.wanted(request):
            return None
        tried = self.done.get(request.key, ())
        return BEFORE if BEFORE not in tried else AFTER if AFTER not in tried else None

    def run(self, first, then):
        """Runs the verbs until a run ends by itself: (code, out, err) of that run."""
        verb = first
        with Gate(self.setup.world.port, self.rule) as gate:
            for _ in range(MOST_KILLS):
                ended = run(self.setup, gate, verb)
                if gate.killed is None:
                    return ended
                assert ended[0] == KILLED, f"ended by itself although killed: {ended}"
                self.done.setdefault(gate.killed.key, []).append(gate.how)
                self.tally.point()
                # Before its first record there is nothing to resume.
                verb = (
                    then
                    if (self.setup.records / "forest-setup" / self.setup.name / "journal").exists()
                    else first
                )
        raise AssertionError(f"killed {MOST_KILLS} times without an end, last at {gate.killed}")


def play_relay(calm, what, wanted, least):
    setup = calm.setup()
    apply, destroy = Tally(f"kill points of apply, {what}"), Tally(f"kill points of destroy, {what}")
    calm.begin(setup)
    assert_done(Relay(setup, apply, wanted).run("apply", "resume"))
    calm.judge_made(setup)
    assert setup.plan("--exit-code", timeout=RUN_SECONDS).code == 0, "a finished setup has nothing left to do"
    code, out, err = Relay(setup, destroy, wanted).run("destroy", "destroy")
    # Killed after its last call but before its records were put away, there is nothing left to say.
    assert code in (0, NOTHING), f"exit {code}\n{out[-2000:]}\n{err[-4000:]}"
    judge_gone(setup)
    apply.finish(least)
    destroy.finish(least)


@pytest.mark.slow
def test_a_relay_over_some_writing_requests(calm, dice):
    """An eighth of the requests that change something, by chance, each before and after its effect."""
    seed = dice.randrange(8)

    def wanted(request):  # by its digest; the lease has none
        return not request.reads and not request.of_lease and int(request.key[-2:], 16) % 8 == seed

    play_relay(calm, "a sample of the writing requests", wanted, 2)


@pytest.mark.slow
def test_a_relay_over_every_request(calm):
    """Every request, reading ones too, each before and after its effect."""
    play_relay(calm, "every request", lambda r: True, 100)


@pytest.mark.slow
def test_a_relay_over_every_writing_request_of_everything(calm_vpc):
    """The same with a VPC of its own, a key and scaling: every request that changes something."""
    play_relay(calm_vpc, "every writing request, with a new VPC, key and scaling", lambda r: not r.reads, 40)


# ---- single points


class Point:
    """The n-th request of a name, before or after: the same point in every run, however its threads are scheduled."""

    def __init__(self, name, number, how):
        self.name, self.number, self.how = name, number, how
        self._seen = 0

    def rule(self, request):
        if request.name != self.name:
            return None
        self._seen += 1
        return self.how if self._seen == self.number + 1 else None

    def __str__(self):
        return f"{self.how} {self.name} #{self.number + 1}"


def points(requests, wanted=lambda request: not request.reads):
    """Every such request of an undisturbed run, before and after."""
    counts, found = {}, []
    for request in requests:
        number = counts.setdefault(request.name, 0)
        counts[request.name] += 1
        if wanted(request):
            found += [Point(request.name, number, how) for how in (BEFORE, AFTER)]
    return found


def kill_at(setup, verb, point):
    with Gate(setup.world.port, Point(point.name, point.number, point.how).rule) as gate:
        ended = run(setup, gate, verb)
        assert gate.killed or ended[0] == 0, f"neither killed nor done: {ended}"
        return gate.killed is not None


def play_point(calm, tally, where, again=None, into_destroy=False, destroy=None):
    """One setup: apply killed at a point, maybe resume at another; then resume, or destroy, maybe killed, too."""
    setup = calm.setup()
    with tally.judging(f"{where}, {again}, {destroy}" if again or destroy else str(where)):
        calm.begin(setup)
        assert kill_at(setup, "apply", where), "the point was never reached"
        if again:
            kill_at(setup, "resume", again)
        if not into_destroy:
            done = setup.resume(env=SETTLED, timeout=RUN_SECONDS)
            assert done.code == 0, str(done)
            calm.judge_made(setup)
        if destroy:
            kill_at(setup, "destroy", destroy)
        done = setup.destroy(env=SETTLED, timeout=RUN_SECONDS)
        assert done.code in (0, NOTHING), str(done)
        judge_gone(setup)


def resumable(found):
    """Points by which there is something to resume or destroy: the first reads come before the first record."""
    return [point for point in found if not point.name.startswith("sts.")]


@pytest.mark.slow
def test_single_points_into_resume_and_destroy(calm, dice):
    """A few points by chance: apply killed there, resumed, destroy killed, destroyed; killed twice; into destroy."""
    tally = Tally("single kill points, a sample")
    first, then = points(calm.requests["apply"]), points(calm.requests["destroy"])
    play_point(calm, tally, dice.choice(first), destroy=dice.choice(then))
    play_point(calm, tally, dice.choice(first), again=dice.choice(first), into_destroy=True)
    tally.finish(2)


@pytest.mark.slow
def test_every_single_point_of_writing_requests(calm):
    """apply killed at each in a setup of its own and resumed; destroy of it killed at one of its own and resumed."""
    tally = Tally("single kill points of apply and destroy, every writing request")
    first, then = points(calm.requests["apply"]), points(calm.requests["destroy"])
    for number in range(max(len(first), len(then))):
        play_point(calm, tally, first[number % len(first)], destroy=then[number % len(then)])
    tally.finish(60)


@pytest.mark.slow
def test_killed_twice_and_into_destroy(calm, dice):
    """Killed at one point, resumed and killed at a later one, by chance: resumed, or destroyed at once."""
    tally = Tally("pairs of kill points, resumed or destroyed")
    first, then = points(calm.requests["apply"]), points(calm.requests["destroy"])
    for number in range(24):
        one, two = sorted(dice.sample(range(len(first)), 2))
        play_point(calm, tally, first[one], first[two], number % 2 == 1, dice.choice(then))
    tally.finish(24)


@pytest.mark.slow
def test_single_points_of_reading_requests(calm, dice):
    """A sample of the requests that only read: the first of each kind that apply and resume both ask for. How often
    something is asked for while it is waited for depends on the machine; the relay over every request meets that."""
    tally = Tally("single kill points, reading requests")
    always = {request.name for request in calm.requests["resume"]}
    found = resumable(points(calm.requests["apply"], lambda request: request.reads))
    found = [point for point in found if point.number == 0 and point.name in always]
    for point in dice.sample(found, 12):
        play_point(calm, tally, point)
    tally.finish(12)

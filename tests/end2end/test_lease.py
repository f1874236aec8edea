# SPDX-License-Identifier: MIT
"""Two machines, one setup: a lease on AWS, taken atomically, renewed, taken over when its owner is dead.

Another machine is another XDG_STATE_HOME: nothing but AWS is shared, not even the kernel's lock."""

import collections
import shutil
import signal
import time

import pytest
from crash import SETTLED, run_until
from inventory import created, of_lease, things

LOCKED = 6
SHORT = {"FOREST_SETUP_LEASE_MS": "3000"}
ROUNDS = 12


def elsewhere(setup, machine="other"):
    """The environment of another machine."""
    return {"XDG_STATE_HOME": str(setup.home / f"state-{machine}")}


def leases(setup):
    groups = setup.world.client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/forestadmin-{setup.name}/lease/")
    return [group["logGroupName"] for group in groups["logGroups"]]


@pytest.fixture
def small(world):
    """A setup whose apply does not get far: its image cannot be built, so that nothing takes long."""
    made = []

    def make(name):
        setup = world.setup(name, backend={"base_image": "127.0.0.1:1/none/none:1"})
        made.append(setup)
        return setup

    yield make
    for setup in made:
        setup.run("destroy", setup.name, "--yes", env=SETTLED | SHORT)


def test_the_second_machine_is_told_who(world):
    """While one machine applies, another's apply and destroy end at once with 6: who, where, since when, --wait."""
    setup = world.setup("two-laptops")
    world.configure(latency_ms=60)
    try:
        first = run_until(setup, 6, "apply", "-c", str(setup.config))
        assert len(leases(setup)) == 1
        second = setup.apply(env=elsewhere(setup))
        assert second.code == LOCKED, str(second)
        for word in (f"pid {first.pid}", "@", "since 20", "--wait"):
            assert word in second.err, second.err
        assert not second.out.strip()
    finally:
        world.configure()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=120)
    assert leases(setup) == [], "an interrupted run gives it back"
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def test_waits_for_the_other(world):
    """--wait: the second begins when the first has ended, and makes nothing twice."""
    setup = world.setup("patient")
    other = elsewhere(setup)
    mark = world.mark()
    first = run_until(setup, 6, "apply", "-c", str(setup.config))
    second = setup.start("apply", "-c", str(setup.config), "--wait", env=other | SETTLED)
    world.until("the second has looked for the lease", lambda: looks(world, mark) >= 3, 60)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=120)
    there = set(things(setup))
    world.until("the second has the lease", lambda: leases(setup) or second.poll() is not None, 60)
    second.send_signal(signal.SIGINT)
    _, err = second.communicate(timeout=120)
    assert f"pid {first.pid}" in err and "waiting for it" in err, err
    made = created(world.traffic(mark))
    assert made["iam.CreateRole"] <= 2 and made["apigatewayv2.CreateApi"] == 1, (made, there)
    assert leases(setup) == []
    setup.run("destroy", setup.name, "--yes", env=other | SETTLED)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def looks(world, mark):
    return sum(of_lease(c) and c["operation"] == "DescribeLogGroups" for c in world.traffic(mark))


def test_exactly_one_of_two_machines_proceeds(small, world):
    """Started together on two machines, again and again: one works, the other is locked out, each round."""
    setup = small("coin-toss")
    worked = collections.Counter()
    for _ in range(ROUNDS):
        mark = world.mark()
        both = [
            setup.start("apply", "-c", str(setup.config), env=SETTLED | elsewhere(setup, machine))
            for machine in ("a", "b")
        ]
        codes = [(program.communicate(timeout=120), program.returncode)[1] for program in both]
        calls = [c for c in world.traffic(mark) if of_lease(c)]
        taken = [c for c in calls if c["operation"] == "CreateLogGroup" and c["status"] == 200]
        gone = [c for c in calls if c["operation"] == "DeleteLogGroup" and c["status"] == 200]
        assert len(taken) == len(gone) >= 1
        worked[tuple(sorted(codes))] += 1
    assert leases(setup) == []
    # Either they met (one 6), or one had ended before the other looked. Both at work at once would show as 0 or as
    # things made twice.
    assert set(worked) <= {(1, LOCKED), (1, 1), (3, LOCKED), (3, 3)}, worked
    counts = collections.Counter(created(world.traffic()))
    print(dict(worked), dict(counts))


def test_a_dead_owner_is_followed(small):
    """kill -9: its lease stays, holds until its end, and is taken over then; nothing of it is left."""
    setup = small("taken-over")
    first = run_until_lease(setup, SHORT)
    first.kill()
    first.communicate(timeout=60)
    assert len(leases(setup)) == 1
    refused = setup.destroy(env=elsewhere(setup) | SHORT)
    done = setup.apply("--wait", env=elsewhere(setup) | SHORT | SETTLED)
    assert refused.code in (LOCKED, 8) and done.code != LOCKED, str(done)
    assert leases(setup) == []


def test_the_same_machine_need_not_wait(small):
    """kill -9 and again on the same machine: the lease is its own, however long it would still hold."""
    setup = small("same-machine")
    first = run_until_lease(setup, {})
    first.kill()
    first.communicate(timeout=60)
    assert len(leases(setup)) == 1
    before = time.monotonic()
    again = setup.apply(env=SETTLED)
    assert again.code != LOCKED and time.monotonic() - before < 50, str(again)
    assert leases(setup) == []


def test_a_run_that_lost_it_stops(world):
    """A laptop that slept past the end, and somebody else took over: its next write is not sent, and it says who."""
    setup = world.setup("sleeper")
    world.configure(latency_ms=60)
    before = world.mark()
    try:
        first = run_until_lease(setup, SHORT)
        # The claim is there before its owner has read it back and relies on it: the first thing made says so.
        world.until("it has made something", lambda: created(world.traffic(before)) or first.poll() is not None, 120)
        first.send_signal(signal.SIGSTOP)
        ended = time.time() + 3.5  # the lease has run out then
        world.until("the lease has run out", lambda: time.time() > ended)
        taken_over(setup)
        mark = world.mark()
        first.send_signal(signal.SIGCONT)
        _, err = first.communicate(timeout=120)
    finally:
        world.configure()
    assert first.returncode == LOCKED, err
    assert "has taken over sleeper" in err and "eve@elsewhere" in err, err
    late = [c for c in world.traffic(mark) if c["operation"].startswith(("Create", "Register", "Put", "Authorize"))]
    # What was on its way when it fell asleep may still arrive; nothing new is begun.
    assert len([c for c in late if not of_lease(c)]) <= 16, [c["operation"] for c in late]
    for name in leases(setup):
        world.client("logs").delete_log_group(logGroupName=name)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def run_until_lease(setup, env):
    """The running apply, right after it has its lease."""
    program = setup.start("apply", "-c", str(setup.config), env=SETTLED | env)
    setup.world.until("there is a lease", lambda: leases(setup) or program.poll() is not None, 60)
    return program


def taken_over(setup):
    """What another machine does when the lease has run out, done at once: number n + 1, then n goes."""
    logs = setup.world.client("logs")
    (old,) = leases(setup)
    base, _, number = old.rpartition("/")
    arn = f"arn:aws:logs:eu-west-3:123456789012:log-group:{old}"
    tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
    until = str(int(time.time() * 1000) + 600_000)
    tags |= {"forestadmin:claim": "e" * 32, "forestadmin:holder": "eve@elsewhere pid 7", "forestadmin:until": until}
    logs.create_log_group(logGroupName=f"{base}/{int(number) + 1}", tags=tags)
    logs.delete_log_group(logGroupName=old)


@pytest.mark.slow
def test_only_the_lease_was_there_when_the_records_were_lost(world):
    """Nothing else tells of the setup: an apply of its name takes the lease over, and destroy leaves none."""
    setup = world.setup("lease-alone")
    world.configure(latency_ms=300)
    try:
        program = run_until_lease(setup, SHORT)
        program.kill()
        program.communicate(timeout=60)
    finally:
        world.configure()
    assert len(leases(setup)) == 1 and set(things(setup)) == {"lease"}
    shutil.rmtree(setup.records)
    setup.apply("--wait", env=SETTLED | SHORT, check=0)
    assert leases(setup) == []
    setup.destroy(env=SETTLED, check=0)
    assert leases(setup) == [] and not things(setup)

# SPDX-License-Identifier: MIT
"""Two forest-setups started for one setup at the same moment: exactly one proceeds, the other is told who works on it,
where and since when.

The one that proceeds is held at the gate, at its first request after it has the lock, until the other one has ended:
so none of them can be done before the other has begun, however busy the machine is.
"""

import getpass
import re
import socket
import subprocess
import threading

import pytest
from calm import RUN_SECONDS, SETTLED, command, small
from crash import journal
from gate import HOLD, Gate
from tally import Tally

LOCKED = 6
SINCE = re.compile(r"\b\d{1,2}:\d{2}\b|\b\d+ (second|minute)s? ago\b|since")


def held(request):
    """Asking who one is comes before the lock; everything else waits at the gate."""
    return None if request.service == "sts" else HOLD


def start_both(setup, gate, verbs):
    """Both, as close together as this machine can."""
    env = SETTLED | {"AWS_ENDPOINT_URL": gate.url}
    both, barrier = {}, threading.Barrier(len(verbs))

    def start(number, verb):
        barrier.wait()
        both[number] = setup.start(*command(setup, verb), env=env)

    threads = [threading.Thread(target=start, args=one) for one in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [both[number] for number in range(len(verbs))]


def first_to_end(world, programs):
    world.until("one of them has ended", lambda: any(p.poll() is not None for p in programs), RUN_SECONDS)
    ended = next(p for p in programs if p.poll() is not None)
    return ended, next(p for p in programs if p is not ended)


def play(setup, verbs):
    """One round. The loser is told; the winner is ended by kill -9 once it has reached its first held request."""
    world = setup.world
    with Gate(world.port, held) as gate:
        programs = start_both(setup, gate, verbs)
        try:
            loser, winner = first_to_end(world, programs)
            _, err = loser.communicate(timeout=RUN_SECONDS)
            assert loser.returncode == LOCKED, f"exit {loser.returncode}: {err}"
            judge_told(err, winner)
            world.until(
                "the other one works", lambda: [r for r in gate.seen if r.service != "sts"], RUN_SECONDS
            )
            assert winner.poll() is None, f"the other one has ended, too: {winner.communicate()}"
        finally:
            for program in programs:
                if program.poll() is None:
                    program.kill()
                program.communicate(timeout=RUN_SECONDS)


def judge_told(err, winner):
    assert str(winner.pid) in err, f"the process {winner.pid} is not named: {err}"
    assert socket.gethostname() in err, f"the machine is not named: {err}"
    assert getpass.getuser() in err, f"the user is not named: {err}"
    assert SINCE.search(err), f"since when is not said: {err}"


def play_rounds(world, name, rounds, verbs, tally):
    """Rounds over one setup: from its very first start on, then over what killed winners have left."""
    for number in range(rounds):
        setup = small(world, f"{name}-{number % 10}")
        with tally.judging(f"round {number}, {' and '.join(verbs)}"):
            play(setup, verbs)
            headers = [one for one in journal(setup) if one["type"] == "setup"]
            assert len(headers) == 1, f"{len(headers)} beginnings in one journal"


def test_some_simultaneous_starts(world):
    """Two applies, started together."""
    tally = Tally("simultaneous starts, a sample")
    play_rounds(world, "pair", 4, ("apply", "apply"), tally)
    tally.finish(4)


@pytest.mark.slow
def test_a_hundred_simultaneous_starts(world):
    """100 rounds: apply and apply, and apply and destroy of what is there."""
    tally = Tally("simultaneous starts")
    play_rounds(world, "both", 60, ("apply", "apply"), tally)
    play_rounds(world, "both", 40, ("apply", "destroy"), tally)
    tally.finish(100)


@pytest.mark.slow
def test_a_start_during_the_other_ends_at_once(world):
    """Five more starts while one works: all are told, and the one goes on to its end."""
    setup = small(world, "crowd")
    world.configure(time_scale=0, latency_ms=0)
    with Gate(world.port, held) as gate:
        env = SETTLED | {"AWS_ENDPOINT_URL": gate.url}
        first = setup.start(*command(setup, "apply"), env=env)
        world.until("the first works", lambda: [r for r in gate.seen if r.service != "sts"], RUN_SECONDS)
        for verb in ("apply", "resume", "destroy", "apply", "destroy"):
            done = setup.run(*command(setup, verb), env=env, timeout=RUN_SECONDS)
            assert done.code == LOCKED, str(done)
            judge_told(done.err, first)
        gate.release()
        try:
            _, err = first.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            first.kill()
            raise
    assert first.returncode == 0, err
    setup.destroy(check=0, timeout=RUN_SECONDS)

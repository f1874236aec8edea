# SPDX-License-Identifier: MIT
"""kill -9 at a sample of every system call (strace injection), and at every write and fsync of the journal.

strace counts the calls of each thread, so that "the third fsync" is the third one of whichever thread comes first. The
call is not made: killed at a write, the record is not there; killed at an fsync, it is in the file and maybe not on the
disk. As with requests, a relay is one setup that is killed again and again until it has ended.
"""

import pytest
from calm import RUN_SECONDS, SETTLED, command, judge_gone
from strace import kill, trace, why_not
from tally import Tally

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
KILLED = -9
NOTHING = 8
MOST_KILLS = 400
# What a program waits in or is merely begun with: killed there, nothing can be different from one call earlier.
DULL = {"execve", "exit", "exit_group", "rt_sigreturn", "arch_prctl", "set_tid_address", "set_robust_list"}


def journal_of(setup):
    return setup.records / "forest-setup" / setup.name / "journal"


def next_verb(setup, verb):
    return "resume" if verb == "apply" and journal_of(setup).exists() else verb


def relay(setup, verb, name, tally, path=None):
    """Kills the verb at the 2nd call of that name, then its resume at the 3rd, then at the 4th, 2nd...: at the first
    it would never come any further. Until a run ends by itself."""
    for number in range(MOST_KILLS):
        now = next_verb(setup, verb)
        code, err = kill(setup, command(setup, now), name, 2 + number % 3, SETTLED, path)
        if code != KILLED:
            return code, err
        tally.point()
    raise AssertionError(f"killed {MOST_KILLS} times at {name} without an end")


def play_relay(calm, name, path_of=None, least=1):
    setup = calm.setup()
    for verb in ("apply", "destroy"):
        tally = Tally(f"{verb} killed at {name}{' of the journal' if path_of else ''}, again and again")
        if verb == "apply":
            calm.begin(setup)
        code, err = relay(setup, verb, name, tally, path_of and path_of(setup))
        assert code == 0 or (verb == "destroy" and code == NOTHING), f"exit {code}\n{err[-3000:]}"
        if verb == "apply":
            calm.judge_made(setup)
        tally.finish(least)
    judge_gone(setup)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["write", "fsync"])
def test_killed_at_every_write_and_fsync_of_the_journal(calm, name):
    """A relay over the journal's own calls, of apply and of destroy."""
    play_relay(calm, name, journal_of, 5)


def play_sample(calm, tally, verb, point):
    """One setup, killed at that call of apply or destroy, then resumed and destroyed."""
    setup = calm.setup()
    name, number = point
    with tally.judging(f"{verb} at {name} #{number}"):
        calm.begin(setup)
        if verb == "apply":
            code, err = kill(setup, command(setup, "apply"), name, number, SETTLED)
            assert code in (0, KILLED), f"exit {code}\n{err[-2000:]}"
        verb_now = next_verb(setup, "apply")
        done = setup.run(*command(setup, verb_now), env=SETTLED, timeout=RUN_SECONDS)
        assert done.code == 0, str(done)
        calm.judge_made(setup)
        if verb == "destroy":
            code, err = kill(setup, command(setup, "destroy"), name, number, SETTLED)
            assert code in (0, KILLED), f"exit {code}\n{err[-2000:]}"
        done = setup.destroy(env=SETTLED, timeout=RUN_SECONDS)
        assert done.code in (0, NOTHING), str(done)
        judge_gone(setup)


@pytest.fixture(scope="module")
def counted(calm):
    """How often each system call is made by the busiest thread of an undisturbed apply and destroy."""
    setup, found = calm.setup(), {}
    for verb in ("apply", "destroy"):
        calm.begin(setup)
        done, calls = trace(setup, command(setup, verb), ["all"], SETTLED, 0)
        assert done.returncode == 0, done.stderr[-3000:]
        by_thread = {}
        for call in calls:
            key = (call.name, call.thread)
            by_thread[key] = by_thread.get(key, 0) + 1
        found[verb] = {}
        for (name, _), count in by_thread.items():
            if name not in DULL:
                found[verb][name] = max(count, found[verb].get(name, 0))
    judge_gone(setup)
    return found


def draw(dice, counts, many):
    """Pairs of a call and which one it is: each name first, then more of those that are called more."""
    names = list(counts)
    dice.shuffle(names)
    picked = [(name, dice.randint(1, counts[name])) for name in names[:many]]
    more = dice.choices(
        list(counts), [min(count, 50) for count in counts.values()], k=max(0, many - len(picked))
    )
    return picked + [(name, dice.randint(1, counts[name])) for name in more]


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["apply", "destroy"])
def test_killed_at_a_sample_of_every_system_call(calm, counted, dice, verb):
    """Each name of a system call that the verb makes at least once, at a number drawn by chance."""
    tally = Tally(f"{verb} killed at a sample of {len(counted[verb])} system calls")
    for point in draw(dice, counted[verb], 40):
        play_sample(calm, tally, verb, point)
    tally.finish(40)


def test_killed_at_a_few_system_calls(calm, dice):
    """Two by chance: one of the calls by which records are made, and one by which things are asked for."""
    tally = Tally("killed at system calls, a sample")
    for verb, names, most in (
        ("apply", ("fsync", "write", "rename", "openat"), 6),
        ("destroy", ("sendto",), 4),
    ):
        play_sample(calm, tally, verb, (dice.choice(names), dice.randint(1, most)))
    tally.finish(2)

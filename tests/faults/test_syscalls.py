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
    """Before the answers are recorded, when nothing is made yet, resume refuses and says so: apply again."""
    journal = journal_of(setup)
    begun = journal.exists() and b'"answers"' in journal.read_bytes()
    return "resume" if verb == "apply" and begun else verb


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
    play_relay(calm, name, journal_of, 2)


def kill_once(setup, verb, point):
    name, number = point
    code, err = kill(setup, command(setup, verb), name, number, SETTLED)
    assert code in (0, KILLED), f"exit {code}\n{err[-2000:]}"
    return code == KILLED


def play_sample(calm, tally, of_apply, of_destroy):
    """One setup, apply killed at one call and destroy at another, each resumed. How many of the two were killed: a
    thread need not come to that call."""
    setup, kills = calm.setup(), 0
    with tally.judging(f"apply at {of_apply}, destroy at {of_destroy}"):
        calm.begin(setup)
        kills += kill_once(setup, "apply", of_apply)
        done = setup.run(*command(setup, next_verb(setup, "apply")), env=SETTLED, timeout=RUN_SECONDS)
        assert done.code == 0, str(done)
        calm.judge_made(setup)
        kills += kill_once(setup, "destroy", of_destroy)
        done = setup.destroy(env=SETTLED, timeout=RUN_SECONDS)
        assert done.code in (0, NOTHING), str(done)
        judge_gone(setup)
    return kills


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
def test_killed_at_a_sample_of_every_system_call(calm, counted, dice):
    """Each name of a system call that the verbs make at least once, at a number drawn by chance."""
    many = max(len(counts) for counts in counted.values())
    tally = Tally(f"setups killed at system calls ({many} different ones) in apply and in destroy")
    kills = 0
    for pair in zip(*(draw(dice, counted[verb], many) for verb in ("apply", "destroy")), strict=True):
        kills += play_sample(calm, tally, *pair)
    tally.finish(20)
    assert kills >= tally.tried // 2, f"only {kills} kills in {tally.tried} setups"


@pytest.mark.slow
def test_killed_at_a_system_call(calm, dice):
    """By chance: one of the calls by which records are made, and one by which things are asked for."""
    tally = Tally("setups killed at system calls, a sample")
    of_apply = (dice.choice(("fsync", "write", "rename", "openat")), dice.randint(1, 6))
    kills = play_sample(calm, tally, of_apply, ("sendto", dice.randint(1, 4)))
    tally.finish(1)
    assert kills, f"nothing was killed at {of_apply} or at sendto"

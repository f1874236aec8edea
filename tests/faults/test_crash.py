# SPDX-License-Identifier: MIT
"""kill -9 in the middle of apply and destroy, after a line of the journal, then the same again: everything is there
once, or nothing is. And Ctrl-C, which lets the calls under way end.

A crash comes right after the k-th line of the journal is on the disk. The default run samples k; `-m slow` takes
every one.
"""

import re
import signal

import pytest
from calm import RUN_SECONDS, SETTLED, judge_gone
from crash import crash, journal, lines_of_apply, run_until
from tally import Tally


def begin(calm):
    setup = calm.setup()
    calm.begin(setup)
    return setup


def resume_and_compare(calm, setup):
    setup.resume(env=SETTLED, check=0, timeout=RUN_SECONDS)
    calm.judge_made(setup)
    assert setup.plan("--exit-code", timeout=RUN_SECONDS).code == 0, "a finished setup has nothing left to do"
    calm.end(setup)


def kill_and_resume(calm, points, tally):
    setup = begin(calm)
    with tally.judging(f"after the lines {points}"):
        crash(setup, points[0], "apply", "-c", str(setup.config))
        for point in points[1:]:
            crash(setup, point, "resume", setup.name)
        resume_and_compare(calm, setup)


def test_apply_killed_after_a_line_resumes_to_the_same_state(calm):
    """Killed after line k, resume ends in the state of an undisturbed run and each thing was created once."""
    tally = Tally("apply killed after lines of the journal, a sample")
    kill_and_resume(calm, [4, 24], tally)
    tally.finish(1)


@pytest.mark.slow
def test_apply_and_destroy_killed_after_every_line(calm):
    """For every line that an undisturbed apply writes, and for one of destroy's in the same setup, beyond its last one,
    too, where nothing is killed any more."""
    tally = Tally("apply and destroy killed after every line of the journal")
    for k in range(1, calm.lines + 2):
        setup = begin(calm)
        with tally.judging(f"after line {k}"):
            crash(setup, k, "apply", "-c", str(setup.config))
            known = any(record["type"] == "answers" for record in journal(setup))
            again = ("resume", setup.name) if known else ("apply", "-c", str(setup.config))
            setup.run(*again, env=SETTLED, check=0, timeout=RUN_SECONDS)
            calm.judge_made(setup)
            crash(setup, lines_of_apply(setup) + k, "destroy", setup.name, "--yes")
            destroy_again(setup)
    tally.finish(calm.lines)


@pytest.mark.slow
def test_apply_killed_three_times(calm):
    """Three kills at different distances: the fourth run makes nothing twice."""
    tally = Tally("apply killed three times")
    for first in range(5, 45, 8):
        kill_and_resume(calm, [first, first + 5, first + 9], tally)
    tally.finish(5)


@pytest.mark.slow
def test_apply_killed_during_a_call_whose_answer_is_slow(calm):
    """Killed while calls are on their way: what they still make is found by looking, not made again."""
    setup = begin(calm)
    calm.world.configure(latency_ms=300, time_scale=0)
    try:
        crash(setup, 6, "apply", "-c", str(setup.config))
    finally:
        calm.world.configure(latency_ms=0, time_scale=0)
    setup.resume(env={"FOREST_SETUP_SETTLE_MS": "5000"}, check=0, timeout=RUN_SECONDS)
    resume_and_compare(calm, setup)


def destroy_again(setup):
    done = setup.destroy(env=SETTLED, timeout=RUN_SECONDS)
    if journal(setup):  # killed after the last line but before it was put away: then there is nothing to do
        assert done.code == 0, str(done)
    judge_gone(setup)


def destroy_killed(calm, points, tally):
    setup = begin(calm)
    with tally.judging(f"after the lines {points}"):
        setup.apply(check=0, timeout=RUN_SECONDS)
        for point in points:
            crash(setup, lines_of_apply(setup) + point, "destroy", setup.name, "--yes")
        destroy_again(setup)


@pytest.mark.slow
def test_destroy_killed_and_run_again_leaves_nothing(calm):
    """Killed twice during destroy: the next destroy finishes and nothing is left."""
    tally = Tally("destroy killed after lines of the journal, a sample")
    destroy_killed(calm, (17, 6), tally)
    tally.finish(1)


@pytest.mark.slow
def test_killed_and_the_version_key_is_lost(calm):
    """Without the key that names secret versions, the values are compared: nothing is written again."""
    setup = begin(calm)
    crash(setup, 30, "apply", "-c", str(setup.config))
    key = setup.records / "forest-setup" / setup.name / "version-key"
    assert key.exists(), "the secret is made early"
    key.unlink()
    resume_and_compare(calm, setup)


def test_ctrl_c_finishes_the_call_and_can_be_resumed(calm):
    """One SIGINT: the calls under way are finished and recorded, exit code 130, no intent is left open."""
    setup = begin(calm)
    calm.world.configure(latency_ms=100, time_scale=0)
    try:
        program = run_until(setup, 10, "apply", "-c", str(setup.config))
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=RUN_SECONDS)
    finally:
        calm.world.configure(latency_ms=0, time_scale=0)
    assert program.returncode == 130, err
    assert f"resume {setup.name}" in err, "the user is told how to go on"
    assert "http" not in out, "no address is printed for a setup that is not finished"
    last = {r["step"]: r["type"] for r in journal(setup) if "step" in r}
    open_intents = [step for step, kind in last.items() if kind == "intent"]
    assert not open_intents, f"calls whose outcome was not recorded: {open_intents}"
    assert "interrupted" not in setup.run("status", setup.name, check=0).out
    (count,) = re.findall(r"^(\d+ of \d+) done in", err, re.M)
    status = setup.run("status", check=0).out
    assert f"stopped at {count} " in status, f"the run said {count}: {status}"
    went_on = setup.resume(env=SETTLED, check=0, timeout=RUN_SECONDS)
    counts = [tuple(map(int, found)) for found in re.findall(r"  (\d+) of (\d+)$", went_on.err, re.M)]
    stopped, of = map(int, count.split(" of "))
    assert counts[0][0] in (stopped, stopped + 1), f"it goes on from {count}: {went_on}"
    assert counts == sorted(counts) and counts[-1] == (of, of), str(went_on)
    resume_and_compare(calm, setup)


def test_killed_it_is_counted_as_the_run_counted(calm):
    """SIGKILL: the list of setups says how far the run was, by its own count and what it could not tell any more."""
    setup = begin(calm)
    program = run_until(setup, 24, "apply", "-c", str(setup.config))
    program.kill()
    _, err = program.communicate(timeout=RUN_SECONDS)
    told, of = [tuple(map(int, found)) for found in re.findall(r"  (\d+) of (\d+)$", err, re.M)][-1]
    ((stopped, total),) = re.findall(r"stopped at (\d+) of (\d+) ", setup.run("status", check=0).out)
    assert int(total) == of and told <= int(stopped) <= told + 4, f"told {told} of {of}, then {stopped} of {total}"
    calm.end(setup)


@pytest.mark.slow
def test_ctrl_c_during_destroy_can_be_continued(calm):
    """One SIGINT during destroy: exit code 130, and the next destroy finishes it."""
    setup = begin(calm)
    setup.apply(check=0, timeout=RUN_SECONDS)
    calm.world.configure(latency_ms=100, time_scale=0)
    try:
        program = run_until(setup, lines_of_apply(setup) + 8, "destroy", setup.name, "--yes")
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=RUN_SECONDS)
    finally:
        calm.world.configure(latency_ms=0, time_scale=0)
    assert program.returncode == 130, err
    assert f"destroy {setup.name}" in err, "the user is told how to go on"
    calm.end(setup)

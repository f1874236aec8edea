# SPDX-License-Identifier: MIT
"""kill -9 in the middle of apply and destroy, then the same again: everything is there once, or nothing is.

A crash comes right after the k-th line of the journal is on the disk. The default run samples k; `-m slow` takes
every one.
"""

import signal

import pytest
from crash import SETTLED, crash, journal, lines_of_apply, run_until
from inventory import created, things

SAMPLE = (4, 24)


@pytest.fixture(scope="module")
def undisturbed(world):
    """An apply that nothing disturbed: what is there then, what it made, how many lines its journal got."""
    setup = world.setup("calm")
    mark = world.mark()
    setup.apply(check=0)
    calls = world.traffic(mark)
    result = {"things": things(setup), "created": created(calls), "lines": lines_of_apply(setup)}
    setup.destroy(check=0)
    assert not things(setup)
    return result


def resume_and_compare(setup, mark, undisturbed):
    setup.resume(env=SETTLED, check=0)
    assert things(setup) == undisturbed["things"]
    assert created(setup.world.traffic(mark)) == undisturbed["created"], (
        "something was made twice, or not at all"
    )
    assert setup.plan("--exit-code").code == 0, "a finished setup has nothing left to do"
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def kill_and_resume(world, undisturbed, name, points):
    setup = world.setup(name)
    mark = world.mark()
    crash(setup, points[0], "apply", "-c", str(setup.config))
    for point in points[1:]:
        crash(setup, point, "resume", name)
    resume_and_compare(setup, mark, undisturbed)


@pytest.mark.parametrize("k", SAMPLE)
def test_apply_killed_after_a_line_resumes_to_the_same_state(world, undisturbed, k):
    """Killed after line k, resume ends in the state of an undisturbed run and each thing was created once."""
    kill_and_resume(world, undisturbed, f"killed-{k}", [k])


@pytest.mark.slow
@pytest.mark.parametrize("k", range(1, 80))
def test_apply_killed_after_every_line(world, undisturbed, k):
    """As above, for every line that an undisturbed apply writes (and beyond, where nothing is killed any more)."""
    if k > undisturbed["lines"]:
        pytest.skip(f"an undisturbed apply writes {undisturbed['lines']} lines only")
    kill_and_resume(world, undisturbed, f"each-{k}", [k])


def test_apply_killed_twice(world, undisturbed):
    """Killed, resumed, killed again a few lines later: the third run still makes nothing twice."""
    kill_and_resume(world, undisturbed, "twice", [12, 20])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(5, 45, 8))
def test_apply_killed_three_times(world, undisturbed, first):
    """Three kills at different distances: the fourth run makes nothing twice."""
    kill_and_resume(world, undisturbed, f"thrice-{first}", [first, first + 5, first + 9])


@pytest.mark.slow
def test_apply_killed_during_a_call_whose_answer_is_slow(world, undisturbed):
    """Killed while calls are on their way: what they still make is found by looking, not made again."""
    setup = world.setup("in-flight")
    mark = world.mark()
    world.configure(latency_ms=300)
    try:
        crash(setup, 6, "apply", "-c", str(setup.config))
    finally:
        world.configure()
    resume_and_compare(setup, mark, undisturbed)


def destroy_killed(world, name, points):
    setup = world.setup(name)
    setup.apply(check=0)
    kept = things(world.setup("nobody"))
    for point in points:
        crash(setup, lines_of_apply(setup) + point, "destroy", name, "--yes")
    done = setup.destroy(env=SETTLED)
    if journal(setup):  # killed after the last line but before it was put away: then there is nothing to do
        assert done.code == 0, str(done)
    assert not things(setup)
    assert things(world.setup("nobody")) == kept


@pytest.mark.parametrize("points", [(4,), (17, 6)], ids=str)
def test_destroy_killed_and_run_again_leaves_nothing(world, points):
    """Killed during destroy, once or twice: the next destroy finishes and nothing is left."""
    destroy_killed(world, f"undone-{points[0]}", points)


@pytest.mark.slow
@pytest.mark.parametrize("k", range(1, 46, 3))
def test_destroy_killed_after_many_lines(world, k):
    """As above, over the whole length of a destroy."""
    destroy_killed(world, f"gone-{k}", (k,))


def test_killed_and_the_version_key_is_lost(world, undisturbed):
    """Without the key that names secret versions, resume writes the secret once more and everything else stays."""
    setup = world.setup("keyless")
    mark = world.mark()
    crash(setup, 30, "apply", "-c", str(setup.config))
    key = setup.records / "forest-setup" / setup.name / "version-key"
    assert key.exists(), "the secret is made early"
    key.unlink()
    resume_and_compare(setup, mark, undisturbed)


def test_ctrl_c_finishes_the_call_and_can_be_resumed(world, undisturbed):
    """One SIGINT: the calls under way are finished and recorded, exit code 130, no intent is left open."""
    setup = world.setup("ctrl-c")
    mark = world.mark()
    world.configure(latency_ms=100)
    try:
        program = run_until(setup, 10, "apply", "-c", str(setup.config))
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    finally:
        world.configure()
    assert program.returncode == 130, err
    assert "resume ctrl-c" in err, "the user is told how to go on"
    assert "http" not in out, "no address is printed for a setup that is not finished"
    last = {r["step"]: r["type"] for r in journal(setup) if "step" in r}
    open_intents = [step for step, kind in last.items() if kind == "intent"]
    assert not open_intents, f"calls whose outcome was not recorded: {open_intents}"
    assert "interrupted" not in setup.run("status", setup.name, check=0).out
    resume_and_compare(setup, mark, undisturbed)


@pytest.mark.slow
def test_ctrl_c_during_destroy_can_be_continued(world):
    """One SIGINT during destroy: exit code 130, and the next destroy finishes it."""
    setup = world.setup("ctrl-c-gone")
    setup.apply(check=0)
    world.configure(latency_ms=100)
    try:
        program = run_until(setup, lines_of_apply(setup) + 8, "destroy", setup.name, "--yes")
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    finally:
        world.configure()
    assert program.returncode == 130, err
    assert "destroy ctrl-c-gone" in err, "the user is told how to go on"
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)

# SPDX-License-Identifier: MIT
"""One setup, one worker at a time; and a setup whose journal is gone is found again by its tags."""

import collections
import shutil

from crash import SETTLED, run_until, text
from inventory import created, things, writes

LOCKED = 6


def test_the_second_of_two_applies_is_locked_out(world):
    """While one apply runs, apply and destroy of the same setup end at once with exit code 6, naming the holder."""
    setup = world.setup("one-at-a-time")
    mark = world.mark()
    world.configure(latency_ms=100)
    try:
        first = run_until(setup, 6, "apply", "-c", str(setup.config))
        for second in (setup.apply(), setup.destroy()):
            assert second.code == LOCKED, str(second)
            assert str(first.pid) in second.err, "the holder is named: " + second.err
            assert not second.out.strip()
        assert first.poll() is None, "the first is still at work"
    finally:
        world.configure()
    _, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    twice = {call: n for call, n in created(world.traffic(mark)).items() if n > 3}
    assert not twice, twice
    setup.destroy(check=0)
    assert not things(setup)


def test_two_applies_at_the_same_moment(world):
    """Started together, exactly one proceeds; each thing is made once."""
    setup = world.setup("same-moment")
    mark = world.mark()
    both = [setup.start("apply", "-c", str(setup.config), env=SETTLED) for _ in range(2)]
    ended = [(program.communicate(timeout=120)[1], program.returncode) for program in both]
    assert sorted(code for _, code in ended) == [0, LOCKED], ended
    made = created(world.traffic(mark))
    assert made["iam.CreateRole"] == 2 and made["ec2.CreateSecurityGroup"] == 3
    assert made["ecs.CreateService"] == made["ecs.RegisterTaskDefinition"] == 1
    setup.destroy(check=0)
    assert not things(setup)


def test_a_killed_holder_holds_the_lock_no_more(world):
    """kill -9 leaves a lock file behind, and the next run starts nevertheless."""
    setup = world.setup("stale-lock")
    program = run_until(setup, 8, "apply", "-c", str(setup.config))
    program.kill()
    program.communicate(timeout=60)
    assert (setup.records / "forest-setup" / setup.name / "lock").exists()
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def test_a_lost_journal_is_no_loss(world):
    """The journal of a finished setup is deleted: apply adopts everything by tag and makes nothing twice."""
    setup = world.setup("amnesia")
    url = setup.apply(check=0).out
    before = things(setup)
    shutil.rmtree(setup.records)
    mark = world.mark()
    done = setup.apply(check=0)
    calls = world.traffic(mark)
    # Set again to what they are, for there is no record that they were. The key that names secret versions was in the
    # lost folder, too, so the values themselves are compared.
    rewritten = {"elbv2.ModifyTargetGroupAttributes", "elbv2.ModifyLoadBalancerAttributes"}
    assert set(writes(calls)) <= rewritten, collections.Counter(writes(calls))
    assert not created(calls)
    assert done.out == url and things(setup) == before
    setup.destroy(check=0)
    assert not things(setup)


def test_the_state_folder_is_private(world):
    """Journal, lock and version key can be read by their owner only, also under an open umask."""
    setup = world.setup("umask")
    run_until(setup, 8, "apply", "-c", str(setup.config)).communicate(timeout=120)
    folder = setup.records / "forest-setup" / setup.name
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("journal", "version-key", "lock"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
    assert world.env["FOREST_ENV_SECRET"].encode() not in text(setup)
    setup.destroy(check=0)

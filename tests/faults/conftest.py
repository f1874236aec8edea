# SPDX-License-Identifier: MIT
"""Fixtures of the fault suites: the program, as users run it, against one practice cloud for the session.

The world, its setups and the helpers (crash.py, inventory.py, tap.py, mutator.py) are those of tests/end2end. Each
suite prints what it tried and how much of it ended wrong: tried("kill points") counts, and the totals are shown at the
end of the run. `-m "not slow"` is the default run of tests/run.sh, `-m slow` the rest (--all).
"""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "end2end")]

# boto3 speaks only to the cloud that the tests start.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from crash import lines_of_apply, text  # noqa: E402
from inventory import created, things  # noqa: E402
from world import World  # noqa: E402

TRIED, WRONG = Counter(), Counter()


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The running cloud and the program: see world.World. At the end the emulator must not have broken once."""
    running = World(tmp_path_factory.mktemp("faults"))
    running.start()
    try:
        yield running
        errors = running.control("emulator-errors")
    finally:
        running.stop()
    assert not errors, "the emulator broke on " + "; ".join(
        f"{e['service']}.{e['operation']}: {e['emulator_error'][:300]}" for e in errors
    )


class Undisturbed:
    """An apply that nothing disturbed: what is there then, what it made, its journal; it stays until the end."""

    def __init__(self, world):
        self.setup = world.setup("calm")
        mark = world.mark()
        self.setup.apply(check=0, timeout=600)
        self.things = things(self.setup)
        self.created = created(world.traffic(mark))
        self.lines = lines_of_apply(self.setup)
        self.journal = text(self.setup)


@pytest.fixture(scope="session")
def undisturbed(world):
    return Undisturbed(world)


@pytest.fixture
def tried(request):
    """tried("faults") counts one thing that was tried, tried("inputs", 800) many; when the test fails, what it counted
    since is counted as wrong, once."""
    mine = Counter()

    def count(what, many=1):
        mine[what] += many
        TRIED[what] += many

    yield count
    if getattr(request.node, "went_wrong", False):
        WRONG.update(dict.fromkeys(mine, 1))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.went_wrong = True


def pytest_terminal_summary(terminalreporter):
    for what, many in sorted(TRIED.items()):
        terminalreporter.write_line(f"{what}: {many} tried, {WRONG[what]} ended wrong")

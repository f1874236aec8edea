# SPDX-License-Identifier: MIT
"""Fixtures of the fault suites: the program, as users run it, against one practice cloud for the session.

The world, its setups and the helpers (crash.py, inventory.py, relay.py, mutator.py) are those of tests/end2end, the
terminal and who plays on it those of tests/wizard. Each
suite prints what it tried and how much of it ended wrong: tried("kill points") counts, and the totals are shown at the
end of the run, those of tally.py beside them. `-m "not slow"` is the default run of tests/run.sh, `-m slow` the rest
(--all). What is drawn by chance is drawn from FAULT_SEED, which is printed and can be given to have the same again.
"""

import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "end2end")]
sys.path.append(str(HERE.parent / "wizard"))

# boto3 speaks only to the cloud that the tests start.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from calm import Calm  # noqa: E402
from crash import lines_of_apply, text  # noqa: E402
from disk import Disk  # noqa: E402
from inventory import created, things  # noqa: E402
from tally import tallies  # noqa: E402
from world import running  # noqa: E402

SEED = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))
TRIED, WRONG = Counter(), Counter()


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The running cloud and the program: see world.World."""
    with running(tmp_path_factory.mktemp("faults")) as world:
        yield world


@pytest.fixture(scope="session")
def disk(tmp_path_factory):
    """The failing disk: see disk.Disk."""
    return Disk(tmp_path_factory.mktemp("disk"))


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


@pytest.fixture(scope="session")
def calm(world):
    """An apply and a destroy that nothing disturbs, in an existing network, without waits: see calm.Calm."""
    return Calm(world, "quiet")


@pytest.fixture(scope="session")
def calm_vpc(world):
    """The same with a VPC of its own, a key and scaling: every step of the tables."""
    return Calm(world, "quiet-vpc", **Calm.EVERYTHING)


@pytest.fixture
def dice(request):
    """Random numbers of this test, the same for the same FAULT_SEED."""
    return random.Random(f"{SEED} {request.node.name}")


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
    terminalreporter.write_line(f"FAULT_SEED={SEED}")
    for tally in tallies:
        terminalreporter.write_line(str(tally))
    for what, many in sorted(TRIED.items()):
        terminalreporter.write_line(f"{what}: {many} tried, {WRONG[what]} ended wrong")

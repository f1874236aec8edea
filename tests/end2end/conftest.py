# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests: the program, as users run it, against one practice cloud for the session.

FOREST_SETUP names the program; without it build/asan, build/dev* or build/ is taken. `-m "not slow"` is the default
run of tests/run.sh, `-m slow` the rest.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

# boto3 speaks only to the cloud that the tests start.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from shared import Applied, Measured  # noqa: E402
from world import running  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The running cloud and the program: see world.World."""
    with running(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="session")
def applied(world):
    """One apply of the sample answers as a person would type it, shared by most tests: see shared.Applied."""
    made = Applied(world)
    assert made.done.code == 0, str(made.done)
    return made


@pytest.fixture(scope="session")
def measured(world, applied):
    """A second setup beside the first: applied with --json while waits dominate, and what was there before it."""
    made = Measured(world)
    assert made.done.code == 0, str(made.done)
    return made


TRIED = []


@pytest.fixture
def tried():
    """tried("bugs", 500, 0): what was tried and how much of it ended wrong, shown when the session ends."""
    return lambda what, many, wrong: TRIED.append(f"{what}: {many} tried, {wrong} ended wrong")


def pytest_terminal_summary(terminalreporter):
    for line in TRIED:
        terminalreporter.write_line(line)

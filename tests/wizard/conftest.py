# SPDX-License-Identifier: MIT
"""Fixtures of the wizard's tests: the built program and the toolkit's demo in a real terminal.

FOREST_SETUP names the program and FOREST_BUILD its build; without them build/asan, build/dev* or build/ is taken.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.append(str(HERE.parent / "end2end"))

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

from terminal import Terminal  # noqa: E402
from world import find_binary, running  # noqa: E402

SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")


@pytest.fixture(scope="session")
def program():
    return Path(find_binary())


@pytest.fixture(scope="session")
def alone(program, tmp_path_factory):
    """The program away from its source tree: without the script that starts the practice cloud, which random keys
    would find."""
    folder = tmp_path_factory.mktemp("alone")
    for name in ("forest-setup", "forest-core.so"):
        shutil.copy2(program.parent / name, folder / name)
    return folder / "forest-setup"


@pytest.fixture(scope="session")
def demo(program):
    path = program.parent / "tests" / "tui_demo"
    if not path.exists():
        pytest.skip(f"{path} is not built (FOREST_TESTS is off)")
    return path


@pytest.fixture
def home(tmp_path):
    """The environment of a user who has never used the program, and no AWS to reach."""
    folder = tmp_path / "home"
    folder.mkdir()
    given = {name: os.environ[name] for name in SANITIZERS if name in os.environ}
    return given | {
        "PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
        "XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


@pytest.fixture
def terminal(tmp_path):
    """terminal(command, env, ...) -> Terminal, closed at the end of the test."""
    opened = []

    def open_one(command, env, **options):
        env = {name: value for name, value in env.items() if name != "TERM"}
        opened.append(Terminal(tmp_path / f"terminal{len(opened)}", command, env, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """The running cloud and the program: see world.World."""
    with running(tmp_path_factory.mktemp("world")) as world:
        yield world

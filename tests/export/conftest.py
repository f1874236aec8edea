# SPDX-License-Identifier: MIT
"""The exported forms of a setup: written files of many answers, and of setups that were really made.

FOREST_BUILD names the build that has tests/export_files; EXPORT_VENV the environment of the linters
(.practice/export-venv, made by tests/run.sh)."""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests/end2end")]

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

from files import FORMATS, export_files  # noqa: E402
from hcl_read import Module  # noqa: E402
from made import Made  # noqa: E402
from variants import BASE, VARIANTS  # noqa: E402
from world import World  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")
    config.addinivalue_line("markers", "checkov: needs its own environment; the suite checkov")


@pytest.fixture(scope="session")
def linters():
    folder = Path(os.environ.get("EXPORT_VENV", ROOT / ".practice/export-venv")) / "bin"
    assert (folder / "cfn-lint").exists(), f"{folder} is missing: sh tests/run.sh export makes it"
    return folder


class Written:
    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.answers = BASE | VARIANTS[name]
        code, err = export_files(folder, *FORMATS, answers=self.answers)
        assert code == 0, err
        self.module = Module(folder / "terraform")
        self.template = json.loads((folder / "cloudformation/template.json").read_text())


@pytest.fixture(scope="session", params=VARIANTS)
def written(request, tmp_path_factory):
    """The forms of one set of answers, planned only."""
    return Written(request.param, tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="session")
def forms(tmp_path_factory):
    """The folder with the forms of every set of answers, a folder each: slow tools start once."""
    folder = tmp_path_factory.mktemp("forms")
    for name, changes in VARIANTS.items():
        code, err = export_files(folder / name, *FORMATS, answers=BASE | changes)
        assert code == 0, err
    return folder


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    running = World(tmp_path_factory.mktemp("world"))
    running.start()
    try:
        yield running
        errors = running.control("emulator-errors")
    finally:
        running.stop()
    assert not errors, errors


@pytest.fixture(scope="session", params=["plain", pytest.param("full", marks=pytest.mark.slow)])
def made(request, world):
    return Made(world, request.param)

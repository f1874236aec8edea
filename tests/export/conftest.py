# SPDX-License-Identifier: MIT
"""The exported forms of a setup: written files of many answers, and of setups that were really made.

FOREST_BUILD names the build that has tests/export_files; EXPORT_VENV the environment of the linters
(.practice/export-venv, made by tests/run.sh)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests/end2end")]

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

from hcl_read import Module  # noqa: E402
from variants import BASE, VARIANTS  # noqa: E402

FORMATS = ("terraform", "cloudformation")


def build():
    return Path(os.environ.get("FOREST_BUILD", ROOT / "build/asan"))


def export_files(folder, *formats, setup=None, answers=None, env=None):
    """Runs tests/export_files; (exit code, stderr)."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        build() / "tests/export_files",
        *(["--setup", setup] if setup else []),
        folder,
        *formats,
    ]
    done = subprocess.run(
        command,
        input=json.dumps(answers or {}),
        env={**os.environ, **(env or {})},
        text=True,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stderr


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

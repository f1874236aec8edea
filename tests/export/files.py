# SPDX-License-Identifier: MIT
"""The files of the forms, written by tests/export_files of the build that FOREST_BUILD names."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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

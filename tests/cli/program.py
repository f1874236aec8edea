# SPDX-License-Identifier: MIT
"""Runs the built program the way a shell does, in an empty home, without a terminal and without AWS."""
import json
import os
import pathlib
import subprocess
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Done(NamedTuple):
    code: int
    out: str
    err: str

    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


class Program:
    def __init__(self, path: pathlib.Path, home: pathlib.Path):
        self.path = path
        self.home = home
        self.env = {
            "PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache"),
            # A call to AWS would be refused at once: nothing listens there.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, *args: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Done:
        done = subprocess.run([self.path, *args], check=False, input=stdin or "", text=True, capture_output=True,
                              timeout=60, cwd=self.home, env={**self.env, **(env or {})})
        return Done(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, text: str) -> str:
        path = self.home / name
        path.write_text(text)
        return str(path)


def find_binary() -> pathlib.Path:
    named = os.environ.get("FOREST_SETUP")
    path = pathlib.Path(named) if named else ROOT / "build/forest-setup"
    if not path.exists():
        pytest.exit(f"{path} is not built; set FOREST_SETUP to the program", returncode=3)
    return path

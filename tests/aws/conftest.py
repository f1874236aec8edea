# SPDX-License-Identifier: MIT
"""The helper program tests/credentials, asked line by line (tests/tools/credentials.c)."""

import json
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def find_program():
    given = os.environ.get("FOREST_CREDENTIALS")
    if given:
        return given
    found = sorted(HERE.parent.parent.glob("build*/**/tests/credentials"), key=lambda p: p.stat().st_mtime)
    return str(found[-1]) if found else None


def find_binary():
    """The program itself, or None."""
    given = os.environ.get("FOREST_SETUP")
    if given:
        return given
    found = sorted(HERE.parent.parent.glob("build*/**/forest-setup"), key=lambda p: p.stat().st_mtime)
    return str(found[-1]) if found else None


@pytest.fixture(scope="module")
def ask():
    """ask(op=..., env={...}, ...) -> the answer."""
    program = find_program()
    if not program:
        pytest.skip("the helper program tests/credentials is not built")
    running = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def one(**question):
        running.stdin.write(json.dumps(question) + "\n")
        running.stdin.flush()
        return json.loads(running.stdout.readline())

    yield one
    running.stdin.close()
    assert running.wait(60) == 0, "the helper failed (a leak is a failure, too)"

# SPDX-License-Identifier: MIT
"""Stopping the program at a chosen line of its journal.

Order: crash(setup, k, command...) or run_until(...), which waits until the journal has k lines. Failure: a program
that ends before line k is fine for crash() (then nothing was killed), and a program that writes no more lines is not.
"""

import json
import time

# An intent without a result is looked at until it is this old; on AWS half a minute.
SETTLED = {"FOREST_SETUP_SETTLE_MS": "1500"}
WAIT_SECONDS = 60


def path(setup):
    return setup.records / "forest-setup" / setup.name / "journal"


def text(setup):
    try:
        return path(setup).read_bytes()
    except FileNotFoundError:
        return b""


def journal(setup):
    """The complete lines of the journal, parsed."""
    return [json.loads(line) for line in text(setup).split(b"\n")[:-1]]


def lines_of_apply(setup):
    return text(setup).count(b"\n")


def run_until(setup, k, *command):
    """The running program, right after the k-th line of the journal (or ended, if it wrote fewer)."""
    program = setup.start(*command, env=SETTLED)
    deadline = time.monotonic() + WAIT_SECONDS
    while text(setup).count(b"\n") < k and program.poll() is None:
        assert time.monotonic() < deadline, f"no line {k} within {WAIT_SECONDS} s"
        time.sleep(0.0005)
    return program


def crash(setup, k, *command):
    """Runs the command and kills it right after the k-th line of the journal."""
    program = run_until(setup, k, *command)
    program.kill()
    program.communicate(timeout=WAIT_SECONDS)

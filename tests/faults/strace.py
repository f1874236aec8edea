# SPDX-License-Identifier: MIT
"""The program under strace: what it asks the kernel for, in order, and killed at a chosen system call.

Order: why_not() first, which says why strace cannot be used here, or None. trace(...) runs a command to its end and
returns the calls; kill(...) ends it with SIGKILL at the entry of the n-th call of that name by one of its threads (the
call is not made any more). Sanitizers' leak check cannot run under strace, so it is off here.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

LINE = re.compile(r"^(\d+) +(\d+\.\d+) +(.*)$")
UNFINISHED = re.compile(r"^(\w+)\((.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
WHOLE = re.compile(r"^(\w+)\((.*)\) += +(-?\d+|\?)(.*)$")
SECONDS = 300


def why_not():
    """Why it cannot be used here: not installed, or tracing is not permitted; None when it can."""
    try:
        done = subprocess.run(
            ["strace", "-f", "-o", "/dev/null", "true"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except FileNotFoundError:
        return "strace is not installed"
    return None if done.returncode == 0 else f"strace cannot trace here: {done.stderr.strip()[-200:]}"


class Call:
    """One system call: its thread, name, arguments as strace shows them, result, and when it began and ended, as
    positions in the log."""

    def __init__(self, thread, name, arguments, began):
        self.thread, self.name, self.arguments, self.began = thread, name, arguments, began
        self.ended, self.result = None, None


def parse(text):
    """The calls in the order in which they began."""
    calls, open_calls = [], {}
    for position, line in enumerate(text.splitlines()):
        found = LINE.match(line)
        if not found:
            continue
        thread, rest = found[1], found[3]
        if begun := UNFINISHED.match(rest):
            open_calls[thread] = Call(thread, begun[1], begun[2], position)
            calls.append(open_calls[thread])
        elif resumed := RESUMED.match(rest):
            call = open_calls.pop(thread, None)
            if call:
                call.arguments += resumed[2].rpartition(") = ")[0]
                call.ended, call.result = position, result_of(resumed[2])
        elif whole := WHOLE.match(rest):
            call = Call(thread, whole[1], whole[2], position)
            call.ended, call.result = position, whole[3]
            calls.append(call)
    return calls


def result_of(text):
    found = re.search(r"= +(-?\d+|\?)", text)
    return found[1] if found else None


def _run(setup, command, options, env):
    environment = setup.world.env | setup.env | (env or {})
    quiet = environment.get("ASAN_OPTIONS", "")
    environment["ASAN_OPTIONS"] = (quiet + ":" if quiet else "") + "detect_leaks=0"
    return subprocess.run(
        ["strace", "-f", *options, setup.world.binary, *command], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, cwd=setup.world.folder, timeout=SECONDS, check=False,
        env={name: value for name, value in environment.items() if value is not None},
    )  # fmt: skip


def trace(setup, command, names, env=None, shown=512):
    """(finished process, calls) of the command, with strings shown up to that length and descriptors as paths."""
    handle, path = tempfile.mkstemp(dir=setup.home, suffix=".strace")
    os.close(handle)
    options = [
        "-y",
        "-r",
        "-s",
        str(shown),
        "-e",
        f"trace={','.join(names)}",
        "-e",
        "signal=none",
        "-o",
        path,
    ]
    done = _run(setup, command, options, env)
    return done, parse(Path(path).read_text(errors="replace"))


def kill(setup, command, name, number, env=None, path=None):
    """(exit code, stderr): -9 when it was killed at the number-th call of that name (of one thread), on that path."""
    options = ["-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}", "-o", "/dev/null"]
    done = _run(setup, command, [*options, *(["-P", str(path)] if path else [])], env)
    return done.returncode, done.stderr

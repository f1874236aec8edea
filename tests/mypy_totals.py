#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The types of the practice cloud, checked by mypy file by file, with totals in the form that run.sh reads.

    .practice/types-venv/bin/python tests/mypy_totals.py

mypy is in an environment of its own (types.txt) and looks into the practice cloud's for what that is made of.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRACTICE = ROOT / "assets/practice"


def main() -> int:
    files = [str(p.relative_to(PRACTICE)) for p in sorted((PRACTICE / "practice").rglob("*.py"))]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-color-output",
         "--python-executable", str(ROOT / ".practice/venv/bin/python"), "--cache-dir", str(ROOT / ".practice/mypy")],
        cwd=PRACTICE, env=os.environ | {"PYTHONPATH": str(PRACTICE)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)
    bad = {line.split(":")[0] for line in done.stdout.splitlines() if ": error: " in line}
    failed = max(len(bad), 1) if done.returncode else 0
    print(f"{len(files) - failed} passed, {failed} failed in 1.0s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

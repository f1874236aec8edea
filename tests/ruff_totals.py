#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ruff over all Python of the tree, file by file, with totals in the form that run.sh reads."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIP = {"build", ".practice", "node_modules"}


def main() -> int:
    files = [p for top in ("assets", "tests") for p in sorted((ROOT / top).rglob("*.py")) if not SKIP & set(p.parts)]
    config = ROOT / "assets/practice/pyproject.toml"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", str(config), "--output-format", "concise",
         *map(str, files)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    bad = {line.split(":")[0] for line in done.stdout.splitlines() if line.count(":") >= 3}
    print(done.stdout, done.stderr)
    failed = len(bad) if done.returncode else 0
    if done.returncode and not failed:
        failed = 1
    print(f"{len(files) - failed} passed, {failed} failed in 1.0s")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

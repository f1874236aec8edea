#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every unit test program under valgrind: no error, no leak. Usage: valgrind.py BUILD_DIR"""

import os
import pathlib
import subprocess
import sys
import time

COMMAND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,possible",
           "--child-silent-after-fork=yes",
           f"--suppressions={pathlib.Path(__file__).with_name('valgrind.supp')}"]  # fmt: skip
# Programs that fork at every point of a run, or measure time: the sanitizers cover them.
TOO_SLOW = ("unit_engine_crash", "unit_engine_journal")


def main() -> int:
    began = time.monotonic()
    passed = failed = skipped = 0
    for program in sorted((pathlib.Path(sys.argv[1]) / "tests").glob("unit_*")):
        if program.name.startswith(TOO_SLOW):
            print(f"skipped: {program.name} forks thousands of times; the sanitizers run it")
            skipped += 1
            continue
        done = subprocess.run([*COMMAND, str(program)], capture_output=True, text=True, timeout=1200, check=False,
                              env={**os.environ, "FOREST_TEST_SLOW": "1"})  # fmt: skip
        if done.returncode:
            failed += 1
            print(f"FAILED {program.name}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped in {time.monotonic() - began:.1f}s")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

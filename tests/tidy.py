#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""clang-tidy over the program's own C files. Usage: tidy.py BUILD_DIR (with compile_commands.json)"""

import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def check(path: pathlib.Path) -> tuple[pathlib.Path, str]:
    tool = shutil.which("clang-tidy-14") or "clang-tidy"
    done = subprocess.run([tool, "--quiet", "-p", sys.argv[1], str(path)], capture_output=True, text=True, check=False)
    return path, done.stdout if done.returncode else ""


def main() -> int:
    began = time.monotonic()
    files = sorted(p for top in ("backend", "tui", "screens") for p in (ROOT / top).rglob("*.c"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(check, files))
    for path, text in results:
        if text:
            print(f"FAILED {path.relative_to(ROOT)}\n{text.replace(str(ROOT) + '/', '')}")
    failed = sum(1 for _, text in results if text)
    print(f"{len(results) - failed} passed, {failed} failed in {time.monotonic() - began:.1f}s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

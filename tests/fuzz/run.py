#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each libFuzzer target of a fuzz build for a while, from its corpus: no crash, no leak, no undefined behaviour.

usage: run.py BUILD_DIR [--seconds 60] [NAME...]
What the search finds interesting is kept in BUILD_DIR/fuzz/NAME and used by the next run; an input that breaks the
target is left in BUILD_DIR/fuzz/ (replay it with the target and the file as argument; when it is fixed, put it into
tests/fuzz/corpus/NAME).
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def search(build: pathlib.Path, name: str, seconds: int) -> tuple[str, int, str]:
    found = build / "fuzz" / name
    found.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048", "-max_len=8192",
               "-print_final_stats=1", f"-artifact_prefix={build}/fuzz/{name}-"]  # fmt: skip
    env = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1", **os.environ}
    done = subprocess.run([build / f"fuzz_{name}", *options, found, HERE / "corpus" / name],
                          capture_output=True, text=True, errors="replace", env=env, check=False)  # fmt: skip
    return name, done.returncode, done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_intermixed_args()
    build = args.build.resolve()
    names = args.names or sorted(p.name.removesuffix("_fuzz.c") for p in HERE.glob("*_fuzz.c"))
    began = time.monotonic()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, text in pool.map(lambda n: search(build, n, args.seconds), names):
            runs = [line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line]
            print(f"{name}: {runs[0] if runs else 'no'} inputs, {'ok' if code == 0 else 'FAILED'}", flush=True)
            if code:
                failed += 1
                print(text[-6000:])
    print(f"{len(names) - failed} passed, {failed} failed in {time.monotonic() - began:.1f}s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

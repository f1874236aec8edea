#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makespan, critical path and their ratio of a whole apply at several latencies and time scales; asserts nothing.

    .practice/venv/bin/python tests/bench/makespan.py [LATENCY_MS:TIME_SCALE ...]

Each row is an apply (dependencies cached by a first one that is not shown) and a destroy on a practice cloud of its
own. The ratio has a floor: with short waits the work of this machine (npm's cache, the image, the container's own
start) is most of the time, and 2 cores are shared by the program, the cloud and the container.
"""

import argparse
import collections
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "end2end"))
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

from world import World  # noqa: E402

DEFAULT = ("0:0", "0:0.02", "20:0.02", "50:0.05", "50:0.1", "200:0.1")


def measure(world, number, latency, scale):
    """One row: the apply's own summary, its calls, and how long the destroy took."""
    setup = world.setup(f"bench-{number}")
    world.configure(latency_ms=latency, time_scale=scale)
    mark = world.mark()
    summary = setup.apply("--json", check=0, timeout=900).summary
    calls = collections.Counter(f"{c['service']}.{c['operation']}" for c in world.traffic(mark))
    started = time.monotonic()
    setup.destroy(check=0, timeout=900)
    return {
        "latency_ms": latency,
        "time_scale": scale,
        "makespan_ms": summary["makespan_ms"],
        "critical_ms": summary["critical_ms"],
        "ratio": round(summary["ratio"], 3),
        "calls": calls.total(),
        "destroy_ms": round((time.monotonic() - started) * 1000),
        "critical_path": " > ".join(
            f"{s['step']} {s['duration_ms']}" for s in summary["critical_path"] if s["duration_ms"] >= 50
        ),
    }


def show(row):
    print(
        "{latency_ms:>7g} ms {time_scale:>6g} {makespan_ms:>9} ms {critical_ms:>9} ms {ratio:>7.3f} {calls:>6}"
        " {destroy_ms:>8} ms  {critical_path}".format(**row),
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=DEFAULT, metavar="LATENCY_MS:TIME_SCALE")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        world.start()
        try:
            warm = world.setup("bench-warm")
            warm.apply(check=0, timeout=900)
            warm.destroy(check=0)
            if not options.json:
                print("  latency  scale     makespan critical path   ratio  calls     destroy  steps on the path")
            for number, row in enumerate(options.rows):
                latency, _, scale = row.partition(":")
                found = measure(world, number, float(latency), float(scale))
                print(json.dumps(found), flush=True) if options.json else show(found)
        finally:
            world.stop()


if __name__ == "__main__":
    main()

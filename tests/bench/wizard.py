#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the wizard costs at the keyboard, beside dialog, whiptail, gum and a bare curses program, in one run.

    .practice/venv/bin/python tests/bench/wizard.py [-n 15] [--check] [--cloud]

In a pseudo-terminal of 80x24 that answers nothing (gum asks it for its colours and waits for that); medians of -n
runs. first: exec to the first byte; paint: to the last byte before a pause; move: one Down to the last byte of its
redraw; Esc: to the last byte of what it does (a program that ends by it: to its end); RSS: the most until then; idle:
bytes in two seconds without a key. --cloud also creates a setup on a practice cloud and tells what provisioning
writes. --check exits 1 when a budget is exceeded.
FOREST_SETUP names the program; build it as users run it (cmake --preset release).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("wizard", "end2end")]
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

from pseudo import Pseudo  # noqa: E402

GAP = 0.25
IDLE_SECONDS = 2.0
MENU = [word for i in range(15) for word in (str(i), f"row {i} of a list with something to read")]
OTHERS = {  # what is measured beside it, where it is installed: the same list
    "dialog": ["--menu", "choose", "20", "60", "15"],
    "whiptail": ["--menu", "choose", "20", "60", "15"],
    "gum": ["choose", "--height", "15"],
}
BUDGETS = {  # of the wizard: title, unit, most
    "paint_ms": ("first paint", "ms", 12), "bytes": ("first paint", "B", 3072), "move_bytes": ("list move", "B", 250),
    "move_ms": ("list move", "ms", 1), "esc_ms": ("Esc", "ms", 60), "rss_mb": ("RSS", "MB", 8),
    "idle_bytes": ("idle", "B", 0), "help_ms": ("--help", "ms", 3), "version_ms": ("--version", "ms", 3),
    "provision_bytes": ("provisioning", "B/s", 2048),
}  # fmt: skip


def peak_mb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def timed(pseudo, keys, quiet=GAP):
    """Milliseconds from the keys to the last byte that they caused, and how many bytes."""
    began = time.monotonic()
    pseudo.send(keys)
    _, last, count = pseudo.read_until_quiet(quiet, 1.5)
    return ((last - began) * 1000 if last else None), count


def esc(pseudo, before):
    """Esc where it has something to do: in a menu it ends the program, in the wizard it closes what `before` opened."""
    if before:
        timed(pseudo, before)
    began = time.monotonic()
    pseudo.send(b"\x1b")
    first = last = None
    while time.monotonic() - began < 1.5 and not pseudo.ended():
        if pseudo.pump(0.001):
            last = time.monotonic()
            first = first or last
        elif last and time.monotonic() - last > GAP:
            break
    return ((last or time.monotonic()) - began) * 1000


def once(command, env, before_esc):
    with Pseudo(command, env) as pseudo:
        first, last, count = pseudo.read_until_quiet(GAP)
        row = {
            "first_ms": (first - pseudo.began) * 1000,
            "paint_ms": (last - pseudo.began) * 1000,
            "bytes": count,
        }
        # arrows as this program asked the terminal to send them
        down = b"\x1bOB" if pseudo.out.rfind(b"\x1b[?1h") > pseudo.out.rfind(b"\x1b[?1l") else b"\x1b[B"
        row["move_ms"], row["move_bytes"] = timed(pseudo, down)
        row["rss_mb"] = peak_mb(pseudo.pid)
        row["esc_ms"] = esc(pseudo, before_esc)
        return row


def idle(command, env):
    with Pseudo(command, env) as pseudo:
        pseudo.settle(1.0)
        before, end = len(pseudo.out), time.monotonic() + IDLE_SECONDS
        while time.monotonic() < end:
            pseudo.pump(0.1)
        return len(pseudo.out) - before


def runs(command, env, option, count):
    """Milliseconds of a run without a terminal."""
    taken = []
    for _ in range(count * 2):
        began = time.monotonic()
        subprocess.run([*command, option], env=env, check=True, capture_output=True)
        taken.append((time.monotonic() - began) * 1000)
    return statistics.median(taken)


def measure(command, env, count, before_esc):
    """The medians, and under "least" the best of each: what the program takes when nothing else runs."""
    rows = [once(command, env, before_esc) for _ in range(count)]
    known = {key: [row[key] for row in rows if row[key] is not None] or [0] for key in rows[0]}
    result = {key: statistics.median(values) for key, values in known.items()}
    result["idle_bytes"] = idle(command, env)
    result["least"] = {key: min(values) for key, values in known.items()} | {
        "idle_bytes": result["idle_bytes"]
    }
    return result


def drafts(state):
    """Setups that were begun: rows of the list whose focus is moved."""
    for i in range(8):
        folder = state / "forest-setup" / f"shop-{i}"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "draft.json").write_text(json.dumps({"version": 1, "name": f"shop-{i}"}))


def provision(env_of_tests):
    """Bytes a second to the terminal from Create to the URL."""
    from player import Player  # noqa: PLC0415
    from terminal import Terminal  # noqa: PLC0415
    from world import World  # noqa: PLC0415

    folder = Path(env_of_tests["HOME"])
    world = World(folder / "world")
    (folder / "world").mkdir()
    world.start()
    opened = []
    try:
        opener = lambda command, env, **options: (
            opened.append(Terminal(folder / "t", command, env, **options)) or opened[-1]
        )  # noqa: E501, E731
        p = Player(opener, world, folder).start().answer_all("bench")
        before, began = len(p.t.raw_bytes()), time.monotonic()
        p.create().done()
        return (len(p.t.raw_bytes()) - before) / (time.monotonic() - began)
    finally:
        for one in opened:
            one.close()
        world.stop()


def table(rows):
    columns = ("first_ms", "paint_ms", "bytes", "move_ms", "move_bytes", "esc_ms", "rss_mb", "idle_bytes")
    print(f"{'':24}" + "".join(f"{name.replace('_', ' '):>12}" for name in columns))
    for name, row in rows.items():
        for title, values in ((name, row), ("  least", row["least"])):
            print(f"{title:24}" + "".join(f"{values[column]:12.1f}" for column in columns))
    load, cores = os.getloadavg()[0], os.cpu_count()
    if load > cores:
        print(f"the machine is busy (load {load:.1f} on {cores} cores): medians tell about that, too")


def judge(row):
    over = 0
    print()
    for key, (title, unit, most) in BUDGETS.items():
        if key in row:
            bad = row[key] > most
            over += bad
            print(f"{title:14}{row[key]:9.1f} {unit:4} of {most} {unit:4} {'OVER' if bad else 'ok'}")
    return over


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=15)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--cloud", action="store_true")
    args = parser.parse_args()
    program = os.environ.get("FOREST_SETUP", str(ROOT / "build" / "forest-setup"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
               "XDG_STATE_HOME": f"{folder}/state", "AWS_EC2_METADATA_DISABLED": "true",
               "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}  # fmt: skip
        drafts(home / "state")
        floor = home / "curses_floor"
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "ncursesw"], check=True, capture_output=True, text=True
        )
        subprocess.run(
            ["cc", "-O2", "-o", floor, ROOT / "tests/bench/curses_floor.c", *flags.stdout.split()], check=True
        )
        rows = {"forest-setup": measure([program], env, args.n, b"?")}
        rows["bare curses"] = measure([str(floor)], env, args.n, b"")
        for name, arguments in OTHERS.items():
            if path := shutil.which(name):
                rows[name] = measure([path, *arguments, *MENU], env, args.n, b"")
            else:
                print(f"skipped: {name} is not installed")
        wizard = rows["forest-setup"]
        wizard["help_ms"], wizard["version_ms"] = (
            runs([program], env, o, args.n) for o in ("--help", "--version")
        )
        if args.cloud:
            wizard["provision_bytes"] = provision(env)
        table(rows)
        over = judge(wizard)
    return 1 if args.check and over else 0


if __name__ == "__main__":
    sys.exit(main())

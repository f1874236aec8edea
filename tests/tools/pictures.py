#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the README's pictures of the wizard: plays it on a practice cloud and takes the screen at each station.

    sh assets/practice/cloud --port 4500 --state /tmp/pictures &
    /usr/bin/python3 tests/tools/pictures.py /tmp/pictures/env [--program build/forest-setup] [--out assets/pictures]

Needs tmux, python3-pil and fonts-dejavu-core of the distribution, hence its python3. The cloud should be fresh: what
is on it is on the pictures.
"""

import argparse
import shlex
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/wizard"), str(ROOT / "tests/tools")]

from picture import render  # noqa: E402
from player import CREATE_SECONDS, Player  # noqa: E402
from terminal import Terminal  # noqa: E402

NAME = "my-admin"


class Photographer:
    def __init__(self, out):
        self.out = out
        self.out.mkdir(parents=True, exist_ok=True)

    def take(self, terminal, name):
        terminal.until("the screen is still", terminal.is_quiet)
        self.at_once(terminal, name)

    def at_once(self, terminal, name):
        """For a screen that never is still."""
        info = terminal.info
        cursor = (int(info["cursor_x"]), int(info["cursor_y"])) if info["cursor_flag"] == "1" else None
        width, height = terminal.size
        render(terminal.tmux("capture-pane", "-peN"), width, height, cursor, self.out / f"{name}.png")
        print(self.out / f"{name}.png")


def environment(path):
    env = {}
    for line in path.read_text().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        env[name] = "".join(shlex.split(value))
    path_of_tools = f"/usr/local/bin:/usr/bin:/bin:{ROOT}/.practice/venv/bin"
    return env | {"PATH": path_of_tools, "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}


def play(start, camera):
    p = start()
    camera.take(p.t, "welcome")
    p.begin(NAME)
    p.focus("nvironment secret")
    p.t.paste(p.env_secret)
    p.t.wait("known to Forest")
    camera.take(p.t, "forest")
    p.next("AWS").t.wait("acme-prod")
    camera.take(p.t, "aws")
    p.aws().t.wait("NAT")
    camera.take(p.t, "network")
    p.t.keys("?")
    camera.take(p.t, "help")
    p.t.keys("Escape")
    p.network()
    p.focus("Database URL")
    p.t.paste(p.database_url)
    p.t.wait("with a password of")
    camera.take(p.t, "database")
    p.next("Backend")
    camera.take(p.t, "backend")
    p.backend().review()
    camera.take(p.t, "review")
    p.create()
    p.t.wait(r"\b2\d of \d\d", CREATE_SECONDS)
    camera.at_once(p.t, "provision")
    p.t.wait("Remedy", CREATE_SECONDS)
    camera.take(p.t, "failure")
    p.choose("let the backend in")
    p.done()
    camera.take(p.t, "done")
    p.finish()
    camera.take(p.t, "after")
    small(start, camera)


def small(start, camera):
    """The same user again, in a narrow terminal."""
    p = start(size=(40, 16))
    p.t.wait(NAME)
    camera.take(p.t, "narrow")
    p.leave()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("env", type=Path, help="what the practice cloud says to export")
    parser.add_argument("--program", type=Path, default=ROOT / "build/forest-setup")
    parser.add_argument("--out", type=Path, default=ROOT / "assets/pictures")
    args = parser.parse_args()
    opened = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)

        def open_terminal(command, env, size=(80, 24)):
            opened.append(Terminal(home / f"terminal{len(opened)}", command, env, size=size))
            opened[-1].size = size
            return opened[-1]

        world = SimpleNamespace(binary=args.program.resolve(), env=environment(args.env))
        try:
            play(
                lambda **options: Player(open_terminal, world, home, **options).start(),
                Photographer(args.out),
            )
        finally:
            for one in opened:
                one.close()


if __name__ == "__main__":
    main()

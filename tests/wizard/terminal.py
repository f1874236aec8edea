# SPDX-License-Identifier: MIT
"""A real terminal around a program: tmux, with every byte the program wrote kept beside what the screen shows.

Terminal(folder, command, env, size) starts it -> keys(), type(), paste(), resize(), signal() -> wait(), gone(),
screen() -> close(). wait() polls until the screen says what is expected and fails with the screen in its message;
nothing sleeps for a fixed time. Each Terminal is a tmux server of its own, with its socket in `folder`.
"""

import os
import re
import shlex
import signal as signals
import subprocess
import time
from pathlib import Path

WAIT_SECONDS = 60  # only what is broken waits that long; a busy machine is slow
CONFIG = """
set -g default-terminal tmux-256color
set -g status off
set -s escape-time 0
set -g remain-on-exit on
set -g remain-on-exit-format " "
set -s set-clipboard on
set -g history-limit 5000
"""
FIELDS = ("cursor_x", "cursor_y", "cursor_flag", "alternate_on", "mouse_any_flag", "pane_title")


def written(path):
    return path.read_text().strip() if path.exists() else ""


class Terminal:
    def __init__(self, folder, command, env, size=(80, 24), term=None, in_tmux=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket = self.folder / "tmux"
        self.raw_file = self.folder / "raw"
        self.config = self.folder / "tmux.conf"
        self.config.write_text(CONFIG)
        go = self.folder / "go"
        os.mkfifo(go)
        # The program starts when its output is already being kept.
        set_term = f"TERM={shlex.quote(term)}; export TERM; " if term is not None else ""
        self.pid_file, self.status_file = self.folder / "pid", self.folder / "status"
        run = f"echo $$ >{shlex.quote(str(self.pid_file))}; exec {shlex.join(map(str, command))}"
        start = (
            f"read _ <{shlex.quote(str(go))}; {set_term}/bin/sh -c {shlex.quote(run)}; "
            f"echo $? >{shlex.quote(str(self.status_file))}"
        )
        names = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
        if in_tmux:  # the program may know that there is a tmux
            names += " TMUX=$TMUX"
        width, height = size
        self.tmux("-f", self.config, "new-session", "-d", "-x", width, "-y", height,
                  f"exec env -i TERM=$TERM {names} /bin/sh -c {shlex.quote(start)}")  # fmt: skip
        self.tmux("resize-window", "-x", width, "-y", height)
        self.tmux("pipe-pane", "-O", f"exec cat >>{shlex.quote(str(self.raw_file))}")
        go.write_text("go\n")

    def tmux(self, *args, may_fail=False):
        done = subprocess.run(
            ["tmux", "-u", "-S", self.socket, *map(str, args)],
            check=False, capture_output=True, text=True, errors="replace", timeout=60,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.folder)},
        )  # fmt: skip
        assert may_fail or done.returncode == 0, f"tmux {args[0]}: {done.stderr}"
        return done.stdout

    def close(self):
        self.tmux("kill-server", may_fail=True)  # it may have ended with its program

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- what the user does

    def keys(self, *names):
        """tmux's names: Down, Enter, Escape, C-c, M-x, BTab. Each is sent alone, as a person would."""
        for name in names:
            self.tmux("send-keys", name)
            if name == "Escape":  # followed at once by another key it would be Alt
                self.until(f"{name} is acted on", self.is_quiet)

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def raw(self, data):
        self.tmux("send-keys", "-H", *(f"{byte:02x}" for byte in data))

    def paste(self, text):
        """As terminals do: marked when the program asked for it, line ends as CR."""
        self.tmux("set-buffer", "--", text)
        self.tmux("paste-buffer", "-p")

    def resize(self, width, height):
        self.tmux("resize-window", "-x", width, "-y", height)

    def signal(self, name):
        os.kill(self.pid, getattr(signals, "SIG" + name))

    # ---- what there is to see

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def history(self):
        return self.tmux("capture-pane", "-p", "-J", "-S", "-")

    def raw_bytes(self):
        return self.raw_file.read_bytes() if self.raw_file.exists() else b""

    @property
    def info(self):
        line = self.tmux("display", "-p", "|".join(f"#{{{name}}}" for name in FIELDS))
        return dict(zip(FIELDS, line.rstrip("\n").split("|", len(FIELDS) - 1), strict=True))

    @property
    def pid(self):
        return int(self.until("the program starts", lambda: written(self.pid_file)))

    def until(self, what, holds, seconds=WAIT_SECONDS):
        end = time.monotonic() + seconds
        while not (value := holds()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.info}\n{self.screen()}")
            time.sleep(0.02)
        return value

    def wait(self, pattern, seconds=WAIT_SECONDS):
        return self.until(
            f"the screen says /{pattern}/",
            lambda: re.search(pattern, self.screen(), re.MULTILINE),
            seconds,
        )

    def gone(self, pattern, seconds=WAIT_SECONDS):
        self.until(
            f"/{pattern}/ is gone from the screen",
            lambda: not re.search(pattern, self.screen(), re.MULTILINE),
            seconds,
        )

    def ended(self, seconds=WAIT_SECONDS):
        """Waits for the end; the exit status as a shell sees it: 128 and the number for a signal."""
        return int(self.until("the program ends", lambda: written(self.status_file), seconds))

    @property
    def running(self):
        return not written(self.status_file)

    def is_quiet(self):
        """Has the program written nothing for longer than a lone Esc waits, or a frame takes?"""
        size = len(self.raw_bytes())
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            time.sleep(0.02)
            if len(self.raw_bytes()) != size:
                return False
        return True

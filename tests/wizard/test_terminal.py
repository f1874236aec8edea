# SPDX-License-Identifier: MIT
"""Claim: however the program ends, the terminal is as it was found; stopped and continued it is where it was; when
the terminal is gone it ends and does not spin; it writes nothing when nothing happens.

Each for the toolkit alone (tui_demo) and for the wizard.
"""

import os
import shutil
import signal
import time

import pytest
from pseudo import Pseudo

PAINTED = {"demo": rb"row 1 of the list", "wizard": rb"forest-setup"}
IDLE_SECONDS = 2.0
SPIN_SECONDS = 1.0
ESC_TRIES, ESC_SECONDS = 5, 0.5


@pytest.fixture(params=["demo", "wizard"])
def subject(request, demo, program):
    return request.param, (demo if request.param == "demo" else program)


def started(subject, env, **options):
    name, path = subject
    pseudo = Pseudo([str(path)], env, **options)
    pseudo.read_until(PAINTED[name])
    pseudo.settle()
    return pseudo


@pytest.mark.parametrize("term", ["xterm-256color", "tmux-256color", "screen", "linux", "vt100"])
@pytest.mark.parametrize("name", ["TERM", "HUP", "INT", "SEGV", "ABRT", "BUS"])
def test_a_signal_ends_it_and_gives_the_terminal_back(subject, home, name, term):
    number = getattr(signal, "SIG" + name)
    with started(subject, home | {"TERM": term, "ASAN_OPTIONS": "handle_abort=0"}) as pseudo:
        pseudo.kill(number)
        status = pseudo.wait()
        assert status is not None, "it does not end"
        deadly = name in ("SEGV", "ABRT", "BUS")
        # a sanitizer reports a deadly signal and ends in its own way
        assert status == -number or (deadly and status != 0) or (not deadly and status == 128 + number)
        assert pseudo.left_behind() == []


def test_a_signal_while_it_paints_gives_the_terminal_back(subject, home):
    """At any moment of the first 30 ms: before, while and after the screen is taken."""
    for delay_us in range(0, 30000, 1500):
        with Pseudo([str(subject[1])], home) as pseudo:
            end = time.monotonic() + delay_us / 1e6
            while time.monotonic() < end:
                pseudo.pump(0)
            pseudo.kill(signal.SIGTERM)
            assert pseudo.wait() is not None, f"it does not end after {delay_us} us"
            assert pseudo.left_behind() == [], f"after {delay_us} us"


def test_the_usual_end_gives_the_terminal_back(subject, home):
    with started(subject, home) as pseudo:
        pseudo.send(b"q")
        assert pseudo.wait() == 0
        assert pseudo.left_behind() == []


def test_it_ends_when_the_terminal_is_gone(subject, home):
    """The connection breaks: the program ends by itself and uses no processor time to find out."""
    with started(subject, home) as pseudo:
        pseudo.hang_up()
        end = time.monotonic() + 60
        while not pseudo.ended() and time.monotonic() < end:
            time.sleep(0.02)
        assert pseudo.ended(), "it goes on without a terminal"
        assert pseudo.usage.ru_utime + pseudo.usage.ru_stime < SPIN_SECONDS


def test_it_ends_when_the_terminal_is_gone_and_the_signal_is_ignored(subject, home):
    """nohup: no SIGHUP comes, only reading and writing fail."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        pseudo = started(subject, home)
    finally:
        signal.signal(signal.SIGHUP, before)
    with pseudo:
        pseudo.hang_up()
        end = time.monotonic() + 60
        while not pseudo.ended() and time.monotonic() < end:
            time.sleep(0.02)
        assert pseudo.ended(), "it goes on without a terminal"
        assert pseudo.usage.ru_utime + pseudo.usage.ru_stime < SPIN_SECONDS


def test_it_writes_nothing_when_nothing_happens(subject, home):
    with started(subject, home) as pseudo:
        assert pseudo.settle(quiet=1.0)  # what was looked up at the start has come
        before = len(pseudo.out)
        end = time.monotonic() + IDLE_SECONDS
        while time.monotonic() < end:
            pseudo.pump(0.05)
        assert len(pseudo.out) == before, pseudo.out[before:]


def test_a_full_terminal_that_nobody_reads_is_waited_for(subject, home):
    """Output that is not taken blocks, and goes on when it is; also when stdin was left non-blocking."""
    with started(subject, home) as pseudo:
        os.set_blocking(pseudo.slave, True)
        for _ in range(200):
            pseudo.send(b"\x1b[B\x0c")
        pseudo.settle()
        pseudo.send(b"\x03")
        pseudo.send(b"q")
        assert pseudo.wait() is not None
        assert pseudo.left_behind() == []


def test_esc_acts_at_once(demo, home):
    """Within 60 ms, where curses waits a second; and an arrow, however its bytes arrive, is no Esc.
    The best of some: a busy machine makes one slow, curses would make all of them."""
    taken = []
    while len(taken) < ESC_TRIES and min(taken, default=1) >= ESC_SECONDS:
        with started(("demo", demo), home) as pseudo:
            pseudo.send(b"\x1b[B")
            pseudo.read_until(rb"keys")
            pseudo.settle()
            began = time.monotonic()
            pseudo.send(b"\x1b")
            assert pseudo.wait() == 0
            taken.append(time.monotonic() - began)
    assert min(taken) < ESC_SECONDS, f"curses' second: {taken}"


def test_stopped_and_continued_by_a_shell(subject, home, terminal):
    """Ctrl-Z: the shell's prompt on the normal screen; fg: the program where it was, keys still work."""
    name, path = subject
    env = home | {"PS1": "shell> ", "HISTFILE": ""}
    with terminal(["bash", "--norc", "-i"], env) as t:
        t.wait(r"shell>")
        t.type(f"{path}\n")
        t.until("the program is there", lambda: t.info["alternate_on"] == "1")
        t.wait(PAINTED[name].decode())
        t.keys("C-z")
        t.until("the normal screen is back", lambda: t.info["alternate_on"] == "0")
        t.wait(r"Stopped")
        t.type("echo typed-$((1+1)) \n")
        t.wait(r"^typed-2")
        t.type("fg\n")
        t.until("the program is back", lambda: t.info["alternate_on"] == "1")
        t.wait(PAINTED[name].decode())
        t.keys("q")
        t.until("the normal screen is back", lambda: t.info["alternate_on"] == "0")
        t.type("stty -a | grep -o -- '-*icanon'\n")
        t.wait(r"^icanon")


def test_a_resize_lays_out_anew(subject, home, terminal):
    """From large to one cell and back: it never ends, and the last size is drawn whole."""
    name, path = subject
    with terminal([path], home) as t:
        t.wait(PAINTED[name].decode())
        for width, height in [
            (200, 50),
            (40, 12),
            (1, 1),
            (19, 5),
            (80, 24),
            (300, 3),
            (132, 50),
        ]:
            t.resize(width, height)
        t.wait("─{110,131}$")  # the line under the title, as wide as the screen
        assert t.running
        t.keys("q")
        assert t.ended() == 0


def test_a_signal_on_the_way_to_the_practice_script_is_not_lost(program, home, tmp_path):
    """Between the wizard and the script that takes its place, at any moment: it ends."""
    (tmp_path / "tree/build").mkdir(parents=True)
    (tmp_path / "tree/assets").mkdir()
    (tmp_path / "tree/assets/try.sh").write_text("echo the script\nsleep 60\n")
    for name in ("forest-setup", "forest-core.so"):
        shutil.copy2(program.parent / name, tmp_path / "tree/build" / name)
    for delay_us in (0, 1000, 2000, 4000, 6000, 10000, 20000, 500000):
        with started(("wizard", tmp_path / "tree/build/forest-setup"), home) as pseudo:
            pseudo.send(b"\x1b[B")
            pseudo.settle()
            pseudo.send(b"\r")
            end = time.monotonic() + delay_us / 1e6
            while time.monotonic() < end:
                pseudo.pump(0)
            pseudo.kill(signal.SIGTERM)
            assert pseudo.wait() is not None, f"lost after {delay_us} us"
            assert pseudo.left_behind() == []

# SPDX-License-Identifier: MIT
"""Claim: in every locale, on every kind of terminal, with and without colours, at every size it starts, shows its
title, leaves by q and gives the terminal back; what the terminal or the locale cannot show is not sent.
"""

import re

import pytest
from pseudo import Pseudo

FULL = ["xterm-256color", "tmux-256color", "screen", "linux", "vt100"]
PLAIN = ["dumb", "nonexistent", None]
COLOUR = rb"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;|48;|4[0-7])[0-9;]*m"


def run(program, env, size):
    with Pseudo([str(program)], env, size=size) as pseudo:
        pseudo.read_until(rb"forest-setup")
        assert pseudo.settle()
        pseudo.send(b"q")
        pseudo.pump(0.1)
        if not pseudo.ended():
            pseudo.send(b"\n")  # asked line by line
        status = pseudo.wait()
        assert status == 0, (status, pseudo.out[-500:])
        assert pseudo.left_behind() == []
        return pseudo.out


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (200, 50)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("no_color", [False, True], ids=["colour", "no-color"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
@pytest.mark.parametrize("term", FULL + PLAIN)
def test_it_starts_and_leaves(program, home, term, locale, no_color, size):
    env = home | {"LC_ALL": locale} | ({"NO_COLOR": "1"} if no_color else {})
    env.pop("TERM")
    if term:
        env["TERM"] = term
    out = run(program, env, size)
    if term in PLAIN:
        assert b"\x1b" not in out, "plain mode sends no control sequences"
    else:
        assert b"\x1b[" in out
    if locale == "C":
        assert max(out) < 0x80, "bytes beyond ASCII in the C locale"
    if no_color or term == "vt100":
        assert not re.search(COLOUR, out)


@pytest.mark.parametrize(
    "args, env", [(["--plain"], {}), ([], {"ACCESSIBLE": "1"})], ids=["--plain", "ACCESSIBLE"]
)
def test_plain_when_it_is_wished(program, home, args, env):
    with Pseudo([str(program), *args], home | env) as pseudo:
        pseudo.read_until(rb"forest-setup")
        assert pseudo.settle()
        pseudo.send(b"q\n")
        assert pseudo.wait() == 0
        assert b"\x1b" not in pseudo.out


def test_no_set_locale_means_utf8(program, home):
    """Terminals of today show UTF-8; a machine where nothing is set (a container) says nothing against it."""
    env = {name: value for name, value in home.items() if name != "LC_ALL"}
    assert "─".encode() in run(program, env, (80, 24))


def test_old_sizes_in_the_environment_do_not_count(program, home):
    """LINES and COLUMNS exported by a shell before the window changed: the window counts."""
    out = run(program, home | {"LINES": "10", "COLUMNS": "30"}, (100, 30))
    assert "─".encode() * 90 in out or re.search(rb"\x1b\[\d+b", out)

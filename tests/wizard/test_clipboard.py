# SPDX-License-Identifier: MIT
"""Claim: what is copied arrives where the terminal allows it: by OSC 52, and where tmux drops that, by tmux itself."""

URL = "https://example.org/"


def buffer_of(t):
    return t.tmux("show-buffer", may_fail=True)


def test_by_the_terminal_itself(demo, home, terminal):
    t = terminal([demo], home, size=(132, 24))
    t.wait("row 1 of the list")
    t.keys("C-y")
    t.until("tmux took it over", lambda: buffer_of(t) == URL)
    t.wait("copied, if your terminal allows it")


def test_by_tmux_where_it_drops_what_the_terminal_sends(demo, home, terminal):
    """set-clipboard external is tmux's default: OSC 52 from a program goes nowhere, silently."""
    t = terminal([demo], home, in_tmux=True, size=(132, 24))
    t.tmux("set", "-s", "set-clipboard", "external")
    t.wait("row 1 of the list")
    t.keys("C-y")
    t.until("tmux has it", lambda: buffer_of(t) == URL)
    t.wait("copied to tmux")

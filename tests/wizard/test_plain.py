# SPDX-License-Identifier: MIT
"""Claim: the same wizard as numbered prompts, line by line, leads to the same working URL; it redraws nothing, sends
no control sequences, and shows no secret.
"""

import re
import time

import pytest
from player import CREATE_SECONDS, Player, agent_answers

MOST_QUESTIONS = 80


def last_line(t):
    return ([line for line in t.history().splitlines() if line.strip()] or [""])[-1]


def answer(t, rules, until, seconds=CREATE_SECONDS):
    """Answers each question by the first rule whose pattern its line matches, others with Enter."""
    end = time.monotonic() + seconds
    for _ in range(MOST_QUESTIONS):
        t.until("a question", lambda: re.search(r"[:?]\s*$", last_line(t)) and t.is_quiet(), seconds)
        if re.search(until, t.history()):
            return
        assert time.monotonic() < end, t.history()
        line = last_line(t)
        t.type(next((reply for pattern, reply in rules if re.search(pattern, line)), "") + "\n")
    raise AssertionError(f"{MOST_QUESTIONS} questions did not lead to /{until}/\n{t.history()}")


@pytest.fixture
def plain(terminal, world, tmp_path):
    def start(*args, **options):
        p = Player(terminal, world, tmp_path, *args, size=(100, 50), **options)
        p.t = terminal([world.binary, *args], p.env, size=(100, 50))
        p.t.wait("forest-setup")
        return p

    return start


def rules(p, name):
    return [
        (r"name for the new setup \[", name),
        (r"^Environment secret.*: ?$", p.env_secret),
        (r"^Database URL.*: ?$", p.database_url),
        (r"Let the backend in", "y"),
        (r"^Account 123456789012.*: ?$", "9012"),
    ]


@pytest.mark.parametrize("how", ["--plain", pytest.param("ACCESSIBLE", marks=pytest.mark.slow)])
def test_numbered_prompts_lead_to_a_working_url(plain, how):
    p = plain("--plain") if how == "--plain" else plain(env={"ACCESSIBLE": "1"})
    answer(p.t, rules(p, f"plain-{how.strip('-').lower()}"), r"is ready")
    url = re.search(r"^https?://\S+$", p.t.history(), re.MULTILINE).group()
    assert agent_answers(url) == 200
    p.t.type("finish\n")
    assert p.t.ended() == 0
    out = p.t.raw_bytes()
    assert b"\x1b" not in out, "plain mode sends no control sequences"
    assert p.env_secret.encode() not in out
    assert p.database_url.encode() not in out


def test_back_help_and_leave_are_words_that_always_work(plain):
    p = plain("--plain")
    answer(p.t, rules(p, "plain-words"), r"Which login")
    p.t.type("?\n")
    p.t.until("the help is told", lambda: "aws.profile" in p.t.history())
    p.t.type("b\n")
    p.t.until("the screen before", lambda: p.t.history().count("Forest, step 1 of 6") == 2)
    p.t.until("a question", lambda: re.search(r"[:?]\s*$", last_line(p.t)) and p.t.is_quiet())
    p.t.type("q\n")
    p.t.until("it leaves, or asks", lambda: not p.t.running or p.t.is_quiet())
    if p.t.running:
        p.t.type("1\n")
    assert p.t.ended() in (0, 130)
    assert "plain-words" in p.t.history().splitlines()[-1] or "plain-words" in p.t.history()

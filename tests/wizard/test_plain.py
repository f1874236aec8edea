# SPDX-License-Identifier: MIT
"""Claim: the wizard as numbered prompts leads to the same working URL, with words alone, and shows no secret; and the
address can be had before Forest shows its secret, in either front.
"""

import re

import pytest
from player import CREATE_SECONDS, Player, agent_answers
from test_journey import assert_no_secret


@pytest.fixture
def player(terminal, world, tmp_path):
    started = []

    def start(*args, **options):
        started.append(Player(terminal, world, tmp_path, *args, **options).start())
        return started[-1]

    yield start
    for one in started:
        assert_no_secret(one)


def open_prompt(p):
    """The question that waits for an answer, from the last line that is not blank."""
    lines = [line.rstrip() for line in p.t.screen().splitlines() if line.strip()]
    return lines[-1] if lines else ""


def answer(p, prompt, text):
    """Waits until the question that matches is the open one, then answers it."""
    p.t.until(f"/{prompt}/ is asked", lambda: re.search(prompt, open_prompt(p)), 60)
    p.t.until("nothing more comes", p.t.is_quiet)
    if text:
        p.t.type(text)
    p.t.keys("Enter")


def defaults_until(p, wanted):
    """Enter for each question until one that matches is open: what is in brackets is kept."""
    for _ in range(40):
        p.t.until("a question is open", lambda: open_prompt(p).endswith(":"), 60)
        p.t.until("nothing more comes", p.t.is_quiet)
        if re.search(wanted, open_prompt(p)):
            return
        p.t.keys("Enter")
        p.t.until("it is answered", p.t.is_quiet)
    raise AssertionError(f"/{wanted}/ is never asked\n{p.t.screen()}")


def test_a_whole_setup_by_words(player):
    p = player("--plain", size=(100, 60))
    answer(p, "Number or name", "new")
    answer(p, "name for the new setup", "plain-new")
    defaults_until(p, "Environment secret")
    answer(p, "Environment secret", p.env_secret)
    defaults_until(p, "Database URL")
    answer(p, "Database URL", p.database_url)
    defaults_until(p, r"(?i)let the backend in|\(y/n\)|yes or no|\[no\]")
    answer(p, "", "y")
    defaults_until(p, "Number or name")
    p.t.wait("Will create", 60)
    answer(p, "Number", "create")
    p.t.wait("is ready", CREATE_SECONDS)
    url = re.search(r"https?://\S+execute-api\S+", p.t.history()).group()
    assert agent_answers(url) == 200
    assert b"\x1b[" not in p.t.raw_bytes().replace(b"\x1b[?2004h", b""), (
        "no control sequences"
    )


def test_a_listener_is_told_what_to_do(player):
    """? says what the question is about, b goes back, q leaves; an answer that fits nothing is asked again."""
    p = player("--plain", size=(100, 60))
    answer(p, "Number or name", "no such thing")
    answer(p, "Number or name", "?")
    p.t.wait("A setup is one Forest Admin backend")
    answer(p, "Number or name", "q")
    assert p.t.ended(30) == 0


def test_the_address_before_the_secret(player):
    """Forest asks for a URL first: it is made alone, the wizard is left, and goes on with the secret later."""
    p = player().begin("journey-address")
    p.choose("asks me for a URL first")
    p.choose("choose the AWS account")
    p.t.wait("Which login")
    p.t.wait("123456789012")
    p.next(r".*make the address now")
    p.choose("make the address now")
    p.t.wait("It leads nowhere yet", 60)
    url = re.search(r"https?://\S+", p.t.screen()).group()
    assert p.leave() in (0, 130)
    again = player()
    again.t.wait("journey-address.*stopped at 1 of")
    again.choose("journey-address")
    again.t.wait(re.escape(url))
    again.forest().aws().network().database().backend().review().create()
    assert again.done() == url
    assert agent_answers(url) == 200
    assert again.finish() == 0

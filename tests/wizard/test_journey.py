# SPDX-License-Identifier: MIT
"""Claim: from nothing to a URL that answers with arrow keys, Enter and two pastes; leaving, stopping and crashing on
the way lose nothing; going back keeps every value; no secret is seen anywhere.
"""

import re
import time
from urllib.parse import unquote, urlsplit

import pytest
from player import CREATE_SECONDS, Player, agent_answers


@pytest.fixture
def player(terminal, world, tmp_path):
    """player(*args, size=...) starts the wizard; later ones of the same test are the same user again."""
    started = []

    def start(*args, **options):
        started.append(Player(terminal, world, tmp_path, *args, **options).start())
        return started[-1]

    yield start
    for one in started:
        assert_no_secret(one)


def assert_no_secret(p):
    password = urlsplit(p.database_url).password
    secrets = [
        p.env_secret,
        p.database_url,
        password,
        unquote(password),
        p.env_secret[:16],
        p.env_secret[-16:],
    ]
    for where, data in p.seen():
        for secret in secrets:
            assert secret.encode() not in data, f"a secret is in {where}"


def assert_answers(url):
    assert agent_answers(url) == 200


def test_a_new_user_reaches_a_working_url(player):
    p = player().answer_all("journey-new").create()
    url = p.done()
    assert_answers(url)
    assert p.finish() == 0
    # On the normal screen, alone on its line, to be copied.
    assert p.t.info["alternate_on"] == "0"
    assert url in [line.strip() for line in p.t.history().splitlines()]


def test_what_is_wrong_is_fixed_where_it_is_seen(player):
    """The rule on the database was not allowed: cause and remedy are named, the remedy is one key, and it goes on."""
    p = player().answer_all("journey-fix", let_in=False).create()
    p.t.wait("Stopped at", CREATE_SECONDS)
    p.t.wait(r"Remedy\s+Let the task in")
    p.choose("let the backend in")
    assert_answers(p.done())
    assert p.finish() == 0


MAKING = r"[█░] *[1-9]\d? of \d\d"  # on the bar, not while it is only looked at what is there


@pytest.mark.slow
def test_a_new_user_at_40_columns(player):
    p = player(size=(40, 12)).answer_all("journey-small").create()
    p.t.wait("is ready", CREATE_SECONDS)
    assert p.finish() == 0
    url = re.search(r"^\s*(https?://\S+)$", p.t.history(), re.MULTILINE)
    assert_answers(url.group(1))


@pytest.mark.slow
def test_a_login_that_expires_in_the_middle(player, world):
    """The run says that it pauses and goes on to the URL by itself when the login works again."""
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "work"}
    p = player(env=none).begin("journey-login").forest()
    p.t.wait("Which login")
    p.focus(r"work\b")
    p.next("Network").network().database().backend().review().create()
    p.t.wait(MAKING, CREATE_SECONDS)
    world.control("faults", {"operation": "*", "do": "expired", "count": 0})
    try:
        p.t.wait("paused: the AWS login of profile work has expired", CREATE_SECONDS)
    finally:
        world.control("faults", {"clear": True})
    assert_answers(p.done())
    assert p.finish() == 0


def test_back_keeps_every_value(player):
    """From the review back to the first screen and forth again: nothing is asked twice."""
    p = player().answer_all("journey-back")
    p.t.wait(r"Your rights\s+(?!asking|\s)")
    p.t.until("the screen is still", p.t.is_quiet)
    before = p.t.screen()
    for name in ("Backend", "Database", "Network", "AWS", "Forest"):
        p.t.keys("Escape")
        p.t.wait(rf"◉ {name}")
    p.t.wait("64 characters")
    for name in ("AWS", "Network", "Database", "Backend", "Review"):
        p.next(name)
    p.review()
    p.t.until("the review is as it was", lambda: p.t.screen() == before)
    assert p.leave() in (0, 130)


def test_left_in_the_middle_nothing_but_the_secrets_is_asked_again(player):
    p = player().begin("journey-left").forest().aws().network()
    assert p.leave() in (0, 130)
    assert "journey-left" in p.t.history(), "how to go on is on the normal screen"
    again = player()
    again.t.wait("journey-left")
    again.choose("journey-left")
    again.forest()
    again.t.wait(r"❯ environment")
    again.next("Network")
    again.t.wait(r"❯\s+prod\s")
    again.network().database().backend().review()
    assert again.leave() in (0, 130)


@pytest.mark.parametrize("how", ["KILL", pytest.param("TERM", marks=pytest.mark.slow), "HUP"])
def test_ended_while_it_creates_it_goes_on(player, how):
    """By kill -9, by a shutdown, by a broken connection: the next start offers to continue, and reaches the URL."""
    p = player().answer_all(f"journey-{how.lower()}").create()
    p.t.wait(MAKING, CREATE_SECONDS)
    p.t.signal(how)
    assert p.t.ended(120) != 0
    again = player()
    again.t.wait(rf"journey-{how.lower()}.*stopped at")
    again.choose(f"journey-{how.lower()}")
    goes_on(again)
    assert_answers(again.done())
    assert again.finish() == 0


def goes_on(p):
    """Through what is asked again (secrets only, when they were not stored yet) to the end."""
    # What a call that was cut short may have made is looked for during half a minute.
    p.t.wait(r"nvironment secret|\[ Create \]|\[ Continue \]|left|is ready", CREATE_SECONDS)
    if "nvironment secret" in p.t.screen() and "known" not in p.t.screen():
        p.forest()
    deadline = time.monotonic() + CREATE_SECONDS
    while time.monotonic() < deadline:  # a screen may want more than one look on a busy machine
        p.t.until("it has looked", lambda: "looking at what" not in p.t.screen(), CREATE_SECONDS)
        text = p.t.screen()
        if re.search(r"about \S+ left|is ready|\d+ of \d+\n", text) and "step" not in text:
            return
        if "Database URL" in text and "with a password of" not in text:
            p.database()
        elif re.search(r"\[ (Create|Continue) \]", text):
            p.choose(r"\[ (Create|Continue) \]")
        else:
            p.t.keys("Enter")
        p.t.until("the screen is still", p.t.is_quiet)


def test_ctrl_c_asks_once_and_then_stops(player):
    """While creating: the first asks and says what is kept, the second stops; the setup can be continued."""
    p = player().answer_all("journey-stop").create()
    p.t.wait(MAKING, CREATE_SECONDS)
    p.t.keys("C-c")
    p.t.wait("(?i)stop")
    p.t.keys("C-c")
    p.t.until("it stops", lambda: not p.t.running or re.search("(?i)stopp", p.t.screen()), 60)
    if p.t.running:
        p.leave()
    assert "journey-stop" in p.t.history()

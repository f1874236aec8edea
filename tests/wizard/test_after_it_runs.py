# SPDX-License-Identifier: MIT
"""Claim: what the wizard offers once a backend runs does what it says: Forest's login is made to lead to the address,
a change needs no secret again, and tearing down leaves nothing of it and wants the name first.
"""

import json
import re

import pytest
from player import CREATE_SECONDS, Player, agent_answers


@pytest.fixture
def player(terminal, world, tmp_path):
    """player(env=...) starts the wizard; later ones of the same test are the same user again."""

    def start(**options):
        return Player(terminal, world, tmp_path, **options).start()

    return start


def test_forest_is_told_the_address_and_its_login_leads_there(player, tmp_path, world):
    """With the login of Forest's command line on this machine; the backend that started before is started anew."""
    p = (
        player(env={"TOKEN_PATH": world.env["TOKEN_PATH"]})
        .answer_all("after-login")
        .create()
    )
    url = p.done()
    p.choose("let me set it in Forest")
    p.t.wait("Set for the environment", CREATE_SECONDS)
    p.t.wait("Forest's login leads to this address")
    assert agent_answers(url) == 200
    p.choose("check the login")
    p.t.wait("^.*✔ Forest's login leads to this address", CREATE_SECONDS)
    assert p.finish() == 0


def test_a_change_asks_for_no_secret_again(player):
    """The secrets lie on AWS: another size is chosen, planned and made by somebody who has none of them at hand."""
    p = player().answer_all("after-change").create()
    url = p.done()
    assert p.finish() == 0
    p = player()
    p.choose("after-change")
    p.choose("change something")
    p.t.wait("as it is on AWS")
    p.t.wait("nothing to make")
    p.focus("built-in, 0.25 vCPU", "Up")
    p.t.keys("Enter")
    p.t.wait("Size")
    p.focus("Size")
    p.t.keys("Right")
    p.t.wait(r"\(•\) 0.5 vCPU")
    p.t.keys("Enter")
    p.t.wait("Will change")
    p.t.wait(r"task definition\s+0.5 vCPU")
    p.choose(r"\[ Change it \]")
    assert p.done() == url
    assert p.finish() == 0
    assert recorded_answers(p, "after-change")["backend"]["cpu"] == 512


def recorded_answers(p, name):
    journal = (p.state / "forest-setup" / name / "journal").read_text().splitlines()
    records = [json.loads(line) for line in journal]
    return [record["answers"] for record in records if record["type"] == "answers"][-1]


def answer_name(p, name):
    p.t.type(name)
    p.t.wait(
        rf"❯ {name}\s"
    )  # what comes in one piece with Enter is a paste, and never agrees to anything
    p.t.keys("Enter")
    p.t.wait(r"❯ \[ take it away \]")
    p.t.keys("Enter")


def test_tearing_down_wants_the_name_and_leaves_nothing(player):
    p = player().answer_all("after-down").create()
    url = p.done()
    p.choose("take all of it away")
    p.t.wait("Stays")
    p.choose("take it away; its name")
    p.t.wait("Type after-down")
    answer_name(p, "after-dawn")
    p.t.wait("Nothing was deleted")
    assert agent_answers(url) == 200
    p.choose("take it away; its name")
    p.t.wait("Type after-down")
    answer_name(p, "after-down")
    p.t.wait("It is gone. Nothing is left on AWS", CREATE_SECONDS)
    assert p.finish() == 0
    names = [path.name for path in (p.state / "forest-setup").iterdir()]
    assert not [name for name in names if re.fullmatch("after-down", name)]
    assert agent_answers(url) == 404

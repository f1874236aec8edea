# SPDX-License-Identifier: MIT
"""The leak gate at the terminal: every byte that the wizard writes to it, what scrolled by, its files and processes.

Secrets are pasted and typed as a person does. Canaries beside those of test_leaks.py: the tokens and the client's
secret of a sign-in with Identity Center, and the login of Forest's command line. They lie in files of the AWS CLI and
of forest-cli, as these tools keep them; anywhere else they must not be. Showing a field (Ctrl-R) is not tried: it is
what the user asks for then.
"""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from leaks import Canaries, Sampler, in_files
from player import CREATE_SECONDS, Player
from terminal import Terminal

PATIENCE = 120
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}


@pytest.fixture
def player(world, tmp_path):
    """player(env=...) starts the wizard in a terminal of its own, with a home of its own."""
    opened = []

    def open_terminal(command, env, **options):
        opened.append(Terminal(tmp_path / f"terminal{len(opened)}", command, env, **options))
        return opened[-1]

    def start(env):
        env = {"XDG_CACHE_HOME": world.env["XDG_CACHE_HOME"], "TMPDIR": str(tmp_path)} | env
        return Player(open_terminal, world, tmp_path, env=env).start()

    yield start
    for one in opened:
        one.close()


def canaries(world, **more):
    url = world.env["POSTGRESQL_URL"]
    password = urlsplit(url).password
    forest = (Path(world.env["TOKEN_PATH"]) / ".forest.d" / ".forestrc").read_text().strip()
    return Canaries({"env secret": world.env["FOREST_ENV_SECRET"], "url": url, "password": password,
                     "password, decoded": unquote(password), "login of Forest": forest} | more)  # fmt: skip


def judge(known, p, sampler, folder, least=100, but=()):
    """Nothing in what was seen of it, in its files, in its processes."""
    sampler.stop()
    for where, data in p.seen():
        assert known.found_in(data) == [], where
    assert len(p.t.raw_bytes()) > least
    leaks, _ = in_files(known, folder)
    assert [leak for leak in leaks if not any(path in leak for path in but)] == []
    assert sampler.leaks == set() and sampler.samples > 3


def test_the_wizard_shows_none(player, world, tmp_path, tried):
    """From the first screen to the review with pasted secrets, left there, begun again and exported."""
    known = canaries(world, key=world.keys_of("work")["aws_secret_access_key"])
    p = player(NO_KEYS | {"AWS_PROFILE": "work"})
    sampler = Sampler(p.t.pid, known)
    p.begin("leak-wizard").forest()
    p.t.wait("Which login")
    p.focus(r"work\b")
    p.next("Network").network().database().backend().review()
    assert p.leave() in (0, 130)
    out = tmp_path / "export"
    done = world.run("export", "leak-wizard", "--as", "all", "-o", str(out), env=p.env | NO_KEYS, timeout=PATIENCE)
    assert done.code == 0, str(done)
    assert known.found_in(done.out + done.err) == []
    judge(known, p, sampler, tmp_path)
    tried("leak searches")


def tokens(home):
    """What the sign-in has left in the AWS CLI's cache, by name."""
    found = {}
    for path in (home / ".aws" / "sso" / "cache").glob("*.json"):
        kept = json.loads(path.read_text())
        found |= {f"{path.name} {key}": kept[key] for key in ("accessToken", "refreshToken", "clientSecret")
                  if len(kept.get(key) or "") >= 12}  # fmt: skip
    return found


@pytest.mark.slow
def test_a_sign_in_shows_none(player, world, tmp_path, tried):
    """Identity Center: the code that a browser asks for is shown, the tokens that come of it are not."""
    p = player(NO_KEYS)
    before = canaries(world)
    sampler = Sampler(p.t.pid, before)
    p.begin("leak-sign-in").forest()
    p.t.wait("Which login")
    p.focus("sso-production")
    p.t.wait("Enter signs it in", PATIENCE)
    p.t.keys("Enter")
    code = p.t.wait(r"\b[A-Z]{4}-[A-Z]{4}\b", PATIENCE).group()
    world.control("sso", {"approve": code})
    p.t.wait("sso-production is signed in", PATIENCE)
    p.next("Network")
    assert p.leave() in (0, 130)
    found = tokens(tmp_path)
    assert any("accessToken" in name for name in found), "somebody signed in"
    judge(canaries(world, **found), p, sampler, tmp_path, but=[".aws/sso/cache"])
    tried("leak searches")


@pytest.mark.slow
def test_a_whole_journey_shows_none(player, world, tmp_path, tried):
    """To the URL, and Forest is told it with the login of its command line; torn down again."""
    known = canaries(world)
    p = player({"TOKEN_PATH": world.env["TOKEN_PATH"]})
    sampler = Sampler(p.t.pid, known)
    p.answer_all("leak-journey").create()
    p.done()
    p.choose("let me set it in Forest")
    p.t.wait("Set for the environment", CREATE_SECONDS)
    assert p.finish() == 0
    judge(known, p, sampler, tmp_path)
    done = world.run("destroy", "leak-journey", "--yes", env=p.env, timeout=CREATE_SECONDS)
    assert done.code == 0 and known.found_in(done.out + done.err) == [], str(done)
    assert re.search("Nothing that carries its tag is left", done.out)
    tried("leak searches", 2)

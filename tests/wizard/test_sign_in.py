# SPDX-License-Identifier: MIT
"""Claim: who has to sign in does it without leaving: Identity Center by a code and a page, a program of a profile that
asks on the terminal by having it for that long, line by line or full screen; and whoever cannot be asked is told so.
"""

import hashlib
import json
import os
import re
import stat
import subprocess
import sys

import pytest
from player import Player
from pseudo import Pseudo

TOKEN = hashlib.sha1(b"acme").hexdigest() + ".json"
MFA_SERIAL = "arn:aws:iam::123456789012:mfa/camille"
BADGE = "4711-canary-badge"
PROGRAMS = {
    # Turns the echo off and reads from /dev/tty, as getpass does everywhere.
    "getpass": """#!{python}
import getpass, json, sys
if getpass.getpass("Badge number: ") != "{badge}":
    sys.exit("the badge is not known")
print(json.dumps({keys}))
""",
    # Asks on stderr and reads stdin.
    "read": """#!/bin/sh
printf 'Badge number: ' >&2
read badge
[ "$badge" = "{badge}" ] || {{ echo "the badge is not known" >&2; exit 3; }}
cat <<'END'
{text}
END
""",
}


@pytest.fixture
def asks(world, tmp_path):
    """asks(program) -> the environment of a user whose profile "asks" has that program."""

    def make(program):
        keys = world.keys_of("work")
        names = {"AccessKeyId": "aws_access_key_id", "SecretAccessKey": "aws_secret_access_key"}
        answer = {"Version": 1, **{name: keys[key] for name, key in names.items()}}
        path = tmp_path / program
        text = PROGRAMS[program]
        path.write_text(text.format(python=sys.executable, badge=BADGE, keys=answer, text=json.dumps(answer)))
        path.chmod(0o700)
        config = tmp_path / "config"
        config.write_text(f"[profile asks]\nregion = eu-west-3\ncredential_process = {path}\n[profile other]\n")
        return {
            "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": None, "AWS_DEFAULT_REGION": None,
        }  # fmt: skip

    return make


def test_identity_center(terminal, world, tmp_path):
    """The code and the page are shown; once somebody has agreed there, the wizard goes on, and the AWS CLI's own file
    holds the token."""
    p = Player(terminal, world, tmp_path).start().begin("sign-in").forest()
    p.t.wait("Which login")
    p.focus("sso-production")
    p.t.wait("Enter signs it in")
    p.t.keys("Enter")
    p.t.wait("Sign in: sso-production")
    code = p.t.wait(r"the code\s+(\w{4}-\w{4})").group(1)
    world.control("sso", {"approve": code})
    p.t.wait("sso-production is signed in")
    p.t.wait(r"sso-production.*123456789012")
    file = tmp_path / ".aws/sso/cache" / TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and json.loads(file.read_text())["refreshToken"]
    p.leave()


def test_a_role_that_wants_a_code(terminal, world, tmp_path):
    """A wrong code is told and asked for again; the right one signs in, and is kept where the AWS CLI keeps it."""
    p = Player(terminal, world, tmp_path).start().begin("one-time").forest()
    p.t.wait("Which login")
    p.focus("on-call")
    p.t.wait(r"on-call\s+role\s+\S wants a one-time code\n\s*Enter signs it in")
    p.t.keys("Enter")
    p.t.wait("One-time code for on-call")
    shown = world.control("mfa")[MFA_SERIAL]
    p.t.type(str((int(shown) + 1) % 10**6).zfill(6))
    p.t.keys("Enter")
    p.t.wait("does not accept this code")
    assert "wait for the next" in p.t.screen()
    p.t.type(world.control("mfa")[MFA_SERIAL])
    p.t.keys("Enter")
    p.t.wait("on-call is signed in")
    p.t.wait(r"on-call.*210987654321")
    (file,) = (tmp_path / ".aws/cli/cache").glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and json.loads(file.read_text())["Credentials"]["SessionToken"]
    p.leave()
    done = subprocess.run([world.binary, "profiles", "--json"], env=p.env, capture_output=True, text=True, timeout=120)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    (line,) = [row for row in rows if row.get("name") == "on-call"]
    assert line["account"] == "210987654321" and "OnCall" in line["principal"], line  # without being asked again


def test_a_program_that_asks_has_the_terminal_for_that_long(terminal, world, tmp_path, asks):
    """Full screen: it goes out of the way for the question and comes back with who it is."""
    p = Player(terminal, world, tmp_path, env=asks("getpass"))
    p.env = {name: value for name, value in p.env.items() if value is not None}
    p.start().begin("sign-in-asks").forest()
    p.t.wait("Which login")
    p.focus("asks")
    p.t.keys("Enter")
    p.t.wait("Badge number")
    assert p.t.info["alternate_on"] == "0"
    p.t.type(BADGE)
    p.t.keys("Enter")
    p.t.wait(r"asks.*123456789012")
    assert p.t.info["alternate_on"] == "1"
    p.leave()
    assert BADGE.encode() not in p.t.raw_bytes()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_asks_a_command(world, tmp_path, asks, program):
    """Headless on a terminal: asked once, and the terminal is as before."""
    env = {name: value for name, value in (world.env | asks(program)).items() if value is not None}
    with Pseudo([world.binary, "profiles"], env | {"HOME": str(tmp_path)}) as p:
        p.read_until(b"Badge number")
        p.send(BADGE.encode() + b"\n")
        assert p.wait() == 0, p.out
        assert p.out.count(b"Badge number") == 1 and b"123456789012" in p.out
        assert not p.left_behind()


def test_a_wrong_answer_is_told_in_the_programs_words(world, tmp_path, asks):
    env = {name: value for name, value in (world.env | asks("read")).items() if value is not None}
    with Pseudo([world.binary, "profiles"], env | {"HOME": str(tmp_path)}) as p:
        p.read_until(b"Badge number")
        p.send(b"0000\n")
        assert p.wait() == 0, p.out
        assert re.search(rb"status 3: Badge number: the badge is not known", p.out), p.out
        assert not p.left_behind()


def test_without_a_terminal_nobody_is_asked(world, tmp_path, asks):
    """It is not waited for a person who is not there."""
    env = {name: value for name, value in (world.env | asks("getpass")).items() if value is not None}
    done = subprocess.run([world.binary, "profiles"], env=env | {"HOME": str(tmp_path)}, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, start_new_session=True, timeout=120)  # fmt: skip
    assert done.returncode == 0 and "credential_process of the profile asks" in done.stdout, done


def test_in_the_background_nobody_is_asked(world, tmp_path, asks):
    """A terminal that belongs to another job is not taken."""
    env = {name: value for name, value in (world.env | asks("getpass")).items() if value is not None}
    script = f'set -m; "{world.binary}" profiles & wait $!; echo ended $?'
    with Pseudo(["/bin/bash", "-c", script], env | {"HOME": str(tmp_path)}) as p:
        p.read_until(rb"ended \d")
        assert b"there is nobody to ask" in p.out, p.out
        assert os.getpgid(p.pid) == p.pid

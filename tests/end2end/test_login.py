# SPDX-License-Identifier: MIT
"""Claim: a run goes on in the account it began in and in no other, however its login changes; what only a person can
renew stops it with its own exit code, and it goes on from there. Nothing is made in an account that nobody named.
"""

import json
import shlex
import sys
from pathlib import Path

import pytest
from world import ACCOUNT

STAGING = "210987654321"
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
REFRESH_S = 600  # keys that end sooner are renewed
# Prints the keys that are in a file now, the next ones each time, and notes them beside it.
PROGRAM = """
import datetime, json, pathlib, sys
noted = pathlib.Path(sys.argv[1] + ".asked")
all = json.load(open(sys.argv[1]))
keys = all[len(noted.read_text().split()) % len(all) if noted.exists() else 0]
until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=keys.pop("lasts"))
open(sys.argv[1] + ".asked", "a").write(keys["AccessKeyId"] + "\\n")
print(json.dumps({"Version": 1, **keys, "Expiration": until.isoformat()}))
"""


def test_an_account_that_was_never_used_must_be_named(applied):
    """apply refuses with the account, who one is there and the line to add; nothing is asked for, made or recorded."""
    world = applied.world
    setup = world.setup("unnamed", aws={"account": None})
    mark = world.mark()
    done = setup.apply(check=3)
    assert f'"account": "{ACCOUNT}"' in done.err and f"--account {ACCOUNT}" in done.err
    assert {call["operation"] for call in world.traffic(mark)} == {"GetCallerIdentity"}
    assert not list(setup.records.rglob("*.jsonl"))
    said = setup.apply("--json", check=3).summary["error"]
    assert said["code"] == "new-account"


def test_a_plan_says_what_an_apply_would_refuse(applied):
    setup = applied.world.setup("unnamed-plan", aws={"account": None})
    assert "apply will refuse this" in setup.plan(check=0).err
    assert "apply will refuse this" not in setup.plan("--account", ACCOUNT, check=0).err


def test_the_option_names_the_account_too(applied):
    """One that is not the login's is refused before anything else."""
    setup = applied.world.setup("unnamed-option", aws={"account": None})
    done = setup.apply("--account", STAGING, check=6)
    assert f"signs in to account {ACCOUNT}, but aws.account says {STAGING}" in done.err
    assert "12 digits" in setup.apply("--account", "1234", check=2).err


def test_a_machine_that_used_the_account_needs_no_name(applied):
    """The setup that is there, by answers that do not name its account: nothing to do, and nothing is refused."""
    answers = json.loads(applied.setup.config.read_text())
    del answers["aws"]["account"]
    again = applied.setup.home / "unpinned.json"
    again.write_text(json.dumps(answers))
    done = applied.setup.run("apply", "-c", str(again), check=0)
    assert done.out.strip() == applied.url


NOTHING = NO_KEYS | {
    "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_REGION": None,
    "AWS_DEFAULT_REGION": None,
}  # fmt: skip


def test_on_an_instance_nothing_need_be_said(world):
    """Keys and region are the instance's; nothing of it is asked where the environment has keys, as on a laptop."""
    env = NOTHING | {"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": world.url}
    world.control("machine", {"role": True})
    row = world.run("profiles", "--json", env=env, check=0).of_type("profile")[0]
    assert (row["kind"], row["account"], row["name"]) == ("instance", ACCOUNT, "")
    assert ":assumed-role/practice-machine/i-" in row["principal"]
    assert "GET /latest/meta-data/placement/region" in world.control("machine")
    setup = world.setup("on-an-instance", aws={"profile": None, "region": None})
    done = setup.plan("--json", env=env, check=0)
    assert (done.summary["account"], done.summary["region"]) == (ACCOUNT, "eu-west-3")
    world.control("machine", {"role": True})
    world.run("profiles", "--json", env={"AWS_EC2_METADATA_DISABLED": None}, check=0)
    assert world.control("machine") == []


def test_in_a_container_neither(world):
    """The task's keys, with its token; a wrong token is refused."""
    env = NOTHING | {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{world.url}/container/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "practice-container-token",
    }
    row = world.run("profiles", "--json", env=env, check=0).of_type("profile")[0]
    assert (row["kind"], row["account"]) == ("container", ACCOUNT)
    wrong = env | {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "another"}
    assert "status 401" in world.run("profiles", "--json", env=wrong, check=0).of_type("profile")[0]["error"]


def test_a_sign_in_of_aws_login_is_refreshed(world):
    """The profile of the sample world whose keys ended in the morning: new ones, by a proof of its key."""
    file = next(Path(world.env["AWS_LOGIN_CACHE_DIRECTORY"]).glob("*.json"))
    kept = json.loads(file.read_text())
    kept["accessToken"]["expiresAt"] = "2026-01-01T08:15:00Z"  # another test may have renewed them
    file.write_text(json.dumps(kept))
    mark = world.mark()
    row = next(row for row in world.run("profiles", "--json", check=0).of_type("profile") if row["name"] == "login")
    assert row["kind"] == "login" and row["account"] == ACCOUNT and row["provider"] == "login", row
    assert [call["operation"] for call in world.traffic(mark) if call["service"] == "signin"] == ["CreateOAuth2Token"]


class Login:
    """A profile "renewed" whose keys come from a program that reads them from a file."""

    def __init__(self, world, name):
        folder = world.folder / name
        folder.mkdir()
        self.world, self.file = world, folder / "keys.json"
        program = folder / "keys.py"
        program.write_text(PROGRAM)
        config = folder / "config"
        command = shlex.join([sys.executable, str(program), str(self.file)])
        config.write_text(f"[profile renewed]\nregion = eu-west-3\ncredential_process = {command}\n")
        self.env = NO_KEYS | {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def give(self, account=ACCOUNT, lasts=3600):
        sts = self.world.client("sts")
        role = f"arn:aws:iam::{account}:role/Engineer"
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        made = [sts.assume_role(RoleArn=role, RoleSessionName="long-run")["Credentials"] for _ in range(3)]
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps([{name: keys[name] for name in names} | {"lasts": lasts} for keys in made]))
        part.rename(self.file)

    def asked(self):
        """The ids of the keys that were given out, in order."""
        return (self.file.parent / (self.file.name + ".asked")).read_text().split()


@pytest.mark.slow
def test_a_long_run_outlives_its_credentials(world):
    """Keys that are about to end are renewed before they do; others that AWS suddenly refuses, at once."""
    login = Login(world, "login-renewed")
    login.give(lasts=REFRESH_S + 3)
    setup = world.setup("login-renewed", aws={"profile": "renewed"})
    mark = world.mark()
    world.control("faults", {"operation": "*", "do": "expired", "skip": 60})
    setup.apply(env=login.env, check=0)
    calls = [call for call in world.traffic(mark) if call["access_key"].startswith("ASIA")]
    refused = [call for call in calls if call["error"] and "xpired" in call["error"]]
    assert len(refused) == 1 and refused[0].get("fault"), "only the one on purpose"
    assert len(login.asked()) > 2
    setup.destroy(env=login.env, check=0)


@pytest.mark.slow
def test_a_login_that_only_a_person_renews_stops_and_goes_on(world):
    """Exit 4 with what to do; what was made is kept; with a login again, resume ends with the address."""
    setup = world.setup("login-ends", aws={"profile": "work"})
    world.control("faults", {"operation": "*", "do": "expired", "skip": 60, "count": 0})
    try:
        done = setup.apply(env=NO_KEYS, check=4)
    finally:
        world.control("faults", {"clear": True})
    assert "forest-setup resume login-ends" in done.err
    assert setup.resume(env=NO_KEYS, check=0).out.startswith("http")
    setup.destroy(env=NO_KEYS, check=0)


@pytest.mark.slow
def test_keys_of_another_account_are_not_used(world):
    """The program begins to give keys of another account in the middle: the run ends, and nothing is made there."""
    login = Login(world, "login-moved")
    login.give(lasts=REFRESH_S + 3)
    setup = world.setup("login-moved", aws={"profile": "renewed"})
    mark = world.mark()
    running = setup.start("apply", "-c", str(setup.config), env=login.env)
    made = lambda: any(call["operation"].startswith("Create") for call in world.traffic(mark))  # noqa: E731
    world.until("something is made", made, 240)
    login.give(STAGING)
    out, err = running.communicate(timeout=300)
    assert running.returncode == 1, out + err
    assert f"now signs in to account {STAGING}, but this setup is in account {ACCOUNT}" in err
    assert [call["operation"] for call in world.traffic(mark) if call["account"] == STAGING] == ["GetCallerIdentity"]
    login.give()
    setup.resume(env=login.env, check=0)
    setup.destroy(env=login.env, check=0)

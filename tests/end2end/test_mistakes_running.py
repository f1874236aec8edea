# SPDX-License-Identifier: MIT
"""Mistakes that only show when the container runs: one cause, one remedy, exit code 1, and after the answer is
corrected the same setup goes on, changing only what depends on it."""

import collections
import json

import pytest
from inventory import things, writes
from test_mistakes import CANARY, check_text, message

CAN_RESUME = 1
ROLLOUT = ["ecs.RegisterTaskDefinition", "ecs.UpdateService"]


def fail(setup, env=None):
    """An apply that must fail in the end; its message."""
    done = setup.apply(env=env, check=CAN_RESUME)
    text = message(done)
    assert f"Go on: forest-setup resume {setup.name}" in text, text
    check_text(text)
    assert CANARY not in done.out + done.err
    assert not done.out.strip(), "no address is promised"
    return text


def test_wrong_password_then_the_right_one(world):
    """The database refuses the password: told as such; resume with the right one writes the secret and rolls out."""
    setup = world.setup("wrong-password")
    wrong = {"POSTGRESQL_URL": world.env["POSTGRESQL_URL"].replace("practice-Only%211", CANARY)}
    text = fail(setup, wrong)
    assert "The database refuses the password of user storefront." in text
    assert "Correct user and password of the database URL" in text
    status = setup.run("status", setup.name, "--offline").out
    assert "refuses the password" in status, status
    before = things(setup)
    mark = world.mark()
    setup.resume(check=0)
    calls = collections.Counter(writes(world.traffic(mark)))
    assert calls == collections.Counter(["secretsmanager.PutSecretValue", *ROLLOUT])
    assert things(setup) - before <= collections.Counter({"task definition": 1})
    setup.destroy(check=0)
    assert not things(setup)


def test_database_host_that_does_not_exist(world):
    """A host that no name server knows is named, with what to correct."""
    setup = world.setup("no-host")
    text = fail(
        setup,
        {"POSTGRESQL_URL": world.env["POSTGRESQL_URL"].replace("storefront.c9akcwq", "storefrnt.c9akcwq")},
    )
    assert "There is no host storefrnt.c9akcwq" in text and "Correct the host of the database URL" in text
    setup.destroy(check=0)


@pytest.mark.slow
def test_database_group_that_lets_nobody_in(world):
    """Without the rule on the database's group the database stays silent: the remedy names port and both groups.
    With the answer added, apply makes that rule and nothing else, and is done."""
    group = world.setup("closed").answers["database"]["ingress_security_group"]
    setup = world.setup("closed", database={"ingress_security_group": None})
    done = setup.apply(timeout=300, check=CAN_RESUME)
    text = message(done)
    assert "The database does not answer" in text and "5432" in text and group in text
    check_text(text)
    setup.change(database={"ingress_security_group": group})
    mark = world.mark()
    setup.apply(check=0)
    assert writes(world.traffic(mark)) == ["ec2.AuthorizeSecurityGroupIngress"]
    setup.destroy(check=0)
    assert not things(setup)


def app(setup, code, files=None):
    """A folder with a program of a few lines in place of the backend; its answer."""
    folder = setup.home / "app"
    package = {"name": "tiny", "version": "1.0.0", "main": "index.js"}
    for name, content in ({"package.json": json.dumps(package), "index.js": code} | (files or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    setup.change(backend={"source": {"folder": str(folder)}})


def test_container_that_exits_at_once(world):
    """A program that ends by itself: its exit code is told and its last words were shown."""
    setup = world.setup("exits")
    app(setup, "console.error('cannot read /etc/tiny.conf'); process.exit(3);")
    done = setup.apply(check=CAN_RESUME)
    text = message(done)
    assert "ended by itself with exit code 3" in text and "forest-setup logs exits" in text, text
    assert "cannot read /etc/tiny.conf" in done.err
    assert "cannot read /etc/tiny.conf" in setup.run("logs", setup.name, check=0).out
    check_text(text)
    setup.destroy(check=0)


def test_container_that_needs_more_memory(world):
    """A program over its memory is killed: told, with the next size that Fargate has."""
    setup = world.setup("hungry")
    app(setup, "const kept = []; setInterval(() => kept.push(Buffer.alloc(64 << 20, 1)), 20);")
    text = fail(setup)
    assert "512 MiB of memory are too few" in text and "1024 MiB" in text
    setup.destroy(check=0)


@pytest.mark.slow
def test_port_where_nothing_listens(world):
    """A program that listens on another port than the answers say is found unhealthy, and the port is named."""
    setup = world.setup("other-port")
    app(setup, "require('http').createServer((q, a) => a.end('ok')).listen(3999);")
    text = fail(setup)
    assert "port 3000" in text, text
    setup.destroy(check=0)


@pytest.mark.slow
def test_service_that_is_not_a_forest_backend(world):
    """Something answers, but not as a Forest backend: the check that failed says so."""
    setup = world.setup("not-forest")
    app(setup, "require('http').createServer((q, a) => { a.statusCode = 404; a.end('nope'); }).listen(3000);")
    text = fail(setup)
    assert "404" in text or "Forest" in text, text
    setup.destroy(check=0)

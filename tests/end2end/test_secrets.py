# SPDX-License-Identifier: MIT
"""Secrets are in the CreateSecret call and in the container, and nowhere else.

The canaries are the secrets of the shared apply: the environment secret, the database's password (in the URL and
bare), and the auth secret that the program made up itself.
"""

import base64
import json
from urllib.parse import quote, unquote, urlsplit

import pytest


@pytest.fixture(scope="module")
def canaries(applied, world):
    """Every form in which one of the secrets could be seen, as bytes."""
    secret = applied.secret()
    url = secret["POSTGRESQL_URL"]
    quoted = urlsplit(url).password
    plain = [secret["FOREST_ENV_SECRET"], secret["FOREST_AUTH_SECRET"], url, quoted, unquote(quoted)]
    assert all(len(one) >= 12 for one in plain)
    forms = set()
    for one in plain:
        forms |= {one, quote(one, safe=""), json.dumps(one)[1:-1], one.upper()}
        # base64 at each of its three alignments, without the characters that neighbours change
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + one.encode()).decode().rstrip("=")
            forms.add(text[(shift * 4 + 2) // 3 + 1 : -1])
    return [one.encode() for one in forms]


def found_in(canaries, data):
    data = data.encode() if isinstance(data, str) else data
    return [one for one in canaries if one in data]


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_the_search_finds_them(canaries, applied):
    """The forms are the right ones: the body of CreateSecret has them, also when it is in base64."""
    (body,) = [body for head, body in applied.raw if b"secretsmanager.CreateSecret" in head]
    assert len(found_in(canaries, body)) >= 4
    for shift in range(3):
        assert len(found_in(canaries, base64.b64encode(b"x" * shift + body))) >= 4


def test_in_no_output(canaries, applied):
    """Not in stdout, not in stderr, not in the --log file."""
    assert applied.log.stat().st_size > 0
    for name, data in (("stdout", applied.done.out), ("stderr", applied.done.err), ("log", applied.log.read_bytes())):
        assert found_in(canaries, data) == [], name


def test_in_no_record(canaries, applied):
    """Not in the journal, nor in anything else under XDG_STATE_HOME; nobody else may read those files."""
    records = files(applied.setup.records)
    assert any(path.stat().st_size > 2000 for path in records), "there is a journal"
    for path in records:
        assert found_in(canaries, path.read_bytes()) == [], path
        assert path.stat().st_mode & 0o077 == 0, path


def test_in_no_cache(canaries, applied, world):
    """Not in the cache, which holds the layers of the image."""
    cached = files(world.folder / "cache" / "forest-setup") or files(world.folder / "cache")
    assert cached
    for path in cached:
        assert found_in(canaries, path.read_bytes()) == [], path


def test_in_one_call_only(canaries, applied):
    """Of all bytes sent to AWS, only CreateSecret's body has them; it has each once, as JSON."""
    assert len(applied.raw) == len(applied.calls)
    with_secrets = [head for head, body in applied.raw if found_in(canaries, head + body)]
    assert len(with_secrets) == 1
    assert b"secretsmanager.CreateSecret" in with_secrets[0]


def test_in_no_child(canaries, applied, world):
    """npm, the only child, has them neither in its arguments nor in its environment; of ours it gets the paths."""
    calls = [name for name in applied.npm if name.endswith(".cmdline")]
    assert calls, "npm was run"
    for name, text in applied.npm.items():
        assert found_in(canaries, text) == [], name
        if name.endswith(".environ"):
            names = {line.partition("=")[0] for line in text.splitlines()}
            assert "PATH" in names
            assert not {n for n in names if n.startswith(("AWS_", "FOREST_", "POSTGRES"))}, names


def test_npm_runs_no_scripts(applied):
    """npm installs without development dependencies and without running anybody's scripts."""
    (install,) = [text for name, text in applied.npm.items() if name.endswith(".cmdline") and "\nci\n" in text]
    assert "--omit=dev" in install and "--ignore-scripts" in install


def test_not_in_the_records_of_the_cloud(canaries, applied, world):
    """Not in the recorded traffic, though it shows the parameters of every call."""
    text = (world.state_dir / "traffic.jsonl").read_bytes()
    assert b"RegisterTaskDefinition" in text
    assert found_in(canaries, text) == []


def test_not_in_the_task_definition(canaries, applied, world):
    """Nor in anything that one may read of the setup without the right to read the secret."""
    ecs = world.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=applied.name, include=["TAGS"])
    secret = world.client("secretsmanager").describe_secret(SecretId=f"{applied.name}/env")
    assert found_in(canaries, json.dumps([definition, secret], default=str)) == []
    group = f"/ecs/{applied.name}"
    for stream in world.client("logs").describe_log_streams(logGroupName=group)["logStreams"]:
        answer = world.client("logs").get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
        assert found_in(canaries, json.dumps(answer["events"])) == []


def test_not_in_the_image(canaries, applied, world):
    """Nor in the image that was pushed: no layer, no config, no history."""
    blobs = files(world.state_dir / "registry")
    assert blobs
    for path in blobs:
        assert found_in(canaries, path.read_bytes()) == [], path


def test_in_no_other_command(canaries, applied):
    """export, status, logs, plan and a second apply show none of them."""
    setup = applied.setup
    for command in (("export", setup.name), ("status", setup.name), ("status", setup.name, "--json"),
                    ("logs", setup.name), ("plan", "-c", str(setup.config)),
                    ("apply", "-c", str(setup.config), "--json")):  # fmt: skip
        done = setup.run(*command, check=0)
        assert found_in(canaries, done.out + done.err) == [], command


def test_a_wrong_answer_does_not_show_the_others(canaries, applied, world):
    """An error about one answer shows no secret of another, nor the one it is about."""
    wrong = world.setup("wrong-secret", forest={"auth_secret": "env:CANARY"})
    done = wrong.apply(env={"CANARY": "short-auth-canary-4711"})
    assert done.code == 3, str(done)
    assert "auth_secret" in done.err
    assert "canary-4711" not in done.out + done.err
    assert found_in(canaries, done.out + done.err) == []


def test_secrets_from_a_file_and_from_stdin(canaries, applied, world):
    """Given as file: and stdin they are worth the same, and are not shown either."""
    setup = world.setup("by-file")
    place = setup.home / "url"
    place.write_text(world.env["POSTGRESQL_URL"] + "\n")
    place.chmod(0o600)
    setup.change(database={"url": f"file:{place}"}, forest={"env_secret": "stdin"})
    done = setup.plan(stdin=world.env["FOREST_ENV_SECRET"] + "\n",
                      env={"FOREST_ENV_SECRET": None, "POSTGRESQL_URL": None})  # fmt: skip
    assert done.code == 0, str(done)
    assert "known to Forest" in done.out
    assert found_in(canaries, done.out + done.err) == []

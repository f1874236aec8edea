# SPDX-License-Identifier: MIT
"""Bad inputs of the table in rows.py that no other suite meets with the whole program: hostile names from AWS, secrets
with odd characters, unsafe files, the environment.
"""

import os
import signal
import subprocess
import threading

import pytest
from crash import SETTLED, journal, run_until
from inventory import things
from relay import Relay, rendered

PATIENCE = 600
# ESC and BEL cannot be in XML at all, so AWS cannot send them here; C1 bytes, line ends and marks can.
HOSTILE = "evil\x9b2J\x9d52;c;aGk=\x9c\x85\nnext\trow \u202edrawkcab\u200b"
HARMLESS = b"evil-name-0815"


class Liar(Relay):
    """A relay that puts the hostile name into AWS's answers: a tag that is written today may not hold it, but what
    comes is believed of nobody."""

    def handle(self, head, body, client):
        answer, text = self.forward(head, body)
        hostile = "".join(c if " " <= c <= "~" else f"&#{ord(c)};" for c in HOSTILE)
        client.sendall(rendered(answer, text.replace(HARMLESS, hostile.encode())))


@pytest.fixture(scope="module")
def hostile_vpc(world):
    """A VPC whose name, on its way to the program, holds what a terminal would obey: (its id, the environment)."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.99.0.0/24")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": HARMLESS.decode()}])
    liar = Liar(world.port)
    yield vpc, {"AWS_ENDPOINT_URL": liar.url}
    liar.stop()
    ec2.delete_vpc(VpcId=vpc)


def raw_controls(text):
    """The characters that a terminal obeys or that turn the order of the others, but for the line end."""
    return [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u200b\u2066"]


def test_a_hostile_name_is_shown_as_text(world, hostile_vpc, tried):
    """Escape sequences, C1 bytes, a bell, line ends and bidirectional marks in a VPC's name stay within their row."""
    vpc, env = hostile_vpc
    shown = world.run("vpcs", env=env, check=0, timeout=PATIENCE)
    assert vpc in shown.out and "evil" in shown.out
    assert raw_controls(shown.out + shown.err) == []
    (row,) = [line for line in shown.out.splitlines() if vpc in line or "evil" in line][:1]
    assert "evil" in row, "one row"
    listed = world.run("vpcs", "--json", env=env, check=0, timeout=PATIENCE)
    assert raw_controls(listed.out + listed.err) == []
    assert any("evil" in str(event) for event in listed.events), "and every line is JSON"
    tried("rows", 2)


ODD = "a%22b%27c%24d%5Ce%25f%26g%C3%A9%20h"


@pytest.mark.slow
def test_a_secret_with_odd_characters_is_stored_as_it_is(world, tried):
    """Quotes, dollar, backslash, percent, ampersand, a letter beyond ASCII: read back, it is what was given."""
    setup = world.setup("odd-secret")
    url = f"postgres://{ODD}:{ODD}@" + world.env["POSTGRESQL_URL"].rpartition("@")[2]
    program = setup.start("apply", "-c", str(setup.config), env=SETTLED | {"POSTGRESQL_URL": url})
    try:
        world.until("the secret is stored", lambda: stored_by(setup) or program.poll() is not None, PATIENCE)
        assert program.poll() is None, program.communicate()
    finally:
        program.kill()
        program.communicate()
    stored = world.client("secretsmanager").get_secret_value(SecretId=f"forestadmin-{setup.name}/env")
    assert f'"POSTGRESQL_URL":"{url}"' in stored["SecretString"].replace('": "', '":"')
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)
    tried("rows")


def stored_by(setup):
    return any(r.get("step") == "secret" and r["type"] in ("done", "ready") for r in journal(setup))


def test_a_secret_through_a_pipe_file(world, tmp_path, tried):
    """A FIFO is read once its writer comes; what it gives is the secret."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    setup = world.setup("by-fifo", forest={"env_secret": f"file:{pipe}"})
    writer = threading.Thread(target=lambda: pipe.write_text(world.env["FOREST_ENV_SECRET"] + "\n"), daemon=True)
    writer.start()
    done = setup.plan(env={"FOREST_ENV_SECRET": None}, timeout=PATIENCE)
    writer.join(30)
    assert done.code == 0 and "known to Forest" in done.out, str(done)
    tried("rows")


def test_a_secret_without_end(world, tried):
    """stdin never ends: as much as a secret can have is read and no more, its length is told and not its value."""
    setup = world.setup("endless", forest={"env_secret": "stdin"})
    endless = subprocess.Popen(["yes", "canary-of-the-endless-0815"], stdout=subprocess.PIPE)
    try:
        program = setup.start("plan", "-c", str(setup.config), stdin=endless.stdout)
        out, err = program.communicate(timeout=PATIENCE)
    finally:
        endless.kill()
        endless.communicate()
    assert program.returncode == 3, err
    assert "stdin: is longer than" in err and "canary" not in out + err, err
    tried("rows")


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_a_polite_signal_is_ctrl_c(world, number, tried):
    """SIGTERM and SIGHUP end an apply as one Ctrl-C does: what runs is recorded, 130, resumable."""
    setup = world.setup(f"signal-{int(number)}")
    world.configure(latency_ms=100)
    try:
        program = run_until(setup, 8, "apply", "-c", str(setup.config))
        program.send_signal(number)
        _, err = program.communicate(timeout=PATIENCE)
    finally:
        world.configure()
    assert program.returncode == 130, err
    assert f"resume {setup.name}" in err
    last = {r["step"]: r["type"] for r in journal(setup) if "step" in r}
    assert "intent" not in last.values(), last
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)
    tried("rows")


@pytest.mark.slow
def test_ctrl_c_twice_leaves_at_once(world, tried):
    """The second SIGINT ends it in the middle of a call; the journal is whole, destroy finds what was being made."""
    setup = world.setup("twice-ctrl-c")
    world.configure(latency_ms=2000)
    try:
        program = run_until(setup, 4, "apply", "-c", str(setup.config))
        program.send_signal(signal.SIGINT)
        program.send_signal(signal.SIGINT)
        code = program.wait(timeout=PATIENCE)
        program.communicate()
    finally:
        world.configure()
    assert code == 130
    assert journal(setup), "every line is whole"
    assert setup.run("status", setup.name, "--offline", timeout=PATIENCE).code == 0
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)
    tried("rows")


def test_a_preloaded_library_is_told(world, disk, tried):
    """LD_PRELOAD can read every secret of the process: apply says that it is set."""
    setup = world.setup("preloaded")
    done = setup.apply(env=disk.fails("none") | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, timeout=PATIENCE)
    assert "LD_PRELOAD" in done.err and done.code != 0, str(done)
    tried("rows")

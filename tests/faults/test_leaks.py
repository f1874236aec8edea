# SPDX-License-Identifier: MIT
"""The leak gate: no secret in any place where somebody could find it, whatever becomes of the run.

Canaries for the environment secret, the auth secret, the database URL and its password alone, the AWS secret key and
the session token. They come from files, so that they are rightly in no environment. Searched in every form of
leaks.forms_of(): home, temp and records, the log, what is printed, arguments and environments of the program and its
children while it runs, core dumps. The traffic and the image are
searched in tests/end2end/test_secrets.py. The sign-in of Identity Center, one-time codes and Forest's own token are
typed into the wizard only: tests/unit/credentials and tests/unit/screens hold what is shown and kept of them.
"""

import base64
import json
import re
import resource
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from crash import SETTLED, journal
from inventory import things
from leaks import Sampler, Secrets, in_files

PATIENCE = 600


@pytest.fixture(scope="module")
def known(world, tmp_path_factory):
    return Secrets(world, tmp_path_factory.mktemp("typed"))


def wish_for_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def start(setup, *args, terminal=None):
    """The program with core dumps wished for, in a folder of its own."""
    cwd = setup.home / "cwd"
    cwd.mkdir(exist_ok=True)
    env = setup.world._merge(setup.env | SETTLED | {"TERM": "xterm-256color"})
    stdin, out = (subprocess.DEVNULL, subprocess.PIPE) if terminal is None else (terminal, terminal)
    return subprocess.Popen([setup.world.binary, *args], env=env, cwd=cwd, preexec_fn=wish_for_cores,
                            start_new_session=True, stdin=stdin, stdout=out, stderr=out)  # fmt: skip


def apply(setup):
    return ("apply", "-c", str(setup.config), "--log", str(setup.home / "logs/log"))


def no_leaks(known, setup, sampler, *texts):
    """Nothing in what was printed, in any file that the run left, in any process that it had."""
    for text in texts:
        assert known.found_in(text) == [], text[-3000:]
    leaks, count = in_files(known, setup.home)
    assert leaks == []
    assert sampler.leaks == set()
    assert sampler.samples > 3 and count > 1  # a run that nobody let in has written little
    return count


def watched(known, setup, *args):
    """Runs to the end; (exit code, output)."""
    program = start(setup, *args)
    sampler = Sampler(program.pid, known)
    out, err = program.communicate(timeout=PATIENCE)
    sampler.stop()
    no_leaks(known, setup, sampler, out, err)
    return program.returncode, (out + err).decode()


def test_the_search_finds_every_form(known):
    """The gate can fail: each secret is found in each of its forms, whatever is around it."""
    for name, value in known.values.items():
        for shift in range(3):
            assert name in known.found_in(base64.b64encode(b"x" * shift + value.encode() + b"yz")), name
        for text in (value, value.encode().hex(), quote(value, safe=""), json.dumps({"a": value})):
            assert name in known.found_in(f"before {text} after"), name


SAMPLE = ["secretsmanager.CreateSecret"]
STEPS = ["ecs.CreateService", "ec2.CreateSecurityGroup", "iam.CreateRole", "iam.PutRolePolicy", "logs.CreateLogGroup",
         "ecr.CreateRepository", "elbv2.CreateLoadBalancer",
         "elbv2.CreateTargetGroup", "elbv2.CreateListener", "apigatewayv2.CreateApi",
         "apigatewayv2.CreateVpcLink", "apigatewayv2.CreateIntegration", "apigatewayv2.CreateRoute",
         "apigatewayv2.CreateStage", "ecs.CreateCluster", "ecs.RegisterTaskDefinition", "sts.GetCallerIdentity",
         "ec2.DescribeVpcs", "secretsmanager.DescribeSecret"]  # fmt: skip


@pytest.mark.parametrize("operation", SAMPLE + [pytest.param(one, marks=pytest.mark.slow) for one in STEPS])
@pytest.mark.parametrize("action", ["denied", pytest.param("html", marks=pytest.mark.slow)])
def test_a_failure_shows_none(world, known, operation, action, tried):
    """A call that is refused, or answered by something that is not AWS, ends the run: nothing in what it says."""
    setup = known.setup(world, f"l-{action}-{operation.partition('.')[2][:11].lower()}")
    world.control("faults", [{"operation": operation, "do": action, "when": "before", "count": 0}])
    try:
        code, _ = watched(known, setup, *apply(setup))
    finally:
        world.control("faults", {"clear": True})
    assert code != 0
    tried("leak searches")
    if journal_of(setup):
        setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)


def journal_of(setup):
    try:
        return journal(setup)
    except FileNotFoundError:
        return []


def secret_is_out(setup):
    return any(r.get("step") == "secret" and r["type"] in ("intent", "done", "ready") for r in journal_of(setup))


SIGNALS = [signal.SIGSEGV, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGKILL, signal.SIGABRT))]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_crash_leaves_no_core(world, known, number, tried):
    """Killed by that signal with the secrets in memory, core dumps wished for: no core, nothing on the disk."""
    setup = known.setup(world, f"leak-signal-{int(number)}")
    program = start(setup, *apply(setup))
    sampler = Sampler(program.pid, known)
    try:
        world.until("the secret is handed over", lambda: secret_is_out(setup) or program.poll() is not None, PATIENCE)
        assert program.poll() is None, program.communicate()
        soft, hard = limits_of(program.pid)
        assert (soft, hard) == ("0", "0"), "the program takes the right to dump core away from itself"
    finally:
        program.send_signal(number)
        out, err = program.communicate(timeout=PATIENCE)
    sampler.stop()
    no_leaks(known, setup, sampler, out, err)
    assert [path for path in (setup.home / "cwd").iterdir() if "core" in path.name] == []
    tried("leak searches")
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)


def limits_of(pid):
    line = re.search(r"Max core file size\s+(\S+)\s+(\S+)", Path(f"/proc/{pid}/limits").read_text())
    return line[1], line[2]

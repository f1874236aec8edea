# SPDX-License-Identifier: MIT
"""The leak gate, in the places that a run leaves behind or shows: exports, its memory when it has wiped it, the
environment it was started with.

test_leaks.py has failures and crashes, test_leaks_wizard.py what stands on a terminal.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from calm import BACKEND
from crash import SETTLED, journal
from inventory import things
from leaks import Canaries, Sampler, Secrets, family, in_files, in_memory

PATIENCE = 600
HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def known(world, tmp_path_factory):
    return Secrets(world, tmp_path_factory.mktemp("typed"))


@pytest.fixture(scope="module")
def stand(world, tmp_path_factory):
    """The environment in which the program stands still at its end."""
    library = tmp_path_factory.mktemp("stand") / "stand.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", library, HERE / "stand.c"], check=True)
    return {"LD_PRELOAD": str(library), "STAND_STILL": str(Path(world.binary).resolve()),
            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}  # fmt: skip


def small(world, known, name):
    setup = known.setup(world, name)
    setup.change(backend={"source": {"folder": str(BACKEND)}})
    return setup


def begin(world, setup, *args, env=None):
    """The program with a home of its own; a folder to work in, so that nothing else is searched."""
    cwd = setup.home / "cwd"
    cwd.mkdir(exist_ok=True)
    env = world._merge(setup.env | SETTLED | (env or {}))
    return subprocess.Popen([world.binary, *args], env=env, cwd=cwd, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def stopped(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def look_at_the_end(world, known, program):
    """Waits until it stands still, searches its memory, lets it end: (leaks, output)."""
    sampler = Sampler(program.pid, known)
    try:
        world.until("it stands still at its end", lambda: stopped(program.pid) or program.poll() is not None, PATIENCE)
        assert program.poll() is None, program.communicate()
        leaks, seen = in_memory(known, program.pid)
    finally:
        sampler.stop()
        if program.poll() is None:
            program.send_signal(signal.SIGCONT)
        out, err = program.communicate(timeout=PATIENCE)
    assert seen > 1 << 20, "the memory was really read"
    assert sampler.leaks == set()
    return leaks, out + err


def test_the_search_of_memory_finds_it(known, tmp_path):
    """The search can fail: a secret in the memory of a process that stands still is found, in other forms, too."""
    (tmp_path / "value").write_text(known.values["auth secret"])
    code = "import os, sys, signal; v = open(sys.argv[1], 'rb').read(); os.kill(os.getpid(), signal.SIGSTOP)"
    program = subprocess.Popen(["python3", "-c", code, tmp_path / "value"])
    try:
        os.waitpid(program.pid, os.WUNTRACED)
        leaks, _ = in_memory(known, program.pid)
    finally:
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert {leak.partition(": ")[2] for leak in leaks} == {"auth secret"}


def test_nothing_is_in_memory_after_the_wipe(world, known, stand, tried):
    """When an apply has done everything and ends, no secret is left in its memory."""
    setup = small(world, known, "leak-memory")
    program = begin(world, setup, "apply", "-c", str(setup.config), env=stand)
    leaks, told = look_at_the_end(world, known, program)
    assert program.returncode == 0, told
    assert leaks == []
    assert known.found_in(told) == []
    tried("leak searches")
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)


@pytest.mark.slow
def test_nothing_is_in_memory_after_a_failure(world, known, stand, tried):
    """The same when the call that carries them is refused."""
    setup = small(world, known, "leak-memory-2")
    world.control("faults", [{"operation": "secretsmanager.CreateSecret", "do": "denied", "count": 0}])
    try:
        program = begin(world, setup, "apply", "-c", str(setup.config), env=stand)
        leaks, told = look_at_the_end(world, known, program)
    finally:
        world.control("faults", {"clear": True})
    assert program.returncode == 5, told
    assert leaks == []
    tried("leak searches")
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)


FORMATS = ("json", "terraform", "cloudformation", "workflow", "policy")


@pytest.mark.slow
def test_exports_have_none(world, known, tried):
    """Exported half made and finished, in every format, to a folder, a repository and the terminal: no secret."""
    setup = small(world, known, "leak-export")
    (setup.home / "home" / ".gitconfig").write_text("[user]\nname = Camille\nemail = camille@acme.example\n")
    world.control("faults", [{"operation": "ecs.CreateService", "do": "denied", "count": 0}])
    try:
        assert setup.apply(env=SETTLED, timeout=PATIENCE).code == 5
    finally:
        world.control("faults", {"clear": True})
    for when in ("half", "whole"):
        folder = setup.home / f"export-{when}"
        setup.run("export", setup.name, "--as", "all", "-o", str(folder), "--git", check=0, timeout=PATIENCE)
        for format in FORMATS:
            done = setup.run("export", setup.name, "--as", format, timeout=PATIENCE)
            assert known.found_in(done.out + done.err) == [], format
            tried("leak searches")
        leaks, count = in_files(known, folder)
        assert leaks == [] and count > 10, (leaks, count)
        tried("leak searches")
        if when == "half":
            setup.resume(env=SETTLED, check=0, timeout=PATIENCE)
    setup.destroy(env=SETTLED, check=0, timeout=PATIENCE)
    assert not things(setup)


def test_the_environment_is_emptied(world, known, tried):
    """Secrets given by the environment: as soon as they are read, /proc/PID/environ shows them no more, neither of the
    program nor of a child."""
    given = Canaries({name: known.values[name] for name in ("env secret", "url")})
    setup = world.setup("leak-environment")
    setup.change(backend={"source": {"folder": str(BACKEND)}})
    env = {"FOREST_ENV_SECRET": given.values["env secret"], "POSTGRESQL_URL": given.values["url"]}
    world.configure(latency_ms=100)
    try:
        program = begin(world, setup, "apply", "-c", str(setup.config), env=env)
        world.until("it works", lambda: written(setup) or program.poll() is not None, PATIENCE)
        assert program.poll() is None, program.communicate()
        for pid in family(program.pid):
            environ = Path(f"/proc/{pid}/environ").read_bytes()
            assert b"PATH=" in environ and given.found_in(environ) == [], pid
        tried("leak searches")
    finally:
        world.configure()
        program.kill()
        program.communicate()
    setup.destroy(env=SETTLED, timeout=PATIENCE)
    assert not things(setup)


def written(setup):
    try:
        return any(record["type"] == "intent" for record in journal(setup))
    except FileNotFoundError:
        return False

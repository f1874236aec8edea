# SPDX-License-Identifier: MIT
"""Namespaces by themselves, as root and as an ordinary user: isolation, exit codes, ways out, and nothing left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from images import compile_tiny

from practice.data import netns

ADDRESS = "10.0.3.7"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    compile_tiny(folder)
    return folder / "tiny"


@pytest.fixture
def root(tmp_path, program):
    (tmp_path / "root" / "bin").mkdir(parents=True)
    shutil.copy(program, tmp_path / "root" / "bin" / "tiny")
    return tmp_path / "root"


@pytest.fixture
def namespace():
    made = netns.Namespace(ADDRESS)
    yield made
    made.close()


def run(namespace, root, *argv, **changes):
    """Starts the tiny server; returns a file of what it writes."""
    reading, writing = os.pipe()
    uid = 1000 if os.geteuid() == 0 else os.geteuid()
    try:
        namespace.run(
            {
                "root": str(root),
                "cwd": "/",
                "binds": {},
                "hostname": "task",
                "argv": ["tiny", *argv],
                "env": {"PATH": "/bin"},
                "uid": uid,
                "gid": uid,
                "groups": [],
                "init": False,
                **changes,
            },
            writing,
            writing,
        )
    finally:
        os.close(writing)
    return open(reading)


def helpers():
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found += [int(entry.name)] if b"ecs_inside.py" in (entry / "cmdline").read_bytes() else []
            except OSError:
                continue
    return found


def test_two_namespaces_listen_on_the_same_port(namespace, root):
    other = netns.Namespace(ADDRESS)
    try:
        for one in (namespace, other):
            with run(one, root, "serve", "3000") as output:
                assert output.readline() == "listening on 3000\n"
            one.connect(3000, 2).close()
    finally:
        other.close()


def test_server_on_loopback_is_refused_from_outside(namespace, root):
    with run(namespace, root, "local", "3000") as output:
        output.readline()
    with pytest.raises(ConnectionRefusedError):
        namespace.connect(3000, 1)
    namespace.connect(3000, 1, host="127.0.0.1").close()


def test_exit_code_and_output_are_told(namespace, root):
    with run(namespace, root, "exit", "9", "words") as output:
        assert output.read() == "words\n"
    assert namespace.wait(5) == 9


@pytest.mark.parametrize("init", [True, False])
def test_sigterm_reaches_the_program(namespace, root, init):
    with run(namespace, root, "serve", "3000", init=init) as output:
        output.readline()
        namespace.signal(signal.SIGTERM)
        assert namespace.wait(5) == 0
        assert output.read() == "terminated\n"


def test_outlet_passes_refuses_or_swallows(namespace, root):
    server = socket.create_server(("127.0.0.1", 0))
    verdict = ["ok"]
    outlet = netns.Outlet(namespace, "127.0.0.1", 8000, lambda: (verdict[0], server.getsockname()))
    try:
        inside = namespace.connect(8000, 1, host="127.0.0.1")
        outside, _ = server.accept()
        inside.sendall(b"hello")
        assert outside.recv(10) == b"hello"
        outside.sendall(b"back")
        outside.close()
        assert inside.recv(10) == b"back" and inside.recv(10) == b""
        verdict[0] = "refused"
        # Reset once it is connected, or before the helper has looked whether it is.
        with pytest.raises((ConnectionResetError, ConnectionRefusedError)):
            namespace.connect(8000, 1, host="127.0.0.1").recv(10)
        verdict[0] = "timeout"
        deadline = time.monotonic() + 10
        with pytest.raises(TimeoutError):  # not even accepted, as behind a missing rule
            while time.monotonic() < deadline:
                namespace.connect(8000, 0.5, host="127.0.0.1").close()
        verdict[0] = "ok"
        inside = namespace.connect(8000, 10, host="127.0.0.1")
        inside.sendall(b"again")
        server.settimeout(10)
        received = b""
        while not received:  # one that was under way when the way closed may come first, with nothing to say
            received = server.accept()[0].recv(10)
        assert received == b"again", "the way is open again"
    finally:
        outlet.close()
        server.close()


def test_close_ends_the_program_and_the_helper(root):
    before = set(helpers())
    one = netns.Namespace(ADDRESS)
    with run(one, root, "stubborn", "3000") as output:
        output.readline()
        mine = set(helpers()) - before
        assert mine
        one.close()
        assert output.read() == "", "the program's end of the pipe is closed: it is dead"
    assert not mine & set(helpers())
    assert one.wait(1) is None
    with pytest.raises(TimeoutError):
        one.connect(3000, 1)


def test_death_of_the_cloud_ends_its_tasks(root, tmp_path):
    """A process that has a task is killed without a chance to clean up."""
    script = tmp_path / "owner.py"
    script.write_text(f"""
import os, sys, time
sys.path.insert(0, {str(Path(netns.__file__).parents[2])!r})
from practice.data import netns
n = netns.Namespace("{ADDRESS}")
uid = os.geteuid() or 1000
n.run({{"root": {str(root)!r}, "cwd": "/", "binds": {{}}, "hostname": "t", "argv": ["tiny", "stubborn", "3000"],
       "env": {{"PATH": "/bin"}}, "uid": uid, "gid": uid, "groups": [], "init": True}}, 1, 1)
time.sleep(60)
""")
    owner = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    assert owner.stdout.readline() == b"listening on 3000\n"
    owner.kill()
    owner.wait()
    began = time.monotonic()
    assert owner.stdout.read() == b"", "end of file: nobody holds the pipe any more"
    assert time.monotonic() - began < 5


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("bwrap"),
    reason="only root can become an ordinary user for this, with setpriv and bubblewrap",
)
def test_the_same_holds_for_an_ordinary_user():
    """Runs the essentials of the tests of this file as nobody, in bubblewrap, from a copy that nobody may read."""
    base = Path(tempfile.mkdtemp(prefix="practice-netns-"))
    base.chmod(0o755)
    try:
        here, package = Path(__file__).parent, Path(netns.__file__).parents[1]
        for name in ("test_netns.py", "images.py", "tiny_server.c"):
            shutil.copy(here / name, base / name)
        shutil.copytree(package, base / "practice", ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["chown", "-R", "65534:65534", str(base)], check=True)
        done = subprocess.run(
            [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "/usr/bin/python3",
                "-c",
                ORDINARY.format(base=str(base)),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=base,
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0 and "all well" in done.stdout, done.stdout + done.stderr
    finally:
        shutil.rmtree(base)


# pytest is in the venv, which nobody may not be able to read: the essentials by hand, with Debian's own Python
ORDINARY = """
import os, shutil, signal, sys
sys.path.insert(0, "{base}")
from pathlib import Path
from practice.data import netns
import images
assert netns.mode() == "user" and netns.missing() is None, netns.missing()
program = images.compile_tiny("{base}")
root = Path("{base}/root")
(root / "bin").mkdir(parents=True)
(root / "bin/tiny").write_bytes(program)
(root / "bin/tiny").chmod(0o755)
def start(n, *argv, init=False):
    r, w = os.pipe()
    n.run(dict(root=str(root), cwd="/", binds={{}}, hostname="t", argv=["tiny", *argv], env=dict(PATH="/bin"),
               uid=1000, gid=1000, groups=[], init=init), w, w)
    os.close(w)
    return open(r)
for init in (True, False):
    n = netns.Namespace("10.0.3.7")
    f = start(n, "serve", "3000", init=init)
    assert f.readline() == "listening on 3000\\n"
    s = n.connect(3000, 2)
    s.sendall(b"GET /uid HTTP/1.0\\r\\n\\r\\n")
    assert b"uid=1000 gid=1000" in s.recv(999)
    n.signal(signal.SIGTERM)
    assert n.wait(5) == 0, n.wait(5)
    n.close()
n = netns.Namespace("10.0.3.8")
f = start(n, "exit", "9", "words")
assert f.read() == "words\\n" and n.wait(5) == 9
n.close()
n = netns.Namespace("10.0.3.9")
f = start(n, "stubborn", "3000")
f.readline()
try:
    n.connect(3001, 1)
    raise SystemExit("not refused")
except ConnectionRefusedError:
    pass
n.close()
assert f.read() == ""
try:
    n = netns.Namespace("10.0.3.9")
    n.run(dict(root=str(root), cwd="/", binds={{}}, hostname="t", argv=["ghost"], env=dict(PATH="/bin"),
               uid=1000, gid=1000, groups=[], init=False), 1, 2)
    raise SystemExit("started a ghost")
except OSError as e:
    assert "executable file not found" in str(e), e
print("all well")
"""

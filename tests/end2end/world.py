# SPDX-License-Identifier: MIT
"""The world of the end-to-end tests: one practice cloud as its own process, the built program, setups in it.

Order: World(folder), start(), any number of setup(), stop(). A World is used from the test's thread; Setup.start()
may run the program in the background, for tests that kill it. A Setup has its own XDG_STATE_HOME, so that setups
know nothing of each other; the cache (dependencies of the backend) is shared by all of a session.
Failure: what the cloud or the program says is in the message of the exception.
"""

import contextlib
import json
import os
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
VENV_BIN = ROOT / ".practice" / "venv" / "bin"
REGION = "eu-west-3"
ACCOUNT = "123456789012"
TIME_SCALE = 0.005
STACK_TAG = "forestadmin:stack"
CONTROL_SECONDS = 120
STOP_SECONDS = 300  # on a busy machine
RUN_SECONDS = 600  # an apply, on a busy machine


class Done:
    """A finished run: code, out, err, and with --json the events of stdout."""

    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    @property
    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind):
        return [event for event in self.events if event["type"] == kind]

    @property
    def summary(self):
        return self.of_type("summary")[-1]

    def __str__(self):
        return f"forest-setup {shlex.join(self.args)}: exit {self.code}\n{self.out[-6000:]}\n{self.err[-6000:]}"


class World:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.binary = find_binary()
        self.port = free_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        self.forest_url = f"http://127.0.0.1:{self.port + 2}"
        self.database_port = self.port + 3
        self.state_dir = self.folder / "cloud"
        self.env = {}
        self._clients = {}
        self._process = None

    # ---- the cloud

    def start(self):
        command = ["sh", str(ROOT / "assets/practice/cloud"), "--port", str(self.port),
                   "--time-scale", str(TIME_SCALE), "--state", str(self.state_dir)]  # fmt: skip
        with open(self.folder / "cloud.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.until("the practice cloud answers", self._answers, 240)
        self.env = self._environment()

    def stop(self):
        """Ends the cloud and waits for it; its children end with it. One that cannot stop says where it stands."""
        self._process.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        assert code == 0, (self.folder / "cloud.log").read_text()[-20000:]

    def _answers(self):
        assert self._process.poll() is None, "the cloud ended: " + (self.folder / "cloud.log").read_text()[-4000:]
        try:
            return self.control("health")["status"] == "ok"
        except (OSError, urllib.error.URLError):
            return False

    def _environment(self):
        """What the program gets: a bare environment and what the cloud says to export."""
        kept = ("HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "npm_config_registry",
                "npm_config_cache", "npm_config_userconfig")  # fmt: skip
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env.setdefault("LSAN_OPTIONS", f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0")
        for line in (self.state_dir / "env").read_text().splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            env[name] = shlex.split(value)[0] if value else ""
        return env | {
            "PATH": f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{VENV_BIN}",
            "LC_ALL": "C.UTF-8",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_STATE_HOME": str(self.folder / "nobody"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def control(self, name, body=None):
        """GET (or, with a body, POST) /_practice/name."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_practice/{name}", data, CONTROL_SECONDS) as answer:
            return json.loads(answer.read() or b"{}")

    def traffic(self, since=0):
        """The recorded AWS calls, from number `since` on."""
        return self.control("traffic")[since:]

    def mark(self):
        """For traffic(since=...): how many calls there have been."""
        return len(self.control("traffic"))

    def configure(self, **changes):
        """configure(time_scale=0.1, latency_ms=50) until the next change; without changes the session's own."""
        return self.control("config", changes or {"time_scale": TIME_SCALE, "latency_ms": 0})

    def forest(self):
        """What the Forest stand-in has received."""
        with urllib.request.urlopen(f"{self.forest_url}/_practice/forest", timeout=CONTROL_SECONDS) as answer:
            return json.loads(answer.read())

    def client(self, service, region=REGION):
        """boto3 with the operator's keys, without retries."""
        if (service, region) not in self._clients:
            session = boto3.session.Session(
                self.env["AWS_ACCESS_KEY_ID"], self.env["AWS_SECRET_ACCESS_KEY"], region_name=region
            )
            config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
            self._clients[service, region] = session.client(service, endpoint_url=self.url, config=config)
        return self._clients[service, region]

    def keys_of(self, profile):
        """The key pair of a profile of the sample world, as the credentials file has it."""
        sections = (self.state_dir / "aws" / "credentials").read_text().split("\n[")
        lines = next(one for one in sections if one.startswith(f"{profile}]")).splitlines()[1:]
        return dict(line.split(" = ", 1) for line in lines if " = " in line)

    def until(self, what, check, timeout=30):
        """Polls check() until it is true and returns its value."""
        deadline = time.monotonic() + timeout
        while True:
            value = check()
            if value:
                return value
            assert time.monotonic() < deadline, f"waited {timeout} s until {what}"
            time.sleep(0.05)

    # ---- the program

    def run(self, *args, env=None, timeout=RUN_SECONDS, check=None, stdin=""):
        """Runs the program to its end. check is the exit code that it must have. env: None removes a variable."""
        done = subprocess.run(
            [self.binary, *args], env=self._merge(env), input=stdin, text=True, capture_output=True,
            timeout=timeout, cwd=self.folder,
        )  # fmt: skip
        return judge(Done(args, done.returncode, done.stdout, done.stderr), check)

    def start_program(self, *args, env=None, stdin=subprocess.DEVNULL):
        """Starts the program; the caller ends it. stdout and stderr are text pipes."""
        return subprocess.Popen(
            [self.binary, *args], env=self._merge(env), stdin=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip

    def _merge(self, env):
        return {name: value for name, value in (self.env | (env or {})).items() if value is not None}

    def setup(self, name, **changes):
        """A setup of that name: the sample answers with changes, setup("x", network={"vpc": "new"}) or a value of
        None to leave a key away. Nothing is run yet."""
        answers = json.loads((self.state_dir / "setup.json").read_text()) | {"name": name}
        return Setup(self, name, merge(answers, changes))


@contextlib.contextmanager
def running(folder):
    """A running World in that folder, for the fixtures. At the end the emulator must not have broken once."""
    world = World(folder)
    world.start()
    try:
        yield world
        errors = world.control("emulator-errors")
    finally:
        world.stop()
    assert not errors, "the emulator broke on " + "; ".join(
        f"{e['service']}.{e['operation']}: {e['emulator_error'][:300]}" for e in errors
    )


class Setup:
    """One setup: its answer file, its records, the commands on it."""

    def __init__(self, world, name, answers):
        self.world, self.name, self.answers = world, name, answers
        self.home = world.folder / "setups" / name
        self.home.mkdir(parents=True, exist_ok=True)
        self.config = self.home / "setup.json"
        self.records = self.home / "state"
        self.env = {"XDG_STATE_HOME": str(self.records)}
        self.write()

    def write(self):
        """Writes the answer file again after a change of answers."""
        self.config.write_text(json.dumps(self.answers, indent=2))

    def change(self, **changes):
        self.answers = merge(self.answers, changes)
        self.write()

    def run(self, *args, env=None, **options):
        return self.world.run(*args, env=self.env | (env or {}), **options)

    def start(self, *args, env=None, **options):
        return self.world.start_program(*args, env=self.env | (env or {}), **options)

    def plan(self, *args, **options):
        return self.run("plan", "-c", str(self.config), *args, **options)

    def apply(self, *args, **options):
        return self.run("apply", "-c", str(self.config), *args, **options)

    def resume(self, *args, **options):
        return self.run("resume", self.name, *args, **options)

    def destroy(self, *args, **options):
        return self.run("destroy", self.name, "--yes", *args, **options)


def judge(done, check):
    assert "Sanitizer" not in done.err, str(done)
    if check is not None:
        assert done.code == check, str(done)
    return done


def merge(value, changes):
    """The value with changes: objects member by member, None removes."""
    result = dict(value)
    for key, change in changes.items():
        if change is None:
            result.pop(key, None)
        elif isinstance(change, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], change)
        else:
            result[key] = change
    return result


def find_binary():
    named = os.environ.get("FOREST_SETUP")
    if named:
        assert Path(named).exists(), f"FOREST_SETUP names {named}, which is not there"
        return str(Path(named).resolve())
    newest = sorted((ROOT / "build").glob("dev*/forest-setup"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in (ROOT / "build/asan/forest-setup", *newest, ROOT / "build/forest-setup"):
        if path.exists():
            return str(path)
    raise FileNotFoundError("forest-setup is not built: cmake --preset asan && ninja -C build/asan forest-setup")


def free_ports():
    """A port from which five in a row are free."""
    for base in range(20000 + os.getpid() * 10 % 12000, 32700, 10):  # below what the kernel gives to clients
        sockets = [socket.socket() for _ in range(5)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise RuntimeError("no five free ports in a row")

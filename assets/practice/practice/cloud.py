# SPDX-License-Identifier: MIT
"""Class Cloud: the configuration, the clock and the parts of one practice cloud, started and stopped in order.

Order: Cloud(config), start(), ... stop(). start() prepares moto, wraps it, loads the rules, starts the parts, seeds and
only then listens. stop() may be called at any time and from any thread, and ends every child.
One Cloud per process: moto's state is global.
"""

import dataclasses
import fcntl
import importlib
import json
import logging
import os
import shlex
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from practice import emulator
from practice.clock import Clock
from practice.faults import scenarios
from practice.faults.fault import Book
from practice.keepalive import Occupied, taken
from practice.later import Later
from practice.record import Recorder
from practice.signature import Credentials, Key
from practice.witness import Witness

log = logging.getLogger("practice.cloud")

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = "123456789012"
REGION = "eu-west-3"
# AWS's own documentation example: works on no account.
OPERATOR = Key(
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ACCOUNT,
    principal=f"arn:aws:iam::{ACCOUNT}:user/operator",
    user_id="AIDAIOSFODNN7EXAMPLE",
    unlimited=True,
)

# (attribute of Cloud, module, class) in the order of starting; stopped in reverse. A module may have install(cloud),
# called before anything starts.
PARTS = (
    ("network", "practice.network", "Network"),
    ("registry", "practice.data.registry", "Registry"),
    ("database", "practice.data.database", "Database"),
    ("forest", "practice.data.forest", "Forest"),
    ("tasks", "practice.data.tasks", "Tasks"),
    ("gateway", "practice.data.gateway", "Gateway"),
)


CHANGEABLE = {"time_scale", "latency_ms", "clock_skew_s", "lag", "empty_pages", "quotas", "throttling"}


def state_of(port: int) -> Path:
    """Where a cloud of this port keeps its state when nobody says: several run at once without a word about it."""
    return Config.state_dir if port == Config.port else Config.state_dir.with_name(f"state-{port}")


@dataclasses.dataclass
class Config:
    port: int = 4100
    time_scale: float = 0.02
    latency_ms: float = 0
    # How far the clock of "AWS" is ahead of this machine's; a negative one is behind.
    clock_skew_s: float = 0
    state_dir: Path = ROOT / ".practice" / "state"  # of port 4100; state_of() tells that of another one
    cache_dir: Path = ROOT / ".practice" / "cache"
    seed: str = "sample"
    scenario: str = "none"  # of faults/scenarios.py, played from the start
    lag: float = 0  # AWS seconds at most until a new resource is seen (rules/lag.py)
    lag_seed: int = 0
    throttling: bool = True  # the documented limits of the control planes (rules/throttling.py)
    empty_pages: bool = False  # every list begins with an empty page and a token (rules/paging.py)
    quotas: dict[str, int] = dataclasses.field(default_factory=dict)  # by error code (rules/quotas.py)
    # Only these parts, for tests of the layer alone; None is all of them.
    parts: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {k: str(v) if isinstance(v, Path) else v for k, v in dataclasses.asdict(self).items()}


class Cloud:
    """See the module. Parts reach each other through the attributes; one that is not running is None."""

    def __init__(self, config: Config) -> None:
        self.config: Config = config
        self.clock = Clock(config.time_scale)
        self.url = f"http://127.0.0.1:{config.port}"
        self.account, self.region = ACCOUNT, REGION
        self.credentials = Credentials()
        self.credentials.add(OPERATOR)
        # What a client sets in its environment; parts add theirs before or while they start.
        self.exports = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": OPERATOR.access_key,
            "AWS_SECRET_ACCESS_KEY": OPERATOR.secret,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
        self.recorder: Recorder = Recorder(None)
        self.witness: Witness = Witness(self)
        self.faults: Book = Book()
        self.player: scenarios.Player = scenarios.Player(self)
        self.emulator: Any = None
        # The services' applications, which are still made while the cloud answers already.
        self.ready: Later | None = None
        self.sso: Any = None
        self.signin: Any = None
        self.machine: Any = None
        self.network: Any = None
        self.registry: Any = None
        self.tasks: Any = None
        self.gateway: Any = None
        self.database: Any = None
        self.forest: Any = None
        self.sample: dict[str, Any] = {}  # the networks of the sample seed, by name
        # Set by rules/states.py: changes to come, cloud.schedule.later(aws_seconds, action).
        self.schedule: Any = None
        # What was begun before moto was there: by name, each waited for before the cloud answers.
        self.early: dict[str, Later] = {}
        self._stoppers: list[tuple[str, Callable[[], None]]] = []
        self._stop_lock = threading.Lock()

    def on_stop(self, name: str, action: Callable[[], None]) -> None:
        """Registers an action for stop(); the last registered runs first."""
        self._stoppers.append((name, action))

    def part_names(self) -> list[str]:
        return [attribute for attribute, _, _ in PARTS if getattr(self, attribute) is not None]

    def start(self) -> None:
        """Returns when the cloud answers. On failure everything that was started is stopped again."""
        try:
            self._start()
        except Occupied:
            self.stop()
            raise
        except BaseException:
            log.exception("start")  # now: a part may take its time to stop
            self.stop()
            raise

    def _start(self) -> None:
        emulator.prepare(self.config.port, ACCOUNT, self.config.cache_dir)
        self.emulator = emulator.Emulator()
        # Imported here: they pull in moto, which must find its environment prepared.
        from practice import rules, wrapped
        from practice.server import make_server

        # The port first: a second cloud must fail before it touches the state of the first.
        server = make_server(self)
        self.on_stop("server", server.stop)
        self._check_ports()
        self._hold_state()
        self.config.cache_dir.mkdir(parents=True, exist_ok=True)
        self.recorder = Recorder(self.config.state_dir / "traffic.jsonl")
        self.on_stop("recorder", self.recorder.close)
        self._begin_early()
        wrapped.install(self)
        rules.load(self)
        self.sso = importlib.import_module("practice.sso").Sso(self)
        self.signin = importlib.import_module("practice.signin").Signin(self)
        self.machine = importlib.import_module("practice.machine").Machine(self)
        modules = self._import_parts()
        for _, module, _ in modules:
            install = getattr(module, "install", None)
            if install:
                install(self)
        self.emulator.warm_up(ACCOUNT, REGION)
        for attribute, module, name in modules:
            if getattr(self, attribute) is None:
                self._begin(attribute, module, name)
        if self.config.seed != "empty":
            importlib.import_module("practice.seed").seed(self)
        for later in self.early.values():
            later.result()
        self.witness.baseline()
        if self.config.scenario != "none":
            self.player.play(Path(self.config.scenario).stem, scenarios.load(self.config.scenario))
        # Before the first answer: whoever sees the cloud healthy reads these files next.
        self._write_env()
        server.start()
        self.ready = Later(self.emulator.prepare_answers, REGION)

    def _check_ports(self) -> None:
        """Those of the other parts, before any of them begins."""
        for port in range(self.config.port + 1, self.config.port + 5) if self.config.parts is None else ():
            with socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    trial.bind(("127.0.0.1", port))
                except OSError:
                    raise taken(port) from None

    def _hold_state(self) -> None:
        """Two clouds in one folder would take away what the other uses. The lock ends with this process, however."""
        folder = self.config.state_dir
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "cloud.lock").open("w")
        self.on_stop("lock", lock.close)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(f"{folder} is the state of another cloud that runs: give each its own --state") from None

    def _begin(self, attribute: str, module: Any, name: str) -> None:
        part = getattr(module, name)(self)
        setattr(self, attribute, part)
        self.on_stop(attribute, part.stop)
        part.start()

    def _begin_early(self) -> None:
        """What needs no other part and waits for other programs, while moto and the rules are still being read."""
        if self.wants("tasks"):
            from practice.data.netns import abilities

            self.early["abilities"] = Later(abilities, self.config.state_dir / "tasks")
        for attribute, module, name in PARTS:
            if attribute in ("registry", "database") and self.wants(attribute):
                self._begin(attribute, importlib.import_module(module), name)
        if self.registry is not None:
            self.early["registry"] = Later(self.registry.wait)
            if self.config.seed != "empty":
                self.early["images"] = Later(importlib.import_module("practice.seed.base").publish, self)

    def wants(self, part: str) -> bool:
        return self.config.parts is None or part in self.config.parts

    def _import_parts(self) -> list[tuple[str, Any, str]]:
        return [
            (attribute, importlib.import_module(name), class_name)
            for attribute, name, class_name in PARTS
            if self.wants(attribute)
        ]

    def _write_env(self) -> None:
        text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.exports.items())
        path = self.config.state_dir / "env"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        pid = self.config.state_dir / "cloud.pid"
        pid.write_text(f"{os.getpid()}\n", encoding="utf-8")
        self.on_stop("pid", lambda: pid.unlink(missing_ok=True))

    def change(self, changes: dict[str, Any]) -> None:
        """Changes those of CHANGEABLE while the cloud runs."""
        unknown = set(changes) - CHANGEABLE
        if unknown:
            raise ValueError(f"cannot change {', '.join(sorted(unknown))}: {json.dumps(sorted(changes))}")
        if "time_scale" in changes:
            self.clock.scale = float(changes["time_scale"])
            self.config.time_scale = self.clock.scale
        if "latency_ms" in changes:
            if not 0 <= float(changes["latency_ms"]) <= 60000:
                raise ValueError("latency_ms is not within 0..60000")
            self.config.latency_ms = float(changes["latency_ms"])
        if "clock_skew_s" in changes:
            self.config.clock_skew_s = float(changes["clock_skew_s"])
        if "lag" in changes:
            self.config.lag = float(changes["lag"])
        if "throttling" in changes:
            self.config.throttling = bool(changes["throttling"])
        if "empty_pages" in changes:
            self.config.empty_pages = bool(changes["empty_pages"])
        if "quotas" in changes:
            self.config.quotas = {str(name): int(limit) for name, limit in changes["quotas"].items()}

    def stop(self) -> None:
        """Ends every part, the last started first. A part that fails to stop does not keep the others running."""
        self.clock.cancel()
        with self._stop_lock:
            while self._stoppers:
                name, action = self._stoppers.pop()
                try:
                    action()
                except Exception:
                    log.exception("stopping %s", name)

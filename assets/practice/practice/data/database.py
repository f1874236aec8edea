# SPDX-License-Identifier: MIT
"""PostgreSQL behind RDS: one real server on 127.0.0.1:P+3 that every RDS PostgreSQL endpoint leads to.

Order: start() begins in the background; resolve() says where a name
leads; wait() returns when the server answers; stop() ends it. Each run starts from a fresh copy of the sample
database. As on RDS with rds.force_ssl=1 the user must come with TLS; the certificate is signed by nobody.
Failure: PostgreSQL missing or a port in use is told by start() or by wait().
"""

import logging
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from practice import emulator
from practice.data.database_template import Missing, Owner, bin_folder, template
from practice.seed import sample

log = logging.getLogger("practice.database")

READY_SECONDS = 60
# Data folders outside of the state folder; a server removes its pid file when it ends, also by SIGQUIT.
PREFIX = "forest-practice-postgres."
ABANDONED_SECONDS = 600


class Database:
    """The server process. `port` is where it listens; nothing of it outlives stop()."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.port = cloud.config.port + 3
        self.refuses = False
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()  # held while the server is started, so that stop() always finds it
        self._error: Exception | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the server in the background, for the sample world only: an empty cloud has no database."""
        if self.cloud.config.seed == "empty":
            return
        programs = bin_folder()
        self._thread = threading.Thread(target=self._run, args=(programs,), name="postgres", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Returns when the server answers. Raises what kept it from that."""
        if self._thread is None:
            raise Missing("this cloud runs without a database (--seed empty)")
        if not self._ready.wait(READY_SECONDS):
            raise TimeoutError(f"PostgreSQL did not answer in {READY_SECONDS} s")
        if self._error:
            raise self._error

    def stop(self) -> None:
        with self._starting:
            self._stopping.set()
            process = self._process
        if process and process.poll() is None:
            process.send_signal(signal.SIGQUIT)  # at once: the data is a copy
        if self._thread:
            self._thread.join()
            self._thread = None

    def resolve(self, host: str, port: int) -> tuple[str, int, str, list[str]] | None:
        """Where the DNS name and port of a database lead: (address, port, VPC, security groups), or None.

        Waits until the server answers, so that a task never meets a database that is only being unpacked.
        """
        found = self._instance(host.lower().rstrip("."), port)
        if found is None or self._thread is None:
            return None
        vpc, groups = found
        self.wait()
        # A port where nothing ever listens, when a scenario has it so (faults/world.py).
        return "127.0.0.1", 1 if self.refuses else self.port, vpc, groups

    def _instance(self, host: str, port: int) -> tuple[str, list[str]] | None:
        """VPC and security groups of the instance with that endpoint; an alias stands for the sample one."""
        if host == sample.DATABASE_ALIAS:
            host = sample.DATABASE_HOST
        with emulator.lock:
            for instance in self._instances():
                if instance.address.lower() == host and int(instance.port or 5432) == port:
                    return instance.db_subnet_group.vpc_id, list(instance.vpc_security_group_ids)
        return None

    def _instances(self) -> list[Any]:
        from moto.rds.models import rds_backends

        return [
            instance
            for account in list(rds_backends.values())
            for backend in list(account.values())
            for instance in backend.databases.values()
            if "postgres" in (instance.engine or "") and getattr(instance, "db_subnet_group", None)
        ]

    # ---- the server's thread: the child is told to die with it, so it lives as long as the child

    def _run(self, programs: Path) -> None:
        try:
            owner = Owner.current()
            made = template(programs, self.cloud.config.cache_dir, owner)
            folder = self._copy(made, owner)
            with self._starting:
                if self._stopping.is_set():
                    return
                self._process = self._spawn(programs, folder, owner)
            self._await_answer(folder)
            self._ready.set()
            code = self._process.wait()
            if not self._stopping.is_set():
                log.error("PostgreSQL ended by itself with status %s", code)
        except Exception as error:
            self._error = error
            log.error("PostgreSQL: %s", error)
        finally:
            if self._process and self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            remove_left_behind(self.cloud.config.state_dir / "postgres")
            self._ready.set()

    def _copy(self, made: Path, owner: Owner) -> Path:
        """A fresh data folder. Under the state folder when its owner can reach it there, else in /tmp."""
        place = self.cloud.config.state_dir / "postgres"
        remove_left_behind(place)
        if not owner.reaches(place.parent):
            base = Path(tempfile.mkdtemp(prefix=PREFIX))
            (place.parent / "postgres.path").write_text(f"{base}\n", encoding="utf-8")
        else:
            base = place
            base.mkdir()
        base.chmod(0o755)
        subprocess.run(["cp", "-a", "--reflink=auto", str(made), str(base / "data")], check=True)
        return base / "data"

    def _spawn(self, programs: Path, folder: Path, owner: Owner) -> subprocess.Popen[bytes]:
        output = (self.cloud.config.state_dir / "postgres.log").open("wb")
        with output:
            command = [str(programs / "postgres"), "-D", str(folder), "-p", str(self.port)]
            # A session of its own: Ctrl-C on the terminal is for the cloud, which then ends the server.
            return subprocess.Popen(
                owner.command(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
            )

    def _await_answer(self, folder: Path) -> None:
        assert self._process
        deadline = time.monotonic() + READY_SECONDS
        while not self._stopping.is_set() and time.monotonic() < deadline:
            if self._process.poll() is not None:
                text = (self.cloud.config.state_dir / "postgres.log").read_text(errors="replace").strip()
                raise Missing("PostgreSQL did not start: " + " / ".join(text.splitlines()[-3:]))
            if ready(folder):
                return
            self._stopping.wait(0.01)


def ready(folder: Path) -> bool:
    """Whether the server takes sessions: it writes so in the eighth line of its pid file (as pg_ctl -w reads)."""
    try:
        return (folder / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    except (OSError, IndexError):
        return False


def remove_left_behind(place: Path) -> None:
    """What a run that was killed has left: its data folder, here or in /tmp."""
    note = place.parent / "postgres.path"
    shutil.rmtree(place, ignore_errors=True)
    if note.exists():
        old = Path(note.read_text(encoding="utf-8").strip())
        if old.name.startswith(PREFIX):
            shutil.rmtree(old, ignore_errors=True)
        note.unlink()
    for old in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        if abandoned(old):
            shutil.rmtree(old, ignore_errors=True)


def abandoned(base: Path) -> bool:
    """Whether no server runs in a data folder of ours, and none is just being started there."""
    try:
        fresh = time.time() - base.stat().st_mtime < ABANDONED_SECONDS
        return not fresh and not (base / "data" / "postmaster.pid").exists()
    except OSError:
        return False

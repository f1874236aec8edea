# SPDX-License-Identifier: MIT
"""The initialised data folder that every run of the database copies: made once for a version and a sample.

Order: bin_folder() finds the newest PostgreSQL, Owner.current() says who may run it (never root), template() gives
the finished folder in the cache, making it when its recipe changed. Made beside its place and renamed.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from practice.seed import sample

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "storefront.sql"
# Small and careless: the data is a copy that nobody will miss.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
logging_collector = off
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
"""
# Short segments of the write-ahead log: half of what each run copies would be one of the usual size.
INITDB = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres", "--auth=trust", "--wal-segsize=1"]
# As RDS with rds.force_ssl=1: no line for a connection without TLS, so the server says "no encryption".
ACCESS = """
hostssl all {user} 127.0.0.1/32 scram-sha-256
"""


class Missing(Exception):
    """What this machine lacks, with the remedy."""


@dataclass(frozen=True)
class Owner:
    """Whom the server runs as. PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int
    switch: bool

    @classmethod
    def current(cls) -> "Owner":
        if os.geteuid() != 0:
            me = pwd.getpwuid(os.geteuid())
            return cls(me.pw_name, me.pw_uid, me.pw_gid, False)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(name, entry.pw_uid, entry.pw_gid, True)
        raise Missing("PostgreSQL must not run as root, and there is no user postgres or nobody")

    def command(self, command: list[str]) -> list[str]:
        """The command as this owner, and ended when the thread that started it ends."""
        setpriv = shutil.which("setpriv")
        if not setpriv:
            if self.switch:
                raise Missing("setpriv is missing (apt-get install util-linux)")
            return command
        switch = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"] if self.switch else []
        return [setpriv, "--pdeathsig=QUIT", *switch, "--", *command]

    def reaches(self, folder: Path) -> bool:
        """Whether the owner can walk into folder: root's checkout may lie below a private home."""
        if not self.switch:
            return True
        return subprocess.run(self.command(["test", "-x", str(folder)]), check=False).returncode == 0


def bin_folder() -> Path:
    """Where initdb and postgres are: Debian keeps them off the path, one folder a version."""
    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    versions = sorted(found, key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0)
    if versions:
        return versions[-1]
    program = shutil.which("postgres")
    if program and shutil.which("initdb"):
        return Path(program).resolve().parent
    raise Missing("PostgreSQL is not installed (apt-get install postgresql)")


def template(programs: Path, cache: Path, owner: Owner) -> Path:
    recipe = hashlib.sha256()
    for text in (
        SETTINGS,
        ACCESS,
        " ".join(INITDB),
        SAMPLE.read_text(encoding="utf-8"),
        sample.DATABASE_PASSWORD,
        str(programs),
    ):
        recipe.update(text.encode())
    place = cache / f"postgres-{owner.uid}-{recipe.hexdigest()[:12]}"
    if usable(place, owner):
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not usable(place, owner):
            shutil.rmtree(place, ignore_errors=True)
            make(programs, place, owner)
    return place


def usable(place: Path, owner: Owner) -> bool:
    """Whether it is there and the owner's: a checkout that was copied may belong to whoever copied it."""
    return place.exists() and (place / "postgresql.conf").stat().st_uid == owner.uid


def make(programs: Path, place: Path, owner: Owner) -> None:
    """initdb, load, certificate; in /tmp, where the owner may work and a socket's path is short."""
    work = Path(tempfile.mkdtemp(prefix="forest-practice-db."))
    half = place.with_suffix(".half")
    try:
        os.chown(work, owner.uid, owner.gid)
        data = work / "data"
        run(owner.command([str(programs / "initdb"), "-D", str(data), *INITDB]), work)
        load(programs, data, work, owner)
        certificate(data, owner)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        (data / "pg_hba.conf").write_text(ACCESS.format(user=sample.DATABASE_USER), encoding="utf-8")
        shutil.rmtree(half, ignore_errors=True)
        subprocess.run(["cp", "-a", str(data), str(half)], check=True)
        half.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(half, ignore_errors=True)


def load(programs: Path, data: Path, work: Path, owner: Owner) -> None:
    """The user, the database and the sample, through a server that listens on a socket in work only."""
    server = f"-c listen_addresses='' -c fsync=off -k {work}"
    control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-s"]
    run(owner.command([*control, "-o", server, "-l", str(work / "log"), "start"]), work)
    try:
        psql = [str(programs / "psql"), "-X", "-q", "-h", str(work), "-v", "ON_ERROR_STOP=1"]
        user, name, password = sample.DATABASE_USER, sample.DATABASE_NAME, sample.DATABASE_PASSWORD
        create = f"CREATE ROLE {user} LOGIN PASSWORD '{password}'; "
        run(owner.command([*psql, "-U", "postgres", "-d", "postgres", "-c", create]), work)
        create = f"CREATE DATABASE {name} OWNER {user}"
        run(owner.command([*psql, "-U", "postgres", "-d", "postgres", "-c", create]), work)
        with SAMPLE.open("rb") as file:
            run(owner.command([*psql, "-U", user, "-d", name, "-f", "-"]), work, stdin=file)
        run(owner.command([*psql, "-U", "postgres", "-d", name, "-c", "VACUUM ANALYZE"]), work)
    finally:
        run(owner.command([*control, "-m", "fast", "stop"]), work)


def certificate(data: Path, owner: Owner) -> None:
    """Self-signed, so that a client which verifies fails here as it does on RDS without Amazon's bundle."""
    key, public = data / "server.key", data / "server.crt"
    subject = [
        "-subj",
        f"/CN={sample.DATABASE_HOST}",
        "-addext",
        f"subjectAltName=DNS:{sample.DATABASE_HOST}",
    ]
    files = ["-keyout", str(key), "-out", str(public)]
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", *subject, *files]
    run(openssl, data)
    key.chmod(0o600)
    for path in (key, public):
        os.chown(path, owner.uid, owner.gid)


def run(command: list[str], cwd: Path, stdin: int | IO[bytes] = subprocess.DEVNULL) -> None:
    """Runs quietly; raises Missing with the last lines when it fails. Output goes to a file: pg_ctl's server
    would keep a pipe open."""
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(command, cwd=cwd, stdin=stdin, stdout=output, stderr=output, check=False)
        if done.returncode:
            output.seek(0)
            text = output.read().decode("utf-8", "replace").strip().splitlines()
            raise Missing(f"{' '.join(command[-3:])}: {' / '.join(text[-3:])}")

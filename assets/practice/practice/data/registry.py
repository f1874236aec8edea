# SPDX-License-Identifier: MIT
"""ECR's registry and a public registry, answered by Debian's docker-registry.

Registry(cloud).start() runs two private docker-registry processes on unix sockets, which answer once wait() is over,
and puts a proxy with the manners of ECR (registry_proxy.py) on port P+1 and one with the manners of public.ecr.aws on
P+4. Inside the private one every repository lives under ACCOUNT/REGION/, which no client sees. moto's ECR backend
decides which repositories, images and tags exist (registry_ecr.py keeps the two in step); the registry keeps the bytes.

push_public() fills the public registry from an OCI layout folder. pull.py reads the stores directly."""

import contextlib
import hashlib
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from practice import emulator

PROGRAM = "docker-registry"
TOKEN_LIFE_S = 12 * 3600  # GetAuthorizationToken: "valid for 12 hours", on real time as clients check it
CHUNK = 1 << 18
START_DEADLINE_S = 15.0
CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
  redirect: {{disable: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{net: unix, addr: {socket}, secret: practice, relativeurls: true}}
"""
MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def install(cloud: Any) -> None:
    """Wraps moto's ECR; called by the cloud before anything starts."""
    from practice.data import registry_ecr  # needs moto, which must find its environment prepared

    registry_ecr.install(cloud)


class RegistryError(Exception):
    """The private registry said no; status is its HTTP status."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"registry answered {status}: {body[:300].decode('utf-8', 'replace')}")
        self.status = status


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=300)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


PREFIX = "practice-registry-"


def remove_left_behind() -> None:
    """What clouds that were killed have left; their registries ended with them. A folder is named after its cloud."""
    for old in Path(tempfile.gettempdir()).glob(PREFIX + "*-*"):
        pid = old.name.removeprefix(PREFIX).partition("-")[0]
        if not pid.isdigit():
            continue
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(old, ignore_errors=True)
        except PermissionError:
            pass  # somebody else's, and running


class Store:
    """One private docker-registry process: start(), wait() until it answers, stop()."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        remove_left_behind()
        # unix socket paths must be short
        self._run = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
        self.socket = f"{self._run}/s"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = Path(self._run, "config.yml")
        config.write_text(CONFIG.format(root=json.dumps(str(self.folder)), socket=self.socket))
        program = shutil.which(PROGRAM) or shutil.which("registry")
        if not program:
            raise RuntimeError(
                "the registry needs the program docker-registry (Debian package docker-registry)"
            )
        command = [program, "serve", str(config)]
        if setpriv := shutil.which("setpriv"):  # ends with us even when we are killed
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with open(Path(self._run, "log"), "wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        assert self._process
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                self.request("GET", "/v2/")
                return
            time.sleep(0.01)
        log_text = Path(self._run, "log").read_text(errors="replace")[-800:]
        raise RuntimeError(f"docker-registry did not start: {log_text}")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._run, ignore_errors=True)

    def connection(self) -> UnixConnection:
        return UnixConnection(self.socket)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        good: tuple[int, ...] = (200, 201, 202),
    ) -> tuple[http.client.HTTPMessage, bytes]:
        """A short exchange (never a whole layer). RegistryError when the status is not one of good."""
        connection = self.connection()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if response.status not in good:
            raise RegistryError(response.status, data)
        return response.headers, data

    def has_blob(self, repository: str, digest: str) -> bool:
        try:
            self.request("HEAD", f"/v2/{repository}/blobs/{digest}")
        except RegistryError:
            return False
        return True

    def blob_size(self, repository: str, digest: str) -> int | None:
        try:
            headers, _ = self.request("HEAD", f"/v2/{repository}/blobs/{digest}")
        except RegistryError:
            return None
        return int(headers["Content-Length"])

    def put_blob(self, repository: str, digest: str, source: BinaryIO | bytes, size: int) -> None:
        """Uploads a blob from an open file, skipped when it is there already."""
        if self.has_blob(repository, digest):
            return
        headers, _ = self.request("POST", f"/v2/{repository}/blobs/uploads/", headers={"Content-Length": "0"})
        location = headers["Location"]
        joiner = "&" if "?" in location else "?"
        self.request(
            "PUT",
            f"{location}{joiner}digest={digest}",
            source,
            {"Content-Length": str(size), "Content-Type": "application/octet-stream"},
        )

    def link_blob(self, repository: str, digest: str, path: Path) -> bool:
        """Puts a file of this machine into the registry's folder as a blob, without a copy. False when that cannot be:
        on another file system."""
        kind, _, name = digest.partition(":")
        root = self.folder / "docker/registry/v2"
        data = root / "blobs" / kind / name[:2] / name / "data"
        layer = root / "repositories" / repository / "_layers" / kind / name / "link"
        try:
            data.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.link(path, data)
        except OSError:
            return False
        layer.parent.mkdir(parents=True, exist_ok=True)
        layer.write_text(digest, encoding="ascii")
        return True

    def put_manifest(self, repository: str, reference: str, manifest: bytes, media_type: str) -> None:
        self.request("PUT", f"/v2/{repository}/manifests/{reference}", manifest, {"Content-Type": media_type})

    def manifest(self, repository: str, reference: str) -> tuple[bytes, str]:
        headers, data = self.request(
            "GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": ", ".join(MANIFEST_TYPES)}
        )
        return data, headers["Content-Type"]

    def delete_manifest(self, repository: str, digest: str) -> None:
        with contextlib.suppress(RegistryError):
            self.request("DELETE", f"/v2/{repository}/manifests/{digest}")

    def forget(self, repository: str) -> None:
        """Removes what a repository holds, but not repositories whose names lie below its name."""
        folder = self.folder / "docker/registry/v2/repositories" / repository
        for part in ("_layers", "_manifests", "_uploads"):
            shutil.rmtree(folder / part, ignore_errors=True)

    def blob(self, repository: str, digest: str) -> Iterator[bytes]:
        """The bytes of a blob, piece by piece. RegistryError when there is none."""
        connection = self.connection()
        try:
            connection.request("GET", f"/v2/{repository}/blobs/{digest}")
            response = connection.getresponse()
            if response.status != 200:
                raise RegistryError(response.status, response.read())
            while piece := response.read(CHUNK):
                yield piece
        finally:
            connection.close()


@dataclass
class Token:
    account: str
    region: str
    expires: float
    access_key: str = ""  # of whoever asked for it (registry_ecr.whose_token)


class Registry:
    def __init__(self, cloud: Any) -> None:
        self._cloud = cloud
        state = Path(cloud.config.state_dir) / "registry"
        self.ecr, self.public = Store(state / "ecr"), Store(state / "public")
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()
        self._servers: list[Any] = []

    @property
    def port(self) -> int:
        return self._cloud.config.port + 1

    @property
    def public_port(self) -> int:
        return self._cloud.config.port + 4

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        from practice.data.registry_proxy import EcrHandler, PublicHandler, Server

        try:
            self.ecr.start()
            self.public.start()
            # Nobody may ask before wait() has returned.
            for port, handler in ((self.port, EcrHandler), (self.public_port, PublicHandler)):
                server = Server(port, handler, self)
                self._servers.append(server)
                threading.Thread(target=server.serve_forever, name=f"registry {port}", daemon=True).start()
        except BaseException:
            self.stop()
            raise

    def wait(self) -> None:
        """Returns when both registries answer."""
        self.ecr.wait()
        self.public.wait()

    def stop(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []
        self.ecr.stop()
        self.public.stop()

    # ---- tokens

    def issue(self, account: str, region: str) -> tuple[str, float]:
        """A new password for `AWS` and when it ends (epoch seconds)."""
        password = secrets.token_urlsafe(96)
        token = Token(account, region, time.time() + TOKEN_LIFE_S)
        with self._lock:
            self._tokens = {k: v for k, v in self._tokens.items() if v.expires > time.time() - TOKEN_LIFE_S}
            self._tokens[password] = token
        return password, token.expires

    def may(self, token: Token, action: str, arn: str) -> str:
        """Why the token's owner may not do the action on the repository, or ""."""
        from practice.permissions import judge  # reads moto, which is prepared by now
        from practice.permissions.actions import Need

        with emulator.lock:
            return judge.may(self._cloud, token.access_key, "ecr", token.region, Need(action, arn))

    def token(self, password: str) -> Token | None:
        with self._lock:
            return self._tokens.get(password)

    # ---- contents

    @staticmethod
    def inner(account: str, region: str, repository: str) -> str:
        """A repository's name inside the private registry."""
        return f"{account}/{region}/{repository}"

    def address_of(self, account: str, region: str, repository: str, digest: str) -> str:
        """Where a layer of a private repository is read without a token, or "" when there is none."""
        inner = self.inner(account, region, repository)
        if self.ecr.blob_size(inner, digest) is None:
            return ""
        return self.endpoint + self._servers[0].sign(self.ecr, inner, digest)

    def push_public(self, layout: str | Path, repository: str, tag: str) -> str:
        """Puts the image of an OCI layout folder (manifest.json, config.json, blobs) under repository:tag, and under
        its digest, which is returned. The folder's files are found by digest: any file name will do."""
        folder = Path(layout)
        body = (folder / "manifest.json").read_bytes()
        manifest = json.loads(body)
        for blob in [manifest["config"], *manifest["layers"]]:
            if not self.public.has_blob(repository, blob["digest"]):
                path = _find_blob(folder, blob["digest"], blob["size"])
                if self.public.link_blob(repository, blob["digest"], path):
                    continue
                with open(path, "rb") as f:
                    self.public.put_blob(repository, blob["digest"], f, blob["size"])
        self.public.put_manifest(repository, tag, body, manifest["mediaType"])
        return "sha256:" + hashlib.sha256(body).hexdigest()


def _find_blob(folder: Path, digest: str, size: int) -> Path:
    named = folder / "blobs" / digest.replace(":", "/")
    if named.is_file() and named.stat().st_size == size:
        return named
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size == size):
        sha = hashlib.sha256()
        with open(path, "rb") as f:
            while piece := f.read(CHUNK):
                sha.update(piece)
        if "sha256:" + sha.hexdigest() == digest:
            return path
    raise FileNotFoundError(f"{folder} has no file with the digest {digest}")

# SPDX-License-Identifier: MIT
"""A real docker-registry on an ephemeral port, a small base image, and the publish tool of tests/tools/publish.c.

FOREST_PUBLISH names the tool (ctest sets it); without it the newest build/*/tests/publish is used.
"""

import base64
import crypt
import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OCI = "application/vnd.oci.image."
CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}", secret: test}}
"""


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    """One docker-registry process. url, host; request() speaks plain HTTP to it."""

    def __init__(self, folder, password=None):
        self.folder = folder
        self.port = free_port()
        self.host, self.url = f"127.0.0.1:{self.port}", f"http://127.0.0.1:{self.port}"
        self.basic = base64.b64encode(f"AWS:{password}".encode()).decode() if password else None
        text = CONFIG.format(root=folder / "data", port=self.port)
        if password:
            salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)
            line = "AWS:" + crypt.crypt(password, salt).replace("$2b$", "$2y$")
            (folder / "htpasswd").write_text(line + "\n")
            text += f"auth: {{htpasswd: {{realm: ecr, path: {folder / 'htpasswd'}}}}}\n"
        (folder / "config.yml").write_text(text)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while self.request("GET", "/v2/")[0] not in (200, 401):
            assert self.process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "docker-registry does not answer"
            time.sleep(0.02)

    def request(self, method, path, body=None, headers=None):
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        if self.basic:
            request.add_header("Authorization", "Basic " + self.basic)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as e:
            return e.code, e.read(), dict(e.headers)
        except OSError:
            return 0, b"", {}

    def push_blob(self, repository, data):
        status, _, headers = self.request("POST", f"/v2/{repository}/blobs/uploads/", b"")
        assert status == 202
        joint = "&" if "?" in headers["Location"] else "?"
        status, _, _ = self.request("PUT", f"{headers['Location']}{joint}digest={digest(data)}", data,
                                    {"Content-Type": "application/octet-stream"})
        assert status == 201

    def push_base(self, repository, tag, architectures=("amd64", "arm64"), size=3_000_000):
        """An index of images, each of three layers of noise and node's place in them."""
        manifests = []
        for architecture in architectures:
            tars = [tar_of(f"{architecture}-{i}", os.urandom(size)) for i in range(3)]
            layers = [gzip.compress(one, 1, mtime=0) for one in tars]
            config = json.dumps({"architecture": architecture, "os": "linux", "created": "2023-01-01T00:00:00Z",
                                 "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "NODE_VERSION=22"],
                                            "Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["node"]},
                                 "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]}}).encode()
            for blob in (*layers, config):
                self.push_blob(repository, blob)
            manifest = json.dumps({
                "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                "config": {"mediaType": OCI + "config.v1+json", "digest": digest(config), "size": len(config)},
                "layers": [{"mediaType": OCI + "layer.v1.tar+gzip", "digest": digest(one), "size": len(one)}
                           for one in layers]}).encode()
            self.put_manifest(repository, digest(manifest), manifest, OCI + "manifest.v1+json")
            manifests.append({"mediaType": OCI + "manifest.v1+json", "digest": digest(manifest), "size": len(manifest),
                              "platform": {"os": "linux", "architecture": architecture}})
        index = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": manifests}).encode()
        self.put_manifest(repository, tag, index, OCI + "index.v1+json")
        return f"{self.host}/{repository}:{tag}"

    def put_manifest(self, repository, version, body, kind):
        status, answer, _ = self.request("PUT", f"/v2/{repository}/manifests/{version}", body, {"Content-Type": kind})
        assert status == 201, answer

    def manifest(self, repository, version):
        status, body, headers = self.request("GET", f"/v2/{repository}/manifests/{version}",
                                             headers={"Accept": OCI + "manifest.v1+json"})
        assert status == 200
        return json.loads(body), headers["Docker-Content-Digest"]

    def blob(self, repository, name):
        status, body, _ = self.request("GET", f"/v2/{repository}/blobs/{name}")
        assert status == 200
        return body

    def blob_file(self, name):
        return self.folder / "data/docker/registry/v2/blobs/sha256" / name[7:9] / name[7:] / "data"

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def tar_of(name, data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as t:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tool():
    named = os.environ.get("FOREST_PUBLISH")
    if named:
        return named
    built = sorted(ROOT.glob("build/*/tests/publish"), key=lambda p: p.stat().st_mtime)
    if not built:
        pytest.skip("the publish tool is not built (cmake --preset dev && ninja -C build/dev publish)")
    return str(built[-1])


@pytest.fixture(scope="session")
def need_registry():
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (apt-get install docker-registry)")


@pytest.fixture
def start_registry(tmp_path_factory, need_registry):
    started = []

    def start(password=None):
        started.append(Registry(tmp_path_factory.mktemp("registry"), password))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def registry(start_registry):
    return start_registry()


@pytest.fixture
def app(tmp_path):
    """A plain application without dependencies, and things that must not be sent."""
    folder = tmp_path / "app"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": "app", "version": "1.0.0", "main": "src/index.js"}))
    (folder / "src/index.js").write_text("console.log('hello')\n")
    (folder / ".env").write_text("PASSWORD=canary-of-the-folder\n")
    return folder


@pytest.fixture
def publish(tmp_path):
    def run(app, base, url, repository="app", tag="t1", *options, expect=True, env=None, cache="cache", timeout=120):
        done = subprocess.run([tool(), str(app), base, url, repository, tag, str(tmp_path / cache), *options],
                              capture_output=True, text=True, timeout=timeout, env={**os.environ, **(env or {})})
        assert done.stdout.strip(), done.stderr
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        answer["log"] = done.stderr
        assert "Sanitizer" not in done.stderr, done.stderr
        assert answer["ok"] is expect, answer
        return answer

    return run

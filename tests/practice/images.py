# SPDX-License-Identifier: MIT
"""Tiny images for the tests: layers made in memory, a static program compiled once, pushed with plain HTTP."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

SOURCE = Path(__file__).with_name("tiny_server.c")
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def compile_tiny(folder):
    """The static test program as bytes; a C compiler with static libc is in Debian's gcc and libc6-dev."""
    target = Path(folder) / "tiny"
    if not target.exists():
        subprocess.run(["gcc", "-static", "-O1", "-o", str(target), str(SOURCE)], check=True)
    return target.read_bytes()


def tar(entries):
    """entries: {path: bytes | ("link", target) | ("hard", target) | ("dir", mode)}; executable files under bin/."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as t:
        for path, content in entries.items():
            info = tarfile.TarInfo(path)
            if isinstance(content, bytes):
                info.size, info.mode = len(content), 0o755 if "bin/" in path else 0o644
                t.addfile(info, io.BytesIO(content))
                continue
            kind, value = content
            info.type = {"link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "dir": tarfile.DIRTYPE}[kind]
            if kind == "dir":
                info.mode = value
            else:
                info.linkname = value
            t.addfile(info)
    return buffer.getvalue()


class Image:
    """Layers and config of one image; manifest() is its bytes, name() its digest."""

    def __init__(self, layers, config=None, architecture="amd64"):
        self.tars = layers
        self.blobs = [gzip.compress(one, 1, mtime=0) for one in layers]
        self.config = json.dumps(
            {
                "architecture": architecture,
                "os": "linux",
                "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]},
            }
        ).encode()

    def manifest(self):
        return json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json",
                    "digest": digest(self.config),
                    "size": len(self.config),
                },
                "layers": [
                    {
                        "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                        "digest": digest(b),
                        "size": len(b),
                    }
                    for b in self.blobs
                ],
            }
        ).encode()

    def name(self):
        return digest(self.manifest())


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_open = urllib.request.build_opener(NoRedirect).open


def http(method, url, body=None, headers=None):
    """(status, headers, body) of one request; redirects are not followed and errors are not raised."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def login(ecr):
    """(registry's address, headers) by GetAuthorizationToken."""
    data = ecr.get_authorization_token()["authorizationData"][0]
    return data["proxyEndpoint"], {"Authorization": "Basic " + data["authorizationToken"]}


def push_blob(base, auth, repository, blob):
    status, headers, body = http("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", auth)
    assert status == 202, (status, body)
    location = headers["Location"]
    url = location + ("&" if "?" in location else "?") + "digest=" + digest(blob)
    status, _, body = http("PUT", url, blob, {**auth, "Content-Type": "application/octet-stream"})
    assert status == 201, (status, body)


def push(ecr, repository, image, tag="v1"):
    """Pushes an image as a client would; returns its digest."""
    base, auth = login(ecr)
    for blob in [image.config, *image.blobs]:
        push_blob(base, auth, repository, blob)
    url = f"{base}/v2/{repository}/manifests/{tag or image.name()}"
    status, _, body = http("PUT", url, image.manifest(), {**auth, "Content-Type": OCI_MANIFEST})
    assert status == 201, (status, body)
    return image.name()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Build the base image of the practice cloud: Debian's C library and Node 22 from npm's packages.

What it is for: the public registry of the practice cloud serves `docker/library/node:22-slim`, and this
machine may not reach a real one. The image has the shape of the real one: glibc, certificates, a shell,
`node` and `npm` in /usr/local/bin, the user `node` (1000).

    build.py --cache DIR [--arch amd64|arm64]     prints the path of the OCI layout DIR/base-ARCH

Order: lock, look for a finished layout of this recipe, else fetch, make two layers, write the layout beside
its place and rename it. Whoever sees DIR/base-ARCH sees a whole one. The same packages give the same bytes:
entries sorted, times fixed, owner root, nothing of this machine inside.
Failure: exit 1 and one line that says what is missing; nothing is left behind.
"""

import argparse
import contextlib
import fcntl
import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parent))
from layer import Layer  # noqa: E402  (this folder is no package: its name has a hyphen)
from packages import Missing, debian_tar, npm_tar  # noqa: E402

SUITE = "bookworm"
NODE_VERSION = "22.23.3"
NPM_VERSION = "10.9.9"
EPOCH = 1_700_000_000
NAME = "docker/library/node:22-slim"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n",
    "etc/group": "root:x:0:\nnode:x:1000:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
GZIP_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def recipe(arch: str) -> str:
    """A name for everything that decides the content, so that an old cache is seen as old."""
    digest = hashlib.sha256(arch.encode())
    for part in ("build.py", "layer.py", "packages.py", "packages.json"):
        digest.update((Path(__file__).resolve().parent / part).read_bytes())
    return digest.hexdigest()[:16]


def system_layer(arch: str, out: BinaryIO, work: Path) -> None:
    """Debian's files, without what only a running system or a reader of manuals needs."""
    layer = Layer(EPOCH)
    certificates = io.BytesIO()
    for entry in layer.take(debian_tar(SUITE, arch, work)):
        if entry.name.startswith("usr/share/ca-certificates/mozilla/"):
            certificates.write(layer.data(entry))
    layer.file("etc/ssl/certs/ca-certificates.crt", certificates.getvalue())
    for name, text in FILES.items():
        layer.file(name, text.encode())
    layer.folder("tmp", 0o1777)
    layer.folder("app")
    layer.folder("home/node", owner=1000)
    layer.write(out)


def node_layer(arch: str, out: BinaryIO, work: Path) -> None:
    """`node` and its `npm`, where the official image has them."""
    layer = Layer(EPOCH)
    layer.take(
        npm_tar("node-linux-" + {"amd64": "x64", "arm64": "arm64"}[arch], NODE_VERSION, work),
        {"package/bin/node": "usr/local/bin/node", "package/LICENSE": "usr/local/share/node/LICENSE"},
    )
    layer.take(npm_tar("npm", NPM_VERSION, work), {"package/": "usr/local/lib/node_modules/npm/"})
    for tool in ("npm", "npx"):
        layer.link(f"usr/local/bin/{tool}", f"../lib/node_modules/npm/bin/{tool}-cli.js")
    layer.write(out)


class Layout:
    """An OCI image layout being written: blobs are named by what they hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs/sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def blob(self, media_type: str, data: bytes) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}

    def document(self, media_type: str, value: dict) -> dict:
        return self.blob(media_type, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())

    def layer(self, make: Callable[[BinaryIO], None], work: Path) -> tuple[dict, str]:
        """Add a gzip layer; returns its descriptor and the digest of the tar inside (diff id)."""
        with tempfile.TemporaryFile(dir=work) as tar:
            make(tar)
            tar.seek(0)
            diff = hashlib.sha256()
            packed = io.BytesIO()
            with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as pipe:
                while block := tar.read(1 << 20):
                    diff.update(block)
                    pipe.write(block)
        return self.blob(GZIP_LAYER, packed.getvalue()), "sha256:" + diff.hexdigest()


def write_layout(folder: Path, arch: str, work: Path) -> None:
    layout = Layout(folder)
    layers, diffs = zip(
        layout.layer(lambda out: system_layer(arch, out, work), work),
        layout.layer(lambda out: node_layer(arch, out, work), work),
        strict=True,
    )
    target = {"architecture": arch, "os": "linux"}
    config = layout.document(
        CONFIG,
        target
        | {
            "created": "2023-11-14T22:13:20Z",
            "config": {"Env": ["PATH=" + PATH, "NODE_VERSION=" + NODE_VERSION], "Cmd": ["node"]},
            "rootfs": {"type": "layers", "diff_ids": list(diffs)},
            "history": [{"created_by": f"debian {SUITE}"}, {"created_by": f"node {NODE_VERSION}"}],
        },
    )
    manifest = layout.document(
        MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": list(layers)}
    )
    # Beside the layout's own index, for who wants this platform's manifest without looking for it.
    shutil.copyfile(
        folder / "blobs/sha256" / manifest["digest"].removeprefix("sha256:"), folder / "manifest.json"
    )
    # An image index, as a public registry has for every official image: a client must choose its platform.
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest | {"platform": target}]}
    top = layout.document(INDEX, index)
    top["annotations"] = {"org.opencontainers.image.ref.name": NAME, "dev.forest-setup.recipe": recipe(arch)}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))


def current(folder: Path, arch: str) -> bool:
    """Whether folder holds the whole layout of today's recipe."""
    try:
        (top,) = json.loads((folder / "index.json").read_text())["manifests"]
        return top["annotations"]["dev.forest-setup.recipe"] == recipe(arch)
    except (OSError, ValueError, KeyError):
        return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One builder at a time; the second waits and then finds the work done."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(cache: Path, arch: str) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    place = cache / f"base-{arch}"
    if current(place, arch):
        return place
    with locked(cache / f"base-{arch}.lock"):
        if current(place, arch):
            return place
        print(f"building the base image ({NAME}, {arch}) once", file=sys.stderr, flush=True)
        work = Path(tempfile.mkdtemp(prefix=f"base-{arch}.", dir=cache))
        try:
            os.environ["SOURCE_DATE_EPOCH"] = str(EPOCH)
            write_layout(work / "layout", arch, work)
            shutil.rmtree(place, ignore_errors=True)
            (work / "layout").rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return place


def main() -> int:
    parser = argparse.ArgumentParser(description="build the base image of the practice cloud")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps the layouts")
    parser.add_argument("--arch", choices=("amd64", "arm64"), default=MACHINES.get(platform.machine()))
    args = parser.parse_args()
    if not args.arch:
        parser.error(f"no base image for {platform.machine()}: give --arch")
    try:
        print(build(args.cache.resolve(), args.arch))
    except (Missing, subprocess.CalledProcessError, OSError) as error:
        print(f"cannot build the base image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

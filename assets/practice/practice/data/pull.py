# SPDX-License-Identifier: MIT
"""Pulls an image as the container runtime does: resolve, verify every digest, unpack once.

Puller(registry, folder).pull(image, account, region, architecture) returns an Image: its tree and its config.
Trees are named by chain (the digests of the layers up to there), so that images share what they share: the tree
of n layers is a hard-linked copy of the tree of n-1 with one layer applied. Trees are never written to again.
Errors are PullError, whose text is what ECS shows after "CannotPullContainerError: ". Thread-safe."""

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practice.data import registry_ecr
from practice.data.ecs_layer import PullError, apply_layer
from practice.data.registry import Registry, RegistryError, Store

ECR_HOST = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
CONFIG_MAX = 8 << 20


@dataclass(frozen=True)
class Reference:
    """An image's name taken apart. account and region are empty for the public registry."""

    name: str
    account: str
    region: str
    repository: str
    tag_or_digest: str


@dataclass(frozen=True)
class Image:
    tree: Path
    config: dict[str, Any]  # the config's own "config": Env, Cmd, Entrypoint, User, WorkingDir
    architecture: str
    digest: str  # of the platform's manifest


def parse(image: str, registry: Registry, account: str, region: str) -> Reference:
    """Splits HOST/NAME[:TAG][@DIGEST]. PullError for a registry that this cloud does not have."""
    host, _, rest = image.partition("/")
    name, _, digest = rest.partition("@")
    name, _, tag = name.partition(":")
    chosen = digest or tag or "latest"
    if found := ECR_HOST.fullmatch(host):
        return Reference(image, found[1], found[2], name, chosen)
    if host in (f"127.0.0.1:{registry.port}", f"localhost:{registry.port}"):
        return Reference(image, account, region, name, chosen)
    if host in ("public.ecr.aws", f"127.0.0.1:{registry.public_port}", f"localhost:{registry.public_port}"):
        return Reference(image, "", "", name, chosen)
    whole, where = elsewhere(image)
    raise PullError(
        f"pull image manifest has been retried 5 time(s): failed to resolve ref {whole}: failed to do "
        f'request: Head "https://{where}/v2/": dial tcp: lookup {where}: no such host'
    )


def elsewhere(image: str) -> tuple[str, str]:
    """The whole name of an image and the host that is asked for it: one without a host is Docker Hub's, without an
    owner too its library's (distribution's reference grammar, which container runtimes share)."""
    first, slash, _ = image.partition("/")
    if slash and (re.search("[.:]", first) or first == "localhost"):
        return image, first
    path = image if slash else f"library/{image}"
    last = path.rpartition("/")[2]
    return f"docker.io/{path}" + ("" if re.search("[:@]", last) else ":latest"), "registry-1.docker.io"


class Puller:
    def __init__(self, registry: Registry, folder: Path) -> None:
        self._registry = registry
        self._folder = folder
        self._lock = threading.Lock()
        self._building: dict[str, threading.Lock] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("tmp-*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)

    def pull(self, image: str, account: str, region: str, architecture: str) -> Image:
        """The unpacked image for linux/architecture ("amd64" or "arm64")."""
        reference = parse(image, self._registry, account, region)
        store, repository, wanted = self._locate(reference)
        body, media_type = self._manifest(store, repository, wanted, reference)
        digest = _digest(body)
        manifest = json.loads(body)
        if media_type in INDEX_TYPES or "manifests" in manifest:
            digest = _choose(manifest, architecture)
            body, _ = self._manifest(store, repository, digest, reference)
            manifest = json.loads(body)
        config_bytes = b"".join(self._blob(store, repository, manifest["config"], reference))
        if _digest(config_bytes) != manifest["config"]["digest"]:
            raise PullError(
                f"failed to pull and unpack image: config {manifest['config']['digest']} fails verification"
            )
        config = json.loads(config_bytes)
        tree = self._tree(store, repository, manifest["layers"], config["rootfs"]["diff_ids"], reference)
        return Image(tree, config.get("config") or {}, config.get("architecture", ""), digest)

    def _locate(self, reference: Reference) -> tuple[Store, str, str]:
        """The store, the repository's name in it and the digest or tag to ask it for."""
        if not reference.account:
            return self._registry.public, reference.repository, reference.tag_or_digest
        wanted = registry_ecr.digest_of(
            reference.account, reference.region, reference.repository, reference.tag_or_digest
        )
        if wanted is None:
            raise PullError(_not_found(reference))
        inner = self._registry.inner(reference.account, reference.region, reference.repository)
        return self._registry.ecr, inner, wanted

    def _manifest(
        self, store: Store, repository: str, wanted: str, reference: Reference
    ) -> tuple[bytes, str]:
        try:
            body, media_type = store.manifest(repository, wanted)
        except RegistryError as e:
            raise PullError(_not_found(reference)) from e
        if wanted.startswith("sha256:") and _digest(body) != wanted:
            raise PullError(f"failed to resolve ref {reference.name}: manifest {wanted} fails verification")
        return body, media_type

    def _blob(
        self, store: Store, repository: str, blob: dict[str, Any], reference: Reference
    ) -> Iterator[bytes]:
        try:
            yield from store.blob(repository, blob["digest"])
        except RegistryError as e:
            raise PullError(
                f"pull image has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: could "
                f"not fetch content descriptor {blob['digest']} from remote: not found"
            ) from e

    # ---- trees

    def _tree(
        self,
        store: Store,
        repository: str,
        layers: list[dict[str, Any]],
        diff_ids: list[str],
        reference: Reference,
    ) -> Path:
        if len(layers) != len(diff_ids):
            raise PullError(f"failed to unpack image: {len(layers)} layers, {len(diff_ids)} diff ids")
        tree = self._folder / "empty"
        tree.mkdir(mode=0o755, exist_ok=True)
        chain = ""
        for layer, diff_id in zip(layers, diff_ids, strict=True):
            chain = hashlib.sha256(f"{chain} {diff_id}".encode()).hexdigest()
            below, tree = tree, self._folder / chain
            with self._only_one(chain):
                if not tree.exists():
                    pieces = self._blob(store, repository, layer, reference)
                    self._build(tree, below, pieces, layer["digest"], diff_id)
        return tree

    @contextmanager
    def _only_one(self, chain: str) -> Iterator[None]:
        with self._lock:
            lock = self._building.setdefault(chain, threading.Lock())
        with lock:
            yield

    def _build(self, tree: Path, below: Path, pieces: Iterator[bytes], digest: str, diff_id: str) -> None:
        work = Path(tempfile.mkdtemp(prefix="tmp-", dir=self._folder))
        try:
            root = work / "tree"
            subprocess.run(["cp", "-al", str(below), str(root)], check=True)
            compressed = _Hashing(_Pieces(pieces))
            plain = _Hashing(_decompress(compressed))
            try:
                apply_layer(plain, root)
                plain.drain()
                compressed.drain()
            except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as e:
                raise PullError(f"failed to extract layer {diff_id}: {e}") from e
            for what, actual, wanted in (
                ("layer", compressed.digest(), digest),
                ("diff", plain.digest(), diff_id),
            ):
                if actual != wanted:
                    raise PullError(
                        f"failed to extract layer {diff_id}: {what} digest {actual} is not {wanted}"
                    )
            root.rename(tree)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _not_found(reference: Reference) -> str:
    return (
        f"pull image manifest has been retried 1 time(s): failed to resolve ref {reference.name}: {reference.name}: "
        "not found"
    )


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _choose(index: dict[str, Any], architecture: str) -> str:
    for entry in index["manifests"]:
        platform = entry.get("platform", {})
        attestation = "vnd.docker.reference.type" in entry.get("annotations", {})
        if (platform.get("os"), platform.get("architecture")) == ("linux", architecture) and not attestation:
            return entry["digest"]
    raise PullError(
        "pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching "
        f"platform 'linux/{architecture}'"
    )


# ---- streams


class _Pieces(io.RawIOBase):
    """A readable stream over an iterator of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Hashing(io.RawIOBase):
    """Passes a stream on and hashes it."""

    def __init__(self, source: Any) -> None:
        self._source = io.BufferedReader(source, 1 << 18) if isinstance(source, io.RawIOBase) else source
        self._sha = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._sha.update(data)
        return data

    def drain(self) -> None:
        while self.read(1 << 18):
            pass

    def digest(self) -> str:
        return "sha256:" + self._sha.hexdigest()


class _Zstd:
    """zstd by the program of that name: Python 3.11 has no module for it."""

    def __init__(self, source: _Hashing) -> None:
        program = shutil.which("zstd")
        if not program:
            raise PullError("failed to extract layer: zstd layers need the program zstd")
        process = subprocess.Popen([program, "-dc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin and process.stdout
        self._process, self._sink, self._text = process, process.stdin, process.stdout
        threading.Thread(target=self._feed, args=(source,), daemon=True).start()

    def _feed(self, source: _Hashing) -> None:
        with self._sink as sink:
            while data := source.read(1 << 18):
                sink.write(data)

    def read(self, size: int = -1) -> bytes:
        return self._text.read(size)


class _Peeked(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, source: _Hashing) -> None:
        self._head, self._source = head, source

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._head:
            size = len(self._head) if size < 0 else size
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._source.read(size)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _decompress(source: _Hashing) -> Any:
    head = source.read(4)
    stream = _Peeked(head, source)
    if head[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=io.BufferedReader(stream, 1 << 18))
    if head == b"\x28\xb5\x2f\xfd":
        return _Zstd(stream)  # type: ignore[arg-type]
    return io.BufferedReader(stream, 1 << 18)

# SPDX-License-Identifier: MIT
"""A reproducible image layer: files collected from tars, written sorted, with fixed times and owners.

Order of calls: take(), file(), folder(), link() in any order, then write() once. A later entry of the same
name replaces the earlier one. Device nodes and host-specific files are dropped: a task makes its own /dev.
"""

import io
import tarfile
from collections.abc import Iterable
from typing import BinaryIO

# What a container has no use for, or what is this machine's own (a row ending in / names what is inside a
# folder). Copyright files stay: the licences ask for it.
DROP = (
    "dev/",
    "etc/apt/",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    "usr/share/bug/",
    "usr/share/info/",
    "usr/share/lintian/",
    "usr/share/locale/",
    "usr/share/man/",
    "var/cache/",
    "var/lib/apt/",
    "var/lib/dpkg/",
    "var/log/",
)


def wanted(name: str) -> bool:
    if name.startswith("usr/share/doc/"):
        return name.endswith("/copyright")
    return not any(name == row or (row.endswith("/") and name.startswith(row)) for row in DROP)


def moved(name: str, moves: dict[str, str]) -> str | None:
    """The new name of an entry, or None when no row of moves names it; a row ending in / moves a folder."""
    for old, new in moves.items():
        if name == old or (old.endswith("/") and name.startswith(old)):
            return new + name[len(old) :]
    return None


class Layer:
    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}

    def take(self, source: BinaryIO, moves: dict[str, str] | None = None) -> list[tarfile.TarInfo]:
        """Add the entries of a tar, all of them or those that moves names; closes the source."""
        taken: list[tarfile.TarInfo] = []
        with source, tarfile.open(fileobj=source, mode="r:*") as tar:
            for member in tar:
                name = member.name.removeprefix("./").strip("/")
                new = moved(name, moves) if moves else name
                if not new or new == "." or not wanted(new):
                    continue
                if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
                    continue
                taken.append(self._put(new, member, self._content(tar, member)))
        return taken

    @staticmethod
    def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        """A file's bytes; a hard link becomes a copy, so that the order of entries cannot matter."""
        if not (member.isfile() or member.islnk()):
            return b""
        stream = tar.extractfile(member)
        assert stream is not None, member.name
        return stream.read()

    def _put(self, name: str, like: tarfile.TarInfo, data: bytes, owner: int = 0) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.type = tarfile.REGTYPE if like.islnk() else like.type
        entry.mode = like.mode & 0o7777
        entry.linkname = like.linkname if like.issym() else ""
        entry.size = len(data)
        entry.mtime = self.epoch
        entry.uid = entry.gid = owner
        self.entries[name] = (entry, data)
        return entry

    def data(self, entry: tarfile.TarInfo) -> bytes:
        return self.entries[entry.name][1]

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        like = tarfile.TarInfo(name)
        like.mode = mode
        self._put(name, like, data)

    def folder(self, name: str, mode: int = 0o755, owner: int = 0) -> None:
        like = tarfile.TarInfo(name)
        like.type, like.mode = tarfile.DIRTYPE, mode
        self._put(name, like, b"", owner)

    def link(self, name: str, target: str) -> None:
        like = tarfile.TarInfo(name)
        like.type, like.mode, like.linkname = tarfile.SYMTYPE, 0o777, target
        self._put(name, like, b"")

    def _with_parents(self) -> Iterable[str]:
        """Every folder has an entry, else the unpacker's umask would decide its mode."""
        for name in list(self.entries):
            parts = name.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                parent = "/".join(parts[:depth])
                if parent not in self.entries:
                    self.folder(parent)
        return sorted(self.entries)

    def write(self, out: BinaryIO) -> None:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in self._with_parents():
                entry, data = self.entries[name]
                tar.addfile(entry, io.BytesIO(data) if entry.isfile() else None)

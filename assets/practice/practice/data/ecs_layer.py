# SPDX-License-Identifier: MIT
"""Unpacks one layer of an image over a tree, as container runtimes do.

apply_layer() handles whiteouts, replaces what is there, and lets no path, link or hard link lead out of the tree.
resolve() says where a path of the image lies on this machine. PullError for what cannot be unpacked."""

import os
import shutil
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
LINKS_MAX = 40


class PullError(Exception):
    """Why an image could not be pulled or unpacked, in the runtime's words."""


def apply_layer(stream: Any, root: Path) -> None:
    """Unpacks a layer's tar over a tree: whiteouts delete, entries replace, nothing leaves it."""
    is_root = os.geteuid() == 0
    folders: dict[str, str] = {}
    times: list[tuple[str, float]] = []
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            path, name = _place(str(root), member.name, folders)
            if name == OPAQUE:
                _empty(path)
                folders.clear()
            elif name.startswith(WHITEOUT):
                _remove(f"{path}/{name.removeprefix(WHITEOUT)}")
                folders.clear()
            else:
                target = f"{path}/{name}" if name else str(root)
                if _put(archive, member, target, str(root), folders) and not member.isdir():
                    folders.pop(os.path.dirname(member.name), None)
                _own(member, target, is_root)
                if member.isdir():
                    times.append((target, member.mtime))
    for target, mtime in times:
        if os.path.isdir(target) and not os.path.islink(target):
            os.utime(target, (mtime, mtime))


def _place(root: str, name: str, folders: dict[str, str]) -> tuple[str, str]:
    """The real folder that an entry goes to, made when missing, and its last name. ".." never climbs past the root."""
    parts = [p for p in os.path.normpath("/" + name).split("/") if p]
    if not parts:
        return root, ""
    parent = "/".join(parts[:-1])
    if parent not in folders:
        folders[parent] = resolve(root, parent)
        os.makedirs(folders[parent], mode=0o755, exist_ok=True)
    return folders[parent], parts[-1]


def resolve(root: str, path: str) -> str:
    """Where a path of the image lies on this machine, symbolic links followed as if root were /."""
    todo, done, links = [p for p in path.split("/") if p][::-1], list[str](), 0
    while todo:
        part = todo.pop()
        if part == "..":
            done = done[:-1]
        elif part != ".":
            here = "/".join([root, *done, part])
            if os.path.islink(here):
                links += 1
                if links > LINKS_MAX:
                    raise PullError(f"failed to extract layer: too many links at {path}")
                target = os.readlink(here)
                done = [] if target.startswith("/") else done
                todo += [p for p in target.split("/") if p][::-1]
            else:
                done.append(part)
    return "/".join([root, *done])


def _put(
    archive: tarfile.TarFile, member: tarfile.TarInfo, target: str, root: str, folders: dict[str, str]
) -> bool:
    """Writes one entry. True when a name that may have been a folder was replaced."""
    if member.isdir():
        if os.path.islink(target) or not os.path.isdir(target):
            _remove(target)
            os.mkdir(target)
        return False
    existed = os.path.lexists(target)
    if existed:
        if os.path.isdir(target) and not os.path.islink(target):
            folders.clear()
        _remove(target)
    if member.issym():
        os.symlink(member.linkname, target)
        folders.clear()
    elif member.islnk():
        folder, name = _place(root, member.linkname, {})
        os.link(f"{folder}/{name}", target, follow_symlinks=False)
    elif member.isreg():
        source: BinaryIO | None = archive.extractfile(member)  # type: ignore[assignment]
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(fd, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)  # type: ignore[arg-type]
        os.utime(target, (member.mtime, member.mtime))
    elif member.isfifo():
        os.mkfifo(target)
    return existed  # devices are left out: /dev is made for each task


def _own(member: tarfile.TarInfo, target: str, is_root: bool) -> None:
    if not os.path.lexists(target) or member.islnk():
        return
    if is_root:
        os.chown(target, member.uid, member.gid, follow_symlinks=False)
    if not member.issym():
        # an ordinary user must keep the right to write and delete its own copies
        os.chmod(
            target,
            member.mode & 0o7777 if is_root else (member.mode & 0o777) | (0o700 if member.isdir() else 0o600),
        )


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        _remove(f"{folder}/{name}")

# SPDX-License-Identifier: MIT
"""Where the base image's files come from: Debian's and npm's packages, by their ordinary clients.

Debian: mmdebstrap, which checks the archive's signatures and needs no root for a plain extraction where user
namespaces are allowed; where it is missing or refused, `apt-get download` with this machine's own sources.
npm: `npm pack`, then the tarball's hash is compared with packages.json: another content is refused.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

HERE = Path(__file__).resolve().parent
# dash and coreutils so that the RUN lines of a Dockerfile work on this base, too.
DEBIAN = (
    "base-files",
    "ca-certificates",
    "coreutils",
    "dash",
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "netbase",
    "openssl",
)


class Missing(Exception):
    """Something this machine lacks; the text says what to install."""


def tool(name: str) -> str | None:
    """A program on the path, or one that lies beside this Python (npm comes as a wheel there)."""
    beside = Path(sys.executable).parent
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), str(beside))))


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Missing(f"{Path(command[0]).name}: {' / '.join(last) or done.returncode}")
    return done.stdout


def debian_tar(suite: str, arch: str, work: Path) -> BinaryIO:
    """The unpacked packages and what they need, as one tar."""
    reasons = []
    for way in (by_mmdebstrap, by_apt):
        try:
            return way(suite, arch, work).open("rb")
        except Missing as error:
            reasons.append(str(error))
    raise Missing("; ".join(reasons))


def by_mmdebstrap(suite: str, arch: str, work: Path) -> Path:
    program = tool("mmdebstrap")
    if not program:
        raise Missing("mmdebstrap is not installed (apt-get install mmdebstrap)")
    tar = work / "debian.tar"
    options = ["--quiet", f"--architectures={arch}", "--variant=extract", "--include=" + ",".join(DEBIAN)]
    run([program, *options, suite, str(tar)], work)
    return tar


def by_apt(suite: str, arch: str, work: Path) -> Path:
    """The way for a user without namespaces: no chroot, no maintainer script, no root."""
    for name in ("apt-get", "apt-cache", "dpkg-deb"):
        if not tool(name):
            raise Missing(f"{name} is not there: this is no Debian")
    if run(["dpkg", "--print-architecture"], work).strip() != arch:
        raise Missing(f"apt-get can only fetch this machine's architecture, not {arch}")
    options = ["--recurse", "--important", "--no-recommends", "--no-suggests", "--no-conflicts"]
    lines = run(["apt-cache", "depends", *options, *DEBIAN], work).splitlines()
    names = sorted({line for line in lines if line and line[0] not in " <|"})
    debs = work / "debs"
    root = work / "root"
    debs.mkdir(exist_ok=True)
    root.mkdir(exist_ok=True)
    run(["apt-get", "download", "-q", *names], debs)
    for deb in sorted(debs.glob("*.deb")):
        part = work / "part.tar"
        with part.open("wb") as out:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=out, check=True)
        run(["tar", "-xf", str(part), "-C", str(root), "--keep-directory-symlink", "--no-same-owner"], work)
    if not (root / "bin/sh").is_symlink():
        (root / "bin").mkdir(exist_ok=True)
        (root / "bin/sh").symlink_to("dash")
    tar = work / "debian.tar"
    run(["tar", "-cf", str(tar), "--owner=0", "--group=0", "-C", str(root), "."], work)
    return tar


def npm_tar(name: str, version: str, work: Path) -> BinaryIO:
    """A package's tarball, fetched by npm and proved by the hash pinned in packages.json."""
    wanted = json.loads((HERE / "packages.json").read_text())[f"{name}@{version}"]
    program = tool("npm")
    if not program:
        raise Missing("npm is not installed (apt-get install npm)")
    file = run([program, "pack", "--silent", f"{name}@{version}"], work).split()[-1]
    data = (work / file).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != wanted:
        raise Missing(f"{name}@{version} is not the pinned one: {found} instead of {wanted}")
    return (work / file).open("rb")

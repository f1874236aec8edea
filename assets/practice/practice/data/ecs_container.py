# SPDX-License-Identifier: MIT
"""Starts a task's container: its root folder, its namespace with the ways out, its program.

start() is called once, from the task's own thread; it sets task.namespace, task.pid and task.writer, and the task's
thread `exit` notes the exit code. A container that cannot be started is a StartError in runc's words."""

import os
import shutil
import subprocess
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practice.data import ecs_inputs, ecs_network, logs, netns
from practice.data.ecs_inputs import StartError
from practice.data.ecs_layer import resolve
from practice.data.ecs_prepare import architecture, log_target
from practice.data.pull import Image

if TYPE_CHECKING:
    from practice.data.ecs_task import Task

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
QEMU = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}


class Stopped(Exception):
    """Someone asked the task to stop while it was still on its way up."""


def start(task: "Task", image: Image, secrets: dict[str, str]) -> None:
    definition = task.definition
    overrides: dict[str, Any] = next(
        (
            o
            for o in task.launch.overrides.get("containerOverrides", [])
            if o.get("name") == definition["name"]
        ),
        {},
    )
    command = ecs_inputs.command(definition, overrides, image.config, image.tree, secrets, task.launch.region)
    task.folder.mkdir(mode=0o711)
    hostname = f"ip-{task.network.address.replace('.', '-')}.{task.launch.region}.compute.internal"
    command.env.setdefault("HOSTNAME", hostname)
    task.namespace = netns.Namespace(task.network.address)
    if task.killed:
        task.namespace.close()
        raise Stopped
    ports = [int(p["containerPort"]) for p in definition.get("portMappings") or []]
    names = task.network.open_outlets(task.namespace, command.env, ports)
    binds = ecs_network.write_files(task.folder, names, task.network.address, hostname)
    spec = {
        **_root(task, image.tree),
        "binds": binds,
        "hostname": hostname[:63],
        "argv": command.argv,
        "env": command.env,
        "cwd": os.path.normpath("/" + command.cwd),
        "uid": command.uid,
        "gid": command.gid,
        "groups": command.groups,
        "init": bool((definition.get("linuxParameters") or {}).get("initProcessEnabled")),
        "readonly": bool(definition.get("readonlyRootFilesystem")),
    }
    out = _open_pipe(task)
    try:
        if image.architecture != architecture(task):
            return _wrong_architecture(task, command.argv[0], out)
        _emulate(task, image, spec)
        task.pid = task.namespace.run(spec, out, out)
    except OSError as e:
        raise StartError(
            "CannotStartContainerError",
            f"ResourceInitializationError: failed to create new container runtime "
            f"task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
            f"container process: {e.strerror or e}",
        ) from e
    finally:
        os.close(out)
    task.container.update(lastStatus="RUNNING", runtimeId=f"{task.id}-{uuid.uuid4().int % 10**10}")
    threading.Thread(target=task.watch_exit, name=f"exit {task.id[:8]}", daemon=True).start()


def _root(task: "Task", tree: Path) -> dict[str, Any]:
    """The container's own root folder: an overlay on the image's tree, or a copy where that cannot be."""
    root = task.folder / "root"
    if task.tasks.overlay:
        for name in ("root", "upper", "work"):
            (task.folder / name).mkdir(mode=0o755)
        return {
            "root": str(root),
            "lower": str(tree),
            "upper": str(task.folder / "upper"),
            "work": str(task.folder / "work"),
        }
    subprocess.run(["cp", "-a", "--reflink=auto", str(tree), str(root)], check=True)
    return {"root": str(root)}


def _open_pipe(task: "Task") -> int:
    """The container's stdout and stderr; what it writes becomes log events."""
    target = log_target(task)
    if target is None:
        return os.open(os.devnull, os.O_WRONLY)
    reading, writing = os.pipe()
    task.writer = logs.Writer(task.launch.account, *target, reading)
    return writing


def _wrong_architecture(task: "Task", program: str, out: int) -> None:
    """An image of another architecture than the task's machine: the runtime starts it and exec fails."""
    os.write(out, f"exec {program}: exec format error\n".encode())
    task.container.update(lastStatus="RUNNING", exitCode=255)
    task.exited = True


def _emulate(task: "Task", image: Image, spec: dict[str, Any]) -> None:
    """Runs an image for another processor than this machine's by qemu, where it is installed."""
    if image.architecture == MACHINES.get(os.uname().machine):
        return
    if os.path.exists(f"/proc/sys/fs/binfmt_misc/{QEMU[image.architecture].removesuffix('-static')}"):
        return
    qemu = shutil.which(QEMU[image.architecture])
    if not qemu:
        raise OSError(f"this machine cannot run {image.architecture} programs: install qemu-user-static")
    spec["binds"]["/.qemu"] = qemu
    program = spec["argv"][0]
    for folder in spec["env"]["PATH"].split(":") if "/" not in program else []:
        if os.path.exists(resolve(str(image.tree), f"{folder}/{program}")):
            program = f"{folder}/{program}"
            break
    spec["argv"] = ["/.qemu", "-0", spec["argv"][0], program, *spec["argv"][1:]]


def memory_of(pid: int) -> int:
    """Bytes of private and shared memory (files apart) of a process and all below it."""
    total = 0
    for one in family_of(pid):
        try:
            with open(f"/proc/{one}/status") as f:
                total += sum(
                    int(line.split()[1]) << 10 for line in f if line.startswith(("RssAnon:", "RssShmem:"))
                )
        except (OSError, ValueError, IndexError):
            continue
    return total


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process and all below it have used."""
    ticks = 0
    for one in family_of(pid):
        try:
            with open(f"/proc/{one}/stat") as f:
                words = f.read().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        except (OSError, ValueError, IndexError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def family_of(pid: int) -> list[int]:
    """The process and all below it, as far as they are there."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        try:
            with open(f"/proc/{one}/task/{one}/children") as f:
                todo += [int(child) for child in f.read().split()]
        except (OSError, ValueError):
            continue
    return found

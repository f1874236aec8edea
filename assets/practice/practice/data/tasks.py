# SPDX-License-Identifier: MIT
"""ECS tasks run for real: each in its own root folder and network namespace, as the image's user.

Tasks(cloud) is the part: launch() makes a task and returns at once; connect() reaches a task's port as the load
balancer does; services is the scheduler (services.py), targets the health checks (targets.py). One thread lives with
each task (ecs_task.py) and takes it through PROVISIONING .. STOPPED on the cloud's clock. Stopped tasks are kept for an
hour of the clock. stop() ends every task; nothing of them outlives the process (netns.py).

State is changed under emulator.lock, like moto's own, and never waited for under it."""

import logging
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

from practice import emulator
from practice.data import netns
from practice.data.ecs_task import Launch, Task
from practice.data.pull import Puller
from practice.data.services import Services
from practice.data.targets import Targets

log = logging.getLogger("practice.tasks")

KEPT_STOPPED_S = 3600  # aws.md 2.11: stopped tasks are shown for about an hour
KEPT_STOPPED = 500  # and not more of them, whatever the clock
MEMORY_CHECK_S = 0.5  # real


def install(_cloud: Any) -> None:
    """Registers the rules that answer the ECS and target health operations; moto is prepared by now."""
    from practice.data import ecs_api, ecs_rules, targets  # noqa: F401


class Tasks:
    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.folder = Path(cloud.config.state_dir) / "tasks"
        self.targets = Targets(cloud)
        self.services = Services(cloud, self)
        self.puller: Any = None
        self.overlay = False
        self.all: dict[str, Task] = {}  # by ARN, oldest first
        self._addresses: dict[str, Task] = {}
        self._ending = threading.Event()

    # ---- the part

    def start(self) -> None:
        trouble, self.overlay = self.cloud.early["abilities"].result()
        if trouble:
            raise RuntimeError(trouble)
        if self.cloud.registry is None:
            raise RuntimeError("tasks need the registry")
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        (self.folder / "run").mkdir(parents=True)
        self.puller = Puller(self.cloud.registry, self.folder / "images")
        if netns.mode() == "root":
            make_searchable(self.folder)
        self.services.start()
        threading.Thread(target=self._watch_memory, name="memory", daemon=True).start()

    def stop(self) -> None:
        self._ending.set()
        self.services.stop()
        with emulator.lock:
            tasks = list(self.all.values())
        for task in tasks:
            task.kill()
        for task in tasks:
            task.join(10)
        self.targets.stop()
        shutil.rmtree(self.folder / "run", ignore_errors=True)

    # ---- tasks

    def launch(self, launch: Launch) -> Task:
        """A new task, on its way. Hold emulator.lock."""
        task = Task(self, launch)
        self.all[task.task_arn] = task
        moto = emulator.backend("ecs", launch.account, launch.region)
        moto.tasks.setdefault(launch.cluster, {})[task.task_arn] = task
        self._forget_old()
        task.start()
        return task

    def _forget_old(self) -> None:
        over = [t for t in self.all.values() if t.mark_stopped is not None]
        old = [
            t
            for t in over
            if self.cloud.clock.scale and self.cloud.clock.passed(t.mark_stopped, KEPT_STOPPED_S)
        ]
        for task in old + over[: max(0, len(over) - KEPT_STOPPED)]:
            if self.all.pop(task.task_arn, None):
                moto = emulator.backend("ecs", task.launch.account, task.launch.region)
                moto.tasks.get(task.launch.cluster, {}).pop(task.task_arn, None)

    def of(self, account: str, region: str, cluster: str) -> list[Task]:
        """The tasks of a cluster, oldest first."""
        with emulator.lock:
            return [
                t
                for t in self.all.values()
                if (t.launch.account, t.launch.region, t.launch.cluster) == (account, region, cluster)
            ]

    # ---- addresses

    def claim(self, address: str, task: Task) -> None:
        self._addresses[address] = task

    def unclaim(self, address: str, task: Task) -> None:
        if self._addresses.get(address) is task:
            del self._addresses[address]

    def at(self, address: str) -> Task | None:
        """The task that has this private address now."""
        return self._addresses.get(address)

    def connect(self, address: str, port: int, timeout: float = 10.0) -> socket.socket:
        """A socket connected to the task with that private address, which is real and the caller's to close. Asks no
        security group: that is up to who connects. ConnectionRefusedError or TimeoutError, as from a real network."""
        task = self.at(address)
        if task is None or task.namespace is None:
            raise TimeoutError(f"{address}:{port}: no running task has this address")
        return task.namespace.connect(port, timeout)

    def target_changed(self, address: str) -> None:
        if self.at(address):
            self.services.wake()

    # ---- memory

    def _watch_memory(self) -> None:
        """Kills containers that use more memory than their task has, as the kernel does on Fargate."""
        while not self._ending.wait(MEMORY_CHECK_S):
            for task in list(self._addresses.values()):
                task.check_memory()


def make_searchable(folder: Path) -> None:
    """A container's user must be able to pass through the folders above its root; only ours are changed."""
    for name in (folder, folder / "run", folder / "images"):
        name.mkdir(exist_ok=True)
        name.chmod(0o711)

# SPDX-License-Identifier: MIT
"""One task: what was asked for, its state as ECS shows it, and the thread that takes it from PROVISIONING to STOPPED.

start() begins; stop() asks for an orderly end (SIGTERM, stopTimeout, SIGKILL); kill() ends it at once. Every change of
state wakes the scheduler. describe() is what DescribeTasks answers. Durations are AWS seconds from experience with
Fargate (aws.md 4: a service is stable in 1.5-4 min); the work between them is real.

Sources: ECS guide "Task lifecycle", "Stopped task error messages"; aws.md 5."""

import contextlib
import logging
import queue
import shutil
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.data import ecs_container, ecs_inputs, ecs_network, ecs_prepare, logs, netns
from practice.data.ecs_container import Stopped
from practice.data.ecs_inputs import Requester, StartError
from practice.data.ecs_prepare import now
from practice.data.targets import DRAIN_S
from practice.errors import AwsError
from practice.faults import resources

if TYPE_CHECKING:
    from practice.data.tasks import Tasks

log = logging.getLogger("practice.tasks")

PROVISIONING_S, PENDING_S, ACTIVATING_S, DEPROVISIONING_S = 8, 12, 6, 5
STOP_TIMEOUT_S = 30  # default of containerDefinitions[].stopTimeout
LEAST_STOP_S = 1.5  # real: a process does not end faster because the clock runs faster


@dataclass
class Launch:
    """What a task is made from. Hold emulator.lock while filling it from moto."""

    account: str
    region: str
    cluster: str
    cluster_arn: str
    definition: Any  # moto's task definition
    network: dict[str, Any]  # awsvpcConfiguration
    group: str
    started_by: str = ""
    platform_version: str = "1.4.0"
    capacity_provider: str = ""
    launch_type: str = "FARGATE"
    tags: list[dict[str, str]] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    load_balancers: list[dict[str, Any]] = field(default_factory=list)
    deployment: Any = None  # of services.py, None for RunTask


class Task:
    def __init__(self, tasks: "Tasks", launch: Launch) -> None:
        self.tasks, self.launch, self.cloud = tasks, launch, tasks.cloud
        self.id = uuid.uuid4().hex
        partition = launch.cluster_arn.split(":")[1]
        self.task_arn = (
            f"arn:{partition}:ecs:{launch.region}:{launch.account}:task/{launch.cluster}/{self.id}"
        )
        self.attachment = str(uuid.uuid4())
        # names that moto's own code reads
        self.tags, self.cluster_arn, self.started_by, self.group = (
            launch.tags,
            launch.cluster_arn,
            launch.started_by,
            launch.group,
        )
        self.container_instance_arn, self.task_definition_arn = None, launch.definition.arn
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.times: dict[str, datetime] = {"createdAt": now()}
        self.stop_code = self.stopped_reason = ""
        self.failed = False  # ended by itself, not because someone asked for it
        self.container: dict[str, Any] = {"lastStatus": "PENDING", "networkInterfaces": []}
        self.network: Any = None
        self.namespace: netns.Namespace | None = None
        self.mark_started: float | None = None
        self.mark_stopped: float | None = None
        self._wake = threading.Event()
        self._stop_asked = self.killed = self.exited = self._out_of_memory = False
        self.pid = 0
        self.writer: logs.Writer | None = None
        self.folder = tasks.folder / "run" / self.id
        self.fault = resources.of_task(self.cloud, launch)
        self._thread = threading.Thread(target=self._run, name=f"task {self.id[:8]}", daemon=True)

    # ---- from outside

    @property
    def definition(self) -> dict[str, Any]:
        """The container that is run; register_task_definition makes sure there is one."""
        return self.launch.definition.container_definitions[0]

    @property
    def active(self) -> bool:
        return self.desired_status == "RUNNING"

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def stop(self, code: str, reason: str, failed: bool = False) -> None:
        """Asks for the end. The first reason stays."""
        with emulator.lock:
            if not self.active:
                return
            self.desired_status, self.stop_code, self.stopped_reason, self.failed = (
                "STOPPED",
                code,
                reason,
                failed,
            )
            self.times["stoppingAt"] = now()
            self._stop_asked = True
        self._changed()

    def kill(self) -> None:
        """Ends it at once, for the end of the practice cloud."""
        self.killed = True
        self.stop("TerminationNotice", "The practice cloud is ending.")
        namespace = self.namespace
        if namespace:
            namespace.close()
        self._wake.set()

    def targets(self) -> list[tuple[str, str, int]]:
        """(target group, address, port) of every registration."""
        if self.network is None:
            return []
        return [
            (lb["targetGroupArn"], self.network.address, int(lb["containerPort"]))
            for lb in self.launch.load_balancers
        ]

    def check_memory(self) -> None:
        limit = int(self.definition.get("memory") or self.launch.definition.memory or 0) << 20
        if (
            limit
            and self.pid
            and not self.exited
            and ecs_container.memory_of(self.pid) > limit
            and self.namespace
        ):
            self._out_of_memory = True
            self.namespace.signal(signal.SIGKILL)

    def cpu_s(self) -> float:
        """Seconds of processor time that its container has used so far."""
        return ecs_container.cpu_of(self.pid) if self.pid and not self.exited else 0

    # ---- the way

    def _run(self) -> None:
        try:
            try:
                self._provision()
                self._pend()
                self._activate()
                self._await_end()
            except Stopped:
                pass
            except StartError as e:
                self._fail("TaskFailedToStart", str(e))
            except AwsError as e:
                self._fail(
                    "TaskFailedToStart",
                    f"Unexpected EC2 error while attempting to Create Network Interface in subnet "
                    f"'{self.launch.network['subnets'][0]}': {e.code}",
                )
            except Exception as e:
                log.exception("task %s", self.id)
                self._fail(
                    "TaskFailedToStart", f"InternalError: bug of the practice cloud: {type(e).__name__}: {e}"
                )
        finally:
            self._finish()

    def _provision(self) -> None:
        resources.place(self)
        description = f"arn:aws:ecs:{self.launch.region}:{self.launch.account}:attachment/{self.attachment}"
        self.network = ecs_network.Network(
            self.cloud, self.launch.account, self.launch.region, self.launch.network, description
        )
        self.tasks.claim(self.network.address, self)
        self.container["networkInterfaces"] = [
            {"attachmentId": self.attachment, "privateIpv4Address": self.network.address}
        ]
        self._phase(PROVISIONING_S)

    def _pend(self) -> None:
        self._status("PENDING")
        mark = self.cloud.clock.now()
        definition = self.definition
        if len(self.launch.definition.container_definitions) > 1:
            raise StartError("CannotStartContainerError", "the practice cloud runs one container in a task")
        who = Requester(
            self.launch.account,
            self.launch.region,
            getattr(self.launch.definition, "execution_role_arn", None),
            self.id,
            self.network.service,
        )
        resources.prepare(self)
        in_ecr = ".dkr.ecr." in definition["image"] or f":{self.cloud.registry.port}/" in definition["image"]
        if in_ecr:
            ecs_inputs.check_registry_login(who)
        secrets = ecs_inputs.resolve_secrets(who, definition.get("secrets") or [])
        image = ecs_prepare.pull_image(self, definition["image"], who, in_ecr)
        ecs_prepare.open_log(self, who)
        # The rest of what AWS takes; the real work has had its part of it
        self._phase(max(0.0, PENDING_S - min(PENDING_S, self.cloud.clock.since(mark))))
        ecs_container.start(self, image, secrets)

    # ---- the container

    def watch_exit(self) -> None:
        code = self.namespace.wait() if self.namespace else None
        with emulator.lock:
            self.exited = True
            self.container["exitCode"] = 137 if code is None else code
            if self.fault is not None and self.fault.do == "exit" and "startedAt" in self.times:
                self.container["exitCode"] = self.fault.option("exit_code", 1)
            if self._out_of_memory:
                self.container["reason"] = "OutOfMemoryError: Container killed due to memory usage"
        self._wake.set()

    def _activate(self) -> None:
        self._status("ACTIVATING")
        for arn, address, port in self.targets():
            if self.tasks.targets.register(self.launch.account, self.launch.region, arn, address, port):
                self.tasks.services.registered(self, arn)
        self._phase(ACTIVATING_S)

    def _await_end(self) -> None:
        self.times["startedAt"] = now()
        self.mark_started = self.cloud.clock.now()
        self._status("RUNNING")
        self._break_container(resources.end_of_container(self))
        while not self.exited and not self._stop_asked:
            self._wake.wait()
            self._wake.clear()

    def _break_container(self, how: str) -> None:
        """Ends the container as a fault wants it: its memory is too small, or its program gives up."""
        if not how or not self.namespace:
            return
        self._out_of_memory = how == "out-of-memory"
        if how == "exit" and self.writer and self.fault:
            self.writer.write(
                self.fault.option(
                    "log", "Error: the program has ended itself (a fault of the practice cloud)"
                )
            )
        self.namespace.signal(signal.SIGKILL)

    # ---- the end

    def _finish(self) -> None:
        if self.exited:
            self._fail("EssentialContainerExited", "Essential container in task exited")
        self.times.setdefault("stoppingAt", now())
        for arn, address, port in self.targets():
            self._status("DEACTIVATING")
            self.tasks.targets.deregister(self.launch.account, self.launch.region, arn, address, port)
            self.tasks.services.deregistered(self, arn)
        if self.targets() and not self.killed:
            self.cloud.clock.sleep(DRAIN_S)  # requests under way end before the container does
        self._status("STOPPING")
        if self.namespace and not self.killed:
            self._stop_container()
        self.times["executionStoppedAt"] = now()
        if self.namespace:
            self.namespace.close()
        if self.writer:
            self.writer.join(5)
        self.container["lastStatus"] = "STOPPED"
        self._status("DEPROVISIONING")
        if self.network:
            if not self.killed:
                self.cloud.clock.sleep(DEPROVISIONING_S)
            self.tasks.unclaim(self.network.address, self)
            self.network.release()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.times["stoppedAt"] = now()
        self.mark_stopped = self.cloud.clock.now()
        self._status("STOPPED")

    def _stop_container(self) -> None:
        assert self.namespace
        seconds = float(self.definition.get("stopTimeout") or STOP_TIMEOUT_S)
        patience = max(self.cloud.clock.seconds(seconds), min(seconds, LEAST_STOP_S))
        deadline = time.monotonic() + patience
        if self.pid and not self.exited:
            self.namespace.signal(signal.SIGTERM)
            with contextlib.suppress(queue.Empty):
                self.namespace.wait(max(0.0, deadline - time.monotonic()))
                return self._await_exit()
            self.namespace.signal(signal.SIGKILL)
            self.namespace.wait(10)
            self._await_exit()

    def _await_exit(self) -> None:
        """The watcher notes the exit code; it has been told by now."""
        deadline = time.monotonic() + 5
        while not self.exited and time.monotonic() < deadline:
            self._wake.wait(0.05)
            self._wake.clear()

    def _fail(self, code: str, reason: str) -> None:
        with emulator.lock:
            if code == "TaskFailedToStart":
                self.container["reason"] = reason
            if self.active:
                self.desired_status, self.stop_code, self.stopped_reason, self.failed = (
                    "STOPPED",
                    code,
                    reason,
                    True,
                )
                self.times["stoppingAt"] = now()

    # ---- state

    def _phase(self, aws_seconds: float) -> None:
        """Waits so many AWS seconds, unless the task is asked to stop or its container has ended."""
        mark = self.cloud.clock.now()
        while True:
            if self._stop_asked or self.exited or self.cloud.clock.cancelled:
                raise Stopped
            left = self.cloud.clock.seconds(aws_seconds) - (time.monotonic() - mark)
            if left <= 0:
                return
            self._wake.wait(min(left, 0.5))
            self._wake.clear()

    def _status(self, status: str) -> None:
        with emulator.lock:
            self.last_status = status
        self.tasks.services.wake()

    def _changed(self) -> None:
        self._wake.set()
        self.tasks.services.wake()

    def describe(self) -> dict[str, Any]:
        """As DescribeTasks and the others show it. Hold emulator.lock."""
        launch, definition = self.launch, self.definition
        attached = {
            "PROVISIONING": "PRECREATED" if not self.network else "ATTACHING",
            "DEPROVISIONING": "DETACHING",
            "STOPPED": "DELETED",
        }.get(self.last_status, "ATTACHED")
        container = {
            "containerArn": self.task_arn.replace(":task/", ":container/") + "/" + self.attachment,
            "taskArn": self.task_arn,
            "name": definition["name"],
            "image": definition["image"],
            "healthStatus": "UNKNOWN",
            "cpu": str(definition.get("cpu") or 0),
            **self.container,
        }
        shown: dict[str, Any] = {
            "taskArn": self.task_arn,
            "clusterArn": launch.cluster_arn,
            "taskDefinitionArn": launch.definition.arn,
            "lastStatus": self.last_status,
            "desiredStatus": self.desired_status,
            "group": launch.group,
            "version": 1,
            "launchType": launch.launch_type,
            "platformVersion": launch.platform_version,
            "platformFamily": "Linux",
            "cpu": launch.definition.cpu,
            "memory": launch.definition.memory,
            "healthStatus": "UNKNOWN",
            "overrides": launch.overrides
            or {"containerOverrides": [{"name": definition["name"]}], "inferenceAcceleratorOverrides": []},
            "attachments": [
                {
                    "id": self.attachment,
                    "type": "ElasticNetworkInterface",
                    "status": attached,
                    "details": self.network.details() if self.network else [],
                }
            ],
            "attributes": [
                {
                    "name": "ecs.cpu-architecture",
                    "value": "arm64" if ecs_prepare.architecture(self) == "arm64" else "x86_64",
                }
            ],
            "containers": [container],
            "enableExecuteCommand": False,
            "tags": self.tags,
            **self.times,
        }
        if self.network:
            shown.update(
                connectivity="CONNECTED",
                connectivityAt=self.times["createdAt"],
                availabilityZone=self.network.zone,
            )
        for key, value in (
            ("startedBy", launch.started_by),
            ("stopCode", self.stop_code),
            ("stoppedReason", self.stopped_reason),
            ("capacityProviderName", launch.capacity_provider),
        ):
            if value:
                shown[key] = value
        return shown

# SPDX-License-Identifier: MIT
"""One task: what was asked for, its state as ECS shows it, and the thread that takes it from PROVISIONING to STOPPED.

start() begins; stop() asks for an orderly end (SIGTERM, stopTimeout, SIGKILL); kill() ends it at once. Every change of
state wakes the scheduler. describe() is what DescribeTasks answers. Durations are AWS seconds from experience with
Fargate (aws.md 4: a service is stable in 1.5-4 min); the work between them is real.

Sources: ECS guide "Task lifecycle", "Stopped task error messages"; aws.md 5."""

import contextlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.data import ecs_inputs, ecs_network, logs, netns
from practice.data.ecs_inputs import Requester, StartError
from practice.data.pull import Image, PullError, resolve
from practice.data.targets import DRAIN_S
from practice.errors import AwsError

if TYPE_CHECKING:
    from practice.data.tasks import Tasks

log = logging.getLogger("practice.tasks")

PROVISIONING_S, PENDING_S, ACTIVATING_S, DEPROVISIONING_S = 8, 12, 6, 5
STOP_TIMEOUT_S = 30                     # default of containerDefinitions[].stopTimeout
LEAST_STOP_S = 1.5                      # real: a process does not end faster because the clock runs faster
ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
QEMU = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}


@dataclass
class Launch:
    """What a task is made from. Hold emulator.lock while filling it from moto."""
    account: str
    region: str
    cluster: str
    cluster_arn: str
    definition: Any                             # moto's task definition
    network: dict[str, Any]                     # awsvpcConfiguration
    group: str
    started_by: str = ""
    platform_version: str = "1.4.0"
    capacity_provider: str = ""
    launch_type: str = "FARGATE"
    tags: list[dict[str, str]] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    load_balancers: list[dict[str, Any]] = field(default_factory=list)
    deployment: Any = None                      # of services.py, None for RunTask


class Stopped(Exception):
    """Someone asked the task to stop while it was still on its way up."""


def now() -> datetime:
    return datetime.now(UTC)


class Task:
    def __init__(self, tasks: "Tasks", launch: Launch) -> None:
        self.tasks, self.launch, self.cloud = tasks, launch, tasks.cloud
        self.id = uuid.uuid4().hex
        partition = launch.cluster_arn.split(":")[1]
        self.task_arn = f"arn:{partition}:ecs:{launch.region}:{launch.account}:task/{launch.cluster}/{self.id}"
        self.attachment = str(uuid.uuid4())
        # names that moto's own code reads
        self.tags, self.cluster_arn, self.started_by, self.group = launch.tags, launch.cluster_arn, launch.started_by, launch.group
        self.container_instance_arn, self.task_definition_arn = None, launch.definition.arn
        self.last_status, self.desired_status = "PROVISIONING", "RUNNING"
        self.times: dict[str, datetime] = {"createdAt": now()}
        self.stop_code = self.stopped_reason = ""
        self.failed = False                     # ended by itself, not because someone asked for it
        self.container: dict[str, Any] = {"lastStatus": "PENDING", "networkInterfaces": []}
        self.network: Any = None
        self.namespace: netns.Namespace | None = None
        self.mark_started: float | None = None
        self.mark_stopped: float | None = None
        self._wake = threading.Event()
        self._stop_asked = self._killed = self._exited = self._out_of_memory = False
        self._pid = 0
        self._writer: logs.Writer | None = None
        self._folder = tasks.folder / "run" / self.id
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
            self.desired_status, self.stop_code, self.stopped_reason, self.failed = "STOPPED", code, reason, failed
            self.times["stoppingAt"] = now()
            self._stop_asked = True
        self._changed()

    def kill(self) -> None:
        """Ends it at once, for the end of the practice cloud."""
        self._killed = True
        self.stop("TerminationNotice", "The practice cloud is ending.")
        namespace = self.namespace
        if namespace:
            namespace.close()
        self._wake.set()

    def targets(self) -> list[tuple[str, str, int]]:
        """(target group, address, port) of every registration."""
        if self.network is None:
            return []
        return [(lb["targetGroupArn"], self.network.address, int(lb["containerPort"])) for lb in self.launch.load_balancers]

    def check_memory(self) -> None:
        limit = int(self.definition.get("memory") or self.launch.definition.memory or 0) << 20
        if limit and self._pid and not self._exited and memory_of(self._pid) > limit and self.namespace:
            self._out_of_memory = True
            self.namespace.signal(signal.SIGKILL)

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
                self._fail("TaskFailedToStart", f"Unexpected EC2 error while attempting to Create Network Interface in subnet "
                                                f"'{self.launch.network['subnets'][0]}': {e.code}")
            except Exception as e:
                log.exception("task %s", self.id)
                self._fail("TaskFailedToStart", f"InternalError: bug of the practice cloud: {type(e).__name__}: {e}")
        finally:
            self._finish()

    def _provision(self) -> None:
        description = f"arn:aws:ecs:{self.launch.region}:{self.launch.account}:attachment/{self.attachment}"
        self.network = ecs_network.Network(self.cloud, self.launch.account, self.launch.region, self.launch.network, description)
        self.tasks.claim(self.network.address, self)
        self.container["networkInterfaces"] = [{"attachmentId": self.attachment, "privateIpv4Address": self.network.address}]
        self._phase(PROVISIONING_S)

    def _pend(self) -> None:
        self._status("PENDING")
        mark = self.cloud.clock.now()
        definition = self.definition
        who = Requester(self.launch.account, self.launch.region, getattr(self.launch.definition, "execution_role_arn", None),
                        self.id, self.network.service)
        in_ecr = ".dkr.ecr." in definition["image"] or f":{self.cloud.registry.port}/" in definition["image"]
        if in_ecr:
            ecs_inputs.check_registry_login(who)
        secrets = ecs_inputs.resolve_secrets(who, definition.get("secrets") or [])
        image = self._pull(definition["image"], who, in_ecr)
        self._open_log(who)
        # The rest of what AWS takes; the real work has had its part of it
        self._phase(max(0.0, PENDING_S - min(PENDING_S, self.cloud.clock.since(mark))))
        self._start_container(image, secrets)

    def _pull(self, name: str, who: Requester, in_ecr: bool) -> Image:
        kind = "CannotPullContainerError"
        host = name.partition("/")[0]
        if in_ecr:
            for service, where in (("ecr.dkr", f'Head "https://{host}/v2/"'),
                                   ("s3", f'Get "https://prod-{who.region}-starport-layer-bucket.s3.{who.region}.amazonaws.com/"')):
                if self.network.service(service) != "ok":
                    raise StartError(kind, f"pull image manifest has been retried 5 time(s): failed to resolve ref {name}: failed "
                                           f"to do request: {where}: dial tcp 52.95.0.10:443: i/o timeout")
            repository = f"arn:aws:ecr:{who.region}:{who.account}:repository/{name.partition('/')[2].partition('@')[0].partition(':')[0]}"
            if not all(who.may(f"ecr:{one}", repository) for one in ("BatchGetImage", "GetDownloadUrlForLayer")):
                raise StartError(kind, f"pull image manifest has been retried 1 time(s): failed to resolve ref {name}: unexpected "
                                       f'status from HEAD request to https://{host}/v2/: 403 Forbidden')
        elif self.network.route(("internet", 443)) != "ok":
            raise StartError(kind, f"pull image manifest has been retried 5 time(s): failed to resolve ref {name}: failed to do "
                                   f'request: Head "https://{host}/v2/": dial tcp 3.5.0.10:443: i/o timeout')
        self.times["pullStartedAt"] = now()
        try:
            image = self.tasks.puller.pull(name, who.account, who.region, self._architecture())
        except PullError as e:
            raise StartError(kind, str(e)) from e
        self.times["pullStoppedAt"] = now()
        self.container["imageDigest"] = image.digest
        return image

    def _architecture(self) -> str:
        platform = self.launch.definition.runtime_platform or {}
        return ARCHITECTURES.get(platform.get("cpuArchitecture") or "X86_64", "amd64")

    def _log_target(self) -> tuple[str, str, str] | None:
        configuration = self.definition.get("logConfiguration") or {}
        options = configuration.get("options") or {}
        if configuration.get("logDriver") != "awslogs":
            return None
        stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{self.definition['name']}/{self.id}"
        return options.get("awslogs-region") or self.launch.region, options.get("awslogs-group", ""), stream

    def _open_log(self, who: Requester) -> None:
        target = self._log_target()
        if target is None:
            return
        region, group, stream = target
        head = "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "
        arn = f"arn:aws:logs:{region}:{who.account}:log-group:{group}:log-stream:{stream}"
        if self.network.service("logs") != "ok":
            raise StartError("ResourceInitializationError", f'{head}RequestError: send request failed caused by: Post '
                             f'"https://logs.{region}.amazonaws.com/": dial tcp 52.94.0.20:443: i/o timeout : exit status 1')
        if not who.may("logs:CreateLogStream", arn):
            raise StartError("ResourceInitializationError", f"{head}{who.denial('logs:CreateLogStream', arn)} : exit status 1")
        try:
            logs.open_stream(who.account, region, group, stream)
        except logs.LogError as e:
            raise StartError("ResourceInitializationError", f"{head}{e} : exit status 1") from e

    # ---- the container

    def _start_container(self, image: Image, secrets: dict[str, str]) -> None:
        definition = self.definition
        overrides = next((o for o in self.launch.overrides.get("containerOverrides", []) if o.get("name") == definition["name"]), {})
        command = ecs_inputs.command(definition, overrides, image.config, image.tree, secrets, self.launch.region)
        self._folder.mkdir(mode=0o711)
        hostname = f"ip-{self.network.address.replace('.', '-')}.{self.launch.region}.compute.internal"
        command.env.setdefault("HOSTNAME", hostname)
        self.namespace = netns.Namespace(self.network.address)
        if self._killed:
            self.namespace.close()
            raise Stopped
        ports = [int(p["containerPort"]) for p in definition.get("portMappings") or []]
        names = self.network.open_outlets(self.namespace, command.env, ports)
        binds = ecs_network.write_files(self._folder, names, self.network.address, hostname)
        spec = {**self._root(image.tree), "binds": binds, "hostname": hostname[:63], "argv": command.argv, "env": command.env,
                "cwd": os.path.normpath("/" + command.cwd), "uid": command.uid, "gid": command.gid, "groups": command.groups,
                "init": bool((definition.get("linuxParameters") or {}).get("initProcessEnabled")),
                "readonly": bool(definition.get("readonlyRootFilesystem"))}
        out = self._open_pipe()
        try:
            if image.architecture != self._architecture():
                return self._wrong_architecture(command.argv[0], out)
            self._emulate(image, spec)
            self._pid = self.namespace.run(spec, out, out)
        except OSError as e:
            raise StartError("CannotStartContainerError", f"ResourceInitializationError: failed to create new container runtime "
                             f"task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
                             f"container process: {e.strerror or e}") from e
        finally:
            os.close(out)
        self.container.update(lastStatus="RUNNING", runtimeId=f"{self.id}-{uuid.uuid4().int % 10 ** 10}")
        threading.Thread(target=self._watch_exit, name=f"exit {self.id[:8]}", daemon=True).start()

    def _root(self, tree: Path) -> dict[str, Any]:
        """The container's own root folder: an overlay on the image's tree, or a copy where that cannot be."""
        root = self._folder / "root"
        if self.tasks.overlay:
            for name in ("root", "upper", "work"):
                (self._folder / name).mkdir(mode=0o755)
            return {"root": str(root), "lower": str(tree), "upper": str(self._folder / "upper"), "work": str(self._folder / "work")}
        subprocess.run(["cp", "-a", "--reflink=auto", str(tree), str(root)], check=True)
        return {"root": str(root)}

    def _open_pipe(self) -> int:
        """The container's stdout and stderr; what it writes becomes log events."""
        target = self._log_target()
        if target is None:
            return os.open(os.devnull, os.O_WRONLY)
        reading, writing = os.pipe()
        self._writer = logs.Writer(self.launch.account, *target, reading)
        return writing

    def _wrong_architecture(self, program: str, out: int) -> None:
        """An image of another architecture than the task's machine: the runtime starts it and exec fails."""
        os.write(out, f"exec {program}: exec format error\n".encode())
        self.container.update(lastStatus="RUNNING", exitCode=255)
        self._exited = True

    def _emulate(self, image: Image, spec: dict[str, Any]) -> None:
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

    def _watch_exit(self) -> None:
        code = self.namespace.wait() if self.namespace else None
        with emulator.lock:
            self._exited = True
            self.container["exitCode"] = 137 if code is None else code
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
        while not self._exited and not self._stop_asked:
            self._wake.wait()
            self._wake.clear()

    # ---- the end

    def _finish(self) -> None:
        if self._exited:
            self._fail("EssentialContainerExited", "Essential container in task exited")
        self.times.setdefault("stoppingAt", now())
        for arn, address, port in self.targets():
            self._status("DEACTIVATING")
            self.tasks.targets.deregister(self.launch.account, self.launch.region, arn, address, port)
            self.tasks.services.deregistered(self, arn)
        if self.targets() and not self._killed:
            self.cloud.clock.sleep(DRAIN_S)         # requests under way end before the container does
        self._status("STOPPING")
        if self.namespace and not self._killed:
            self._stop_container()
        self.times["executionStoppedAt"] = now()
        if self.namespace:
            self.namespace.close()
        if self._writer:
            self._writer.join(5)
        self.container["lastStatus"] = "STOPPED"
        self._status("DEPROVISIONING")
        if self.network:
            if not self._killed:
                self.cloud.clock.sleep(DEPROVISIONING_S)
            self.tasks.unclaim(self.network.address, self)
            self.network.release()
        shutil.rmtree(self._folder, ignore_errors=True)
        self.times["stoppedAt"] = now()
        self.mark_stopped = self.cloud.clock.now()
        self._status("STOPPED")

    def _stop_container(self) -> None:
        assert self.namespace
        seconds = float(self.definition.get("stopTimeout") or STOP_TIMEOUT_S)
        patience = max(self.cloud.clock.seconds(seconds), min(seconds, LEAST_STOP_S))
        deadline = time.monotonic() + patience
        if self._pid and not self._exited:
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
        while not self._exited and time.monotonic() < deadline:
            self._wake.wait(0.05)
            self._wake.clear()

    def _fail(self, code: str, reason: str) -> None:
        with emulator.lock:
            if code == "TaskFailedToStart":
                self.container["reason"] = reason
            if self.active:
                self.desired_status, self.stop_code, self.stopped_reason, self.failed = "STOPPED", code, reason, True
                self.times["stoppingAt"] = now()

    # ---- state

    def _phase(self, aws_seconds: float) -> None:
        """Waits so many AWS seconds, unless the task is asked to stop or its container has ended."""
        mark = self.cloud.clock.now()
        while True:
            if self._stop_asked or self._exited or self.cloud.clock.cancelled:
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
        attached = {"PROVISIONING": "PRECREATED" if not self.network else "ATTACHING", "DEPROVISIONING": "DETACHING",
                    "STOPPED": "DELETED"}.get(self.last_status, "ATTACHED")
        container = {"containerArn": self.task_arn.replace(":task/", ":container/") + "/" + self.attachment,
                     "taskArn": self.task_arn, "name": definition["name"], "image": definition["image"],
                     "healthStatus": "UNKNOWN", "cpu": str(definition.get("cpu") or 0), **self.container}
        shown: dict[str, Any] = {
            "taskArn": self.task_arn, "clusterArn": launch.cluster_arn, "taskDefinitionArn": launch.definition.arn,
            "lastStatus": self.last_status, "desiredStatus": self.desired_status, "group": launch.group, "version": 1,
            "launchType": launch.launch_type, "platformVersion": launch.platform_version, "platformFamily": "Linux",
            "cpu": launch.definition.cpu, "memory": launch.definition.memory, "healthStatus": "UNKNOWN",
            "overrides": launch.overrides or {"containerOverrides": [{"name": definition["name"]}], "inferenceAcceleratorOverrides": []},
            "attachments": [{"id": self.attachment, "type": "ElasticNetworkInterface", "status": attached,
                             "details": self.network.details() if self.network else []}],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "arm64" if self._architecture() == "arm64" else "x86_64"}],
            "containers": [container], "enableExecuteCommand": False, "tags": self.tags, **self.times}
        if self.network:
            shown.update(connectivity="CONNECTED", connectivityAt=self.times["createdAt"], availabilityZone=self.network.zone)
        for key, value in (("startedBy", launch.started_by), ("stopCode", self.stop_code), ("stoppedReason", self.stopped_reason),
                           ("capacityProviderName", launch.capacity_provider)):
            if value:
                shown[key] = value
        return shown


def memory_of(pid: int) -> int:
    """Bytes of private and shared memory (files apart) of a process and all below it."""
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        try:
            with open(f"/proc/{one}/status") as f:
                total += sum(int(line.split()[1]) << 10 for line in f if line.startswith(("RssAnon:", "RssShmem:")))
            with open(f"/proc/{one}/task/{one}/children") as f:
                todo += [int(child) for child in f.read().split()]
        except (OSError, ValueError, IndexError):
            continue
    return total

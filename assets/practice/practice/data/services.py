# SPDX-License-Identifier: MIT
"""ECS services: the scheduler that keeps the wanted number of tasks and rolls deployments out.

Services is the scheduler: one thread that looks at every service whenever something changed (wake()). Service holds
what was asked for and its deployments (ecs_deployment.py), newest first; reconcile() is one look. All of it happens
under emulator.lock and never blocks: tasks work in their own threads.

Sources: ECS guide "Service scheduler", "Rolling update", "Deployment circuit breaker", "Service event messages";
aws.md 2.11, 4 and 5 for the wording that programs look for."""

import logging
import math
import threading
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.data import ecs_access, ecs_shown
from practice.data.ecs_deployment import Deployment
from practice.data.ecs_task import Launch, Task, now

if TYPE_CHECKING:
    from practice.data.tasks import Tasks

log = logging.getLogger("practice.services")

EVENTS_KEPT = 100
STABLE_S = 5  # AWS: from the last healthy target to COMPLETED
LEAST_STABLE_S = 0.2  # real: a process that crashes needs a moment for it, whatever the clock
TICK_S = 0.05  # real, while a service is not steady
IDLE_S = 1.0  # real, otherwise: health can change without a sign
BACKOFF_S, BACKOFF_MAX_S = 10, 900  # AWS: waiting between attempts of a deployment whose tasks fail
LEAST_BACKOFF_S, MOST_LEAST_BACKOFF_S = 0.2, 5.0  # real, so that a crash loop does not eat this machine
INCONSISTENT_AFTER = 3


class Service:
    """One service. The first block of attributes has the names that moto's own code and other rules read."""

    def __init__(
        self, services: "Services", account: str, region: str, cluster: Any, params: dict[str, Any]
    ) -> None:
        self.services, self.account, self.region = services, account, region
        self.name = params["serviceName"]
        self.cluster_name, self.cluster_arn = cluster.name, cluster.arn
        self.arn = self.physical_resource_id = f"{cluster.arn.replace(':cluster/', ':service/')}/{self.name}"
        self.status, self.desired_count = "ACTIVE", int(params.get("desiredCount") or 0)
        self.tags = list(params.get("tags") or [])
        self.scheduling_strategy, self.role_arn = params.get("schedulingStrategy") or "REPLICA", None
        self.task_sets: list[Any] = []
        self.load_balancers = params.get("loadBalancers") or []
        self.params = dict(params)  # what describe() repeats; UpdateService changes it
        self.created: datetime = now()
        self.created_by = ""  # a principal's ARN
        self.events: list[dict[str, Any]] = []
        self.deployments: list[Deployment] = []
        self.history: list[Deployment] = []  # all of them, for the ServiceDeployment operations
        self._steady = False

    @property
    def launch_type(self) -> str:
        return self.params.get("launchType") or (
            "FARGATE" if self.params.get("capacityProviderStrategy") else "EC2"
        )

    @property
    def task_definition(self) -> str:
        return self.deployments[0].definition.arn

    @property
    def tasks(self) -> list[Task]:
        return [task for deployment in self.deployments for task in deployment.tasks]

    @property
    def running_count(self) -> int:
        return sum(d.running for d in self.deployments)

    @property
    def pending_count(self) -> int:
        return sum(d.pending for d in self.deployments)

    def setting(self, name: str, default: Any) -> Any:
        value = (self.params.get("deploymentConfiguration") or {}).get(name)
        return default if value is None else value

    @property
    def breaker(self) -> dict[str, Any]:
        return self.setting("deploymentCircuitBreaker", {"enable": False, "rollback": False})

    @property
    def threshold(self) -> int:
        """Failures that trip the breaker: half of the desired count, at least 3, at most 200, unless something else is
        configured (API reference, ThresholdConfiguration; aws.md 2.11)."""
        given = self.breaker.get("thresholdConfiguration") or {"type": "BOUNDED_PERCENT", "value": 50}
        if given["type"] == "COUNT":
            return max(1, given["value"])
        share = math.ceil(self.desired_count * given["value"] / 100)
        return max(3, min(200, share)) if given["type"] == "BOUNDED_PERCENT" else max(1, share)

    def event(self, text: str) -> None:
        entry = {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {self.name}) {text}"}
        self.events = [entry, *self.events][:EVENTS_KEPT]

    # ---- deployments

    def deploy(self, definition: Any) -> Deployment:
        """Begins a deployment; the one before it becomes ACTIVE and is replaced."""
        source = next((d for d in self.deployments if d.completed), None)
        for older in self.deployments:
            older.retire()
        fresh = Deployment(self, definition, source)
        self.deployments.insert(0, fresh)
        self.history.insert(0, fresh)
        self._steady = False
        return fresh

    def fail(self, primary: Deployment) -> None:
        """The circuit breaker has tripped: stop launching, and go back when there is something to go back to."""
        primary.rollout_state = "FAILED"
        primary.halt()
        primary.rollout_reason = "ECS deployment circuit breaker: tasks failed to start."
        self.event(f"(deployment {primary.id}) deployment failed: tasks failed to start.")
        source = primary.source
        if self.breaker.get("rollback") and source is not None and source in self.deployments:
            self.roll_back(primary, source, "ECS deployment circuit breaker: rolling back to deploymentId")
        else:
            primary.end("STOPPED", primary.rollout_reason)

    def roll_back(self, primary: Deployment, source: Deployment, why: str) -> None:
        self.event(f"rolling back to deployment {source.id}.")
        self.deployments.remove(source)
        primary.retire()
        primary.rolling_back = source
        primary.end("ROLLBACK_IN_PROGRESS", f"{why} {source.id}.", finished=False)
        source.resume(f"{why} {source.id}.")
        self.deployments.insert(0, source)
        self._steady = False

    def unsettle(self) -> None:
        """Something was asked for: look until it is steady again."""
        self._steady = False
        self.deployments[0].settled = None

    def drain(self) -> None:
        """DeleteService: no new tasks, the running ones stop."""
        self.status, self.desired_count = "DRAINING", 0
        for deployment in self.deployments:
            deployment.retire(keep_primary=True)

    # ---- one look

    def reconcile(self) -> None:
        for deployment in self.deployments:
            self._account(deployment)
        self._stop_unhealthy()
        primary = self.deployments[0]
        self._forgive(primary)
        if (
            self.breaker.get("enable")
            and primary.rollout_state == "IN_PROGRESS"
            and primary.failed >= self.threshold
        ):
            self.fail(primary)
            primary = self.deployments[0]
        self._stop_surplus(primary)
        self._start_missing(primary)
        self._finish(primary)
        self._forget_retired()

    def _forgive(self, primary: Deployment) -> None:
        """A task that becomes healthy resets the breaker's count, once for each, unless that is switched off."""
        fresh = {task.id for task in primary.tasks if task.targets() and self.healthy(task)} - primary.healthy_once
        primary.healthy_once |= fresh
        if fresh and primary.rollout_state == "IN_PROGRESS" and self.breaker.get("resetOnHealthyTask", True):
            primary.failed = 0

    def _account(self, deployment: Deployment) -> None:
        """Counts tasks that ended by themselves, once each."""
        for task in deployment.tasks:
            if task.active or task.id in deployment.counted:
                continue
            deployment.counted.add(task.id)
            self._steady = False
            if task.failed:
                self._failure(deployment)
        deployment.tasks = [t for t in deployment.tasks if t.last_status != "STOPPED"]

    def _failure(self, deployment: Deployment) -> None:
        deployment.in_a_row += 1
        deployment.updated = now()
        if deployment.rollout_state == "IN_PROGRESS":
            deployment.failed += 1
        scale = 2 ** (deployment.in_a_row - 1)
        real = max(
            self.services.cloud.clock.seconds(min(BACKOFF_MAX_S, BACKOFF_S * scale)),
            min(MOST_LEAST_BACKOFF_S, LEAST_BACKOFF_S * scale),
        )
        deployment.next_start = max(deployment.next_start, time.monotonic() + real)
        if deployment.in_a_row == INCONSISTENT_AFTER and not self.breaker.get("enable"):
            self.event(
                "is unable to consistently start tasks successfully. For more information, see the Troubleshooting "
                "section of the Amazon ECS Developer Guide."
            )

    def health(self, task: Task) -> tuple[str, str, str]:
        """The worst of the task's targets."""
        states = [
            (arn, self.services.tasks.targets.health(arn, address, port))
            for arn, address, port in task.targets()
        ]
        order = {"unhealthy": 0, "unused": 1, "unavailable": 1, "draining": 2, "initial": 3, "healthy": 4}
        arn, (state, _, text) = min(
            states, key=lambda one: order.get(one[1][0], 1), default=("", ("healthy", "", ""))
        )
        return arn, state, text

    def healthy(self, task: Task) -> bool:
        return task.active and task.last_status == "RUNNING" and self.health(task)[1] == "healthy"

    def _stop_unhealthy(self) -> None:
        grace = int(self.params.get("healthCheckGracePeriodSeconds") or 0)
        for task in self.tasks:
            if (
                not task.active
                or task.mark_started is None
                or not self.services.cloud.clock.passed(task.mark_started, grace)
            ):
                continue
            arn, state, text = self.health(task)
            if state == "unhealthy":
                port = task.targets()[0][2]
                self.event(f"(port {port}) is unhealthy in (target-group {arn}) due to (reason {text}).")
                task.stop(
                    "ServiceSchedulerInitiated",
                    f"Task failed ELB health checks in (target-group {arn})",
                    failed=True,
                )
                self._account(task.launch.deployment)
                self._say_stopped([task])

    def _say_stopped(self, tasks: list[Task]) -> None:
        attached = [task for task in tasks if task.targets()]
        if attached:
            self.event(f"has begun draining connections on {len(attached)} tasks.")
        self.event(f"has stopped {len(tasks)} running tasks: {' '.join(f'(task {t.id})' for t in tasks)}.")

    def _stop_surplus(self, primary: Deployment) -> None:
        """Old deployments' tasks as far as enough healthy ones stay, and tasks beyond the desired count."""
        least = math.ceil(self.desired_count * self.setting("minimumHealthyPercent", 100) / 100)
        well = sum(self.healthy(t) for t in self.tasks)
        surplus: list[Task] = []
        extra = primary.active[self.desired_count :] if len(primary.active) > self.desired_count else []
        old = [t for d in self.deployments[1:] for t in d.active]
        for task in [*extra, *sorted(old, key=self.healthy)]:
            if self.healthy(task):
                if task in old and well - 1 < least:
                    continue
                well -= 1
            elif task in old and well < least and self.desired_count and task.last_status == "RUNNING":
                continue  # may become healthy again before its successor is there
            surplus.append(task)
        for task in surplus:
            task.stop(
                "ServiceSchedulerInitiated",
                f"Scaling activity initiated by (deployment {task.launch.deployment.id})",
            )
        if surplus:
            self._steady = False
            self._say_stopped(surplus)

    def _start_missing(self, primary: Deployment) -> None:
        missing = self.desired_count - len(primary.active)
        if (
            self.status != "ACTIVE"
            or missing <= 0
            or primary.rollout_state == "FAILED"
            or time.monotonic() < primary.next_start
        ):
            return
        most = max(1, math.floor(self.desired_count * self.setting("maximumPercent", 200) / 100))
        room = min(missing, most - sum(len(d.active) for d in self.deployments))
        if room <= 0:
            return
        if self.launch_type == "EC2":
            self._failure(primary)
            return self.event(
                "was unable to place a task because no container instance met all of its requirements. Reason: No "
                "Container Instances were found in your cluster. For more information, see the Troubleshooting "
                "section of the Amazon ECS Developer Guide."
            )
        for arn in (
            getattr(primary.definition, "execution_role_arn", None),
            getattr(primary.definition, "task_role_arn", None),
        ):
            found = ecs_access.role(self.account, self.region, arn) if arn else None
            if arn and (found is None or not ecs_access.trusts_tasks(found)):
                self._failure(primary)
                return self.event(
                    f"failed to launch a task with (error ECS was unable to assume the role '{arn}' that was provided "
                    "for this task. Please verify that the role being passed has the proper trust relationship and "
                    "permissions and that your IAM user has permissions to pass this role.)."
                )
        started = [self.services.tasks.launch(self._launch(primary, len(self.tasks) + i)) for i in range(room)]
        primary.tasks += started
        primary.updated = now()
        self.event(f"has started {len(started)} tasks: {' '.join(f'(task {t.id})' for t in started)}.")
        return None

    def _launch(self, deployment: Deployment, number: int) -> Launch:
        """A task in the subnet whose turn it is: tasks are spread over the zones."""
        places = deployment.network["subnets"]
        turn = number % len(places)
        network = {**deployment.network, "subnets": places[turn:] + places[:turn]}
        strategy = self.params.get("capacityProviderStrategy") or []
        tags = []
        if self.params.get("enableECSManagedTags"):
            tags += [
                {"key": "aws:ecs:clusterName", "value": self.cluster_name},
                {"key": "aws:ecs:serviceName", "value": self.name},
            ]
        if self.params.get("propagateTags") == "SERVICE":
            tags += self.tags
        elif self.params.get("propagateTags") == "TASK_DEFINITION":
            tags += deployment.definition.tags
        return Launch(
            self.account,
            self.region,
            self.cluster_name,
            self.cluster_arn,
            deployment.definition,
            network,
            f"service:{self.name}",
            started_by=deployment.id,
            tags=tags,
            capacity_provider=strategy[0]["capacityProvider"] if strategy else "",
            load_balancers=[lb for lb in self.load_balancers if lb.get("targetGroupArn")],
            deployment=deployment,
        )

    def _finish(self, primary: Deployment) -> None:
        """Completes the deployment and says so when everything is as it should be."""
        if self.status == "DRAINING" and not self.tasks:
            self.status = "INACTIVE"
            for deployment in self.deployments:
                deployment.status = "INACTIVE"
            return
        good = sum(self.healthy(t) for t in primary.tasks)
        settled = good == self.desired_count == len(self.tasks) and primary.rollout_state != "FAILED"
        if not settled or self.status != "ACTIVE":
            primary.settled = None
            return
        clock = self.services.cloud.clock
        primary.settled = primary.settled or clock.now()
        young = time.monotonic() - primary.settled < LEAST_STABLE_S or not clock.passed(
            primary.settled, STABLE_S
        )
        if self._steady or young:
            return
        self._steady, primary.in_a_row = True, 0
        if primary.rollout_state == "IN_PROGRESS":
            primary.complete()
            self.event(f"(deployment {primary.id}) deployment completed.")
        self.event("has reached a steady state.")

    def _forget_retired(self) -> None:
        self.deployments = [
            self.deployments[0],
            *(d for d in self.deployments[1:] if d.tasks or d is self._refuge()),
        ]

    def _refuge(self) -> Deployment | None:
        """The completed deployment that the running one could go back to."""
        primary = self.deployments[0]
        return primary.source if primary.rollout_state == "IN_PROGRESS" else None

    @property
    def steady(self) -> bool:
        return self.status == "INACTIVE" or (self._steady and self.status == "ACTIVE")

    def describe(self) -> dict[str, Any]:
        return ecs_shown.service(self)


class Services:
    """The scheduler's thread."""

    def __init__(self, cloud: Any, tasks: "Tasks") -> None:
        self.cloud, self.tasks = cloud, tasks
        self._wake = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="services", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        self._wake.set()

    def create(
        self, account: str, region: str, cluster: Any, params: dict[str, Any], definition: Any
    ) -> Service:
        """A new service with its first deployment. Hold emulator.lock."""
        service = Service(self, account, region, cluster, params)
        service.deploy(definition)
        emulator.backend("ecs", account, region).services[f"{cluster.name}:{service.name}"] = service
        self.wake()
        return service

    def every(self) -> list[Service]:
        from moto.ecs.models import ecs_backends

        backends = [backend for account in list(ecs_backends.values()) for backend in list(account.values())]
        # moto's own services are those of before the wrapping
        services: list[Any] = [service for backend in backends for service in backend.services.values()]
        return [service for service in services if isinstance(service, Service)]

    def _run(self) -> None:
        while True:
            self._wake.clear()
            if self._ending:  # looked at after the clearing: stop() sets it before it wakes
                return
            with emulator.lock:
                services = [s for s in self.every() if s.status != "INACTIVE"]
                for service in services:
                    try:
                        service.reconcile()
                    except Exception:
                        log.exception("service %s", service.name)
                busy = any(not service.steady for service in services)
            self._wake.wait(TICK_S if busy else IDLE_S if services else None)

    # ---- told by tasks

    def registered(self, task: Task, arn: str) -> None:
        self._say(task, "registered", arn)

    def deregistered(self, task: Task, arn: str) -> None:
        self._say(task, "deregistered", arn)

    def _say(self, task: Task, what: str, arn: str) -> None:
        deployment = task.launch.deployment
        if deployment:
            with emulator.lock:
                deployment.service.event(f"{what} 1 targets in (target-group {arn})")

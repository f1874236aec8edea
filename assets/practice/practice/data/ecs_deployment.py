# SPDX-License-Identifier: MIT
"""One deployment of a service: its revision, its tasks, how far it is, and the ServiceDeployment that records it.

Kept by services.Service, which decides; nothing here decides. status is PRIMARY, ACTIVE (being replaced) or INACTIVE;
rollout_state IN_PROGRESS, COMPLETED or FAILED. Hold emulator.lock."""

import math
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from practice.data.ecs_task import Task, now

if TYPE_CHECKING:
    from practice.data.services import Service


class Deployment:
    def __init__(self, service: "Service", definition: Any, source: "Deployment | None") -> None:
        self.service, self.definition, self.source = service, definition, source
        # On AWS nineteen digits, and what tasks carry as startedBy
        self.id = f"ecs-svc/{secrets.randbelow(9 * 10**18) + 10**18}"
        self.network = dict(service.params.get("networkConfiguration", {}).get("awsvpcConfiguration", {}))
        self.network.setdefault("assignPublicIp", "DISABLED")
        self.tasks: list[Task] = []
        self.counted: set[str] = set()
        self.healthy_once: set[str] = set()
        self.status, self.rollout_state = "PRIMARY", "IN_PROGRESS"
        self.rollout_reason = f"ECS deployment {self.id} in progress."
        self.created = self.updated = now()
        self.finished: datetime | None = None
        self.failed = self.in_a_row = 0
        self.next_start = 0.0  # real, monotonic: no task is started before
        self.settled: float | None = None
        self.completed = False  # ever: then one can roll back to it
        self.rolling_back: Deployment | None = None
        self.outcome, self.outcome_reason = "IN_PROGRESS", ""
        base = service.arn.replace(":service/", ":{}/")
        self.arn = base.format("service-deployment") + "/" + secrets.token_urlsafe(15)
        self.revision_arn = (
            base.format("service-revision") + "/" + str(secrets.randbelow(9 * 10**18) + 10**18)
        )

    @property
    def active(self) -> list[Task]:
        """Tasks that are wanted, oldest first."""
        return [task for task in self.tasks if task.active]

    @property
    def desired(self) -> int:
        """What an older deployment is still to run is wanted besides: the two add up (aws/containers-roadmap 525)."""
        return self.service.desired_count if self.status == "PRIMARY" else len(self.active)

    @property
    def running(self) -> int:
        return sum(t.last_status == "RUNNING" for t in self.tasks)

    @property
    def pending(self) -> int:
        return sum(
            t.active and t.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for t in self.tasks
        )

    def retire(self, keep_primary: bool = False) -> None:
        """A newer deployment takes over, or the service is being deleted."""
        if not keep_primary:
            self.status = "ACTIVE"
        self.updated = now()
        if self.outcome == "IN_PROGRESS":
            self.end("STOPPED", "A newer deployment or the deletion of the service has stopped this one.")

    def complete(self) -> None:
        self.rollout_state, self.completed = "COMPLETED", True
        self.rollout_reason = f"ECS deployment {self.id} completed."
        self.updated = now()
        self.failed = 0
        for other in self.service.history:
            if other.rolling_back is self:
                other.rolling_back = None
                other.end("ROLLBACK_SUCCESSFUL", other.outcome_reason)
        if self.outcome == "IN_PROGRESS":
            self.end("SUCCESSFUL", "")

    def halt(self) -> None:
        """No more tasks of this one."""
        self.next_start = math.inf

    def resume(self, reason: str) -> None:
        """Becomes PRIMARY again, after a newer one has failed."""
        self.status, self.rollout_state, self.rollout_reason = "PRIMARY", "IN_PROGRESS", reason
        self.updated = now()
        self.next_start, self.in_a_row, self.failed, self.settled = 0.0, 0, 0, None

    def end(self, outcome: str, reason: str, finished: bool = True) -> None:
        self.outcome, self.outcome_reason = outcome, reason
        self.finished = now() if finished else None

    def describe(self) -> dict[str, Any]:
        service = self.service
        shown: dict[str, Any] = {
            "id": self.id,
            "status": self.status,
            "taskDefinition": self.definition.arn,
            "desiredCount": self.desired,
            "pendingCount": self.pending,
            "runningCount": self.running,
            "failedTasks": self.failed,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "platformVersion": "1.4.0",
            "platformFamily": "Linux",
            "networkConfiguration": {"awsvpcConfiguration": self.network},
            "rolloutState": self.rollout_state,
            "rolloutStateReason": self.rollout_reason,
        }
        if service.params.get("capacityProviderStrategy"):
            shown["capacityProviderStrategy"] = service.params["capacityProviderStrategy"]
        else:
            shown["launchType"] = service.launch_type
        return shown

    # ---- ServiceDeployment

    def _revision(self) -> dict[str, Any]:
        return {
            "arn": self.revision_arn,
            "requestedTaskCount": self.desired,
            "runningTaskCount": self.running,
            "pendingTaskCount": self.pending,
        }

    def brief(self) -> dict[str, Any]:
        """As ListServiceDeployments shows it."""
        shown = {
            "serviceDeploymentArn": self.arn,
            "serviceArn": self.service.arn,
            "clusterArn": self.service.cluster_arn,
            "startedAt": self.created,
            "createdAt": self.created,
            "targetServiceRevisionArn": self.revision_arn,
            "status": self.outcome,
            "statusReason": self.outcome_reason,
        }
        return {**shown, "finishedAt": self.finished} if self.finished else shown

    def record(self) -> dict[str, Any]:
        """As DescribeServiceDeployments shows it."""
        shown = self.brief()
        shown.pop("targetServiceRevisionArn")
        breaker = self.service.breaker
        tripped = self.rollout_state == "FAILED"
        watching = "MONITORING" if self.outcome == "IN_PROGRESS" else "MONITORING_COMPLETE"
        shown.update(
            updatedAt=self.updated,
            targetServiceRevision=self._revision(),
            sourceServiceRevisions=[self.source._revision()] if self.source else [],
            deploymentConfiguration=self.service.describe()["deploymentConfiguration"],
            deploymentCircuitBreaker={
                "status": "DISABLED" if not breaker.get("enable") else "TRIGGERED" if tripped else watching,
                "failureCount": self.failed,
                "threshold": self.service.threshold,
            },
        )
        if self.outcome.startswith("ROLLBACK") and self.source:
            shown["rollback"] = {
                "reason": self.outcome_reason,
                "startedAt": self.updated,
                "serviceRevisionArn": self.source.revision_arn,
            }
        return shown

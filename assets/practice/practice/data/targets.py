# SPDX-License-Identifier: MIT
"""The load balancer's side of a task: registered targets, real health checks, DescribeTargetHealth.

watch() starts checking a target that moto's target group holds, unwatch() lets it drain. A monitor thread makes HTTP
requests to the task by the group's own settings (path, port, interval, timeout, thresholds, matcher), on the cloud's
clock, through the load balancer's security groups. state() is what the service scheduler asks.

Sources: the ELB guide "Health checks for target groups" (one success makes a new target healthy) and "Health check
reason codes"."""

import http.client
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from practice import emulator
from practice.errors import AwsError
from practice.faults import resources
from practice.identify import Call
from practice.rules import after, before

log = logging.getLogger("practice.targets")

LEAST_WAIT_S = 0.05  # real: between two checks when the clock is fast
LEAST_TIMEOUT_S = 5.0  # real: a process of this machine does not answer faster because the clock runs faster
BOOT_S = 10.0  # real: for the same reason a new target is not called unhealthy earlier than this,
LOADED_BOOT_S = 60.0  # nor, on a loaded machine, while it computes: programs that have started wait
BUSY = 0.1  # of one processor, over a second: more than a server uses that waits for requests
DRAIN_S = 5  # AWS: without open connections a target leaves before its deregistration delay is over

Key = tuple[str, str, int]  # target group ARN, address, port
Health = tuple[str, str, str]  # state, reason, description
REGISTERING: Health = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING: Health = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
HEALTHY: Health = ("healthy", "", "")
DRAINING: Health = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NO_BALANCER: Health = (
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
NO_ZONE: Health = (
    "unused",
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
)
NOT_REGISTERED: Health = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
DISABLED: Health = ("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled for this target")


@dataclass
class Settings:
    """A target group as the checker needs it, read afresh for every check."""

    path: str
    port: int
    interval: float
    timeout: float
    healthy: int
    unhealthy: int
    matcher: str
    enabled: bool
    balancer: tuple[str, list[str]] | None  # a subnet and the security groups of the load balancer
    zone_enabled: bool


def matches(matcher: str, status: int) -> bool:
    """Matcher.HttpCode: values and ranges, "200,202" or "200-299"."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


class Monitor:
    """Checks one target until stopped."""

    def __init__(self, targets: "Targets", account: str, region: str, key: Key) -> None:
        self._targets, self._where, self.key = targets, (account, region), key
        self.health: Health = REGISTERING
        self._wake = threading.Event()
        self._stopped = False
        self._good = self._bad = 0
        self._born = time.monotonic()
        self._seen = (self._born, 0.0)  # when its processor time was looked at, and how much it was
        threading.Thread(target=self._run, name=f"health {key[1]}", daemon=True).start()

    def drain(self) -> None:
        self.health = DRAINING
        self.stop()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        clock = self._targets.cloud.clock
        while not self._stopped and not clock.cancelled:
            settings = self._targets.settings(*self._where, self.key)
            if settings is None:
                return self._set(NOT_REGISTERED)
            if settings.balancer is None or not settings.zone_enabled or not settings.enabled:
                self._good = self._bad = 0
                self._set(
                    NO_BALANCER
                    if settings.balancer is None
                    else NO_ZONE
                    if not settings.zone_enabled
                    else DISABLED
                )
            else:
                if self.health[0] != "healthy" and self.health[0] != "unhealthy":
                    self._set(CHECKING)
                self._count(settings, self._check(settings))
            self._wake.wait(max(LEAST_WAIT_S, clock.seconds(settings.interval)))

    def _set(self, health: Health) -> None:
        if not self._stopped and health != self.health:
            self.health = health
            self._targets.changed(self.key)

    def _count(self, settings: Settings, problem: Health | None) -> None:
        if problem is None:
            self._good, self._bad = self._good + 1, 0
            if self.health[0] == "initial" or self._good >= settings.healthy:
                self._set(HEALTHY)
            return
        self._good, self._bad = 0, self._bad + 1
        boot = self._targets.boot_s if self._targets.cloud.tasks.at(self.key[1]) else 0  # nobody's task starts nothing
        patience = min(boot, settings.interval * settings.unhealthy)
        age = time.monotonic() - self._born
        young = self.health[0] == "initial" and (age < patience or self._starting(age, problem))
        if self.health[0] == "unhealthy" or (self._bad >= settings.unhealthy and not young):
            self._set(problem)

    def _starting(self, age: float, problem: Health) -> bool:
        """Whether its program only needs longer, on a machine that does other things: it computes and is silent."""
        task = self._targets.cloud.tasks.at(self.key[1])
        if task is None or problem[1] == "Target.ResponseCodeMismatch" or age > LOADED_BOOT_S:
            return False
        (then, used), now = self._seen, time.monotonic()
        if now - then < 1:
            return True  # not known yet
        self._seen = (now, task.cpu_s())
        return self._seen[1] - used > BUSY * (now - then)

    def _check(self, settings: Settings) -> Health | None:
        """One request as the load balancer makes it. None when it went well."""
        _, address, _ = self.key
        broken = resources.health_of(self._targets.cloud.tasks.at(address))
        if broken:
            return broken
        timeout = max(LEAST_TIMEOUT_S, self._targets.cloud.clock.seconds(settings.timeout))
        try:
            if self._targets.balancer_route(*self._where, settings, address) != "ok":
                raise TimeoutError
            connection = http.client.HTTPConnection(address, settings.port, timeout=timeout)
            connection.sock = self._targets.cloud.tasks.connect(address, settings.port, timeout=timeout)
            connection.sock.settimeout(timeout)
            try:
                connection.request(
                    "GET",
                    settings.path,
                    headers={
                        "Host": f"{address}:{settings.port}",
                        "Connection": "close",
                        "User-Agent": "ELB-HealthChecker/2.0",
                    },
                )
                status = connection.getresponse().status
            finally:
                connection.close()
        except TimeoutError:
            return "unhealthy", "Target.Timeout", "Request timed out"
        except (OSError, http.client.HTTPException):
            return "unhealthy", "Target.FailedHealthChecks", "Health checks failed"
        if matches(settings.matcher, status):
            return None
        return (
            "unhealthy",
            "Target.ResponseCodeMismatch",
            f"Health checks failed with these codes: [{status}]",
        )


class Targets:
    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.boot_s = BOOT_S
        self._lock = threading.Lock()
        self._monitors: dict[Key, Monitor] = {}
        self._draining: dict[Key, tuple[Monitor, float]] = {}

    def stop(self) -> None:
        with self._lock:
            monitors, self._monitors, self._draining = list(self._monitors.values()), {}, {}
        for monitor in monitors:
            monitor.stop()

    # ---- registered targets

    def register(self, account: str, region: str, arn: str, address: str, port: int) -> bool:
        """Registers a task. False when the target group is gone."""
        with emulator.lock:
            group = emulator.backend("elbv2", account, region).target_groups.get(arn)
            if group is None:
                return False
            group.register([{"Id": address, "Port": port}])
        self.watch(account, region, arn, address, port)
        return True

    def deregister(self, account: str, region: str, arn: str, address: str, port: int) -> None:
        with emulator.lock:
            group = emulator.backend("elbv2", account, region).target_groups.get(arn)
            if group is not None and address in group.targets:
                group.deregister([{"Id": address, "Port": port}])
        self.unwatch(arn, address, port)

    def watch(self, account: str, region: str, arn: str, address: str, port: int) -> None:
        key = (arn, address, port)
        with self._lock:
            self._draining.pop(key, None)
            if key not in self._monitors:
                self._monitors[key] = Monitor(self, account, region, key)

    def unwatch(self, arn: str, address: str, port: int) -> None:
        key = (arn, address, port)
        with self._lock:
            monitor = self._monitors.pop(key, None)
            if monitor:
                monitor.drain()
                self._draining[key] = (monitor, self.cloud.clock.now())

    def health(self, arn: str, address: str, port: int) -> Health:
        key = (arn, address, port)
        with self._lock:
            if key in self._monitors:
                return self._monitors[key].health
            if key in self._draining and not self.cloud.clock.passed(self._draining[key][1], DRAIN_S):
                return DRAINING
        return NOT_REGISTERED

    def draining(self, arn: str) -> list[Key]:
        with self._lock:
            over = [k for k, (_, mark) in self._draining.items() if self.cloud.clock.passed(mark, DRAIN_S)]
            for key in over:
                del self._draining[key]
            return [key for key in self._draining if key[0] == arn]

    def changed(self, key: Key) -> None:
        """A target's state changed: its task's service wants to know."""
        if self.cloud.tasks:
            self.cloud.tasks.target_changed(key[1])

    # ---- what a check needs

    def settings(self, account: str, region: str, key: Key) -> Settings | None:
        arn, address, port = key
        with emulator.lock:
            backend = emulator.backend("elbv2", account, region)
            group = backend.target_groups.get(arn)
            if group is None or address not in group.targets:
                return None
            balancers = [
                backend.load_balancers[a] for a in group.load_balancer_arns if a in backend.load_balancers
            ]
            balancers = [one for one in balancers if forwards(backend, one, arn)]
            task = self.cloud.tasks.at(address) if self.cloud.tasks else None
            zones = {zone for one in balancers for zone in _zones(one)}
            check_port = group.health_check_port or "traffic-port"
            return Settings(
                path=group.health_check_path or "/",
                port=port if check_port == "traffic-port" else int(check_port),
                interval=float(group.health_check_interval_seconds),
                timeout=float(group.health_check_timeout_seconds),
                healthy=int(group.healthy_threshold_count),
                unhealthy=int(group.unhealthy_threshold_count),
                matcher=(group.matcher or {}).get("HttpCode") or "200",
                enabled=str(group.health_check_enabled).lower() != "false",
                balancer=_place(balancers[0]) if balancers else None,
                zone_enabled=task is None or not zones or task.network.zone in zones,
            )

    def balancer_route(self, account: str, region: str, settings: Settings, address: str) -> str:
        network, task = self.cloud.network, self.cloud.tasks.at(address)
        if network is None or settings.balancer is None or task is None:
            return "ok" if task else "timeout"
        subnet, groups = settings.balancer
        return network.route(
            account, region, subnet, groups, ("ip", address, settings.port, task.network.groups)
        )


def forwards(backend: Any, balancer: Any, arn: str) -> bool:
    """Whether a listener of this load balancer leads to the target group."""
    for listener in balancer.listeners.values():
        actions = [*listener.default_actions, *(a for rule in listener.rules.values() for a in rule.actions)]
        if any(arn in str(getattr(action, "data", action)) for action in actions):
            return True
    return False


def _zones(balancer: Any) -> list[str]:
    return [subnet.availability_zone for subnet in _subnets(balancer)]


def _subnets(balancer: Any) -> list[Any]:
    return [one for one in balancer.subnets if not isinstance(one, str)]


def _place(balancer: Any) -> tuple[str, list[str]]:
    first = balancer.subnets[0]
    return first if isinstance(first, str) else first.id, list(balancer.security_groups or [])


# ---- the API


# RegisterTargets: health checks begin.
@after("elbv2", "RegisterTargets")
def watch_registered(cloud: Any, call: Call, _result: dict[str, Any]) -> None:
    for target in call.params["Targets"] if cloud.tasks else []:
        port = target.get("Port") or _group(call).port
        cloud.tasks.targets.watch(
            call.account, call.region, call.params["TargetGroupArn"], target["Id"], int(port)
        )


# DeregisterTargets: the target drains.
@after("elbv2", "DeregisterTargets")
def unwatch_deregistered(cloud: Any, call: Call, _result: dict[str, Any]) -> None:
    for target in call.params["Targets"] if cloud.tasks else []:
        port = target.get("Port") or _group(call).port
        cloud.tasks.targets.unwatch(call.params["TargetGroupArn"], target["Id"], int(port))


def _group(call: Call) -> Any:
    group = emulator.backend("elbv2", call.account, call.region).target_groups.get(
        call.params["TargetGroupArn"]
    )
    if group is None:
        raise AwsError("TargetGroupNotFound", "One or more target groups not found")
    return group


@before("elbv2", "DescribeTargetHealth")
def describe_target_health(cloud: Any, call: Call) -> dict[str, Any] | None:
    """The states that the checks found, instead of moto's "healthy" for everything."""
    if cloud.tasks is None:
        return None
    group, targets = _group(call), cloud.tasks.targets
    wanted = [(t["Id"], int(t.get("Port") or group.port)) for t in call.params.get("Targets") or []]
    if not wanted:
        wanted = [(t["Id"], int(t["Port"])) for t in group.targets.values()]
        wanted += [(address, port) for _, address, port in targets.draining(group.arn)]
    described = []
    for address, port in wanted:
        found = targets.health(group.arn, address, port)
        if found == REGISTERING and not group.load_balancer_arns:
            found = NO_BALANCER  # without a load balancer nothing is checked first
        state, reason, text = found
        health = {"State": state, **({"Reason": reason, "Description": text} if reason else {})}
        task = cloud.tasks.at(address)
        entry: dict[str, Any] = {"Target": {"Id": address, "Port": port}, "TargetHealth": health}
        if task:
            entry["Target"]["AvailabilityZone"] = task.network.zone
        if state != "unused" or reason != "Target.NotRegistered":
            check = group.health_check_port or "traffic-port"
            entry["HealthCheckPort"] = str(port if check == "traffic-port" else check)
        described.append(entry)
    return {"TargetHealthDescriptions": described}

# SPDX-License-Identifier: MIT
"""The data path of an Application Load Balancer: from a listener to a healthy target, and its errors.

forward(cloud, place, request) answers as the balancer would, also when it has no target: its own errors are HTML.
Health is what data/targets.py found and DescribeTargetHealth says; the way to the target is asked of network.py;
the connection itself is made by cloud.tasks.connect(ip, port).
"""

import http.client
import itertools
import logging
import socket
import time
from dataclasses import dataclass, field
from typing import Any

from practice import emulator

log = logging.getLogger("practice.gateway")

# AWS: "The load balancer failed to establish a connection to the target before the connection timeout expired
# (10 seconds)" (ELB user guide, HTTP 504).
CONNECT_SECONDS = 10
# Not forwarded in either direction (RFC 9110 7.6.1).
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
REASONS = {
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_turn = itertools.count()


@dataclass
class Request:
    """A request on its way; path is raw, as the client sent it, with its query."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    deadline: float


@dataclass
class Response:
    status: int
    reason: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass(frozen=True)
class Place:
    """A listener, and where it is."""

    account: str
    region: str
    balancer: Any
    listener: Any


class TooLarge(Exception):
    """The answer is larger than the limit of whoever asked."""


def find_listener(arn: str, account: str) -> Place | None:
    """The listener of an ARN, in the account of who asks: private integrations do not cross accounts."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[4] != account:
        return None
    with emulator.lock:
        elbv2 = emulator.backend("elbv2", account, parts[3])
        for balancer in elbv2.load_balancers.values():
            if arn in balancer.listeners:
                return Place(account, parts[3], balancer, balancer.listeners[arn])
    return None


def html_error(status: int) -> Response:
    """The page that a balancer itself serves."""
    title = f"{status} {REASONS[status]}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    headers = [("Server", "awselb/2.0"), ("Content-Type", "text/html")]
    return Response(status, REASONS[status], headers, body.encode())


def forward(cloud: Any, place: Place, request: Request, limit: int) -> Response:
    """What the balancer answers. Raises TimeoutError at the request's deadline, TooLarge beyond limit bytes."""
    group = target_group(place)
    if group is None:
        return fixed_response(place) or html_error(503)
    target = choose(cloud, place, group) if cloud.tasks else None
    if target is None:
        return html_error(503)
    verdict = way_to(cloud, place, *target)
    if verdict == "timeout":
        wait(cloud, CONNECT_SECONDS, request.deadline)
        return html_error(504)
    try:
        connection = cloud.tasks.connect(*target, timeout=min(CONNECT_SECONDS, left(request.deadline)))
    except TimeoutError:
        return html_error(504)
    except OSError as error:
        log.info("load balancer to %s:%d: %s", *target, error)
        return html_error(502)
    with connection:
        return exchange(connection, target, request, limit)


def left(deadline: float) -> float:
    """Seconds until the deadline. Raises TimeoutError when it is over."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def wait(cloud: Any, aws_seconds: float, deadline: float) -> None:
    """Waits as long as AWS would, in the cloud's time, but not beyond the deadline."""
    seconds = left(deadline)
    if cloud.clock.seconds(aws_seconds) < seconds:
        cloud.clock.sleep(aws_seconds)
        return
    time.sleep(seconds)
    raise TimeoutError


def target_group(place: Place) -> str | None:
    """The target group of the listener's default action."""
    for action in place.listener.default_actions:
        if action.type != "forward":
            continue
        data = action.data
        if data.get("TargetGroupArn"):
            return data["TargetGroupArn"]
        groups = (data.get("ForwardConfig") or {}).get("TargetGroups") or []
        live = [group for group in groups if int(group.get("Weight", 1)) > 0]
        if live:
            return live[0]["TargetGroupArn"]
    return None


def fixed_response(place: Place) -> Response | None:
    for action in place.listener.default_actions:
        config = action.data.get("FixedResponseConfig")
        if action.type == "fixed-response" and config:
            headers = [("Server", "awselb/2.0"), ("Content-Type", config.get("ContentType") or "text/plain")]
            status = int(config["StatusCode"])
            reason = http.client.responses.get(status, "")
            return Response(status, reason, headers, (config.get("MessageBody") or "").encode())
    return None


def choose(cloud: Any, place: Place, group: str) -> tuple[str, int] | None:
    """A healthy target, in turn. When all are unhealthy every one is tried: the balancer "fails open"."""
    with emulator.lock:
        made = emulator.backend("elbv2", place.account, place.region).target_groups.get(group)
        targets = [(t["Id"], int(t.get("Port") or made.port)) for t in made.targets.values()] if made else []
    states = {target: cloud.tasks.targets.health(group, *target)[0] for target in targets}
    for wanted in ("healthy", "unhealthy"):
        found = [target for target, state in states.items() if state == wanted]
        if found:
            return found[next(_turn) % len(found)]
    return None


def way_to(cloud: Any, place: Place, ip: str, port: int) -> str:
    """Whether the balancer reaches the target: by its own groups and those of the interface with that address."""
    with emulator.lock:
        ec2 = emulator.backend("ec2", place.account, place.region)
        groups = [
            group.id
            for interface in ec2.enis.values()
            if interface.private_ip_address == ip and interface.subnet.vpc_id == place.balancer.vpc_id
            for group in interface.group_set
        ]
        subnet = place.balancer.subnets[0].id
        own = list(place.balancer.security_groups)
    if not groups:
        return "timeout"
    return cloud.network.route(place.account, place.region, subnet, own, ("ip", ip, port, groups))


def exchange(connection: socket.socket, target: tuple[str, int], request: Request, limit: int) -> Response:
    """One request and its whole answer over a connected socket. 502 when the target closes or speaks no HTTP."""
    client = http.client.HTTPConnection(*target)
    client.sock = connection
    try:
        connection.settimeout(left(request.deadline))
        client.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            client.putheader(name, value.encode("latin-1"))
        client.endheaders(request.body or None)
        answer = client.getresponse()
        body = read_all(answer, connection, request.deadline, limit)
    except TimeoutError:
        raise
    except (OSError, http.client.HTTPException) as error:
        log.info("target %s:%d: %s", *target, error)
        return html_error(502)
    headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
    return Response(answer.status, answer.reason, headers, body)


def read_all(
    answer: http.client.HTTPResponse, connection: socket.socket, deadline: float, limit: int
) -> bytes:
    body = bytearray()
    while True:
        connection.settimeout(left(deadline))
        block = answer.read1(1 << 16)
        if not block:
            break
        body += block
        if len(body) > limit:
            raise TooLarge
    if answer.length:  # the target closed before it had sent what it announced
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body)

# SPDX-License-Identifier: MIT
"""The data path of API Gateway's HTTP APIs: http://{api-id}.execute-api.localhost:P/ and /_gateway/{api-id}/.

A request goes stage -> route -> integration -> VPC link -> listener -> balancer.py -> task, each found in moto's state
at that moment, and fails as AWS fails where one of them is missing or not ready (aws.md 5). As on AWS the whole
answer is held back until it is complete (HTTP APIs do not stream), for 30 s and 10 MB at most.

wrapped/apigatewayv2.py makes apiEndpoint lead here. handle() is called by server.py for every request, from any thread.
"""

import contextlib
import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from practice import emulator
from practice.data import balancer, cors
from practice.data.balancer import HOP_BY_HOP, Request, Response

log = logging.getLogger("practice.gateway")

PATH_FORM = re.compile(r"^/_gateway/([a-z0-9]+)(/.*)?$", re.DOTALL)
# Quotas of HTTP APIs (aws.md 8): both cannot be raised.
MAX_BYTES = 10 * 1024 * 1024
MAX_SECONDS = 30
StartResponse = Callable[..., Any]


class Failure(Exception):
    """API Gateway's own error: JSON with one member."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


MESSAGES = {
    404: "Not Found",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class Found:
    """An API and the account and region that own it."""

    account: str
    region: str
    api: Any


class Gateway:
    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud

    def start(self) -> None:
        """Nothing runs of its own: server.py brings the requests."""

    def stop(self) -> None:
        """Nothing to end."""

    def handle(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        deadline = time.monotonic() + MAX_SECONDS
        response = self._answer(environ, deadline)
        headers = [(k, v) for k, v in response.headers if k.lower() != "content-length"]
        headers.append(("apigw-requestid", secrets.token_urlsafe(11) + "="))
        head = environ["REQUEST_METHOD"] == "HEAD"
        if response.status >= 200 and response.status not in (204, 304):
            announced = next((v for k, v in response.headers if k.lower() == "content-length"), None)
            headers.append(("Content-Length", announced if head and announced else str(len(response.body))))
        start_response(f"{response.status} {response.reason or 'Unknown'}", headers)
        return [] if head else [response.body]

    def _answer(self, environ: dict[str, Any], deadline: float) -> Response:
        try:
            body = read_body(environ)
            api_id, path = address(environ)
            found = find_api(api_id)
            if found is None or found.api.disable_execute_api_endpoint is True:
                raise Failure(404, f"no API {api_id}")
            config = found.api.cors_configuration
            if config and cors.is_preflight(environ):
                # Answered by the gateway itself, route or not; the backend's own CORS never shows.
                return cors.preflight(config, environ)
            response = self._through(found, environ, path, body, deadline)
            return cors.decorate(config, environ, response) if config else response
        except Failure as failure:
            log.info(
                "%s %s: %d, %s", environ["REQUEST_METHOD"], environ["PATH_INFO"], failure.status, failure
            )
            message = json.dumps({"message": MESSAGES[failure.status]}).encode()
            headers = [("Content-Type", "application/json")]
            return Response(failure.status, MESSAGES[failure.status], headers, message)

    def _through(
        self, found: Found, environ: dict[str, Any], path: str, body: bytes, deadline: float
    ) -> Response:
        with emulator.lock:
            route_path = stage_path(found.api, urlsplit(path).path)
            route = match_route(found.api, environ["REQUEST_METHOD"], route_path)
            integration = find_integration(found.api, route)
            seconds = min((integration.timeout_in_millis or 30000) / 1000, MAX_SECONDS)
        deadline = min(deadline, time.monotonic() + seconds)
        place = self._enter(found, integration, deadline)
        headers = forwarded_headers(environ, found.api.api_id, len(body))
        request = Request(environ["REQUEST_METHOD"], path, headers, body, deadline)
        try:
            return balancer.forward(self.cloud, place, request, MAX_BYTES)
        except TimeoutError:
            raise Failure(503, f"no answer within {seconds} s") from None
        except balancer.TooLarge:
            raise Failure(500, "the answer is larger than 10 MB") from None

    def _enter(self, found: Found, integration: Any, deadline: float) -> balancer.Place:
        """Through the VPC link to the listener, when the link is up and may reach the balancer."""
        link, subnet, groups = vpc_link(found, integration)
        place = balancer.find_listener(integration.integration_uri or "", found.account)
        if place is None or place.region != found.region:
            raise Failure(500, f"no listener {integration.integration_uri}")
        with emulator.lock:
            state, port = place.balancer.state, int(place.listener.port)
            inside, own = place.balancer.subnets[0].id, list(place.balancer.security_groups)
            address_inside = first_address(place, inside)
        if state != "active":
            raise Failure(503, f"the load balancer is {state}")
        destination = ("ip", address_inside, port, own)
        verdict = self.cloud.network.route(found.account, found.region, subnet, groups, destination)
        if verdict != "ok":
            with contextlib.suppress(TimeoutError):
                balancer.wait(self.cloud, MAX_SECONDS, deadline)
            raise Failure(503, f"VPC link {link} does not reach the load balancer ({verdict})")
        return place


# ---- the request


def read_body(environ: dict[str, Any]) -> bytes:
    """The whole body. One that is too large is read and thrown away, so that the connection stays usable."""
    stream = environ["wsgi.input"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not environ.get("wsgi.input_terminated") and not length:
        return b""
    body = bytearray()
    total = 0
    while environ.get("wsgi.input_terminated") or total < length:
        size = 1 << 16 if environ.get("wsgi.input_terminated") else min(1 << 16, length - total)
        block = stream.read(size)
        if not block:
            break
        total += len(block)
        if total <= MAX_BYTES:
            body += block
    if total > MAX_BYTES:
        raise Failure(413, f"a body of {total} bytes")
    return bytes(body)


def address(environ: dict[str, Any]) -> tuple[str, str]:
    """The API's id and the raw path with query, from the Host header or from the path form."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    if not raw.startswith("/"):  # the absolute form that a client sends to a proxy
        parts = urlsplit(raw)
        raw = parts._replace(scheme="", netloc="").geturl() or "/"
    path, mark, query = raw.partition("?")
    match = PATH_FORM.match(path)
    if not match:
        return environ.get("HTTP_HOST", "").split(".", 1)[0], raw
    return match.group(1), (match.group(2) or "/") + mark + query


def forwarded_headers(environ: dict[str, Any], api_id: str, length: int) -> list[tuple[str, str]]:
    """The client's headers, less those of its own connection, plus what gateway and balancer add.

    The gateway names the client in X-Forwarded-For and Forwarded; the balancer then sees the link as its client
    and says so: http, port 80 (ELB user guide, "X-Forwarded headers").
    """
    client = environ.get("REMOTE_ADDR") or "127.0.0.1"
    host = environ.get("HTTP_HOST", "")
    if environ["PATH_INFO"].startswith("/_gateway/"):
        host = f"{api_id}.execute-api.localhost:{environ.get('SERVER_PORT', '')}"
    listed = {name.strip().lower() for name in environ.get("HTTP_CONNECTION", "").split(",")}
    skipped = (
        HOP_BY_HOP | listed | {"host", "expect", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port"}
    )
    headers = [("host", host)]
    for key, value in environ.items():
        name = key[5:].replace("_", "-").lower() if key.startswith("HTTP_") else ""
        if name and name not in skipped:
            headers.append((name, value))
    if environ.get("CONTENT_TYPE"):
        headers.append(("content-type", environ["CONTENT_TYPE"]))
    if length or environ.get("CONTENT_LENGTH"):
        headers.append(("content-length", str(length)))
    hops = [part for part in (environ.get("HTTP_X_FORWARDED_FOR"), client) if part]
    return [
        *headers,
        ("forwarded", f"by=127.0.0.1;for={client};host={host};proto=http"),
        ("via", "HTTP/1.1 AmazonAPIGateway"),
        ("x-amzn-trace-id", f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"),
        ("x-forwarded-for", ", ".join(hops)),
        ("x-forwarded-port", "80"),
        ("x-forwarded-proto", "http"),
    ]


# ---- the API's parts, in moto's state (call with emulator.lock held, except find_api and vpc_link)


def find_api(api_id: str) -> Found | None:
    from moto.apigatewayv2.models import apigatewayv2_backends

    with emulator.lock:
        for account, regions in list(apigatewayv2_backends.items()):
            for region, backend in list(regions.items()):
                if api_id in backend.apis:
                    return Found(account, region, backend.apis[api_id])
    return None


def deployed(stage: Any) -> bool:
    """A stage without automatic deployment serves nothing until a deployment is made for it."""
    return bool(
        stage.auto_deploy or stage.config.get("deploymentId") or getattr(stage, "deployment_id", None)
    )


def stage_path(api: Any, path: str) -> str:
    """The path that routes are matched with: without the stage's name, unless it is the $default stage."""
    first = path.split("/")[1] if path.count("/") else ""
    stage = api.stages.get(first)
    if stage is not None and deployed(stage):
        return path[len(first) + 1 :] or "/"
    stage = api.stages.get("$default")
    if stage is None or not deployed(stage):
        raise Failure(404, "no stage is deployed")
    return path


def match_route(api: Any, method: str, path: str) -> Any:
    """The most specific route: fixed path, then {parameters}, then {greedy+}, then $default; ANY after METHOD."""
    best, best_rank = None, tuple[int, ...]((-1,))
    for route in api.routes.values():
        rank = route_rank(route.route_key, method, path)
        if rank is not None and rank > best_rank:
            best, best_rank = route, rank
    if best is None:
        raise Failure(404, f"no route for {method} {path}")
    return best


def route_rank(key: str, method: str, path: str) -> tuple[int, ...] | None:
    """How well a route key fits, None when it does not."""
    if key == "$default":
        return (0,)
    verb, _, template = key.partition(" ")
    if verb not in ("ANY", method):
        return None
    pattern, score = "", []
    for part in template.strip("/").split("/"):
        if part.startswith("{") and part.endswith("+}"):
            pattern += "/.+"
            score.append(1)
        elif part.startswith("{"):
            pattern += "/[^/]+"
            score.append(2)
        else:
            pattern += "/" + re.escape(part)
            score.append(3)
    if not re.fullmatch(pattern, path.rstrip("/") or "/", re.DOTALL):
        return None
    return (1, *score, 1 if verb == method else 0)


def find_integration(api: Any, route: Any) -> Any:
    name = (route.target or "").removeprefix("integrations/")
    integration = api.integrations.get(name)
    if integration is None:
        raise Failure(500, f"route {route.route_key} has no integration")
    if integration.integration_type != "HTTP_PROXY" or integration.connection_type != "VPC_LINK":
        raise Failure(500, "only private integrations are imitated")
    return integration


def vpc_link(found: Found, integration: Any) -> tuple[str, str, list[str]]:
    """Id, a subnet and the groups of an integration's link, when it is AVAILABLE."""
    with emulator.lock:
        links = emulator.backend("apigatewayv2", found.account, found.region).vpc_links
        link = links.get(integration.connection_id or "")
        if link is None:
            raise Failure(500, f"no VPC link {integration.connection_id}")
        # The words while it is being made or unmade are those of a link that cannot carry (aws.md 5).
        status = getattr(link, "status", "AVAILABLE")
        if status != "AVAILABLE":
            raise Failure(503, f"VPC link {link.id} is {status}")
        return link.id, link.subnet_ids[0], list(link.sg_ids or [])


def first_address(place: balancer.Place, subnet: str) -> str:
    """The balancer's address in a subnet: of its interface there, else any host of the subnet."""
    for interface in emulator.backend("ec2", place.account, place.region).enis.values():
        balancers = getattr(place.balancer, "interfaces", [])
        if interface.id in balancers and interface.subnet.id == subnet:
            return interface.private_ip_address
    return str(place.balancer.subnets[0].cidr.network_address + 4)

# SPDX-License-Identifier: MIT
"""A stand-in for Forest's API on port P+2: what the agent calls, what a setup tool may call, and a login.

Use: FOREST_SERVER_URL=http://127.0.0.1:P+2. `GET /_practice/forest` shows what was received, `POST` with
{"id": 101, "apiEndpoint": URL} sets a backend's address as a user would in Forest's own pages. A browser's login can
be played through: POST URL/forest/authentication, follow authorizationUrl, which grants at once.

Order: Forest(cloud), start(), stop(). One thread for each connection; stop() also ends the event streams.
Failure: an unknown environment secret is 404 with JSON:API errors, one environment is always in maintenance (503).
"""

import json
import re
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from practice.data import forest_store as shapes
from practice.data.forest_login import Login
from practice.data.forest_store import Environment, Store
from practice.seed import sample

# The agent warns when it has seen none for 45 s (events-subscription/index.js).
HEARTBEAT_SECONDS = 15
MAX_BODY = 50 << 20


class Refusal(Exception):
    """An answer that is an error; the agent shows errors[0].detail to the user."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Forest:
    """The stand-in. cloud.forest.address is (host, port), cloud.forest.url its address as a URL."""

    def __init__(self, cloud: Any) -> None:
        self.address = ("127.0.0.1", cloud.config.port + 2)
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.store = Store()
        self.login = Login(self.url)
        self.stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        self.stopping.clear()
        handler = type("ForestHandler", (Handler,), {"forest": self})
        self._server = Server(self.address, handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="forest", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class Handler(BaseHTTPRequestHandler):
    """One connection. Routes are the rows of ROUTES below."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    forest: Forest

    def log_message(self, *_: Any) -> None:
        """The store notes requests; stderr stays quiet."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _serve(self) -> None:
        self.parts = urlsplit(self.path)
        self.environment: Environment | None = None
        self.body = b""
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY:
                self.close_connection = True
                raise Refusal(413, "The request is too large.")
            self.body = self.rfile.read(length)
            route, match = self._find()
            answer = route(self, *match.groups())
            if answer is not None:
                self.answer(*answer)
        except Refusal as refusal:
            error = {"status": str(refusal.status), "name": "Error", "detail": refusal.detail}
            self.answer(refusal.status, {"errors": [error]})
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _find(self) -> tuple[Callable[..., Any], re.Match[str]]:
        for method, pattern, route in ROUTES:
            match = re.fullmatch(pattern, self.parts.path)
            if match and method == self.command:
                return route, match
        raise Refusal(404, "The requested resource was not found on Forest Admin server.")

    def answer(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        if not self.parts.path.startswith("/_practice/"):
            self.forest.store.note(self.command, self.parts.path, self.environment, status)
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        if data:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            raise Refusal(400, "The body is not JSON.") from None
        if not isinstance(value, dict):
            raise Refusal(400, "The body must be a JSON object.")
        return value

    def known(self, secret: str | None) -> Environment:
        """The environment of a secret. 404 is what the agent and Forest's tools take for an unknown one."""
        if not secret:
            raise Refusal(401, "No environment secret was given.")
        self.environment = self.forest.store.by_secret(secret)
        if not self.environment:
            raise Refusal(
                404,
                "Forest Admin server failed to find the environment related to the envSecret you configured."
                " Can you check that you copied it properly during initialization?",
            )
        if self.environment.made.maintenance:
            raise Refusal(503, "Forest is in maintenance for a few minutes.")
        return self.environment

    def agent(self) -> Environment:
        return self.known(self.headers.get("forest-secret-key"))

    def bearer(self) -> str | None:
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else None

    def user(self) -> None:
        if self.bearer() != sample.FOREST_APPLICATION_TOKEN:
            raise Refusal(401, "The application token is missing or not valid.")


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


def whitelist(r: Handler) -> Answer:
    return 200, shapes.ip_whitelist(r.agent())


def permissions(r: Handler) -> Answer:
    return 200, shapes.environment_permissions(r.agent())


def users(r: Handler) -> Answer:
    r.agent()
    return 200, [shapes.USER]


def rendering(r: Handler, _id: str) -> Answer:
    return 200, shapes.rendering_permissions(r.agent())


def who(r: Handler, _id: str) -> Answer:
    r.agent()
    if not r.forest.login.knows(r.headers.get("forest-token") or ""):
        raise Refusal(401, "The access token is missing or has expired.")
    return 200, shapes.authorization()


def customizations(r: Handler) -> Answer:
    r.agent()
    return 200, []


def mcp_configs(r: Handler) -> Answer:
    r.agent()
    return 200, {"configs": {}}


def activity(r: Handler, *_: str) -> Answer:
    """The agent writes an activity log for some calls; it only wants an id back."""
    if not r.bearer():
        raise Refusal(401, "A token is needed.")
    return 200, {"data": {"id": secrets.token_hex(8), "attributes": {"index": "practice"}}}


def schema(r: Handler) -> Answer:
    return 200, shapes.forest_schema(r.agent())


def hashcheck(r: Handler) -> Answer:
    environment = r.agent()
    return 200, {"sendSchema": environment.schema_hash() != r.json().get("schemaFileHash")}


def receive_schema(r: Handler) -> Answer:
    environment = r.agent()
    document = r.json()
    if not isinstance(document.get("data"), list) or not isinstance(document.get("meta"), dict):
        raise Refusal(422, "The schema must have data and meta.")
    with r.forest.store.lock:
        environment.schema = document
    return 204, None


def events(r: Handler) -> None:
    """Server-sent events: a heartbeat at once and every HEARTBEAT_SECONDS until either side goes."""
    environment = r.agent()
    r.forest.store.note(r.command, r.parts.path, environment, 200)
    r.close_connection = True
    r.send_response(200)
    r.send_header("Content-Type", "text/event-stream")
    r.send_header("Cache-Control", "no-cache")
    r.send_header("Connection", "close")
    r.end_headers()
    environment.subscribers += 1
    try:
        while True:
            r.wfile.write(b"event: heartbeat\ndata: {}\n\n")
            r.wfile.flush()
            if r.forest.stopping.wait(HEARTBEAT_SECONDS):
                return
    finally:
        environment.subscribers -= 1


def discovery(r: Handler) -> Answer:
    """With a secret it must be a known one; without one it answers too, as Forest's tools expect."""
    if r.headers.get("forest-secret-key"):
        r.agent()
    return 200, r.forest.login.discovery()


def register(r: Handler) -> Answer:
    """The redirect address comes from the environment, not from the agent (forest.md 2)."""
    environment = r.known(r.bearer())
    with r.forest.store.lock:
        environment.clients += 1
        return 201, r.forest.login.register(environment.api_endpoint + "/forest/authentication/callback")


def authorize(r: Handler) -> Answer:
    """A login page would stand here; the practice user is always logged in."""
    query = {name: values[0] for name, values in parse_qs(r.parts.query).items()}
    code, fault = r.forest.login.grant(query)
    if fault:
        raise Refusal(400, fault)
    back = query["redirect_uri"] + "?" + urlencode({"code": code, "state": query.get("state", "")})
    return 302, None, {"Location": back}


def token(r: Handler) -> Answer:
    form = {name: values[0] for name, values in parse_qs(r.body.decode("utf-8", "replace")).items()}
    tokens = r.forest.login.exchange(form)
    if not tokens:
        return 400, {"error": "invalid_grant", "error_description": "grant request is invalid"}
    return 200, tokens


def keys(r: Handler) -> Answer:
    return 200, r.forest.login.keys()


def projects(r: Handler) -> Answer:
    """With ?envSecret: the project of a secret (forest-cli getByEnvSecret); without: all of the user's."""
    r.user()
    if "envSecret" in parse_qs(r.parts.query, keep_blank_values=True):
        r.agent()
        return 200, {"data": shapes.project_document()}
    return 200, {"data": [shapes.project_document()]}


def environments(r: Handler, project: str) -> Answer:
    r.user()
    if project != shapes.project_document()["id"]:
        raise Refusal(404, "Your project was not found. Please check your environment secret.")
    return 200, {"data": [shapes.environment_document(e) for e in r.forest.store.environments.values()]}


def one_environment(r: Handler, number: str) -> Environment:
    r.user()
    environment = r.forest.store.by_id(number)
    if not environment:
        raise Refusal(404, "The environment was not found.")
    r.environment = environment
    return environment


def show_environment(r: Handler, number: str) -> Answer:
    return 200, {"data": shapes.environment_document(one_environment(r, number))}


def set_endpoint(r: Handler, number: str) -> Answer:
    """PUT /api/environments/ID as `forest environments:update -u URL` sends it."""
    environment = one_environment(r, number)
    document = r.json().get("data")
    if not isinstance(document, dict) or document.get("type") != "environments":
        raise Refusal(422, "The document must be of type environments.")
    url = (document.get("attributes") or {}).get("api-endpoint", environment.api_endpoint)
    fault = shapes.endpoint_fault(url)
    if fault:
        raise Refusal(422, fault)
    environment.api_endpoint = url
    return 200, {"data": shapes.environment_document(environment)}


def practice_report(r: Handler) -> Answer:
    return 200, r.forest.store.report()


def practice_set(r: Handler) -> Answer:
    """As the user does in Forest's settings: no token, the same rules for the address."""
    wish = r.json()
    environment = r.forest.store.by_id(str(wish.get("id")))
    if not environment:
        raise Refusal(404, "The environment was not found.")
    fault = shapes.endpoint_fault(wish.get("apiEndpoint"))
    if fault:
        raise Refusal(422, fault)
    environment.api_endpoint = wish["apiEndpoint"]
    return 200, {"id": environment.made.id, "apiEndpoint": environment.api_endpoint}


ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/liana/v1/ip-whitelist-rules", whitelist),
    ("GET", "/liana/v4/permissions/environment", permissions),
    ("GET", "/liana/v4/permissions/users", users),
    ("GET", "/liana/v4/permissions/renderings/([0-9]+)", rendering),
    ("GET", "/liana/v2/renderings/([0-9]+)/authorization", who),
    ("GET", "/liana/model-customizations", customizations),
    ("GET", "/liana/mcp-server-configs-with-details", mcp_configs),
    ("GET", "/liana/forest-schema", schema),
    ("GET", "/liana/v4/subscribe-to-events", events),
    ("POST", "/forest/apimaps/hashcheck", hashcheck),
    ("POST", "/forest/apimaps", receive_schema),
    ("POST", "/api/activity-logs-requests(?:/mcp)?", activity),
    ("PATCH", "/api/activity-logs-requests/([^/]+)/([^/]+)/status", activity),
    ("GET", "/oidc/\\.well-known/openid-configuration", discovery),
    ("POST", "/oidc/reg", register),
    ("GET", "/oidc/auth", authorize),
    ("POST", "/oidc/token", token),
    ("GET", "/oidc/jwks", keys),
    ("GET", "/api/projects", projects),
    ("GET", "/api/projects/([0-9]+)/environments", environments),
    ("GET", "/api/environments/([0-9]+)", show_environment),
    ("PUT", "/api/environments/([0-9]+)", set_endpoint),
    ("GET", "/_practice/forest", practice_report),
    ("POST", "/_practice/forest", practice_set),
)

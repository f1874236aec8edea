# SPDX-License-Identifier: MIT
"""What the Forest stand-in remembers: environments, the schemas agents sent, who asked for what.

Order: Store() once, then any method from any thread. The shapes are those that the agent and Forest's own tools
read (forest.md 2 and 3; @forestadmin/forestadmin-client permissions/types.d.ts); what the real server does beyond
that is not known and not imitated.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from practice.seed import sample

ROLE = 1
TEAM = {"id": 1, "name": "Operations"}
USER = {
    "id": 7,
    "email": "camille@acme.example",
    "firstName": "Camille",
    "lastName": "Martin",
    "fullName": "Camille Martin",
    "permissionLevel": "admin",
    "tags": {},
    "roleId": ROLE,
}
RIGHTS = ("browse", "read", "edit", "add", "delete", "export")


@dataclass
class Environment:
    """One environment and what its agents have sent."""

    made: sample.ForestEnvironment
    api_endpoint: str
    schema: dict[str, Any] | None = None
    subscribers: int = 0
    clients: int = 0
    calls: int = 0

    @property
    def name(self) -> str:
        return self.made.name

    def collections(self) -> list[str]:
        return [row["id"] for row in (self.schema or {}).get("data", []) if row.get("type") == "collections"]

    def schema_hash(self) -> str | None:
        return (self.schema or {}).get("meta", {}).get("schemaFileHash")


@dataclass
class Store:
    lock: threading.Lock = field(default_factory=threading.Lock)
    environments: dict[str, Environment] = field(default_factory=dict)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=2000))

    def __post_init__(self) -> None:
        for made in sample.FOREST_ENVIRONMENTS:
            self.environments[made.secret] = Environment(made, made.api_endpoint)

    def by_secret(self, secret: str) -> Environment | None:
        return self.environments.get(secret)

    def by_id(self, number: str) -> Environment | None:
        return next((e for e in self.environments.values() if str(e.made.id) == number), None)

    def note(self, method: str, path: str, environment: Environment | None, status: int) -> None:
        """Remember a request, without its secret."""
        name = environment.name if environment else None
        with self.lock:
            self.requests.append({"method": method, "path": path, "environment": name, "status": status})
            if environment:
                environment.calls += 1

    def report(self) -> dict[str, Any]:
        """What was received, for tests and for a curious user."""
        with self.lock:
            rows = [
                {
                    "id": e.made.id,
                    "name": e.name,
                    "apiEndpoint": e.api_endpoint,
                    "collections": e.collections(),
                    "schemaFileHash": e.schema_hash(),
                    "clients": e.clients,
                    "subscribers": e.subscribers,
                    "calls": e.calls,
                }
                for e in self.environments.values()
            ]
            return {"environments": rows, "requests": list(self.requests)}


def ip_whitelist(environment: Environment) -> dict[str, Any]:
    """GET /liana/v1/ip-whitelist-rules; a rule of type 0 is one address (forest-ip-utils)."""
    rules = [{"type": 0, "ip": address} for address in environment.made.ip_whitelist]
    attributes = {"use_ip_whitelist": bool(rules), "rules": rules}
    return {"data": {"type": "ip-whitelist-rules", "id": str(environment.made.id), "attributes": attributes}}


def environment_permissions(environment: Environment) -> dict[str, Any]:
    """GET /liana/v4/permissions/environment: the one role may do everything with every collection sent."""
    allowed = {"roles": [ROLE]}
    collection = {right + "Enabled": allowed for right in RIGHTS}
    return {
        "collections": {name: {"collection": collection, "actions": {}} for name in environment.collections()}
    }


def rendering_permissions(environment: Environment) -> dict[str, Any]:
    """GET /liana/v4/permissions/renderings/ID: no scope hides any row."""
    row: dict[str, Any] = {"scope": None, "segments": [], "liveQuerySegments": []}
    return {"team": TEAM, "collections": {name: row for name in environment.collections()}, "stats": []}


def authorization() -> dict[str, Any]:
    """GET /liana/v2/renderings/ID/authorization: who has logged in."""
    attributes = {
        "email": USER["email"],
        "first_name": USER["firstName"],
        "last_name": USER["lastName"],
        "teams": [TEAM["name"]],
        "role": "Operations",
        "permission_level": USER["permissionLevel"],
        "tags": [],
    }
    return {"data": {"type": "users", "id": str(USER["id"]), "attributes": attributes}}


def forest_schema(environment: Environment) -> dict[str, Any]:
    """GET /liana/forest-schema: the schema as it was sent; empty before the first one."""
    schema = environment.schema or {}
    return {
        "data": schema.get("data", []),
        "included": schema.get("included", []),
        "meta": schema.get("meta", {}),
    }


def project_document() -> dict[str, Any]:
    return {"type": "projects", "id": "11", "attributes": {"name": sample.FOREST_PROJECT}}


def environment_document(environment: Environment) -> dict[str, Any]:
    """The attributes that Forest's tools show (forest.md 3)."""
    meta = (environment.schema or {}).get("meta", {})
    attributes = {
        "name": environment.name,
        "api-endpoint": environment.api_endpoint,
        "is-active": environment.subscribers > 0,
        "type": environment.made.type,
        "secret-key": environment.made.secret,
        "liana-name": meta.get("liana"),
        "liana-version": meta.get("liana_version"),
    }
    return {"type": "environments", "id": str(environment.made.id), "attributes": attributes}


def endpoint_fault(url: object) -> str | None:
    """Why Forest would refuse this backend URL, or None (forest.md 4: "URL rules")."""
    if not isinstance(url, str):
        return "The endpoint must be a string."
    parts = urlsplit(url)
    host = parts.hostname or ""
    local = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    if parts.scheme not in ("http", "https") or not host:
        return "The endpoint must be a URL."
    if parts.scheme == "http" and not local:
        return "HTTPS protocol is mandatory, except for localhost and 127.0.0.1."
    if url.endswith("/"):
        return "The endpoint must not end with a slash."
    return None

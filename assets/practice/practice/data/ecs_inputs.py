# SPDX-License-Identifier: MIT
"""What goes into a container: its secrets, its environment, its user and its command line.

resolve_secrets() answers as Secrets Manager would answer the task's execution role, through the task's network; the
rest combines image config and container definition as Docker does. A problem is a StartError with ECS's own words."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from practice import emulator
from practice.data import ecs_access
from practice.data.ecs_layer import resolve

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNABLE = "unable to pull secrets or registry auth: execution resource retrieval failed: "


class StartError(Exception):
    """Why a task stops before its container runs: kind is the first word of stoppedReason."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")


@dataclass
class Requester:
    """In whose name ECS prepares a task: the execution role, its session, and the way to AWS's services."""

    account: str
    region: str
    role: str | None
    session: str
    route: Callable[[str], str]  # service -> "ok" | "timeout" | "refused"

    def may(self, action: str, resource: str, context: dict[str, str] | None = None) -> bool:
        return ecs_access.allowed(self.account, self.region, self.role, action, resource, context)

    def denial(self, action: str, resource: str) -> str:
        return ecs_access.denial(self.account, self.role, self.session, action, resource)


def check_registry_login(who: Requester) -> None:
    """ecr:GetAuthorizationToken, the first thing that Fargate does for an image in ECR."""
    head = UNABLE + "unable to retrieve ecr registry auth: service call has been retried "
    if who.route("ecr.api") != "ok":
        raise StartError(
            "ResourceInitializationError",
            f"{head}3 time(s): RequestError: send request failed caused by: Post "
            f'"https://api.ecr.{who.region}.amazonaws.com/": dial tcp 52.94.0.10:443: i/o timeout. Please '
            "check your task network configuration.",
        )
    if not who.may("ecr:GetAuthorizationToken", "*"):
        raise StartError(
            "ResourceInitializationError", f"{head}1 time(s): {who.denial('ecr:GetAuthorizationToken', '*')}"
        )


def resolve_secrets(who: Requester, wanted: list[dict[str, str]]) -> dict[str, str]:
    """{name: value} of containerDefinitions[].secrets. valueFrom is ARN[:JSONKEY:VERSIONSTAGE:VERSIONID]."""
    return {one["name"]: _secret(who, one["valueFrom"]) for one in wanted}


def _refuse(text: str, tries: int = 1) -> StartError:
    return StartError(
        "ResourceInitializationError",
        f"{UNABLE}unable to retrieve secret from asm: service call has been retried {tries} time(s): {text}",
    )


def _secret(who: Requester, value_from: str) -> str:
    parts = value_from.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), (parts[7:] + ["", "", ""])[:3]
    fetch = f"failed to fetch secret {arn} from secrets manager: "
    tail = f" status code: 400, request id: {uuid.uuid4()}"
    if who.route("secretsmanager") != "ok":
        raise _refuse(
            f"{fetch}RequestCanceled: request context canceled caused by: context deadline exceeded. Please "
            "check your task network configuration.",
            5,
        )
    if not who.may("secretsmanager:GetSecretValue", arn):
        raise _refuse(fetch + who.denial("secretsmanager:GetSecretValue", arn) + tail)
    text = _secret_string(who, arn, stage, version, fetch, tail)
    if not key:
        return text
    try:
        members = json.loads(text)
    except ValueError:
        first = (text.lstrip() or " ")[0]
        raise _refuse(f"invalid character '{first}' looking for beginning of value") from None
    if not isinstance(members, dict) or key not in members:
        raise _refuse(f"retrieved secret from Secrets Manager did not contain json key {key}")
    value = members[key]
    return value if isinstance(value, str) else json.dumps(value)


def _secret_string(who: Requester, arn: str, stage: str, version: str, fetch: str, tail: str) -> str:
    gone = "ResourceNotFoundException: Secrets Manager can't find the specified secret"
    with emulator.lock:
        backend = emulator.backend("secretsmanager", arn.split(":")[4], arn.split(":")[3])
        found = next((s for s in dict.values(backend.secrets) if s.arn == arn), None)
        if found is None:
            raise _refuse(f"{fetch}{gone}.{tail}")
        if found.is_deleted():
            raise _refuse(
                f"{fetch}InvalidRequestException: You can't perform this operation on the secret because it "
                f"was marked for deletion.{tail}"
            )
        if version:
            entry = found.versions.get(version)
            if entry and stage and stage not in entry["version_stages"]:
                entry = None
            label = f"VersionId: {version}"
        else:
            label = f"staging label: {stage or 'AWSCURRENT'}"
            entry = next(
                (v for v in found.versions.values() if (stage or "AWSCURRENT") in v["version_stages"]), None
            )
        if entry is None or "secret_string" not in entry:
            raise _refuse(f"{fetch}{gone} value for {label}{tail}")
        text, kms = entry["secret_string"], found.kms_key_id
    _check_key(who, arn, kms, fetch, tail)
    return text


def _check_key(who: Requester, arn: str, kms: str | None, fetch: str, tail: str) -> None:
    """A secret under a customer key also needs kms:Decrypt on that key (aws.md 10.1)."""
    if not kms or "alias/aws/" in kms:
        return
    with emulator.lock:
        keys = emulator.backend("kms", who.account, who.region)
        ident = keys.get_key_id(kms)
        ident = keys.get_key_id_from_alias(ident) or ident if ident.startswith("alias/") else ident
        key = keys.keys.get(ident)
        tags = keys.tagger.get_tag_dict_for_resource(key.id) if key else {}
    context = {f"aws:ResourceTag/{name}": value for name, value in tags.items()} | {
        "kms:ViaService": f"secretsmanager.{who.region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": arn,
    }
    if key is None or not who.may("kms:Decrypt", key.arn, context):
        raise _refuse(f"{fetch}AccessDeniedException: Access to KMS is not allowed{tail}")


# ---- image config and container definition


@dataclass
class Command:
    argv: list[str]
    env: dict[str, str]
    cwd: str
    uid: int
    gid: int
    groups: list[int] = field(default_factory=list)


def command(
    definition: dict[str, Any],
    overrides: dict[str, Any],
    config: dict[str, Any],
    tree: Path,
    secrets: dict[str, str],
    region: str,
) -> Command:
    """What to run, as Docker combines them: an entryPoint of the definition drops the image's Cmd."""
    entry = definition.get("entryPoint") or config.get("Entrypoint") or []
    given = overrides.get("command") or definition.get("command")
    argv = [
        *entry,
        *(given if given is not None else [] if definition.get("entryPoint") else config.get("Cmd") or []),
    ]
    if not argv:
        raise StartError("CannotStartContainerError", "Error response from daemon: No command specified")
    env = {
        "PATH": DEFAULT_PATH,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    env.update(one.partition("=")[::2] for one in config.get("Env") or [])
    for source in (definition, overrides):
        env.update({one["name"]: one.get("value", "") for one in source.get("environment") or []})
    env.update(secrets)
    uid, gid, home, groups = user_of(definition.get("user") or config.get("User") or "", tree)
    env.setdefault("HOME", home)
    cwd = definition.get("workingDirectory") or config.get("WorkingDir") or "/"
    return Command(argv, env, cwd, uid, gid, groups)


def _lines(tree: Path, name: str) -> list[list[str]]:
    try:
        text = Path(resolve(str(tree), name)).read_text(errors="replace")
    except OSError:
        return []
    return [line.split(":") for line in text.splitlines() if line.count(":") >= 2]


def user_of(text: str, tree: Path) -> tuple[int, int, str, list[int]]:
    """uid, gid, home and further groups of USER[:GROUP], names looked up in the image's own files."""
    name, _, group = (text or "0").partition(":")
    users, groups = _lines(tree, "etc/passwd"), _lines(tree, "etc/group")
    entry = next((u for u in users if u[0] == name or (name.isdigit() and u[2] == name)), None)
    if entry is None and not name.isdigit():
        raise StartError(
            "CannotStartContainerError",
            f"Error response from daemon: unable to find user {name}: no matching entries in passwd file",
        )
    uid, gid = (int(entry[2]), int(entry[3])) if entry else (int(name), 0)
    home = entry[5] if entry and len(entry) > 5 and entry[5] else "/"
    further = [int(g[2]) for g in groups if entry and len(g) > 3 and entry[0] in g[3].split(",")]
    if group:
        found = next((g for g in groups if g[0] == group), None)
        if found is None and not group.isdigit():
            raise StartError(
                "CannotStartContainerError",
                f"Error response from daemon: unable to find group {group}: no "
                "matching entries in group file",
            )
        gid, further = int(found[2]) if found else int(group), []
    return uid, gid, home, further

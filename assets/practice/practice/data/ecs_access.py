# SPDX-License-Identifier: MIT
"""May this role do that? A small reading of IAM policies: enough for what ECS does with an execution role.

Identity policies of the role (inline and attached): an explicit Deny wins, an Allow must match action, resource and
conditions. Conditions with a key or operator not known here do not match an Allow and do match a Deny: when in doubt,
denied. Source: IAM "Policy evaluation logic"; aws.md 10.1 for the policies that must pass."""

import fnmatch
import json
from typing import Any

from practice import emulator

TASK_PRINCIPAL = "ecs-tasks.amazonaws.com"


def role(account: str, region: str, arn: str) -> Any:
    """moto's role, or None. Hold emulator.lock."""
    if not arn.startswith("arn:"):
        return None
    roles = emulator.backend("iam", arn.split(":")[4] or account, region).roles.values()
    return next((one for one in roles if one.arn == arn), None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _like(patterns: Any, value: str, fold: bool = False) -> bool:
    for pattern in _listed(patterns):
        # fnmatch knows [sets], IAM does not
        safe = str(pattern).replace("[", "[[]")
        if fnmatch.fnmatchcase(value.lower() if fold else value, safe.lower() if fold else safe):
            return True
    return False


def trusts_tasks(found: Any) -> bool:
    """Whether the role's trust policy lets ECS tasks assume it."""
    try:
        document = json.loads(found.assume_role_policy_document)
    except (TypeError, ValueError):
        return False
    for statement in _listed(document.get("Statement")):
        principal = statement.get("Principal", {})
        services = _listed(principal.get("Service")) if isinstance(principal, dict) else _listed(principal)
        if (
            statement.get("Effect") == "Allow"
            and (TASK_PRINCIPAL in services or "*" in services)
            and _like(statement.get("Action"), "sts:assumerole", fold=True)
        ):
            return True
    return False


def _current(policy: Any) -> Any:
    """The document of a managed policy's default version."""
    return next(v.document for v in policy.versions if v.version_id == policy.default_version_id)


def _documents(found: Any) -> list[dict[str, Any]]:
    texts = [*found.policies.values(), *(_current(policy) for policy in found.managed_policies.values())]
    documents = []
    for text in texts:
        document = json.loads(text) if isinstance(text, str) else text
        documents += _listed(document.get("Statement"))
    return documents


def _condition_holds(statement: dict[str, Any], context: dict[str, str]) -> bool:
    deny = statement.get("Effect") == "Deny"
    known = {name.lower(): value for name, value in context.items()}
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            value = known.get(key.lower())
            if operator in ("StringEquals", "ArnEquals") and value is not None and "*" not in str(wanted):
                held = value in _listed(wanted)
            elif operator in ("StringLike", "ArnLike", "ArnEquals") and value is not None:
                held = _like(wanted, value)
            else:
                held = deny
            if not held:
                return False
    return True


def _matches(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    if "Action" in statement:
        acts = _like(statement["Action"], action, fold=True)
    else:
        acts = not _like(statement.get("NotAction"), action, fold=True)
    if "Resource" in statement:
        meant = _like(statement["Resource"], resource)
    else:
        meant = not _like(statement.get("NotResource"), resource)
    return acts and meant and _condition_holds(statement, context)


def allowed(
    account: str,
    region: str,
    arn: str | None,
    action: str,
    resource: str,
    context: dict[str, str] | None = None,
) -> bool:
    """Whether the role with this ARN may do the action on the resource."""
    with emulator.lock:
        found = role(account, region, arn) if arn else None
        statements = _documents(found) if found else []
    hits = [s.get("Effect") for s in statements if _matches(s, action, resource, context or {})]
    return "Deny" not in hits and "Allow" in hits


def denial(account: str, arn: str | None, session: str, action: str, resource: str) -> str:
    """The sentence that AWS gives for it."""
    name = (arn or "none").rsplit("/", 1)[-1]
    return (
        f"AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/{name}/{session} is not authorized to "
        f"perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    )

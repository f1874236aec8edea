# SPDX-License-Identifier: MIT
"""May this role do that? What ECS does with an execution role, decided as for every caller (practice/permissions).

Source: IAM "Policy evaluation logic"; aws.md 10.1 for the policies that must pass."""

import fnmatch
import json
from typing import Any

from moto.utilities.utils import get_partition

from practice import emulator
from practice.permissions import judge, principal
from practice.permissions.policy import Request

TASK_PRINCIPAL = "ecs-tasks.amazonaws.com"


def role(account: str, region: str, arn: str) -> Any:
    """moto's role, or None. Hold emulator.lock."""
    if not arn.startswith("arn:"):
        return None
    roles = emulator.backend("iam", arn.split(":")[4] or account, get_partition(region)).roles.values()
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
        who = statement.get("Principal", {})
        services = _listed(who.get("Service")) if isinstance(who, dict) else _listed(who)
        if (
            statement.get("Effect") == "Allow"
            and (TASK_PRINCIPAL in services or "*" in services)
            and _like(statement.get("Action"), "sts:assumerole", fold=True)
        ):
            return True
    return False


def allowed(
    account: str,
    region: str,
    arn: str | None,
    action: str,
    resource: str,
    context: dict[str, str] | None = None,
) -> bool:
    """Whether the role with this ARN may do the action on the resource."""
    if not arn:
        return False
    with emulator.lock:
        found = principal.of(arn, arn.split(":")[4] or account)
        own = {key.lower(): [value] for key, value in (context or {}).items()}
        request = Request(arn, account, action, resource, found.context | own)
        return judge.decide(found, request, None).allowed


def denial(account: str, arn: str | None, session: str, action: str, resource: str) -> str:
    """The sentence that AWS gives for it."""
    name = (arn or "none").rsplit("/", 1)[-1]
    return (
        f"AccessDeniedException: User: arn:aws:sts::{account}:assumed-role/{name}/{session} is not authorized to "
        f"perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    )

# SPDX-License-Identifier: MIT
"""Who calls, and the policies that speak about them: their own, their groups', their boundary, their session's.

of() reads moto's IAM at the moment of the call, under emulator.lock. A root user has no policies and needs none; nor
has the cloud's own operator, the key that tests use to look at everything.
"""

from dataclasses import dataclass, field
from typing import Any

from practice import emulator
from practice.census import plain_tags
from practice.partition import here
from practice.permissions.policy import Context, Statement, parse
from practice.signature import Key


@dataclass
class Policies:
    """None for boundary and session: there is none, so that it limits nothing."""

    identity: list[Statement] = field(default_factory=list)
    boundary: list[Statement] | None = None
    session: list[Statement] | None = None
    unlimited: bool = False
    context: Context = field(default_factory=dict)


def _document(policy: Any) -> Any:
    """The document of a managed policy's default version."""
    return next(v.document for v in policy.versions if v.version_id == policy.default_version_id)


def _own(entity: Any) -> list[Statement]:
    """Inline and attached policies of a user, group or role."""
    found: list[Statement] = []
    for name, text in entity.policies.items():
        found += parse(text, name)
    for policy in entity.managed_policies.values():
        found += parse(_document(policy), policy.arn)
    return found


def managed(arn: str | None, account: str) -> list[Statement] | None:
    """The statements of a managed policy; none of one that is gone, None without a name."""
    if not arn:
        return None
    policy = emulator.backend("iam", account, here()).managed_policies.get(arn)
    return parse(_document(policy), arn) if policy else []


def of_key(key: Key) -> Policies:
    """The policies that speak about whoever holds the key."""
    found = of(key.acts_as or key.principal, key.account, key.policy)
    found.context |= base_context(key.principal, key.account, key.user_id)
    return found


def of(arn: str, account: str, session_policy: str | None = None) -> Policies:
    """The policies of a principal by its ARN: a user, a role, or a session of a role."""
    iam = emulator.backend("iam", account, here())
    kind, _, name = arn.split(":", 5)[5].partition("/")
    found = Policies(context=base_context(arn, account))
    if arn.endswith(":root"):
        found.unlimited = True
    elif kind == "user":
        user = next((one for one in iam.users.values() if one.arn == arn), None)
        if user:
            found.identity = _own(user)
            for group in iam.groups.values():
                if user in group.users:
                    found.identity += _own(group)
            found.boundary = managed(getattr(user, "permissions_boundary_arn", None), account)
            found.context |= {f"aws:principaltag/{k}".lower(): [v] for k, v in plain_tags(user.tags).items()}
    elif kind in ("role", "assumed-role"):
        role_name = name.rpartition("/")[2] if kind == "role" else name.split("/")[0]
        role = next((one for one in iam.roles.values() if one.name == role_name), None)
        if role:
            found.identity = _own(role)
            found.boundary = managed(role.permissions_boundary_arn, account)
            found.context |= {f"aws:principaltag/{k}".lower(): [v] for k, v in plain_tags(role.tags).items()}
    if session_policy:
        found.session = parse(session_policy, "session policy")
    return found


def base_context(arn: str, account: str, user_id: str = "") -> Context:
    """The global condition keys that follow from the principal."""
    kind, _, name = arn.split(":", 5)[5].partition("/")
    principal = arn
    if kind == "assumed-role":
        principal = f"arn:aws:iam::{account}:role/{name.split('/')[0]}"
    context = {
        "aws:principalarn": [principal],
        "aws:principalaccount": [account],
        "aws:principaltype": [{"user": "User", "assumed-role": "AssumedRole"}.get(kind, "Account")],
        "aws:principalisawsservice": ["false"],
    }
    if user_id:
        context["aws:userid"] = [user_id]
    if kind == "user":
        context["aws:username"] = [name.rpartition("/")[2]]
    return context

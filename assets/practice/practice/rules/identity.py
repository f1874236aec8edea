# SPDX-License-Identifier: MIT
"""Who calls: STS and the access keys that the layer itself must know to verify signatures."""

import datetime
import json
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.signature import Key


# GetCallerIdentity answers for every valid key, whatever its policies (aws.md 2.1).
@before("sts", "GetCallerIdentity")
def caller(cloud: Cloud, call: Call) -> dict[str, Any]:
    key = cloud.credentials.find(call.signature.access_key)
    return {"UserId": key.user_id or key.account, "Account": key.account, "Arn": key.principal}


def _role(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    roles = emulator.backend("iam", parts[4], "aws").roles.values()
    return next((role for role in roles if role.arn == arn), None)


def _trusts(role: Any, account: str, principal: str, external_id: str | None) -> bool:
    """True when the role's trust policy lets the principal in: by account, by ARN or by everyone."""
    document = role.assume_role_policy_document
    document = json.loads(document) if isinstance(document, str) else document
    for statement in _list(document.get("Statement")):
        who = statement.get("Principal", {})
        allowed = ["*"] if who == "*" else _list(who.get("AWS", []) if isinstance(who, dict) else [])
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
        names = {"*", account, f"arn:aws:iam::{account}:root", principal}
        if statement.get("Effect") == "Allow" and names & set(allowed) and wanted in (None, external_id):
            return True
    return False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


# AssumeRole of a role that does not exist or does not trust the caller: AccessDenied, 403 (the same for both).
@before("sts", "AssumeRole")
def role_must_trust(_cloud: Cloud, call: Call) -> None:
    role = _role(call.params["RoleArn"])
    if not role or not _trusts(role, call.account, call.principal, call.params.get("ExternalId")):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: "
            f"{call.params['RoleArn']}",
            403,
        )


@after("sts", "AssumeRole", "AssumeRoleWithWebIdentity")
def session_key_is_known(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    made, user = result["Credentials"], result["AssumedRoleUser"]
    expires = made["Expiration"]
    cloud.credentials.add(
        Key(
            made["AccessKeyId"],
            made["SecretAccessKey"],
            user["Arn"].split(":")[4],
            principal=user["Arn"],
            user_id=user["AssumedRoleId"],
            token=made["SessionToken"],
            expires=expires.astimezone(datetime.UTC),
        )
    )


@after("iam", "CreateAccessKey")
def user_key_is_known(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    made = result["AccessKey"]
    user = emulator.backend("iam", call.account, "aws").get_user(made["UserName"])
    cloud.credentials.add(
        Key(made["AccessKeyId"], made["SecretAccessKey"], call.account, principal=user.arn, user_id=user.id)
    )


@after("iam", "DeleteAccessKey")
def user_key_is_gone(cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    cloud.credentials.remove(call.params["AccessKeyId"])


@after("iam", "UpdateAccessKey")
def user_key_changes(cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    key = cloud.credentials.find(call.params["AccessKeyId"])
    if key:
        key.active = call.params["Status"] == "Active"

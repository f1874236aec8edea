# SPDX-License-Identifier: MIT
"""Who calls: STS and the access keys that the layer itself must know to verify signatures."""

import datetime
import json
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.permissions import judge, principal
from practice.permissions.policy import parse
from practice.rules import after, before
from practice.signature import Key


# GetCallerIdentity answers for every valid key, whatever its policies, with an ARN of the region's partition (aws.md
# 2.1); a key of this cloud is good in every partition.
@before("sts", "GetCallerIdentity")
def caller(cloud: Cloud, call: Call) -> dict[str, Any]:
    key = cloud.credentials.of(call)
    arn = f"arn:{here()}:{key.principal.split(':', 2)[2]}"
    return {"UserId": key.user_id or key.account, "Account": key.account, "Arn": arn}


def _role(arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    roles = emulator.backend("iam", parts[4], here()).roles.values()
    return next((role for role in roles if role.arn == arn), None)


# AssumeRole of a role that does not exist or does not trust the caller: AccessDenied, 403 (the same for both). A role
# of the caller's account that trusts the account, and any role of another, need the caller's own policies besides.
@before("sts", "AssumeRole")
def role_must_trust(cloud: Cloud, call: Call) -> None:
    role = _role(call.params["RoleArn"])
    if not role or not judge.may_assume(cloud, call, role):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: "
            f"{call.params['RoleArn']}",
            403,
        )


def session_policy(call: Call) -> str | None:
    """The document of Policy and PolicyArns together; None when neither is sent."""
    statements = [one.body for one in parse(call.params.get("Policy") or "{}")]
    for entry in call.params.get("PolicyArns") or []:
        statements += [one.body for one in principal.managed(entry["arn"], call.account) or []]
    given = call.params.get("Policy") or call.params.get("PolicyArns")
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if given else None


@after("sts", "AssumeRole")
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
            policy=session_policy(call),
            proven_at=call.proven_at,
        )
    )


@after("iam", "CreateAccessKey")
def user_key_is_known(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    made = result["AccessKey"]
    user = emulator.backend("iam", call.account, here()).get_user(made["UserName"])
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

# SPDX-License-Identifier: MIT
"""STS: how long sessions last, who may ask for them, and keys that work. Who may assume a role: identity.py.

Sources: STS API reference (AssumeRole, GetSessionToken, GetFederationToken, DecodeAuthorizationMessage), IAM user guide
("Role chaining").
"""

import datetime
import re
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before, iam_policies, iam_roles
from practice.signature import Key

ROLE_ARN = re.compile(r"^arn:aws[a-z-]*:iam::\d{12}:role/\S+$")
CHAINED_AT_MOST = 3600
SESSION = 12 * 3600
SESSION_POLICY_MAX = 2048
ACTIONS = {"Action", "NotAction"}


# AssumeRole: a role's ARN; no longer than the role allows, an hour when roles are chained; never as root.
@before("sts", "AssumeRole")
def session_length(cloud: Cloud, call: Call) -> None:
    arn, wanted = call.params["RoleArn"], call.params.get("DurationSeconds", 3600)
    if not ROLE_ARN.match(arn):
        raise AwsError("ValidationError", f"{arn} is invalid")
    if call.principal.endswith(":root"):
        raise AwsError("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    role = iam_roles.by_arn(arn.split(":")[4], arn)
    if role and not iam_roles.propagated(cloud, role):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    if role and wanted > int(role.max_session_duration or 3600):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if ":assumed-role/" in call.principal and wanted > CHAINED_AT_MOST:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )


# AssumeRole: a session policy is a policy, at most 2048 characters (API reference, Policy).
@before("sts", "AssumeRole")
def session_policy(_cloud: Cloud, call: Call) -> None:
    text = call.params.get("Policy")
    if text is None:
        return
    if len(text) > SESSION_POLICY_MAX:
        raise AwsError("PackedPolicyTooLarge", "Packed policy consumes more than 100% of the allotted space.")
    for statement in iam_policies.statements_of(text):
        if "Principal" in statement or "NotPrincipal" in statement or not ACTIONS & set(statement):
            raise iam_policies.malformed("Syntax errors in policy.")


# GetSessionToken and GetFederationToken are for long-term keys, and their keys work (moto hands out an example).
@before("sts", "GetSessionToken", "GetFederationToken")
def session_of_a_user(cloud: Cloud, call: Call) -> dict[str, Any]:
    if cloud.credentials.of(call).token:
        raise AwsError("AccessDenied", f"Cannot call {call.operation} with session credentials", 403)
    key = _key(cloud, call)
    given = {
        "AccessKeyId": key.access_key,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": key.expires,
    }
    if call.operation == "GetSessionToken":
        return {"Credentials": given}
    user = {"FederatedUserId": key.user_id, "Arn": key.principal}
    return {"Credentials": given, "FederatedUser": user, "PackedPolicySize": 1}


def _key(cloud: Cloud, call: Call) -> Key:
    from moto.iam.utils import random_access_key, random_alphanumeric
    from moto.sts.utils import random_session_token

    own = cloud.credentials.of(call)
    principal, user_id = own.principal, own.user_id
    policy = own.policy
    if call.operation == "GetFederationToken":
        name = call.params["Name"]
        principal = f"arn:aws:sts::{call.account}:federated-user/{name}"
        user_id = f"{call.account}:{name}"
        # Without a policy of its own a federated user may do nothing.
        policy = call.params.get("Policy") or "{}"
    seconds = call.params.get("DurationSeconds", SESSION)
    made = Key(
        "ASIA" + random_access_key(),
        random_alphanumeric(40),
        call.account,
        principal=principal,
        user_id=user_id,
        token=random_session_token(),
        expires=datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds),
        policy=policy,
        unlimited=own.unlimited and call.operation == "GetSessionToken",
        acts_as=own.principal,
        proven_at=call.proven_at,
    )
    cloud.credentials.add(made)
    return made

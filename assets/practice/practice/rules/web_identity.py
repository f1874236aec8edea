# SPDX-License-Identifier: MIT
"""AssumeRoleWithWebIdentity: a session of a role for somebody else's token. The only call of ours without a signature.

Sources: STS API reference (AssumeRoleWithWebIdentity and its errors), IAM user guide ("Create an OpenID Connect
identity provider", "Available keys for AWS OIDC federation"), aws.md 9.4. The token's own signature is not verified:
nothing here asks the provider for its keys.
"""

import base64
import datetime
import json
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call, account_of_role
from practice.permissions import judge
from practice.permissions.policy import Request, listed, parse
from practice.rules import before, iam_roles, identity
from practice.rules.sts import ROLE_ARN
from practice.signature import Key

ACTION = "sts:AssumeRoleWithWebIdentity"


# Refused are a token that is none, an ended one, one of a provider that the account does not know or for another
# audience, and then whoever the role's trust policy does not name.
@before("sts", "AssumeRoleWithWebIdentity")
def session_for_a_token(cloud: Cloud, call: Call) -> dict[str, Any]:
    arn, seconds = call.params["RoleArn"], call.params.get("DurationSeconds", 3600)
    if not ROLE_ARN.match(arn):
        raise AwsError("ValidationError", f"{arn} is invalid")
    claims = _claims(call.params["WebIdentityToken"])
    provider = _provider(account_of_role(call), claims)
    role = iam_roles.by_arn(account_of_role(call), arn)
    if not role or not iam_roles.propagated(cloud, role) or not _trusted(call, role, provider, claims):
        raise AwsError("AccessDenied", f"Not authorized to perform {ACTION}", 403)
    if seconds > int(role.max_session_duration or 3600):
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    key = _session(cloud, call, role, seconds)
    given = {
        "AccessKeyId": key.access_key,
        "SecretAccessKey": key.secret,
        "SessionToken": key.token,
        "Expiration": key.expires,
    }
    return {
        "Credentials": given,
        "SubjectFromWebIdentityToken": claims.get("sub", ""),
        "AssumedRoleUser": {"AssumedRoleId": key.user_id, "Arn": key.principal},
        "PackedPolicySize": 0,
        "Provider": provider.arn,
        "Audience": _audience(claims),
    }


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidIdentityToken", text)


def _claims(token: str) -> dict[str, Any]:
    """What a JSON Web Token says; it must not have ended."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        ends, _ = float(claims["exp"]), claims["iss"].removeprefix("https://")
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from None
    now = datetime.datetime.now(datetime.UTC).timestamp()
    if ends <= now:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(ends)}",
        )
    return dict(claims)


def _audience(claims: dict[str, Any]) -> str:
    audience = claims.get("aud") or ""
    return str(audience[0] if isinstance(audience, list) else audience)


def _provider(account: str, claims: dict[str, Any]) -> Any:
    """The account's OpenID Connect provider that the token is of, and which takes its audience."""
    issuer = claims["iss"].removeprefix("https://").rstrip("/")
    known = iam_roles.iam_of(account).open_id_providers.values() if account else ()
    found = next((one for one in known if one.url.rstrip("/") == issuer), None)
    if found is None:
        raise _invalid(f"No OpenIDConnect provider found in your account for {claims['iss']}")
    if _audience(claims) not in found.client_id_list:
        raise _invalid("Incorrect token audience")
    return found


def _trusted(call: Call, role: Any, provider: Any, claims: dict[str, Any]) -> bool:
    """The role's trust policy is asked about the provider, with the token's claims as condition keys."""
    nobody = Key("", "", account_of_role(call), token="none")
    context = judge.context_of(nobody, call, {"sts:rolesessionname": [call.params["RoleSessionName"]]})
    for name in ("aud", "sub", "amr", "azp", "email", "oaud"):
        value = _audience(claims) if name == "aud" else claims.get(name)
        if value:
            context[f"{provider.url}:{name}".lower()] = [str(one) for one in listed(value)]
    request = Request(provider.arn, account_of_role(call), ACTION, role.arn, context)
    return judge.trusts(parse(role.assume_role_policy_document, "trust policy"), request)


def _session(cloud: Cloud, call: Call, role: Any, seconds: int) -> Key:
    from moto.iam.utils import random_access_key, random_alphanumeric
    from moto.sts.utils import random_session_token

    name, account = call.params["RoleSessionName"], account_of_role(call)
    return cloud.credentials.add(
        Key(
            "ASIA" + random_access_key(),
            random_alphanumeric(40),
            account,
            principal=f"arn:{role.arn.split(':')[1]}:sts::{account}:assumed-role/{role.name}/{name}",
            user_id=f"{role.id}:{name}",
            token=random_session_token(),
            expires=datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds),
            policy=identity.session_policy(call),
        )
    )

# SPDX-License-Identifier: MIT
"""IAM Identity Center as a program meets it: the OIDC service that gives tokens and the portal that gives keys.

Unsigned calls, told by method and path: RegisterClient, StartDeviceAuthorization, CreateToken (device code,
authorization code with PKCE, refresh token), ListAccounts, ListAccountRoles, GetRoleCredentials, Logout. A person
approves a device by opening verificationUriComplete, which is a page of this cloud, or with the control endpoint
sso: {"approve": USER_CODE} or {"deny": USER_CODE}; {"expire": true} ends every token, as a night does. /authorize
approves at once and redirects, as for a browser that is signed in already.
Codes and statuses: SSO OIDC and SSO portal API references; aws.md 9.5. Order: Sso(cloud), answer() from any thread.
"""

import base64
import datetime
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from practice import emulator
from practice.errors import Answer, AwsError, json_answer, request_id
from practice.identify import Call
from practice.seed import sample
from practice.signature import Key

if TYPE_CHECKING:
    from practice.cloud import Cloud

START_URL = "https://acme.awsapps.com/start"
ACCOUNTS = {sample.PRODUCTION_ACCOUNT: "Acme-prod", sample.STAGING_ACCOUNT: "Acme-staging"}
EMAIL = "aws+{}@acme.example"
USER = "camille"
# Permission set -> managed policy, by account.
ROLES = {
    sample.PRODUCTION_ACCOUNT: {"Engineer": "AdministratorAccess", "Auditor": "ReadOnlyAccess"},
    sample.STAGING_ACCOUNT: {"Engineer": "AdministratorAccess"},
}
DEVICE_LIFE_S, TOKEN_LIFE_S, KEY_LIFE_S, CLIENT_LIFE_S = 600, 8 * 3600, 3600, 90 * 86400
INTERVAL_S = 1
REGISTER, DEVICE, TOKEN = ("POST", "/client/register"), ("POST", "/device_authorization"), ("POST", "/token")
OPERATIONS = {
    REGISTER: ("sso-oidc", "RegisterClient"),
    DEVICE: ("sso-oidc", "StartDeviceAuthorization"),
    TOKEN: ("sso-oidc", "CreateToken"),
    ("GET", "/assignment/accounts"): ("sso", "ListAccounts"),
    ("GET", "/assignment/roles"): ("sso", "ListAccountRoles"),
    ("GET", "/federation/credentials"): ("sso", "GetRoleCredentials"),
    ("POST", "/logout"): ("sso", "Logout"),
}
GRANTS = {
    "urn:ietf:params:oauth:grant-type:device_code": "deviceCode",
    "refresh_token": "refreshToken",
    "authorization_code": "code",
}


@dataclass
class Device:
    client: str
    user_code: str
    made: float = field(default_factory=time.time)
    decision: str = "pending"
    polled: float = 0.0


def recognises(method: str, path: str) -> bool:
    return (method, path) in OPERATIONS


def fault(code: str, message: str, status: int = 400) -> AwsError:
    return AwsError(code, message, status)


def refusal(error: AwsError) -> Answer:
    """The OIDC service says its errors as OAuth 2.0 does, and in AWS's header besides."""
    word = re.sub(r"(?<!^)([A-Z])", r"_\1", error.code.removesuffix("Exception")).lower()
    body = {"error": word, "error_description": error.message, "message": error.message}
    answer = json_answer(body, error.status)
    answer.headers += [("x-amzn-ErrorType", error.code), ("x-amzn-RequestId", request_id())]
    return answer


class Sso:
    """Clients, devices and tokens; all of it is forgotten with the cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._clients: dict[str, tuple[str, list[str]]] = {}  # id -> secret, scopes
        self._devices: dict[str, Device] = {}
        self._codes: dict[str, tuple[str, str, str]] = {}  # code -> client, challenge, redirect
        self._access: dict[str, float] = {}  # access token -> its end
        self._refresh: dict[str, str] = {}  # refresh token -> client

    def name_call(self, call: Call) -> None:
        """Fills in service, operation and parameters of an unsigned call."""
        parts = urlsplit(call.uri)
        call.service, call.operation = OPERATIONS[call.method, parts.path]
        call.protocol, call.account = "rest-json", sample.PRODUCTION_ACCOUNT
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            body = json.loads(call.body or b"{}")
        except ValueError:
            raise fault("InvalidRequestException", "The body is not JSON.") from None
        call.params = {**query, **(body if isinstance(body, dict) else {})}

    def answer(self, call: Call) -> Answer:
        """The answer to a call that name_call has named. Raises AwsError."""
        handler: Callable[[Call], Any] = getattr(self, "_" + call.operation)
        with self._lock:
            return json_answer(handler(call))

    # ---- OIDC

    def _RegisterClient(self, call: Call) -> dict[str, Any]:  # noqa: N802  named as the operation
        if not call.params.get("clientName") or call.params.get("clientType") != "public":
            raise fault(
                "InvalidClientMetadataException", "clientName and a clientType of public are required."
            )
        client, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        self._clients[client] = (secret, call.params.get("scopes") or [])
        now = int(time.time())
        return {
            "clientId": client,
            "clientSecret": secret,
            "clientIdIssuedAt": now,
            "clientSecretExpiresAt": now + CLIENT_LIFE_S,
            "authorizationEndpoint": f"{self._cloud.url}/authorize",
            "tokenEndpoint": f"{self._cloud.url}/token",
        }

    def _client(self, call: Call) -> str:
        client, secret = call.params.get("clientId", ""), call.params.get("clientSecret", "")
        known = self._clients.get(client)
        if known is None or not secrets.compare_digest(known[0], secret):
            raise fault("InvalidClientException", "Invalid client: the id or the secret is not known.", 401)
        return client

    def _StartDeviceAuthorization(self, call: Call) -> dict[str, Any]:  # noqa: N802
        client = self._client(call)
        if call.params.get("startUrl", "").rstrip("/").removesuffix("#").rstrip("/") != START_URL:
            raise fault("InvalidRequestException", "The start URL is not one of this organisation.")
        code, letters = secrets.token_urlsafe(32), "BCDFGHJKLMNPQRSTVWXZ"
        user_code = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(2))
        self._devices[code] = Device(client, user_code)
        page = f"{self._cloud.url}/_practice/sso-device"
        return {
            "deviceCode": code,
            "userCode": user_code,
            "verificationUri": page,
            "verificationUriComplete": f"{page}?{urlencode({'user_code': user_code})}",
            "expiresIn": DEVICE_LIFE_S,
            "interval": INTERVAL_S,
        }

    def _CreateToken(self, call: Call) -> dict[str, Any]:  # noqa: N802
        client, grant = self._client(call), call.params.get("grantType", "")
        member = GRANTS.get(grant)
        if member is None:
            raise fault("UnsupportedGrantTypeException", f"Grant type {grant} is not supported.")
        value = call.params.get(member)
        if not value:
            raise fault("InvalidRequestException", f"{member} is missing.")
        {"deviceCode": self._by_device, "refreshToken": self._by_refresh, "code": self._by_code}[member](
            client, value, call
        )
        access, refresh = secrets.token_urlsafe(64), secrets.token_urlsafe(64)
        self._access[access] = time.time() + TOKEN_LIFE_S
        shown = {"accessToken": access, "tokenType": "Bearer", "expiresIn": TOKEN_LIFE_S}
        if "sso:account:access" in self._clients[client][1]:
            self._refresh[refresh] = client
            shown["refreshToken"] = refresh
        return shown

    def _by_device(self, client: str, code: str, _call: Call) -> None:
        device = self._devices.get(code)
        if device is None or device.client != client:
            raise fault("InvalidGrantException", "The device code is not known.")
        now = time.time()
        if now > device.made + DEVICE_LIFE_S:
            raise fault("ExpiredTokenException", "The device code has expired.")
        too_fast, device.polled = now - device.polled < INTERVAL_S * 0.5, now
        if device.decision == "denied":
            raise fault("AccessDeniedException", "The person has refused.")
        if device.decision != "approved":
            if too_fast:
                raise fault("SlowDownException", f"Ask every {INTERVAL_S} s at most.")
            raise fault("AuthorizationPendingException", "Nobody has approved yet.")
        del self._devices[code]  # it works once

    def _by_refresh(self, client: str, token: str, _call: Call) -> None:
        if self._refresh.pop(token, None) != client:
            raise fault("InvalidGrantException", "The refresh token is not known.")

    def _by_code(self, client: str, code: str, call: Call) -> None:
        kept = self._codes.pop(code, None)
        verifier = call.params.get("codeVerifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if (
            kept is None
            or kept[0] != client
            or kept[1] != digest
            or kept[2] != call.params.get("redirectUri")
        ):
            raise fault("InvalidGrantException", "The authorization code does not fit.")

    # ---- the browser's part

    def authorize(self, query: dict[str, list[str]]) -> Answer:
        """/authorize: a person who is signed in already approves at once."""
        first = {name: values[0] for name, values in query.items()}
        redirect = first.get("redirect_uri", "")
        with self._lock:
            local = urlsplit(redirect).hostname in ("127.0.0.1", "localhost")
            if first.get("client_id") not in self._clients or not local:
                return json_answer({"error": "invalid_request"}, 400)
            code = secrets.token_urlsafe(32)
            self._codes[code] = (first["client_id"], first.get("code_challenge", ""), redirect)
        where = f"{redirect}?{urlencode({'code': code, 'state': first.get('state', '')})}"
        return Answer(302, [("Location", where)], b"")

    def device_page(self, query: dict[str, list[str]]) -> Answer:
        """The page behind verificationUriComplete: opening it approves."""
        done = self.decide((query.get("user_code") or [""])[0], "approved")
        text = "Request approved. You can close this page." if done else "This code is not known."
        body = f"<!doctype html><title>IAM Identity Center (practice)</title><p>{text}</p>\n".encode()
        return Answer(200 if done else 404, [("Content-Type", "text/html; charset=utf-8")], body)

    def decide(self, user_code: str, decision: str) -> bool:
        with self._lock:
            for device in self._devices.values():
                if device.user_code == user_code.upper():
                    device.decision = decision
                    return True
        return False

    def expire(self) -> None:
        """Every session ends."""
        with self._lock:
            self._access.clear()
            self._refresh.clear()

    # ---- portal

    def _session(self, call: Call) -> None:
        token = call.headers.get("x-amz-sso-bearer-token", "")
        if self._access.get(token, 0) < time.time():
            raise fault("UnauthorizedException", "Session token not found or invalid", 401)

    def _ListAccounts(self, call: Call) -> dict[str, Any]:  # noqa: N802
        self._session(call)
        rows = [
            {"accountId": number, "accountName": name, "emailAddress": EMAIL.format(name.lower())}
            for number, name in ACCOUNTS.items()
        ]
        return _page(call, "accountList", rows)

    def _ListAccountRoles(self, call: Call) -> dict[str, Any]:  # noqa: N802
        self._session(call)
        account = call.params.get("account_id", "")
        if account not in ROLES:
            raise fault("ForbiddenException", "No access", 403)
        rows = [{"roleName": role, "accountId": account} for role in ROLES[account]]
        return _page(call, "roleList", rows)

    def _GetRoleCredentials(self, call: Call) -> dict[str, Any]:  # noqa: N802
        self._session(call)
        account, role = call.params.get("account_id", ""), call.params.get("role_name", "")
        if role not in ROLES.get(account, {}):
            raise fault("ForbiddenException", "No access", 403)
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=KEY_LIFE_S)
        name = reserved_role(account, role)
        key = Key(
            "ASIA" + secrets.token_hex(8).upper(),
            secrets.token_urlsafe(30),
            account,
            principal=f"arn:aws:sts::{account}:assumed-role/{name}/{USER}",
            user_id=f"AROAPRACTICESSO{account[:4]}:{USER}",
            token=secrets.token_urlsafe(200),
            expires=expires,
        )
        self._cloud.credentials.add(key)
        return {
            "roleCredentials": {
                "accessKeyId": key.access_key,
                "secretAccessKey": key.secret,
                "sessionToken": key.token,
                "expiration": int(expires.timestamp() * 1000),
            }
        }

    def _Logout(self, call: Call) -> dict[str, Any]:  # noqa: N802
        self._session(call)
        self._access.pop(call.headers["x-amz-sso-bearer-token"], None)
        return {}


def _page(call: Call, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    start = int(call.params["next_token"]) if str(call.params.get("next_token", "")).isdigit() else 0
    limit = int(call.params.get("max_result") or 100)
    page: dict[str, Any] = {name: rows[start : start + limit]}
    if start + limit < len(rows):
        page["nextToken"] = str(start + limit)
    return page


def reserved_role(account: str, role: str) -> str:
    """The role that a permission set has in an account, made when it is first used."""
    name = f"AWSReservedSSO_{role}_{hashlib.sha256((account + role).encode()).hexdigest()[:16]}"
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {
                    "Federated": f"arn:aws:iam::{account}:saml-provider/AWSSSO_practice_DO_NOT_DELETE"
                },
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
        ],
    }
    with emulator.lock:
        iam = emulator.backend("iam", account, "aws")
        if not any(one.name == name for one in iam.roles.values()):
            path = "/aws-reserved/sso.amazonaws.com/"
            iam.create_role(name, json.dumps(trust), path, None, "", [], "3600")
            iam.attach_role_policy(f"arn:aws:iam::aws:policy/{ROLES[account][role]}", name)
    return name

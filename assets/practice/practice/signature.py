# SPDX-License-Identifier: MIT
"""Signature Version 4 as AWS judges it, computed with botocore.

Checked, in this order: the header's form, the key, the session token, expiry, which headers must be signed, the
scope, the date and its skew, the signature itself. Codes and HTTP statuses differ by protocol (aws.md 0.3).
Credentials is the registry of keys: filled by the seed, by STS AssumeRole and by IAM CreateAccessKey.
"""

import datetime
import functools
import hashlib
import hmac
import threading
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from practice.errors import AwsError
from practice.identify import Call

# Code and status by protocol.
BAD_SIGNATURE = {
    "ec2": ("AuthFailure", 401),
    "query": ("SignatureDoesNotMatch", 403),
    "json": ("InvalidSignatureException", 400),
    "rest-json": ("InvalidSignatureException", 403),
}
BAD_KEY = {
    "ec2": ("AuthFailure", 401),
    "query": ("InvalidClientTokenId", 403),
    "json": ("UnrecognizedClientException", 400),
    "rest-json": ("UnrecognizedClientException", 403),
}
NO_SIGNATURE = {
    "query": ("MissingAuthenticationToken", 403),
    "json": ("MissingAuthenticationTokenException", 400),
    "rest-json": ("MissingAuthenticationTokenException", 403),
}
INCOMPLETE = {
    "query": ("IncompleteSignature", 400),
    "json": ("IncompleteSignatureException", 400),
    "rest-json": ("IncompleteSignatureException", 403),
}
EXPIRED = {
    "ec2": ("RequestExpired", 400),
    "query": ("ExpiredToken", 403),
    "json": ("ExpiredTokenException", 400),
    "rest-json": ("ExpiredTokenException", 403),
}
# STS and most services allow 5 minutes on either side ("Signature expired: ... is now earlier than ... - 5 min.").
SKEW_SECONDS = 300
# Services answered at one place and always signed for it (aws.md 0.1).
GLOBAL_SIGNING_REGION = {"iam": "us-east-1"}
# With an endpoint override these SDKs sign IAM for the client's own region, a request that AWS never sees (botocore's
# endpoint rules; aws.md 9.9 has it right for everybody else). They may, so that they can be used on this cloud.
SIGNS_IAM_ANYWHERE = ("botocore", "aws-cli/", "aws-sdk-")  # lower case; every SDK of AWS does
# Headers that proxies add or change, so that SDKs leave them unsigned.
UNSIGNED_OK = {"x-amzn-trace-id"}


@dataclass
class Key:
    """One access key. token is set for temporary ones; expires is a time in UTC; inactive keys are unknown to AWS."""

    access_key: str
    secret: str
    account: str
    principal: str = ""
    user_id: str = ""
    token: str | None = None
    expires: datetime.datetime | None = None
    active: bool = True
    policy: str | None = None  # the session policy of AssumeRole
    unlimited: bool = False  # no IAM policy is asked: only the cloud's own operator
    proven_at: datetime.datetime | None = None  # by a one-time code, when the session was asked for
    acts_as: str = ""  # a federated user's user, whose policies count


class Credentials:
    """The access keys that this cloud knows. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}

    def add(self, key: Key) -> Key:
        if not key.principal:
            key.principal = f"arn:aws:iam::{key.account}:root"
        with self._lock:
            self._keys[key.access_key] = key
        return key

    def find(self, access_key: str) -> Key | None:
        with self._lock:
            return self._keys.get(access_key)

    def of(self, call: Call) -> Key:
        """The key of a call whose signature was found right."""
        key = self.find(call.signed.access_key)
        assert key is not None
        return key

    def remove(self, access_key: str) -> None:
        with self._lock:
            self._keys.pop(access_key, None)


class _Verifier(SigV4Auth):
    """Signs exactly the headers that the client says it signed."""

    def headers_to_sign(self, request: AWSRequest) -> object:
        return request.headers


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _fail(table: dict[str, tuple[str, int]], call: Call, message: str) -> AwsError:
    code, status = table.get(call.protocol, table["query"])
    if code == "AuthFailure":  # EC2 says the same of a key, a scope, a clock and a signature (users of the AWS CLI)
        message = "AWS was not able to validate the provided access credentials"
    return AwsError(code, message, status)


def verify(call: Call, credentials: Credentials, skew_s: float = 0) -> Key:
    """The key that signed the call. Raises AwsError as AWS would. skew_s: how far our clock is to be ahead."""
    signature = call.signature
    if not call.authorization:
        raise _fail(NO_SIGNATURE, call, "Missing Authentication Token")
    if not signature:
        raise _fail(
            INCOMPLETE,
            call,
            "Authorization header is not of the form AWS4-HMAC-SHA256 "
            "Credential=.../aws4_request, SignedHeaders=..., Signature=...",
        )
    key = _known_key(call, credentials)
    _check_region(call)
    _check_signed_headers(call)
    _check_scope_and_date(call, utc_now() + datetime.timedelta(seconds=skew_s))
    _check_payload_hash(call)
    _check_signature(call, key)
    return key


def _known_key(call: Call, credentials: Credentials) -> Key:
    key = credentials.find(call.signed.access_key)
    if not key or not key.active:
        raise _fail(BAD_KEY, call, "The security token included in the request is invalid.")
    sent = call.headers.get("x-amz-security-token", "")
    if not hmac.compare_digest(sent.encode(), (key.token or "").encode()):
        raise _fail(BAD_KEY, call, "The security token included in the request is invalid")
    if key.expires and key.expires <= utc_now():
        raise _fail(EXPIRED, call, "The security token included in the request is expired")
    return key


def _check_signed_headers(call: Call) -> None:
    names = call.signed.signed_headers.split(";")
    if names != sorted(names) or any(name != name.lower() for name in names):
        raise _fail(BAD_SIGNATURE, call, "SignedHeaders must be lower case and sorted")
    absent = [name for name in names if name not in call.headers]
    if absent:
        raise _fail(BAD_SIGNATURE, call, f"Signed headers are not in the request: {', '.join(absent)}")
    # Host and every x-amz- header take part in the signature (IAM guide, "Create a signed request"); content-type
    # must when it is sent.
    must = {"host"} | {name for name in call.headers if name.startswith("x-amz-")} - UNSIGNED_OK
    if "content-type" in call.headers:
        must.add("content-type")
    missing = sorted(must - set(names))
    if missing:
        raise _fail(BAD_SIGNATURE, call, f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")


@functools.cache
def regions() -> dict[str, str]:
    """Each region's opt-in status, of all partitions: a key of this cloud is good in every partition."""
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend

    return {region.name: region.opt_in_status for region in RegionsAndZonesBackend.regions}


def _check_region(call: Call) -> None:
    """A region that there is not, or that the account has not enabled, where its keys are unknown (aws.md 0.3)."""
    region = call.signed.region
    status = regions().get(region)
    if status is None:
        raise _fail(BAD_SIGNATURE, call, f"Credential should be scoped to a valid region, not '{region}'.")
    if status == "not-opted-in":
        raise _fail(BAD_KEY, call, "The security token included in the request is invalid.")


def _check_scope_and_date(call: Call, now: datetime.datetime) -> None:
    signature = call.signed
    region = GLOBAL_SIGNING_REGION.get(call.service)
    agent = call.headers.get("user-agent", "").lower()
    excused = any(name in agent for name in SIGNS_IAM_ANYWHERE)
    if region and signature.region != region and not excused:
        raise _fail(
            BAD_SIGNATURE, call, f"Credential should be scoped to a valid region, not '{signature.region}'."
        )
    sent = call.headers.get("x-amz-date", "")
    try:
        date = datetime.datetime.strptime(sent, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        raise _fail(INCOMPLETE, call, f"Date must be in ISO-8601 'basic format'. Got '{sent}'.") from None
    if sent[:8] != signature.date:
        raise _fail(
            BAD_SIGNATURE,
            call,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
            f"date from HTTP: '{signature.date}' != '{sent[:8]}', from '{sent}'.",
        )
    limit = datetime.timedelta(seconds=SKEW_SECONDS)
    text = now.strftime("%Y%m%dT%H%M%SZ")
    if date < now - limit:
        raise _fail(
            BAD_SIGNATURE,
            call,
            f"Signature expired: {sent} is now earlier than "
            f"{(now - limit).strftime('%Y%m%dT%H%M%SZ')} ({text} - 5 min.)",
        )
    if date > now + limit:
        raise _fail(
            BAD_SIGNATURE,
            call,
            f"Signature not yet current: {sent} is still later than "
            f"{(now + limit).strftime('%Y%m%dT%H%M%SZ')} ({text} + 5 min.)",
        )


def _check_payload_hash(call: Call) -> None:
    """x-amz-content-sha256 is optional for our services; when sent it must be the body's."""
    sent = call.headers.get("x-amz-content-sha256")
    if sent is not None and sent != hashlib.sha256(call.body).hexdigest():
        raise _fail(
            BAD_SIGNATURE, call, "The provided x-amz-content-sha256 does not match what was computed."
        )


def _check_signature(call: Call, key: Key) -> None:
    signature = call.signed
    request = AWSRequest(
        method=call.method, url=f"http://{call.headers.get('host', '')}{call.uri}", data=call.body
    )
    for name in signature.signed_headers.split(";"):
        request.headers[name] = call.headers[name]
    request.context["timestamp"] = call.headers["x-amz-date"]
    verifier = _Verifier(BotoCredentials(key.access_key, key.secret), signature.service, signature.region)
    canonical = verifier.canonical_request(request)
    string_to_sign = verifier.string_to_sign(request, canonical)
    if not hmac.compare_digest(verifier.signature(string_to_sign, request), signature.signature):
        raise _fail(
            BAD_SIGNATURE,
            call,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String "
            f"for this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n"
            f"'{string_to_sign}'\n",
        )

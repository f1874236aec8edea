# SPDX-License-Identifier: MIT
"""Which service and operation a request is for.

The service comes from the credential scope of the signature (one port serves all), the operation from where each
protocol keeps it: Action, X-Amz-Target, or method and path. Nothing is judged here.
"""

import datetime
import functools
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.model import OperationModel, ServiceModel
from moto.core.utils import get_service_model

# Where the signing name is not botocore's service name (aws.md 0.1).
SERVICE_OF_SIGNING_NAME = {
    "elasticloadbalancing": "elbv2",
    "apigateway": "apigatewayv2",
    "tagging": "resourcegroupstaggingapi",
    "monitoring": "cloudwatch",
}

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request"
    r",\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$"
)

# Whoever has somebody else's token has no key yet (STS API reference: "does not require the use of AWS security
# credentials").
UNSIGNED = {"AssumeRoleWithWebIdentity"}


@dataclass(frozen=True)
class Signature:
    """The parts of an Authorization header."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: str
    signature: str


@dataclass
class Call:
    """One AWS API request on its way through the layer. account, principal and params are filled by the checks."""

    method: str
    uri: str  # path and query exactly as sent
    headers: dict[str, str]  # lower-case names
    body: bytes
    authorization: str = ""
    signature: Signature | None = None
    model: ServiceModel | None = None
    service: str = ""
    operation: str = ""
    protocol: str = ""
    uri_params: dict[str, str] = field(default_factory=dict)
    account: str = ""
    principal: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    own_token: str = ""  # of a page that the pager cut (rules/paging.py)
    fault: str = ""  # what was done to it on purpose (faults/)
    effect: int = 0  # the status that it really ended with; 0 when a fault kept it from being done
    proven_at: datetime.datetime | None = None  # when its one-time code was found right (rules/mfa.py)
    refused_by: str = ""  # the rule that said no: its file and function, or signature, model, moto

    @property
    def signed(self) -> Signature:
        """The signature of a call that was found to have one."""
        assert self.signature is not None
        return self.signature

    @property
    def region(self) -> str:
        return self.signature.region if self.signature else ""

    @property
    def operation_model(self) -> OperationModel:
        assert self.model is not None
        return self.model.operation_model(self.operation)

    @property
    def known(self) -> bool:
        """True when the operation exists in the service's model."""
        return self.model is not None and self.operation in self.model.operation_names

    def __str__(self) -> str:
        return f"{self.service or '?'}.{self.operation or '?'}"


def parse_authorization(value: str) -> Signature | None:
    match = AUTHORIZATION.match(value)
    return Signature(*match.groups()) if match else None


@functools.cache
def rest_operations(service: str) -> list[tuple[str, re.Pattern[str], list[str], str]]:
    """(method, path pattern, labels of its groups, operation) of a REST service, the most specific path first."""
    model = get_service_model(service)
    rows = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = urlsplit(http["requestUri"]).path
        pattern, labels = "", []
        for part in re.split(r"(\{[A-Za-z0-9_-]+\+?\})", path):
            if part.startswith("{"):
                labels.append(part[1:-1].rstrip("+"))
                pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
            else:
                pattern += re.escape(part)
        literal = len(re.sub(r"\{[^}]*\}", "", path))
        rows.append((literal, http["method"], re.compile(f"^{pattern}$"), labels, name))
    rows.sort(key=lambda row: -row[0])
    return [row[1:] for row in rows]


def headers_of(environ: dict[str, Any]) -> dict[str, str]:
    headers = {
        key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")
    }
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = environ[key]
    return headers


def identify(environ: dict[str, Any], body: bytes) -> Call:
    """The call of a request; fields that cannot be told stay empty."""
    headers = headers_of(environ)
    call = Call(
        method=environ["REQUEST_METHOD"],
        uri=environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"],
        headers=headers,
        body=body,
        authorization=headers.get("authorization", ""),
    )
    call.signature = parse_authorization(call.authorization)
    if not call.signature:
        call.protocol = protocol_by_look(headers)
        find_unsigned(call)
        return call
    call.service = SERVICE_OF_SIGNING_NAME.get(call.signature.service, call.signature.service)
    try:
        call.model = get_service_model(call.service)
    except Exception:  # botocore raises UnknownServiceError, moto wraps it differently by version
        return call
    call.protocol = protocol_of(call.model, headers)
    find_operation(call)
    return call


def find_unsigned(call: Call) -> None:
    """The calls that AWS takes without a signature, which their form alone tells."""
    if call.protocol != "query" or call.authorization:
        return
    find_operation(call)
    if call.operation in UNSIGNED:
        call.service, call.model = "sts", get_service_model("sts")
    else:
        call.operation = ""


def account_of_role(call: Call) -> str:
    """The account that an unsigned call is for: that of the role which it names. Empty when it names none."""
    parts = str(call.params.get("RoleArn", "")).split(":")
    return parts[4] if len(parts) > 4 else ""


def protocol_of(model: ServiceModel, headers: dict[str, str]) -> str:
    """The protocol of a request to a service that may speak several (aws.md 0.1 says which we use)."""
    spoken = model.metadata.get("protocols") or [model.metadata["protocol"]]
    looks = protocol_by_look(headers)
    return looks if looks in spoken else model.metadata["protocol"]


def protocol_by_look(headers: dict[str, str]) -> str:
    """The protocol of a request whose service cannot be told: its error must still be readable."""
    if "x-amz-target" in headers:
        return "json"
    return "query" if "x-www-form-urlencoded" in headers.get("content-type", "") else "rest-json"


def find_operation(call: Call) -> None:
    if call.protocol in ("query", "ec2"):
        sent = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        call.operation = sent.get("Action") or dict(parse_qsl(urlsplit(call.uri).query)).get("Action", "")
    elif call.protocol == "json":
        call.operation = call.headers.get("x-amz-target", "").rpartition(".")[2]
    else:
        path = urlsplit(call.uri).path
        for method, pattern, labels, name in rest_operations(call.service):
            match = pattern.match(path) if method == call.method else None
            if match:
                values = [unquote(value) for value in match.groups()]
                call.operation, call.uri_params = name, dict(zip(labels, values, strict=True))
                return

# SPDX-License-Identifier: MIT
"""Pages, where moto answers everything in one: driven by botocore's paginators (aws.md 0.5).

A token carries the offset and a hash of the request, so that it is refused with other parameters, as AWS does.
"""

import base64
import hashlib
import json
from typing import Any

from botocore.loaders import Loader

from practice import forms
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.record import redact
from practice.rules import After, Before, after, foremost

# Results without a limit in the request: how many AWS sends at most.
DEFAULT_LIMIT = {
    "ec2": 1000,
    "elbv2": 400,
    "ecs": 100,
    "ecr": 100,
    "kms": 50,
    "apigatewayv2": 100,
    "iam": 100,
    "rds": 100,
    "logs": 50,
    "secretsmanager": 100,
    "application-autoscaling": 50,
}
DEFAULT_OF_OPERATION = {("ecs", "ListServices"): 10}
# AWS pages these though botocore has no paginator for them (aws.md 0.5, API references).
MORE = {
    "apigatewayv2": {"GetVpcLinks": "Items"},
    "secretsmanager": {"ListSecretVersionIds": "Versions"},
}

_loader = Loader()


def paginators(service: str) -> dict[str, dict[str, Any]]:
    """botocore's paginators of a service, by operation."""
    found = dict(_loader.load_service_model(service, "paginators-1")["pagination"])
    for operation, items in MORE.get(service, {}).items():
        found[operation] = {
            "input_token": "NextToken",
            "output_token": "NextToken",
            "limit_key": "MaxResults",
            "result_key": items,
        }
    return found


def _request_hash(call: Call, rule: dict[str, Any]) -> str:
    rest = {k: v for k, v in call.params.items() if k not in (rule["input_token"], rule["limit_key"])}
    text = json.dumps([call.account, call.region, call.operation, redact(rest)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# What a token is called that the service did not give out (API references).
INVALID_TOKEN = {
    "ec2": "InvalidNextToken",
    "elbv2": "ValidationError",
    "iam": "ValidationError",
    "rds": "InvalidParameterValue",
    "kms": "InvalidMarkerException",
    "secretsmanager": "InvalidNextTokenException",
    "application-autoscaling": "InvalidNextTokenException",
    "apigatewayv2": "BadRequestException",
}


def _refusal(service: str) -> AwsError:
    code = INVALID_TOKEN.get(service, "InvalidParameterException")
    return AwsError(code, "The pagination token is invalid for this request.")


def _offset(service: str, token: str, wanted: str) -> int:
    try:
        offset, digest = base64.b64decode(token, validate=True).decode().split(":")
        if digest == wanted:
            return int(offset)
    except ValueError:
        pass
    raise _refusal(service)


# Tokens that moto gave out, by account, region, service and operation: it takes any, or crashes.
_issued: set[tuple[str, str, str, str, str]] = set()


def _name(call: Call, token: str) -> tuple[str, str, str, str, str]:
    return call.account, call.region, call.service, call.operation, token


def token_check(rule: dict[str, Any]) -> Before:
    """A rule that lets pass what moto gave out or what the pager did, for this very request."""

    def given_here(_cloud: Cloud, call: Call) -> None:
        token = call.params.get(rule["input_token"])
        if token and _name(call, token) not in _issued:
            _offset(call.service, token, _request_hash(call, rule))
            call.own_token = call.params.pop(rule["input_token"])
            _keep_from_moto(call, rule["input_token"])

    return given_here


def _keep_from_moto(call: Call, member: str) -> None:
    """Takes our token out of the request: who answers gives the whole, or reads tokens of its own only."""
    shape = call.operation_model.input_shape.members[member]
    name = shape.serialization.get("name", member)
    if call.protocol in ("query", "ec2"):
        forms.drop(call, name[0].upper() + name[1:])
    elif call.protocol == "json":
        call.body = json.dumps({k: v for k, v in json.loads(call.body).items() if k != name}).encode()


def _names_things(call: Call) -> bool:
    """Whether a call asks for things by name: AWS answers those in one page."""
    return any(isinstance(value, list) and "ilter" not in name for name, value in call.params.items())


def pager(rule: dict[str, Any]) -> After:
    """A rule that cuts one page out of the whole result, unless whoever answered pages it."""

    def page(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
        if call.own_token:
            call.params[rule["input_token"]] = call.own_token
        token = call.params.get(rule["input_token"])
        if result.get(rule["output_token"]):
            _issued.add(_name(call, result[rule["output_token"]]))
            return None
        if token and _name(call, token) in _issued:
            return None  # the last of moto's pages
        digest = _request_hash(call, rule)
        start = _offset(call.service, token, digest) if token else 0
        usual = DEFAULT_OF_OPERATION.get((call.service, call.operation), DEFAULT_LIMIT[call.service])
        limit = int(call.params.get(rule["limit_key"]) or usual)
        if cloud.config.empty_pages and not token and not _names_things(call):
            limit = 0  # AWS may answer with an empty page and a token: clients go by the token (aws.md 0.5)
        items = result.get(rule["result_key"]) or []
        if start == 0 and len(items) <= limit:
            return None
        more = start + limit < len(items)
        result[rule["result_key"]] = items[start : start + limit]
        if more:
            result[rule["output_token"]] = base64.b64encode(f"{start + limit}:{digest}".encode()).decode()
        if "more_results" in rule:
            result[rule["more_results"]] = more
        return result

    return page


def install(_cloud: Cloud) -> None:
    """Registers token check and pager for every list; last of all, so that the pager cuts the final result."""
    for service in DEFAULT_LIMIT:
        for operation, rule in paginators(service).items():
            # lists of two parts are paged by who answers them
            single = isinstance(rule["input_token"], str) and isinstance(rule["result_key"], str)
            if single and "limit_key" in rule:
                foremost(service, operation, token_check(rule))
                after(service, operation)(pager(rule))

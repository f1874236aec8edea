# SPDX-License-Identifier: MIT
"""What AWS does and moto does not: one small piece for each AWS rule.

A rule is a function on (cloud, call) registered for operations of a service:
  @before("ec2", "DeleteSubnet")  judges a valid call before moto sees it: raises AwsError, or returns the result to
                                  answer in moto's place, or None to let the call pass;
  @after("ec2", "DescribeVpcs")   sees the parsed result of a call that moto answered well and returns it changed, or
                                  None when nothing changed;
  @answered                       sees the final answer of every call that succeeded.
The operation "*" stands for all of a service and the service "*" for all; such rules run before the others of
@before, and after the others of @after.
A rule module may have install(cloud), which registers the rows of a table. What moto decides inside is replaced in
practice/wrapped. Rules run under emulator.lock, in the order of MODULES and then of the file. A comment at each names
its source in facts/ or in AWS's documentation.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from moto.core.serialize import XFormedAttributePicker, get_serializer_class

from practice import faster_answers
from practice.errors import CONTENT_TYPES, Answer, AwsError, request_id, stamped
from practice.identify import Call

if TYPE_CHECKING:
    from practice.cloud import Cloud

Before = Callable[["Cloud", Call], dict[str, Any] | Answer | None]
After = Callable[["Cloud", Call, dict[str, Any]], dict[str, Any] | None]

MODULES = (
    "permissions",
    "throttling",
    "mfa",
    "sts",
    "identity",
    "web_identity",
    "dry_run",
    "tokens",
    "ec2_requests",
    "lag",
    "ec2_network",
    "ec2_nat",
    "ec2_groups",
    "ec2_interfaces",
    "ec2_endpoints",
    "iam_policies",
    "iam_roles",
    "iam_users",
    "kms",
    "kms_arns",
    "autoscaling",
    "validation",
    "ecs_clusters",
    "ecs_definitions",
    "ecs_services",
    "tag_limits",
    "apigateway",
    "apigateway_stages",
    "ecr",
    "secrets",
    "rds",
    "logs",
    "elbv2",
    "elbv2_attributes",
    "elbv2_links",
    "duplicates",
    "states",
    "eni",
    "order",
    "repairs",
    "shown",
    "tag_index",
    "tags",
    "tag_writes",
    "quotas",
    "filters",
    "paging",
)

_before: dict[tuple[str, str], list[Before]] = {}
_after: dict[tuple[str, str], list[After]] = {}
_answered: list[Callable[["Cloud", Call, Answer], None]] = []


def before(service: str, *operations: str) -> Callable[[Before], Before]:
    def register(rule: Before) -> Before:
        for operation in operations:
            _before.setdefault((service, operation), []).append(rule)
        return rule

    return register


def foremost(service: str, operation: str, rule: Before) -> None:
    """Registers a rule to run before all others of the operation, whatever the order of MODULES."""
    _before.setdefault((service, operation), []).insert(0, rule)


def after(service: str, *operations: str) -> Callable[[After], After]:
    def register(rule: After) -> After:
        for operation in operations:
            _after.setdefault((service, operation), []).append(rule)
        return rule

    return register


def answered(rule: Callable[["Cloud", Call, Answer], None]) -> Callable[["Cloud", Call, Answer], None]:
    _answered.append(rule)
    return rule


def load(cloud: "Cloud") -> None:
    """Imports every rule module, which registers its rules."""
    for name in MODULES:
        module = importlib.import_module(f"practice.rules.{name}")
        install = getattr(module, "install", None)
        if install:
            install(cloud)


def judge(cloud: "Cloud", call: Call, emulate: Callable[[bool], Answer]) -> Answer:
    """The answer to a valid call: a rule's, or moto's as the rules change it. Raises AwsError for a refusal, and
    call.refused_by says whose. emulate(True) may give members in place of a body."""
    result: dict[str, Any] | None = None
    for rule in _rules(_before, call, general_first=True):
        with named(rule, call):
            said = rule(cloud, call)
        if isinstance(said, Answer):
            return said
        if said is not None:
            result = said
            break
    changers = _rules(_after, call, general_first=False)
    answer = emulate(bool(changers)) if result is None else serialize_result(call, result)
    if answer.status >= 300:
        call.refused_by = "moto"
        return answer
    answer = _change(cloud, call, answer, changers)
    for rule in _answered:
        rule(cloud, call, answer)
    return answer


@contextlib.contextmanager
def named(rule: Callable[..., Any], call: Call) -> Iterator[None]:
    """Puts the rule's name on a call that it refuses."""
    try:
        yield
    except AwsError:
        call.refused_by = name_of(rule)
        raise


def name_of(rule: Callable[..., Any]) -> str:
    """How the record calls a rule: elbv2.subnets_of_balancer for a function of rules/elbv2.py."""
    return f"{rule.__module__.removeprefix('practice.').removeprefix('rules.')}.{rule.__name__}"


def _rules(table: dict[tuple[str, str], list[Any]], call: Call, general_first: bool) -> list[Any]:
    general = [*table.get(("*", "*"), ()), *table.get((call.service, "*"), ())]
    own = table.get((call.service, call.operation), [])
    return [*general, *own] if general_first else [*own, *general]


def _change(cloud: "Cloud", call: Call, answer: Answer, changers: list[After]) -> Answer:
    """The answer, written again when a rule changed its result."""
    if not changers:
        return answer
    changed = answer.members is not None  # not written yet
    result = answer.members if answer.members is not None else parse_result(call, answer)
    for rule in changers:
        with named(rule, call):
            new = rule(cloud, call, result)
        if new is not None:
            result, changed = new, True
    return serialize_result(call, result) if changed else answer


def parse_result(call: Call, answer: Answer) -> dict[str, Any]:
    """The answer as botocore reads it; for an error the keys Error and ResponseMetadata."""
    parser = faster_answers.parser(call.protocol)
    response = {
        "headers": {k.lower(): v for k, v in answer.headers},
        "body": answer.body,
        "status_code": answer.status,
    }
    parsed = parser.parse(response, call.operation_model.output_shape)
    if answer.status < 300:
        parsed.pop("ResponseMetadata", None)
    return parsed


def serialize_result(call: Call, result: dict[str, Any]) -> Answer:
    """A result in the shape of the call's protocol."""
    kind = get_serializer_class(call.service, call.protocol)
    # the picker lets a rule put moto's own objects into a result
    serializer = kind(call.operation_model, value_picker=XFormedAttributePicker())
    response = serializer.serialize(result)
    headers = [(k, str(v)) for k, v in response["headers"].items() if k != "Content-Type"]
    rid = request_id()
    headers += [("Content-Type", CONTENT_TYPES[call.protocol]), ("x-amzn-RequestId", rid)]
    body = response["body"].encode() if isinstance(response["body"], str) else response["body"]
    return Answer(
        response["status_code"], headers, stamped(body, rid) if call.protocol in ("ec2", "query") else body
    )

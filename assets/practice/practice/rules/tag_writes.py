# SPDX-License-Identifier: MIT
"""The tagging API's TagResources and UntagResources: by ARN, for every service, with a map of what failed (API
reference). moto knows few services here and answers 404 for a repository."""

from collections.abc import Callable
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import before

TAGS_MAX = 50
Change = Callable[[dict[str, str]], dict[str, str]]  # old tags -> new tags


class Absent(Exception):
    """There is no such resource, or its service cannot be tagged here."""


def _pairs(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: k, value: v} for k, v in tags.items()]


def _with_tagger(tagger: Any, arn: str, change: Change, key: str = "Key", value: str = "Value") -> None:
    old = dict(tagger.get_tag_dict_for_resource(arn))
    new = change(old)
    tagger.untag_resource_using_names(arn, [name for name in old if name not in new])
    tagger.tag_resource(arn, _pairs(new, key, value))


def _ec2(backend: Any, arn: str, change: Change) -> None:
    name = arn.rpartition("/")[2]
    backend.do_resources_exist([name])  # raises when it does not; moto would keep the tags all the same
    old = {tag["key"]: tag["value"] for tag in backend.describe_tags({"resource-id": [name]})}
    new = change(old)
    gone = [key for key in old if key not in new]
    if gone:
        backend.delete_tags([name], dict.fromkeys(gone))
    if new:
        backend.create_tags([name], new)


def _elbv2(backend: Any, arn: str, change: Change) -> None:
    backend._get_resource_by_arn(arn)
    _with_tagger(backend.tagging_service, arn, change)


def _ecr(backend: Any, arn: str, change: Change) -> None:
    if arn.partition(":repository/")[2] not in backend.repositories:
        raise Absent
    _with_tagger(backend.tagger, arn, change)


def _secrets(backend: Any, arn: str, change: Change) -> None:
    secret = backend.secrets.get(arn)
    if secret is None:
        raise Absent
    secret.tags = _pairs(change({tag["Key"]: tag["Value"] for tag in secret.tags or []}))


def _logs(backend: Any, arn: str, change: Change) -> None:
    if arn.partition(":log-group:")[2] not in backend.groups:
        raise Absent
    _with_tagger(backend.tagger, arn, change)


def _kms(backend: Any, arn: str, change: Change) -> None:
    key = arn.rpartition("/")[2]
    if key not in backend.keys:
        raise Absent
    _with_tagger(backend.tagger, key, change, backend.tagger.key_name, backend.tagger.value_name)


def _ecs(backend: Any, arn: str, change: Change) -> None:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    family, _, revision = name.partition(":")
    found: Any = None
    if kind == "cluster":
        found = backend.clusters.get(name)
    elif kind == "service":
        found = next((s for s in backend.services.values() if s.arn == arn), None)
    elif kind == "task-definition" and revision.isdigit():
        found = backend.task_definitions.get(family, {}).get(int(revision))
    if found is None:
        raise Absent
    found.tags = _pairs(change({tag["key"]: tag["value"] for tag in found.tags or []}), "key", "value")


def _gateway(backend: Any, arn: str, change: Change) -> None:
    kind, name, *stage = arn.split("::/", 1)[1].split("/")[:2] + arn.split("/stages/")[1:]
    found = (backend.apis if kind == "apis" else backend.vpc_links).get(name)
    if found is None or (stage and stage[0] not in found.stages):
        raise Absent
    if stage:
        found.stages[stage[0]].tags = change(dict(found.stages[stage[0]].tags or {}))
        return
    old = dict(backend.get_tags(arn))
    new = change(old)
    backend.untag_resource(arn, [key for key in old if key not in new])
    backend.tag_resource(arn, new)


def _rds(backend: Any, arn: str, change: Change) -> None:
    old = {tag["Key"]: tag["Value"] for tag in backend.list_tags_for_resource(arn)}
    new = change(old)
    backend.remove_tags_from_resource(arn, [key for key in old if key not in new])
    backend.add_tags_to_resource(arn, _pairs(new))


# the ARN's service -> (botocore's name, what changes the tags)
WRITERS: dict[str, tuple[str, Callable[[Any, str, Change], None]]] = {
    "ec2": ("ec2", _ec2),
    "elasticloadbalancing": ("elbv2", _elbv2),
    "ecr": ("ecr", _ecr),
    "secretsmanager": ("secretsmanager", _secrets),
    "logs": ("logs", _logs),
    "kms": ("kms", _kms),
    "ecs": ("ecs", _ecs),
    "apigateway": ("apigatewayv2", _gateway),
    "rds": ("rds", _rds),
}


def _write(call: Call, arn: str, change: Change) -> dict[str, Any] | None:
    """Changes the tags of one resource; what goes into FailedResourcesMap, or None."""
    parts = arn.split(":", 5)
    known = WRITERS.get(parts[2]) if len(parts) == 6 else None
    try:
        if known is None or parts[3] not in ("", call.region) or parts[4] not in ("", call.account):
            raise Absent
        known[1](emulator.backend(known[0], call.account, call.region), arn, change)
    except Exception:  # moto's own words for what is missing differ by service
        message = f"The resource cannot be tagged or does not exist: {arn}"
        return {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": message}
    return None


# TagResources, UntagResources: a map of those that failed. At most 20 resources is a rule of the service model.
@before("resourcegroupstaggingapi", "TagResources", "UntagResources")
def write(_cloud: Cloud, call: Call) -> dict[str, Any]:
    p = call.params

    def change(old: dict[str, str]) -> dict[str, str]:
        if call.operation == "TagResources":
            new = {**old, **p["Tags"]}
        else:
            new = {key: value for key, value in old.items() if key not in p["TagKeys"]}
        if len(new) > TAGS_MAX:
            raise Absent
        return new

    failed = {arn: _write(call, arn, change) for arn in p["ResourceARNList"]}
    return {"FailedResourcesMap": {arn: problem for arn, problem in failed.items() if problem}}

# SPDX-License-Identifier: MIT
"""At most 50 tags on a resource, each service with its own code (API references of the tag operations)."""

from collections.abc import Callable
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before
from practice.rules.validation import tag_keys

TAGS_MAX = 50


def _ecr(call: Call) -> list[dict[str, str]]:
    ecr = emulator.backend("ecr", call.account, call.region)
    return ecr.tagger.list_tags_for_resource(call.params["resourceArn"])["tags"]


def _secret(call: Call) -> list[dict[str, str]]:
    secrets = emulator.backend("secretsmanager", call.account, call.region).secrets
    found = secrets.get(call.params["SecretId"])
    return list(found.tags or []) if found else []


def _logs(call: Call) -> list[dict[str, str]]:
    tagger = emulator.backend("logs", call.account, call.region).tagger
    arn = call.params["resourceArn"]
    return [{"Key": key} for name in (arn, f"{arn}:*") for key in tagger.get_tag_dict_for_resource(name)]


def _role(call: Call) -> list[dict[str, str]]:
    roles = emulator.backend("iam", call.account, here()).roles
    found = next((role for role in roles.values() if role.name == call.params["RoleName"]), None)
    return list(found.tags or []) if found else []


# The code for more than 50 tags, and what is tagged already.
LIMITS: dict[tuple[str, str], tuple[Callable[[Call], list[dict[str, str]]] | None, str]] = {
    ("ecr", "CreateRepository"): (None, "TooManyTagsException"),
    ("ecr", "TagResource"): (_ecr, "TooManyTagsException"),
    ("secretsmanager", "CreateSecret"): (None, "InvalidParameterException"),
    ("secretsmanager", "TagResource"): (_secret, "InvalidParameterException"),
    ("logs", "CreateLogGroup"): (None, "InvalidParameterException"),
    ("logs", "TagResource"): (_logs, "TooManyTagsException"),
    ("iam", "TagRole"): (_role, "LimitExceeded"),
    ("rds", "CreateDBInstance"): (None, "InvalidParameterValue"),
    ("rds", "CreateDBSubnetGroup"): (None, "InvalidParameterValue"),
}


def _rule(present: Callable[[Call], list[dict[str, str]]] | None, code: str) -> Any:
    def count(_cloud: Cloud, call: Call) -> None:
        there = {tag.get("Key", "") for tag in present(call)} if present else set()
        if len(there | set(tag_keys(call.params))) > TAGS_MAX:
            raise AwsError(code, f"A resource has at most {TAGS_MAX} tags")

    return count


for (_service, _operation), (_present, _code) in LIMITS.items():
    before(_service, _operation)(_rule(_present, _code))

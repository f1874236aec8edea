# SPDX-License-Identifier: MIT
"""The tagging API's view lags: what is new is not there yet, what was deleted still is (aws.md 1: "lags minutes, keeps
deleted things"). How long is not documented; both times are ours.

Marks are taken at creations (from the ids and ARNs in the answer) and before deletions (of everything that is tagged):
unborn() says whether a resource is too young to be shown, lingering() adds what went a moment ago."""

import re
from collections.abc import Callable
from typing import Any

from practice.cloud import Cloud
from practice.errors import Answer
from practice.identify import Call
from practice.rules import answered, before

APPEARS_AFTER, LINGERS = 3, 40
CREATIONS = ("Create", "Allocate", "Register", "Run", "TagResource")
DELETIONS = ("Delete", "Release", "Deregister", "ScheduleKeyDeletion")
NAMES = re.compile(
    rb"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d*:[A-Za-z0-9/_+=.@$:-]+|"
    rb"\b(?:vpc|subnet|rtb|igw|nat|eipalloc|sg|sgr|vpce|eni|acl)-[0-9a-f]{8,17}\b|"
    rb'"(?:apiId|vpcLinkId)": ?"([a-z0-9]+)"'
)

Place = tuple[str, str]
Tagged = dict[str, dict[str, str]]
_born: dict[tuple[Place, str], float] = {}
_seen: dict[Place, dict[str, tuple[dict[str, str], float]]] = {}
collectors: list[Callable[[Call], Tagged]] = []  # tags.py puts its own here


# The tagging API does not know what is new for a moment.
@answered
def creation(cloud: Cloud, call: Call, answer: Answer) -> None:
    if not call.operation.startswith(CREATIONS) or not cloud.clock.scale or call.service == "iam":
        return
    place, mark = (call.account, call.region), cloud.clock.now()
    for match in NAMES.finditer(answer.body):
        _born.setdefault((place, (match.group(1) or match.group(0)).decode()), mark)
    if call.operation == "CreateLogGroup":
        _born[(place, f"log-group:{call.params['logGroupName']}")] = mark


def unborn(cloud: Cloud, call: Call, arn: str) -> bool:
    """True while a resource is too young to be known to the tagging API."""
    place, rest = (call.account, call.region), arn.split(":", 5)[5]
    names = (arn, rest, rest.rpartition("/")[2], (rest.split("/") + ["", "", ""])[2])
    marks = [_born[(place, name)] for name in names if (place, name) in _born]
    return any(not cloud.clock.passed(mark, APPEARS_AFTER) for mark in marks)


# The tagging API shows what was deleted for a while.
@before("*", "*")
def deletion(cloud: Cloud, call: Call) -> None:
    if call.operation.startswith(DELETIONS) and cloud.clock.scale:
        seen, mark = _seen.setdefault((call.account, call.region), {}), cloud.clock.now()
        for collect in collectors:
            seen.update({arn: (tags, mark) for arn, tags in collect(call).items() if tags})


def lingering(cloud: Cloud, call: Call, there: Tagged) -> Tagged:
    """What was there before a deletion a moment ago and is not any more."""
    seen: dict[str, Any] = _seen.get((call.account, call.region), {})
    over = [arn for arn, (_, mark) in seen.items() if cloud.clock.passed(mark, LINGERS)]
    for arn in over:
        del seen[arn]
    return {arn: tags for arn, (tags, _) in seen.items() if arn not in there}

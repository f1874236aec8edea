# SPDX-License-Identifier: MIT
"""Client tokens: a repeated call with the same token and the same parameters gets the first answer again.

Which member is a token is said by the model's idempotencyToken trait, or by its name where the model forgets the trait
(ECS CreateService, EC2 CreateVpcEndpoint). Secrets Manager's own token is a version id,
which moto treats as AWS does, so it is left alone.
"""

import json
import threading
from typing import Any

from practice.cloud import Cloud
from practice.errors import Answer, AwsError
from practice.identify import Call
from practice.record import redact
from practice.rules import answered, before

# What a token that returns with other parameters is called.
MISMATCH = {
    "ec2": ("IdempotentParameterMismatch", "Client token already used before."),
    "ecs": ("InvalidParameterException", "Creation of service was not idempotent."),
}

_lock = threading.Lock()
_answers: dict[tuple[str, str, str, str, str], tuple[str, Answer]] = {}


def token_member(call: Call) -> str | None:
    """The name of the operation's token member, or None."""
    shape = call.operation_model.input_shape
    if shape is None or call.service == "secretsmanager":
        return None
    for name, member in shape.members.items():
        if member.metadata.get("idempotencyToken") or name.lower() == "clienttoken":
            return name
    return None


def _key_and_spec(call: Call) -> tuple[Any, str] | None:
    member = token_member(call)
    token = call.params.get(member) if member else None
    if not token:
        return None
    spec = json.dumps(redact({k: v for k, v in call.params.items() if k != member}), sort_keys=True)
    return (call.account, call.region, call.service, call.operation, token), spec


def tasks_are_others(kept: Answer) -> AwsError:
    """RunTask has a mismatch of its own, which says whose tasks have the token (API reference, ConflictException)."""
    arns = [task["taskArn"] for task in json.loads(kept.body)["tasks"]]
    return AwsError(
        "ConflictException",
        "The RunTask request could not be processed due to conflicts. The provided clientToken is already in use with "
        "a different RunTask request.",
        resourceIds=arns,
    )


# The same token with the same parameters gets the first answer, with others a mismatch (aws.md 1).
@before("*", "*")
def repeated(_cloud: Cloud, call: Call) -> Answer | None:
    found = _key_and_spec(call)
    if not found:
        return None
    with _lock:
        kept = _answers.get(found[0])
    if not kept:
        return None
    if kept[0] != found[1]:
        if call.operation == "RunTask":
            raise tasks_are_others(kept[1])
        code, message = MISMATCH.get(
            call.service, ("IdempotentParameterMismatchException", "Token used before.")
        )
        raise AwsError(code, message)
    return kept[1]


# An answer is kept for its token; a call that failed keeps none.
@answered
def remember(_cloud: Cloud, call: Call, answer: Answer) -> None:
    found = _key_and_spec(call)
    if found:
        with _lock:
            _answers.setdefault(found[0], (found[1], answer))

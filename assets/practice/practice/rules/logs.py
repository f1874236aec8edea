# SPDX-License-Identifier: MIT
"""CloudWatch Logs: what it refuses and moto accepts. Retention days and names of groups are in validation.py.

Sources: the API reference of each operation, aws.md 2.4; user guide, "Filter and pattern syntax"."""

import base64
import re
from typing import Any

from moto.utilities.utils import get_partition

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.permissions import arns
from practice.permissions.judge import trusts
from practice.permissions.policy import Request, parse
from practice.rules import after, before, keys

PAGE, EVENTS_PAGE = 50, 10000
STREAMS_A_SEARCH = 3  # FilterLogEvents looks through so many streams in one call, so that a page can be empty
BATCH_MAX, EVENT_OVERHEAD = 1 << 20, 26
DAY_MS = 24 * 3600 * 1000


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def find_group(call: Call, name: str) -> Any:
    found = emulator.backend("logs", call.account, call.region).groups.get(name)
    if found is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def _name(call: Call) -> str:
    """The group of a call, by its name or by an identifier, which may be the ARN."""
    given = call.params.get("logGroupName") or call.params.get("logGroupIdentifier") or ""
    return given.partition(":log-group:")[2] or given


def _page(call: Call, items: list[Any], limit: int) -> tuple[list[Any], str | None]:
    """The page that the call asks for, and the token of the next one."""
    token = call.params.get("nextToken")  # one that was given out: paging.py has looked
    start = int(base64.b64decode(token)) if token else 0
    more = start + limit < len(items)
    after_it = base64.b64encode(str(start + limit).encode()).decode() if more else None
    return items[start : start + limit], after_it


def _with_token(result: dict[str, Any], token: str | None) -> dict[str, Any]:
    return {**result, "nextToken": token} if token else result


# ---- groups


# DescribeLogGroups: by a prefix or a pattern, not both; the class and the protection are shown.
@before("logs", "DescribeLogGroups")
def groups(_cloud: Cloud, call: Call) -> dict[str, Any]:
    p = call.params
    prefix, pattern = p.get("logGroupNamePrefix"), p.get("logGroupNamePattern")
    if prefix is not None and pattern is not None:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    known = emulator.backend("logs", call.account, call.region).groups
    found = [
        known[name] for name in sorted(known)
        if name.startswith(prefix or "") and (pattern or "").lower() in name.lower()
        and p.get("logGroupClass") in (None, _class(known[name]))
    ]  # fmt: skip
    page, token = _page(call, found, p.get("limit") or PAGE)
    return _with_token({"logGroups": [_shown(group) for group in page]}, token)


def _class(group: Any) -> str:
    return getattr(group, "log_group_class", "STANDARD")


def _shown(group: Any) -> dict[str, Any]:
    protected = getattr(group, "protected", False)
    return {**group.to_describe_dict(), "logGroupClass": _class(group), "deletionProtectionEnabled": protected}


# CreateLogGroup keeps the class and the deletion protection.
@after("logs", "CreateLogGroup")
def class_and_protection(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    group = find_group(call, call.params["logGroupName"])
    group.log_group_class = call.params.get("logGroupClass") or "STANDARD"
    group.protected = bool(call.params.get("deletionProtectionEnabled"))


# PutLogGroupDeletionProtection changes it (moto has no such operation).
@before("logs", "PutLogGroupDeletionProtection")
def change_protection(_cloud: Cloud, call: Call) -> dict[str, Any]:
    find_group(call, _name(call)).protected = bool(call.params["deletionProtectionEnabled"])
    return {}


# DeleteLogGroup of a protected group: ValidationException, by the model's list of errors (aws.md 2.4: unverified).
@before("logs", "DeleteLogGroup")
def protected_group(_cloud: Cloud, call: Call) -> None:
    if getattr(find_group(call, call.params["logGroupName"]), "protected", False):
        raise AwsError("ValidationException", "The log group cannot be deleted: its deletion protection is enabled.")


# A group's key is enabled, given by its ARN, and lets Logs use it for the group (moto has neither operation).
@before("logs", "AssociateKmsKey", "DisassociateKmsKey")
def key_of_a_group(_cloud: Cloud, call: Call) -> dict[str, Any]:
    name = _name(call) or (call.params.get("resourceIdentifier") or "").partition(":log-group:")[2]
    group = find_group(call, name)
    if call.operation == "DisassociateKmsKey":
        group.kms_key_id = None
        return {}
    check_key(call, call.params["kmsKeyId"], name)
    group.kms_key_id = call.params["kmsKeyId"]
    return {}


def check_key(call: Call, arn: str, group: str) -> None:
    if not arn.startswith("arn:") or not keys.usable(call, arn):
        raise invalid(f"The specified KMS Key Id could not be found or is not enabled: {arn}")
    if not _lets_logs_in(call, arn, group):
        raise invalid(f"The specified KMS key does not exist or is not allowed to be used with {_arn(call, group)}")


def _arn(call: Call, group: str) -> str:
    return f"arn:{get_partition(call.region)}:logs:{call.region}:{call.account}:log-group:{group}"


def _lets_logs_in(call: Call, key: str, group: str) -> bool:
    """Whether the key's policy lets CloudWatch Logs encrypt and decrypt for this group: the service has no other
    policy (Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS")."""
    policy = parse(arns.key_policy(call, key) or "{}", "key policy")
    context = {"kms:encryptioncontext:aws:logs:arn": [_arn(call, group)]}
    return all(
        any(
            trusts(policy, Request(service, "", action, key, context))
            for service in ("logs.amazonaws.com", f"logs.{call.region}.amazonaws.com")
        )
        for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey")
    )


# A new group's key, too.
@before("logs", "CreateLogGroup")
def key_of_a_new_group(_cloud: Cloud, call: Call) -> None:
    if call.params.get("kmsKeyId"):
        check_key(call, call.params["kmsKeyId"], call.params["logGroupName"])


# Tags are those of a group that exists (its ARN without the end ":*" is a rule of the service model, aws.md 2.4).
@before("logs", "TagResource", "UntagResource", "ListTagsForResource")
def tagged_group(_cloud: Cloud, call: Call) -> None:
    kind, _, name = call.params["resourceArn"].partition(":log-group:")
    if name and kind.startswith("arn:"):
        find_group(call, name)


# ---- streams and events


# DescribeLogStreams: by name, or by the time of the last event, which does not go with a prefix.
@before("logs", "DescribeLogStreams")
def streams(_cloud: Cloud, call: Call) -> dict[str, Any]:
    p, group = call.params, find_group(call, _name(call))
    by_time, prefix = p.get("orderBy") == "LastEventTime", p.get("logStreamNamePrefix")
    if by_time and prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    found = [stream.to_describe_dict() for name, stream in group.streams.items() if name.startswith(prefix or "")]
    key = (lambda s: (s.get("lastEventTimestamp", 0), s["logStreamName"])) if by_time else lambda s: s["logStreamName"]
    found.sort(key=key, reverse=bool(p.get("descending")))
    page, token = _page(call, found, p.get("limit") or PAGE)
    return _with_token({"logStreams": page}, token)


# PutLogEvents: in the order of time, of one day, in all at most 1 MiB with 26 bytes for each event.
@before("logs", "PutLogEvents")
def batch(_cloud: Cloud, call: Call) -> None:
    events = call.params["logEvents"]
    stamps = [event["timestamp"] for event in events]
    if stamps != sorted(stamps):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if stamps and stamps[-1] - stamps[0] > DAY_MS:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    if sum(len(event["message"].encode()) + EVENT_OVERHEAD for event in events) > BATCH_MAX:
        raise invalid(f"Upload too large: more than {BATCH_MAX} bytes with the overhead of each event.")


class Pattern:
    """A filter pattern of terms: all of them, or one of those with "?", none of those with "-"."""

    def __init__(self, text: str) -> None:
        terms = re.findall(r'([?-]?)(?:"([^"]*)"|(\S+))', text)
        words = [(sign, quoted or plain) for sign, quoted, plain in terms]
        self._all = [word for sign, word in words if not sign]
        self._one = [word for sign, word in words if sign == "?"]
        self._none = [word for sign, word in words if sign == "-"]

    def matches(self, message: str) -> bool:
        if any(word in message for word in self._none):
            return False
        # with optional terms the others are ignored (user guide)
        if self._one:
            return any(word in message for word in self._one)
        return all(word in message for word in self._all)


# FilterLogEvents: streams by name or by prefix; sorted by time; an empty page may have a token (aws.md 0.5).
@before("logs", "FilterLogEvents")
def filter_events(_cloud: Cloud, call: Call) -> dict[str, Any]:
    p, group = call.params, find_group(call, _name(call))
    names, prefix, text = p.get("logStreamNames"), p.get("logStreamNamePrefix"), (p.get("filterPattern") or "").strip()
    if names and prefix:
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    for name in names or []:
        if name not in group.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    if text.startswith(("{", "[", "%")):
        raise invalid("The practice cloud knows filter patterns of terms only.")
    wanted = [name for name in sorted(group.streams) if name.startswith(prefix or "") and (not names or name in names)]
    portions = [wanted[i : i + STREAMS_A_SEARCH] for i in range(0, len(wanted), STREAMS_A_SEARCH)] or [[]]
    number, start = _position(call)
    if number >= len(portions):
        return {"events": [], "searchedLogStreams": []}
    events = _events(group, portions[number], p, Pattern(text))
    limit = p.get("limit") or EVENTS_PAGE
    token = None
    if start + limit < len(events):
        token = f"{call.operation}:{number}.{start + limit}"
    elif number + 1 < len(portions):
        token = f"{call.operation}:{number + 1}.0"
    result = {"events": events[start : start + limit], "searchedLogStreams": []}
    return _with_token(result, base64.b64encode(token.encode()).decode() if token else None)


def _position(call: Call) -> tuple[int, int]:
    """(which portion of the streams, how many of its events were sent) by the token."""
    token = call.params.get("nextToken")
    if not token:
        return 0, 0
    try:
        operation, _, place = base64.b64decode(token, validate=True).decode().partition(":")
        number, _, start = place.partition(".")
        if operation == call.operation:
            return int(number), int(start)
    except ValueError:
        pass
    raise invalid("The specified nextToken is invalid.")


def _events(group: Any, names: list[str], p: dict[str, Any], pattern: Pattern) -> list[dict[str, Any]]:
    low, high = p.get("startTime"), p.get("endTime")
    found = [
        {**event.to_filter_dict(), "logStreamName": name}
        for name in names
        for event in group.streams[name].events
        if (low is None or event.timestamp >= low) and (high is None or event.timestamp <= high)
        and pattern.matches(event.message)
    ]  # fmt: skip
    return sorted(found, key=lambda event: event["timestamp"])

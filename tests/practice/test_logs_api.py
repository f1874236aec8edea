# SPDX-License-Identifier: MIT
"""CloudWatch Logs: what it refuses, streams, events and their order (API reference, aws.md 2.4)."""

import json
import time

import pytest
from conftest import code_of

KEY = "arn:aws:kms:eu-west-3:123456789012:key/00000000-0000-0000-0000-000000000000"
HOUR = 3600 * 1000


@pytest.fixture
def logs(client):
    return client("logs")


@pytest.fixture
def group(logs, unique):
    logs.create_log_group(logGroupName=f"/t/{unique}")
    logs.create_log_stream(logGroupName=f"/t/{unique}", logStreamName="s")
    return f"/t/{unique}"


def now():
    return int(time.time() * 1000)


# (claim, operation, parameters, code); "GROUP" is a group that exists
REFUSED = [
    ("the same group", "create_log_group", {"logGroupName": "GROUP"}, "ResourceAlreadyExistsException"),
    ("the same stream", "create_log_stream", {"logGroupName": "GROUP", "logStreamName": "s"},
     "ResourceAlreadyExistsException"),
    ("a group's letters", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException"),
    ("a group's letters", "create_log_group", {"logGroupName": "a:b"}, "InvalidParameterException"),
    ("a group's length", "create_log_group", {"logGroupName": "x" * 513}, "InvalidParameterException"),
    ("AWS's own groups", "create_log_group", {"logGroupName": "aws/x"}, "InvalidParameterException"),
    ("a stream's letters", "create_log_stream", {"logGroupName": "GROUP", "logStreamName": "a:b"},
     "InvalidParameterException"),
    ("a key by its ARN", "create_log_group", {"logGroupName": "k", "kmsKeyId": "alias/none"},
     "InvalidParameterException"),
    ("a key that exists", "create_log_group", {"logGroupName": "k", "kmsKeyId": KEY}, "InvalidParameterException"),
    ("a key that exists", "associate_kms_key", {"logGroupName": "GROUP", "kmsKeyId": KEY}, "InvalidParameterException"),
    ("AWS's own tags", "create_log_group", {"logGroupName": "k", "tags": {"aws:x": "y"}}, "InvalidParameterException"),
    ("days of retention", "put_retention_policy", {"logGroupName": "GROUP", "retentionInDays": 2},
     "InvalidParameterException"),
    ("days of retention", "put_retention_policy", {"logGroupName": "GROUP", "retentionInDays": 0},
     "InvalidParameterException"),
    ("no group", "delete_log_group", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("no group", "create_log_stream", {"logGroupName": "none", "logStreamName": "s"}, "ResourceNotFoundException"),
    ("no group", "put_retention_policy", {"logGroupName": "none", "retentionInDays": 7}, "ResourceNotFoundException"),
    ("no group", "delete_retention_policy", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("no group", "describe_log_streams", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("no group", "filter_log_events", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("no group", "associate_kms_key", {"logGroupName": "none", "kmsKeyId": KEY}, "ResourceNotFoundException"),
    ("no group", "disassociate_kms_key", {"logGroupName": "none"}, "ResourceNotFoundException"),
    ("no group", "put_log_events",
     {"logGroupName": "none", "logStreamName": "s", "logEvents": [{"timestamp": now(), "message": "m"}]},
     "ResourceNotFoundException"),
    ("no group", "list_tags_for_resource",
     {"resourceArn": "arn:aws:logs:eu-west-3:123456789012:log-group:none"}, "ResourceNotFoundException"),
    ("no group", "tag_resource",
     {"resourceArn": "arn:aws:logs:eu-west-3:123456789012:log-group:none", "tags": {"a": "b"}},
     "ResourceNotFoundException"),
    ("no stream", "put_log_events",
     {"logGroupName": "GROUP", "logStreamName": "none", "logEvents": [{"timestamp": now(), "message": "m"}]},
     "ResourceNotFoundException"),
    ("no stream", "get_log_events", {"logGroupName": "GROUP", "logStreamName": "none"}, "ResourceNotFoundException"),
    ("no stream", "delete_log_stream", {"logGroupName": "GROUP", "logStreamName": "none"}, "ResourceNotFoundException"),
    ("no stream", "filter_log_events", {"logGroupName": "GROUP", "logStreamNames": ["none"]},
     "ResourceNotFoundException"),
    ("names or a prefix of streams", "filter_log_events",
     {"logGroupName": "GROUP", "logStreamNames": ["s"], "logStreamNamePrefix": "s"}, "InvalidParameterException"),
    ("a prefix does not go with time", "describe_log_streams",
     {"logGroupName": "GROUP", "logStreamNamePrefix": "s", "orderBy": "LastEventTime"}, "InvalidParameterException"),
    ("a page of at most 50", "describe_log_groups", {"limit": 51}, "InvalidParameterException"),
    ("a page of at most 50", "describe_log_streams", {"logGroupName": "GROUP", "limit": 51},
     "InvalidParameterException"),
    ("a page of at most 10000", "filter_log_events", {"logGroupName": "GROUP", "limit": 10001},
     "InvalidParameterException"),
    ("a token is one of ours", "describe_log_groups", {"nextToken": "nonsense"}, "InvalidParameterException"),
    ("a token is one of ours", "describe_log_streams", {"logGroupName": "GROUP", "nextToken": "nonsense"},
     "InvalidParameterException"),
    ("a token is one of ours", "get_log_events",
     {"logGroupName": "GROUP", "logStreamName": "s", "nextToken": "nonsense"}, "InvalidParameterException"),
    ("a token is one of ours", "filter_log_events", {"logGroupName": "GROUP", "nextToken": "nonsense"},
     "InvalidParameterException"),
    ("a prefix or a pattern", "describe_log_groups", {"logGroupNamePrefix": "a", "logGroupNamePattern": "bcd"},
     "InvalidParameterException"),
    ("events in the order of time", "put_log_events",
     {"logGroupName": "GROUP", "logStreamName": "s",
      "logEvents": [{"timestamp": now(), "message": "b"}, {"timestamp": now() - 5000, "message": "a"}]},
     "InvalidParameterException"),
    ("events of one day", "put_log_events",
     {"logGroupName": "GROUP", "logStreamName": "s",
      "logEvents": [{"timestamp": now() - 25 * HOUR, "message": "a"}, {"timestamp": now(), "message": "b"}]},
     "InvalidParameterException"),
    ("an empty message", "put_log_events",
     {"logGroupName": "GROUP", "logStreamName": "s", "logEvents": [{"timestamp": now(), "message": ""}]},
     "InvalidParameterException"),
    ("no events", "put_log_events", {"logGroupName": "GROUP", "logStreamName": "s", "logEvents": []},
     "InvalidParameterException"),
    ("a batch of at most 1 MiB", "put_log_events",
     {"logGroupName": "GROUP", "logStreamName": "s",
      "logEvents": [{"timestamp": now(), "message": "x" * 200000} for _ in range(6)]}, "InvalidParameterException"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "operation", "params", "code"), REFUSED, ids=[f"{row[1]}-{i}: {row[0]}" for i, row in enumerate(REFUSED)]
)
def test_refused(client, group, claim, operation, params, code):
    plain = client("logs", parameter_validation=False)
    params = {name: group if value == "GROUP" else value for name, value in params.items()}
    assert code_of(lambda: getattr(plain, operation)(**params)) == code


@pytest.mark.parametrize("days", [1, 3, 30, 365, 3653])
def test_retention(logs, group, days):
    logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    shown = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert shown["retentionInDays"] == days
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def test_what_a_group_says(logs, group, cloud):
    shown = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{group}"
    assert (shown["arn"], shown["logGroupArn"]) == (f"{arn}:*", arn)
    assert (shown["logGroupClass"], shown["storedBytes"]) == ("STANDARD", 0)
    assert abs(shown["creationTime"] - now()) < 60000


def test_tags_by_the_arn_without_its_end(logs, group, cloud):
    """The tag calls take the ARN without ":*" (aws.md 2.4)."""
    arn = f"arn:aws:logs:{cloud.region}:{cloud.account}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"a": "1"})
    logs.tag_resource(resourceArn=arn, tags={"a": "2"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "2"}
    for call in (
        lambda: logs.tag_resource(resourceArn=f"{arn}:*", tags={"b": "1"}),
        lambda: logs.list_tags_for_resource(resourceArn=f"{arn}:*"),
    ):
        assert code_of(call) == "InvalidParameterException"
    many = lambda: logs.tag_resource(resourceArn=arn, tags={f"k{i}": "" for i in range(50)})
    assert code_of(many) == "TooManyTagsException"
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_events_are_read_in_pages(logs, group):
    """GetLogEvents ends when its token repeats; FilterLogEvents when there is none."""
    start = now() - 1000
    events = [{"timestamp": start + i, "message": f"m{i}"} for i in range(5)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    get = lambda **more: logs.get_log_events(logGroupName=group, logStreamName="s", **more)
    first = get(startFromHead=True, limit=3)
    assert [e["message"] for e in first["events"]] == ["m0", "m1", "m2"]
    second = get(startFromHead=True, limit=3, nextToken=first["nextForwardToken"])
    assert [e["message"] for e in second["events"]] == ["m3", "m4"]
    last = get(startFromHead=True, nextToken=second["nextForwardToken"])
    assert last["events"] == [] and last["nextForwardToken"] == second["nextForwardToken"]
    assert [e["message"] for e in get(limit=2)["events"]] == ["m3", "m4"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [e["message"] for page in pages for e in page["events"]] == [f"m{i}" for i in range(5)]


def test_filters(logs, group):
    start = now() - 1000
    words = ["GET / 200", "error: refused", "ERROR: again", "GET /x 500"]
    events = [{"timestamp": start + i, "message": word} for i, word in enumerate(words)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    found = lambda **more: [e["message"] for e in logs.filter_log_events(logGroupName=group, **more)["events"]]
    assert found(filterPattern="ERROR") == ["ERROR: again"]
    assert found(filterPattern="GET 500") == ["GET /x 500"]
    assert found(filterPattern='"GET /"') == ["GET / 200", "GET /x 500"]
    assert found(filterPattern="?error ?500") == ["error: refused", "GET /x 500"]
    assert found(startTime=start + 2) == words[2:]
    assert found(endTime=start + 2) == words[:3]


def test_events_too_old_or_to_come(logs, group):
    """They are left out and counted; the others are taken."""
    day = 24 * HOUR
    put = lambda stamp: logs.put_log_events(
        logGroupName=group, logStreamName="s", logEvents=[{"timestamp": stamp, "message": "m"}]
    ).get("rejectedLogEventsInfo")
    assert put(now()) in (None, {})
    assert "tooOldLogEventEndIndex" in put(now() - 15 * day)
    assert "tooNewLogEventStartIndex" in put(now() + 3 * HOUR)
    assert len(logs.get_log_events(logGroupName=group, logStreamName="s")["events"]) == 1


def test_streams_in_order(logs, group):
    for name in ("b", "a"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    logs.put_log_events(logGroupName=group, logStreamName="b", logEvents=[{"timestamp": now(), "message": "m"}])
    names = lambda **more: [
        s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group, **more)["logStreams"]
    ]
    assert names() == ["a", "b", "s"]
    assert names(descending=True) == ["s", "b", "a"]
    assert names(orderBy="LastEventTime", descending=True)[0] == "b"
    assert names(logStreamNamePrefix="a") == ["a"]
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, PaginationConfig={"PageSize": 2})
    assert [len(page["logStreams"]) for page in pages] == [2, 1]


def test_protected_group(logs, unique):
    logs.create_log_group(logGroupName=unique, deletionProtectionEnabled=True)
    assert logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"][0]["deletionProtectionEnabled"]
    assert code_of(lambda: logs.delete_log_group(logGroupName=unique)) == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=unique, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=unique)


def test_group_goes_with_its_streams(logs, group):
    logs.delete_log_group(logGroupName=group)
    assert code_of(lambda: logs.describe_log_streams(logGroupName=group)) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=group)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []


def test_pages_of_groups(logs, unique):
    for i in range(3):
        logs.create_log_group(logGroupName=f"/p/{unique}/{i}")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/p/{unique}", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["logGroups"]) for page in pages] == [2, 1]
    assert logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"] == []


def test_encrypted_group(client, logs, group):
    """A group's key lets Logs use it, for this group."""
    kms = client("kms")
    account = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*",
               "Resource": "*"}  # fmt: skip
    key = kms.create_key(Policy=json.dumps({"Statement": [account]}))["KeyMetadata"]
    arn = key["Arn"]
    assert code_of(lambda: logs.associate_kms_key(logGroupName=group, kmsKeyId=arn)) == "InvalidParameterException"
    other = {"logGroupName": f"{group}-other", "kmsKeyId": arn}
    assert code_of(lambda: logs.create_log_group(**other)) == "InvalidParameterException"
    service = account | {"Principal": {"Service": "logs.eu-west-3.amazonaws.com"}, "Condition": {"ArnEquals": {
        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-3:123456789012:log-group:{group}"}}}
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps({"Statement": [account, service]}))
    assert code_of(lambda: logs.create_log_group(**other)) == "InvalidParameterException"
    logs.associate_kms_key(logGroupName=group, kmsKeyId=arn)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["kmsKeyId"] == arn
    logs.disassociate_kms_key(logGroupName=group)
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    kms.disable_key(KeyId=key["KeyId"])
    assert code_of(lambda: logs.associate_kms_key(logGroupName=group, kmsKeyId=arn)) == "InvalidParameterException"


def test_empty_page_with_a_token(logs, group):
    """A search goes through some streams in each call: a page without events is not the end."""
    for i in range(9):
        logs.create_log_stream(logGroupName=group, logStreamName=f"t{i}")
    logs.put_log_events(logGroupName=group, logStreamName="t8", logEvents=[{"timestamp": now(), "message": "found"}])
    first = logs.filter_log_events(logGroupName=group)
    assert first["events"] == [] and first["nextToken"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    assert [e["message"] for page in pages for e in page["events"]] == ["found"]

# SPDX-License-Identifier: MIT
"""A container's output in CloudWatch Logs: lines, long lines, odd bytes, streams."""

import os

import pytest

from practice.cloud import ACCOUNT, REGION
from practice.data import logs


@pytest.fixture
def written(client, unique):
    """written(bytes, ...) sends pieces through a pipe and gives the messages that arrived."""
    api = client("logs")
    api.create_log_group(logGroupName=unique)

    def write(*pieces):
        logs.open_stream(ACCOUNT, REGION, unique, "ecs/app/1")
        reading, writing = os.pipe()
        writer = logs.Writer(ACCOUNT, REGION, unique, "ecs/app/1", reading)
        for piece in pieces:
            os.write(writing, piece)
        os.close(writing)
        writer.join(5)
        events = api.get_log_events(logGroupName=unique, logStreamName="ecs/app/1", startFromHead=True)[
            "events"
        ]
        return [event["message"] for event in events]

    return write


def test_lines_cut_anywhere_arrive_whole_and_in_order(written):
    assert written(b"on", b"e\ntw", b"o\r\n\nthr\xc3", b"\xa9e") == ["one", "two", "thr\u00e9e"]


def test_control_bytes_are_dropped_and_bad_utf8_is_marked(written):
    assert written(b"a\x00b\x1b[31mred\x07\n\xff\n") == ["ab\x1b[31mred", "\ufffd"]


def test_line_longer_than_an_event_is_split(written):
    size = logs.EVENT_MAX
    pieces = [b"x" * 60000 for _ in range(5)]
    lengths = [len(m) for m in written(*pieces, b"\nend\n")]
    assert sum(lengths) == 300003 and max(lengths) <= size and lengths[-1] == 3


def test_missing_group_is_an_error_in_awss_words(cloud, unique):
    with pytest.raises(
        logs.LogError, match="ResourceNotFoundException: The specified log group does not exist."
    ):
        logs.open_stream(ACCOUNT, REGION, unique, "s")


def test_output_after_the_group_was_deleted_is_lost_quietly(client, unique):
    client("logs").create_log_group(logGroupName=unique)
    logs.open_stream(ACCOUNT, REGION, unique, "s")
    reading, writing = os.pipe()
    writer = logs.Writer(ACCOUNT, REGION, unique, "s", reading)
    client("logs").delete_log_group(logGroupName=unique)
    os.write(writing, b"late\n")
    os.close(writing)
    writer.join(5)
    assert client("logs").describe_log_groups(logGroupNamePrefix=unique)["logGroups"] == []

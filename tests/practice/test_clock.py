# SPDX-License-Identifier: MIT
"""The clock: one scale for all durations, changeable, and a sleep that can be ended."""

import threading
import time

import pytest

from practice.clock import Clock


def test_scale_turns_aws_seconds_into_real_ones():
    assert Clock(0.02).seconds(150) == pytest.approx(3.0)
    assert Clock(0).seconds(150) == 0


def test_everything_is_over_at_scale_zero():
    clock = Clock(0)
    assert clock.passed(clock.now(), 10**9)


def test_since_counts_in_aws_seconds_and_follows_the_scale():
    """A mark stays valid when the scale changes."""
    clock = Clock(1)
    mark = clock.now() - 2
    assert 2 <= clock.since(mark) < 3
    clock.scale = 0.01
    assert 200 <= clock.since(mark) < 300


def test_sleep_is_ended_by_cancel():
    """cancel() ends a long sleep at once, and every later one."""
    clock = Clock(1)
    results = []
    thread = threading.Thread(target=lambda: results.append(clock.sleep(60)))
    started = time.monotonic()
    thread.start()
    clock.cancel()
    thread.join(5)
    assert results == [False] and time.monotonic() - started < 5
    assert clock.sleep(60) is False


def test_sleep_returns_true_when_it_was_not_ended():
    assert Clock(0).sleep(1000) is True


@pytest.mark.parametrize("scale", [-1, 11])
def test_scale_out_of_range(scale):
    with pytest.raises(ValueError, match="not within"):
        Clock(scale)

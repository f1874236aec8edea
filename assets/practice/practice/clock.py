# SPDX-License-Identifier: MIT
"""The one clock of the practice cloud.

Durations are written as they are on AWS (a NAT gateway takes 110 s) and multiplied by one scale: 1 is as slow as
AWS, 0.02 the default, 0 makes everything instant. The scale may change while the cloud runs. A mark is what now()
returns; it stays valid over a change of scale.
"""

import math
import threading
import time


class Clock:
    """Converts AWS seconds to real ones. Thread-safe; cancel() ends every sleep, now and later."""

    def __init__(self, scale: float) -> None:
        self._scale = 0.0
        self._cancelled = threading.Event()
        self.scale = scale

    @property
    def scale(self) -> float:
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        if not 0 <= scale <= 10:
            raise ValueError(f"time scale {scale} is not within 0..10")
        self._scale = float(scale)

    def now(self) -> float:
        """A mark to be given to since() or passed()."""
        return time.monotonic()

    def seconds(self, aws_seconds: float) -> float:
        """Real seconds that stand for so many AWS seconds."""
        return aws_seconds * self._scale

    def since(self, mark: float) -> float:
        """AWS seconds gone by since the mark: infinite at scale 0, where everything is over at once."""
        if self._scale == 0:
            return math.inf
        return (time.monotonic() - mark) / self._scale

    def passed(self, mark: float, aws_seconds: float) -> bool:
        """True once so many AWS seconds have gone by since the mark."""
        return self.since(mark) >= aws_seconds

    def sleep(self, aws_seconds: float) -> bool:
        """Waits so many AWS seconds; returns False at once when the clock was or is cancelled meanwhile."""
        return not self._cancelled.wait(self.seconds(aws_seconds))

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

# SPDX-License-Identifier: MIT
"""A container's output on its way to CloudWatch Logs, as the awslogs driver sends it.

open_stream() makes the stream PREFIX/CONTAINER/TASK-ID before the container starts (LogError when that fails, which
keeps a task from starting); Writer reads the container's pipe until its end and puts every line as one event."""

import os
import re
import threading
import time
from typing import Any

from practice import emulator

EVENT_MAX = 256 * 1024 - 26  # PutLogEvents: an event and its overhead are at most 256 KiB
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class LogError(Exception):
    """Why the log driver could not be set up, in CloudWatch's words."""


def open_stream(account: str, region: str, group: str, stream: str) -> None:
    with emulator.lock:
        logs = emulator.backend("logs", account, region)
        if group not in logs.groups:
            raise LogError("ResourceNotFoundException: The specified log group does not exist.")
        logs.ensure_log_stream(group, stream)


class Writer:
    """Reads one container's output. close() is not needed: it ends with the pipe. join() waits for that."""

    def __init__(self, account: str, region: str, group: str, stream: str, pipe: int) -> None:
        self._where = (account, region)
        self._group, self._stream, self._pipe = group, stream, pipe
        self._thread = threading.Thread(target=self._read, name=f"logs {stream}", daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def write(self, text: str) -> None:
        """A line that the container did not write itself (faults/resources.py)."""
        self._put([text.encode()])

    def _read(self) -> None:
        rest = b""
        with open(self._pipe, "rb", buffering=0) as pipe:
            while data := os.read(pipe.fileno(), 1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                if len(rest) > EVENT_MAX:  # so that a program without line ends does not fill the memory
                    lines, rest = [*lines, rest], b""
                self._put(lines)
        if rest:
            self._put([rest])

    def _put(self, lines: list[bytes]) -> None:
        now = int(time.time() * 1000)
        events: list[dict[str, Any]] = []
        pieces = [line[i : i + EVENT_MAX] for line in lines for i in range(0, len(line), EVENT_MAX)]
        for line in pieces:
            text = CONTROL.sub("", line.decode("utf-8", "replace").rstrip("\r"))
            if text:  # CloudWatch refuses empty messages; the driver leaves them out
                events.append({"timestamp": now, "message": text})
        if not events:
            return
        with emulator.lock:
            logs = emulator.backend("logs", *self._where)
            found = logs.groups.get(self._group)
            if found and self._stream in found.streams:  # deleted meanwhile: output is lost, as on AWS
                found.put_log_events(self._stream, events)

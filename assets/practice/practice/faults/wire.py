# SPDX-License-Identifier: MIT
"""Answers that break on their way: cut, slow, never sent, or never ending.

A Broken is an Answer that server.py sends through send(): it has the WSGI server's handler (environ
"practice.handler") and so the connection itself. Whoever waits here holds no lock and stops waiting when the client
goes or the cloud ends.
"""

import itertools
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from practice.errors import Answer

StartResponse = Callable[..., Any]
FOREVER = 600.0
# More than a client should read, little enough for this machine.
ENDLESS_BYTES = 256 << 20
PIECE = b" " * 65536


@dataclass
class Broken(Answer):
    """how is one of HOW below; seconds and rate are its options, in real time."""

    how: str = "close"
    seconds: float = 0.0
    rate: float = 0.0


class _Gone(ConnectionAbortedError):
    """Ends the handler of this connection without another byte."""


def send(
    answer: Broken,
    environ: dict[str, Any],
    start: Callable[[Answer], list[bytes]],
    stopped: Callable[[], bool],
) -> Iterable[bytes]:
    """The body of a broken answer. start(answer) begins it as a whole one would; stopped() ends waiting."""
    return HOW[answer.how](answer, environ["practice.handler"], start, stopped)


def _close(_answer: Broken, _handler: Any, _start: Any, _stopped: Any) -> Iterable[bytes]:
    """FIN instead of an answer."""
    raise _Gone


def _reset(_answer: Broken, handler: Any, _start: Any, _stopped: Any) -> Iterable[bytes]:
    """RST instead of an answer. The file of the socket is closed itself: close() leaves it open through makefile."""
    connection = handler.connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    raise _Gone


def _hold(answer: Broken, handler: Any, _start: Any, stopped: Any) -> Iterable[bytes]:
    """Nothing at all until the client gives up."""
    _wait(handler, answer.seconds or FOREVER, stopped)
    raise _Gone


def _late(answer: Broken, handler: Any, start: Any, stopped: Any) -> Iterable[bytes]:
    """The whole answer after so many seconds."""
    if not _wait(handler, answer.seconds, stopped):
        raise _Gone
    return start(answer)


def _truncate(answer: Broken, handler: Any, start: Any, _stopped: Any) -> Iterator[bytes]:
    """Half of the body under a Content-Length for all of it."""
    whole = b"".join(start(answer))
    if len(whole) < 2:
        raise _Gone

    def pieces() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        handler.wfile.flush()
        raise _Gone

    return pieces()


def _slow(answer: Broken, handler: Any, start: Any, stopped: Any) -> Iterator[bytes]:
    """The body a few bytes at a time, down to one a second."""
    whole = b"".join(start(answer))

    def pieces() -> Iterator[bytes]:
        for offset in range(len(whole)):
            yield whole[offset : offset + 1]
            handler.wfile.flush()
            if not _wait(handler, 1 / answer.rate, stopped):
                raise _Gone

    return pieces()


def _endless(answer: Broken, handler: Any, _start: Any, stopped: Any) -> Iterable[bytes]:
    """The body and then blanks without end, in chunks; written past the server, which would say how long it is."""
    headers = [(k, v) for k, v in answer.headers if k.lower() not in ("content-length", "transfer-encoding")]
    head = "".join(f"{k}: {v}\r\n" for k, v in [*headers, ("Transfer-Encoding", "chunked")])
    handler.wfile.write(f"HTTP/1.1 {answer.status} OK\r\n{head}\r\n".encode())
    for piece in itertools.chain([answer.body or b" "], itertools.repeat(PIECE, ENDLESS_BYTES // len(PIECE))):
        if stopped():
            break
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    raise _Gone


def _wait(handler: Any, seconds: float, stopped: Callable[[], bool]) -> bool:
    """Waits so long; False at once when the client has gone or the cloud ends."""
    deadline = time.monotonic() + seconds
    while not stopped():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        ready, _, _ = select.select([handler.connection], [], [], min(left, 0.2))
        if ready:
            if not handler.connection.recv(1, socket.MSG_PEEK):
                return False
            # It has sent its next request already, so that its going cannot be seen.
            return sleep(deadline - time.monotonic(), stopped)
    return False


def sleep(seconds: float, stopped: Callable[[], bool]) -> bool:
    """Waits so long in real time; False when the cloud ends meanwhile."""
    deadline = time.monotonic() + seconds
    while not stopped():
        left = deadline - time.monotonic()
        if left <= 0:
            return True
        time.sleep(min(left, 0.1))
    return False


HOW: dict[str, Callable[..., Iterable[bytes]]] = {
    "close": _close,
    "reset": _reset,
    "timeout": _hold,
    "delay": _late,
    "truncate": _truncate,
    "slow": _slow,
    "endless": _endless,
}

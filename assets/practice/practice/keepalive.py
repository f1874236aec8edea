# SPDX-License-Identifier: MIT
"""A WSGI server on 127.0.0.1 that keeps connections open, as AWS does.

werkzeug's own handler closes after every answer, and its way of draining the socket would swallow the next request of
a connection that stays open. Each answer goes out in one write when it is one piece. A body that the application did
not read ends the connection: what follows it cannot be told from a request.
"""

import io
import itertools
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

log = logging.getLogger("practice.http")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


# Numbers the connections of this process, so that the record can say which call came over which.
_connections = itertools.count(1)


class _Body(io.RawIOBase):
    """The request's body: at most `length` bytes of the connection."""

    def __init__(self, source: Any, length: int) -> None:
        self._source = source
        self.left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = self.left if size is None or size < 0 else min(size, self.left)
        data = self._source.read(size) if size else b""
        self.left = self.left - len(data) if data else 0
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class KeepAliveHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.connection_number = next(_connections)

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        # werkzeug drops names with underscores; this one of AWS's has them
        token = self.headers.get("x-amz-sso_bearer_token")
        if token:
            environ["HTTP_X_AMZ_SSO_BEARER_TOKEN"] = token
        environ["practice.connection"] = self.connection_number
        environ["practice.handler"] = self  # for answers that break the connection (faults/wire.py)
        if not environ.get("wsgi.input_terminated"):
            environ["wsgi.input"] = _Body(self.rfile, int(self.headers.get("Content-Length") or 0))
        return environ

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def run_wsgi(self) -> None:
        """One request and its answer; http.server has called handle_expect_100() before it."""
        self.environ = environ = self.make_environ()
        started: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], object]:
            if started and not exc_info:
                raise RuntimeError("start_response was called twice")
            started[:] = [status, headers]
            return self.wfile.write

        result = self.server.app(environ, start_response)
        try:
            pieces = iter(result)
            first = next(pieces, b"")
            chunked = self._send_head(started[0], started[1])
            self._send_piece(first, chunked)
            for piece in pieces:
                self._send_piece(piece, chunked)
                self.wfile.flush()
            if chunked:
                self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        finally:
            if hasattr(result, "close"):
                result.close()
        if getattr(environ["wsgi.input"], "left", 0) or (
            environ.get("wsgi.input_terminated") and not getattr(environ["wsgi.input"], "_done", True)
        ):
            self.close_connection = True

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> bool:
        """Writes status line and headers; True when the body must be chunked."""
        code = int(status[:3])
        self.send_response_only(code, status[4:])
        names = {name.lower() for name, _ in headers}
        # An answer that passes through (a balancer's, a task's) keeps its own.
        for name, value in (("Server", self.version_string()), ("Date", self.date_time_string())):
            if name.lower() not in names:
                self.send_header(name, value)
        for name, value in headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or code < 200 or code in (204, 304)
        chunked = "content-length" not in names and not bodiless
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        return chunked

    def _send_piece(self, piece: bytes, chunked: bool) -> None:
        if not piece or self.command == "HEAD":
            return
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Calls are recorded elsewhere."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):  # the client went away
            self.close_connection = True
        except Exception:
            log.exception("%s %s", getattr(self, "command", "?"), getattr(self, "path", "?"))
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True


class Occupied(OSError):
    """Something that a cloud needs for itself is used by another program. The words say which, and what helps."""


def taken(port: int) -> Occupied:
    return Occupied(f"port {port} is taken: give another --port to the cloud, which uses it and the next four")


class HttpServer:
    """Serves a WSGI application from start() to stop(). The port is taken by the constructor."""

    def __init__(self, port: int, application: Wsgi, name: str) -> None:
        try:
            self._server = ThreadedWSGIServer("127.0.0.1", port, application, KeepAliveHandler)
        except SystemExit:  # what werkzeug makes of a bind that fails
            raise taken(port) from None
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=name, daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

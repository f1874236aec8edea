# SPDX-License-Identifier: MIT
"""A tap on the way to the cloud: a plain TCP relay that keeps every byte that the program sends.

The Host header and so the signature are the tap's address, which the cloud verifies as it came. Order: Tap(port) with
the port behind it, url is what the program gets as AWS_ENDPOINT_URL, requests() after the run, stop().
"""

import socket
import threading


class Tap:
    def __init__(self, port):
        self._port = port
        self._sent = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, name="tap", daemon=True).start()

    def stop(self):
        self._server.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", self._port))
            kept = bytearray()
            with self._lock:
                self._sent.append(kept)
            for source, target, copy in ((client, upstream, kept), (upstream, client, None)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=relay, args=(source, target, copy), daemon=True).start()

    def requests(self):
        """Every request as (head, body) in bytes, connection by connection."""
        with self._lock:
            streams = [bytes(kept) for kept in self._sent]
        return [request for stream in streams for request in split(stream)]


def relay(source, target, copy):
    try:
        while data := source.recv(65536):
            if copy is not None:
                copy += data
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, target):
            one.close()


def split(stream):
    """The requests of one connection; the program always gives a Content-Length."""
    found = []
    while stream:
        head, mark, rest = stream.partition(b"\r\n\r\n")
        assert mark, f"half a request: {stream[:200]!r}"
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            assert name.lower() != b"transfer-encoding", "the tap reads bodies of known length only"
            if name.lower() == b"content-length":
                length = int(value)
        found.append((head, rest[:length]))
        stream = rest[length:]
    return found

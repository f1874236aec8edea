# SPDX-License-Identifier: MIT
"""A relay on the way to the cloud that reads each request whole and passes it on byte by byte, so that its signature
holds: what is signed is the relay's address.

Order: Relay(port) with the cloud's port behind it, url is what the program gets as AWS_ENDPOINT_URL, stop(). What it
does with a request is handle(), which tap.py and gate.py have each their own of: forward() it, answer() the program.
"""

import http.client
import re
import socket
import threading

END = b"\r\n\r\n"
SECONDS = 120


class Relay:
    def __init__(self, port):
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def stop(self):
        self._server.close()

    def handle(self, head, body, client):
        """One request; whatever it does not send to the client, the program never hears."""
        raise NotImplementedError

    def forward(self, head, body):
        """The cloud's answer to it, and that answer's body. A connection for each request: one that the cloud has
        closed meanwhile would look like a fault of the cloud's."""
        with socket.create_connection(("127.0.0.1", self._port), SECONDS) as upstream:
            upstream.sendall(head + END + body)
            answer = http.client.HTTPResponse(upstream, method=head.split(b" ", 1)[0].decode())
            answer.begin()
            return answer, answer.read()

    def _accept(self):
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, client.makefile("rb") as stream:
                while request := read_request(stream):
                    self.handle(*request, client)
        except OSError:
            pass  # the program is gone, or the relay is


def read_request(stream):
    """The next request as (head, body), or None at the end of the connection, also when that comes in the middle of a
    request: nobody acts on a part of one, and the cloud would wait for the rest. The program always gives a
    Content-Length."""
    head = b""
    while not head.endswith(END):
        line = stream.readline(65536)
        if not line:
            return None
        head += line
    head = head[: -len(END)]
    assert not re.search(rb"\r\ntransfer-encoding:", head, re.IGNORECASE), "bodies of known length only"
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    body = stream.read(int(length[1])) if length else b""
    return (head, body) if not length or len(body) == int(length[1]) else None


def rendered(answer, body):
    """The answer as bytes, its body in one piece."""
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    lines += [f"{k}: {v}" for k, v in answer.getheaders()
              if k.lower() not in ("content-length", "transfer-encoding", "connection")]  # fmt: skip
    if answer.status != 204:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + END + body

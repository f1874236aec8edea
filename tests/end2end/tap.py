# SPDX-License-Identifier: MIT
"""A tap on the way to the cloud: a relay that keeps every byte that the program sends.

Order: Tap(port) with the port behind it, url is what the program gets as AWS_ENDPOINT_URL, requests() after the run,
stop().
"""

import threading

from relay import Relay, rendered


class Tap(Relay):
    def __init__(self, port):
        self._sent = []
        self._lock = threading.Lock()
        super().__init__(port)

    def handle(self, head, body, client):
        with self._lock:
            self._sent.append((head, body))
        client.sendall(rendered(*self.forward(head, body)))

    def requests(self):
        """Every request as (head, body) in bytes, in the order in which they came."""
        with self._lock:
            return list(self._sent)

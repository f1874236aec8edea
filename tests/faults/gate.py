# SPDX-License-Identifier: MIT
"""A gate on the way to the cloud: a relay that may end the program before or after the effect of a request.

Order: Gate(port) with the cloud's port behind it, url is what the program gets as AWS_ENDPOINT_URL, rule is asked for
each request, run(program) waits for its end, stop(). A rule is a function on a Request that returns

    None        pass
    BEFORE      kill the program; the cloud never hears of it
    AFTER       kill the program once the cloud has done it; the program never hears of it
    HOLD        wait until release() and pass then

Killing is SIGKILL and waited for; what other threads of the program had on its way by then is left to end, as on a
network, and run() waits for that, so that the next run meets what the cloud has done in the end.
"""

import collections
import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import threading
from urllib.parse import parse_qsl

from inventory import MAKE, READ
from relay import Relay, rendered

BEFORE, AFTER, HOLD = "before", "after", "hold"
SCOPE = re.compile(rb"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
GONE_SECONDS = 120
ID = re.compile(r"(?<=/)[a-z0-9]{6,10}(?=/|$)(?<!vpclinks)(?<!domains)")
LEASE = re.compile(r"/lease/\d+")
# What differs between two tries of the same call: when it was asked for, and a secret that was generated again.
MOMENT = re.compile(r"^(startTime|endTime|nextToken|SecretString)$")


class Request:
    """One request: service and operation (of REST: method and path), whether it only reads, and what identifies it
    from run to run: the same call again, after a crash, has the same key."""

    def __init__(self, head, body):
        self.head, self.body = head, body
        line, *rest = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = line.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
        found = SCOPE.search(head)
        self.service = found[1].decode() if found else "unsigned"
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        self.operation = target or dict(parse_qsl(body.decode("latin-1"))).get("Action", "")
        self.reads = bool(READ.match(self.operation)) if self.operation else self.method == "GET"
        self.makes = bool(MAKE.match(self.operation)) if self.operation else self.method == "POST"
        self.operation = self.operation or f"{self.method} {ID.sub('*', self.path.partition('?')[0])}"
        self.of_lease = bool(LEASE.search(body.decode("latin-1")))
        self.key = f"{self.service}.{self.operation} {self._digest()}"

    def _digest(self):
        text = self.body.decode("latin-1")
        if self.of_lease:  # taken, renewed and given back whenever it is time
            return "lease"
        if text.startswith("{"):
            text = json.dumps(
                {k: v for k, v in json.loads(text).items() if not MOMENT.match(k)}, sort_keys=True
            )
        return hashlib.sha256((self.path + text).encode()).hexdigest()[:12]

    @property
    def name(self):
        return f"{self.service}.{self.operation}"

    def __str__(self):
        return self.key


class Gate(Relay):
    def __init__(self, port, rule=lambda request: None):
        self.rule, self.seen, self.answered = rule, [], []
        self.killed = self.how = None
        self._victim = None
        self._lock = threading.Lock()
        self._idle = threading.Condition()
        self._busy = 0
        self._open = threading.Event()
        super().__init__(port)

    def stop(self):
        super().stop()
        self._open.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def release(self):
        self._open.set()

    def created(self):
        """How often each kind of thing was made, by the cloud's own answers to requests through this gate."""
        return collections.Counter(r.name for r, status in self.answered if r.makes and 200 <= status < 300)

    def run(self, start, timeout=GONE_SECONDS):
        """Starts the program by start(), waits for its end and for what it had on its way. (code, out, err); the code
        is -9 when a rule killed it, and killed is the request then."""
        self.killed = self.how = None
        with self._lock:  # no request is judged before its victim is known
            self._victim = victim = start()
        try:
            out, err = victim.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            victim.kill()
            victim.communicate()
            raise
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, timeout), "requests on their way never ended"
        return victim.returncode, out, err

    def kill(self, request, how):
        """Kills the program for that request; False when it is being killed for another."""
        with self._lock:
            if self.killed:
                return False
            self.killed, self.how = request, how
        self._victim.send_signal(signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):  # communicate() reaps it, maybe at once
            os.waitid(os.P_PID, self._victim.pid, os.WEXITED | os.WNOWAIT)
        return True

    def handle(self, head, body, client):
        with self._idle:
            self._busy += 1
        try:
            self._pass(Request(head, body), client)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _pass(self, request, client):
        with self._lock:
            self.seen.append(request)
            dead = self.killed
        verdict = None if dead else self.rule(request)
        if verdict == BEFORE and self.kill(request, verdict):
            return
        if verdict == HOLD:
            self._open.wait(GONE_SECONDS)
        answer, body = self.forward(request.head, request.body)
        with self._lock:
            self.answered.append((request, answer.status))
        if verdict == AFTER and self.kill(request, verdict):
            return
        client.sendall(rendered(answer, body))

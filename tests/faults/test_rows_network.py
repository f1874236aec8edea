# SPDX-License-Identifier: MIT
"""Networks of the table in rows.py: names that lead nowhere and proxies.

The program gets an AWS endpoint of the test's own; nothing leaves this machine.
"""

import os
import socket
import subprocess
import threading

import pytest
from world import ROOT, Done, find_binary, judge

PATIENCE = 600
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary-secret-access-key-0815"}


class Server:
    """Accepts connections, keeps what arrives, answers the same bytes."""

    def __init__(self, answer):
        self.answer, self.heard = answer, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self):
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                self.heard.append(connection.recv(65536))
                connection.sendall(self.answer)
            except OSError:
                pass  # it went away: what it sent until then is kept
            finally:
                connection.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The program and a home for it; no cloud is needed here."""
    return find_binary(), tmp_path_factory.mktemp("alone")


def ask(alone, **env):
    """`vpcs` with keys of its own; whatever happens, the secret key is not shown."""
    binary, home = alone
    kept = {k: os.environ[k] for k in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS") if k in os.environ}
    kept.setdefault("LSAN_OPTIONS", f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0")
    full = kept | {"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}
    args = ("vpcs", "--region", "eu-west-3")
    ran = subprocess.run([binary, *args], env=full | KEYS | {k: v for k, v in env.items() if v}, text=True,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, cwd=home)  # fmt: skip
    done = judge(Done(args, ran.returncode, ran.stdout, ran.stderr), None)
    assert done.code not in (0, 2), str(done)
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in done.out + done.err
    return done


def test_a_name_that_does_not_exist(alone, tried):
    """The message names the host, and it does not go on for ever."""
    done = ask(alone, AWS_ENDPOINT_URL="https://aws.nowhere.invalid")
    assert "aws.nowhere.invalid" in done.err, str(done)
    tried("rows")


PROXY_PASSWORD = "canary-proxy-password-4711"


def test_a_proxy_that_wants_a_password(alone, tried):
    """The proxy is used and its refusal told; the password of its address is shown nowhere."""
    server = Server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    try:
        done = ask(alone, HTTPS_PROXY=f"http://me:{PROXY_PASSWORD}@127.0.0.1:{server.port}")
    finally:
        server.stop()
    assert server.heard and server.heard[0].startswith(b"CONNECT "), "it was asked"
    assert b".amazonaws.com:443" in server.heard[0]
    assert "proxy" in done.err.lower() and PROXY_PASSWORD not in done.err + done.out, str(done)
    tried("rows")


def test_a_proxy_that_is_dead(alone, tried):
    """The message says that it is the proxy."""
    done = ask(alone, HTTPS_PROXY=f"http://me:{PROXY_PASSWORD}@127.0.0.1:1")
    assert "proxy" in done.err.lower() and PROXY_PASSWORD not in done.err + done.out, str(done)
    tried("rows")


def test_no_proxy_and_this_machine(alone, tried):
    """NO_PROXY is honoured, and loopback never goes through a proxy."""
    server = Server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    try:
        ask(alone, HTTPS_PROXY=f"http://127.0.0.1:{server.port}", NO_PROXY=".invalid",
            AWS_ENDPOINT_URL="https://aws.nowhere.invalid")  # fmt: skip
        ask(alone, HTTPS_PROXY=f"http://127.0.0.1:{server.port}", AWS_ENDPOINT_URL="https://localhost:1")
    finally:
        server.stop()
    assert server.heard == []
    tried("rows", 2)

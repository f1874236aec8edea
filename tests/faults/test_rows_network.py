# SPDX-License-Identifier: MIT
"""Networks of the table in rows.py: names that lead nowhere, proxies, TLS that must not be trusted.

The program gets an AWS endpoint of the test's own; nothing leaves this machine.
"""

import datetime
import os
import socket
import ssl
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
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

    def _greeted(self, connection):
        """The connection when what comes before the first request is over."""
        return connection

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                connection = self._greeted(connection)
                if data := connection.recv(65536):
                    self.heard.append(data)
                connection.sendall(self.answer)
            except OSError:  # a TLS error is one
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


class TlsServer(Server):
    """The same behind TLS, with a certificate and the versions that it speaks."""

    def __init__(self, certificate, newest=None):
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        if newest:
            self._tls.minimum_version, self._tls.maximum_version = ssl.TLSVersion.TLSv1, newest
            self._tls.set_ciphers("ALL:@SECLEVEL=0")
        super().__init__(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def _greeted(self, connection):
        connection.settimeout(PATIENCE)
        return self._tls.wrap_socket(connection, server_side=True)


def certificate(folder, name, days=(-1, 1), host="localhost"):
    """A self-signed certificate for the host, valid between these days from now, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Acme gateway {name}")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days[0])).not_valid_after(now + datetime.timedelta(days[1]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / f"{name}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


def tls_ask(alone, server, **env):
    try:
        return ask(alone, AWS_ENDPOINT_URL=f"https://localhost:{server.port}", AWS_MAX_ATTEMPTS="1", **env)
    finally:
        server.stop()


WRONG = {
    "expired": ({"days": (-20, -10)}, None, "expired"),
    "early": ({"days": (10, 20)}, None, "not yet valid"),
    "another-host": ({"host": "elsewhere.example"}, None, "certificate subject name"),
    "old-tls": ({}, ssl.TLSVersion.TLSv1_1, "TLS"),
}


@pytest.mark.parametrize("what", WRONG)
def test_tls_that_does_not_fit(alone, tmp_path, what, tried):
    """Expired, not valid yet, for another host, TLS 1.1, although its issuer is known: nothing is sent."""
    how, newest, word = WRONG[what]
    pem = certificate(tmp_path, what, **how)
    server = TlsServer(pem, newest)
    done = tls_ask(alone, server, AWS_CA_BUNDLE=str(pem))
    assert server.heard == [], "a request reached it"
    assert "no trusted TLS connection" in done.err and word.lower() in done.err.lower(), str(done)
    tried("rows")


def test_tls_of_an_unknown_issuer(alone, tmp_path, tried):
    """A company's gateway: its name is told and where its certificate goes; with that, it is trusted."""
    pem = certificate(tmp_path, "known")
    server = TlsServer(pem)
    done = tls_ask(alone, server)
    assert server.heard == [], "a request reached it"
    assert 'issued by "' in done.err and "Acme gateway known" in done.err, str(done)
    assert "AWS_CA_BUNDLE" in done.err, str(done)
    server = TlsServer(pem)
    tls_ask(alone, server, AWS_CA_BUNDLE=str(pem))
    assert server.heard, "trusted, it was asked"
    tried("rows", 2)

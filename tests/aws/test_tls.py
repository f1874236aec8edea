# SPDX-License-Identifier: MIT
"""TLS behind a company's gateway and proxy: whom we trust, and what a failure says.

A TLS server with an authority of its own and a CONNECT proxy run on this machine; no name outside of it is resolved.
"""

import datetime
import http.server
import ipaddress
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "sts.eu-west-3.example.test"  # only the proxy knows it
AUTHORITY = "Acme TLS Inspection CA"


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(subject, issuer, key, signer, days=1, hosts=(), authority=False):
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if hosts:
        made = made.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return made.sign(signer, hashes.SHA256())


class Gateway:
    """An authority and the TLS servers whose certificates it has issued."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = certificate(AUTHORITY, AUTHORITY, self.key, self.key, authority=True)
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self.servers = []

    def serve(self, hosts, days=1):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = certificate("server", AUTHORITY, key, self.key, days=days, hosts=hosts)
        path = self.folder / f"server-{len(self.servers)}.pem"
        plain = serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
            + leaf.public_bytes(serialization.Encoding.PEM)
        )

        class Hello(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers.append(server)
        return server.server_port


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    made = Gateway(tmp_path_factory.mktemp("tls"))
    yield made
    for server in made.servers:
        server.shutdown()


@pytest.fixture(scope="module")
def local(gateway):
    """A server for 127.0.0.1."""
    return f"https://127.0.0.1:{gateway.serve([x509.IPAddress(ipaddress.ip_address('127.0.0.1'))])}/"


def test_an_unknown_authority_is_named(ask, local):
    """The failure says who issued the certificate and the one line that helps; nothing was sent."""
    error = ask(op="get", env={}, url=local)["error"]
    assert f'issued by "{AUTHORITY}"' in error["message"] and "127.0.0.1" in error["message"]
    assert "export AWS_CA_BUNDLE=" in error["remedy"] and "\n" not in error["remedy"]


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_a_bundle_makes_it_trusted(ask, gateway, local, variable):
    """Each variable adds the authority."""
    assert ask(op="get", env={variable: str(gateway.bundle)}, url=local) == {"status": 204}


def test_the_profiles_bundle(ask, gateway, local, tmp_path):
    """ca_bundle of the profile does, too; AWS_CA_BUNDLE wins over it."""
    assert ask(op="get", env={}, url=local, ca_bundle=str(gateway.bundle)) == {"status": 204}
    other = tmp_path / "other.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    other.write_bytes(certificate("o", "o", key, key, authority=True).public_bytes(serialization.Encoding.PEM))
    error = ask(op="get", env={"AWS_CA_BUNDLE": str(other)}, url=local, ca_bundle=str(gateway.bundle))["error"]
    assert AUTHORITY in error["message"] and str(other) in error["remedy"]


def test_a_bundle_that_cannot_be_read(ask, local, tmp_path):
    """A missing bundle is named; it is not passed over."""
    error = ask(op="get", env={"AWS_CA_BUNDLE": str(tmp_path / "gone.pem")}, url=local)["error"]
    assert str(tmp_path / "gone.pem") in error["message"] and "AWS_CA_BUNDLE" in error["remedy"]


def test_expired_and_wrong_names_are_refused(ask, gateway):
    """A trusted authority does not make an expired or foreign certificate good."""
    env = {"AWS_CA_BUNDLE": str(gateway.bundle)}
    address = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    error = ask(op="get", env=env, url=f"https://127.0.0.1:{gateway.serve(address, days=-1)}/")["error"]
    assert "expired" in error["message"] and "date" in error["remedy"]
    other = gateway.serve([x509.DNSName("other.example.test")])
    error = ask(op="get", env=env, url=f"https://127.0.0.1:{other}/")["error"]
    assert "no trusted TLS connection" in error["message"]


# ---- the proxy


class Proxy:
    """CONNECT to any name leads to one port; wants `login` when it is given."""

    def __init__(self, port, login=None):
        self.port, self.login, self.asked = port, login, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        self.asked.append(head.split(b"\r\n")[0].decode())
        if self.login and f"Basic {self.login}".encode() not in head:
            client.sendall(b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def behind(gateway):
    """Makes a proxy before a server for HOST."""
    made = []

    def make(login=None):
        made.append(Proxy(gateway.serve([x509.DNSName(HOST)]), login))
        return made[-1]

    yield make
    for proxy in made:
        proxy.socket.close()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_the_proxy_is_used(ask, gateway, behind, variable):
    """Through CONNECT, with TLS verified to the end; the name is the proxy's to resolve."""
    proxy = behind()
    env = {variable: f"http://{proxy.url}", "AWS_CA_BUNDLE": str(gateway.bundle)}
    assert ask(op="get", env=env, url=f"https://{HOST}/") == {"status": 204}
    assert proxy.asked == [f"CONNECT {HOST}:443 HTTP/1.1"]


def test_no_proxy_and_loopback_pass_it_by(ask, gateway, behind, local):
    """NO_PROXY leads past it, and this machine is never asked for through it."""
    proxy = behind()
    env = {"HTTPS_PROXY": f"http://{proxy.url}", "AWS_CA_BUNDLE": str(gateway.bundle)}
    assert ask(op="get", env=env, url=local) == {"status": 204}
    error = ask(op="get", env=env | {"NO_PROXY": ".example.test"}, url=f"https://{HOST}/")["error"]
    assert "resolved" in error["message"] or "connect" in error["message"]
    assert proxy.asked == []


def test_a_proxy_that_wants_a_login(ask, gateway, behind):
    """407 says how to give one; a password of the variable works and is in no message."""
    proxy = behind("dXNlcjpodW50ZXIy")
    env = {"HTTPS_PROXY": f"http://{proxy.url}", "AWS_CA_BUNDLE": str(gateway.bundle)}
    error = ask(op="get", env=env, url=f"https://{HOST}/")["error"]
    assert "407" in error["message"] and "HTTPS_PROXY=" in error["remedy"]
    env["HTTPS_PROXY"] = f"http://user:hunter2@{proxy.url}"
    assert ask(op="get", env=env, url=f"https://{HOST}/") == {"status": 204}
    env["HTTPS_PROXY"] = "http://user:hunter2@127.0.0.1:1"
    error = ask(op="get", env=env, url=f"https://{HOST}/")["error"]
    assert "hunter2" not in str(error)


def test_a_gateway_behind_the_proxy_is_named(ask, behind):
    """The issuer that was seen, not the proxy, is what is told."""
    error = ask(op="get", env={"HTTPS_PROXY": f"http://{behind().url}"}, url=f"https://{HOST}/")["error"]
    assert f'issued by "{AUTHORITY}"' in error["message"] and HOST in error["message"]

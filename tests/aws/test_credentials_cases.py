# SPDX-License-Identifier: MIT
"""Cases in data: what config files say (tests/data/credentials/files.json), which way a role goes (roles.json), and the
refresh of `aws login`. They say again, in our words, what the shared test vectors of the AWS SDKs say."""

import base64
import datetime
import hashlib
import http.server
import json
import os
import pathlib
import stat
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "credentials"
FILES = json.loads((DATA / "files.json").read_text())
ROLES = json.loads((DATA / "roles.json").read_text())
SESSION = "arn:aws:sts::012345678910:assumed-role/Admin/admin"


def stamp(seconds):
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def environment(home, **more):
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"), "AWS_EC2_METADATA_DISABLED": "true", **more,
    }  # fmt: skip


@pytest.mark.parametrize("case", FILES, ids=[case["claim"] for case in FILES])
def test_file(ask, tmp_path, case):
    """Read to these profiles, or refused at this line."""
    for name in ("config", "credentials"):
        if name in case:
            (tmp_path / name).write_text(case[name], newline="")
    said = ask(op="profiles", env=environment(tmp_path))
    if "refused_at" in case:
        assert f":{case['refused_at']}: " in said["error"]["message"]
        return
    assert "error" not in said
    assert said["profiles"] == case["profiles"]
    assert said["sso_sessions"] == case.get("sso_sessions", {})


# ---- one stand-in for STS, instance, container and sign-in


class Services(http.server.BaseHTTPRequestHandler):
    """Keeps the way that led to each key: KEY -> ["abc123", "RoleB", ...]."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="application/json"):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def sts(self, form):
        caller = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        way = list(self.server.ways.get(caller, [caller or "WEB"]))
        step = form["RoleArn"].rpartition("/")[2]
        for member in ("ExternalId", "DurationSeconds", "RoleSessionName"):
            value = form.get(member, "forestadmin-wizard-")
            if not value.startswith("forestadmin-wizard-"):
                step += f" {member}={value}"
        key = f"ASIA{len(self.server.ways):016d}"
        self.server.ways[key] = [*way, step]
        action = form["Action"]
        self.say(200, f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result>"
                 f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                 f"<SessionToken>t</SessionToken><Expiration>{stamp(3600)}</Expiration></Credentials>"
                 f"</{action}Result></{action}Response>", "text/xml")  # fmt: skip

    def sign_in(self, text):
        """The refresh of `aws login`: a proof by the right key, for this method, URL and time, once."""
        proof = self.headers["DPoP"]
        first, second, third = (base64.urlsafe_b64decode(part + "==") for part in proof.split("."))
        header, claims = json.loads(first), json.loads(second)
        key = self.server.dpop.public_key()
        number = key.public_numbers()
        assert header["typ"] == "dpop+jwt" and header["alg"] == "ES256"
        for name, value in (("x", number.x), ("y", number.y)):
            assert base64.urlsafe_b64decode(header["jwk"][name] + "==") == value.to_bytes(32, "big")
        signature = encode_dss_signature(int.from_bytes(third[:32], "big"), int.from_bytes(third[32:], "big"))
        key.verify(signature, proof.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
        host = f"http://127.0.0.1:{self.server.server_port}"
        assert claims["htm"] == "POST" and claims["htu"] == host + "/v1/token"
        assert abs(claims["iat"] - datetime.datetime.now(datetime.UTC).timestamp()) < 60
        assert claims["jti"] not in self.server.used
        self.server.used.add(claims["jti"])
        body = json.loads(text)
        assert body["grantType"] == "refresh_token" and body["clientId"] == "client"
        if body["refreshToken"] != "valid":
            self.say(400, {"__type": "AccessDeniedException", "error": "TOKEN_EXPIRED", "message": "no"})
            return
        token = {"accessKeyId": "NEWKEY", "secretAccessKey": "newSecret", "sessionToken": "newToken"}
        self.say(200, {"accessToken": token, "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "next"})

    def do_POST(self):  # noqa: N802
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if urlsplit(self.path).path == "/v1/token":
            try:
                self.sign_in(text)
            except Exception as problem:
                self.server.problems.append(problem)
                self.say(400, {"error": "INVALID_REQUEST"})
        else:
            self.sts({name: values[0] for name, values in parse_qs(text).items()})

    def do_PUT(self):  # noqa: N802
        self.say(200, "imds-token", "text/plain")

    def do_GET(self):  # noqa: N802
        keys = {"SecretAccessKey": "s", "Token": "t", "Expiration": stamp(3600)}
        if self.path.endswith("/security-credentials/"):
            self.say(200, "a-role", "text/plain")
        elif self.path.endswith("/a-role"):
            self.say(200, {"Code": "Success", "AccessKeyId": "INSTANCE", **keys})
        else:
            self.say(200, {"AccessKeyId": "CONTAINER", **keys})


@pytest.fixture(scope="module")
def server():
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    made.ways, made.used, made.problems = {}, set(), []
    made.dpop = ec.generate_private_key(ec.SECP256R1())
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
    assert not made.problems


@pytest.mark.parametrize("case", ROLES, ids=[case["claim"] for case in ROLES])
def test_role(ask, server, tmp_path, case):
    """Whose keys came first and which roles were assumed with them, in order; or why not."""
    (tmp_path / "token").write_text("web.token")
    lines = []
    for name, values in case["profiles"].items():
        lines.append(f"[profile {name}]")
        lines += [f"{k} = {tmp_path / 'token' if v == 'TOKEN' else v}" for k, v in values.items()]
    (tmp_path / "config").write_text("\n".join(lines))
    url = f"http://127.0.0.1:{server.server_port}"
    env = environment(tmp_path, AWS_ENDPOINT_URL=url, AWS_EC2_METADATA_SERVICE_ENDPOINT=url, AWS_REGION="eu-west-3",
                      AWS_ACCESS_KEY_ID="ENVIRONMENT", AWS_SECRET_ACCESS_KEY="s",
                      AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/container")  # fmt: skip
    if "Ec2InstanceMetadata" in str(case):
        env.pop("AWS_EC2_METADATA_DISABLED")
    if "says" in case:
        env.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    said = ask(op="resolve", env=env, profile="A", explicit=True)
    if "says" in case:
        assert case["says"] in said["error"]["message"]
    else:
        assert server.ways[said["id"]] == case["chain"]


# ---- aws login


def login_file(home, server, **more):
    pem = server.dpop.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    token = {
        "accessToken": {"accessKeyId": "OLDKEY", "secretAccessKey": "old", "sessionToken": "old",
                        "accountId": "012345678901", "expiresAt": "2020-01-01T00:00:00Z"},
        "clientId": "client", "refreshToken": "valid", "idToken": "kept", "dpopKey": pem.decode(), **more,
    }  # fmt: skip
    path = home / ".aws" / "login" / "cache" / (hashlib.sha256(SESSION.encode()).hexdigest() + ".json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({name: value for name, value in token.items() if value is not None}))
    (home / "config").write_text(f"[profile signin]\nlogin_session = {SESSION}\n")
    env = environment(home, PATH="/nonexistent", AWS_REGION="eu-west-3",
                      AWS_ENDPOINT_URL_SIGNIN=f"http://127.0.0.1:{server.server_port}")  # fmt: skip
    return path, env


def test_login_keys_that_last_are_used(ask, server, tmp_path):
    """Without asking anybody."""
    keys = {"accessKeyId": "AKIAX", "secretAccessKey": "s", "sessionToken": "t", "expiresAt": stamp(900)}
    _, env = login_file(tmp_path, server, accessToken=keys)
    env["AWS_ENDPOINT_URL_SIGNIN"] = "http://127.0.0.1:1"  # would not answer
    said = ask(op="resolve", env=env, profile="signin", explicit=True)
    assert (said["provider"], said["id"], said["token"]) == ("login", "AKIAX", "t")


def test_login_is_refreshed(ask, server, tmp_path):
    """With a DPoP proof of its key; the file is as the AWS CLI leaves it, and private."""
    path, env = login_file(tmp_path, server)
    said = ask(op="resolve", env=env, profile="signin", explicit=True)
    assert (said["id"], said["secret"], said["token"]) == ("NEWKEY", "newSecret", "newToken")
    kept = json.loads(path.read_text())
    assert kept["refreshToken"] == "next" and kept["idToken"] == "kept" and "BEGIN EC" in kept["dpopKey"]
    assert kept["accessToken"]["accessKeyId"] == "NEWKEY" and kept["accessToken"]["accountId"] == "012345678901"
    until = datetime.datetime.fromisoformat(kept["accessToken"]["expiresAt"])
    assert 800 < (until - datetime.datetime.now(datetime.UTC)).total_seconds() <= 900
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("lacks", ["accessToken", "refreshToken", "clientId", "dpopKey"])
def test_login_file_that_lacks_something(ask, server, tmp_path, lacks):
    """Nothing to refresh with: the command that signs in is the remedy."""
    _, env = login_file(tmp_path, server, **{lacks: None})
    if lacks == "accessToken":
        env["AWS_ENDPOINT_URL_SIGNIN"] = "http://127.0.0.1:1"
    said = ask(op="resolve", env=env, profile="signin", explicit=True)
    assert said["error"]["remedy"] == "aws login --profile 'signin'"


def test_login_that_has_ended(ask, server, tmp_path):
    """The service says the sign-in is over: so does the message."""
    _, env = login_file(tmp_path, server, refreshToken="expired")
    error = ask(op="resolve", env=env, profile="signin", explicit=True)["error"]
    assert "12 hours" in error["message"] and error["code"] == "login-ended"

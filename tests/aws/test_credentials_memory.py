# SPDX-License-Identifier: MIT
"""Claim: once its keys were used, nothing secret of a login is left in the memory of the process, and it never was in
an argument, in the environment of a child, or in a file but the AWS CLI's own.

Every secret of every provider begins with a canary word; the helper program uses each profile for one signed call and
forgets it. Then its whole memory is read, and what its children and files hold. That the search finds what is there is
shown with a value that the helper is made to keep.
"""

import base64
import datetime
import hashlib
import http.server
import json
import os
import stat
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import find_program
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

WORD = b"CANARY" + uuid.uuid4().hex[:6].upper().encode()
REGION_MOST = 512 * 1024 * 1024  # a sanitizer reserves more than there is
SESSION = "arn:aws:iam::123456789012:user/camille"
PROFILES = ("static", "role", "session", "process", "web", "login", "container", "instance")
PROGRAM = """
import json, os, pathlib, sys
me = pathlib.Path(sys.argv[1])
for name in ("cmdline", "environ"):
    me.joinpath("child." + name).write_bytes(pathlib.Path(f"/proc/{os.getppid()}/{name}").read_bytes()
                                             + pathlib.Path(f"/proc/self/{name}").read_bytes())
print(me.joinpath("answer.json").read_text())
"""


def secret(name):
    """Unlike every other, long enough, and never a part of this program's own text."""
    return WORD.decode() + name + hashlib.sha256(name.encode()).hexdigest()[:20]


def stamp(seconds):
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Services(http.server.BaseHTTPRequestHandler):
    """STS, Identity Center, sign-in, container and instance in one."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, body, kind="application/json"):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def xml(self, action, inside):
        self.say(f"<{action}Response><{action}Result>{inside}</{action}Result></{action}Response>", "text/xml")

    def do_PUT(self):  # noqa: N802
        self.say(secret("metadata-token"), "text/plain")

    def do_GET(self):  # noqa: N802
        path = urlsplit(self.path).path
        keys = {"AccessKeyId": "AKIA", "SecretAccessKey": secret("machine"), "Token": secret("machine-token"),
                "Expiration": stamp(3600)}  # fmt: skip
        if path == "/federation/credentials":
            self.say({"roleCredentials": {"accessKeyId": "AKIA", "secretAccessKey": secret("sso"),
                                          "sessionToken": secret("sso-token"), "expiration": 4102444800000}})
        elif path.endswith("/security-credentials/"):
            self.say("role", "text/plain")
        else:
            self.say({"Code": "Success", **keys})

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = urlsplit(self.path).path
        if path == "/token":
            self.say({"accessToken": secret("access"), "expiresIn": 28800, "refreshToken": secret("refresh")})
        elif path == "/v1/token":
            keys = {"accessKeyId": "AKIA", "secretAccessKey": secret("login"), "sessionToken": secret("login-token")}
            self.say({"accessToken": keys, "expiresIn": 900, "refreshToken": secret("login-refresh")})
        elif "GetCallerIdentity" in body:
            self.xml("GetCallerIdentity", f"<Arn>{SESSION}</Arn><Account>123456789012</Account><UserId>u</UserId>")
        else:
            action = parse_qs(body)["Action"][0]
            self.xml(action, f"<Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>{secret('role')}"
                     f"</SecretAccessKey><SessionToken>{secret('role-token')}</SessionToken>"
                     f"<Expiration>{stamp(3600)}</Expiration></Credentials>")  # fmt: skip


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def private(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


@pytest.fixture
def home(tmp_path):
    """The files of a user with one profile of every kind."""
    (tmp_path / "program.py").write_text(PROGRAM)
    command = f"{sys.executable} {tmp_path}/program.py {tmp_path}"
    private(tmp_path / ".aws/config", f"""
[profile role]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = static
[profile session]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Engineer
[sso-session corp]
sso_start_url = https://corp/start
sso_region = eu-west-1
[profile process]
credential_process = {command}
[profile web]
role_arn = arn:aws:iam::123456789012:role/r
web_identity_token_file = {tmp_path}/web-token
[profile login]
login_session = {SESSION}
[profile container]
x = y
[profile instance]
x = y
""")  # fmt: skip
    private(tmp_path / ".aws/credentials",
            f"[static]\naws_access_key_id = AKIA\naws_secret_access_key = {secret('static')}\n"
            f"aws_session_token = {secret('static-token')}\n")  # fmt: skip
    private(tmp_path / "answer.json", json.dumps({
        "Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": secret("process"),
        "SessionToken": secret("process-token")}))  # fmt: skip
    private(tmp_path / "web-token", secret("web-token"))
    private(tmp_path / "container-token", secret("container-token"))
    private(tmp_path / ".aws/sso/cache" / (hashlib.sha1(b"corp").hexdigest() + ".json"), json.dumps({
        "accessToken": secret("old-access"), "expiresAt": stamp(60), "clientId": "c",
        "clientSecret": secret("client"), "refreshToken": secret("old-refresh"),
        "registrationExpiresAt": stamp(86400)}))  # fmt: skip
    private(tmp_path / ".aws/login/cache" / (hashlib.sha256(SESSION.encode()).hexdigest() + ".json"), json.dumps({
        "accessToken": {"accessKeyId": "AKIA", "secretAccessKey": secret("old-login"), "expiresAt": stamp(-60),
                        "sessionToken": secret("old-login-token"), "accountId": "123456789012"},
        "clientId": "c", "refreshToken": secret("old-login-refresh"), "dpopKey": pem()}))  # fmt: skip
    return tmp_path


def pem():
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    pem.middle = text.splitlines()[1][20:60].encode()  # of the private number
    pem.number = key.private_numbers().private_value.to_bytes(32, "big")
    return text


class Helper:
    """tests/credentials, and everything in its memory."""

    def __init__(self, home, url):
        self.home, self.url = home, url
        # Its own environment is bare: what it is asked with comes by stdin.
        self.process = subprocess.Popen([find_program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={"PATH": os.environ["PATH"]})  # fmt: skip

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def use(self, profile):
        env = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.url, "AWS_REGION": "eu-west-3",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url,
        }  # fmt: skip
        if profile == "container":
            env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.url + "/container"
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(self.home / "container-token")
        return self.ask(op="use", env=env, profile=profile, explicit=True)

    def memory(self):
        """(where, bytes) of everything that it may have written."""
        maps = Path(f"/proc/{self.process.pid}/maps").read_text().splitlines()
        with open(f"/proc/{self.process.pid}/mem", "rb", 0) as mem:
            for line in maps:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                if not line.split()[1].startswith("rw") or end - start > REGION_MOST:
                    continue
                try:
                    mem.seek(start)
                    yield line, mem.read(end - start)
                except (OSError, ValueError, OverflowError):  # [vvar] and the like
                    continue

    def found(self, *words):
        """Where one of the words is, with what stands around it."""
        forms = [form for word in words for form in (word, base64.b64encode(word)[2:-4])]
        return [f"{where.split()[-1]}: {data[max(0, at - 40) : at + 60]!r}" for where, data in self.memory()
                for form in forms if (at := data.find(form)) >= 0]  # fmt: skip

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(60) == 0


@pytest.fixture
def helper(home, url):
    if not find_program():
        pytest.skip("the helper program tests/credentials is not built")
    made = Helper(home, url)
    try:
        next(made.memory())
    except PermissionError:
        made.close()
        pytest.skip("the memory of other processes cannot be read here (kernel.yama.ptrace_scope)")
    yield made
    made.close()


def test_the_search_finds_what_is_there(helper):
    """What the helper is asked with stays in its line buffer."""
    word = b"KEPT" + uuid.uuid4().hex.encode()
    helper.ask(op="profiles", env={"HOME": word.decode()})
    assert helper.found(word)


def test_nothing_secret_is_left(helper, home):
    """In memory after every kind of profile was used; in its children's arguments and environments; in other files."""
    before = {path for path in home.rglob("*") if path.is_file()}
    for profile in PROFILES:
        said = helper.use(profile)
        assert said.get("account") == "123456789012", (profile, said)
    assert not helper.found(WORD, pem.middle, pem.number)
    for name in ("cmdline", "environ"):
        held = (home / f"child.{name}").read_bytes()
        assert held and WORD not in held
    new = {path for path in home.rglob("*") if path.is_file()} - before
    assert {path.name for path in new} == {"child.cmdline", "child.environ"}
    for path in (home / ".aws").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.is_dir()
    # The refreshed ones are where the CLI keeps them.
    assert secret("access") in (home / ".aws/sso/cache" / (hashlib.sha1(b"corp").hexdigest() + ".json")).read_text()

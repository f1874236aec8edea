# SPDX-License-Identifier: MIT
"""The two setups that most tests look at, each applied once in a session."""

import base64
import hashlib
import hmac
import http.client
import json
import shutil
from urllib.parse import urlsplit

from listing import everything
from tap import Tap
from world import ACCOUNT, REGION

NPM = """#!/bin/sh
# Writes down how it was called, then is npm.
tr '\\0' '\\n' </proc/$$/cmdline >{folder}/npm.$$.cmdline
tr '\\0' '\\n' </proc/$$/environ >{folder}/npm.$$.environ
exec {npm} "$@"
"""


class Applied:
    """`apply` without --json, with --log, all of its AWS calls through a tap, npm through a wrapper that writes down
    its arguments and environment.

    done is the finished run, calls the recorded AWS calls of it, raw the bytes of each request (head, body), npm the
    texts of the wrapper, log the file, url what it printed."""

    def __init__(self, world):
        self.world = world
        self.setup = world.setup("storefront-admin")
        self.log = self.setup.home / "apply.log"
        self.name = "forestadmin-storefront-admin"
        npm = self._wrap_npm()
        tap = Tap(world.port)
        mark = world.mark()
        env = {"AWS_ENDPOINT_URL": tap.url, "PATH": f"{npm}:{world.env['PATH']}"}
        self.done = self.setup.apply("--log", str(self.log), env=env)
        tap.stop()
        self.calls = world.traffic(mark)
        self.raw = tap.requests()
        self.npm = {path.name: path.read_text() for path in sorted(npm.glob("npm.*"))}
        self.url = self.done.out.strip()

    def _wrap_npm(self):
        folder = self.setup.home / "bin"
        folder.mkdir()
        real = shutil.which("npm", path=self.world.env["PATH"])
        (folder / "npm").write_text(NPM.format(folder=folder, npm=real))
        (folder / "npm").chmod(0o755)
        return folder

    def secret(self):
        """The JSON secret as the container gets it, read from Secrets Manager."""
        value = self.world.client("secretsmanager").get_secret_value(SecretId=f"{self.name}/env")
        return json.loads(value["SecretString"])

    def get(self, path, headers=None, method="GET"):
        return request(self.url, path, headers, method)

    def session(self):
        """The header of a logged-in user: a token as the agent's own login signs it (HS256 by the auth secret)."""
        head = {"alg": "HS256", "typ": "JWT"}
        user = {"id": 7, "email": "camille@acme.example", "renderingId": 1, "permissionLevel": "admin",
                "exp": 4102444800}  # fmt: skip
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (head, user))
        key = self.secret()["FOREST_AUTH_SECRET"].encode()
        return {"Authorization": f"Bearer {signed}.{base64url(hmac.digest(key, signed.encode(), hashlib.sha256))}"}


class Measured:
    """A second setup, applied with --json: dependencies cached by the first one, 50 ms for each call, and time slow
    enough for waits to dominate. before is everything of the account before it, of the first setup too."""

    LATENCY_MS = 50
    TIME_SCALE = 0.1

    def __init__(self, world):
        self.world = world
        self.setup = world.setup("measured")
        self.before = everything(world)
        world.configure(latency_ms=self.LATENCY_MS, time_scale=self.TIME_SCALE)
        mark = world.mark()
        try:
            self.done = self.setup.apply("--json")
        finally:
            world.configure()
        self.calls = world.traffic(mark)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def request(url, path, headers=None, method="GET"):
    """(status, headers, body) of an HTTP request; *.localhost is this machine on every system."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=40)
    try:
        connection.request(method, path, headers={"Host": parts.netloc} | (headers or {}))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def arn(service, resource):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"

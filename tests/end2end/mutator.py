# SPDX-License-Identifier: MIT
"""A proxy that plants bugs: it changes or swallows what the program sends, and signs the rest of the way itself.

Order: Mutator(world, changes), url is what the program gets as AWS_ENDPOINT_URL, met says which changes were made,
stop(). A change is a function on (operation, body) that returns the body to send, or None to swallow the call, which
the program then takes for done. Bodies are dicts of form fields or JSON, by the protocol.
"""

import json
import re
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


class Sent:
    """One request of the program: method, path with its query, headers and the body as a dict."""

    def __init__(self, method, path, headers, data):
        self.method, self.path, self.headers = method, path, headers
        self.form = "x-www-form-urlencoded" in headers.get("Content-Type", "")
        self.body = dict(parse_qsl(data.decode(), keep_blank_values=True)) if self.form else json.loads(data or b"{}")
        self.access_key, self.region, self.signing_name = SCOPE.search(headers["Authorization"]).groups()
        operation = self.body.get("Action") or headers.get("X-Amz-Target", "").rpartition(".")[2]
        self.operation = operation or f"{method} {path.partition('?')[0]}"

    def encoded(self, body):
        if self.form:
            return urlencode(body).encode()
        return json.dumps(body).encode() if body or self.method not in ("GET", "DELETE") else b""


class Mutator:
    def __init__(self, world, changes=()):
        self.world, self.changes, self.met = world, changes, []
        self.secret = world.keys_of("work")["aws_secret_access_key"]
        handler = type("Handler", (Handler,), {"mutator": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def meet(self, sent):
        """The answer to what the program has sent: (status, body, headers)."""
        body = sent.body
        for change in self.changes:
            changed = change(sent.operation, dict(body))
            if changed is None:
                self.met.append(f"swallowed {sent.operation}")
                return 200, b"<x><return>true</return></x>" if sent.form else b"{}", {}
            if changed != body:
                self.met.append(f"changed {sent.operation}")
                body = changed
        return self.forward(sent, body)

    def forward(self, sent, body, path=None, secret=None):
        """Sends it with that body to the cloud, signed with the profile's key or another secret."""
        data = sent.encoded(body)
        request = AWSRequest(sent.method, self.world.url + (path or sent.path), data=data)
        for name in ("Content-Type", "X-Amz-Target"):
            if sent.headers.get(name):
                request.headers[name] = sent.headers[name]
        keys = Credentials(sent.access_key, secret or self.secret)
        SigV4Auth(keys, sent.signing_name, sent.region).add_auth(request)
        headers = {k: v for k, v in request.headers.items() if k != "Host"}
        going = urllib.request.Request(request.url, data or None, headers, method=sent.method)
        try:
            with urllib.request.urlopen(going, timeout=60) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mutator: Mutator

    def log_message(self, *_):
        """Quiet: the cloud records what arrives."""

    def _pass(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(*self.mutator.meet(Sent(self.command, self.path, self.headers, data)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815

    def _answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() in ("content-type", "x-amzn-errortype", "x-amzn-requestid"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

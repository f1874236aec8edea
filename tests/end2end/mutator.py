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


class Mutator:
    def __init__(self, world, changes):
        self.world, self.changes, self.met = world, changes, []
        self.keys = world.keys_of("work")
        handler = type("Handler", (Handler,), {"mutator": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mutator: Mutator

    def log_message(self, *_):
        """Quiet: the cloud records what arrives."""

    def _pass(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
        body = dict(parse_qsl(data.decode(), keep_blank_values=True)) if form else json.loads(data or b"{}")
        operation = body.get("Action") or self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = operation or f"{self.command} {self.path.partition('?')[0]}"
        for change in self.mutator.changes:
            changed = change(operation, dict(body))
            if changed is None:
                self.mutator.met.append(f"swallowed {operation}")
                return self._answer(200, b"<x><return>true</return></x>" if form else b"{}", {})
            if changed != body:
                self.mutator.met.append(f"changed {operation}")
                body, data = changed, (urlencode(changed) if form else json.dumps(changed)).encode()
        return self._forward(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815

    def _forward(self, data):
        access_key, region, service = SCOPE.search(self.headers["Authorization"]).groups()
        request = AWSRequest(self.command, self.mutator.world.url + self.path, data=data)
        for name in ("Content-Type", "X-Amz-Target"):
            if self.headers.get(name):
                request.headers[name] = self.headers[name]
        keys = self.mutator.keys
        SigV4Auth(Credentials(access_key, keys["aws_secret_access_key"]), service, region).add_auth(request)
        sent = urllib.request.Request(
            request.url, data or None, {k: v for k, v in request.headers.items() if k != "Host"}, method=self.command
        )
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:
                self._answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.read(), dict(error.headers))

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

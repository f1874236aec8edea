# SPDX-License-Identifier: MIT
"""The manners of registries that docker-registry does not have, shown by a small proxy in front of it."""

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Front(ThreadingHTTPServer):
    """Passes on to a registry; `rule(handler)` may answer first by returning (status, headers, body)."""

    daemon_threads = True

    def __init__(self, registry, rule):
        self.registry, self.rule, self.seen, self.lock = registry, rule, [], threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.url = "http://" + self.host
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass        # a client that hangs up is part of these tests

    def count(self, method, part):
        with self.lock:
            return sum(1 for m, path, _ in self.seen if m == method and part in path)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        with self.server.lock:
            self.server.seen.append((self.command, self.path, dict(self.headers)))
        answer = self.server.rule(self)
        if answer is None:
            body = self.rfile.read(length)
            upstream = http.client.HTTPConnection(self.server.registry.host, timeout=30)
            keep = {k: v for k, v in self.headers.items() if k.lower() not in ("authorization", "connection")}
            keep["Host"] = self.server.host
            upstream.request(self.command, self.path, body, keep)
            got = upstream.getresponse()
            answer = (got.status, dict(got.getheaders()), got.read())
        elif length:
            self.rfile.read(length)
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        given = next((v for k, v in headers.items() if k.lower() == "content-length"), None)
        self.send_header("Content-Length", given if self.command == "HEAD" and given else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any


@pytest.fixture
def front(request):
    started = []

    def start(registry, rule=lambda handler: None):
        started.append(Front(registry, rule))
        return started[-1]

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


def test_redirects_lose_the_credentials(front, registry, app, publish, start_registry):
    """A bearer token goes to the registry that asked for it, and not to where it sends us for the layers."""
    base = registry.push_base("library/node", "22", size=200_000)
    target = start_registry()
    store = front(registry)

    def rule(handler):
        if handler.path.startswith("/token"):
            return 200, {}, json.dumps({"access_token": "canary-token-of-the-registry"}).encode()
        if handler.headers.get("Authorization") != "Bearer canary-token-of-the-registry":
            challenge = f'Bearer realm="{source.url}/token",service="r",scope="repository:x:pull"'
            return 401, {"WWW-Authenticate": challenge}, b""
        if "/blobs/" in handler.path:
            return 307, {"Location": store.url + handler.path}, b""
        return None

    source = front(registry, rule)
    publish(app, base.replace(registry.host, source.host), target.url)
    assert source.count("GET", "/token?service=r&scope=repository%3Ax%3Apull") == 1
    assert store.count("GET", "/blobs/") == 4
    assert all("authorization" not in {k.lower() for k in headers} for _, _, headers in store.seen)
    assert "canary" not in json.dumps(store.seen)
    assert source.count("HEAD", "/blobs/") == 0     # public.ecr.aws refuses these


def test_a_redirect_to_the_same_host_loses_them_too(front, registry, app, publish, start_registry, tmp_path):
    """Behind one name there may be a store that answers 400 to a second way of authentication, as S3 does."""
    base = registry.push_base("library/node", "22", size=100_000).replace(registry.host, "{}")
    (tmp_path / "basic").write_text("QVdTOmNhbmFyeQ==")
    carried = []

    def rule(handler):
        given = handler.headers.get("Authorization")
        if handler.path.startswith("/store"):
            carried.append(given)
            handler.path = handler.path.removeprefix("/store")
            return None if given is None else (400, {}, b"Only one auth mechanism allowed")
        if given is None:
            return 401, {"WWW-Authenticate": 'Basic realm="ecr"'}, b""
        if handler.command == "GET" and "/blobs/" in handler.path:
            return 307, {"Location": "/store" + handler.path}, b""
        return None

    one = front(registry, rule)     # source and target are the same registry, so the source gets the password
    publish(app, base.format(one.host), one.url, "app", "t1", "--basic", str(tmp_path / "basic"))
    assert carried == [None] * 4


def test_an_expired_token_is_fetched_again(front, registry, app, publish, start_registry):
    """400 without a challenge, as public.ecr.aws answers, brings a new token once."""
    base = registry.push_base("library/node", "22", size=100_000)
    target = start_registry()
    tokens = []

    def rule(handler):
        if handler.path.startswith("/token"):
            tokens.append(f"token-{len(tokens)}")
            return 200, {}, json.dumps({"token": tokens[-1]}).encode()
        given = handler.headers.get("Authorization", "")
        if not given:
            return 401, {"WWW-Authenticate": f'Bearer realm="{source.url}/token"'}, b""
        if "/blobs/" in handler.path and given == "Bearer token-0":
            return 400, {}, b"your token has expired"
        return None

    source = front(registry, rule)
    publish(app, base.replace(registry.host, source.host), target.url)
    assert tokens == ["token-0", "token-1"]


def test_busy_registries_are_asked_again(front, registry, app, publish):
    """429 with Retry-After, 503 and a dropped upload: each once, and the image arrives."""
    base = registry.push_base("library/node", "22", size=200_000)
    told = set()

    def once(key, answer):
        if key in told:
            return None
        told.add(key)
        return answer

    def rule(handler):
        if handler.command == "GET" and handler.path.endswith("/manifests/22"):
            return once("get", (429, {"Retry-After": "1"}, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}'))
        if handler.command == "PUT" and "/blobs/" in handler.path:
            return once("put", (503, {}, b"<html>later</html>"))
        if handler.command == "POST":
            return once("post", (500, {}, b""))
        return None

    busy = front(registry, rule)
    start = time.monotonic()
    done = publish(app, base.replace(registry.host, busy.host), busy.url)
    assert told == {"get", "put", "post"} and time.monotonic() - start >= 1
    assert registry.manifest("app", "t1")[1] == done["digest"]


def test_what_cannot_be_repeated_is_not(front, registry, app, publish):
    """403 ends at once, with the actions that are needed."""
    base = registry.push_base("library/node", "22", size=100_000)

    def rule(handler):
        if handler.command == "POST":
            said = b"not authorized to perform ecr:InitiateLayerUpload"
            return 403, {}, b'{"errors":[{"code":"DENIED","message":"' + said + b'"}]}'
        return None

    closed = front(registry, rule)
    refused = publish(app, base, closed.url, expect=False)
    assert refused["kind"] == "denied" and refused["code"] == "DENIED"
    assert "ecr:InitiateLayerUpload" in refused["remedy"]


def test_an_image_that_may_not_be_looked_for_says_which_right_is_missing(front, registry, app, publish):
    """The answer to HEAD has no body: what ECR wants is said by us."""
    base = registry.push_base("library/node", "22", size=100_000)
    closed = front(
        registry,
        lambda handler: (403, {}, b"") if handler.command == "HEAD" and "/manifests/" in handler.path else None,
    )
    refused = publish(app, base, closed.url, expect=False)
    assert refused["kind"] == "denied" and "ecr:BatchGetImage" in refused["remedy"]
    assert "cannot be seen whether it arrived" in refused["message"]


def test_an_immutable_tag_with_the_same_image_is_fine(front, registry, app, publish):
    """ECR refuses to set a tag twice; the same digest is what we wanted. Another digest is a conflict."""
    base = registry.push_base("library/node", "22", size=100_000)
    publish(app, base, registry.url)

    def rule(handler):
        if handler.command == "PUT" and "/manifests/" in handler.path:
            said = b"The image tag t1 already exists and is immutable"
            return 400, {}, b'{"errors":[{"code":"TAG_INVALID","message":"' + said + b'"}]}'
        return None

    strict = front(registry, rule)
    publish(app, base, strict.url)
    (app / "src/index.js").write_text("other\n")
    refused = publish(app, base, strict.url, expect=False)
    assert refused["kind"] == "conflict" and "another tag" in refused["remedy"]


def test_a_blob_that_vanished_is_sent_again(front, registry, app, publish):
    """MANIFEST_BLOB_UNKNOWN after HEAD said yes: everything is looked at once more."""
    base = registry.push_base("library/node", "22", size=100_000)
    answered = []

    def rule(handler):
        if handler.command == "PUT" and "/manifests/" in handler.path and not answered:
            answered.append(1)
            return 400, {}, b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]}'
        return None

    forgetful = front(registry, rule)
    done = publish(app, base, forgetful.url)
    assert answered and registry.manifest("app", "t1")[1] == done["digest"]


def test_cancel_is_quick(front, registry, app, publish):
    """A source that dribbles its layers is left within a second or two of the user's word."""
    base = registry.push_base("library/node", "22", size=100_000)
    held = threading.Event()

    def rule(handler):
        if handler.command == "GET" and "/blobs/" in handler.path and handler.server.count("GET", "/blobs/") > 1:
            held.wait(30)
        return None

    slow = front(registry, rule)
    start = time.monotonic()
    refused = publish(app, base.replace(registry.host, slow.host), slow.url, "app", "t1", "--cancel-after", "700",
                      expect=False)
    held.set()
    assert refused["kind"] == "cancelled" and time.monotonic() - start < 6

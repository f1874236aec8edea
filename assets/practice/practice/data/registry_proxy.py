# SPDX-License-Identifier: MIT
"""The HTTP side of the registries: what a client of ECR (port P+1) and of public.ecr.aws (port P+4) meets.

Sources are facts images.md A1-A4. Differences from a plain docker-registry, each in its own small function:
ECR: Basic AWS:token; unknown repositories; immutable tags; tags resolved by moto's images; blobs by a redirect to a
signed address that refuses an Authorization header, as S3 does; PATCH answers 201 with a stale Range; no mounts.
Public: a bearer token from /token/; HEAD of a blob answers 401; an unknown token answers 400; nothing can be pushed.
Bodies are passed on in pieces, never held whole; only manifests (4 MiB at most) are read."""

import base64
import hashlib
import http.client
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from practice.data import registry_ecr
from practice.data.registry import CHUNK, Registry, RegistryError, Store, Token

NAME = r"(?P<name>[a-z0-9]+(?:[._/-][a-z0-9]+|__[a-z0-9]+|-+[a-z0-9]+)*)"
ROUTE = re.compile(rf"/v2/{NAME}/(?P<kind>manifests|blobs|tags)/(?P<rest>.+)")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MANIFEST_MAX = 4 << 20  # PutImage: imageManifest <= 4 MiB
PART_MIN = 5 << 20  # every part of a layer but the last
SIGNED_LIFE_S = 3600
PASS_HEADERS = (
    "Content-Type",
    "Docker-Content-Digest",
    "Docker-Upload-UUID",
    "Range",
    "Etag",
    "Accept-Ranges",
)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler], registry: Registry) -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.registry = registry
        self.signed: dict[str, tuple[Store, str, float]] = {}  # address of a blob -> where it is, valid until
        self.bearers: set[str] = set()
        self.parts: dict[str, tuple[str, int]] = {}  # upload -> stale Range, size of the last part
        self.lock = threading.Lock()

    def sign(self, store: Store, repository: str, digest: str) -> str:
        """A path under which the blob is answered for an hour to whoever has it."""
        key = secrets.token_urlsafe(24)
        with self.lock:
            now = time.time()
            self.signed = {k: v for k, v in self.signed.items() if v[2] > now}
            self.signed[key] = (store, f"/v2/{repository}/blobs/{digest}", now + SIGNED_LIFE_S)
        return f"/_layers/{digest}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature={key}"


class Handler(BaseHTTPRequestHandler):
    """What both have in common: answers, streaming, signed blob addresses."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def log_message(self, *_: object) -> None:
        """No access log: the journal of API calls is elsewhere."""

    def do_any(self) -> None:
        self.body_left = int(self.headers.get("Content-Length") or 0)
        self.chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        try:
            self.route(urlsplit(self.path))
            self.wfile.flush()
        except (ConnectionError, TimeoutError, http.client.HTTPException) as e:
            self.log_error("%s", e)
            self.close_connection = True
        if self.body_left or self.chunked:
            self.close_connection = True  # an answer before the body was read

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_any  # noqa: N815

    def route(self, url: Any) -> None:
        raise NotImplementedError

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        if self.body_left or self.chunked:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.answer(status, body, {"Content-Type": "application/json; charset=utf-8"})

    def body(self) -> Iterator[bytes]:
        """The request's body in pieces, chunked or not."""
        if not self.chunked:
            while self.body_left and (piece := self.rfile.read(min(CHUNK, self.body_left))):
                self.body_left -= len(piece)
                yield piece
            return
        while size := int(self.rfile.readline(100).split(b";")[0], 16):
            while size and (piece := self.rfile.read(min(CHUNK, size))):
                size -= len(piece)
                yield piece
            self.rfile.readline(10)
        while self.rfile.readline(1000).strip():
            pass  # trailers
        self.chunked = False

    def forward(
        self, store: Store, path: str
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection, int]:
        """Sends this request on, body in pieces; returns the answer's head and how much was sent."""
        connection = store.connection()
        connection.putrequest(self.command, path, skip_accept_encoding=True)
        for name in ("Content-Type", "Content-Range", "Accept", "Range"):
            if self.headers.get(name):
                connection.putheader(name, self.headers[name])
        chunked, sent = self.chunked, 0
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif self.command in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(self.body_left))
        connection.endheaders()
        for piece in self.body():
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            sent += len(piece)
        if chunked:
            connection.send(b"0\r\n\r\n")
        return connection.getresponse(), connection, sent

    def back(
        self,
        response: http.client.HTTPResponse,
        extra: dict[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        """Passes a docker-registry answer on to the client, in pieces."""
        headers = {name: response.headers[name] for name in PASS_HEADERS if response.headers.get(name)}
        if self.command != "HEAD" and response.headers.get("Content-Range"):
            headers["Content-Range"] = response.headers["Content-Range"]
        headers["Content-Length"] = response.headers.get("Content-Length", "0")
        self.answer(status or response.status, b"", {**headers, **(extra or {})})
        while self.command != "HEAD" and (piece := response.read(CHUNK)):
            self.wfile.write(piece)

    # ---- blobs: a redirect to a signed address, as ECR to S3 and public.ecr.aws to its CDN

    def redirect_to_blob(self, store: Store, repository: str, digest: str) -> None:
        if not store.has_blob(repository, digest):
            return self.error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
        location = f"http://{host}{self.server.sign(store, repository, digest)}"
        return self.answer(307, b"", {"Location": location, "Docker-Content-Digest": digest})

    def signed_blob(self, url: Any) -> None:
        """S3's side: the signature in the address, and no second way to authenticate (facts images.md A2.4)."""
        if self.headers.get("Authorization"):
            text = (
                b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InvalidArgument</Code><Message>Only one auth '
                b"mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
                b"the Authorization header should be specified</Message></Error>"
            )
            return self.answer(400, text, {"Content-Type": "application/xml"})
        with self.server.lock:
            found = self.server.signed.get(parse_qs(url.query).get("X-Amz-Signature", [""])[0])
        if self.command not in ("GET", "HEAD") or not found or found[2] < time.time():
            text = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
            return self.answer(403, text, {"Content-Type": "application/xml"})
        response, connection, _ = self.forward(found[0], found[1])
        self.back(response)
        return connection.close()


class EcrHandler(Handler):
    """Port P+1: ACCOUNT.dkr.ecr.REGION.amazonaws.com, whose account and region the token tells."""

    def route(self, url: Any) -> None:
        if url.path.startswith("/_layers/"):
            return self.signed_blob(url)
        token = self.authenticate()
        if token is None:
            return None
        if url.path in ("/v2", "/v2/"):
            return self.answer(200, b"{}", {"Content-Type": "application/json; charset=utf-8"})
        match = ROUTE.fullmatch(url.path)
        if not match:
            return self.error(404, "NOT_FOUND", "page not found")
        name = match["name"]
        if registry_ecr.repository(token.account, token.region, name) is None:
            return self.error(
                404,
                "NAME_UNKNOWN",
                f"The repository with name '{name}' does not exist in the registry with id '{token.account}'",
            )
        refused = self.denied(token, name, match["kind"], match["rest"])
        if refused:
            return self.error(403, "DENIED", refused)
        inner = Registry.inner(token.account, token.region, name)
        if match["kind"] == "manifests":
            return self.manifests(token, name, inner, match["rest"])
        if match["kind"] == "tags":
            tags = sorted(registry_ecr.tags(token.account, token.region, name))
            body = json.dumps({"name": name, "tags": tags}).encode()
            return self.answer(200, body, {"Content-Type": "application/json; charset=utf-8"})
        if DIGEST.fullmatch(match["rest"]) and self.command == "GET":
            return self.redirect_to_blob(self.server.registry.ecr, inner, match["rest"])
        return self.blobs(url, name, inner, match["rest"])

    def authenticate(self) -> Token | None:
        """401 without a good password, 403 once it has expired."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", ""
        token = self.server.registry.token(password) if kind == "Basic" and user == "AWS" else None
        if token is None:
            self.answer(
                401,
                b"Not Authorized\n",
                {
                    "Content-Type": "text/plain; charset=utf-8",
                    "Www-Authenticate": f'Basic realm="{self.server.registry.endpoint}/",service="ecr.amazonaws.com"',
                },
            )
        elif token.expires < time.time():
            self.error(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
            token = None
        return token

    def denied(self, token: Token, name: str, kind: str, rest: str) -> str:
        """Why the token's owner may not do this, or "": each request stands for an action of ECR's API."""
        if kind == "blobs" and rest.startswith("uploads"):
            wanted = {"POST": "InitiateLayerUpload", "PUT": "CompleteLayerUpload"}.get(self.command, "UploadLayerPart")
        elif kind == "blobs":
            wanted = "GetDownloadUrlForLayer" if self.command == "GET" else "BatchCheckLayerAvailability"
        elif kind == "manifests":
            wanted = "PutImage" if self.command == "PUT" else "BatchGetImage"
        else:
            wanted = "ListImages"
        arn = f"arn:aws:ecr:{token.region}:{token.account}:repository/{name}"
        return self.server.registry.may(token, f"ecr:{wanted}", arn)

    def manifests(self, token: Token, name: str, inner: str, reference: str) -> None:
        store = self.server.registry.ecr
        if self.command == "PUT":
            return self.put_manifest(token, name, inner, reference)
        if self.command not in ("GET", "HEAD"):
            return self.error(405, "UNSUPPORTED", "The operation is unsupported.")
        digest = registry_ecr.digest_of(token.account, token.region, name, reference)
        if digest is None:
            return self.error(404, "MANIFEST_UNKNOWN", "Requested image not found")
        response, connection, _ = self.forward(store, f"/v2/{inner}/manifests/{digest}")
        self.back(response)
        return connection.close()

    def put_manifest(self, token: Token, name: str, inner: str, reference: str) -> None:
        pieces, size = [], 0
        for piece in self.body():
            size += len(piece)
            if size > MANIFEST_MAX:
                return self.error(400, "MANIFEST_INVALID", "the manifest is larger than 4 MiB")
            pieces.append(piece)
        manifest, media_type = b"".join(pieces), self.headers.get("Content-Type", "")
        digest = "sha256:" + hashlib.sha256(manifest).hexdigest()
        if ":" in reference and reference != digest:
            return self.error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        tag = None if ":" in reference else reference
        taken = tag and registry_ecr.immutable_tag_taken(token.account, token.region, name, tag, digest)
        if taken:
            return self.error(400, "TAG_INVALID", taken)
        try:
            self.server.registry.ecr.put_manifest(inner, digest, manifest, media_type)
        except RegistryError as e:
            code = "LAYERS_NOT_FOUND" if "BLOB_UNKNOWN" in str(e) else "MANIFEST_INVALID"
            return self.error(400, code, str(e))
        registry_ecr.record(token.account, token.region, name, tag, manifest, media_type, digest)
        return self.answer(201, b"", {"Docker-Content-Digest": digest})  # ECR sends no Location here

    def blobs(self, url: Any, name: str, inner: str, rest: str) -> None:
        if self.command == "DELETE" and not rest.startswith("uploads/"):
            return self.error(405, "UNSUPPORTED", "The operation is unsupported.")
        upload = rest.removeprefix("uploads/") if rest.startswith("uploads/") else ""
        # BLOB_MOUNTING is off unless an account turns it on: a mount becomes an ordinary upload (A3.2)
        query = "" if self.command == "POST" and not upload else f"?{url.query}" if url.query else ""
        has_body = bool(self.body_left or self.chunked)
        if upload and has_body and self.command in ("PATCH", "PUT") and self.last_part_too_small(upload):
            return self.error(
                400,
                "BLOB_UPLOAD_INVALID",
                f"LayerPartTooSmallException: Layer parts must be at least {PART_MIN} bytes in size",
            )
        response, connection, sent = self.forward(
            self.server.registry.ecr, f"/v2/{inner}/blobs/{rest}{query}"
        )
        extra, status = {}, None
        if location := response.headers.get("Location"):
            host = self.headers.get("Host") or f"127.0.0.1:{self.server.server_port}"
            extra["Location"] = f"http://{host}" + location.replace(f"/v2/{inner}/", f"/v2/{name}/", 1)
        if self.command == "PATCH" and response.status == 202:
            status = 201  # ECR answers 201, and its Range stays at the first part (A3.5)
            extra["Range"] = self.note_part(upload, response.headers.get("Range", ""), sent)
        self.back(response, extra, status)
        connection.close()

    def last_part_too_small(self, upload: str) -> bool:
        with self.server.lock:
            part = self.server.parts.get(upload)
        return part is not None and part[1] < PART_MIN

    def note_part(self, upload: str, answered: str, size: int) -> str:
        with self.server.lock:
            first = self.server.parts.get(upload, (answered, 0))[0]
            self.server.parts[upload] = (first, size)
        return first


class PublicHandler(Handler):
    """Port P+4: public.ecr.aws without a login (facts images.md A1)."""

    def route(self, url: Any) -> None:
        if url.path.startswith("/_layers/"):
            return self.signed_blob(url)
        if url.path.rstrip("/") == "/token":
            return self.give_token()
        if self.command not in ("GET", "HEAD"):
            return self.error(401, "UNAUTHORIZED", "authentication required")
        match = ROUTE.fullmatch(url.path)
        is_blob = match is not None and match["kind"] == "blobs"
        if not self.authenticated() or (is_blob and self.command == "HEAD"):
            return None if self.answered else self.challenge()
        if url.path in ("/v2", "/v2/"):
            return self.answer(200, b"{}", {"Content-Type": "application/json; charset=utf-8"})
        if not match:
            return self.error(404, "NOT_FOUND", "page not found")
        store = self.server.registry.public
        if is_blob:
            return self.redirect_to_blob(store, match["name"], match["rest"])
        response, connection, _ = self.forward(store, url.path)
        self.back(response)
        return connection.close()

    def authenticated(self) -> bool:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        self.answered = False
        if kind != "Bearer":
            return False
        with self.server.lock:
            if value in self.server.bearers:
                return True
        self.answered = True
        self.error(
            400, "TOKEN_INVALID", "Your authorization token is invalid or has expired."
        )  # no challenge
        return False

    def challenge(self) -> None:
        realm = f"http://{self.headers.get('Host')}/token/"
        body = json.dumps({"errors": [{"code": "DENIED", "message": "Not Authorized"}]}).encode()
        self.answer(
            401,
            body,
            {
                "Content-Type": "application/json; charset=utf-8",
                "Www-Authenticate": f'Bearer realm="{realm}",service="public.ecr.aws",scope="aws"',
            },
        )

    def give_token(self) -> None:
        token = secrets.token_urlsafe(64)
        with self.server.lock:
            self.server.bearers.add(token)
        self.answer(200, json.dumps({"token": token}).encode(), {"Content-Type": "application/json"})

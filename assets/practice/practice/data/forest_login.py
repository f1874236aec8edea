# SPDX-License-Identifier: MIT
"""The OpenID provider of the Forest stand-in, as far as the agent uses it: discovery, registration, the code grant.

Order: register() by the agent, grant() when a browser follows the authorization URL, exchange() by the agent with
the code. A code works once. The id token is signed (RS256) because the agent's client library checks it.
"""

import base64
import json
import secrets
import threading
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LIFETIME_SECONDS = 3600
CODE_SECONDS = 60


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Login:
    """Clients, codes and access tokens. Thread-safe."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._lock = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None
        self._clients: dict[str, str] = {}
        self._codes: dict[str, tuple[str, str, float]] = {}
        self._tokens: dict[str, float] = {}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.base,
            "authorization_endpoint": self.base + "/oidc/auth",
            "token_endpoint": self.base + "/oidc/token",
            "registration_endpoint": self.base + "/oidc/reg",
            "jwks_uri": self.base + "/oidc/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def register(self, redirect_uri: str) -> dict[str, Any]:
        client = secrets.token_urlsafe(16)
        with self._lock:
            self._clients[client] = redirect_uri
        return {
            "client_id": client,
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "none",
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "id_token_signed_response_alg": "RS256",
        }

    def grant(self, query: dict[str, str]) -> tuple[str, str | None]:
        """A code for the query of an authorization URL, or ("", why not)."""
        with self._lock:
            redirect = self._clients.get(query.get("client_id", ""))
            if redirect is None:
                return "", "invalid_client: client is unknown"
            if query.get("redirect_uri") != redirect:
                return "", "redirect_uri did not match any of the client's registered redirect_uris"
            if query.get("response_type") != "code":
                return "", "unsupported response_type requested"
            code = secrets.token_urlsafe(24)
            self._codes[code] = (query["client_id"], redirect, time.monotonic() + CODE_SECONDS)
            return code, None

    def exchange(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, or None when anything about the request is not right."""
        with self._lock:
            client, redirect, until = self._codes.pop(form.get("code", ""), ("", "", 0.0))
            # The agent leaves redirect_uri out (auth/index.js calls client.callback(undefined, ...)): only a wrong
            # one is refused.
            right = form.get("client_id") == client and form.get("redirect_uri", redirect) == redirect
            if form.get("grant_type") != "authorization_code" or not right or time.monotonic() > until:
                return None
            access = secrets.token_urlsafe(32)
            self._tokens[access] = time.monotonic() + LIFETIME_SECONDS
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": "openid email profile",
            "id_token": self._id_token(client),
        }

    def knows(self, access: str) -> bool:
        with self._lock:
            return time.monotonic() < self._tokens.get(access, 0.0)

    def keys(self) -> dict[str, Any]:
        public = self._private_key().public_key().public_numbers()
        row = {"kty": "RSA", "kid": "practice", "use": "sig", "alg": "RS256"}
        return {"keys": [row | {"n": number(public.n), "e": number(public.e)}]}

    def _private_key(self) -> rsa.RSAPrivateKey:
        """Made at the first login: most runs need none."""
        with self._lock:
            if not self._key:
                self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self._key

    def _id_token(self, client: str) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "typ": "JWT", "kid": "practice"}
        body = {"iss": self.base, "sub": "7", "aud": client, "iat": now, "exp": now + LIFETIME_SECONDS}
        text = ".".join(b64url(json.dumps(part).encode()) for part in (head, body))
        signature = self._private_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{b64url(signature)}"

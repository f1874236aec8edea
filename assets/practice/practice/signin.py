# SPDX-License-Identifier: MIT
"""The sign-in service behind `aws login`: /v1/authorize in the browser, POST /v1/token for the program.

CreateOAuth2Token is unsigned and proves its key by DPoP (RFC 9449): a JWT by ES256 whose key stands in its header, for
this method and URL, of now, used once. An authorization code is redeemed with its PKCE verifier; a refresh token works
once, with the key that it was given to. Keys last 15 minutes, a sign-in 12 hours. Refusals are AccessDeniedException
with a word in `error`. /v1/authorize approves at once and redirects, as for a person who is signed in already; the
control endpoint sso: {"expire": true} ends these sign-ins, too.
Shapes: botocore's signin model; aws.md 9.6. Order: Signin(cloud), answer() from any thread.
"""

import base64
import datetime
import hashlib
import json
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from practice.errors import Answer, AwsError, json_answer, request_id
from practice.identify import Call
from practice.seed import sample
from practice.signature import Key

if TYPE_CHECKING:
    from practice.cloud import Cloud

TOKEN, AUTHORIZE = "/v1/token", "/v1/authorize"
CLIENTS = ("arn:aws:signin:::devtools/same-device", "arn:aws:signin:::devtools/cross-device")
SESSION = f"arn:aws:iam::{sample.PRODUCTION_ACCOUNT}:user/camille"  # who signs in here: login_session
KEY_LIFE_S, SESSION_LIFE_S, PROOF_LIFE_S = 15 * 60, 12 * 3600, 300


def recognises(method: str, path: str) -> bool:
    return method == "POST" and path == TOKEN


class Denied(AwsError):
    """AccessDeniedException with its word: INVALID_REQUEST, TOKEN_EXPIRED, USER_CREDENTIALS_CHANGED..."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__("AccessDeniedException", message, 400)
        self.word = word


def refusal(error: AwsError) -> Answer:
    word = error.word if isinstance(error, Denied) else "INVALID_REQUEST"
    answer = json_answer({"error": word, "message": error.message}, error.status)
    answer.headers += [("x-amzn-ErrorType", error.code), ("x-amzn-RequestId", request_id())]
    return answer


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def thumbprint(jwk: dict[str, str]) -> str:
    """RFC 7638: what says that two keys are the same."""
    text = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def proven_key(proof: str, url: str, used: set[str]) -> str:
    """The thumbprint of the key that signed the proof, or Denied."""
    try:
        head, body, signature = (decode(part) for part in proof.split("."))
        header, claims = json.loads(head), json.loads(body)
        jwk = header["jwk"]
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(decode(jwk["x"]), "big"), int.from_bytes(decode(jwk["y"]), "big"), ec.SECP256R1()
        )
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        numbers.public_key().verify(
            encode_dss_signature(r, s), proof.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256())
        )
        right = header["typ"] == "dpop+jwt" and header["alg"] == "ES256" and len(signature) == 64
        meant = claims["htm"] == "POST" and claims["htu"] == url
        fresh = abs(claims["iat"] - time.time()) < PROOF_LIFE_S and claims["jti"] not in used
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise Denied("INVALID_REQUEST", f"The DPoP proof cannot be read: {type(error).__name__}.") from None
    if not (right and meant and fresh):
        raise Denied("INVALID_REQUEST", "The DPoP proof is not one for this request.")
    used.add(claims["jti"])
    return thumbprint(jwk)


class Signin:
    """Codes and sign-ins; all of it is forgotten with the cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, str, str]] = {}  # code -> client, challenge, redirect
        self._refresh: dict[
            str, tuple[str, str, float]
        ] = {}  # token -> client, thumbprint, end of the sign-in
        self._used: set[str] = set()  # jti of proofs

    def name_call(self, call: Call) -> None:
        call.service, call.operation, call.protocol = "signin", "CreateOAuth2Token", "rest-json"
        call.account = sample.PRODUCTION_ACCOUNT
        try:
            body = json.loads(call.body or b"{}")
        except ValueError:
            raise AwsError("ValidationException", "The body is not JSON.", 400) from None
        call.params = body if isinstance(body, dict) else {}

    def answer(self, call: Call) -> Answer:
        """The answer to a call that name_call has named. Raises AwsError."""
        with self._lock:
            thumb = proven_key(call.headers.get("dpop", ""), self._cloud.url + TOKEN, self._used)
            grants = {"authorization_code": self._by_code, "refresh_token": self._by_refresh}
            grant = grants.get(str(call.params.get("grantType")))
            if grant is None or call.params.get("clientId") not in CLIENTS:
                raise AwsError(
                    "ValidationException", "grantType or clientId is not one of this service.", 400
                )
            return json_answer(self._tokens(call.params["clientId"], thumb, grant(call.params, thumb)))

    def begin(self, client: str, jwk: dict[str, str]) -> str:
        """A refresh token, as a sign-in in a browser leaves it: for the seed."""
        with self._lock:
            return self._keep(client, thumbprint(jwk), time.time() + SESSION_LIFE_S)

    def expire(self) -> None:
        """Every sign-in ends."""
        with self._lock:
            self._refresh = {token: (client, thumb, 0) for token, (client, thumb, _) in self._refresh.items()}

    def authorize(self, query: dict[str, list[str]]) -> Answer:
        first = {name: values[0] for name, values in query.items()}
        redirect = first.get("redirect_uri", "")
        local = urlsplit(redirect).hostname in ("127.0.0.1", "localhost")
        if (
            first.get("client_id") not in CLIENTS
            or not local
            or first.get("code_challenge_method") not in ("S256", "SHA-256")
        ):
            return json_answer({"error": "INVALID_REQUEST"}, 400)
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[code] = (first["client_id"], first.get("code_challenge", ""), redirect)
        where = f"{redirect}?{urlencode({'code': code, 'state': first.get('state', '')})}"
        return Answer(302, [("Location", where)], b"")

    # ---- grants: until when the sign-in lasts

    def _by_code(self, params: dict[str, Any], _thumb: str) -> float:
        kept = self._codes.pop(str(params.get("code")), None)
        digest = hashlib.sha256(str(params.get("codeVerifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if kept != (params.get("clientId"), challenge, params.get("redirectUri")):
            raise Denied("AUTHCODE_EXPIRED", "The authorization code does not fit.")
        return time.time() + SESSION_LIFE_S

    def _by_refresh(self, params: dict[str, Any], thumb: str) -> float:
        client, bound, until = self._refresh.get(str(params.get("refreshToken")), ("", "", 0.0))
        if not client or until < time.time():
            raise Denied("TOKEN_EXPIRED", "The refresh token has expired.")
        if (client, bound) != (params.get("clientId"), thumb):
            raise Denied("INVALID_REQUEST", "The refresh token is bound to another client or key.")
        del self._refresh[params["refreshToken"]]  # it works once
        return until

    def _keep(self, client: str, thumb: str, until: float) -> str:
        token = secrets.token_urlsafe(96)
        self._refresh[token] = (client, thumb, until)
        return token

    def _tokens(self, client: str, thumb: str, until: float) -> dict[str, Any]:
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=KEY_LIFE_S)
        key = self._cloud.credentials.add(
            Key("ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), sample.PRODUCTION_ACCOUNT,
                principal=SESSION, user_id="AIDAPRACTICECAMILLE1", token=secrets.token_urlsafe(200), expires=expires)
        )  # fmt: skip
        return {
            "accessToken": {
                "accessKeyId": key.access_key,
                "secretAccessKey": key.secret,
                "sessionToken": key.token,
            },
            "tokenType": "urn:aws:params:oauth:token-type:access_token_sigv4",
            "expiresIn": KEY_LIFE_S,
            "refreshToken": self._keep(client, thumb, until),
            "idToken": _id_token(),
        }


def _id_token() -> str:
    """Unsigned: whoever reads it wants the session's name only."""
    parts = ({"alg": "none"}, {"sub": SESSION, "iss": "https://signin.amazonaws.com"})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        + "."
    )

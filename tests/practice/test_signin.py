# SPDX-License-Identifier: MIT
"""The sign-in service of `aws login`, in botocore's words: codes and refresh tokens for keys, each with a proof."""

import base64
import hashlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import make_client
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from practice.signature import Key
from practice.signin import CLIENTS, SESSION

REDIRECT = "http://127.0.0.1:9/oauth/callback"
VERIFIER = "v" * 64


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def proof(key, url, **changes):
    """A DPoP proof for POST url; changes are claims that are wrong."""
    numbers = key.public_key().public_numbers()
    point = {name: text(n.to_bytes(32, "big")) for name, n in (("x", numbers.x), ("y", numbers.y))}
    jwk = {"kty": "EC", "crv": "P-256", **point}
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    claims = {"jti": str(uuid.uuid4()), "htm": "POST", "htu": url, "iat": int(time.time()), **changes}
    signed = ".".join(text(json.dumps(part).encode()) for part in (head, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


class Login:
    """One computer that signs in: its key, and CreateOAuth2Token with proofs of it."""

    def __init__(self, cloud):
        self.cloud, self.key = cloud, ec.generate_private_key(ec.SECP256R1())

    def ask(self, header=None, **params):
        client = boto3.client(
            "signin", "eu-west-3", endpoint_url=self.cloud.url,
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )  # fmt: skip
        value = header or proof(self.key, self.cloud.url + "/v1/token")
        client.meta.events.register(
            "before-call.signin.CreateOAuth2Token", lambda params, **_: params["headers"].update(DPoP=value)
        )
        return client.create_o_auth2_token(tokenInput={"clientId": CLIENTS[0], **params})["tokenOutput"]

    def code(self):
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": CLIENTS[0], "redirect_uri": REDIRECT, "state": "s1",
            "code_challenge_method": "SHA-256", "code_challenge": text(hashlib.sha256(VERIFIER.encode()).digest()),
        })  # fmt: skip

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        with pytest.raises(urllib.error.HTTPError) as moved:
            urllib.request.build_opener(Stay).open(f"{self.cloud.url}/v1/authorize?{query}", timeout=10)
        where = urllib.parse.urlsplit(moved.value.headers["Location"])
        assert f"http://{where.netloc}{where.path}" == REDIRECT
        answer = urllib.parse.parse_qs(where.query)
        assert answer["state"] == ["s1"]
        return answer["code"][0]

    def sign_in(self):
        return self.ask(grantType="authorization_code", code=self.code(), codeVerifier=VERIFIER, redirectUri=REDIRECT)

    def refresh(self, token, header=None):
        return self.ask(header, grantType="refresh_token", refreshToken=token)


@pytest.fixture
def login(cloud):
    return Login(cloud)


def refused(call):
    with pytest.raises(ClientError) as error:
        call()
    return error.value.response["Error"]["Code"], error.value.response.get("error")


def test_sign_in_and_refresh(cloud, login):
    """Keys that sign as the person who signed in, for a quarter of an hour; each refresh token works once."""
    first = login.sign_in()
    who = base64.urlsafe_b64decode(first["idToken"].split(".")[1] + "==").decode()
    assert first["expiresIn"] == 900 and SESSION in who
    second = login.refresh(first["refreshToken"])
    for made in (first["accessToken"], second["accessToken"]):
        key = Key(made["accessKeyId"], made["secretAccessKey"], cloud.account, token=made["sessionToken"])
        assert make_client(cloud, "sts", key=key).get_caller_identity()["Arn"] == SESSION
    assert refused(lambda: login.refresh(first["refreshToken"])) == ("AccessDeniedException", "TOKEN_EXPIRED")


def test_proofs(cloud, login):
    """A proof for another method, URL or time, one that was used, of another key, or none: refused, nothing is lost."""
    token, url = login.sign_in()["refreshToken"], cloud.url + "/v1/token"
    used = proof(login.key, url)
    stranger = Login(cloud)
    wrong = [
        "none", proof(login.key, url, htm="GET"), proof(login.key, url + "x"), proof(login.key, url, iat=1),
        proof(login.key, url)[:-4] + "AAAA", proof(stranger.key, url),
    ]  # fmt: skip
    for header in wrong:
        assert refused(lambda header=header: login.refresh(token, header))[1] == "INVALID_REQUEST"
    token = login.refresh(token, used)["refreshToken"]
    assert refused(lambda: login.refresh(token, used))[1] == "INVALID_REQUEST"
    assert login.refresh(token)["refreshToken"]


def test_codes(login):
    """A code works once, with its verifier."""
    code = login.code()
    ask = {"grantType": "authorization_code", "code": code, "redirectUri": REDIRECT}
    assert refused(lambda: login.ask(**ask, codeVerifier="w" * 64))[1] == "AUTHCODE_EXPIRED"
    assert refused(lambda: login.ask(**ask, codeVerifier=VERIFIER))[1] == "AUTHCODE_EXPIRED"


def test_a_night_passes(cloud, login):
    """The control endpoint ends every sign-in."""
    token = login.sign_in()["refreshToken"]
    request = urllib.request.Request(f"{cloud.url}/_practice/sso", json.dumps({"expire": True}).encode())
    urllib.request.urlopen(request, timeout=10).read()
    assert refused(lambda: login.refresh(token)) == ("AccessDeniedException", "TOKEN_EXPIRED")


def test_secrets_stay_out_of_the_record(cloud, login):
    """Codes and tokens are not in the traffic."""
    made = login.sign_in()
    kept = json.dumps(cloud.recorder.entries()[-2:])
    assert "CreateOAuth2Token" in kept
    keys = made["accessToken"]
    for value in (made["refreshToken"], keys["sessionToken"], keys["secretAccessKey"], VERIFIER):
        assert value not in kept

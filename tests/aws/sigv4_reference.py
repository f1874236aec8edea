# SPDX-License-Identifier: MIT
"""What botocore makes of a request, stage by stage. The reference for our signer."""
import base64
import datetime
import hashlib
import hmac
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TIMESTAMP = "%Y%m%dT%H%M%SZ"


class Signer(botocore.auth.SigV4Auth):
    """Keeps what the base class computes and throws away."""

    def canonical_request(self, request):
        self.canonical = super().canonical_request(request)
        return self.canonical

    def string_to_sign(self, request, canonical_request):
        self.to_sign = super().string_to_sign(request, canonical_request)
        return self.to_sign


def signing_key(case):
    key = ("AWS4" + case["secret_key"]).encode()
    for part in (case["date"][:8], case["region"], case["service"], "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def sign(case):
    """case: method, url, headers [[name, value]], body (base64), date, region, service, access_key, secret_key,
    token."""
    request = AWSRequest(method=case["method"], url=case["url"], data=base64.b64decode(case["body"]))
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    moment = datetime.datetime.strptime(case["date"], TIMESTAMP)
    keys = Credentials(case["access_key"], case["secret_key"], case["token"] or None)
    signer = Signer(keys, case["service"], case["region"])
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *a, **k: moment):
        signer.add_auth(request)
    authorization = request.headers["Authorization"]
    return {
        "canonical_request": signer.canonical,
        "string_to_sign": signer.to_sign,
        "authorization": authorization,
        "signature": authorization.rsplit("Signature=", 1)[1],
        "signing_key": signing_key(case),
    }

# SPDX-License-Identifier: MIT
"""IAM Identity Center: the calls of a login, in botocore's words (aws.md 9.5)."""

import base64
import hashlib
import json
import time
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from conftest import code_of, make_client, status_of

from practice.signature import Key
from practice.sso import START_URL

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def unsigned(cloud, service):
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return boto3.client(service, "eu-west-3", endpoint_url=cloud.url, config=config)


@pytest.fixture
def oidc(cloud):
    return unsigned(cloud, "sso-oidc")


@pytest.fixture
def registered(oidc):
    made = oidc.register_client(clientName="test", clientType="public", scopes=["sso:account:access"])
    return {"clientId": made["clientId"], "clientSecret": made["clientSecret"]}


def control(cloud, name, body):
    request = urllib.request.Request(f"{cloud.url}/_practice/{name}", json.dumps(body).encode())
    return json.loads(urllib.request.urlopen(request, timeout=10).read())


def login(cloud, oidc, registered):
    device = oidc.start_device_authorization(**registered, startUrl=START_URL)
    urllib.request.urlopen(device["verificationUriComplete"], timeout=10).read()
    return oidc.create_token(**registered, grantType=DEVICE_GRANT, deviceCode=device["deviceCode"])


def test_device_login(cloud, oidc, registered):
    """A device waits until its page is opened, then has a token, once."""
    device = oidc.start_device_authorization(**registered, startUrl=START_URL)

    def ask():
        return oidc.create_token(**registered, grantType=DEVICE_GRANT, deviceCode=device["deviceCode"])

    assert code_of(ask) == "AuthorizationPendingException"
    assert code_of(ask) == "SlowDownException"
    urllib.request.urlopen(device["verificationUriComplete"], timeout=10).read()
    token = ask()
    assert token["accessToken"] and token["refreshToken"] and token["tokenType"] == "Bearer"
    assert code_of(ask) == "InvalidGrantException"


def test_refused_device(cloud, oidc, registered):
    """A person who refuses ends the login."""
    device = oidc.start_device_authorization(**registered, startUrl=START_URL)
    control(cloud, "sso", {"deny": device["userCode"]})
    call = {"grantType": DEVICE_GRANT, "deviceCode": device["deviceCode"]}
    assert code_of(lambda: oidc.create_token(**registered, **call)) == "AccessDeniedException"


def test_accounts_roles_and_keys(cloud, oidc, registered):
    """The portal lists accounts and roles by page and gives keys that sign, of the permission set's role."""
    token, sso = login(cloud, oidc, registered)["accessToken"], unsigned(cloud, "sso")
    pages = sso.get_paginator("list_accounts").paginate(accessToken=token, PaginationConfig={"PageSize": 1})
    accounts = [one["accountId"] for page in pages for one in page["accountList"]]
    assert accounts == ["123456789012", "210987654321"]
    roles = sso.list_account_roles(accessToken=token, accountId=accounts[0])["roleList"]
    assert [one["roleName"] for one in roles] == ["Engineer", "Auditor"]
    made = sso.get_role_credentials(accessToken=token, accountId=accounts[0], roleName="Auditor")[
        "roleCredentials"
    ]
    assert 3000 < made["expiration"] / 1000 - time.time() <= 3600
    key = Key(made["accessKeyId"], made["secretAccessKey"], accounts[0], token=made["sessionToken"])
    who = make_client(cloud, "sts", key=key).get_caller_identity()
    assert who["Account"] == accounts[0] and "/AWSReservedSSO_Auditor_" in who["Arn"]
    make_client(cloud, "ecs", key=key).list_clusters()
    assert code_of(lambda: make_client(cloud, "ecs", key=key).create_cluster()) == "AccessDeniedException"


def test_refresh_works_once(cloud, oidc, registered):
    """A refresh token gives a new pair and is used up."""
    token = login(cloud, oidc, registered)
    call = {"grantType": "refresh_token", "refreshToken": token["refreshToken"]}
    again = oidc.create_token(**registered, **call)
    assert again["accessToken"] != token["accessToken"]
    assert code_of(lambda: oidc.create_token(**registered, **call)) == "InvalidGrantException"


def test_authorization_code_with_pkce(cloud, oidc, registered):
    """/authorize redirects with a code that only its verifier turns into a token."""
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    redirect = "http://127.0.0.1:9/oauth/callback"
    url = (f"{cloud.url}/authorize?response_type=code&client_id={registered['clientId']}&redirect_uri={redirect}"
           f"&state=s1&code_challenge_method=S256&code_challenge={challenge}")  # fmt: skip

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    with pytest.raises(urllib.error.HTTPError) as moved:
        urllib.request.build_opener(Stay).open(url, timeout=10)
    where = moved.value.headers["Location"]
    assert where.startswith(redirect) and where.endswith("state=s1")
    code = where.partition("code=")[2].partition("&")[0]
    call = {
        "grantType": "authorization_code",
        "code": code,
        "redirectUri": redirect,
        "codeVerifier": verifier,
    }
    assert oidc.create_token(**registered, **call)["accessToken"]
    assert code_of(lambda: oidc.create_token(**registered, **call)) == "InvalidGrantException"


def test_what_is_refused(cloud, oidc, registered):
    """Unknown clients, start URLs, grants, tokens and roles have AWS's codes and statuses."""
    sso, token = unsigned(cloud, "sso"), login(cloud, oidc, registered)["accessToken"]
    stranger = {"clientId": "x", "clientSecret": "y"}
    assert status_of(lambda: oidc.start_device_authorization(**stranger, startUrl=START_URL)) == 401
    other = "https://other.awsapps.com/start"
    assert (
        code_of(lambda: oidc.start_device_authorization(**registered, startUrl=other))
        == "InvalidRequestException"
    )
    assert (
        code_of(lambda: oidc.create_token(**registered, grantType="password"))
        == "UnsupportedGrantTypeException"
    )
    assert code_of(lambda: sso.list_accounts(accessToken="stale")) == "UnauthorizedException"
    asked = {"accessToken": token, "accountId": "123456789012", "roleName": "Root"}
    assert status_of(lambda: sso.get_role_credentials(**asked)) == 403
    control(cloud, "sso", {"expire": True})
    assert code_of(lambda: sso.list_accounts(accessToken=token)) == "UnauthorizedException"


def test_secrets_stay_out_of_the_record(cloud, oidc, registered):
    """Client secrets, codes and tokens are not in the traffic."""
    token = login(cloud, oidc, registered)
    unsigned(cloud, "sso").list_accounts(accessToken=token["accessToken"])
    text = json.dumps(cloud.recorder.entries()[-6:])
    for value in (registered["clientSecret"], token["accessToken"], token["refreshToken"]):
        assert value not in text

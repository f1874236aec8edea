# SPDX-License-Identifier: MIT
"""The stand-in for Forest's API: what the agent and a setup tool read from it (forest.md 2 and 3)."""

import base64
import http.client
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from practice.data.forest import Forest
from practice.seed import sample

TOKEN = {"Authorization": f"Bearer {sample.FOREST_APPLICATION_TOKEN}"}
SECRET = {"forest-secret-key": sample.FOREST_PRODUCTION_SECRET}
SCHEMA = {
    "data": [{"type": "collections", "id": name, "attributes": {}} for name in ("customers", "orders")],
    "included": [{"type": "fields", "id": "customers.id", "attributes": {}}],
    "meta": {"liana": "forest-nodejs-agent", "liana_version": "1.78.11", "schemaFileHash": "abc"},
}


class Api:
    def __init__(self, forest):
        self.forest = forest

    def __call__(self, method, path, body=None, headers=None):
        """(status, JSON or None, headers)"""
        connection = http.client.HTTPConnection(*self.forest.address, timeout=10)
        try:
            data = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, path, data, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers
        finally:
            connection.close()

    def environment(self, name):
        rows = self("GET", "/_practice/forest")[1]["environments"]
        return next(row for row in rows if row["name"] == name)


@pytest.fixture
def api(cloud):
    """A stand-in of its own, so that no test sees what another has sent; the cloud only names the port."""
    import types

    from conftest import free_ports

    forest = Forest(types.SimpleNamespace(config=types.SimpleNamespace(port=free_ports())))
    forest.start()
    yield Api(forest)
    forest.stop()


def test_it_runs_in_the_cloud_two_ports_above(cloud):
    if cloud.forest is None:
        pytest.skip("this run has no Forest stand-in (PRACTICE_TEST_PARTS)")
    assert cloud.forest.address == ("127.0.0.1", cloud.config.port + 2)
    status, value, _ = Api(cloud.forest)("GET", "/liana/v1/ip-whitelist-rules", headers=SECRET)
    assert (status, value["data"]["attributes"]) == (200, {"use_ip_whitelist": False, "rules": []})


def test_sample_secrets_have_the_form_the_agent_demands():
    for environment in sample.FOREST_ENVIRONMENTS:
        assert len(environment.secret) == 64 and set(environment.secret) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("secret", "status", "detail"),
    [
        (sample.FOREST_PRODUCTION_SECRET, 200, ""),
        ("f" * 64, 404, "failed to find the environment"),
        (sample.FOREST_PRODUCTION_SECRET.upper(), 404, "failed to find the environment"),
        (sample.FOREST_MAINTENANCE_SECRET, 503, "maintenance"),
        ("", 401, "No environment secret"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/liana/v1/ip-whitelist-rules"),
        ("GET", "/liana/v4/permissions/environment"),
        ("GET", "/liana/forest-schema"),
        ("POST", "/forest/apimaps/hashcheck"),
    ],
)
def test_each_call_checks_the_secret(api, method, path, secret, status, detail):
    got, value, _ = api(method, path, {} if method == "POST" else None, {"forest-secret-key": secret})
    assert got == status
    assert detail in (value["errors"][0]["detail"] if status >= 400 else "")


def test_whitelisted_environment_says_so(api):
    headers = {"forest-secret-key": sample.FOREST_WHITELIST_SECRET}
    attributes = api("GET", "/liana/v1/ip-whitelist-rules", headers=headers)[1]["data"]["attributes"]
    assert attributes == {"use_ip_whitelist": True, "rules": [{"type": 0, "ip": "203.0.113.7"}]}


def test_unknown_path_is_404(api):
    assert api("GET", "/liana/v9/none", headers=SECRET)[0] == 404
    assert api("DELETE", "/liana/v1/ip-whitelist-rules", headers=SECRET)[0] == 404


def test_schema_is_wanted_once_and_kept(api):
    wanted = {"schemaFileHash": "abc"}
    assert api("POST", "/forest/apimaps/hashcheck", wanted, SECRET)[1] == {"sendSchema": True}
    assert api("POST", "/forest/apimaps", SCHEMA, SECRET)[0] == 204
    assert api("POST", "/forest/apimaps/hashcheck", wanted, SECRET)[1] == {"sendSchema": False}
    assert api("POST", "/forest/apimaps/hashcheck", {"schemaFileHash": "new"}, SECRET)[1] == {
        "sendSchema": True
    }
    assert api("GET", "/liana/forest-schema", headers=SECRET)[1]["data"] == SCHEMA["data"]
    assert api.environment("Production")["collections"] == ["customers", "orders"]
    assert api.environment("Staging")["collections"] == []


@pytest.mark.parametrize("body", ["{", "[]", '{"data": {}}', '{"data": []}'])
def test_a_broken_schema_is_refused(api, body):
    assert api("POST", "/forest/apimaps", body, SECRET)[0] in (400, 422)
    assert api.environment("Production")["schemaFileHash"] is None


def test_permissions_cover_what_was_sent(api):
    api("POST", "/forest/apimaps", SCHEMA, SECRET)
    permissions = api("GET", "/liana/v4/permissions/environment", headers=SECRET)[1]
    assert permissions["collections"]["orders"]["collection"]["browseEnabled"] == {"roles": [1]}
    rendering = api("GET", "/liana/v4/permissions/renderings/17", headers=SECRET)[1]
    assert (
        set(rendering["collections"]) == {"customers", "orders"} and rendering["team"]["name"] == "Operations"
    )
    (user,) = api("GET", "/liana/v4/permissions/users", headers=SECRET)[1]
    assert user["roleId"] == 1


def test_event_stream_beats_at_once_and_ends_with_the_server(api):
    connection = http.client.HTTPConnection(*api.forest.address, timeout=10)
    connection.request("GET", "/liana/v4/subscribe-to-events", headers=SECRET)
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.readline() == b"event: heartbeat\n"
    assert api.environment("Production")["subscribers"] == 1
    api.forest.stop()
    assert answer.read().endswith(b"data: {}\n\n")
    connection.close()
    api.forest.start()
    assert api.environment("Production")["subscribers"] == 0


def test_event_stream_of_an_unknown_secret_is_404(api):
    assert api("GET", "/liana/v4/subscribe-to-events", headers={"forest-secret-key": "0" * 64})[0] == 404


# ---- logging in, as a browser and the agent do it together


def register(api, secret=sample.FOREST_PRODUCTION_SECRET):
    return api(
        "POST", "/oidc/reg", {"token_endpoint_auth_method": "none"}, {"Authorization": f"Bearer {secret}"}
    )


def test_redirect_address_comes_from_the_environment(api):
    status, client, _ = register(api)
    assert (status, client["redirect_uris"]) == (
        201,
        ["https://not-deployed.example/forest/authentication/callback"],
    )
    api("POST", "/_practice/forest", {"id": 101, "apiEndpoint": "https://x.example"})
    assert register(api)[1]["redirect_uris"] == ["https://x.example/forest/authentication/callback"]
    assert register(api, "0" * 64)[0] == 404


def log_in(api, **change):
    """A code, and its exchange with the form changed: (status, tokens, client, the form)."""
    client = register(api)[1]
    redirect = client["redirect_uris"][0]
    query = {
        "client_id": client["client_id"],
        "redirect_uri": redirect,
        "response_type": "code",
        "state": "s t",
    }
    status, _, headers = api("GET", "/oidc/auth?" + urlencode(query))
    back = parse_qs(urlsplit(headers["Location"]).query)
    assert (status, headers["Location"].partition("?")[0], back["state"]) == (302, redirect, ["s t"])
    form = {
        "grant_type": "authorization_code",
        "code": back["code"][0],
        "client_id": client["client_id"],
    } | change
    status, tokens, _ = api("POST", "/oidc/token", urlencode(form))
    return status, tokens, client, form


def unpack(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_login_ends_with_a_user(api):
    """As the agent does it: it sends no redirect_uri with the code."""
    status, tokens, client, form = log_in(api)
    assert status == 200
    assert api("POST", "/oidc/token", urlencode(form))[0] == 400, "a code works once"

    head, body, signature = tokens["id_token"].split(".")
    (key,) = api("GET", "/oidc/jwks")[1]["keys"]
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(unpack(key[name]), "big") for name in ("e", "n")))
    numbers.public_key().verify(
        unpack(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert json.loads(unpack(body))["aud"] == client["client_id"]

    who = "/liana/v2/renderings/1/authorization"
    user = api("GET", who, headers=SECRET | {"forest-token": tokens["access_token"]})[1]["data"]
    assert (user["id"], user["attributes"]["teams"]) == ("7", ["Operations"])
    assert api("GET", who, headers=SECRET | {"forest-token": "made up"})[0] == 401


@pytest.mark.parametrize(
    "change",
    [{"client_id": "x"}, {"redirect_uri": "https://evil.example"}, {"grant_type": "x"}, {"code": "x"}],
)
def test_code_with_something_wrong_is_refused(api, change):
    assert log_in(api, **change)[:2] == (
        400,
        {"error": "invalid_grant", "error_description": "grant request is invalid"},
    )


@pytest.mark.parametrize(
    "change", [{"client_id": "x"}, {"redirect_uri": "https://evil.example"}, {"response_type": "t"}]
)
def test_login_with_something_wrong_is_refused(api, change):
    client = register(api)[1]
    query = {
        "client_id": client["client_id"],
        "redirect_uri": client["redirect_uris"][0],
        "response_type": "code",
    }
    assert api("GET", "/oidc/auth?" + urlencode(query | change))[0] == 400


# ---- what a setup tool may ask with the user's token


def test_token_is_needed(api):
    for path in ("/api/projects", "/api/projects/11/environments", "/api/environments/101"):
        assert api("GET", path)[0] == 401
        assert api("GET", path, headers={"Authorization": "Bearer no"})[0] == 401
        assert api("GET", path, headers=TOKEN)[0] == 200


def test_project_of_a_secret(api):
    status, value, _ = api("GET", "/api/projects?envSecret&includeLegacy", headers=TOKEN | SECRET)
    assert (status, value["data"]["attributes"]["name"]) == (200, sample.FOREST_PROJECT)
    assert api("GET", "/api/projects?envSecret", headers=TOKEN | {"forest-secret-key": "0" * 64})[0] == 404


def test_environments_carry_their_secrets(api):
    rows = api("GET", "/api/projects/11/environments", headers=TOKEN)[1]["data"]
    secrets = {row["attributes"]["name"]: row["attributes"]["secret-key"] for row in rows}
    assert secrets["Production"] == sample.FOREST_PRODUCTION_SECRET and len(secrets) == 4


def put(api, url, kind="environments"):
    document = {"data": {"type": kind, "attributes": {"api-endpoint": url}}}
    return api("PUT", "/api/environments/101", document, TOKEN)[0]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://abc.execute-api.eu-west-3.amazonaws.com", 200),
        ("http://localhost:3310", 200),
        ("http://abc.execute-api.localhost:4100", 200),
        ("http://abc.example", 422),
        ("https://abc.example/", 422),
        ("ftp://abc.example", 422),
        ("abc", 422),
        (7, 422),
    ],
)
def test_endpoint_is_set_by_forests_rules(api, url, status):
    assert put(api, url) == status
    expected = url if status == 200 else "https://not-deployed.example"
    shown = api("GET", "/api/environments/101", headers=TOKEN)[1]["data"]["attributes"]["api-endpoint"]
    assert shown == expected


def test_endpoint_needs_the_right_document(api):
    assert put(api, "https://abc.example", kind="projects") == 422
    assert api("PUT", "/api/environments/999", {"data": {}}, TOKEN)[0] == 404


def test_report_names_no_secret(api):
    api("POST", "/forest/apimaps", SCHEMA, SECRET)
    report = api("GET", "/_practice/forest")[1]
    assert report["requests"] == [
        {"method": "POST", "path": "/forest/apimaps", "environment": "Production", "status": 204}
    ]
    assert sample.FOREST_PRODUCTION_SECRET not in json.dumps(report)

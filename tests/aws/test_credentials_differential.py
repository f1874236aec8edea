# SPDX-License-Identifier: MIT
"""Our reader of AWS config files and botocore agree: profiles, provider, credentials or kind of error.

Random config and credentials files and environments are given to the helper program (build directory,
tests/credentials) and to botocore, against one stand-in for STS, SSO, sign-in, container and instance metadata on
this machine. FOREST_CREDENTIALS names the helper; FOREST_SEED repeats a run; FOREST_CREDENTIALS_CASES changes how many.

Where the shared test vectors of the SDKs and the AWS CLI disagree, see the head of backend/credentials/ini.h; the
random files keep away from that.
"""

import datetime
import hashlib
import http.server
import json
import os
import random
import sys
import threading
from urllib.parse import parse_qs, urlsplit

import botocore.configloader
import botocore.endpoint_provider
import botocore.exceptions
import botocore.loaders
import botocore.session
import botocore.tokens
import pytest

CASES = int(os.environ.get("FOREST_CREDENTIALS_CASES", "100"))
SEED = int(os.environ.get("FOREST_SEED", random.SystemRandom().randrange(2**32)))
LOADER = botocore.loaders.create_loader()
START_URL = "https://acme.awsapps.com/start"


def later(seconds=3600):
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)


def stamp(seconds=3600):
    return later(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


class Services(http.server.BaseHTTPRequestHandler):
    """Whoever asks is told so that the answer names the question: the same question has the same answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body, kind="application/json"):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def keys(self, seed):
        digest = hashlib.sha256(repr(seed).encode()).hexdigest()
        return "ASIA" + digest[:16].upper(), digest[16:40], digest[40:]

    def sts(self, form):
        first = {name: values[0] for name, values in form.items()}
        action = first["Action"]
        caller = self.headers.get("Authorization", "unsigned").partition("Credential=")[2].partition("/")[0]
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")[2:3]
        members = ("RoleArn", "ExternalId", "DurationSeconds", "WebIdentityToken", "SerialNumber")
        named = {name: first.get(name) for name in members}
        session = first["RoleSessionName"]
        if not session.startswith(("botocore-session-", "forestadmin-wizard-")):
            named["RoleSessionName"] = session
        if "forbidden" in first["RoleArn"]:
            self.say(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                     "</ErrorResponse>", "text/xml")  # fmt: skip
            return
        key, secret, token = self.keys((action, caller, scope, sorted(named.items(), key=str)))
        self.say(200, f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'>"
                 f"<{action}Result><Credentials>"
                 f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
                 f"<SessionToken>{token}</SessionToken><Expiration>{stamp()}</Expiration></Credentials>"
                 f"<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/x/y</Arn>"
                 f"<AssumedRoleId>A:y</AssumedRoleId></AssumedRoleUser></{action}Result></{action}Response>",
                 "text/xml")  # fmt: skip

    def do_GET(self):  # noqa: N802
        parts = urlsplit(self.path)
        if parts.path == "/federation/credentials":
            token = self.headers.get("x-amz-sso_bearer_token", "")
            query = parse_qs(parts.query)
            if not token.startswith("good"):
                self.say(401, {"__type": "UnauthorizedException", "message": "no"})
                return
            key, secret, session = self.keys((token, query["role_name"], query["account_id"]))
            self.say(200, {"roleCredentials": {"accessKeyId": key, "secretAccessKey": secret, "sessionToken": session,
                                               "expiration": int(later().timestamp() * 1000)}})
        elif parts.path.startswith("/container"):
            key, secret, token = self.keys((parts.path, self.headers.get("Authorization")))
            self.say(200, {"AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": stamp()})
        elif parts.path == "/latest/meta-data/iam/security-credentials/":
            self.say(200, "the-role", "text/plain")
        elif parts.path == "/latest/meta-data/iam/security-credentials/the-role":
            key, secret, token = self.keys("instance")
            self.say(200, {"Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": token,
                           "Expiration": stamp()})
        else:
            self.say(404, {})

    def do_PUT(self):  # noqa: N802
        self.say(200, "imds-token", "text/plain")

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if "Action=" in body:
            self.sts(parse_qs(body))
        else:
            self.say(400, {"error": "invalid_grant", "__type": "InvalidGrantException", "message": "no"})


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Services)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


# ---- random files

NAMES = ["a", "b", "c", "d", "default", "with space", "x.y"]


class Maker:
    """One random world: files below `home`, the environment, and which profile is asked for."""

    def __init__(self, rng, home, url):
        self.rng, self.home, self.url = rng, home, url
        self.env = {
            "HOME": str(home), "PATH": os.environ["PATH"], "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"), "AWS_ENDPOINT_URL": url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_DEFAULT_REGION": "eu-west-3", "AWS_REGION": "eu-west-3",
            "AWS_MAX_ATTEMPTS": "1",
        }  # fmt: skip

    def maybe(self, chance):
        return self.rng.random() < chance

    def key(self, kind):
        return f"{kind}{self.rng.randrange(10**6)}"

    def keys(self, chance=0.9):
        pairs = [("aws_access_key_id", self.key("AKIA")), ("aws_secret_access_key", self.key("s"))]
        if self.maybe(0.4):
            pairs.append((self.rng.choice(["aws_session_token", "aws_security_token"]), self.key("t")))
        return [pair for pair in pairs if self.maybe(chance)]

    def role(self):
        pairs = [("role_arn", f"arn:aws:iam::123456789012:role/{self.rng.choice(['A', 'B', 'C', 'D', 'forbidden'])}")]
        which = self.rng.random()
        if which < 0.75 or which > 0.97:
            pairs.append(("source_profile", self.rng.choice([*NAMES, "gone"] if self.maybe(0.2) else self.used)))
        if which > 0.75:
            sources = ["Environment", "EcsContainer", "Ec2InstanceMetadata", "Ec2InstanceMetadata", "Moon"]
            pairs.append(("credential_source", self.rng.choice(sources)))
        for key, value in [("external_id", "e-1"), ("role_session_name", "me"),
                           ("duration_seconds", self.rng.choice(["900", "3600", "many"]))]:  # fmt: skip
            if self.maybe(0.25):
                pairs.append((key, value))
        return pairs

    def web(self):
        path = self.home / "web-token"
        path.write_text("the.web.token")
        pairs = [("web_identity_token_file", str(path)), ("role_arn", "arn:aws:iam::123456789012:role/W")]
        return [pair for pair in pairs if self.maybe(0.95)]

    def sso(self):
        pairs = [("sso_account_id", "123456789012"), ("sso_role_name", "Engineer")]
        if self.maybe(0.5):
            pairs.append(("sso_session", self.rng.choice(["corp", "none"] if self.maybe(0.2) else ["corp"])))
        else:
            pairs += [("sso_start_url", START_URL), ("sso_region", "eu-west-1")]
        if self.maybe(0.1):
            pairs.append(("sso_region", "us-east-1"))
        return [pair for pair in dict(pairs).items() if self.maybe(0.95)]

    def process(self):
        answer = {"Version": self.rng.choice([1, 1, 1, 1, 2]), "AccessKeyId": self.key("AKP"),
                  "SecretAccessKey": self.key("s")}  # fmt: skip
        if self.maybe(0.5):
            answer |= {"SessionToken": "tok", "Expiration": stamp()}
        if self.maybe(0.1):
            del answer["SecretAccessKey"]
        text = json.dumps(answer).replace('"', '\\"')
        commands = [f'echo "{text}"', f"echo '{json.dumps(answer)}'", "false", f'printf %s "{text}"']
        command = self.rng.choice(commands)
        return [("credential_process", command)]

    def body(self):
        makers = [self.keys, self.role, self.sso, self.web, self.process, lambda: []]
        pairs = []
        for _ in range(self.rng.choice([1, 1, 1, 2])):
            pairs += self.rng.choices(makers, [6, 5, 3, 2, 2, 1])[0]()
        if self.maybe(0.3):
            pairs.append(("region", self.rng.choice(["eu-west-3", "us-east-1"])))
        return list(dict(pairs).items())

    def lines(self, pairs):
        rng = self.rng
        indent = rng.choice(["", "", "", "  ", "\t"])
        out = []
        for key, value in pairs:
            if self.maybe(0.1):
                out.append(rng.choice(["", "# note", "; note = x", "   # note"]))
            name = key.upper() if self.maybe(0.1) else key
            out.append(indent + name + rng.choice([" = ", "=", "  =\t"]) + value + rng.choice(["", "", "  "]))
        if self.maybe(0.15):
            out += [f"{indent}s3 =", f"{indent}  max_queue_size = 5", f"{indent}\taddressing_style = path"]
        return out

    def header(self, name):
        if name == "default" and self.maybe(0.8):
            return "[default]"
        quoted = f'"{name}"' if " " in name or self.maybe(0.2) else name
        return f"[profile{self.rng.choice([' ', '  ', chr(9)])}{quoted}]{self.rng.choice(['', '', ' ; why'])}"

    def write(self):
        rng = self.rng
        config, credentials = [], []
        self.used = rng.sample(NAMES, rng.randint(2, len(NAMES)))
        for name in self.used:
            config += [self.header(name), *self.lines(self.body())]
        if self.maybe(0.8):
            config += ["[sso-session corp]", f"sso_start_url = {START_URL}", "sso_region = eu-west-1"]
        if self.maybe(0.2):
            config += [rng.choice(["[plugins]", "[profile in valid]", "[other thing]"]), "x = 1"]
        if self.maybe(0.04):
            config.append(rng.choice(["no delimiter", "[profile open", "= value"]))
        for name in rng.sample(NAMES, rng.randint(0, 3)):
            credentials += [f"[{name}]", *self.lines(self.keys(0.95))]
        end = rng.choice(["\n", "\n", "\r\n"])
        (self.home / "config").write_text(end.join(config) + rng.choice(["", end]), newline="")
        if self.maybe(0.85):
            (self.home / "credentials").write_text(end.join(credentials) + end, newline="")
        self.tokens()
        self.environment()

    def tokens(self):
        cache = self.home / ".aws" / "sso" / "cache"
        cache.mkdir(parents=True)
        for key in ("corp", START_URL):
            if self.maybe(0.8):
                token = {"accessToken": self.rng.choice(["good-1", "good-2", "bad"]), "region": "eu-west-1",
                         "expiresAt": self.rng.choice([stamp(), stamp(-60)]), "startUrl": START_URL}  # fmt: skip
                (cache / (hashlib.sha1(key.encode()).hexdigest() + ".json")).write_text(json.dumps(token))

    def environment(self):
        rng, env = self.rng, self.env
        if self.maybe(0.25):
            env["AWS_ACCESS_KEY_ID"] = rng.choice(["AKIAENV", "AKIAENV", ""])
        if self.maybe(0.25):
            env["AWS_SECRET_ACCESS_KEY"] = "secret-env"
        for name in ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
            if self.maybe(0.1):
                env[name] = "token-" + name
        if self.maybe(0.05):
            env["AWS_CREDENTIAL_EXPIRATION"] = rng.choice([stamp(), stamp(-60)])
        if self.maybe(0.15):
            (self.home / "env-token").write_text("env.web.token")
            env["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(self.home / "env-token")
        if self.maybe(0.15):
            env["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/E"
        if self.maybe(0.2):
            env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.url + "/container/1"
            if self.maybe(0.5):
                env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "authorization"
        if self.maybe(0.5):
            env["AWS_EC2_METADATA_DISABLED"] = "true"
        for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            if self.maybe(0.15):
                env[name] = rng.choice([*NAMES, "ghost"] if self.maybe(0.2) else self.used)
        self.profile = rng.choice([*NAMES, "ghost"] if self.maybe(0.1) else self.used) if self.maybe(0.7) else None


# ---- botocore's answer

METHODS = {
    "env": "env", "assume-role": "assume-role", "assume-role-with-web-identity": "web-identity", "sso": "sso",
    "shared-credentials-file": "static", "config-file": "static", "custom-process": "process",
    "container-role": "container", "iam-role": "imds",
}  # fmt: skip


def with_environment(env):
    os.environ.clear()
    os.environ.update(env)


def botocore_resolves(maker):
    """(provider, id, secret, token) or None for any error."""
    before = dict(os.environ)
    with_environment(maker.env)
    # The CLI looks at AWS_PROFILE first (facts of its own session), botocore at the other.
    wanted = maker.profile
    first = maker.env.get("AWS_PROFILE") or maker.env.get("AWS_DEFAULT_PROFILE")
    if first:
        os.environ["AWS_PROFILE"] = os.environ["AWS_DEFAULT_PROFILE"] = first
    try:
        # read from HOME when the module is imported
        for holder in (botocore.credentials.SSOProvider, botocore.tokens.SSOTokenProvider):
            holder._SSO_TOKEN_CACHE_DIR = str(maker.home / ".aws" / "sso" / "cache")
        session = botocore.session.Session(profile=wanted)
        session.register_component("data_loader", LOADER)  # the models, read once
        # Each client asks for a bearer token first, which fails for a profile that names an SSO session that is not
        # there, though a role or a web identity gives the credentials. Ours asks for credentials alone.
        session.get_auth_token = lambda **_: None
        found = session.get_credentials()
        if found is None:
            return None
        frozen = found.get_frozen_credentials()
        return METHODS[found.method], frozen.access_key, frozen.secret_key, frozen.token
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError, RuntimeError, ValueError,
            KeyError):  # fmt: skip
        return None
    finally:
        with_environment(before)


def test_random_files_resolve_as_by_botocore(ask, url, tmp_path):
    """The same provider with the same keys, or an error from both."""
    differ, agreed, refused = [], {}, 0
    for case in range(CASES):
        home = tmp_path / str(case)
        home.mkdir()
        maker = Maker(random.Random(f"{SEED}-{case}"), home, url)
        maker.write()
        theirs = botocore_resolves(maker)
        said = ask(op="resolve", env=maker.env, profile=maker.profile, explicit=maker.profile is not None)
        ours = (said["provider"], said["id"], said["secret"], said.get("token")) if "provider" in said else None
        if ours != theirs:
            differ.append(f"case {case} profile {maker.profile}: "
                          f"ours {ours or said['error']['message']}, theirs {theirs}"
                          f"\n{ {k: v for k, v in maker.env.items() if k.startswith('AWS_')} }\n"
                          f"{(home / 'config').read_text()}")  # fmt: skip
        elif ours:
            agreed[ours[0]] = agreed.get(ours[0], 0) + 1
        else:
            refused += 1
            assert said["error"]["kind"] and said["error"]["message"]
    print(f"seed {SEED}: agreed {agreed}, refused by both {refused}", file=sys.stderr)
    assert not differ, f"seed {SEED}: {len(differ)} of {CASES} differ\n" + "\n".join(differ[:5])
    assert CASES < 300 or len(agreed) >= 8, "the random files reach every provider"


def test_random_files_are_read_as_by_botocore(ask, url, tmp_path):
    """Every profile with every key, sessions, services, nested values; or an error from both."""
    for case in range(CASES):
        home = tmp_path / str(case)
        home.mkdir()
        maker = Maker(random.Random(f"{SEED}-read-{case}"), home, url)
        maker.write()
        said = ask(op="profiles", env=maker.env)
        try:
            theirs = botocore.configloader.load_config(str(home / "config"))
            credentials = home / "credentials"
            more = botocore.configloader.raw_config_parse(str(credentials)) if credentials.exists() else {}
        except botocore.exceptions.ConfigParseError:
            assert "error" in said, f"seed {SEED} case {case}: only botocore refuses\n{(home / 'config').read_text()}"
            continue
        for name, values in more.items():
            theirs["profiles"].setdefault(name, {}).update(values)
        for kind in ("profiles", "sso_sessions", "services"):
            assert said.get(kind) == theirs[kind], f"seed {SEED} case {case}\n{(home / 'config').read_text()}"


def test_endpoints_are_botocores(ask):
    """Every service in every kind of region, with FIPS and dual-stack: botocore's endpoint rules."""
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    names = {"apigateway": "apigatewayv2", "tagging": "resourcegroupstaggingapi"}
    regions = ["eu-west-3", "us-east-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1", "eusc-de-east-1"]
    for region in regions:
        for fips, dual in ((0, 0), (1, 0), (0, 1), (1, 1)):
            if fips and region.startswith(("cn-", "eusc-")):
                continue  # there are none
            env = {"HOME": "/nonexistent", "AWS_USE_FIPS_ENDPOINT": str(bool(fips)),
                   "AWS_USE_DUALSTACK_ENDPOINT": str(bool(dual))}  # fmt: skip
            ours = ask(op="endpoint", env=env, region=region)
            for service, ours_url in ours.items():
                rules = loader.load_service_model(names.get(service, service), "endpoint-rule-set-1")
                more = {"UseGlobalEndpoint": False} if service == "sts" else {}
                theirs = botocore.endpoint_provider.EndpointProvider(rules, partitions).resolve_endpoint(
                    Region=region, UseFIPS=bool(fips), UseDualStack=bool(dual), **more
                )
                assert ours_url == theirs.url, f"{service} {region} fips {fips} dual-stack {dual}"

# SPDX-License-Identifier: MIT
"""A real AWS CLI v2 and this program on one home directory: signing in with one signs in the other, in both directions,
for Identity Center and for a role with a one-time code.

The CLI of Debian 12 (2.9) knows no endpoint variables: its own data path (AWS_DATA_PATH) leads it to the practice
cloud, newer ones are led by AWS_ENDPOINT_URL.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "wizard"))

from pseudo import Pseudo  # noqa: E402

SERVICES = {"sso": "2019-06-10", "sso-oidc": "2019-06-10", "sts": "2011-06-15"}
PROFILE, ACCOUNT, STAGING = "sso-production", "123456789012", "210987654321"
MFA = "arn:aws:iam::123456789012:mfa/camille"


def find_cli():
    """The first `aws` of version 2; other versions keep no such files."""
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/bin", "/usr/bin"]:
        path = shutil.which("aws", path=folder)
        if path:
            done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
            if "aws-cli/2" in done.stdout + done.stderr:
                return path
    return None


def find_program(name):
    for path in (os.environ.get("FOREST_BUILD"), ROOT / "build/asan", ROOT / "build/dev", ROOT / "build"):
        if path and (Path(path) / name).exists():
            return str(Path(path) / name)
    return None


@pytest.fixture(scope="module")
def cli():
    path = find_cli()
    if not path:
        pytest.skip("no AWS CLI of version 2 is installed (apt-get install awscli)")
    return path


class Home:
    """One user: a home directory, the CLI and this program on it."""

    def __init__(self, cloud, environment, cli, folder):
        self.cloud, self.cli, self.folder = cloud, cli, folder
        self.data = folder / "models"
        for service, version in SERVICES.items():
            self._lead(service, version)
        aws = folder / ".aws"
        aws.mkdir(mode=0o700)
        config = Path(environment["AWS_CONFIG_FILE"]).read_text()
        for name in ("mfa-first", "mfa-second"):  # two, so that one's session is not the other's
            config += f"\n[profile {name}]\nrole_arn = arn:aws:iam::{STAGING}:role/Engineer\nsource_profile = work\n"
            config += f"region = eu-west-3\nmfa_serial = {MFA}\nexternal_id = {name}\n"
        (aws / "config").write_text(config)
        shutil.copy(environment["AWS_SHARED_CREDENTIALS_FILE"], aws / "credentials")
        kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        self.env = kept | {
            "HOME": str(folder), "AWS_DATA_PATH": str(self.data), "AWS_ENDPOINT_URL": cloud.url, "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true", "XDG_STATE_HOME": str(folder / "state"), "BROWSER": "/bin/false",
            "XDG_CACHE_HOME": str(folder / "cache"), "LC_ALL": "C.UTF-8",
        }  # fmt: skip

    def _lead(self, service, version):
        """An endpoint rule that has one answer."""
        builtin = {"Region": ("AWS::Region", "String"), "UseDualStack": ("AWS::UseDualStack", "Boolean"),
                   "UseFIPS": ("AWS::UseFIPS", "Boolean"), "Endpoint": ("SDK::Endpoint", "String")}  # fmt: skip
        parameters = {
            name: {"builtIn": where, "required": False, "type": kind, "documentation": ""}
            for name, (where, kind) in builtin.items()
        }
        if service == "sts":
            parameters["UseGlobalEndpoint"] = {"builtIn": "AWS::STS::UseGlobalEndpoint", "required": False,
                                               "type": "Boolean", "documentation": ""}  # fmt: skip
        endpoint = {"url": self.cloud.url, "properties": {}, "headers": {}}
        rule = {"conditions": [], "type": "endpoint", "endpoint": endpoint}
        path = self.data / service / version / "endpoint-rule-set-1.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"version": "1.0", "parameters": parameters, "rules": [rule]}))

    def aws(self, *words, **options):
        return subprocess.run([self.cli, *words], env=self.env, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, **options)  # fmt: skip

    def code(self):
        """What the authenticator shows now; after one that was used, of the next half minute."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self.cloud.url}/_practice/mfa", timeout=30) as answer:
                shown = json.load(answer)[MFA]
            if shown:
                return shown
            time.sleep(0.2)
        raise AssertionError("no new code within two minutes")

    def who_says_the_cli(self, profile):
        done = self.aws("sts", "get-caller-identity", "--profile", profile)
        return json.loads(done.stdout)["Account"] if done.returncode == 0 else done.stderr

    def who_say_we(self, profile):
        words = [find_program("forest-setup"), "profiles", "--json"]
        done = subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        row = next(row for row in rows if row.get("name") == profile)
        return row["account"] if "principal" in row else row["code"]

    def cli_signs_in(self, profile):
        """aws sso login, as a person would: the page that it names is opened."""
        words = [self.cli, "sso", "login", "--profile", profile, "--no-browser"]
        running = subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ""
        for line in running.stdout:
            said += line
            page = re.search(rf"{re.escape(self.cloud.url)}/\S*(user_code=|authorize\?)\S+", line)
            if page:
                urllib.request.urlopen(page.group(), timeout=30).read()
        assert running.wait(120) == 0, said

    def we_sign_in(self, **question):
        """What the wizard's dialog does, by the helper program: shows a page, waits, writes the token."""
        running = subprocess.Popen([find_program("tests/credentials")], env=self.env, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        running.stdin.write(json.dumps({"env": self.env, **question}) + "\n")
        running.stdin.flush()
        said = json.loads(running.stdout.readline())
        if "url" in said:
            urllib.request.urlopen(said["url"], timeout=30).read()
            said = json.loads(running.stdout.readline())
        running.stdin.close()
        assert running.wait(60) == 0
        assert "error" not in said, said


@pytest.fixture
def home(cloud, environment, cli, tmp_path):
    if not find_program("forest-setup") or not find_program("tests/credentials"):
        pytest.skip("forest-setup and its helper tests/credentials are not built")
    return Home(cloud, environment, cli, tmp_path)


def test_the_cli_signs_in_and_so_are_we(home):
    assert home.who_say_we(PROFILE) == "sso-login"
    home.cli_signs_in(PROFILE)
    assert home.who_say_we(PROFILE) == ACCOUNT


def test_we_sign_in_and_so_is_the_cli(home):
    assert home.who_says_the_cli(PROFILE) != ACCOUNT  # "Error loading SSO Token", or "run aws sso login"
    home.we_sign_in(op="sso_login", profile=PROFILE)
    assert home.who_says_the_cli(PROFILE) == ACCOUNT


def test_what_one_refreshes_the_other_uses(home):
    """Our token about to end: we refresh it in the same file, and the CLI goes on with the new one."""
    home.we_sign_in(op="sso_login", profile=PROFILE)
    file = next((home.folder / ".aws/sso/cache").glob("*.json"))
    token = json.loads(file.read_text())
    file.write_text(json.dumps(token | {"expiresAt": "2026-01-01T00:00:00Z"}))
    assert home.who_say_we(PROFILE) == ACCOUNT
    fresh = json.loads(file.read_text())
    assert fresh["accessToken"] != token["accessToken"]
    assert home.who_says_the_cli(PROFILE) == ACCOUNT


def test_a_code_that_we_asked_for_is_not_asked_again_by_the_cli(home):
    assert home.who_say_we("mfa-first") == "mfa-code"
    home.we_sign_in(op="mfa", profile="mfa-first", code=home.code())
    assert home.who_says_the_cli("mfa-first") == STAGING


def test_a_code_that_the_cli_asked_for_is_not_asked_again_by_us(home):
    words = [home.cli, "sts", "get-caller-identity", "--profile", "mfa-second"]
    with Pseudo(words, home.env) as p:
        p.read_until(b"MFA code")
        p.send(home.code().encode() + b"\n")
        assert p.wait(120) == 0, p.out
    assert home.who_say_we("mfa-second") == STAGING

# SPDX-License-Identifier: MIT
"""The files that a user of the sample world has: ~/.aws (as state/aws/), a forest-cli login (state/home/) and
the sample answers for this cloud's ports (state/setup.json).

The profiles are one of each kind that the AWS CLI knows, with the names that people really give them. Nothing is
written outside the state folder; cloud.exports names the files to every client.
"""

import hashlib
import json
import shlex
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from practice import signin
from practice.seed import sample

SETUP = Path(__file__).resolve().parents[2] / "setup.json"
ROLE = f"arn:aws:iam::{sample.STAGING_ACCOUNT}:role"


def config(process_file: Path) -> dict[str, dict[str, str]]:
    """Sections of the config file, in order."""
    region = sample.REGION
    return {
        "default": {"region": region, "output": "json"},
        "profile work": {"region": region},
        "profile engineer": {"region": region},
        "profile staging": {"role_arn": f"{ROLE}/Engineer", "source_profile": "work", "region": region},
        "profile audit": {
            "role_arn": f"{ROLE}/Auditor",
            "source_profile": "work",
            "role_session_name": "camille-audit",
            "duration_seconds": "3600",
            "region": region,
        },
        "profile on-call": {
            "role_arn": f"{ROLE}/OnCall",
            "source_profile": "work",
            "mfa_serial": sample.MFA_SERIAL,
            "region": region,
        },
        "profile ireland": {"region": "eu-west-1"},
        "profile virginia": {"region": "us-east-1"},
        "profile temporary": {"region": region},
        "profile expired": {"region": region},
        "profile broken": {"region": region},
        "profile process": {
            "region": region,
            "credential_process": f"/bin/cat {shlex.quote(str(process_file))}",
        },
        # A name with a blank is quoted in this file, as `aws configure` writes it, and bare in the other.
        "profile 'no region'": {},
        "profile équipe-données": {"region": region},
        "profile name+with=odd,chars@2": {"region": region},
        "profile login": {"login_session": signin.SESSION, "region": region},
        "profile sso-production": {
            "sso_session": "acme",
            "sso_account_id": sample.PRODUCTION_ACCOUNT,
            "sso_role_name": "Engineer",
            "region": region,
        },
        "sso-session acme": {
            "sso_start_url": "https://acme.awsapps.com/start",
            "sso_region": region,
            "sso_registration_scopes": "sso:account:access",
        },
    }


def credentials() -> dict[str, dict[str, str]]:
    work = {
        "aws_access_key_id": sample.WORK_KEY.access_key_id,
        "aws_secret_access_key": sample.WORK_KEY.secret_access_key,
    }
    same = (
        "default",
        "work",
        "ireland",
        "virginia",
        "no region",
        "équipe-données",
        "name+with=odd,chars@2",
    )
    sections = {name: work for name in same}
    sections["engineer"] = {
        "aws_access_key_id": sample.ENGINEER_KEY.access_key_id,
        "aws_secret_access_key": sample.ENGINEER_KEY.secret_access_key,
    }
    for name, key in (("temporary", sample.SESSION_KEY), ("expired", sample.EXPIRED_KEY)):
        sections[name] = {
            "aws_access_key_id": key.access_key_id,
            "aws_secret_access_key": key.secret_access_key,
            "aws_session_token": key.session_token or "",
        }
    sections["broken"] = work | {"aws_secret_access_key": sample.BROKEN_SECRET}
    return sections


def render(sections: dict[str, dict[str, str]]) -> str:
    """An INI file as the AWS CLI writes it."""
    text = "# The practice cloud's sample: these keys open nothing but the practice cloud on this machine.\n"
    for name, values in sections.items():
        text += f"\n[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
    return text


def write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def setup_file(port: int) -> str:
    """The sample answers of assets/practice/setup.json, which name the ports of a cloud on 4100, for another port."""
    text = SETUP.read_text(encoding="utf-8")
    for offset in (2, 4):
        text = text.replace(f"127.0.0.1:{4100 + offset}", f"127.0.0.1:{port + offset}")
    return text


def login_file(cloud: Any) -> str:
    """What `aws login` left in the morning: keys that have ended, and what refreshes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_numbers()
    point = {name: urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode() for name, n in
             (("x", public.x), ("y", public.y))}  # fmt: skip
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    client = signin.CLIENTS[0]
    token = {
        "accessToken": {
            "accessKeyId": "ASIAPRACTICELOGIN005",
            "secretAccessKey": "practice/login+secretAccessKey/00000005",
            "sessionToken": "FwoGZXIvYXdzPRACTICEloginTokenThatHasExpired0123456789==",
            "accountId": sample.PRODUCTION_ACCOUNT,
            "expiresAt": "2026-01-01T08:15:00Z",
        },
        "tokenType": "aws_sigv4",
        "clientId": client,
        "refreshToken": cloud.signin.begin(client, {"kty": "EC", "crv": "P-256", **point}),
        "dpopKey": pem,
    }
    return json.dumps(token)


def write(cloud: Any) -> None:
    folder = cloud.config.state_dir / "aws"
    home = cloud.config.state_dir / "home"
    process = {
        "Version": 1,
        "AccessKeyId": sample.WORK_KEY.access_key_id,
        "SecretAccessKey": sample.WORK_KEY.secret_access_key,
    }
    write_private(folder / "process.json", json.dumps(process) + "\n")
    write_private(folder / "config", render(config(folder / "process.json")))
    write_private(folder / "credentials", render(credentials()))
    login = folder / "login" / f"{hashlib.sha256(signin.SESSION.encode()).hexdigest()}.json"
    write_private(login, login_file(cloud))
    write_private(cloud.config.state_dir / "setup.json", setup_file(cloud.config.port))
    write_private(home / ".forest.d" / ".forestrc", sample.FOREST_APPLICATION_TOKEN)
    cloud.exports.update(
        {
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_LOGIN_CACHE_DIRECTORY": str(folder / "login"),
            "FOREST_SERVER_URL": f"http://127.0.0.1:{cloud.config.port + 2}",
            # The wizard's default in the practice cloud, whose registry has the base image.
            "FOREST_SETUP_BASE_IMAGE": f"127.0.0.1:{cloud.config.port + 4}/docker/library/node:22-slim",
            # forest-cli and forest-setup look for .forest.d below this folder instead of the home folder.
            "TOKEN_PATH": str(home),
            # What setup.json refers to as env:NAME.
            "FOREST_ENV_SECRET": sample.FOREST_PRODUCTION_SECRET,
            "POSTGRESQL_URL": sample.DATABASE_URL,
        }
    )

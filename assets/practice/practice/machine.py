# SPDX-License-Identifier: MIT
"""What a machine of AWS offers the programs on it: the metadata service of an EC2 instance, version 2 (and 1 when it
is allowed), and the credentials of a container (ECS, EKS Pod Identity).

Reached over the variables that the SDKs know: AWS_EC2_METADATA_SERVICE_ENDPOINT=URL of the cloud, and
AWS_CONTAINER_CREDENTIALS_FULL_URI=URL/container/credentials with AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN (or the
_FILE form). Neither is exported: only who asks for it is on such a machine. What was asked is told by the control
endpoint machine; {"imds_v1": true} and {"role": false} change it.
Paths, headers, statuses: EC2 User Guide, "Use the Instance Metadata Service"; aws.md 9.8.
"""

import datetime
import json
import secrets
import threading
from typing import TYPE_CHECKING, Any

from practice import emulator
from practice.errors import Answer, json_answer
from practice.signature import Key

if TYPE_CHECKING:
    from practice.cloud import Cloud

METADATA, CONTAINER = "/latest/", "/container/credentials"
TOKEN_PATH, ROLES = "/latest/api/token", "/latest/meta-data/iam/security-credentials/"
ROLE, INSTANCE, ZONE = "practice-machine", "i-0123456789abcdef0", "a"
AUTHORIZATION = "practice-container-token"
TTL_MOST_S, KEY_LIFE_S = 21600, 6 * 3600


def recognises(path: str) -> bool:
    return path.startswith(METADATA) or path == CONTAINER


def text(body: str, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", "text/plain")], body.encode())


class Machine:
    """Tokens and what was asked. Thread-safe."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._tokens: set[str] = set()
        self._asked: list[str] = []
        self._settings = {"imds_v1": False, "role": True}

    def asked(self) -> list[str]:
        with self._lock:
            return list(self._asked)

    def change(self, changes: dict[str, Any]) -> dict[str, Any]:
        unknown = set(changes) - set(self._settings)
        if unknown:
            raise ValueError(f"there is no {', '.join(sorted(unknown))}")
        with self._lock:
            self._settings |= changes
            self._asked.clear()
            return dict(self._settings)

    def answer(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        with self._lock:
            self._asked.append(f"{method} {path}")
            if path == CONTAINER:
                return self._container(headers)
            if "x-forwarded-for" in headers:  # a proxy must not speak for the instance
                return text("", 403)
            if path == TOKEN_PATH:
                return self._token(method, headers)
            given = headers.get("x-aws-ec2-metadata-token")
            if given not in self._tokens and not (given is None and self._settings["imds_v1"]):
                return text("", 401)
            return self._metadata(path) if method == "GET" else text("", 405)

    def _token(self, method: str, headers: dict[str, str]) -> Answer:
        seconds = headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        if method != "PUT":
            return text("", 405)
        if not seconds.isdigit() or not 0 < int(seconds) <= TTL_MOST_S:
            return text("", 400)
        token = secrets.token_urlsafe(40) + "=="
        self._tokens.add(token)
        return text(token)

    def _metadata(self, path: str) -> Answer:
        region = self._cloud.region
        place = {
            "/latest/meta-data/placement/region": region,
            "/latest/meta-data/placement/availability-zone": region + ZONE,
            "/latest/meta-data/instance-id": INSTANCE,
        }
        if path.rstrip("/") in place:
            return text(place[path.rstrip("/")])
        if path == ROLES and self._settings["role"]:
            return text(ROLE)
        if path == ROLES + ROLE and self._settings["role"]:
            return json_answer({"Code": "Success", "Type": "AWS-HMAC", **self._keys(INSTANCE)})
        return text("", 404)

    def _container(self, headers: dict[str, str]) -> Answer:
        if headers.get("authorization") != AUTHORIZATION:
            return json_answer(
                {"code": "AccessDenied", "message": "The authorization token is not valid."}, 401
            )
        return json_answer(
            {"RoleArn": f"arn:aws:iam::{self._cloud.account}:role/{ROLE}", **self._keys("task")}
        )

    def _keys(self, session: str) -> dict[str, str]:
        now = datetime.datetime.now(datetime.UTC)
        expires = now + datetime.timedelta(seconds=KEY_LIFE_S)
        account = self._cloud.account
        machine_role(account)
        key = self._cloud.credentials.add(
            Key("ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), account,
                principal=f"arn:aws:sts::{account}:assumed-role/{ROLE}/{session}",
                user_id=f"AROAPRACTICEMACHINE0:{session}", token=secrets.token_urlsafe(200), expires=expires)
        )  # fmt: skip
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        return {
            "AccessKeyId": key.access_key,
            "SecretAccessKey": key.secret,
            "Token": key.token or "",
            "Expiration": expires.strftime(stamp),
            "LastUpdated": now.strftime(stamp),
        }


def machine_role(account: str) -> None:
    """The role of the instance profile and of the task, made when it is first used."""
    services = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": services},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
    with emulator.lock:
        iam = emulator.backend("iam", account, "aws")
        if not any(one.name == ROLE for one in iam.roles.values()):
            iam.create_role(ROLE, json.dumps(trust), "/", None, "", [], "3600")
            iam.attach_role_policy("arn:aws:iam::aws:policy/AdministratorAccess", ROLE)

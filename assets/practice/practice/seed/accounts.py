# SPDX-License-Identifier: MIT
"""Accounts, users, roles and the keys that open them. See sample.py for the values and profiles.py for the files."""

import copy
import datetime
import json
from pathlib import Path
from typing import Any

from practice import emulator
from practice.seed import sample
from practice.signature import Key

ALIASES = {sample.PRODUCTION_ACCOUNT: "acme-prod", sample.STAGING_ACCOUNT: "acme-staging"}
ADMINISTRATOR = "AdministratorAccess"
# Roles that people of the production account may take. Whoever only looks is an Auditor.
ROLES = {
    sample.PRODUCTION_ACCOUNT: {"Engineer": ADMINISTRATOR},
    sample.STAGING_ACCOUNT: {"Engineer": ADMINISTRATOR, "Auditor": "ReadOnlyAccess", "OnCall": ADMINISTRATOR},
}
WITH_A_CODE = {"OnCall"}  # only for whoever has proved with a one-time code who they are
OPERATOR_POLICY = Path(__file__).resolve().parents[3] / "policies" / "operator.json"
MANAGED_POLICY_LIMIT = 6144  # characters without white space (IAM quotas)


def seed(cloud: Any) -> None:
    for account, alias in ALIASES.items():
        emulator.backend("iam", account, "aws").create_account_alias(alias)
    camille = _user(cloud, "camille", "AIDAPRACTICECAMILLE1", sample.WORK_KEY)
    camille.attach_user_policy(f"arn:aws:iam::aws:policy/{ADMINISTRATOR}", "camille")
    _authenticator(camille)
    _temporary(cloud)
    _roles()


def _user(cloud: Any, name: str, user_id: str, known: sample.Key) -> Any:
    """A user with that long-term key. Returns moto's IAM backend."""
    iam = emulator.backend("iam", sample.PRODUCTION_ACCOUNT, "aws")
    user = iam.create_user(cloud.region, name)
    user.id = user_id
    # moto finds who calls by the key: give it this one in place of the random one it makes.
    key = iam.create_access_key(name, "AKIA")
    del iam.access_keys[key.access_key_id]
    key.access_key_id, key.secret_access_key = known.access_key_id, known.secret_access_key
    iam.access_keys[key.access_key_id] = key
    cloud.credentials.add(
        Key(known.access_key_id, known.secret_access_key, known.account, principal=user.arn, user_id=user.id)
    )
    return iam


def _authenticator(iam: Any) -> None:
    """camille's virtual MFA device."""
    device = iam.create_virtual_mfa_device(sample.MFA_NAME, "/")
    device.base32_string_seed = sample.MFA_SEED
    iam.enable_mfa_device(sample.MFA_NAME, device.serial_number, "", "")


def seed_engineer(cloud: Any) -> None:
    """noor, with the least rights that forest-setup needs, split as IAM's limit on a policy's size wants it."""
    group = cloud.sample["prod"].groups["storefront-db"]
    iam = _user(cloud, "noor", "AIDAPRACTICENOOR0001", sample.ENGINEER_KEY)
    for number, document in enumerate(operator_policies(sample.PRODUCTION_ACCOUNT, cloud.region, group), 1):
        policy = iam.create_policy(
            "forest-setup operator", "/", json.dumps(document), f"forest-setup-operator-{number}", []
        )
        iam.attach_user_policy(policy.arn, "noor")


def operator_policies(account: str, region: str, database_group: str) -> list[dict[str, Any]]:
    """assets/policies/operator.json filled in, as documents that IAM takes as managed policies."""
    text = OPERATOR_POLICY.read_text(encoding="utf-8")
    values = {"PARTITION": "aws", "ACCOUNT": account, "REGION": region, "PREFIX": "forestadmin-"}
    for name, value in {**values, "DATABASE_GROUP": database_group}.items():
        text = text.replace("${" + name + "}", value)
    documents: list[dict[str, Any]] = []
    for statement in json.loads(text)["Statement"]:
        candidate = {"Version": "2012-10-17", "Statement": [statement]}
        if documents:
            candidate["Statement"] = [*documents[-1]["Statement"], statement]
        if documents and len(json.dumps(candidate, separators=(",", ":"))) <= MANAGED_POLICY_LIMIT:
            documents[-1] = candidate
        else:
            documents.append({"Version": "2012-10-17", "Statement": [statement]})
    return documents


def _temporary(cloud: Any) -> None:
    """Two sessions: one that lasts the day, one that ended last night."""
    now = datetime.datetime.now(datetime.UTC)
    rows = (
        (sample.SESSION_KEY, datetime.timedelta(hours=12)),
        (sample.EXPIRED_KEY, datetime.timedelta(hours=-9)),
    )
    for key, age in rows:
        cloud.credentials.add(
            Key(
                key.access_key_id,
                key.secret_access_key,
                key.account,
                principal=f"arn:aws:sts::{key.account}:assumed-role/Engineer/camille",
                user_id="AROAPRACTICEENGINEER:camille",
                token=key.session_token,
                expires=now + age,
            )
        )


def _roles() -> None:
    trust: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{sample.PRODUCTION_ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    guarded = copy.deepcopy(trust)
    guarded["Statement"][0]["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    for account, roles in ROLES.items():
        iam = emulator.backend("iam", account, "aws")
        for name, policy in roles.items():
            document = guarded if name in WITH_A_CODE else trust
            iam.create_role(name, json.dumps(document), "/", None, "for people of Acme-prod", [], "3600")
            iam.attach_role_policy(f"arn:aws:iam::aws:policy/{policy}", name)

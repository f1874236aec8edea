# SPDX-License-Identifier: MIT
"""Accounts, users, roles and the keys that open them. See sample.py for the values and profiles.py for the files."""

import datetime
import json
from typing import Any

from practice import emulator
from practice.seed import sample
from practice.signature import Key

ALIASES = {sample.PRODUCTION_ACCOUNT: "acme-prod", sample.STAGING_ACCOUNT: "acme-staging"}
# Roles of the staging account that people of the production account may take.
STAGING_ROLES = {"Engineer": "PowerUserAccess", "Auditor": "ReadOnlyAccess"}


def seed(cloud: Any) -> None:
    for account, alias in ALIASES.items():
        emulator.backend("iam", account, "aws").create_account_alias(alias)
    _user(cloud)
    _temporary(cloud)
    _roles()


def _user(cloud: Any) -> None:
    """camille, whose long-term key is the profile `work` (and, spoiled, `broken`)."""
    iam = emulator.backend("iam", sample.PRODUCTION_ACCOUNT, "aws")
    user = iam.create_user(cloud.region, "camille")
    user.id = "AIDAPRACTICECAMILLE1"
    iam.attach_user_policy("arn:aws:iam::aws:policy/AdministratorAccess", "camille")
    # moto finds who calls by the key: give it this one in place of the random one it makes.
    key = iam.create_access_key("camille", "AKIA")
    del iam.access_keys[key.access_key_id]
    key.access_key_id = sample.WORK_KEY.access_key_id
    key.secret_access_key = sample.WORK_KEY.secret_access_key
    iam.access_keys[key.access_key_id] = key
    cloud.credentials.add(
        Key(
            sample.WORK_KEY.access_key_id,
            sample.WORK_KEY.secret_access_key,
            sample.PRODUCTION_ACCOUNT,
            principal=user.arn,
            user_id=user.id,
        )
    )


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
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{sample.PRODUCTION_ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = emulator.backend("iam", sample.STAGING_ACCOUNT, "aws")
    for name, policy in STAGING_ROLES.items():
        iam.create_role(name, json.dumps(trust), "/", None, "for people of Acme-prod", [], "3600")
        iam.attach_role_policy(f"arn:aws:iam::aws:policy/{policy}", name)

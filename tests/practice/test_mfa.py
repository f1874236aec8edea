# SPDX-License-Identifier: MIT
"""One-time codes as STS and IAM take them."""

import datetime
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from practice.rules import mfa
from practice.seed import sample

ROLE = f"arn:aws:iam::{sample.STAGING_ACCOUNT}:role/OnCall"


@pytest.fixture
def sts(cloud):
    key = sample.WORK_KEY
    return boto3.client(
        "sts",
        endpoint_url=cloud.url,
        region_name=cloud.region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
    )


@pytest.fixture
def code(cloud):
    """The code of camille's device; none of it is used yet."""
    for device in mfa.devices(cloud.account):
        device.used_step = 0
    return mfa.shown(cloud)[sample.MFA_SERIAL]


def assume(sts, **changes):
    return sts.assume_role(RoleArn=ROLE, RoleSessionName="camille", **changes)


def refusal(action, *arguments, **options):
    with pytest.raises(ClientError) as caught:
        action(*arguments, **options)
    answer = caught.value.response
    return (
        answer["Error"]["Code"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Message"],
    )


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B: SHA-1, the last six of its eight digits."""
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    vectors = {
        59: "287082",
        1111111109: "081804",
        1234567890: "005924",
        20000000000: "353130",
    }
    assert {at: mfa.code(seed, at // mfa.STEP_SECONDS) for at in vectors} == vectors


def test_a_guarded_role_wants_a_code(sts, code):
    assert refusal(assume, sts)[:2] == ("AccessDenied", 403)
    made = assume(sts, SerialNumber=sample.MFA_SERIAL, TokenCode=code)
    assert made["AssumedRoleUser"]["Arn"].endswith("assumed-role/OnCall/camille")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"SerialNumber": sample.MFA_SERIAL},
            "must provide both MFA serial number and one time pass code",
        ),
        (
            {"TokenCode": "123456"},
            "must provide both MFA serial number and one time pass code",
        ),
        (
            {"SerialNumber": sample.MFA_SERIAL, "TokenCode": "wrong"},
            "invalid MFA one time pass code",
        ),
        (
            {"SerialNumber": sample.MFA_SERIAL + "2", "TokenCode": "right"},
            "unable to validate MFA code",
        ),
    ],
)
def test_codes_that_do_not_fit(sts, code, given, says):
    words = {"right": code, "wrong": str((int(code) + 1) % 10**6).zfill(6)}
    given = {name: words.get(value, value) for name, value in given.items()}
    error, status, message = refusal(assume, sts, **given)
    assert (error, status) == ("AccessDenied", 403) and says in message


def test_a_code_counts_once(sts, code):
    sts.get_session_token(SerialNumber=sample.MFA_SERIAL, TokenCode=code)
    assert "invalid MFA one time pass code" in refusal(assume, sts, SerialNumber=sample.MFA_SERIAL, TokenCode=code)[2]


def test_a_session_remembers_its_code(cloud, sts, code):
    """aws:MultiFactorAuthPresent is there for all that the session does, and "false" in one without."""
    made = sts.get_session_token(SerialNumber=sample.MFA_SERIAL, TokenCode=code)["Credentials"]
    plain = sts.get_session_token()["Credentials"]

    def of(keys):
        return boto3.client(
            "sts",
            endpoint_url=cloud.url,
            region_name=cloud.region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    assert assume(of(made))["Credentials"]["Expiration"] > datetime.datetime.now(datetime.UTC)
    assert refusal(assume, of(plain))[0] == "AccessDenied"


def test_a_device_is_enabled_with_two_codes_in_a_row(client, unique):
    iam = client("iam")
    iam.create_user(UserName=unique)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=unique)["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()

    def enable(first, second):
        return iam.enable_mfa_device(
            UserName=unique,
            SerialNumber=device["SerialNumber"],
            AuthenticationCode1=mfa.code(seed, first),
            AuthenticationCode2=mfa.code(seed, second),
        )

    step = int(time.time()) // mfa.STEP_SECONDS
    assert refusal(enable, step, step + 2)[:2] == ("InvalidAuthenticationCode", 403)
    enable(step, step + 1)
    assert iam.list_mfa_devices(UserName=unique)["MFADevices"][0]["SerialNumber"] == device["SerialNumber"]

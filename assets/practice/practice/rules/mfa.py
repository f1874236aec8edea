# SPDX-License-Identifier: MIT
"""One-time codes: virtual MFA devices (RFC 6238, six digits, thirty seconds) and sessions that are asked for with one.
What policies read of it: permissions/judge.py.

Sources: IAM user guide ("Enabling a virtual MFA device", "Configuring MFA-protected API access", "Global condition
context keys"), STS API reference (SerialNumber, TokenCode), RFC 6238. The sentences of refusals are STS's own, as users
of the AWS CLI quote them.
"""

import base64
import datetime
import hashlib
import hmac
import struct
import time
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before

STEP_SECONDS = 30
DIGITS = 6
# A clock may be off by a step.
STEPS = (-1, 0, 1)


def code(seed: str, step: int) -> str:
    """The code of a base32 seed in that step of thirty seconds since 1970."""
    digest = hmac.digest(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_now() -> int:
    return int(time.time()) // STEP_SECONDS


def step_of(device: Any, given: str) -> int | None:
    """The step whose code was given, now or one beside it."""
    steps = [step_now() + offset for offset in STEPS]
    return next((step for step in steps if code(device.base32_string_seed, step) == given), None)


def devices(account: str) -> list[Any]:
    """The virtual devices of an account that a user has enabled."""
    known = emulator.backend("iam", account, here()).virtual_mfa_devices.values()
    return [device for device in known if device.user is not None]


def _device(cloud: Cloud, call: Call) -> Any:
    """The caller's own device with the call's serial number."""
    key = cloud.credentials.of(call)
    for device in devices(call.account):
        if device.serial_number == call.params["SerialNumber"] and device.user.arn == key.principal:
            return device
    return None


def _failed(why: str) -> AwsError:
    return AwsError("AccessDenied", f"MultiFactorAuthentication failed{why}", 403)


# Both or none; the caller's own device; the code of this moment, and each code once.
@before("sts", "AssumeRole", "GetSessionToken")
def one_time_code(cloud: Cloud, call: Call) -> None:
    serial, given = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if not serial and not given:
        return
    if not serial or not given:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    device = _device(cloud, call)
    if device is None:
        raise _failed(
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated "
            "with this user."
        )
    step = step_of(device, given)
    if step is None or step <= getattr(device, "used_step", 0):
        raise _failed(" with invalid MFA one time pass code. ")
    device.used_step = step
    call.proven_at = datetime.datetime.now(datetime.UTC)


# A device is enabled with two codes, one after the other.
@before("iam", "EnableMFADevice")
def two_codes_in_a_row(_cloud: Cloud, call: Call) -> None:
    iam = emulator.backend("iam", call.account, here())
    device = iam.virtual_mfa_devices.get(call.params["SerialNumber"])
    if device is None:
        return  # a device of hardware, whose seed only its maker knows
    first = step_of(device, call.params["AuthenticationCode1"])
    second = call.params["AuthenticationCode2"]
    if first is None or code(device.base32_string_seed, first + 1) != second:
        raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)


def shown(cloud: Cloud) -> dict[str, Any]:
    """What the authenticators show that nobody has used yet, by serial number, for GET /_practice/mfa; None until the
    next step."""
    found = {}
    with emulator.lock:
        for device in devices(cloud.account):
            step = max(step_now(), getattr(device, "used_step", 0) + 1)
            usable = step <= step_now() + max(STEPS)
            found[device.serial_number] = code(device.base32_string_seed, step) if usable else None
    return found

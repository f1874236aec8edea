# SPDX-License-Identifier: MIT
"""KMS operations that take a key's ARN as well as its id, and answer with the ARN.

Source: KMS API reference (KeyId of each action: "Specify the key ID or key ARN"; KeyId of the answers: the key ARN).
"""

import functools
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import after

BY_ID_ALONE = ("schedule_key_deletion", "cancel_key_deletion", "enable_key", "disable_key")


def install(_cloud: Cloud) -> None:
    """moto finds the key by its id alone and crashes on an ARN."""
    from moto.kms.models import KmsBackend

    for name in BY_ID_ALONE:
        setattr(KmsBackend, name, _by_any_name(getattr(KmsBackend, name)))


def _by_any_name(method: Any) -> Any:
    @functools.wraps(method)
    def call(self: Any, key_id: str, *rest: Any, **named: Any) -> Any:
        return method(self, self.any_id_to_key_id(key_id), *rest, **named)

    return call


# ScheduleKeyDeletion and CancelKeyDeletion answer with the key's ARN.
@after("kms", "ScheduleKeyDeletion", "CancelKeyDeletion")
def answer_with_the_arn(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    key = emulator.backend("kms", call.account, call.region).keys.get(result["KeyId"].rpartition("/")[2])
    return None if key is None else {**result, "KeyId": key.arn}

# SPDX-License-Identifier: MIT
"""KMS operations that take a key's ARN as well as its id, and answer with the ARN.

Source: KMS API reference (KeyId of each action: "Specify the key ID or key ARN"; KeyId of the answers: the key ARN).
"""

from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import after


# ScheduleKeyDeletion and CancelKeyDeletion answer with the key's ARN.
@after("kms", "ScheduleKeyDeletion", "CancelKeyDeletion")
def answer_with_the_arn(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    key = emulator.backend("kms", call.account, call.region).keys.get(result["KeyId"].rpartition("/")[2])
    return None if key is None else {**result, "KeyId": key.arn}

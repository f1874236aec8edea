# SPDX-License-Identifier: MIT
"""KMS keys as other services look at them: by id, ARN or alias, there and enabled. No rule is registered here."""

from typing import Any

from practice import emulator
from practice.identify import Call


def find(call: Call, name: str) -> Any:
    """The key with this id, key ARN, alias or alias ARN; None when there is none in the call's account and region."""
    kms = emulator.backend("kms", call.account, call.region).keys
    last = name.rpartition(":")[2] if name.startswith("arn:") else name
    if last.startswith("alias/"):
        return next((key for key in kms.values() if last in key.aliases), None)
    return kms.get(last.removeprefix("key/"))


def usable(call: Call, name: str) -> bool:
    """True for a key that can encrypt now. AWS's own aliases always can."""
    if name.rpartition(":")[2].startswith("alias/aws/"):
        return True
    key = find(call, name)
    return key is not None and key.key_state == "Enabled"

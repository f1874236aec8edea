# SPDX-License-Identifier: MIT
"""moto's KMS finds a key by its id alone in some operations, and crashes on an ARN (KMS API reference, KeyId)."""

import functools
from typing import Any

BY_ID_ALONE = ("schedule_key_deletion", "cancel_key_deletion", "enable_key", "disable_key")


def install(_cloud: Any) -> None:
    take_arns()


@functools.cache
def take_arns() -> None:
    from moto.kms.models import KmsBackend

    for name in BY_ID_ALONE:
        setattr(KmsBackend, name, by_any_name(getattr(KmsBackend, name)))


def by_any_name(method: Any) -> Any:
    @functools.wraps(method)
    def call(self: Any, key_id: str, *rest: Any, **named: Any) -> Any:
        return method(self, self.any_id_to_key_id(key_id), *rest, **named)

    return call

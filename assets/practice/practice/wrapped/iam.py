# SPDX-License-Identifier: MIT
"""moto's IAM: AWS's own policies, 1500 of them, are read for the first account; the others get copies of theirs."""

import functools
import itertools
from typing import Any


def install(_cloud: Any) -> None:
    share_policies()


@functools.cache
def share_policies() -> None:
    """Their ids are counted: a random one takes as long as all the rest of a policy."""
    from moto.iam import models
    from moto.iam.models import IAMBackend

    read = IAMBackend._init_aws_policies
    known: dict[str, list[Any]] = {}

    @functools.wraps(read)
    def copies(self: Any) -> list[Any]:
        if self.partition not in known:
            chosen, numbers = models.random_policy_id, itertools.count(1)
            models.random_policy_id = lambda: f"ANPA{next(numbers):017X}"
            try:
                known[self.partition] = read(self)
            finally:
                models.random_policy_id = chosen
        return [copied(policy, self.account_id) for policy in known[self.partition]]

    IAMBackend._init_aws_policies = copies


def copied(policy: Any, account: str) -> Any:
    """A policy of another account: its attachments and versions are counted apart."""
    kind: Any = type(policy)
    twin = kind.__new__(kind)
    twin.__dict__ |= policy.__dict__ | {"account_id": account, "versions": list(policy.versions)}
    return twin

# SPDX-License-Identifier: MIT
"""The partition that the call being answered is for: aws, aws-cn, aws-us-gov.

IAM has no regions but partitions, and moto keeps a world of it for each. enter(region) is called once for each call
(rules/permissions.py), before anything looks for roles or policies; here() is what moto's IAM is asked for then, and
"aws" for whoever answers no call. It belongs to the thread.
"""

import contextvars

from moto.utilities.utils import get_partition

_here = contextvars.ContextVar("partition", default="aws")


def enter(region: str) -> None:
    _here.set(get_partition(region))


def here() -> str:
    return _here.get()

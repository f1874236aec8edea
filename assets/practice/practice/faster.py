# SPDX-License-Identifier: MIT
"""moto's serializer, made faster where it is slow: it works out every spelling of every member anew for each object,
and its writer of XML looks at every name anew, letter by letter.

install() once, before the first call. Which spellings a member may have depends on the object's class and the member's
shape alone, so they are worked out once for both; a name is as good the second time.
"""

import copy
import functools
from typing import Any

MISSING = object()


def install() -> None:
    import xmltodict
    from moto.core import serialize
    from moto.core.utils import get_value

    xmltodict._validate_name = functools.lru_cache(4096)(xmltodict._validate_name)

    spellings: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def spellings_of(picker: Any, context: Any) -> tuple[str, ...]:
        shape = context.shape
        parent = getattr(shape, "parent", None)
        name = (
            type(picker),
            type(context.obj),
            context.key,
            shape and (shape.name, shape.type_name, shape.serialization.get("name")),
            parent and parent.name,
        )
        known = spellings.get(name)
        if known is None:
            known = spellings[name] = tuple(dict.fromkeys(picker.get_possible_keys(context)))
        return known

    def pick(self: Any, context: Any) -> Any:
        obj, value = context.obj, None
        plain = type(obj) is dict
        for one in spellings_of(self, context):
            found = obj.get(one, MISSING) if plain and "." not in one else get_value(obj, one, MISSING)
            if found is not MISSING:
                value = found
                break
        if self.response_transformers:
            path = f"{context.key_path}.{context.key}"
            for ending, transform in self.response_transformers.items():
                if path.endswith(ending):
                    return transform(value)
        return value

    serialize.AttributePicker.__call__ = pick
    share_managed_policies()


def share_managed_policies() -> None:
    """AWS's own policies, 1500 of them, are read for the first account; the others get copies of theirs."""
    from moto.iam.models import IAMBackend

    read = IAMBackend._init_aws_policies
    if hasattr(read, "__wrapped__"):
        return
    known: dict[str, list[Any]] = {}

    @functools.wraps(read)
    def once(self: Any) -> list[Any]:
        if self.partition not in known:
            known[self.partition] = read(self)
        return [copied(policy, self.account_id) for policy in known[self.partition]]

    IAMBackend._init_aws_policies = once


def copied(policy: Any, account: str) -> Any:
    """A policy of another account: its attachments and versions are counted apart."""
    twin = copy.copy(policy)
    twin.account_id, twin.versions = account, list(policy.versions)
    return twin

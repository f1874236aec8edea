# SPDX-License-Identifier: MIT
"""Changing a form request (query and ec2 protocols) before it goes on to moto.

Rules see call.params, moto reads call.body: a rule that takes something over from moto, or makes a value canonical,
changes both. call.params is changed by the rule itself; these change the body.
"""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from practice.identify import Call


def fields(call: Call) -> list[tuple[str, str]]:
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def drop(call: Call, *names: str) -> None:
    """Takes away the parameters of these names, and lists of them (Filter stands for Filter.1.Name too)."""
    kept = [(key, value) for key, value in fields(call) if key.split(".")[0] not in names]
    call.body = urlencode(kept).encode()


def change(call: Call, edit: Callable[[str, str], str]) -> None:
    """Sets every parameter to edit(name, value)."""
    call.body = urlencode([(key, edit(key, value)) for key, value in fields(call)]).encode()


def put(call: Call, name: str, value: str) -> None:
    """Adds a parameter that is not there yet."""
    call.body = urlencode([*fields(call), (name, value)]).encode()

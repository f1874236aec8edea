# SPDX-License-Identifier: MIT
"""How a call is broken: functions that make the changes of planted.py's rows.

Each returns a function on (body, there): the body as it is on the wire, with the request's path under PATH, and the
other things of the sample world (saboteur.Foreign). It returns the broken body, or None when this call cannot carry it.
"""

import re

from saboteur import PATH


def put(**values):
    return lambda body, _: body | values


def field(name, value):
    """A member whose name is no Python name."""
    return lambda body, _: body | {name: value}


def foreign(name, thing):
    """The identifier of somebody else's thing."""
    return lambda body, there: body | {name: there.get(thing)}


def drop(*names):
    """Without these members; lists of a form are many fields of one beginning."""

    def change(body, _):
        left = {k: v for k, v in body.items() if not any(k == name or k.startswith(f"{name}.") for name in names)}
        return left if left != body else None

    return change


def both(*changes):
    def change(body, there):
        for one in changes:
            body = one(body, there)
            if body is None:
                return None
        return body

    return change


def only(name, change):
    """For calls that have this member."""
    return lambda body, there: change(body, there) if any(k.startswith(name) for k in body) else None


def again(body, _):
    """The same call once more."""
    return body


def at(pattern, new):
    """The same call about something else: a part of its path replaced."""

    def change(body, _):
        path = re.sub(pattern, new, body[PATH], count=1)
        return body | {PATH: path} if path != body[PATH] else None

    return change


def pairs(member, key, value, keys):
    """Tags of these keys."""
    return put(**{member: [{key: one, value: "x"} for one in keys]})


def container(**values):
    """The only container of a task definition, with other members."""
    return lambda body, _: body | {"containerDefinitions": [body["containerDefinitions"][0] | values]}


def inside(name, **values):
    """The same member with other members in it."""
    return lambda body, _: body | {name: body[name] | values} if name in body else None


def within(name, inner, **values):
    return lambda body, _: body | {name: body[name] | {inner: body[name][inner] | values}}


def second_rule(same):
    """A second permission in the request: the first one again, or one that cannot be."""

    def change(body, _):
        first = {k: v for k, v in body.items() if k.startswith("IpPermissions.1.")}
        more = {k.replace("IpPermissions.1.", "IpPermissions.2."): v for k, v in first.items()}
        return body | more | ({} if same else {"IpPermissions.2.FromPort": "9", "IpPermissions.2.ToPort": "8"})

    return change


def other_end(name, value):
    """The first permission with another other end."""

    def change(body, _):
        kept = {k: v for k, v in body.items() if ".Groups." not in k and ".IpRanges." not in k}
        return kept | {f"IpPermissions.1.{name}": value}

    return change

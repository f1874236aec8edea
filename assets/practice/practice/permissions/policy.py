# SPDX-License-Identifier: MIT
"""Policy documents read as IAM reads them: do these statements allow this request, and which of them decides?

parse() turns a document (text or object) into statements and keeps them by text. evaluate() weighs one kind of policy:
an explicit Deny wins, else an Allow, else nothing. Sources: IAM guide "Policy evaluation logic", "JSON policy
elements" (Action, Resource, Principal, Condition operators, multivalued keys, IfExists, policy variables).
"""

import functools
import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Condition keys and their values: names in lower case; a list is a multivalued key.
Context = dict[str, list[str]]


@dataclass
class Request:
    """One question to IAM: may principal do action on resource? context holds condition keys."""

    principal: str
    account: str
    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """One statement with the name of the policy that it stands in."""

    body: dict[str, Any] = field(hash=False, compare=False)
    policy: str = ""

    @property
    def denies(self) -> bool:
        return self.body.get("Effect") == "Deny"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@functools.lru_cache(maxsize=500)
def _statements(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError:
        return []
    return (
        [one for one in listed(document.get("Statement")) if isinstance(one, dict)]
        if isinstance(document, dict)
        else []
    )


def parse(document: Any, policy: str = "") -> list[Statement]:
    """The statements of a document; none of one that cannot be read (IAM does not store such)."""
    text = document if isinstance(document, str) else json.dumps(document)
    return [Statement(body, policy) for body in _statements(text)]


@functools.lru_cache(maxsize=5000)
def _pattern(text: str, fold: bool) -> re.Pattern[str]:
    out = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text)
    return re.compile(out, re.S | (re.I if fold else 0))


def like(pattern: str, value: str, fold: bool = False) -> bool:
    return _pattern(pattern, fold).fullmatch(value) is not None


VARIABLE = re.compile(r"\$\{([^}]+)\}")


def _filled(text: str, context: Context) -> str | None:
    """Policy variables replaced: ${aws:username}, ${key, 'default'}; None when one has no value."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match[1].partition(",")
        if name in ("*", "?", "$"):
            return name
        found = context.get(name.strip().lower())
        if found:
            return found[0]
        if default:
            return default.strip().strip("'")
        missing = True
        return ""

    filled = VARIABLE.sub(value, text)
    return None if missing else filled


# ---- actions and resources


def action_matches(statement: dict[str, Any], action: str) -> bool:
    if "Action" in statement:
        return any(like(str(one), action, True) for one in listed(statement["Action"]))
    return "NotAction" in statement and not any(
        like(str(one), action, True) for one in listed(statement["NotAction"])
    )


def _arn_like(pattern: str, arn: str) -> bool:
    """Resource patterns: * also crosses the colons, as IAM documents for the Resource element."""
    return like(pattern, arn)


def resource_matches(statement: dict[str, Any], request: Request) -> bool:
    def any_of(name: str) -> bool:
        patterns = [_filled(str(one), request.context) for one in listed(statement[name])]
        return any(one is not None and _arn_like(one, request.resource) for one in patterns)

    if "Resource" in statement:
        return any_of("Resource")
    if "NotResource" in statement:
        return not any_of("NotResource")
    return True  # a resource policy may leave it out: a trust policy always does


def principal_matches(statement: dict[str, Any], request: Request) -> str:
    """How a resource policy names the caller: "" not at all, "account" by its account, else "principal"."""
    who = statement.get("Principal")
    if who is None:
        return "principal" if "NotPrincipal" not in statement else ""
    given = who if isinstance(who, dict) else {"AWS": "*"} if who == "*" else {}
    names = [str(one) for kind in ("AWS", "Federated", "Service") for one in listed(given.get(kind))]
    if request.principal in names or _role_of(request.principal) in names:
        return "principal"
    if "*" in names:
        return "principal"
    if request.account in names or f"arn:aws:iam::{request.account}:root" in names:
        return "account"
    return ""


def _role_of(principal: str) -> str:
    """The role's ARN of a session's; a session matches a policy that names its role."""
    parts = principal.split(":")
    if len(parts) == 6 and parts[2] == "sts" and parts[5].startswith("assumed-role/"):
        return f"arn:aws:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    return principal


# ---- conditions


def _number(value: str) -> float:
    return float(value)


def _date(value: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _comparison(
    convert: Callable[[str], float], compare: Callable[[float, float], bool]
) -> Callable[[str, str], bool]:
    def holds(value: str, wanted: str) -> bool:
        try:
            return compare(convert(value), convert(wanted))
        except ValueError:
            return False

    return holds


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(value: str, wanted: str) -> bool:
    """Each of the six parts is compared on its own."""
    ours, theirs = value.split(":", 5), wanted.split(":", 5)
    return len(ours) == len(theirs) and all(like(p, v) for v, p in zip(ours, theirs, strict=True))


POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda v, w: v == w,
    "StringEqualsIgnoreCase": lambda v, w: v.lower() == w.lower(),
    "StringLike": lambda v, w: like(w, v),
    "NumericEquals": _comparison(_number, lambda a, b: a == b),
    "NumericLessThan": _comparison(_number, lambda a, b: a < b),
    "NumericLessThanEquals": _comparison(_number, lambda a, b: a <= b),
    "NumericGreaterThan": _comparison(_number, lambda a, b: a > b),
    "NumericGreaterThanEquals": _comparison(_number, lambda a, b: a >= b),
    "DateEquals": _comparison(_date, lambda a, b: a == b),
    "DateLessThan": _comparison(_date, lambda a, b: a < b),
    "DateLessThanEquals": _comparison(_date, lambda a, b: a <= b),
    "DateGreaterThan": _comparison(_date, lambda a, b: a > b),
    "DateGreaterThanEquals": _comparison(_date, lambda a, b: a >= b),
    "Bool": lambda v, w: v.lower() == w.lower(),
    "BinaryEquals": lambda v, w: v == w,
    "IpAddress": _in_network,
    "ArnEquals": _arn,
    "ArnLike": _arn,
}
# The opposite of another operator: true for a key that is not there.
NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one_condition(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    values = context.get(key.lower())
    if name == "Null":
        return any((values is None) == (one.lower() == "true") for one in wanted)
    if name not in POSITIVE and name not in NEGATIVE:
        return False
    if values is None or not values:
        return if_exists or name in NEGATIVE or quantifier == "ForAllValues"
    filled = [one for one in (_filled(text, context) for text in wanted) if one is not None]
    if name in NEGATIVE:
        test = POSITIVE[NEGATIVE[name]]
        met = [not any(test(value, one) for one in filled) for value in values]
    else:
        met = [any(POSITIVE[name](value, one) for one in filled) for value in values]
    return any(met) if quantifier == "ForAnyValue" else all(met)


def conditions_hold(statement: dict[str, Any], context: Context) -> bool:
    return all(
        _one_condition(operator, key, [_text(one) for one in listed(wanted)], context)
        for operator, tests in (statement.get("Condition") or {}).items()
        for key, wanted in tests.items()
    )


def keys_wanted(statements: list[Statement]) -> set[str]:
    """The condition keys that statements ask for, for MissingContextValues."""
    return {
        key for one in statements for tests in (one.body.get("Condition") or {}).values() for key in tests
    }


# ---- decisions


@dataclass
class Verdict:
    """allowed, denied (explicitly) or neither; by are the statements that made it so."""

    allowed: bool = False
    denied: bool = False
    by: list[Statement] = field(default_factory=list)


def applies(statement: Statement, request: Request) -> bool:
    body = statement.body
    return (
        action_matches(body, request.action)
        and resource_matches(body, request)
        and conditions_hold(body, request.context)
    )


def evaluate(statements: list[Statement], request: Request) -> Verdict:
    """What one kind of policy says to the request."""
    hits = [one for one in statements if applies(one, request)]
    denials = [one for one in hits if one.denies]
    if denials:
        return Verdict(denied=True, by=denials)
    return Verdict(allowed=bool(hits), by=hits)

# SPDX-License-Identifier: MIT
"""One fault and the book of all: which call it meets, how often, and what it does there.

A fault is a JSON object:
  {"operation": "ec2.CreateVpc", "do": "reset", "when": "after", "skip": 2, "count": 1}
operation is service.Operation with * and ?; besides the AWS services there are the places of PLACES. skip lets the
first calls pass, count says how many are met then (0: all). where narrows it to parameters ({"GroupName": "*-task"}),
account and region to a caller; chance with a seed meets some calls only. The rest of the members are options of the
action (see actions.py). Thread-safe; take() counts, so it is asked once for each occasion.
"""

import fnmatch
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from practice.errors import Answer

# What a fault can do to a call, and when it may happen to it.
BOTH, BEFORE, AFTER = ("before", "after"), ("before",), ("after",)
CALL_ACTIONS: dict[str, tuple[str, ...]] = {
    # answered by AWS
    "error": BOTH,
    "throttle": BOTH,
    "denied": BEFORE,
    "expired": BEFORE,
    "quota": BEFORE,
    "server-error": BOTH,
    # not AWS's answer
    "html": BOTH,
    "redirect": BOTH,
    "empty": BOTH,
    "garbage": BOTH,
    "truncate": BOTH,
    "endless": BOTH,
    "entities": BOTH,
    # the connection
    "slow": AFTER,
    "delay": BOTH,
    "close": BOTH,
    "reset": BOTH,
    "timeout": BOTH,
    # an answer of AWS that is late or wrong about the world
    "stale": AFTER,
    "failed-state": AFTER,
    "repeat-token": AFTER,
}
# What can go wrong with a task that ECS starts: operation ecs.Task, where by cluster, service, family, image.
TASK_ACTIONS = (
    "cannot-pull",
    "no-secret",
    "no-log-group",
    "no-capacity",
    "no-address",
    "no-role",
    "out-of-memory",
    "exit",
    "unhealthy",
)
PLACES = {"ecs.Task": TASK_ACTIONS}

OPTIONS: dict[str, type | tuple[type, ...]] = {
    "code": str,
    "message": str,
    "status": int,
    "seconds": (int, float),
    "bytes_per_second": (int, float),
    "retry_after_ms": int,
    "exit_code": int,
    "log": str,
}
MEMBERS = {"operation", "do", "when", "skip", "count", "where", "account", "region", "chance", "seed", "note"}


@dataclass
class Fault:
    """One row of the book. met counts the calls that matched, hits those that it changed."""

    operation: str
    do: str
    when: str = ""
    skip: int = 0
    count: int = 1
    where: dict[str, str] = field(default_factory=dict)
    account: str = "*"
    region: str = "*"
    chance: float = 1.0
    seed: int = 0
    note: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    met: int = 0
    hits: int = 0
    page: Answer | None = None  # of "repeat-token"

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def option(self, name: str, default: Any) -> Any:
        return self.options.get(name, default)

    def matches(self, when: str, name: str, account: str, region: str, params: dict[str, Any]) -> bool:
        return (
            when == self.when
            and fnmatch.fnmatchcase(name, self.operation)
            and fnmatch.fnmatchcase(account, self.account)
            and fnmatch.fnmatchcase(region, self.region)
            and all(
                any(fnmatch.fnmatchcase(str(v), wanted) for v in values_of(params, key))
                for key, wanted in self.where.items()
            )
        )

    def due(self) -> bool:
        """Counts one matching call; true when the fault meets it."""
        self.met += 1
        if self.met <= self.skip or (self.count and self.hits >= self.count):
            return False
        if self.chance < 1 and self.random.random() >= self.chance:
            return False
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        row = {name: getattr(self, name) for name in ("id", "operation", "do", "when", "skip", "count")}
        row |= {"met": self.met, "hits": self.hits, **self.options}
        row |= {name: getattr(self, name) for name in ("where", "note") if getattr(self, name)}
        return row


def values_of(params: Any, key: str) -> Iterable[Any]:
    """The values of a parameter wherever it stands: names of members are unique enough within one request."""
    if isinstance(params, dict):
        for name, value in params.items():
            if name == key:
                yield from value if isinstance(value, list) else [value]
            else:
                yield from values_of(value, key)
    elif isinstance(params, list):
        for item in params:
            yield from values_of(item, key)


def check_operation(name: str) -> None:
    """A name without * and ? is a call that there is: one that is misspelt would wait for ever."""
    service, _, operation = name.partition(".")
    if name in PLACES or service == "signin" or any(sign in name for sign in "*?["):
        return
    from practice.identify import get_service_model  # which reads moto

    try:
        known = get_service_model(service).operation_names
    except Exception:  # botocore raises UnknownServiceError, moto wraps it differently by version
        raise ValueError(f"operation is {name!r}: there is no service {service!r}") from None
    if operation not in known:
        raise ValueError(f"operation is {name!r}: {service} has no such operation")


def from_json(row: Any) -> Fault:
    """The fault that a JSON object says. Raises ValueError with what is wrong with it."""
    if not isinstance(row, dict):
        raise ValueError("a fault is a JSON object")
    unknown = sorted(set(row) - MEMBERS - set(OPTIONS))
    if unknown:
        raise ValueError(f"a fault has no member {', '.join(unknown)}")
    operation, do = row.get("operation"), row.get("do")
    if not isinstance(operation, str) or not operation:
        raise ValueError("operation is missing: service.Operation, with * and ?")
    check_operation(operation)
    actions = PLACES.get(operation) or tuple(CALL_ACTIONS)
    if do not in actions:
        raise ValueError(f"do is {do!r}, not one of {', '.join(actions)}")
    allowed = CALL_ACTIONS.get(do, BEFORE)
    when = row.get("when", allowed[0])
    if when not in allowed:
        raise ValueError(f"{do} can happen {' or '.join(allowed)}, not {when!r}")
    for name in ("skip", "count", "seed"):
        if (
            not isinstance(row.get(name, 0), int)
            or isinstance(row.get(name, 0), bool)
            or row.get(name, 0) < 0
        ):
            raise ValueError(f"{name} is not a number from 0")
    if not isinstance(row.get("chance", 1), (int, float)) or not 0 < row.get("chance", 1) <= 1:
        raise ValueError("chance is not above 0 and at most 1")
    if not isinstance(row.get("where", {}), dict):
        raise ValueError("where is not an object of parameter and pattern")
    options = {name: row[name] for name in OPTIONS if name in row}
    for name, value in options.items():
        if not isinstance(value, OPTIONS[name]):
            raise ValueError(f"{name} has the wrong type")
    rest = {name: row[name] for name in MEMBERS & set(row) if name != "when"}
    return Fault(**{**rest, "when": when, "options": options})


class Book:
    """The faults that wait for their calls, oldest first: the first that is due meets a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1

    def add(self, rows: Any) -> list[Fault]:
        """Adds one JSON object or a list of them; none when one is wrong. Returns them with their numbers."""
        faults = [from_json(row) for row in (rows if isinstance(rows, list) else [rows])]
        with self._lock:
            for fault in faults:
                fault.id = self._next
                self._next += 1
            self._faults += faults
        return faults

    def remove(self, wanted: Callable[[Fault], bool]) -> int:
        with self._lock:
            before = len(self._faults)
            self._faults = [fault for fault in self._faults if not wanted(fault)]
            return before - len(self._faults)

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.shown() for fault in self._faults]

    def take(self, when: str, name: str, account: str, region: str, params: dict[str, Any]) -> Fault | None:
        """The fault that meets this occasion, counted; None when all is well."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(when, name, account, region, params) and fault.due():
                    return fault
        return None

# SPDX-License-Identifier: MIT
"""The witness: what has been made and is left, and which permissions were asked for.

The record of calls is record.py's; this looks at the state. baseline() is taken once the sample world is there;
leftovers() is everything that has come since and is not gone, by type, with its tags, and says what is on its way out.
creations() counts successful creates and deletes by type from the record. needs() is what IAM was asked for whom.
"""

import collections
import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from practice import emulator

if TYPE_CHECKING:
    from practice.cloud import Cloud

MAKES = re.compile(r"^(Create|Allocate|Register|Run|Request)(.+)$")
# What ends what those make, by the same type.
UNMAKES = re.compile(r"^(Delete|Release|Deregister|Schedule)(.+?)(Deletion)?$")
# Names that differ between making and unmaking.
TYPE_OF = {
    "ec2.Address": "ec2.Address",
    "ec2.VpcEndpoints": "ec2.VpcEndpoint",
    "kms.Key": "kms.Key",
    "ecs.TaskDefinitions": "",  # follows a deregistration, which has counted already
}
NEEDS_KEPT = 50000


def type_of(service: str, name: str) -> str:
    return TYPE_OF.get(f"{service}.{name}", f"{service}.{name}")


class Witness:
    """Thread-safe; reads moto's state under emulator.lock."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._before: set[tuple[str, str]] = set()
        self._needs: dict[str, dict[tuple[str, str], int]] = {}

    # ---- permissions

    def note_needs(self, principal: str, needs: Iterable[Any]) -> None:
        with self._lock:
            table = self._needs.setdefault(principal, {})
            for need in needs:
                pair = (need.action, need.resource)
                if pair in table or len(table) < NEEDS_KEPT:
                    table[pair] = table.get(pair, 0) + 1

    def needs(self) -> dict[str, dict[str, list[str]]]:
        """By principal and action: the resources that it was asked for."""
        with self._lock:
            shown: dict[str, dict[str, list[str]]] = {}
            for principal, table in self._needs.items():
                rows = shown.setdefault(principal, {})
                for action, resource in sorted(table):
                    rows.setdefault(action, []).append(resource)
            return shown

    def forget_needs(self) -> None:
        with self._lock:
            self._needs.clear()

    # ---- counters

    def creations(self) -> dict[str, dict[str, int]]:
        """By type: how many were made and unmade since the record was reset."""
        table: dict[str, collections.Counter[str]] = {}
        for entry in self._cloud.recorder.entries():
            if not 200 <= entry.get("effect", entry["status"]) < 300:
                continue
            for pattern, word in ((MAKES, "made"), (UNMAKES, "gone")):
                match = pattern.match(entry["operation"])
                kind = type_of(entry["service"], match[2]) if match else ""
                if kind:
                    table.setdefault(kind, collections.Counter())[word] += 1
        return {kind: dict(counter) for kind, counter in sorted(table.items()) if counter["made"]}

    # ---- leftovers

    def baseline(self) -> None:
        """What is there now is nobody's leftover."""
        with emulator.lock:
            self._before = {(row["type"], row["id"]) for row in self.everything()}

    def leftovers(self, tag: str = "") -> list[dict[str, Any]]:
        """What has come since the baseline and is still there. tag: KEY or KEY=VALUE that it must carry."""
        key, _, value = tag.partition("=")
        with emulator.lock:
            rows = [row for row in self.everything() if (row["type"], row["id"]) not in self._before]
        return [
            row
            for row in rows
            if not tag or (key in row["tags"] and (not value or row["tags"][key] == value))
        ]

    def everything(self) -> list[dict[str, Any]]:
        """Every resource of every account and region that moto holds. Hold emulator.lock."""
        from practice import census  # needs moto, which is prepared by the time that anyone asks

        return list(census.everything())

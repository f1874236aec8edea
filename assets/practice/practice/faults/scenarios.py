# SPDX-License-Identifier: MIT
"""Scenarios: one file each in assets/practice/scenarios, played on a running cloud, one at a time.

A file is a JSON object: title and teaches for people, try (what to type), expect (what happens then), and what is
done: faults (see fault.py), world (names of world.py), config (as POST /_practice/config takes it). play() ends the
one before: its faults go, its changes of the world are undone, its configuration is put back. Things that were made
meanwhile stay.

    python -m practice.faults.scenarios list
    python -m practice.faults.scenarios play http://127.0.0.1:4100 no-nat      (a name, a file, or none)
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from practice import emulator

if TYPE_CHECKING:
    from practice.cloud import Cloud

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
MEMBERS = {"title", "teaches", "try", "expect", "faults", "world", "config"}
NONE = "none"


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    """The scenario of that name, or of that file when it looks like one. Raises ValueError."""
    path = Path(name) if name.endswith(".json") or "/" in name else FOLDER / f"{name}.json"
    try:
        scenario = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ValueError(f"there is no scenario {name}; there are: {', '.join([NONE, *names()])}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    check(scenario)
    return scenario


def check(scenario: Any) -> None:
    if not isinstance(scenario, dict):
        raise ValueError("a scenario is a JSON object")
    unknown = sorted(set(scenario) - MEMBERS)
    if unknown:
        raise ValueError(f"a scenario has no member {', '.join(unknown)}")


class Player:
    """The scenario that is played. Thread-safe."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self.now = NONE
        self._undo: list[Callable[[], Any]] = []

    def play(self, name: str, scenario: dict[str, Any] | None = None) -> dict[str, Any]:
        """Plays the scenario called name, or the one given. Raises ValueError and then plays none."""
        if name != NONE:
            scenario = load(name) if scenario is None else scenario
            check(scenario)
        with self._lock:
            self._end()
            if name == NONE or scenario is None:
                return {"scenario": NONE}
            try:
                self._begin(name, scenario)
            except BaseException:
                self._end()
                raise
            return {"scenario": name, **scenario}

    def _begin(self, name: str, scenario: dict[str, Any]) -> None:
        from practice.faults.world import CHANGES

        cloud = self._cloud
        wanted = scenario.get("world", [])
        unknown = [change for change in wanted if change not in CHANGES]
        if unknown:
            raise ValueError(f"the world has no change {', '.join(unknown)}; it has: {', '.join(CHANGES)}")
        if scenario.get("config"):
            before = {
                key: getattr(cloud.config, key) for key in scenario["config"] if hasattr(cloud.config, key)
            }
            cloud.change(scenario["config"])
            self._undo.append(lambda: cloud.change(before))
        with emulator.lock:
            for change in wanted:
                self._undo.append(CHANGES[change](cloud))
        ids = {fault.id for fault in cloud.faults.add(scenario.get("faults", []))}
        self._undo.append(lambda: cloud.faults.remove(lambda fault: fault.id in ids))
        self.now = name

    def _end(self) -> None:
        with emulator.lock:
            while self._undo:
                self._undo.pop()()
        self.now = NONE


MAKING = "They meet what an apply makes: where the setup is there already, destroy it first."


def shown() -> str:
    """The list for people: every scenario, what it teaches, what to type."""
    lines = ["Scenarios of the practice cloud: sh assets/try.sh --scenario NAME COMMAND...", MAKING, ""]
    for name in names():
        scenario = load(name)
        lines += [f"{name}: {scenario['title']}", f"    teaches  {scenario['teaches']}"]
        lines += [f"    try      {scenario['try']}", f"    expect   {scenario['expect']}", ""]
    lines.append("--scenario none ends the one that is played; --scenario FILE.json plays one of your own.")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if arguments == ["list"]:
        print(shown())
        return 0
    if len(arguments) != 3 or arguments[0] != "play":
        print("usage: scenarios list | scenarios play URL NAME", file=sys.stderr)
        return 2
    try:
        name = arguments[2]
        body: dict[str, Any] = {"name": name}
        if name != NONE:
            body = {"name": Path(name).stem, "scenario": load(name)}
        request = urllib.request.Request(f"{arguments[1]}/_practice/scenario", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            played = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        print(f"scenario: {json.loads(error.read()).get('message')}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"scenario: {error}", file=sys.stderr)
        return 1
    if played["scenario"] == NONE:
        print("==> no scenario is played", file=sys.stderr)
    else:
        print(f"==> scenario {played['scenario']}: {played.get('title', '')}", file=sys.stderr)
        print(f"    expect: {played.get('expect', '')} (--scenario none ends it)", file=sys.stderr)
        print(f"    {MAKING}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

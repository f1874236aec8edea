# SPDX-License-Identifier: MIT
"""The control endpoints of the AWS port, /_practice/NAME: what the cloud says about itself and lets itself be told.

GET reads and changes nothing, POST with a JSON body changes; a request that is not understood is 400 with a message.
One row of READERS or WRITERS is one endpoint. Needs no signature: the port listens on loopback only.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from practice.errors import Answer, json_answer
from practice.faults import scenarios

if TYPE_CHECKING:
    from practice.cloud import Cloud

Query = dict[str, list[str]]
READERS: dict[str, Callable[["Cloud", Query], Any]] = {
    "health": lambda cloud, _: {"status": "ok", "parts": cloud.part_names()},
    "traffic": lambda cloud, _: cloud.recorder.entries(),
    "counts": lambda cloud, _: cloud.recorder.counts(),
    "emulator-errors": lambda cloud, _: cloud.recorder.emulator_errors(),
    "config": lambda cloud, _: cloud.config.as_dict(),
    "creations": lambda cloud, _: cloud.witness.creations(),
    "leftovers": lambda cloud, query: cloud.witness.leftovers(query.get("tag", [""])[0]),
    "permissions": lambda cloud, _: cloud.witness.needs(),
    "faults": lambda cloud, _: cloud.faults.shown(),
    "machine": lambda cloud, _: cloud.machine.asked(),
    "mfa": lambda cloud, _: _mfa(cloud),
    "scenario": lambda cloud, _: {"scenario": cloud.player.now},
    "scenarios": lambda _cloud, _: {name: scenarios.load(name) for name in scenarios.names()},
}


def _mfa(cloud: "Cloud") -> Any:
    from practice.rules import mfa  # reads moto, which is prepared by now

    return mfa.shown(cloud)


def _reset_traffic(cloud: "Cloud", _body: Any) -> Any:
    cloud.recorder.reset()
    cloud.witness.forget_needs()
    return {}


def _config(cloud: "Cloud", body: Any) -> Any:
    cloud.change(body)
    return cloud.config.as_dict()


def _faults(cloud: "Cloud", body: Any) -> Any:
    """A fault or a list of them is added; {"clear": true} forgets all, {"clear": 3} that one."""
    if isinstance(body, dict) and "clear" in body:
        number = body["clear"]
        return {"cleared": cloud.faults.remove(lambda fault: number is True or fault.id == number)}
    return [fault.shown() for fault in cloud.faults.add(body)]


def _scenario(cloud: "Cloud", body: Any) -> Any:
    """{"name": "no-nat"} plays a known one, {"name": "mine", "scenario": {...}} that one, "none" ends it."""
    return cloud.player.play(str(body["name"]), body.get("scenario"))


def _sso(cloud: "Cloud", body: Any) -> Any:
    """{"approve": USER_CODE}, {"deny": USER_CODE} or {"expire": true}."""
    if body.get("expire"):
        cloud.sso.expire()
        cloud.signin.expire()
        return {"expired": True}
    word = "approve" if "approve" in body else "deny"
    if not cloud.sso.decide(str(body[word]), {"approve": "approved", "deny": "denied"}[word]):
        raise ValueError(f"no device has the code {body[word]}")
    return {word: body[word]}


WRITERS: dict[str, Callable[["Cloud", Any], Any]] = {
    "reset-traffic": _reset_traffic,
    "config": _config,
    "faults": _faults,
    "scenario": _scenario,
    "sso": _sso,
    "machine": lambda cloud, body: cloud.machine.change(body),
}


def answer(cloud: "Cloud", method: str, path: str, body: bytes) -> Answer:
    """The answer to METHOD /_practice/PATH, where path may carry a query."""
    name, _, query = path.partition("?")
    if method == "GET" and name in READERS:
        try:
            return json_answer(READERS[name](cloud, parse_qs(query)))
        except (ValueError, KeyError) as error:
            return json_answer({"message": str(error)}, 400)
    if method == "GET" and name == "sso-device":  # the page that a person opens
        return cloud.sso.device_page(parse_qs(query))
    if method == "POST" and name in WRITERS:
        try:
            return json_answer(WRITERS[name](cloud, json.loads(body or b"{}")))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return json_answer({"message": str(error)}, 400)
    if method == "DELETE" and name == "faults":
        return json_answer({"cleared": cloud.faults.remove(lambda _fault: True)})
    return json_answer({"message": f"no control endpoint {method} {name}"}, 404)

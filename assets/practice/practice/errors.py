# SPDX-License-Identifier: MIT
"""Answers on the wire, and AWS errors in the shape of each protocol.

Sources: aws.md 0.3 (where each protocol keeps code and message), botocore's parsers, which read what is written here.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from practice.identify import Call

# Control characters, which XML 1.0 cannot carry.
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REQUEST_ID = re.compile(rb"<([Rr]equestI[dD])>[^<]*</\1>")
# What an answer is, by its protocol (aws.md 0.3), for refusals as well.
CONTENT_TYPES = {
    "ec2": "text/xml;charset=UTF-8",
    "query": "text/xml",
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
}


@dataclass
class Answer:
    """One HTTP answer. Header names keep their spelling; Content-Length is added when it is sent. On the way from moto
    to the rules it may have members in place of a body: rules.judge writes it."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    members: dict[str, Any] | None = None


class AwsError(Exception):
    """An error that AWS would give: raised by checks and rules, rendered for the protocol by render(). members are
    those that the model gives to an error of JSON besides its message."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class EmulatorError(Exception):
    """moto (or a rule of ours) crashed: never AWS's fault or the client's. Recorded, so that tests fail on it."""


def request_id() -> str:
    return str(uuid.uuid4())


def stamped(body: bytes, rid: str) -> bytes:
    """An XML answer with this request id, where moto has one of its own or the words "request-id"."""
    return REQUEST_ID.sub(lambda match: b"<%b>%b</%b>" % (match[1], rid.encode(), match[1]), body)


def shape_of(call: "Call", code: str) -> Any:
    """The model's shape of an error of this operation, by its name or its code on the wire, or None."""
    if not call.known:
        return None
    for shape in call.operation_model.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return shape
    return None


def status_of(call: "Call", error: AwsError) -> int:
    """The status that the model gives to the error; the one that it was raised with where the model says nothing."""
    shape = shape_of(call, error.code)
    modelled = shape.metadata.get("error", {}).get("httpStatusCode") if shape is not None else None
    return int(modelled) if modelled and error.status < 500 else error.status


def render(call: "Call", error: AwsError) -> Answer:
    """The error as the call's protocol carries it."""
    rid = request_id()
    status = status_of(call, error)
    headers = [("x-amzn-RequestId", rid), ("Content-Type", CONTENT_TYPES.get(call.protocol, "application/json"))]
    text = escape(NOT_IN_XML.sub("?", error.message))  # it may quote what was sent
    if call.protocol == "ec2":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
            f"<Code>{escape(error.code)}</Code><Message>{text}</Message>"
            f"</Error></Errors><RequestID>{rid}</RequestID></Response>"
        )
    elif call.protocol == "query":
        namespace = call.model.metadata.get("xmlNamespace", "") if call.model else ""
        kind = "Sender" if status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>'
            f"<Message>{text}</Message></Error><RequestId>{rid}</RequestId></ErrorResponse>\n"
        )
    elif call.protocol == "json":
        told = {"__type": error.code, message_member(call, error.code): error.message}
        body = json.dumps({**told, **error.members})
    else:
        body = json.dumps({"message": error.message})
        headers.append(("x-amzn-ErrorType", error.code))
    return Answer(status, headers, body.encode())


def message_member(call: "Call", code: str) -> str:
    """How the JSON of this error calls its message: as the model says, so Secrets Manager and the tagging API have
    Message, ECS and KMS message. Errors of no model, by experience: Message where access is denied, else message."""
    shape = shape_of(call, code)
    if shape is not None and "Message" in shape.members:
        return "Message"
    return "Message" if shape is None and code == "AccessDeniedException" else "message"


def internal_failure(call: "Call", message: str) -> Answer:
    """What AWS answers when its own machinery broke; here it means a bug of the emulator."""
    code = "InternalError" if call.protocol == "ec2" else "InternalFailure"
    return render(call, AwsError(code, message, 500))


def json_answer(value: object, status: int = 200) -> Answer:
    """An answer of our own control endpoints."""
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode() + b"\n")

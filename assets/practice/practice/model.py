# SPDX-License-Identifier: MIT
"""Every request against botocore's model of its service: parsed as AWS parses it, and refused when a member is
unknown, missing, of the wrong type or out of range.

parse() does it all and leaves the parameters in call.params. What a model cannot say is a rule (rules/).
"""

import io
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.model import Shape
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS
from werkzeug.wrappers import Request

from practice.errors import AwsError
from practice.identify import Call

INVALID = {"ec2": "InvalidParameterValue", "query": "ValidationError", "json": "ValidationException"}
# Services whose own spelling differs from their protocol's.
INVALID_OF_SERVICE = {
    "ecs": "InvalidParameterException",
    "ecr": "InvalidParameterException",
    "logs": "InvalidParameterException",
    "resourcegroupstaggingapi": "InvalidParameterException",
}
NO_OPERATION = {"ec2": "InvalidAction", "query": "InvalidAction", "json": "UnknownOperationException"}

PROTOCOLS = ("query", "ec2", "json", "rest-json")

# Character classes of the models' patterns (Java's) that Python's re does not know, as they stand within [...].
JAVA_CLASSES = {
    "\\p{L}": "a-zA-Z\u00c0-\ufffd",
    "\\p{Z}": "\\s",
    "\\p{N}": "0-9",
    "\\p{M}": "",
    "\\p{Print}": "\\x20-\\x7e",
    "\\p{ASCII}": "\\x00-\\x7f",
}

JSON_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": dict,
    "list": list,
    "map": dict,
    "string": str,
    "blob": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "float": (int, float),
    "double": (int, float),
}


def parse(environ: dict[str, Any], call: Call) -> None:
    """Fills call.params. Raises AwsError for a request that the model does not allow."""
    if not call.model:
        raise AwsError("UnknownService", f"There is no service {call.service or '(none)'} here.", 404)
    if call.protocol not in PROTOCOLS:
        raise AwsError("UnsupportedProtocol", f"{call.protocol} is not spoken here.", 415)
    if not call.known:
        code = NO_OPERATION.get(call.protocol, "UnknownOperationException")
        if call.protocol in ("query", "ec2") and not call.operation:
            raise AwsError("MissingAction", "The request must contain the parameter Action")
        said = f"{call.service} has no operation {call.operation or call.method + ' ' + call.uri}."
        if call.protocol in ("query", "ec2"):
            said = f"The action {call.operation} is not valid for this web service."
        raise AwsError(code, said, 404 if call.protocol == "rest-json" else 400)
    raw = _json_body(call)
    _check_envelope(call)
    call.params = _parse_params(environ, call)
    shape = call.operation_model.input_shape
    if shape is None:
        return
    if call.protocol in ("json", "rest-json"):
        _refuse(call, "SerializationException", unknown_or_mistyped(shape, raw, ""))
    else:
        _check_query_text(call, shape)
        code = "UnknownParameter" if call.protocol == "ec2" else "MalformedInput"
        _refuse(call, code, _unread_parameters(call))
    report = ParamValidator().validate(call.params, shape)
    code = (
        "MissingParameter"
        if call.protocol == "ec2" and "Missing required" in report.generate_report()
        else ""
    )
    _refuse(call, code, [report.generate_report()] if report.has_errors() else [])
    _refuse(call, "", out_of_range(shape, call.params, ""))


def _refuse(call: Call, code: str, faults: list[str]) -> None:
    if faults:
        code = (
            code or INVALID_OF_SERVICE.get(call.service) or INVALID.get(call.protocol, "BadRequestException")
        )
        raise AwsError(code, "; ".join(faults), 400)


def _json_body(call: Call) -> Any:
    if call.protocol not in ("json", "rest-json") or not call.body:
        if call.protocol == "json":
            raise AwsError("SerializationException", "A JSON 1.1 request needs a body, at least {}.", 400)
        return {}
    try:
        raw = json.loads(call.body, object_pairs_hook=_no_duplicates)
    except ValueError as error:
        raise AwsError("SerializationException", f"The body is not JSON: {error}", 400) from None
    if not isinstance(raw, dict):
        raise AwsError("SerializationException", "The body is not a JSON object.", 400)
    return raw


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a member is sent twice")
    return dict(pairs)


def _check_envelope(call: Call) -> None:
    """Method, path, content type and target as the protocol wants them."""
    kind = call.headers.get("content-type", "").replace(" ", "").lower()
    assert call.model is not None
    metadata = call.model.metadata
    if call.protocol == "json":
        wanted = f"application/x-amz-json-{metadata['jsonVersion']}"
        if kind.split(";")[0] != wanted:  # servers ignore its parameters (Smithy, protocol tests of awsJson1_1)
            raise AwsError("SerializationException", f"Content-Type is '{kind}', not '{wanted}'.", 400)
        target = f"{metadata['targetPrefix']}.{call.operation}"
        if call.headers.get("x-amz-target") != target:
            raise AwsError("UnknownOperationException", f"X-Amz-Target is not '{target}'.", 400)
    if call.protocol == "rest-json":
        if call.body and not kind.startswith("application/json"):
            raise AwsError(
                "UnsupportedMediaTypeException", f"Content-Type is '{kind}', not application/json.", 415
            )
        return
    # Query APIs take GET as well (EC2 API reference and IAM user guide, "Making Query requests").
    methods = ("POST", "GET") if call.protocol in ("query", "ec2") else ("POST",)
    if call.method not in methods or urlsplit(call.uri).path != "/":
        raise AwsError("InvalidRequest", f"{call.method} {call.uri}: only {' and '.join(methods)} / are answered.", 400)
    if call.protocol in ("query", "ec2"):
        if call.method == "POST" and kind.split(";")[0] != "application/x-www-form-urlencoded":
            raise AwsError(
                "MalformedInput", f"Content-Type is '{kind}', not application/x-www-form-urlencoded.", 400
            )
        version = dict(_form(call)).get("Version")
        if version != call.model.api_version:
            raise AwsError(
                "InvalidParameterValue", f"Version is {version}, not {call.model.api_version}.", 400
            )


def _form(call: Call) -> list[tuple[str, str]]:
    sent = call.body.decode("utf-8", "replace") if call.method == "POST" else urlsplit(call.uri).query
    return parse_qsl(sent, keep_blank_values=True)


def _parse_params(environ: dict[str, Any], call: Call) -> dict[str, Any]:
    request = Request({**environ, "wsgi.input": io.BytesIO(call.body), "CONTENT_LENGTH": str(len(call.body))})
    parser = PROTOCOL_PARSERS[call.protocol](call.operation_model)
    try:
        return (
            parser.parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": call.body,
                    "url_path": request.path,
                    "url_params": call.uri_params,
                }
            )
            or {}
        )
    except Exception as error:  # whatever the parser stumbles on is a malformed request
        code = "SerializationException" if call.protocol != "ec2" else "InvalidParameterValue"
        raise AwsError(code, f"The request cannot be read: {error}", 400) from None


def _check_query_text(call: Call, shape: Shape) -> None:
    """A parameter is sent once, and a boolean is true or false: the parser would take any text for one of them."""
    sent = _form(call)
    values = {key.lower(): value for key, value in sent}
    if len(values) != len(sent):
        raise AwsError("InvalidParameterValue", "A parameter is sent twice.", 400)
    faults = []
    for name, member in shape.members.items():
        wire = _wire_name(name, member)
        if member.type_name == "boolean" and values.get(wire, "true") not in ("true", "false"):
            faults.append(f"{name}: '{values[wire]}' is not true or false")
    _refuse(call, "", faults)


def _unread_parameters(call: Call) -> list[str]:
    """What was sent but did not survive parsing: written again from the parsed parameters, it would not be there."""
    serializer = create_serializer(call.protocol, include_validation=False)
    try:
        again = serializer.serialize_to_request(call.params, call.operation_model)["body"]
    except Exception as error:
        return [f"the parameters cannot be read: {error}"]
    known = {_wire_name(name, member) for name, member in call.operation_model.input_shape.members.items()}
    return [
        f"The parameter {key} is not recognized"
        for key, value in _form(call)
        if key not in again
        and key not in ("Action", "Version")
        # an empty list is sent as a bare name, which leaves nothing to write again
        and not (value == "" and key.lower() in known)
    ]


def _wire_name(name: str, member: Shape) -> str:
    """A member's name in a form request, in lower case: the ec2 protocol capitalises the first letter."""
    return (member.serialization.get("queryName") or member.serialization.get("name") or name).lower()


def unknown_or_mistyped(shape: Shape, value: Any, path: str) -> list[str]:
    """Faults of a JSON body: members that the shape does not have and values of another type."""
    faults: list[str] = []
    wanted = JSON_TYPES.get(shape.type_name)
    if value is None:
        return faults
    if wanted and (
        not isinstance(value, wanted) or (shape.type_name != "boolean" and isinstance(value, bool))
    ):
        return [f"{path or 'body'}: {type(value).__name__} sent where {shape.type_name} is wanted"]
    if shape.type_name == "structure":
        members = {
            m.serialization.get("name") or name: m
            for name, m in shape.members.items()
            if m.serialization.get("location") in (None, "body")
        }
        for name, item in value.items():
            if name in members:
                faults += unknown_or_mistyped(members[name], item, f"{path}.{name}")
            else:
                faults.append(f"unknown member {path}.{name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            faults += unknown_or_mistyped(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, item in value.items():
            faults += unknown_or_mistyped(shape.value, item, f"{path}.{name}")
    return faults


def out_of_range(shape: Shape, value: Any, path: str) -> list[str]:
    """Faults against enum, length, pattern and range traits."""
    kind, faults = shape.type_name, list[str]()
    if value is None:
        return faults
    if kind == "structure":
        for name, item in value.items():
            if name in shape.members:
                faults += out_of_range(shape.members[name], item, f"{path}.{name}")
    elif kind == "list":
        faults += _length(shape, value, path)
        for index, item in enumerate(value):
            faults += out_of_range(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        faults += _length(shape, value, path)
        for name, item in value.items():
            faults += out_of_range(shape.key, name, f"{path} key")
            faults += out_of_range(shape.value, item, f"{path}.{name}")
    elif kind == "string" and isinstance(value, str):
        faults += _string(shape, value, path)
    elif kind in ("integer", "long") and isinstance(value, int):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            faults.append(f"{path}={value} is not within {low}..{high}")
    return faults


def _length(shape: Shape, value: Any, path: str) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and len(value) < low) or (high is not None and len(value) > high):
        return [f"{path} has a length of {len(value)}, not within {low}..{high}"]
    return []


def python_pattern(java: str) -> str:
    """Java's pattern for Python: a class such as \\p{Print} gets brackets of its own where it stands alone."""
    out, inside = "", False
    for piece in re.findall(r"\\p\{\w+\}|\\.|.", java, re.S):
        known = JAVA_CLASSES.get(piece)
        inside = (inside or piece == "[") and piece != "]"
        out += piece if known is None else known if inside else f"[{known}]"
    return out


def _string(shape: Shape, value: str, path: str) -> list[str]:
    faults = _length(shape, value, path)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        faults.append(f"{path}='{value}' is not one of {', '.join(enum[:12])}")
    pattern = shape.metadata.get("pattern")
    if pattern:
        try:
            if not re.fullmatch(python_pattern(pattern), value, re.S):
                faults.append(f"{path}='{value}' does not match {shape.metadata['pattern']}")
        except re.error:
            pass  # a pattern that Python cannot read is not judged
    return faults

# SPDX-License-Identifier: MIT
"""XML answers without the steps between: from moto's objects to text in one pass, and to the members that rules look at
without any text.

moto's serializer makes a dictionary of the wire's names first and its writer goes through that; a rule wants to see
the members that a client would read out of the text, and what it changed is written anew: two ways down and one up for
one answer. text() writes what the serializer and its writer would have written; members() gives what botocore's
parser would have read out of it. Both are for shapes that are usual(): no attributes, namespaces or flattened lists;
the others go moto's way. Order: faster_answers.install() lets both find out how an object's members are called.
"""

import base64
import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape

from moto.core import serialize
from moto.core.responses import ActionResult

from practice import faster_answers

PLAIN = ("string", "integer", "long", "boolean", "float", "double", "timestamp", "blob")
SPECIAL = ("xmlNamespace", "xmlAttribute", "flattened", "location", "payload")
KINDS = (serialize.QuerySerializer, serialize.EC2Serializer)
slow_execute = ActionResult.execute_result
slow_result = serialize.QuerySerializer._serialize_result


def install() -> None:
    ActionResult.execute_result = execute
    serialize.QuerySerializer._serialize_result = write_result  # type: ignore[assignment]


# ---- which shapes


def usual(shape: Any) -> bool:
    """Whether all that is in a shape is written the usual way; worked out once for each."""
    known = shape.__dict__.get("usual_xml")
    if known is None:
        known = shape.__dict__["usual_xml"] = all(map(plainly_written, everything_in(shape)))
    return known


def everything_in(shape: Any) -> Iterator[Any]:
    """The shape and all that it is made of; a shape within itself comes once."""
    seen, waiting = set(), [shape]
    while waiting:
        one = waiting.pop()
        yield one
        if one.type_name in ("structure", "list", "map") and one.name not in seen:
            seen.add(one.name)
            if one.type_name == "structure":
                waiting += one.members.values()
            else:
                waiting += [one.member] if one.type_name == "list" else [one.key, one.value]


def plainly_written(shape: Any) -> bool:
    if any(shape.serialization.get(one) for one in SPECIAL):
        return False
    if shape.type_name == "list":  # a list within a list, or a map, is written by nobody here
        return shape.member.type_name in (*PLAIN, "structure")
    if shape.type_name == "map":
        return shape.key.type_name == "string" and shape.value.type_name in (*PLAIN, "structure")
    return shape.type_name in (*PLAIN, "structure") and not getattr(shape, "is_document_type", False)


def wire(shape: Any, name: str) -> str:
    return str(shape.serialization.get("name", name))


# ---- what both ways have in common


def present(serializer: Any, value: Any, shape: Any) -> Iterator[tuple[Any, Any]]:
    """The members that an object has, each with how it is written."""
    picker = serializer._value_picker
    get = value.get if type(value) is dict else None
    missing = faster_answers.MISSING
    for row in faster_answers.members(serializer, picker, value, shape):
        one = get(row.first, missing) if get else missing
        if one is missing:
            one = faster_answers.found(value, row.spellings)
        if row.transformed:
            one = faster_answers.transformed(picker, ".".join([*serializer.path, row.name]), one)
        if one is not None:
            yield row, one


def items(serializer: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """The pairs of a map. Query leaves out what is nothing."""
    leave_out = isinstance(serializer, serialize.QuerySerializer)
    return ((key, one) for key, one in value.items() if not (leave_out and one is None))


def time_text(serializer: Any, value: Any, shape: Any) -> str:
    clock = serializer._timestamp_serializer
    form = shape.serialization.get("timestampFormat", clock.default_format)
    return str(clock._convert_timestamp_to_str(value, form))


def below(serializer: Any, name: str, make: Callable[..., Any], value: Any, shape: Any) -> Any:
    """make() with the name on the path, by which moto's transformers find what they mean."""
    serializer.path.append(name)
    made = make(serializer, value, shape)
    serializer.path.pop()
    return made


# ---- text


def write_result(self: Any, response: Any, result: Any) -> Any:
    """In the place of QuerySerializer._serialize_result, which EC2's has as well."""
    shape = self.operation_model.output_shape
    if shape is None or result is None or type(self) not in KINDS or not usual(shape):
        return slow_result(self, response, result)
    self.path.append(shape.name)
    whole = {}
    for row, one in present(self, result, shape):
        inside = below(self, row.name, WRITE[row.shape.type_name], one, row.shape)
        if inside is not None:
            whole[row.wire] = faster_answers.Written(inside)
    self.path.pop()
    return self._serialized_result_to_response(response, result, shape, whole)


def element(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>" if inside else f"<{tag}/>"


def escaped(value: Any) -> str:
    plain = str(value)
    return escape(plain) if "&" in plain or "<" in plain or ">" in plain else plain


def structure_text(serializer: Any, value: Any, shape: Any) -> str | None:
    if value is None:
        return None
    out = []
    for row, one in present(serializer, value, shape):
        inside = below(serializer, row.name, WRITE[row.shape.type_name], one, row.shape)
        if inside is not None:
            out.append(element(row.wire, inside))
    return "".join(out)


def list_text(serializer: Any, value: Any, shape: Any) -> str:
    member, out = shape.member, []
    tag, make = wire(member, "member"), WRITE[member.type_name]
    for one in value:
        inside = below(serializer, member.name, make, one, member)
        if inside or (inside is not None and member.type_name != "structure"):  # an empty one is left out
            out.append(element(tag, inside))
    return "".join(out)


def map_text(serializer: Any, value: Any, shape: Any) -> str:
    out, key_tag, value_tag = [], wire(shape.key, "key"), wire(shape.value, "value")
    for key, one in items(serializer, value):
        inside = below(serializer, "value", WRITE[shape.value.type_name], one, shape.value)
        pair = element(key_tag, escaped(key))
        out.append(element("entry", pair if inside is None else pair + element(value_tag, inside)))
    return "".join(out)


WRITE: dict[str, Callable[[Any, Any, Any], str | None]] = {
    "string": lambda _serializer, value, _shape: escaped(value),
    "integer": lambda _serializer, value, _shape: str(int(value)),
    "boolean": lambda _serializer, value, _shape: faster_answers.truth(value),
    "float": lambda _serializer, value, _shape: str(float(value)),
    "timestamp": time_text,
    "blob": lambda serializer, value, _shape: serializer._base64(value),
    "structure": structure_text,
    "list": list_text,
    "map": map_text,
}
WRITE |= {"long": WRITE["integer"], "double": WRITE["float"]}


# ---- members


def structure_members(serializer: Any, value: Any, shape: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    read = {}
    for row, one in present(serializer, value, shape):
        made = below(serializer, row.name, READ[row.shape.type_name], one, row.shape)
        if made is not None:
            read[row.name] = made
    return read


def list_members(serializer: Any, value: Any, shape: Any) -> list[Any]:
    member = shape.member
    made = [below(serializer, member.name, READ[member.type_name], one, member) for one in value]
    return [one for one in made if one is not None and one != {}]


def map_members(serializer: Any, value: Any, shape: Any) -> dict[str, Any]:
    make = READ[shape.value.type_name]
    return {
        str(key): below(serializer, "value", make, one, shape.value) for key, one in items(serializer, value)
    }


READ: dict[str, Callable[[Any, Any, Any], Any]] = {
    "string": lambda _serializer, value, _shape: str(value),
    "integer": lambda _serializer, value, _shape: int(value),
    "boolean": lambda _serializer, value, _shape: faster_answers.truth(value) == "true",
    "float": lambda _serializer, value, _shape: float(value),
    "timestamp": lambda *one: faster_answers.timestamp(time_text(*one)),
    "blob": lambda serializer, value, _shape: base64.b64decode(serializer._base64(value)),
    "structure": structure_members,
    "list": list_members,
    "map": map_members,
}
READ |= {"long": READ["integer"], "double": READ["float"]}


# ---- the members of an answer of moto's


class Taken:
    """What was taken out of an answer before it was written; None when moto wrote it."""

    result: dict[str, Any] | None = None


_taken: Taken | None = None  # calls to moto come one by one, under emulator.lock


@contextlib.contextmanager
def taking(wanted: bool) -> Iterator[Taken]:
    """Within it, the members of a good answer are taken, if they are wanted and can be, and its body stays empty."""
    global _taken
    taken = Taken()
    _taken = taken if wanted else None
    try:
        yield taken
    finally:
        _taken = None


def execute(self: Any, context: Any) -> Any:
    """In the place of ActionResult.execute_result."""
    shape = context.operation_model.output_shape
    if (
        _taken is None
        or context.serializer_class not in KINDS
        or isinstance(self.result, Exception)
        or shape is None
        or not usual(shape)
    ):
        return slow_execute(self, context)
    serializer = context.serializer_class(
        operation_model=context.operation_model,
        value_picker=serialize.XFormedAttributePicker(
            response_transformers=getattr(context.response, "RESPONSE_KEY_PATH_TO_TRANSFORMER", None)
        ),
    )
    serializer.path.append(shape.name)
    # an operation can answer with nothing though the model has members for it
    _taken.result = structure_members(serializer, self.result, shape) or {}
    return 200, {}, ""

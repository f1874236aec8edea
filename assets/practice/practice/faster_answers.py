# SPDX-License-Identifier: MIT
"""The way of an answer from moto's objects to bytes and back, made faster where it is slow. The answers stay the same.

install() once, before the first call. moto's serializer works out every spelling of every member anew for each object:
which ones a member may have depends on the object's class and the member's shape alone, so they are worked out once for
both. Its writer of XML sends every element through SAX; here one pass joins strings. botocore reads each time with a
parser of every known format; nearly all of AWS's are one.
"""

import datetime
import functools
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xmltodict
from botocore.parsers import PROTOCOL_PARSERS
from botocore.utils import parse_timestamp
from dateutil.tz import tzutc
from moto.core import serialize
from moto.core.utils import get_value

MISSING = object()
UTC = tzutc()
ISO_8601 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n'
known_name = functools.lru_cache(4096)(xmltodict._validate_name)
slow_unparse = xmltodict.unparse
slow: dict[str, Any] = {}  # moto's own methods by their names, for who wants to compare


def install() -> None:
    if xmltodict.unparse is unparse:
        return
    xmltodict.unparse = unparse
    for owner, name, method in (
        (serialize.AttributePicker, "__call__", pick),
        (serialize.ResponseSerializer, "_serialize", serialize_one),
        (serialize.ResponseSerializer, "_serialize_type_structure", serialize_structure),
    ):
        slow[name] = getattr(owner, name)
        setattr(owner, name, method)


class Written(str):
    """The inside of an element, as it is to be in the text; faster_xml.py makes them."""

    __slots__ = ()


# ---- from objects to members


def spellings(picker: Any, context: Any) -> tuple[str, ...]:
    """The names under which a member may be found, the first that is there counts."""
    shape = context.shape
    known = shape.__dict__.setdefault("spellings", {})
    name = (type(picker), type(context.obj), context.key)
    if name not in known:
        known[name] = tuple(dict.fromkeys(picker.get_possible_keys(context)))
    return known[name]


def found(obj: Any, names: tuple[str, ...]) -> Any:
    """The first of these that the object has, None when it has none."""
    indexed = hasattr(obj, "__getitem__")
    plain = type(obj) is dict
    for one in names:
        if "." in one:
            value = get_value(obj, one, MISSING)
        elif plain:
            value = obj.get(one, MISSING)
        else:
            value = get_value(obj, one, MISSING) if indexed else getattr(obj, one, MISSING)
        if value is not MISSING:
            return value
    return None


def transformed(picker: Any, path: str, value: Any) -> Any:
    for ending, transform in picker.response_transformers.items():
        if path.endswith(ending):
            return transform(value)
    return value


def pick(self: Any, context: Any) -> Any:
    """In the place of AttributePicker.__call__."""
    value = found(context.obj, spellings(self, context))
    if self.response_transformers:
        return transformed(self, f"{context.key_path}.{context.key}", value)
    return value


@functools.cache
def method_for(kind: Any, type_name: str) -> Any:
    return getattr(kind, f"_serialize_type_{type_name}", None) or kind._default_serialize


def serialize_one(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """In the place of ResponseSerializer._serialize."""
    self.path.append(key or shape.name)
    method_for(self.__class__, shape.type_name)(self, serialized, value, shape, key)
    self.path.pop()


def serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """In the place of ResponseSerializer._serialize_type_structure."""
    if value is None:
        return
    wrapper = self.MAP_TYPE() if key else serialized
    picker = self._value_picker
    if not isinstance(picker, serialize.AttributePicker) or not all_in_body(self.__class__):
        for name, member in shape.members.items():
            member.parent = shape
            self._serialize_structure_member(wrapper, value, member, name)
    else:
        get = value.get if type(value) is dict else None
        for row in members(self, picker, value, shape):
            one = get(row.first, MISSING) if get else MISSING
            if one is MISSING:
                one = found(value, row.spellings)
            if row.transformed:
                one = transformed(picker, ".".join([*self.path, row.name]), one)
            if one is None:
                continue
            self._serialize(wrapper, one, row.shape, row.name)
    if key:
        self._default_serialize(serialized, wrapper, shape, key)


@functools.cache
def all_in_body(kind: Any) -> bool:
    """Whether a protocol has no members that are headers."""
    base = serialize.ResponseSerializer
    return (
        kind._serialize_structure_member is base._serialize_structure_member
        and kind.get_value is base.get_value
    )


class Member:
    """What a serializer of a class does with a member of a structure, worked out once."""

    __slots__ = ("name", "shape", "spellings", "first", "transformed", "wire")

    def __init__(self, serializer: Any, context: Any) -> None:
        picker, shape = serializer._value_picker, context.shape
        end = f".{context.key}"
        self.name, self.shape = context.key, shape
        self.spellings = spellings(picker, context)
        self.first = MISSING if "." in self.spellings[0] else self.spellings[0]
        # whether one of the response's transformers may mean it
        self.transformed = any(one.endswith(end) or end.endswith(one) for one in picker.response_transformers)
        self.wire = shape.serialization.get("name", context.key)


def members(self: Any, picker: Any, value: Any, shape: Any) -> list[Member]:
    """The members of a structure, for objects of this class."""
    known = shape.__dict__.setdefault("members_by_class", {})
    kinds = (type(self), type(picker), type(value), tuple(picker.response_transformers))
    if kinds not in known:
        rows = known[kinds] = []
        for name, member in shape.members.items():
            member.parent = shape
            service = self.operation_model.service_model
            context = serialize.AttributePickerContext(value, name, member, self.operation_model, service)
            rows.append(Member(self, context))
    return known[kinds]


def truth(value: Any) -> str:
    return "true" if value is True or str(value).lower() == "true" else "false"


# ---- from members to XML


def unparse(document: Any, output: Any = None, full_document: bool = True, **options: Any) -> Any:
    """In the place of xmltodict.unparse, for documents as moto's serializer makes them."""
    short = options.pop("short_empty_elements", False)
    pretty = options.pop("pretty", False)
    if output is not None or pretty or options or (full_document and len(document) != 1):
        options |= {"short_empty_elements": short, "pretty": pretty}
        return slow_unparse(document, output=output, full_document=full_document, **options)
    out: list[str] = [PROLOG] if full_document else []
    for key, value in document.items():
        if full_document and isinstance(value, (list, tuple)) and len(value) > 1:
            raise ValueError("document with multiple roots")
        element(out, key, value, short)
    return "".join(out)


def element(out: list[str], key: Any, value: Any, short: bool) -> None:
    """One element, or one for each value of a list."""
    known_name(key, "element")
    if type(value) is str:
        text(out, key, value, short)
    elif type(value) is Written:
        out.append(f"<{key}>{value}</{key}>" if value or not short else f"<{key}/>")
    elif isinstance(value, dict):
        children(out, key, value, short)
    elif value is None:
        text(out, key, "", short)
    elif hasattr(value, "__iter__") and not isinstance(value, (str, bytes, bytearray, memoryview)):
        for one in value:
            nested = hasattr(one, "__iter__") and not isinstance(
                one, (str, bytes, bytearray, memoryview, dict)
            )
            # a list within a list is text to xmltodict
            element(out, key, str(one) if nested else one, short)
    else:
        text(out, key, xmltodict._convert_value_to_string(value), short)


def text(out: list[str], key: str, value: str, short: bool) -> None:
    if value:
        out.append(f"<{key}>{escape(value)}</{key}>")
    else:
        out.append(f"<{key}/>" if short else f"<{key}></{key}>")


def children(out: list[str], key: str, value: dict[Any, Any], short: bool) -> None:
    """An element with its attributes (@name), elements and, at its end, text (#text)."""
    start = len(out)
    out.append("")
    head, cdata = f"<{key}", None
    for name, item in value.items():
        if name == "#text":
            cdata = item if item is None else xmltodict._convert_value_to_string(item)
        elif isinstance(name, str) and name.startswith("@"):
            known_name(name[1:], "attribute")
            head += (
                f" {name[1:]}={quoteattr('' if item is None else xmltodict._convert_value_to_string(item))}"
            )
        elif not (isinstance(item, list) and not item):
            element(out, name, item, short)
    if cdata:
        out.append(escape(cdata))
    if len(out) == start + 1 and short:
        out[start] = f"{head}/>"
    else:
        out[start] = f"{head}>"
        out.append(f"</{key}>")


# ---- from bytes to members


@functools.cache
def parser(protocol: str) -> Any:
    """botocore's parser of a protocol's answers; it keeps nothing between them."""
    return PROTOCOL_PARSERS[protocol](timestamp_parser=timestamp)


def timestamp(value: Any) -> datetime.datetime:
    """botocore's parse_timestamp; the form that AWS writes is read directly."""
    match = ISO_8601.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return parse_timestamp(value)
    year, month, day, hour, minute, second, fraction = match.groups()
    try:
        date = datetime.datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        return date.replace(microsecond=int((fraction or "0").ljust(6, "0")))
    except ValueError:
        return parse_timestamp(value)

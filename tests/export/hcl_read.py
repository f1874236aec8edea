# SPDX-License-Identifier: MIT
"""Reads the HCL that the export writes: every expression as a tree that evaluate() can compute.

A reader of its own for the subset that is written (blocks, attributes, texts with references, numbers, lists, maps,
jsonencode, merge). Anything else is an error, so the export cannot use more than this understands."""

import json
import re
from pathlib import Path

TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+)|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<number>-?\d+(\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|(?P<text>"(?:[^"\\$%]|\\.|\$\$\{|%%\{|\$\{[^}]*\}|\$(?!\{)|%(?!\{))*")"""
    r"""|(?P<mark>[{}\[\]()=,.:])"""
)
PIECE = re.compile(
    r"\$\$\{|%%\{|\$\{(?P<code>[^}]*)\}|\\u(?P<hex>[0-9a-f]{4})|\\(?P<escape>.)|(?P<plain>[^\\])",
    re.S,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Reference(str):
    """aws_vpc.main.id, var.region, local.tags, with [0] at the end."""


class Call:
    def __init__(self, name, arguments):
        self.name, self.arguments = name, arguments


class Template:
    def __init__(self, parts):
        self.parts = parts  # str and Reference


class Block:
    def __init__(self, kind, labels):
        self.kind, self.labels = kind, labels
        self.attributes, self.blocks = {}, []

    def of(self, kind):
        return [block for block in self.blocks if block.kind == kind]


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"not HCL that is written here: {text[at : at + 40]!r}"
        at = match.end()
        if match.lastgroup not in ("space", "comment"):
            kind = next(
                k for k in ("newline", "number", "name", "text", "mark") if match.group(k) is not None
            )
            yield kind, match.group(kind)
    yield "end", ""


class Parser:
    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, value=None):
        kind, text = self.tokens[self.at]
        assert value is None or text == value, f"expected {value!r}, found {text!r}"
        self.at += 1
        return kind, text

    def lines(self):
        while self.peek()[0] == "newline":
            self.at += 1

    def body(self, block):
        self.lines()
        while self.peek()[1] != "}" and self.peek()[0] != "end":
            name = self.take()[1]
            if self.peek()[1] == "=":
                self.take()
                assert name not in block.attributes, f"{name} twice in {block.kind} {block.labels}"
                block.attributes[name] = self.expression()
            else:
                labels = []
                while self.peek()[0] == "text":
                    labels.append(text_of(self.take()[1]))
                self.take("{")
                inner = Block(name, labels)
                self.body(inner)
                self.take("}")
                block.blocks.append(inner)
            self.lines()

    def expression(self):
        kind, text = self.take()
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "text":
            return text_of(text)
        if text == "[":
            return self.items("]", lambda: self.expression())
        if text == "{":
            return dict(self.items("}", self.member))
        assert kind == "name", f"unexpected {text!r}"
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        if self.peek()[1] == "(":
            self.take()
            return Call(text, self.items(")", lambda: self.expression()))
        while self.peek()[1] in (".", "["):
            if self.take()[1] == "[":
                text += f"[{self.take()[1]}]"
                self.take("]")
            else:
                text += "." + self.take()[1]
        return Reference(text)

    def member(self):
        kind, key = self.take()
        self.take("=")
        return (text_of(key) if kind == "text" else key), self.expression()

    def items(self, end, one):
        found = []
        self.lines()
        while self.peek()[1] != end:
            found.append(one())
            if self.peek()[1] == ",":
                self.take()
            self.lines()
        self.take(end)
        return found


def text_of(token):
    parts = [""]
    for piece in PIECE.finditer(token[1:-1]):
        if piece["code"] is not None:
            parts += [Reference(piece["code"]), ""]
        elif piece["hex"]:
            parts[-1] += chr(int(piece["hex"], 16))
        elif piece["escape"]:
            parts[-1] += ESCAPES[piece["escape"]]
        elif piece["plain"]:
            parts[-1] += piece["plain"]
        else:
            parts[-1] += piece[0][1:]
    return parts[0] if len(parts) == 1 else Template([part for part in parts if part])


class Module:
    """All files of a folder: resources and variables by address, imports, locals."""

    def __init__(self, folder):
        whole = Block("module", [])
        for path in sorted(Path(folder).glob("*.tf")):
            Parser(path.read_text()).body(whole)
        self.resources = {".".join(block.labels): block for block in whole.of("resource")}
        self.variables = {block.labels[0]: block for block in whole.of("variable")}
        self.outputs = {block.labels[0]: block for block in whole.of("output")}
        self.imports = {str(block.attributes["to"]): block.attributes["id"] for block in whole.of("import")}
        self.locals = {k: v for block in whole.of("locals") for k, v in block.attributes.items()}
        self.settings = whole.of("terraform")[0]

    def evaluate(self, value, look_up, unknown=None):
        """The value with variables' defaults, locals and look_up(address, attribute) filled in."""

        def go(v):
            if isinstance(v, Reference):
                return self.reference(v, look_up, go)
            if isinstance(v, Template):
                return "".join(p if type(p) is str else str(go(p)) for p in v.parts)
            if isinstance(v, Call):
                arguments = [go(a) for a in v.arguments]
                return json.dumps(arguments[0]) if v.name == "jsonencode" else arguments[0] | arguments[1]
            if isinstance(v, list):
                return [go(one) for one in v]
            return {k: go(one) for k, one in v.items()} if isinstance(v, dict) else v

        return go(value)

    def reference(self, text, look_up, go):
        text, _, index = text.partition("[")
        kind, name, *rest = text.split(".")
        if kind == "var":
            value = go(self.variables[name].attributes["default"])
        elif kind == "local":
            value = go(self.locals[name])
        else:
            value = look_up(f"{kind}.{name}", rest[0])
        return value[int(index.rstrip("]"))] if index else value


def references(value):
    """Every reference in an expression."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Template):
        yield from (part for part in value.parts if isinstance(part, Reference))
    elif isinstance(value, Call):
        for one in value.arguments:
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from references(one)


def all_references(block):
    for value in block.attributes.values():
        yield from references(value)
    for inner in block.blocks:
        yield from all_references(inner)

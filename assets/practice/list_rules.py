#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the list of AWS's rules into README.md from the code, so that it cannot say what is not there.

    python3 assets/practice/list_rules.py            writes the part between the two marks of README.md
    python3 assets/practice/list_rules.py --check    exits 1 when that part is not what would be written

A rule is a function under @before, @after or @answered; what it says is the comment above it, else its docstring,
else its name. A source is what a comment names, else the sources that its file names at its top. Needs nothing but
Python.
"""

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- rules: written by list_rules.py -->", "<!-- end of rules -->"
FOLDERS = ("rules", "data", "permissions")


def main() -> int:
    text = README.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    written = f"{head}{BEGIN}\n\n{listing()}\n{END}{tail}"
    if "--check" in sys.argv[1:]:
        if written != text:
            print("assets/practice/README.md is not up to date: run assets/practice/list_rules.py")
        return int(written != text)
    README.write_text(written, encoding="utf-8")
    return 0


def listing() -> str:
    parts = []
    for folder in FOLDERS:
        for path in sorted((HERE / "practice" / folder).glob("*.py")):
            rows = rules_of(path)
            if not rows:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            title, sources = top_of(ast.get_docstring(tree) or "")
            lines = [f"**{folder}/{path.name}**: {title}." + (f" {sources}" if sources else ""), ""]
            lines += [f"- {row}" for row in rows]
            parts.append("\n".join(lines) + "\n")
    count = sum(part.count("\n- ") for part in parts)
    return f"{count} rules.\n\n" + "\n".join(parts)


def top_of(docstring: str) -> tuple[str, str]:
    """The first sentence of a module and what it says of its sources."""
    plain = " ".join(docstring.split())
    title = re.split(r"(?<=[.:]) |(?= Sources?: )", plain)[0].rstrip(":.") if plain else ""
    found = re.search(r"(Sources?: .*?)(?=(?:\. [A-Z][a-z]+\(|$))", plain)
    return title, found[1].rstrip(".") + "." if found else ""


def rules_of(path: Path) -> list[str]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    rows = []
    tree = ast.parse(source)
    known = constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        met = [text for text in (decoration(one, known) for one in node.decorator_list) if text]
        if met:
            first = min(one.lineno for one in node.decorator_list)
            said = comment_above(lines, first) or one_line(ast.get_docstring(node)) or spelt(node.name)
            where = ", ".join(met)
            named = where.partition(" ")[2]
            said = said.removeprefix(f"{named}: ")
            rows.append((first, f"`{where}` {said}"))
    return [text for _, text in sorted(rows)]


def constants(tree: ast.Module) -> dict[str, list[str]]:
    """The texts of the module's constants that rules name in place of operations."""
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            items = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
            texts = [
                one.value for one in items if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            found[node.targets[0].id] = texts
    return found


def decoration(node: ast.expr, known: dict[str, list[str]]) -> str:
    """What a rule is registered for, as people read it; nothing for other decorators."""
    if isinstance(node, ast.Name) and node.id == "answered":
        return "every answer"
    if not (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("before", "after")
    ):
        return ""
    words: list[str] = []
    for one in node.args:
        inner = one.value if isinstance(one, ast.Starred) else one
        if isinstance(inner, ast.Constant):
            words.append(inner.value)
        else:
            words += known.get(getattr(inner, "id", ""), []) or ["several operations"]
    if not words:
        return ""
    service, operations = words[0], words[1:]
    if operations == ["*"]:
        return "every call" if service == "*" else f"every call of {service}"
    return f"{service} {', '.join(operations)}"


def comment_above(lines: list[str], number: int) -> str:
    """The comment that ends on the line before the given one (counted from 1)."""
    found: list[str] = []
    row = number - 2
    while row >= 0 and lines[row].lstrip().startswith("#"):
        text = lines[row].lstrip("# ").rstrip()
        if text.startswith("----"):
            break
        found.insert(0, text)
        row -= 1
    return " ".join(found)


def one_line(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


def spelt(name: str) -> str:
    return name.strip("_").replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the list of AWS's rules into README.md from the code, so that it cannot say what is not there.

    python3 assets/practice/list_rules.py            writes the part between the two marks of README.md
    python3 assets/practice/list_rules.py --check    exits 1 when that part is not what would be written

A rule is a function under @before, @after or @answered; what it says is the comment above it, else its docstring,
else its name. Rules of one kind are rows of a table (TABLES) that a loop registers: each row is listed, with its
numbers and codes. A source is what a comment names, else the sources that its file names at its top. Needs nothing but
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
# File of rules -> the tables in it whose rows are rules, and the functions that make them.
TABLES = {
    "quotas": ("QUOTAS",),
    "tag_limits": ("LIMITS",),
    "throttling": ("OWN", "SHARED"),
    "iam_roles": ("MAKES",),
    "paging": ("MORE", "INVALID_TOKEN"),
}


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
            tree = ast.parse(path.read_text(encoding="utf-8"))
            rows = rules_of(path) + rows_of_tables(path, tree) + makers(tree)
            if not rows:
                continue
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


def rows_of_tables(path: Path, tree: ast.Module) -> list[str]:
    """Each row of the file's tables of rules: what it is for, what is said above the table, its numbers and codes."""
    lines, found = path.read_text(encoding="utf-8").splitlines(), []
    for node in tree.body:
        name = getattr(getattr(node, "target", None) or getattr(node, "targets", [None])[0], "id", "")
        if name not in TABLES.get(path.stem, ()):
            continue
        said = comment_above(lines, node.lineno)
        value = node.value
        if isinstance(value, ast.Call):  # tuple(... for ... in (rows))
            value = value.args[0].generators[0].iter
        if isinstance(value, ast.Dict):
            rows = list(zip(value.keys, value.values, strict=True))
        else:
            rows = [(one.elts[0], one) for one in value.elts]
        for key, row in rows:
            words = [str(word) for word in (*literals(key), *literals(row))]
            words = list(dict.fromkeys(words))
            where = " ".join(words[:2]) if isinstance(key, ast.Tuple) or path.stem == "quotas" else words[0]
            rest = ", ".join(word for word in words if word not in where.split(" "))
            if getattr(getattr(row, "func", None), "id", "") == "Limit":
                rest = "{1} at once, then {2} a second".format(*literals(row))
            found.append(f"`{where}` {rest}" + (f" ({said})" if said and row is rows[0][1] else ""))
    return found


def literals(node: ast.AST) -> list[object]:
    """The texts and numbers of a table's row; fractions as they are written."""
    if isinstance(node, ast.Constant):
        return [node.value] if node.value is not None else []
    if isinstance(node, ast.BinOp):
        return [ast.unparse(node).replace(" ", "")]
    if isinstance(node, ast.Lambda):
        return []
    return [word for child in ast.iter_child_nodes(node) for word in literals(child)]


def makers(tree: ast.Module) -> list[str]:
    """Rules that a function makes for each list or table row: before(...)(make(...)), foremost(..., make(...))."""
    found = []
    for name in made_by(tree):
        function = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == name)
        said = one_line(ast.get_docstring(function))
        if said:
            found.append(f"`each operation of the tables` {said}")
    return found


def made_by(tree: ast.Module) -> list[str]:
    """The functions whose results are registered as rules, or which are registered in a loop themselves."""
    own = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        registers = getattr(node.func, "id", "") == "foremost" or (
            isinstance(node.func, ast.Call) and getattr(node.func.func, "id", "") in ("before", "after")
        )
        for argument in node.args if registers else []:
            name = getattr(getattr(argument, "func", argument), "id", "")
            if name in own:
                found.append(name)
    return list(dict.fromkeys(found))


def names_of(path: Path) -> set[str]:
    """The functions of a file that are listed as rules, those within functions that make rules included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = constants(tree)
    made = made_by(tree)
    found = set(made)
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        if any(decoration(one, known) for one in node.decorator_list):
            found.add(node.name)
        if node.name in made:
            found |= {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


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

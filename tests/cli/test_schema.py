# SPDX-License-Identifier: MIT
"""The JSON Schema and the program agree on which answer files are right."""
import json

import jsonschema
import pytest
from corpus import read
from program import ROOT, Program

SCHEMA = json.loads((ROOT / "assets/schema/setup.schema.json").read_text())
JUDGE = jsonschema.Draft202012Validator(SCHEMA)


def test_schema_is_a_schema():
    """The schema itself is valid, and every property has a description."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def walk(node, path):
        for name, inner in node.get("properties", {}).items():
            assert inner.get("description"), f"{path}.{name} has no description"
            walk(inner, f"{path}.{name}")
        for choice in node.get("oneOf", []):
            walk(choice, path)

    walk(SCHEMA, "")


@pytest.mark.parametrize("sample", read("good.txt"), ids=lambda s: s.title)
def test_good_files_are_accepted_by_both(program: Program, sample):
    """What the program accepts, the schema accepts."""
    assert not list(JUDGE.iter_errors(json.loads(sample.text)))
    assert refusals(program, sample.text) == []


@pytest.mark.parametrize("sample", [s for s in read("bad.txt") if any(e.by_schema for e in s.expected)],
                         ids=lambda s: s.title)
def test_bad_files_are_refused_by_both(program: Program, sample):
    """What the schema refuses, the program refuses, at the field and line that the table names."""
    assert list(JUDGE.iter_errors(json.loads(sample.text)))
    found = {(p["field"], p.get("line")) for p in refusals(program, sample.text)}
    for expected in sample.expected:
        assert (expected.field, expected.line) in found


def refusals(program: Program, text: str) -> list[dict]:
    """The problems that have a line: those of the file itself, not what is merely missing."""
    done = program.run("plan", "--json", "-c", "-", stdin=text)
    assert done.code in (3, 4), done.err  # the complete ones go on, to find that there are no credentials
    assert done.events()[-1]["type"] == "summary"
    return [e for e in done.events() if e["type"] == "problem" and "line" in e]

# SPDX-License-Identifier: MIT
"""The table of rows.py is true: every row has a test that exists and is run, or says why there is none."""

import re
from pathlib import Path

import pytest
from rows import ROWS

TESTS = Path(__file__).resolve().parents[1]


def exists(test):
    """Is there such a test, and does its file run it?"""
    place, _, name = test.partition("::")
    path = TESTS / place
    if not path.is_file():
        return False
    text = path.read_text()
    if not name:  # one program: a fuzzer, whose corpus is replayed in the ordinary run
        target = path.name.removesuffix("_fuzz.c")
        return target in (TESTS / "fuzz/CMakeLists.txt").read_text() and any((TESTS / "fuzz/corpus" / target).iterdir())
    if path.suffix == ".py":
        return re.search(rf"^def {name}\(", text, re.M) is not None
    registered = rf"(cmocka_unit_test(_setup|_teardown|_setup_teardown)?|TEST)\(\s*{name}\b"
    return re.search(rf"^static void {name}\(", text, re.M) is not None and re.search(registered, text) is not None


def test_all_57_rows_are_there():
    assert sorted(ROWS) == list(range(1, 58))


@pytest.mark.parametrize("number", sorted(ROWS))
def test_row(number, tried):
    """Its tests exist; a row without tests has a reason."""
    title, tests, reason = ROWS[number]
    assert title and (tests or len(reason) > 20)
    missing = [test for test in tests if not exists(test)]
    assert not missing, f"row {number}, {title}: {missing}"
    tried("rows of the table")
    tried("tests of the table", len(tests))


def test_a_test_that_is_not_there_is_seen():
    """The check can fail."""
    assert not exists("unit/base/base_text_test.c::no_such_test")
    assert not exists("cli/no_such_file.py::test_x")
    assert not exists("fuzz/no_such_fuzz.c")

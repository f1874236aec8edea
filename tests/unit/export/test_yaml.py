# SPDX-License-Identifier: MIT
"""What backend/export/yaml.c writes is read back by a YAML parser as what it was, whatever is in the strings."""

import json
import os
import random
import subprocess

import yaml

WRITER = os.environ["FOREST_YAML"]
HOSTILE = [
    "", " ", "yes", "No", "on", "OFF", "y", "null", "~", "true", "False", ".nan", ".inf", "12", "1e3", "0x1f", "0o17",
    "1_000", "12:30:45", "2026-11-29", "2001-12-14t21:59:43.10-05:00", "-", "- a", "? a", ": a", "a: b", "a:", "a #b",
    "#a", "&a", "*a", "!a", "!!str a", "|", ">", "|-\n a", "%YAML 1.2", "---", "...", "---\n", "@a", "`a`", "[a", "{a}",
    "a, b", "'", '"', "''", '"\n"', "\\", "\\n", "a\n", "a\nb\n", " a\nb\n", "a\n\nb\n", "\na\n", "a\n\n", "a \nb\n",
    "\ta\n", "a\tb", "\r\n", "a\rb", "\x00"[:0], "\x01", "\x7f", "\x85", "\xa0",
    "\u2028", "\u2029", "\ufeff", "\ufffe",
    "é", "日本語", "🌲", "${{ secrets.X }}", "$(rm -rf /)",
    "a\n  b\n", "if x:\n  y\n", "<<", "=", "a  ", "-1", "+1", ".5",
    "a b", "A-b_c.d/e@f", "\u200b", "\ud7ff", "\ue000",
]  # fmt: skip


def through(value):
    done = subprocess.run([WRITER], input=json.dumps(value), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_hostile_strings_as_values_keys_and_items():
    """Each string comes back, as a value, as a key, and in lists within lists, by PyYAML's own reader (YAML 1.1)."""
    trees = [
        {"before": 1, "value": text, "list": [text, [text], {"in": text}], "key": {text or "empty": True}}
        for text in HOSTILE
    ]
    for text, read, tree in zip(HOSTILE, yaml.safe_load(through(trees)), trees, strict=True):
        assert read == tree, repr(text)


def test_random_trees():
    """A thousand random trees of such strings come back."""
    dice = random.Random(4)

    def tree(depth):
        kind = dice.choice("sssslon") if depth < 4 else "s"
        if kind == "s":
            return "".join(dice.choice(HOSTILE) for _ in range(dice.randrange(1, 3)))
        if kind == "l":
            return [tree(depth + 1) for _ in range(dice.randrange(4))]
        if kind == "o":
            return {dice.choice(HOSTILE) + str(i): tree(depth + 1) for i in range(dice.randrange(4))}
        return dice.choice([None, True, False, 0, -7, 12345])

    whole = {f"t{i}": tree(0) for i in range(1000)}
    assert yaml.safe_load(through(whole)) == whole


def test_lines_are_a_block():
    """Several printable lines are written as they are, so that a script can be read."""
    assert "  run: |\n    set -e\n    echo \"a: b\"\n" in through({"step": {"run": 'set -e\necho "a: b"\n'}})

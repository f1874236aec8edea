# SPDX-License-Identifier: MIT
"""The answer files of tests/data/configs, in the form described at the top of bad.txt."""
import pathlib
from typing import NamedTuple

CONFIGS = pathlib.Path(__file__).resolve().parent.parent / "data" / "configs"


class Expected(NamedTuple):
    field: str
    line: int
    by_schema: bool
    words: str


class Sample(NamedTuple):
    title: str
    text: str
    expected: list[Expected]


def _expected(header: str) -> Expected:
    field, line, judge, words = header.split(" ", 3)
    return Expected("" if field == "." else field, int(line), judge == "schema", words)


def read(name: str) -> list[Sample]:
    samples: list[Sample] = []
    headers: list[str] = []
    text: list[str] = []

    def close() -> None:
        if headers:
            expected = [_expected(h) for h in headers] if name == "bad.txt" else []
            samples.append(Sample(headers[0], "".join(text), expected))

    for line in (CONFIGS / name).read_text().splitlines(keepends=True):
        if line.startswith("=== "):
            if text:
                close()
                headers, text = [], []
            headers.append(line[4:].rstrip("\n"))
        elif headers:
            text.append(line)
    close()
    return samples

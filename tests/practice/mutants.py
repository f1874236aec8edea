# SPDX-License-Identifier: MIT
"""Is there a test for each rule that fails without it? A plugin that plays the tests again with rules switched off.

    PYTHONPATH=tests/practice .practice/venv/bin/python -m pytest -q -p mutants -m "not slow" tests/practice

Each test runs as always. Of the rules that refused, answered or changed something in it, and that no test has missed
yet, it runs again without one after the other: a test that fails then has missed the rule. Rules that are left, which
work unseen (they note something, or only wrote the same again), are tried at the end with the tests that met them.
Rows of a table are rules of their own. A refusal within a rule counts as tested when a test meets it, for a call that
is refused is what the test asks about.

At the end: "survived: FILE.FUNCTION" for each rule that no test misses, "never refused: FILE:LINE" for each refusal
that no test meets, and the total; the run fails when there is one. MUTANTS_STATE=FILE keeps what was found between
runs, so that files can be played one by one. Only the plugin can switch a rule off; the practice cloud has no way to.
"""

import ast
import builtins
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assets" / "practice"))
from practice import errors, record, rules  # noqa: E402

PRACTICE = Path(rules.__file__).resolve().parents[1]
STATE = Path(os.environ["MUTANTS_STATE"]) if "MUTANTS_STATE" in os.environ else None
LONG_S = 4.0  # tests that take longer are played again only when no other misses the rule
TRIES = 12  # tests that a rule is tried with at the end
WITHOUT_ROWS = ".paging"  # its rows are botocore's: hundreds of lists, paged by the same two rules
REFUSING = ("rules", "data/ecs_rules", "data/ecs_api")  # where a refusal is one of AWS's rules

OFF, ALL = set(), set()  # what is switched off; every rule
MET = {}  # of the test that runs: rule -> True when it did something for certain
MISSED = {}  # rule -> the test that failed without it
LATER = {}  # rule -> {test: seconds} that met it and were not tried
REFUSED = set()  # "file:line" of the refusals that were met
RUNS = {}  # test -> its item


class Watched:
    """A rule that notes when it is met, and can be switched off."""

    def __init__(self, rule, name):
        self.rule, self.name = rule, name
        self.__name__, self.__module__ = rule.__name__, rule.__module__
        ALL.add(name)

    def __call__(self, *arguments):
        if self.name in OFF:
            return None
        try:
            result = self.rule(*arguments)
        except errors.AwsError:
            MET[self.name] = True
            raise
        MET[self.name] = MET.get(self.name, False) or result is not None
        return result


def watch():
    """Wraps every rule that is registered. One function for many operations is one rule, each of a table's another."""
    for table in (rules._before, rules._after):
        for (service, operation), found in table.items():
            found[:] = [watched(one, f"[{service}.{operation}]") for one in found]
    rules._answered[:] = [watched(one, "") for one in rules._answered]


def watched(rule, where):
    if isinstance(rule, Watched):
        return rule
    row = "<locals>" in getattr(rule, "__qualname__", "") and not rule.__module__.endswith(WITHOUT_ROWS)
    return Watched(rule, rules.name_of(rule) + (where if row else ""))


def refuses(call):
    """Errors of Python's own (ValueError) are told in the words of whoever catches them."""
    return not hasattr(builtins, getattr(call.func, "id", ""))


def refusals():
    """file:line -> (first, last) of each `raise` of an error in the rules' files."""
    found = {}
    for path in sorted(PRACTICE.rglob("*.py")):
        name = str(path.relative_to(PRACTICE))
        if name.startswith(REFUSING):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and refuses(node.exc):
                    found[f"{name}:{node.lineno}"] = (name, node.lineno, node.end_lineno)
    return found


SITES = refusals()
LINES = {(name, line): site for site, (name, first, last) in SITES.items() for line in range(first, last + 1)}


def note_refusal(error, *arguments, **members):
    made(error, *arguments, **members)
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(str(PRACTICE)):
        site = LINES.get((frame.f_code.co_filename[len(str(PRACTICE)) + 1 :], frame.f_lineno))
        if site:
            REFUSED.add(site)
        frame = frame.f_back


def add_unless_off(recorder, entry):
    """What breaks without a rule says nothing about the practice cloud."""
    if OFF and entry.get("emulator_error"):
        entry = {name: value for name, value in entry.items() if name != "emulator_error"}
    add(recorder, entry)


made, errors.AwsError.__init__ = errors.AwsError.__init__, note_refusal
add, record.Recorder.add = record.Recorder.add, add_unless_off


def fails_without(name, item, following, limit_s):
    """Plays the test without the rule; one that does not end in time fails as well."""
    OFF.add(name)
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("without the rule it does not end"))
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        item._initrequest()
        again = runtestprotocol(item, nextitem=following, log=False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        OFF.clear()
    if any(report.failed for report in again):
        MISSED[name] = item.nodeid
        return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    watch()
    MET.clear()
    RUNS[item.nodeid] = item
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    begun = time.monotonic()
    reports = runtestprotocol(item, nextitem=item, log=True)
    took = sum(report.duration for report in reports if report.when == "call")
    watch()  # the first test starts the cloud
    if all(report.passed for report in reports):
        met = dict(MET)
        for name, certain in sorted(met.items()):
            if name in MISSED:
                continue
            if not certain or took > LONG_S:
                LATER.setdefault(name, {})[item.nodeid] = took
            elif fails_without(name, item, item, 30 + 5 * (time.monotonic() - begun)):
                LATER.pop(name, None)
    if nextitem is None:
        try_the_rest(item)
    item._initrequest()
    item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    save()
    return True


def try_the_rest(last):
    """The rules that no test missed, with the tests that met them and were not tried: first those whose names say that
    they are about the rule, and of these the shortest."""
    rows = []
    for name, tests in sorted(LATER.items()):
        words = [word for word in re.split(r"[._\[\]]", name) if len(word) > 2]
        about = lambda test, words=words: -sum(word.rstrip("s") in test.lower() for word in words)
        chosen = sorted(tests, key=lambda test, tests=tests, about=about: (about(test), tests[test]))[:TRIES]
        rows += [(name, RUNS[test], tests[test]) for test in chosen if name not in MISSED and test in RUNS]
    rows.sort(key=lambda row: (row[1].location[0], row[0]))
    for at, (name, item, took) in enumerate(rows):
        following = rows[at + 1][1] if at + 1 < len(rows) else last
        if name not in MISSED:
            last.session._setupstate.teardown_exact(item)
            fails_without(name, item, following, 30 + 5 * took)


def pytest_configure():
    if STATE and STATE.exists():
        kept = json.loads(STATE.read_text())
        MISSED.update(kept["missed"])
        ALL.update(kept["all"])
        LATER.update(kept["later"])
        REFUSED.update(kept["refused"])


def save():
    if STATE:
        kept = {"missed": MISSED, "all": sorted(ALL), "later": LATER, "refused": sorted(REFUSED)}
        STATE.with_suffix(".new").write_text(json.dumps(kept, indent=1))
        STATE.with_suffix(".new").replace(STATE)


def pytest_terminal_summary(terminalreporter):
    survived, unmet = sorted(ALL - set(MISSED)), sorted(set(SITES) - REFUSED)
    for name in survived:
        terminalreporter.write_line(f"survived: {name}" + ("" if name in LATER else " (never met)"))
    for site in unmet:
        terminalreporter.write_line(f"never refused: {site}")
    terminalreporter.write_line(f"rules: {len(ALL) + len(SITES)} tried, {len(survived) + len(unmet)} ended wrong")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if session.exitstatus == pytest.ExitCode.OK and (ALL - set(MISSED) or set(SITES) - REFUSED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

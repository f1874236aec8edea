# SPDX-License-Identifier: MIT
"""Is there a test for each rule that fails without it? A plugin that plays every test again with rules switched off.

    PYTHONPATH=tests/practice .practice/venv/bin/python -m pytest -q -p mutants tests/practice

Each test runs as always; of every rule that it met and that no test has missed yet, it runs again without that rule. A
test that fails then has missed it. At the end: the rules that no test misses, as "survived: FILE.FUNCTION". Only the
plugin can switch a rule off; the practice cloud itself has no way to.
"""

import os

import pytest
from _pytest.runner import runtestprotocol

from practice import rules
from practice.errors import AwsError

MET, MISSED, OFF, ALL = set(), {}, set(), set()
AT_MOST = int(os.environ.get("MUTANTS_AT_MOST", "40"))  # rules that one test is played without


class Watched:
    """A rule that notes when it is met, and can be switched off."""

    def __init__(self, rule):
        self.rule, self.name = rule, rules.name_of(rule)
        self.__name__, self.__module__ = rule.__name__, rule.__module__
        ALL.add(self.name)

    def __call__(self, *arguments):
        if self.name in OFF:
            return None
        try:
            result = self.rule(*arguments)
        except AwsError:
            MET.add((0, self.name))
            raise
        # One that answers or changes is met for certain; others only may have done something.
        MET.add((0 if result is not None else 1, self.name))
        return result


def watch():
    for table in (rules._before, rules._after):
        for found in table.values():
            found[:] = [one if isinstance(one, Watched) else Watched(one) for one in found]
    rules._answered[:] = [one if isinstance(one, Watched) else Watched(one) for one in rules._answered]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    watch()
    MET.clear()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=item, log=True)
    watch()  # the first test starts the cloud
    if all(report.passed for report in reports):
        wanted = [name for _, name in sorted(MET) if name not in MISSED]
        for name in wanted[:AT_MOST]:
            OFF.add(name)
            item._initrequest()
            again = runtestprotocol(item, nextitem=item, log=False)
            OFF.clear()
            if any(report.failed for report in again):
                MISSED[name] = item.nodeid
    item._initrequest()
    item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter):
    for name in sorted(ALL - set(MISSED)):
        terminalreporter.write_line(f"survived: {name}")
    terminalreporter.write_line(f"rules: {len(ALL)} tried, {len(ALL - set(MISSED))} ended wrong")

# SPDX-License-Identifier: MIT
"""The practice cloud's README and lists say what the code does."""

import json
import re
import subprocess
import sys

import pytest

from practice import rules
from practice.cloud import ROOT
from practice.faults import fault, scenarios
from practice.faults.world import CHANGES

HERE = ROOT / "assets" / "practice"
sys.path.insert(0, str(HERE))
import list_rules  # noqa: E402


def test_the_list_of_rules_is_up_to_date():
    """assets/practice/README.md has the rules of the code: python3 assets/practice/list_rules.py writes them."""
    done = subprocess.run([sys.executable, str(HERE / "list_rules.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_rule_is_in_the_list(cloud):
    """What the cloud registers as rules when it starts, list_rules.py finds in the code."""
    registered = {}
    for table in (rules._before, rules._after):
        for found in table.values():
            for rule in found:
                registered.setdefault(rule.__module__, set()).add(rule.__name__)
    for rule in rules._answered:
        registered.setdefault(rule.__module__, set()).add(rule.__name__)
    assert sum(map(len, registered.values())) > 300
    for module, names in registered.items():
        path = HERE / (module.replace(".", "/") + ".py")
        assert path.parent.name in list_rules.FOLDERS, module
        assert names <= list_rules.names_of(path), f"{module}: {sorted(names - list_rules.names_of(path))}"


@pytest.mark.slow  # moto is pinned: only another version of it can change the answer
def test_moto_still_has_its_bugs():
    """Each upstream bug that is worked around reproduces; one that is fixed can go."""
    done = subprocess.run([sys.executable, str(HERE / "moto_bugs.py"), "--json"], capture_output=True, text=True)
    rows = json.loads(done.stdout)
    assert len(rows) > 15 and not [row["bug"] for row in rows if not row["there"]]


def test_every_action_of_a_fault_is_in_the_readme():
    """The table of faults names what fault.py knows, and nothing else."""
    text = (HERE / "README.md").read_text()
    part = text.partition("## Faults on demand")[2].partition("## The witness")[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    named = {word for row in rows for word in re.findall(r"`([a-z-]+)`", row)}
    assert named == set(fault.CALL_ACTIONS)
    for do in fault.TASK_ACTIONS:
        assert f"`{do}`" in part, do


def test_every_scenario_can_be_played():
    """Each file has all that a person needs, faults that are understood and changes that exist."""
    assert len(scenarios.names()) >= 25
    for name in scenarios.names():
        scenario = scenarios.load(name)
        for member in ("title", "teaches", "try", "expect"):
            assert scenario.get(member), f"{name} has no {member}"
        assert f"--scenario {name} " in scenario["try"]
        assert scenario.get("faults") or scenario.get("world") or scenario.get("config"), name
        for row in scenario.get("faults", []):
            fault.from_json(row)
        assert set(scenario.get("world", [])) <= set(CHANGES), name

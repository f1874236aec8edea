# SPDX-License-Identifier: MIT
"""checkov on the exported modules and templates of every set of answers: each finding is fixed, or answered beside the
resource with the reason; and no answer stands where nothing is found.

Slow to install, so a suite of its own with an environment of its own: sh tests/run.sh checkov (EXPORT_CHECKOV_VENV)."""

import collections
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from files import FORMATS, ROOT
from variants import VARIANTS

pytestmark = pytest.mark.checkov
SKIP = re.compile(r"# checkov:skip=(\w+): (.+)")
LONGEST_S = 1800


@pytest.fixture(scope="module")
def report(forms):
    """framework -> its results, of all folders in one run: the program needs long to start."""
    venv = Path(os.environ.get("EXPORT_CHECKOV_VENV", ROOT / ".practice/checkov-venv"))
    program = venv / "bin/checkov"
    assert program.exists(), f"{program} is missing: sh tests/run.sh checkov makes it"
    done = subprocess.run(
        [program, "-d", forms, "--framework", "terraform", "cloudformation", "-o", "json", "--skip-download"],
        capture_output=True, text=True, timeout=LONGEST_S, check=False, cwd=forms,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-4000:]
    return {one["check_type"]: one["results"] for one in json.loads(done.stdout)}


def written_skips(folder):
    """(check, resource) of each answer in the files of a module, by the resource that it stands in."""
    for path in sorted(folder.glob("*.tf")):
        resource = None
        for line in path.read_text().splitlines():
            if line.startswith("resource "):
                resource = ".".join(re.findall(r'"([^"]+)"', line))
            if skip := SKIP.search(line):
                yield skip[1], resource


@pytest.mark.parametrize("framework", FORMATS)
def test_no_unanswered_finding(report, framework):
    results = report[framework]
    failed = [f"{one['check_id']} {one['file_path']} {one['resource']}: {one['check_name']}"
              for one in results["failed_checks"]]  # fmt: skip
    assert not failed, "\n".join(failed)
    assert not results["parsing_errors"]
    assert len(results["passed_checks"]) > 40 * len(VARIANTS)


@pytest.mark.parametrize("framework", FORMATS)
def test_answers_carry_reasons(report, framework):
    """A word is no reason."""
    skipped = report[framework]["skipped_checks"]
    assert skipped
    for one in skipped:
        assert len(one["check_result"]["suppress_comment"].split()) > 4, one["check_id"]


def test_no_answer_without_a_finding(report, forms):
    """What is answered in a module is what checkov would find there."""
    found = collections.defaultdict(set)
    for one in report["terraform"]["skipped_checks"]:
        found[one["file_path"].split("/")[1]].add((one["check_id"], one["resource"]))
    for name in VARIANTS:
        written = set(written_skips(forms / name / "terraform"))
        assert written, name
        assert not written - found[name], f"{name}: {sorted(written - found[name])}"

# SPDX-License-Identifier: MIT
"""Bugs planted into the program itself turn these suites red: each row is a change of one source file and the test that
has to find it. The program is linked anew with that one file in another form, beside the built one."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tally import Tally
from world import ROOT, find_binary

BUILD_SECONDS, TEST_SECONDS = 300, 1200
HERE = "tests/faults/"
# what is wrong: file, how it is, how it is then, the test that finds it
BUGS = {
    "records are not synced": (
        "backend/engine/journal_write.c", "int failed = fsync(j->fd) == 0 ? 0 : errno;", "int failed = 0;",
        HERE + "test_journal_disk.py::test_each_create_goes_out_after_its_intent_is_on_the_disk"),
    "adopted without a look at the tag": (
        "backend/steps/common.c", "return stack_tag && str_eq(stack_tag, stack_of(ctx)->names.stack);",
        "return ctx || stack_tag;", HERE + "test_lookalikes.py::test_lookalikes_are_left_alone[after]"),
    "made again without a look": (
        "backend/engine/run.c", "if (!settle(ctx, &again, err))", "if (0 && !settle(ctx, &again, err))",
        HERE + "test_fail.py::test_what_passes_is_absorbed[reset after the effect]"),
    "resumed without a look at what may be half made": (
        "backend/engine/engine.c", "if (found != PROBE_ABSENT || last)", "if (found != PROBE_ABSENT || last || 1)",
        HERE + "test_late.py::test_a_create_that_is_done_after_the_kill"),
}  # fmt: skip


def commands(build, target):
    """How ninja makes a target: its own command, the last one."""
    listed = subprocess.run(
        ["ninja", "-C", build, "-t", "commands", target], check=True, capture_output=True, text=True
    )
    return shlex.split(listed.stdout.splitlines()[-1].removeprefix(": && ").removesuffix(" && :"))


def plant(source, old, new, folder):
    """The program with that change, in the folder: the path of forest-setup."""
    build = Path(find_binary()).parent
    text = (ROOT / source).read_text()
    assert text.count(old) == 1, f"{source}: {old!r} is there {text.count(old)} times"
    changed = folder / Path(source).name
    changed.write_text(text.replace(old, new))
    (row,) = [one for one in json.loads((build / "compile_commands.json").read_text())
              if one["file"].endswith("/" + source)]  # fmt: skip
    compile_ = shlex.split(row["command"])
    made = compile_[compile_.index("-o") + 1]
    compile_[compile_.index("-o") + 1] = str(folder / "changed.o")
    compile_[compile_.index("-c") + 1] = str(changed)
    archive = "lib" + made.partition("CMakeFiles/")[2].partition(".dir/")[0] + ".a"
    objects = [one for one in commands(build, f"backend/{archive}") if one.endswith(".o")]
    objects[objects.index(made)] = str(folder / "changed.o")
    steps = [compile_, ["ar", "qc", str(folder / archive), *objects]]
    for target in ("forest-core.so", "forest-setup"):  # each that has the file is linked anew
        link = [str(folder / archive) if one.endswith(archive) else one for one in commands(build, target)]
        link[link.index("-o") + 1] = str(folder / target)
        steps += [link]
    for command in steps:
        subprocess.run(command, check=True, cwd=build, timeout=BUILD_SECONDS)
    return folder / "forest-setup"


def run_test(node, program):
    """That test with that program, in a world of its own: (exit code, what it says)."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", node],
        cwd=ROOT, env=os.environ | {"FOREST_SETUP": str(program)}, timeout=TEST_SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug, tmp_path):
    """With it the test fails by what it looks for, and not because nothing runs."""
    source, old, new, node = BUGS[bug]
    tally = Tally(f"planted bugs, {bug}")
    with tally.judging(node):
        code, told = run_test(node, plant(source, old, new, tmp_path))
        assert code == 1 and "AssertionError" in told and "1 failed" in told, told[-6000:]
    tally.finish()

# SPDX-License-Identifier: MIT
"""A second apply, and a resume, of a finished setup: look once, change nothing."""

import collections
import json

import pytest
from listing import difference, everything
from traffic import is_reading, name_of, parameters


@pytest.fixture(scope="module")
def again(applied, world):
    """apply --json on what is there: the run, its calls, and what the account held before and after."""
    before, mark = everything(world), world.mark()
    done = applied.setup.apply("--json", check=0)
    return done, world.traffic(mark), before, everything(world)


def test_changes_nothing(again):
    """Every resource is the same afterwards, in every attribute; nothing was created, changed or deleted."""
    done, calls, before, after = again
    assert difference(before, after) == []
    assert [name_of(call) for call in calls if not is_reading(call)] == []
    plan = done.summary["plan"]
    assert (plan["create"], plan["change"], plan["blocked"]) == (0, 0, 0)
    assert done.summary["calls"]["writing"] == 0


def test_takes_one_round_of_reads(again):
    """Each operation is called once for each different parameters, and all together 40 times at most."""
    _, calls, _, _ = again
    counts = collections.Counter((name_of(call), parameters(call)) for call in calls)
    assert [key for key, count in counts.items() if count > 1] == []
    assert len(calls) <= 40
    print(f"{len(calls)} calls")


def test_same_url(again, applied):
    """It ends with the same URL."""
    done, _, _, _ = again
    assert done.summary["url"] == applied.url
    assert done.summary["result"] == "done"


def test_still_checks_from_outside(again):
    """Done means verified also the second time: the five checks are made again."""
    done, _, _, _ = again
    checked = {e["step"] for e in done.of_type("step_done") if e["step"].startswith("check-")}
    assert checked == {"check-address", "check-agent", "check-cors", "check-wall", "check-schema"}


def test_builds_no_image(again, applied):
    """npm is not run again: the image's tag names its contents, and it is there."""
    folder = applied.setup.home / "bin"
    assert {path.name for path in folder.glob("npm.*")} == set(applied.npm) != set()


def test_as_text_prints_the_url_alone(applied):
    """Without --json the second apply prints the URL and nothing else on stdout, too."""
    done = applied.setup.apply(check=0)
    assert done.out == applied.url + "\n"
    assert "Will create" not in done.err


def test_resume_of_a_finished_setup(applied, world):
    """resume finds nothing to do, and ends with the URL; the answers come from the journal."""
    mark = world.mark()
    done = applied.setup.resume(check=0)
    assert done.out == applied.url + "\n"
    assert [name_of(call) for call in world.traffic(mark) if not is_reading(call)] == []


def test_exit_code_says_whether_something_would_change(applied, world):
    """plan --exit-code is 0 for what is there and 9 for what is not."""
    applied.setup.plan("--exit-code", check=0)
    world.setup("not-there").plan("--exit-code", check=9)


def test_another_order_of_answers_is_the_same_setup(applied, world):
    """Answers written in another order, with tags and subnets turned round, change nothing."""
    setup = applied.setup
    answers = dict(reversed(setup.answers.items()))
    answers["network"] = answers["network"] | {"subnets": answers["network"]["subnets"][::-1]}
    answers["options"] = {"tags": dict(reversed(answers["options"]["tags"].items()))}
    turned = setup.home / "turned.json"
    turned.write_text(json.dumps(answers))
    mark = world.mark()
    done = setup.run("apply", "-c", str(turned), "--json", check=0)
    assert (done.summary["plan"]["create"], done.summary["plan"]["change"]) == (0, 0), str(done)
    assert [name_of(call) for call in world.traffic(mark) if not is_reading(call)] == []

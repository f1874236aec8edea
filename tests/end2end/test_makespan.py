# SPDX-License-Identifier: MIT
"""Time: an apply takes hardly longer than the longest chain of its steps, and says so."""

import datetime

import pytest

# apply's chain of dependencies, by aws.md 3
CHAIN = ("load-balancer", "vpc-link", "image", "service")


@pytest.fixture(scope="module")
def summary(measured):
    assert measured.done.code == 0, str(measured.done)
    return measured.done.summary


def test_makespan_over_critical_path(summary, measured):
    """The whole takes at most 1.10 times its critical path, at 50 ms a call and with waits that dominate."""
    makespan, critical = summary["makespan_ms"], summary["critical_ms"]
    chain = " > ".join(f"{s['step']} {s['duration_ms']}" for s in summary["critical_path"])
    print(f"makespan {makespan} ms, critical path {critical} ms, ratio {summary['ratio']:.3f}: {chain}")
    assert makespan / critical <= 1.10
    assert summary["ratio"] == pytest.approx(makespan / critical, abs=0.001)
    waits = sum(s["duration_ms"] for s in summary["critical_path"] if s["step"] in CHAIN)
    assert waits / critical > 0.8, "the waits do not dominate, so the ratio says nothing"


def test_makespan_is_the_time_that_passed(summary, measured):
    """The makespan is real: the first step began and the last one ended that far apart."""
    events = [e for e in measured.done.events if e["type"] in ("step_started", "step_done")]
    times = [datetime.datetime.fromisoformat(e["at"]) for e in events]
    passed = (max(times) - min(times)).total_seconds() * 1000
    assert passed == pytest.approx(summary["makespan_ms"], abs=250)


def test_critical_path_is_a_chain_of_the_plan(summary, measured):
    """The critical path's steps follow each other in time, its length is their sum, and no step that was not on it
    took longer than all of it."""
    ended = {e["step"]: e for e in measured.done.of_type("step_done")}
    at = [datetime.datetime.fromisoformat(ended[s["step"]]["at"]) for s in summary["critical_path"]]
    assert at == sorted(at)
    assert sum(s["duration_ms"] for s in summary["critical_path"]) == pytest.approx(summary["critical_ms"], abs=50)
    assert summary["critical_path"][-1]["step"].startswith("check-")
    assert max(e["duration_ms"] for e in ended.values()) <= summary["critical_ms"]


def test_waits_overlap(summary, measured):
    """VPC link and load balancer are waited for at the same time, not one after the other."""
    started = {e["step"]: datetime.datetime.fromisoformat(e["at"]) for e in measured.done.of_type("step_started")}
    ended = {e["step"]: datetime.datetime.fromisoformat(e["at"]) for e in measured.done.of_type("step_done")}
    assert started["load-balancer"] < ended["vpc-link"]
    assert started["vpc-link"] < ended["load-balancer"]
    assert started["image"] < min(ended["vpc-link"], ended["load-balancer"])


def test_every_step_is_told(summary, measured):
    """Each step of the plan starts once and ends once, and the summary counts them all."""
    planned = [e["step"] for e in measured.done.of_type("plan_item")]
    assert len(planned) == len(set(planned)) == summary["steps"]["total"] == summary["steps"]["done"]
    assert sorted(e["step"] for e in measured.done.of_type("step_done")) == sorted(planned)
    plan = summary["plan"]
    assert plan["create"] + plan["reuse"] + plan["change"] + plan["check"] + plan["blocked"] == len(planned)


def test_dependencies_are_cached(measured):
    """A second setup on the same machine does not run npm again: its image takes seconds."""
    image = next(e for e in measured.done.of_type("step_done") if e["step"] == "image")
    print(f"image {image['duration_ms']} ms: {image['text']}")
    assert not [e for e in measured.done.events if "packages in" in e.get("text", "")]
    assert image["duration_ms"] < 15000

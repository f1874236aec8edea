# SPDX-License-Identifier: MIT
"""Time: an apply takes hardly longer than the longest chain of its steps, and says so."""

import datetime

import pytest

# The waits, of which the longest chain consists.
CHAIN = ("load-balancer", "vpc-link", "image", "service")
# Until a load balancer is active, in AWS seconds: LOAD_BALANCER_ACTIVE of the practice cloud's rules/states.py
LOAD_BALANCER_SECONDS = 150


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


def test_makespan_over_what_cannot_be_shortened(summary, measured):
    """Measured from outside as well: the longest wait that the cloud imposes, behind the calls for the group it needs
    and for itself and before the checks, leaves at most 10 % for everything else."""
    calls = 4  # a group, its load balancer, the attributes, the look that finds it active
    floor = LOAD_BALANCER_SECONDS * measured.TIME_SCALE * 1000 + calls * measured.LATENCY_MS
    print(f"makespan {summary['makespan_ms']} ms over a floor of {floor:.0f} ms: {summary['makespan_ms'] / floor:.3f}")
    assert summary["makespan_ms"] / floor <= 1.10
    assert summary["makespan_ms"] >= LOAD_BALANCER_SECONDS * measured.TIME_SCALE * 1000, "the cloud did not wait"


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

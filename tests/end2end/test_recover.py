# SPDX-License-Identifier: MIT
"""recover: what AWS knows and this machine does not, found again, and then everything works as before."""

import collections
import json
import shutil
import signal

import pytest
from crash import SETTLED, run_until
from inventory import created, things, writes
from listing import difference, everything
from world import ROOT

NOTHING, LOCKED, INTERRUPTED = 8, 6, 130
NO_SECRETS = {"FOREST_ENV_SECRET": None, "FOREST_AUTH_SECRET": None, "POSTGRESQL_URL": None}


def journal(setup):
    return setup.records / "forest-setup" / setup.name / "journal"


def forget(setup):
    """Another laptop: no records."""
    shutil.rmtree(setup.records)


@pytest.fixture(scope="module")
def lost(world):
    """A finished setup with a database rule and tags of its own, its records deleted, then rebuilt: (setup, url,
    answers before, things before, the run of recover, the account before and after it)."""
    setup = world.setup(
        "lost", backend={"memory": 1024}, database={"ingress_security_group": "sg-10bfbda020d10b0f5"},
        options={"log_retention_days": 14, "tags": {"Team": "ops"}},
    )  # fmt: skip
    url = setup.apply(check=0).out.strip()
    answers = json.loads(setup.run("export", setup.name, "--as", "json", check=0).out)
    before, there = things(setup), everything(world)
    forget(setup)
    found = setup.run("recover", "--json", check=0)
    done = setup.run("recover", setup.name, "--json", check=0, env=NO_SECRETS)
    yield setup, url, answers, before, found, done, there
    setup.run("destroy", setup.name, "--yes", env=SETTLED, check=0)
    assert not things(setup)


def test_lists_what_it_found(lost):
    """Without a name: each setup of account and region with how far it is and whether this machine knows it."""
    setup, url, _, _, found, _, _ = lost
    (one,) = [e for e in found.of_type("setup") if e["name"] == setup.name]
    assert (one["state"], one["known"], one["url"]) == ("running", False, url)
    assert one["done"] == one["total"] and not one["missing"] and not one["foreign"]
    assert one["created"].startswith("20")


def test_changes_nothing_on_aws(lost, world):
    """Looking and rebuilding write nothing to AWS, and need no secret."""
    _, url, _, _, _, done, there = lost
    assert (done.summary["state"], done.summary["url"]) == ("running", url)
    assert done.summary["unknown"] == []
    assert difference(there, everything(world)) == []


def test_the_answers_come_back(lost):
    """The answer file that export writes is what it was before: network, size, rule, tags, days."""
    setup, _, answers, _, _, _, _ = lost
    again = json.loads(setup.run("export", setup.name, "--as", "json", check=0).out)
    assert again["backend"] == answers["backend"]
    assert again["database"]["ingress_security_group"] == answers["database"]["ingress_security_group"]
    assert set(again["network"]["subnets"]) >= set(answers["network"].get("subnets", []))
    assert again["network"]["vpc"].startswith("vpc-")
    assert again["options"] == answers["options"]
    assert again["aws"]["region"] == answers["aws"]["region"]
    assert again["forest"]["server_url"] == answers["forest"]["server_url"] if "server_url" in answers["forest"] else 1


def test_status_says_it_runs(lost):
    """status, with and without a name, as if nothing had been lost."""
    setup, url, _, _, _, _, _ = lost
    assert f"running  {url}" in setup.run("status", check=0).out
    status = setup.run("status", setup.name, "--json", check=0).summary
    assert (status["state"], status["url"], status["done"]) == ("running", url, status["total"])
    assert all(check["ok"] for check in status["live"]["checks"])


def test_resume_without_secrets_changes_nothing(lost, world):
    """resume on the machine that lost it: nothing is created or changed, no secret is asked for, the same URL."""
    setup, url, _, before, _, _, _ = lost
    mark = world.mark()
    done = setup.resume("--json", check=0, env=NO_SECRETS)
    assert done.summary["url"] == url
    assert writes(world.traffic(mark)) == [], collections.Counter(writes(world.traffic(mark)))
    assert things(setup) == before


def test_resume_with_the_same_secrets_changes_nothing(lost, world):
    """The environment still holds the secrets: they are compared with those on AWS, and nothing is deployed anew."""
    setup, url, _, before, _, _, _ = lost
    mark = world.mark()
    done = setup.resume("--json", check=0)
    assert done.summary["url"] == url
    assert writes(world.traffic(mark)) == [], collections.Counter(writes(world.traffic(mark)))
    assert things(setup) == before


def test_other_secrets_are_seen_without_records(lost):
    """On a machine without records, plan sees that another database URL is another secret, and that the same is not."""
    setup, _, answers, _, _, _, _ = lost
    elsewhere = {"XDG_STATE_HOME": str(setup.home / "elsewhere")}
    file = setup.home / "exported.json"
    file.write_text(json.dumps(answers))
    url = setup.world.env["POSTGRESQL_URL"]
    same = setup.run("plan", "-c", str(file), "--json", env=elsewhere)
    other = setup.run("plan", "-c", str(file), "--json", env=elsewhere | {"POSTGRESQL_URL": f"{url}x"})
    actions = [[e["word"] for e in done.of_type("plan_item") if e["step"] == "secret"][0] for done in (same, other)]
    assert actions == ["reuse", "change"], f"{same}\n{other}"


def test_known_records_are_not_overwritten(lost):
    """recover of a setup that this machine knows refuses, and says what to do instead."""
    setup, _, _, _, _, _, _ = lost
    kept = journal(setup).read_bytes()
    refused = setup.run("recover", setup.name, check=LOCKED)
    assert "forest-setup resume lost" in refused.err
    assert journal(setup).read_bytes() == kept


def test_a_damaged_journal_is_put_aside(lost):
    """Records that cannot be read are kept beside; the rebuilt ones serve at once."""
    setup, url, _, _, _, _, _ = lost
    data = bytearray(journal(setup).read_bytes())
    data[40] ^= 1
    journal(setup).write_bytes(data)
    assert setup.resume(env=NO_SECRETS).code == 7
    setup.run("recover", setup.name, check=0, env=NO_SECRETS)
    (aside,) = journal(setup).parent.parent.glob(f"{setup.name}.damaged-*")
    assert (aside / "journal").read_bytes() == data
    assert setup.resume(check=0, env=NO_SECRETS).out.strip() == url


@pytest.mark.slow
def test_half_a_setup(world):
    """Killed in the middle and its records lost: recover says how far it is, and the rest is made, once. What the
    backend is built from was nowhere on AWS yet: resume does not take the built-in one in its place."""
    setup = world.setup("half-lost")
    mark = world.mark()
    program = run_until(setup, 24, "apply", "-c", str(setup.config))
    program.kill()
    program.communicate(timeout=60)
    forget(setup)
    found = setup.run("recover", setup.name, "--json", check=0).summary
    assert found["state"] == "stopped" and 0 < found["done"] < found["total"] and found["missing"]
    assert "not all of it is there" in setup.run("status", check=0).out
    assert "backend" in found["unknown"]
    before = world.mark()
    # the claim of the run that was killed ends by itself
    refused = setup.resume("--wait", env=SETTLED, check=3)
    assert "built from is not known here" in refused.err and "apply -c FILE" in refused.err, str(refused)
    assert not created(world.traffic(before))
    setup.apply("--wait", env=SETTLED, check=0)
    made = created(world.traffic(mark))
    assert made["apigatewayv2.CreateApi"] == made["apigatewayv2.CreateVpcLink"] == 1, made
    assert made["ec2.CreateSecurityGroup"] == 3 and made["iam.CreateRole"] == 2, made
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


@pytest.mark.slow
def test_destroy_after_recover(world):
    """On another laptop: recover, destroy, nothing is left."""
    setup = world.setup("lost-and-gone", options={"autoscaling": {"min": 1, "max": 3, "cpu_percent": 50}})
    setup.apply(check=0)
    forget(setup)
    done = setup.run("recover", setup.name, check=0, env=NO_SECRETS)
    assert "are on this machine again" in done.out
    exported = json.loads(setup.run("export", setup.name, "--as", "json", check=0).out)
    assert exported["options"]["autoscaling"] == setup.answers["options"]["autoscaling"]
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


@pytest.mark.slow
def test_a_folder_of_another_machine(world):
    """A source that AWS does not know: said by name, never taken for the built-in one; what was built from it stays,
    and an export says that the source is missing."""
    folder = world.folder / "of-another-machine"
    shutil.copytree(ROOT / "assets/backend", folder, ignore=shutil.ignore_patterns("node_modules"))
    setup = world.setup("lost-folder", backend={"source": {"folder": str(folder)}})
    url = setup.apply(check=0).out.strip()
    forget(setup)
    done = setup.run("recover", setup.name, "--json", check=0, env=NO_SECRETS)
    assert done.summary["unknown"] == ["backend.source"]
    mark = world.mark()
    resumed = setup.resume(check=0, env=NO_SECRETS)
    assert resumed.out.strip() == url and "built from is not known here: it stays" in resumed.err
    assert writes(world.traffic(mark)) == []
    source = json.loads(setup.run("export", setup.name, check=0).out)["backend"]["source"]
    assert source == {"folder": "./the-source-is-not-known"}
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def test_nothing_to_recover(world):
    """A name that AWS does not know: exit 8, nothing written."""
    setup = world.setup("never-was")
    refused = setup.run("recover", setup.name, check=NOTHING)
    assert "AWS knows no setup never-was" in refused.err
    assert not journal(setup).exists()


@pytest.mark.slow
def test_what_only_looks_like_ours_is_not_taken(world):
    """A cluster with our name and no tag, a role with another setup's id: shown as not ours, never recorded."""
    setup = world.setup("lookalike")
    base = "forestadmin-lookalike"
    world.client("ecs").create_cluster(clusterName=base)
    world.client("logs").create_log_group(
        logGroupName=f"/ecs/{base}",
        tags={"forestadmin:stack": "00000000-0000-0000-0000-000000000000", "forestadmin:setup": "lookalike"},
    )
    try:
        found = setup.run("recover", "--json", check=0)
        assert [e for e in found.of_type("setup") if e["done"] and e["name"] == "lookalike"] == []
        assert any("lookalike" in text for text in found.summary["foreign"])
        setup.run("recover", setup.name, check=NOTHING)
        assert not journal(setup).exists()
    finally:
        world.client("ecs").delete_cluster(cluster=base)
        world.client("logs").delete_log_group(logGroupName=f"/ecs/{base}")


def test_ctrl_c_while_it_looks(world):
    """It says that it was stopped, and not in which call."""
    mark = world.mark()
    world.configure(latency_ms=300)
    try:
        program = world.start_program("recover", "never-was")
        world.until("its first call", lambda: world.traffic(mark), 60)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    finally:
        world.configure()
    assert program.returncode == INTERRUPTED, err
    assert "stopped while looking at what there is" in err and "127.0.0.1" not in err, err

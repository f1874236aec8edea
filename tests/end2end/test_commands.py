# SPDX-License-Identifier: MIT
"""The commands that only look: status, logs, export, vpcs, profiles; as text and with --json."""

import json
import re

import pytest

NAME = "storefront-admin"


@pytest.fixture
def run(applied):
    """The program with the records of the shared setup."""
    return applied.setup.run


# ---- status


def test_status_lists_the_setups(run, applied):
    """status names every setup with its state, region and URL; it makes no call to AWS."""
    mark = applied.world.mark()
    done = run("status", check=0)
    (line,) = done.out.splitlines()
    assert line.split()[1:] == [NAME, "eu-west-3", "running", applied.url]
    (setup,) = run("status", "--json", check=0).of_type("setup")
    assert (setup["name"], setup["state"], setup["url"]) == (NAME, "running", applied.url)
    assert (setup["account"], setup["region"]) == ("123456789012", "eu-west-3")
    assert applied.world.traffic(mark) == []


def test_status_without_setups(world):
    """Where there is none, status says so and ends well."""
    done = world.run("status", check=0)
    assert "setup" in done.out + done.err
    assert world.run("status", "--json", check=0).summary["count"] == 0


def test_status_of_one_looks_at_aws(run, applied):
    """status NAME tells steps, running tasks and the checks through the public URL, as they are now."""
    done = run("status", NAME, check=0)
    assert done.out.splitlines()[0] == f"{NAME}, account 123456789012, eu-west-3: running"
    assert "Now: 1 of 1 tasks running" in done.out
    assert done.out.splitlines()[-1] == applied.url
    assert "✘" not in done.out


def test_status_sees_that_the_backend_is_down(run, applied):
    """With the listener refusing, status says that it does not answer, while every resource is there."""
    elb = applied.world.client("elbv2")
    arn = elb.describe_load_balancers(Names=[applied.name])["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "MessageBody": "closed"}}]
    elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=refuse)
    try:
        done = run("status", NAME)
        assert "✘" in done.out + done.err, str(done)
    finally:
        elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=listener["DefaultActions"])


def test_status_as_json(run, applied):
    """The same as typed events with a summary; all of it parses, line by line."""
    done = run("status", NAME, "--json", check=0)
    assert {event["type"] for event in done.events} >= {"summary"}
    assert applied.url in done.out
    assert done.summary["exit_code"] == 0


def test_status_offline(run, applied):
    """--offline tells what this machine knows, without any call."""
    mark = applied.world.mark()
    done = run("status", NAME, "--offline", check=0)
    assert NAME in done.out
    assert applied.world.traffic(mark) == []


def test_status_of_an_unknown_setup(run):
    """A name that is no setup is exit 8, with what is wrong."""
    done = run("status", "nobody")
    assert done.code == 8, str(done)
    assert '"nobody"' in done.err


# ---- logs


def test_logs(run):
    """logs prints what the container said, oldest first, with times."""
    lines = run("logs", NAME, check=0).out.splitlines()
    said = [line.split("  ", 1)[1] for line in lines]
    assert "listening on 3000" in said
    assert said.index("listening on 3000") < said.index("agent is running")
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)


def test_logs_last(run):
    """--last gives so many lines from the end."""
    everything = run("logs", NAME, check=0).out.splitlines()
    last = run("logs", NAME, "--last", "2", check=0).out.splitlines()
    assert len(last) == 2
    # the container may have said more in the meantime, but not less
    assert last[0] >= everything[-2]
    assert run("logs", NAME, "--last", "many").code == 2


def test_logs_as_json(run):
    """With --json each line is one event."""
    done = run("logs", NAME, "--json", check=0)
    assert [e for e in done.of_type("log") if "listening on 3000" in e["text"]]


def test_logs_follow(run, applied):
    """--follow keeps printing new lines: a request made after it began is seen."""
    process = applied.setup.start("logs", NAME, "--follow")
    try:
        for line in process.stdout:
            if "agent is running" in line:
                break
        applied.get("/forest/asked-while-following?timezone=Europe/Paris")
        assert any("asked-while-following" in line for line in process.stdout)
    finally:
        process.kill()
        process.communicate()


# ---- export


def test_export(run, applied):
    """export gives the answer file again, with references where the secrets were: planning it changes nothing."""
    done = run("export", NAME, "--as", "json", check=0)
    answers = json.loads(done.out)
    assert answers["forest"]["env_secret"] == "env:FOREST_ENV_SECRET"
    assert answers["forest"]["auth_secret"] == "generate"
    assert answers["database"]["url"] == "env:POSTGRESQL_URL"
    exported = applied.setup.home / "exported.json"
    exported.write_text(done.out)
    plan = run("plan", "-c", str(exported), "--json", "--exit-code", check=0).summary["plan"]
    assert (plan["create"], plan["change"]) == (0, 0)


def test_export_asks_nobody(run, applied):
    """export works without AWS: no call, no credentials."""
    mark = applied.world.mark()
    run("export", NAME, env={"AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ACCESS_KEY_ID": None}, check=0)
    assert applied.world.traffic(mark) == []


# ---- vpcs and profiles


def test_vpcs(run):
    """vpcs judges each VPC and subnet: prod is usable, the default one and the isolated one are not and say why."""
    out = run("vpcs", "--profile", "work", check=0).out
    verdicts = {line.split()[1]: line for line in out.splitlines() if re.match(r" [✔✘] ", line)}
    assert set(verdicts) == {"(default)", "prod", "isolated"}
    assert verdicts["prod"].startswith(" ✔")
    assert verdicts["(default)"].startswith(" ✘") and verdicts["isolated"].startswith(" ✘")
    assert out.count("Remedy") == 2
    assert re.search(r"subnet-ef8cf855f84b9a30b .*VPC links do not work in this zone", out)


def test_vpcs_as_json(run):
    """The same as events: kind, zone, way out and free addresses of each subnet."""
    done = run("vpcs", "--profile", "work", "--json", check=0)
    prod = next(v for v in done.of_type("vpc") if v["name"] == "prod")
    assert (prod["usable"], prod["cidr"], prod["id"]) == (True, "10.20.0.0/16", "vpc-f6f0beb95192f1673")
    kinds = {s["id"]: (s["kind"], s["zone_id"], s["vpc_link"]) for s in prod["subnets"]}
    assert kinds["subnet-ef8cf855f84b9a30b"] == ("private", "euw3-az2", False)
    assert kinds["subnet-f7efd6461743d1013"] == ("private", "euw3-az1", True)
    assert kinds["subnet-19b7641c4a33f53e2"][0] == "public"
    assert done.summary["count"] == 3


def test_vpcs_of_another_region(run):
    """--region looks there."""
    done = run("vpcs", "--profile", "work", "--region", "us-east-1", "--json", check=0)
    assert [v["name"] for v in done.of_type("vpc")] != ["prod"]
    assert done.summary["count"] == 1


def test_profiles(run, applied):
    """profiles --offline lists all of the AWS files, each with its kind and what they say; it calls nobody."""
    mark = applied.world.mark()
    done = run("profiles", "--json", "--offline", check=0)
    kinds = {p["name"]: p["kind"] for p in done.of_type("profile")}
    assert applied.world.traffic(mark) == []
    assert kinds["work"] == "static"
    assert kinds["staging"] == "assume-role"
    assert kinds["sso-production"] == "sso"
    assert kinds["process"] == "process"
    staging = next(p for p in done.of_type("profile") if p["name"] == "staging")
    assert staging["account"] == "210987654321" and staging["role"] and "principal" not in staging
    assert {"équipe-données", "no region", "name+with=odd,chars@2"} <= set(kinds)
    assert done.summary["count"] == len(kinds)
    lines = run("profiles", "--offline", check=0).out.splitlines()
    lines = [line for line in lines if "(no profile)" not in line]  # the keys of the environment
    assert [line.split()[0] for line in lines][:2] == ["default", "work"]


def test_profiles_and_who_they_are(run):
    """Without --offline AWS is asked who each is; where that does not work, why."""
    found = {p["name"]: p for p in run("profiles", "--json", check=0).of_type("profile")}
    assert found["work"]["account"] == "123456789012"
    assert found["staging"]["account"] == "210987654321"
    assert "assumed-role/Engineer" in found["staging"]["principal"]
    assert found["staging"]["expires"] > "2026" and found["staging"]["alias"]
    assert "expired" in found["expired"]["error"]
    assert "SignatureDoesNotMatch" in found["broken"]["error"]

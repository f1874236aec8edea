# SPDX-License-Identifier: MIT
"""export, used as it is meant: on another machine, without a terminal, by a pipeline; and what is in no export."""

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from crash import run_until
from elsewhere import STAGING, VPC, Elsewhere
from inventory import created
from pipeline import REPOSITORY, Machine, git
from shared import request as get
from world import ACCOUNT, REGION, ROOT, VENV_BIN

FOLDER = "services/admin"
COMES_AND_GOES = {"task", "network-interface"}
SUBNET = "subnet-f7efd6461743d1013"  # of the sample answers


class Repository:
    """The repository of a team's backend, deployed by hand from its first commit, exported into it for GitHub and
    committed; and the role that the exported README has an administrator make."""

    def __init__(self, world):
        self.world = world
        self.work, self.bare = world.folder / "repository", world.folder / "repository.git"
        shutil.copytree(ROOT / "assets/backend", self.work / FOLDER, ignore=shutil.ignore_patterns("node_modules"))
        git(self.work, "init", "-q")
        git(self.work, "add", ".")
        git(self.work, "commit", "-qm", "the backend")
        git(world.folder, "clone", "-q", "--bare", str(self.work), str(self.bare))
        git(self.work, "remote", "add", "origin", str(self.bare))
        source = {"git": {"url": f"file://{self.bare}", "ref": "main", "folder": FOLDER}}
        self.setup = world.setup("pipeline", backend={"source": source})
        self.made = self.setup.apply(check=0, timeout=900)
        self.url = self.made.out.strip()
        who = {"GIT_AUTHOR_NAME": "Noor", "GIT_AUTHOR_EMAIL": "noor@acme.example"}
        forms = ("--as", "json,github-actions", "-o", str(self.work), "--git")
        self.setup.run("export", "pipeline", *forms, check=0, env=who)
        self.room = self.work / "forest-setup-pipeline"
        git(self.work, "push", "-q", "origin", "main")
        self.make_role()

    def make_role(self):
        """What the README says: the repository filled in, and its commands, with the AWS CLI's place taken by
        aws_shim.py."""
        trust = self.room / "role-trust.json"
        assert trust.read_text().count("repo:OWNER/REPOSITORY:ref:refs/heads/main") == 1
        trust.write_text(trust.read_text().replace("OWNER/REPOSITORY", REPOSITORY))
        bin = self.world.folder / "pipeline-bin"
        bin.mkdir()
        (bin / "aws").write_text(f'#!/bin/sh\nexec "{VENV_BIN}/python" "{ROOT}/tests/end2end/aws_shim.py" "$@"\n')
        (bin / "aws").chmod(0o755)
        commands = re.findall(r"^ +(aws iam .*)$", (self.room / "README.md").read_text(), re.MULTILINE)
        assert len(commands) >= 4
        env = self.world.env | {"PATH": f"{bin}:{self.world.env['PATH']}", "AWS_DEFAULT_REGION": REGION}
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(commands)], cwd=self.room, env=env, capture_output=True, text=True,
            timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def commit(self, message):
        git(self.work, "add", ".")
        git(self.work, "commit", "-qm", message)
        git(self.work, "push", "-q", "origin", "main")
        return git(self.work, "rev-parse", "HEAD")

    def image(self):
        """What the service runs: the digest of its task definition's image, and how many revisions there were."""
        ecs, base = self.world.client("ecs"), "forestadmin-pipeline"
        (service,) = ecs.describe_services(cluster=base, services=[base])["services"]
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        return definition["containerDefinitions"][0]["image"].rpartition("@")[2], definition["revision"]


@pytest.fixture(scope="module")
def repository(world):
    return Repository(world)


def answers_at(url):
    status, _, body = get(url, "/forest")
    return status == 200 and "running" in body.lower()


@pytest.mark.slow
def test_pipeline_of_the_commit_that_runs(world, repository):
    """The exported workflow on a machine without records, secrets, keys and a terminal, as the exported role:
    nothing is built or changed for the commit that runs already, and its checks end with the same URL."""
    before, mark = repository.image(), world.mark()
    machine = Machine(world, "machine-1").play(repository.bare, git(repository.work, "rev-parse", "HEAD"))
    assert not machine.failed, machine.failed
    assert machine.url == repository.url
    assert repository.image() == before
    assert not created(world.traffic(mark))
    assert answers_at(repository.url)


@pytest.mark.slow
def test_pipeline_deploys_a_new_commit(world, repository):
    """A commit that changes the backend: a new image by digest, the service moved to it, the same URL passes."""
    digest, revision = repository.image()
    package = repository.work / FOLDER / "package.json"
    package.write_text(package.read_text().replace('"version": "', '"version": "9'))
    machine = Machine(world, "machine-2").play(repository.bare, repository.commit("the next version"))
    assert not machine.failed, machine.failed
    assert machine.url == repository.url
    assert repository.image()[0] != digest and repository.image()[1] == revision + 1
    assert answers_at(repository.url)


@pytest.mark.slow
def test_pipeline_deploys_another_size(world, repository):
    """A commit that changes the exported answers alone is deployed, too."""
    _, revision = repository.image()
    path = repository.room / "setup.json"
    text = json.loads(path.read_text())
    text["backend"] |= {"cpu": 512, "memory": 1024}
    path.write_text(json.dumps(text, indent=2))
    machine = Machine(world, "machine-3").play(repository.bare, repository.commit("a larger one"))
    assert not machine.failed, machine.failed
    assert repository.image()[1] == revision + 1
    assert answers_at(repository.url)


@pytest.mark.slow
def test_pipeline_says_why(world, repository):
    """A commit whose application cannot start ends the job with the reason; what ran before it still answers."""
    (repository.work / FOLDER / "package.json").write_text("{}")
    machine = Machine(world, "machine-4").play(repository.bare, repository.commit("broken"))
    assert machine.failed and machine.failed[0] == "Deploy"
    assert "package" in machine.failed[1]
    assert answers_at(repository.url)


@pytest.mark.slow
def test_secrets_stay(world, repository):
    """A deployment makes no new version of the secret: the values are those that lie on AWS."""
    versions = world.client("secretsmanager").list_secret_version_ids(SecretId="forestadmin-pipeline/env")["Versions"]
    assert len(versions) == 1


def test_stored_needs_something_stored(world):
    """"stored" for a setup that was never made: said before anything is created."""
    setup = world.setup("nothing-stored", forest={"env_secret": "stored"}, database={"url": "stored"})
    done = setup.apply(check=3)
    assert "there is no secret forestadmin-nothing-stored/env" in done.err


def test_round_trip(world, applied):
    """export, apply elsewhere, export: the same bytes, and the second apply changes nothing on AWS."""
    first = applied.setup.run("export", applied.setup.name, check=0).out
    folder = world.folder / "elsewhere"
    folder.mkdir()
    (folder / "setup.json").write_text(first)
    env = {"XDG_STATE_HOME": str(folder / "state")}
    done = world.run("plan", "-c", str(folder / "setup.json"), "--json", env=env, check=0)
    assert done.summary["plan"]["create"] == 0
    world.run("apply", "-c", str(folder / "setup.json"), env=env, check=0, timeout=900)
    assert world.run("export", applied.setup.name, env=env, check=0).out == first


def tagged(client):
    """What carries a setup's tag in an account: (name, service, kind, tags), without the stack's id, which differs."""
    found = set()  # a deployment leaves an older task definition
    for page in client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "forestadmin:setup"}]
    ):
        for one in page["ResourceTagMappingList"]:
            tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
            tags.pop("forestadmin:stack")
            tags.pop("forestadmin:spec", None)  # a hash over ARNs
            kind = re.sub(r"[/:].*", "", one["ResourceARN"].split(":", 5)[5])
            if kind in COMES_AND_GOES:
                continue
            if kind == "targetgroup":
                tags["Name"] = tags["Name"][:-5]  # a hash of the VPC
            found.add((tags["forestadmin:setup"], one["ResourceARN"].split(":")[2], kind, tuple(sorted(tags.items()))))
    return found


@pytest.mark.slow
def test_another_account(world, applied):
    """The exported file with another account and its network in it, applied there: the same names and the same tags,
    and checks that pass."""
    elsewhere = Elsewhere(world)
    vpc, subnets = elsewhere.vpc()
    url, group = elsewhere.database("storefront-2", vpc, subnets)
    answers = json.loads(applied.setup.run("export", applied.setup.name, check=0).out)
    answers["aws"] |= {"account": STAGING, "profile": "staging"}
    answers["network"] = {"vpc": VPC, "subnets": subnets}
    answers["database"]["ingress_security_group"] = group
    path = world.folder / "staging.json"
    path.write_text(json.dumps(answers))
    env = {"XDG_STATE_HOME": str(world.folder / "staging"), "POSTGRESQL_URL": url, "AWS_ACCESS_KEY_ID": None,
           "AWS_SECRET_ACCESS_KEY": None}  # fmt: skip
    done = world.run("apply", "-c", str(path), "--json", env=env, timeout=900)
    assert done.code == 0, str(done)
    assert done.summary["url"] != applied.url and answers_at(done.summary["url"])
    here = {one for one in tagged(world.client) if one[0] == applied.setup.name}
    assert len(here) > 10
    assert here == tagged(elsewhere.client)
    again = json.loads(world.run("export", applied.setup.name, env=env, check=0).out)
    assert again == answers


@pytest.fixture(scope="module")
def half_made(world):
    """A setup whose run was killed half way."""
    setup = world.setup("half-made")
    program = run_until(setup, 40, "apply", "-c", str(setup.config))
    program.kill()
    program.communicate(timeout=60)
    return setup


@pytest.fixture(scope="module")
def planned(world):
    """A setup that the wizard saved and nobody began."""
    setup = world.setup("only-planned", aws={"account": ACCOUNT})
    folder = setup.records / "forest-setup/only-planned"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "draft.json").write_text(json.dumps(setup.answers))
    return setup


def exported(setup, name="out"):
    folder = setup.home / name
    setup.run("export", setup.name, "--as", "all", "-o", str(folder), check=0)
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_at_any_time(world, planned, half_made, applied):
    """A setup that is only planned, one that stopped half way and a finished one have the same files, and name the
    same things: what is there has an import block, what is not has none."""
    files = {setup.name: exported(setup) for setup in (planned, half_made, applied.setup)}
    imports = {}
    for name, found in files.items():
        role = f"arn:aws:iam::{ACCOUNT}:role/forestadmin-{name}-exec-{REGION}"
        assert role in "".join(text for path, text in found.items() if path.startswith("policy/operator-"))
        imports[name] = found.get("terraform/imports.tf", "").count("import {")
        assert f'"{SUBNET}"' in found["terraform/variables.tf"], "the subnets are known also before anything is made"
    assert imports["only-planned"] == 0 < imports["half-made"] < imports[applied.setup.name]
    optional = {"terraform/imports.tf", "cloudformation/resources-to-import.json"}
    same = [{path.replace(name, "NAME") for path in found} - optional for name, found in files.items()]
    assert same[0] == same[1] == same[2]


@pytest.mark.parametrize("state", ["planned", "half_made", "applied"])
def test_nothing_private_in_any_form(world, request, state):
    """No secret, no key, no path and no name of this machine, no line of the journal and no key of it, in any file of
    any form, whatever became of the setup."""
    made = request.getfixturevalue(state)
    setup = made.setup if state == "applied" else made
    records = setup.records / "forest-setup" / setup.name
    forbidden = [str(world.folder), str(ROOT), str(Path.home()), "secretAccessKey"]
    forbidden += [name for name in [socket.gethostname()] if len(name) > 6]  # shorter ones are in other words
    forbidden += [world.env[name] for name in ("AWS_SECRET_ACCESS_KEY", "FOREST_ENV_SECRET", "POSTGRESQL_URL")]
    forbidden += [urlsplit(world.env["POSTGRESQL_URL"]).password]
    if state != "planned":
        journal = [json.loads(line) for line in (records / "journal").read_text().splitlines()]
        forbidden += [line["crc"] for line in journal if isinstance(line.get("crc"), str)]
        forbidden += [(records / "version-key").read_text().strip()]
    if state == "applied":
        forbidden += made.secret().values()
    found = exported(setup, "private")
    assert len(found) > 10 and all(len(word) > 4 for word in forbidden)
    for path, text in found.items():
        assert not [word for word in forbidden if word in text], path

# SPDX-License-Identifier: MIT
"""export, used as it is meant: on another machine, without a terminal, by a pipeline; and what is in no export."""

import json

import pytest
from shared import request
from test_export_policy import is_fine
from world import ACCOUNT, REGION, ROOT

SECRETS = ("FOREST_ENV_SECRET", "POSTGRESQL_URL")


class Repository:
    """The repository of a backend that was set up by hand and exported for GitHub, and the pipeline's own machine: no
    records, no terminal, no secrets, and the rights of the exported role alone."""

    def __init__(self, world):
        self.world = world
        self.top = world.folder / "repository"
        self.setup = world.setup("pipeline")
        self.made = self.setup.apply(check=0, timeout=900)
        self.setup.run("export", "pipeline", "--as", "json,github-actions", "-o", str(self.top), check=0)
        self.room = self.top / "forest-setup-pipeline"
        self.keys = self.role()

    def role(self):
        """A session of a role with the exported policies, as GitHub's token would get it."""
        iam, name = self.world.client("iam"), f"forestadmin-pipeline-github-{REGION}"
        trust = json.loads((self.room / "role-trust.json").read_text())
        issuer = "oidc-provider/token.actions.githubusercontent.com"
        assert trust["Statement"][0]["Principal"]["Federated"].endswith(issuer)
        iam.create_user(UserName=name)
        for number, path in enumerate(sorted(self.room.glob("role-policy-*.json"))):
            made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=path.read_text())
            iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
                "AWS_PROFILE": None}  # fmt: skip

    def deploy(self, machine):
        """The pipeline's command on a machine of its own."""
        env = self.keys | dict.fromkeys(SECRETS) | {"XDG_STATE_HOME": str(self.world.folder / machine)}
        return self.world.run("apply", "-c", str(self.room / "setup.json"), "--json", env=env, timeout=900)


@pytest.fixture(scope="module")
def repository(world):
    return Repository(world)


def test_pipeline_deploys(world, repository):
    """With the exported file and role, on a machine without records, secrets and a terminal: nothing is made
    anew; a commit that changes the file is deployed, and the same URL passes its checks."""
    first = repository.deploy("machine-1")
    is_fine(first)
    assert first.summary["plan"]["create"] == 0, str(first)
    url = repository.made.out.strip()
    assert first.summary["url"] == url
    answers = json.loads((repository.room / "setup.json").read_text())
    answers["backend"] |= {"cpu": 512, "memory": 1024}
    (repository.room / "setup.json").write_text(json.dumps(answers))
    second = repository.deploy("machine-2")
    is_fine(second)
    assert second.summary["plan"]["change"] + second.summary["plan"]["create"] > 0, str(second)
    assert second.summary["url"] == url
    status, _, body = request(url, "/forest")
    assert status == 200 and "running" in body.lower()


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


def test_at_any_time(world):
    """A setup that stopped half way is exported in every form, and names the same things as a finished one."""
    setup = world.setup("half-made", database={"url": "env:POSTGRESQL_URL"})
    stopped = setup.apply(env={"POSTGRESQL_URL": "postgresql://app:secret@nowhere.acme.internal:5432/shop"})
    assert stopped.code != 0
    setup.run("export", setup.name, "--as", "all", "-o", str(setup.home / "out"), check=0)
    text = (setup.home / "out/policy/operator-1.json").read_text()
    assert f"arn:aws:iam::{ACCOUNT}:role/forestadmin-half-made-exec-{REGION}" in text


def test_nothing_private_in_any_form(world, applied):
    """No secret, no path of this machine, no line of the journal and no key of it, in any file of any form."""
    folder = applied.setup.home / "exported"
    applied.setup.run("export", applied.setup.name, "--as", "all", "-o", str(folder), check=0)
    records = applied.setup.records / "forest-setup" / applied.setup.name
    journal = [json.loads(line) for line in (records / "journal").read_text().splitlines()]
    forbidden = [*applied.secret().values(), str(world.folder), str(ROOT), world.env["AWS_SECRET_ACCESS_KEY"]]
    forbidden += [line["crc"] for line in journal if isinstance(line.get("crc"), str)]
    forbidden += [(records / "version-key").read_text().strip()]
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert len(files) > 10
    for path in files:
        for word in forbidden:
            assert word not in path.read_text(), path.name

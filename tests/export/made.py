# SPDX-License-Identifier: MIT
"""Setups that forest-setup made in the practice cloud, with their exports; and Terraform or OpenTofu on a module."""

import json
import os
import shutil
import subprocess

import pytest
from files import FORMATS, ROOT, export_files
from hcl_read import Module
from pipeline import git
from read_back import Reader
from variants import BOUNDARY, NEW, SCALING, TAGS

LONGEST_S = 900  # on a busy machine
OPTIONS = {"kms_key": True, "autoscaling": SCALING, "permissions_boundary": BOUNDARY, "tags": TAGS}
SETUPS = {
    "plain": {},
    "full": {
        "network": {"vpc": None, "subnets": None, **NEW},
        "database": {"ingress_security_group": None},
        "options": OPTIONS,
    },
}
# The sample database is not reachable from another VPC: in a new one everything is made, and a database that has no
# name is told at once by the checks.
ELSEWHERE = {"full": {"POSTGRESQL_URL": "postgresql://app:unguessable@proxy.acme.internal:5432/shop"}}
OUTCOMES = {"full": 1}


def from_git(world):
    """The backend's source in a repository, at a tag."""
    work, bare = world.folder / "source", world.folder / "source.git"
    shutil.copytree(ROOT / "assets/backend", work / "srv", ignore=shutil.ignore_patterns("node_modules"))
    git(work, "init", "-q")
    git(work, "add", ".")
    git(work, "commit", "-qm", "the backend")
    git(work, "tag", "v1")
    git(world.folder, "clone", "-q", "--bare", str(work), str(bare))
    return {"source": {"git": {"url": f"file://{bare}", "ref": "v1", "folder": "srv"}}}


class Made:
    """One setup: applied, exported; module, template, imports of CloudFormation, and what AWS says."""

    def __init__(self, world, name):
        source = from_git(world) if name == "full" else {}
        self.setup = world.setup(name, backend=source, **SETUPS[name])
        self.setup.apply(check=OUTCOMES.get(name, 0), env=ELSEWHERE.get(name), timeout=LONGEST_S)
        self.folder = self.setup.home / "export"
        code, err = export_files(self.folder, *FORMATS, setup=name, env=self.setup.env)
        assert code == 0, err
        self.module = Module(self.folder / "terraform")
        self.template = json.loads((self.folder / "cloudformation/template.json").read_text())
        imports = self.folder / "cloudformation/resources-to-import.json"
        self.imports = {one["LogicalResourceId"]: one for one in json.loads(imports.read_text())}
        self.reader = Reader(world.client)
        self.found = {}

    def read(self, address):
        """What the provider would read for that address."""
        if address not in self.found:
            self.found[address] = self.reader.read(address.partition(".")[0], self.module.imports[address])
        return self.found[address]

    def value(self, expression):
        return self.module.evaluate(expression, lambda address, name: self.read(address)[name])


def programs():
    return [name for name in ("tofu", "terraform") if shutil.which(name)]


class Terraform:
    """Terraform or OpenTofu in a folder of its own with a copy of the module. The provider comes from the program's own
    places for plugins or from the mirror in TERRAFORM_MIRROR; nothing is downloaded."""

    def __init__(self, program, folder, env, module):
        self.program, self.folder = program, folder
        shutil.copytree(module, folder)
        self.env = {**env, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self.mirror = os.environ.get("TERRAFORM_MIRROR")
        if self.mirror:
            source = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.mirror}"\n  }}\n}}\n'
            (folder / "cli.rc").write_text(source)
            self.env["TF_CLI_CONFIG_FILE"] = str(folder / "cli.rc")

    def run(self, *arguments):
        done = subprocess.run(
            [shutil.which(self.program), *arguments, "-no-color"], cwd=self.folder, env=self.env,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def must(self, *arguments):
        code, out, err = self.run(*arguments)
        assert code == 0, (out + err)[-6000:]
        return out

    def init(self):
        """Skips the test, with the reason, where there is no provider."""
        code, out, err = self.run("init", "-input=false")
        if code and self.mirror:  # an older provider that is there says more than none
            versions = self.folder / "versions.tf"
            versions.write_text(versions.read_text().replace('"~> 6.0"', '">= 5.100"'))
            code, out, err = self.run("init", "-input=false")
        if code:
            text = (out + err).strip()[-200:]
            pytest.skip(f"{self.program} init has no AWS provider here (TERRAFORM_MIRROR): {text}")

    def state(self):
        """Of each resource, by address, the values that Terraform keeps."""
        shown = json.loads(self.must("show", "-json"))
        return {one["address"]: one["values"] for one in shown["values"]["root_module"]["resources"]}

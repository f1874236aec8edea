# SPDX-License-Identifier: MIT
"""Setups that were really made: every resource of the module is imported by its real id, and every argument says what
AWS says. Where the provider would plan its own default for what the module leaves out, AWS has that default."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import FORMATS, export_files
from hcl_read import Module
from read_back import Reader
from variants import BOUNDARY, NEW, SCALING, TAGS
from world import World

# What the provider (6.62) plans for arguments that are left out, where it also reads them.
DEFAULTS = {
    "aws_vpc": {"instance_tenancy": "default"},
    "aws_subnet": {"map_public_ip_on_launch": False, "assign_ipv6_address_on_creation": False},
    "aws_iam_role": {"path": "/", "max_session_duration": 3600},
    "aws_kms_key": {
        "is_enabled": True, "key_usage": "ENCRYPT_DECRYPT", "customer_master_key_spec": "SYMMETRIC_DEFAULT",
    },
    "aws_ecs_service": {"scheduling_strategy": "REPLICA"},
    "aws_lb": {
        "enable_deletion_protection": False, "enable_http2": True, "desync_mitigation_mode": "defensive",
        "preserve_host_header": False, "xff_header_processing_mode": "append", "enable_xff_client_port": False,
        "enable_tls_version_and_cipher_suite_headers": False, "enable_waf_fail_open": False,
        "enable_zonal_shift": False, "client_keep_alive": 3600,
    },
    "aws_lb_target_group": {"slow_start": 0},
    "aws_apigatewayv2_api": {
        "route_selection_expression": "$request.method $request.path", "disable_execute_api_endpoint": False,
        "api_key_selection_expression": "$request.header.x-api-key", "cors_configuration": None,
    },
}  # fmt: skip
# Arguments that only the state knows: an import leaves them empty, so the module must ignore them.
STATE_ONLY = {
    "aws_secretsmanager_secret": {
        "force_overwrite_replica_secret",
        "recovery_window_in_days",
    },
    "aws_lb_target_group": {"lambda_multi_value_headers_enabled", "proxy_protocol_v2"},
    "aws_ecs_service": {"wait_for_steady_state"},
}
LONGEST_S = 900  # on a busy machine
SETUPS = {
    "plain": {},
    "full": {
        "network": {"vpc": None, "subnets": None, **NEW},
        "database": {"ingress_security_group": None},
        "options": {
            "kms_key": True,
            "autoscaling": SCALING,
            "permissions_boundary": BOUNDARY,
            "tags": TAGS,
        },
    },
}
# The sample database is not reachable from another VPC: in a new one everything is made, and a database that has no
# name is told at once by the checks.
ELSEWHERE = {"full": {"POSTGRESQL_URL": "postgresql://app:unguessable@proxy.acme.internal:5432/shop"}}
OUTCOMES = {"full": 1}


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    running = World(tmp_path_factory.mktemp("world"))
    running.start()
    try:
        yield running
    finally:
        running.stop()


class Made:
    """One setup: applied, exported; module, template, imports of CloudFormation, and what AWS says."""

    def __init__(self, world, name):
        self.setup = world.setup(name, **SETUPS[name])
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


@pytest.fixture(scope="session", params=SETUPS)
def made(request, world):
    return Made(world, request.param)


def without_defaults(containers):
    """Container definitions without what ECS adds and the provider leaves out of its comparison."""
    kept = []
    for one in containers:
        added = ("cpu", "mountPoints", "volumesFrom", "systemControls")
        one = {k: v for k, v in one.items() if k not in added or v not in ([], 0)}
        for port in one["portMappings"]:
            if port.get("hostPort") == port["containerPort"]:
                del port["hostPort"]
        for named in ("environment", "secrets"):
            one[named] = sorted(one[named], key=lambda entry: entry["name"])
        kept.append(one)
    return kept


def same(argument, written, read):
    if argument == "container_definitions":
        return without_defaults(json.loads(written)) == without_defaults(json.loads(read))
    if argument in ("policy", "assume_role_policy"):
        return json.loads(written) == json.loads(read)
    if isinstance(written, list):
        return sorted(written) == sorted(read)
    if isinstance(written, int) and not isinstance(written, bool):
        return float(read) == written
    return written == read


def compare(made, block, read, where):
    for argument, expression in block.attributes.items():
        if argument in ("depends_on", "ignore_changes"):
            continue
        assert argument in read, f"{where}.{argument} is not read from AWS"
        written = made.value(expression)
        assert same(argument, written, read[argument]), (
            f"{where}.{argument}: {written!r}, AWS says {read[argument]!r}"
        )
    for inner in block.blocks:
        if inner.kind != "lifecycle":
            compare(made, inner, read[inner.kind], f"{where}.{inner.kind}")


def test_everything_is_imported(made):
    """Each resource of the module has an import block, and each import block a resource."""
    assert set(made.module.imports) == set(made.module.resources)


def test_arguments_say_what_aws_says(made):
    for address, block in made.module.resources.items():
        compare(made, block, made.read(address), address)


def test_tags_are_all_told(made):
    """Not only are the tags that are written there: there are no others."""
    for address, block in made.module.resources.items():
        read = made.read(address)
        if read.get("tags"):
            assert made.value(block.attributes["tags"]) == read["tags"], address


def test_defaults_are_what_is_there(made):
    """What the module leaves out has the provider's default on AWS, so that no plan wants to set it."""
    for address, block in made.module.resources.items():
        kind = address.partition(".")[0]
        for argument, default in DEFAULTS.get(kind, {}).items():
            if argument not in block.attributes:
                assert made.read(address)[argument] == default, f"{address}.{argument}"


def test_what_only_the_state_knows_is_ignored(made):
    for address, block in made.module.resources.items():
        ignored = {str(n) for cycle in block.of("lifecycle") for n in cycle.attributes["ignore_changes"]}
        assert STATE_ONLY.get(address.partition(".")[0], set()) <= ignored, address


def test_image_by_digest(made):
    definition = made.module.resources["aws_ecs_task_definition.backend"]
    (container,) = json.loads(made.value(definition.attributes["container_definitions"]))
    image = made.setup.world.client("ecr").describe_images(
        repositoryName=f"forestadmin-{made.setup.name}",
        imageIds=[{"imageDigest": container["image"].partition("@")[2]}],
    )
    assert len(image["imageDetails"]) == 1


def test_no_secret_is_written(made):
    """No value of the secret, no part of the database's URL in any file; no variable asks for one."""
    value = made.setup.world.client("secretsmanager").get_secret_value(
        SecretId=f"forestadmin-{made.setup.name}/env"
    )
    secrets = list(json.loads(value["SecretString"]).values())
    secrets.append(secrets[-1].partition("://")[2].partition("@")[0].partition(":")[2])
    text = "".join(path.read_text() for path in made.folder.rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret in text]
    assert all("default" in variable.attributes for variable in made.module.variables.values())


def test_cloudformation_imports_all(made):
    """The descriptor names every resource of the template with its type and nothing else."""
    resources = made.template["Resources"]
    assert {name: one["ResourceType"] for name, one in made.imports.items()} == {
        name: one["Type"] for name, one in resources.items()
    }
    assert all(value for one in made.imports.values() for value in one["ResourceIdentifier"].values())
    assert all("Default" in one for one in made.template["Parameters"].values())


def programs():
    return [name for name in ("tofu", "terraform") if shutil.which(name)]


@pytest.mark.skipif(not programs(), reason="neither tofu nor terraform is on the PATH")
def test_plan_is_empty(made, tmp_path):
    """The real thing: validate, and a plan that imports everything and wants nothing else. The provider comes from the
    program's own places for plugins or from the mirror in TERRAFORM_MIRROR; nothing is downloaded."""
    for program in programs():
        folder = tmp_path / program
        shutil.copytree(made.folder / "terraform", folder)
        env = {**made.setup.world.env, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        if mirror := os.environ.get("TERRAFORM_MIRROR"):
            source = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
            (folder / "cli.rc").write_text(source)
            env["TF_CLI_CONFIG_FILE"] = str(folder / "cli.rc")

        def run(*arguments, program=program, folder=folder, env=env):
            done = subprocess.run(
                [shutil.which(program), *arguments, "-no-color"], cwd=folder, env=env, capture_output=True, text=True,
                timeout=LONGEST_S, check=False,
            )  # fmt: skip
            return done.returncode, done.stdout + done.stderr

        code, text = run("init", "-input=false")
        if code and mirror:  # an older provider that is there says more than none
            versions = folder / "versions.tf"
            versions.write_text(versions.read_text().replace('"~> 6.0"', '">= 5.100"'))
            code, text = run("init", "-input=false")
        if code:
            pytest.skip(f"{program} init has no AWS provider here (TERRAFORM_MIRROR): {text.strip()[-200:]}")
        code, text = run("validate")
        assert code == 0, text[-4000:]
        code, text = run("plan", "-input=false")
        assert code == 0, text[-4000:]
        wanted = f"Plan: {len(made.module.imports)} to import, 0 to add, 0 to change, 0 to destroy."
        assert wanted in text, text[-6000:]

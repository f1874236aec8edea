# SPDX-License-Identifier: MIT
"""Setups that were really made: every resource of the module is imported by its real id, and every argument says what
AWS says. Where the provider would plan its own default for what the module leaves out, AWS has that default."""

import json
import re

import pytest
from crash import run_until
from files import export_files
from hcl_read import Module
from made import Terraform, programs

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


@pytest.mark.slow
@pytest.mark.skipif(not programs(), reason="neither tofu nor terraform is on the PATH")
@pytest.mark.parametrize("program", programs())
def test_plan_is_empty(made, program, tmp_path):
    """The real thing: validate, and a plan that imports everything and wants nothing else."""
    terraform = Terraform(program, tmp_path / program, made.setup.world.env, made.folder / "terraform")
    terraform.init()
    terraform.must("validate")
    wanted = f"Plan: {len(made.module.imports)} to import, 0 to add, 0 to change, 0 to destroy."
    text = terraform.must("plan", "-input=false")
    assert wanted in text, text[-6000:]


@pytest.mark.slow
@pytest.mark.skipif(not programs(), reason="neither tofu nor terraform is on the PATH")
def test_plan_of_half_a_setup(world, tmp_path):
    """A run that was killed in the middle: what is there is imported as it is, what is not is to be made."""
    setup = world.setup("half")
    program = run_until(setup, 40, "apply", "-c", str(setup.config))
    program.kill()
    program.communicate(timeout=60)
    code, err = export_files(tmp_path / "out", "terraform", setup="half", env=setup.env)
    assert code == 0, err
    module = Module(tmp_path / "out/terraform")
    assert 0 < len(module.imports) < len(module.resources)
    needed = [name for name, variable in module.variables.items() if "default" not in variable.attributes]
    given = {f"TF_VAR_{name}": "sha256:" + "0" * 64 if name == "image_digest" else "x" for name in needed}
    terraform = Terraform(programs()[0], tmp_path / "module", world.env | given, tmp_path / "out/terraform")
    terraform.init()
    text = terraform.must("plan", "-input=false")
    told = re.search(r"Plan: (\d+) to import, (\d+) to add, 0 to change, 0 to destroy", text)
    assert told, text[-6000:]
    assert [int(told[1]), int(told[1]) + int(told[2])] == [len(module.imports), len(module.resources)]

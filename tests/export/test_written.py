# SPDX-License-Identifier: MIT
"""Every set of answers, exported before anything is made: complete, and what the tools of others accept."""

import json
import re
import shutil
import subprocess

import pytest
from files import FORMATS, ROOT, export_files
from hcl_read import all_references, references
from variants import BASE, VARIANTS

SCHEMA = json.loads((ROOT / "tests/export/aws_provider_6_schema.json").read_text())["resources"]
OF_TERRAFORM = {"lifecycle", "depends_on"}
FILES = {"versions.tf", "variables.tf", "locals.tf", "security.tf", "permissions.tf", "secret.tf", "image.tf",
         "service.tf", "address.tf", "outputs.tf"}  # fmt: skip


def check_block(block, schema, where):
    for name in block.attributes:
        if name not in OF_TERRAFORM:
            assert name in schema, f"{where} has no argument {name}"
    for inner in block.blocks:
        if inner.kind not in OF_TERRAFORM:
            assert "block" in schema.get(inner.kind, {}), f"{where} has no block {inner.kind}"
            check_block(inner, schema[inner.kind]["block"], f"{where}.{inner.kind}")
    there = set(block.attributes) | {inner.kind for inner in block.blocks}
    required = {name for name, entry in schema.items() if entry["required"]}
    assert required <= there, f"{where} lacks {required - there}"


def test_arguments(written):
    """Every argument and block is one of the provider's, required ones are there, blocks repeat only if they may."""
    for address, block in written.module.resources.items():
        schema = SCHEMA[block.labels[0]]
        check_block(block, schema, address)
        kinds = [inner.kind for inner in block.blocks]
        for kind in set(kinds) - OF_TERRAFORM:
            assert kinds.count(kind) == 1 or schema[kind]["repeats"], f"{address}: {kind} twice"
        for name in block.of("lifecycle"):
            for ignored in name.attributes["ignore_changes"]:
                assert ignored in schema, f"{address} ignores {ignored}, which is no argument"


def test_references(written):
    """What is referred to exists, and every variable and local is used."""
    module = written.module
    used = set()
    for block in [*module.resources.values(), *module.outputs.values()]:
        used |= set(all_references(block))
    for value in module.locals.values():
        used |= set(references(value))
    for reference in used:
        kind, name, *_ = reference.partition("[")[0].split(".") + [""]
        if kind.startswith("aws_"):
            assert f"{kind}.{name}" in module.resources, reference
        elif kind == "var":
            assert name in module.variables, reference
        elif kind == "local":
            assert name in module.locals, reference
    used_names = {reference.partition("[")[0] for reference in used}
    unused = {f"var.{name}" for name in module.variables} - used_names - {"var.region", "var.account_id"}
    assert not unused and {f"local.{name}" for name in module.locals} <= used_names
    assert all(variable.attributes["description"] for variable in module.variables.values())


def test_files(written):
    """Files as an engineer would group them; nothing to import before anything is made."""
    names = {path.name for path in (written.folder / "terraform").iterdir()}
    assert names == FILES | ({"network.tf"} if "new_vpc" in written.answers["network"] else set())
    assert not (written.folder / "cloudformation/resources-to-import.json").exists()


def test_secrets(written):
    """The values of the secret are write-only arguments from variables that neither plan nor state keep."""
    module = written.module
    version = module.resources["aws_secretsmanager_secret_version.env"]
    assert "secret_string" not in version.attributes
    for reference in references(version.attributes["secret_string_wo"]):
        variable = module.variables[reference.partition(".")[2]]
        assert variable.attributes["ephemeral"] and variable.attributes["sensitive"]
        assert "default" not in variable.attributes


def test_texts_of_people(written):
    """What people write stays a text, whatever stands in it."""
    module = written.module
    container = (
        module.resources["aws_ecs_task_definition.backend"]
        .attributes["container_definitions"]
        .arguments[0][0]
    )
    environment = {one["name"]: one["value"] for one in container["environment"]}
    assert environment.get("DATABASE_SCHEMA") == written.answers["database"].get("schema")
    for key, value in written.answers.get("options", {}).get("tags", {}).items():
        assert module.locals["tags"][key] == value


def test_python_hcl2(forms, linters):
    """A parser of others reads every file."""
    program = "import hcl2, sys\nfor path in sys.argv[1:]: hcl2.load(open(path))"
    files = sorted(forms.glob("*/terraform/*.tf"))
    assert len(files) >= len(FILES) * len(VARIANTS)
    done = subprocess.run(
        [linters / "python", "-c", program, *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_cfn_lint(forms, linters):
    """cfn-lint finds nothing in any of the templates."""
    templates = sorted(forms.glob("*/cloudformation/template.json"))
    assert len(templates) == len(VARIANTS)
    done = subprocess.run(
        [linters / "cfn-lint", "-r", "eu-west-3", "-t", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_template(written):
    """Nothing in the template is deleted with it, and it has what the module has."""
    resources = written.template["Resources"]
    assert all(one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain" for one in resources.values())
    only_terraform = {"aws_ecr_lifecycle_policy", "aws_ecs_cluster_capacity_providers",
                      "aws_secretsmanager_secret_version"}  # fmt: skip
    module = [b for b in written.module.resources.values() if b.labels[0] not in only_terraform]
    attachments = [one for one in resources.values() if one["Type"] == "AWS::EC2::VPCGatewayAttachment"]
    assert len(resources) - len(attachments) == len(module)


def formatters():
    return [name for name in ("tofu", "terraform") if shutil.which(name)]


@pytest.mark.skipif(not formatters(), reason="neither tofu nor terraform is on the PATH")
def test_formatted(written):
    """The formatter of Terraform and OpenTofu finds nothing to change."""
    for program in formatters():
        done = subprocess.run(
            [program, "fmt", "-check", "-diff", written.folder / "terraform"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_same_bytes(tmp_path):
    """The same answers give the same bytes."""
    for name in ("a", "b"):
        code, err = export_files(tmp_path / name, *FORMATS, answers=BASE | VARIANTS["everything"])
        assert code == 0, err
    first = {
        p.relative_to(tmp_path / "a"): p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()
    }
    assert first == {p.relative_to(tmp_path / "b"): (tmp_path / "b" / p.relative_to(tmp_path / "b")).read_bytes()
                     for p in (tmp_path / "b").rglob("*") if p.is_file()}  # fmt: skip


def test_refused(tmp_path):
    """Answers that name no account, and characters that stand for references here, are refused with a remedy."""
    code, err = export_files(tmp_path, "terraform", answers=BASE | {"aws": {"region": "eu-west-3"}})
    assert code == 1 and "account" in err
    odd = BASE | {"database": {"url": "env:POSTGRESQL_URL", "schema": "\ue000vpc.id\ue001"}}
    code, err = export_files(tmp_path, "terraform", answers=odd)
    assert code == 1 and "U+E000" in err
    assert not list(tmp_path.rglob("*.tf"))


def test_no_machine_paths(written):
    """No path of this machine and no secret's source in any file."""
    text = "".join(path.read_text() for path in written.folder.rglob("*") if path.is_file())
    assert not re.search(r"/home/|/tmp/|/root|env:|file:", text)

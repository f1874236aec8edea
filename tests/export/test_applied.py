# SPDX-License-Identifier: MIT
"""The module, applied by the real Terraform or OpenTofu in an account where nothing of it is: the stack that it makes
is, attribute by attribute, the one of forest-setup; and forest-setup goes on with one that Terraform has made."""

import json

import pytest
from compared import Stack, identity
from elsewhere import STAGING, Elsewhere
from hcl_read import Module
from inventory import created
from made import OPTIONS, Terraform, programs
from read_back import Reader
from shared import request
from variants import NEW
from world import ACCOUNT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not programs(), reason="neither tofu nor terraform is on the PATH"),
]
SUBNETS = ("task_subnet_ids", "balancer_subnet_ids", "link_subnet_ids")


@pytest.fixture(scope="session")
def elsewhere(world):
    return Elsewhere(world)


def surroundings(made, elsewhere):
    """Variables of the module for the other account, and what stands for them in each of the two stacks."""
    values = {"account_id": STAGING}
    here, there = {ACCOUNT: "<account>"}, {STAGING: "<account>"}
    if "vpc_id" not in made.module.variables:
        return values, here, there
    vpc, subnets = elsewhere.vpc()
    group = elsewhere.client("ec2").create_security_group(GroupName="db", Description="-", VpcId=vpc)["GroupId"]
    values |= {"vpc_id": vpc, "database_security_group_id": group} | dict.fromkeys(SUBNETS, subnets)
    for name, value in values.items():
        default = made.value(made.module.variables[name].attributes["default"])
        pairs = zip(default, value, strict=True) if isinstance(value, list) else [(default, value)]
        for number, (mine, other) in enumerate(pairs):
            here[mine] = there[other] = f"<{'subnet' if name in SUBNETS else name} {number}>"
    return values, here, there


def save(terraform, values):
    (terraform.folder / "given.auto.tfvars.json").write_text(json.dumps(values))


@pytest.fixture(scope="session", params=programs())
def applied(request, made, elsewhere, tmp_path_factory):
    """The exported module of a setup that is there, without its imports, applied in the other account:
    (Terraform, what stands for the surroundings here, and there)."""
    if request.param != programs()[0]:
        pytest.skip("the first program has made the stack; a second one would find its names taken")
    folder = tmp_path_factory.mktemp(made.setup.name) / "module"
    env = made.setup.world.env | elsewhere.environment()
    terraform = Terraform(request.param, folder, env, made.folder / "terraform")
    (folder / "imports.tf").unlink()
    values, here, there = surroundings(made, elsewhere)
    save(terraform, values)
    terraform.init()
    terraform.must("apply", "-auto-approve", "-input=false")
    return terraform, here, there


def test_the_stacks_are_equal(made, applied, elsewhere):
    """Every attribute of every resource, those too that the module leaves out."""
    terraform, here, there = applied
    ids = {address: identity(address.partition(".")[0], v) for address, v in terraform.state().items()}
    assert set(ids) == set(made.module.resources)
    one = Stack(made.reader, made.module.imports, here).attributes()
    other = Stack(Reader(elsewhere.client), ids, there).attributes()
    differs = [f"{key}: {one.get(key)!r}, applied {other.get(key)!r}" for key in sorted({*one, *other})
               if one.get(key) != other.get(key)]  # fmt: skip
    assert not differs, "\n".join(differs)
    assert len(one) > 150


def test_nothing_more_to_do(applied):
    """A plan after the apply wants nothing: 0 is no changes, 2 would be some."""
    terraform, _, _ = applied
    code, out, err = terraform.run("plan", "-detailed-exitcode", "-input=false")
    assert code == 0, (out + err)[-6000:]


class Planned:
    """A setup that exists as answers only, in the other account, in a VPC of its own with every option: exported,
    applied by Terraform. Then a database is put into the new VPC, and forest-setup goes on."""

    def __init__(self, world, elsewhere, folder):
        self.elsewhere = elsewhere
        self.setup = world.setup(
            "platform", aws={"profile": None, "account": STAGING}, options=OPTIONS,
            database={"ingress_security_group": None}, network={"vpc": None, "subnets": None, **NEW},
        )  # fmt: skip
        self.env = elsewhere.environment()
        records = self.setup.records / "forest-setup/platform"
        records.mkdir(parents=True, mode=0o700)
        (records / "draft.json").write_text(json.dumps(self.setup.answers))
        out = self.setup.home / "out"
        self.setup.run("export", "platform", "--as", "json,terraform", "-o", str(out), check=0, env=self.env)
        self.module = Module(out / "terraform")
        secrets = {"forest_env_secret": world.env["FOREST_ENV_SECRET"], "forest_auth_secret": "ab" * 32,
                   "postgresql_url": world.env["POSTGRESQL_URL"]}  # fmt: skip
        given = {f"TF_VAR_{name}": value for name, value in secrets.items()}
        self.secrets = secrets
        self.terraform = Terraform(programs()[0], folder, world.env | self.env | given, out / "terraform")
        save(self.terraform, {"image_digest": "sha256:" + "0" * 64})
        self.terraform.init()
        self.plan = self.terraform.must("plan", "-input=false", "-out=plan")
        self.terraform.must("apply", "-input=false", "plan")


@pytest.fixture(scope="module")
def planned(world, elsewhere, tmp_path_factory):
    return Planned(world, elsewhere, tmp_path_factory.mktemp("planned") / "module")


def test_a_plan_creates_it_all(planned):
    """Of a setup that is not made: every resource to add, nothing to import."""
    assert f"Plan: {len(planned.module.resources)} to add, 0 to change, 0 to destroy." in planned.plan
    assert not planned.module.imports


def test_no_secret_in_the_state(planned):
    """Write-only: the values are in Secrets Manager, and neither in the plan nor in the state."""
    value = planned.elsewhere.client("secretsmanager").get_secret_value(SecretId="forestadmin-platform/env")
    stored = json.loads(value["SecretString"])
    assert {name.lower(): one for name, one in stored.items()} == planned.secrets
    for path in planned.terraform.folder.rglob("*"):
        if path.is_file() and ".terraform" not in path.parts:
            assert not [s for s in planned.secrets.values() if s.encode() in path.read_bytes()], path


def test_forest_setup_goes_on(world, planned):
    """A run of forest-setup finds all of it by its names and tags, builds the image, and ends with checks that pass."""
    state = planned.terraform.state()
    private = [values["id"] for address, values in state.items() if "aws_subnet.private" in address]
    url, group = planned.elsewhere.database("platform", state["aws_vpc.main"]["id"], private)
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": NEW["new_vpc"]["cidr"]}]}
    planned.elsewhere.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    answers = planned.setup.home / "out/setup.json"
    mark = world.mark()
    done = world.run(
        "apply", "-c", str(answers), "--json", timeout=900,
        env=planned.setup.env | planned.env | {"POSTGRESQL_URL": url},
    )  # fmt: skip
    assert done.code == 0, str(done)
    assert set(created(world.traffic(mark))) == {"ecs.RegisterTaskDefinition"}
    status, _, body = request(done.summary["url"], "/forest")
    assert status == 200 and "running" in body.lower()

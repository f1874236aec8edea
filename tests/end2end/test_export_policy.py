# SPDX-License-Identifier: MIT
"""export --as policy: the policies of a plan are enough for its whole life and no more, and roles that an administrator
made from the files are adopted.

Each setup is only planned when it is exported. Its user has the exported policies and nothing else; the practice cloud
evaluates them at every call.
"""

import copy
import json
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config
from inventory import things
from world import ACCOUNT, REGION, ROOT, VENV_BIN

sys.path.insert(0, str(ROOT / "assets" / "practice"))
from practice.permissions.policy import Request, evaluate, parse  # noqa: E402

UNREACHABLE = {"POSTGRESQL_URL": "postgresql://app:secret@proxy.acme.internal:5432/shop"}
OPTIONS = {
    "kms_key": True,
    "autoscaling": {"min": 1, "max": 3, "cpu_percent": 50},
    "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "secret_recovery_days": 7,
}
OTHER_TAGS = {"CostCenter": None, "Unit": "admin"}  # one taken away, one new
OTHER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
# Not asked for in the lives below, and why it is there all the same: as in test_operator.py, and what the policies of
# a plan need only when somebody changed things by hand or the machine that lists the secrets is another one.
RARE = {
    "logs:GetLogEvents": "the last lines of a task that died",
    "ec2:DescribeNetworkInterfaces": "what still holds a security group",
    "ec2:DescribeRegions": "the wizard's list of regions",
    "ec2:DescribeAvailabilityZones": "where a VPC link cannot be",
    "ec2:DescribeVpcEndpoints": "a network whose way out is no NAT",
    "secretsmanager:RestoreSecret": "made again after a destroy",
    "rds:DescribeDBInstances": "the wizard's list of databases",
    "iam:ListAccountAliases": "the wizard names the account",
    "elasticloadbalancing:DescribeTargetHealth": "why a backend is not healthy",
    "iam:CreateServiceLinkedRole": "the first of its kind in an account",
    "ecr:UploadLayerPart": "a layer in parts; small ones go in one piece",
    "secretsmanager:UpdateSecretVersionStage": "the current version was moved by somebody",
    "elasticloadbalancing:SetSubnets": "the subnets of the answers have changed",
    "elasticloadbalancing:SetSecurityGroups": "repairs",
    "elasticloadbalancing:ModifyTargetGroup": "repairs",
    "elasticloadbalancing:ModifyListener": "repairs",
    "elasticloadbalancing:DeleteListener": "repairs",
    "apigateway:PATCH": "repairs",
    "iam:UpdateAssumeRolePolicy": "repairs",
    "iam:PutRolePermissionsBoundary": "the boundary of the answers has changed",
    "ec2:ReplaceRoute": "a route that leads elsewhere",
    "ec2:RevokeSecurityGroupEgress": "repairs",
    "ec2:RevokeSecurityGroupIngress": "repairs",
    "ecs:ListTasks": "which tasks a deployment lost; one that is there at once is not asked",
    "ecs:DescribeTasks": "why a task stopped; a deployment that is there at once has none",
    "ecs:UpdateService": "changed answers; the life with every option changes none",
}


class Operator:
    """A planned setup and a user whose only rights are the policies exported for it."""

    def __init__(self, world, name, handed_over=False, **changes):
        self.world, self.name = world, name
        self.setup = world.setup(name, aws={"profile": None, "account": ACCOUNT}, **changes)
        plan(self.setup)
        self.folder = self.setup.home / "export"
        self.setup.run("export", name, "--as", "policy", "-o", str(self.folder), check=0)
        iam = world.client("iam")
        iam.create_user(UserName=name)
        if handed_over:
            administrator(world, self.folder / "policy" / "handover", "user", name)
        else:
            self.attach(iam)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
                     "AWS_PROFILE": None}  # fmt: skip

    def attach(self, iam):
        for number, document in enumerate(self.policies(), 1):
            made = iam.create_policy(PolicyName=f"{self.name}-{number}", PolicyDocument=json.dumps(document))
            iam.attach_user_policy(UserName=self.name, PolicyArn=made["Policy"]["Arn"])

    def policies(self):
        return [json.loads(p.read_text()) for p in sorted((self.folder / "policy").glob("operator-*.json"))]

    def asked(self):
        """Everything that IAM was asked for this user: {action: [resource]}."""
        return self.world.control("permissions")[f"arn:aws:iam::{ACCOUNT}:user/{self.name}"]

    def run(self, *args, env=None):
        return self.setup.run(*args, env=self.keys | (env or {}), timeout=900)

    def apply(self, **options):
        return self.run("apply", "-c", str(self.setup.config), **options)


def plan(setup):
    """What the wizard leaves of a setup that is only planned."""
    folder = setup.records / "forest-setup" / setup.name
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    (folder / "draft.json").write_text(json.dumps(setup.answers))


def administrator(world, folder, *args):
    """Runs the exported script, with the AWS CLI's place taken by aws_shim.py."""
    bin = folder.parents[2] / "bin"
    bin.mkdir(exist_ok=True)
    shim = bin / "aws"
    shim.write_text(f'#!/bin/sh\nexec "{VENV_BIN}/python" "{ROOT}/tests/end2end/aws_shim.py" "$@"\n')
    shim.chmod(0o755)
    env = world.env | {"PATH": f"{bin}:{world.env['PATH']}", "AWS_ENDPOINT_URL": world.url}
    env["AWS_DEFAULT_REGION"] = REGION
    done = subprocess.run(
        ["sh", str(folder / "administrator.sh"), *args],
        env=env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_fine(done, code=0):
    assert done.code == code, str(done)
    assert "is not authorized to perform" not in done.err, str(done)


@pytest.fixture(scope="module")
def plain(world):
    """A life under the policies of a plan in an existing VPC: made, again, changed, looked at, destroyed."""
    operator = Operator(world, "policy-plain")
    is_fine(operator.apply())
    is_fine(operator.run("resume", operator.name))
    operator.setup.change(backend={"cpu": 512, "memory": 1024}, options={"tags": OTHER_TAGS})
    other = {"POSTGRESQL_URL": world.env["POSTGRESQL_URL"] + "?application_name=again"}
    is_fine(operator.apply(env=other))
    is_fine(operator.run("status", operator.name))
    is_fine(operator.run("logs", operator.name))
    is_fine(operator.run("destroy", operator.name, "--yes"))
    assert not things(operator.setup)
    return operator


@pytest.fixture(scope="module")
def optional(world):
    """The same with every option and a VPC of its own, where the database cannot be reached: told with exit 1."""
    operator = Operator(
        world, "policy-all", options=OPTIONS, database={"ingress_security_group": None},
        network={"vpc": None, "subnets": None, "new_vpc": {"cidr": "10.78.0.0/20"}},
    )  # fmt: skip
    is_fine(operator.apply(env=UNREACHABLE), 1)
    operator.setup.change(options={"tags": OTHER_TAGS})
    is_fine(operator.apply(env=UNREACHABLE), 1)
    is_fine(operator.run("destroy", operator.name, "--yes"))
    is_fine(operator.apply(env=UNREACHABLE), 1)  # what a destroy schedules is brought back
    is_fine(operator.run("destroy", operator.name, "--yes"))
    assert not things(operator.setup)
    return operator


def actions(policies):
    found = set()
    for statement in (s for p in policies for s in p["Statement"]):
        found |= {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
    return found


def without(policies, action):
    left = copy.deepcopy(policies)
    for policy in left:
        for s in policy["Statement"]:
            words = [s["Action"]] if isinstance(s["Action"], str) else s["Action"]
            s["Action"] = [one for one in words if one != action]
        policy["Statement"] = [s for s in policy["Statement"] if s["Action"]]
    return [p for p in left if p["Statement"]]


@pytest.mark.parametrize("which", ["plain", "optional"])
def test_enough_and_no_more(which, request):
    """Under the policies nothing is denied; each action in them is asked for, and missed when it is taken away."""
    operator = request.getfixturevalue(which)
    policies, asked = operator.policies(), operator.asked()
    never = sorted(actions(policies) - set(asked) - set(RARE))
    assert not never, f"never asked for: {never}"
    principal = f"arn:aws:iam::{ACCOUNT}:user/{operator.name}"
    for action in sorted(actions(policies) & set(asked)):
        left = [s for p in without(policies, action) for s in parse(json.dumps(p))]
        request_made = Request(principal, ACCOUNT, action, asked[action][0])
        assert not evaluate(left, request_made).allowed, action


def test_only_what_the_plan_makes(plain, optional):
    """No rights on networks, keys and scaling for a plan without them; sizes within IAM's limit."""
    for word in ("ec2:CreateVpc", "kms:CreateKey", "application-autoscaling:PutScalingPolicy"):
        assert word not in actions(plain.policies())
        assert word in actions(optional.policies())
    for policy in plain.policies() + optional.policies():
        assert len(json.dumps(policy, separators=(",", ":"))) <= 6144


def test_strangers_are_safe(world, plain):
    """Who has the policies of one plan may not touch another setup's things, nor open a group that is not his."""
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": plain.keys["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": plain.keys["AWS_SECRET_ACCESS_KEY"]}  # fmt: skip

    def client(service):
        return boto3.client(service, REGION, endpoint_url=world.url, config=config, **keys)

    group = world.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    for call in (
        lambda: client("secretsmanager").create_secret(Name="forestadmin-other/env", SecretString="x"),
        lambda: client("iam").get_role(RoleName=f"forestadmin-other-exec-{REGION}"),
        lambda: client("ecr").create_repository(repositoryName="forestadmin-other"),
        lambda: client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule]),
        lambda: client("ec2").create_vpc(CidrBlock="10.9.0.0/16"),
    ):
        with pytest.raises(Exception, match="not authorized|UnauthorizedOperation"):
            call()


@pytest.mark.slow
def test_handed_over(world):
    """Roles and policies made by the administrator's script: the engineer, who may write nothing in IAM, applies, looks
    again and destroys; the roles stay. A role that somebody changed is refused before anything else is made."""
    operator = Operator(world, "policy-handed", handed_over=True, options={"kms_key": True})
    folder = operator.folder / "policy" / "handover"
    allowed = actions([json.loads(p.read_text()) for p in folder.glob("operator-*.json")])
    assert {a for a in allowed if a.startswith("iam:")} == {
        "iam:GetRole", "iam:GetRolePolicy", "iam:PassRole", "iam:ListAccountAliases"
    }  # fmt: skip
    iam, roles = world.client("iam"), [f"forestadmin-{operator.name}-{kind}-{REGION}" for kind in ("exec", "task")]
    iam.put_role_policy(RoleName=roles[0], PolicyName="forestadmin",
                        PolicyDocument=json.dumps(OTHER))  # fmt: skip
    refused = operator.apply()
    assert refused.code == 6, str(refused)
    assert "made by an administrator" in refused.err and "--as policy" in refused.err, str(refused)
    administrator(world, folder)
    is_fine(operator.apply())
    is_fine(operator.apply())
    assert set(operator.asked()) <= allowed | {"sts:GetCallerIdentity"}
    destroyed = operator.run("destroy", operator.name, "--yes")
    is_fine(destroyed)
    assert "an administrator made it" in destroyed.out + destroyed.err
    for role in roles:
        assert iam.get_role(RoleName=role)["Role"]["RoleName"] == role

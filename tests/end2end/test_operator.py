# SPDX-License-Identifier: MIT
"""The operator's policy (assets/policies/operator.json): enough for everything that the program does, and no more.

The profile engineer has it. Enough: a whole life of a setup, with the drift that makes rare calls necessary, under it.
Minimal: taken away one by one, each action is missed, judged on the requests that were really made (fast) and by
running the program without it (slow, one run for each action).
"""

import copy
import datetime
import json
import os
import sys

import boto3
import pytest
from botocore.config import Config
from inventory import things
from world import REGION, ROOT

sys.path.insert(0, str(ROOT / "assets" / "practice"))
from practice.permissions.policy import Request, evaluate, parse  # noqa: E402

POLICY = json.loads((ROOT / "assets/policies/operator.json").read_text())
ENGINEER = {"aws": {"profile": "engineer"}}
NEW_VPC = {"vpc": None, "subnets": None, "new_vpc": {"cidr": "10.77.0.0/20"}}
OPTIONS = {
    "kms_key": True,
    "autoscaling": {"min": 1, "max": 3, "cpu_percent": 50},
    "permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "log_retention_days": 3,
    "secret_recovery_days": 7,
}
# What no ordinary life of a setup needs, and why it is there all the same.
RARE = {
    "logs:GetLogEvents": "the last lines of a task that died",
    "ecs:ListTasks": "which tasks a deployment lost; one that is there at once is not asked",
    "ecs:DescribeTasks": "why a task stopped; a deployment that is there at once has none",
    "ec2:DescribeNetworkInterfaces": "what still holds a security group, when its deletion is refused",
    "ec2:DescribeRegions": "the wizard's list of regions",
    "iam:ListAccountAliases": "the wizard names the account",
    "elasticloadbalancing:DescribeTargetHealth": "why a backend is not healthy",
    "iam:CreateServiceLinkedRole": "the first of its kind in an account; the sample account may have them",
    "ecr:UploadLayerPart": "a layer in parts; small ones go in one piece",
    "secretsmanager:UpdateSecretVersionStage": "the current version was moved by somebody",
    "ec2:ReplaceRoute": "a route that leads elsewhere",
    "kms:UntagResource": "a tag is not asked for any more, in a setup with a key of its own",
    "elasticloadbalancing:SetSubnets": "the subnets of the answers have changed",
}


def actions(policy):
    return [
        a
        for s in policy["Statement"]
        for a in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])
    ]


def drift(world, setup):
    """What somebody may have changed by hand: the next apply repairs it, with calls that are rare otherwise."""
    base = f"forestadmin-{setup.name}"
    iam, elb, gateway = world.client("iam"), world.client("elbv2"), world.client("apigatewayv2")
    trust = iam.get_role(RoleName=f"{base}-task-{REGION}")["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0].pop("Condition", None)
    iam.update_assume_role_policy(RoleName=f"{base}-task-{REGION}", PolicyDocument=json.dumps(trust))
    (balancer,) = elb.describe_load_balancers(Names=[base[:32]])["LoadBalancers"]
    other = world.client("ec2").describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [balancer["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"][0]["GroupId"]
    elb.set_security_groups(LoadBalancerArn=balancer["LoadBalancerArn"], SecurityGroups=[other])
    (group,) = elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    elb.modify_target_group(TargetGroupArn=group["TargetGroupArn"], HealthCheckPath="/wrong")
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    forward = {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}
    rule = {"Field": "path-pattern", "Values": ["/kept"]}  # so that the target group keeps its load balancer
    made = elb.create_rule(
        ListenerArn=listener["ListenerArn"], Conditions=[rule], Priority=1, Actions=[forward]
    )
    elb.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=[fixed])
    api = next(
        a for a in gateway.get_apis()["Items"] if (a.get("Tags") or {}).get("forestadmin:setup") == setup.name
    )
    elsewhere = gateway.create_integration(
        ApiId=api["ApiId"], IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", PayloadFormatVersion="1.0",
        IntegrationUri="https://example.com",
    )["IntegrationId"]  # fmt: skip
    (route,) = gateway.get_routes(ApiId=api["ApiId"])["Items"]
    gateway.update_route(ApiId=api["ApiId"], RouteId=route["RouteId"], Target=f"integrations/{elsewhere}")
    return lambda: elb.delete_rule(RuleArn=made["Rules"][0]["RuleArn"])


def live(world, number):
    """Everything that an operator does: three kinds of setups, again, changed, drifted, destroyed, made again."""
    plain = world.setup(f"operator-{number}", options={"tags": {"Team": "ops", "Cost": "4711"}}, **ENGINEER)
    yield plain.apply()
    undo = drift(world, plain)
    yield plain.apply()
    undo()
    plain.change(
        backend={"cpu": 512, "memory": 1024},
        options={
            "permissions_boundary": OPTIONS["permissions_boundary"],
            "tags": {"Team": "platform", "Cost": None},
        },
    )
    yield plain.apply(env={"POSTGRESQL_URL": world.env["POSTGRESQL_URL"] + "?application_name=again"})
    yield plain.run("status", plain.name)
    yield plain.run("logs", plain.name)
    yield plain.destroy()
    optional = world.setup(f"operator-o-{number}", options=OPTIONS, **ENGINEER)
    for times in (2, 1):
        for _ in range(times):
            yield optional.apply()
        yield optional.destroy()
    # Its database cannot be reached from a network of its own: that is told, with exit 1.
    own = world.setup(
        f"operator-n-{number}", network=NEW_VPC, database={"ingress_security_group": None}, **ENGINEER
    )
    yield own.apply(env={"POSTGRESQL_URL": "postgresql://app:secret@proxy.acme.internal:5432/shop"})
    yield own.destroy()


@pytest.fixture(scope="module")
def lived(world):
    """One such life, and what IAM was asked on its way."""
    world.control("reset-traffic", {})
    runs = list(live(world, 1))
    (principal,) = [p for p in world.control("permissions") if p.endswith(":user/noor")]
    return runs, world.control("permissions")[principal]


def test_enough(world, lived):
    """apply, apply again, repair, change, status, logs, destroy, options and a network of one's own: nothing is
    denied."""
    runs, _ = lived
    for done in runs:
        own_network = "operator-n" in str(done.args) and done.args[0] == "apply"
        assert done.code == (1 if own_network else 0), str(done)
        assert "is not authorized to perform" not in done.err, str(done)
    for name in ("operator-1", "operator-o-1", "operator-n-1"):
        assert not things(world.setup(name))


def test_nothing_that_is_never_asked(lived):
    """Every action of the policy was asked for in that life, or is in RARE with its reason."""
    _, asked = lived
    never = sorted(set(actions(POLICY)) - set(asked) - set(RARE))
    assert not never, f"never asked for: {never}"


def test_every_action_is_missed(lived):
    """Without one action, a request that was really made is allowed no more."""
    _, asked = lived
    for action in actions(POLICY):
        for resource in asked.get(action, [])[:1]:
            request = Request("arn:aws:iam::123456789012:user/noor", "123456789012", action, resource)
            assert not evaluate(parse(json.dumps(without(POLICY, action))), request).allowed, action


def without(policy, action):
    """The policy without that action; a statement that had only it goes."""
    left = copy.deepcopy(policy)
    for statement in left["Statement"]:
        kept = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [one for one in kept if one != action]
    left["Statement"] = [one for one in left["Statement"] if one["Action"]]
    return left


def test_fits_managed_policies(world):
    """The filled-in policy is attached as managed policies within IAM's limit of 6144 characters, ten at most."""
    iam = world.client("iam")
    attached = iam.list_attached_user_policies(UserName="noor")["AttachedPolicies"]
    assert 1 <= len(attached) <= 10
    for one in attached:
        document = iam.get_policy_version(PolicyArn=one["PolicyArn"], VersionId="v1")["PolicyVersion"][
            "Document"
        ]
        assert len(json.dumps(document, separators=(",", ":"))) <= 6144


def test_strangers_are_safe(world):
    """The operator may not touch what it has not made: roles, groups, balancers, secrets and networks of others."""
    keys = world.keys_of("engineer")

    def client(service):
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(service, REGION, endpoint_url=world.url, config=config, **keys)

    admin = world.client("ec2")
    (prod,) = admin.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["prod"]}])["Vpcs"]
    here = [{"Name": "vpc-id", "Values": [prod["VpcId"]]}]
    subnet = admin.describe_subnets(Filters=here)["Subnets"][0]["SubnetId"]
    group = admin.describe_security_groups(Filters=here)["SecurityGroups"][0]["GroupId"]
    for call in (
        lambda: client("iam").get_role(RoleName="Engineer"),
        lambda: client("iam").attach_user_policy(
            UserName="noor", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        lambda: client("ec2").delete_vpc(VpcId=prod["VpcId"]),
        lambda: client("ec2").delete_subnet(SubnetId=subnet),
        lambda: client("ec2").delete_security_group(GroupId=group),
        lambda: client("ec2").create_tags(
            Resources=[subnet], Tags=[{"Key": "forestadmin:stack", "Value": "mine"}]
        ),
        lambda: client("secretsmanager").create_secret(Name="other/secret", SecretString="x"),
        lambda: client("ecr").create_repository(repositoryName="other"),
        lambda: client("rds").delete_db_instance(DBInstanceIdentifier="storefront", SkipFinalSnapshot=True),
    ):
        with pytest.raises(Exception, match="not authorized|UnauthorizedOperation"):
            call()


# All of them with OPERATOR_SWEEP=all (about half an hour); otherwise a sample that is another one every day.
NEEDED = sorted(set(actions(POLICY)) - set(RARE))
SWEEP = NEEDED if os.environ.get("OPERATOR_SWEEP") == "all" else NEEDED[datetime.date.today().toordinal() % 12 :: 12]


@pytest.mark.slow
@pytest.mark.parametrize("action", SWEEP)
def test_the_program_misses_it(world, action):
    """Run without the action, something in the operator's life fails and says what is missing."""
    iam, number = world.client("iam"), NEEDED.index(action)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    iam.put_user_policy(UserName="noor", PolicyName="missing", PolicyDocument=json.dumps(deny))
    told = []
    try:
        for done in live(world, f"x{number}"):
            told.append(f"{done.args[0]} {done.code}")
            if action in done.err + done.out:
                return
            assert done.code == 0 or "-n-" in str(done.args), f"failed without a word about {action}: {done}"
        raise AssertionError(f"nobody missed {action}: {', '.join(told)}")
    finally:
        iam.delete_user_policy(UserName="noor", PolicyName="missing")
        for name in (f"operator-x{number}", f"operator-o-x{number}", f"operator-n-x{number}"):
            world.setup(name, **ENGINEER).destroy()

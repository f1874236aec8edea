# SPDX-License-Identifier: MIT
"""destroy: everything of ours goes, nothing else is touched, and it says so with proof."""

import os
import pty
import signal

import pytest
from crash import SETTLED
from inventory import created, things
from listing import difference, everything
from traffic import name_of
from world import REGION, ROOT

# The journal of a destroyed setup is closed; there is no such setup any more.
NOTHING_THERE = 8
BACKEND = ROOT / "tests" / "faults" / "backend"
DATABASE_GROUP = "sg-10bfbda020d10b0f5"


def small(world, name):
    """A setup with the backend that starts at once."""
    setup = world.setup(name)
    setup.change(backend={"source": {"folder": str(BACKEND)}})
    return setup


@pytest.fixture(scope="module")
def destroyed(measured, world):
    """destroy --json of the second setup, while the first one runs: the run, its calls, the account after it."""
    there = everything(world)
    mark = world.mark()
    done = measured.setup.destroy("--json")
    return done, world.traffic(mark), there, everything(world)


def test_ends_well(destroyed):
    """destroy ends with exit 0, and its proof lists nothing that is left."""
    done, _, _, _ = destroyed
    assert done.code == 0, str(done)
    assert done.summary["result"] == "done"
    assert done.summary["left"] == []


def test_there_was_something(destroyed, measured):
    """Before it, the listing of the whole account does show the setup: an empty listing would prove nothing."""
    _, _, there, _ = destroyed
    mine = {kind for kind, name in there.keys() - measured.before.keys()}
    assert len(mine) >= 17, sorted(mine)
    assert {"cluster", "service", "listener", "role policy", "image", "secretsmanager.list_secrets",
            "ec2.describe_security_group_rules", "apigatewayv2.get_vpc_links"} <= mine  # fmt: skip


def test_nothing_is_left_and_nothing_else_is_touched(destroyed, measured):
    """By boto3 the account is what it was before the setup, in every attribute: ours is gone, the rest untouched."""
    _, _, _, after = destroyed
    assert difference(measured.before, after) == [], "\n".join(difference(measured.before, after))


def test_only_our_things_are_deleted(destroyed, measured):
    """Every deleting or changing call names something that was made by this setup."""
    _, calls, there, _ = destroyed
    foreign = {str(name) for _, name in measured.before}
    changing = [call for call in calls if call["operation"].startswith(("Delete", "Revoke", "Deregister", "Update"))]
    assert len(changing) >= 20
    for call in changing:
        for member, value in call["params"].items():
            for one in value if isinstance(value, list) else [value]:
                if name_of(call) == "ec2.RevokeSecurityGroupIngress" and member == "GroupId":
                    continue  # the rule on the database's group: see the next test
                assert str(one) not in foreign, (name_of(call), call["params"])


def test_takes_its_rule_off_the_database_group(destroyed, measured):
    """On the database's group exactly one rule is revoked, by its id, and it is the one that had our tag."""
    _, calls, there, _ = destroyed
    revoked = [call["params"] for call in calls if name_of(call) == "ec2.RevokeSecurityGroupIngress"
               and call["params"]["GroupId"] == DATABASE_GROUP]  # fmt: skip
    (params,) = revoked
    (rule,) = params["SecurityGroupRuleIds"]
    assert ("ec2.describe_security_group_rules", rule) in there.keys() - measured.before.keys()


def test_order_of_deletion(destroyed):
    """In AWS's order: service before cluster, listener before load balancer and targets, API before link, rules
    before groups, rights before role."""
    _, calls, _, _ = destroyed
    order = [call["operation"] for call in sorted(calls, key=lambda call: call["time"])]
    last = {name: max(i for i, one in enumerate(order) if one == name) for name in set(order)}
    for first, then in (("DeleteService", "DeleteCluster"), ("DeleteListener", "DeleteLoadBalancer"),
                        ("DeleteListener", "DeleteTargetGroup"), ("DeleteIntegration", "DeleteVpcLink"),
                        ("RevokeSecurityGroupIngress", "DeleteSecurityGroup"), ("DeleteService", "DeleteSecret"),
                        ("DeleteRolePolicy", "DeleteRole"), ("DeleteService", "DeleteLogGroup")):  # fmt: skip
        assert order.index(first) < order.index(then), (first, then, order)
    assert last["DeleteSecurityGroup"] > last["DeleteLoadBalancer"]


def test_looks_for_leftovers_by_tag(destroyed):
    """The proof is a question to AWS after the last delete: by tag, and by name for roles, which it never lists."""
    _, calls, _, _ = destroyed
    order = [name_of(call) for call in calls]
    proof = len(order) - 1 - order[::-1].index("resourcegroupstaggingapi.GetResources")
    assert not [name for name in order[proof:] if "Delete" in name]
    assert order[proof:].count("iam.GetRole") == 2


def test_the_secret_can_be_restored_for_its_days(destroyed, world):
    """The secret goes with a recovery window (7 days unless told), so that a mistake can be undone."""
    _, calls, _, _ = destroyed
    (params,) = [call["params"] for call in calls if call["operation"] == "DeleteSecret"]
    assert params["RecoveryWindowInDays"] == 7
    assert not params.get("ForceDeleteWithoutRecovery")


@pytest.mark.slow
def test_the_secret_of_a_setup_with_a_key_comes_back_with_it_only(world):
    """Destroyed with its key and made again without one: refused before anything is made, with the way out; with the
    key both come back."""
    setup = small(world, "key-again")
    setup.change(options={"kms_key": True})
    setup.apply(check=0)
    setup.destroy(env=SETTLED, check=0)
    setup.change(options={"kms_key": False})
    mark = world.mark()
    refused = setup.apply(env=SETTLED, check=6)
    assert "encrypted with its key" in refused.err and "options.kms_key to true" in refused.err, str(refused)
    assert not created(world.traffic(mark)) and not things(setup)
    setup.change(options={"kms_key": True})
    setup.apply(env=SETTLED, check=0)
    assert things(setup)["secret"] == 1 and not created(world.traffic(mark))["kms.CreateKey"]
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def test_the_first_setup_still_answers(destroyed, applied):
    """The setup beside it, in the same VPC and cluster names with the same prefix, still answers."""
    assert applied.get("/forest")[0] == 200


def test_destroyed_twice(destroyed, measured):
    """Destroying it again says that there is no such setup, with the documented exit code."""
    done = measured.setup.destroy()
    assert done.code == NOTHING_THERE, str(done)
    assert 'no setup "measured"' in done.err


def test_destroying_an_unknown_setup(destroyed, world):
    """So does destroying one that never was; no call to AWS is made for it."""
    mark = world.mark()
    done = world.run("destroy", "never-was", "--yes")
    assert done.code == NOTHING_THERE, str(done)
    assert 'no setup "never-was"' in done.err
    assert world.traffic(mark) == []


def test_asks_first(applied, world):
    """Without --yes and without a terminal nothing is deleted: exit 2, and only reading calls."""
    mark = world.mark()
    done = applied.setup.run("destroy", applied.setup.name)
    assert done.code == 2, str(done)
    assert "--yes" in done.err
    assert "Goes\n" in done.out and "Stays\n" in done.out
    assert not [name_of(call) for call in world.traffic(mark) if "Delete" in call["operation"]]
    assert applied.get("/forest")[0] == 200


def test_asks_for_the_name(applied, world):
    """On a terminal anything but the setup's name, "y" too, deletes nothing: exit 130, and only reading calls."""
    ours, theirs = pty.openpty()
    mark = world.mark()
    try:
        program = applied.setup.start("destroy", applied.setup.name, stdin=theirs)
        os.write(ours, b"y\n")
        out, err = program.communicate(timeout=600)
    finally:
        os.close(ours)
        os.close(theirs)
    assert program.returncode == 130, out + err
    assert f"Type {applied.setup.name} to delete all of it" in err and "nothing was deleted" in err
    assert not [name_of(call) for call in world.traffic(mark) if "Delete" in call["operation"]]
    assert applied.get("/forest")[0] == 200


def address_of(world, setup):
    """An address that somebody has given the setup's tags by hand: nobody here made it, so nobody deletes it."""
    role = world.client("iam").get_role(RoleName=f"forestadmin-{setup.name}-exec-eu-west-3")["Role"]
    tags = [tag for tag in role["Tags"] if tag["Key"].startswith("forestadmin:")]
    return world.client("ec2").allocate_address(
        Domain="vpc", TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags}]
    )["AllocationId"]


def test_what_is_left_is_named_with_its_cost(world):
    """Something with its tag that destroy has not made stays: it is named with what it costs a month, the run has not
    ended well, and once it is gone the next destroy says so."""
    setup = small(world, "left-behind")
    setup.apply(check=0)
    address = address_of(world, setup)
    done = setup.destroy(env=SETTLED, check=1)
    assert f"elastic-ip/{address}  $3.65" in done.err, str(done)
    assert "What is left costs $3.65 a month." in done.err and f"destroy {setup.name}" in done.err
    told = setup.destroy("--json", env=SETTLED, check=1).summary
    assert told["left_usd_month"] == 3.65 and [one["usd_month"] for one in told["left_costs"]] == [3.65]
    assert address in told["left"][0] and told["error"]["remedy"]
    world.client("ec2").release_address(AllocationId=address)
    done = setup.destroy(env=SETTLED, check=0)
    assert "Nothing that carries its tag is left." in done.out and not things(setup)


def bastion(world, setup, group, subnet):
    """Somebody's own interface in a group of the setup."""
    ec2 = world.client("ec2")
    (found,) = ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": [f"forestadmin-{setup.name}-{group}"]}]
    )["SecurityGroups"]
    made = ec2.create_network_interface(
        SubnetId=subnet, Groups=[found["GroupId"]], Description="a bastion of ops"
    )
    return made["NetworkInterface"]["NetworkInterfaceId"]


@pytest.mark.slow
def test_what_blocks_is_named(world):
    """An interface of somebody else in our group: while destroy waits, it says which, whose and since when; stopped,
    it goes on when the interface is gone."""
    setup = small(world, "blocked")
    setup.apply(check=0)
    name = bastion(world, setup, "task", setup.answers["network"]["subnets"][0])
    program = setup.start("destroy", setup.name, "--yes", env=SETTLED)
    lines = []
    for line in program.stdout:
        lines.append(line)
        if name in line:
            program.send_signal(signal.SIGINT)
            break
    out, err = program.communicate(timeout=600)
    told = "".join(lines) + out + err
    assert f"waits for {name} (a bastion of ops, of account 123456789012, attached to nothing" in told, told
    assert program.returncode == 130, told
    world.client("ec2").delete_network_interface(NetworkInterfaceId=name)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


@pytest.mark.slow
def test_what_others_added_is_named(world):
    """A service in our cluster, a policy on our role, a rule that names our group: none is touched, each is named with
    what to do, everything else is gone; when they are gone, the rest goes."""
    setup = small(world, "added-to")
    setup.apply(check=0)
    base = f"forestadmin-{setup.name}"
    ec2, ecs, iam = world.client("ec2"), world.client("ecs"), world.client("iam")
    named = [{"Name": "group-name", "Values": [f"{base}-task"]}]
    (ours,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    ops = ec2.create_security_group(GroupName="ops", Description="of ops", VpcId=ours["VpcId"])["GroupId"]
    rule = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": ours["GroupId"]}]}]
    ec2.authorize_security_group_ingress(GroupId=ops, IpPermissions=rule)
    role = f"{base}-task-{REGION}"
    policy = {"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    iam.attach_role_policy(**policy)
    family = ecs.list_task_definitions(familyPrefix=base)["taskDefinitionArns"][0]
    network = {"subnets": setup.answers["network"]["subnets"], "securityGroups": [ours["GroupId"]]}
    ecs.create_service(
        cluster=base, serviceName="reports", taskDefinition=family, desiredCount=0, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )  # fmt: skip
    done = setup.destroy("--json", env=SETTLED | {"FOREST_SETUP_BLOCKED_MS": "2000"}, timeout=300, check=1)
    told = {e["step"]: e["error"] for e in done.of_type("step_failed")}
    assert f"a rule of {ops} (ops)" in told["task-group"]["message"], str(done)
    assert role in told["task-role"]["remedy"] and "somebody has given it more" in told["task-role"]["message"]
    assert "services of somebody else" in told["cluster"]["message"] and base in told["cluster"]["remedy"]
    assert set(things(setup)) <= {"SecurityGroups task-group", f"role task-{REGION}", "cluster"}, things(setup)
    ecs.delete_service(cluster=base, service="reports", force=True)
    iam.detach_role_policy(**policy)
    ec2.revoke_security_group_ingress(GroupId=ops, IpPermissions=rule)
    ec2.delete_security_group(GroupId=ops)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


@pytest.mark.slow
def test_what_blocks_for_good_ends_the_waiting(world):
    """An interface, a subnet and a group of somebody else in the setup's own VPC go by nothing that AWS does: the run
    ends after two minutes (here two seconds) instead of twenty, everything else is gone, and it names them."""
    setup = small(world, "guests")
    setup.change(
        network={"vpc": None, "subnets": None, "new_vpc": {}}, database={"ingress_security_group": None}
    )
    setup.apply(check=0)
    ec2 = world.client("ec2")
    mine = [{"Name": "tag:forestadmin:setup", "Values": [setup.name]}]
    (vpc,) = ec2.describe_vpcs(Filters=mine)["Vpcs"]
    subnet = ec2.describe_subnets(Filters=mine)["Subnets"][0]
    name = bastion(world, setup, "task", subnet["SubnetId"])
    short = SETTLED | {"FOREST_SETUP_BLOCKED_MS": "2000"}
    done = setup.destroy("--json", env=short, timeout=300, check=1)
    error = done.summary["error"]
    assert name in error["message"] and "a bastion of ops" in error["message"], str(done)
    assert "does not go by itself" in error["remedy"], str(done)
    left = {thing.partition(" ")[0] for thing in things(setup)}
    assert left <= {"Vpcs", "Subnets", "SecurityGroups"}, things(setup)
    ec2.delete_network_interface(NetworkInterfaceId=name)

    other = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=vpc["CidrBlock"].replace("0/16", "96/28"))["Subnet"]
    group = ec2.create_security_group(VpcId=vpc["VpcId"], GroupName="reports", Description="of ops")["GroupId"]
    done = setup.destroy("--json", env=short, timeout=300, check=1)
    assert other["SubnetId"] in done.summary["error"]["message"], str(done)
    assert f"{group} (reports)" in done.summary["error"]["message"], str(done)
    ec2.delete_subnet(SubnetId=other["SubnetId"])
    ec2.delete_security_group(GroupId=group)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def test_records_without_answers(world):
    """Killed before the answers were written, or cut off after the first line: destroy finds by tag what there is, and
    resume says what to do."""
    setup = small(world, "no-answers")
    setup.apply(check=0)
    journal = setup.records / "forest-setup" / setup.name / "journal"
    journal.write_bytes(journal.read_bytes().partition(b"\n")[0] + b"\n")
    refused = setup.resume()
    assert refused.code == NOTHING_THERE and f"recover {setup.name}" in refused.err, str(refused)
    done = setup.destroy(env=SETTLED, check=0)
    assert "Nothing that carries its tag is left." in done.out and not things(setup)


def test_records_without_answers_are_rebuilt(world):
    """recover takes such records for none: they are put aside and written anew."""
    setup = small(world, "no-answers-2")
    setup.apply(check=0)
    journal = setup.records / "forest-setup" / setup.name / "journal"
    journal.write_bytes(journal.read_bytes().partition(b"\n")[0] + b"\n")
    setup.run("recover", setup.name, check=0)
    assert setup.resume(check=0).out.startswith("http")
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)

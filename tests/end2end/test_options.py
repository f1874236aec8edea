# SPDX-License-Identifier: MIT
"""The options of the answers: what they make, that it works, and that destroy removes it again."""

import datetime
import hashlib
import uuid

import pytest
from crash import SETTLED, crash
from inventory import created, things, writes
from world import ACCOUNT, REGION

BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
NEW_VPC = {"vpc": None, "subnets": None, "new_vpc": {"cidr": "10.77.0.0/20"}}
# The sample database is in prod's VPC; from a new one it is reached through a proxy under a name of the company's own.
DATABASE = {"ingress_security_group": None}


@pytest.fixture(scope="module")
def optional(world):
    """One setup with key, scaling, boundary, retention and 7 days for the secret."""
    options = {
        "kms_key": True,
        "autoscaling": {"min": 1, "max": 3, "cpu_percent": 50},
        "permissions_boundary": BOUNDARY,
        "log_retention_days": 3,
        "secret_recovery_days": 7,
    }
    setup = world.setup("optional", options=options)
    setup.apply(check=0)
    return setup


def key_of(setup):
    return setup.world.client("kms").describe_key(KeyId=f"alias/forestadmin-{setup.name}")["KeyMetadata"]


def test_key(optional):
    """The key rotates, and secret, log and repository use it."""
    world, key = optional.world, key_of(optional)
    base = f"forestadmin-{optional.name}"
    assert world.client("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    secret = world.client("secretsmanager").describe_secret(SecretId=f"{base}/env")
    assert secret["KmsKeyId"] in (key["Arn"], key["KeyId"])
    group = world.client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/{base}")["logGroups"][0]
    assert group["kmsKeyId"] == key["Arn"] and group["retentionInDays"] == 3
    repository = world.client("ecr").describe_repositories(repositoryNames=[base])["repositories"][0]
    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key["Arn"]}
    policy = world.client("iam").get_role_policy(RoleName=f"{base}-exec-eu-west-3", PolicyName="forestadmin")
    decrypt = [s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "kms:Decrypt"]
    assert len(decrypt) == 1 and decrypt[0]["Resource"] == key["Arn"]
    assert decrypt[0]["Condition"]["StringEquals"]["kms:EncryptionContext:SecretARN"] == secret["ARN"]


def test_autoscaling(optional):
    """The service scales between the two numbers by its CPU load."""
    scaling = optional.world.client("application-autoscaling")
    resource = f"service/forestadmin-{optional.name}/forestadmin-{optional.name}"
    target = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])[
        "ScalableTargets"
    ][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource)[
        "ScalingPolicies"
    ]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 50
    metric = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert metric == "ECSServiceAverageCPUUtilization"


def test_permissions_boundary(optional):
    """Both roles are made with the boundary."""
    for end in ("exec", "task"):
        role = optional.world.client("iam").get_role(RoleName=f"forestadmin-{optional.name}-{end}-eu-west-3")[
            "Role"
        ]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY


def test_the_key_cannot_be_taken_away(optional):
    """What is encrypted with it could not be read any more: refused before anything is done, with the reason."""
    optional.change(options={"kms_key": False})
    mark = optional.world.mark()
    refused = optional.apply()
    optional.change(options={"kms_key": True})
    assert refused.code != 0 and "cannot be taken away" in refused.err, str(refused)
    assert not writes(optional.world.traffic(mark))


def test_destroyed_secret_comes_back(optional):
    """destroy keeps secret and key for 7 days; the next apply of that name works again, with a key that works."""
    world = optional.world
    old = key_of(optional)["KeyId"]
    optional.destroy(check=0)
    assert not things(optional)
    secret = world.client("secretsmanager").describe_secret(SecretId=f"forestadmin-{optional.name}/env")
    days = (secret["DeletedDate"] - datetime.datetime.now(secret["DeletedDate"].tzinfo)).days
    assert 5 <= days <= 8, "recoverable for about a week"
    assert world.client("kms").describe_key(KeyId=old)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    optional.apply(check=0)
    key = key_of(optional)
    assert key["KeyState"] == "Enabled"
    secret = world.client("secretsmanager").describe_secret(SecretId=f"forestadmin-{optional.name}/env")
    assert "DeletedDate" not in secret
    assert secret["KmsKeyId"] in (key["Arn"], key["KeyId"]), "not the key that is about to be deleted"
    optional.destroy(check=0)
    assert not things(optional)


@pytest.mark.slow
def test_secret_deleted_at_once(world):
    """secret_recovery_days 0: after destroy the name is free, and the next apply makes it anew."""
    setup = world.setup("at-once", options={"secret_recovery_days": 0})
    for _ in range(2):
        mark = world.mark()
        setup.apply(check=0)
        assert created(world.traffic(mark))["secretsmanager.CreateSecret"] == 1
        setup.destroy(check=0)
        assert not things(setup)
        with pytest.raises(world.client("secretsmanager").exceptions.ResourceNotFoundException):
            world.client("secretsmanager").describe_secret(SecretId="forestadmin-at-once/env")


@pytest.mark.slow
@pytest.mark.parametrize("k", range(3, 30, 2))
def test_key_is_made_once_whenever_it_is_killed(world, k):
    """Between CreateKey and its alias nothing names the key: killed there, the next run still makes no second one."""
    setup = world.setup(f"key-{k}", options={"kms_key": True})
    mark = world.mark()
    crash(setup, k, "apply", "-c", str(setup.config))
    setup.resume(env=SETTLED, check=0)
    assert created(world.traffic(mark))["kms.CreateKey"] == 1
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)


def network_of(world, setup):
    ec2 = world.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:forestadmin:setup", "Values": [setup.name]}])["Vpcs"][0]
    here = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    return vpc, here


def test_new_vpc(world):
    """A network of our own: four subnets in two zones, NAT, routes and the S3 endpoint; tasks start through its NAT;
    destroy removes all of it in an order that AWS allows."""
    setup = world.setup("own-network", network=NEW_VPC, database=DATABASE)
    ec2 = world.client("ec2")
    before = {kind: len(getattr(ec2, kind)()[member]) for kind, member in (
        ("describe_vpcs", "Vpcs"), ("describe_subnets", "Subnets"), ("describe_addresses", "Addresses"))}  # fmt: skip
    # The sample database is not reachable from another VPC, and a database that has no name is told at once: by then
    # the image came through the NAT and the backend answers through the gateway.
    env = {"POSTGRESQL_URL": "postgresql://app:secret@proxy.acme.internal:5432/shop"}
    done = setup.apply(env=env, check=1)
    assert "There is no host proxy.acme.internal" in done.err.rpartition("✘ ")[2], str(done)
    vpc, here = network_of(world, setup)
    assert vpc["CidrBlock"] == "10.77.0.0/20"
    subnets = ec2.describe_subnets(Filters=here)["Subnets"]
    assert len(subnets) == 4 and len({s["AvailabilityZoneId"] for s in subnets}) == 2
    (nat,) = ec2.describe_nat_gateways(Filters=here)["NatGateways"]
    assert nat["State"] == "available"
    tables = [t for t in ec2.describe_route_tables(Filters=here)["RouteTables"] if t.get("Tags")]
    ways = {
        route.get("NatGatewayId") or route.get("GatewayId")[:4]
        for table in tables
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    }
    assert ways == {nat["NatGatewayId"], "igw-"}
    (endpoint,) = ec2.describe_vpc_endpoints(Filters=here)["VpcEndpoints"]
    assert (
        endpoint["ServiceName"] == "com.amazonaws.eu-west-3.s3" and endpoint["VpcEndpointType"] == "Gateway"
    )
    service = world.client("ecs").describe_services(
        cluster="forestadmin-own-network", services=["forestadmin-own-network"]
    )["services"][0]
    assert service["runningCount"] == 1, "the image came through the NAT"
    setup.destroy(check=0)
    assert not things(setup)
    after = {kind: len(getattr(ec2, kind)()[member]) for kind, member in (
        ("describe_vpcs", "Vpcs"), ("describe_subnets", "Subnets"), ("describe_addresses", "Addresses"))}  # fmt: skip
    assert after == before


def test_new_vpc_is_made_once(world):
    """VPC, gateway and address have no names that are unique: killed while they are made, resume makes no second."""
    setup = world.setup("own-killed", network=NEW_VPC, database=DATABASE)
    mark = world.mark()
    crash(setup, 14, "apply", "-c", str(setup.config))
    crash(setup, 26, "resume", setup.name)
    setup.destroy(env=SETTLED, check=0)
    assert not things(setup)
    made = created(world.traffic(mark))
    for call, most in (("CreateVpc", 1), ("CreateInternetGateway", 1), ("AllocateAddress", 1), ("CreateNatGateway", 1),
                       ("CreateSubnet", 4)):  # fmt: skip
        assert made[f"ec2.{call}"] <= most, made


@pytest.mark.slow
def test_what_a_lost_vpc_left_behind(world):
    """Somebody deleted the setup's own VPC by hand; the target group, whose name is the same for the next one, stayed:
    the plan says so, and it is made again in the new VPC."""
    setup = world.setup("own-again", network=NEW_VPC, database=DATABASE)
    (item,) = [i for i in setup.plan("--json", check=0).of_type("plan_item") if i["step"] == "target-group"]
    name = item["text"].partition(",")[0]
    digest = hashlib.sha256("".join(f"{part}\0" for part in ("forest-setup", ACCOUNT, REGION, setup.name)).encode())
    stack = str(uuid.UUID(digest.hexdigest()[:32]))
    elb, ec2 = world.client("elbv2"), world.client("ec2")
    other = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["isolated"]}])["Vpcs"][0]["VpcId"]
    elb.create_target_group(
        Name=name, Protocol="HTTP", Port=3000, VpcId=other, TargetType="ip",
        Tags=[{"Key": "forestadmin:stack", "Value": stack}, {"Key": "forestadmin:setup", "Value": setup.name}],
    )  # fmt: skip
    (item,) = [i for i in setup.plan("--json", check=0).of_type("plan_item") if i["step"] == "target-group"]
    assert (item["word"], item["text"]) == ("change", "of a VPC that is no more")
    setup.apply(env={"POSTGRESQL_URL": "postgresql://app:secret@proxy.acme.internal:5432/shop"}, check=1)
    (group,) = elb.describe_target_groups(Names=[name])["TargetGroups"]
    assert group["VpcId"] == network_of(world, setup)[0]["VpcId"]
    assert world.client("ecs").describe_services(cluster=f"forestadmin-{setup.name}",
                                                 services=[f"forestadmin-{setup.name}"])["services"]  # fmt: skip
    setup.destroy(check=0)
    assert not things(setup)

# SPDX-License-Identifier: MIT
"""Answers that moto gives otherwise than AWS: names, filters, codes, tags."""

import re

import pytest
from conftest import code_of, make_client

TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}


def status_of(call):
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as error:
        call()
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_dns_name_of_an_internal_load_balancer(cloud, client, vpc, unique):
    elbv2 = client("elbv2")
    made = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")[
        "LoadBalancers"
    ][0]
    assert re.fullmatch(rf"internal-{unique}-\d+\.{cloud.region}\.elb\.amazonaws\.com", made["DNSName"])
    shown = elbv2.describe_load_balancers(Names=[unique])["LoadBalancers"][0]
    assert shown["DNSName"] == made["DNSName"]


def test_load_balancer_without_groups_has_the_default_one(client, vpc, unique):
    elbv2 = client("elbv2")
    elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    assert elbv2.describe_load_balancers(Names=[unique])["LoadBalancers"][0]["SecurityGroups"] == [
        vpc["group"]
    ]


def test_target_group_follows_its_listener(client, vpc, unique):
    """ModifyListener moves the load balancer from the old target group to the new one."""
    elbv2 = client("elbv2")
    balancer = elbv2.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    old, new = (
        elbv2.create_target_group(
            Name=f"{unique}{end}", Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        for end in "ab"
    )

    def forward(group):
        return [{"Type": "forward", "TargetGroupArn": group}]

    listener = elbv2.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward(old)
    )["Listeners"][0]["ListenerArn"]
    elbv2.modify_listener(ListenerArn=listener, DefaultActions=forward(new))
    for group, expected in ((old, []), (new, [arn])):
        shown = elbv2.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
        assert shown["LoadBalancerArns"] == expected


def test_nat_gateways_by_tag(client, vpc, unique):
    """Tag filters select; an unknown id is NatGatewayNotFound."""
    ec2 = client("ec2")
    made = {}
    for name in ("a", "b"):
        eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
        tags = [{"ResourceType": "natgateway", "Tags": [{"Key": unique, "Value": name}]}]
        nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=eip, TagSpecifications=tags)
        made[name] = nat["NatGateway"]["NatGatewayId"]

    def found(name, values):
        shown = ec2.describe_nat_gateways(Filters=[{"Name": name, "Values": values}])["NatGateways"]
        return {nat["NatGatewayId"] for nat in shown}

    assert found(f"tag:{unique}", ["a"]) == {made["a"]}
    assert found("tag-key", [unique]) == set(made.values())
    assert found(f"tag:{unique}", ["c"]) == set()
    unknown = ["nat-0123456789abcdef0"]
    assert code_of(lambda: ec2.describe_nat_gateways(NatGatewayIds=unknown)) == "NatGatewayNotFound"


def test_json_services_answer_400(client):
    """ResourceNotFoundException of Secrets Manager is HTTP 400 on AWS."""
    call = lambda: client("secretsmanager").describe_secret(SecretId="absent")
    assert (code_of(call), status_of(call)) == ("ResourceNotFoundException", 400)


def test_secret_scheduled_for_deletion(client, unique):
    """Its name is taken until the window is over, with the code that tells; restored it is usable again."""
    secrets = client("secretsmanager")
    secrets.create_secret(Name=unique, SecretString="a")
    secrets.delete_secret(SecretId=unique, RecoveryWindowInDays=7)
    call = lambda: secrets.create_secret(Name=unique, SecretString="a")
    assert code_of(call) == "InvalidRequestException"
    assert secrets.describe_secret(SecretId=unique)["DeletedDate"]
    secrets.restore_secret(SecretId=unique)
    assert code_of(call) == "ResourceExistsException"


def test_key_deletion(client):
    """Twice is an invalid state; cancelled, the key stays Disabled."""
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    schedule = lambda: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    schedule()
    assert code_of(schedule) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"


def test_delete_task_definitions(client, unique):
    """Only deregistered revisions; the answer says DELETE_IN_PROGRESS."""
    ecs = client("ecs")
    definition = ecs.register_task_definition(
        family=unique, containerDefinitions=[{"name": "a", "image": "i", "memory": 64}]
    )["taskDefinition"]["taskDefinitionArn"]
    early = ecs.delete_task_definitions(taskDefinitions=[definition])
    assert early["failures"] and not early["taskDefinitions"]
    ecs.deregister_task_definition(taskDefinition=definition)
    done = ecs.delete_task_definitions(taskDefinitions=[definition])
    assert not done["failures"] and done["taskDefinitions"][0]["status"] == "DELETE_IN_PROGRESS"


def test_scaling_objects_that_are_not_there(client):
    aas = client("application-autoscaling")
    names = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/c/s",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    assert code_of(lambda: aas.delete_scaling_policy(PolicyName="p", **names)) == "ObjectNotFoundException"
    assert code_of(lambda: aas.deregister_scalable_target(**names)) == "ObjectNotFoundException"


def test_deployments_of_an_api(client, unique):
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    assert gateway.get_deployments(ApiId=api)["Items"] == []
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert gateway.get_deployments(ApiId=api)["Items"][0]["DeploymentStatus"] == "DEPLOYED"
    assert code_of(lambda: gateway.get_deployments(ApiId="nothing1")) == "NotFoundException"


def test_dry_run_does_nothing(client):
    ec2 = client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"])
    assert code_of(lambda: ec2.create_vpc(CidrBlock="10.99.0.0/16", DryRun=True)) == "DryRunOperation"
    assert len(ec2.describe_vpcs()["Vpcs"]) == before


def test_caller_identity_is_the_keys_principal(client, cloud):
    assert client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{cloud.account}:user/operator"


def test_request_ids_are_unique(client):
    """moto's EC2 answers all carry the same one."""
    ids = {client("ec2").describe_vpcs()["ResponseMetadata"]["RequestId"] for _ in range(2)}
    assert len(ids) == 2 and "request-id" not in ids


def test_crash_is_internal_failure_and_recorded(cloud, client, monkeypatch):
    """A crash of moto is a 500 in the protocol's shape, and an emulator error in the record."""
    from moto.ecs.models import EC2ContainerServiceBackend

    def crash(*_args, **_kwargs):
        raise KeyError("planted")

    monkeypatch.setattr(EC2ContainerServiceBackend, "list_attributes", crash)
    call = lambda: make_client(cloud, "ecs").list_attributes(targetType="container-instance")
    assert (code_of(call), status_of(call)) == ("InternalFailure", 500)
    entries = [e for e in cloud.recorder.emulator_errors() if e["operation"] == "ListAttributes"]
    assert len(entries) == 2 and "planted" in entries[0]["emulator_error"]
    cloud.recorder.forget_emulator_errors("ecs.ListAttributes")
    assert not [e for e in cloud.recorder.emulator_errors() if e["operation"] == "ListAttributes"]


def test_subnet_by_zone_id_is_plain(client, unique):
    """Not the default of its zone, no public addresses by itself."""
    ec2 = client("ec2", region="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.70.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.70.0.0/24", AvailabilityZoneId="use1-az1")["Subnet"]
    shown = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"][0]
    for one in (subnet, shown):
        assert not one["DefaultForAz"] and not one["MapPublicIpOnLaunch"]
        assert one["AvailabilityZoneId"] == "use1-az1"


def test_gateway_endpoint_has_no_private_dns(client, cloud, vpc):
    ec2 = client("ec2")
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(
        VpcId=vpc["id"], ServiceName=f"com.amazonaws.{cloud.region}.s3", RouteTableIds=[table]
    )["VpcEndpoint"]
    assert made["VpcEndpointType"] == "Gateway" and not made["PrivateDnsEnabled"]


def test_rule_for_a_group_has_its_description(client, vpc):
    pair = {"GroupId": vpc["group"], "Description": "from the balancer"}
    made = client("ec2").authorize_security_group_ingress(
        GroupId=vpc["group"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 7, "ToPort": 7, "UserIdGroupPairs": [pair]}],
    )["SecurityGroupRules"][0]
    assert made["Description"] == "from the balancer"


@pytest.mark.parametrize("way", ["ingress", "egress"])
def test_every_rule_that_was_made_is_told(client, vpc, unique, way):
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    ends = [{"CidrIp": "10.1.0.0/16"}, {"CidrIp": "10.2.0.0/16"}]
    wanted = [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ends},
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": vpc["group"]}]},
    ]
    made = getattr(ec2, f"authorize_security_group_{way}")(GroupId=group, IpPermissions=wanted)
    told = {rule["SecurityGroupRuleId"]: rule["FromPort"] for rule in made["SecurityGroupRules"]}
    assert sorted(told.values()) == [443, 443, 5432]
    shown = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    there = {rule["SecurityGroupRuleId"] for rule in shown["SecurityGroupRules"] if rule.get("FromPort") in (443, 5432)}
    assert there == set(told)


def test_resource_types_of_tags(client):
    ec2 = client("ec2")
    specification = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "k", "Value": "v"}]}]
    eip = ec2.allocate_address(Domain="vpc", TagSpecifications=specification)["AllocationId"]
    shown = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [eip]}])["Tags"]
    assert [tag["ResourceType"] for tag in shown] == ["elastic-ip"]


def test_rotation_period_is_kept(client):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 100

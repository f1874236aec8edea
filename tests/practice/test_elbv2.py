# SPDX-License-Identifier: MIT
"""Elastic Load Balancing: what it refuses and how it says so (API reference of each operation, aws.md 2.9)."""

import pytest
from conftest import code_of, status_of

HEX = "0123456789abcdef"
ARN = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:"
NO_BALANCER, NO_GROUP = f"{ARN}loadbalancer/app/none/{HEX}", f"{ARN}targetgroup/none/{HEX}"
NO_LISTENER, NO_RULE = f"{ARN}listener/app/none/{HEX}/{HEX}", f"{ARN}listener-rule/app/none/{HEX}/{HEX}/{HEX}"
FIXED = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]


@pytest.fixture
def elb(client):
    return client("elbv2")


@pytest.fixture
def balancer(elb, vpc, unique):
    made = elb.create_load_balancer(Name=unique, Subnets=vpc["subnets"], Scheme="internal")
    return made["LoadBalancers"][0]["LoadBalancerArn"]


@pytest.fixture
def group(elb, vpc, unique):
    made = elb.create_target_group(
        Name=unique, Protocol="HTTP", Port=3000, VpcId=vpc["id"], TargetType="ip"
    )
    return made["TargetGroups"][0]["TargetGroupArn"]


def forward(group):
    return [{"Type": "forward", "TargetGroupArn": group}]


# CreateLoadBalancer: (what is given, code). Subnets and groups are those of the vpc fixture unless given.
BALANCERS = [
    ({"Name": "internal-x"}, "ValidationError"),
    ({"Name": "x" * 33}, "ValidationError"),
    ({"Name": "under_score"}, "ValidationError"),
    ({"Subnets": []}, "ValidationError"),
    ({"SecurityGroups": ["sg-00000000000000000"]}, "InvalidSecurityGroup"),
    ({"Subnets": ["subnet-00000000000000000", "subnet-00000000000000001"]}, "SubnetNotFound"),
    ({"Type": "gateway", "Scheme": "internal", "SecurityGroups": ["sg-00000000000000000"]}, "InvalidSecurityGroup"),
    ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "DuplicateTagKeys"),
    ({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "TooManyTags"),
    ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "ValidationError"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code"), BALANCERS, ids=lambda v: str(v)[:60])
def test_load_balancer_is_refused(elb, vpc, unique, given, code):
    wanted = {"Name": unique, "Subnets": vpc["subnets"], "Scheme": "internal", **given}
    assert code_of(lambda: elb.create_load_balancer(**wanted)) == code


def test_load_balancer_takes_subnets_or_mappings(elb, vpc, unique):
    mappings = [{"SubnetId": subnet} for subnet in vpc["subnets"]]
    both = lambda: elb.create_load_balancer(
        Name=unique, Subnets=vpc["subnets"], SubnetMappings=mappings, Scheme="internal"
    )
    assert code_of(both) == "ValidationError"
    elb.create_load_balancer(Name=unique, SubnetMappings=mappings, Scheme="internal")


def test_load_balancer_needs_eight_free_addresses(client, elb, vpc, unique):
    """ELB guide: each subnet needs at least 8 free addresses."""
    ec2 = client("ec2")
    zone = ec2.describe_subnets(SubnetIds=vpc["subnets"][:1])["Subnets"][0]["AvailabilityZone"]
    small = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.8.0/28", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    for _ in range(4):
        ec2.create_network_interface(SubnetId=small)
    call = lambda: elb.create_load_balancer(Name=unique, Subnets=[small, vpc["subnets"][1]], Scheme="internal")
    assert code_of(call) == "InvalidSubnet"


# CreateTargetGroup
GROUPS = [
    ({"Name": "-x"}, "ValidationError"),
    ({"Name": "x" * 33}, "ValidationError"),
    ({"Port": None}, "ValidationError"),
    ({"Protocol": None}, "ValidationError"),
    ({"VpcId": None}, "ValidationError"),
    ({"VpcId": "vpc-00000000000000000"}, "ValidationError"),
    ({"HealthCheckPath": "healthz"}, "ValidationError"),
    ({"HealthCheckPort": "http"}, "ValidationError"),
    ({"HealthCheckPort": "70000"}, "ValidationError"),
    ({"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5}, "ValidationError"),
    ({"Matcher": {"HttpCode": "600"}}, "ValidationError"),
    ({"Matcher": {"HttpCode": "abc"}}, "ValidationError"),
    ({"Matcher": {"HttpCode": "199"}}, "ValidationError"),
    ({"TargetType": "ip", "Protocol": "HTTP", "ProtocolVersion": "HTTP9"}, "ValidationError"),
    ({"Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "TooManyTags"),
]


@pytest.mark.parametrize(("given", "code"), GROUPS, ids=lambda v: str(v)[:60])
def test_target_group_is_refused(elb, vpc, unique, given, code):
    wanted = {"Name": unique, "Protocol": "HTTP", "Port": 80, "VpcId": vpc["id"], "TargetType": "ip", **given}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    assert code_of(lambda: elb.create_target_group(**wanted)) == code


def test_target_group_defaults(elb, group):
    """API reference, CreateTargetGroup: interval 30, timeout 5, 5 and 2 checks, path /, matcher 200."""
    shown = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    assert (shown["HealthCheckIntervalSeconds"], shown["HealthCheckTimeoutSeconds"]) == (30, 5)
    assert (shown["HealthyThresholdCount"], shown["UnhealthyThresholdCount"]) == (5, 2)
    assert (shown["HealthCheckPath"], shown["Matcher"]["HttpCode"]) == ("/", "200")
    assert (shown["HealthCheckPort"], shown["HealthCheckEnabled"]) == ("traffic-port", True)
    assert shown["ProtocolVersion"] == "HTTP1"


def test_modify_target_group(elb, group):
    modify = lambda **changes: elb.modify_target_group(TargetGroupArn=group, **changes)
    assert code_of(lambda: modify(HealthCheckIntervalSeconds=5)) == "ValidationError"  # the timeout is 5
    assert code_of(lambda: modify(HealthCheckPath="x")) == "ValidationError"
    assert code_of(lambda: modify(Matcher={"HttpCode": "99"})) == "ValidationError"
    shown = modify(HealthCheckIntervalSeconds=10, HealthCheckPath="/h")["TargetGroups"][0]
    assert (shown["HealthCheckIntervalSeconds"], shown["HealthCheckPath"]) == (10, "/h")


# ModifyLoadBalancerAttributes and ModifyTargetGroupAttributes
ATTRIBUTES = [
    ("idle_timeout.timeout_seconds", "0", False), ("idle_timeout.timeout_seconds", "4001", False),
    ("idle_timeout.timeout_seconds", "x", False), ("idle_timeout.timeout_seconds", "120", True),
    ("deletion_protection.enabled", "yes", False), ("no.such.attribute", "1", False),
    ("routing.http.drop_invalid_header_fields.enabled", "true", True),
    ("routing.http.desync_mitigation_mode", "loose", False),
]  # fmt: skip
GROUP_ATTRIBUTES = [
    ("deregistration_delay.timeout_seconds", "3601", False), ("deregistration_delay.timeout_seconds", "0", True),
    ("deregistration_delay.timeout_seconds", "-1", False), ("no.such.attribute", "1", False),
    ("load_balancing.algorithm.type", "random", False), ("stickiness.enabled", "maybe", False),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "good"), ATTRIBUTES)
def test_load_balancer_attribute(elb, balancer, key, value, good):
    call = lambda: elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer, Attributes=[{"Key": key, "Value": value}]
    )
    if not good:
        assert code_of(call) == "ValidationError"
        return
    call()
    shown = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]
    assert {"Key": key, "Value": value} in shown


@pytest.mark.parametrize(("key", "value", "good"), GROUP_ATTRIBUTES)
def test_target_group_attribute(elb, group, key, value, good):
    call = lambda: elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": key, "Value": value}]
    )
    if not good:
        assert code_of(call) == "ValidationError"
        return
    call()
    assert {"Key": key, "Value": value} in elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]


# CreateListener
LISTENERS = [
    ({"LoadBalancerArn": NO_BALANCER}, "LoadBalancerNotFound"),
    ({"DefaultActions": forward(NO_GROUP)}, "TargetGroupNotFound"),
    ({"Protocol": "TCP"}, "ValidationError"),
    ({"Protocol": None}, "ValidationError"),
    ({"Port": None}, "ValidationError"),
    ({"Port": 70000}, "ValidationError"),
    ({"Protocol": "HTTPS"}, "ValidationError"),
    ({"Protocol": "HTTPS", "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-3:123456789012:certificate/x"}]},
     "CertificateNotFound"),
    ({"DefaultActions": [{"Type": "forward"}]}, "ValidationError"),
    ({"DefaultActions": []}, "ValidationError"),
    ({"DefaultActions": [{"Type": "fixed-response"}]}, "ValidationError"),
    ({"DefaultActions": [{"Type": "redirect"}]}, "ValidationError"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code"), LISTENERS, ids=lambda v: str(v)[:60])
def test_listener_is_refused(elb, balancer, given, code):
    wanted = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": FIXED, **given}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    assert code_of(lambda: elb.create_listener(**wanted)) == code


def test_group_of_another_vpc(client, elb, balancer, unique):
    other = client("ec2").create_vpc(CidrBlock="10.41.0.0/16")["Vpc"]["VpcId"]
    far = elb.create_target_group(Name=f"{unique}f", Protocol="HTTP", Port=80, VpcId=other, TargetType="ip")
    call = lambda: elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
        DefaultActions=forward(far["TargetGroups"][0]["TargetGroupArn"]),
    )  # fmt: skip
    assert code_of(call) == "InvalidConfigurationRequest"


def test_group_serves_one_load_balancer(elb, vpc, balancer, group, unique):
    second = elb.create_load_balancer(Name=f"{unique}2", Subnets=vpc["subnets"], Scheme="internal")
    listen = lambda arn: elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward(group)
    )
    listen(balancer)
    call = lambda: listen(second["LoadBalancers"][0]["LoadBalancerArn"])
    assert code_of(call) == "TargetGroupAssociationLimit"


def test_listener_moves_to_a_free_port(elb, balancer):
    listen = lambda port: elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=FIXED
    )["Listeners"][0]["ListenerArn"]
    first, second = listen(80), listen(81)
    assert code_of(lambda: elb.modify_listener(ListenerArn=second, Port=80)) == "DuplicateListener"
    assert code_of(lambda: elb.modify_listener(ListenerArn=NO_LISTENER, Port=80)) == "ListenerNotFound"
    elb.delete_listener(ListenerArn=first)
    assert elb.modify_listener(ListenerArn=second, Port=80)["Listeners"][0]["Port"] == 80


def test_rules_of_a_listener(elb, balancer):
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=FIXED)[
        "Listeners"
    ][0]["ListenerArn"]
    condition = [{"Field": "path-pattern", "Values": ["/x"]}]
    rule = lambda priority: elb.create_rule(
        ListenerArn=listener, Priority=priority, Conditions=condition, Actions=FIXED
    )["Rules"][0]["RuleArn"]
    rule(1)
    assert code_of(lambda: rule(1)) == "PriorityInUse"
    default = [r for r in elb.describe_rules(ListenerArn=listener)["Rules"] if r["IsDefault"]][0]["RuleArn"]
    assert code_of(lambda: elb.delete_rule(RuleArn=default)) == "OperationNotPermitted"
    assert code_of(lambda: elb.delete_rule(RuleArn=NO_RULE)) == "RuleNotFound"


def test_delete_order(elb, balancer, group):
    """A target group in use stays; a load balancer takes its listeners along."""
    listener = elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward(group)
    )["Listeners"][0]["ListenerArn"]
    delete = lambda: elb.delete_target_group(TargetGroupArn=group)
    assert code_of(delete) == "ResourceInUse"
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert code_of(lambda: elb.describe_listeners(ListenerArns=[listener])) == "ListenerNotFound"
    delete()
    delete()  # what is not there is gone
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    assert code_of(lambda: elb.describe_load_balancers(LoadBalancerArns=[balancer])) == "LoadBalancerNotFound"


def test_deletion_protection(elb, balancer):
    protect = lambda value: elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer, Attributes=[{"Key": "deletion_protection.enabled", "Value": value}]
    )
    protect("true")
    assert code_of(lambda: elb.delete_load_balancer(LoadBalancerArn=balancer)) == "OperationNotPermitted"
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=balancer)


def test_targets(client, elb, vpc, group):
    """Addresses of the group's VPC; one registered twice is one target; deregistering an absent one succeeds."""
    register = lambda address: elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address}])
    assert code_of(lambda: register("10.99.0.1")) == "InvalidTarget"
    assert code_of(lambda: register("8.8.8.8")) == "InvalidTarget"
    assert code_of(lambda: register("i-0123456789abcdef0")) == "ValidationError"
    register("10.40.0.77")
    register("10.40.0.77")
    shown = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(t["Target"]["Id"], t["Target"]["Port"]) for t in shown] == [("10.40.0.77", 3000)]
    assert shown[0]["TargetHealth"]["State"] in ("initial", "unused")
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.40.0.78"}])


def test_subnets_and_groups_of_a_load_balancer_change(client, elb, vpc, balancer, unique):
    set_groups = lambda groups: elb.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=groups)
    assert code_of(lambda: set_groups(["sg-00000000000000000"])) == "InvalidSecurityGroup"
    assert code_of(lambda: elb.set_subnets(LoadBalancerArn=balancer, Subnets=vpc["subnets"][:1])) == "ValidationError"
    far = client("ec2").create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    foreign = client("ec2").create_security_group(GroupName=unique, Description="d", VpcId=far)["GroupId"]
    assert code_of(lambda: set_groups([foreign])) in ("InvalidSecurityGroup", "InvalidConfigurationRequest")


ABSENT = [
    ("modify_load_balancer_attributes", {"LoadBalancerArn": NO_BALANCER, "Attributes": []}, "LoadBalancerNotFound"),
    ("describe_load_balancer_attributes", {"LoadBalancerArn": NO_BALANCER}, "LoadBalancerNotFound"),
    ("set_security_groups", {"LoadBalancerArn": NO_BALANCER, "SecurityGroups": ["sg-1"]}, "LoadBalancerNotFound"),
    ("set_subnets", {"LoadBalancerArn": NO_BALANCER, "Subnets": ["subnet-1"]}, "LoadBalancerNotFound"),
    ("modify_target_group_attributes", {"TargetGroupArn": NO_GROUP, "Attributes": []}, "TargetGroupNotFound"),
    ("describe_target_group_attributes", {"TargetGroupArn": NO_GROUP}, "TargetGroupNotFound"),
    ("modify_target_group", {"TargetGroupArn": NO_GROUP, "HealthCheckPath": "/"}, "TargetGroupNotFound"),
    ("register_targets", {"TargetGroupArn": NO_GROUP, "Targets": [{"Id": "10.0.0.1"}]}, "TargetGroupNotFound"),
    ("deregister_targets", {"TargetGroupArn": NO_GROUP, "Targets": [{"Id": "10.0.0.1"}]}, "TargetGroupNotFound"),
    ("describe_target_groups", {"TargetGroupArns": [NO_GROUP]}, "TargetGroupNotFound"),
    ("describe_target_groups", {"LoadBalancerArn": NO_BALANCER}, "LoadBalancerNotFound"),
    ("describe_rules", {"ListenerArn": NO_LISTENER}, "ListenerNotFound"),
    ("describe_rules", {"RuleArns": [NO_RULE]}, "RuleNotFound"),
    ("describe_target_groups", {"LoadBalancerArn": NO_BALANCER, "Names": ["x"]}, "ValidationError"),
    ("describe_listeners", {"LoadBalancerArn": NO_BALANCER, "ListenerArns": [NO_LISTENER]}, "ValidationError"),
    ("describe_rules", {"ListenerArn": NO_LISTENER, "RuleArns": [NO_RULE]}, "ValidationError"),
    ("describe_tags", {"ResourceArns": [NO_BALANCER]}, "LoadBalancerNotFound"),
    ("describe_tags", {"ResourceArns": [NO_GROUP]}, "TargetGroupNotFound"),
    ("describe_tags", {"ResourceArns": [NO_LISTENER]}, "ListenerNotFound"),
    ("describe_tags", {"ResourceArns": [NO_BALANCER] * 21}, "ValidationError"),
    ("add_tags", {"ResourceArns": [NO_GROUP], "Tags": [{"Key": "k", "Value": "v"}]}, "TargetGroupNotFound"),
    ("remove_tags", {"ResourceArns": [NO_BALANCER], "TagKeys": ["k"]}, "LoadBalancerNotFound"),
    ("describe_load_balancers", {"LoadBalancerArns": ["nonsense"]}, "ValidationError"),
    ("describe_load_balancers", {"LoadBalancerArns": [NO_BALANCER.replace("eu-west-3", "us-east-1")]},
     "ValidationError"),
    ("describe_tags", {"ResourceArns": [NO_GROUP.replace("eu-west-3", "us-east-1")]}, "ValidationError"),
    ("describe_load_balancers", {"Marker": "nonsense"}, "ValidationError"),
    ("describe_target_groups", {"Marker": "nonsense"}, "ValidationError"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "params", "code"), ABSENT, ids=lambda v: str(v)[:50])
def test_absent(elb, operation, params, code):
    call = lambda: getattr(elb, operation)(**params)
    assert (code_of(call), status_of(call)) == (code, 400)


def test_tags(elb, balancer):
    add = lambda tags: elb.add_tags(ResourceArns=[balancer], Tags=tags)
    add([{"Key": "a", "Value": "1"}])
    add([{"Key": "a", "Value": "2"}])
    shown = elb.describe_tags(ResourceArns=[balancer])["TagDescriptions"]
    assert shown == [{"ResourceArn": balancer, "Tags": [{"Key": "a", "Value": "2"}]}]
    assert code_of(lambda: add([{"Key": f"k{i}", "Value": ""} for i in range(50)])) == "TooManyTags"
    elb.remove_tags(ResourceArns=[balancer], TagKeys=["a"])
    assert elb.describe_tags(ResourceArns=[balancer])["TagDescriptions"][0]["Tags"] == []


def test_life_cycle(elb, vpc, balancer, unique, at_scale):
    at_scale(1)
    made = elb.create_load_balancer(Name=f"{unique}l", Subnets=vpc["subnets"], Scheme="internal")
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    state = lambda: elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]
    assert made["LoadBalancers"][0]["State"]["Code"] == "provisioning" and state() == "provisioning"
    assert state() == "provisioning"  # moto: active when it has been described once
    at_scale(0)
    assert state() == "active"


def test_pages(elb, vpc, unique):
    for i in range(3):
        elb.create_target_group(Name=f"{unique}{i}", Protocol="HTTP", Port=80, VpcId=vpc["id"], TargetType="ip")
    names = [f"{unique}{i}" for i in range(3)]
    pages = list(elb.get_paginator("describe_target_groups").paginate(Names=names, PaginationConfig={"PageSize": 2}))
    assert [len(page["TargetGroups"]) for page in pages] == [2, 1]

# SPDX-License-Identifier: MIT
"""Resources take their time, on the one clock, on creation and on deletion."""

import time

import pytest
from botocore.exceptions import ClientError

SCALE = 0.002  # 150 AWS seconds are 0.3 s


def wait(check, seconds=5):
    """Polls until check() is true; what it returned."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = check()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("never became true")


def code(error):
    return error.value.response["Error"]["Code"]


def make_balancer(client, vpc, name, groups=None):
    return client("elbv2").create_load_balancer(
        Name=name, Subnets=vpc["subnets"], Scheme="internal", SecurityGroups=groups or [vpc["group"]]
    )["LoadBalancers"][0]


def test_load_balancer_is_provisioning_then_active(client, vpc, unique, at_scale):
    """A load balancer is provisioning for 150 s, then active."""
    at_scale(SCALE)
    arn = make_balancer(client, vpc, unique)["LoadBalancerArn"]

    def state():
        return client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"][
            "Code"
        ]

    started = time.monotonic()
    assert state() == "provisioning"
    wait(lambda: state() == "active")
    assert time.monotonic() - started >= 150 * SCALE * 0.9


def test_load_balancer_leaves_interfaces_behind(client, vpc, unique, at_scale):
    """A deleted load balancer is gone at once, its interfaces 60 s later; till then its group cannot go."""
    ec2, elbv2 = client("ec2"), client("elbv2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    arn = make_balancer(client, vpc, unique, [group])["LoadBalancerArn"]
    by_group = [{"Name": "group-id", "Values": [group]}]
    shown = ec2.describe_network_interfaces(Filters=by_group)["NetworkInterfaces"]
    assert len(shown) == 2
    assert all(
        i["Description"] == "ELB " + arn.split("loadbalancer/")[1] and i["RequesterManaged"] for i in shown
    )
    assert all(i["PrivateIpAddress"].startswith("10.40.") for i in shown)
    at_scale(SCALE * 5)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    with pytest.raises(ClientError) as error:
        elbv2.describe_load_balancers(LoadBalancerArns=[arn])
    assert code(error) == "LoadBalancerNotFound"
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=group)
    assert code(error) == "DependencyViolation"
    wait(lambda: not ec2.describe_network_interfaces(Filters=by_group)["NetworkInterfaces"])
    ec2.delete_security_group(GroupId=group)


def test_vpc_link_is_pending_then_available_then_gone(client, vpc, unique, at_scale):
    """A VPC link is PENDING for 130 s, then AVAILABLE; deleted it is DELETING for 120 s, then 404."""
    gateway = client("apigatewayv2")
    at_scale(SCALE)
    link = gateway.create_vpc_link(Name=unique, SubnetIds=vpc["subnets"], SecurityGroupIds=[vpc["group"]])
    assert link["VpcLinkStatus"] == "PENDING"
    status = lambda: gateway.get_vpc_link(VpcLinkId=link["VpcLinkId"])["VpcLinkStatus"]  # noqa: E731
    assert status() == "PENDING"
    wait(lambda: status() == "AVAILABLE")
    enis = client("ec2").describe_network_interfaces(
        Filters=[{"Name": "subnet-id", "Values": vpc["subnets"]}]
    )
    assert len(enis["NetworkInterfaces"]) == 2
    gateway.delete_vpc_link(VpcLinkId=link["VpcLinkId"])
    assert status() == "DELETING"

    def gone():
        try:
            return status() == "none"
        except gateway.exceptions.NotFoundException:
            return True

    wait(gone)
    enis = client("ec2").describe_network_interfaces(
        Filters=[{"Name": "subnet-id", "Values": vpc["subnets"]}]
    )
    assert not enis["NetworkInterfaces"]


def make_nat(client, vpc, with_gateway=True):
    ec2 = client("ec2")
    if with_gateway:
        igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    eip = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=eip)["NatGateway"]
    assert nat["State"] == "pending"
    return nat["NatGatewayId"], eip


def nat_of(client, nat_id):
    return client("ec2").describe_nat_gateways(NatGatewayIds=[nat_id])["NatGateways"][0]


def test_nat_is_pending_then_available_then_deleted(client, vpc, at_scale):
    """A NAT gateway is pending for 110 s; deleted it holds address and subnet for 60 s, then both are free."""
    ec2 = client("ec2")
    at_scale(SCALE)
    nat_id, eip = make_nat(client, vpc)
    assert nat_of(client, nat_id)["State"] == "pending"
    wait(lambda: nat_of(client, nat_id)["State"] == "available")
    address = nat_of(client, nat_id)["NatGatewayAddresses"][0]["PrivateIp"]
    assert address.startswith("10.40.0.")
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat_id)
    at_scale(SCALE * 5)
    ec2.delete_nat_gateway(NatGatewayId=nat_id)
    assert nat_of(client, nat_id)["State"] == "deleting"
    for call, code_ in (
        (lambda: ec2.release_address(AllocationId=eip), "AuthFailure"),
        (lambda: ec2.delete_subnet(SubnetId=vpc["subnets"][0]), "DependencyViolation"),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == code_
    wait(lambda: nat_of(client, nat_id)["State"] == "deleted")
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert {r["State"] for r in routes if r.get("NatGatewayId")} == {"blackhole"}
    ec2.release_address(AllocationId=eip)
    ec2.delete_subnet(SubnetId=vpc["subnets"][0])


def test_nat_without_internet_gateway_fails(client, vpc):
    """A public NAT gateway in a network without an internet gateway ends as failed, with AWS's code."""
    nat_id, _ = make_nat(client, vpc, with_gateway=False)
    nat = nat_of(client, nat_id)
    assert (nat["State"], nat["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_nat_address_in_use_is_refused(client, vpc):
    """With its code, and nothing is left behind in the subnet; a public gateway needs an address at all."""
    ec2 = client("ec2")
    _, eip = make_nat(client, vpc)
    with pytest.raises(ClientError) as error:
        ec2.create_nat_gateway(SubnetId=vpc["subnets"][1], AllocationId=eip)
    assert code(error) == "Resource.AlreadyAssociated"
    with pytest.raises(ClientError) as error:
        ec2.create_nat_gateway(SubnetId=vpc["subnets"][1])
    assert code(error) == "MissingParameter"
    ec2.delete_subnet(SubnetId=vpc["subnets"][1])


def test_delete_of_unknown_nat(client):
    with pytest.raises(ClientError) as error:
        client("ec2").delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0")
    assert code(error) == "NatGatewayNotFound"


def test_instant_at_scale_zero(client, vpc, unique):
    """At scale 0 the first look already shows the final state."""
    arn = make_balancer(client, vpc, unique)["LoadBalancerArn"]
    shown = client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    assert shown["State"]["Code"] == "active"


def test_first_two_zones_have_vpc_links(client, vpc, unique):
    """Who takes the first two zones, as most programs do, gets a link that works."""
    ec2, gateway = client("ec2"), client("apigatewayv2")
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert zones == ["eu-west-3a", "eu-west-3b", "eu-west-3c"]
    subnets = [
        ec2.create_subnet(VpcId=vpc["id"], CidrBlock=f"10.40.{8 + n}.0/24", AvailabilityZone=zone)["Subnet"]
        for n, zone in enumerate(zones[:2])
    ]
    link = gateway.create_vpc_link(Name=unique, SubnetIds=[subnet["SubnetId"] for subnet in subnets])["VpcLinkId"]
    assert gateway.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "AVAILABLE"


def test_subnets_without_a_zone_are_spread_over_those_with_vpc_links(client):
    ec2 = client("ec2")
    network = ec2.create_vpc(CidrBlock="10.45.0.0/16")["Vpc"]["VpcId"]
    make = lambda n: ec2.create_subnet(VpcId=network, CidrBlock=f"10.45.{n}.0/24")["Subnet"]["AvailabilityZone"]
    assert [make(n) for n in range(4)] == ["eu-west-3a", "eu-west-3b"] * 2


def test_vpc_link_in_a_zone_without_links_fails(client, vpc, unique):
    """A link with a subnet in euw3-az2 ends as FAILED with a message, and can be deleted."""
    ec2, gateway = client("ec2"), client("apigatewayv2")
    zone = [
        z["ZoneName"]
        for z in ec2.describe_availability_zones()["AvailabilityZones"]
        if z["ZoneId"] == "euw3-az2"
    ]
    subnet = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.8.0/24", AvailabilityZone=zone[0])["Subnet"][
        "SubnetId"
    ]
    link = gateway.create_vpc_link(Name=unique, SubnetIds=[*vpc["subnets"], subnet])["VpcLinkId"]
    shown = gateway.get_vpc_link(VpcLinkId=link)
    assert shown["VpcLinkStatus"] == "FAILED" and "euw3-az2" in shown["VpcLinkStatusMessage"]
    gateway.delete_vpc_link(VpcLinkId=link)


def test_interfaces_follow_the_groups_of_a_load_balancer(client, vpc, unique):
    ec2, elbv2 = client("ec2"), client("elbv2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    arn = make_balancer(client, vpc, unique)["LoadBalancerArn"]
    elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group])
    shown = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [group]}])[
        "NetworkInterfaces"
    ]
    assert len(shown) == 2

# SPDX-License-Identifier: MIT
"""EC2 resources over time: states, interfaces that stay, routes into nothing, what is counted, lag and quotas."""

import time

import pytest
from botocore.exceptions import ClientError
from conftest import code_of

SCALE = 0.01
SERVICE = "com.amazonaws.eu-west-3."


def wait(condition, what="the condition"):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.01)


@pytest.fixture
def named(client, vpc):
    """The VPC with DNS host names, as private names of endpoints need them."""
    client("ec2").modify_vpc_attribute(VpcId=vpc["id"], EnableDnsHostnames={"Value": True})
    return vpc


def test_vpc_is_pending_first(client, at_scale):
    at_scale(SCALE)
    ec2 = client("ec2")
    made = ec2.create_vpc(CidrBlock="10.80.0.0/16")["Vpc"]
    assert made["State"] == "pending"
    wait(lambda: ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"][0]["State"] == "available")


def test_blocks_are_canonical(client):
    """100.68.0.18/18 is 100.68.0.0/18 wherever a block is given."""
    ec2 = client("ec2")
    made = ec2.create_vpc(CidrBlock="10.81.3.4/16")["Vpc"]
    assert made["CidrBlock"] == "10.81.0.0/16"
    subnet = ec2.create_subnet(VpcId=made["VpcId"], CidrBlock="10.81.7.9/24")["Subnet"]
    assert subnet["CidrBlock"] == "10.81.7.0/24"
    group = ec2.create_security_group(GroupName="blocks", Description="d", VpcId=made["VpcId"])["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "100.68.0.18/18"}]}
    added = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])["SecurityGroupRules"]
    assert added[0]["CidrIpv4"] == "100.68.0.0/18"
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []


def test_request_is_done_whole_or_not_at_all(client, vpc, unique):
    """A duplicate among several rules: none of them is added."""
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    rule = lambda port: {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
    }
    add = lambda *ports: ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[rule(port) for port in ports]
    )
    add(80)
    assert code_of(lambda: add(81, 80)) == "InvalidPermission.Duplicate"
    rows = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert [row["FromPort"] for row in rows] == [80]


def test_subnet_takes_its_association_along(client):
    """A table that served a subnet can go once the subnet is gone; before that it cannot."""
    ec2 = client("ec2")
    made = ec2.create_vpc(CidrBlock="10.86.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=made, CidrBlock="10.86.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=made)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert code_of(lambda: ec2.delete_route_table(RouteTableId=table)) == "DependencyViolation"
    ec2.delete_subnet(SubnetId=subnet)
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"] == []
    ec2.delete_route_table(RouteTableId=table)


def test_free_addresses_are_counted(client, vpc):
    """AvailableIpAddressCount falls by one with each interface."""
    ec2 = client("ec2")
    count = lambda: ec2.describe_subnets(SubnetIds=[vpc["subnets"][0]])["Subnets"][0][
        "AvailableIpAddressCount"
    ]
    assert count() == 251
    made = ec2.create_network_interface(SubnetId=vpc["subnets"][0])["NetworkInterface"]
    assert count() == 250
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    assert count() == 251


def test_routes_of_a_detached_gateway_are_blackholes(client, vpc):
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    table = ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=igw)
    shown = lambda: {
        route.get("GatewayId"): route["State"]
        for route in ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    }
    assert shown() == {"local": "active", igw: "active"}
    ec2.detach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    assert shown() == {"local": "active", igw: "blackhole"}
    ec2.delete_internet_gateway(InternetGatewayId=igw)
    assert shown() == {"local": "active", igw: "blackhole"}


def test_public_addresses_are_public(client):
    """An Elastic IP is an address of the internet, not of this machine."""
    ec2 = client("ec2")
    made = ec2.allocate_address(Domain="vpc")
    assert made["PublicIp"].startswith("15.")
    ec2.release_address(AllocationId=made["AllocationId"])


def test_deleted_nat_gateway_says_when(client, vpc):
    """A private gateway needs no address; a deleted one is shown with its time, and deleting it again is fine."""
    ec2 = client("ec2")
    nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], ConnectivityType="private")["NatGateway"]
    for _ in range(2):
        ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    shown = ec2.describe_nat_gateways(NatGatewayIds=[nat["NatGatewayId"]])["NatGateways"][0]
    assert shown["State"] == "deleted" and shown["DeleteTime"] >= nat["CreateTime"]


def test_nat_gateway_in_a_full_subnet_fails(client, vpc):
    """It is made, fails with its code, and gives its address back."""
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    full = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.99.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=full)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=full, AllocationId=address)["NatGateway"]["NatGatewayId"]
    shown = ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]
    assert (shown["State"], shown["FailureCode"]) == ("failed", "InsufficientFreeAddressesInSubnet")
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]


def test_vpc_link_in_a_full_subnet_fails(client, vpc, unique):
    ec2, gateway = client("ec2"), client("apigatewayv2")
    zone = ec2.describe_subnets(SubnetIds=vpc["subnets"][:1])["Subnets"][0]["AvailabilityZone"]
    full = ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.98.0/28", AvailabilityZone=zone)
    subnet = full["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=subnet)
    link = gateway.create_vpc_link(Name=unique, SubnetIds=[subnet])["VpcLinkId"]
    assert gateway.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "FAILED"


def test_default_vpc_has_a_way_out(client):
    """In every region: an internet gateway and the main table's route to it."""
    ec2 = client("ec2", region="ap-northeast-1")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
    igw = ec2.describe_internet_gateways(Filters=attached)["InternetGateways"][0]["InternetGatewayId"]
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    routes = ec2.describe_route_tables(Filters=main)["RouteTables"][0]["Routes"]
    assert ("0.0.0.0/0", igw) in [(r.get("DestinationCidrBlock"), r.get("GatewayId")) for r in routes]


def test_interface_endpoint_lives(client, named, unique, at_scale):
    """pending with an interface in each subnet, available; deleting, and its interfaces hold group and subnet."""
    at_scale(SCALE)
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=named["id"])["GroupId"]
    made = ec2.create_vpc_endpoint(
        VpcId=named["id"], ServiceName=SERVICE + "ecr.api", VpcEndpointType="Interface",
        SubnetIds=named["subnets"], SecurityGroupIds=[group],
    )["VpcEndpoint"]  # fmt: skip
    assert made["State"] == "pending" and made["PrivateDnsEnabled"] and len(made["NetworkInterfaceIds"]) == 2
    name = made["VpcEndpointId"]
    state = lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"][0]["State"]
    wait(lambda: state() == "available", "available")
    rows = ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])[
        "NetworkInterfaces"
    ]
    assert {row["InterfaceType"] for row in rows} == {"vpc_endpoint"}
    assert {row["SubnetId"] for row in rows} == set(named["subnets"])
    assert all(row["RequesterManaged"] and row["Groups"][0]["GroupId"] == group for row in rows)
    again = lambda: ec2.create_vpc_endpoint(
        VpcId=named["id"], ServiceName=SERVICE + "ecr.api", VpcEndpointType="Interface"
    )
    assert code_of(again) == "InvalidParameter"  # the private names are there already
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[name])["Unsuccessful"] == []
    assert state() == "deleting"
    assert code_of(lambda: ec2.delete_security_group(GroupId=group)) == "DependencyViolation"
    assert code_of(lambda: ec2.delete_subnet(SubnetId=named["subnets"][0])) == "DependencyViolation"
    gone = lambda: (
        not ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-endpoint-id", "Values": [name]}])[
            "VpcEndpoints"
        ]
    )
    wait(gone, "the end")
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=named["subnets"][0])


def test_endpoint_without_groups_has_the_default_one(client, named):
    ec2 = client("ec2")
    made = ec2.create_vpc_endpoint(
        VpcId=named["id"], ServiceName=SERVICE + "kms", VpcEndpointType="Interface",
        SubnetIds=named["subnets"][:1],
    )["VpcEndpoint"]  # fmt: skip
    assert [group["GroupId"] for group in made["Groups"]] == [named["group"]]


def test_unknown_endpoints_are_named(client, named):
    """DeleteVpcEndpoints answers 200 and lists what it did not delete."""
    answer = client("ec2").delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])
    rows = [(row["ResourceId"], row["Error"]["Code"]) for row in answer["Unsuccessful"]]
    assert rows == [("vpce-0123456789abcdef0", "InvalidVpcEndpointId.NotFound")]


def test_gateway_endpoint_moves_its_routes(client, vpc):
    """The routes to the prefix list follow ModifyVpcEndpoint and go with the endpoint."""
    ec2 = client("ec2")
    one, two = (ec2.create_route_table(VpcId=vpc["id"])["RouteTable"]["RouteTableId"] for _ in range(2))
    made = ec2.create_vpc_endpoint(VpcId=vpc["id"], ServiceName=SERVICE + "s3", RouteTableIds=[one])
    name = made["VpcEndpoint"]["VpcEndpointId"]
    routes = lambda table: [
        route.get("GatewayId")
        for route in ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        if route.get("DestinationPrefixListId")
    ]
    assert (routes(one), routes(two)) == ([name], [])
    ec2.modify_vpc_endpoint(VpcEndpointId=name, RemoveRouteTableIds=[one], AddRouteTableIds=[two])
    assert (routes(one), routes(two)) == ([], [name])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[name])
    assert routes(two) == []


def test_network_acl_goes_with_its_vpc(client, unique):
    """The VPC's own ACL knows its subnets while they are there, and nothing of a VPC is left after it."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.82.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.82.1.0/24")["Subnet"]["SubnetId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    acl = lambda: ec2.describe_network_acls(Filters=of_vpc)["NetworkAcls"]
    assert [row["SubnetId"] for row in acl()[0]["Associations"]] == [subnet]
    ec2.delete_subnet(SubnetId=subnet)
    assert acl()[0]["Associations"] == []
    ec2.delete_vpc(VpcId=vpc)
    assert acl() == []
    for what in ("security_groups", "route_tables", "subnets", "network_interfaces"):
        answer = getattr(ec2, f"describe_{what}")(Filters=of_vpc)
        assert next(value for value in answer.values() if isinstance(value, list)) == []


def test_free_address_shows_nothing_of_an_interface(client):
    ec2 = client("ec2")
    made = ec2.allocate_address(Domain="vpc")["AllocationId"]
    shown = ec2.describe_addresses(AllocationIds=[made])["Addresses"][0]
    assert not {"NetworkInterfaceId", "InstanceId", "AssociationId"} & set(shown)
    ec2.release_address(AllocationId=made)


def test_messages_name_the_identifier(client):
    """EC2's sentence, not moto's: the identifier in quotes and no Python around it."""
    ec2 = client("ec2")
    with pytest.raises(ClientError) as error:
        ec2.describe_vpcs(VpcIds=["vpc-0123456789abcdef0"])
    assert error.value.response["Error"]["Message"] == "The vpc ID 'vpc-0123456789abcdef0' does not exist"


def test_waiters_of_the_sdk(client, vpc):
    """botocore's waiters end: VPC, subnet, group, NAT gateway, role."""
    ec2 = client("ec2")
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["id"]])
    ec2.get_waiter("subnet_available").wait(SubnetIds=vpc["subnets"])
    ec2.get_waiter("security_group_exists").wait(GroupIds=[vpc["group"]])
    nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], ConnectivityType="private")["NatGateway"]
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat["NatGatewayId"]])
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[nat["NatGatewayId"]])


def test_regions_that_are_off_are_left_out(client):
    ec2 = client("ec2")
    on = {row["OptInStatus"] for row in ec2.describe_regions()["Regions"]}
    every = {row["OptInStatus"] for row in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert "not-opted-in" not in on and "not-opted-in" in every


# ---- read-after-write lag


@pytest.fixture
def lag(cloud, at_scale):
    """lag(seconds): new resources are unseen for up to so many AWS seconds, until the end of the test."""
    at_scale(1)
    yield lambda seconds: cloud.change({"lag": seconds})
    cloud.change({"lag": 0})


def test_what_was_made_a_moment_ago_is_unseen(client, lag, at_scale):
    """With lag a fresh id is not found, lists leave it out, and both end."""
    ec2 = client("ec2")
    lag(3600)
    names = [ec2.create_vpc(CidrBlock=f"10.9{n}.0.0/16")["Vpc"]["VpcId"] for n in range(4)]
    seen = lambda: {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]} & set(names)
    late = [name for name in names if name not in seen()]
    assert late
    assert (
        code_of(lambda: ec2.create_subnet(VpcId=late[-1], CidrBlock="10.90.0.0/24"))
        == "InvalidVpcID.NotFound"
    )
    at_scale(0.0001)
    wait(lambda: seen() == set(names), "sight of all")
    for name in names:
        ec2.delete_vpc(VpcId=name)


def test_new_role_is_unseen_for_a_while(client, lag, unique, at_scale):
    """GetRole answers NoSuchEntity; making the role again is refused all the same."""
    iam = client("iam")
    lag(3600)
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": '
        '{"Service": "ecs-tasks.amazonaws.com"}}]}'
    )
    make = lambda: iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust)
    make()
    assert code_of(lambda: iam.get_role(RoleName=unique)) == "NoSuchEntity"
    assert code_of(make) == "EntityAlreadyExists"
    at_scale(0.0001)
    wait(lambda: unique in {role["RoleName"] for role in iam.list_roles(MaxItems=1000)["Roles"]})

    def there():
        try:
            return iam.get_role(RoleName=unique)
        except iam.exceptions.NoSuchEntityException:
            return None

    wait(there, "sight of the role")


# ---- quotas


def test_quotas(client, cloud, vpc):
    """A quota is set by its error code, and what is over it is refused."""
    ec2 = client("ec2")
    tries = {
        "VpcLimitExceeded": lambda: ec2.create_vpc(CidrBlock="10.99.0.0/16"),
        "AddressLimitExceeded": lambda: ec2.allocate_address(Domain="vpc"),
        "InternetGatewayLimitExceeded": ec2.create_internet_gateway,
        "SubnetLimitExceeded": lambda: ec2.create_subnet(VpcId=vpc["id"], CidrBlock="10.40.9.0/24"),
        "RouteTableLimitExceeded": lambda: ec2.create_route_table(VpcId=vpc["id"]),
        "SecurityGroupLimitExceeded": lambda: ec2.create_security_group(
            GroupName="over", Description="d", VpcId=vpc["id"]
        ),
    }
    before = cloud.config.quotas
    cloud.change({"quotas": dict.fromkeys(tries, 0)})
    try:
        for code, call in tries.items():
            assert code_of(call) == code
    finally:
        cloud.change({"quotas": before})


def test_rules_of_a_group_are_limited(client, vpc, unique):
    """60 rules in each direction: RulesPerSecurityGroupLimitExceeded."""
    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    rule = lambda port: {
        "IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
    }  # fmt: skip
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(n) for n in range(1, 61)])
    more = lambda: ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule(61)])
    assert code_of(more) == "RulesPerSecurityGroupLimitExceeded"

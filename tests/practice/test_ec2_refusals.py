# SPDX-License-Identifier: MIT
"""What EC2 refuses: a table of claims, each with the call and the error code (EC2 API reference, "Error codes").

World: one VPC with two subnets, another VPC, a group in each, a gateway that is attached, a route table.
"""

import types

import pytest
from conftest import code_of

UNKNOWN = "0123456789abcdef0"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def w(client):
    """The world: w.ec2 and the identifiers."""
    ec2 = client("ec2")
    w = types.SimpleNamespace(ec2=ec2)
    w.vpc, w.other = (ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (60, 61))

    def subnet(vpc, block, zone):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"eu-west-3{zone}")
        return made["Subnet"]["SubnetId"]

    w.subnet, w.second = subnet(w.vpc, "10.60.1.0/24", "a"), subnet(w.vpc, "10.60.2.0/24", "b")
    w.twin = subnet(w.vpc, "10.60.3.0/24", "a")
    w.foreign = subnet(w.other, "10.61.1.0/24", "a")
    w.igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    w.loose = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=w.igw, VpcId=w.vpc)
    w.table, w.foreign_table = (
        ec2.create_route_table(VpcId=v)["RouteTable"]["RouteTableId"] for v in (w.vpc, w.other)
    )
    ec2.create_route(RouteTableId=w.table, DestinationCidrBlock=ANYWHERE, GatewayId=w.igw)
    w.associated = subnet(w.vpc, "10.60.4.0/24", "c")
    ec2.associate_route_table(RouteTableId=w.table, SubnetId=w.associated)
    w.group, w.foreign_group = (
        ec2.create_security_group(GroupName="probe", Description="d", VpcId=v)["GroupId"]
        for v in (w.vpc, w.other)
    )
    ec2.authorize_security_group_ingress(GroupId=w.group, IpPermissions=[tcp(80, cidr="10.0.0.0/8")])
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [w.vpc]}])["RouteTables"]
    w.main = next(a["RouteTableAssociationId"] for t in tables for a in t["Associations"] if a["Main"])
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [w.vpc]}])["SecurityGroups"]
    w.default_group = next(g["GroupId"] for g in groups if g["GroupName"] == "default")
    w.address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    w.full = subnet(w.vpc, "10.60.15.0/28", "c")
    for _ in range(11):
        ec2.create_network_interface(SubnetId=w.full)
    w.used = ec2.create_network_interface(SubnetId=w.subnet)["NetworkInterface"]["PrivateIpAddress"]
    w.lonely = ec2.create_network_interface(SubnetId=w.foreign)["NetworkInterface"]["NetworkInterfaceId"]
    return w


def tcp(low, high=None, cidr=None, group=None, protocol="tcp"):
    permission = {"IpProtocol": protocol, "FromPort": low, "ToPort": low if high is None else high}
    if cidr:
        permission["IpRanges"] = [{"CidrIp": cidr}]
    if group:
        permission["UserIdGroupPairs"] = [{"GroupId": group}]
    return permission


def let_in(w, *permissions, group=None):
    return w.ec2.authorize_security_group_ingress(GroupId=group or w.group, IpPermissions=list(permissions))


def route(w, destination=ANYWHERE, **target):
    return w.ec2.create_route(RouteTableId=w.table, DestinationCidrBlock=destination, **target)


def group(w, name="fine", description="d"):
    return w.ec2.create_security_group(GroupName=name, Description=description, VpcId=w.vpc)


def tagged(kind, *tags):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags]}]


def endpoint(w, service, **more):
    return w.ec2.create_vpc_endpoint(VpcId=w.vpc, ServiceName=f"com.amazonaws.eu-west-3.{service}", **more)


def interface(w, **more):
    return endpoint(w, "logs", VpcEndpointType="Interface", **{"SubnetIds": [w.subnet], **more})


def eni(w, **more):
    return w.ec2.create_network_interface(**{"SubnetId": w.subnet, **more})


def nat_elsewhere(w):
    default = w.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    made = w.ec2.create_nat_gateway(SubnetId=default["SubnetId"], ConnectivityType="private")
    return made["NatGateway"]["NatGatewayId"]


def nat(w, **more):
    return w.ec2.create_nat_gateway(**{"SubnetId": w.subnet, "AllocationId": w.address, **more})


ROWS = [
    # ---- identifiers and request
    ("a VPC's id has its prefix", lambda w: w.ec2.describe_vpcs(VpcIds=["foo"]), "InvalidVpcID.Malformed"),
    ("a VPC must exist", lambda w: w.ec2.describe_vpcs(VpcIds=[f"vpc-{UNKNOWN}"]), "InvalidVpcID.NotFound"),
    ("a subnet's id has its prefix", lambda w: w.ec2.delete_subnet(SubnetId="vpc-1"), "InvalidSubnetID.Malformed"),
    ("a subnet must exist", lambda w: w.ec2.delete_subnet(SubnetId=f"subnet-{UNKNOWN}"), "InvalidSubnetID.NotFound"),
    ("a group's id has its prefix", lambda w: w.ec2.delete_security_group(GroupId="x"), "InvalidGroupId.Malformed"),
    ("a group must exist", lambda w: w.ec2.delete_security_group(GroupId=f"sg-{UNKNOWN}"), "InvalidGroup.NotFound"),
    ("a table's id has its prefix", lambda w: w.ec2.delete_route_table(RouteTableId="x"),
     "InvalidRouteTableId.Malformed"),
    ("a table must exist", lambda w: w.ec2.delete_route_table(RouteTableId=f"rtb-{UNKNOWN}"),
     "InvalidRouteTableID.NotFound"),
    ("a NAT gateway's id has its prefix", lambda w: w.ec2.delete_nat_gateway(NatGatewayId="x"), "NatGatewayMalformed"),
    ("a NAT gateway must exist", lambda w: w.ec2.delete_nat_gateway(NatGatewayId=f"nat-{UNKNOWN}"),
     "NatGatewayNotFound"),
    ("a described NAT gateway must exist", lambda w: w.ec2.describe_nat_gateways(NatGatewayIds=[f"nat-{UNKNOWN}"]),
     "NatGatewayNotFound"),
    ("an interface must exist", lambda w: w.ec2.delete_network_interface(NetworkInterfaceId=f"eni-{UNKNOWN}"),
     "InvalidNetworkInterfaceID.NotFound"),
    ("a described endpoint must exist", lambda w: w.ec2.describe_vpc_endpoints(VpcEndpointIds=[f"vpce-{UNKNOWN}"]),
     "InvalidVpcEndpointId.NotFound"),
    ("an address must exist", lambda w: w.ec2.release_address(AllocationId=f"eipalloc-{UNKNOWN}"),
     "InvalidAllocationID.NotFound"),
    ("a client token is short", lambda w: w.ec2.create_route_table(VpcId=w.vpc, ClientToken="t" * 65),
     "InvalidClientToken"),
    ("tags are for what is made", lambda w: w.ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged(
        "subnet", ("a", "b"))), "InvalidParameterValue"),
    ("a NAT gateway's tags say natgateway", lambda w: nat(w, TagSpecifications=tagged("nat-gateway", ("a", "b"))),
     "InvalidParameterValue"),
    ("a tag's key is there once", lambda w: w.ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged(
        "vpc", ("a", "1"), ("a", "2"))), "InvalidParameterValue"),
    ("AWS's tags are its own", lambda w: w.ec2.create_tags(Resources=[w.vpc], Tags=[{"Key": "aws:a", "Value": "b"}]),
     "InvalidParameterValue"),
    ("a tag's key is at most 128 long", lambda w: w.ec2.create_tags(Resources=[w.vpc], Tags=[
        {"Key": "k" * 129, "Value": "b"}]), "InvalidParameterValue"),
    ("a tag's value is at most 256 long", lambda w: w.ec2.create_tags(Resources=[w.vpc], Tags=[
        {"Key": "k", "Value": "v" * 257}]), "InvalidParameterValue"),
    ("a resource has at most 50 tags", lambda w: w.ec2.create_tags(Resources=[w.vpc], Tags=[
        {"Key": f"k{i}", "Value": "v"} for i in range(51)]), "TagLimitExceeded"),
    ("what is tagged must exist", lambda w: w.ec2.create_tags(Resources=[f"vpc-{UNKNOWN}"], Tags=[
        {"Key": "k", "Value": "v"}]), "InvalidVpcID.NotFound"),
    ("a zone is of this region", lambda w: w.ec2.describe_availability_zones(ZoneNames=["us-east-1a"]),
     "InvalidParameterValue"),
    ("a region exists", lambda w: w.ec2.describe_regions(RegionNames=["eu-west-9"]), "InvalidParameterValue"),
    # ---- VPC and subnet
    ("a VPC is at most a /16", lambda w: w.ec2.create_vpc(CidrBlock="10.0.0.0/15"), "InvalidVpc.Range"),
    ("a VPC is at least a /28", lambda w: w.ec2.create_vpc(CidrBlock="10.0.0.0/29"), "InvalidVpc.Range"),
    ("a VPC has a block", lambda w: w.ec2.create_vpc(), "MissingParameter"),
    ("a block is a block", lambda w: w.ec2.create_vpc(CidrBlock="10.0.0"), "InvalidParameterValue"),
    ("one attribute a call", lambda w: w.ec2.modify_vpc_attribute(
        VpcId=w.vpc, EnableDnsSupport={"Value": True}, EnableDnsHostnames={"Value": True}),
     "InvalidParameterCombination"),
    ("one attribute of a subnet a call", lambda w: w.ec2.modify_subnet_attribute(
        SubnetId=w.subnet, MapPublicIpOnLaunch={"Value": True}, AssignIpv6AddressOnCreation={"Value": False}),
     "InvalidParameterCombination"),
    ("an address is released by its allocation", lambda w: w.ec2.release_address(
        PublicIp=w.ec2.allocate_address(Domain="vpc")["PublicIp"]), "InvalidParameterValue"),
    ("a subnet lies in its VPC", lambda w: w.ec2.create_subnet(VpcId=w.vpc, CidrBlock="10.99.0.0/24"),
     "InvalidSubnet.Range"),
    ("a subnet is at least a /28", lambda w: w.ec2.create_subnet(VpcId=w.vpc, CidrBlock="10.60.9.0/29"),
     "InvalidSubnet.Range"),
    ("subnets do not overlap", lambda w: w.ec2.create_subnet(VpcId=w.vpc, CidrBlock="10.60.1.0/25"),
     "InvalidSubnet.Conflict"),
    ("nor with host bits", lambda w: w.ec2.create_subnet(VpcId=w.vpc, CidrBlock="10.60.1.7/25"),
     "InvalidSubnet.Conflict"),
    ("a subnet's zone exists", lambda w: w.ec2.create_subnet(
        VpcId=w.vpc, CidrBlock="10.60.9.0/24", AvailabilityZone="eu-west-3z"), "InvalidParameterValue"),
    ("a subnet's zone id exists", lambda w: w.ec2.create_subnet(
        VpcId=w.vpc, CidrBlock="10.60.9.0/24", AvailabilityZoneId="euw3-az9"), "InvalidParameterValue"),
    ("a zone is named once", lambda w: w.ec2.create_subnet(
        VpcId=w.vpc, CidrBlock="10.60.9.0/24", AvailabilityZone="eu-west-3a", AvailabilityZoneId="euw3-az1"),
     "InvalidParameterCombination"),
    ("a subnet's VPC exists", lambda w: w.ec2.create_subnet(VpcId=f"vpc-{UNKNOWN}", CidrBlock="10.60.9.0/24"),
     "InvalidVpcID.NotFound"),
    # ---- gateways, tables, routes
    ("a gateway is attached once", lambda w: w.ec2.attach_internet_gateway(InternetGatewayId=w.igw, VpcId=w.other),
     "Resource.AlreadyAssociated"),
    ("a VPC has one gateway", lambda w: w.ec2.attach_internet_gateway(InternetGatewayId=w.loose, VpcId=w.vpc),
     "Resource.AlreadyAssociated"),
    ("what is detached is attached", lambda w: w.ec2.detach_internet_gateway(InternetGatewayId=w.igw, VpcId=w.other),
     "Gateway.NotAttached"),
    ("an attached gateway stays", lambda w: w.ec2.delete_internet_gateway(InternetGatewayId=w.igw),
     "DependencyViolation"),
    ("a route has a target", lambda w: route(w, "1.0.0.0/8"), "MissingParameter"),
    ("a route has one target", lambda w: route(w, "1.0.0.0/8", GatewayId=w.igw, NatGatewayId=f"nat-{UNKNOWN}"),
     "InvalidParameterCombination"),
    ("a route has a destination", lambda w: w.ec2.create_route(RouteTableId=w.table, GatewayId=w.igw),
     "MissingParameter"),
    ("a destination is a block", lambda w: route(w, "1.0.0", GatewayId=w.igw), "InvalidParameterValue"),
    ("a destination is there once", lambda w: route(w, GatewayId=w.igw), "RouteAlreadyExists"),
    ("nor with host bits", lambda w: route(w, "0.0.0.5/0", GatewayId=w.igw), "RouteAlreadyExists"),
    ("a route's gateway exists", lambda w: route(w, "1.0.0.0/8", GatewayId=f"igw-{UNKNOWN}"),
     "InvalidGatewayID.NotFound"),
    ("a NAT gateway is no gateway", lambda w: route(w, "1.0.0.0/8", GatewayId=f"nat-{UNKNOWN}"),
     "InvalidGatewayID.NotFound"),
    ("a route's NAT gateway exists", lambda w: route(w, "1.0.0.0/8", NatGatewayId=f"nat-{UNKNOWN}"),
     "InvalidNatGatewayID.NotFound"),
    ("a route's NAT gateway is of the network", lambda w: route(w, "1.0.0.0/8", NatGatewayId=nat_elsewhere(w)),
     "InvalidParameterValue"),
    ("a route's gateway is of the network", lambda w: route(w, "1.0.0.0/8", GatewayId=w.loose),
     "InvalidParameterValue"),
    ("the local route is there", lambda w: route(w, "10.60.0.0/16", GatewayId=w.igw), "RouteAlreadyExists"),
    ("local traffic stays local", lambda w: route(w, "10.60.1.0/24", GatewayId=w.igw), "InvalidParameterValue"),
    ("the local route stays", lambda w: w.ec2.delete_route(RouteTableId=w.table, DestinationCidrBlock="10.60.0.0/16"),
     "InvalidParameterValue"),
    ("a deleted route is there", lambda w: w.ec2.delete_route(RouteTableId=w.table, DestinationCidrBlock="9.0.0.0/8"),
     "InvalidRoute.NotFound"),
    ("a replaced route is there", lambda w: w.ec2.replace_route(
        RouteTableId=w.table, DestinationCidrBlock="9.0.0.0/8", GatewayId=w.igw), "InvalidParameterValue"),
    ("a subnet has one table", lambda w: w.ec2.associate_route_table(RouteTableId=w.table, SubnetId=w.associated),
     "Resource.AlreadyAssociated"),
    ("a table is for its own VPC", lambda w: w.ec2.associate_route_table(RouteTableId=w.table, SubnetId=w.foreign),
     "InvalidParameterValue"),
    ("the main association stays", lambda w: w.ec2.disassociate_route_table(AssociationId=w.main),
     "InvalidParameterValue"),
    ("an association exists", lambda w: w.ec2.disassociate_route_table(AssociationId=f"rtbassoc-{UNKNOWN}"),
     "InvalidAssociationID.NotFound"),
    ("an associated table stays", lambda w: w.ec2.delete_route_table(RouteTableId=w.table), "DependencyViolation"),
    # ---- security groups
    ("a group's name is there once", lambda w: group(w, "PROBE"), "InvalidGroup.Duplicate"),
    ("a name is not like an id", lambda w: group(w, "sg-mine"), "InvalidParameterValue"),
    ("the name default is taken", lambda w: group(w, "Default"), "InvalidGroup.Reserved"),
    ("a name has at most 255 characters", lambda w: group(w, "n" * 256), "InvalidParameterValue"),
    ("a name is ASCII", lambda w: group(w, "grüß"), "InvalidParameterValue"),
    ("a description is ASCII", lambda w: group(w, "fine", "grüß"), "InvalidParameterValue"),
    ("a description is there", lambda w: group(w, "fine", ""), "MissingParameter"),
    ("a rule is there once", lambda w: let_in(w, tcp(80, cidr="10.0.0.0/8")), "InvalidPermission.Duplicate"),
    ("nor with host bits", lambda w: let_in(w, tcp(80, cidr="10.4.0.1/8")), "InvalidPermission.Duplicate"),
    ("nor twice in a request", lambda w: let_in(w, tcp(81, cidr="10.0.0.0/8"), tcp(81, cidr="10.0.0.0/8")),
     "InvalidParameterValue"),
    ("the egress rule of a new group is there", lambda w: w.ec2.authorize_security_group_egress(
        GroupId=w.group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]),
     "InvalidPermission.Duplicate"),
    ("a rule's block is a block", lambda w: let_in(w, tcp(82, cidr="10.0.0.0/33")), "InvalidParameterValue"),
    ("ports are in order", lambda w: let_in(w, tcp(90, 80, cidr=ANYWHERE)), "InvalidParameterValue"),
    ("ports end at 65535", lambda w: let_in(w, tcp(80, 65536, cidr=ANYWHERE)), "InvalidParameterValue"),
    ("TCP has ports", lambda w: let_in(w, {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": ANYWHERE}]}),
     "InvalidParameterValue"),
    ("a protocol is known", lambda w: let_in(w, tcp(80, cidr=ANYWHERE, protocol="http")), "InvalidParameterValue"),
    ("a rule has another end", lambda w: let_in(w, tcp(83)), "MissingParameter"),
    ("a change names rules", lambda w: w.ec2.authorize_security_group_ingress(GroupId=w.group), "MissingParameter"),
    ("a rule's group exists", lambda w: let_in(w, tcp(84, group=f"sg-{UNKNOWN}")), "InvalidGroup.NotFound"),
    ("a rule's group is of the network", lambda w: let_in(w, tcp(84, group=w.foreign_group)),
     "InvalidGroup.NotFound"),
    ("a revoked rule is there", lambda w: w.ec2.revoke_security_group_ingress(
        GroupId=w.group, IpPermissions=[tcp(99, cidr=ANYWHERE)]), "InvalidPermission.NotFound"),
    ("a revoked rule id is there", lambda w: w.ec2.revoke_security_group_ingress(
        GroupId=w.group, SecurityGroupRuleIds=[f"sgr-{UNKNOWN}"]), "InvalidSecurityGroupRuleId.NotFound"),
    ("the default group stays", lambda w: w.ec2.delete_security_group(GroupId=w.default_group), "CannotDelete"),
    ("a rule's prefix list exists", lambda w: let_in(w, {
        "IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": f"pl-{UNKNOWN}"}]}), "InvalidPrefixListID.NotFound"),
    # ---- interfaces
    ("an interface's subnet exists", lambda w: eni(w, SubnetId=f"subnet-{UNKNOWN}"), "InvalidSubnetID.NotFound"),
    ("an interface's group exists", lambda w: eni(w, Groups=[f"sg-{UNKNOWN}"]), "InvalidSecurityGroupID.NotFound"),
    ("an interface's group is of the network", lambda w: eni(w, Groups=[w.foreign_group]), "InvalidParameter"),
    ("an interface has at most five groups", lambda w: eni(w, Groups=[w.group] * 6),
     "SecurityGroupsPerInterfaceLimitExceeded"),
    ("an address lies in its subnet", lambda w: eni(w, PrivateIpAddress="10.60.2.9"), "InvalidParameterValue"),
    ("the first addresses are AWS's", lambda w: eni(w, PrivateIpAddress="10.60.1.3"), "InvalidParameterValue"),
    ("the last address is AWS's", lambda w: eni(w, PrivateIpAddress="10.60.1.255"), "InvalidParameterValue"),
    ("an address is there once", lambda w: eni(w, PrivateIpAddress=w.used), "InvalidIPAddress.InUse"),
    ("a full subnet is full", lambda w: eni(w, SubnetId=w.full), "InsufficientFreeAddressesInSubnet"),
    ("an endpoint needs room too", lambda w: interface(w, SubnetIds=[w.full]), "InsufficientFreeAddressesInSubnet"),
    ("a public address needs a gateway", lambda w: w.ec2.associate_address(
        AllocationId=w.address, NetworkInterfaceId=w.lonely), "Gateway.NotAttached"),
    # ---- NAT gateways
    ("a public NAT gateway has an address", lambda w: w.ec2.create_nat_gateway(SubnetId=w.subnet), "MissingParameter"),
    ("a NAT gateway has a subnet", lambda w: w.ec2.create_nat_gateway(AllocationId=w.address), "MissingParameter"),
    ("a NAT gateway's subnet exists", lambda w: nat(w, SubnetId=f"subnet-{UNKNOWN}"), "InvalidSubnetID.NotFound"),
    ("a NAT gateway's address exists", lambda w: nat(w, AllocationId=f"eipalloc-{UNKNOWN}"),
     "InvalidAllocationID.NotFound"),
    ("a private NAT gateway has no address", lambda w: nat(w, ConnectivityType="private"),
     "InvalidParameterCombination"),
    # ---- endpoints
    ("an endpoint's service exists", lambda w: endpoint(w, "nothing", VpcEndpointType="Interface"),
     "InvalidServiceName"),
    ("Logs has no gateway endpoint", lambda w: endpoint(w, "logs", RouteTableIds=[w.table]), "InvalidParameter"),
    ("a gateway endpoint has no subnets", lambda w: endpoint(w, "s3", SubnetIds=[w.subnet]), "InvalidParameter"),
    ("an interface endpoint has no tables", lambda w: interface(w, RouteTableIds=[w.table]), "InvalidParameter"),
    ("an endpoint's table is of the VPC", lambda w: endpoint(w, "s3", RouteTableIds=[w.foreign_table]),
     "InvalidParameter"),
    ("an endpoint's table exists", lambda w: endpoint(w, "s3", RouteTableIds=[f"rtb-{UNKNOWN}"]),
     "InvalidRouteTableID.NotFound"),
    ("an endpoint's subnet is of the VPC", lambda w: interface(w, SubnetIds=[w.foreign]), "InvalidParameter"),
    ("an endpoint's group is of the VPC", lambda w: interface(w, SecurityGroupIds=[w.foreign_group]),
     "InvalidParameter"),
    ("an endpoint's group exists", lambda w: interface(w, SecurityGroupIds=[f"sg-{UNKNOWN}"]),
     "InvalidSecurityGroupID.NotFound"),
    ("one subnet in a zone", lambda w: interface(w, SubnetIds=[w.subnet, w.twin]), "DuplicateSubnetsInSameZone"),
    ("private names need DNS host names", lambda w: interface(w, PrivateDnsEnabled=True), "InvalidParameter"),
    ("private names are the default", lambda w: interface(w), "InvalidParameter"),
]  # fmt: skip


@pytest.mark.parametrize("claim, call, code", ROWS, ids=[row[0].replace(" ", "-") for row in ROWS])
def test_refused(w, claim, call, code):
    """Each row: what the rule is called, a call against it, AWS's code."""
    assert code_of(lambda: call(w)) == code


def test_refused_calls_changed_nothing(w):
    """After all of them the group has its one rule and the table its two routes."""
    group = w.ec2.describe_security_groups(GroupIds=[w.group])["SecurityGroups"][0]
    assert [p["FromPort"] for p in group["IpPermissions"]] == [80]
    table = w.ec2.describe_route_tables(RouteTableIds=[w.table])["RouteTables"][0]
    assert len(table["Routes"]) == 2

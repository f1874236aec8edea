# SPDX-License-Identifier: MIT
"""EC2's filters choose: a table of operations, filters and what is left of the world they look at."""

import types

import pytest
from conftest import code_of


@pytest.fixture(scope="module")
def w(client):
    """The world: a VPC with two subnets, a gateway, a table, a group, a NAT gateway, two endpoints, an address."""
    ec2 = client("ec2")
    w = types.SimpleNamespace(ec2=ec2)

    def tags(kind, name):
        return [
            {
                "ResourceType": kind,
                "Tags": [{"Key": "probe", "Value": "filters"}, {"Key": "Name", "Value": name}],
            }
        ]

    made = ec2.create_vpc(CidrBlock="10.70.0.0/16", TagSpecifications=tags("vpc", "net-one"))["Vpc"]
    w.vpc = made["VpcId"]
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=w.vpc, **{name: {"Value": True}})
    w.a, w.b = (
        ec2.create_subnet(
            VpcId=w.vpc, CidrBlock=f"10.70.{n}.0/24", AvailabilityZone=f"eu-west-3{z}",
            TagSpecifications=tags("subnet", f"net-{z}"),
        )["Subnet"]["SubnetId"]
        for n, z in ((1, "a"), (2, "b"))
    )  # fmt: skip
    w.igw = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", "g"))["InternetGateway"][
        "InternetGatewayId"
    ]
    ec2.attach_internet_gateway(InternetGatewayId=w.igw, VpcId=w.vpc)
    table = ec2.create_route_table(VpcId=w.vpc, TagSpecifications=tags("route-table", "t"))["RouteTable"]
    w.table = table["RouteTableId"]
    ec2.create_route(RouteTableId=w.table, DestinationCidrBlock="0.0.0.0/0", GatewayId=w.igw)
    ec2.associate_route_table(RouteTableId=w.table, SubnetId=w.a)
    w.group = ec2.create_security_group(
        GroupName="probe-filters", Description="of filters", VpcId=w.vpc,
        TagSpecifications=tags("security-group", "s"),
    )["GroupId"]  # fmt: skip
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.70.0.0/16"}]}
    added = ec2.authorize_security_group_ingress(GroupId=w.group, IpPermissions=[rule])
    w.rule = added["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    w.address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", "e"))["AllocationId"]
    nat = ec2.create_nat_gateway(
        SubnetId=w.a, AllocationId=w.address, TagSpecifications=tags("natgateway", "n")
    )
    w.nat = nat["NatGateway"]["NatGatewayId"]
    service = "com.amazonaws.eu-west-3."
    w.s3 = ec2.create_vpc_endpoint(
        VpcId=w.vpc, ServiceName=service + "s3", RouteTableIds=[w.table],
        TagSpecifications=tags("vpc-endpoint", "p"),
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    w.logs = ec2.create_vpc_endpoint(
        VpcId=w.vpc, ServiceName=service + "logs", VpcEndpointType="Interface", SubnetIds=[w.a, w.b],
        SecurityGroupIds=[w.group],
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    return w


LISTS = {
    "vpcs": ("Vpcs", "VpcId"),
    "subnets": ("Subnets", "SubnetId"),
    "route_tables": ("RouteTables", "RouteTableId"),
    "internet_gateways": ("InternetGateways", "InternetGatewayId"),
    "nat_gateways": ("NatGateways", "NatGatewayId"),
    "addresses": ("Addresses", "AllocationId"),
    "security_groups": ("SecurityGroups", "GroupId"),
    "security_group_rules": ("SecurityGroupRules", "SecurityGroupRuleId"),
    "vpc_endpoints": ("VpcEndpoints", "VpcEndpointId"),
    "network_interfaces": ("NetworkInterfaces", "Description"),
    "availability_zones": ("AvailabilityZones", "ZoneName"),
    "regions": ("Regions", "RegionName"),
}


def found(w, what, **filters):
    """The identifiers that are left; a filter's _ is -, __ is . and tag__x is tag:x."""
    key, member = LISTS[what]
    given = []
    for name, values in filters.items():
        name = name.replace("tag__", "tag:").replace("__", ".").replace("_", "-")
        given.append({"Name": name, "Values": values if isinstance(values, list) else [values]})
    rows = getattr(w.ec2, f"describe_{what}")(Filters=given)[key]
    return sorted(row[member] for row in rows)


# Claim, operation, filters (with the world's identifiers by name), what is left (likewise).
ROWS = [
    ("by tag", "vpcs", {"tag__probe": "filters"}, ["vpc"]),
    ("by another value of a tag", "vpcs", {"tag__probe": "filter"}, []),
    ("by tag key", "subnets", {"tag_key": "probe", "vpc_id": "vpc"}, ["a", "b"]),
    ("with a star", "subnets", {"tag__Name": "net-*", "vpc_id": "vpc"}, ["a", "b"]),
    ("with a question mark", "subnets", {"tag__Name": "net-?", "vpc_id": "vpc"}, ["a", "b"]),
    ("values are joined by or", "subnets", {"tag__Name": ["net-a", "other"], "vpc_id": "vpc"}, ["a"]),
    ("filters are joined by and", "subnets", {"tag__Name": "net-a", "availability_zone": "eu-west-3b"}, []),
    ("values have their case", "subnets", {"tag__Name": "NET-A", "vpc_id": "vpc"}, []),
    ("a VPC by its block", "vpcs", {"cidr": "10.70.0.0/16"}, ["vpc"]),
    ("a VPC by an associated block", "vpcs", {"cidr_block_association__cidr_block": "10.70.0.0/16"}, ["vpc"]),
    ("a VPC that is no default", "vpcs", {"is_default": "true", "vpc_id": "vpc"}, []),
    ("a VPC by its state", "vpcs", {"state": "available", "vpc_id": "vpc"}, ["vpc"]),
    ("a VPC of another owner", "vpcs", {"owner_id": "999999999999"}, []),
    ("a subnet by its zone", "subnets", {"availability_zone": "eu-west-3a", "vpc_id": "vpc"}, ["a"]),
    ("a subnet by its zone's id", "subnets", {"availability_zone_id": "euw3-az3", "vpc_id": "vpc"}, ["b"]),
    ("a subnet by its block", "subnets", {"cidr_block": "10.70.2.0/24", "vpc_id": "vpc"}, ["b"]),
    ("a subnet with public addresses", "subnets", {"map_public_ip_on_launch": "true", "vpc_id": "vpc"}, []),
    ("a table by its subnet", "route_tables", {"association__subnet_id": "a"}, ["table"]),
    ("a table that is not main", "route_tables", {"association__main": "true", "route_table_id": "table"}, []),
    ("a table by a route's gateway", "route_tables", {"route__gateway_id": "igw"}, ["table"]),
    ("a table by a route's state", "route_tables", {"route__state": "blackhole", "vpc_id": "vpc"}, []),
    ("a gateway by its VPC", "internet_gateways", {"attachment__vpc_id": "vpc"}, ["igw"]),
    ("a gateway by its attachment's state", "internet_gateways",
     {"attachment__state": "available", "internet_gateway_id": "igw"}, ["igw"]),
    ("a NAT gateway by its VPC", "nat_gateways", {"vpc_id": "vpc"}, ["nat"]),
    ("a NAT gateway by its tag", "nat_gateways", {"tag__probe": "filters"}, ["nat"]),
    ("a NAT gateway by its state", "nat_gateways", {"state": "available", "subnet_id": "a"}, ["nat"]),
    ("a NAT gateway by another state", "nat_gateways", {"state": ["failed", "deleted"], "vpc_id": "vpc"}, []),
    ("an address by its tag", "addresses", {"tag__probe": "filters"}, ["address"]),
    ("an address by its id", "addresses", {"allocation_id": "address"}, ["address"]),
    ("a group by its name", "security_groups", {"group_name": "probe-*", "vpc_id": "vpc"}, ["group"]),
    ("a group by its description", "security_groups", {"description": "of filters"}, ["group"]),
    ("a group by a rule's block", "security_groups", {"ip_permission__cidr": "10.70.0.0/16"}, ["group"]),
    ("a group by a rule's port", "security_groups", {"ip_permission__from_port": "443", "vpc_id": "vpc"},
     ["group"]),
    ("a group by an egress rule", "security_groups", {"egress__ip_permission__cidr": "10.*", "vpc_id": "vpc"}, []),
    ("a rule by its id", "security_group_rules", {"security_group_rule_id": "rule"}, ["rule"]),
    ("an endpoint by its service", "vpc_endpoints", {"service_name": "*.logs", "vpc_id": "vpc"}, ["logs"]),
    ("an endpoint by its type", "vpc_endpoints", {"vpc_endpoint_type": "Gateway", "vpc_id": "vpc"}, ["s3"]),
    ("an endpoint by its state", "vpc_endpoints", {"vpc_endpoint_state": "pending", "vpc_id": "vpc"}, []),
    ("an endpoint by its tag", "vpc_endpoints", {"tag__probe": "filters"}, ["s3"]),
    ("a zone by its id", "availability_zones", {"zone_id": "euw3-az1"}, ["eu-west-3a"]),
    ("a zone by its state", "availability_zones", {"state": "impaired"}, []),
    ("a region by its name", "regions", {"region_name": "eu-west-?"}, ["eu-west-1", "eu-west-2", "eu-west-3"]),
]  # fmt: skip


@pytest.mark.parametrize("claim, what, filters, left", ROWS, ids=[row[0].replace(" ", "-") for row in ROWS])
def test_chosen(w, claim, what, filters, left):
    """Each row: what is looked for, by what, and what is left."""
    name = lambda value: getattr(w, value, value) if isinstance(value, str) else [name(v) for v in value]
    assert found(w, what, **{k: name(v) for k, v in filters.items()}) == sorted(name(v) for v in left)


def test_interfaces(w):
    """Interfaces are found by group, subnet, type and requester; AWS's own say so."""
    by = lambda **filters: found(w, "network_interfaces", **filters)
    assert by(group_id=w.group) == [f"VPC Endpoint Interface {w.logs}"] * 2
    assert by(vpc_id=w.vpc, interface_type="natGateway") == [f"Interface for NAT Gateway {w.nat}"]
    assert len(by(vpc_id=w.vpc, requester_managed="true")) == 3
    assert by(vpc_id=w.vpc, requester_managed="false") == []
    assert len(by(subnet_id=w.a, status="in-use")) == 2
    assert by(vpc_id=w.vpc, description="Interface for NAT*") == by(vpc_id=w.vpc, interface_type="nat*")


def test_tags(w):
    """DescribeTags by resource, type, key and value."""
    ec2 = w.ec2
    rows = lambda **f: ec2.describe_tags(
        Filters=[{"Name": k.replace("_", "-"), "Values": [v]} for k, v in f.items()]
    )["Tags"]
    assert {row["Key"] for row in rows(resource_id=w.vpc)} == {"probe", "Name"}
    kinds = {row["ResourceType"] for row in rows(key="probe", value="filters")}
    assert {"vpc", "subnet", "natgateway", "elastic-ip", "vpc-endpoint"} <= kinds
    assert [row["ResourceId"] for row in rows(resource_type="natgateway", value="n")] == [w.nat]


@pytest.mark.parametrize("what", sorted(LISTS))
def test_unknown_filter(w, what):
    """A name that the operation does not know is refused, not ignored."""
    assert code_of(lambda: found(w, what, color="red")) == "InvalidParameterValue"


def test_too_many_values(w):
    values = [f"vpc-{n}" for n in range(201)]
    assert code_of(lambda: found(w, "vpcs", vpc_id=values)) == "FilterLimitExceeded"


def test_endpoint_services(w):
    """Details and names are filtered together; S3 is offered in both types."""
    ask = lambda **f: w.ec2.describe_vpc_endpoint_services(
        Filters=[{"Name": k.replace("_", "-"), "Values": [v]} for k, v in f.items()]
    )
    answer = ask(service_name="com.amazonaws.eu-west-3.s3")
    assert answer["ServiceNames"] == ["com.amazonaws.eu-west-3.s3"]
    kinds = {row["ServiceType"][0]["ServiceType"] for row in answer["ServiceDetails"]}
    assert kinds == {"Gateway", "Interface"}
    assert len(ask(service_type="Gateway")["ServiceNames"]) == 2
    assert code_of(lambda: ask(color="red")) == "InvalidParameterValue"

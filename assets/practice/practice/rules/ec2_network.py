# SPDX-License-Identifier: MIT
"""VPCs, subnets, route tables, routes and internet gateways: what EC2 refuses and makes canonical.

Sources: EC2 API reference (each action, "Error codes"), VPC user guide ("VPC CIDR blocks", "Route tables"), aws.md 2.8
and 6, terraform-provider-aws (the codes it waits for). Deletions in the wrong order are in order.py and eni.py.
"""

import functools
import ipaddress
from typing import Any

from practice import emulator, forms
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

VPC_AVAILABLE = 2
LARGEST, SMALLEST = 16, 28
# Zones without VPC links of HTTP APIs, in the regions that have such (aws.md 8).
ZONES_WITHOUT_VPC_LINK = {"use1-az3", "cac1-az4", "euw3-az2", "apne2-az4"}


def ec2_of(call: Call) -> Any:
    return emulator.backend("ec2", call.account, call.region)


def subnet_of(call: Call, subnet_id: str) -> Any:
    """The subnet, or None."""
    zones = ec2_of(call).subnets.values()
    return next((zone[subnet_id] for zone in zones if subnet_id in zone), None)


def canonical(text: str) -> str:
    """100.68.0.18/18 is 100.68.0.0/18 (EC2 API reference, CidrBlock). Raises ValueError for what is no IPv4 block."""
    if "/" not in text:
        raise ValueError(f"{text} has no prefix length")
    return str(ipaddress.IPv4Network(text, strict=False))


def _canonical_member(call: Call, member: str) -> str | None:
    """Makes a CIDR of the request canonical; the member's wire name is its own."""
    text = call.params.get(member)
    if text is None:
        return None
    try:
        new = canonical(text)
    except ValueError:
        parameter = member[0].lower() + member[1:]
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block.",
        ) from None
    if new != text:
        call.params[member] = new
        forms.change(call, lambda name, value: new if name == member else value)
    return new


# ---- VPC


# DisassociateVpcCidrBlock: not while a subnet lies in the block (VPC user guide, "IPv4 VPC CIDR blocks": all resources
# go first); the VPC's first block is moto's to refuse.
@before("ec2", "DisassociateVpcCidrBlock")
def block_in_use(_cloud: Cloud, call: Call) -> None:
    ec2, wanted = ec2_of(call), call.params["AssociationId"]
    blocks = [(vpc, one) for vpc in ec2.vpcs.values() for one in vpc.cidr_block_association_set]
    found = next(((vpc, one) for vpc, one in blocks if one["association_id"] == wanted), None)
    if found is None:
        return
    vpc, network = found[0], ipaddress.IPv4Network(found[1]["cidr_block"])
    inside = [s.id for zone in ec2.subnets.values() for s in zone.values()
              if s.vpc_id == vpc.id and network.supernet_of(ipaddress.IPv4Network(s.cidr_block))]  # fmt: skip
    if inside and str(network) != vpc.cidr_block:
        raise AwsError("DependencyViolation", f"The CIDR block '{network}' has subnets: {', '.join(inside)}")



# CreateVpc: a block between /16 and /28, made canonical; InvalidVpc.Range is moto's and AWS's.
@before("ec2", "CreateVpc")
def vpc_block(_cloud: Cloud, call: Call) -> None:
    if not call.params.get("CidrBlock"):
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    _canonical_member(call, "CidrBlock")


# ModifySubnetAttribute changes one attribute a call (API reference: "You can only modify one attribute at a time").
@before("ec2", "ModifySubnetAttribute")
def one_subnet_attribute(_cloud: Cloud, call: Call) -> None:
    given = [name for name in call.params if name not in ("SubnetId", "DryRun")]
    if len(given) > 1:
        raise AwsError(
            "InvalidParameterCombination", f"Fields for multiple attribute types specified: {', '.join(given)}"
        )


# A new VPC is pending, and available seconds later (aws.md 4).
@after("ec2", "CreateVpc")
def vpc_is_pending(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    vpc = ec2_of(call).vpcs[result["Vpc"]["VpcId"]]
    vpc.state = "pending"
    cloud.schedule.later(VPC_AVAILABLE, functools.partial(setattr, vpc, "state", "available"))
    result["Vpc"]["State"] = "pending"
    return result


# ModifyVpcAttribute changes one attribute a call; host names need DNS support (API reference).
@before("ec2", "ModifyVpcAttribute")
def one_attribute(_cloud: Cloud, call: Call) -> None:
    given = [name for name in call.params if name.startswith("Enable")]
    if not given:
        raise AwsError("InvalidParameterCombination", "No attributes specified.")
    if len(given) > 1:
        raise AwsError(
            "InvalidParameterCombination",
            f"Fields for multiple attribute types specified: {', '.join(given)}",
        )
    vpc = ec2_of(call).vpcs.get(call.params["VpcId"])
    wanted = call.params.get("EnableDnsHostnames", {}).get("Value")
    if vpc and wanted and str(vpc.enable_dns_support).lower() != "true":
        raise AwsError("InvalidParameterValue", f"DNS host names need DNS support to be enabled for {vpc.id}")


# ---- subnet


# CreateSubnet without a zone: EC2 chooses (API reference, AvailabilityZone: "Amazon Web Services selects one for you").
# moto throws a die; here it is the zone that has the fewest subnets of the VPC, of those that have VPC links.
@before("ec2", "CreateSubnet")
def chosen_zone(_cloud: Cloud, call: Call) -> None:
    if call.params.get("AvailabilityZone") or call.params.get("AvailabilityZoneId"):
        return
    ec2, subnets = ec2_of(call), [subnet for zone in ec2_of(call).subnets.values() for subnet in zone.values()]
    here = [subnet.availability_zone for subnet in subnets if subnet.vpc_id == call.params["VpcId"]]
    zones = [zone for zone in ec2.describe_availability_zones() if zone.zone_id not in ZONES_WITHOUT_VPC_LINK]
    chosen = min(zones, key=lambda zone: (here.count(zone.name), zone.name))
    forms.put(call, "AvailabilityZone", chosen.name)


# CreateSubnet: a block between /16 and /28 (InvalidSubnet.Range) within the VPC's.
@before("ec2", "CreateSubnet")
def subnet_block(_cloud: Cloud, call: Call) -> None:
    if not call.params.get("CidrBlock"):
        raise AwsError("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    block = _canonical_member(call, "CidrBlock") or ""
    if not LARGEST <= ipaddress.IPv4Network(block).prefixlen <= SMALLEST:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")


# AvailableIpAddressCount: all but AWS's five and those of the interfaces.
@after("ec2", "DescribeSubnets")
def free_addresses(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    used: dict[str, int] = {}
    for interface in ec2_of(call).enis.values():
        name = interface.subnet.id
        used[name] = used.get(name, 0) + len(interface.private_ip_addresses)
    for row in result.get("Subnets", []):
        size = ipaddress.IPv4Network(row["CidrBlock"], strict=False).num_addresses
        row["AvailableIpAddressCount"] = size - 5 - used.get(row["SubnetId"], 0)
    return result


# ---- route tables

TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "TransitGatewayId", "VpcEndpointId",
           "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId",
           "CoreNetworkArn", "OdbNetworkArn", "LocalTarget")  # fmt: skip
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


# CreateRoute and ReplaceRoute: one destination, one target (API reference).
@before("ec2", "CreateRoute", "ReplaceRoute", "DeleteRoute")
def one_destination(_cloud: Cloud, call: Call) -> None:
    for names in (DESTINATIONS,) if call.operation == "DeleteRoute" else (DESTINATIONS, TARGETS):
        given = [name for name in names if call.params.get(name)]
        if not given:
            words = ", ".join(name[0].lower() + name[1:] for name in names)
            raise AwsError("MissingParameter", f"The request must contain exactly one of {words}")
        if len(given) > 1:
            raise AwsError(
                "InvalidParameterCombination",
                f"The parameter {given[0]} cannot be used with the parameter {given[1]}",
            )
    _canonical_member(call, "DestinationCidrBlock")


# GatewayId is an internet or virtual private gateway that exists: InvalidGatewayID.NotFound, whatever else it names.
@before("ec2", "CreateRoute", "ReplaceRoute")
def gateway_exists(_cloud: Cloud, call: Call) -> None:
    gateway = call.params.get("GatewayId") or ""
    ours = gateway.startswith("igw-") and gateway in ec2_of(call).internet_gateways
    if gateway and not ours and not gateway.startswith(("vgw-", "vpce-")) and gateway != "local":
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")


# Inside the VPC traffic stays local: no gateway gets a part of it (VPC user guide, "Route priority").
@before("ec2", "CreateRoute")
def local_traffic(_cloud: Cloud, call: Call) -> None:
    table = ec2_of(call).route_tables.get(call.params["RouteTableId"])
    block, gateway = call.params.get("DestinationCidrBlock"), call.params.get("GatewayId")
    if not table or not block:
        return
    for row in ec2_of(call).vpcs[table.vpc_id].get_cidr_block_association_set(ipv6=False):
        if block == row["cidr_block"]:
            raise AwsError("RouteAlreadyExists", f"The route identified by {block} already exists.")
        inside = ipaddress.IPv4Network(block).subnet_of(
            ipaddress.IPv4Network(row["cidr_block"], strict=False)
        )
        if gateway and inside:
            raise AwsError(
                "InvalidParameterValue",
                f"Destination CIDR block {block} is equal to or more specific than one of this VPC's CIDR blocks. "
                "This route can target only an interface or an instance.",
            )


# DeleteRoute: the local route stays.
@before("ec2", "DeleteRoute")
def local_route(_cloud: Cloud, call: Call) -> None:
    table = ec2_of(call).route_tables.get(call.params["RouteTableId"])
    block = call.params.get("DestinationCidrBlock")
    if table and any(r.local and r.destination_cidr_block == block for r in table.routes):
        raise AwsError(
            "InvalidParameterValue", f"cannot remove local route {block} in route table {table.id}"
        )


# A table serves the subnets of its own VPC.
@before("ec2", "AssociateRouteTable")
def table_and_subnet(_cloud: Cloud, call: Call) -> None:
    table = ec2_of(call).route_tables.get(call.params["RouteTableId"])
    subnet = subnet_of(call, call.params.get("SubnetId") or "")
    if table and subnet and table.vpc_id != subnet.vpc_id:
        raise AwsError(
            "InvalidParameterValue",
            f"Route table {table.id} and subnet {subnet.id} belong to different networks",
        )


# Gateway endpoints forget a table that is deleted.
@after("ec2", "DeleteRouteTable")
def endpoints_forget_the_table(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    for endpoint in ec2_of(call).vpc_end_points.values():
        if call.params["RouteTableId"] in (endpoint.route_table_ids or []):
            endpoint.route_table_ids.remove(call.params["RouteTableId"])


# The main association goes only with its VPC.
@before("ec2", "DisassociateRouteTable")
def main_association(_cloud: Cloud, call: Call) -> None:
    wanted = call.params["AssociationId"]
    if any(table.main_association_id == wanted for table in ec2_of(call).route_tables.values()):
        raise AwsError(
            "InvalidParameterValue", f"cannot disassociate the main route table association {wanted}"
        )


# A subnet that goes takes its association along (moto keeps it, and with it the table).
@after("ec2", "DeleteSubnet")
def associations_of_a_subnet(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    for table in ec2_of(call).route_tables.values():
        for name, subnet in list(table._associations.items()):
            if subnet == call.params["SubnetId"]:
                del table._associations[name]


# A route to an internet gateway that was detached or deleted is a blackhole; to NAT gateways: states.py.
@after("ec2", "DescribeRouteTables")
def routes_to_a_detached_gateway(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    gateways = ec2_of(call).internet_gateways
    for table in result.get("RouteTables", []):
        for route in table.get("Routes", []):
            name = route.get("GatewayId", "")
            if not name.startswith("igw-"):
                continue
            gateway = gateways.get(name)
            if not gateway or not gateway.vpc or gateway.vpc.id != table["VpcId"]:
                route["State"] = "blackhole"
    return result


# The VPC's own network ACL goes with it, and forgets a subnet that goes (moto keeps both).
@after("ec2", "DeleteVpc", "DeleteSubnet")
def network_acls(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    acls = ec2_of(call).network_acls
    for acl in list(acls.values()):
        if acl.vpc_id == call.params.get("VpcId"):
            del acls[acl.id]
        for name, association in list(acl._associations.items()):
            if association.subnet_id == call.params.get("SubnetId"):
                del acl._associations[name]

# SPDX-License-Identifier: MIT
"""VPC endpoints: what EC2 refuses, their states and their network interfaces.

Sources: EC2 API reference (CreateVpcEndpoint, "Error codes": DuplicateSubnetsInSameZone, InvalidServiceName...), AWS
PrivateLink guide ("Interface endpoint prerequisites"), messages as terraform-aws-modules/terraform-aws-vpc#451 and
hashicorp/terraform-provider-aws#17535 quote them, aws.md 2.8 and 8.
"""

import functools
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, eni
from practice.rules.ec2_network import ec2_of, subnet_of

AVAILABLE = 60
GONE = 60
# Those that people reach from private subnets ("AWS services that integrate with AWS PrivateLink"), by type.
SERVICES = {
    "Gateway": {"s3", "dynamodb"},
    "Interface": {"application-autoscaling", "autoscaling", "cloudformation", "cloudtrail", "dynamodb", "ec2",
                  "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "elasticache",
                  "elasticfilesystem", "elasticloadbalancing", "email-smtp", "events", "execute-api", "git-codecommit",
                  "kinesis-firehose", "kinesis-streams", "kms", "lambda", "logs", "monitoring", "rds", "rds-data", "s3",
                  "secretsmanager", "servicecatalog", "sns", "sqs", "ssm", "ssmmessages", "states", "sts", "xray"},
}  # fmt: skip
# Their private names need more than the VPC's attributes (a gateway endpoint beside them).
OWN_DNS = ("s3", "dynamodb")


def _live(call: Call) -> list[Any]:
    endpoints = ec2_of(call).vpc_end_points.values()
    return [endpoint for endpoint in endpoints if endpoint.state not in ("deleting", "deleted")]


def _kind(call: Call) -> str:
    return call.params.get("VpcEndpointType") or "Gateway"


# The service exists in the region and is offered in this type.
@before("ec2", "CreateVpcEndpoint")
def service_exists(_cloud: Cloud, call: Call) -> None:
    name = call.params.get("ServiceName") or ""
    service = name.removeprefix(f"com.amazonaws.{call.region}.")
    types = [kind for kind, offered in SERVICES.items() if service in offered and service != name]
    if not types:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    if _kind(call) not in types:
        raise AwsError(
            "InvalidParameter",
            f"Endpoint type ({_kind(call)}) does not match available service types ([{', '.join(types)}]).",
        )


# Route tables are for gateways, subnets and groups for interfaces; all are of the VPC.
@before("ec2", "CreateVpcEndpoint")
def parts_of_the_vpc(_cloud: Cloud, call: Call) -> None:
    ec2, p = ec2_of(call), call.params
    vpc = p["VpcId"]
    foreign = {"Gateway": ("SubnetIds", "SecurityGroupIds"), "Interface": ("RouteTableIds",)}
    for member in foreign.get(_kind(call), ()):
        if p.get(member):
            raise AwsError(
                "InvalidParameter", f"{member} cannot be given for an endpoint of type {_kind(call)}"
            )
    if vpc not in ec2.vpcs:
        raise AwsError("InvalidVpcID.NotFound", f"The Vpc Id {vpc} does not exist")
    for name in p.get("RouteTableIds") or []:
        _judge_place("InvalidRouteTableID.NotFound", "route table", name, ec2.route_tables.get(name), vpc)
    for name in p.get("SubnetIds") or []:
        _judge_place("InvalidSubnetID.NotFound", "subnet", name, subnet_of(call, name), vpc)
    for name in p.get("SecurityGroupIds") or []:
        group = ec2.get_security_group_from_id(name)
        _judge_place("InvalidSecurityGroupID.NotFound", "security group", name, group, vpc)


def _judge_place(code: str, what: str, name: str, found: Any, vpc: str) -> None:
    if not found:
        raise AwsError(code, f"The {what} ID '{name}' does not exist")
    if found.vpc_id != vpc:
        raise AwsError("InvalidParameter", f"The {what} {name} does not belong to the VPC {vpc}")


# An interface endpoint has one subnet in a zone.
@before("ec2", "CreateVpcEndpoint")
def one_subnet_a_zone(_cloud: Cloud, call: Call) -> None:
    zones: set[str] = set()
    for name in call.params.get("SubnetIds") or []:
        zone = subnet_of(call, name).availability_zone
        if zone in zones:
            raise AwsError(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {name}. VPC endpoint subnets should be "
                "in different availability zones supported by the VPC endpoint service.",
            )
        zones.add(zone)


# An interface endpoint takes an address of each subnet.
@before("ec2", "CreateVpcEndpoint")
def room_in_the_subnets(_cloud: Cloud, call: Call) -> None:
    for name in call.params.get("SubnetIds") or []:
        eni.free_address(ec2_of(call), subnet_of(call, name))


# Private DNS is on unless it is refused; it needs both DNS attributes of the VPC and is there once for a service.
@before("ec2", "CreateVpcEndpoint")
def private_dns(_cloud: Cloud, call: Call) -> None:
    service = (call.params.get("ServiceName") or "").partition(f".{call.region}.")[2]
    if _kind(call) != "Interface" or service in OWN_DNS or call.params.get("PrivateDnsEnabled") is False:
        return
    vpc = ec2_of(call).vpcs[call.params["VpcId"]]
    if not all(str(v).lower() == "true" for v in (vpc.enable_dns_support, vpc.enable_dns_hostnames)):
        raise AwsError(
            "InvalidParameter",
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
            f"{vpc.id}",
        )
    for endpoint in _live(call):
        same = endpoint.vpc_id == vpc.id and endpoint.service_name == call.params["ServiceName"]
        if same and endpoint.private_dns_enabled:
            raise AwsError(
                "InvalidParameter",
                f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {service}."
                f"{call.region}.amazonaws.com in the VPC {vpc.id}",
            )


# The type is Gateway when none is given; moto keeps none, and crashes when it deletes that endpoint.
@after("ec2", "CreateVpcEndpoint")
def endpoint_type(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    endpoint = ec2_of(call).vpc_end_points[result["VpcEndpoint"]["VpcEndpointId"]]
    endpoint.vpc_endpoint_type = result["VpcEndpoint"]["VpcEndpointType"] = _kind(call)
    if _kind(call) == "Gateway":  # private DNS is for interfaces; moto says True
        endpoint.private_dns_enabled = result["VpcEndpoint"]["PrivateDnsEnabled"] = False
    return result


# A new interface endpoint is pending with an interface in each subnet (the VPC's default group when none is named).
@after("ec2", "CreateVpcEndpoint")
def endpoint_is_pending(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    ec2 = ec2_of(call)
    endpoint = ec2.vpc_end_points[result["VpcEndpoint"]["VpcEndpointId"]]
    if endpoint.vpc_endpoint_type != "Interface":
        return None
    for interface in endpoint.network_interface_ids:
        ec2.enis.pop(interface, None)  # moto's: an address of no subnet, no groups, not AWS's
    endpoint.security_group_ids = endpoint.security_group_ids or [
        ec2.get_default_security_group(endpoint.vpc_id).id
    ]
    endpoint.private_dns_enabled = call.params.get("PrivateDnsEnabled") is not False
    endpoint.network_interface_ids = [
        _interface(call, endpoint, subnet) for subnet in endpoint.subnet_ids or []
    ]
    endpoint.state = "pending"
    cloud.schedule.later(AVAILABLE, functools.partial(_settle, endpoint))
    groups = [{"GroupId": group["GroupId"], "GroupName": group["GroupName"]} for group in endpoint.groups]
    result["VpcEndpoint"].update(
        State="pending",
        NetworkInterfaceIds=endpoint.network_interface_ids,
        Groups=groups,
        PrivateDnsEnabled=endpoint.private_dns_enabled,
    )
    return result


def _interface(call: Call, endpoint: Any, subnet: str) -> str:
    name = f"VPC Endpoint Interface {endpoint.id}"
    groups = endpoint.security_group_ids
    return eni.create(call.account, call.region, subnet, groups, name, "vpc_endpoint").id


def _settle(endpoint: Any) -> None:
    if endpoint.state == "pending":
        endpoint.state = "available"


# DeleteVpcEndpoints answers for each: the unknown ones in Unsuccessful, the others deleting, then gone with their
# interfaces. A gateway endpoint goes at once, with its routes.
@before("ec2", "DeleteVpcEndpoints")
def endpoints_are_deleting(cloud: Cloud, call: Call) -> dict[str, Any]:
    ec2 = ec2_of(call)
    unsuccessful = []
    for name in call.params["VpcEndpointIds"]:
        endpoint = ec2.vpc_end_points.get(name)
        if not endpoint:
            message = f"The Vpc Endpoint Id '{name}' does not exist"
            error = {"Code": "InvalidVpcEndpointId.NotFound", "Message": message}
            unsuccessful.append({"Error": error, "ResourceId": name})
        elif endpoint.vpc_endpoint_type != "Interface":
            ec2.delete_vpc_endpoints([name])
            ec2.vpc_end_points.pop(name)
        elif endpoint.state != "deleting":
            endpoint.state = "deleting"
            cloud.schedule.later(GONE, functools.partial(_gone, call, endpoint))
    return {"Unsuccessful": unsuccessful}


def _gone(call: Call, endpoint: Any) -> None:
    for interface in endpoint.network_interface_ids:
        eni.delete(call.account, call.region, interface)
    emulator.backend("ec2", call.account, call.region).vpc_end_points.pop(endpoint.id, None)


# ModifyVpcEndpoint: the routes and interfaces follow the lists (moto changes only the lists).
@after("ec2", "ModifyVpcEndpoint")
def endpoint_follows(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    ec2, p = ec2_of(call), call.params
    endpoint = ec2.vpc_end_points[p["VpcEndpointId"]]
    if endpoint.vpc_endpoint_type == "Interface":
        for interface in [ec2.enis[i] for i in endpoint.network_interface_ids if i in ec2.enis]:
            if interface.subnet.id in (p.get("RemoveSubnetIds") or []):
                endpoint.network_interface_ids.remove(interface.id)
                eni.delete(call.account, call.region, interface.id)
            interface._group_set = [ec2.get_security_group_from_id(g) for g in endpoint.security_group_ids]
        for subnet in p.get("AddSubnetIds") or []:
            endpoint.network_interface_ids.append(_interface(call, endpoint, subnet))
        return
    prefix_list = endpoint.destination_prefix_list_id
    for table in p.get("RemoveRouteTableIds") or []:
        ec2.delete_route(table, prefix_list)
    for table in p.get("AddRouteTableIds") or []:
        ec2.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)

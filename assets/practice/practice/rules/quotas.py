# SPDX-License-Identifier: MIT
"""Quotas of EC2 and IAM: how many of each there may be.

Sources: VPC user guide ("Amazon VPC quotas"), IAM user guide ("IAM and AWS STS quotas"), EC2 API reference ("Error
codes"). Those of AWS that a company has raised (VPCs, gateways, addresses: five each by default) are raised here; a
quota is set by its error code: POST /_practice/config {"quotas": {"VpcLimitExceeded": 5}}.
"""

from collections.abc import Callable
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before

Counter = Callable[[Any, dict[str, Any]], int]


def _subnets(ec2: Any, params: dict[str, Any]) -> int:
    return sum(s.vpc_id == params["VpcId"] for zone in ec2.subnets.values() for s in zone.values())


def _tables(ec2: Any, params: dict[str, Any]) -> int:
    return sum(table.vpc_id == params["VpcId"] for table in ec2.route_tables.values())


def _routes(ec2: Any, params: dict[str, Any]) -> int:
    table = ec2.route_tables.get(params["RouteTableId"])
    return sum(not route.local for route in table.routes) if table else 0


def _nats(ec2: Any, params: dict[str, Any]) -> int:
    """Those of the zone, gateways that are gone left out."""
    zones = {s.id: s.availability_zone for zone in ec2.subnets.values() for s in zone.values()}
    here = zones.get(params.get("SubnetId", ""))
    return sum(
        nat.state in ("pending", "available", "deleting") and zones.get(nat.subnet_id) == here
        for nat in ec2.nat_gateways.values()
    )


def _endpoints(kind: str) -> Counter:
    def count(ec2: Any, params: dict[str, Any]) -> int:
        if (params.get("VpcEndpointType") or "Gateway") != kind:
            return 0
        return sum(
            endpoint.vpc_endpoint_type == kind and (kind == "Gateway" or endpoint.vpc_id == params["VpcId"])
            for endpoint in ec2.vpc_end_points.values()
        )

    return count


# How many there may be by default; each row ends with what is counted.
QUOTAS: tuple[tuple[str, str, str, int, Counter], ...] = (
    ("ec2", "CreateVpc", "VpcLimitExceeded", 200, lambda ec2, _: len(ec2.vpcs)),
    ("ec2", "CreateInternetGateway", "InternetGatewayLimitExceeded", 200, lambda ec2, _: len(ec2.internet_gateways)),
    ("ec2", "AllocateAddress", "AddressLimitExceeded", 200, lambda ec2, _: len(ec2.addresses)),
    ("ec2", "CreateNatGateway", "NatGatewayLimitExceeded", 50, _nats),
    ("ec2", "CreateSubnet", "SubnetLimitExceeded", 200, _subnets),
    ("ec2", "CreateRouteTable", "RouteTableLimitExceeded", 200, _tables),
    ("ec2", "CreateRoute", "RouteLimitExceeded", 500, _routes),
    ("ec2", "CreateSecurityGroup", "SecurityGroupLimitExceeded", 2500,
     lambda ec2, _: sum(len(groups) for groups in ec2.groups.values())),
    ("ec2", "CreateVpcEndpoint", "VpcEndpointLimitExceeded", 50, _endpoints("Interface")),
    ("ec2", "CreateVpcEndpoint", "VpcEndpointLimitExceeded", 20, _endpoints("Gateway")),
    ("iam", "CreateRole", "LimitExceeded", 1000, lambda iam, _: len(iam.roles)),
)  # fmt: skip
# What EC2 says of them ("Error codes"); the others in our words.
WORDS = {
    "VpcLimitExceeded": "The maximum number of VPCs has been reached.",
    "InternetGatewayLimitExceeded": "The maximum number of internet gateways has been reached.",
    "AddressLimitExceeded": "The maximum number of addresses has been reached.",
    "RouteTableLimitExceeded": "The maximum number of route tables has been reached.",
    "SubnetLimitExceeded": "The maximum number of subnets has been reached.",
    "SecurityGroupLimitExceeded": "The maximum number of security groups for VPC has been reached.",
    "NatGatewayLimitExceeded": "Performing this operation would exceed the limit of {} NAT gateways",
}
CODES = {code for _, _, code, _, _ in QUOTAS}


def install(_cloud: Cloud) -> None:
    for service, operation, code, limit, count in QUOTAS:
        before(service, operation)(_rule(code, limit, count))


def _rule(code: str, default: int, count: Counter) -> Callable[[Cloud, Call], None]:
    def within_the_quota(cloud: Cloud, call: Call) -> None:
        limit = cloud.config.quotas.get(code, default)
        backend = emulator.backend(call.service, call.account, call.region)
        if count(backend, call.params) >= limit:
            status = 409 if call.service == "iam" else 400
            words = WORDS.get(code, "You have reached the limit of {} for " + call.operation)
            raise AwsError(code, words.format(limit), status)

    return within_the_quota

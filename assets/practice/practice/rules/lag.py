# SPDX-License-Identifier: MIT
"""Read-after-write lag: what was made a moment ago is not there yet for every reader.

Off unless the cloud is started with --lag SECONDS (or POST /_practice/config {"lag": 5}). Each new EC2 resource and IAM
role then stays unseen for a time of its own between nothing and SECONDS (AWS seconds, on the clock's scale), drawn
from --lag-seed, so that a run can be repeated: its identifier is not found and lists leave it out.
Sources: EC2 developer guide ("Eventual consistency"), IAM user guide ("Changes that I make are not always immediately
visible"), aws.md 2.5 and 2.8.
"""

import random
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.rules.ec2_requests import IDENTIFIERS

# Operation -> the result's member and the identifier in it; the result's own member when there is no inner one.
MADE = {
    "CreateVpc": ("Vpc", "VpcId"),
    "CreateSubnet": ("Subnet", "SubnetId"),
    "CreateInternetGateway": ("InternetGateway", "InternetGatewayId"),
    "CreateRouteTable": ("RouteTable", "RouteTableId"),
    "CreateNatGateway": ("NatGateway", "NatGatewayId"),
    "CreateVpcEndpoint": ("VpcEndpoint", "VpcEndpointId"),
    "CreateSecurityGroup": ("", "GroupId"),
    "AllocateAddress": ("", "AllocationId"),
}
NOT_FOUND = {
    "VpcId": "InvalidVpcID.NotFound",
    "SubnetId": "InvalidSubnetID.NotFound",
    "InternetGatewayId": "InvalidInternetGatewayID.NotFound",
    "RouteTableId": "InvalidRouteTableID.NotFound",
    "NatGatewayId": "NatGatewayNotFound",
    "VpcEndpointId": "InvalidVpcEndpointId.NotFound",
    "GroupId": "InvalidGroup.NotFound",
    "SecurityGroupId": "InvalidGroup.NotFound",
    "AllocationId": "InvalidAllocationID.NotFound",
}
LISTS = {
    "DescribeVpcs": ("Vpcs", "VpcId"),
    "DescribeSubnets": ("Subnets", "SubnetId"),
    "DescribeInternetGateways": ("InternetGateways", "InternetGatewayId"),
    "DescribeRouteTables": ("RouteTables", "RouteTableId"),
    "DescribeNatGateways": ("NatGateways", "NatGatewayId"),
    "DescribeVpcEndpoints": ("VpcEndpoints", "VpcEndpointId"),
    "DescribeSecurityGroups": ("SecurityGroups", "GroupId"),
    "DescribeAddresses": ("Addresses", "AllocationId"),
}


class Unseen:
    """When each new thing will be seen. One for the process, as all of moto's state is."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], tuple[float, float]] = {}
        self._number = 0

    def add(self, cloud: Cloud, account: str, name: str) -> None:
        if cloud.config.lag <= 0:
            return
        self._number += 1
        chance = random.Random(f"{cloud.config.lag_seed}/{self._number}")
        self._until[account, name] = (cloud.clock.now(), chance.uniform(0, cloud.config.lag))

    def has(self, cloud: Cloud, account: str, name: str) -> bool:
        mark = self._until.get((account, name))
        if mark is None:
            return False
        if cloud.config.lag > 0 and not cloud.clock.passed(*mark):
            return True
        del self._until[account, name]
        return False

    def __bool__(self) -> bool:
        return bool(self._until)


unseen = Unseen()


# When each new resource will be seen, drawn from the seed.
@after("ec2", *MADE)
def made_a_moment_ago(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    outer, member = MADE[call.operation]
    unseen.add(cloud, call.account, (result[outer] if outer else result)[member])


# An identifier that is unseen is not found.
@before("ec2", "*")
def not_found_yet(cloud: Cloud, call: Call) -> None:
    if not unseen:
        return
    for member, code in NOT_FOUND.items():
        for name in (call.params.get(member), *(call.params.get(f"{member}s") or [])):
            if isinstance(name, str) and unseen.has(cloud, call.account, name):
                what = IDENTIFIERS.get(member, (member,))[0]
                raise AwsError(code, f"The {what} ID '{name}' does not exist")


# Lists leave out what is unseen.
@after("ec2", *LISTS)
def left_out_yet(cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    if not unseen:
        return None
    key, member = LISTS[call.operation]
    rows = result.get(key) or []
    result[key] = [row for row in rows if not unseen.has(cloud, call.account, row.get(member) or "")]
    return result


# IAM: a new role is unseen by its name; making it again is refused all the same, for writes are ordered.
@after("iam", "CreateRole")
def role_made_a_moment_ago(cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    unseen.add(cloud, call.account, f"role/{call.params['RoleName']}")


# Every call that names an unseen role but its creation.
@before("iam", "*")
def role_not_found_yet(cloud: Cloud, call: Call) -> None:
    name = call.params.get("RoleName")
    if not unseen or not name or call.operation == "CreateRole":
        return
    if unseen.has(cloud, call.account, f"role/{name}"):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)

# SPDX-License-Identifier: MIT
"""NAT gateways and public addresses: what EC2 refuses and shows. Their states are in states.py.

Sources: EC2 API reference (CreateNatGateway, NatGateway, AllocateAddress), aws.md 2.8.
"""

import datetime
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.rules.ec2_network import ec2_of


# A zonal NAT gateway names its subnet, which is there, before its address is looked at; a public one an address, a
# private one none.
@before("ec2", "CreateNatGateway")
def nat_members(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if p.get("AvailabilityMode", "zonal") == "zonal" and not p.get("SubnetId"):
        raise AwsError("MissingParameter", "The request must contain the parameter subnetId")
    if p.get("ConnectivityType") == "private" and p.get("AllocationId"):
        raise AwsError(
            "InvalidParameterCombination", "AllocationId cannot be specified for a private NAT gateway"
        )
    ec2 = ec2_of(call)
    if p.get("SubnetId") and not any(p["SubnetId"] in zone for zone in ec2.subnets.values()):
        raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{p['SubnetId']}' does not exist")


# A gateway that is going or gone says when that began.
@after("ec2", "DeleteNatGateway")
def time_of_deletion(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    nat = ec2_of(call).nat_gateways[call.params["NatGatewayId"]]
    nat.delete_time = getattr(nat, "delete_time", None) or datetime.datetime.now(datetime.UTC)


# DescribeNatGateways: the time of deletion, the cause of a failure, and the addresses as AWS shows them.
@after("ec2", "DescribeNatGateways")
def nat_details(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    known = ec2_of(call).nat_gateways
    for row in result.get("NatGateways", []):
        nat = known[row["NatGatewayId"]]
        if getattr(nat, "delete_time", None):
            row["DeleteTime"] = nat.delete_time
        if getattr(nat, "failure_code", None):
            row["FailureCode"], row["FailureMessage"] = nat.failure_code, nat.failure_message
        for address in row.get("NatGatewayAddresses", []):
            address.update(IsPrimary=True, Status="failed" if nat.state == "failed" else "succeeded")
    return result


# What an address does not have is not shown (moto shows it empty).
@after("ec2", "DescribeAddresses")
def free_address(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    result["Addresses"] = [
        {name: value for name, value in row.items() if value != ""} for row in result.get("Addresses", [])
    ]
    return result

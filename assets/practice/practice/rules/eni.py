# SPDX-License-Identifier: MIT
"""Network interfaces: those that AWS makes for its own services, and what hangs on any interface.

create() and delete() are for whoever stands for an AWS service here (load balancer, VPC link, NAT, tasks, database).
An interface takes a real address of its subnet, and while it exists its security groups and its subnet cannot go.
"""

from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before

# Who AWS says asked for an interface, as DescribeNetworkInterfaces shows it.
REQUESTER_OF_TYPE = {
    "natGateway": "amazon-nat",
    "vpc_endpoint": "amazon-vpce",
    "api_gateway_managed": "amazon-apigw",
}


def free_address(ec2: Any, subnet: Any) -> str:
    """The lowest address of the subnet that is not in use; AWS keeps the first four and the last one."""
    used = {
        a["PrivateIpAddress"]
        for eni in ec2.enis.values()
        if eni.subnet.id == subnet.id
        for a in eni.private_ip_addresses
    }
    last = subnet.cidr.num_addresses - 1
    for offset in range(4, last):
        address = str(subnet.cidr.network_address + offset)
        if address not in used:
            return address
    raise AwsError(
        "InsufficientFreeAddressesInSubnet", f"The specified subnet {subnet.id} does not have free addresses"
    )


def create(
    account: str,
    region: str,
    subnet: str,
    groups: list[str],
    description: str,
    interface_type: str = "interface",
    requester_managed: bool = True,
    requester: str = "",
) -> Any:
    """A new interface in use: .id, .private_ip_address, .subnet. Raises AwsError when the subnet is full."""
    with emulator.lock:
        ec2 = emulator.backend("ec2", account, region)
        place = ec2.get_subnet(subnet)
        eni = ec2.create_network_interface(
            place, free_address(ec2, place), group_ids=groups, description=description
        )
        if not groups:  # moto takes the default group; a NAT gateway's interface has none
            eni._group_set = []
        eni.status = "in-use"
        eni.interface_type = interface_type
        eni.requester_managed = requester_managed
        eni.requester_id = requester or REQUESTER_OF_TYPE.get(interface_type, "amazon-elb")
        return eni


def delete(account: str, region: str, eni_id: str) -> None:
    """Ends an interface; nothing happens when it is gone already."""
    with emulator.lock:
        emulator.backend("ec2", account, region).enis.pop(eni_id, None)


def find(account: str, region: str, description: str) -> list[Any]:
    """The interfaces with exactly this description."""
    with emulator.lock:
        enis = emulator.backend("ec2", account, region).enis.values()
        return [eni for eni in enis if eni.description == description]


# EC2 DeleteSecurityGroup: DependencyViolation while an interface uses it or another group's rule names it (aws.md 2.7).
@before("ec2", "DeleteSecurityGroup")
def group_in_use(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    group = ec2.get_security_group_from_id(call.params.get("GroupId") or "")
    if not group:
        return
    if group.name == "default":
        raise AwsError(
            "CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
        )
    users = [eni.id for eni in ec2.enis.values() if group.id in {g.id for g in eni.group_set}]
    referrers = [
        other.id
        for groups in ec2.groups.values()
        for other in groups.values()
        if other.id != group.id
        and any(
            rule.source_group.get("GroupId") == group.id for rule in other.ingress_rules + other.egress_rules
        )
    ]
    if users or referrers:
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")


# EC2 DeleteSubnet: DependencyViolation while any interface lives in it (aws.md 6).
@before("ec2", "DeleteSubnet")
def subnet_in_use(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    subnet = call.params["SubnetId"]
    if any(eni.subnet.id == subnet for eni in ec2.enis.values()):
        raise AwsError(
            "DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted."
        )


# EC2 DeleteNetworkInterface: those of AWS services are not the caller's to delete (aws.md 6).
@before("ec2", "DeleteNetworkInterface")
def interface_in_use(_cloud: Cloud, call: Call) -> None:
    eni = emulator.backend("ec2", call.account, call.region).enis.get(call.params["NetworkInterfaceId"])
    if eni and eni.requester_managed:
        raise AwsError("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.")

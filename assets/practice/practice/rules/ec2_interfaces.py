# SPDX-License-Identifier: MIT
"""Network interfaces and addresses that a caller makes: where they lie and what EC2 refuses.

Sources: EC2 API reference (CreateNetworkInterface, AssociateAddress, "Error codes"), VPC user guide ("Subnet CIDR
reservations": the first four addresses and the last are AWS's). Those of AWS's services are in eni.py.
"""

import ipaddress

from practice import forms
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before, eni
from practice.rules.ec2_network import ec2_of, subnet_of

GROUPS_AT_MOST = 5
RESERVED = 4


# The groups exist, are of the subnet's VPC, and at most five.
@before("ec2", "CreateNetworkInterface")
def groups_of_an_interface(_cloud: Cloud, call: Call) -> None:
    subnet = subnet_of(call, call.params["SubnetId"])
    names = call.params.get("Groups") or []
    for name in names if subnet else ():
        group = ec2_of(call).get_security_group_from_id(name)
        if not group:
            raise AwsError("InvalidSecurityGroupID.NotFound", f"The securityGroup ID '{name}' does not exist")
        if group.vpc_id != subnet.vpc_id:
            raise AwsError(
                "InvalidParameter",
                f"Security group {name} and subnet {subnet.id} belong to different networks.",
            )
    if len(names) > GROUPS_AT_MOST:
        raise AwsError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            f"An interface has at most {GROUPS_AT_MOST} security groups",
        )


# The address is a free one of the subnet (moto's lies anywhere); a full subnet is InsufficientFreeAddressesInSubnet.
@before("ec2", "CreateNetworkInterface")
def address_of_an_interface(_cloud: Cloud, call: Call) -> None:
    subnet, wanted = subnet_of(call, call.params["SubnetId"]), call.params.get("PrivateIpAddress")
    if not subnet or call.params.get("PrivateIpAddresses"):
        return
    if not wanted:
        forms.put(call, "PrivateIpAddress", eni.free_address(ec2_of(call), subnet))
        return
    network = ipaddress.IPv4Network(subnet.cidr_block, strict=False)
    try:
        offset = int(ipaddress.IPv4Address(wanted)) - int(network.network_address)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"invalid value for parameter address: {wanted}") from None
    if not 0 <= offset < network.num_addresses:
        raise AwsError("InvalidParameterValue", "Address does not fall within the subnet's address range")
    if offset < RESERVED or offset == network.num_addresses - 1:
        raise AwsError("InvalidParameterValue", "Address is in subnet's reserved address range")
    taken = [one["PrivateIpAddress"] for i in ec2_of(call).enis.values() if i.subnet.id == subnet.id
             for one in i.private_ip_addresses]  # fmt: skip
    if wanted in taken:
        raise AwsError("InvalidIPAddress.InUse", f"Address {wanted} is in use.")


# ReleaseAddress names an address of a VPC, which all are, by its allocation (API reference, AllocationId and PublicIp:
# "Deprecated"; the words are from experience).
@before("ec2", "ReleaseAddress")
def released_by_allocation(_cloud: Cloud, call: Call) -> None:
    if call.params.get("PublicIp") and not call.params.get("AllocationId"):
        raise AwsError(
            "InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address"
        )


# A public address needs an internet gateway at the VPC: Gateway.NotAttached.
@before("ec2", "AssociateAddress")
def gateway_of_an_address(_cloud: Cloud, call: Call) -> None:
    ec2 = ec2_of(call)
    interface = ec2.enis.get(call.params.get("NetworkInterfaceId") or "")
    if not interface:
        return
    vpc = interface.subnet.vpc_id
    if not any(gateway.vpc and gateway.vpc.id == vpc for gateway in ec2.internet_gateways.values()):
        raise AwsError("Gateway.NotAttached", f"Network {vpc} is not attached to any internet gateway")

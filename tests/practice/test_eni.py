# SPDX-License-Identifier: MIT
"""Interfaces of AWS services: addresses, and what they keep from being deleted."""

import pytest
from botocore.exceptions import ClientError


def test_interface_takes_a_free_address_of_its_subnet(cloud, client, vpc):
    """Two interfaces get two addresses, above those that AWS keeps for itself."""
    from practice.rules import eni

    made = [
        eni.create(cloud.account, cloud.region, vpc["subnets"][0], [vpc["group"]], "arn:aws:ecs:task")
        for _ in range(2)
    ]
    assert [m.private_ip_address for m in made] == ["10.40.0.4", "10.40.0.5"]
    shown = client("ec2").describe_network_interfaces(NetworkInterfaceIds=[made[0].id])["NetworkInterfaces"][
        0
    ]
    assert shown["Status"] == "in-use" and shown["Groups"][0]["GroupId"] == vpc["group"]
    eni.delete(cloud.account, cloud.region, made[0].id)
    again = eni.create(cloud.account, cloud.region, vpc["subnets"][0], [], "again")
    assert again.private_ip_address == "10.40.0.4"


def test_interface_blocks_group_and_subnet(cloud, client, vpc, unique):
    """While an interface exists, its group and its subnet answer DependencyViolation."""
    from practice.rules import eni

    ec2 = client("ec2")
    group = ec2.create_security_group(GroupName=unique, Description="d", VpcId=vpc["id"])["GroupId"]
    made = eni.create(cloud.account, cloud.region, vpc["subnets"][1], [group], "task")
    for call in (
        lambda: ec2.delete_security_group(GroupId=group),
        lambda: ec2.delete_subnet(SubnetId=vpc["subnets"][1]),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert error.value.response["Error"]["Code"] == "DependencyViolation"
    with pytest.raises(ClientError) as error:
        ec2.delete_network_interface(NetworkInterfaceId=made.id)
    assert error.value.response["Error"]["Code"] == "OperationNotPermitted"
    eni.delete(cloud.account, cloud.region, made.id)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=vpc["subnets"][1])


def test_group_named_by_another_group_stays(client, vpc, unique):
    """A security group that a rule of another group names cannot be deleted until the rule is revoked."""
    ec2 = client("ec2")
    one, two = (
        ec2.create_security_group(GroupName=unique + suffix, Description="d", VpcId=vpc["id"])["GroupId"]
        for suffix in "ab"
    )
    permission = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": one}]}]
    ec2.authorize_security_group_ingress(GroupId=two, IpPermissions=permission)
    with pytest.raises(ClientError) as error:
        ec2.delete_security_group(GroupId=one)
    assert error.value.response["Error"]["Code"] == "DependencyViolation"
    ec2.revoke_security_group_ingress(GroupId=two, IpPermissions=permission)
    ec2.delete_security_group(GroupId=one)

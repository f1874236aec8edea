# SPDX-License-Identifier: MIT
"""EC2's filters: which names a call knows, and what they choose.

Source: the model's own text for the member Filters lists the names of each operation; "Filtering resources using the
API" (EC2 user guide): values are joined by or, filters by and; * and ? are wildcards, values are case-sensitive. moto
knows some names, ignores others and crashes on the rest, so filters are kept from it and applied to its whole answer.
"""

import functools
import re
from typing import Any

from moto.core.utils import get_service_model

from practice import forms
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

# Operation -> the list in its result.
LISTS = {
    "DescribeVpcs": "Vpcs",
    "DescribeSubnets": "Subnets",
    "DescribeRouteTables": "RouteTables",
    "DescribeInternetGateways": "InternetGateways",
    "DescribeNatGateways": "NatGateways",
    "DescribeAddresses": "Addresses",
    "DescribeSecurityGroups": "SecurityGroups",
    "DescribeSecurityGroupRules": "SecurityGroupRules",
    "DescribeNetworkInterfaces": "NetworkInterfaces",
    "DescribeVpcEndpoints": "VpcEndpoints",
    "DescribeAvailabilityZones": "AvailabilityZones",
    "DescribeRegions": "Regions",
    "DescribeTags": "Tags",
    "DescribePrefixLists": "PrefixLists",
    "DescribeManagedPrefixLists": "PrefixLists",
    "DescribeNetworkAcls": "NetworkAcls",
}
_PERMISSION = {
    "cidr": "IpRanges.CidrIp",
    "ipv6-cidr": "Ipv6Ranges.CidrIpv6",
    "from-port": "FromPort",
    "to-port": "ToPort",
    "protocol": "IpProtocol",
    "group-id": "UserIdGroupPairs.GroupId",
    "group-name": "UserIdGroupPairs.GroupName",
    "user-id": "UserIdGroupPairs.UserId",
    "prefix-list-id": "PrefixListIds.PrefixListId",
}
# Names whose place in the result is not their own spelling (vpc-id is VpcId).
PLACES = {
    "DescribeVpcs": {
        "cidr": "CidrBlock",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
        "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
    },
    "DescribeSecurityGroups": {
        **{f"ip-permission.{name}": f"IpPermissions.{place}" for name, place in _PERMISSION.items()},
        **{
            f"egress.ip-permission.{name}": f"IpPermissionsEgress.{place}"
            for name, place in _PERMISSION.items()
        },
    },
    "DescribeNetworkInterfaces": {
        "group-id": "Groups.GroupId",
        "addresses.primary": "PrivateIpAddresses.Primary",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
        "addresses.association.owner-id": "PrivateIpAddresses.Association.IpOwnerId",
    },
    "DescribeVpcEndpoints": {"vpc-endpoint-state": "State"},
    "DescribeAvailabilityZones": {"message": "Messages.Message"},
    "DescribeNetworkAcls": {"default": "IsDefault"},
    "DescribeVpcEndpointServices": {"service-type": "ServiceType.ServiceType"},
}
# Names that AWS takes though the text leaves them out.
UNLISTED = {
    "DescribeNetworkInterfaces": {"group-name": "Groups.GroupName"},
    "DescribeAddresses": {"domain": "Domain"},
}
# The list that the first word of a dotted name stands for.
SETS = {"association": "Associations", "route": "Routes", "attachment": "Attachments", "entry": "Entries"}
# Older names that the text mentions in passing.
ALSO = {
    "DescribeSubnets": {"cidr": "cidr-block", "cidrBlock": "cidr-block", "availabilityZone": "availability-zone",
                        "defaultForAz": "default-for-az"},
    "DescribeVpcs": {"cidrBlock": "cidr", "cidr-block": "cidr", "isDefault": "is-default"},
}  # fmt: skip
# Filters that moto applies as AWS does.
RIGHT = {
    "DescribeSubnets": {"vpc-id"},
    "DescribeRouteTables": {"vpc-id"},
    "DescribeSecurityGroups": {"vpc-id", "group-id"},
    "DescribeNetworkInterfaces": {"vpc-id", "subnet-id"},
    "DescribeSecurityGroupRules": {"group-id"},
    "DescribeVpcEndpoints": {"vpc-id"},
}
VALUES_AT_MOST = 200


def given(call: Call) -> list[dict[str, Any]]:
    """The filters of a call: the member is Filter for NAT gateways, Filters elsewhere."""
    return call.params.get("Filters") or call.params.get("Filter") or []


@functools.cache
def names(operation: str) -> frozenset[str]:
    """The names that the model's text lists."""
    members = get_service_model("ec2").operation_model(operation).input_shape.members
    text = members["Filters" if "Filters" in members else "Filter"].documentation
    return frozenset(re.findall(r"<li> <p> <code>([^<]*)</code>", text))


def place(operation: str, name: str) -> str | None:
    """Where the result holds what a filter compares; None for a name that the operation does not know."""
    name = ALSO.get(operation, {}).get(name, name)
    if name in UNLISTED.get(operation, {}):
        return UNLISTED[operation][name]
    if name not in names(operation):
        return "Tags.Key" if name == "tag-key" else None
    special = PLACES.get(operation, {}).get(name)
    if special:
        return special
    parts = ["".join(word.capitalize() for word in part.split("-")) for part in name.split(".")]
    if len(parts) > 1 and operation != "DescribeNetworkInterfaces":
        parts[0] = SETS.get(name.split(".")[0], parts[0])
    return ".".join(parts)


# A name that the operation does not know is InvalidParameterValue; 200 values at most.
@before("ec2", *LISTS)
def known_filters(_cloud: Cloud, call: Call) -> None:
    for item in given(call):
        name = item.get("Name") or ""
        if not name.startswith("tag:") and place(call.operation, name) is None:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if len(item.get("Values") or []) > VALUES_AT_MOST:
            raise AwsError(
                "FilterLimitExceeded",
                f"The maximum number of filter values specified on a single call is {VALUES_AT_MOST}",
            )
    # moto neither filters nor pages: both are done to the whole. What it filters rightly makes the whole smaller.
    forms.drop(call, "Filter", "MaxResults", "NextToken")
    helpful = [
        item for item in given(call) if item.get("Name") in RIGHT.get(call.operation, ()) and _exact(item)
    ]
    for index, item in enumerate(helpful, 1):
        forms.put(call, f"Filter.{index}.Name", item["Name"])
        for number, value in enumerate(item["Values"], 1):
            forms.put(call, f"Filter.{index}.Value.{number}", value)


def _exact(item: dict[str, Any]) -> bool:
    """Whether the values are plain words, in which nobody sees a wildcard."""
    return bool(item.get("Values")) and all(re.fullmatch(r"[\w-]+", value) for value in item["Values"])


# What the filters leave of the whole answer.
@after("ec2", *LISTS)
def chosen(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    wanted = given(call)
    if not wanted:
        return None
    key = LISTS[call.operation]
    result[key] = [
        row for row in result.get(key) or [] if all(_matches(call.operation, row, item) for item in wanted)
    ]
    return result


def _matches(operation: str, row: dict[str, Any], item: dict[str, Any]) -> bool:
    name, patterns = item["Name"], item.get("Values") or []
    return any(_like(value, pattern) for value in _values(operation, row, name) for pattern in patterns)


def _values(operation: str, row: dict[str, Any], name: str) -> list[str]:
    if operation == "DescribeTags" and name.startswith("tag:"):
        return [row.get("Value", "")] if row.get("Key") == name[4:] else []
    tags = row.get("Tags") or row.get("TagSet") or []
    if name.startswith("tag:"):
        return [tag.get("Value", "") for tag in tags if tag["Key"] == name[4:]]
    if name == "tag-key":
        return [tag["Key"] for tag in tags]
    found: list[Any] = [row]
    for part in (place(operation, name) or "").split("."):
        steps = [one.get(part) for one in found if isinstance(one, dict)]
        found = [one for step in steps for one in (step if isinstance(step, list) else [step])]
    return [_text(one) for one in found if one is not None]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _like(value: str, pattern: str) -> bool:
    """Wildcards are * and ?; a backslash takes their meaning away."""
    expression = ""
    for piece in re.findall(r"\\.|.", pattern, re.S):
        expression += {"*": ".*", "?": "."}.get(piece) or re.escape(piece[-1])
    return re.fullmatch(expression, value, re.S) is not None


# DescribeVpcEndpointServices has two lists, which belong together; moto crashes on its filters.
@before("ec2", "DescribeVpcEndpointServices")
def known_service_filters(_cloud: Cloud, call: Call) -> None:
    if given(call):
        known_filters(_cloud, call)


# What the filters leave, in both lists.
@after("ec2", "DescribeVpcEndpointServices")
def chosen_services(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    wanted = given(call)
    if not wanted:
        return None
    rows = [
        row
        for row in result.get("ServiceDetails") or []
        if all(_matches(call.operation, row, item) for item in wanted)
    ]
    result["ServiceDetails"] = rows
    result["ServiceNames"] = sorted({row["ServiceName"] for row in rows})
    return result

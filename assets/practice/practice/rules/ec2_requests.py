# SPDX-License-Identifier: MIT
"""What EC2 judges in a request before it looks at any resource: identifiers, tags, tokens, zones.

Source: EC2 API reference, "Error codes" (the .Malformed codes), "Ensuring idempotency", "Tag restrictions".
"""

import re
from collections.abc import Iterator
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

# Member (a list has an s) -> prefix of its identifiers, code of a malformed one.
IDENTIFIERS = {
    "VpcId": ("vpc", "InvalidVpcID.Malformed"),
    "SubnetId": ("subnet", "InvalidSubnetID.Malformed"),
    "RouteTableId": ("rtb", "InvalidRouteTableId.Malformed"),
    "InternetGatewayId": ("igw", "InvalidInternetGatewayId.Malformed"),
    "NatGatewayId": ("nat", "NatGatewayMalformed"),
    "NetworkInterfaceId": ("eni", "InvalidNetworkInterfaceId.Malformed"),
    "VpcEndpointId": ("vpce", "InvalidVpcEndpointId.Malformed"),
    "GroupId": ("sg", "InvalidGroupId.Malformed"),
    "SecurityGroupId": ("sg", "InvalidSecurityGroupId.Malformed"),
    "SecurityGroupRuleId": ("sgr", "InvalidSecurityGroupRuleId.Malformed"),
    "PrefixListId": ("pl", "InvalidPrefixListId.Malformed"),
}
TOKEN_AT_MOST = 64
TAGS_AT_MOST = 50
KEY_AT_MOST = 128
VALUE_AT_MOST = 256
# Operation -> the resource types that its TagSpecifications may name.
TAGGED = {
    "CreateVpc": {"vpc"},
    "CreateSubnet": {"subnet"},
    "CreateInternetGateway": {"internet-gateway"},
    "AllocateAddress": {"elastic-ip"},
    "CreateNatGateway": {"natgateway"},
    "CreateRouteTable": {"route-table"},
    "CreateSecurityGroup": {"security-group"},
    "CreateVpcEndpoint": {"vpc-endpoint"},
    "CreateNetworkInterface": {"network-interface"},
    "AuthorizeSecurityGroupIngress": {"security-group-rule"},
    "AuthorizeSecurityGroupEgress": {"security-group-rule"},
}


# An identifier is its prefix, a dash, lower-case letters and digits; the deletions by list answer one by one instead.
@before("ec2", "*")
def malformed_identifiers(_cloud: Cloud, call: Call) -> None:
    for name, (prefix, code) in IDENTIFIERS.items():
        values = call.params.get(name), *(call.params.get(f"{name}s") or [])
        for value in values:
            if isinstance(value, str) and not re.fullmatch(rf"{prefix}-[0-9a-z]+", value):
                raise AwsError(code, f'Invalid id: "{value}" (expecting "{prefix}-...")')


# Client tokens have at most 64 ASCII characters.
@before("ec2", "*")
def client_token(_cloud: Cloud, call: Call) -> None:
    token = call.params.get("ClientToken") or ""
    if len(token) > TOKEN_AT_MOST or not token.isascii():
        raise AwsError("InvalidClientToken", "Client tokens have at most 64 ASCII characters")


# TagSpecifications name the type that is made; keys are single, not empty and not too long.
@before("ec2", *TAGGED)
def tag_specifications(_cloud: Cloud, call: Call) -> None:
    for item in call.params.get("TagSpecifications") or []:
        kind = item.get("ResourceType")
        if not kind:
            raise AwsError(
                "MissingParameter", "The request must contain the parameter TagSpecification ResourceType"
            )
        if kind not in TAGGED[call.operation]:
            raise AwsError(
                "InvalidParameterValue",
                f"'{kind}' is not a valid taggable resource type for this operation.",
            )
        _judge_tags(item.get("Tags") or [])


# CreateTags: as on creation; unknown resources are moto's to refuse.
@before("ec2", "CreateTags")
def tags(_cloud: Cloud, call: Call) -> None:
    _judge_tags(call.params.get("Tags") or [])


# DeleteTags without tags takes all those of the resources that are not AWS's own (API reference; moto: none).
@before("ec2", "DeleteTags")
def every_tag(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    if call.params.get("Tags"):
        return None
    ec2 = emulator.backend("ec2", call.account, call.region)
    for resource in call.params["Resources"]:
        for key in list(ec2.tags.get(resource, {})):
            if not key.startswith("aws:"):
                del ec2.tags[resource][key]
    return {}


def _judge_tags(given: list[dict[str, str]]) -> None:
    keys = [tag.get("Key") or "" for tag in given]
    for tag, key in zip(given, keys, strict=True):
        if not key:
            raise AwsError("InvalidParameterValue", "Tag key cannot be null or empty")
        if len(key) > KEY_AT_MOST or len(tag.get("Value") or "") > VALUE_AT_MOST:
            raise AwsError(
                "InvalidParameterValue",
                f"Tag {key[:20]}...: keys have at most {KEY_AT_MOST} characters, values {VALUE_AT_MOST}",
            )
        if keys.count(key) > 1:
            raise AwsError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
    if len(given) > TAGS_AT_MOST:
        raise AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


# What is named by its ids comes in one page (API reference, MaxResults of DescribeNetworkInterfaces and
# DescribeInstances; for DescribeVpcs from experience).
@before("ec2", "DescribeNetworkInterfaces", "DescribeInstances", "DescribeVpcs")
def ids_or_pages(_cloud: Cloud, call: Call) -> None:
    ids = f"{call.operation.removeprefix('Describe').removesuffix('s')}Ids"
    if call.params.get(ids) and call.params.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter {ids[:-1]} cannot be used with the parameter MaxResults",
        )


# ---- regions and zones


# DescribeAvailabilityZones of a zone that is not here: InvalidParameterValue.
@before("ec2", "DescribeAvailabilityZones")
def zones_exist(_cloud: Cloud, call: Call) -> None:
    zones = list(_zones(call))
    for member, attribute in (("ZoneNames", "name"), ("ZoneIds", "zone_id")):
        known = {getattr(zone, attribute) for zone in zones}
        for wanted in call.params.get(member) or []:
            if wanted not in known:
                raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{wanted}]")


def _zones(call: Call) -> Iterator[Any]:
    yield from emulator.backend("ec2", call.account, call.region).describe_availability_zones([])


# CreateSubnet names its zone once, by name or by id, and the zone is of this region.
@before("ec2", "CreateSubnet")
def zone_of_a_subnet(_cloud: Cloud, call: Call) -> None:
    name, zone_id = call.params.get("AvailabilityZone"), call.params.get("AvailabilityZoneId")
    if name and zone_id:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter AvailabilityZone cannot be used with the parameter AvailabilityZoneId",
        )
    zones = list(_zones(call))
    known = [zone.zone_id if zone_id else zone.name for zone in zones]
    if (name or zone_id) and (name or zone_id) not in known:
        parameter = "availabilityZoneId" if zone_id else "availabilityZone"
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({name or zone_id}) for parameter {parameter} is invalid. Subnets can currently only be created "
            f"in the following availability zones: {', '.join(known)}.",
        )


# DescribeRegions: only the regions that are on, unless AllRegions; an unknown one is InvalidParameterValue.
@after("ec2", "DescribeRegions")
def enabled_regions(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shown = {row["RegionName"] for row in result["Regions"]}
    for wanted in call.params.get("RegionNames") or []:
        if wanted not in shown:
            raise AwsError("InvalidParameterValue", f"Region not found: {wanted}")
    if not call.params.get("AllRegions"):
        result["Regions"] = [row for row in result["Regions"] if row["OptInStatus"] != "not-opted-in"]
    return result

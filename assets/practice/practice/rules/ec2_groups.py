# SPDX-License-Identifier: MIT
"""Security groups and their rules: what EC2 refuses and makes canonical.

Sources: EC2 API reference (CreateSecurityGroup, AuthorizeSecurityGroupIngress, IpPermission, "Error codes"),
aws.md 2.7.
Names that are taken: duplicates.py. Groups in use: eni.py.
"""

import re
from typing import Any

from practice import emulator, forms
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.rules.ec2_network import canonical

NAME = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
DESCRIPTION = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"
PORT_AT_MOST = 65535
PROTOCOLS = {"tcp", "udp", "icmp", "icmpv6", "-1"}
AUTHORIZE = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
CHANGES = (*AUTHORIZE, "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")


# Names and descriptions: 255 of certain characters; a name is not like an identifier, and not "default".
@before("ec2", "CreateSecurityGroup")
def group_name(_cloud: Cloud, call: Call) -> None:
    name = call.params["GroupName"]
    if name.startswith("sg-"):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        )
    if name.lower() == "default":
        raise AwsError("InvalidGroup.Reserved", f"Cannot use reserved security group name: {name}")
    if not call.params["Description"]:
        raise AwsError("MissingParameter", "The request must contain the parameter GroupDescription")
    for member in ("GroupName", "Description"):
        text = call.params[member]
        if not re.fullmatch(NAME, text):
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({text[:300]}) for parameter {member} is invalid. Up to 255 of a-z, A-Z, 0-9, spaces, and "
                "._-:/()#,@[]+=&;{}!$* are allowed.",
            )


# A change names a group and rules, by permissions or by the rules' identifiers.
@before("ec2", *CHANGES)
def some_rule(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if not p.get("GroupId") and not p.get("GroupName"):
        raise AwsError("MissingParameter", "The request must contain the parameter groupName or groupId")
    if not (p.get("IpPermissions") or p.get("SecurityGroupRuleIds") or p.get("IpProtocol")):
        raise AwsError("MissingParameter", "The request must contain the parameter ipPermissions")


# What a permission may be: a known protocol, ports in order, and somebody at the other end.
@before("ec2", *AUTHORIZE)
def permissions(_cloud: Cloud, call: Call) -> None:
    for permission in [*(call.params.get("IpPermissions") or []), *_flat(call.params)]:
        _judge_ports(permission)
        ends = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
        if not any(permission.get(end) for end in ends):
            raise AwsError(
                "MissingParameter", "Either a CIDR block, a prefix list or a security group must be specified"
            )


# A rule's description: 255 of the characters that names may have (API reference, IpRange and UserIdGroupPair).
@before("ec2", *AUTHORIZE)
def rule_descriptions(_cloud: Cloud, call: Call) -> None:
    for permission in call.params.get("IpPermissions") or []:
        for end in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            for one in permission.get(end) or []:
                if not re.fullmatch(DESCRIPTION, one.get("Description") or ""):
                    raise AwsError(
                        "InvalidParameterValue",
                        "Invalid rule description. Valid descriptions are strings less than 256 characters from the "
                        "following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
                    )


def _flat(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The older form of a single rule: IpProtocol, FromPort, ToPort and CidrIp in the request itself."""
    if not params.get("IpProtocol"):
        return []
    one: dict[str, Any] = {name: params[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in params}
    other_end = params.get("CidrIp") or params.get("SourceSecurityGroupName")
    return [{**one, "IpRanges": [{"CidrIp": params["CidrIp"]}] if params.get("CidrIp") else [],
             "UserIdGroupPairs": [{}] if other_end and not params.get("CidrIp") else []}]  # fmt: skip


def _judge_ports(permission: dict[str, Any]) -> None:
    protocol = permission.get("IpProtocol")
    if not protocol:
        raise AwsError("MissingParameter", "The request must contain the parameter ipProtocol")
    if protocol not in PROTOCOLS and not (protocol.isdigit() and int(protocol) <= 255):
        raise AwsError(
            "InvalidParameterValue", f"Invalid value '{protocol}' for IP protocol. Unknown protocol."
        )
    if protocol not in ("tcp", "udp", "6", "17"):
        return
    low, high = permission.get("FromPort"), permission.get("ToPort")
    if low is None or high is None:
        raise AwsError("InvalidParameterValue", "Must specify both from and to ports with TCP/UDP.")
    if not 0 <= low <= high <= PORT_AT_MOST:
        raise AwsError(
            "InvalidParameterValue", f"Invalid {protocol.upper()} port range: from {low} to {high}"
        )


# CIDR blocks are kept canonical, so 10.4.0.0/8 repeats 10.0.0.0/8 (API reference, IpRange).
@before("ec2", *CHANGES)
def canonical_blocks(_cloud: Cloud, call: Call) -> None:
    new: dict[str, str] = {}
    ranges = [one for p in call.params.get("IpPermissions") or [] for one in p.get("IpRanges") or []]
    for one in [*ranges, *([call.params] if call.params.get("CidrIp") else [])]:
        text = one.get("CidrIp") or ""
        try:
            one["CidrIp"] = new[text] = canonical(text)
        except ValueError:
            raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed") from None
    if any(text != block for text, block in new.items()):
        forms.change(call, lambda name, value: new.get(value, value) if name.endswith("CidrIp") else value)


# A rule names groups of its own VPC (InvalidGroup.NotFound, as for one that does not exist).
@before("ec2", *AUTHORIZE)
def groups_of_one_network(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    group = ec2.get_security_group_from_id(call.params.get("GroupId") or "")
    for permission in call.params.get("IpPermissions") or []:
        for pair in permission.get("UserIdGroupPairs") or []:
            other = ec2.get_security_group_from_id(pair.get("GroupId") or "")
            if group and other and other.vpc_id != group.vpc_id:
                raise AwsError(
                    "InvalidGroup.NotFound",
                    "You have specified two resources that belong to different networks.",
                )


# A rule's prefix list exists.
@before("ec2", *AUTHORIZE)
def prefix_lists_exist(_cloud: Cloud, call: Call) -> None:
    known = emulator.backend("ec2", call.account, call.region).managed_prefix_lists
    for permission in call.params.get("IpPermissions") or []:
        for item in permission.get("PrefixListIds") or []:
            name = item.get("PrefixListId")
            if name not in known:
                raise AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{name}' does not exist")


# The same rule twice in one request is refused before anything is added (InvalidParameterValue).
@before("ec2", *AUTHORIZE)
def same_rule_twice(_cloud: Cloud, call: Call) -> None:
    seen = set()
    for permission in call.params.get("IpPermissions") or []:
        ends = [one.get("CidrIp") for one in permission.get("IpRanges") or []]
        ends += [pair.get("GroupId") for pair in permission.get("UserIdGroupPairs") or []]
        for end in ends:
            rule = (permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort"), end)
            if rule in seen:
                raise AwsError("InvalidParameterValue", "The same permission must not appear multiple times")
            seen.add(rule)


# A request is done whole or not at all: a duplicate among its rules leaves the group as it was (moto adds the first).
@before("ec2", *AUTHORIZE)
def all_or_nothing(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    group = ec2.get_security_group_from_id(call.params.get("GroupId") or "")
    if not group:
        return
    rules = group.egress_rules if call.operation.endswith("Egress") else group.ingress_rules
    known = {_rule_key(rule) for rule in rules}
    for permission in call.params.get("IpPermissions") or []:
        for key in _keys(permission):
            if key in known:
                protocol, low, high, end = key
                raise AwsError(
                    "InvalidPermission.Duplicate",
                    f'the specified rule "peer: {end}, {protocol}, from port: {low}, to port: {high}, ALLOW" '
                    "already exists",
                )


# What a group of the default VPC does not have is not revoked and told, without an error (API reference,
# RevokeSecurityGroupIngress and -Egress); in other VPCs it is InvalidPermission.NotFound, which is moto's to say.
@before("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def unknown_in_the_default_vpc(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    group = ec2.get_security_group_from_id(call.params.get("GroupId") or "")
    given = call.params.get("IpPermissions") or []
    if not group or not given or not ec2.vpcs[group.vpc_id].is_default:
        return None
    known = {_rule_key(rule) for rule in (group.egress_rules if call.operation.endswith("Egress") else
                                          group.ingress_rules)}  # fmt: skip
    unknown = [permission for permission in given if not any(key in known for key in _keys(permission))]
    return {"Return": True, "UnknownIpPermissions": unknown} if len(unknown) == len(given) else None


def _rule_key(rule: Any) -> tuple[Any, ...]:
    ports = [_port(value, rule.ip_protocol) for value in (rule.from_port, rule.to_port)]
    return (rule.ip_protocol, *ports, rule.ip_range.get("CidrIp") or rule.source_group.get("GroupId"))


def _keys(permission: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A permission as its rules, one for each other end."""
    protocol = permission.get("IpProtocol")
    ports = [_port(permission.get(name), protocol) for name in ("FromPort", "ToPort")]
    ends = [one.get("CidrIp") for one in permission.get("IpRanges") or []]
    ends += [pair.get("GroupId") for pair in permission.get("UserIdGroupPairs") or []]
    return [(protocol, *ports, end) for end in ends if end]


# UpdateSecurityGroupRuleDescriptions... by the rules' identifiers (API reference, SecurityGroupRuleDescription); moto
# looks at IpPermissions alone.
@before("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def descriptions_by_id(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    given = call.params.get("SecurityGroupRuleDescriptions") or []
    ec2 = emulator.backend("ec2", call.account, call.region)
    group = ec2.get_security_group_from_id(call.params.get("GroupId") or "")
    if not given or not group:
        return None
    rules = {rule.id: rule for rule in (group.egress_rules if call.operation.endswith("Egress") else
                                        group.ingress_rules)}  # fmt: skip
    for one in given:
        if one.get("SecurityGroupRuleId") not in rules:
            raise AwsError(
                "InvalidSecurityGroupRuleId.NotFound",
                f"The security group rule ID '{one.get('SecurityGroupRuleId')}' does not exist",
            )
    for one in given:
        rule = rules[one["SecurityGroupRuleId"]]
        (rule.ip_range or rule.source_group)["Description"] = one.get("Description") or ""
    return {"Return": True}


# All ports of a rule are -1 to -1 (API reference, SecurityGroupRule); moto leaves both out of the answer.
@after("ec2", *AUTHORIZE)
def all_ports(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    rules = [rule for rule in result.get("SecurityGroupRules") or [] if rule.get("IpProtocol") == "-1"]
    for rule in rules:
        rule.update(FromPort=-1, ToPort=-1)
    return result if rules else None


def _port(value: Any, protocol: Any) -> int | None:
    """All ports is -1 to one and nothing to the other."""
    return None if value in (None, -1) or protocol == "-1" else int(value)

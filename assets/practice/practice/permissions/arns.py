# SPDX-License-Identifier: MIT
"""ARNs of the things that calls name, and their tags, found in moto's state. Hold emulator.lock.

A name that is already an ARN stays what it is. What does not exist has an ARN all the same: a denial comes before
"not found".
"""

from typing import Any

from practice import emulator
from practice.census import plain_tags
from practice.identify import Call
from practice.partition import here

# ---- EC2: parameters that name a thing, and the kind of it ("" is told by the id)

EC2_PARAMETERS = {
    "VpcId": "vpc",
    "SubnetId": "subnet",
    "RouteTableId": "route-table",
    "GroupId": "security-group",
    "InternetGatewayId": "internet-gateway",
    "AllocationId": "elastic-ip",
    "NatGatewayId": "natgateway",
    "NetworkInterfaceId": "network-interface",
    "VpcEndpointId": "vpc-endpoint",
    "VpcEndpointIds": "vpc-endpoint",
    "SecurityGroupRuleIds": "security-group-rule",
    "InstanceId": "instance",
    "Resources": "",
    "RouteTableIds": "route-table",
    "SubnetIds": "subnet",
    "SecurityGroupIds": "security-group",
}
# Parameters that the authorization reference does not list for the operation.
EC2_NOT_A_RESOURCE = {
    "CreateRoute": ("NatGatewayId", "NetworkInterfaceId", "InstanceId"),
    "ReplaceRoute": ("NatGatewayId", "NetworkInterfaceId", "InstanceId"),
    # Rules are named, and it is the group that is asked for.
    "RevokeSecurityGroupIngress": ("SecurityGroupRuleIds",),
    "RevokeSecurityGroupEgress": ("SecurityGroupRuleIds",),
}
EC2_CREATES = {
    "CreateVpc": ("vpc",),
    "CreateSubnet": ("subnet",),
    "CreateInternetGateway": ("internet-gateway",),
    "AllocateAddress": ("elastic-ip",),
    "CreateNatGateway": ("natgateway",),
    "CreateRouteTable": ("route-table",),
    "CreateVpcEndpoint": ("vpc-endpoint",),
    "CreateSecurityGroup": ("security-group",),
    "CreateNetworkInterface": ("network-interface",),
}
EC2_KIND_OF_PREFIX = {
    "vpc": "vpc",
    "subnet": "subnet",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "igw": "internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "eni": "network-interface",
    "vpce": "vpc-endpoint",
    "i": "instance",
}
BALANCER_KIND = {"application": "app", "network": "net", "gateway": "gwy"}
TAG_ACTIONS = {
    "elbv2": "elasticloadbalancing:AddTags",
    "ecs": "ecs:TagResource",
    "ecr": "ecr:TagResource",
    "secretsmanager": "secretsmanager:TagResource",
    "kms": "kms:TagResource",
    "logs": "logs:TagResource",
    "apigatewayv2": "apigateway:TagResource",
    "application-autoscaling": "application-autoscaling:TagResource",
    "iam": "iam:TagRole",
}
# ECS operations without resource-level permissions (aws.md 10.3, EcsStar).
ECS_STAR = {
    "RegisterTaskDefinition",
    "DeregisterTaskDefinition",
    "DescribeTaskDefinition",
    "ListServices",
    "ListTasks",
}
ECS_LISTS_OF_ONE = {"ListTagsForResource", "ListServiceDeployments"}
LINKED_ROLES = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}


def ec2(call: Call, kind: str, name: str) -> str:
    return f"arn:aws:ec2:{call.region}:{call.account}:{kind}/{name}"


def ec2_kind(name: str) -> str:
    return EC2_KIND_OF_PREFIX.get(name.partition("-")[0], "*")


def vpc_of(call: Call) -> str | None:
    """The VPC of what a call names, for ec2:Vpc."""
    if call.params.get("VpcId"):
        return call.params["VpcId"]
    backend = emulator.backend("ec2", call.account, call.region)
    group = call.params.get("GroupId")
    if group:
        found = backend.get_security_group_from_id(group)
        return found.vpc_id if found else None
    return None


def association(call: Call, name: str) -> tuple[str, str] | None:
    """The route table and the subnet of an association."""
    for table in emulator.backend("ec2", call.account, call.region).route_tables.values():
        if name in table._associations:
            return table.id, table._associations[name]
    return None


def linked_role(service: str) -> str:
    return LINKED_ROLES.get(service, "AWSServiceRoleFor*")


def role_exists(call: Call, name: str) -> bool:
    return any(role.name == name for role in emulator.backend("iam", call.account, here()).roles.values())


def iam(call: Call, kind: str, name: str, path: str | None) -> str:
    """With the path of the one that exists, or of the one to be made."""
    if kind == "role" and path is None:
        for role in emulator.backend("iam", call.account, here()).roles.values():
            if role.name == name:
                return role.arn
    return f"arn:aws:iam::{call.account}:{kind}{path or '/'}{name}"


def ecs(call: Call, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:ecs:{call.region}:{call.account}:{kind}/{name}"


def _cluster(call: Call) -> str:
    return (call.params.get("cluster") or "default").rpartition("/")[2]


def ecs_service(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else ecs(call, "service", f"{_cluster(call)}/{name}")


def ecs_task(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else ecs(call, "task", f"{_cluster(call)}/{name}")


def listener_of(call: Call) -> str:
    """The listener to be made: under its load balancer's name and id."""
    balancer = call.params.get("LoadBalancerArn", "").partition(":loadbalancer/")[2]
    return f"arn:aws:elasticloadbalancing:{call.region}:{call.account}:listener/{balancer}/*"


def _secret(call: Call, name: str) -> Any:
    secrets = emulator.backend("secretsmanager", call.account, call.region).secrets
    for one in dict.values(secrets):
        if name in (one.name, one.arn) or one.arn[:-7] == name:
            return one
    return None


def secret(call: Call, name: str) -> str:
    found = _secret(call, name)
    if found is not None:
        return found.arn
    return (
        name
        if name.startswith("arn:")
        else f"arn:aws:secretsmanager:{call.region}:{call.account}:secret:{name}"
    )


def secret_key(call: Call) -> str | None:
    """The key of one's own under which a secret lies; the AWS managed one needs no permission."""
    key = call.params.get("KmsKeyId")
    if not key and call.params.get("SecretId"):
        found = _secret(call, call.params["SecretId"])
        key = found.kms_key_id if found is not None else None
    return None if not key or "alias/aws/" in key else key


def _kms(call: Call) -> Any:
    return emulator.backend("kms", call.account, call.region)


def key_of_alias(call: Call, alias: str) -> str | None:
    return next((one.id for one in _kms(call).keys.values() if alias in one.aliases), None)


def key(call: Call, name: str) -> str:
    """The ARN of a key by id, ARN or alias."""
    last = name.rpartition(":")[2]
    if last.startswith("alias/"):
        name = key_of_alias(call, last) or last
    if name.startswith("arn:"):
        return name
    return f"arn:aws:kms:{call.region}:{call.account}:{'' if name.startswith('alias/') else 'key/'}{name}"


def key_exists(call: Call, name: str) -> bool:
    """Whether there is such a key; one of another account is not asked for."""
    arn = key(call, name)
    return arn.split(":")[4] != call.account or arn.rpartition("/")[2] in _kms(call).keys


def key_policy(call: Call, arn: str) -> str | None:
    found = _kms(call).keys.get(arn.rpartition("/")[2])
    return found.policy if found is not None else None


def secret_policy(call: Call, arn: str) -> str | None:
    found = _secret(call, arn)
    return getattr(found, "policy", None) if found is not None else None


# ---- tags, for aws:ResourceTag


def tags(call: Call, arn: str) -> dict[str, str]:
    """The tags of what exists; nothing for what does not."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or arn.endswith("*"):
        return {}
    reader = READERS.get(parts[2])
    return reader(call, arn, parts[5]) if reader else {}


def _ec2_tags(call: Call, _arn: str, rest: str) -> dict[str, str]:
    name = rest.partition("/")[2]
    return dict(emulator.backend("ec2", call.account, call.region).tags.get(name, {}))


def _iam_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    for role in emulator.backend("iam", call.account, here()).roles.values():
        if role.arn == arn:
            return plain_tags(role.tags)
    return {}


def _elb_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    return emulator.backend("elbv2", call.account, call.region).tagging_service.get_tag_dict_for_resource(arn)


def _ecr_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    return emulator.backend("ecr", call.account, call.region).tagger.get_tag_dict_for_resource(arn)


def _kms_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    return _kms(call).tagger.get_tag_dict_for_resource(arn.rpartition("/")[2])


def _logs_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    plain = arn.partition(":log-stream:")[0]
    return emulator.backend("logs", call.account, call.region).tagger.get_tag_dict_for_resource(plain)


def _secret_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    found = _secret(call, arn)
    return plain_tags(found.tags) if found is not None else {}


def _ecs_tags(call: Call, arn: str, rest: str) -> dict[str, str]:
    backend = emulator.backend("ecs", call.account, call.region)
    kind, _, name = rest.partition("/")
    things: dict[str, Any] = {
        "cluster": backend.clusters.get(name),
        "service": next((s for s in backend.services.values() if s.arn == arn), None),
    }
    found = things.get(kind)
    return plain_tags(getattr(found, "tags", None))


def _gateway_tags(call: Call, arn: str, _rest: str) -> dict[str, str]:
    return emulator.backend("apigatewayv2", call.account, call.region).get_tags(arn)


READERS = {
    "ec2": _ec2_tags,
    "iam": _iam_tags,
    "elasticloadbalancing": _elb_tags,
    "ecr": _ecr_tags,
    "kms": _kms_tags,
    "logs": _logs_tags,
    "secretsmanager": _secret_tags,
    "ecs": _ecs_tags,
    "apigateway": _gateway_tags,
}

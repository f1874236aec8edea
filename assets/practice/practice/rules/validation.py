# SPDX-License-Identifier: MIT
"""What a service model cannot say and AWS refuses all the same: relations between members, names, other resources."""

import re
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LISTENER_ARN = re.compile(
    r"^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/app/[^/]+/[0-9a-f]+/[0-9a-f]+$"
)

# aws.md 2.4, from the API reference of PutRetentionPolicy.
RETENTION_DAYS = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                  3653}  # fmt: skip


# Names of load balancers and target groups (aws.md 2.9).
@before("elbv2", "CreateLoadBalancer", "CreateTargetGroup")
def elb_name(_cloud: Cloud, call: Call) -> None:
    name = call.params["Name"]
    what = "Load balancer" if call.operation == "CreateLoadBalancer" else "Target group"
    if not re.fullmatch(r"[A-Za-z0-9-]{1,32}", name):
        raise AwsError("ValidationError", f"{what} name '{name}' must be 1 to 32 letters, digits or hyphens")
    if name.startswith("-") or name.endswith("-"):
        raise AwsError("ValidationError", f"{what} name '{name}' cannot begin or end with '-'")
    if what == "Load balancer" and name.startswith("internal-"):
        raise AwsError("ValidationError", f"{what} name '{name}' cannot begin with 'internal-'")


# Subnets of a load balancer: known, of one VPC, one in each of at least two zones (aws.md 2.9).
@before("elbv2", "CreateLoadBalancer")
def load_balancer_subnets(_cloud: Cloud, call: Call) -> None:
    ec2, params = emulator.backend("ec2", call.account, call.region), call.params
    ids = params.get("Subnets") or [m["SubnetId"] for m in params.get("SubnetMappings") or []]
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    missing = [subnet for subnet in ids if subnet not in known]
    if missing:
        raise AwsError("SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
    subnets = [known[subnet] for subnet in ids]
    zones = [subnet.availability_zone for subnet in subnets]
    if len(set(zones)) < len(zones):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if params.get("Type", "application") == "application" and len(zones) < 2:
        raise AwsError(
            "ValidationError", "At least two subnets in two different Availability Zones must be specified"
        )
    vpcs = {subnet.vpc_id for subnet in subnets}
    if len(vpcs) > 1:
        raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    vpc = vpcs.pop()
    for group in params.get("SecurityGroups") or []:
        if group not in ec2.groups.get(vpc, {}):
            raise AwsError("InvalidSecurityGroup", f"One or more security groups are invalid: {group}")
    public = params.get("Scheme", "internet-facing") == "internet-facing"
    if public and not any(
        gateway.vpc and gateway.vpc.id == vpc for gateway in ec2.internet_gateways.values()
    ):
        raise AwsError("InvalidSubnet", f"VPC {vpc} has no internet gateway")


# A health check's timeout lies below its interval; over HTTP the default timeout is 6 s or 5 s (aws.md 2.9).
@before("elbv2", "CreateTargetGroup")
def health_check_times(_cloud: Cloud, call: Call) -> None:
    interval = call.params.get("HealthCheckIntervalSeconds", 30)
    timeout = call.params.get("HealthCheckTimeoutSeconds", 6)
    if timeout >= interval:
        raise AwsError("ValidationError", "Health check timeout must be smaller than the interval")


# A route's gateway exists and belongs to the table's network (aws.md 2.8); moto makes routes to nothing.
@before("ec2", "CreateRoute", "ReplaceRoute")
def route_gateway(_cloud: Cloud, call: Call) -> None:
    ec2, params = emulator.backend("ec2", call.account, call.region), call.params
    table = ec2.route_tables.get(params["RouteTableId"])
    if not table:
        return
    destination = params.get("DestinationCidrBlock")
    if call.operation == "ReplaceRoute" and destination not in {
        r.destination_cidr_block for r in table.routes
    }:
        raise AwsError(
            "InvalidParameterValue",
            f"There is no route defined for '{destination}' in the route table. Use CreateRoute instead.",
        )
    nat_id, gateway_id = params.get("NatGatewayId"), params.get("GatewayId") or ""
    nat = ec2.nat_gateways.get(nat_id)
    if nat_id and (not nat or nat.state in ("deleting", "deleted", "failed")):
        raise AwsError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_id}' does not exist")
    if nat and nat.vpc_id != table.vpc_id:  # in the words of saltstack/salt#38791
        raise AwsError(
            "InvalidParameterValue",
            f"route table {table.id} and interface {nat._eni.id} belong to different networks",
        )
    gateway = ec2.internet_gateways.get(gateway_id)
    if gateway and (not gateway.vpc or gateway.vpc.id != table.vpc_id):
        raise AwsError(
            "InvalidParameterValue",
            f"route table {table.id} and network gateway {gateway_id} belong to different networks",
        )


# A private integration names an ALB listener of this account and a VPC link; both exist (aws.md 2.10). Whether a
# PENDING link is accepted is not known (aws.md 12): it is accepted here, and its requests fail until it is AVAILABLE.
@before("apigatewayv2", "CreateIntegration", "UpdateIntegration")
def private_integration(_cloud: Cloud, call: Call) -> None:
    params = call.params
    if params.get("ConnectionType") != "VPC_LINK":
        return
    links = emulator.backend("apigatewayv2", call.account, call.region).vpc_links
    if params.get("ConnectionId") not in links:
        raise AwsError("BadRequestException", f"VPC link {params.get('ConnectionId') or '(none)'} does not exist.")
    if params.get("IntegrationType") == "HTTP_PROXY" and not params.get("IntegrationMethod"):
        raise AwsError(
            "BadRequestException", "HttpMethod must not be null for non-proxy HTTP and private integrations"
        )
    uri = params.get("IntegrationUri", "")
    if not LISTENER_ARN.match(uri):
        raise AwsError(
            "BadRequestException",
            f"For VpcLink {params['ConnectionId']}, integration uri should be a valid ELB listener ARN or a valid "
            "Cloud Map service ARN.",
        )
    balancers = emulator.backend("elbv2", call.account, call.region).load_balancers.values()
    if not any(uri in balancer.listeners for balancer in balancers):
        raise AwsError(
            "BadRequestException",
            "Unable to retrieve listener port and load balancer DNS name from ELB listener",
        )


# A route's key is $default or METHOD /path, its target an integration of the same API (aws.md 2.10).
@before("apigatewayv2", "CreateRoute", "UpdateRoute")
def route_target(_cloud: Cloud, call: Call) -> None:
    api = emulator.backend("apigatewayv2", call.account, call.region).apis[call.params["ApiId"]]
    key, target = call.params.get("RouteKey"), call.params.get("Target")
    methods = "ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT"
    if key is not None and key != "$default" and not re.fullmatch(rf"({methods}) /\S*", key):
        raise AwsError(
            "BadRequestException",
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
        )
    if target is not None and target.removeprefix("integrations/") not in api.integrations:
        raise AwsError("BadRequestException", "The provided integration identifier is not valid.")


# Subnets and groups of a VPC link exist and belong to one VPC (aws.md 5, VPC link FAILED).
@before("apigatewayv2", "CreateVpcLink")
def vpc_link_network(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    missing = [subnet for subnet in call.params["SubnetIds"] if subnet not in known]
    if missing or not call.params["SubnetIds"]:
        raise AwsError("BadRequestException", f"Invalid subnet ids: {', '.join(missing) or '(none)'}")
    vpcs = {known[subnet].vpc_id for subnet in call.params["SubnetIds"]}
    if len(vpcs) > 1:
        raise AwsError("BadRequestException", "Subnets must belong to the same VPC")
    groups = ec2.groups.get(vpcs.pop(), {})
    for group in call.params.get("SecurityGroupIds") or []:
        if group not in groups:
            raise AwsError("BadRequestException", f"Invalid security group id: {group}")


# PutRetentionPolicy takes only certain numbers of days (aws.md 2.4).
@before("logs", "PutRetentionPolicy")
def retention(_cloud: Cloud, call: Call) -> None:
    if call.params["retentionInDays"] not in RETENTION_DAYS:
        raise AwsError(
            "InvalidParameterException", f"{call.params['retentionInDays']} is not a valid retentionInDays"
        )


# Log groups: not starting with aws/; a key is given by its ARN (aws.md 2.4).
@before("logs", "CreateLogGroup")
def log_group(_cloud: Cloud, call: Call) -> None:
    if call.params["logGroupName"].startswith("aws/"):
        raise AwsError("InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.")
    key = call.params.get("kmsKeyId")
    if key is not None and not _key_exists(call, key, need_arn=True):
        raise AwsError("InvalidParameterException", f"The specified KMS Key Id could not be found: {key}")


def _key_exists(call: Call, key: str, need_arn: bool = False) -> bool:
    if need_arn and not key.startswith("arn:"):
        return False
    keys = emulator.backend("kms", call.account, call.region).keys
    name = key.rpartition(":")[2]  # of an ARN its last part, else the whole
    if name.startswith("alias/"):
        return any(name in known.aliases for known in keys.values())
    return name.removeprefix("key/") in keys


# A token makes a secret's version; SDKs send one by themselves, a raw request must (aws.md 2.3).
@before("secretsmanager", "CreateSecret", "PutSecretValue")
def secret_token(_cloud: Cloud, call: Call) -> None:
    if not call.params.get("ClientRequestToken"):
        raise AwsError("InvalidParameterException", "You must provide a ClientRequestToken value.")


# CreateSecret: the name, and the key (aws.md 2.3).
@before("secretsmanager", "CreateSecret")
def secret(_cloud: Cloud, call: Call) -> None:
    name = call.params["Name"]
    if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or -/_+=.@!",
        )
    key = call.params.get("KmsKeyId")
    if key and not key.startswith("alias/aws/") and not _key_exists(call, key):
        raise AwsError("InvalidRequestException", f"The KMS key {key} does not exist.")


# RegisterScalableTarget: the service exists (aws.md 2.12).
@before("application-autoscaling", "RegisterScalableTarget")
def scalable_target(_cloud: Cloud, call: Call) -> None:
    if call.params["ServiceNamespace"] == "ecs":
        _, cluster, name = (call.params["ResourceId"].split("/") + ["", ""])[:3]
        services = emulator.backend("ecs", call.account, call.region).services.values()
        if not any(s.cluster_name == cluster and s.name == name and s.status == "ACTIVE" for s in services):
            raise AwsError("ValidationException", f"ECS service doesn't exist: {call.params['ResourceId']}")


RESERVED = {"ec2": "InvalidParameterValue", "query": "ValidationError", "json": "InvalidParameterException"}
RESERVED_OF_SERVICE = {
    "ecr": "InvalidTagParameterException",
    "kms": "TagException",
    "iam": "InvalidInput",
    "rds": "InvalidParameterValue",
    "application-autoscaling": "ValidationException",
}


# Tag keys of AWS's own prefix cannot be set by anyone (aws.md 1).
@before("*", "*")
def reserved_tag_keys(_cloud: Cloud, call: Call) -> None:
    for key in tag_keys(call.params):
        if key.lower().startswith("aws:"):
            code = RESERVED_OF_SERVICE.get(call.service) or RESERVED.get(call.protocol, "BadRequestException")
            raise AwsError(code, f"Tag keys starting with 'aws:' are reserved for internal use: {key}")


# Tags are letters, digits, spaces and some signs (EC2 user guide, "Tag restrictions"); some services take more signs,
# none a control character, which XML cannot carry back. The codes are those of other wrong tags (unverified).
@before("*", "*")
def control_characters_in_tags(_cloud: Cloud, call: Call) -> None:
    for key, value in tags_of(call.params):
        if CONTROL.search(key + value):
            code = RESERVED_OF_SERVICE.get(call.service) or RESERVED.get(call.protocol, "BadRequestException")
            raise AwsError(code, f"The tag {CONTROL.sub('?', key)} contains characters that are not allowed")


def tag_keys(params: dict[str, Any]) -> list[str]:
    """The keys of the tags that a request sets, in any of the services' shapes."""
    return [key for key, _ in tags_of(params)]


def tags_of(params: dict[str, Any]) -> list[tuple[str, str]]:
    """The tags that a request sets, in any of the services' shapes."""
    given = params.get("Tags") or params.get("tags") or []
    found = list(given.items()) if isinstance(given, dict) else [_pair(tag) for tag in given]
    for specification in params.get("TagSpecifications") or []:
        found += [_pair(tag) for tag in specification.get("Tags", [])]
    return [(str(key), str(value)) for key, value in found]


def _pair(tag: Any) -> tuple[str, str]:
    if not isinstance(tag, dict):
        return "", ""
    names = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))
    found = next(((tag[k], tag.get(v) or "") for k, v in names if tag.get(k)), ("", ""))
    return found[0], found[1]

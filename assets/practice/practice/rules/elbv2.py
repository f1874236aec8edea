# SPDX-License-Identifier: MIT
"""Elastic Load Balancing: what its API refuses and moto accepts. Names, duplicates and states are in the other rules.

Sources: the API reference of each operation, the Application Load Balancers guide, aws.md 2.9."""

import ipaddress
import re
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

ARN = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:(\w[\w-]*)/.+")
PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
FREE_ADDRESSES = 8
TAGS_MAX = 50


def _store(call: Call) -> Any:
    return emulator.backend("elbv2", call.account, call.region)


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


# ---- load balancers


# CreateLoadBalancer: subnets or their mappings, not both; an application load balancer needs some.
@before("elbv2", "CreateLoadBalancer", "SetSubnets")
def subnets_or_mappings(_cloud: Cloud, call: Call) -> None:
    subnets, mappings = call.params.get("Subnets") or [], call.params.get("SubnetMappings") or []
    if subnets and mappings:
        raise invalid("You can only specify either subnets or subnet mappings")
    if not subnets and not mappings:
        raise invalid("You must specify subnets or subnet mappings")


# ALB guide, "Subnets for your load balancer": at least 8 free addresses in each.
@before("elbv2", "CreateLoadBalancer")
def free_addresses(_cloud: Cloud, call: Call) -> None:
    ec2 = emulator.backend("ec2", call.account, call.region)
    if any(one.name == call.params["Name"] for one in _store(call).load_balancers.values()):
        return  # the existing one is answered
    for name in call.params.get("Subnets") or [m["SubnetId"] for m in call.params["SubnetMappings"]]:
        subnet = ec2.get_subnet(name)
        used = sum(len(eni.private_ip_addresses) for eni in ec2.enis.values() if eni.subnet.id == name)
        if subnet.cidr.num_addresses - 5 - used < FREE_ADDRESSES:
            raise AwsError(
                "InvalidSubnet",
                f"Not enough IP space available in {name}. ELB requires at least 8 free IP addresses in each subnet.",
            )


# SetSubnets: the rules of CreateLoadBalancer; moto has codes of its own.
@before("elbv2", "SetSubnets")
def new_subnets(_cloud: Cloud, call: Call) -> None:
    balancer = find_balancer(call)
    ec2 = emulator.backend("ec2", call.account, call.region)
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    names = call.params.get("Subnets") or [m["SubnetId"] for m in call.params["SubnetMappings"]]
    for name in names:
        if name not in known:
            raise AwsError("SubnetNotFound", f"The subnet ID '{name}' does not exist")
        if known[name].vpc_id != balancer.vpc_id:
            raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    zones = [known[name].availability_zone for name in names]
    if len(set(zones)) < len(zones):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if balancer.type == "application" and len(zones) < 2:
        raise invalid("At least two subnets in two different Availability Zones must be specified")


# SetSecurityGroups: groups of the load balancer's VPC, and at least one.
@before("elbv2", "SetSecurityGroups")
def new_groups(_cloud: Cloud, call: Call) -> None:
    groups = emulator.backend("ec2", call.account, call.region).groups.get(find_balancer(call).vpc_id, {})
    if not call.params["SecurityGroups"]:
        raise invalid("At least one security group must be specified")
    for name in call.params["SecurityGroups"]:
        if name not in groups:
            raise AwsError("InvalidSecurityGroup", f"One or more security groups are invalid: {name}")


def find_balancer(call: Call) -> Any:
    found = _store(call).load_balancers.get(call.params["LoadBalancerArn"])
    if found is None:
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    return found


# ---- target groups


def find_group(call: Call) -> Any:
    found = _store(call).target_groups.get(call.params["TargetGroupArn"])
    if found is None:
        raise AwsError("TargetGroupNotFound", "One or more target groups not found")
    return found


# CreateTargetGroup, ModifyTargetGroup: path, port and matcher of the health check (API reference, Matcher).
@before("elbv2", "CreateTargetGroup", "ModifyTargetGroup")
def health_check(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if call.operation == "ModifyTargetGroup":
        find_group(call)
    path, port = p.get("HealthCheckPath"), p.get("HealthCheckPort")
    if path is not None and not path.startswith("/"):
        raise invalid(f"Health check path '{path}' must begin with a '/' character")
    if port not in (None, "traffic-port") and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise invalid(f"Health check port '{port}' must be either 'traffic-port' or a port from 1 to 65535")
    codes = (p.get("Matcher") or {}).get("HttpCode")
    if codes is not None:
        parts = [number for part in codes.split(",") for number in part.split("-")]
        if not all(re.fullmatch(r"\d{3}", number) and 200 <= int(number) <= 499 for number in parts):
            raise invalid(f"Health check matcher HTTP code '{codes}' must be within '200-499'")
    version = p.get("ProtocolVersion")
    if version not in (None, "", "HTTP1", "HTTP2", "GRPC"):  # Terraform sends an empty one
        raise invalid(f"Protocol version '{version}' must be one of [HTTP1, HTTP2, GRPC]")


# ModifyTargetGroup: the timeout stays below the interval, also when only one of them changes (aws.md 2.9).
@before("elbv2", "ModifyTargetGroup")
def health_check_times(_cloud: Cloud, call: Call) -> None:
    group = find_group(call)
    interval = call.params.get("HealthCheckIntervalSeconds") or int(group.health_check_interval_seconds)
    timeout = call.params.get("HealthCheckTimeoutSeconds") or int(group.health_check_timeout_seconds)
    if timeout >= interval:
        raise invalid("Health check timeout must be smaller than the interval")


# CreateTargetGroup: over HTTP the timeout is 5 s when none is given, the version HTTP1, the path "/" (moto: 10 s).
@after("elbv2", "CreateTargetGroup")
def group_defaults(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    for shown in result["TargetGroups"]:
        group = _store(call).target_groups[shown["TargetGroupArn"]]
        if group.protocol in ("HTTP", "HTTPS"):
            if "HealthCheckTimeoutSeconds" not in call.params:
                group.health_check_timeout_seconds = 5
            group.protocol_version = group.protocol_version or "HTTP1"
            group.health_check_path = group.health_check_path or "/"
            shown.update(
                HealthCheckTimeoutSeconds=int(group.health_check_timeout_seconds),
                ProtocolVersion=group.protocol_version,
                HealthCheckPath=group.health_check_path,
            )
    return result


# RegisterTargets: an IP target lies in the group's VPC, or in a private range with the zone "all" (API reference,
# TargetDescription).
@before("elbv2", "RegisterTargets")
def targets_in_the_vpc(_cloud: Cloud, call: Call) -> None:
    group = find_group(call)
    if group.target_type != "ip":
        return
    vpc = emulator.backend("ec2", call.account, call.region).vpcs.get(group.vpc_id)
    blocks = [ipaddress.ip_network(vpc.cidr_block)] if vpc else []
    for target in call.params["Targets"]:
        try:
            address = ipaddress.ip_address(target["Id"])
        except ValueError:
            raise invalid(f"The IP address '{target['Id']}' is not a valid IPv4 or IPv6 address") from None
        inside = any(address in block for block in blocks)
        elsewhere = target.get("AvailabilityZone") == "all" and any(address in block for block in PRIVATE)
        if not inside and not elsewhere:
            raise AwsError(
                "InvalidTarget",
                f"The following targets are not in the target group VPC '{group.vpc_id}': '{address}'",
            )


# DeregisterTargets of what is not registered succeeds (API reference); moto refuses it.
@before("elbv2", "DeregisterTargets")
def absent_targets(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    registered = find_group(call).targets
    call.params["Targets"] = [t for t in call.params["Targets"] if t["Id"] in registered]
    for target in call.params["Targets"]:
        find_group(call).deregister([target])
    return {}


# DeleteTargetGroup of what is not there succeeds (aws.md 2.9).
@before("elbv2", "DeleteTargetGroup")
def absent_group(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    return None if call.params["TargetGroupArn"] in _store(call).target_groups else {}


# ---- listeners and rules


def _actions(call: Call) -> list[dict[str, Any]]:
    return call.params.get("DefaultActions") or call.params.get("Actions") or []


def _forwards_to(action: dict[str, Any]) -> list[str]:
    several = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    return [arn for arn in [action.get("TargetGroupArn"), *(g.get("TargetGroupArn") for g in several)] if arn]


CONFIG = {"fixed-response": "FixedResponseConfig", "redirect": "RedirectConfig"}
# What a redirect that changes nothing says, and what the conditions of rules can be about (API reference).
UNCHANGED = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}"}
FIELDS = ("path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip")


# CreateListener: there is one action at least, and each says what it needs (API reference, Action).
@before("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def actions(_cloud: Cloud, call: Call) -> None:
    given = _actions(call)
    if call.operation.startswith("Create") and not given:
        raise invalid("At least one action must be specified")
    for action in given:
        kind = action["Type"]
        if kind == "forward" and not _forwards_to(action):
            raise invalid("You must specify a target group for a forward action")
        if kind in CONFIG and not action.get(CONFIG[kind]):
            raise invalid(f"You must specify a {CONFIG[kind]} for an action of type '{kind}'")
    groups = _store(call).target_groups
    for arn in [arn for action in given for arn in _forwards_to(action)]:
        if arn not in groups:
            raise AwsError("TargetGroupNotFound", f"Target groups '{arn}' not found")


# A redirect changes something of the URL, or it leads to itself (API reference, RedirectActionConfig).
@before("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def redirect_loops(_cloud: Cloud, call: Call) -> None:
    for action in _actions(call):
        new = action.get("RedirectConfig")
        if new and all(new.get(part, same) == same for part, same in UNCHANGED.items()):
            raise AwsError(
                "InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop."
            )


# A rule's conditions are about the fields that there are, at least one of them (API reference, RuleCondition).
@before("elbv2", "CreateRule", "ModifyRule")
def fields(_cloud: Cloud, call: Call) -> None:
    if call.operation == "CreateRule" and not call.params.get("Conditions"):
        raise invalid("A rule must have at least one condition")
    for condition in call.params.get("Conditions") or []:
        if condition.get("Field") not in FIELDS:
            raise invalid(f"Condition field '{condition.get('Field')}' must be one of '[{', '.join(FIELDS)}]'")


# A listener's target groups lie in the load balancer's VPC and belong to no other load balancer (API reference,
# TargetGroupAssociationLimit).
@before("elbv2", "CreateListener", "ModifyListener", "CreateRule", "ModifyRule")
def groups_of_a_listener(_cloud: Cloud, call: Call) -> None:
    store = _store(call)
    arn = call.params.get("LoadBalancerArn") or "/".join(
        (call.params.get("ListenerArn") or call.params.get("RuleArn") or "").split("/")[:4]
    ).replace(":listener-rule/", ":loadbalancer/").replace(":listener/", ":loadbalancer/")
    balancer = store.load_balancers.get(arn)
    if balancer is None:
        return
    for target in [target for action in _actions(call) for target in _forwards_to(action)]:
        group = store.target_groups[target]
        if group.vpc_id and group.vpc_id != balancer.vpc_id:
            raise AwsError(
                "InvalidConfigurationRequest",
                f"The following target groups are not in the same VPC as the load balancer: '{target}'",
            )
        if any(other != balancer.arn and other in store.load_balancers for other in group.load_balancer_arns):
            raise AwsError(
                "TargetGroupAssociationLimit",
                f"The following target groups cannot be associated with more than one load balancer: '{target}'",
            )


# CreateListener: HTTPS wants exactly one certificate.
@before("elbv2", "CreateListener")
def certificate(_cloud: Cloud, call: Call) -> None:
    if call.params.get("Protocol") == "HTTPS" and not call.params.get("Certificates"):
        raise invalid("A certificate must be specified for HTTPS listeners")


# ModifyListener to the port of another listener of the load balancer: DuplicateListener.
@before("elbv2", "ModifyListener")
def port_is_free(_cloud: Cloud, call: Call) -> None:
    arn, port = call.params["ListenerArn"], call.params.get("Port")
    for balancer in _store(call).load_balancers.values():
        if arn not in balancer.listeners or port is None:
            continue
        if any(other != arn and int(one.port) == port for other, one in balancer.listeners.items()):
            raise AwsError(
                "DuplicateListener",
                f"A listener already exists on this port for this load balancer '{balancer.arn}'",
            )


# DeleteRule: RuleNotFound for none (moto succeeds), and a default rule stays (moto crashes).
@before("elbv2", "DeleteRule")
def rule_to_delete(_cloud: Cloud, call: Call) -> None:
    arn = call.params["RuleArn"]
    for balancer in _store(call).load_balancers.values():
        for listener in balancer.listeners.values():
            for rule in listener.rules.values():
                if rule.arn == arn:
                    if rule.priority == "default":
                        raise AwsError("OperationNotPermitted", f"Default rule '{arn}' cannot be deleted")
                    return
    raise AwsError("RuleNotFound", "One or more rules not found")


# ---- ARNs, pages and tags


# ARNs have their form, and are of the region that is asked: ValidationError for anything else (words and the region as
# aws/aws-cli#3673 and turbot/steampipe-plugin-aws#772 tell them).
@before("elbv2", "*")
def form_of_arns(_cloud: Cloud, call: Call) -> None:
    arns = list(call.params.get("ResourceArns") or [])
    for name, kind in (("LoadBalancerArn", "load balancer"), ("TargetGroupArn", "target group"),
                       ("ListenerArn", "listener"), ("RuleArn", "rule")):  # fmt: skip
        given = call.params.get(name)
        for arn in [given] if given else call.params.get(f"{name}s") or []:
            if not _of_this_region(call, arn):
                raise invalid(f"'{arn}' is not a valid {kind} ARN")
    for arn in arns:
        if not _of_this_region(call, arn):
            raise invalid(f"'{arn}' is not a valid ARN")


def _of_this_region(call: Call, arn: str) -> bool:
    return ARN.fullmatch(arn) is not None and arn.split(":")[3] == call.region


# DescribeTags, AddTags, RemoveTags: at most 20 resources, all of them there (API reference).
@before("elbv2", "DescribeTags", "AddTags", "RemoveTags")
def tagged_resources(_cloud: Cloud, call: Call) -> None:
    arns = call.params["ResourceArns"]
    if len(arns) > 20:
        raise invalid("Up to 20 resources can be specified")
    for arn, match in ((arn, ARN.fullmatch(arn)) for arn in arns):
        assert match  # the check above
        kind = match[1]
        try:
            _store(call)._get_resource_by_arn(arn)
        except Exception:  # moto names the wrong kind when the load balancer of a listener is missing
            code, what = KINDS.get(kind, KINDS["loadbalancer"])
            raise AwsError(code, f"One or more {what} not found") from None


KINDS = {
    "loadbalancer": ("LoadBalancerNotFound", "load balancers"),
    "targetgroup": ("TargetGroupNotFound", "target groups"),
    "listener": ("ListenerNotFound", "listeners"),
    "listener-rule": ("RuleNotFound", "rules"),
}


# What is described is named in one way (API references: "You can specify one of the following", "You must specify
# either"; the words are ours).
ONE_OF = {
    "DescribeTargetGroups": ("LoadBalancerArn", "TargetGroupArns", "Names"),
    "DescribeListeners": ("LoadBalancerArn", "ListenerArns"),
    "DescribeRules": ("ListenerArn", "RuleArns"),
}


@before("elbv2", *ONE_OF)
def one_way_of_naming(_cloud: Cloud, call: Call) -> None:
    given = [name for name in ONE_OF[call.operation] if call.params.get(name)]
    if len(given) > 1:
        raise invalid(f"You can specify only one of {' and '.join(given)}")


# AddTags and Tags of every creation: at most 50 with those that are there, each key once (moto's limit is 10).
@before("elbv2", "AddTags", "CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "CreateRule")
def tags(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    given = call.params.get("Tags") or []
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) < len(keys):
        raise AwsError("DuplicateTagKeys", "A tag key was specified more than once")
    tagging = _store(call).tagging_service
    for arn in call.params.get("ResourceArns") or [""]:
        if len(set(keys) | set(tagging.get_tag_dict_for_resource(arn) if arn else ())) > TAGS_MAX:
            raise AwsError("TooManyTags", "The maximum number of tags has been reached")
    if call.operation != "AddTags":
        return None
    for arn in call.params["ResourceArns"]:
        tagging.tag_resource(arn, given)
    return {}

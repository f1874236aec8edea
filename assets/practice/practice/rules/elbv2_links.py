# SPDX-License-Identifier: MIT
"""What hangs on load balancers: interfaces that follow its subnets, target groups that stay in use for a moment, and
listeners that other services do not see at once.

Sources: ALB guide; aws.md 2.9 ("ResourceInUse until the listener is really gone"), 2.10 and 2.11 (ECS and API Gateway
on new listeners). The moment's length is ours; the last is part of the cloud's lag and off by default (lag.py)."""

from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, eni
from practice.rules.elbv2 import find_balancer
from practice.rules.lag import unseen

RELEASED_AFTER = 5

_released: dict[str, float] = {}  # target group ARN -> when its last listener went


# SetSubnets: an interface in each of the subnets, and none elsewhere.
@after("elbv2", "SetSubnets")
def interfaces_follow_the_subnets(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    balancer = find_balancer(call)
    enis = emulator.backend("ec2", call.account, call.region).enis
    old = {enis[name].subnet.id: name for name in getattr(balancer, "interfaces", []) if name in enis}
    wanted = [subnet.id for subnet in balancer.subnets]
    for subnet, name in old.items():
        if subnet not in wanted:
            eni.delete(call.account, call.region, name)
    described = "ELB " + balancer.arn.split(":loadbalancer/")[1]
    groups = list(balancer.security_groups or [])
    balancer.interfaces = [
        old.get(subnet)
        or eni.create(call.account, call.region, subnet, groups, described, requester="amazon-elb").id
        for subnet in wanted
    ]


def _groups_of(listeners: list[Any]) -> set[str]:
    """The target groups that the listeners lead to."""
    found: set[str] = set()
    for listener in listeners:
        actions = [*listener.default_actions, *(a for rule in listener.rules.values() for a in rule.actions)]
        for data in (getattr(action, "data", action) for action in actions):
            several = (data.get("ForwardConfig") or {}).get("TargetGroups") or []
            found |= {arn for arn in [data.get("TargetGroupArn"), *(g.get("TargetGroupArn") for g in several)] if arn}
    return found


# DeleteListener, DeleteLoadBalancer: their target groups are in use for a moment longer.
@before("elbv2", "DeleteListener", "DeleteLoadBalancer")
def listeners_go(cloud: Cloud, call: Call) -> None:
    arn = call.params.get("LoadBalancerArn") or call.params.get("ListenerArn")
    for balancer in emulator.backend("elbv2", call.account, call.region).load_balancers.values():
        gone = [one for name, one in balancer.listeners.items() if arn in (name, balancer.arn)]
        _released.update(dict.fromkeys(_groups_of(gone), cloud.clock.now()))


@before("elbv2", "DeleteTargetGroup")
def group_was_in_use(cloud: Cloud, call: Call) -> None:
    arn = call.params["TargetGroupArn"]
    if arn in _released and not cloud.clock.passed(_released[arn], RELEASED_AFTER):
        raise AwsError("ResourceInUse", f"The target group '{arn}' is currently in use by a listener or a rule")


# With lag, ECS and API Gateway do not see a new listener at once.
@after("elbv2", "CreateListener")
def new_listener(cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    for made in result["Listeners"]:
        unseen.add(cloud, call.account, made["ListenerArn"])
        for action in made.get("DefaultActions") or []:
            if action.get("TargetGroupArn"):
                unseen.add(cloud, call.account, f"listener of {action['TargetGroupArn']}")


@before("ecs", "CreateService", "UpdateService")
def target_group_without_its_listener(cloud: Cloud, call: Call) -> None:
    for balancer in call.params.get("loadBalancers") or []:
        arn = balancer.get("targetGroupArn")
        if unseen and unseen.has(cloud, call.account, f"listener of {arn}"):
            raise AwsError(
                "InvalidParameterException",
                f"The target group with targetGroupArn {arn} does not have an associated load balancer.",
            )


@before("apigatewayv2", "CreateIntegration", "UpdateIntegration")
def listener_unknown_to_the_gateway(cloud: Cloud, call: Call) -> None:
    if unseen and unseen.has(cloud, call.account, call.params.get("IntegrationUri") or ""):
        raise AwsError(
            "BadRequestException",
            "Unable to retrieve listener port and load balancer DNS name from ELB listener",
        )

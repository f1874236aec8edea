# SPDX-License-Identifier: MIT
"""Application Auto Scaling: scalable targets and their policies.

Sources: Application Auto Scaling API reference (RegisterScalableTarget, PutScalingPolicy, DeregisterScalableTarget) and
user guide ("Target tracking"), aws.md 2.12. Nothing is scaled here: the alarms have no metrics.
"""

import json
import re
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

SERVICE = "application-autoscaling"
ECS_METRICS = {"ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget",
               "ECSServiceCPUUtilizationHighResolution", "ECSServiceMemoryUtilizationHighResolution"}  # fmt: skip


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _backend(call: Call) -> Any:
    return emulator.backend(SERVICE, call.account, call.region)


def _target(call: Call) -> Any:
    return _backend(call).targets.get(call.params["ScalableDimension"], {}).get(call.params["ResourceId"])


def _policies(call: Call) -> list[Any]:
    """The policies of the call's target."""
    p = call.params
    return [
        policy
        for policy in _backend(call).policies.values()
        if policy.service_namespace == p["ServiceNamespace"]
        and policy.resource_id == p["ResourceId"]
        and policy.scalable_dimension == p["ScalableDimension"]
    ]


# A first registration needs both capacities; none is negative, and together they are in order.
@before(SERVICE, "RegisterScalableTarget")
def capacities(_cloud: Cloud, call: Call) -> None:
    p, there = call.params, _target(call)
    low, high = p.get("MinCapacity"), p.get("MaxCapacity")
    if p["ServiceNamespace"] == "ecs" and not re.fullmatch(r"service/[^/]+/[^/]+", p["ResourceId"]):
        raise invalid(
            f"Unsupported service namespace, resource type or scalable dimension: {p['ResourceId']}"
        )
    if there is None and (low is None or high is None):
        raise invalid("The minimum and maximum capacity must be given when a scalable target is registered")
    if (low or 0) < 0 or (high or 0) < 0:
        raise invalid("Minimum and maximum capacity must be greater than or equal to 0")
    low = low if low is not None else there.min_capacity
    high = high if high is not None else there.max_capacity
    if low > high:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


# Tags are for the first registration; what is registered again keeps what it does not name.
@after(SERVICE, "RegisterScalableTarget")
def tags_of_a_target(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    target = _target(call)
    if not hasattr(target, "tags"):
        target.tags = dict(call.params.get("Tags") or {})


# Tags of a scalable target (moto knows none of the calls); an unknown ARN is ResourceNotFoundException.
@before(SERVICE, "ListTagsForResource", "TagResource", "UntagResource")
def target_tags(_cloud: Cloud, call: Call) -> dict[str, Any]:
    arn = call.params["ResourceARN"]
    targets = [one for rows in _backend(call).targets.values() for one in rows.values()]
    target = next((one for one in targets if one.arn == arn), None)
    if target is None:
        raise AwsError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")
    if call.operation == "ListTagsForResource":
        return {"Tags": target.tags}
    target.tags.update(call.params.get("Tags") or {})
    for key in call.params.get("TagKeys") or []:
        target.tags.pop(key, None)
    return {}


# Lists have at most 50 (API references, MaxResults: "between 1 and 50").
@before(SERVICE, "DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions",
        "DescribeScalingActivities")  # fmt: skip
def page_size(_cloud: Cloud, call: Call) -> None:
    if not 1 <= call.params.get("MaxResults", 1) <= 50:
        raise invalid(
            f"1 validation error detected: Value '{call.params['MaxResults']}' at 'maxResults' failed to satisfy "
            "constraint: Member must have value between 1 and 50"
        )


# DescribeScalableTargets: the token of moto's second page leads to that page again, for ever; moto is asked for all,
# and paging.py cuts it.
@before(SERVICE, "DescribeScalableTargets")
def all_targets(_cloud: Cloud, call: Call) -> None:
    call.body = json.dumps({**json.loads(call.body), "MaxResults": 1_000_000}).encode()


# A policy is for a registered target.
@before(SERVICE, "PutScalingPolicy")
def target_of_a_policy(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if _target(call) is None:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {p['ServiceNamespace']}, resource ID: "
            f"{p['ResourceId']}, scalable dimension: {p['ScalableDimension']}",
        )


# Target tracking: one metric, of the service, and a value to hold it at.
@before(SERVICE, "PutScalingPolicy")
def target_tracking(_cloud: Cloud, call: Call) -> None:
    p, there = call.params, _policy(call)
    kind = p.get("PolicyType") or (there.policy_type if there else "StepScaling")
    if there and kind != there.policy_type:
        raise invalid("The policy type of a scaling policy cannot be changed")
    tracking = p.get("TargetTrackingScalingPolicyConfiguration")
    if kind != "TargetTrackingScaling":
        return
    if not tracking:
        raise invalid(
            "TargetTrackingScalingPolicyConfiguration is required for a policy of type TargetTrackingScaling"
        )
    predefined = tracking.get("PredefinedMetricSpecification")
    if bool(predefined) == bool(tracking.get("CustomizedMetricSpecification")):
        raise invalid("Specify either a predefined or a customized metric")
    if tracking["TargetValue"] <= 0:
        raise invalid("TargetValue must be greater than 0")
    if not predefined or p["ServiceNamespace"] != "ecs":
        return
    metric = predefined["PredefinedMetricType"]
    if metric not in ECS_METRICS:
        raise invalid(f"Invalid predefined metric type {metric} for service namespace ecs")
    if metric == "ALBRequestCountPerTarget" and not predefined.get("ResourceLabel"):
        raise invalid("Resource label is required when using ALBRequestCountPerTarget")


# Putting a policy again changes it: its ARN stays, its alarms are replaced (moto makes another policy and leaks them).
@before(SERVICE, "PutScalingPolicy")
def policy_as_it_was(_cloud: Cloud, call: Call) -> None:
    there = _policy(call)
    if there:
        there.delete_alarms(call.account, call.region)
        _arns[_name(call)] = there.policy_arn


_arns: dict[tuple[str, ...], str] = {}


def _name(call: Call) -> tuple[str, ...]:
    return call.account, call.region, call.params["ResourceId"], call.params["PolicyName"]


def _policy(call: Call) -> Any:
    return next(
        (policy for policy in _policies(call) if policy.policy_name == call.params["PolicyName"]), None
    )


# The ARN that it had, in the answer and in its new alarms.
@after(SERVICE, "PutScalingPolicy")
def policy_keeps_its_arn(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    arn = _arns.pop(_name(call), None)
    if arn is None:
        return None
    policy = _policy(call)
    for alarm in policy.alarms:
        alarm.alarm_actions = [arn]
    policy.policy_arn = result["PolicyARN"] = arn
    return result


# DeregisterScalableTarget takes the policies and their alarms with it.
@before(SERVICE, "DeregisterScalableTarget")
def policies_go_too(_cloud: Cloud, call: Call) -> None:
    if _target(call) is None:
        return
    for policy in _policies(call):
        policy.delete_alarms(call.account, call.region)
    kept = {key: p for key, p in _backend(call).policies.items() if p not in _policies(call)}
    _backend(call).policies = kept


# Nothing is scaled, so there are no activities (moto knows the call not at all).
@before(SERVICE, "DescribeScalingActivities")
def activities(_cloud: Cloud, _call: Call) -> dict[str, Any]:
    return {"ScalingActivities": []}

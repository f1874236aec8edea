# SPDX-License-Identifier: MIT
"""ECS services and tasks: what can be refused by looking at the request. What must exist is in data/ecs_rules.py.

Sources: the API reference (CreateService, UpdateService, RunTask, DeploymentConfiguration,
DeploymentCircuitBreaker), the ECS guide "API error messages", aws.md 2.11. Some words are ours."""

import re
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before
from practice.rules.ecs_clusters import active_cluster, invalid

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PLATFORMS = {"LATEST", "1.4.0", "1.3.0"}
SUBNETS_MAX, GROUPS_MAX, TOKEN_MAX, TASKS_MAX = 16, 5, 36, 10
FARGATE = ("FARGATE", "FARGATE_SPOT")


# The cluster is looked for before anything else.
@before("ecs", "CreateService", "UpdateService", "DeleteService", "RunTask", "StopTask", "DescribeServices")
def cluster(_cloud: Cloud, call: Call) -> None:
    active_cluster(call, call.params.get("cluster"))


# CreateService: a name, a token, how many.
@before("ecs", "CreateService")
def service(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if not NAME.fullmatch(p["serviceName"]):
        raise invalid("Service name must match [a-zA-Z0-9-_]{1,255}.")
    if len(p.get("clientToken") or "") > TOKEN_MAX:
        raise invalid(f"clientToken must have at most {TOKEN_MAX} characters.")
    daemon = p.get("schedulingStrategy") == "DAEMON"
    if daemon and _on_fargate(p):
        raise invalid("The DAEMON scheduling strategy is not supported by Fargate.")
    if not daemon and p.get("desiredCount") is None:
        raise invalid("desiredCount must be specified when schedulingStrategy is REPLICA.")


# Counts and grace periods are not negative.
@before("ecs", "CreateService", "UpdateService")
def count(_cloud: Cloud, call: Call) -> None:
    if (call.params.get("desiredCount") or 0) < 0:
        raise invalid("desiredCount cannot be negative.")
    if (call.params.get("healthCheckGracePeriodSeconds") or 0) < 0:
        raise invalid("healthCheckGracePeriodSeconds cannot be negative.")


def _on_fargate(p: dict[str, Any]) -> bool:
    strategy = p.get("capacityProviderStrategy") or []
    return p.get("launchType") == "FARGATE" or any(e["capacityProvider"] in FARGATE for e in strategy)


# A strategy has one base, and some weight.
@before("ecs", "CreateService", "UpdateService", "RunTask")
def strategy(_cloud: Cloud, call: Call) -> None:
    given = call.params.get("capacityProviderStrategy") or []
    if sum(bool(entry.get("base")) for entry in given) > 1:
        raise invalid("Only one capacity provider in a capacity provider strategy can have a base defined.")
    if given and not any(entry.get("weight", 1) for entry in given) and len(given) > 1:
        raise invalid("At least one capacity provider in the strategy must have a weight greater than 0.")
    kinds = {entry["capacityProvider"] in FARGATE for entry in given}
    if len(kinds) > 1:
        raise invalid("A capacity provider strategy cannot contain a mix of Fargate and other capacity providers.")


# Fargate has no placement; its platforms are a few versions.
@before("ecs", "CreateService", "UpdateService", "RunTask")
def platform(_cloud: Cloud, call: Call) -> None:
    p = call.params
    version = p.get("platformVersion")
    if version and version not in PLATFORMS:
        raise AwsError("PlatformUnknownException", "The specified platform does not exist.")
    if _on_fargate(p) and p.get("placementStrategy"):
        raise invalid("Placement strategies are not supported with FARGATE launch type.")
    if _on_fargate(p) and p.get("placementConstraints"):
        raise invalid("Placement constraints are not supported with FARGATE launch type.")


# At most 16 subnets and 5 groups (API reference, AwsVpcConfiguration).
@before("ecs", "CreateService", "UpdateService", "RunTask")
def network(_cloud: Cloud, call: Call) -> None:
    given = (call.params.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if len(given.get("subnets") or []) > SUBNETS_MAX:
        raise invalid(f"subnets can have at most {SUBNETS_MAX} items.")
    if len(given.get("securityGroups") or []) > GROUPS_MAX:
        raise invalid(f"securityGroups can have at most {GROUPS_MAX} items.")


# How a deployment may go: its percents, its breaker, and room for rebalancing.
@before("ecs", "CreateService", "UpdateService")
def deployment(_cloud: Cloud, call: Call) -> None:
    p = call.params
    given = p.get("deploymentConfiguration") or {}
    least, most = given.get("minimumHealthyPercent"), given.get("maximumPercent")
    if least is not None and not 0 <= least <= 100:
        raise invalid("minimumHealthyPercent must be from 0 to 100.")
    if most is not None and most < 100:
        raise invalid("maximumPercent must be at least 100.")
    if (100 if least is None else least) == 100 and most == 100:
        raise invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        )
    if p.get("availabilityZoneRebalancing") == "ENABLED" and most is not None and most <= 100:
        raise invalid("Availability Zone rebalancing does not support a maximumPercent of 100 or less.")
    breaker = given.get("deploymentCircuitBreaker") or {}
    if breaker.get("rollback") and not breaker.get("enable"):
        raise invalid("rollback of the deployment circuit breaker needs it to be enabled.")
    threshold = breaker.get("thresholdConfiguration")
    if threshold and threshold["value"] < 1:
        raise invalid("The threshold of the deployment circuit breaker must be at least 1.")


# RunTask: 1 to 10 at once. DescribeServices: at least one name.
@before("ecs", "RunTask")
def how_many(_cloud: Cloud, call: Call) -> None:
    if not 1 <= (call.params.get("count") or 1) <= TASKS_MAX:
        raise invalid(f"count must be within 1 and {TASKS_MAX}.")


# DescribeServices wants a name at least.
@before("ecs", "DescribeServices")
def some_services(_cloud: Cloud, call: Call) -> None:
    if not call.params["services"]:
        raise invalid("Services cannot be empty.")

# SPDX-License-Identifier: MIT
"""Services and their revisions as the API shows them (API reference: Service, ServiceRevision).

service() is DescribeServices' view of a services.Service, revision() DescribeServiceRevisions' view of one of its
deployments. Nothing is decided here. Hold emulator.lock."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practice.data.ecs_deployment import Deployment
    from practice.data.services import Service


def service(it: "Service") -> dict[str, Any]:
    p = it.params
    primary = it.deployments[0]
    shown: dict[str, Any] = {
        "serviceArn": it.arn,
        "serviceName": it.name,
        "clusterArn": it.cluster_arn,
        "status": it.status,
        "loadBalancers": it.load_balancers,
        "serviceRegistries": p.get("serviceRegistries") or [],
        "desiredCount": it.desired_count,
        "runningCount": it.running_count,
        "pendingCount": it.pending_count,
        "platformVersion": p.get("platformVersion") or "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": primary.definition.arn,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
            **(p.get("deploymentConfiguration") or {}),
        },
        "deployments": [d.describe() for d in it.deployments],
        "events": list(it.events),
        "createdAt": it.created,
        "createdBy": it.created_by,
        "roleArn": f"arn:aws:iam::{it.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": it.scheduling_strategy,
        "networkConfiguration": {"awsvpcConfiguration": primary.network},
        "deploymentController": p.get("deploymentController") or {"type": "ECS"},
        "enableECSManagedTags": bool(p.get("enableECSManagedTags")),
        "propagateTags": p.get("propagateTags") or "NONE",
        "enableExecuteCommand": bool(p.get("enableExecuteCommand")),
        "availabilityZoneRebalancing": p.get("availabilityZoneRebalancing") or "ENABLED",
        "tags": it.tags,
    }
    if it.load_balancers:
        shown["healthCheckGracePeriodSeconds"] = int(p.get("healthCheckGracePeriodSeconds") or 0)
    if p.get("capacityProviderStrategy"):
        shown["capacityProviderStrategy"] = p["capacityProviderStrategy"]
    else:
        shown["launchType"] = it.launch_type
    return shown


def revision(deployment: "Deployment") -> dict[str, Any]:
    it, definition = deployment.service, deployment.definition
    shown: dict[str, Any] = {
        "serviceRevisionArn": deployment.revision_arn,
        "serviceArn": it.arn,
        "clusterArn": it.cluster_arn,
        "taskDefinition": definition.arn,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": it.load_balancers,
        "serviceRegistries": it.params.get("serviceRegistries") or [],
        "networkConfiguration": {"awsvpcConfiguration": deployment.network},
        "containerImages": [
            {"containerName": container["name"], "image": container["image"]}
            for container in definition.container_definitions
        ],
        "guardDutyEnabled": False,
        "createdAt": deployment.created,
    }
    if it.params.get("capacityProviderStrategy"):
        shown["capacityProviderStrategy"] = it.params["capacityProviderStrategy"]
    else:
        shown["launchType"] = it.launch_type
    return shown

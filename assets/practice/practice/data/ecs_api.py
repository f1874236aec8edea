# SPDX-License-Identifier: MIT
"""The ECS operations that moto only pretends: services, tasks and service deployments, answered from what really runs.

Each function answers one operation in moto's place (rules.before), or mends moto's answer (rules.after). Validation is
in ecs_rules.py, which is registered after core's own rules (duplicates, tokens) and before these."""

import re
from typing import Any

from practice import emulator
from practice.data import ecs_rules, ecs_shown
from practice.data.ecs_task import Launch, Task
from practice.data.services import Service
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

Result = dict[str, Any] | None


def find_cluster(call: Call, name: str | None) -> Any:
    cluster = emulator.backend("ecs", call.account, call.region).clusters.get(
        (name or "default").rpartition("/")[2]
    )
    if cluster is None or cluster.status == "INACTIVE":
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def find_service(call: Call, active: bool = True) -> Service:
    cluster = find_cluster(call, call.params.get("cluster"))
    name = call.params["service"].rpartition("/")[2]
    service = emulator.backend("ecs", call.account, call.region).services.get(f"{cluster.name}:{name}")
    if service is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    if active and service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return service


def find_task(cloud: Any, call: Call) -> Task:
    cluster = find_cluster(call, call.params.get("cluster"))
    wanted = call.params["task"].rpartition("/")[2]
    for task in cloud.tasks.of(call.account, call.region, cluster.name):
        if task.id == wanted:
            return task
    raise AwsError("InvalidParameterException", "The referenced task was not found.")


# ---- services


# CreateService: the first deployment begins; the cluster's default strategy counts when none is given.
@before("ecs", "CreateService")
def create_service(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    cluster = find_cluster(call, call.params.get("cluster"))
    params = {**call.params}
    if not params.get("launchType") and not params.get("capacityProviderStrategy"):
        params["capacityProviderStrategy"] = cluster.default_capacity_provider_strategy or []
        params["launchType"] = None if params["capacityProviderStrategy"] else "EC2"
    definition = ecs_rules.check_service(call, cluster, params)
    service = cloud.tasks.services.create(call.account, call.region, cluster, params, definition)
    service.created_by = re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", call.principal)
    return {"service": service.describe()}


# Each of these begins a deployment when it changes (API reference, UpdateService).
DEPLOYS = (
    "networkConfiguration",
    "loadBalancers",
    "platformVersion",
    "capacityProviderStrategy",
    "serviceRegistries",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
)
KEEPS = ("deploymentConfiguration", "healthCheckGracePeriodSeconds", "availabilityZoneRebalancing")


# UpdateService: what changes a task begins a deployment, a count alone does not.
@before("ecs", "UpdateService")
def update_service(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    service, params = find_service(call), call.params
    cluster = find_cluster(call, params.get("cluster"))
    changed = {name: params[name] for name in (*DEPLOYS, *KEEPS) if name in params}
    wanted = {
        **service.params,
        **changed,
        "taskDefinition": params.get("taskDefinition") or service.task_definition,
    }
    definition = ecs_rules.check_service(call, cluster, wanted, same=service.task_definition)
    differs = any(name in changed and changed[name] != service.params.get(name) for name in DEPLOYS)
    service.params = {**wanted, "serviceName": service.name}
    service.load_balancers = wanted.get("loadBalancers") or []
    if "desiredCount" in params:
        service.desired_count = int(params["desiredCount"])
        service.unsettle()
    if params.get("forceNewDeployment") or differs or definition.arn != service.task_definition:
        service.deploy(definition)
    cloud.tasks.services.wake()
    return {"service": service.describe()}


# DeleteService: not while scaled above 0 or deploying, unless forced; then DRAINING, then INACTIVE.
@before("ecs", "DeleteService")
def delete_service(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    service = find_service(call, active=False)
    if service.status == "INACTIVE":
        raise AwsError("ServiceNotFoundException", "Service not found.")
    if service.desired_count > 0 and not call.params.get("force"):
        raise AwsError(
            "InvalidParameterException", "The service cannot be stopped while it is scaled above 0."
        )
    # aws.md 6
    if not call.params.get("force") and any(d.status == "ACTIVE" and d.tasks for d in service.deployments):
        raise AwsError(
            "InvalidParameterException", "The service cannot be stopped while deployments are active."
        )
    if service.status == "ACTIVE":
        service.drain()
    cloud.tasks.services.wake()
    return {"service": service.describe()}


# DescribeServices: at most 10 names; those that are not there are failures, with HTTP 200.
@before("ecs", "DescribeServices")
def describe_services(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    cluster = find_cluster(call, call.params.get("cluster"))
    names = call.params["services"]
    if len(names) > 10:
        raise AwsError("InvalidParameterException", "Services cannot have more than 10 elements.")
    known = emulator.backend("ecs", call.account, call.region).services
    shown, failures = [], []
    for name in names:
        service = known.get(f"{cluster.name}:{name.rpartition('/')[2]}")
        if service is None:
            arn = (
                name if name.startswith("arn:") else f"{cluster.arn.replace(':cluster/', ':service/')}/{name}"
            )
            failures.append({"arn": arn, "reason": "MISSING"})
            continue
        entry = service.describe()
        if "TAGS" not in (call.params.get("include") or []):
            entry.pop("tags")
        shown.append(entry)
    return {"services": shown, "failures": failures}


# ListServices: ACTIVE ones alone; one that is DRAINING is no longer visible (API reference, DeleteService).
@before("ecs", "ListServices")
def list_services(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    cluster = find_cluster(call, call.params.get("cluster"))
    wanted = {
        "launch_type": call.params.get("launchType"),
        "scheduling_strategy": call.params.get("schedulingStrategy"),
    }
    services = emulator.backend("ecs", call.account, call.region).services.values()
    return {
        "serviceArns": [
            s.arn
            for s in services
            if s.cluster_name == cluster.name
            and s.status == "ACTIVE"
            and all(value is None or getattr(s, name) == value for name, value in wanted.items())
        ]
    }


@after("ecs", "DescribeClusters", "DeleteCluster", "CreateCluster", "UpdateCluster")
def cluster_counts(cloud: Any, call: Call, result: dict[str, Any]) -> Result:
    """What runs in the cluster, instead of moto's counters."""
    if cloud.tasks is None:
        return None
    services = emulator.backend("ecs", call.account, call.region).services.values()
    for shown in (
        result.get("clusters") or [result["cluster"]]
        if result.get("clusters") or result.get("cluster")
        else []
    ):
        tasks = cloud.tasks.of(call.account, call.region, shown["clusterName"])
        shown["runningTasksCount"] = sum(t.last_status == "RUNNING" for t in tasks)
        shown["pendingTasksCount"] = sum(
            t.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for t in tasks
        )
        shown["activeServicesCount"] = sum(
            s.cluster_name == shown["clusterName"] and s.status == "ACTIVE" for s in services
        )
    return result


# ECS DeleteCluster while tasks run: ClusterContainsTasksException (API reference; services are rules/order.py's)
@before("ecs", "DeleteCluster")
def cluster_with_tasks(cloud: Any, call: Call) -> Result:
    name = call.params["cluster"].rpartition("/")[2]
    if cloud.tasks and any(
        t.last_status != "STOPPED" for t in cloud.tasks.of(call.account, call.region, name)
    ):
        raise AwsError(
            "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
        )
    return None


# ---- tasks


# ListTasks: by service, family, launch type, who started them, and desired status.
@before("ecs", "ListTasks")
def list_tasks(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    p = call.params
    cluster = find_cluster(call, p.get("cluster"))
    service = (p.get("serviceName") or "").rpartition("/")[2]
    if (
        service
        and f"{cluster.name}:{service}" not in emulator.backend("ecs", call.account, call.region).services
    ):
        raise AwsError("ServiceNotFoundException", "Service not found.")
    found = []
    for task in cloud.tasks.of(call.account, call.region, cluster.name):
        tests = (
            (service, task.group == f"service:{service}"),
            (p.get("family"), task.launch.definition.family == p.get("family")),
            (p.get("startedBy"), task.started_by == p.get("startedBy")),
            (p.get("launchType"), task.launch.launch_type == p.get("launchType")),
        )
        if task.desired_status == (p.get("desiredStatus") or "RUNNING") and all(
            ok for given, ok in tests if given
        ):
            found.append(task.task_arn)
    return {"taskArns": found}


# DescribeTasks: at most 100; stopped tasks are shown for an hour with their reasons.
@before("ecs", "DescribeTasks")
def describe_tasks(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    cluster = find_cluster(call, call.params.get("cluster"))
    names = call.params["tasks"]
    if not names or len(names) > 100:
        raise AwsError(
            "InvalidParameterException",
            "Tasks cannot be empty." if not names else "Tasks cannot have more than 100 elements.",
        )
    known = {task.id: task for task in cloud.tasks.of(call.account, call.region, cluster.name)}
    shown, failures = [], []
    for name in names:
        task = known.get(name.rpartition("/")[2])
        if task is None:
            arn = name if name.startswith("arn:") else f"{cluster.arn.replace(':cluster/', ':task/')}/{name}"
            failures.append({"arn": arn, "reason": "MISSING"})
            continue
        entry = task.describe()
        if "TAGS" not in (call.params.get("include") or []):
            entry["tags"] = []
        shown.append(entry)
    return {"tasks": shown, "failures": failures}


# StopTask: the reason given is the stopped reason.
@before("ecs", "StopTask")
def stop_task(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    task = find_task(cloud, call)
    task.stop("UserInitiated", call.params.get("reason") or "Task stopped by user")
    return {"task": task.describe()}


def _tags_of_task(p: dict[str, Any], cluster: Any, definition: Any) -> list[dict[str, str]]:
    """Those of ECS, those of the definition when they are to be propagated, and the task's own, which win (API
    reference, RunTask: enableECSManagedTags, propagateTags)."""
    managed = {"aws:ecs:clusterName": cluster.name} if p.get("enableECSManagedTags") else {}
    given = definition.tags if p.get("propagateTags") == "TASK_DEFINITION" else []
    found = managed | {tag["key"]: tag.get("value", "") for tag in [*given, *(p.get("tags") or [])]}
    return [{"key": key, "value": value} for key, value in found.items()]


# RunTask: on Fargate, in a network that exists, with overrides of containers that it has.
@before("ecs", "RunTask")
def run_task(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    p = call.params
    cluster = find_cluster(call, p.get("cluster"))
    strategy = p.get("capacityProviderStrategy") or []
    if not p.get("launchType") and not strategy:
        strategy = cluster.default_capacity_provider_strategy or []
    provider = strategy[0]["capacityProvider"] if strategy else ""
    if p.get("launchType") != "FARGATE" and not provider.startswith("FARGATE"):
        raise AwsError("InvalidParameterException", "No Container Instances were found in your cluster.")
    definition = ecs_rules.find_definition(call, p["taskDefinition"])
    ecs_rules.check_network(call, definition, p.get("networkConfiguration"))
    ecs_rules.check_overrides(definition, p.get("overrides") or {})
    network = {"assignPublicIp": "DISABLED", **p["networkConfiguration"]["awsvpcConfiguration"]}
    tasks = [
        cloud.tasks.launch(
            Launch(
                call.account,
                call.region,
                cluster.name,
                cluster.arn,
                definition,
                network,
                p.get("group") or f"family:{definition.family}",
                started_by=p.get("startedBy") or "",
                tags=_tags_of_task(p, cluster, definition),
                capacity_provider=provider,
                overrides=p.get("overrides") or {},
            )
        )
        for _ in range(int(p.get("count") or 1))
    ]
    return {"tasks": [task.describe() for task in tasks], "failures": []}


# ---- service deployments (moto has none of them)


def find_deployment(call: Call, arn: str) -> Any:
    for service in emulator.backend("ecs", call.account, call.region).services.values():
        for deployment in getattr(service, "history", []):
            if deployment.arn == arn:
                return deployment
    return None


# ListServiceDeployments: all of a service, by status.
@before("ecs", "ListServiceDeployments")
def list_service_deployments(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    service = find_service(call, active=False)
    wanted = call.params.get("status") or []
    return {"serviceDeployments": [d.brief() for d in service.history if not wanted or d.outcome in wanted]}


# DescribeServiceDeployments: with the breaker's count and threshold.
@before("ecs", "DescribeServiceDeployments")
def describe_service_deployments(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    shown, failures = [], []
    for arn in call.params["serviceDeploymentArns"]:
        found = find_deployment(call, arn)
        if found:
            shown.append(found.record())
        else:
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"serviceDeployments": shown, "failures": failures}


# DescribeServiceRevisions: what each deployment was to run.
@before("ecs", "DescribeServiceRevisions")
def describe_service_revisions(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    services = emulator.backend("ecs", call.account, call.region).services.values()
    known = {d.revision_arn: d for service in services for d in getattr(service, "history", [])}
    wanted = call.params["serviceRevisionArns"]
    return {
        "serviceRevisions": [ecs_shown.revision(known[arn]) for arn in wanted if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in wanted if arn not in known],
    }


# StopServiceDeployment: rolls back or aborts one in progress; ConflictException for others.
@before("ecs", "StopServiceDeployment")
def stop_service_deployment(cloud: Any, call: Call) -> Result:
    if cloud.tasks is None:
        return None
    arn = call.params["serviceDeploymentArn"]
    if not re.fullmatch(r"arn:[a-z-]+:ecs:[^:]*:\d*:service-deployment/.+", arn):
        raise AwsError("InvalidParameterException", "Invalid service deployment ARN.")
    found = find_deployment(call, arn)
    if found is None:
        raise AwsError("ServiceDeploymentNotFoundException", "The service deployment was not found.")
    service = found.service
    if found.outcome != "IN_PROGRESS" or service.deployments[0] is not found:
        raise AwsError(
            "ConflictException", f"The service deployment is in {found.outcome} and cannot be stopped."
        )
    rollback = call.params.get("stopType", "ROLLBACK") == "ROLLBACK"
    if rollback and (found.source is None or found.source not in service.deployments):
        raise AwsError("ConflictException", "The service deployment has no service revision to roll back to.")
    found.halt()
    if rollback:
        service.roll_back(
            found, found.source, "Service deployment rolled back because of a user's request, to"
        )
    else:
        found.end("STOPPED", "Service deployment stopped because of a user's request.")
    cloud.tasks.services.wake()
    return {"serviceDeploymentArn": arn}

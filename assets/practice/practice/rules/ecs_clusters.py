# SPDX-License-Identifier: MIT
"""ECS clusters, tags and pages: what AWS refuses and moto accepts.

Sources: the API reference of each operation, aws.md 2.11 and 6."""

import re
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PROVIDERS = {"FARGATE", "FARGATE_SPOT"}
SETTINGS = {"containerInsights": {"enabled", "disabled", "enhanced"}}
TAGS_MAX, PAGE_MAX = 50, 100


def store(call: Call) -> Any:
    return emulator.backend("ecs", call.account, call.region)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def last(name: str) -> str:
    """The name in an ARN, or the name."""
    return name.rpartition("/")[2]


def active_cluster(call: Call, name: str | None) -> Any:
    found = store(call).clusters.get(last(name or "default"))
    if found is None or found.status != "ACTIVE":
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return found


# CreateCluster: letters of the name, known capacity providers, known settings.
@before("ecs", "CreateCluster", "UpdateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders")
def cluster(_cloud: Cloud, call: Call) -> None:
    p = call.params
    name = p.get("clusterName")
    if call.operation == "CreateCluster" and name is not None and not NAME.fullmatch(name):
        raise invalid("Cluster name must match [a-zA-Z0-9-_]{1,255}.")
    if call.operation != "CreateCluster":
        active_cluster(call, p.get("cluster"))
    for setting in p.get("settings") or []:
        allowed = SETTINGS.get(setting.get("name"))
        if allowed is None or setting.get("value") not in allowed:
            raise invalid(f"Invalid cluster setting {setting.get('name')}={setting.get('value')}.")
    mine = set(getattr(store(call), "capacity_providers", {}) or {})
    given = p.get("capacityProviders") or []
    for provider in given:
        if provider not in PROVIDERS | mine:
            raise invalid(f"The specified capacity provider '{provider}' was not found. Specify a valid name or ARN.")
    for entry in p.get("defaultCapacityProviderStrategy") or []:
        if entry["capacityProvider"] not in given:
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
                "with the cluster. Associate the capacity provider with the cluster and try again."
            )


# PutClusterCapacityProviders: one that a service uses stays (API reference, ResourceInUseException).
@before("ecs", "PutClusterCapacityProviders")
def provider_in_use(_cloud: Cloud, call: Call) -> None:
    found = active_cluster(call, call.params.get("cluster"))
    gone = set(found.capacity_providers or []) - set(call.params["capacityProviders"])
    for service in store(call).services.values():
        strategy = getattr(service, "params", {}).get("capacityProviderStrategy") or []
        used = {entry["capacityProvider"] for entry in strategy} & gone
        if used and service.cluster_name == found.name and service.status != "INACTIVE":
            raise AwsError(
                "ResourceInUseException",
                f"The specified capacity provider is in use and cannot be removed: {', '.join(sorted(used))}.",
            )


# CreateCluster with the name of an active one answers with that one; moto replaces it, with all its settings.
@before("ecs", "CreateCluster")
def cluster_again(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    found = store(call).clusters.get(call.params.get("clusterName") or "default")
    if found is None or found.status != "ACTIVE":
        return None
    return {"cluster": _shown(found)}


def _shown(found: Any) -> dict[str, Any]:
    shown = {
        "clusterArn": found.arn, "clusterName": found.name, "status": found.status,
        "registeredContainerInstancesCount": 0, "runningTasksCount": 0, "pendingTasksCount": 0,
        "activeServicesCount": 0, "statistics": [], "tags": found.tags or [], "settings": found.settings,
        "capacityProviders": found.capacity_providers or [],
        "defaultCapacityProviderStrategy": found.default_capacity_provider_strategy or [],
    }  # fmt: skip
    if found.configuration:
        shown["configuration"] = found.configuration
    return shown


# UpdateClusterSettings: what is given changes (moto has no such operation).
@before("ecs", "UpdateClusterSettings")
def cluster_settings(_cloud: Cloud, call: Call) -> dict[str, Any]:
    found = active_cluster(call, call.params["cluster"])
    changed = {setting["name"]: setting for setting in call.params["settings"]}
    found.settings = [*(s for s in found.settings or [] if s["name"] not in changed), *changed.values()]
    return {"cluster": _shown(found)}


# DescribeCapacityProviders: AWS's two are there in every account (moto crashes).
@before("ecs", "DescribeCapacityProviders")
def capacity_providers(_cloud: Cloud, call: Call) -> dict[str, Any] | None:
    wanted = call.params.get("capacityProviders") or sorted(PROVIDERS)
    if not set(wanted) <= PROVIDERS:
        return None
    arn = f"arn:aws:ecs:{call.region}:{call.account}:capacity-provider/"
    shown = [{"capacityProviderArn": arn + name, "name": name, "status": "ACTIVE", "tags": []} for name in wanted]
    return {"capacityProviders": shown, "failures": []}


# DeleteCluster, and every list and description within a cluster that was deleted: ClusterNotFoundException.
@before("ecs", "DeleteCluster", "ListServices", "ListTasks", "ListContainerInstances", "DescribeContainerInstances",
        "RegisterContainerInstance", "DeregisterContainerInstance", "UpdateContainerInstancesState", "PutAttributes",
        "DeleteAttributes")  # fmt: skip
def cluster_is_active(_cloud: Cloud, call: Call) -> None:
    active_cluster(call, call.params.get("cluster"))


# ExecuteCommand: for tasks that are there and were started for it, which none here is (no Session Manager agent runs in
# them). Sources: the API reference (InvalidParameterException, ClusterNotFoundException); the words are as issue 193 of
# fabfuel/ecs-deploy quotes them.
@before("ecs", "ExecuteCommand")
def execute_command(_cloud: Cloud, call: Call) -> None:
    found = active_cluster(call, call.params.get("cluster"))
    if last(call.params["task"]) not in {last(arn) for arn in store(call).tasks.get(found.name, {})}:
        raise invalid("The referenced task was not found.")
    raise invalid(
        "The execute command failed because execute command was not enabled when the task was run or the execute "
        "command agent isn\u2019t running. Wait and try again or run a new task with execute command enabled and try "
        "again."
    )


# ListClusters shows no INACTIVE ones (moto does).
@before("ecs", "ListClusters")
def list_clusters(_cloud: Cloud, call: Call) -> dict[str, Any]:
    return {"clusterArns": [one.arn for one in store(call).clusters.values() if one.status == "ACTIVE"]}


# DescribeClusters: tags and settings only when they are asked for.
@after("ecs", "DescribeClusters")
def included(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    include = call.params.get("include") or []
    known = store(call).clusters
    for shown in result.get("clusters") or []:
        found = known[shown["clusterName"]]
        shown["tags"] = list(found.tags or []) if "TAGS" in include else []
        shown["settings"] = list(found.settings or []) if "SETTINGS" in include else []
        shown["capacityProviders"] = found.capacity_providers or []
        shown["defaultCapacityProviderStrategy"] = found.default_capacity_provider_strategy or []
        shown.setdefault("statistics", [])
    return result


# Lists have pages of 1 to 100.
@before("ecs", "*")
def page(_cloud: Cloud, call: Call) -> None:
    size = call.params.get("maxResults")
    if size is not None and not 1 <= size <= PAGE_MAX:
        raise invalid(f"maxResults must be within 1 and {PAGE_MAX}.")


# A key is there once among the tags of a request (API references, tags: "each tag key must be unique").
@before("ecs", "*")
def unique_tag_keys(_cloud: Cloud, call: Call) -> None:
    keys = [tag.get("key") for tag in call.params.get("tags") or []]
    if len(set(keys)) < len(keys):
        raise invalid("Duplicate tag key found. Please fix the input and try again.")


# ---- tags, by ARN: of what exists, at most 50

KINDS = {
    "cluster": ("ClusterNotFoundException", "Cluster not found."),
    "service": ("InvalidParameterException", "The specified service is inactive or not found."),
    "task-definition": ("InvalidParameterException", "The specified task definition is inactive or not found."),
    "task": ("InvalidParameterException", "The specified task is stopped or not found."),
}


def _tagged(call: Call) -> Any:
    arn = call.params["resourceArn"]
    match = re.fullmatch(r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:([a-z-]+)/(.+)", arn)
    if not match or match.group(1) not in KINDS:
        raise invalid("Invalid parameter: The specified resource ARN is not valid.")
    kind, name = match.groups()
    ecs = store(call)
    found: Any = None
    if kind == "cluster":
        found = ecs.clusters.get(name)
        found = found if found and found.status == "ACTIVE" else None
    elif kind == "service":
        found = next((s for s in ecs.services.values() if s.arn == arn and s.status != "INACTIVE"), None)
    elif kind == "task-definition":
        family, _, revision = name.partition(":")
        found = ecs.task_definitions.get(family, {}).get(int(revision)) if revision.isdigit() else None
    else:
        found = next((t for tasks in ecs.tasks.values() for t in tasks.values() if t.task_arn == arn), None)
    if found is None:
        code, message = KINDS[kind]
        raise AwsError(code, message)
    return found


# Tags of what exists, at most 50; each kind has its own code for what is missing.
@before("ecs", "TagResource", "UntagResource", "ListTagsForResource")
def tags(_cloud: Cloud, call: Call) -> dict[str, Any]:
    found = _tagged(call)
    old = {tag["key"]: tag.get("value", "") for tag in found.tags or []}
    if call.operation == "ListTagsForResource":
        return {"tags": [{"key": key, "value": value} for key, value in old.items()]}
    if call.operation == "TagResource":
        new = {**old, **{tag["key"]: tag.get("value", "") for tag in call.params["tags"]}}
    else:
        new = {key: value for key, value in old.items() if key not in call.params["tagKeys"]}
    if len(new) > TAGS_MAX:
        raise invalid(f"The maximum number of tags that can be applied to a resource is {TAGS_MAX}.")
    found.tags = [{"key": key, "value": value} for key, value in new.items()]
    return {}

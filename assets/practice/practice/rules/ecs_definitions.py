# SPDX-License-Identifier: MIT
"""ECS task definitions: what AWS refuses and moto accepts. Roles, and what Fargate needs, are in data/ecs_rules.py.

Sources: the API reference (RegisterTaskDefinition, ContainerDefinition, DeleteTaskDefinitions), the ECS guide "Task
definition differences for Fargate", aws.md 2.11 and 8. Refusals are ClientException; most words are ours."""

import functools
import re
from typing import Any

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.rules.ecs_clusters import invalid, last, store

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
DELETE_MAX, DELETED_AFTER, DELETED = 10, 60, "DELETED"
DEFINITION_MAX = 65536
ABSENT = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
STILL_ACTIVE = "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
FARGATE_LOG_DRIVERS = {"awslogs", "splunk", "awsfirelens"}
# name -> (lowest, highest), seconds but for retries (API reference, HealthCheck)
HEALTH = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


def client(message: str) -> AwsError:
    return AwsError("ClientException", message)


def units(text: str, words: dict[str, int]) -> str:
    """ "1 vCPU" and "2 GB" as AWS keeps them, in units and MiB; other text as it is."""
    match = re.fullmatch(r"\s*(\d*\.?\d+)\s*([A-Za-z]+)\s*", text)
    if not match or match.group(2).lower() not in words:
        return text
    return str(int(float(match.group(1)) * words[match.group(2).lower()]))


VCPU, GB = {"vcpu": 1024}, {"gb": 1024}


# Sizes may be written with a unit; what is judged and kept are numbers.
@before("ecs", "RegisterTaskDefinition")
def sizes(_cloud: Cloud, call: Call) -> None:
    p = call.params
    for name, words in (("cpu", VCPU), ("memory", GB)):
        if p.get(name):
            p[name] = units(p[name], words)
            if not p[name].isdigit():
                raise client(f"Invalid '{name}' setting for task.")


# A task definition has at most 64 KiB (ECS quotas, "Task definition size limit").
@before("ecs", "RegisterTaskDefinition")
def length(_cloud: Cloud, call: Call) -> None:
    if len(call.body) > DEFINITION_MAX:
        raise client(f"Actual length: '{len(call.body)}'. Max allowed length is '{DEFINITION_MAX}' bytes.")


# The family and the containers' names; an image; each name once.
@before("ecs", "RegisterTaskDefinition")
def names(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if not NAME.fullmatch(p["family"]):
        raise client("Family contains invalid characters.")
    if not p["containerDefinitions"]:
        raise client("Container list cannot be empty.")
    seen: set[str] = set()
    for container in p["containerDefinitions"]:
        name = container.get("name") or ""
        if not NAME.fullmatch(name):
            raise client(f"Container.name contains invalid characters: '{name}'.")
        if not container.get("image"):
            raise client("Container.image should not be null or empty.")
        if name in seen:
            raise client(f"Container names must be unique within a task definition: '{name}'.")
        seen.add(name)


# Ports exist, and each is mapped once.
@before("ecs", "RegisterTaskDefinition")
def ports(_cloud: Cloud, call: Call) -> None:
    seen: set[tuple[int, str]] = set()
    for container in call.params["containerDefinitions"]:
        for mapping in container.get("portMappings") or []:
            port, protocol = mapping.get("containerPort"), mapping.get("protocol") or "tcp"
            if port is None and not mapping.get("containerPortRange"):
                raise client("Container port must be specified in a port mapping.")
            if port is not None and not 1 <= port <= 65535 or not 0 <= mapping.get("hostPort", 0) <= 65535:
                raise client(f"Invalid container port mapping: {port} is no port.")
            if port is not None and (port, protocol) in seen:
                raise client(f"Port {port}/{protocol} is mapped twice.")
            seen.add((port or 0, protocol))


# A container's memory and CPU lie within the task's; a hard limit above the reservation.
@before("ecs", "RegisterTaskDefinition")
def resources(_cloud: Cloud, call: Call) -> None:
    p = call.params
    cpu, memory = int(p.get("cpu") or 0), int(p.get("memory") or 0)
    containers = p["containerDefinitions"]
    if cpu and sum(c.get("cpu") or 0 for c in containers) > cpu:
        raise client("The total CPU of the containers exceeds that of the task.")
    for container in containers:
        hard, soft = container.get("memory"), container.get("memoryReservation")
        if memory and (hard or 0) > memory:
            raise client(f"Invalid 'memory' setting for container '{container['name']}'. It exceeds the task's.")
        if hard and soft and hard < soft:
            raise client(
                f"Invalid 'memoryReservation' setting for container '{container['name']}': memory must be greater than "
                "memoryReservation."
            )
    if memory and sum(c.get("memoryReservation") or 0 for c in containers) > memory:
        raise client("The total memory reservation of the containers exceeds the memory of the task.")


# A health check is CMD or CMD-SHELL, within its limits.
@before("ecs", "RegisterTaskDefinition")
def health_checks(_cloud: Cloud, call: Call) -> None:
    for container in call.params["containerDefinitions"]:
        check = container.get("healthCheck")
        if not check:
            continue
        command = check.get("command") or []
        if not command or command[0] not in ("CMD", "CMD-SHELL", "NONE") or (len(command) < 2 and command[0] != "NONE"):
            raise client("Health check command must begin with CMD or CMD-SHELL.")
        for name, (low, high) in HEALTH.items():
            if check.get(name) is not None and not low <= check[name] <= high:
                raise client(f"Health check {name} must be between {low} and {high}.")


# Volumes and containers that are named exist; containers do not wait for themselves.
@before("ecs", "RegisterTaskDefinition")
def references(_cloud: Cloud, call: Call) -> None:
    p = call.params
    volumes = {volume.get("name") for volume in p.get("volumes") or []}
    containers = {container["name"] for container in p["containerDefinitions"]}
    for container in p["containerDefinitions"]:
        for mount in container.get("mountPoints") or []:
            if mount.get("sourceVolume") not in volumes:
                raise client(f"Unknown volume '{mount.get('sourceVolume')}'.")
        for other in container.get("dependsOn") or []:
            if other["containerName"] not in containers - {container["name"]}:
                raise client(f"Container '{container['name']}' depends on the unknown '{other['containerName']}'.")


# What Fargate does not have: other log drivers, privileges, links, added capabilities; its storage is 21 to 200 GiB.
@before("ecs", "RegisterTaskDefinition")
def fargate(_cloud: Cloud, call: Call) -> None:
    p = call.params
    storage = (p.get("ephemeralStorage") or {}).get("sizeInGiB")
    if storage is not None and not 21 <= storage <= 200:
        raise client("Ephemeral storage must be from 21 to 200 GiB.")
    if "FARGATE" not in (p.get("requiresCompatibilities") or []):
        return
    for container in p["containerDefinitions"]:
        name = container["name"]
        driver = (container.get("logConfiguration") or {}).get("logDriver")
        if driver and driver not in FARGATE_LOG_DRIVERS:
            raise client(f"Log driver {driver} is not supported on Fargate.")
        linux = container.get("linuxParameters") or {}
        added = set((linux.get("capabilities") or {}).get("add") or [])
        for member, wrong in (
            ("privileged", container.get("privileged")), ("links", container.get("links")),
            ("capabilities", added - {"SYS_PTRACE"}), ("devices", linux.get("devices")),
            ("sharedMemorySize", linux.get("sharedMemorySize")), ("extraHosts", None),
        ):  # fmt: skip
            if wrong:
                raise client(f"Fargate does not support '{member}', which container '{name}' has.")
    if p.get("ipcMode"):
        raise client("Tasks using the Fargate launch type do not support ipcMode.")


# RegisterTaskDefinition: sizes in units, host ports and protocols filled in, as AWS shows them.
@after("ecs", "RegisterTaskDefinition")
def as_kept(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    shown = result["taskDefinition"]
    made = store(call).task_definitions[shown["family"]][shown["revision"]]
    for name, words in (("cpu", VCPU), ("memory", GB)):
        if getattr(made, name):
            setattr(made, name, units(getattr(made, name), words))
            shown[name] = getattr(made, name)
    for container, again in zip(made.container_definitions, shown["containerDefinitions"], strict=True):
        for mapping in container.get("portMappings") or []:
            mapping.setdefault("protocol", "tcp")
            if "containerPort" in mapping:
                mapping.setdefault("hostPort", mapping["containerPort"] if made.network_mode == "awsvpc" else 0)
        container.setdefault("systemControls", [])
        again["portMappings"], again["systemControls"] = container["portMappings"], container["systemControls"]
    return result


# RegisterTaskDefinition answers with the tags that it was given (API reference; moto leaves them out).
@after("ecs", "RegisterTaskDefinition")
def tags_as_given(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "tags": call.params.get("tags") or []}


# DescribeTaskDefinition of a family is its latest ACTIVE revision (moto: the latest of all); tags only when asked for.
@before("ecs", "DescribeTaskDefinition")
def latest(_cloud: Cloud, call: Call) -> dict[str, Any]:
    family, _, revision = last(call.params["taskDefinition"]).partition(":")
    known = store(call).task_definitions.get(family) or {}
    if revision:
        found = known.get(int(revision)) if revision.isdigit() else None
    else:
        found = next((known[n] for n in sorted(known, reverse=True) if known[n].status == "ACTIVE"), None)
    if found is None or found.status == DELETED:
        raise client("Unable to describe task definition.")
    tags = (found.tags or []) if "TAGS" in (call.params.get("include") or []) else []
    return {"taskDefinition": found, "tags": tags}


# DeleteTaskDefinitions: INACTIVE ones, ten at once; DELETE_IN_PROGRESS while something runs of them, then gone. What is
# gone stays as DELETED in moto's store, out of sight, so that its number is not used again (aws.md 2.11).
@before("ecs", "DeleteTaskDefinitions")
def delete_definitions(cloud: Cloud, call: Call) -> dict[str, Any]:
    names = call.params["taskDefinitions"]
    if not 1 <= len(names) <= DELETE_MAX:
        raise invalid(f"Size of TaskDefinition references list must be from 1 to {DELETE_MAX}.")
    deleted, failures = [], []
    for name in names:
        family, _, revision = last(name).partition(":")
        found = (store(call).task_definitions.get(family) or {}).get(int(revision) if revision.isdigit() else -1)
        if found is None or found.status == DELETED:
            failures.append({"arn": name, "reason": ABSENT})
        elif found.status == "ACTIVE":
            failures.append({"arn": found.arn, "reason": STILL_ACTIVE})
        else:
            found.status = "DELETE_IN_PROGRESS"
            cloud.schedule.later(DELETED_AFTER, functools.partial(_gone_when_unused, cloud, call, found))
            deleted.append(found)
    return {"taskDefinitions": deleted, "failures": failures}


def _gone_when_unused(cloud: Cloud, call: Call, found: Any) -> None:
    ecs = store(call)
    in_services = any(s.status != "INACTIVE" and s.task_definition == found.arn for s in ecs.services.values())
    launched = [task for tasks in ecs.tasks.values() for task in tasks.values() if task.last_status != "STOPPED"]
    in_tasks = any(getattr(getattr(t, "launch", None), "definition", None) is found for t in launched)
    if in_services or in_tasks:
        # not at once, also when the clock does not wait
        cloud.schedule.later(DELETED_AFTER + 1, functools.partial(_gone_when_unused, cloud, call, found))
    else:
        found.status = DELETED


# DeregisterTaskDefinition wants a revision.
@before("ecs", "DeregisterTaskDefinition")
def revision_given(_cloud: Cloud, call: Call) -> None:
    family, _, revision = last(call.params["taskDefinition"]).partition(":")
    if not revision:
        raise invalid("Revision is missing.")
    if not revision.isdigit():
        raise invalid(f"Invalid revision number. Number: {revision}")
    found = (store(call).task_definitions.get(family) or {}).get(int(revision))
    if found is None or found.status == DELETED:
        raise client("The specified task definition does not exist.")


# ListTaskDefinitions: of one family, by status, in the order that is asked for.
@before("ecs", "ListTaskDefinitions")
def list_definitions(_cloud: Cloud, call: Call) -> dict[str, Any]:
    p = call.params
    family, status = p.get("familyPrefix"), p.get("status") or "ACTIVE"
    known = store(call).task_definitions
    names = [name for name in sorted(known) if family is None or name == family]
    found = [known[name][number].arn for name in names for number in sorted(known[name])
             if known[name][number].status == status]  # fmt: skip
    return {"taskDefinitionArns": found[::-1] if p.get("sort") == "DESC" else found}


# ListTaskDefinitionFamilies: by a prefix, and with ACTIVE revisions when they are asked for.
@before("ecs", "ListTaskDefinitionFamilies")
def families(_cloud: Cloud, call: Call) -> dict[str, Any]:
    status, prefix = call.params.get("status") or "ALL", call.params.get("familyPrefix") or ""
    found = []
    for name, revisions in sorted(store(call).task_definitions.items()):
        active = any(one.status == "ACTIVE" for one in revisions.values())
        if all(one.status == DELETED for one in revisions.values()):
            continue
        if name.startswith(prefix) and status in ("ALL", "ACTIVE" if active else "INACTIVE"):
            found.append(name)
    return {"families": found}

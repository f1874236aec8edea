# SPDX-License-Identifier: MIT
"""What ECS refuses: task definitions that Fargate cannot run, services that could never work.

check_service() and check_network() are used by ecs_api.py; the task definition rules register themselves. Messages are
AWS's as far as they are known (aws.md 2.11; the ECS guide's "API error messages")."""

from typing import Any

from practice import emulator
from practice.data import ecs_access
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before

GIB = 1024
# ECS guide, "Fargate task definition differences": CPU units -> memory in MiB; Windows has 1 to 4 vCPU of them
FARGATE_SIZES: dict[int, list[int]] = {
    256: [512, GIB, 2 * GIB],
    512: list(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: list(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: list(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: list(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: list(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: list(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}
STOP_TIMEOUT_MAX_S = 120


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def client(message: str) -> AwsError:
    return AwsError("ClientException", message)


# ---- task definitions


# RegisterTaskDefinition: roles exist, Fargate has what it needs, secrets and ports fit.
@before("ecs", "RegisterTaskDefinition")
def check_task_definition(_cloud: Any, call: Call) -> None:
    p = call.params
    containers = p["containerDefinitions"]
    if not any(c.get("essential", True) for c in containers):
        raise client("Task definition does not have any essential container.")
    _check_roles(call)
    if "FARGATE" in (p.get("requiresCompatibilities") or []):
        _check_fargate(p)
    for container in containers:
        _check_container(container, p)


def _check_fargate(p: dict[str, Any]) -> None:
    if p.get("networkMode") != "awsvpc":  # which is not the default
        raise client("Fargate only supports network mode 'awsvpc'.")
    for name in ("cpu", "memory"):
        if not p.get(name):
            raise client(f"Fargate requires that '{name}' be defined at the task level.")
    cpu, memory = int(p["cpu"]), int(p["memory"])
    windows = (p.get("runtimePlatform") or {}).get("operatingSystemFamily", "").startswith("WINDOWS")
    if memory not in FARGATE_SIZES.get(cpu, []) or (windows and not 1024 <= cpu <= 4096):
        raise client(
            f"No Fargate configuration exists for given values: {p['cpu']} CPU, {p['memory']} memory. See the Amazon "
            "ECS documentation for the valid values."
        )
    if any((volume.get("host") or {}).get("sourcePath") for volume in p.get("volumes") or []):
        raise client("host.sourcePath should not be set for volumes in Fargate.")
    for container in p["containerDefinitions"]:
        driver = (container.get("logConfiguration") or {}).get("logDriver")
        if driver == "awslogs" and not p.get("executionRoleArn"):
            raise client(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            )
        if ".dkr.ecr." in container["image"] and not p.get("executionRoleArn"):
            raise client("Fargate requires task definition to have execution role ARN to support ECR images.")
        if (container.get("stopTimeout") or 0) > STOP_TIMEOUT_MAX_S:
            raise client(
                "Invalid 'stopTimeout' setting for container. Fargate tasks support values up to 120 seconds."
            )
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if driver == "awslogs" and "awslogs-stream-prefix" not in options:
            raise client("Log driver awslogs requires the option awslogs-stream-prefix on Fargate.")


def _check_container(container: dict[str, Any], p: dict[str, Any]) -> None:
    configuration = container.get("logConfiguration") or {}
    if configuration.get("logDriver") == "awslogs":
        lacking = [
            o for o in ("awslogs-group", "awslogs-region") if o not in (configuration.get("options") or {})
        ]
        if lacking:
            raise client(f"Log driver awslogs requires options: {', '.join(lacking)}")
    if container.get("secrets") and not p.get("executionRoleArn"):
        raise client(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )
    plain = {one["name"] for one in container.get("environment") or []}
    for secret in container.get("secrets") or []:
        if not secret.get("valueFrom"):
            raise client("Invalid 'secrets' setting for container. 'valueFrom' cannot be empty.")
        if secret["name"] in plain:
            raise client(
                "The secret name must be unique and not shared with any new or existing environment variables set on "
                f"the container, such as '{secret['name']}'."
            )
    for mapping in container.get("portMappings") or []:
        if (
            p.get("networkMode") == "awsvpc"
            and mapping.get("hostPort", mapping["containerPort"]) != mapping["containerPort"]
        ):
            raise client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            )


def _check_roles(call: Call) -> None:
    for name in ("executionRoleArn", "taskRoleArn"):
        arn = call.params.get(name)
        if arn and ecs_access.role(call.account, call.region, arn) is None:
            raise client("Role is not valid")


def check_overrides(definition: Any, overrides: dict[str, Any]) -> None:
    """RunTask overrides containers that the definition has."""
    known = {one["name"] for one in definition.container_definitions}
    for override in overrides.get("containerOverrides") or []:
        name = override.get("name") or ""
        if name not in known:
            raise invalid(f"Override for container named {name} is not a container in the TaskDefinition.")


def find_definition(call: Call, name: str, same: str = "") -> Any:
    """An active task definition by family, family:revision or ARN. One that is in use already may be INACTIVE."""
    ecs = emulator.backend("ecs", call.account, call.region)
    family, _, revision = name.rpartition("/")[2].partition(":")
    known = ecs.task_definitions.get(family) or {}
    if revision:
        found = known.get(int(revision)) if revision.isdigit() else None
    else:
        found = next(
            (known[number] for number in sorted(known, reverse=True) if known[number].status == "ACTIVE"),
            None,
        )
    if found is None or found.status == "DELETED":
        raise client("TaskDefinition not found.")
    if found.status != "ACTIVE" and found.arn != same:
        raise client("TaskDefinition is inactive")
    return found


# ---- services


def check_service(call: Call, cluster: Any, params: dict[str, Any], same: str = "") -> Any:
    """Judges CreateService, or UpdateService with what it leaves as it is. Returns moto's task definition."""
    if not params.get("taskDefinition"):
        raise invalid("Task definition can not be blank.")
    definition = find_definition(call, params["taskDefinition"], same)
    strategy = params.get("capacityProviderStrategy") or []
    if params.get("launchType") and strategy:
        raise invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."
        )
    for entry in strategy:
        if entry["capacityProvider"] not in (cluster.capacity_providers or []):
            raise invalid(
                "The specified capacity provider strategy cannot contain a capacity provider that is not associated "
                "with the cluster. Associate the capacity provider with the cluster and try again."
            )
    fargate = params.get("launchType") == "FARGATE" or any(
        e["capacityProvider"].startswith("FARGATE") for e in strategy
    )
    if fargate and "FARGATE" not in definition.compatibilities:
        raise invalid("Task definition does not support launch_type FARGATE.")
    # ECS guide, "Using ECS Exec"; the words are AWS's
    if params.get("enableExecuteCommand") and not getattr(definition, "task_role_arn", None):
        raise invalid(
            "The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role "
            "in your task definition and try again."
        )
    vpc = check_network(call, definition, params.get("networkConfiguration"))
    balancers = params.get("loadBalancers") or []
    if params.get("healthCheckGracePeriodSeconds") is not None and not balancers:
        raise invalid("Health check grace period is only valid for services configured to use load balancers")
    for balancer in balancers:
        _check_balancer(call, definition, balancer, vpc)
    return definition


def check_network(call: Call, definition: Any, configuration: dict[str, Any] | None) -> str:
    """Judges networkConfiguration; returns the VPC."""
    if definition.network_mode != "awsvpc":
        return ""
    given = (configuration or {}).get("awsvpcConfiguration")
    if not given:
        raise invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    ec2 = emulator.backend("ec2", call.account, call.region)
    if not given.get("subnets"):
        raise invalid("subnets can not be empty.")
    vpcs = set()
    for name in given["subnets"]:
        subnet = next((zone[name] for zone in ec2.subnets.values() if name in zone), None)
        if subnet is None:
            raise invalid(
                f"Error retrieving subnet information for [{name}]: The subnet ID '{name}' does not exist (ErrorCode: "
                "InvalidSubnetID.NotFound)"
            )
        vpcs.add(subnet.vpc_id)
    for name in given.get("securityGroups") or []:
        group = next((groups[name] for groups in ec2.groups.values() if name in groups), None)
        if group is None:
            raise invalid(
                f"Error retrieving security group information for [{name}]: The security group '{name}' does not exist "
                "(ErrorCode: InvalidGroup.NotFound)"
            )
        if group.vpc_id not in vpcs:
            raise invalid(
                f"Security Group {name} does not appear to belong to the same VPC as the input subnets."
            )
    if len(vpcs) > 1:
        raise invalid("All subnets must belong to the same VPC.")
    return vpcs.pop()


def _check_balancer(call: Call, definition: Any, balancer: dict[str, Any], vpc: str) -> None:
    arn = balancer.get("targetGroupArn")
    backend = emulator.backend("elbv2", call.account, call.region)
    group = backend.target_groups.get(arn)
    if group is None:
        raise invalid(f"The target group with targetGroupArn {arn} does not exist.")
    if not any(a in backend.load_balancers for a in group.load_balancer_arns):
        raise invalid(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )
    if vpc and group.target_type != "ip":
        raise invalid(
            f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    container = next((c for c in definition.container_definitions if c["name"] == name), None)
    if container is None:
        raise invalid(f"The container {name} does not exist in the task definition.")
    if port not in [int(m["containerPort"]) for m in container.get("portMappings") or []]:
        raise invalid(f"The container {name} did not have a container port {port} defined.")

# SPDX-License-Identifier: MIT
"""Things that fail on their own after AWS has said yes: states that end badly, tasks that do not come up.

change() is what a fault does with the good answer to a create: the thing made is doomed, and rules/states.py lets it
end so when its time has come. The functions on tasks are asked by data/ecs_task.py and data/targets.py at the moments
where the real cause would show. Words are those of aws.md 5.
"""

from typing import TYPE_CHECKING, Any

from practice import emulator, rules
from practice.data.ecs_inputs import UNABLE, StartError
from practice.errors import Answer
from practice.faults.fault import Fault
from practice.identify import Call
from practice.rules.paging import paginators

if TYPE_CHECKING:
    from practice.data.ecs_task import Task

DEFAULT_MESSAGE = {
    "CreateVpcLink": "VPC link failed to provision: the subnets have no free addresses",
    "CreateNatGateway": "Subnet has insufficient free addresses to create this NAT gateway",
    "CreateLoadBalancer": "Internal failure",
}
AGAIN = "again-and-again"  # long enough for the models


def change(fault: Fault, call: Call, answer: Answer) -> Answer | None:
    if fault.do == "repeat-token":
        return _repeat_token(fault, call, answer)
    if answer.status >= 300:
        return None
    result = rules.parse_result(call, answer)
    with emulator.lock:
        thing = _made(call, result)
        if thing is None:
            call.fault = f"{call.operation} makes nothing that can fail (fault {fault.id})"
        else:
            thing.doom = fault.option("message", DEFAULT_MESSAGE.get(call.operation, "It has failed."))
            thing.doom_code = fault.option("code", "InsufficientFreeAddressesInSubnet")
    return None


def _made(call: Call, result: dict[str, Any]) -> Any:
    """moto's object for what a create has just made."""
    if call.operation == "CreateVpcLink":
        return emulator.backend("apigatewayv2", call.account, call.region).vpc_links.get(result["VpcLinkId"])
    if call.operation == "CreateNatGateway":
        nats = emulator.backend("ec2", call.account, call.region).nat_gateways
        return nats.get(result["NatGateway"]["NatGatewayId"])
    if call.operation == "CreateLoadBalancer":
        balancers = emulator.backend("elbv2", call.account, call.region).load_balancers
        return balancers.get(result["LoadBalancers"][0]["LoadBalancerArn"])
    return None


def _repeat_token(fault: Fault, call: Call, answer: Answer) -> Answer | None:
    """A page whose token leads to itself: a client that only loops on the token never ends. The token is none that the
    service gave out, so for its refusal there is the page again."""
    rule = paginators(call.service).get(call.operation)
    if not rule or not isinstance(rule["output_token"], str):
        return None
    sent = call.params.get(rule["input_token"])
    if answer.status >= 300:
        return fault.page if sent == AGAIN else None
    result = rules.parse_result(call, answer)
    result[rule["output_token"]] = sent or AGAIN
    if "more_results" in rule:
        result[rule["more_results"]] = True
    fault.page = rules.serialize_result(call, result)
    return fault.page


# ---- tasks


class PlainError(StartError):
    """A reason that has no kind before it."""

    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def of_task(cloud: Any, launch: Any) -> Fault | None:
    """The fault that meets a task which ECS starts now."""
    params = {
        "cluster": launch.cluster,
        "service": launch.group.removeprefix("service:"),
        "family": launch.definition.family,
        "image": launch.definition.container_definitions[0]["image"],
    }
    return cloud.faults.take("before", "ecs.Task", launch.account, launch.region, params)


def place(task: "Task") -> None:
    """While it is PROVISIONING: no machine, no address."""
    if _does(task, "no-capacity"):
        raise PlainError(
            "Capacity is unavailable at this time. Please try again later or in a different availability zone"
        )
    if _does(task, "no-address"):
        raise PlainError(
            "Unexpected EC2 error while attempting to Create Network Interface in subnet "
            f"'{task.launch.network['subnets'][0]}': InsufficientFreeAddressesInSubnet"
        )


def prepare(task: "Task") -> None:
    """While it is PENDING: role, secrets, image, logs."""
    image, region = task.definition["image"], task.launch.region
    if _does(task, "no-role"):
        raise StartError(
            "ResourceInitializationError",
            "failed to validate role: ECS was unable to assume the role "
            f"'{task.launch.definition.execution_role_arn}' that was provided for this task. Please verify that the "
            "role being passed has the proper trust relationship and permissions",
        )
    if _does(task, "no-secret"):
        raise StartError(
            "ResourceInitializationError",
            f"{UNABLE}unable to retrieve secret from asm: service call has been retried 1 time(s): "
            "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        )
    if _does(task, "cannot-pull"):
        host = image.partition("/")[0]
        raise StartError(
            "CannotPullContainerError",
            f"pull image manifest has been retried 5 time(s): failed to resolve ref {image}: failed to do request: "
            f'Head "https://{host}/v2/": dial tcp 52.95.0.10:443: i/o timeout',
        )
    if _does(task, "no-log-group"):
        options = (task.definition.get("logConfiguration") or {}).get("options") or {}
        raise StartError(
            "ResourceInitializationError",
            "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log "
            "stream: ResourceNotFoundException: The specified log group does not exist. (Log group "
            f"{options.get('awslogs-group', '')} in {options.get('awslogs-region', region)}) : exit status 1",
        )


def end_of_container(task: "Task") -> str:
    """Once it is RUNNING: "out-of-memory" or "exit" when it is to die by that, else nothing."""
    return next((do for do in ("out-of-memory", "exit") if _does(task, do)), "")


def health_of(task: "Task | None") -> tuple[str, str, str] | None:
    """What the load balancer finds in place of the task's own answer."""
    if task is None or task.fault is None or not _does(task, "unhealthy"):
        return None
    status = task.fault.option("status", 404)
    if status == 0:
        return "unhealthy", "Target.Timeout", "Request timed out"
    return "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


def _does(task: "Task", do: str) -> bool:
    return task.fault is not None and task.fault.do == do

# SPDX-License-Identifier: MIT
"""What ECS does before a container: pulls its image and opens its log stream, in the name of the execution role.

Failures are StartError with ECS's words (aws.md 5). Called from the task's own thread."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from practice.data import logs
from practice.data.ecs_inputs import Requester, StartError
from practice.data.pull import Image, PullError

if TYPE_CHECKING:
    from practice.data.ecs_task import Task

ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}


def now() -> datetime:
    return datetime.now(UTC)


def architecture(task: "Task") -> str:
    platform = task.launch.definition.runtime_platform or {}
    return ARCHITECTURES.get(platform.get("cpuArchitecture") or "X86_64", "amd64")


def pull_image(task: "Task", name: str, who: Requester, in_ecr: bool) -> Image:
    kind = "CannotPullContainerError"
    host = name.partition("/")[0]
    if in_ecr:
        for service, where in (
            ("ecr.dkr", f'Head "https://{host}/v2/"'),
            (
                "s3",
                f'Get "https://prod-{who.region}-starport-layer-bucket.s3.{who.region}.amazonaws.com/"',
            ),
        ):
            if task.network.service(service) != "ok":
                raise StartError(
                    kind,
                    f"pull image manifest has been retried 5 time(s): failed to resolve ref {name}: failed "
                    f"to do request: {where}: dial tcp 52.95.0.10:443: i/o timeout",
                )
        path = name.partition("/")[2].partition("@")[0].partition(":")[0]
        repository = f"arn:aws:ecr:{who.region}:{who.account}:repository/{path}"
        if not all(who.may(f"ecr:{one}", repository) for one in ("BatchGetImage", "GetDownloadUrlForLayer")):
            raise StartError(
                kind,
                f"pull image manifest has been retried 1 time(s): failed to resolve ref {name}: unexpected "
                f"status from HEAD request to https://{host}/v2/: 403 Forbidden",
            )
    elif task.network.route(("internet", 443)) != "ok":
        raise StartError(
            kind,
            f"pull image manifest has been retried 5 time(s): failed to resolve ref {name}: failed to do "
            f'request: Head "https://{host}/v2/": dial tcp 3.5.0.10:443: i/o timeout',
        )
    task.times["pullStartedAt"] = now()
    try:
        image = task.tasks.puller.pull(name, who.account, who.region, architecture(task))
    except PullError as e:
        raise StartError(kind, str(e)) from e
    task.times["pullStoppedAt"] = now()
    task.container["imageDigest"] = image.digest
    return image


def log_target(task: "Task") -> tuple[str, str, str] | None:
    configuration = task.definition.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    if configuration.get("logDriver") != "awslogs":
        return None
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{task.definition['name']}/{task.id}"
    return options.get("awslogs-region") or task.launch.region, options.get("awslogs-group", ""), stream


def open_log(task: "Task", who: Requester) -> None:
    target = log_target(task)
    if target is None:
        return
    region, group, stream = target
    head = (
        "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log "
        "stream: "
    )
    arn = f"arn:aws:logs:{region}:{who.account}:log-group:{group}:log-stream:{stream}"
    if task.network.service("logs") != "ok":
        raise StartError(
            "ResourceInitializationError",
            f"{head}RequestError: send request failed caused by: Post "
            f'"https://logs.{region}.amazonaws.com/": dial tcp 52.94.0.20:443: i/o timeout : exit status 1',
        )
    if not who.may("logs:CreateLogStream", arn):
        raise StartError(
            "ResourceInitializationError",
            f"{head}{who.denial('logs:CreateLogStream', arn)} : exit status 1",
        )
    try:
        logs.open_stream(who.account, region, group, stream)
    except logs.LogError as e:
        raise StartError("ResourceInitializationError", f"{head}{e} : exit status 1") from e

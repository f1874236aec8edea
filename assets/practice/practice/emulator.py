# SPDX-License-Identifier: MIT
"""moto, the store behind the practice cloud: loading it, passing a call to it, reaching into its state.

Order: prepare() once before anything imports a moto backend, then Emulator().call(...). One lock guards moto, which
is not made for threads: whoever changes its state from another thread holds `lock` (never while waiting).
"""

import functools
import importlib
import io
import os
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from botocore.parsers import ResponseParserError
from moto.core.utils import get_service_model

from practice import faster, faster_answers, faster_xml, kept, wording
from practice.errors import CONTENT_TYPES, Answer, AwsError, EmulatorError, render, request_id, stamped
from practice.identify import Call, rest_operations

# Taken by every call to moto and by every part of ours that reads or changes moto's state.
lock = threading.RLock()

# Headers of moto's answers that are not as AWS sends them.
MOTOS_OWN = ("x-amzn-requestid", "server", "date", "content-type")
# botocore's service name -> moto's backend name, where they differ.
BACKEND_OF_SERVICE = {"application-autoscaling": "applicationautoscaling"}


def prepare(port: int, account: str, cache: Path | None = None) -> None:
    """Sets what moto reads from the environment when it is imported; large files that it reads are kept in cache."""
    os.environ["MOTO_PORT"] = str(port)
    # MOTO_ACCOUNT_ID would win over the account of each call, so that an assumed role would stay at home.
    os.environ.pop("MOTO_ACCOUNT_ID", None)
    if account != "123456789012":
        raise ValueError(f"moto's own account is 123456789012, not {account}")
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # No images are looked up on the network, no tasks are invented: data/tasks.py runs the real ones.
    os.environ.pop("MOTO_ECS_SERVICE_RUNNING", None)
    # Nobody starts instances here, and 1289 images in each account and region take a quarter of the start.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    kept.install(cache / "models" if cache else None)
    _import_ec2()
    warnings.filterwarnings("ignore", module="moto")


def _import_ec2() -> None:
    """moto reads every instance type of every region when it is imported: a second, for what nobody needs here. And it
    makes a session of boto3's for each list of regions, 20 ms each, where its own will do."""
    import boto3
    from moto.core.base_backend import AccountSpecificBackend
    from moto.utilities import utils

    load, session = utils.load_resource, boto3.Session

    def without(resource: str) -> Any:
        if "ec2/resources/instance_type_offerings" in resource:
            return []
        return {} if resource == "ec2/resources/instance_types.json" else load(resource)

    utils.load_resource, boto3.Session = without, AccountSpecificBackend.get_session
    try:
        importlib.import_module("moto.ec2.models.instance_types")
    finally:
        utils.load_resource, boto3.Session = load, session


def backend(service: str, account: str, region: str) -> Any:
    """moto's state of one service in one account and region. Hold `lock` while using it."""
    from moto.backends import get_backend

    regions = get_backend(BACKEND_OF_SERVICE.get(service, service))[account]  # type: ignore[call-overload]
    # moto keeps services without regions (IAM, STS) once for each partition
    return regions[region if region in regions.regions else "aws"]


class Emulator:
    """Passes calls to moto's own WSGI dispatcher."""

    # The services that the program uses, loaded at start: the first call to each costs up to 1.8 s otherwise.
    SERVICES = (
        "sts",
        "iam",
        "ec2",
        "elbv2",
        "rds",
        "ecs",
        "ecr",
        "secretsmanager",
        "logs",
        "kms",
        "application-autoscaling",
        "apigatewayv2",
        "resourcegroupstaggingapi",
        "cloudwatch",
    )

    def __init__(self) -> None:
        from moto.moto_server import werkzeug_app

        faster.install()
        werkzeug_app.DISABLE_GLOBAL_CORS = True  # headers that AWS does not send
        self._application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
        # moto tries up to 200 patterns for each call. API Gateway's first and second version have one host; only the
        # second is here, and the first, which moto takes, needs half a second to be imported.
        known = functools.lru_cache(1024)(self._application.get_backend_for_host)
        self._application.get_backend_for_host = (
            lambda host: "apigatewayv2" if host and host.startswith("apigateway.") else known(host)
        )

    def warm_up(self, account: str, region: str) -> None:
        with lock:
            for service in self.SERVICES:
                backend(service, account, region)

    def prepare_answers(self, region: str) -> None:
        """Makes each service's application, which its first call would make otherwise. Calls may come meanwhile."""
        from moto.core.routing import get_service_router

        for service in self.SERVICES:
            if get_service_model(service).metadata["protocol"] == "rest-json":
                rest_operations(service)
                get_service_router(service)._get_router("rest-json")
            scope = f"{get_service_model(service).signing_name}/aws4_request"
            authorization = f"AWS4-HMAC-SHA256 Credential=none/20260101/{region}/{scope}"
            with lock:
                self._application.get_application({"PATH_INFO": "/", "HTTP_AUTHORIZATION": authorization})
            time.sleep(0.001)  # whoever waits for the lock comes first

    def call(self, environ: dict[str, Any], call: Call, members: bool = False) -> Answer:
        """moto's answer; with its members in place of its body if these are wanted and moto's way to answer allows it.
        Raises EmulatorError when it crashed or answered with something that is no AWS answer."""
        inner = dict(environ)
        inner["wsgi.input"] = io.BytesIO(call.body)
        inner["CONTENT_LENGTH"] = str(len(call.body))
        inner.pop("HTTP_TRANSFER_ENCODING", None)
        inner["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> Any:
            started.update(status=int(status[:3]), headers=headers)
            return lambda _data: None

        try:
            with lock, faster_xml.taking(members) as taken:
                body = b"".join(self._application(inner, start_response))
        except NotImplementedError:
            raise not_here(call) from None
        except Exception as error:  # Flask runs in debug mode, so that its bugs come out as exceptions
            raise EmulatorError(f"{type(error).__name__}: {error}") from error
        answer = Answer(started["status"], list(started["headers"]), body, taken.result)
        kind = next((v for k, v in answer.headers if k.lower() == "content-type"), "")
        if (
            answer.status >= 500
            or kind.startswith("text/html")
            and body.lstrip()[:1] == b"<"
            and b"<html" in body
        ):
            if answer.status == 404:  # no route of moto's leads there
                raise not_here(call)
            raise EmulatorError(f"HTTP {answer.status}: {body[:300].decode('utf-8', 'replace')}")
        return as_aws_sends_it(call, answer)


def not_here(call: Call) -> AwsError:
    """An operation that AWS has and this cloud does not. 501, which no SDK tries again: it is not a passing failure."""
    return AwsError("NotImplemented", f"The practice cloud does not have {call.service}:{call.operation}.", 501)


def as_aws_sends_it(call: Call, answer: Answer) -> Answer:
    """moto's envelope made AWS's: request ids, content types (moto says text/html of API Gateway's answers), JSON's
    empty answers, 400 for its client errors."""
    if answer.status >= 400:
        return as_aws_refuses(call, answer)
    rid = request_id()
    headers = [(k, v) for k, v in answer.headers if k.lower() not in MOTOS_OWN]
    if answer.body or call.protocol == "json":
        headers.append(("Content-Type", CONTENT_TYPES[call.protocol]))
    if call.protocol == "json" and answer.body == b"null":  # no output is an answer with nothing (aws.md 2.2)
        answer.body = b""
        headers = [(k, v) for k, v in headers if k.lower() != "content-length"]
    if call.protocol == "rest-json" and answer.status == 200:  # 201 for what is made, 204 for what is gone
        answer.status = int(call.operation_model.http.get("responseCode", 200))
    if call.protocol in ("ec2", "query"):
        answer.body = stamped(answer.body, rid)
    answer.headers = [*headers, ("x-amzn-RequestId", rid)]
    return answer


def as_aws_refuses(call: Call, answer: Answer) -> Answer:
    """moto's error written again in the form of the protocol: its own forms and statuses differ by service."""
    try:
        parsed = faster_answers.parser(call.protocol).parse(
            {
                "headers": {k.lower(): v for k, v in answer.headers},
                "body": answer.body,
                "status_code": answer.status,
            },
            call.operation_model.output_shape,
        )
    except ResponseParserError as unreadable:  # JSON to a query call, for one
        raise EmulatorError(
            f"HTTP {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}"
        ) from unreadable
    error = parsed.get("Error", {})
    status = 400 if call.protocol == "json" else answer.status
    message = error.get("Message") or ""
    if call.protocol == "ec2":
        message = wording.of_ec2(message)
    return render(call, AwsError(error.get("Code") or str(answer.status), message, status))

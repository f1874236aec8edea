# SPDX-License-Identifier: MIT
"""The way of a request through the cloud.

A request goes to the control endpoints (/_practice/...), to the API gateway (Host {id}.execute-api.localhost or
/_gateway/{id}/...), or is an AWS call: identified, delayed, its signature verified, checked against the model, judged
by the rules, answered by moto, its answer changed by the rules, recorded. A crash on the way is InternalFailure to
the client and `emulator_error` in the record.
"""

import email.utils
import http
import logging
import re
import time
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from botocore.parsers import ResponseParserError

from practice import control, emulator, machine, model, rules, signature, signin, sso
from practice.errors import Answer, AwsError, EmulatorError, internal_failure, json_answer, render
from practice.faults import actions, wire
from practice.identify import Call, account_of_role, headers_of, identify
from practice.keepalive import HttpServer
from practice.record import redact, redact_headers

if TYPE_CHECKING:
    from practice.cloud import Cloud

log = logging.getLogger("practice.server")

# Reads answer much and change nothing: their results are not kept.
READ = re.compile(r"^(Get|Describe|List|BatchGet|BatchCheck|Filter|Lookup|Simulate)")
GATEWAY_HOST = re.compile(r"^[a-z0-9]+\.execute-api\.localhost(:\d+)?$")
StartResponse = Callable[..., Any]


class Application:
    """The WSGI application of the AWS port."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._emulator = cloud.emulator

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/_gateway/") or GATEWAY_HOST.match(environ.get("HTTP_HOST", "")):
            return self._gateway(environ, start_response)
        body = read_body(environ)
        if path.startswith("/_practice/"):
            name = (environ.get("RAW_URI") or path).removeprefix("/_practice/")
            answer = control.answer(self._cloud, environ["REQUEST_METHOD"], name, body)
        elif path == "/authorize":
            answer = self._cloud.sso.authorize(parse_qs(environ.get("QUERY_STRING", "")))
        elif path == signin.AUTHORIZE:
            answer = self._cloud.signin.authorize(parse_qs(environ.get("QUERY_STRING", "")))
        elif machine.recognises(path):
            answer = self._cloud.machine.answer(environ["REQUEST_METHOD"], path, headers_of(environ))
        else:
            answer = self._aws(environ, body)
        if isinstance(answer, wire.Broken):
            stopped = lambda: self._cloud.clock.cancelled  # noqa: E731
            return wire.send(answer, environ, lambda whole: send(whole, start_response), stopped)
        return send(answer, start_response)

    def _gateway(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        gateway = self._cloud.gateway
        if gateway is None:
            return send(json_answer({"message": "this cloud runs without its gateway"}, 503), start_response)
        return gateway.handle(environ, start_response)

    # ---- AWS

    def _aws(self, environ: dict[str, Any], body: bytes) -> Answer:
        started = time.time()
        call = identify(environ, body)
        trouble = ""
        if self._cloud.config.latency_ms:
            time.sleep(self._cloud.config.latency_ms / 1000)
        try:
            answer = self._judge(environ, call)
        except AwsError as error:
            answer = render(call, error)
        except EmulatorError as error:
            trouble = str(error)
        except Exception as error:  # a rule of ours broke
            trouble = f"{type(error).__name__}: {error} {traceback.format_exc(limit=-3)}"
        if trouble:
            log.error("%s: %s", call, trouble)
            answer = internal_failure(call, f"bug of the practice cloud: {trouble}")
        self._record(call, answer, started, trouble, environ)
        if self._cloud.config.clock_skew_s:
            date = email.utils.formatdate(time.time() + self._cloud.config.clock_skew_s, usegmt=True)
            answer.headers = [*answer.headers, ("Date", date)]
        return answer

    def _judge(self, environ: dict[str, Any], call: Call) -> Answer:
        cloud = self._cloud
        if not call.authorization and sso.recognises(call.method, environ["PATH_INFO"]):
            return self._sign_in(call, cloud.sso, sso.refusal)
        if not call.authorization and signin.recognises(call.method, environ["PATH_INFO"]):
            return self._sign_in(call, cloud.signin, signin.refusal)
        if call.known and not call.authorization:  # one of identify.UNSIGNED
            call.refused_by = "model"
            model.parse(environ, call)
            call.account = account_of_role(call)
        else:
            call.refused_by = "signature"
            key = signature.verify(call, cloud.credentials, cloud.config.clock_skew_s)
            call.account, call.principal, call.refused_by = key.account, key.principal, "model"
            model.parse(environ, call)
        call.refused_by = ""
        stopped = lambda: cloud.clock.cancelled  # noqa: E731
        broken = actions.before(cloud.faults, call, stopped)
        if broken is not None:
            return broken
        with emulator.lock:
            cloud.schedule.run_due()
            try:
                answer = rules.judge(cloud, call, lambda members: self._emulator.call(environ, call, members))
            except AwsError as error:  # a fault can meet a refusal as well
                answer = render(call, error)
            call.effect = answer.status
            # Within the lock: what was made must be doomed before its state can change.
            return actions.after(cloud.faults, call, answer) or answer

    def _sign_in(self, call: Call, part: Any, refusal: Callable[[AwsError], Answer]) -> Answer:
        """An unsigned call of IAM Identity Center or of the sign-in service."""
        cloud = self._cloud
        try:
            part.name_call(call)
            broken = actions.before(cloud.faults, call, lambda: cloud.clock.cancelled)
            return broken or part.answer(call)
        except AwsError as error:
            return refusal(error)

    def _record(
        self, call: Call, answer: Answer, started: float, trouble: str, environ: dict[str, Any]
    ) -> None:
        entry = {
            "time": round(started, 3),
            "service": call.service,
            "operation": call.operation,
            "region": call.region,
            "account": call.account,
            "access_key": call.signature.access_key if call.signature else "",
            "params": redact(call.params),
            "status": answer.status,
            "error": error_code(call, answer),
            "ms": round((time.time() - started) * 1000, 1),
            "method": call.method,
            "uri": call.uri,
            "headers": redact_headers(call.headers),
            "client_port": environ.get("REMOTE_PORT"),
            "connection": environ.get("practice.connection"),
        }
        if answer.status < 300 and call.known and not READ.match(call.operation):
            entry["result"] = result_of(call, answer)
        if call.fault:
            # What it has come to in truth, whatever the client saw: 0 when it was never done.
            entry |= {"fault": call.fault, "effect": call.effect}
        if call.refused_by:
            entry["refused_by"] = call.refused_by
        if trouble:
            entry["emulator_error"] = trouble
        self._cloud.recorder.add(entry)


def result_of(call: Call, answer: Answer) -> Any:
    """What a change has answered, ids above all, without its secrets."""
    try:
        return redact(rules.parse_result(call, answer))
    except (ResponseParserError, KeyError):  # a fault's answer; a page that is XML has no result in it
        return None


def error_code(call: Call, answer: Answer) -> str:
    """The AWS error code of an answer, empty for a success."""
    if answer.status < 400:
        return ""
    if call.known and call.protocol in model.PROTOCOLS:
        try:
            return rules.parse_result(call, answer).get("Error", {}).get("Code", "")
        except (ResponseParserError, KeyError):  # a fault's answer, which is no answer of AWS
            return str(answer.status)
    match = re.search(rb'"__type": "([^"]*)"|<Code>([^<]*)', answer.body)
    return (match.group(1) or match.group(2)).decode() if match else str(answer.status)


def read_body(environ: dict[str, Any]) -> bytes:
    if environ.get("wsgi.input_terminated"):  # chunked
        return environ["wsgi.input"].read()
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return environ["wsgi.input"].read(length) if length else b""


def send(answer: Answer, start_response: StartResponse) -> list[bytes]:
    try:
        reason = http.HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    dropped = {"content-length", "transfer-encoding", "connection", "access-control-allow-origin"}
    headers = [(k, v) for k, v in answer.headers if k.lower() not in dropped]
    if answer.status != 204:
        headers.append(("Content-Length", str(len(answer.body))))
    start_response(f"{answer.status} {reason}", headers)
    return [answer.body] if answer.status != 204 else []


def make_server(cloud: "Cloud") -> HttpServer:
    return HttpServer(cloud.config.port, Application(cloud), "aws")

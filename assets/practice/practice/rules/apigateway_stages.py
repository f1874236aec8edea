# SPDX-License-Identifier: MIT
"""API Gateway v2: stages and deployments, of which moto knows half, and CreateApi's quick create.

A stage with auto deployment gets a new deployment whenever a route, an integration or the stage changes; the others
show the one that they were given (developer guide, "Publish HTTP APIs", "Stages"). Deployments are kept at moto's Api
object as `deployments`, the one that a stage shows as `deployment_id` (data/gateway.py reads it)."""

import datetime
import re
import secrets
import string
from typing import Any

from practice.cloud import Cloud
from practice.identify import Call
from practice.rules import after, before
from practice.rules.apigateway import absent, bad, find_api, store

LOG_ARN = re.compile(r"arn:aws[a-z-]*:(logs:[a-z0-9-]+:\d{12}:log-group:.+|firehose:[a-z0-9-]+:\d{12}:.+)")
AUTOMATIC = "Automatic deployment triggered by changes to the Api configuration"
ID_LETTERS = string.ascii_lowercase + string.digits


def _deployments(api: Any) -> dict[str, dict[str, Any]]:
    if not hasattr(api, "deployments"):
        api.deployments = {}
    return api.deployments


def _deploy(api: Any, auto: bool, description: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "DeploymentId": "".join(secrets.choice(ID_LETTERS) for _ in range(6)),
        "AutoDeployed": auto,
        "DeploymentStatus": "DEPLOYED",
        "CreatedDate": datetime.datetime.now(datetime.UTC),
        "Description": description or (AUTOMATIC if auto else ""),
    }
    _deployments(api)[made["DeploymentId"]] = made
    return made


def _show(stage: Any, deployment_id: str) -> None:
    stage.deployment_id = deployment_id
    stage.updated = datetime.datetime.now()
    stage.message = f"Successfully deployed stage with deployment ID '{deployment_id}'"


def redeploy(api: Any) -> None:
    """Auto deployment of all stages that have it."""
    stages = [stage for stage in api.stages.values() if stage.auto_deploy]
    if stages:
        made = _deploy(api, auto=True)
        for stage in stages:
            _show(stage, made["DeploymentId"])


def shown(stage: Any) -> dict[str, Any]:
    """A stage as GetStage shows it."""
    result = {
        "StageName": stage.name,
        "AutoDeploy": bool(stage.auto_deploy),
        "ApiGatewayManaged": getattr(stage, "managed", None),
        "CreatedDate": stage.created,
        "LastUpdatedDate": stage.updated,
        "DefaultRouteSettings": _capitals(stage.default_route_settings),
        "RouteSettings": {key: _capitals(value) for key, value in (stage.route_settings or {}).items()},
        "StageVariables": stage.stage_variables or {},
        "Tags": stage.tags or {},
        "AccessLogSettings": _capitals(stage.access_log_settings),
        "ClientCertificateId": stage.client_certificate_id,
        "Description": stage.description,
        "DeploymentId": getattr(stage, "deployment_id", None),
        "LastDeploymentStatusMessage": getattr(stage, "message", None) if stage.auto_deploy else None,
    }
    return {name: value for name, value in result.items() if value is not None}


def _capitals(members: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if members is None else {name[0].upper() + name[1:]: value for name, value in members.items()}


def _small(members: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in members.items()}


def _stage(call: Call) -> Any:
    stage = find_api(call).stages.get(call.params["StageName"])
    if stage is None:
        raise absent("stage", call.params["StageName"])
    return stage


# CreateStage, UpdateStage: the name's letters, the log's ARN and format, throttling, a deployment that exists and does
# not go with auto deployment (API reference, CreateStage).
@before("apigatewayv2", "CreateStage", "UpdateStage")
def stage_settings(_cloud: Cloud, call: Call) -> None:
    p, api = call.params, find_api(call)
    if call.operation == "UpdateStage":
        _stage(call)
    if not re.fullmatch(r"\$default|[A-Za-z0-9_-]{1,128}", p["StageName"]):
        raise bad("Invalid stage name: a name has 1 to 128 letters, digits, hyphens or underscores, or is $default")
    log = p.get("AccessLogSettings") or {}
    if log.get("DestinationArn") and not LOG_ARN.fullmatch(log["DestinationArn"]):
        raise bad(f"Invalid ARN specified in the request: {log['DestinationArn']}")
    if bool(log.get("DestinationArn")) != bool(log.get("Format")):
        raise bad("Both DestinationArn and Format of the access log settings must be given")
    for settings in [p.get("DefaultRouteSettings") or {}, *(p.get("RouteSettings") or {}).values()]:
        if settings.get("ThrottlingBurstLimit", 0) < 0 or settings.get("ThrottlingRateLimit", 0) < 0:
            raise bad("Throttling limits cannot be negative")
    if p.get("DeploymentId"):
        auto = p.get("AutoDeploy", call.operation == "UpdateStage" and api.stages[p["StageName"]].auto_deploy)
        if auto:
            raise bad("Deployment ID cannot be set on a stage with auto deployment")
        if p["DeploymentId"] not in _deployments(api):
            raise absent("deployment", p["DeploymentId"])


# CreateStage: a stage with auto deployment is deployed at once.
@after("apigatewayv2", "CreateStage")
def stage_is_deployed(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> dict[str, Any]:
    api = find_api(call)
    stage = api.stages[call.params["StageName"]]
    if stage.auto_deploy:
        _show(stage, _deploy(api, auto=True)["DeploymentId"])
    elif call.params.get("DeploymentId"):
        _show(stage, call.params["DeploymentId"])
    return shown(stage)


# GetStage shows the deployment and how it went.
@before("apigatewayv2", "GetStage", "GetStages")
def stages(_cloud: Cloud, call: Call) -> dict[str, Any]:
    if call.operation == "GetStage":
        return shown(_stage(call))
    return {"Items": [shown(stage) for stage in find_api(call).stages.values()]}


# UpdateStage: what is given changes (moto has no such operation).
@before("apigatewayv2", "UpdateStage")
def update_stage(_cloud: Cloud, call: Call) -> dict[str, Any]:
    stage, p = _stage(call), call.params
    for name, attribute in (("Description", "description"), ("AutoDeploy", "auto_deploy"),
                            ("ClientCertificateId", "client_certificate_id")):  # fmt: skip
        if name in p:
            setattr(stage, attribute, p[name])
    if "StageVariables" in p:
        stage.stage_variables = {k: v for k, v in {**(stage.stage_variables or {}), **p["StageVariables"]}.items() if v}
    if "DefaultRouteSettings" in p:
        stage.default_route_settings = {**(stage.default_route_settings or {}), **_small(p["DefaultRouteSettings"])}
    if "AccessLogSettings" in p:
        stage.access_log_settings = _small(p["AccessLogSettings"])
    for key, settings in (p.get("RouteSettings") or {}).items():
        stage.route_settings = {**(stage.route_settings or {}), key: _small(settings)}
    if p.get("DeploymentId"):
        _show(stage, p["DeploymentId"])
    elif stage.auto_deploy:
        _show(stage, _deploy(find_api(call), auto=True)["DeploymentId"])
    stage.updated = datetime.datetime.now()
    return shown(stage)


# Changes of routes and integrations reach the stages with auto deployment.
@after(
    "apigatewayv2", "CreateRoute", "UpdateRoute", "DeleteRoute", "CreateIntegration", "UpdateIntegration",
    "DeleteIntegration", "CreateAuthorizer", "UpdateAuthorizer", "UpdateApi", "DeleteCorsConfiguration",
)  # fmt: skip
def automatic_deployment(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    redeploy(find_api(call))


# ---- deployments


def _deployment(call: Call) -> dict[str, Any]:
    found = _deployments(find_api(call)).get(call.params["DeploymentId"])
    if found is None:
        raise absent("deployment", call.params["DeploymentId"])
    return found


# CreateDeployment, also for a stage, which shows it then; not for one that deploys by itself, nor without routes
# (terraform-provider-aws, aws_apigatewayv2_deployment: "requires at least one route"; the words for HTTP APIs are as
# issue 42 of mach-composer/mach-composer-cli quotes them).
@before("apigatewayv2", "CreateDeployment")
def create_deployment(_cloud: Cloud, call: Call) -> dict[str, Any]:
    api = find_api(call)
    stage = _stage(call) if call.params.get("StageName") else None
    if stage and stage.auto_deploy:
        raise bad("Deployment cannot be made for a stage with auto deployment")
    if not api.routes:
        web_socket = api.protocol_type == "WEBSOCKET"
        raise bad(
            "At least one route is required before deploying the Api."
            if web_socket
            else "Unable to deploy API because no routes exist in this API"
        )
    made = _deploy(api, auto=False, description=call.params.get("Description"))
    if stage:
        _show(stage, made["DeploymentId"])
    return made


# GetDeployments: all of them, made by hand or by a stage.
@before("apigatewayv2", "GetDeployments")
def deployments(_cloud: Cloud, call: Call) -> dict[str, Any]:
    return {"Items": list(_deployments(find_api(call)).values())}


# GetDeployment: 404 for none.
@before("apigatewayv2", "GetDeployment")
def get_deployment(_cloud: Cloud, call: Call) -> dict[str, Any]:
    return _deployment(call)


# UpdateDeployment changes the description.
@before("apigatewayv2", "UpdateDeployment")
def update_deployment(_cloud: Cloud, call: Call) -> dict[str, Any]:
    _deployment(call)["Description"] = call.params.get("Description", "")
    return _deployment(call)


# DeleteDeployment: not while a stage shows it.
@before("apigatewayv2", "DeleteDeployment")
def delete_deployment(_cloud: Cloud, call: Call) -> dict[str, Any]:
    api, found = find_api(call), _deployment(call)
    using = [s.name for s in api.stages.values() if getattr(s, "deployment_id", None) == found["DeploymentId"]]
    if using:
        raise bad(f"Active stages pointing to this deployment must be moved or deleted: {', '.join(using)}")
    del _deployments(api)[found["DeploymentId"]]
    return {}


# ---- CreateApi with a target (API reference, CreateApi, "quick create")


# Quick create: a target is a URL or an ARN; route key and credentials need one.
@before("apigatewayv2", "CreateApi")
def quick_create_target(_cloud: Cloud, call: Call) -> None:
    target = call.params.get("Target")
    if target and not re.match(r"https?://|arn:", target):
        raise bad(f"Invalid target specified: {target}")
    if not target and (call.params.get("RouteKey") or call.params.get("CredentialsArn")):
        raise bad("RouteKey and CredentialsArn are part of quick create and need a target")


# Quick create: integration, $default route and a $default stage that deploys by itself.
@after("apigatewayv2", "CreateApi")
def quick_create(_cloud: Cloud, call: Call, result: dict[str, Any]) -> None:
    target = call.params.get("Target")
    if not target:
        return
    api = store(call).apis[result["ApiId"]]
    proxy = target.startswith("arn:")
    none = dict.fromkeys(
        ("content_handling_strategy", "credentials_arn", "description", "passthrough_behavior", "integration_subtype",
         "request_parameters", "request_templates", "response_parameters", "template_selection_expression",
         "timeout_in_millis", "tls_config", "connection_id")
    )  # fmt: skip
    made = api.create_integration(
        **none, connection_type="INTERNET", integration_method="ANY" if not proxy else "POST",
        integration_type="AWS_PROXY" if proxy else "HTTP_PROXY", integration_uri=target,
        payload_format_version="2.0" if proxy else "1.0",
    )  # fmt: skip
    api.create_route(
        api_key_required=False, authorization_scopes=None, authorization_type="NONE", authorizer_id=None,
        model_selection_expression=None, operation_name=None, request_models=None, request_parameters=None,
        route_key=call.params.get("RouteKey") or "$default", route_response_selection_expression=None,
        target=f"integrations/{made.id}",
    )  # fmt: skip
    stage = store(call).create_stage(api.api_id, {"stageName": "$default", "autoDeploy": True})
    stage.managed = True
    redeploy(api)


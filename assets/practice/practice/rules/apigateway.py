# SPDX-License-Identifier: MIT
"""API Gateway v2: what an HTTP API refuses and moto accepts. Stages and deployments are in apigateway_stages.py, VPC
links' states in states.py, what must exist for a private integration in validation.py.

Sources: the API reference, "Developer guide: HTTP APIs", its quotas, aws.md 2.10. Every refusal is BadRequestException,
400, every missing thing NotFoundException, 404; where the guide does not give the words they are ours."""

import re
from typing import Any
from urllib.parse import urlsplit

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before

NAME_MAX, TAGS_MAX, SUBNETS_MAX = 128, 50, 10
METHODS = {"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
SELECTIONS = {"$request.method $request.path", "${request.method} ${request.path}"}


def store(call: Call) -> Any:
    return emulator.backend("apigatewayv2", call.account, call.region)


def bad(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def absent(kind: str, name: str) -> AwsError:
    return AwsError("NotFoundException", f"Invalid {kind} identifier specified {name}", 404)


def find_api(call: Call) -> Any:
    api = store(call).apis.get(call.params["ApiId"])
    if api is None:
        raise absent("API", f"{call.account}:{call.params['ApiId']}")
    return api


# Every call about a part of an API looks for the API first: 404.
@before("apigatewayv2", "*")
def api_exists(_cloud: Cloud, call: Call) -> None:
    if "ApiId" in call.params and call.operation not in ("CreateApiMapping", "UpdateApiMapping"):
        find_api(call)


# Names have 1 to 128 characters (API reference, StringWithLengthBetween1And128).
@before("apigatewayv2", "CreateApi", "UpdateApi", "CreateVpcLink", "UpdateVpcLink", "CreateAuthorizer")
def name(_cloud: Cloud, call: Call) -> None:
    given = call.params.get("Name")
    if given is None and call.operation.startswith("Update"):
        return
    if not given or len(given) > NAME_MAX:
        raise bad(f"Invalid name specified: a name has 1 to {NAME_MAX} characters")


# A JWT authorizer says who issues its tokens and for whom (API reference, CreateAuthorizer: jwtConfiguration).
@before("apigatewayv2", "CreateAuthorizer")
def jwt_authorizer(_cloud: Cloud, call: Call) -> None:
    configuration = call.params.get("JwtConfiguration") or {}
    if call.params.get("AuthorizerType") != "JWT":
        return
    for name, given in (
        ("jwtConfiguration.issuer", configuration.get("Issuer")),
        ("jwtConfiguration.audience", configuration.get("Audience")),
    ):
        if not given:
            raise bad(f"A JWT authorizer requires {name}")


# GetAuthorizers: all of an API (moto has no such operation).
@before("apigatewayv2", "GetAuthorizers")
def authorizers(_cloud: Cloud, call: Call) -> dict[str, Any]:
    return {"Items": [_as_members(one.to_json()) for one in find_api(call).authorizers.values()]}


def _as_members(shown: dict[str, Any]) -> dict[str, Any]:
    """What moto would write as JSON, by the names that the model has; what is not there is left out."""
    return {
        key[0].upper() + key[1:]: _as_members(value) if isinstance(value, dict) else value
        for key, value in shown.items()
        if value is not None
    }


# CreateApi: what belongs to WebSocket APIs, and origins that do not go with credentials (API reference, CreateApi).
@before("apigatewayv2", "CreateApi", "UpdateApi")
def api(_cloud: Cloud, call: Call) -> None:
    p = call.params
    http = p["ProtocolType"] == "HTTP" if call.operation == "CreateApi" else find_api(call).protocol_type == "HTTP"
    selection = p.get("RouteSelectionExpression")
    if not http and not selection and call.operation == "CreateApi":
        raise bad("RouteSelectionExpression is required for WEBSOCKET protocol")
    if http and selection is not None and selection not in SELECTIONS:
        raise bad("RouteSelectionExpression for HTTP protocol must be '$request.method $request.path'")
    if http and p.get("ApiKeySelectionExpression") not in (None, "$request.header.x-api-key"):
        raise bad("ApiKeySelectionExpression is supported only for WEBSOCKET protocol")
    cors = p.get("CorsConfiguration") or {}
    if cors and not http:
        raise bad("CORS configuration is supported only for HTTP protocol")
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or []):
        raise bad("Invalid CORS configuration: AllowCredentials cannot be used with the origin '*'")


# An integration of an HTTP API is HTTP_PROXY or AWS_PROXY, with a method, a URI, and the payload format said
# (API reference, CreateIntegration).
@before("apigatewayv2", "CreateIntegration", "UpdateIntegration")
def integration(_cloud: Cloud, call: Call) -> None:
    p = _merged_integration(call)
    if find_api(call).protocol_type != "HTTP":
        return
    kind, subtype = p.get("IntegrationType"), p.get("IntegrationSubtype")
    if kind not in ("HTTP_PROXY", "AWS_PROXY"):
        raise bad(f"Invalid integration type {kind}: HTTP APIs support HTTP_PROXY and AWS_PROXY")
    if not p.get("PayloadFormatVersion"):
        raise bad("PayloadFormatVersion is a required parameter for integration")
    if kind == "HTTP_PROXY":
        if p["PayloadFormatVersion"] != "1.0":
            raise bad("PayloadFormatVersion for HTTP_PROXY integrations must be 1.0")
        if not p.get("IntegrationMethod") or p["IntegrationMethod"] not in METHODS:
            raise bad("Invalid HTTP method specified. An integration of type HTTP_PROXY needs one of " + _list(METHODS))
        _check_uri(p)
    elif p["PayloadFormatVersion"] not in ("1.0", "2.0"):
        raise bad("PayloadFormatVersion must be 1.0 or 2.0")
    elif not subtype and not p.get("IntegrationUri"):
        raise bad("Invalid integration URI specified")


def _check_uri(p: dict[str, Any]) -> None:
    uri = p.get("IntegrationUri") or ""
    if p.get("ConnectionType") == "VPC_LINK":
        return  # validation.py looks whether link and listener are there
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad(f"Invalid HTTP endpoint specified for URI: {uri}")


def _merged_integration(call: Call) -> dict[str, Any]:
    if call.operation == "CreateIntegration":
        return call.params
    known = find_api(call).integrations.get(call.params["IntegrationId"])
    if known is None:
        raise absent("Integration", call.params["IntegrationId"])
    old = {
        "IntegrationType": known.integration_type, "IntegrationSubtype": known.integration_subtype,
        "IntegrationMethod": known.integration_method, "IntegrationUri": known.integration_uri,
        "PayloadFormatVersion": known.payload_format_version, "ConnectionType": known.connection_type,
        "ConnectionId": known.connection_id,
    }  # fmt: skip
    return {**old, **call.params}


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


# CreateIntegration: the connection type is INTERNET when none is given (API reference); moto keeps none.
@after("apigatewayv2", "CreateIntegration")
def connection_type(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    made = find_api(call).integrations[result["IntegrationId"]]
    made.connection_type = made.connection_type or "INTERNET"
    return {**result, "ConnectionType": made.connection_type}


# A route of an HTTP API: one greedy part at the end, an authorizer where its type wants one, no API key
# (API reference, CreateRoute).
@before("apigatewayv2", "CreateRoute", "UpdateRoute")
def route(_cloud: Cloud, call: Call) -> None:
    p, found = call.params, find_api(call)
    if call.operation == "UpdateRoute" and p["RouteId"] not in found.routes:
        raise absent("Route", p["RouteId"])
    key = p.get("RouteKey")
    if found.protocol_type != "HTTP":
        return
    parts = (key or "").partition(" ")[2].split("/")
    greedy = [part for part in parts if re.fullmatch(r"\{[^}]+\+\}", part)]
    if len(greedy) > 1 or (greedy and greedy != parts[-1:]):
        raise bad("Greedy path variables are allowed only at the end of a route's path")
    if p.get("ApiKeyRequired"):
        raise bad("API keys are not supported for HTTP protocol")
    kind, authorizer = p.get("AuthorizationType") or "NONE", p.get("AuthorizerId")
    if kind in ("JWT", "CUSTOM") and authorizer not in found.authorizers:
        raise bad(f"Authorization type {kind} requires a valid authorizer; {authorizer or '(none)'} is none")


# UpdateRoute to a key that another route has: ConflictException, as at its creation.
@before("apigatewayv2", "UpdateRoute")
def route_key(_cloud: Cloud, call: Call) -> None:
    key, routes = call.params.get("RouteKey"), find_api(call).routes
    if any(r.route_key == key and r.route_id != call.params["RouteId"] for r in routes.values()):
        raise AwsError("ConflictException", f"Route with key {key} already exists for this API", 409)


# At most 10 subnets (quotas of HTTP APIs), and a list of groups even when there is none.
@before("apigatewayv2", "CreateVpcLink")
def link(_cloud: Cloud, call: Call) -> None:
    if len(call.params["SubnetIds"]) > SUBNETS_MAX:
        raise bad(f"Too many subnets: a VPC link has at most {SUBNETS_MAX}")


# CreateVpcLink: a link without groups shows an empty list.
@after("apigatewayv2", "CreateVpcLink")
def link_groups(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    made = store(call).vpc_links[result["VpcLinkId"]]
    made.sg_ids = made.sg_ids or []
    return {**result, "SecurityGroupIds": made.sg_ids}


# Pages: maxResults is a number from 1 on (aws.md 0.5).
@before("apigatewayv2", "*")
def page_size(_cloud: Cloud, call: Call) -> None:
    given = call.params.get("MaxResults")
    if given is not None and not (str(given).isdigit() and int(given) > 0):
        raise bad("Invalid maxResults specified")


# ---- tags: of APIs, stages and links, by their ARN (moto has none for stages, and takes any ARN)


def _tagged(call: Call) -> tuple[str, Any]:
    """(the ARN, the stage that keeps its tags itself or None). 404 for what is not there."""
    arn = call.params["ResourceArn"]
    match = re.fullmatch(r"arn:aws[a-z-]*:apigateway:[a-z0-9-]+::/(apis|vpclinks)/([^/]+)(?:/stages/(.+))?", arn)
    if not match:
        raise bad(f"Invalid resource ARN specified: {arn}")
    kind, name_, stage = match.groups()
    found = (store(call).apis if kind == "apis" else store(call).vpc_links).get(name_)
    if found is None or (stage and stage not in found.stages):
        raise AwsError("NotFoundException", f"Invalid resource identifier specified: {arn}", 404)
    return arn, found.stages[stage] if stage else None


def _tags_of(call: Call, arn: str, stage: Any) -> dict[str, str]:
    return dict(stage.tags or {}) if stage else store(call).get_tags(arn)


# Tags by ARN: 404 for what is not there, at most 50 (API reference, TagResource).
@before("apigatewayv2", "GetTags", "TagResource", "UntagResource")
def tags(_cloud: Cloud, call: Call) -> dict[str, Any]:
    arn, stage = _tagged(call)
    old = _tags_of(call, arn, stage)
    if call.operation == "GetTags":
        return {"Tags": old}
    if call.operation == "TagResource":
        new = {**old, **call.params["Tags"]}
        _check_count(new)
        if not stage:
            store(call).tag_resource(arn, call.params["Tags"])
    else:
        gone = call.params["TagKeys"]
        new = {key: value for key, value in old.items() if key not in gone}
        if not stage:
            store(call).untag_resource(arn, gone)
    if stage:
        stage.tags = new
    return {}


def _check_count(given: dict[str, str]) -> None:
    if len(given) > TAGS_MAX:
        raise bad(f"Too many tags: a resource has at most {TAGS_MAX}")


# At most 50 tags on what is made.
@before("apigatewayv2", "CreateApi", "CreateStage", "CreateVpcLink")
def tags_at_creation(_cloud: Cloud, call: Call) -> None:
    _check_count(call.params.get("Tags") or {})

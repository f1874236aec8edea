# SPDX-License-Identifier: MIT
"""SimulatePrincipalPolicy and SimulateCustomPolicy: the decision of judge.py on requests that nobody makes.

Each action is tried on each resource ("*" without any). Resource tags, request tags and the like count only when they
are given as ContextEntries, as on AWS; keys that a policy asks for and that were not given are MissingContextValues.
Source: IAM API reference; aws.md 10.3 (Preflight).
"""

from typing import Any

from practice.cloud import OPERATOR, Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.permissions import principal
from practice.permissions.judge import decide
from practice.permissions.policy import Context, Request, Statement, keys_wanted, parse
from practice.rules import before

EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def _context(call: Call) -> Context:
    return {
        entry["ContextKeyName"].lower(): list(entry.get("ContextKeyValues") or [])
        for entry in call.params.get("ContextEntries") or []
    }


def _decision(found: principal.Policies, request: Request, policy: list[Statement] | None) -> dict[str, Any]:
    decision = decide(found, request, policy)
    shown = "allowed" if decision.allowed else "explicitDeny" if decision.explicit else "implicitDeny"
    missing = sorted(key for key in keys_wanted(found.identity) if key.lower() not in request.context)
    row: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": shown,
        "MatchedStatements": [
            {"SourcePolicyId": one.policy.rpartition("/")[2], "SourcePolicyType": _type(one)}
            for one in decision.by
        ],
        "MissingContextValues": missing,
    }
    if found.boundary is not None:
        inside = decide(principal.Policies(identity=found.boundary), request, None).allowed
        row["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": inside}
    return row


def _type(statement: Statement) -> str:
    return "IAM Policy" if statement.policy else "none"


def _results(call: Call, found: principal.Policies, arn: str, account: str) -> dict[str, Any]:
    params = call.params
    given = _context(call)
    policy = parse(params["ResourcePolicy"], "resource policy") if params.get("ResourcePolicy") else None
    rows = []
    for action in params["ActionNames"]:
        if ":" not in action:
            raise AwsError("InvalidInput", f"Invalid action name: {action}")
        for resource in params.get("ResourceArns") or ["*"]:
            request = Request(arn, account, action, resource, found.context | given)
            rows.append(_decision(found, request, policy))
    limit = params.get("MaxItems") or 100
    start = int(params["Marker"]) if str(params.get("Marker", "")).isdigit() else 0
    page: dict[str, Any] = {
        "EvaluationResults": rows[start : start + limit],
        "IsTruncated": start + limit < len(rows),
    }
    if page["IsTruncated"]:
        page["Marker"] = str(start + limit)
    return page


# moto does not know either of them and answers HTML (practice-cloud.md, Error bodies).
@before("iam", "SimulatePrincipalPolicy")
def simulate_principal(cloud: Cloud, call: Call) -> dict[str, Any]:
    arn = call.params["PolicySourceArn"]
    parts = arn.split(":", 5)
    # A session's ARN is not a source (aws.md 10.3).
    if len(parts) != 6 or parts[2] != "iam" or parts[5].partition("/")[0] not in ("user", "role", "group"):
        raise AwsError(
            "InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        )
    own = arn == OPERATOR.principal
    if not own and not exists(arn, parts[4]):
        raise AwsError("NoSuchEntity", f"The entity with ARN {arn} cannot be found.", 404)
    found = principal.of(arn, parts[4])
    if own:  # may do all, and is no user of moto's
        found.identity += parse(EVERYTHING, "operator")
    for text in call.params.get("PolicyInputList") or []:
        found.identity += parse(text, "PolicyInputList")
    boundaries = call.params.get("PermissionsBoundaryPolicyInputList")
    if boundaries:
        found.boundary = parse(boundaries[0], "PermissionsBoundaryPolicyInputList")
    return _results(call, found, call.params.get("CallerArn") or arn, parts[4])


@before("iam", "SimulateCustomPolicy")
def simulate_custom(cloud: Cloud, call: Call) -> dict[str, Any]:
    identity: list[Statement] = []
    for number, text in enumerate(call.params["PolicyInputList"], 1):
        identity += parse(text, f"PolicyInputList.{number}")
    boundaries = call.params.get("PermissionsBoundaryPolicyInputList")
    boundary = parse(boundaries[0], "boundary") if boundaries else None
    arn = call.params.get("CallerArn") or f"arn:aws:iam::{call.account}:user/simulated"
    found = principal.Policies(identity, boundary, context=principal.base_context(arn, call.account))
    return _results(call, found, arn, call.account)


def exists(arn: str, account: str) -> bool:
    from practice import emulator

    iam = emulator.backend("iam", account, here())
    everyone = [*iam.users.values(), *iam.roles.values(), *iam.groups.values()]
    return any(one.arn == arn for one in everyone)

# SPDX-License-Identifier: MIT
"""Policy documents: their grammar, whom they name, and how large they may be.

Sources: IAM user guide ("Grammar of the IAM JSON policy language", "IAM and AWS STS quotas"), messages as IAM gives
them, aws.md 2.5. The grammar of identity policies is judged by moto.
"""

import json
import re
from typing import Any

from botocore.loaders import Loader

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import before

TRUST_AT_MOST = 2048
INLINE_AT_MOST = 10240
MANAGED_AT_MOST = 6144
ATTACHED_AT_MOST = 10
PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
STATEMENT = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}
OPERATOR = re.compile(
    r"^(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|"
    r"Numeric(LessThan|GreaterThan)(Equals)?|Date(Not)?Equals|Date(LessThan|GreaterThan)(Equals)?|Bool|BinaryEquals|"
    r"(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$"
)
# Parts of service principals that are no endpoint of their own.
SERVICE_WORDS = set(Loader().list_available_services("service-2")) | {
    "ecs-tasks", "ops", "apigateway", "application-autoscaling", "elasticloadbalancing", "vpc-flow-logs", "delivery",
    "edgelambda", "spotfleet", "states", "monitoring", "replicator", "spot", "transitgateway", "pods",
}  # fmt: skip


def malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def exceeded(message: str) -> AwsError:
    return AwsError("LimitExceeded", message, 409)


# A trust policy: valid JSON, statements of Effect, Principal and an sts action; nothing else.
@before("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust_policy(_cloud: Cloud, call: Call) -> None:
    text = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument") or ""
    statements = statements_of(text)
    sids = [statement.get("Sid") for statement in statements if statement.get("Sid")]
    if len(set(sids)) < len(sids):
        raise malformed("Statement IDs (SID) in a single policy must be unique.")
    for statement in statements:
        _judge_trust(statement)
        for kind, names in _principals(statement).items():
            for name in listed(names):
                judge_principal(kind, str(name), call.account)
    if len(re.sub(r"\s", "", text)) > TRUST_AT_MOST:
        raise exceeded(f"Cannot exceed quota for ACLSizePerRole: {TRUST_AT_MOST}")


def statements_of(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
        statements = listed(document["Statement"])
        good = bool(statements) and all(isinstance(statement, dict) for statement in statements)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise malformed("This policy contains invalid Json")
    if document.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        raise malformed("The policy must contain a valid version string")
    return statements


def _judge_trust(statement: dict[str, Any]) -> None:
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise malformed("Syntax error in policy: Effect is Allow or Deny")
    if "Resource" in statement or "NotResource" in statement:
        raise malformed("Has prohibited field Resource")
    unknown = set(statement) - STATEMENT
    if unknown:
        raise malformed(f"Syntax error in policy: {min(unknown)}")
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise malformed("Missing required field Principal")
    actions = listed(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise malformed("Missing required field Action")
    if not all(str(action).lower().startswith("sts:") or action == "*" for action in actions):
        raise malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    for operator in statement.get("Condition") or {}:
        if not OPERATOR.match(operator):
            raise malformed(f"Invalid Condition type : {operator}.")


def _principals(statement: dict[str, Any]) -> dict[str, Any]:
    who = statement.get("Principal", statement.get("NotPrincipal"))
    if who == "*":
        return {}
    if not isinstance(who, dict) or not who:
        raise malformed(f'Invalid principal in policy: "{who}"')
    for kind, names in who.items():
        if kind not in PRINCIPALS:
            raise malformed(f'Invalid principal in policy: "{kind.upper()}":"{names}"')
    return who


def judge_principal(kind: str, name: str, account: str, code: str = "MalformedPolicyDocument") -> None:
    """Whether a principal exists: services by name, accounts by form, roles and users of the accounts here."""
    if kind == "Service":
        good = name.endswith((".amazonaws.com", ".amazonaws.com.cn")) and bool(
            set(name.split(".amazonaws.com")[0].split(".")) & SERVICE_WORDS
        )
    elif kind == "AWS":
        good = name == "*" or bool(re.fullmatch(r"\d{12}", name)) or _known_arn(name)
    else:
        good = True
    if not good:
        raise AwsError(code, f'Invalid principal in policy: "{kind.upper()}":"{name}"')


def _known_arn(arn: str) -> bool:
    match = re.fullmatch(r"arn:aws[a-z-]*:(iam|sts)::(\d{12}):(root|(role|user|assumed-role)/\S+)", arn)
    if not match:
        return False
    if match[3] == "root" or match[1] == "sts":
        return True
    iam = emulator.backend("iam", match[2], here())
    things = iam.roles.values() if match[4] == "role" else iam.users.values()
    # the cloud's own operator is a key without a user
    return any(thing.arn == arn for thing in things) or arn.endswith(":user/operator")


# An identity policy names nobody: whom it is attached to is meant.
@before("iam", "PutRolePolicy", "PutUserPolicy", "CreatePolicy", "CreatePolicyVersion")
def no_principal(_cloud: Cloud, call: Call) -> None:
    try:
        statements = listed(json.loads(call.params["PolicyDocument"]).get("Statement"))
    except (ValueError, AttributeError):
        return  # moto says what is wrong with it
    if any(isinstance(s, dict) and ("Principal" in s or "NotPrincipal" in s) for s in statements):
        raise malformed("Policy document should not specify a principal.")


# The identifiers of statements are letters and digits (IAM user guide, "IAM JSON policy elements: Sid").
@before("iam", "CreateRole", "UpdateAssumeRolePolicy", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy",
        "CreatePolicy", "CreatePolicyVersion")  # fmt: skip
def statement_ids(_cloud: Cloud, call: Call) -> None:
    text = call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument") or ""
    for sid in (statement.get("Sid", "") for statement in statements_of(text)):
        if not isinstance(sid, str) or not re.fullmatch("[0-9A-Za-z]*", sid):
            raise malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                            "expression [0-9A-Za-z]*")  # fmt: skip


# What an identity policy is about is "*" or an ARN, which has six parts (IAM user guide, "IAM JSON policy elements:
# Resource"; moto takes four).
@before("iam", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy", "CreatePolicy", "CreatePolicyVersion")
def resources_are_arns(_cloud: Cloud, call: Call) -> None:
    for statement in statements_of(call.params["PolicyDocument"]):
        for name in (*listed(statement.get("Resource")), *listed(statement.get("NotResource"))):
            if str(name).startswith("arn:") and str(name).count(":") < 5:
                raise malformed(f'Resource {name} must be in ARN format or "*".')


# Inline policies of a role: together at most 10240 characters, white space not counted.
@before("iam", "PutRolePolicy")
def inline_size(_cloud: Cloud, call: Call) -> None:
    role = emulator.backend("iam", call.account, here()).roles
    found = next((r for r in role.values() if r.name == call.params["RoleName"]), None)
    others = (
        [text for name, text in found.policies.items() if name != call.params["PolicyName"]] if found else []
    )
    total = sum(len(re.sub(r"\s", "", text)) for text in [*others, call.params["PolicyDocument"]])
    if total > INLINE_AT_MOST:
        name = call.params["RoleName"]
        raise exceeded(f"Maximum policy size of {INLINE_AT_MOST} bytes exceeded for role {name}")


# A managed policy has at most 6144 characters, white space not counted.
@before("iam", "CreatePolicy", "CreatePolicyVersion")
def managed_size(_cloud: Cloud, call: Call) -> None:
    if len(re.sub(r"\s", "", call.params["PolicyDocument"])) > MANAGED_AT_MOST:
        raise exceeded(f"Cannot exceed quota for PolicySize: {MANAGED_AT_MOST}")


# Names of managed policies differ by more than case.
@before("iam", "CreatePolicy")
def policy_name(_cloud: Cloud, call: Call) -> None:
    name = call.params["PolicyName"]
    for policy in emulator.backend("iam", call.account, here()).managed_policies.values():
        if policy.arn.split(":")[4] == call.account and policy.name.lower() == name.lower():
            message = f"A policy called {name} already exists. Duplicate names are not allowed."
            raise AwsError("EntityAlreadyExists", message, 409)


# AWS's own policies cannot be changed: AccessDenied, 403.
@before(
    "iam",
    "DeletePolicy",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "SetDefaultPolicyVersion",
    "TagPolicy",
)
def own_policies(_cloud: Cloud, call: Call) -> None:
    if call.params["PolicyArn"].split(":")[4] == "aws":
        raise AwsError("AccessDenied", "Policy is outside your own account.", 403)


# A role has at most ten managed policies; the ARN is one.
@before("iam", "AttachRolePolicy", "DetachRolePolicy")
def attached_policies(_cloud: Cloud, call: Call) -> None:
    arn = call.params["PolicyArn"]
    if not arn.startswith("arn:") or len(arn.split(":")) != 6:
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    roles = emulator.backend("iam", call.account, here()).roles.values()
    role = next((r for r in roles if r.name == call.params["RoleName"]), None)
    full = role and arn not in role.managed_policies and len(role.managed_policies) >= ATTACHED_AT_MOST
    if full and call.operation == "AttachRolePolicy":
        raise exceeded(f"Cannot exceed quota for PoliciesPerRole: {ATTACHED_AT_MOST}")


# A policy goes after its other versions: DeleteConflict, 409.
@before("iam", "DeletePolicy")
def policy_with_versions(_cloud: Cloud, call: Call) -> None:
    policy = emulator.backend("iam", call.account, here()).managed_policies.get(call.params["PolicyArn"])
    if policy and len(policy.versions) > 1:
        raise AwsError(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy.",
            409,
        )

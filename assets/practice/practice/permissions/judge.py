# SPDX-License-Identifier: MIT
"""May the caller make this call? Asked before everything else that a service looks at.

decide() weighs all kinds of policies as IAM does: an explicit Deny anywhere wins; a resource policy of the same
account that names the caller is enough; else the identity policies must allow, and the permissions boundary and the
session policy as well; across accounts the resource policy must allow besides. check() raises AwsError in AWS's words.
Source: IAM guide "Policy evaluation logic" and "Troubleshoot access denied error messages".
"""

import datetime
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practice.errors import AwsError, request_id
from practice.identify import Call, Signature
from practice.permissions import actions, arns, principal
from practice.permissions.actions import Need
from practice.permissions.policy import (
    Context,
    Request,
    Statement,
    Verdict,
    evaluate,
    parse,
    principal_matches,
)

if TYPE_CHECKING:
    from practice.cloud import Cloud
    from practice.signature import Key

DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "query": ("AccessDenied", 403),
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
}


@dataclass
class Decision:
    """allowed, or why not: the end of AWS's sentence."""

    allowed: bool
    why: str = ""
    explicit: bool = False
    by: tuple[Statement, ...] = ()


def decide(found: principal.Policies, request: Request, resource_policy: list[Statement] | None) -> Decision:
    """resource_policy: the statements of the policy on the resource; None when it has none."""
    own = evaluate(found.identity, request)
    boundary = evaluate(found.boundary, request) if found.boundary is not None else Verdict(allowed=True)
    session = evaluate(found.session, request) if found.session is not None else Verdict(allowed=True)
    theirs, direct = _resource(resource_policy, request)
    for verdict, name in (
        (own, "an identity-based policy"),
        (theirs, "a resource-based policy"),
        (boundary, "a permissions boundary"),
        (session, "a session policy"),
    ):
        if verdict.denied:
            return Decision(False, f"with an explicit deny in {name}", True, tuple(verdict.by))
    if direct:  # the caller itself is named: its own policies need not say it again
        return Decision(True, by=tuple(theirs.by))
    for verdict, name in ((boundary, "permissions boundary"), (session, "session policy")):
        if not verdict.allowed:
            return Decision(False, f"because no {name} allows the {request.action} action")
    if not own.allowed:
        return Decision(False, f"because no identity-based policy allows the {request.action} action")
    return Decision(True, by=tuple(own.by))


def _resource(policy: list[Statement] | None, request: Request) -> tuple[Verdict, bool]:
    """What the resource's policy says, and whether it says so to the caller itself."""
    if policy is None:
        return Verdict(), False
    named = [(one, principal_matches(one.body, request)) for one in policy]
    verdict = evaluate([one for one, how in named if how], request)
    direct = verdict.allowed and any(one in verdict.by and how == "principal" for one, how in named)
    return verdict, direct


# ---- one call


def proof(key: "Key", call: Call) -> Context:
    """aws:MultiFactorAuthPresent and -Age. Long-term keys have neither; a code in the call itself counts for it."""
    proven = call.proven_at or key.proven_at
    if proven is None:
        return {"aws:multifactorauthpresent": ["false"]} if key.token else {}
    age = datetime.datetime.now(datetime.UTC) - proven
    return {
        "aws:multifactorauthpresent": ["true"],
        "aws:multifactorauthage": [str(int(age.total_seconds()))],
    }


def context_of(key: "Key", call: Call, own: Context) -> Context:
    """The condition keys that every request has."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "aws:currenttime": [now.strftime("%Y-%m-%dT%H:%M:%SZ")],
        "aws:epochtime": [str(int(now.timestamp()))],
        "aws:requestedregion": [call.region],
        "aws:sourceip": ["127.0.0.1"],
        "aws:securetransport": ["true"],
        "aws:useragent": [call.headers.get("user-agent", "")],
        "aws:viaawsservice": ["false"],
        **proof(key, call),
        **own,
    }


def resource_context(call: Call, arn: str) -> Context:
    tags = arns.tags(call, arn)
    context: Context = {f"aws:resourcetag/{key}".lower(): [value] for key, value in tags.items()}
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    if service in ("ec2", "secretsmanager", "ecs", "elasticloadbalancing", "iam", "ecr"):
        context |= {f"{service}:resourcetag/{key}".lower(): [value] for key, value in tags.items()}
    return context


def resource_policy(call: Call, need: Need) -> list[Statement] | None:
    """The policy that hangs on a secret or a key. A key without one of its own trusts its account."""
    kind = need.resource.split(":")[2] if need.resource.startswith("arn:") else ""
    text: Any = None
    if kind == "secretsmanager":
        text = arns.secret_policy(call, need.resource)
    elif kind == "kms" and ":key/" in need.resource:
        text = arns.key_policy(call, need.resource)
    return parse(text, "resource policy") if text else None


def denied_need(cloud: "Cloud", call: Call) -> tuple[Need, Decision] | None:
    """The first need of a call that is not allowed, None when all are."""
    key = cloud.credentials.of(call) if call.signature else None
    if key is None or key.unlimited:
        return None
    found = principal.of_key(key)
    wanted = actions.needs(call)
    cloud.witness.note_needs(key.principal, wanted)
    if found.unlimited:
        return None
    for need in wanted:
        context = context_of(key, call, found.context)
        context |= resource_context(call, need.resource) | need.context
        request = Request(key.principal, key.account, need.action, need.resource, context)
        policy = resource_policy(call, need)
        decision = decide(found, request, policy)
        if decision.allowed and not _key_agrees(need, policy, request):
            decision = Decision(False, f"because no resource-based policy allows the {need.action} action")
        if decision.allowed and _of_another(need, key) and not (policy and _resource(policy, request)[0].allowed):
            decision = Decision(False, f"because no resource-based policy allows the {need.action} action")
        if not decision.allowed:
            return need, decision
    return None


def _of_another(need: Need, key: "Key") -> bool:
    """What is in another account is given by that account's own policy too (IAM guide, "Cross-account policy
    evaluation logic")."""
    account = need.resource.split(":")[4] if need.resource.count(":") > 4 else ""
    return account.isdigit() and account != key.account


def _key_agrees(need: Need, policy: list[Statement] | None, request: Request) -> bool:
    """KMS asks the key's policy first: IAM counts only where that policy trusts the account (KMS guide)."""
    return ":kms:" not in need.resource or policy is None or _resource(policy, request)[0].allowed


# Services that name no resource when an action has none: as terraform-provider-aws's issue 34234 (ec2:DescribeVpcs) and
# others quote them. ECS and ECR say "on resource: *".
WITHOUT_A_STAR = ("ec2:", "elasticloadbalancing:", "secretsmanager:", "tag:")


def sentence(call: Call, need: Need, why: str) -> str:
    """AWS's words; EC2 adds an encoded message, which only DecodeAuthorizationMessage reads, where it names a resource
    (aws.md 0.3)."""
    unnamed = need.resource == "*" and need.action.startswith(WITHOUT_A_STAR)
    where = "" if unnamed else f" on resource: {_as_named(call, need)}"
    text = f"User: {call.principal} is not authorized to perform: {need.action}{where} {why}"
    if call.protocol != "ec2":
        return text
    if unnamed:
        return f"You are not authorized to perform this operation. {text}"
    return (
        f"You are not authorized to perform this operation. {text}. Encoded authorization failure message: "
        f"{request_id().replace('-', '')}"
    )


# How IAM calls what it looks for, by the parameter that names it, as denials quoted in public say: "iam:GetRole on
# resource: role NAME" (aws-cdk issue 27067), "user NAME", "policy NAME" or "policy ARN". What is created, tagged or
# simulated is named by its ARN, but for policies.
IAM_KINDS = {"RoleName": "role", "UserName": "user", "GroupName": "group", "PolicyArn": "policy"}
IAM_BY_ARN = re.compile("Create(Role|User|Group|ServiceLinkedRole)$|(Un)?Tag|Simulate|.*InstanceProfile")


def _as_iam_names(call: Call, need: Need) -> str | None:
    if need.action != f"iam:{call.operation}" or IAM_BY_ARN.match(call.operation):
        return None
    if call.operation == "CreatePolicy":
        return f"policy {call.params['PolicyName']}"
    for member, kind in IAM_KINDS.items():
        if call.params.get(member):
            return f"{kind} {call.params[member]}"
    return None


def _as_named(call: Call, need: Need) -> str:
    """IAM has kinds and names. Secrets Manager repeats the name of a secret that is not there as it was given, without
    an ARN."""
    if named := _as_iam_names(call, need):
        return named
    name = call.params.get("SecretId") or call.params.get("Name") or ""
    absent = need.action.startswith("secretsmanager:") and arns.secret(call, name).endswith(f":secret:{name}")
    return name if absent and need.resource.endswith(f":secret:{name}") else need.resource


def refusal(call: Call, need: Need, why: str) -> AwsError:
    code, status = DENIED.get(call.protocol, DENIED["query"])
    return AwsError(code, sentence(call, need, why), status)


def trusts(trust: list[Statement], request: Request) -> bool:
    """Whether a role's trust policy allows the request."""
    return _resource(trust, request)[0].allowed


def may_assume(cloud: "Cloud", call: Call, role: Any) -> bool:
    """Whether the caller may take the role: its trust policy, and across accounts the caller's policies too."""
    key = cloud.credentials.of(call)
    found = principal.of_key(key)
    context = context_of(key, call, found.context) | actions.tag_context(call)
    for name, member in (("sts:externalid", "ExternalId"), ("sts:rolesessionname", "RoleSessionName")):
        if call.params.get(member):
            context[name] = [call.params[member]]
    request = Request(key.principal, key.account, "sts:AssumeRole", role.arn, context)
    trust = parse(role.assume_role_policy_document, "trust policy")
    cloud.witness.note_needs(key.principal, [Need("sts:AssumeRole", role.arn)])
    if not trusts(trust, request):
        return False
    if key.unlimited or found.unlimited:
        return True
    own_account = role.arn.split(":")[4] == key.account
    return decide(found, request, trust if own_account else None).allowed


def may(cloud: "Cloud", access_key: str, service: str, region: str, need: Need) -> str:
    """The same question for what is no API call (a registry's request): "" or AWS's sentence."""
    key = cloud.credentials.find(access_key)
    if key is None or key.unlimited:
        return ""
    call = Call(
        "", "", {}, b"", service=service, protocol="json", account=key.account, principal=key.principal
    )
    call.signature = Signature(access_key, "", region, service, "", "")
    found = principal.of_key(key)
    cloud.witness.note_needs(key.principal, [need])
    context = context_of(key, call, found.context) | resource_context(call, need.resource)
    request = Request(key.principal, key.account, need.action, need.resource, context)
    decision = Decision(True) if found.unlimited else decide(found, request, None)
    return "" if decision.allowed else sentence(call, need, decision.why)


def check(cloud: "Cloud", call: Call) -> None:
    """Raises AwsError when the caller may not make the call."""
    denied = denied_need(cloud, call)
    if denied:
        raise refusal(call, denied[0], denied[1].why)

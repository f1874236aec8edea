# SPDX-License-Identifier: MIT
"""Roles: boundaries, service-linked roles, and the seconds until a new role works everywhere.

Sources: IAM API reference (CreateRole, CreateServiceLinkedRole, PutRolePermissionsBoundary), IAM user guide ("Changes
that I make are not always immediately visible"), the services' guides on their service-linked roles, aws.md 2.5.
"""

from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.partition import here
from practice.rules import after, before

# AWS seconds after which a new role can be assumed and passed (aws.md 4: 2 to 20 s).
PROPAGATION = 8
LINKED = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "autoscaling.amazonaws.com": "AWSServiceRoleForAutoScaling",
    "replication.ecr.amazonaws.com": "AWSServiceRoleForECRReplication",
    "spot.amazonaws.com": "AWSServiceRoleForEC2Spot",
}
# The first of these in an account makes the service's role.
MAKES = {
    ("ecs", "CreateCluster"): "ecs.amazonaws.com",
    ("elbv2", "CreateLoadBalancer"): "elasticloadbalancing.amazonaws.com",
    ("elbv2", "CreateTargetGroup"): "elasticloadbalancing.amazonaws.com",
    ("apigatewayv2", "CreateVpcLink"): "ops.apigateway.amazonaws.com",
    ("application-autoscaling", "RegisterScalableTarget"): "ecs.application-autoscaling.amazonaws.com",
}


def install(_cloud: Cloud) -> None:
    for service, operation in MAKES:
        after(service, operation)(_linked_role_is_there)


def iam_of(account: str) -> Any:
    return emulator.backend("iam", account, here())


def find(account: str, name: str) -> Any:
    return next((role for role in iam_of(account).roles.values() if role.name == name), None)


def by_arn(account: str, arn: str) -> Any:
    return next((role for role in iam_of(account).roles.values() if role.arn == arn), None)


def linked(role: Any) -> bool:
    return bool(role) and role.path.startswith("/aws-service-role/")


# ---- propagation


# A role's age counts from here.
@after("iam", "CreateRole")
def role_is_new(cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    find(call.account, call.params["RoleName"]).made_at = cloud.clock.now()


def propagated(cloud: Cloud, role: Any) -> bool:
    """Whether the rest of AWS knows the role by now."""
    made = getattr(role, "made_at", None)
    return made is None or cloud.clock.passed(made, PROPAGATION)


# ECS: "Role is not valid" for a role that is seconds old (aws.md 2.5).
@before("ecs", "RegisterTaskDefinition")
def passed_role_is_known(cloud: Cloud, call: Call) -> None:
    for name in ("executionRoleArn", "taskRoleArn"):
        role = by_arn(call.account, call.params.get(name) or "")
        if role and not propagated(cloud, role):
            raise AwsError("ClientException", "Role is not valid")


# ---- what is refused


# A role that is not there is told in AWS's words (moto has others).
@before("iam", "GetRole", "DeleteRole", "UpdateRole", "UpdateAssumeRolePolicy", "TagRole", "UntagRole", "ListRoleTags",
        "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy", "ListRolePolicies", "AttachRolePolicy",
        "DetachRolePolicy", "ListAttachedRolePolicies", "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary", "ListInstanceProfilesForRole")  # fmt: skip
def role_exists(_cloud: Cloud, call: Call) -> None:
    name = call.params["RoleName"]
    if find(call.account, name) is None:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)


# Tag keys are not case sensitive (IAM user guide, "Rules for tagging in IAM and AWS STS"): the new one replaces.
@before("iam", "TagRole")
def tags_in_another_case(_cloud: Cloud, call: Call) -> None:
    role, new = find(call.account, call.params["RoleName"]), {tag["Key"].lower() for tag in call.params["Tags"]}
    role.tags = [tag for tag in role.tags if tag["Key"].lower() not in new]


# A permissions boundary is a managed policy that exists.
@before("iam", "CreateRole", "PutRolePermissionsBoundary")
def boundary_exists(_cloud: Cloud, call: Call) -> None:
    boundary_of(call)


def boundary_of(call: Call) -> None:
    """Refuses a boundary that is no managed policy of the account or of AWS."""
    arn = call.params.get("PermissionsBoundary")
    if arn and arn not in iam_of(call.account).managed_policies:
        if not arn.startswith("arn:"):
            raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
        raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


# The path of service-linked roles is for CreateServiceLinkedRole alone.
@before("iam", "CreateRole")
def reserved_path(_cloud: Cloud, call: Call) -> None:
    if (call.params.get("Path") or "/").startswith("/aws-service-role/"):
        raise AwsError("InvalidInput", "The path /aws-service-role/ is reserved for service-linked roles.")


# Service-linked roles are changed by their service only: UnmodifiableEntity.
@before("iam", "DeleteRole", "PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "UpdateRole",
        "UpdateAssumeRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")  # fmt: skip
def protected_role(_cloud: Cloud, call: Call) -> None:
    name = call.params["RoleName"]
    if linked(find(call.account, name)):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
        )


# ---- service-linked roles


# CreateServiceLinkedRole: only for services that have one, under the service's own name.
@before("iam", "CreateServiceLinkedRole")
def linked_role(_cloud: Cloud, call: Call) -> dict[str, Any]:
    service, suffix = call.params["AWSServiceName"], call.params.get("CustomSuffix")
    if service not in LINKED:
        raise AwsError("InvalidInput", f"{service} does not have a service-linked role")
    if suffix and service != "autoscaling.amazonaws.com":
        raise AwsError("InvalidInput", "Custom suffix is not allowed for " + service)
    name = LINKED[service] + (f"_{suffix}" if suffix else "")
    if find(call.account, name):
        raise AwsError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    role = make_linked(call.account, service, name, call.params.get("Description") or "")
    return {"Role": shown(role)}


def make_linked(account: str, service: str, name: str, description: str = "") -> Any:
    role = iam_of(account).create_service_linked_role(service, description, None)
    role.name = name
    role.path = f"/aws-service-role/{service}/"
    return role


def shown(role: Any) -> dict[str, Any]:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": role.assume_role_policy_document,
        "Description": role.description,
        "MaxSessionDuration": 3600,
    }


def _linked_role_is_there(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    """The service makes its role when it is first needed."""
    service = MAKES[call.service, call.operation]
    if not find(call.account, LINKED[service]):
        make_linked(call.account, service, LINKED[service])


# A service-linked role stays while its service has something in the account.
@before("iam", "DeleteServiceLinkedRole")
def linked_role_exists(_cloud: Cloud, call: Call) -> None:
    name = call.params["RoleName"]
    role = find(call.account, name)
    if not linked(role):
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)

# SPDX-License-Identifier: MIT
"""Users and groups go last; users have permissions boundaries; identifiers say what they are of.

Sources: IAM API reference (DeleteUser, DeleteGroup: DeleteConflict, 409), IAM user guide ("Deleting an IAM user (AWS
CLI)", which lists what goes first; "Permissions boundaries for IAM entities").
"""

from typing import Any

from moto.iam.utils import random_policy_id

from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before
from practice.rules.iam_roles import boundary_of, iam_of


def conflict(first: str) -> AwsError:
    return AwsError("DeleteConflict", f"Cannot delete entity, must {first} first.", 409)


# DeleteUser: not while the user has keys, a password, devices, certificates, or is in a group (policies are moto's).
@before("iam", "DeleteUser")
def user_with_belongings(_cloud: Cloud, call: Call) -> None:
    iam = iam_of(call.account)
    user = iam.users.get(call.params["UserName"])
    if user is None:
        return
    has: tuple[tuple[Any, str], ...] = (
        (user.access_keys, "delete access keys"),
        (user.password, "delete login profile"),
        (user.mfa_devices, "delete MFA device"),
        (user.signing_certificates, "delete signing certificate"),
        ([group for group in iam.groups.values() if user in group.users], "remove users from group"),
    )
    for belongings, first in has:
        if belongings:
            raise conflict(first)


# DeleteGroup: not while it has users or policies.
@before("iam", "DeleteGroup")
def group_with_members(_cloud: Cloud, call: Call) -> None:
    group = iam_of(call.account).groups.get(call.params["GroupName"])
    if group and group.users:
        raise conflict("remove users from group")
    if group and (group.managed_policies or group.policies):
        raise conflict("detach all policies" if group.managed_policies else "delete policies")


# CreateUser: the permissions boundary exists (as a role's must); moto reads none, and a boundary that limits nothing is
# the worst of all.
@before("iam", "CreateUser", "PutUserPermissionsBoundary")
def boundary_of_a_user(_cloud: Cloud, call: Call) -> None:
    boundary_of(call)


@after("iam", "CreateUser", "GetUser")
def boundary_shown(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    """A user's boundary is kept and shown."""
    user = iam_of(call.account).users.get(result["User"]["UserName"])
    if call.operation == "CreateUser":
        user.permissions_boundary_arn = call.params.get("PermissionsBoundary")
    arn = getattr(user, "permissions_boundary_arn", None)
    if not arn:
        return None
    result["User"]["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return result


# PutUserPermissionsBoundary and DeleteUserPermissionsBoundary (moto has neither).
@before("iam", "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary")
def change_boundary(_cloud: Cloud, call: Call) -> dict[str, Any]:
    user = iam_of(call.account).users.get(call.params["UserName"])
    if user is None:
        raise AwsError("NoSuchEntity", f"The user with name {call.params['UserName']} cannot be found.", 404)
    user.permissions_boundary_arn = call.params.get("PermissionsBoundary")
    return {}


# What an identifier begins with, and where moto keeps what it is of.
KINDS = {
    "User": ("AIDA", "users", "UserName"),
    "Group": ("AGPA", "groups", "GroupName"),
    "Policy": ("ANPA", "managed_policies", "Arn"),
    "InstanceProfile": ("AIPA", "instance_profiles", "InstanceProfileName"),
}


# Unique identifiers begin with letters that say what they are of (IAM user guide, "IAM identifiers"); moto's do not.
@after("iam", "CreateUser", "CreateGroup", "CreatePolicy", "CreateInstanceProfile")
def identifier(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    kind = call.operation.removeprefix("Create")
    prefix, store, name = KINDS[kind]
    made = getattr(iam_of(call.account), store)[result[kind][name]]
    made.id = result[kind][f"{kind}Id"] = prefix + random_policy_id()[len(prefix) :]
    return result

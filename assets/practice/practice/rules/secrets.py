# SPDX-License-Identifier: MIT
"""Secrets Manager: what it refuses and moto accepts. Names and tokens are in validation.py, the window in repairs.py.

Sources: the API reference of each operation, aws.md 2.3 and 4. A recovery window never ends here: it is days long."""

import json
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, keys

# After a forced deletion the name is taken for seconds to minutes (aws.md 4, "Secret force delete").
FORCED_GONE = 10
TOKEN_WORDS = "You can't use ClientRequestToken {} because that value is already in use for a version of secret {}."

_forced: dict[tuple[str, str, str], float] = {}


def _find(call: Call) -> Any:
    secrets = emulator.backend("secretsmanager", call.account, call.region).secrets
    return secrets.get(call.params["SecretId"])


def _not_found() -> AwsError:
    return AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


# A value is text or bytes, not both.
@before("secretsmanager", "CreateSecret", "PutSecretValue", "UpdateSecret")
def one_value(_cloud: Cloud, call: Call) -> None:
    if call.params.get("SecretString") is not None and call.params.get("SecretBinary") is not None:
        raise AwsError(
            "InvalidParameterException", "You can't specify both a binary secret value and a string secret value."
        )


# A secret in its recovery window is described and restored; everything else is InvalidRequestException.
@before(
    "secretsmanager", "GetSecretValue", "PutSecretValue", "UpdateSecret", "TagResource", "UntagResource",
    "UpdateSecretVersionStage", "PutResourcePolicy", "DeleteResourcePolicy",
)  # fmt: skip
def marked_for_deletion(_cloud: Cloud, call: Call) -> None:
    secret = _find(call)
    if secret is None:
        raise _not_found()
    if secret.deleted_date:
        raise AwsError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )


# Versions and policy of a secret that is not there: ResourceNotFoundException (moto crashes).
@before("secretsmanager", "ListSecretVersionIds", "GetResourcePolicy")
def secret_exists(_cloud: Cloud, call: Call) -> None:
    if _find(call) is None:
        raise _not_found()


# UpdateSecret is no creation: its token cannot come again (aws.md 2.3); moto repeats the version.
@before("secretsmanager", "UpdateSecret")
def token_of_an_update(_cloud: Cloud, call: Call) -> None:
    secret, token = _find(call), call.params.get("ClientRequestToken")
    given = call.params.get("SecretString") is not None or call.params.get("SecretBinary") is not None
    if given and token in secret.versions:
        raise AwsError("ResourceExistsException", TOKEN_WORDS.format(token, secret.name))


# A policy of a secret is a JSON object.
@before("secretsmanager", "PutResourcePolicy", "ValidateResourcePolicy")
def resource_policy(_cloud: Cloud, call: Call) -> None:
    try:
        good = isinstance(json.loads(call.params["ResourcePolicy"])["Statement"], list | dict)
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise AwsError("MalformedPolicyDocumentException", "This resource policy contains invalid Json")


# Values are encrypted and opened with the secret's key, which must be enabled (API reference, EncryptionFailure).
@before("secretsmanager", "CreateSecret", "PutSecretValue", "UpdateSecret")
def key_encrypts(_cloud: Cloud, call: Call) -> None:
    given = call.params.get("SecretString") is not None or call.params.get("SecretBinary") is not None
    key = call.params.get("KmsKeyId") or (call.operation != "CreateSecret" and _find(call).kms_key_id) or ""
    if given and key and keys.find(call, key) and not keys.usable(call, key):
        raise AwsError(
            "EncryptionFailure",
            "Secrets Manager can't encrypt the protected secret text using the provided KMS key",
        )


# A value whose key is disabled or going cannot be read: DecryptionFailure.
@before("secretsmanager", "GetSecretValue")
def key_decrypts(_cloud: Cloud, call: Call) -> None:
    key = _find(call).kms_key_id
    if key and not key.rpartition(":")[2].startswith("alias/aws/") and not keys.usable(call, key):
        raise AwsError(
            "DecryptionFailure",
            "Secrets Manager can't decrypt the protected secret text using the provided KMS key",
        )


# A forced deletion leaves the name taken for a moment.
@before("secretsmanager", "DeleteSecret")
def forced(cloud: Cloud, call: Call) -> None:
    secret = _find(call)
    if secret is not None and call.params.get("ForceDeleteWithoutRecovery"):
        _forced[(call.account, call.region, secret.name)] = cloud.clock.now()


@before("secretsmanager", "CreateSecret")
def name_of_a_forced_deletion(cloud: Cloud, call: Call) -> None:
    mark = _forced.get((call.account, call.region, call.params["Name"]))
    if mark is not None and not cloud.clock.passed(mark, FORCED_GONE):
        raise AwsError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )


# DeleteSecret: codes without moto's own introduction.
@before("secretsmanager", "DeleteSecret")
def recovery_window(_cloud: Cloud, call: Call) -> None:
    days, secret = call.params.get("RecoveryWindowInDays"), _find(call)
    force = call.params.get("ForceDeleteWithoutRecovery")
    if days is not None and not 7 <= days <= 30:
        raise AwsError(
            "InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        )
    if days is not None and force:
        raise AwsError(
            "InvalidParameterException",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
    if secret is not None and secret.deleted_date and not force:
        raise AwsError(
            "InvalidRequestException",
            "You tried to perform the operation on a secret that's currently marked deleted.",
        )


# UpdateSecret without a value changes the description or the key alone: no new version in the answer.
@after("secretsmanager", "UpdateSecret")
def update_without_a_value(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any] | None:
    if call.params.get("SecretString") is None and call.params.get("SecretBinary") is None:
        result.pop("VersionId", None)
        return result
    return None


# A version without a staging label is deprecated: DescribeSecret leaves it out, and so does ListSecretVersionIds unless
# asked for it (API references, VersionIdsToStages and IncludeDeprecated); moto shows it with no labels.
@after("secretsmanager", "DescribeSecret", "ListSecretVersionIds")
def deprecated_versions(_cloud: Cloud, call: Call, result: dict[str, Any]) -> dict[str, Any]:
    if "VersionIdsToStages" in result:
        stages = result["VersionIdsToStages"] or {}
        result["VersionIdsToStages"] = {version: labels for version, labels in stages.items() if labels}
    if "Versions" in result and not call.params.get("IncludeDeprecated"):
        result["Versions"] = [one for one in result["Versions"] if one.get("VersionStages")]
    return result


# GetSecretValue without a version is the one that AWSCURRENT is on, also when it was moved back (API reference,
# UpdateSecretVersionStage); moto goes on with the one that was written last.
@after("secretsmanager", "UpdateSecretVersionStage")
def current_version(_cloud: Cloud, call: Call, _result: dict[str, Any]) -> None:
    secret = _find(call)
    current = [version for version, one in secret.versions.items() if "AWSCURRENT" in one["version_stages"]]
    secret.set_default_version_id(current[0] if current else None)


# GetSecretValue of a label that is on no version says which (API reference, ResourceNotFoundException).
@before("secretsmanager", "GetSecretValue")
def label_exists(_cloud: Cloud, call: Call) -> None:
    label, secret = call.params.get("VersionStage"), _find(call)
    if label and not call.params.get("VersionId") and not any(
        label in one["version_stages"] for one in secret.versions.values()
    ):
        raise AwsError(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for staging label: {label}",
        )


# RotateSecret of a secret that has no rotation function, without naming one (API reference, InvalidRequestException).
@before("secretsmanager", "RotateSecret")
def rotation_function(_cloud: Cloud, call: Call) -> None:
    secret = _find(call)
    if secret is None:
        raise _not_found()
    if not call.params.get("RotationLambdaARN") and not secret.rotation_lambda_arn:
        raise AwsError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")

# SPDX-License-Identifier: MIT
"""ECR: what its API refuses and moto accepts. Images and bytes are in data/registry_ecr.py.

Sources: the API reference of each operation, aws.md 2.6."""

import hashlib
import json
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import after, before, keys

LEAST_PART, MOST_PART = 5 << 20, 20 << 20


def _repository(call: Call) -> Any:
    """The repository, or None, in which case moto says so."""
    return emulator.backend("ecr", call.account, call.region).repositories.get(call.params["repositoryName"])


# PutLifecyclePolicy: the images that a rule is for are named by tags exactly when it is about tagged ones, "any" comes
# last, and priorities differ (ECR user guide, "Lifecycle policy parameters"); the rest is moto's to refuse.
@before("ecr", "PutLifecyclePolicy")
def lifecycle_selection(_cloud: Cloud, call: Call) -> None:
    try:
        given = json.loads(call.params["lifecyclePolicyText"])["rules"]
        rules = [(int(one["rulePriority"]), one["selection"]) for one in given]
        faulty = any((one["tagStatus"] == "tagged") != bool(one.get("tagPrefixList") or one.get("tagPatternList"))
                     for _, one in rules)  # fmt: skip
        last = max(number for number, _ in rules)
        faulty = faulty or any(one["tagStatus"] == "any" and number != last for number, one in rules)
        faulty = faulty or len({number for number, _ in rules}) < len(rules)
    except (ValueError, LookupError, TypeError, AttributeError):
        return
    if faulty:
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation "
            "failure: tagPrefixList or tagPatternList goes with tagStatus=tagged alone, and tagStatus=any has the "
            "highest rulePriority, which is another for each rule'",
        )


# A lifecycle policy has a rule at least (ECR user guide, "Lifecycle policy parameters").
@before("ecr", "PutLifecyclePolicy")
def some_lifecycle_rule(_cloud: Cloud, call: Call) -> None:
    try:
        empty = json.loads(call.params["lifecyclePolicyText"])["rules"] == []
    except (ValueError, LookupError, TypeError):
        return
    if empty:
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation "
            "failure: array is too short: must have at least 1 elements but instance has 0 elements'",
        )


# DescribeRepositories: what is asked for by name is in the registry that is meant; moto looks away from one of another
# account (API reference, RepositoryNotFoundException).
@before("ecr", "DescribeRepositories")
def registry_of_another(_cloud: Cloud, call: Call) -> None:
    registry, names = call.params.get("registryId"), call.params.get("repositoryNames")
    if registry and registry != call.account and names:
        raise AwsError(
            "RepositoryNotFoundException",
            f"The repository with name '{names[0]}' does not exist in the registry with id '{registry}'",
        )


# What is asked for by name comes in one page (API reference, maxResults of both: "This option cannot be used when you
# specify ...").
@before("ecr", "DescribeRepositories", "DescribeImages")
def names_or_pages(_cloud: Cloud, call: Call) -> None:
    names = "repositoryNames" if call.operation == "DescribeRepositories" else "imageIds"
    for member in ("maxResults", "nextToken"):
        if call.params.get(names) and call.params.get(member):
            raise AwsError("InvalidParameterException", f"{member} cannot be used when {names} are specified")


# CreateRepository with a key that is not there, disabled or going: KmsException.
@before("ecr", "CreateRepository")
def key(_cloud: Cloud, call: Call) -> None:
    wanted = call.params.get("encryptionConfiguration") or {}
    if wanted.get("kmsKey") and wanted.get("encryptionType") == "AES256":
        raise AwsError("InvalidParameterException", "A KMS key cannot be given with encryption type AES256")
    if wanted.get("kmsKey") and not keys.usable(call, wanted["kmsKey"]):
        raise AwsError("KmsException", f"The KMS key '{wanted['kmsKey']}' cannot be used: it is not there or disabled")


# PutImage: a manifest is a JSON object with a config or a list of manifests.
@before("ecr", "PutImage")
def manifest(_cloud: Cloud, call: Call) -> None:
    if _repository(call) is None:
        return
    try:
        given = json.loads(call.params["imageManifest"])
        good = isinstance(given, dict) and (given.get("config") or given.get("manifests"))
    except ValueError:
        good = False
    if not good:
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON'",
        )


def _upload(call: Call) -> Any:
    repository = _repository(call)
    return repository.uploads.get(call.params["uploadId"]) if repository else None


# UploadLayerPart: the bytes are as many as the range says, and at most 20 MiB.
@before("ecr", "UploadLayerPart")
def layer_part(_cloud: Cloud, call: Call) -> None:
    p, upload = call.params, _upload(call)
    size = len(p["layerPartBlob"])
    if upload is None:
        return
    if p["partLastByte"] - p["partFirstByte"] + 1 != size or size > MOST_PART:
        raise AwsError(
            "InvalidLayerPartException",
            f"Layer part of {size} bytes does not match the range {p['partFirstByte']}-{p['partLastByte']}, or is "
            f"larger than {MOST_PART} bytes",
        )
    if len(upload.layer_parts) == p["partFirstByte"]:  # moto refuses the others
        upload.sizes = [*getattr(upload, "sizes", []), size]


# CompleteLayerUpload: something was uploaded, no part but the last is below 5 MiB, the digest fits, and the layer is
# not there yet.
@before("ecr", "CompleteLayerUpload")
def complete_layer(_cloud: Cloud, call: Call) -> None:
    upload, repository = _upload(call), _repository(call)
    if upload is None:
        return
    where = f"repository with name '{repository.name}' in the registry with id '{call.account}'"
    if not upload.layer_parts:
        raise AwsError("EmptyUploadException", f"There are no parts in the upload '{upload.upload_id}' in the {where}")
    if any(size < LEAST_PART for size in getattr(upload, "sizes", [])[:-1]):
        raise AwsError("LayerPartTooSmallException", "Layer parts must be at least 5 MiB in size")
    digest = "sha256:" + hashlib.sha256(bytes(upload.layer_parts)).hexdigest()
    if digest not in call.params["layerDigests"]:
        raise AwsError(
            "InvalidLayerException",
            f"Layer digest {digest} did not match the provided digest {call.params['layerDigests']}",
        )
    if digest in repository.layers:
        raise AwsError(
            "LayerAlreadyExistsException", f"The image layer with digest '{digest}' already exists in the {where}"
        )


# BatchCheckLayerAvailability: a layer that is not there is UNAVAILABLE (API reference, Layer); moto calls it a failure,
# which on AWS means that the request has no digest.
@after("ecr", "BatchCheckLayerAvailability")
def absent_layers(_cloud: Cloud, _call: Call, result: dict[str, Any]) -> dict[str, Any]:
    failures = result.get("failures") or []
    absent = [f["layerDigest"] for f in failures if f.get("failureCode") == "MissingLayerDigest"]
    layers = [{"layerDigest": digest, "layerAvailability": "UNAVAILABLE"} for digest in absent]
    return {
        "layers": [*(result.get("layers") or []), *layers],
        "failures": [f for f in failures if f.get("failureCode") != "MissingLayerDigest"],
    }

# SPDX-License-Identifier: MIT
"""KMS: what a key's state allows, key policies that keep their keeper, tags.

Sources: KMS developer guide ("Key states of AWS KMS keys", "Key policies"), KMS API reference (each action),
aws.md 2.2.
The waiting period itself does not run out here: a key stays in PendingDeletion until it is cancelled.
"""

import json
from typing import Any

from practice import emulator
from practice.cloud import Cloud
from practice.errors import AwsError
from practice.identify import Call
from practice.rules import before, iam_policies, keys

# The table of "Key states": what a disabled key refuses, what a key that waits for its deletion refuses.
CRYPTO = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateMac",
          "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GetPublicKey", "Sign", "Verify", "VerifyMac",
          "CreateGrant", "EnableKeyRotation", "DisableKeyRotation")  # fmt: skip
CHANGES = ("CreateAlias", "UpdateAlias", "EnableKey", "DisableKey", "TagResource", "UntagResource",
           "UpdateKeyDescription", "ScheduleKeyDeletion")  # fmt: skip
WINDOW = range(7, 31)
TAGS_AT_MOST = 50


def _key(call: Call) -> Any:
    """The key of a call, by whatever member names it; None when it names none or a missing one."""
    name = call.params.get("KeyId") or call.params.get("TargetKeyId") or call.params.get("SourceKeyId")
    if name is None and call.operation in ("Decrypt", "ReEncrypt"):
        blob = call.params.get("CiphertextBlob") or b""
        name = blob[:36].decode("ascii", "replace")  # moto's ciphertext begins with the key's id
    return keys.find(call, name) if name else None


# Keys live in one region: an ARN of another is NotFoundException, what is no ARN of a key InvalidArnException.
@before("kms", "*")
def key_of_this_region(_cloud: Cloud, call: Call) -> None:
    for member in ("KeyId", "TargetKeyId"):
        parts = (call.params.get(member) or "").split(":")
        if parts[0] != "arn":
            continue
        if len(parts) < 6 or parts[2] != "kms" or not parts[5].startswith(("key/", "alias/")):
            raise AwsError("InvalidArnException", f"Invalid arn {':'.join(parts)}")
        if parts[3] != call.region:
            raise AwsError("NotFoundException", f"Invalid arn {parts[3]}")


# A disabled key refuses cryptography (DisabledException), one that waits for its deletion all changes too
# (KMSInvalidStateException).
@before("kms", *CRYPTO, *CHANGES)
def state_of_the_key(_cloud: Cloud, call: Call) -> None:
    key = _key(call)
    if key is None:
        return
    if key.key_state == "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "Disabled" and call.operation in CRYPTO:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")


# CreateKey: a symmetric key encrypts and does nothing else (API reference, KeyUsage; the words are unverified).
@before("kms", "CreateKey")
def usage_of_its_kind(_cloud: Cloud, call: Call) -> None:
    spec = call.params.get("KeySpec") or call.params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    usage = call.params.get("KeyUsage") or "ENCRYPT_DECRYPT"
    if spec == "SYMMETRIC_DEFAULT" and usage != "ENCRYPT_DECRYPT":
        raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}")


# What a key is for: one that signs encrypts nothing, and only symmetric ones of KMS's own material are rotated.
@before("kms", "Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "Sign", "Verify",
        "EnableKeyRotation", "DisableKeyRotation")  # fmt: skip
def use_of_the_key(_cloud: Cloud, call: Call) -> None:
    key = _key(call)
    if key is None:
        return
    if call.operation.endswith("KeyRotation"):
        if key.key_spec != "SYMMETRIC_DEFAULT":
            raise AwsError("UnsupportedOperationException", f"{key.arn} key type does not support this operation.")
        return
    wanted = "SIGN_VERIFY" if call.operation in ("Sign", "Verify") else "ENCRYPT_DECRYPT"
    if (key.key_usage or "ENCRYPT_DECRYPT") != wanted:
        raise AwsError(
            "InvalidKeyUsageException",
            f"{key.arn} key usage is {key.key_usage} which is not valid for {call.operation}.",
        )


# Decrypt with another key than the one that encrypted (API reference, IncorrectKeyException; moto denies access).
@before("kms", "Decrypt")
def key_of_the_ciphertext(_cloud: Cloud, call: Call) -> None:
    used = keys.find(call, call.params["CiphertextBlob"][:36].decode("ascii", "replace"))
    if call.params.get("KeyId") and used is not None and _key(call) is not used:
        raise AwsError(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )


# Grants are of a key, by its id or ARN, that exists (moto crashes): NotFoundException.
@before("kms", "CreateGrant", "ListGrants", "RevokeGrant")
def key_of_a_grant(_cloud: Cloud, call: Call) -> None:
    name = call.params["KeyId"]
    if _key(call) is None or "alias/" in name:
        raise AwsError("NotFoundException", f"Key '{name}' does not exist")


# RetireGrant names the grant by its token, or by its key and its id; GenerateRandom how many bytes (moto crashes).
@before("kms", "RetireGrant", "GenerateRandom")
def something_named(_cloud: Cloud, call: Call) -> None:
    p = call.params
    if call.operation == "GenerateRandom" and p.get("NumberOfBytes") is None:
        raise AwsError("ValidationException", "NumberOfBytes must be specified")
    if call.operation == "RetireGrant" and not p.get("GrantToken") and not (p.get("KeyId") and p.get("GrantId")):
        raise AwsError("ValidationException", "Specify a grant token, or a key ARN and a grant ID")


# Only what is pending can be cancelled.
@before("kms", "CancelKeyDeletion")
def key_is_pending(_cloud: Cloud, call: Call) -> None:
    key = _key(call)
    if key and key.key_state != "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")


# The waiting period is 7 to 30 days.
@before("kms", "ScheduleKeyDeletion")
def waiting_period(_cloud: Cloud, call: Call) -> None:
    if call.params.get("PendingWindowInDays", 30) not in WINDOW:
        raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30 days.")


# A key policy is valid JSON, names principals that exist, and lets somebody of the account change it again.
@before("kms", "CreateKey", "PutKeyPolicy")
def key_policy(_cloud: Cloud, call: Call) -> None:
    text = call.params.get("Policy")
    if text is None:
        return
    try:
        statements = iam_policies.listed(json.loads(text)["Statement"])
        good = all(isinstance(s, dict) and s.get("Effect") in ("Allow", "Deny") and "Principal" in s
                   for s in statements)  # fmt: skip
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise AwsError("MalformedPolicyDocumentException", "The policy contains invalid JSON or statements")
    for statement in statements:
        _judge_principals(statement, call.account)
    bypassed = call.params.get("BypassPolicyLockoutSafetyCheck")
    if not bypassed and not any(_keeps(statement, call) for statement in statements):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


def _judge_principals(statement: dict[str, Any], account: str) -> None:
    who = statement["Principal"]
    pairs = who.items() if isinstance(who, dict) else ()
    try:
        for kind, names in pairs:
            for name in iam_policies.listed(names):
                iam_policies.judge_principal(kind, str(name), account)
    except AwsError:
        raise AwsError(
            "MalformedPolicyDocumentException",
            "Policy contains a statement with one or more invalid principals.",
        ) from None


def _keeps(statement: dict[str, Any], call: Call) -> bool:
    """Whether a statement lets the account or the caller put another policy."""
    who = statement["Principal"]
    names = ["*"] if who == "*" else iam_policies.listed(who.get("AWS"))
    ours = {"*", call.account, f"arn:aws:iam::{call.account}:root", call.principal}
    actions = {str(action).lower() for action in iam_policies.listed(statement.get("Action"))}
    putting = actions & {"*", "kms:*", "kms:put*", "kms:putkeypolicy"}
    return statement["Effect"] == "Allow" and bool(ours & set(names)) and bool(putting)


# The one policy of a key is called "default", and need not be named.
@before("kms", "GetKeyPolicy", "PutKeyPolicy")
def default_policy(_cloud: Cloud, call: Call) -> None:
    if not call.params.get("PolicyName"):
        call.params["PolicyName"] = "default"
        call.body = json.dumps({**json.loads(call.body), "PolicyName": "default"}).encode()


# Tags: each key once, at most 50 (TagException, LimitExceededException).
@before("kms", "CreateKey", "TagResource")
def key_tags(_cloud: Cloud, call: Call) -> None:
    names = [tag["TagKey"] for tag in call.params.get("Tags") or []]
    if len(set(names)) < len(names):
        raise AwsError("TagException", "Duplicate tag keys")
    key = _key(call)
    kms = emulator.backend("kms", call.account, call.region)
    there = [tag["TagKey"] for tag in kms.list_resource_tags(key.id)["Tags"]] if key else []
    if len({*there, *names}) > TAGS_AT_MOST:
        raise AwsError("LimitExceededException", f"A KMS key has at most {TAGS_AT_MOST} tags")


# An alias has a name after its prefix; AWS's own stay as they are.
@before("kms", "CreateAlias", "UpdateAlias", "DeleteAlias")
def alias_name(_cloud: Cloud, call: Call) -> None:
    name = call.params["AliasName"]
    if name.startswith("alias/aws/"):
        raise AwsError("NotAuthorizedException", "alias/aws/ is reserved for AWS managed keys")
    if name == "alias/":
        raise AwsError("ValidationException", "Alias must be a name after the prefix alias/")

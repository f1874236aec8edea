# SPDX-License-Identifier: MIT
"""Secrets Manager: what it refuses, versions, deletion and its window, keys (API reference, aws.md 2.3)."""

import uuid

import pytest
from conftest import code_of

NONE = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:none-AbCdEf"


@pytest.fixture
def secrets(client):
    return client("secretsmanager")


@pytest.fixture
def secret(secrets, unique):
    return secrets.create_secret(Name=unique, SecretString="one", ClientRequestToken=unique.ljust(32, "0"))


def token():
    return uuid.uuid4().hex


# (claim, operation, parameters, code); "NAME" is a secret that exists
REFUSED = [
    ("the same name", "create_secret", {"Name": "NAME", "SecretString": "x"}, "ResourceExistsException"),
    ("a name's letters", "create_secret", {"Name": "a b", "SecretString": "x"}, "ValidationException"),
    ("tags of at most 50", "create_secret",
     {"Name": "x", "SecretString": "x", "Tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]},
     "InvalidParameterException"),
    ("a name's length", "create_secret", {"Name": "x" * 513, "SecretString": "x"}, "ValidationException"),
    ("both kinds of value", "create_secret", {"Name": "both", "SecretString": "x", "SecretBinary": b"x"},
     "InvalidParameterException"),
    ("too long a value", "create_secret", {"Name": "long", "SecretString": "x" * 65537}, "ValidationException"),
    ("too short a token", "create_secret", {"Name": "short", "SecretString": "x", "ClientRequestToken": "x"},
     "ValidationException"),
    ("no value", "put_secret_value", {"SecretId": "NAME"}, "InvalidRequestException"),
    ("both kinds of value", "put_secret_value", {"SecretId": "NAME", "SecretString": "x", "SecretBinary": b"x"},
     "InvalidParameterException"),
    ("no secret", "put_secret_value", {"SecretId": "none", "SecretString": "x"}, "ResourceNotFoundException"),
    ("no secret", "get_secret_value", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("no secret", "update_secret", {"SecretId": "none", "Description": "x"}, "ResourceNotFoundException"),
    ("no secret", "tag_resource", {"SecretId": "none", "Tags": [{"Key": "a", "Value": "b"}]},
     "ResourceNotFoundException"),
    ("no secret", "untag_resource", {"SecretId": NONE, "TagKeys": ["a"]}, "ResourceNotFoundException"),
    ("no secret", "list_secret_version_ids", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("no secret", "restore_secret", {"SecretId": NONE}, "ResourceNotFoundException"),
    ("no secret", "delete_secret", {"SecretId": "none"}, "ResourceNotFoundException"),
    ("no version of that id", "get_secret_value", {"SecretId": "NAME", "VersionId": "0" * 32},
     "ResourceNotFoundException"),
    ("no version of that stage", "get_secret_value", {"SecretId": "NAME", "VersionStage": "AWSPENDING"},
     "ResourceNotFoundException"),
    ("no previous version yet", "get_secret_value", {"SecretId": "NAME", "VersionStage": "AWSPREVIOUS"},
     "ResourceNotFoundException"),
    ("a window of 6 days", "delete_secret", {"SecretId": "NAME", "RecoveryWindowInDays": 6},
     "InvalidParameterException"),
    ("a window of 31 days", "delete_secret", {"SecretId": "NAME", "RecoveryWindowInDays": 31},
     "InvalidParameterException"),
    ("a window and force", "delete_secret",
     {"SecretId": "NAME", "RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}, "InvalidParameterException"),
    ("AWS's own tags", "create_secret", {"Name": "tags", "SecretString": "x", "Tags": [{"Key": "aws:x", "Value": ""}]},
     "InvalidParameterException"),
    ("an unknown key", "create_secret",
     {"Name": "key", "SecretString": "x", "KmsKeyId": "00000000-0000-0000-0000-000000000000"},
     "InvalidRequestException"),
    ("a policy is JSON", "put_resource_policy", {"SecretId": "NAME", "ResourcePolicy": "{"},
     "MalformedPolicyDocumentException"),
    ("a token is one of ours", "list_secrets", {"NextToken": "nonsense"}, "InvalidNextTokenException"),
    ("a filter's key", "list_secrets", {"Filters": [{"Key": "color", "Values": ["x"]}]}, "ValidationException"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "operation", "params", "code"), REFUSED, ids=[f"{row[1]}: {row[0]}" for row in REFUSED]
)
def test_refused(client, secret, claim, operation, params, code):
    plain = client("secretsmanager", parameter_validation=False)
    params = {name: secret["Name"] if value == "NAME" else value for name, value in params.items()}
    assert code_of(lambda: getattr(plain, operation)(**params)) == code


def test_creation_again_with_its_token(secrets, secret, unique):
    """The same token and value is the same creation; another value is an error (aws.md 1)."""
    again = lambda value: secrets.create_secret(
        Name=unique, SecretString=value, ClientRequestToken=unique.ljust(32, "0")
    )
    assert again("one")["VersionId"] == secret["VersionId"]
    assert code_of(lambda: again("two")) == "ResourceExistsException"


def test_arn_has_six_letters_of_its_own(secret, unique):
    name, _, end = secret["ARN"].rpartition(":")[2].rpartition("-")
    assert name == unique and len(end) == 6 and end.isalnum()


def test_secret_is_found_by_name_and_arn(secrets, secret, unique):
    partial = secret["ARN"].rpartition("-")[0]
    for name in (unique, secret["ARN"], partial):
        assert secrets.describe_secret(SecretId=name)["Name"] == unique


def test_versions_move(secrets, secret):
    """AWSCURRENT goes to the new version, AWSPREVIOUS to the one before; a token repeats its version."""
    arn, first, second = secret["ARN"], secret["VersionId"], token()
    put = lambda value, which: secrets.put_secret_value(SecretId=arn, SecretString=value, ClientRequestToken=which)
    assert put("two", second)["VersionStages"] == ["AWSCURRENT"]
    assert put("two", second)["VersionId"] == second
    assert code_of(lambda: put("three", second)) == "ResourceExistsException"
    stages = secrets.describe_secret(SecretId=arn)["VersionIdsToStages"]
    assert stages == {first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]}
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=arn, VersionId=first)["SecretString"] == "one"
    wrong = lambda: secrets.get_secret_value(SecretId=arn, VersionId=first, VersionStage="AWSCURRENT")
    assert code_of(wrong) in ("ResourceNotFoundException", "InvalidRequestException")


def test_update_is_not_idempotent(secrets, secret):
    """UpdateSecret makes a version, whose token cannot come again (aws.md 2.3)."""
    update = lambda which: secrets.update_secret(SecretId=secret["ARN"], SecretString="x", ClientRequestToken=which)
    one = token()
    assert update(one)["VersionId"] == one
    assert code_of(lambda: update(one)) == "ResourceExistsException"
    kept = secrets.update_secret(SecretId=secret["ARN"], Description="words")
    assert "VersionId" not in kept
    assert secrets.describe_secret(SecretId=secret["ARN"])["Description"] == "words"
    assert secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"] == "x"


def test_secret_without_a_value(secrets, unique):
    made = secrets.create_secret(Name=unique)
    assert "VersionId" not in made
    assert code_of(lambda: secrets.get_secret_value(SecretId=unique)) == "ResourceNotFoundException"


def test_scheduled_for_deletion(secrets, secret, unique):
    """In its window a secret is described and restored, and nothing else; its name is taken."""
    deleted = secrets.delete_secret(SecretId=unique, RecoveryWindowInDays=7)
    assert deleted["DeletionDate"]
    for call in (
        lambda: secrets.get_secret_value(SecretId=unique),
        lambda: secrets.put_secret_value(SecretId=unique, SecretString="x"),
        lambda: secrets.update_secret(SecretId=unique, Description="x"),
        lambda: secrets.tag_resource(SecretId=unique, Tags=[{"Key": "a", "Value": "b"}]),
        lambda: secrets.untag_resource(SecretId=unique, TagKeys=["a"]),
        lambda: secrets.create_secret(Name=unique, SecretString="x"),
        lambda: secrets.delete_secret(SecretId=unique),
        lambda: secrets.put_resource_policy(SecretId=unique, ResourcePolicy='{"Statement": []}'),
    ):
        assert code_of(call) == "InvalidRequestException"
    assert secrets.describe_secret(SecretId=unique)["DeletedDate"]
    listed = lambda **more: [s["Name"] for p in secrets.get_paginator("list_secrets").paginate(**more)
                             for s in p["SecretList"]]  # fmt: skip
    assert unique not in listed() and unique in listed(IncludePlannedDeletion=True)
    secrets.restore_secret(SecretId=unique)
    assert secrets.get_secret_value(SecretId=unique)["SecretString"] == "one"
    assert "DeletedDate" not in secrets.describe_secret(SecretId=unique)


def test_restoring_what_is_there(secrets, secret):
    assert secrets.restore_secret(SecretId=secret["ARN"])["ARN"] == secret["ARN"]


def test_forced_deletion(secrets, secret, unique, at_scale):
    """At once, and again without an error; the name comes free a moment later (Terraform waits for it)."""
    at_scale(1)
    secrets.delete_secret(SecretId=unique, RecoveryWindowInDays=7)
    secrets.delete_secret(SecretId=unique, ForceDeleteWithoutRecovery=True)
    secrets.delete_secret(SecretId=unique, ForceDeleteWithoutRecovery=True)
    assert code_of(lambda: secrets.describe_secret(SecretId=unique)) == "ResourceNotFoundException"
    create = lambda: secrets.create_secret(Name=unique, SecretString="x")
    assert code_of(create) == "InvalidRequestException"
    at_scale(0)
    assert create()["ARN"] != secret["ARN"]
    secrets.delete_secret(SecretId="never-there", ForceDeleteWithoutRecovery=True)


def test_key_of_a_secret(client, secrets, unique):
    """A key that is disabled or going encrypts nothing and opens nothing."""
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    made = secrets.create_secret(Name=unique, SecretString="x", KmsKeyId=key)["ARN"]
    assert secrets.describe_secret(SecretId=made)["KmsKeyId"].endswith(key)
    kms.disable_key(KeyId=key)
    assert code_of(lambda: secrets.get_secret_value(SecretId=made)) == "DecryptionFailure"
    put = lambda: secrets.put_secret_value(SecretId=made, SecretString="y")
    assert code_of(put) == "EncryptionFailure"
    kms.enable_key(KeyId=key)
    put()
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert code_of(lambda: secrets.get_secret_value(SecretId=made)) == "DecryptionFailure"
    create = lambda: secrets.create_secret(Name=f"{unique}2", SecretString="x", KmsKeyId=key)
    assert code_of(create) in ("EncryptionFailure", "InvalidRequestException")


def test_filters_and_pages(secrets, unique):
    for i in range(3):
        secrets.create_secret(Name=f"{unique}/{i}", SecretString="x", Tags=[{"Key": unique, "Value": str(i)}])
    names = [{"Key": "name", "Values": [unique]}]
    pages = list(secrets.get_paginator("list_secrets").paginate(Filters=names, PaginationConfig={"PageSize": 2}))
    assert [len(p["SecretList"]) for p in pages] == [2, 1]
    tagged = [{"Key": "tag-key", "Values": [unique]}, {"Key": "tag-value", "Values": ["1"]}]
    by_tag = secrets.list_secrets(Filters=tagged)
    assert [s["Name"] for s in by_tag["SecretList"]] == [f"{unique}/1"]


def test_tags(secrets, secret, unique):
    tag = lambda tags: secrets.tag_resource(SecretId=unique, Tags=tags)
    tag([{"Key": "a", "Value": "1"}])
    tag([{"Key": "a", "Value": "2"}])
    assert secrets.describe_secret(SecretId=unique)["Tags"] == [{"Key": "a", "Value": "2"}]
    assert code_of(lambda: tag([{"Key": f"k{i}", "Value": ""} for i in range(50)])) == "InvalidParameterException"
    secrets.untag_resource(SecretId=unique, TagKeys=["a", "absent"])
    assert secrets.describe_secret(SecretId=unique).get("Tags", []) == []


def test_region_is_alone(client, secret):
    elsewhere = client("secretsmanager", region="us-east-1")
    assert code_of(lambda: elsewhere.describe_secret(SecretId=secret["Name"])) == "ResourceNotFoundException"

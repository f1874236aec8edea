# SPDX-License-Identifier: MIT
"""What KMS and Application Auto Scaling refuse: claims, calls and error codes (KMS developer guide, "Key states")."""

import json
import types

import pytest
from conftest import code_of

from practice import emulator

ROOT = "arn:aws:iam::123456789012:root"
NONE = "12345678-1234-1234-1234-123456789012"
CONTEXT = {"use": "probe"}


def key_policy(principal=ROOT, action="kms:*"):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def w(client):
    """The world: an enabled key with an alias, a disabled one, one that waits for its deletion."""
    kms = client("kms", parameter_validation=False)
    w = types.SimpleNamespace(kms=kms)
    w.key, w.off, w.going = (kms.create_key(Description="probe")["KeyMetadata"]["KeyId"] for _ in range(3))
    kms.create_alias(AliasName="alias/probe", TargetKeyId=w.key)
    w.text = kms.encrypt(KeyId=w.off, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    kms.disable_key(KeyId=w.off)
    kms.schedule_key_deletion(KeyId=w.going, PendingWindowInDays=7)
    return w


def alias(w, name, target=None):
    return w.kms.create_alias(AliasName=name, TargetKeyId=target or w.key)


TAG = [{"TagKey": "k", "TagValue": "v"}]
ROWS = [
    ("a key exists", lambda w: w.kms.describe_key(KeyId=NONE), "NotFoundException"),
    ("a key's id is one", lambda w: w.kms.describe_key(KeyId="probe"), "NotFoundException"),
    ("an alias exists", lambda w: w.kms.describe_key(KeyId="alias/none"), "NotFoundException"),
    ("a key is of its region", lambda w: w.kms.describe_key(
        KeyId=f"arn:aws:kms:us-east-1:123456789012:key/{w.key}"), "NotFoundException"),
    ("an alias is there once", lambda w: alias(w, "alias/probe"), "AlreadyExistsException"),
    ("nor for another key", lambda w: alias(w, "alias/probe", w.off), "AlreadyExistsException"),
    ("an alias has its prefix", lambda w: alias(w, "probe"), "ValidationException"),
    ("an alias has a name", lambda w: alias(w, "alias/"), "ValidationException"),
    ("an alias has no spaces", lambda w: alias(w, "alias/a b"), "ValidationException"),
    ("AWS's aliases are its own", lambda w: alias(w, "alias/aws/mine"), "NotAuthorizedException"),
    ("AWS's aliases stay", lambda w: w.kms.delete_alias(AliasName="alias/aws/s3"), "NotAuthorizedException"),
    ("an alias's key exists", lambda w: alias(w, "alias/new", NONE), "NotFoundException"),
    ("an alias is for a key", lambda w: alias(w, "alias/new", "alias/probe"), "ValidationException"),
    ("an alias's key stays", lambda w: alias(w, "alias/new", w.going), "KMSInvalidStateException"),
    ("a deleted alias exists", lambda w: w.kms.delete_alias(AliasName="alias/none"), "NotFoundException"),
    ("a key policy is JSON", lambda w: w.kms.create_key(Policy="{"), "MalformedPolicyDocumentException"),
    ("a key policy keeps its keeper", lambda w: w.kms.create_key(Policy=key_policy(action="kms:Encrypt")),
     "MalformedPolicyDocumentException"),
    ("nor does another lose it", lambda w: w.kms.put_key_policy(KeyId=w.key, Policy=key_policy(
        action="kms:Decrypt")), "MalformedPolicyDocumentException"),
    ("a key policy's roles exist", lambda w: w.kms.create_key(Policy=key_policy(
        [ROOT, "arn:aws:iam::123456789012:role/none"])), "MalformedPolicyDocumentException"),
    ("tag keys are there once", lambda w: w.kms.create_key(Tags=TAG * 2), "TagException"),
    ("a key has at most 50 tags", lambda w: w.kms.create_key(
        Tags=[{"TagKey": f"k{n}", "TagValue": "v"} for n in range(51)]), "LimitExceededException"),
    ("a key rotates after 90 days at least", lambda w: w.kms.enable_key_rotation(
        KeyId=w.key, RotationPeriodInDays=89), "ValidationException"),
    ("a key waits seven days at least", lambda w: w.kms.schedule_key_deletion(KeyId=w.key, PendingWindowInDays=6),
     "ValidationException"),
    ("a key waits thirty days at most", lambda w: w.kms.schedule_key_deletion(KeyId=w.key, PendingWindowInDays=31),
     "ValidationException"),
    ("only what waits is cancelled", lambda w: w.kms.cancel_key_deletion(KeyId=w.key), "KMSInvalidStateException"),
    ("a disabled key encrypts nothing", lambda w: w.kms.encrypt(KeyId=w.off, Plaintext=b"x"), "DisabledException"),
    ("a disabled key decrypts nothing", lambda w: w.kms.decrypt(CiphertextBlob=w.text, EncryptionContext=CONTEXT),
     "DisabledException"),
    ("a disabled key makes no data key", lambda w: w.kms.generate_data_key(KeyId=w.off, KeySpec="AES_256"),
     "DisabledException"),
    ("a disabled key does not rotate", lambda w: w.kms.enable_key_rotation(KeyId=w.off), "DisabledException"),
    ("a waiting key encrypts nothing", lambda w: w.kms.encrypt(KeyId=w.going, Plaintext=b"x"),
     "KMSInvalidStateException"),
    ("a waiting key is not enabled", lambda w: w.kms.enable_key(KeyId=w.going), "KMSInvalidStateException"),
    ("a waiting key is not disabled", lambda w: w.kms.disable_key(KeyId=w.going), "KMSInvalidStateException"),
    ("a waiting key gets no tags", lambda w: w.kms.tag_resource(KeyId=w.going, Tags=TAG),
     "KMSInvalidStateException"),
    ("a waiting key gets no description", lambda w: w.kms.update_key_description(KeyId=w.going, Description="d"),
     "KMSInvalidStateException"),
    ("a waiting key waits already", lambda w: w.kms.schedule_key_deletion(KeyId=w.going),
     "KMSInvalidStateException"),
    ("another context is another text", lambda w: w.kms.decrypt(CiphertextBlob=w.kms.encrypt(
        KeyId=w.key, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]), "InvalidCiphertextException"),
    ("a list's marker is KMS's", lambda w: w.kms.list_keys(Marker="x"), "InvalidMarkerException"),
]  # fmt: skip


@pytest.mark.parametrize("claim, call, code", ROWS, ids=[row[0].replace(" ", "-") for row in ROWS])
def test_refused(w, claim, call, code):
    """Each row: what the rule is called, a call against it, AWS's code."""
    assert code_of(lambda: call(w)) == code


def test_cancelled_key_is_disabled(client):
    """CancelKeyDeletion leaves the key disabled; EnableKey makes it work again (aws.md 2.2)."""
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    state = lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    assert state() == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key)
    assert state() == "Disabled"
    kms.enable_key(KeyId=key)
    kms.encrypt(KeyId=key, Plaintext=b"x")


def test_policy_of_a_key_is_called_default(client):
    """GetKeyPolicy needs no name; the first policy lets the account in."""
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    assert ROOT in kms.get_key_policy(KeyId=key)["Policy"]
    kms.put_key_policy(KeyId=key, Policy=key_policy(action=["kms:*"]))
    assert '"kms:*"' in kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]


def test_lockout_check_can_be_bypassed(client):
    policy = key_policy(action="kms:Encrypt")
    assert client("kms").create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]


# ---- Application Auto Scaling

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/probe-cluster/probe",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture(scope="module")
def scaling(client, cloud):
    """Application Auto Scaling with a service to scale: a row in moto, for nothing here runs it."""
    client("ecs").create_cluster(clusterName="probe-cluster")
    with emulator.lock:
        services = emulator.backend("ecs", cloud.account, cloud.region).services
        services["probe-cluster:probe"] = types.SimpleNamespace(
            cluster_name="probe-cluster", name="probe", status="ACTIVE", desired_count=1
        )
    yield client("application-autoscaling")
    with emulator.lock:
        del services["probe-cluster:probe"]
    client("ecs").delete_cluster(cluster="probe-cluster")


def register(scaling, **changes):
    return scaling.register_scalable_target(**{**TARGET, "MinCapacity": 1, "MaxCapacity": 2, **changes})


def put(scaling, name="cpu", metric="ECSServiceAverageCPUUtilization", value=50.0, **changes):
    tracking = {"TargetValue": value}
    if metric:
        tracking["PredefinedMetricSpecification"] = {"PredefinedMetricType": metric}
    kind = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}
    return scaling.put_scaling_policy(PolicyName=name, **TARGET, **{**kind, **changes})


SCALING = [
    ("a service exists", lambda s: register(s, ResourceId="service/probe-cluster/none"), "ValidationException"),
    ("a resource id has three parts", lambda s: register(s, ResourceId="probe"), "ValidationException"),
    ("a first registration has both capacities", lambda s: s.register_scalable_target(**TARGET, MinCapacity=1),
     "ValidationException"),
    ("capacities are in order", lambda s: register(s, MinCapacity=3), "ValidationException"),
    ("capacities are not negative", lambda s: register(s, MinCapacity=-1), "ValidationException"),
    ("a dimension is the service's", lambda s: register(s, ScalableDimension="dynamodb:table:ReadCapacityUnits"),
     "ValidationException"),
    ("a policy has a target", put, "ObjectNotFoundException"),
    ("what is deregistered is registered", lambda s: s.deregister_scalable_target(**TARGET),
     "ObjectNotFoundException"),
    ("what is deleted is there", lambda s: s.delete_scaling_policy(PolicyName="none", **TARGET),
     "ObjectNotFoundException"),
    ("a list's token is its own", lambda s: s.describe_scalable_targets(ServiceNamespace="ecs", NextToken="x"),
     "InvalidNextTokenException"),
]  # fmt: skip


@pytest.mark.parametrize("claim, call, code", SCALING, ids=[row[0].replace(" ", "-") for row in SCALING])
def test_scaling_is_refused(scaling, claim, call, code):
    assert code_of(lambda: call(scaling)) == code


def test_target_and_policy_are_put_again(scaling, client):
    """Both are upserts: the ARN stays, what is not named stays, alarms do not pile up; all go with the target."""
    cloudwatch = client("cloudwatch")
    alarms = lambda: [a["AlarmName"] for a in cloudwatch.describe_alarms()["MetricAlarms"]]
    arn = register(scaling, Tags={"a": "b"})["ScalableTargetARN"]
    assert scaling.register_scalable_target(**TARGET, MaxCapacity=7)["ScalableTargetARN"] == arn
    here = {"ServiceNamespace": "ecs", "ResourceIds": [TARGET["ResourceId"]]}
    (row,) = scaling.describe_scalable_targets(**here)["ScalableTargets"]
    assert (row["MinCapacity"], row["MaxCapacity"]) == (1, 7)
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "b"}
    policy = put(scaling)
    assert len(policy["Alarms"]) == 2
    assert put(scaling, value=70.0)["PolicyARN"] == policy["PolicyARN"]
    assert len(alarms()) == 2
    for changes in ({"metric": "DynamoDBReadCapacityUtilization"}, {"metric": None}, {"value": -1.0},
                    {"metric": "ALBRequestCountPerTarget"}):  # fmt: skip
        assert code_of(lambda changes=changes: put(scaling, "other", **changes)) == "ValidationException"
    assert scaling.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"] == []
    scaling.deregister_scalable_target(**TARGET)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert alarms() == []


def test_grants_are_of_a_key_that_exists(client):
    """CreateGrant, ListGrants and RevokeGrant of an unknown key or of an alias; RetireGrant of nothing."""
    kms, none = client("kms"), "12345678-1234-1234-1234-123456789012"
    assert code_of(lambda: kms.list_grants(KeyId=none)) == "NotFoundException"
    assert code_of(lambda: kms.revoke_grant(KeyId=none, GrantId="a")) == "NotFoundException"
    grantee = {"GranteePrincipal": ROOT, "Operations": ["Decrypt"]}
    assert code_of(lambda: kms.create_grant(KeyId=none, **grantee)) == "NotFoundException"
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/grants", TargetKeyId=key["KeyId"])
    assert code_of(lambda: kms.list_grants(KeyId="alias/grants")) == "NotFoundException"
    made = kms.create_grant(KeyId=key["Arn"], **grantee)
    assert [one["GrantId"] for one in kms.list_grants(KeyId=key["KeyId"])["Grants"]] == [made["GrantId"]]
    assert code_of(lambda: kms.retire_grant(KeyId=key["Arn"])) == "ValidationException"
    assert code_of(kms.generate_random) == "ValidationException"

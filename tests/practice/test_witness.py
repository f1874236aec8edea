# SPDX-License-Identifier: MIT
"""The witness: every call as a JSON line without secrets, creations by type, what is left, what IAM was asked."""

import json
import urllib.request

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import code_of, make_client

from practice.census import everything
from practice.signature import Key


def read(cloud, name):
    with urllib.request.urlopen(f"{cloud.url}/_practice/{name}", timeout=10) as answer:
        return json.loads(answer.read())


def test_a_line_says_what_happened(cloud, client, unique):
    """Operation, parameters, result, status, time, duration and connection of a call; the file has the same lines."""
    sts = make_client(cloud, "ecs")
    made = sts.create_cluster(clusterName=unique)["cluster"]["clusterArn"]
    code_of(lambda: sts.create_service(cluster=unique, serviceName="x", taskDefinition="absent"))
    good, bad = read(cloud, "traffic")[-2:]
    assert (good["service"], good["operation"], good["status"], good["error"]) == (
        "ecs",
        "CreateCluster",
        200,
        "",
    )
    assert good["params"]["clusterName"] == unique and good["result"]["cluster"]["clusterArn"] == made
    assert good["account"] == cloud.account and good["region"] == cloud.region and good["ms"] >= 0
    assert good["connection"] == bad["connection"], "both came over one connection"
    assert bad["status"] == 400 and bad["error"] and "result" not in bad
    lines = (cloud.config.state_dir / "traffic.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["operation"] == "CreateService"
    make_client(cloud, "ecs").list_clusters()
    other = read(cloud, "traffic")[-1]
    assert other["connection"] != bad["connection"] and "result" not in other, "reads keep no result"


def test_no_secret_is_recorded(cloud, client, unique):
    """Secret values and keys that a call carries or answers are not in the record."""
    client("secretsmanager").create_secret(Name=unique, SecretString="canary-value")
    client("secretsmanager").get_secret_value(SecretId=unique)
    client("iam").create_user(UserName=unique)
    key = client("iam").create_access_key(UserName=unique)["AccessKey"]
    text = json.dumps(cloud.recorder.entries()[-4:])
    assert "canary-value" not in text and key["SecretAccessKey"] not in text
    assert key["AccessKeyId"] in text, "the public half is there"


def test_creations_are_counted(cloud, client, unique):
    """Successful creates and deletes by type; refused ones do not count."""
    before = read(cloud, "creations").get("logs.LogGroup", {"made": 0})
    logs = client("logs")
    logs.create_log_group(logGroupName=unique)
    code_of(lambda: logs.create_log_group(logGroupName=unique))
    logs.delete_log_group(logGroupName=unique)
    after = read(cloud, "creations")["logs.LogGroup"]
    assert after["made"] == before["made"] + 1 and after["gone"] == before.get("gone", 0) + 1


@pytest.mark.parametrize(("do", "when", "made"), [("server-error", "after", 1), ("close", "before", 0)])
def test_creations_count_by_effect(cloud, client, unique, do, when, made):
    """What a fault has hidden was made; what it kept from being done was not, whatever the client saw."""
    before = read(cloud, "creations").get("logs.LogGroup", {"made": 0})["made"]
    cloud.faults.add([{"operation": "logs.CreateLogGroup", "do": do, "when": when}])
    with pytest.raises((ClientError, BotoCoreError)):
        client("logs").create_log_group(logGroupName=unique)
    entry = next(e for e in reversed(cloud.recorder.entries()) if e["operation"] == "CreateLogGroup")
    assert entry["effect"] == (200 if made else 0)
    assert read(cloud, "creations").get("logs.LogGroup", {"made": 0})["made"] == before + made


def leftovers(cloud, name):
    return {row["type"] for row in read(cloud, "leftovers") if name in json.dumps(row)}


def test_leftovers_name_what_is_there(cloud, client, unique):
    """Everything made since the start and not gone is listed with its tags; what is deleted is not."""
    tags = {"forestadmin:stack": unique}
    listed = [{"Key": k, "Value": v} for k, v in tags.items()]
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.2.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": listed}])
    client("logs").create_log_group(logGroupName=unique, tags=tags)
    client("ecr").create_repository(repositoryName=unique, tags=listed)
    client("kms").create_key(Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
    found = [row for row in read(cloud, f"leftovers?tag=forestadmin:stack={unique}")]
    assert {row["type"] for row in found} == {"vpc", "log-group", "repository", "key"}
    assert all(row["account"] == cloud.account and not row["ending"] for row in found)
    ec2.delete_vpc(VpcId=vpc["Vpc"]["VpcId"])
    client("logs").delete_log_group(logGroupName=unique)
    client("ecr").delete_repository(repositoryName=unique)
    key = next(row["id"] for row in found if row["type"] == "key")
    client("kms").schedule_key_deletion(KeyId=key)
    (row,) = read(cloud, f"leftovers?tag=forestadmin:stack={unique}")
    assert row["type"] == "key" and row["ending"], "it is on its way out"


def test_what_was_there_before_is_nobodys_leftover(cloud):
    """The sample world and the default VPCs are not left over."""
    assert not [row for row in read(cloud, "leftovers") if row["name"] in ("prod", "default")]
    assert any(row["type"] == "vpc" for row in everything())


def test_what_iam_was_asked(cloud, client, unique):
    """By principal and action: the resources, whether or not it was allowed."""
    iam = client("iam")
    arn = iam.create_user(UserName=unique)["User"]["Arn"]
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], "")
    code_of(lambda: client("logs", key=key).create_log_group(logGroupName=unique))
    asked = read(cloud, "permissions")[arn]
    (resource,) = asked["logs:CreateLogGroup"]
    assert resource.endswith(f":log-group:{unique}:log-stream:")


@pytest.mark.parametrize("name", ["nothing", "leftover", "traffic/x"])
def test_unknown_endpoint(cloud, name):
    """What is no control endpoint is 404."""
    with pytest.raises(urllib.error.HTTPError) as error:
        read(cloud, name)
    assert error.value.code == 404


def test_a_key_is_scheduled_by_its_arn(client):
    """ScheduleKeyDeletion, CancelKeyDeletion, EnableKey and DisableKey take the ARN, and answer with it."""
    kms = client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    assert kms.schedule_key_deletion(KeyId=arn)["KeyId"] == arn
    assert kms.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
    kms.enable_key(KeyId=arn)
    kms.disable_key(KeyId=arn)
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Disabled"


def test_a_refusal_names_its_rule(cloud, client, unique):
    """refused_by: the signature, the model, a rule by file and function, or moto; nothing for a good call."""
    ecs = make_client(cloud, "ecs", parameter_validation=False)
    code_of(lambda: make_client(cloud, "ecs", key=Key("AKIAIOSFODNN7EXAMPLE", "wrong", "")).list_clusters())
    code_of(lambda: ecs.create_cluster(clusterName=7))
    code_of(lambda: ecs.create_cluster(clusterName="a b"))
    code_of(lambda: client("ecr").delete_repository(repositoryName=unique))
    ecs.list_clusters()
    named = [entry.get("refused_by") for entry in read(cloud, "traffic")[-5:]]
    assert named == ["signature", "model", "ecs_clusters.cluster", "moto", None]

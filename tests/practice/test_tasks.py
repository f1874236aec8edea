# SPDX-License-Identifier: MIT
"""Tasks run for real, seen through boto3 and through the task's own port."""

import json
import time
from pathlib import Path

import pytest
from ecs_world import MANAGED, PORT, Stack, World, until


@pytest.fixture(scope="module")
def world(cloud, client, tmp_path_factory):
    if hasattr(cloud, "test_world"):
        return cloud.test_world
    cloud.test_world = World(cloud, client, tmp_path_factory.mktemp("tiny"))
    return cloud.test_world


@pytest.fixture
def stack(world, unique):
    made = Stack(world, unique)
    yield made
    made.close()


@pytest.fixture
def secret(world, unique):
    """An execution role that may read it, its ARN and its first version."""
    made = world.secrets.create_secret(
        Name=f"{unique}/env", SecretString=json.dumps({"KEY": "first", "NUMBER": 7})
    )
    role = world.role(
        unique,
        [MANAGED],
        [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": made["ARN"]}],
    )
    return {"role": role, "arn": made["ARN"], "version": made["VersionId"], "name": f"{unique}/env"}


def reason(stack, arn):
    task = stack.reached(arn, "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    return task["stoppedReason"]


def test_image_runs_as_its_user_in_its_folder_with_its_environment(stack):
    definition = stack.define({"environment": [{"name": "BOTH", "value": "definition"}]})
    task = stack.reached(stack.run(definition), "RUNNING")
    assert stack.get(task, "/uid")[1] == "uid=1000 gid=1001 pid=1 cwd=/app"
    values = [stack.get(task, f"/env/{name}")[1] for name in ("FROM_IMAGE", "BOTH", "HOME", "AWS_REGION")]
    assert values == ["1", "definition", "/home/node", "eu-west-3"]
    assert stack.get(task, "/read/app/file")[1] == "from the image"
    assert task["containers"][0]["imageDigest"] == stack.world.image.split("@")[1]
    assert until("its first line", lambda: stack.lines(task)) == [f"listening on {PORT}"]


def test_tasks_share_neither_files_nor_ports(stack):
    definition = stack.define({"user": "0"})
    one, two = (stack.reached(stack.run(definition), "RUNNING") for _ in range(2))
    assert stack.get(one, "/write/app/new")[1] == "ok"
    assert stack.get(one, "/read/app/new")[1] == ""
    assert stack.get(two, "/read/app/new")[1] == "denied"


def test_init_and_read_only_root_are_honoured(stack):
    definition = stack.define(
        {"linuxParameters": {"initProcessEnabled": True}, "readonlyRootFilesystem": True, "user": "0"}
    )
    task = stack.reached(stack.run(definition), "RUNNING")
    assert "pid=2" in stack.get(task, "/uid")[1]
    assert stack.get(task, "/write/app/new")[1] == "denied"


def test_stopped_task_got_sigterm_and_is_shown_with_its_exit_code(stack):
    arn = stack.run(stack.define())
    stack.reached(arn, "RUNNING")
    stack.ecs.stop_task(cluster="t-cluster", task=arn, reason="enough")
    task = stack.reached(arn, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 0
    assert stack.lines(task)[-1] == "terminated"
    assert (
        task["stoppedAt"]
        >= task["stoppingAt"]
        >= task["startedAt"]
        >= task["pullStoppedAt"]
        >= task["createdAt"]
    )
    assert arn in stack.ecs.list_tasks(cluster="t-cluster", desiredStatus="STOPPED")["taskArns"]


def test_program_deaf_to_sigterm_is_killed_after_its_timeout(stack):
    arn = stack.run(stack.define({"command": ["stubborn", str(PORT)]}))
    stack.reached(arn, "RUNNING")
    began = time.monotonic()
    stack.ecs.stop_task(cluster="t-cluster", task=arn)
    assert stack.reached(arn, "STOPPED")["containers"][0]["exitCode"] == 137
    assert time.monotonic() - began > 1, "it had its time"


def test_exit_of_the_container_is_the_end_of_the_task_and_its_words_are_logged(stack):
    task = stack.reached(stack.run(stack.define({"command": ["exit", "3", "no database"]})), "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["containers"][0]["exitCode"] == 3
    assert stack.lines(task) == ["no database"]


def test_task_that_eats_too_much_is_killed_for_it(stack):
    task = stack.reached(stack.run(stack.define({"command": ["eat", "600"]})), "STOPPED")
    assert task["containers"][0]["exitCode"] == 137
    assert task["containers"][0]["reason"].startswith(
        "OutOfMemoryError: Container killed due to memory usage"
    )


def test_secrets_come_by_arn_key_and_version(stack, world, secret):
    world.secrets.put_secret_value(SecretId=secret["arn"], SecretString=json.dumps({"KEY": "second"}))
    values = {
        "PINNED": f"{secret['arn']}:KEY::{secret['version']}",
        "NUMBER": f"{secret['arn']}:NUMBER::{secret['version']}",
        "CURRENT": f"{secret['arn']}:KEY::",
        "PREVIOUS": f"{secret['arn']}:KEY:AWSPREVIOUS:",
        "WHOLE": secret["arn"],
    }
    definition = stack.define(
        {"secrets": [{"name": n, "valueFrom": v} for n, v in values.items()]}, executionRoleArn=secret["role"]
    )
    task = stack.reached(stack.run(definition), "RUNNING")
    assert {name: stack.get(task, f"/env/{name}")[1] for name in values} == {
        "PINNED": "first",
        "NUMBER": "7",
        "CURRENT": "second",
        "PREVIOUS": "first",
        "WHOLE": '{"KEY": "second"}',
    }


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (":NOPE::", "did not contain json key NOPE"),
        (
            ":KEY::11111111-2222-3333-4444-555555555555",
            "ResourceNotFoundException: Secrets Manager can't find the specified secret "
            "value for VersionId: 11111111",
        ),
    ],
)
def test_missing_key_or_version_of_a_secret_stops_the_task(stack, secret, suffix, words):
    definition = stack.define(
        {"secrets": [{"name": "A", "valueFrom": secret["arn"] + suffix}]}, executionRoleArn=secret["role"]
    )
    text = reason(stack, stack.run(definition))
    assert (
        text.startswith("ResourceInitializationError: unable to pull secrets or registry auth")
        and words in text
    )


def test_missing_secret_or_right_to_read_it_stops_the_task(stack, world, secret):
    wanted = {"secrets": [{"name": "A", "valueFrom": f"{secret['arn']}:KEY::"}]}
    text = reason(stack, stack.run(stack.define(wanted)))
    assert (
        "AccessDeniedException" in text and "not authorized to perform: secretsmanager:GetSecretValue" in text
    )
    world.secrets.delete_secret(SecretId=secret["arn"], ForceDeleteWithoutRecovery=True)
    text = reason(stack, stack.run(stack.define(wanted, executionRoleArn=secret["role"])))
    assert "ResourceNotFoundException: Secrets Manager can't find the specified secret." in text


def test_secret_under_a_customer_key_needs_decrypt(stack, world, client, unique):
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    arn = world.secrets.create_secret(Name=unique, SecretString="plain", KmsKeyId=key)["ARN"]
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    decrypt = {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": key,
        "Condition": {
            "StringEquals": {
                "kms:ViaService": "secretsmanager.eu-west-3.amazonaws.com",
                "kms:EncryptionContext:SecretARN": arn,
            }
        },
    }
    wanted = {"secrets": [{"name": "A", "valueFrom": arn}]}
    without = world.role(unique + "-1", [MANAGED], [read])
    assert "Access to KMS is not allowed" in reason(
        stack, stack.run(stack.define(wanted, executionRoleArn=without))
    )
    both = world.role(unique + "-2", [MANAGED], [read, decrypt])
    task = stack.reached(stack.run(stack.define(wanted, executionRoleArn=both)), "RUNNING")
    assert stack.get(task, "/env/A")[1] == "plain"


def test_missing_image_cannot_be_pulled(stack, world):
    text = reason(stack, stack.run(stack.define({"image": world.repository + "@sha256:" + "0" * 64})))
    assert text.startswith("CannotPullContainerError: ") and text.endswith(": not found")


def test_image_of_another_architecture_fails_as_on_aws(stack, world):
    image = world.tree({"x": b"arm"})
    image.config = image.config.replace(b'"amd64"', b'"arm64"')
    task = stack.reached(stack.run(stack.define({"image": world.push(image)})), "STOPPED")
    assert task["containers"][0]["exitCode"] == 255
    assert stack.lines(task) == ["exec tiny: exec format error"]


def test_missing_log_group_keeps_the_task_from_starting(stack, world):
    definition = stack.define()
    world.logs.delete_log_group(logGroupName=stack.group)
    text = reason(stack, stack.run(definition))
    assert (
        text.startswith("ResourceInitializationError: failed to validate logger args")
        and "log group does not exist" in text
    )


def test_missing_program_or_user_cannot_start(stack):
    text = reason(stack, stack.run(stack.define({"entryPoint": ["nothing-here"]})))
    assert (
        "CannotStartContainerError" in text
        and 'exec: "nothing-here": executable file not found in $PATH' in text
    )
    assert "unable to find user ghost" in reason(stack, stack.run(stack.define({"user": "ghost"})))


@pytest.mark.parametrize("where", ["isolated", "no public address"])
def test_subnet_without_a_way_out_ends_in_io_timeout(stack, world, where):
    network = (
        stack.network(subnets=[world.isolated])
        if where == "isolated"
        else stack.network(assignPublicIp="DISABLED")
    )
    text = reason(stack, stack.run(stack.define(), networkConfiguration=network))
    assert (
        text.startswith("ResourceInitializationError")
        and "i/o timeout" in text
        and "api.ecr.eu-west-3" in text
    )


def test_execution_role_without_registry_rights_is_denied(stack, world, unique):
    bare = world.role(unique, [])
    assert "not authorized to perform: ecr:GetAuthorizationToken" in reason(
        stack, stack.run(stack.define(executionRoleArn=bare))
    )
    half = world.role(
        unique + "-2", [], [{"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}]
    )
    text = reason(stack, stack.run(stack.define(executionRoleArn=half)))
    assert text.startswith("CannotPullContainerError") and "403 Forbidden" in text


def test_interface_is_there_while_the_task_is_and_goes_with_it(stack, world):
    arn = stack.run(stack.define())
    task = stack.reached(arn, "RUNNING")
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    found = world.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])[
        "NetworkInterfaces"
    ][0]
    assert found["PrivateIpAddress"] == details["privateIPv4Address"] and found["Status"] == "in-use"
    assert found["Description"].endswith("attachment/" + task["attachments"][0]["id"])
    assert [g["GroupId"] for g in found["Groups"]] == [world.task_group]
    stack.ecs.stop_task(cluster="t-cluster", task=arn)
    stack.reached(arn, "STOPPED")
    left = world.ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [world.vpc]}])[
        "NetworkInterfaces"
    ]
    assert details["networkInterfaceId"] not in [one["NetworkInterfaceId"] for one in left]


def test_task_reaches_a_named_server_as_long_as_its_network_lets_it(stack, world):
    url = f"http://127.0.0.1:{world.cloud.registry.port}"
    task = stack.reached(
        stack.run(stack.define({"environment": [{"name": "FOREST_SERVER_URL", "value": url}]})), "RUNNING"
    )
    path = f"/fetch/127.0.0.1/{world.cloud.registry.port}"
    assert stack.get(task, path)[1].startswith("HTTP/1.")
    assert stack.get(task, f"/fetch/127.0.0.1/{world.cloud.config.port}")[1] == "cannot connect", (
        "it was not named"
    )
    rule = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    world.ec2.revoke_security_group_egress(GroupId=world.task_group, IpPermissions=rule)
    try:
        assert stack.get(task, path)[1] == "timeout or reset"
    finally:
        world.ec2.authorize_security_group_egress(GroupId=world.task_group, IpPermissions=rule)


def test_nothing_of_a_task_is_left_on_the_machine(stack, world):
    arn = stack.run(stack.define())
    stack.reached(arn, "RUNNING")
    task_id = arn.rsplit("/", 1)[1]
    folder = world.cloud.tasks.folder / "run" / task_id
    assert folder.exists()
    stack.ecs.stop_task(cluster="t-cluster", task=arn)
    stack.reached(arn, "STOPPED")
    assert not folder.exists()
    assert world.cloud.tasks.at("10.77.0.4") is None or world.cloud.tasks.at("10.77.0.4").id != task_id
    mounts = Path("/proc/mounts").read_text()
    assert task_id not in mounts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpu": "300"}, "No Fargate configuration exists for given values: 300 CPU, 512 memory"),
        ({"memory": "4096"}, "No Fargate configuration exists"),
        ({"executionRoleArn": "arn:aws:iam::123456789012:role/ghost"}, "Role is not valid"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"cpu": None}, "Fargate requires that 'cpu' be defined"),
    ],
)
def test_task_definition_that_fargate_cannot_run_is_refused(stack, change, words):
    settings = {k: v for k, v in change.items() if v is not None}
    if change.get("cpu", "") is None:
        with pytest.raises(stack.ecs.exceptions.ClientException, match=words):
            stack.ecs.register_task_definition(
                family="x",
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                memory="512",
                containerDefinitions=[{"name": "a", "image": "b"}],
            )
        return
    with pytest.raises(stack.ecs.exceptions.ClientException, match=words):
        stack.define(**settings)

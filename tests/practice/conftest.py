# SPDX-License-Identifier: MIT
"""Fixtures of the practice cloud's tests: one cloud for the whole session, in this process, at time scale 0.

PRACTICE_TEST_PARTS=none (or a comma-separated list) starts only these parts, for tests of the layer alone.
With pytest -n 2 --dist loadfile each worker has a cloud of its own, on its own ports and in its own folder.
"""

import gc
import os
import socket
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assets" / "practice"))

# The tests speak only to the cloud that they start.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3  # noqa: E402
from botocore.config import Config as BotoConfig  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from practice.cloud import OPERATOR, Cloud, Config  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes long; left out of the default run")


def free_ports() -> int:
    """A port from which five in a row are free."""
    for base in range(20000 + os.getpid() * 10 % 12000, 32700, 10):  # below what the kernel gives to clients
        sockets = [socket.socket() for _ in range(5)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise RuntimeError("no five free ports in a row")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """The running cloud: cloud.url, cloud.clock, cloud.credentials, cloud.recorder and its parts."""
    chosen = os.environ.get("PRACTICE_TEST_PARTS")
    parts = None if chosen is None else () if chosen == "none" else tuple(chosen.split(","))
    seed = "sample" if parts is None else "empty"
    config = Config(
        port=free_ports(), time_scale=0, state_dir=tmp_path_factory.mktemp("state"), seed=seed, parts=parts
    )
    # hundreds of tests share this cloud; those of the quotas set their own
    config.quotas = dict.fromkeys(("VpcLimitExceeded", "InternetGatewayLimitExceeded", "AddressLimitExceeded"), 10000)
    running = Cloud(config)
    gc.disable()
    running.start()
    running.ready.result()
    gc.freeze()  # moto stays: it need not be looked through again and again
    gc.enable()
    yield running
    errors = running.recorder.emulator_errors()
    running.stop()
    assert not errors, "the emulator broke on " + "; ".join(
        f"{e['service']}.{e['operation']}: {e['emulator_error'][:300]}" for e in errors
    )


def make_client(cloud, service, region=None, key=OPERATOR, **options):
    session = boto3.session.Session(
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token,
        region_name=region or cloud.region,
    )
    config = BotoConfig(retries={"total_max_attempts": 1}, read_timeout=30, **options)
    return session.client(service, endpoint_url=cloud.url, config=config)


@pytest.fixture(scope="session")
def client(cloud):
    """client("ec2"), client("sts", key=...), client("ecs", region="us-east-1"): boto3 without retries."""
    cache = {}

    def make(service, region=None, key=OPERATOR, **options):
        name = (service, region, key.access_key, key.token, tuple(options))
        if name not in cache or options:
            cache[name] = make_client(cloud, service, region, key, **options)
        return cache[name]

    return make


def code_of(call):
    """The AWS error code that the call fails with."""
    with pytest.raises(ClientError) as error:
        call()
    return error.value.response["Error"]["Code"]


def status_of(call):
    """The HTTP status that the call fails with."""
    with pytest.raises(ClientError) as error:
        call()
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def at_scale(cloud):
    """at_scale(0.01): the clock's scale until the end of the test."""
    before = cloud.clock.scale

    def change(scale):
        cloud.change({"time_scale": scale})

    yield change
    cloud.change({"time_scale": before})


@pytest.fixture
def unique():
    """A fresh name, so that tests share one cloud without meeting."""
    return f"t-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def vpc(client, unique):
    """A VPC with two subnets: vpc["id"], vpc["subnets"], vpc["group"] (its default security group)."""
    ec2 = client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    # euw3-az2 has no VPC links
    shown = ec2.describe_availability_zones()["AvailabilityZones"]
    zones = [z["ZoneName"] for z in shown if z["ZoneId"] in ("euw3-az1", "euw3-az3")]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.40.{i}.0/24", AvailabilityZone=zones[i])["Subnet"][
            "SubnetId"
        ]
        for i in range(2)
    ]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["SecurityGroups"]
    return {"id": vpc_id, "subnets": subnets, "group": groups[0]["GroupId"]}

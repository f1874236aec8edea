# SPDX-License-Identifier: MIT
"""Clouds as processes of their own: several at once on one machine, and nothing of them left when they end."""

import gc
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from conftest import free_ports

from practice.cloud import OPERATOR

COMMAND = Path(__file__).resolve().parents[2] / "assets" / "practice" / "cloud"


class Started:
    def __init__(self, folder, port):
        self.url, self.folder, self.port = f"http://127.0.0.1:{port}", folder, port
        arguments = [str(COMMAND), "--port", str(port), "--time-scale", "0", "--state", str(folder)]
        environment = {**os.environ, "PRACTICE_VENV": sys.prefix}
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
        )

    def wait(self):
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = urllib.request.urlopen(f"{self.url}/_practice/health", timeout=60).read()
                if (self.folder / "cloud.pid").exists():  # else another's, that has taken the port meanwhile
                    return answer
            except OSError:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline, "the cloud does not answer"
            time.sleep(0.01)

    def ec2(self):
        return boto3.client(
            "ec2", "eu-west-3", endpoint_url=self.url, aws_access_key_id=OPERATOR.access_key,
            aws_secret_access_key=OPERATOR.secret, config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip

    def family(self):
        """Its process and all that come from it, by id and start time, whatever session they are in."""
        table = processes()
        found = {self.process.pid}
        while more := {pid for pid, (parent, _) in table.items() if parent in found} - found:
            found |= more
        return {(pid, table[pid][1]) for pid in found}


def processes():
    """pid: (parent, start time) of all that run; a zombie has ended."""
    table = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] != "Z":
            table[int(stat.parent.name)] = int(fields[1]), fields[19]
    return table


def await_end(family):
    deadline = time.monotonic() + 60
    while left := family & {(pid, since) for pid, (_, since) in processes().items()}:
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.01)


@pytest.fixture
def two(tmp_path):
    """Two clouds with the sample world, on ports and in folders of their own."""
    clouds = []
    try:
        for name in ("one", "other"):
            clouds.append(Started(tmp_path / name, free_ports()))
            clouds[-1].wait()
        yield clouds
    finally:
        for one in clouds:
            one.process.kill()
            one.process.wait()


def test_two_at_once_end_and_leave_nothing(two):
    """Each has its own state; one ends on SIGTERM, the other is killed, and no child of either stays."""
    one, other = two
    vpc = one.ec2().create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    assert vpc in [row["VpcId"] for row in one.ec2().describe_vpcs()["Vpcs"]]
    assert vpc not in [row["VpcId"] for row in other.ec2().describe_vpcs()["Vpcs"]]

    family = one.family()
    assert len(family) > 3, "two registries and PostgreSQL at least"
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(60) == 0
    await_end(family)
    assert not list(one.folder.glob("postgres/*")) and not (one.folder / "cloud.pid").exists()

    assert other.ec2().describe_vpcs()["Vpcs"], "the other goes on"
    family = other.family()
    other.process.kill()
    other.process.wait()
    await_end(family)


def test_third_cloud_in_the_way_of_two(two, tmp_path):
    """It says which port or folder is another cloud's, without a traceback, and leaves both as they are."""
    one, other = two

    def refusal(port, folder):
        arguments = [str(COMMAND), "--port", str(port), "--state", str(folder)]
        environment = {**os.environ, "PRACTICE_VENV": sys.prefix}
        done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        return done.stderr.splitlines()[-1]

    before = (one.folder / "env").read_text()
    assert f"port {one.port + 2} is taken" in refusal(one.port + 2, tmp_path / "third")
    assert f"port {one.port} is taken" in refusal(one.port - 3, tmp_path / "third")
    assert f"{one.folder} is the state of another cloud" in refusal(free_ports(), one.folder)
    assert (one.folder / "env").read_text() == before and one.ec2().describe_vpcs()["Vpcs"]


def test_states_of_ports():
    """Without --state a cloud of another port has a folder of its own."""
    from practice.__main__ import parse

    gc.enable()  # the command begins without it
    assert parse(["--port", "4100"]).state_dir.name == "state"
    assert parse(["--port", "4200"]).state_dir == parse([]).state_dir.with_name("state-4200")
    assert parse(["--port", "4200", "--state", "x"]).state_dir == Path("x").resolve()

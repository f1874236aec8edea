#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast the practice cloud is: its start, calls of each service, throughput, its stop. Asserts nothing.

    .practice/venv/bin/python tests/bench/practice.py [--calls N] [--json]

What is wanted: an answer within 2 s of its start once installed, 10 ms a call, no process left behind by its stop.
"""

import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "end2end"))
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from world import free_ports  # noqa: E402

READS = [
    ("sts", "get_caller_identity", {}),
    ("ec2", "describe_vpcs", {}),
    ("ec2", "describe_subnets", {}),
    ("ec2", "describe_route_tables", {}),
    ("ec2", "describe_security_groups", {}),
    ("iam", "list_roles", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("ecs", "list_clusters", {}),
    ("ecr", "describe_repositories", {}),
    ("secretsmanager", "list_secrets", {}),
    ("logs", "describe_log_groups", {}),
    ("kms", "list_keys", {}),
    ("rds", "describe_db_instances", {}),
    ("apigatewayv2", "get_apis", {}),
    ("resourcegroupstaggingapi", "get_resources", {}),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=40, help="of each kind (default %(default)s)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder))
        rows.append(("start to the first answer", cloud.start()))
        try:
            rows += calls(cloud, options.calls)
            rows += throughput(cloud, options.calls)
            rows.append(("memory, MB", cloud.memory()))
        finally:
            rows.append(("stop", cloud.stop()))
        rows.append(("processes left behind", cloud.left()))
    if options.json:
        print(json.dumps(dict(rows)))
        return
    for what, value in rows:
        print(f"{what:45} {value:>10.1f}")


class Cloud:
    def __init__(self, folder):
        self.folder, self.port = folder, free_ports()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Milliseconds from its start until it answers."""
        started = time.monotonic()
        command = ["sh", str(ROOT / "assets/practice/cloud"), "--port", str(self.port), "--time-scale", "0",
                   "--state", str(self.folder)]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_practice/health", timeout=5).read()
                return (time.monotonic() - started) * 1000
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    raise RuntimeError("the cloud did not start") from None

    def client(self, service):
        config = Config(retries={"total_max_attempts": 1}, max_pool_connections=16)
        return boto3.client(
            service, "eu-west-3", endpoint_url=self.url, config=config, aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )  # fmt: skip

    def memory(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0

    def stop(self):
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(60)
        return (time.monotonic() - started) * 1000

    def left(self):
        """Processes of its session that still run."""
        done = subprocess.run(["ps", "-o", "pid=", "-s", str(self.process.pid)], capture_output=True, text=True)
        return float(len(done.stdout.split()))


def calls(cloud, number):
    """Milliseconds of one call as the cloud itself counts them, and as boto3 sees them."""
    rows, inside, outside = [], [], []
    for service, operation, parameters in READS:
        call = getattr(cloud.client(service), operation)
        call(**parameters)
        urllib.request.urlopen(f"{cloud.url}/_practice/reset-traffic", b"{}", 10).read()
        taken = []
        for _ in range(number):
            started = time.monotonic()
            call(**parameters)
            taken.append((time.monotonic() - started) * 1000)
        traffic = json.loads(urllib.request.urlopen(f"{cloud.url}/_practice/traffic", timeout=10).read())
        own = [entry["ms"] for entry in traffic]
        rows.append((f"{service} {operation}, ms (the cloud's own part)", statistics.median(own)))
        inside += own
        outside += taken
    rows.append(("all of them: median in the cloud, ms", statistics.median(inside)))
    rows.append(("all of them: 95th percentile in the cloud, ms", statistics.quantiles(inside, n=20)[-1]))
    rows.append(("all of them: median with boto3, ms", statistics.median(outside)))
    return rows


def throughput(cloud, number):
    """Calls a second by several clients at once."""
    rows = []
    for threads in (1, 4, 16):
        clients = [cloud.client("ec2") for _ in range(threads)]
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda one: [one.describe_vpcs() for _ in range(number)], clients))
        rows.append((f"calls a second, {threads} at once", threads * number / (time.monotonic() - started)))
    return rows


if __name__ == "__main__":
    main()

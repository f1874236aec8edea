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
    ("ec2", "describe_security_group_rules", {}),
    ("ec2", "describe_nat_gateways", {}),
    ("ec2", "describe_network_interfaces", {}),
    ("ec2", "describe_availability_zones", {}),
    ("ec2", "describe_internet_gateways", {}),
    ("ec2", "describe_vpc_endpoints", {}),
    ("ec2", "describe_regions", {}),
    ("ec2", "describe_addresses", {}),
    ("iam", "list_roles", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("ecs", "list_clusters", {}),
    ("ecr", "describe_repositories", {}),
    ("secretsmanager", "list_secrets", {}),
    ("logs", "describe_log_groups", {}),
    ("kms", "list_keys", {}),
    ("rds", "describe_db_instances", {}),
    ("rds", "describe_db_subnet_groups", {}),
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
        rows.append(("start to the first answer, ms, of 5 the median", statistics.median(starts(Path(folder), 5))))
        cloud = Cloud(Path(folder))
        cloud.start()
        cloud.post("config", {"throttling": False})
        try:
            rows += calls(cloud, options.calls)
            rows += writes(cloud, options.calls)
            rows += throughput(cloud, options.calls)
            rows.append(("memory, MB", cloud.memory()))
        finally:
            rows.append(("stop, ms", cloud.stop()))
        rows.append(("processes left behind", cloud.left()))
    if options.json:
        print(json.dumps(dict(rows)))
        return
    for what, value in rows:
        print(f"{what:75} {value:>10.1f}")


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

    def post(self, name, body):
        urllib.request.urlopen(f"{self.url}/_practice/{name}", json.dumps(body).encode(), 10).read()

    def spent(self):
        """Milliseconds of each call since the record was reset, as the cloud itself counts them, by operation."""
        table = {}
        for entry in json.loads(urllib.request.urlopen(f"{self.url}/_practice/traffic", timeout=10).read()):
            table.setdefault(f"{entry['service']} {entry['operation']}", []).append(entry["ms"])
        return table

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


def starts(folder, number):
    for _ in range(number):
        cloud = Cloud(folder)
        yield cloud.start()
        cloud.stop()


def calls(cloud, number):
    """Milliseconds of one call as the cloud itself counts them, and as boto3 sees them."""
    rows, inside, outside = [], [], []
    for service, operation, parameters in READS:
        call = getattr(cloud.client(service), operation)
        call(**parameters)
        cloud.post("reset-traffic", {})
        taken = []
        for _ in range(number):
            started = time.monotonic()
            call(**parameters)
            taken.append((time.monotonic() - started) * 1000)
        ((name, own),) = cloud.spent().items()
        rows += shown(name, own)
        inside += own
        outside += taken
    rows.append(("all of them: median in the cloud, ms", statistics.median(inside)))
    rows.append(("all of them: 95th percentile in the cloud, ms", statistics.quantiles(inside, n=20)[-1]))
    rows.append(("all of them: median with boto3, ms", statistics.median(outside)))
    return rows


def writes(cloud, number):
    """The same of what a setup makes and unmakes; each round is of new names."""
    cloud.post("reset-traffic", {})
    vpc = cloud.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    rounds = [group, role, cluster, interface, balanced, kept]
    for one in rounds:
        clients = {name: cloud.client(name) for name in {service for service, _, _ in READS}}
        for index in range(number):
            one(clients, vpc, f"bench-{index}")
    found = [(name, own) for name, own in cloud.spent().items() if len(own) >= number]
    return [row for name, own in found for row in shown(name, own)]


def shown(name, own):
    return [(f"{name}, ms (the cloud's own part)", statistics.median(own)),
            (f"{name}, ms, 95th percentile", statistics.quantiles(own, n=20)[-1])]  # fmt: skip


def group(clients, vpc, name):
    ec2 = clients["ec2"]
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
    ec2.authorize_security_group_egress(GroupId=made, IpPermissions=[rule])
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[rule])
    ec2.delete_security_group(GroupId=made)


def role(clients, _vpc, name):
    iam, allow = clients["iam"], {"Effect": "Allow"}
    tasks = allow | {"Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    logs = allow | {"Action": "logs:PutLogEvents", "Resource": "*"}
    document = lambda statement: json.dumps({"Version": "2012-10-17", "Statement": [statement]})  # noqa: E731
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(tasks))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(logs))
    iam.get_role(RoleName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)


def cluster(clients, _vpc, name):
    ecs = clients["ecs"]
    ecs.create_cluster(clusterName=name)
    container = {"name": "app", "image": "busybox", "portMappings": [{"containerPort": 3310}]}
    made = ecs.register_task_definition(
        family=name, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]  # fmt: skip
    ecs.describe_task_definition(taskDefinition=made)
    ecs.deregister_task_definition(taskDefinition=made)
    ecs.describe_clusters(clusters=[name])
    ecs.delete_cluster(cluster=name)


def interface(clients, _vpc, name):
    gateway = clients["apigatewayv2"]
    api = gateway.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    made = gateway.create_integration(
        ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="ANY", IntegrationUri="http://x.example/",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]  # fmt: skip
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{made}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    gateway.delete_api(ApiId=api)


def balanced(clients, vpc, name):
    elb = clients["elbv2"]
    made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    elb.delete_target_group(TargetGroupArn=made["TargetGroups"][0]["TargetGroupArn"])


def kept(clients, _vpc, name):
    clients["ecr"].create_repository(repositoryName=name)
    clients["ecr"].delete_repository(repositoryName=name)
    clients["secretsmanager"].create_secret(Name=name, SecretString="x")
    clients["secretsmanager"].describe_secret(SecretId=name)
    clients["secretsmanager"].delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    clients["logs"].create_log_group(logGroupName=name)
    clients["logs"].put_retention_policy(logGroupName=name, retentionInDays=7)
    clients["logs"].delete_log_group(logGroupName=name)


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

# SPDX-License-Identifier: MIT
"""The AWS CLI, unmodified, with nothing but the exported environment (aws.md 9.9)."""

import json
import shutil
import subprocess

import pytest

TRUST = json.dumps(
    {"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)  # fmt: skip
# (arguments, what must be in the answer)
COMMANDS = [
    (["sts", "get-caller-identity"], '"Account": "123456789012"'),
    (["iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", TRUST], ":role/cli"),
    (["iam", "list-roles", "--max-items", "1"], "NextToken"),
    (["iam", "delete-role", "--role-name", "cli"], ""),
    (["ec2", "describe-vpcs", "--query", "Vpcs[].VpcId"], "vpc-"),
    (["ec2", "describe-nat-gateways"], "nat-"),
    (["elbv2", "describe-load-balancers"], "LoadBalancers"),
    (["ecs", "create-cluster", "--cluster-name", "cli"], ":cluster/cli"),
    (["ecs", "describe-clusters", "--clusters", "cli", "none"], "MISSING"),
    (["ecs", "delete-cluster", "--cluster", "cli"], "INACTIVE"),
    (["ecr", "create-repository", "--repository-name", "cli"], "dkr.ecr.eu-west-3"),
    (["ecr", "get-login-password"], ""),
    (["logs", "create-log-group", "--log-group-name", "/cli"], ""),
    (["logs", "describe-log-groups", "--log-group-name-prefix", "/cli"], '"/cli"'),
    (["secretsmanager", "create-secret", "--name", "cli", "--secret-string", "x"], ":secret:cli-"),
    (["secretsmanager", "list-secrets"], '"cli"'),
    (["rds", "describe-db-instances", "--query", "DBInstances[].DBInstanceIdentifier"], "storefront"),
    (["rds", "wait", "db-instance-available", "--db-instance-identifier", "storefront"], ""),
    (["apigatewayv2", "create-api", "--name", "cli", "--protocol-type", "HTTP"], "execute-api"),
    (["kms", "create-key"], "KeyMetadata"),
    (["resourcegroupstaggingapi", "get-resources"], "ResourceTagMappingList"),
    (["application-autoscaling", "describe-scalable-targets", "--service-namespace", "ecs"], "ScalableTargets"),
]
# (arguments, the error code)
REFUSED = [
    (["iam", "get-role", "--role-name", "none"], "NoSuchEntity"),
    (["ec2", "describe-vpcs", "--vpc-ids", "vpc-0123456789abcdef0"], "InvalidVpcID.NotFound"),
    (["ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--dry-run"], "DryRunOperation"),
    (["ecs", "list-services", "--cluster", "none"], "ClusterNotFoundException"),
    (["apigatewayv2", "get-api", "--api-id", "none"], "NotFoundException"),
    (["secretsmanager", "describe-secret", "--secret-id", "none"], "ResourceNotFoundException"),
    (["sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/none", "--role-session-name", "xy"],
     "AccessDenied"),
]  # fmt: skip


@pytest.fixture(scope="module")
def aws(environment):
    program = shutil.which("aws")
    if not program:
        pytest.skip("the AWS CLI is not on the PATH")
    return lambda arguments: subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(("arguments", "words"), COMMANDS, ids=lambda v: " ".join(v[:2]) if isinstance(v, list) else "")
def test_command(aws, arguments, words):
    done = aws(arguments)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


@pytest.mark.parametrize(("arguments", "code"), REFUSED, ids=lambda v: " ".join(v[:2]) if isinstance(v, list) else "")
def test_refusal(aws, arguments, code):
    done = aws(arguments)
    assert done.returncode != 0 and f"({code})" in done.stderr

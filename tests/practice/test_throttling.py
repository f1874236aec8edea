# SPDX-License-Identifier: MIT
"""The control planes' documented limits: token buckets on the cloud's clock."""

import time

import pytest
from botocore.exceptions import ClientError

from practice.rules.throttling import limits


def codes(call, times):
    seen = []
    for _ in range(times):
        try:
            call()
            seen.append("ok")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
    return seen


def test_one_vpc_link_in_fifteen_seconds(cloud, client, vpc, unique, at_scale):
    """CreateVpcLink: one in 15 s of the clock, the next is TooManyRequestsException and makes nothing (aws.md 0.4)."""
    at_scale(0.05)
    gateway, number = client("apigatewayv2"), [0]

    def link():
        number[0] += 1
        gateway.create_vpc_link(Name=f"{unique}-{number[0]}", SubnetIds=vpc["subnets"])

    time.sleep(cloud.clock.seconds(15))  # other tests have made links
    assert codes(link, 2) == ["ok", "TooManyRequestsException"]
    deadline = time.monotonic() + 10
    while codes(link, 1) != ["ok"]:
        assert time.monotonic() < deadline
    names = [one["Name"] for one in gateway.get_vpc_links()["Items"]]
    assert sum(name.startswith(unique) for name in names) == 2


def test_nothing_is_throttled_at_scale_0(client):
    """With an instant clock every bucket is full again."""
    assert set(codes(client("logs").describe_log_groups, 30)) == {"ok"}


def test_burst_then_rate(cloud, client, at_scale):
    """DescribeLogGroups: ten at once, the eleventh is ThrottlingException, HTTP 400."""
    at_scale(10)
    cloud.change({"throttling": True})
    seen = codes(lambda: client("logs", region="us-east-1").describe_log_groups(), 14)
    assert seen[:10] == ["ok"] * 10 and "ThrottlingException" in seen[10:]
    assert set(codes(lambda: client("logs", region="eu-west-1").describe_log_groups(), 3)) == {"ok"}, (
        "a region's own"
    )


def test_throttling_can_be_switched_off(cloud, client, at_scale):
    """throttling: false leaves the buckets alone."""
    at_scale(10)
    cloud.change({"throttling": False})
    try:
        assert set(codes(lambda: client("logs", region="eu-west-1").describe_log_groups(), 30)) == {"ok"}
    finally:
        cloud.change({"throttling": True})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ec2.DescribeVpcs", [(100, 20)]), ("ec2.CreateVpc", [(50, 10)]),
        ("ec2.CreateVpcEndpoint", [(4, 0.3), (50, 10)]),
        ("apigatewayv2.DeleteVpcLink", [(1, 1 / 30), (40, 10)]), ("apigatewayv2.GetApis", [(40, 10)]),
        ("ecs.CreateService", [(50, 5)]), ("ecs.DescribeServices", [(100, 20)]), ("iam.CreateRole", []),
    ],
)  # fmt: skip
def test_table(name, expected):
    """Each operation has the limits of its service's table."""
    assert [(limit.burst, limit.rate) for limit in limits(name)] == expected

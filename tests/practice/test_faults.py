# SPDX-License-Identifier: MIT
"""Faults on demand: each meets the call that it names, once, and does to it what it says (issue 3, 2)."""

import concurrent.futures
import http.client
import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from conftest import code_of, make_client, status_of

from practice.cloud import OPERATOR


def control(cloud, name, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{cloud.url}/_practice/{name}", data, 10) as answer:
        return json.loads(answer.read())


@pytest.fixture
def fault(cloud):
    """fault(operation=..., do=...) until the end of the test."""
    yield lambda **row: control(cloud, "faults", row)
    control(cloud, "faults", {"clear": True})


@pytest.mark.parametrize(
    ("service", "operation", "call", "throttled", "denied", "broken"),
    [
        ("ec2", "DescribeVpcs", "describe_vpcs", "RequestLimitExceeded", "UnauthorizedOperation", "InternalError"),
        ("iam", "ListRoles", "list_roles", "Throttling", "AccessDenied", "InternalFailure"),
        ("ecs", "ListClusters", "list_clusters", "ThrottlingException", "AccessDeniedException", "InternalFailure"),
        ("apigatewayv2", "GetApis", "get_apis", "TooManyRequestsException", "AccessDeniedException",
         "InternalServerErrorException"),
    ],
)  # fmt: skip
def test_errors_have_the_code_of_the_protocol(
    client, fault, service, operation, call, throttled, denied, broken
):
    """Throttling, denial and server errors are spelt as each protocol spells them (aws.md 0.3, 0.4)."""
    for do, code in (("throttle", throttled), ("denied", denied), ("server-error", broken)):
        fault(operation=f"{service}.{operation}", do=do)
        assert code_of(getattr(client(service), call)) == code
    getattr(client(service), call)()


def test_a_denial_on_demand_names_what_the_call_is_about(client, fault, unique):
    """As AWS's own: the resource, or none where the action has none (permissions/judge.py)."""
    fault(operation="ecs.CreateCluster", do="denied")
    fault(operation="ec2.DescribeVpcs", do="denied")
    with pytest.raises(ClientError, match=f"on resource: arn:aws:ecs:eu-west-3:123456789012:cluster/{unique} because"):
        client("ecs").create_cluster(clusterName=unique)
    with pytest.raises(ClientError, match="ec2:DescribeVpcs because no identity-based policy"):
        client("ec2").describe_vpcs()


def test_the_nth_call_is_met(client, fault):
    """skip and count choose the call: the second and third of five fail."""
    fault(operation="sts.GetCallerIdentity", do="throttle", skip=1, count=2)
    seen = []
    for _ in range(5):
        try:
            client("sts").get_caller_identity()
            seen.append("ok")
        except ClientError:
            seen.append("throttled")
    assert seen == ["ok", "throttled", "throttled", "ok", "ok"]


def test_parameters_narrow_a_fault(client, fault, unique):
    """where meets only calls with that parameter, wherever it stands in the request."""
    fault(operation="logs.*", do="throttle", where={"logGroupName": f"*{unique}-b"}, count=0)
    client("logs").create_log_group(logGroupName=f"{unique}-a")
    assert (
        code_of(lambda: client("logs").create_log_group(logGroupName=f"{unique}-b")) == "ThrottlingException"
    )


def vpcs_tagged(client, name):
    found = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return len(found["Vpcs"])


def make_vpc(client, name):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
    return client("ec2").create_vpc(CidrBlock="10.77.0.0/16", TagSpecifications=tags)


@pytest.mark.parametrize(
    ("do", "error"),
    [
        ("reset", HTTPClientError),
        ("close", ConnectionClosedError),
        ("truncate", (ResponseParserError, HTTPClientError)),
        ("html", (ResponseParserError, ClientError)),
        ("throttle", ClientError),
        ("server-error", ClientError),
    ],
)
def test_before_and_after_the_effect(client, fault, unique, do, error):
    """The same break leaves nothing when it comes before the effect, and one VPC when it comes after it."""
    for when, made in (("before", 0), ("after", 1)):
        fault(operation="ec2.CreateVpc", do=do, when=when)
        with pytest.raises(error):
            make_vpc(client, f"{unique}-{when}")
        assert vpcs_tagged(client, f"{unique}-{when}") == made


def test_boto3_retries_what_sdks_retry(cloud, fault):
    """A standard client gets over a reset, a 503 and a throttled call without noticing."""
    import boto3
    from botocore.config import Config

    sts = boto3.client(
        "sts", "eu-west-3", endpoint_url=cloud.url, aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"mode": "standard", "total_max_attempts": 5}),
    )  # fmt: skip
    for do in ("reset", "close", "server-error", "throttle"):
        fault(operation="sts.GetCallerIdentity", do=do)
        sts.get_caller_identity()


def test_a_timeout_never_answers(cloud, fault):
    """timeout holds the connection without a byte until the client gives up."""
    fault(operation="sts.GetCallerIdentity", do="timeout")
    sts = make_client(cloud, "sts", connect_timeout=2)
    sts.meta.config.read_timeout = 0.3
    import boto3
    from botocore.config import Config

    short = boto3.client(
        "sts", "eu-west-3", endpoint_url=cloud.url, aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(read_timeout=0.3, retries={"total_max_attempts": 1}),
    )  # fmt: skip
    with pytest.raises(ReadTimeoutError):
        short.get_caller_identity()
    sts.get_caller_identity()


def test_slow_and_late_answers_arrive(client, fault):
    """slow sends the body byte by byte, delay the whole answer later."""
    client("sts").get_caller_identity()
    fault(operation="sts.GetCallerIdentity", do="slow", bytes_per_second=2000)
    started = time.monotonic()
    client("sts").get_caller_identity()
    assert time.monotonic() - started > 0.1
    for when in ("before", "after"):
        fault(operation="sts.GetCallerIdentity", do="delay", when=when, seconds=0.3)
        started = time.monotonic()
        client("sts").get_caller_identity()
        assert time.monotonic() - started > 0.29


def who_am_i(cloud):
    """The answer to a signed GetCallerIdentity, as it comes from the wire."""
    request = AWSRequest("POST", cloud.url, data="Action=GetCallerIdentity&Version=2011-06-15")
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials(OPERATOR.access_key, OPERATOR.secret), "sts", "eu-west-3").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", cloud.config.port, timeout=10)
    connection.request("POST", "/", request.body, dict(request.headers))
    return connection.getresponse()


def test_half_an_answer_keeps_its_length(cloud, fault):
    """truncate announces the whole length and closes after half of it."""
    fault(operation="sts.GetCallerIdentity", do="truncate", when="after")
    with pytest.raises(http.client.IncompleteRead):
        who_am_i(cloud).read()


def test_an_endless_answer_goes_on(cloud, fault):
    """endless says no length and goes on behind the answer for as long as the client reads."""
    for when in ("before", "after"):
        fault(operation="sts.GetCallerIdentity", do="endless", when=when)
        with who_am_i(cloud) as answer:
            assert answer.headers["Content-Length"] is None
            begin = answer.read(1_000_000)
            assert (b"</GetCallerIdentityResponse>" in begin) == (when == "after")
            for _ in range(10):
                assert len(answer.read(1_000_000)) == 1_000_000


def test_what_is_not_aws(client, fault):
    """html, redirect, empty, garbage and entities reach the client as they are."""
    for do, status in (("html", 200), ("html", 502), ("empty", 200), ("garbage", 200), ("entities", 200)):
        fault(operation="ec2.DescribeVpcs", do=do, status=status, when="before")
        try:
            answer = client("ec2").describe_vpcs()
            assert not answer.get("Vpcs")
        except (ClientError, ResponseParserError):
            pass
    fault(operation="ec2.DescribeVpcs", do="redirect")
    assert status_of(client("ec2").describe_vpcs) == 302


def test_expired_and_quota(client, fault):
    """An expired token and a reached quota have the codes of their services."""
    fault(operation="ecs.ListClusters", do="expired")
    assert code_of(client("ecs").list_clusters) == "ExpiredTokenException"
    fault(operation="ec2.DescribeVpcs", do="expired")
    assert code_of(client("ec2").describe_vpcs) == "RequestExpired"
    for operation, code, call in (
        ("ec2.CreateVpc", "VpcLimitExceeded", lambda: client("ec2").create_vpc(CidrBlock="10.3.0.0/16")),
        ("ec2.AllocateAddress", "AddressLimitExceeded", lambda: client("ec2").allocate_address(Domain="vpc")),
        ("iam.CreateRole", "LimitExceeded",
         lambda: client("iam").create_role(RoleName="x", AssumeRolePolicyDocument="{}")),
    ):  # fmt: skip
        fault(operation=operation, do="quota")
        assert code_of(call) == code


def test_a_stale_read_is_what_was_true_before(client, fault, unique):
    """stale answers with the answer before the last change, and not found for what has just been made."""
    logs = client("logs")

    def groups():
        return len(logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"])

    assert groups() == 0
    logs.create_log_group(logGroupName=unique)
    assert groups() == 1
    fault(operation="logs.DescribeLogGroups", do="stale")
    assert groups() == 0
    assert groups() == 1
    made = client("ec2").create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    fault(operation="ec2.DescribeVpcs", do="stale")
    assert code_of(lambda: client("ec2").describe_vpcs(VpcIds=[made])) == "InvalidVpcID.NotFound"
    client("ec2").describe_vpcs(VpcIds=[made])


@pytest.mark.parametrize(
    ("service", "operation", "list_some", "taken", "given"),
    [
        ("ec2", "DescribeVpcs", "describe_vpcs", "NextToken", "NextToken"),
        ("logs", "DescribeLogGroups", "describe_log_groups", "nextToken", "nextToken"),
        ("iam", "ListRoles", "list_roles", "Marker", "Marker"),
        ("kms", "ListKeys", "list_keys", "Marker", "NextMarker"),
    ],
)
def test_a_token_that_leads_to_itself(client, fault, service, operation, list_some, taken, given):
    """repeat-token answers the same page for ever: a client must notice."""
    fault(operation=f"{service}.{operation}", do="repeat-token", count=0)
    read = getattr(client(service), list_some)
    first = read()
    first.pop("ResponseMetadata")
    assert first[given]
    for _ in range(2):
        again = read(**{taken: first[given]})
        again.pop("ResponseMetadata")
        assert again == first


def test_nat_gateway_and_vpc_link_fail(client, fault, vpc, unique):
    """failed-state lets a VPC link and a NAT gateway end as they do when AWS cannot make them."""
    fault(operation="apigatewayv2.CreateVpcLink", do="failed-state", message="no room")
    link = client("apigatewayv2").create_vpc_link(Name=unique, SubnetIds=vpc["subnets"])["VpcLinkId"]
    seen = client("apigatewayv2").get_vpc_link(VpcLinkId=link)
    assert (seen["VpcLinkStatus"], seen["VpcLinkStatusMessage"]) == ("FAILED", "no room")
    ec2 = client("ec2")
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc["id"])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    fault(operation="ec2.CreateNatGateway", do="failed-state")
    nat = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    seen = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
    assert (seen["State"], seen["FailureCode"]) == ("failed", "InsufficientFreeAddressesInSubnet")
    again = ec2.create_nat_gateway(SubnetId=vpc["subnets"][0], AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    assert ec2.describe_nat_gateways(NatGatewayIds=[again])["NatGateways"][0]["State"] == "available"


def test_the_clock_of_aws_can_be_ahead(cloud, client):
    """clock_skew_s makes signatures expire and says the time of AWS in the Date header."""
    control(cloud, "config", {"clock_skew_s": 1200})
    try:
        with pytest.raises(ClientError) as error:
            client("ecs").list_clusters()
        told = error.value.response["ResponseMetadata"]["HTTPHeaders"]["date"]
        assert error.value.response["Error"]["Code"] == "InvalidSignatureException"
    finally:
        control(cloud, "config", {"clock_skew_s": 0})
    import email.utils

    assert 1100 < email.utils.parsedate_to_datetime(told).timestamp() - time.time() < 1300
    client("ecs").list_clusters()


@pytest.mark.parametrize(
    "row",
    [
        {"operation": "ec2.CreateVpcs", "do": "reset"},
        {"operation": "ecc.CreateVpc", "do": "reset"},
        {"operation": "CreateVpc", "do": "reset"},
        {}, {"operation": "ec2.CreateVpc"}, {"operation": "ec2.CreateVpc", "do": "nothing"},
        {"operation": "ec2.CreateVpc", "do": "stale", "when": "before"}, {"operation": "ecs.Task", "do": "reset"},
        {"operation": "ec2.CreateVpc", "do": "reset", "skip": -1}, {"operation": "*", "do": "reset", "surplus": 1},
        {"operation": "*", "do": "reset", "chance": 0}, {"operation": "*", "do": "html", "status": "502"}, "reset",
    ],
)  # fmt: skip
def test_a_fault_that_says_nothing_sensible_is_refused(cloud, row):
    """A wrong fault is 400 with a reason and adds nothing."""
    with pytest.raises(urllib.error.HTTPError) as error:
        control(cloud, "faults", row)
    assert error.value.code == 400 and json.loads(error.value.read())["message"]
    assert control(cloud, "faults") == []


def test_faults_are_seen_and_forgotten(cloud, client, fault):
    """GET shows what waits and what it met; the record names the fault that met a call."""
    number = fault(operation="sts.GetCallerIdentity", do="throttle", count=0, note="mine")[0]["id"]
    code_of(client("sts").get_caller_identity)
    row = control(cloud, "faults")[0]
    assert (row["id"], row["hits"], row["note"]) == (number, 1, "mine")
    assert control(cloud, "traffic")[-1]["fault"].startswith("throttle before")
    assert control(cloud, "faults", {"clear": number}) == {"cleared": 1}
    client("sts").get_caller_identity()


def test_a_held_connection_does_not_hold_others(cloud, client, fault):
    """While one call hangs, others are answered."""
    fault(operation="sts.GetCallerIdentity", do="timeout", seconds=3)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(make_client(cloud, "sts").get_caller_identity)
        deadline = time.monotonic() + 5
        while not control(cloud, "faults")[0]["hits"]:
            assert time.monotonic() < deadline
        client("ecs").list_clusters()
        assert not hanging.done()
        assert isinstance(hanging.exception(), ConnectionClosedError)

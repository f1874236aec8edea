# SPDX-License-Identifier: MIT
"""Errors on the wire: body, members, content type, status and request id of each protocol (aws.md 0.3, the models)."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import OPERATOR, code_of, status_of

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
JSON, FORM = "application/x-amz-json-1.1", "application/x-www-form-urlencoded; charset=utf-8"
PREFIX = {"ecs": "AmazonEC2ContainerServiceV20141113", "secretsmanager": "secretsmanager", "logs": "Logs_20140328",
          "kms": "TrentService", "application-autoscaling": "AnyScaleFrontendService",
          "ecr": "AmazonEC2ContainerRegistry_V20150921", "tagging": "ResourceGroupsTaggingAPI_20170126"}  # fmt: skip
VERSION = {"iam": "2010-05-08", "sts": "2011-06-15", "ec2": "2016-11-15", "rds": "2014-10-31",
           "elasticloadbalancing": "2015-12-01"}  # fmt: skip


def send(cloud, service, body="", headers=None, method="POST", path="/", region=None, sign=True):
    region = region or ("us-east-1" if service == "iam" else cloud.region)
    request = AWSRequest(method=method, url=cloud.url + path, data=body, headers=headers or {})
    if sign:
        SigV4Auth(Credentials(OPERATOR.access_key, OPERATOR.secret), service, region).add_auth(request)
    return requests.request(method, cloud.url + path, data=body, headers=dict(request.headers), timeout=30)


def post_json(cloud, service, operation, body, **more):
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": JSON, "X-Amz-Target": f"{PREFIX[service]}.{operation}"}
    return send(cloud, service, text, headers, **more)


def post_form(cloud, service, action, rest="", **more):
    body = f"Action={action}&Version={VERSION[service]}{rest}"
    return send(cloud, service, body, {"Content-Type": FORM}, **more)


# service, action, rest, code, status
QUERY = [
    ("iam", "GetRole", "&RoleName=none", "NoSuchEntity", 404),
    ("iam", "DeleteRole", "&RoleName=none", "NoSuchEntity", 404),
    ("rds", "DescribeDBInstances", "&DBInstanceIdentifier=none", "DBInstanceNotFound", 404),
    ("rds", "DescribeDBClusters", "&DBClusterIdentifier=none", "DBClusterNotFoundFault", 404),
    ("elasticloadbalancing", "DescribeLoadBalancers", "&Names.member.1=none", "LoadBalancerNotFound", 400),
    ("elasticloadbalancing", "DescribeTargetGroups", "&Names.member.1=none", "TargetGroupNotFound", 400),
    ("sts", "AssumeRole", "&RoleArn=arn:aws:iam::123456789012:role/none&RoleSessionName=xy", "AccessDenied", 403),
    ("iam", "NoSuchAction", "", "InvalidAction", 400),
    ("elasticloadbalancing", "NoSuchAction", "", "InvalidAction", 400),
]  # fmt: skip


@pytest.mark.parametrize(("service", "action", "rest", "code", "status"), QUERY)
def test_query_error(cloud, service, action, rest, code, status):
    answer = post_form(cloud, service, action, rest)
    root = ET.fromstring(answer.text)
    space = root.tag.partition("}")[0] + "}"
    assert root.tag == f"{space}ErrorResponse" and space.startswith("{http")
    assert [e.tag.removeprefix(space) for e in root] == ["Error", "RequestId"]
    error = {e.tag.removeprefix(space): e.text for e in root[0]}
    assert (error["Type"], error["Code"], answer.status_code) == ("Sender", code, status) and error["Message"]
    assert UUID.fullmatch(root[1].text) and answer.headers["x-amzn-RequestId"] == root[1].text
    assert answer.headers["Content-Type"] == "text/xml"


# action, rest, code, status
EC2 = [
    ("DescribeVpcs", "&VpcId.1=vpc-0123456789abcdef0", "InvalidVpcID.NotFound", 400),
    ("DescribeSubnets", "&SubnetId.1=subnet-0123456789abcdef0", "InvalidSubnetID.NotFound", 400),
    ("DeleteSecurityGroup", "&GroupId=sg-0123456789abcdef0", "InvalidGroup.NotFound", 400),
    ("DeleteVpc", "", "MissingParameter", 400),
    ("NoSuchAction", "", "InvalidAction", 400),
    ("CreateVpc", "&CidrBlock=10.0.0.0/16&DryRun=true", "DryRunOperation", 412),
]


@pytest.mark.parametrize(("action", "rest", "code", "status"), EC2)
def test_ec2_error(cloud, action, rest, code, status):
    answer = post_form(cloud, "ec2", action, rest)
    root = ET.fromstring(answer.text)
    assert root.tag == "Response" and [e.tag for e in root] == ["Errors", "RequestID"]
    assert (root.findtext("Errors/Error/Code"), answer.status_code) == (code, status)
    assert root.findtext("Errors/Error/Message") and UUID.fullmatch(root.findtext("RequestID"))
    assert answer.headers["Content-Type"].startswith("text/xml")


# service, operation, body, code, the message's member
JSONS = [
    ("ecs", "DescribeServices", {"cluster": "none", "services": ["s"]}, "ClusterNotFoundException", "message"),
    ("ecs", "DescribeTaskDefinition", {"taskDefinition": "none"}, "ClientException", "message"),
    ("secretsmanager", "DescribeSecret", {"SecretId": "none"}, "ResourceNotFoundException", "Message"),
    ("secretsmanager", "GetSecretValue", {"SecretId": "none"}, "ResourceNotFoundException", "Message"),
    ("logs", "DeleteLogGroup", {"logGroupName": "none"}, "ResourceNotFoundException", "message"),
    ("kms", "DescribeKey", {"KeyId": "alias/none"}, "NotFoundException", "message"),
    ("ecr", "DescribeImages", {"repositoryName": "none"}, "RepositoryNotFoundException", "message"),
    ("application-autoscaling", "DeleteScalingPolicy",
     {"PolicyName": "p", "ServiceNamespace": "ecs", "ResourceId": "service/c/s",
      "ScalableDimension": "ecs:service:DesiredCount"}, "ObjectNotFoundException", "Message"),
    ("tagging", "GetResources", {"PaginationToken": "nonsense"}, "PaginationTokenExpiredException", "Message"),
    ("ecs", "CreateCluster", "{nonsense", "SerializationException", None),
    ("ecs", "CreateCluster", {"clusterName": 7}, "SerializationException", None),
    ("ecs", "NoSuchOperation", {}, "UnknownOperationException", None),
    ("kms", "NoSuchOperation", {}, "UnknownOperationException", None),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "body", "code", "member"), JSONS)
def test_json_error(cloud, service, operation, body, code, member):
    answer = post_json(cloud, service, operation, body)
    error = answer.json()
    assert (error["__type"], answer.status_code) == (code, 400)
    if member:
        assert error[member] and set(error) == {"__type", member}
    assert answer.headers["Content-Type"] == JSON and UUID.fullmatch(answer.headers["x-amzn-RequestId"])


REST = [
    ("GET", "/v2/apis/nothing1", "", "NotFoundException", 404),
    ("GET", "/v2/vpclinks/nothing1", "", "NotFoundException", 404),
    ("POST", "/v2/apis", "{}", "BadRequestException", 400),
    ("POST", "/v2/apis", '{"name": "x", "protocolType": "GOPHER"}', "BadRequestException", 400),
]


@pytest.mark.parametrize(("method", "path", "body", "code", "status"), REST)
def test_rest_error(cloud, method, path, body, code, status):
    headers = {"Content-Type": "application/json"} if body else {}
    answer = send(cloud, "apigateway", body, headers, method, path)
    assert (answer.headers["x-amzn-ErrorType"], answer.status_code) == (code, status)
    assert answer.json()["message"] and answer.headers["Content-Type"] == "application/json"
    assert UUID.fullmatch(answer.headers["x-amzn-RequestId"])


# region -> codes of sts, ec2, ecs: one that there is not, and one that the account has not enabled
REGIONS = [
    ("eu-nowhere-9", ("SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException")),
    ("ap-east-1", ("InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException")),
]


@pytest.mark.parametrize(("region", "codes"), REGIONS)
def test_region_without_the_account(client, region, codes):
    calls = (
        lambda: client("sts", region=region).get_caller_identity(),
        lambda: client("ec2", region=region).describe_vpcs(),
        lambda: client("ecs", region=region).list_clusters(),
    )
    assert tuple(code_of(call) for call in calls) == codes


def test_unsigned_requests(cloud):
    """MissingAuthenticationToken, in the form that the request's looks ask for."""
    answer = post_form(cloud, "sts", "GetCallerIdentity", sign=False)
    assert answer.status_code == 403 and "<Code>MissingAuthenticationToken</Code>" in answer.text
    answer = post_json(cloud, "ecs", "ListClusters", {}, sign=False)
    assert (answer.status_code, answer.json()["__type"]) == (400, "MissingAuthenticationTokenException")
    answer = send(cloud, "apigateway", method="GET", path="/v2/apis", sign=False)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")


def test_success_has_a_request_id(cloud):
    ids = {
        post_json(cloud, "ecs", "ListClusters", {}).headers["x-amzn-RequestId"],
        send(cloud, "apigateway", method="GET", path="/v2/apis").headers["x-amzn-RequestId"],
        re.search("<RequestId>(.*)</RequestId>", post_form(cloud, "sts", "GetCallerIdentity").text).group(1),
        re.search("<requestId>(.*)</requestId>", post_form(cloud, "ec2", "DescribeVpcs").text).group(1),
    }
    assert len(ids) == 4 and all(UUID.fullmatch(one) for one in ids), ids


def test_operation_that_the_cloud_does_not_have(client):
    """501, in the form of the protocol, and not taken for a bug: no SDK tries it again."""
    for call in (
        lambda: client("ecr").describe_pull_through_cache_rules(),
        lambda: client("apigatewayv2").import_api(Body="{}"),
        lambda: client("rds").describe_certificates(),
    ):
        assert (code_of(call), status_of(call)) == ("NotImplemented", 501)


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda cloud: post_form(cloud, "ec2", "DescribeVpcs"), "text/xml;charset=UTF-8"),
        (lambda cloud: post_form(cloud, "rds", "DescribeDBInstances"), "text/xml"),
        (lambda cloud: post_json(cloud, "secretsmanager", "ListSecrets", {}), JSON),
        (lambda cloud: post_json(cloud, "tagging", "GetResources", {}), JSON),
        (lambda cloud: send(cloud, "apigateway", method="GET", path="/v2/apis"), "application/json"),
    ],
)
def test_good_answers_say_what_they_are(cloud, ask, kind):
    answer = ask(cloud)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_query_services_answer_get(cloud):
    """EC2 API reference and IAM user guide, "Making Query requests": GET or POST; what is misspelt is seen in both."""
    for service, action, root in (("sts", "GetCallerIdentity", "GetCallerIdentityResponse"),
                                  ("ec2", "DescribeRegions", "DescribeRegionsResponse")):  # fmt: skip
        asked = f"/?Action={action}&Version={VERSION[service]}"
        answer = send(cloud, service, method="GET", path=asked)
        assert answer.status_code == 200 and f"<{root}" in answer.text
    wrong = send(cloud, "ec2", method="GET", path=f"{asked}&Filters.1.Name=x")
    assert (wrong.status_code, "UnknownParameter" in wrong.text) == (400, True)
    named = send(cloud, "ec2", method="GET", path=f"{asked}&RegionName.1=eu-west-3")
    assert named.text.count("<regionName>") == 1

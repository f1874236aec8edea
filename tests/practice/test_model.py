# SPDX-License-Identifier: MIT
"""Requests that the service model does not allow are refused before anything is done, in each protocol."""

import json
import re

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from conftest import OPERATOR

from practice.model import python_pattern

FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.1"
ECS = "AmazonEC2ContainerServiceV20141113."


def send(cloud, service, body, headers=None, method="POST", path="/"):
    """A signed raw request; (status, body text, error code header)."""
    request = AWSRequest(
        method, cloud.url + path, headers=headers or {"Content-Type": FORM}, data=body
    )
    SigV4Auth(
        Credentials(OPERATOR.access_key, OPERATOR.secret), service, "us-east-1"
    ).add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, answer.text, answer.headers.get("x-amzn-ErrorType", "")


def ecs(cloud, operation, body, kind=JSON):
    return send(
        cloud, "ecs", body, {"Content-Type": kind, "X-Amz-Target": ECS + operation}
    )


def apigateway(cloud, body, path="/v2/apis", method="POST"):
    return send(
        cloud, "apigateway", body, {"Content-Type": "application/json"}, method, path
    )


QUERY = {
    "other list form": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-15&Filters.1.Name=vpc-id",
        "UnknownParameter",
    ),
    "unknown parameter": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-15&Colour=red",
        "UnknownParameter",
    ),
    "unknown empty parameter": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-15&Colour=",
        "UnknownParameter",
    ),
    "unknown action": (
        "ec2",
        "Action=DescribeVpcz&Version=2016-11-15",
        "InvalidAction",
    ),
    "missing member": (
        "ec2",
        "Action=CreateSubnet&Version=2016-11-15&CidrBlock=10.0.0.0%2F24",
        "MissingParameter",
    ),
    "other version": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-16",
        "InvalidParameterValue",
    ),
    "not a number": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-15&MaxResults=many",
        "InvalidParameterValue",
    ),
    "out of range": (
        "ec2",
        "Action=DescribeVpcs&Version=2016-11-15&MaxResults=4",
        "InvalidParameterValue",
    ),
    "not a boolean": (
        "ec2",
        "Action=DescribeRegions&Version=2016-11-15&AllRegions=yes",
        "InvalidParameterValue",
    ),
    "iam list form": (
        "iam",
        "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D&Tags.1.Key=k&Tags.1.Value=v",
        "MalformedInput",
    ),
    "long role name": (
        "iam",
        "Action=GetRole&Version=2010-05-08&RoleName=" + "r" * 65,
        "ValidationError",
    ),
    "enum": (
        "elasticloadbalancing",
        "Action=CreateTargetGroup&Version=2015-12-01&Name=n&Protocol=HTPT&Port=80&VpcId=v",
        "ValidationError",
    ),
    "twice": (
        "sts",
        "Action=GetCallerIdentity&Action=GetCallerIdentity&Version=2011-06-15",
        "InvalidParameterValue",
    ),
}


@pytest.mark.parametrize("case", QUERY)
def test_query_requests(cloud, case):
    """One wrong thing in a form request: its own error code, status 400."""
    service, body, code = QUERY[case]
    status, text, _ = send(cloud, service, body)
    assert status == 400 and f"<Code>{code}</Code>" in text, text


JSONS = {
    "unknown member": (
        "CreateCluster",
        {"clusterName": "m", "colour": "red"},
        "SerializationException",
    ),
    "wrong type": ("CreateCluster", {"clusterName": 3}, "SerializationException"),
    "number for a boolean": (
        "DeleteService",
        {"cluster": "c", "service": "s", "force": 1},
        "SerializationException",
    ),
    "missing member": ("CreateService", {"cluster": "c"}, "InvalidParameterException"),
    "enum": (
        "CreateService",
        {"serviceName": "s", "launchType": "FARGAT", "taskDefinition": "t"},
        "InvalidParameterException",
    ),
    "nested unknown member": (
        "CreateCluster",
        {"clusterName": "m", "tags": [{"Key": "k", "Value": "v"}]},
        "SerializationException",
    ),
    "unknown operation": ("CreateClusters", {}, "UnknownOperationException"),
}


@pytest.mark.parametrize("case", JSONS)
def test_json_requests(cloud, case):
    operation, body, code = JSONS[case]
    status, text, _ = ecs(cloud, operation, json.dumps(body))
    assert status == 400 and json.loads(text)["__type"] == code, text


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "", '{"clusterName":"a","clusterName":"b"}'],
    ids=["half", "list", "empty", "twice"],
)
def test_broken_json(cloud, body):
    """moto would make a cluster "default" of it."""
    status, text, _ = ecs(cloud, "CreateCluster", body)
    assert status == 400 and json.loads(text)["__type"] == "SerializationException"


def test_content_type_of_json(cloud):
    status, text, _ = ecs(cloud, "ListClusters", "{}", "application/json")
    assert status == 400 and "SerializationException" in text
    for kind in (f"{JSON}; charset=utf-8", f"{JSON};charset=UTF-8"):
        assert ecs(cloud, "ListClusters", b"{}", kind)[0] == 200


RESTS = {
    "unknown member": (
        {"name": "n", "protocolType": "HTTP", "colour": 1},
        "SerializationException",
        400,
    ),
    "wrong case": (
        {"Name": "n", "ProtocolType": "HTTP"},
        "SerializationException",
        400,
    ),
    "missing member": ({"name": "n"}, "BadRequestException", 400),
    "enum": ({"name": "n", "protocolType": "SMTP"}, "BadRequestException", 400),
}


@pytest.mark.parametrize("case", RESTS)
def test_rest_requests(cloud, case):
    body, code, status = RESTS[case]
    assert apigateway(cloud, json.dumps(body))[::2] == (status, code)


def test_rest_path_without_operation(cloud):
    assert apigateway(cloud, "", "/v2/nothing", "GET")[::2] == (
        404,
        "UnknownOperationException",
    )


def test_refused_request_does_nothing(cloud, client, unique):
    """A request with one unknown member creates nothing."""
    ecs(cloud, "CreateCluster", json.dumps({"clusterName": unique, "colour": "red"}))
    arns = client("ecs", region="us-east-1").list_clusters()["clusterArns"]
    assert not [arn for arn in arns if unique in arn]


def test_uri_labels_are_decoded(client, cloud, unique):
    """A label that is encoded in the path (an ARN, $default) reaches the operation decoded."""
    gateway = client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert gateway.get_stage(ApiId=api, StageName="$default")["StageName"] == "$default"
    assert cloud.recorder.entries()[-1]["params"] == {
        "ApiId": api,
        "StageName": "$default",
    }
    arn = f"arn:aws:apigateway:{cloud.region}::/apis/{api}"
    gateway.tag_resource(ResourceArn=arn, Tags={"k": "v"})
    assert gateway.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"}


@pytest.mark.parametrize(
    ("java", "text", "fits"),
    [
        (r"\p{Print}+", "forestadmin-a-cpu", True),
        (r"\p{Print}+", "caf\u00e9", False),
        (r"[\p{L}\p{N}_]*", "a_9", True),
        (r"[\p{L}\p{N}_]*", "a-9", False),
        (r"\[\p{N}\]", "[7]", True),
    ],
)
def test_patterns_of_the_models_mean_what_they_mean_in_java(java, text, fits):
    assert bool(re.fullmatch(python_pattern(java), text)) is fits


def kms(cloud, operation, body):
    return send(
        cloud,
        "kms",
        body,
        {"Content-Type": JSON, "X-Amz-Target": f"TrentService.{operation}"},
    )


def test_operations_without_output_answer_with_nothing(cloud):
    """moto says "null", which is no object; AWS sends an empty body (aws.md 2.2)."""
    key = json.loads(kms(cloud, "CreateKey", "{}")[1])["KeyMetadata"]["KeyId"]
    assert kms(cloud, "EnableKeyRotation", json.dumps({"KeyId": key}))[:2] == (200, "")

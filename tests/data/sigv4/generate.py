#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes vectors.json beside itself: requests and what botocore makes of them. Run it only to add cases.

usage: <python with botocore> tests/data/sigv4/generate.py
"""
import base64
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "aws"))
from sigv4_reference import sign  # noqa: E402

FORM = ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]
JSON11 = ["Content-Type", "application/x-amz-json-1.1"]
ARN = "arn%3Aaws%3Aapigateway%3Aeu-west-3%3A%3A%2Fvpclinks%2Fabc123"
API = "https://apigateway.eu-west-3.amazonaws.com"
EC2 = "https://ec2.eu-west-3.amazonaws.com/"


def case(name, method="GET", url="https://example.amazonaws.com/", headers=(), body=b"", service="service",
         region="us-east-1",
         token="", date="20150830T123600Z", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"):
    return {"name": name, "method": method, "url": url, "headers": [list(h) for h in headers],
            "body": base64.b64encode(body).decode(), "service": service, "region": region, "token": token, "date": date,
            "access_key": "AKIDEXAMPLE", "secret_key": secret}


def paths():
    base = "https://example.amazonaws.com"
    for name, path in [
        ("no path", ""), ("slash", "/"), ("plain", "/a/b/c"), ("trailing slash", "/a/b/"), ("double slash", "//a//b"),
        ("dot", "/./a/./b"), ("dot dot", "/a/../b"), ("up above the root", "/../../a"), ("only dots", "/.."),
        ("space", "/a%20b"), ("unicode", "/%E1%88%B4/%C3%A9"), ("colon unencoded", "/a:b@c"),
        ("unreserved", "/-._~09azAZ"),
        ("percent", "/100%25"), ("lower-case escape", "/a%2fb"), ("dollar default", "/v2/apis/abc/stages/%24default"),
        ("parentheses", "/(a)*!'"),
    ]:
        yield case("path: " + name, url=base + path)


def queries():
    base = "https://example.amazonaws.com/?"
    for name, query in [
        ("one", "a=1"), ("unsorted", "b=2&a=1&C=3"), ("repeated key", "k=b&k=a&k=c"), ("empty value", "a=&b=1"),
        ("key only", "acl"), ("key is a prefix", "ab=1&a=2"), ("encoded", "a=%2B%2F%3D&b=x%20y"),
        ("unicode", "%E1%88%B4=bar"),
        ("token", "maxResults=100&nextToken=abc%2Fdef%2B%3D%3D"), ("tilde", "a=~-._"), ("equals in value", "a=b%3Dc"),
    ]:
        yield case("query: " + name, url=base + query)


def headers():
    for name, items in [
        ("repeated", [["X-Amz-My", "b"], ["X-Amz-My", "a"]]), ("order", [["X-Amz-Z", "1"], ["X-Amz-A", "2"]]),
        ("prefix of another", [["X-Amz-My-More", "1"], ["X-Amz-My", "2"]]),
        ("blanks", [["X-Amz-My", "  a   b \t c  "]]),
        ("empty", [["X-Amz-My", ""]]), ("case", [["x-aMZ-mY", "VaLuE"]]),
        ("content type", [["content-type", "text/plain"]]),
    ]:
        yield case("headers: " + name, headers=items)


def services():
    yield case("ec2 query", "POST", EC2, [FORM], b"Action=DescribeVpcs&Version=2016-11-15", "ec2", "eu-west-3")
    yield case("iam is global", "POST", "https://iam.amazonaws.com/", [FORM],
               b"Action=ListRoles&Version=2010-05-08", "iam")
    yield case("sts with token", "POST", "https://sts.eu-west-3.amazonaws.com/", [FORM],
               b"Action=GetCallerIdentity&Version=2011-06-15", "sts", "eu-west-3",
               token="AQoDYXdzEPT//////////wEXAMPLE==")
    yield case("ecs json", "POST", "https://ecs.eu-west-3.amazonaws.com/",
               [JSON11, ["X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListClusters"]], b"{}", "ecs", "eu-west-3")
    yield case("ecr signs as ecr", "POST", "https://api.ecr.eu-west-3.amazonaws.com/",
               [JSON11, ["X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"]], b"{}",
               "ecr", "eu-west-3")
    yield case("secret with unicode", "POST", "https://secretsmanager.eu-west-3.amazonaws.com/",
               [JSON11, ["X-Amz-Target", "secretsmanager.CreateSecret"]], '{"SecretString":"é\\u0001☃"}'.encode(),
               "secretsmanager", "eu-west-3", token="FwoGZXIvYXdzEBYaDH+/=")
    yield case("arn in the path", "GET", f"{API}/v2/tags/{ARN}", service="apigateway", region="eu-west-3")
    yield case("arn in the path, delete with query", "DELETE",
               f"{API}/v2/tags/{ARN}?tagKeys=forestadmin%3Astack&tagKeys=Name",
               service="apigateway", region="eu-west-3", token="T0KEN")
    yield case("stage $default", "PATCH", f"{API}/v2/apis/a1b2/stages/%24default",
               [["Content-Type", "application/json"]],
               b'{"autoDeploy":true}', "apigateway", "eu-west-3")
    yield case("port", "POST", "http://127.0.0.1:5000/", [FORM], b"Action=A", "ec2", "eu-west-3")
    yield case("default port given", "GET", "https://example.amazonaws.com:443/")
    yield case("path prefix of an override", "POST", "http://localhost:4566/prefix/", [FORM], b"Action=A", "sts")
    yield case("body with zero bytes", "POST", body=b"\0\1\2\xff" * 100)
    yield case("last second of a year", date="20261231T235959Z", region="cn-north-1")
    yield case("secret with signs", secret="+/=" * 13 + "%")


def main():
    cases = [c for group in (paths(), queries(), headers(), services()) for c in group]
    text = json.dumps([{**c, **sign(c)} for c in cases], indent=1, ensure_ascii=True)
    (HERE / "vectors.json").write_text(text + "\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()

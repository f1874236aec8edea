# SPDX-License-Identifier: MIT
"""What is made faster answers as the slow way does: moto's serializer and tags, xmltodict, botocore's times."""

import pytest
from botocore.utils import parse_timestamp
from conftest import make_client

from practice import emulator, faster_answers, faster_xml

DOCUMENTS = [
    {"A": {"@xmlns": 'http://x/"&<', "b": [{"c": "1"}, {"c": None}, {"c": ""}], "d": [], "e": {"item": ["x", "y"]}}},
    {"A": {"text": "<&>\"' ü\n", "yes": True, "no": False, "n": 5, "f": 1.5, "bytes": b"ab", "none": None}},
    {"A": {"#text": "a & b", "@id": 3, "child": {"deep": {}}}},
    {"A": ""},
    {"A": [{"b": "1"}]},
    {"A": {"nested": [["x", "y"], ("z",)], "tuple": ("p", "q")}},
]
TIMES = [
    "2026-11-30T04:05:06Z", "2026-11-30T04:05:06.7Z", "2026-11-30T04:05:06.789Z", "2026-11-30T04:05:06.123456Z",
    "2026-11-30T04:05:06+02:00", "Mon, 30 Nov 2026 04:05:06 GMT", "1764475506", 1764475506.25,
]  # fmt: skip


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_the_same_xml(document, short, full):
    options = {"full_document": full, "short_empty_elements": short, "pretty": False}
    assert faster_answers.unparse(document, **options) == faster_answers.slow_unparse(document, **options)


@pytest.mark.parametrize("document", [{}, {"A": "1", "B": "2"}, {"A": ["1", "2"]}, {"A": {"<b>": "1"}}])
def test_no_xml_of_what_is_no_document(document):
    for write in (faster_answers.unparse, faster_answers.slow_unparse):
        with pytest.raises(ValueError):
            write(document, full_document=True)


@pytest.mark.parametrize("text", TIMES)
def test_the_same_time(text):
    assert faster_answers.timestamp(text) == parse_timestamp(text)
    assert faster_answers.timestamp(text).utcoffset() == parse_timestamp(text).utcoffset()


@pytest.mark.parametrize("text", ["2026-13-30T04:05:06Z", "yesterday"])
def test_no_time_of_what_is_none(text):
    with pytest.raises(ValueError):
        faster_answers.timestamp(text)


@pytest.mark.parametrize("value", [True, False, "true", "True", "false", "False", "", None, 0, 1, "1"])
def test_the_same_truth(value):
    from moto.core.serialize import BaseXMLSerializer

    written = {}
    serializer = BaseXMLSerializer.__new__(BaseXMLSerializer)
    serializer._default_serialize = lambda _wrapper, text, _shape, key: written.update({key: text})
    serializer._serialize_type_boolean({}, value, None, "key")
    assert faster_answers.truth(value) == written["key"]


CALLS = [
    ("ec2", "describe_subnets", {}),
    ("ec2", "describe_security_groups", {}),
    ("ec2", "describe_route_tables", {}),
    ("ec2", "describe_network_interfaces", {}),
    ("ec2", "describe_regions", {}),
    ("rds", "describe_db_instances", {}),
    ("rds", "describe_db_subnet_groups", {}),
    ("iam", "list_roles", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("ecs", "list_clusters", {}),
    ("secretsmanager", "list_secrets", {}),
    ("apigatewayv2", "get_apis", {}),
]


def slowly(monkeypatch):
    """moto's own serializer and writer of XML."""
    from moto.core import serialize
    from moto.core.responses import ActionResult

    kind = serialize.ResponseSerializer
    for name, method in faster_answers.slow.items():
        owner = serialize.AttributePicker if name == "__call__" else kind
        monkeypatch.setattr(owner, name, method)
    monkeypatch.setattr("xmltodict.unparse", faster_answers.slow_unparse)
    monkeypatch.setattr(ActionResult, "execute_result", faster_xml.slow_execute)
    monkeypatch.setattr(serialize.QuerySerializer, "_serialize_result", faster_xml.slow_result)


@pytest.mark.parametrize("service, operation, parameters", CALLS, ids=lambda value: value if value else "")
def test_the_same_answer(cloud, monkeypatch, service, operation, parameters):
    def answer():
        body = getattr(make_client(cloud, service), operation)(**parameters)
        del body["ResponseMetadata"]
        for row in body.get("DBInstances", []):
            del row["LatestRestorableTime"]  # now
        return body

    quick = answer()
    slowly(monkeypatch)
    assert quick == answer()


def test_tags_of_a_resource_are_those_that_a_search_finds(cloud, client, vpc):
    client("ec2").create_tags(Resources=[vpc["id"]], Tags=[{"Key": "one", "Value": "1"}, {"Key": "two", "Value": ""}])
    with emulator.lock:
        backend = emulator.backend("ec2", cloud.account, cloud.region)
        found = backend.describe_tags(filters={"resource-id": [vpc["id"]]})
        assert backend.vpcs[vpc["id"]].get_tags() == found
        assert len(found) == 2
        assert backend.get_subnet(vpc["subnets"][0]).get_tags() == []

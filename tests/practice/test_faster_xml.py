# SPDX-License-Identifier: MIT
"""XML written in one pass is moto's own, and members taken without XML are those that botocore reads out of it: for
every operation of the services that answer in XML, with values made at random of its model's shapes."""

import datetime
import random

import pytest
from moto.core import serialize
from moto.core.utils import get_service_model

from practice import faster, faster_answers, faster_xml

SERVICES = {"ec2": "ec2", "elbv2": "query", "rds": "query", "iam": "query", "sts": "query"}
TEXTS = ["", "a", "<&>\"'", "  two  words\n", "ü€𝄞", "true", "12"]


class Thing:
    """An object as moto's backends have them, with its members as attributes."""

    def __init__(self, members):
        self.__dict__.update(members)


class Maker:
    """Values of a shape, as moto gives them to its serializer."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def value(self, shape, depth=0):
        if self.chance.random() < 0.15:
            return None
        return getattr(self, shape.type_name)(shape, depth)

    def structure(self, shape, depth):
        members = {}
        for name, member in shape.members.items():
            if depth < 6 and self.chance.random() < 0.7:
                members[name] = self.value(member, depth + 1)
        return members if self.chance.random() < 0.7 else Thing(members)

    def list(self, shape, depth):
        made = [self.value(shape.member, depth + 1) for _ in range(self.chance.choice([0, 1, 3]) if depth < 5 else 0)]
        # nothing has no place in a list of anything but structures
        return [one for one in made if one is not None or shape.member.type_name == "structure"]

    def map(self, shape, depth):
        return {f"key-{n} &": self.value(shape.value, depth + 1) for n in range(self.chance.choice([0, 1, 2]))}

    def string(self, _shape, _depth):
        return self.chance.choice(TEXTS)

    def integer(self, _shape, _depth):
        return self.chance.choice([0, 1, -7, 65535, True, "80"])

    def boolean(self, _shape, _depth):
        return self.chance.choice([True, False, "true", "False", ""])

    def float(self, _shape, _depth):
        return self.chance.choice([0, 1.5, -2.25, "3.5"])

    def timestamp(self, _shape, _depth):
        moment = datetime.datetime(2026, 11, 30, 4, 5, 6, self.chance.choice([0, 120000]), datetime.UTC)
        return self.chance.choice([moment, "2026-11-30T04:05:06Z", 1764475506])

    def blob(self, _shape, _depth):
        return self.chance.choice([b"", b"\x00\xff", "text"])

    long, double = integer, float


def serializer(service, protocol, operation, transformers=None):
    picker = serialize.XFormedAttributePicker(response_transformers=transformers)
    return serialize.get_serializer_class(service, protocol)(operation, value_picker=picker)


def read(protocol, written, shape):
    response = {"headers": {}, "body": written["body"].encode(), "status_code": 200}
    parsed = faster_answers.parser(protocol).parse(response, shape)
    parsed.pop("ResponseMetadata", None)
    return parsed


def operations(service):
    model = get_service_model(service)
    return [model.operation_model(name) for name in model.operation_names]


@pytest.fixture(autouse=True)
def installed():
    faster.install()


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_written_and_read_as_the_slow_way_does(service):
    protocol, maker, tried = SERVICES[service], Maker(service), 0
    for operation in operations(service):
        shape = operation.output_shape
        if shape is None or not faster_xml.usual(shape):
            continue
        for _ in range(3):
            result = maker.structure(shape, 0)
            slow = serializer(service, protocol, operation)
            slow = faster_xml.slow_result(slow, slow._create_default_response(), result)
            quick = serializer(service, protocol, operation)
            assert quick.serialize(result) == slow, operation.name
            quick = serializer(service, protocol, operation)
            members = faster_xml.structure_members(quick, result, shape)
            assert members == read(protocol, slow, shape), operation.name
            tried += 1
    assert tried > 20


@pytest.mark.parametrize(
    "operation, special",
    [("ListObjectsV2", "flattened"), ("GetBucketAcl", "xmlAttribute"), ("GetBucketPolicy", "payload"),
     ("HeadBucket", "location")],
)  # fmt: skip
def test_what_is_unusual_goes_the_slow_way(operation, special):
    shape = get_service_model("s3").operation_model(operation).output_shape
    assert special in faster_xml.SPECIAL
    assert any(one.serialization.get(special) for one in faster_xml.everything_in(shape))
    assert not faster_xml.usual(shape)


def test_transformers_find_what_they_mean_on_either_way():
    operation = get_service_model("iam").operation_model("GetRole")
    result = {"Role": {"RoleName": "one", "Arn": "arn", "AssumeRolePolicyDocument": "{}", "Tags": [{"Key": "a"}]}}
    turned = {
        "Role.AssumeRolePolicyDocument": str.upper,
        "Tag.Key": lambda key: key * 2,
        "RoleName": lambda name: name[::-1],
    }
    shape = operation.output_shape
    slow = serializer("iam", "query", operation, turned)
    slow = faster_xml.slow_result(slow, slow._create_default_response(), result)
    assert "<RoleName>eno</RoleName>" in slow["body"]
    assert serializer("iam", "query", operation, turned).serialize(result) == slow
    quick = serializer("iam", "query", operation, turned)
    quick.path.append(shape.name)
    assert faster_xml.structure_members(quick, result, shape) == read("query", slow, shape)

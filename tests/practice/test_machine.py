# SPDX-License-Identifier: MIT
"""An instance and a container of AWS, as botocore's own fetchers meet them."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.utils import (
    ContainerMetadataFetcher,
    InstanceMetadataFetcher,
    InstanceMetadataRegionFetcher,
)
from conftest import make_client

from practice.machine import AUTHORIZATION, ROLE
from practice.signature import Key


@pytest.fixture(autouse=True)
def settings(cloud):
    yield
    control(cloud, {"imds_v1": False, "role": True})


def control(cloud, body):
    request = urllib.request.Request(f"{cloud.url}/_practice/machine", json.dumps(body).encode())
    return json.loads(urllib.request.urlopen(request, timeout=10).read())


def asked(cloud):
    return json.loads(urllib.request.urlopen(f"{cloud.url}/_practice/machine", timeout=10).read())


def instance(cloud, kind=InstanceMetadataFetcher, **config):
    return kind(timeout=10, base_url=cloud.url, env={}, config=config)


def status(url, method="GET", **headers):
    try:
        request = urllib.request.Request(url, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code


def who(cloud, access_key, secret, token):
    key = Key(access_key, secret, cloud.account, token=token)
    return make_client(cloud, "sts", key=key).get_caller_identity()["Arn"]


def test_keys_of_an_instance(cloud):
    """By version 2: a token first, the role's name, its keys, which sign."""
    control(cloud, {})
    keys = instance(cloud).retrieve_iam_role_credentials()
    assert f":assumed-role/{ROLE}/i-" in who(cloud, keys["access_key"], keys["secret_key"], keys["token"])
    roles = "GET /latest/meta-data/iam/security-credentials/"
    assert asked(cloud) == ["PUT /latest/api/token", roles, roles + ROLE]


def test_region_of_an_instance(cloud):
    """botocore reads it off the zone; the region is there, too."""
    assert instance(cloud, InstanceMetadataRegionFetcher).retrieve_region() == cloud.region


def test_version_1_where_it_is_allowed(cloud):
    """Without a token: 401, or the answer where version 1 is on. A wrong token never."""
    url = cloud.url + "/latest/meta-data/placement/region"
    assert status(url) == 401
    control(cloud, {"imds_v1": True})
    assert status(url) == 200
    assert status(url, **{"x-aws-ec2-metadata-token": "wrong"}) == 401


def test_what_the_service_refuses(cloud):
    """A token for too long or for nobody, one asked through a proxy, an instance without a role."""
    token, ttl = cloud.url + "/latest/api/token", "x-aws-ec2-metadata-token-ttl-seconds"
    assert status(token) == 405 and status(token, "PUT") == 400 and status(token, "PUT", **{ttl: "21601"}) == 400
    assert status(token, "PUT", **{ttl: "60", "X-Forwarded-For": "10.0.0.1"}) == 403
    control(cloud, {"role": False})
    assert instance(cloud).retrieve_iam_role_credentials() == {}


def test_keys_of_a_container(cloud):
    """With the authorization token of the task; without it, 401."""
    url = cloud.url + "/container/credentials"
    keys = ContainerMetadataFetcher().retrieve_full_uri(url, {"Authorization": AUTHORIZATION})
    assert f":assumed-role/{ROLE}/task" in who(cloud, keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"])
    assert status(url) == 401

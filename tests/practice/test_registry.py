# SPDX-License-Identifier: MIT
"""The registry as a client of ECR and of public.ecr.aws meets it."""

import base64
import json
import os
import subprocess
import tempfile
import time

import pytest
from botocore.exceptions import ClientError
from conftest import make_client
from images import OCI_MANIFEST, Image, digest, http, login, push, push_blob, tar

from practice.data import registry
from practice.signature import Key


@pytest.fixture
def ecr(client):
    return client("ecr")


@pytest.fixture
def repository(ecr, unique):
    ecr.create_repository(repositoryName=unique)
    return unique


@pytest.fixture
def image(unique):
    return Image([tar({"a": unique.encode()}), tar({"b": b"B" * 100})])


def code(caught):
    return caught.value.response["Error"]["Code"]


def test_token_is_valid_for_twelve_hours_and_names_the_local_registry(cloud, ecr):
    data = ecr.get_authorization_token()["authorizationData"][0]
    assert 11.9 * 3600 < data["expiresAt"].timestamp() - time.time() < 12.1 * 3600
    assert data["proxyEndpoint"] == cloud.registry.endpoint
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")


def test_without_or_with_a_wrong_password_the_answer_is_401_basic(cloud):
    for headers in (
        {},
        {"Authorization": "Basic " + base64.b64encode(b"AWS:nonsense").decode()},
        {"Authorization": "Bearer x"},
    ):
        status, answer, _ = http("GET", cloud.registry.endpoint + "/v2/", headers=headers)
        assert status == 401
        assert answer["Www-Authenticate"].startswith("Basic realm=")


def test_token_may_what_its_owner_may(cloud, client, repository, unique):
    """Who may only ask for a token can push nothing with it (ECR guide, "Private registry authentication")."""
    iam = client("iam")
    iam.create_user(UserName=unique)
    only = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [only]})
    iam.put_user_policy(UserName=unique, PolicyName="only", PolicyDocument=document)
    made = iam.create_access_key(UserName=unique)["AccessKey"]
    key = Key(made["AccessKeyId"], made["SecretAccessKey"], cloud.account)
    base, auth = login(make_client(cloud, "ecr", key=key))
    status, _, body = http("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", auth)
    assert status == 403 and b"DENIED" in body


def test_expired_token_is_refused_with_403(cloud, ecr):
    base, auth = login(ecr)
    password = base64.b64decode(auth["Authorization"].split()[1]).decode().split(":", 1)[1]
    assert http("GET", base + "/v2/", headers=auth)[0] == 200
    cloud.registry.token(password).expires = time.time() - 1
    status, _, body = http("GET", base + "/v2/", headers=auth)
    assert status == 403 and b"expired" in body


def test_unknown_repository_is_name_unknown(ecr, unique):
    base, auth = login(ecr)
    status, _, body = http("POST", f"{base}/v2/{unique}/blobs/uploads/", b"", auth)
    assert status == 404
    assert json.loads(body)["errors"][0]["code"] == "NAME_UNKNOWN"


def test_pushed_image_is_described_and_pulled_by_tag_and_digest(ecr, repository, image):
    name = push(ecr, repository, image, "v1")
    detail = ecr.describe_images(repositoryName=repository)["imageDetails"][0]
    assert detail["imageDigest"] == name and detail["imageTags"] == ["v1"]
    assert detail["imageSizeInBytes"] == len(image.config) + sum(map(len, image.blobs))
    base, auth = login(ecr)
    for reference in ("v1", name):
        status, headers, body = http(
            "GET", f"{base}/v2/{repository}/manifests/{reference}", headers={**auth, "Accept": OCI_MANIFEST}
        )
        assert (status, headers["Docker-Content-Digest"], body) == (200, name, image.manifest())
    got = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": name}])["images"][0]
    assert got["imageManifest"].encode() == image.manifest()


def test_blob_comes_by_a_redirect_that_refuses_the_authorization_header(ecr, repository, image):
    push(ecr, repository, image)
    base, auth = login(ecr)
    status, headers, _ = http("GET", f"{base}/v2/{repository}/blobs/{digest(image.blobs[0])}", headers=auth)
    assert status == 307
    status, _, body = http("GET", headers["Location"], headers=auth)
    assert status == 400 and b"Only one auth mechanism allowed" in body
    assert http("GET", headers["Location"])[2] == image.blobs[0]
    status, _, body = http("GET", headers["Location"], headers={"Range": "bytes=5-9"})
    assert (status, body) == (206, image.blobs[0][5:10])
    assert http("GET", headers["Location"] + "x")[0] == 403


def test_blob_of_one_repository_is_unknown_in_another(ecr, repository, image, unique):
    push(ecr, repository, image)
    other = unique + "-other"
    ecr.create_repository(repositoryName=other)
    base, auth = login(ecr)
    one = digest(image.blobs[0])
    assert http("HEAD", f"{base}/v2/{repository}/blobs/{one}", headers=auth)[0] == 200
    assert http("HEAD", f"{base}/v2/{other}/blobs/{one}", headers=auth)[0] == 404
    status, headers, _ = http(
        "POST", f"{base}/v2/{other}/blobs/uploads/?mount={one}&from={repository}", b"", auth
    )
    assert status == 202 and headers["Location"].startswith(base), "a mount becomes an upload session"


def test_immutable_tag_cannot_move_but_the_same_image_may_come_again(ecr, unique, image):
    ecr.create_repository(repositoryName=unique, imageTagMutability="IMMUTABLE")
    first = push(ecr, unique, image, "v1")
    assert push(ecr, unique, image, "v1") == first
    base, auth = login(ecr)
    other = Image(image.tars[:1])
    for blob in [other.config, *other.blobs]:
        push_blob(base, auth, unique, blob)
    url = f"{base}/v2/{unique}/manifests/"
    headers = {**auth, "Content-Type": OCI_MANIFEST}
    status, _, body = http("PUT", url + "v1", other.manifest(), headers)
    assert status == 400 and b"cannot be overwritten" in body
    assert http("PUT", url + "v2", other.manifest(), headers)[0] == 201
    with pytest.raises(ClientError) as caught:
        ecr.put_image(repositoryName=unique, imageManifest=other.manifest().decode(), imageTag="v1")
    assert code(caught) == "ImageTagAlreadyExistsException"


def test_mutable_tag_moves_and_leaves_the_old_image_untagged(ecr, repository, image):
    first = push(ecr, repository, image, "v1")
    second = push(ecr, repository, Image(image.tars[:1]), "v1")
    found = {
        d["imageDigest"]: d.get("imageTags")
        for d in ecr.describe_images(repositoryName=repository)["imageDetails"]
    }
    assert found == {first: None, second: ["v1"]}


def test_manifest_without_its_layers_is_refused(ecr, repository, image):
    base, auth = login(ecr)
    push_blob(base, auth, repository, image.config)
    status, _, body = http(
        "PUT",
        f"{base}/v2/{repository}/manifests/v1",
        image.manifest(),
        {**auth, "Content-Type": OCI_MANIFEST},
    )
    assert status == 400 and b"LAYERS_NOT_FOUND" in body
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []


def test_wrong_digest_of_an_upload_is_refused(ecr, repository):
    base, auth = login(ecr)
    location = http("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", auth)[1]["Location"]
    status, _, body = http("PUT", f"{location}&digest={digest(b'other')}", b"data", auth)
    assert status == 400 and b"DIGEST_INVALID" in body


def test_parts_answer_201_with_a_stale_range_and_small_ones_are_refused(ecr, repository):
    base, auth = login(ecr)
    auth = {**auth, "Content-Type": "application/octet-stream"}
    big, small = b"x" * (5 << 20), b"y" * 10
    whole = big + big + small
    location = http("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", auth)[1]["Location"]
    ranges, start = [], 0
    for part in (big, big):
        status, headers, _ = http(
            "PATCH", location, part, {**auth, "Content-Range": f"{start}-{start + len(part) - 1}"}
        )
        assert status == 201
        location, start = headers["Location"], start + len(part)
        ranges.append(headers["Range"])
    assert ranges[0] == ranges[1]
    assert http("PUT", f"{location}&digest={digest(whole)}", small, auth)[0] == 201
    location = http("POST", f"{base}/v2/{repository}/blobs/uploads/", b"", auth)[1]["Location"]
    location = http("PATCH", location, small, auth)[1]["Location"]
    status, _, body = http("PATCH", location, small, auth)
    assert status == 400 and b"LayerPartTooSmall" in body


def test_deleted_images_are_gone_from_the_registry(ecr, repository, image):
    name = push(ecr, repository, image)
    base, auth = login(ecr)
    url = f"{base}/v2/{repository}/manifests/{name}"
    assert http("GET", url, headers={**auth, "Accept": OCI_MANIFEST})[0] == 200
    with pytest.raises(ClientError) as caught:
        ecr.delete_repository(repositoryName=repository)
    assert code(caught) == "RepositoryNotEmptyException"
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": name}])
    assert http("GET", url, headers=auth)[0] == 404
    push(ecr, repository, image)
    ecr.delete_repository(repositoryName=repository, force=True)
    ecr.create_repository(repositoryName=repository)
    assert http("HEAD", f"{base}/v2/{repository}/blobs/{digest(image.blobs[0])}", headers=auth)[0] == 404


def test_image_pushed_by_the_api_is_in_the_registry(ecr, repository, image):
    for blob in [image.config, *image.blobs]:
        upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
        ecr.upload_layer_part(
            repositoryName=repository,
            uploadId=upload,
            partFirstByte=0,
            partLastByte=len(blob) - 1,
            layerPartBlob=blob,
        )
        ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest(blob)])
    layers = ecr.batch_check_layer_availability(
        repositoryName=repository, layerDigests=[digest(image.blobs[0])]
    )
    assert layers["layers"][0]["layerAvailability"] == "AVAILABLE"
    ecr.put_image(repositoryName=repository, imageManifest=image.manifest().decode(), imageTag="api")
    base, auth = login(ecr)
    status, _, body = http(
        "GET", f"{base}/v2/{repository}/manifests/api", headers={**auth, "Accept": OCI_MANIFEST}
    )
    assert (status, body) == (200, image.manifest())


def test_accounts_and_regions_do_not_see_each_other(client, ecr, repository, image):
    push(ecr, repository, image)
    elsewhere, auth = login(client("ecr", region="us-east-1"))
    assert http("GET", f"{elsewhere}/v2/{repository}/tags/list", headers=auth)[0] == 404


def test_public_registry_gives_an_image_to_anonymous_clients_with_a_token(cloud, image, tmp_path):
    (tmp_path / "manifest.json").write_bytes(image.manifest())
    for number, blob in enumerate([image.config, *image.blobs]):
        (tmp_path / f"blob{number}").write_bytes(blob)
    name = cloud.registry.push_public(tmp_path, "docker/library/tiny", "1")
    base = f"http://127.0.0.1:{cloud.registry.public_port}"
    url = f"{base}/v2/docker/library/tiny/manifests/1"
    status, headers, _ = http("GET", url)
    assert status == 401 and headers["Www-Authenticate"].startswith('Bearer realm="http://127.0.0.1')
    bearer = {
        "Authorization": "Bearer "
        + json.loads(http("GET", base + "/token/?service=public.ecr.aws&scope=aws")[2])["token"]
    }
    status, headers, body = http("GET", url, headers={**bearer, "Accept": OCI_MANIFEST})
    assert (status, digest(body)) == (200, name)
    blob = f"{base}/v2/docker/library/tiny/blobs/{digest(image.blobs[1])}"
    assert http("HEAD", blob, headers=bearer)[0] == 401, "public.ecr.aws refuses HEAD of a blob"
    assert http("GET", http("GET", blob, headers=bearer)[1]["Location"])[2] == image.blobs[1]
    assert http("GET", url, headers={"Authorization": "Bearer old"})[0] == 400
    assert http("POST", f"{base}/v2/docker/library/tiny/blobs/uploads/", b"", bearer)[0] == 401


def test_folders_of_clouds_that_were_killed_go(tmp_path, monkeypatch):
    """The next registry removes them, and leaves alone those of clouds that run."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, running = tmp_path / f"practice-registry-{ended.pid}-a", tmp_path / f"practice-registry-{os.getpid()}-b"
    left.mkdir()
    running.mkdir()
    registry.remove_left_behind()
    assert not left.exists() and running.exists()


def test_layers_are_downloaded_by_ecrs_own_api(ecr, repository, image):
    """GetDownloadUrlForLayer gives an address that needs no token; a layer or a repository must be there."""
    push(ecr, repository, image, tag="a")
    for blob in (*image.blobs, image.config):
        made = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest(blob))
        assert made["layerDigest"] == digest(blob)
        assert http("GET", made["downloadUrl"])[::2] == (200, blob)
    for name, absent, refusal in (
        (repository, digest(b"nothing"), "LayersNotFoundException"),
        ("none-such", digest(image.blobs[0]), "RepositoryNotFoundException"),
    ):
        with pytest.raises(ClientError) as caught:
            ecr.get_download_url_for_layer(repositoryName=name, layerDigest=absent)
        assert code(caught) == refusal

# SPDX-License-Identifier: MIT
"""ECR's API: what it refuses (API reference, aws.md 2.6). Pushing and pulling are in test_registry.py."""

import hashlib
import json

import pytest
from conftest import code_of

ABSENT_DIGEST = "sha256:" + "0" * 64
POLICY = json.dumps(
    {"rules": [{"rulePriority": 1, "action": {"type": "expire"},
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}}]}
)  # fmt: skip
LIFECYCLE = json.dumps(
    {"rules": [{"rulePriority": number, "action": {"type": "expire"},
                "selection": {"tagStatus": kind, "countType": "imageCountMoreThan", "countNumber": 5}}
               for number, kind in ((1, "%s"), (2, "untagged"))]}
)  # fmt: skip
OPEN = json.dumps(
    {"Version": "2012-10-17",
     "Statement": [{"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}
)  # fmt: skip


@pytest.fixture
def ecr(client):
    return client("ecr")


@pytest.fixture
def repository(ecr, unique):
    ecr.create_repository(repositoryName=unique)
    return unique


def push_layer(ecr, name, data):
    """The bytes as a layer, by the API; its digest."""
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    upload = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=name, uploadId=upload, partFirstByte=0, partLastByte=len(data) - 1, layerPartBlob=data
    )
    ecr.complete_layer_upload(repositoryName=name, uploadId=upload, layerDigests=[digest])
    return digest


def manifest_of(ecr, name, text):
    media = "application/vnd.oci.image."
    config, layer = push_layer(ecr, name, b"{}" + text), push_layer(ecr, name, b"layer" + text)
    return json.dumps(
        {"schemaVersion": 2, "mediaType": f"{media}manifest.v1+json",
         "config": {"mediaType": f"{media}config.v1+json", "digest": config, "size": 2 + len(text)},
         "layers": [{"mediaType": f"{media}layer.v1.tar", "digest": layer, "size": 5 + len(text)}]}
    )  # fmt: skip


def put(ecr, name, manifest, tag):
    return ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag=tag)["image"]["imageId"]["imageDigest"]


# (claim, operation, parameters, code); "REPO" is a repository that exists
REFUSED = [
    ("a name's letters", "create_repository", {"repositoryName": "Upper"}, "InvalidParameterException"),
    ("no edge slash", "create_repository", {"repositoryName": "a/"}, "InvalidParameterException"),
    ("unknown key", "create_repository",
     {"repositoryName": "k-m-s", "encryptionConfiguration": {
         "encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-3:123456789012:key/00000000-0000-0000-0000-0"}},
     "KmsException"),
    ("AWS's own tags", "create_repository", {"repositoryName": "tagged", "tags": [{"Key": "aws:x", "Value": "y"}]},
     "InvalidTagParameterException"),
    ("too many tags", "create_repository",
     {"repositoryName": "tagged", "tags": [{"Key": f"k{i}", "Value": ""} for i in range(51)]}, "TooManyTagsException"),
    ("the same name", "create_repository", {"repositoryName": "REPO"}, "RepositoryAlreadyExistsException"),
    ("no repository", "describe_repositories", {"repositoryNames": ["none"]}, "RepositoryNotFoundException"),
    ("no repository", "delete_repository", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("no repository", "list_images", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("no repository", "describe_images", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("no repository", "initiate_layer_upload", {"repositoryName": "none"}, "RepositoryNotFoundException"),
    ("no repository", "put_lifecycle_policy", {"repositoryName": "none", "lifecyclePolicyText": POLICY},
     "RepositoryNotFoundException"),
    ("no repository", "put_image_tag_mutability", {"repositoryName": "none", "imageTagMutability": "IMMUTABLE"},
     "RepositoryNotFoundException"),
    ("no repository", "batch_check_layer_availability", {"repositoryName": "none", "layerDigests": [ABSENT_DIGEST]},
     "RepositoryNotFoundException"),
    ("no repository", "put_image", {"repositoryName": "none", "imageManifest": "{}", "imageTag": "t"},
     "RepositoryNotFoundException"),
    ("no repository", "tag_resource",
     {"resourceArn": "arn:aws:ecr:eu-west-3:123456789012:repository/none", "tags": [{"Key": "a", "Value": "b"}]},
     "RepositoryNotFoundException"),
    ("no repository", "list_tags_for_resource",
     {"resourceArn": "arn:aws:ecr:eu-west-3:123456789012:repository/none"}, "RepositoryNotFoundException"),
    ("no image of that tag", "describe_images", {"repositoryName": "REPO", "imageIds": [{"imageTag": "none"}]},
     "ImageNotFoundException"),
    ("no image of that digest", "describe_images",
     {"repositoryName": "REPO", "imageIds": [{"imageDigest": ABSENT_DIGEST}]}, "ImageNotFoundException"),
    ("no lifecycle policy", "get_lifecycle_policy", {"repositoryName": "REPO"}, "LifecyclePolicyNotFoundException"),
    ("no lifecycle policy", "delete_lifecycle_policy", {"repositoryName": "REPO"}, "LifecyclePolicyNotFoundException"),
    ("no policy", "get_repository_policy", {"repositoryName": "REPO"}, "RepositoryPolicyNotFoundException"),
    ("no policy", "delete_repository_policy", {"repositoryName": "REPO"}, "RepositoryPolicyNotFoundException"),
    ("a policy is JSON", "set_repository_policy", {"repositoryName": "REPO", "policyText": "{"},
     "InvalidParameterException"),
    ("a lifecycle policy is JSON", "put_lifecycle_policy",
     {"repositoryName": "REPO", "lifecyclePolicyText": "x" * 100}, "InvalidParameterException"),
    ("a lifecycle rule for tagged images names tags", "put_lifecycle_policy",
     {"repositoryName": "REPO", "lifecyclePolicyText": LIFECYCLE % "tagged"}, "InvalidParameterException"),
    ("the rule for any image comes last", "put_lifecycle_policy",
     {"repositoryName": "REPO", "lifecyclePolicyText": LIFECYCLE % "any"}, "InvalidParameterException"),
    ("each lifecycle rule has a priority of its own", "put_lifecycle_policy",
     {"repositoryName": "REPO", "lifecyclePolicyText": (LIFECYCLE % "untagged").replace(": 2", ": 1")},
     "InvalidParameterException"),
    ("a lifecycle rule has a selection", "put_lifecycle_policy",
     {"repositoryName": "REPO", "lifecyclePolicyText": '{"rules": [{"rulePriority": 1, "action": {"type": "expire"}}]}'
      + " " * 100}, "InvalidParameterException"),
    ("no upload of that id", "upload_layer_part",
     {"repositoryName": "REPO", "uploadId": "00000000-0000-0000-0000-000000000000", "partFirstByte": 0,
      "partLastByte": 0, "layerPartBlob": b"x"}, "UploadNotFoundException"),
    ("no upload of that id", "complete_layer_upload",
     {"repositoryName": "REPO", "uploadId": "00000000-0000-0000-0000-000000000000", "layerDigests": [ABSENT_DIGEST]},
     "UploadNotFoundException"),
    ("a manifest is JSON", "put_image", {"repositoryName": "REPO", "imageManifest": "nonsense", "imageTag": "t"},
     "InvalidParameterException"),
    ("a token is one of ours", "describe_repositories", {"nextToken": "nonsense"}, "InvalidParameterException"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "operation", "params", "code"), REFUSED, ids=[f"{row[1]}: {row[0]}" for row in REFUSED]
)
def test_refused(ecr, repository, claim, operation, params, code):
    swap = lambda value: repository if value == "REPO" else value
    params = {k: [swap(x) for x in v] if isinstance(v, list) else swap(v) for k, v in params.items()}
    assert code_of(lambda: getattr(ecr, operation)(**params)) == code


def test_layers(ecr, repository):
    """Parts follow each other; a digest must fit; a layer that is there is said to be."""
    start = lambda: ecr.initiate_layer_upload(repositoryName=repository)
    assert start()["partSize"] >= 5 << 20
    upload = start()["uploadId"]
    part = lambda first, data: ecr.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=first, partLastByte=first + len(data) - 1,
        layerPartBlob=data,
    )  # fmt: skip
    complete = lambda digest, which=None: ecr.complete_layer_upload(
        repositoryName=repository, uploadId=which or upload, layerDigests=[digest]
    )
    good = "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert code_of(lambda: complete(good)) == "EmptyUploadException"
    part(0, b"abc")
    assert code_of(lambda: part(9, b"x")) == "InvalidLayerPartException"
    assert code_of(lambda: complete(ABSENT_DIGEST)) == "InvalidLayerException"
    available = lambda: ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[good])["layers"][0]
    assert available()["layerAvailability"] == "UNAVAILABLE"
    assert complete(good)["layerDigest"] == good
    assert (available()["layerAvailability"], available()["layerSize"]) == ("AVAILABLE", 3)
    again = start()["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository, uploadId=again, partFirstByte=0, partLastByte=2, layerPartBlob=b"abc"
    )
    assert code_of(lambda: complete(good, again)) == "LayerAlreadyExistsException"


def test_images(ecr, repository):
    """A manifest's layers must be there; the same image and tag again is an error; a tag moves."""
    blob = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": ABSENT_DIGEST, "size": 2}
    lacking = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                          "config": blob, "layers": []})  # fmt: skip
    assert code_of(lambda: put(ecr, repository, lacking, "t")) == "LayersNotFoundException"
    one, two = manifest_of(ecr, repository, b"1"), manifest_of(ecr, repository, b"2")
    first = put(ecr, repository, one, "t")
    assert code_of(lambda: put(ecr, repository, one, "t")) == "ImageAlreadyExistsException"
    second = put(ecr, repository, two, "t")
    shown = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert {d["imageDigest"]: d.get("imageTags") for d in shown} == {first: None, second: ["t"]}
    untagged = ecr.list_images(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert [i["imageDigest"] for i in untagged] == [first]
    wrong = lambda: ecr.put_image(repositoryName=repository, imageManifest=one, imageTag="x", imageDigest=second)
    assert code_of(wrong) == "ImageDigestDoesNotMatchException"


def test_immutable_tags(ecr, unique):
    ecr.create_repository(repositoryName=unique, imageTagMutability="IMMUTABLE")
    one, two = manifest_of(ecr, unique, b"1"), manifest_of(ecr, unique, b"2")
    put(ecr, unique, one, "t")
    assert code_of(lambda: put(ecr, unique, two, "t")) == "ImageTagAlreadyExistsException"
    put(ecr, unique, two, "u")
    ecr.put_image_tag_mutability(repositoryName=unique, imageTagMutability="MUTABLE")
    put(ecr, unique, two, "t")


def test_repository_goes_empty_or_by_force(ecr, repository):
    put(ecr, repository, manifest_of(ecr, repository, b"1"), "t")
    assert code_of(lambda: ecr.delete_repository(repositoryName=repository)) == "RepositoryNotEmptyException"
    ecr.delete_repository(repositoryName=repository, force=True)
    assert code_of(lambda: ecr.describe_repositories(repositoryNames=[repository])) == "RepositoryNotFoundException"


def test_failures_within_a_batch(ecr, repository):
    """BatchGetImage and BatchDeleteImage answer 200 and name what failed."""
    wanted = [{"imageTag": "none"}, {"imageDigest": ABSENT_DIGEST}]
    got = ecr.batch_get_image(repositoryName=repository, imageIds=wanted)
    assert not got["images"] and {f["failureCode"] for f in got["failures"]} == {"ImageNotFound"}
    gone = ecr.batch_delete_image(repositoryName=repository, imageIds=wanted)
    assert not gone["imageIds"] and {f["failureCode"] for f in gone["failures"]} == {"ImageNotFound"}


def test_what_a_repository_says(ecr, repository, cloud):
    shown = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    assert shown["repositoryUri"] == f"{cloud.account}.dkr.ecr.{cloud.region}.amazonaws.com/{repository}"
    assert shown["repositoryArn"] == f"arn:aws:ecr:{cloud.region}:{cloud.account}:repository/{repository}"
    assert (shown["registryId"], shown["imageTagMutability"]) == (cloud.account, "MUTABLE")
    assert shown["encryptionConfiguration"]["encryptionType"] == "AES256"
    assert shown["imageScanningConfiguration"] == {"scanOnPush": False}


def test_policies(ecr, repository):
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=POLICY)
    assert json.loads(ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"]) == json.loads(POLICY)
    ecr.delete_lifecycle_policy(repositoryName=repository)
    ecr.set_repository_policy(repositoryName=repository, policyText=OPEN)
    assert json.loads(ecr.get_repository_policy(repositoryName=repository)["policyText"])["Statement"]


def test_tags(ecr, repository, cloud):
    arn = f"arn:aws:ecr:{cloud.region}:{cloud.account}:repository/{repository}"
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}])
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "2"}])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "a", "Value": "2"}]
    many = lambda: ecr.tag_resource(resourceArn=arn, tags=[{"Key": f"k{i}", "Value": ""} for i in range(50)])
    assert code_of(many) == "TooManyTagsException"
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_a_repository_by_name_is_in_the_registry_that_is_meant(ecr, cloud, unique):
    ecr.create_repository(repositoryName=unique)
    assert ecr.describe_repositories(repositoryNames=[unique], registryId=cloud.account)["repositories"]
    other = lambda: ecr.describe_repositories(repositoryNames=[unique], registryId="999999999999")
    assert code_of(other) == "RepositoryNotFoundException"

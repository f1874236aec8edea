# SPDX-License-Identifier: MIT
"""Unpacking images: digests, whiteouts, sharing, and paths that must not leave the tree."""

import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from images import OCI_MANIFEST, Image, digest, http, login, push, push_blob, tar

from practice.cloud import ACCOUNT, REGION
from practice.data import pull


@pytest.fixture
def puller(cloud, tmp_path):
    return pull.Puller(cloud.registry, tmp_path / "images")


@pytest.fixture
def pushed(client, unique):
    """pushed(image) puts it into a fresh repository and returns its full name, pinned by digest."""
    ecr = client("ecr")
    uri = ecr.create_repository(repositoryName=unique)["repository"]["repositoryUri"]
    return lambda image: f"{uri}@{push(ecr, unique, image)}"


def read(tree):
    found = {}
    for folder, _, files in os.walk(tree):
        for name in files:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, tree)] = (
                os.readlink(path) if os.path.islink(path) else Path(path).read_bytes()
            )
    return found


def get(puller, name, architecture="amd64"):
    return puller.pull(name, ACCOUNT, REGION, architecture)


def test_layers_are_applied_in_order_with_whiteouts(puller, pushed):
    lower = tar(
        {"a": b"1", "gone": b"x", "dir/old": b"x", "dir/sub/old": b"x", "keep/b": b"2", "was-dir/f": b"x"}
    )
    upper = tar(
        {"a": b"new", ".wh.gone": b"", "dir/.wh..wh..opq": b"", "dir/new": b"3", "was-dir": b"a file"}
    )
    image = get(puller, pushed(Image([lower, upper], {"Cmd": ["x"]})))
    assert read(image.tree) == {"a": b"new", "dir/new": b"3", "keep/b": b"2", "was-dir": b"a file"}
    assert image.config == {"Cmd": ["x"]}


def test_trees_of_shared_layers_are_unpacked_once_and_stay_as_they_were(puller, pushed, tmp_path):
    lower = tar({"a": b"1", "b": b"2"})
    first = get(puller, pushed(Image([lower, tar({"a": b"changed"})])))
    second = get(puller, pushed(Image([lower])))
    assert read(first.tree) == {"a": b"changed", "b": b"2"}
    assert read(second.tree) == {"a": b"1", "b": b"2"}
    assert os.path.samefile(first.tree / "b", second.tree / "b")
    assert len(list((tmp_path / "images").iterdir())) == 3, "the empty tree, one of one layer, one of two"


def test_links_are_followed_inside_the_tree_only(puller, pushed, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    image = get(
        puller,
        pushed(
            Image(
                [
                    tar(
                        {
                            "usr/lib/x": b"1",
                            "lib": ("link", "usr/lib"),
                            "evil": ("link", str(outside)),
                            "up": ("link", "../../../.."),
                        }
                    ),
                    tar(
                        {
                            "lib/y": b"2",
                            "evil/z": b"3",
                            "up/w": b"4",
                            "../../climb": b"5",
                            "hard": ("hard", "usr/lib/x"),
                        }
                    ),
                ]
            )
        ),
    )
    found = read(image.tree)
    assert (
        found["usr/lib/y"] == b"2" and found["w"] == b"4" and found["climb"] == b"5" and found["hard"] == b"1"
    )
    assert found[str(outside).lstrip("/") + "/z"] == b"3", (
        "an absolute link leads to that path inside the image"
    )
    assert list(outside.iterdir()) == []


def test_hard_link_cannot_reach_a_file_of_the_machine(puller, pushed, tmp_path):
    (tmp_path / "secret").write_text("s")
    with pytest.raises((pull.PullError, FileNotFoundError)):
        get(puller, pushed(Image([tar({"steal": ("hard", "../../../.." + str(tmp_path / "secret"))})])))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_owner_and_mode_are_kept(puller, pushed):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as t:
        info = tarfile.TarInfo("home/node/file")
        info.uid, info.gid, info.mode, info.size = 1000, 1001, 0o640, 1
        t.addfile(info, io.BytesIO(b"x"))
    status = os.stat(get(puller, pushed(Image([buffer.getvalue()]))).tree / "home/node/file")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1000, 1001, 0o640)


def test_layer_whose_content_is_not_its_diff_id_is_refused(puller, pushed):
    image = Image([tar({"a": b"1"})])
    config = json.loads(image.config)
    config["rootfs"]["diff_ids"] = [digest(b"something else")]
    image.config = json.dumps(config).encode()
    with pytest.raises(pull.PullError, match="diff digest"):
        get(puller, pushed(image))


def test_unknown_digest_or_repository_is_not_found(puller, pushed):
    name = pushed(Image([tar({"a": b"1"})]))
    for wrong in (name[:-4] + "0000", name.replace("@", "-no@")):
        with pytest.raises(pull.PullError, match=r"failed to resolve ref .*: not found"):
            get(puller, wrong)


@pytest.mark.parametrize(
    ("image", "whole", "host"),
    [
        ("nginx", "docker.io/library/nginx:latest", "registry-1.docker.io"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "registry-1.docker.io"),
        ("amazon/amazon-ecs-sample", "docker.io/amazon/amazon-ecs-sample:latest", "registry-1.docker.io"),
        ("ghcr.io/x/y:1", "ghcr.io/x/y:1", "ghcr.io"),
    ],
)
def test_image_of_another_registry_cannot_be_reached(puller, image, whole, host):
    with pytest.raises(pull.PullError) as refused:
        puller.pull(image, "123456789012", "eu-west-3", "amd64")
    assert f"failed to resolve ref {whole}: " in str(refused.value)
    assert str(refused.value).endswith(f"lookup {host}: no such host")


def test_platform_is_chosen_from_an_index_and_must_be_there(puller, client, unique):
    ecr = client("ecr")
    uri = ecr.create_repository(repositoryName=unique)["repository"]["repositoryUri"]
    one = Image([tar({"arch": b"arm64"})], architecture="arm64")
    push(ecr, unique, one, tag=None)
    entry = {"mediaType": OCI_MANIFEST, "digest": one.name(), "size": len(one.manifest())}
    attestation = {**entry, "platform": {"os": "unknown", "architecture": "unknown"}}
    index = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": pull.INDEX_TYPES[0],
            "manifests": [attestation, {**entry, "platform": {"os": "linux", "architecture": "arm64"}}],
        }
    ).encode()
    base, auth = login(ecr)
    assert (
        http("PUT", f"{base}/v2/{unique}/manifests/v1", index, {**auth, "Content-Type": pull.INDEX_TYPES[0]})[
            0
        ]
        == 201
    )
    assert get(puller, f"{uri}:v1", "arm64").digest == one.name()
    with pytest.raises(pull.PullError, match="does not contain descriptor matching platform 'linux/amd64'"):
        get(puller, f"{uri}:v1", "amd64")


def test_manifest_and_config_that_disagree_about_layers_are_refused(puller, client, unique):
    ecr = client("ecr")
    uri = ecr.create_repository(repositoryName=unique)["repository"]["repositoryUri"]
    image = Image([tar({"a": unique.encode()})])
    base, auth = login(ecr)
    push_blob(base, auth, unique, image.config)
    broken = Image([])
    broken.config = image.config
    assert (
        http(
            "PUT",
            f"{base}/v2/{unique}/manifests/v1",
            broken.manifest(),
            {**auth, "Content-Type": OCI_MANIFEST},
        )[0]
        == 201
    )
    with pytest.raises(pull.PullError, match="0 layers, 1 diff ids"):
        get(puller, f"{uri}:v1")
